//! What the constraints come to, one resource at a time: sets, tags and templates spelled out.

use std::collections::HashMap;

use super::{Cib, Constraint, ConstraintRule, NodeName, ResourceId, ResourceSet, Role, Score};

/// More of each kind are left out: nobody writes a configuration that comes to so many.
const MOST: usize = 20_000;

/// All constraints of a CIB, spelled out.
#[derive(Debug, Clone, Default)]
pub struct Ties<'a> {
    /// What follows what.
    pub bonds: Vec<Bond<'a>>,
    /// What is wanted where.
    pub places: Vec<Place<'a>>,
    /// What needs which ticket.
    pub claims: Vec<Claim<'a>>,
}

/// One resource that follows another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bond<'a> {
    /// Which constraint says so.
    pub constraint: &'a Constraint,
    /// Who follows.
    pub follower: &'a ResourceId,
    /// Whom it follows.
    pub leader: &'a ResourceId,
    /// How.
    pub kind: BondKind<'a>,
}

/// How one resource follows another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BondKind<'a> {
    /// It runs where the other does, or apart from it where the score is negative.
    With {
        /// How strongly; `None` where the score can't be read.
        score: Option<Score>,
        /// The follower's role.
        role: Option<&'a Role>,
        /// The leader's role.
        leader_role: Option<&'a Role>,
    },
    /// Its action comes after one of the other.
    After {
        /// The leader's action, such as `start`.
        first: &'a str,
        /// The follower's action.
        then: &'a str,
        /// Whether it waits.
        mandatory: bool,
        /// Any one of several leaders is enough.
        any: bool,
    },
}

/// One location of one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// Which constraint says so.
    pub constraint: &'a Constraint,
    /// What is placed.
    pub resource: &'a ResourceId,
    /// Where; `None` where a rule says it.
    pub node: Option<&'a NodeName>,
    /// How strongly.
    pub score: Option<Score>,
    /// Only in this role.
    pub role: Option<&'a Role>,
    /// The rule as text, empty without one.
    pub rule: &'a str,
}

/// One resource that needs a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim<'a> {
    /// What needs it.
    pub resource: &'a ResourceId,
    /// Only in this role.
    pub role: Option<&'a Role>,
    /// The ticket.
    pub ticket: &'a str,
    /// What happens when it is lost.
    pub loss_policy: &'a str,
}

impl BondKind<'_> {
    /// Whether the follower can't run without the leader.
    pub fn is_needed(&self) -> bool {
        match self {
            Self::With { score, .. } => *score == Some(Score::Infinity),
            Self::After { first, then, mandatory, .. } => {
                *mandatory && *first != "stop" && *then != "stop" && *first != "demote"
            }
        }
    }

    /// Whether the leader has to be promoted.
    pub fn wants_promoted(&self) -> bool {
        match self {
            Self::With { leader_role, .. } => *leader_role == Some(&Role::Promoted),
            Self::After { first, .. } => *first == "promote",
        }
    }

    /// Whether only the follower's promotion waits for the leader; it may run unpromoted all the same.
    pub fn is_of_promotion(&self) -> bool {
        match self {
            Self::With { role, .. } => *role == Some(&Role::Promoted),
            Self::After { then, .. } => *then == "promote",
        }
    }
}

impl Cib {
    /// The constraints, spelled out.
    pub fn ties(&self) -> Ties<'_> {
        let mut names: HashMap<&ResourceId, Vec<&ResourceId>> = HashMap::new();
        for (tag, members) in &self.tags {
            names.entry(tag).or_default().extend(members);
        }
        for resource in &self.resources {
            if let Some(template) = &resource.template {
                names.entry(template).or_default().push(&resource.id);
            }
        }
        let mut ties = Ties::default();
        for constraint in &self.constraints {
            spell_out(constraint, &Names(&names), &mut ties);
        }
        ties
    }
}

impl Ties<'_> {
    /// Whether nothing more that such a rule says would be kept.
    fn is_full_for(&self, rule: &ConstraintRule) -> bool {
        let kept = match rule {
            ConstraintRule::Location { .. } => self.places.len(),
            ConstraintRule::Ticket { .. } => self.claims.len(),
            ConstraintRule::Set { kind, .. } if kind == "rsc_location" => self.places.len(),
            ConstraintRule::Colocation { .. } | ConstraintRule::Order { .. } | ConstraintRule::Set { .. } => {
                self.bonds.len()
            }
        };
        kept >= MOST
    }
}

