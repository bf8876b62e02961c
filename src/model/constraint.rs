//! What keeps resources together, apart, in order and in place.

use jiff::Timestamp;

use super::{ConstraintId, NodeName, ResourceId, Role, Score};

/// One `<ban>`: a negative location score that `crm_mon` lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    /// The constraint's id.
    pub id: ConstraintId,
    /// What is banned.
    pub resource: ResourceId,
    /// From where.
    pub node: NodeName,
    /// How strongly: negative.
    pub weight: Score,
    /// Only the promoted role is banned (`promoted-only`, formerly `master_only`).
    pub promoted_only: bool,
}

/// One constraint of the CIB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// Unique in the CIB.
    pub id: ConstraintId,
    /// What it says.
    pub rule: ConstraintRule,
    /// When it stops applying: the latest end of a `date_expression` in its rule.
    pub expires: Option<Timestamp>,
    /// The ids of its rules: `crm_mon` lists a ban that a rule makes by the rule's id.
    pub rules: Vec<ConstraintId>,
    /// `resource-discovery` of a location: `always`, `never`, `exclusive`.
    pub discovery: Option<String>,
    /// Its other attributes.
    pub terms: Terms,
}

/// The attributes of a constraint that its rule doesn't hold. `None` where one isn't written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// Of an order: the reverse actions happen in the reverse order.
    pub symmetrical: Option<bool>,
    /// Of an order: every instance of a cloned leader must have started, not just one.
    pub require_all: Option<bool>,
    /// Of a colocation: the follower's preferences and failures can move a running leader (from 2.1.0).
    pub influence: Option<bool>,
    /// Of a colocation: nodes with the same value of this attribute count as one place.
    pub node_attribute: Option<String>,
}

/// How a constraint came to be, as the configuration's versions tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// When the version was written that has it first (`cib-last-written`, to the second), or was first seen; by the
    /// cluster's clock. It may have been made before where `by` is not known.
    pub at: Timestamp,
    /// Who wrote that version, in the words of [`Author`](super::Author); `None` where more than
    /// one change lies between it and the last version that is known to be without the constraint.
    pub by: Option<String>,
}

impl Made {
    /// Of a constraint that a version of the CIB has, written `at` that time `by` that one (empty: not told); `before`
    /// is the last version that is known to be without it. Versions are `admin_epoch` and `epoch`.
    pub fn between(before: Option<(u64, u64)>, version: (u64, u64), at: Timestamp, by: &str) -> Self {
        let is_next = before
            .is_some_and(|(admin, epoch)| (admin, epoch.checked_add(1)) == (version.0, Some(version.1)));
        Self { at, by: (is_next && !by.is_empty()).then(|| by.to_owned()) }
    }
}

impl Constraint {
    /// A constraint without rules that never expires.
    pub fn new(id: impl Into<ConstraintId>, rule: ConstraintRule) -> Self {
        Self {
            id: id.into(),
            rule,
            expires: None,
            rules: Vec::new(),
            discovery: None,
            terms: Terms::default(),
        }
    }

    /// Whether a `<ban>` of that id is this constraint's.
    pub fn makes_ban(&self, id: &ConstraintId) -> bool {
        self.id == *id
            || self.rules.contains(id)
            || id.as_str().strip_suffix("-rule").is_some_and(|id| self.id == id)
    }

    /// Whether it was left by a tool (`crm_resource --move`, `--ban`, `pcs resource move`): all of these
    /// write ids that begin with `cli-`.
    pub fn is_leftover(&self) -> bool {
        self.id.as_str().starts_with("cli-")
    }
}

