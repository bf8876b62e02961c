//! Is it really deployed? What proves the steps is run, and nothing else.

use std::sync::Arc;

use super::{Scenarios, broken};
use crate::app::Event;
use crate::app::wizard::{Found, News, Pass};
use crate::model::{Access, ClusterName};
use crate::perform::prove;
use crate::runtime::Clock;
use crate::runtime::settled::settled;
use crate::scenario::Plan;
use crate::transport::Transport;

impl Scenarios {
    pub(super) fn examine(&mut self, pass: Pass, plan: Arc<Plan>, cluster: Option<&ClusterName>) {
        let (transport, clock) = (Arc::clone(&self.transport), Arc::clone(&self.clock));
        let access = self.access(cluster, &plan.hosts);
        let news = self.news.clone();
        self.tasks.spawn(async move {
            let found = settled(find(transport, clock, access, &plan), not_found).await;
            let _nobody = news.send(Event::Scenario(News::Found(pass, Box::new(found)))).await;
        });
    }

    /// The same of a run that was brought to its end.
    pub(super) fn survey(&mut self, run: String) {
        let (transport, clock) = (Arc::clone(&self.transport), Arc::clone(&self.clock));
        let source = self.source();
        let reach = Arc::clone(&self.reach);
        let news = self.news.clone();
        self.tasks.spawn(async move {
            let id = run.clone();
            let finding = async {
                let (plan, cluster) = tokio::task::spawn_blocking(move || source.plan_again(&id))
                    .await
                    .map_err(|_logged| broken("making its plan again"))??;
                let access = reach.access(cluster.as_ref(), &plan.hosts);
                find(transport, clock, access, &plan).await
            };
            let found = settled(finding, not_found).await;
            let _nobody = news.send(Event::Scenario(News::Surveyed(run, Box::new(found)))).await;
        });
    }
}

fn not_found() -> Result<Found, String> {
    Err(broken("running the checks"))
}

async fn find(
    transport: Arc<dyn Transport>,
    clock: Clock,
    access: Access,
    plan: &Plan,
) -> Result<Found, String> {
    let steps = prove(transport, Arc::clone(&clock), access, plan).await?;
    let (scenario, hosts) = (plan.scenario.name.clone(), plan.hosts.clone());
    Ok(Found { scenario, hosts, at: clock(), steps })
}
