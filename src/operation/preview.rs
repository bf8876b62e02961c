//! What would be done, and what would follow from it.

use super::plan::{Plan, Refusal};
use super::progress::Unfinished;
use crate::model::HostName;
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
    /// The operations in this cluster that other consoles have begun and may be carrying out now.
    pub others: Vec<Unfinished>,
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

impl Projection {
    /// The scheduler's answer sorted by what the plan is about; `then` is what it would do after a second command.
    pub fn of(plan: &Plan, actions: Vec<Projected>, then: Option<Vec<Projected>>) -> Self {
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