/// Tags and templates with what they stand for.
struct Names<'n, 'a>(&'n HashMap<&'a ResourceId, Vec<&'a ResourceId>>);

impl<'a> Names<'_, 'a> {
    /// What an id in a constraint stands for: itself, unless it is a tag or a template.
    fn of(&self, id: &'a ResourceId) -> Vec<&'a ResourceId> {
        self.of_all(std::iter::once(id))
    }

    /// The members of a set, those of its tags and templates for themselves: no more than can be spelled out.
    fn of_set(&self, set: &'a ResourceSet) -> Vec<&'a ResourceId> {
        self.of_all(set.resources.iter())
    }

    fn of_all(&self, ids: impl Iterator<Item = &'a ResourceId>) -> Vec<&'a ResourceId> {
        let mut all = Vec::new();
        for id in ids {
            let room = MOST - all.len();
            match self.0.get(id) {
                Some(members) => all.extend(members.iter().take(room)),
                None => all.extend(std::iter::once(id).take(room)),
            }
        }
        all
    }
}

/// Spells one constraint out. Where there is no room for it, nothing is done: the names of a large tag in many
/// constraints would take long for nothing.
fn spell_out<'a>(constraint: &'a Constraint, names: &Names<'_, 'a>, ties: &mut Ties<'a>) {
    if ties.is_full_for(&constraint.rule) {
        return;
    }
    match &constraint.rule {
        ConstraintRule::Location { resource, node, score, role, rule } => {
            for resource in names.of(resource) {
                let (node, role) = (node.as_ref(), role.as_ref());
                place(ties, Place { constraint, resource, node, score: *score, role, rule });
            }
        }
        ConstraintRule::Colocation { resource, with, score, role, with_role } => {
            let kind = BondKind::With { score: *score, role: role.as_ref(), leader_role: with_role.as_ref() };
            bind_all(ties, constraint, &names.of(resource), &names.of(with), kind);
        }
        ConstraintRule::Order { first, first_action, then, then_action, kind } => {
            let mandatory = kind == "Mandatory";
            let kind = BondKind::After { first: first_action, then: then_action, mandatory, any: false };
            bind_all(ties, constraint, &names.of(then), &names.of(first), kind);
        }
        ConstraintRule::Ticket { resources, role, ticket, loss_policy } => {
            for resource in resources.iter().flat_map(|id| names.of(id)) {
                if ties.claims.len() < MOST {
                    ties.claims.push(Claim { resource, role: role.as_ref(), ticket, loss_policy });
                }
            }
        }
        ConstraintRule::Set { kind, sets, score, node, order: ordered } => match kind.as_str() {
            "rsc_location" => {
                for set in sets {
                    for resource in names.of_set(set) {
                        let (node, role) = (node.as_ref(), set.role.as_ref());
                        place(ties, Place { constraint, resource, node, score: *score, role, rule: "" });
                    }
                }
            }
            "rsc_colocation" => colocate(constraint, sets, *score, names, ties),
            "rsc_order" => order(constraint, sets, ordered == "Mandatory", names, ties),
            _ => {}
        },
    }
}

/// In a set each member runs with the one before, or apart from all before where the score is negative; a set runs with, or
/// apart from, the set that comes after it.
fn colocate<'a>(
    constraint: &'a Constraint,
    sets: &'a [ResourceSet],
    score: Option<Score>,
    names: &Names<'_, 'a>,
    ties: &mut Ties<'a>,
) {
    let kind = |own: &'a ResourceSet, leader: &'a ResourceSet, score| BondKind::With {
        score,
        role: own.role.as_ref(),
        leader_role: leader.role.as_ref(),
    };
    for set in sets.iter().filter(|set| set.sequential) {
        let members = names.of_set(set);
        // A set's own score holds inside it only.
        let score = set.score.or(score);
        let kind = kind(set, set, score);
        if score.is_some_and(Score::is_negative) {
            // Neighbours alone would let the first run beside the third. Pacemaker ignores the set's ordering here.
            for (at, follower) in members.iter().enumerate().skip(1) {
                if ties.bonds.len() >= MOST {
                    return;
                }
                bind_all(ties, constraint, &[*follower], &members[..at], kind);
            }
            continue;
        }
        for pair in members.windows(2) {
            let (follower, leader) =
                if set.is_reversed { pair.split_at(1) } else { (&pair[1..], &pair[..1]) };
            bind_all(ties, constraint, follower, leader, kind);
        }
    }
    for pair in sets.windows(2) {
        let [own, leader] = pair else { continue };
        if ties.bonds.len() >= MOST {
            return;
        }
        let (mut followers, mut leaders) = (names.of_set(own), names.of_set(leader));
        if own.sequential {
            followers.truncate(1);
        }
        if leader.sequential {
            leaders.drain(..leaders.len().saturating_sub(1));
        }
        bind_all(ties, constraint, &followers, &leaders, kind(own, leader, score));
    }
}

/// In a set each member comes after the one before; a set comes after the set before it.
fn order<'a>(
    constraint: &'a Constraint,
    sets: &'a [ResourceSet],
    mandatory: bool,
    names: &Names<'_, 'a>,
    ties: &mut Ties<'a>,
) {
    let action = |set: &'a ResourceSet| set.action.as_deref().unwrap_or("start");
    for set in sets.iter().filter(|set| set.sequential) {
        let kind = BondKind::After { first: action(set), then: action(set), mandatory, any: false };
        for pair in names.of_set(set).windows(2) {
            bind_all(ties, constraint, &pair[1..], &pair[..1], kind);
        }
    }
    for pair in sets.windows(2) {
        let [first, then] = pair else { continue };
        if ties.bonds.len() >= MOST {
            return;
        }
        let (mut leaders, mut followers) = (names.of_set(first), names.of_set(then));
        if first.sequential {
            leaders.drain(..leaders.len().saturating_sub(1));
        }
        if then.sequential {
            followers.truncate(1);
        }
        let any = !first.require_all;
        let kind = BondKind::After { first: action(first), then: action(then), mandatory, any };
        bind_all(ties, constraint, &followers, &leaders, kind);
    }
}

