//! What would be done, and what would follow from it, found out from the cluster as it is now.

use super::{Operator, why_not};
use crate::model::Picture;
use crate::operation::{Intent, NoPreview, Plan, Preview, Projection, plan};

impl Operator {
    /// Takes a fresh picture, plans, and asks the scheduler. Changes nothing.
    pub async fn preview(&mut self, intent: &Intent) -> Result<Preview, NoPreview> {
        self.preview_by(|picture| Ok(plan(picture, intent)?)).await
    }

    /// The same for a plan that was made before, such as one that undoes another: it must hold on the fresh picture.
    pub async fn preview_plan(&mut self, known: &Plan) -> Result<Preview, NoPreview> {
        self.preview_by(|picture| {
            known.check(picture)?;
            Ok(known.clone())
        })
        .await
    }

    async fn preview_by(
        &mut self,
        plan: impl FnOnce(&Picture) -> Result<Plan, NoPreview>,
    ) -> Result<Preview, NoPreview> {
        let observation = self.lookout.look().await;
        let picture =
            observation.current().ok_or_else(|| NoPreview::NoPicture(why_not(&self.entry, &observation)))?;
        let plan = plan(picture)?;
        let host = self
            .host_for(&plan)
            .ok_or_else(|| NoPreview::NoPicture(format!("no member of {} answers", self.entry.name)))?;
        let projection = match &plan.simulation {
            None => Projection::NotAsked,
            Some(simulation) => match self.simulate(&host, simulation).await {
                Ok(answers) => Projection::of(&plan, answers.first, answers.then),
                Err(why) => Projection::Unknown(why),
            },
        };
        let others = self.others().await.map_err(NoPreview::NoPicture)?;
        Ok(Preview { plan, projection, host, others })
    }
}
