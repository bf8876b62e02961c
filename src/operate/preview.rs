//! What would be done, and what would follow from it.

use super::{Operator, why_not};
use crate::model::HostName;
use crate::operation::{Intent, Plan, Refusal, plan};
use crate::pacemaker::parse::Projected;

/// What is shown before anything is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// What would be done.
    pub plan: Plan,
    /// What the scheduler would do then.
    pub projection: Projection,
    /// The member that was asked.
    pub host: HostName,
}

/// What the scheduler would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Projection {
    /// Nothing is placed anew by this, or nobody can tell: it was not asked.
    NotAsked,
    /// This.
    Known {
        /// To what the operation is about.
        own: Vec<Projected>,
        /// To everything else; with it, what it would do anyway.
        collateral: Vec<Projected>,
        /// What it would do to it afterwards, once the constraint of a move is gone: nothing, or it does not stay.
        /// `None`: not known.
        afterwards: Option<Vec<Projected>>,
    },
    /// It could not be found out, and why.
    Unknown(String),
}

/// Why there is no preview.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPreview {
    /// There is no plan.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no picture that could be trusted.
    #[error("{0}")]
    NoPicture(String),
}

impl Operator {
    /// Takes a fresh picture, plans, and asks the scheduler. Changes nothing.
    pub async fn preview(&mut self, intent: &Intent) -> Result<Preview, NoPreview> {
        let observation = self.lookout.look().await;
        let picture =
            observation.current().ok_or_else(|| NoPreview::NoPicture(why_not(&self.entry, &observation)))?;
        let plan = plan(picture, intent)?;
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
        Ok(Preview { plan, projection, host })
    }
}

impl Projection {
    fn of(plan: &Plan, actions: Vec<Projected>, then: Option<Vec<Projected>>) -> Self {
        let (own, collateral) = actions.into_iter().partition(|action| plan.is_about(action));
        let its_own =
            |then: Vec<Projected>| then.into_iter().filter(|action| plan.is_about(action)).collect();
        let afterwards = then.map(its_own);
        Self::Known { own, collateral, afterwards }
    }

    /// Whether it is known that the scheduler would do nothing at all.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Known { own, collateral, .. } if own.is_empty() && collateral.is_empty())
    }
}
