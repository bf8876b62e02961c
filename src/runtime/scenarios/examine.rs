//! Is it really deployed? What proves the steps is run, and nothing else.

use std::sync::Arc;

use super::Scenarios;
use crate::app::Event;
use crate::app::wizard::{Found, News, Pass};
use crate::model::ClusterName;
use crate::perform::prove;
use crate::scenario::Plan;

impl Scenarios {
    pub(super) fn examine(&mut self, pass: Pass, plan: Arc<Plan>, cluster: Option<&ClusterName>) {
        let news = self.news.clone();
        let clock = Arc::clone(&self.clock);
        let transport = Arc::clone(&self.transport);
        let access = self.access(cluster, &plan.hosts);
        self.tasks.spawn(async move {
            let found = prove(transport, Arc::clone(&clock), access, &plan).await;
            let found = found.map(|steps| Found {
                scenario: plan.scenario.name.clone(),
                hosts: plan.hosts.clone(),
                at: clock(),
                steps,
            });
            let _nobody = news.send(Event::Scenario(News::Found(pass, Box::new(found)))).await;
        });
    }
}
