//! What would be done, and what would follow from it, found out from the cluster as it is now.

use super::{Operator, why_not};
use crate::model::Picture;
use crate::operation::{
    Consequences, Intent, NoPreview, Plan, Preview, Projection, Together, plan, simulation,
};

/// An operation to be previewed.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    /// Something new.
    Intent(&'a Intent),
    /// A plan that was made before, such as one that undoes another: it must hold on the fresh picture.
    Plan(&'a Plan),
}

impl Operator {
    /// Takes a fresh picture, plans, and asks the scheduler. Changes nothing.
    pub async fn preview(&mut self, intent: &Intent) -> Result<Preview, NoPreview> {
        self.preview_alone(Wanted::Intent(intent)).await
    }

    /// The same for a plan that was made before.
    pub async fn preview_plan(&mut self, known: &Plan) -> Result<Preview, NoPreview> {
        self.preview_alone(Wanted::Plan(known)).await
    }

    async fn preview_alone(&mut self, wanted: Wanted<'_>) -> Result<Preview, NoPreview> {
        let observation = self.lookout.look().await;
        let picture =
            observation.current().ok_or_else(|| NoPreview::NoPicture(why_not(&self.entry, &observation)))?;
        let mut preview = self.plan(picture, wanted)?;
        (preview.projection, preview.consequences) = self.foresee(picture, &[&preview.plan]).await;
        preview.others = self.others(&preview.plan).await.map_err(NoPreview::NoPicture)?;
        Ok(preview)
    }

    /// The same for several that are carried out one after the other: a plan for each, and what all of them together
    /// would do.
    pub async fn preview_together(
        &mut self,
        wanted: &[Wanted<'_>],
    ) -> (Vec<Result<Preview, NoPreview>>, Option<Together>) {
        let observation = self.lookout.look().await;
        let Some(picture) = observation.current() else {
            let why = why_not(&self.entry, &observation);
            return (wanted.iter().map(|_| Err(NoPreview::NoPicture(why.clone()))).collect(), None);
        };
        let record = self.read().await.map_err(NoPreview::NoPicture);
        let preview = |wanted: &Wanted<'_>| {
            let preview = self.plan(picture, *wanted)?;
            let others = record.as_ref().map_err(Clone::clone)?.others(&self.site(&preview.plan));
            Ok(Preview { others, ..preview })
        };
        let previews: Vec<_> = wanted.iter().map(preview).collect();
        let plans: Vec<&Plan> =
            previews.iter().filter_map(|it| it.as_ref().ok()).map(|preview| &preview.plan).collect();
        let (projection, consequences) = self.foresee(picture, &plans).await;
        let (cluster, count) = (self.entry.name.clone(), plans.len());
        let together = (count > 0).then_some(Together { cluster, count, projection, consequences });
        (previews, together)
    }

    /// A plan on that picture, and nothing yet of what would follow.
    fn plan(&self, picture: &Picture, wanted: Wanted<'_>) -> Result<Preview, NoPreview> {
        let plan = match wanted {
            Wanted::Intent(intent) => plan(picture, intent)?,
            Wanted::Plan(known) => {
                known.check(picture)?;
                known.clone()
            }
        };
        let host = self
            .host_for(&plan)
            .ok_or_else(|| NoPreview::NoPicture(format!("no member of {} answers", self.entry.name)))?;
        let (projection, consequences) = (Projection::NotAsked, Consequences::default());
        Ok(Preview { plan, projection, consequences, host, others: Vec::new() })
    }

    /// Asks the scheduler what these plans would do together.
    async fn foresee(&self, picture: &Picture, plans: &[&Plan]) -> (Projection, Consequences) {
        let host = plans.first().and_then(|plan| self.host_for(plan));
        let projection = match (simulation(picture, plans), host) {
            (Some(simulation), Some(host)) => match self.simulate(&host, &simulation).await {
                Ok(answers) => Projection::of(plans, answers.first, answers.then),
                Err(why) => Projection::Unknown(why),
            },
            (Some(_), None) => Projection::Unknown(format!("no member of {} answers", self.entry.name)),
            (None, _) => Projection::NotAsked,
        };
        let consequences = Consequences::of(picture, plans, &projection);
        (projection, consequences)
    }
}
