//! What would be done, and what would follow from it.

use super::consequence::Consequences;
use super::plan::{Plan, Refusal};
use super::progress::Unfinished;
use super::verb::Danger;
use crate::model::{ClusterName, HostName};
use crate::pacemaker::parse::Projected;

/// What is shown before anything is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// What would be done.
    pub plan: Plan,
    /// What the scheduler would do then.
    pub projection: Projection,
    /// What it would take down.
    pub consequences: Consequences,
    /// The member that was asked.
    pub host: HostName,
    /// The operations in this cluster that other consoles have begun and may be carrying out now.
    pub others: Vec<Unfinished>,
}

/// What would follow from several operations on one cluster, carried out one after the other. Their own previews say
/// nothing of it: each alone would be wrong as soon as the next one is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Together {
    /// Where.
    pub cluster: ClusterName,
    /// How many operations.
    pub count: usize,
    /// What the scheduler would do in the end.
    pub projection: Projection,
    /// What they would take down.
    pub consequences: Consequences,
}

impl Preview {
    /// How much care the confirmation asks for, by the verb and by the consequences.
    pub fn danger(&self) -> Danger {
        if self.consequences.are_severe() { Danger::TypeTheName } else { self.plan.danger }
    }
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
    /// The scheduler's answer sorted by what the plans are about; `then` is what it would do after what follows.
    pub fn of(plans: &[&Plan], actions: Vec<Projected>, then: Option<Vec<Projected>>) -> Self {
        let concerned = |action: &Projected| plans.iter().any(|plan| plan.is_about(action));
        let (own, collateral) = actions.into_iter().partition(concerned);
        let afterwards = then.map(|then| then.into_iter().filter(concerned).collect());
        Self::Known { own, collateral, afterwards }
    }

    /// Everything the scheduler would do; nothing where that is not known.
    pub fn actions(&self) -> Vec<&Projected> {
        match self {
            Self::Known { own, collateral, .. } => own.iter().chain(collateral).collect(),
            Self::NotAsked | Self::Unknown(_) => Vec::new(),
        }
    }

    /// Whether the scheduler has answered.
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Known { .. })
    }

    /// Whether it is known that the scheduler would do nothing at all.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Known { own, collateral, .. } if own.is_empty() && collateral.is_empty())
    }
}