/// What a constraint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConstraintRule {
    /// `rsc_location` with a node or a rule.
    Location {
        /// What is placed: an id or a pattern (`rsc-pattern`).
        resource: ResourceId,
        /// Where; `None` where a rule says it.
        node: Option<NodeName>,
        /// How strongly; `None` where it can't be read or a rule takes it from an attribute.
        score: Option<Score>,
        /// Only in this role.
        role: Option<Role>,
        /// The rule as text, empty without one.
        rule: String,
    },
    /// `rsc_colocation`: `resource` goes where `with` is.
    Colocation {
        /// The dependent.
        resource: ResourceId,
        /// What it follows.
        with: ResourceId,
        /// How strongly; negative keeps them apart.
        score: Option<Score>,
        /// The role of `resource` it speaks of.
        role: Option<Role>,
        /// The role of `with` it speaks of.
        with_role: Option<Role>,
    },
    /// `rsc_order`: `then` after `first`.
    Order {
        /// What comes first.
        first: ResourceId,
        /// Its action: `start`, `promote` …
        first_action: String,
        /// What comes after.
        then: ResourceId,
        /// Its action.
        then_action: String,
        /// `Mandatory`, `Optional`, `Serialize`.
        kind: String,
    },
    /// `rsc_ticket`.
    Ticket {
        /// What depends on it: one resource, or all those of its sets.
        resources: Vec<ResourceId>,
        /// Only in this role.
        role: Option<Role>,
        /// The ticket.
        ticket: String,
        /// What happens when it is lost: `stop`, `demote`, `fence`, `freeze`.
        loss_policy: String,
    },
    /// A colocation or an order over sets, or a kind that this version does not know.
    Set {
        /// The element's name.
        kind: String,
        /// The sets in their order.
        sets: Vec<ResourceSet>,
        /// Its score, of a colocation or a location.
        score: Option<Score>,
        /// The node of a location.
        node: Option<NodeName>,
        /// `Mandatory`, `Optional` or `Serialize` for an order, else empty.
        order: String,
    },
}

/// One `<resource_set>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceSet {
    /// Its members in their order.
    pub resources: Vec<ResourceId>,
    /// Whether each member depends on the one before.
    pub sequential: bool,
    /// Whether what comes after needs all members, or any one of them.
    pub require_all: bool,
    /// Its action in an order, such as `promote`.
    pub action: Option<String>,
    /// Only in this role.
    pub role: Option<Role>,
    /// Of a set in a colocation: the score among its members, instead of the constraint's.
    pub score: Option<Score>,
    /// Of a set in a colocation: each member follows the next one (`ordering="listed"`), not the previous one.
    pub is_reversed: bool,
}

impl ResourceSet {
    /// A sequential set without attributes.
    pub fn of(resources: Vec<ResourceId>) -> Self {
        Self {
            resources,
            sequential: true,
            require_all: true,
            action: None,
            role: None,
            score: None,
            is_reversed: false,
        }
    }
}

impl ConstraintRule {
    /// Every resource, tag, template or pattern that it names.
    pub fn named(&self) -> Vec<&ResourceId> {
        match self {
            Self::Location { resource, .. } => vec![resource],
            Self::Colocation { resource, with, .. } => vec![resource, with],
            Self::Order { first, then, .. } => vec![first, then],
            Self::Ticket { resources, .. } => resources.iter().collect(),
            Self::Set { sets, .. } => sets.iter().flat_map(|set| &set.resources).collect(),
        }
    }
}

/// The holder of a ticket among all sites, as booth keeps it in the CIB's status.
///
/// booth writes it at every site, this one included: while a grant is under way the holder may be this site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The ticket's name.
    pub ticket: String,
    /// booth's id for a site, which is a hash of its address; `None` while no site holds the ticket.
    pub holder: Option<String>,
    /// When the holder must have renewed it, by that site's clock.
    pub expires: Option<Timestamp>,
}

/// A ticket: the right to run something at this site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Its name.
    pub id: String,
    /// Whether this site holds it.
    pub granted: bool,
    /// Whether it is held but must not be used.
    pub standby: bool,
    /// When it was last granted.
    pub last_granted: Option<Timestamp>,
}
