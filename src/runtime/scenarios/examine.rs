//! Is it really deployed? What proves the steps is run, and nothing else.

use std::sync::Arc;

use super::Scenarios;
use crate::app::Event;
use crate::app::wizard::{Found, News, Pass};
use crate::model::ClusterName;
use crate::perform::Runs;
use crate::scenario::Plan;

impl Scenarios {
    pub(super) fn examine(&mut self, pass: Pass, plan: Arc<Plan>, cluster: Option<&ClusterName>) {
        let news = self.news.clone();
        let clock = Arc::clone(&self.clock);
        // Nothing of this is worth keeping.
        let folder = tempfile::tempdir();
        let performer = folder.as_ref().map(|folder| {
            let runs = Runs::new(folder.path());
            self.performer(cluster, &plan.hosts, runs)
        });
        let performer = performer.map_err(|error| format!("there is no room for its journal: {error}"));
        self.tasks.spawn(async move {
            let found = match performer {
                Ok(performer) => performer.prove(&plan, clock()).await,
                Err(why) => Err(why),
            };
            let found = found.map(|steps| Found {
                scenario: plan.scenario.name.clone(),
                hosts: plan.hosts.clone(),
                at: clock(),
                steps,
            });
            drop(folder);
            let _nobody = news.send(Event::Scenario(News::Found(pass, Box::new(found)))).await;
        });
    }
}