fn place<'a>(ties: &mut Ties<'a>, place: Place<'a>) {
    if ties.places.len() < MOST {
        ties.places.push(place);
    }
}

fn bind_all<'a>(
    ties: &mut Ties<'a>,
    constraint: &'a Constraint,
    followers: &[&'a ResourceId],
    leaders: &[&'a ResourceId],
    kind: BondKind<'a>,
) {
    let room = MOST.saturating_sub(ties.bonds.len());
    let pairs = followers.iter().flat_map(|follower| leaders.iter().map(move |leader| (*follower, *leader)));
    ties.bonds.extend(pairs.take(room).map(|(follower, leader)| Bond { constraint, follower, leader, kind }));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Who is apart from whom, or with whom, by a colocation of those sets.
    fn pairs(sets: Vec<ResourceSet>, score: Score) -> Vec<(String, String)> {
        let rule = ConstraintRule::Set {
            kind: "rsc_colocation".to_owned(),
            sets,
            score: Some(score),
            node: None,
            order: String::new(),
        };
        let cib = Cib { constraints: vec![Constraint::new("c", rule)], ..Cib::default() };
        let bonds = cib.ties().bonds;
        bonds.iter().map(|bond| (bond.follower.to_string(), bond.leader.to_string())).collect()
    }

    fn set(members: usize) -> ResourceSet {
        ResourceSet::of((0..members).map(|member| format!("r{member}").into()).collect())
    }

    #[test]
    fn a_set_with_a_negative_score_parts_every_pair() {
        let apart = |set: ResourceSet| pairs(vec![set], Score::MinusInfinity);
        let every = [("r1", "r0"), ("r2", "r0"), ("r2", "r1")];
        let every = every.map(|(one, other)| (one.to_owned(), other.to_owned()));
        assert_eq!(apart(set(3)), every);
        assert_eq!(apart(ResourceSet { is_reversed: true, ..set(3) }), every);
        assert_eq!(apart(ResourceSet { sequential: false, ..set(3) }), []);
        let own = ResourceSet { score: Some(Score::Finite(-5)), ..set(3) };
        assert_eq!(pairs(vec![own], Score::Infinity), every);
    }

    proptest! {
        /// No two members of a set may run together where its score is negative; elsewhere each has one neighbour.
        #[test]
        fn a_set_binds_as_its_score_says(members in 0_usize..12, score in -3_i32..=3) {
            let found = pairs(vec![set(members)], Score::Finite(score));
            let count = if score < 0 { members * members.saturating_sub(1) / 2 } else { members.saturating_sub(1) };
            prop_assert_eq!(found.len(), count);
            let mut unordered: Vec<_> =
                found.into_iter().map(|(one, other)| if one < other { (one, other) } else { (other, one) }).collect();
            unordered.sort();
            unordered.dedup();
            prop_assert_eq!(unordered.len(), count);
        }
    }
}
