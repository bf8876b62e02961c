//! What the checks look at, and the questions that several of them ask.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::model::text::numbered;
use crate::model::{
    ClusterEntry, Constraint, Contact, Node, NodeKind, NodeName, Observation, Picture, Primitive, Resource,
    ResourceId, Role, Score, Viewpoint, is_true,
};

use super::down::Downs;
use super::incident::{self, Incident};
use super::index::Index;
use super::tools::Tools;
use super::words::{moment, plural, span};

/// A cluster from outside: how it is reached, and when this is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outlook<'a> {
    pub(super) entry: &'a ClusterEntry,
    pub(super) observation: &'a Observation,
    /// On the console's clock.
    pub(super) now: Timestamp,
}

/// A cluster from inside: one picture, with what several checks need worked out once.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) outlook: Outlook<'a>,
    pub(super) picture: &'a Picture,
    /// Every primitive with what contains it.
    pub(super) placed: Vec<Placed<'a>>,
    /// Why nothing is started at all, where that is so.
    pub(super) standstill: Option<Standstill>,
    /// Failed operations with what became of them.
    pub(super) incidents: Vec<Incident<'a>>,
    /// What the picture holds, by name.
    pub(super) index: Index<'a>,
    /// What should run and runs nowhere, with the reason of each.
    pub(super) downs: Downs<'a>,
}

/// A primitive and what contains it, outermost first.
#[derive(Debug, Clone)]
pub(super) struct Placed<'a> {
    pub(super) primitive: &'a Primitive,
    pub(super) ancestors: Vec<&'a Resource>,
}

/// A reason for which nothing is started anywhere: the root of whatever is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standstill {
    NoDc,
    NoQuorum,
    StopAll,
    NoFencingDevice,
    AllInStandby,
}

impl<'a> Outlook<'a> {
    /// The picture, if the last poll confirmed it and that is not long ago.
    pub(super) fn fresh_picture(&self) -> Option<&'a Picture> {
        if self.picture_is_old() { None } else { self.observation.current() }
    }

    /// What the members say of each other now; nothing while there is no fresh picture beside which to lay it.
    pub(super) fn viewpoints(&self) -> &'a [Viewpoint] {
        if self.fresh_picture().is_some() { &self.observation.viewpoints } else { &[] }
    }

    /// Whether contact is said to be live, but the picture was confirmed so long ago that a poll must hang.
    pub(super) fn picture_is_old(&self) -> bool {
        matches!(self.observation.contact, Contact::Live { .. })
            && self.observation.age(self.now).is_some_and(|age| age > self.patience())
    }

    /// How long an answer may take before the last one counts as old: three polls, and a connection and two
    /// commands that take all the time they are given.
    fn patience(&self) -> SignedDuration {
        let access = &self.entry.access;
        let limit = access
            .poll
            .saturating_mul(3)
            .saturating_add(access.connect_timeout)
            .saturating_add(access.command_timeout.saturating_mul(2));
        SignedDuration::try_from(limit.min(Duration::from_secs(u64::from(u32::MAX))))
            .unwrap_or(SignedDuration::MAX)
    }

    /// How long ago something happened by the cluster's own clock.
    pub(super) fn since(&self, at: Timestamp) -> SignedDuration {
        self.there().duration_since(at).max(SignedDuration::ZERO)
    }

    /// The time by the cluster's own clock.
    pub(super) fn there(&self) -> Timestamp {
        let ahead = self.observation.clock_ahead.unwrap_or(SignedDuration::ZERO);
        self.now.checked_add(ahead).unwrap_or(self.now)
    }

    /// `12 s ago (2026-11-22T11:07:48Z)`, by the cluster's own clock.
    pub(super) fn ago(&self, at: Timestamp) -> String {
        format!("{} ago ({})", span(self.since(at)), moment(at))
    }
}

impl<'a> Scene<'a> {
    pub(super) fn tools(&self) -> Tools {
        Tools::of(self.picture)
    }

    pub(super) fn new(outlook: Outlook<'a>, picture: &'a Picture) -> Self {
        let mut placed = Vec::new();
        for resource in &picture.resources {
            place(resource, &mut Vec::new(), &mut placed);
        }
        let index = Index::new(picture, &placed);
        let downs = Downs::default();
        let mut scene =
            Self { outlook, picture, placed, standstill: None, incidents: Vec::new(), index, downs };
        scene.standstill = scene.find_standstill();
        scene.incidents = incident::of(&scene);
        scene.downs = Downs::of(&scene);
        scene
    }

    fn find_standstill(&self) -> Option<Standstill> {
        let summary = &self.picture.summary;
        if self.lacks_quorum() && summary.options.no_quorum_policy.as_deref() != Some("ignore") {
            Some(Standstill::NoQuorum)
        } else if self.lacks_dc() {
            Some(Standstill::NoDc)
        } else if summary.options.stop_all_resources {
            Some(Standstill::StopAll)
        } else if self.lacks_fencing_device() {
            Some(Standstill::NoFencingDevice)
        } else if self.is_all_in_standby() {
            Some(Standstill::AllInStandby)
        } else {
            None
        }
    }

    pub(super) fn name(&self) -> &'a str {
        self.outlook.entry.name.as_str()
    }

    /// Whether the partition is known to have no quorum. Without a DC only the CIB tells.
    pub(super) fn lacks_quorum(&self) -> bool {
        let summary = &self.picture.summary;
        let told = || self.picture.cib.as_deref()?.quorate.filter(|_| self.lacks_dc());
        summary.quorate.or_else(told) == Some(false)
    }

    /// Whether there is known to be no designated controller.
    pub(super) const fn lacks_dc(&self) -> bool {
        self.picture.summary.dc.is_none() && self.picture.summary.dc_told
    }

    /// Whether every node that is there has been put in standby by an administrator.
    pub(super) fn is_all_in_standby(&self) -> bool {
        let mut there =
            self.picture.nodes.iter().filter(|node| node.online && is_host(&node.kind)).peekable();
        there.peek().is_some()
            && there.all(|node| node.standby && !node.standby_on_fail && !node.pending && !node.unclean)
    }

    /// A cluster property of the CIB.
    pub(super) fn property(&self, name: &str) -> Option<&'a str> {
        self.picture.cib.as_deref()?.property(name)
    }

    /// Whether a location goes by a pattern, of which it isn't known what it matches.
    pub(super) fn has_patterns(&self) -> bool {
        self.constraints().any(|constraint| match &constraint.rule {
            crate::model::ConstraintRule::Location { resource, .. } => {
                let is_plain = |c: char| c.is_alphanumeric() || "_-.:".contains(c);
                !resource.as_str().chars().all(is_plain)
            }
            _ => false,
        })
    }

    pub(super) const fn in_maintenance(&self) -> bool {
        self.picture.summary.options.maintenance_mode
    }

    /// Fencing is on, and nothing is there that could fence: no device and no watchdog. Only the CIB tells of the
    /// watchdog; without it nothing is concluded.
    pub(super) fn lacks_fencing_device(&self) -> bool {
        self.shows_no_fencing_device() && self.picture.cib.is_some()
    }

    /// Fencing is on, and neither a device nor a watchdog is to be seen in what was read.
    pub(super) fn shows_no_fencing_device(&self) -> bool {
        let device = self.placed.iter().any(|placed| placed.primitive.agent.starts_with("stonith:"));
        let configured = self.picture.cib.as_deref().is_some_and(|cib| cib.has_fencing_device);
        self.picture.summary.options.fencing_enabled == Some(true)
            && !self.placed.is_empty()
            && !device
            && !configured
            && !self.has_watchdog()
    }

    /// Whether SBD fences by the watchdog alone.
    pub(super) fn has_watchdog(&self) -> bool {
        let is_set = |timeout: &str| !matches!(timeout, "" | "0" | "0s");
        let watchdog = self.property("have-watchdog").is_none_or(is_true);
        watchdog && self.watchdog_timeout().is_some_and(is_set)
    }

    /// `stonith-watchdog-timeout` as it is written.
    pub(super) fn watchdog_timeout(&self) -> Option<&'a str> {
        self.property("stonith-watchdog-timeout")
            .or_else(|| self.property("fencing-watchdog-timeout"))
            .or(self.picture.summary.options.watchdog_timeout.as_deref())
    }

    /// An option of a clone that is a number, such as `clone-max`: its own, or the default of all resources.
    pub(super) fn clone_option(&self, id: &ResourceId, name: &str) -> Option<usize> {
        let own = self.index.configured(base(id)).and_then(|clone| clone.meta(name));
        own.or_else(|| self.picture.cib.as_deref()?.resource_default(name))?.parse().ok()
    }

    /// Whether it is a clone that should have no instance: its `clone-max` is zero.
    pub(super) fn is_emptied(&self, resource: &Resource) -> bool {
        let Resource::Clone(clone) = resource else { return false };
        let is_all_orphaned = || resource.primitives().iter().all(|(_, part)| part.orphaned);
        // A clone that isn't configured any more isn't listed; without the CIB that alone tells.
        self.clone_option(&clone.id, "clone-max").map_or_else(
            || self.picture.cib.is_none() && !clone.instances.is_empty() && is_all_orphaned(),
            |most| most == 0,
        )
    }

    /// The constraints of the CIB; none where it was not read.
    pub(super) fn constraints(&self) -> impl Iterator<Item = &'a Constraint> + use<'a> {
        self.picture.cib.as_deref().into_iter().flat_map(|cib| &cib.constraints)
    }

    /// Whether that node can be given resources now.
    pub(super) fn is_available(node: &Node) -> bool {
        node.online
            && !(node.standby || node.standby_on_fail || node.maintenance)
            && !(node.pending || node.unclean || node.shutdown)
    }

    /// Whether a constraint that names the node keeps the resource, or what contains it, off it.
    pub(super) fn is_banned(&self, ids: &[&ResourceId], node: &NodeName) -> bool {
        ids.iter()
            .flat_map(|id| self.index.bans(base(id)))
            .any(|ban| ban.weight == Score::MinusInfinity && !ban.promoted_only && ban.node == *node)
    }

    /// The primitives at or below a resource, by its id without an instance number.
    pub(super) fn parts<'s>(&'s self, id: &str) -> impl Iterator<Item = &'s Placed<'a>> + use<'s, 'a> {
        self.index.parts(id).iter().filter_map(|&at| self.placed.get(at))
    }

    /// Whether that is the connection to a remote node which is offline: the finding on the node tells of it.
    pub(super) fn is_lost_connection(&self, id: &ResourceId) -> bool {
        let is_remote = |part: &Placed<'_>| part.primitive.agent == "ocf:pacemaker:remote";
        let lost = |node: &Node| node.unclean || !node.online;
        self.parts(base(id)).any(|part| is_remote(part) && part.bundle().is_none())
            && self.index.node(&NodeName::from(id.as_str())).is_some_and(lost)
    }

    /// The bundle that a resource is part of.
    pub(super) fn bundle_of(&self, id: &ResourceId) -> Option<&'a ResourceId> {
        self.parts(base(id)).find_map(Placed::bundle).map(|bundle| &bundle.id)
    }

    /// Whether a node attribute counts ping targets that answer.
    pub(super) fn is_connectivity(&self, name: &str) -> bool {
        let expected =
            |attribute: &crate::model::NodeAttribute| attribute.name == name && attribute.expected.is_some();
        name == "pingd" || self.picture.attributes.iter().any(expected)
    }

    /// Whether an administrator wants it to run.
    pub(super) fn should_run(&self, placed: &Placed<'_>) -> bool {
        !placed.primitive.orphaned && !self.is_disabled(placed) && self.lost_ticket(placed).is_none()
    }

    /// Whether its target role, or that of what contains it, is Stopped.
    pub(super) fn is_disabled(&self, placed: &Placed<'_>) -> bool {
        placed.primitive.target_role == Some(Role::Stopped)
            || placed.ancestors.iter().any(|ancestor| is_disabled(ancestor))
            || placed.ids().iter().any(|id| self.is_disabled_in_cib(id))
    }

    pub(super) fn is_disabled_in_cib(&self, id: &ResourceId) -> bool {
        let role = self.index.configured(base(id)).and_then(|resource| resource.meta("target-role"));
        role.is_some_and(|role| role.eq_ignore_ascii_case("stopped"))
    }

    /// What bars it from being promoted by its target role (`Unpromoted`, `Slave`): its own id, or that of what contains
    /// it.
    pub(super) fn demoted_by(&self, placed: &Placed<'a>) -> Option<&'a ResourceId> {
        let in_cib = |id: &&&ResourceId| {
            let role = self.index.configured(base(id)).and_then(|resource| resource.meta("target-role"));
            role.is_some_and(|role| Role::from_word(role) == Role::Unpromoted)
        };
        let ids = placed.ids();
        // The CIB says who holds it, crm_mon only that it holds.
        if let Some(holder) = ids.iter().find(in_cib) {
            return Some(holder);
        }
        let by_clone = placed.ancestors.iter().find_map(|ancestor| match ancestor {
            Resource::Clone(clone) => (clone.target_role == Some(Role::Unpromoted)).then_some(&clone.id),
            _ => None,
        });
        let own = || (placed.primitive.target_role == Some(Role::Unpromoted)).then(|| placed.top());
        by_clone.or_else(own)
    }

    /// The ticket that it depends on and that this site does not hold, or holds in standby.
    pub(super) fn lost_ticket(&self, placed: &Placed<'_>) -> Option<&'a str> {
        // A ticket for the promoted role leaves the rest alone.
        self.lost_ticket_where(placed, |role| role != Some(&Role::Promoted))
    }

    /// The same of one that only its promoted role depends on.
    pub(super) fn lost_promotion_ticket(&self, placed: &Placed<'_>) -> Option<&'a str> {
        self.lost_ticket_where(placed, |role| role == Some(&Role::Promoted))
    }

    fn lost_ticket_where(
        &self,
        placed: &Placed<'_>,
        is_for: impl Fn(Option<&Role>) -> bool,
    ) -> Option<&'a str> {
        let ids = placed.ids();
        let claims = ids.iter().flat_map(|id| self.index.claims(base(id)));
        let mut lost = claims.filter(|claim| {
            let held =
                |known: &crate::model::Ticket| known.id == *claim.ticket && known.granted && !known.standby;
            is_for(claim.role) && !self.picture.tickets.iter().any(held)
        });
        lost.next().map(|claim| claim.ticket)
    }

    /// Without the CIB: tickets that this site does not hold, on which anything that is stopped may depend.
    pub(super) fn doubtful_ticket(&self) -> Option<&'a str> {
        if self.picture.cib.is_some() {
            return None;
        }
        let lost = self.picture.tickets.iter().find(|ticket| !ticket.granted || ticket.standby);
        lost.map(|ticket| ticket.id.as_str())
    }

    pub(super) fn is_promoted(placed: &Placed<'_>) -> bool {
        placed.primitive.active && placed.primitive.role == Role::Promoted
    }

    /// Whether the resource of that id, or any part of it, runs on that node in that role. `Started` and no role stand
    /// for either.
    pub(super) fn runs_on(&self, id: &ResourceId, role: Option<&Role>, node: &NodeName) -> bool {
        let role = role.filter(|role| matches!(role, Role::Promoted | Role::Unpromoted));
        self.parts(base(id)).any(|placed| {
            placed.primitive.active
                && role.is_none_or(|role| placed.primitive.role == *role)
                && placed.primitive.nodes.contains(node)
        })
    }

    /// The running primitives at or below that id.
    pub(super) fn active<'s>(
        &'s self,
        id: &ResourceId,
    ) -> impl Iterator<Item = &'s Placed<'a>> + use<'s, 'a> {
        self.parts(base(id)).filter(|placed| placed.primitive.active)
    }

    /// Something that is on its way and that it has to follow, or belongs to the same group: the transition under way
    /// may come to it yet. What is on its way elsewhere says nothing of it.
    pub(super) fn ahead_in_transition(&self, ids: &[&'a ResourceId]) -> Option<&'a Primitive> {
        if !self.placed.iter().any(|placed| is_on_its_way(placed.primitive)) {
            return None;
        }
        let mut known = ids.to_vec();
        let mut seen: std::collections::HashSet<&str> = known.iter().map(|id| base(id)).collect();
        let mut next = 0;
        while let Some(id) = known.get(next).copied() {
            next += 1;
            let mut parts = self.parts(base(id)).map(|placed| placed.primitive);
            if let Some(moving) = parts.find(|primitive| is_on_its_way(primitive)) {
                return Some(moving);
            }
            let leaders = self.index.bonds(base(id)).iter().filter(|bond| bond.kind.is_needed());
            known.extend(leaders.map(|bond| bond.leader).filter(|leader| seen.insert(base(leader))));
        }
        None
    }

    /// The stopped primitives that nobody has stopped on purpose, in one line; `None` without any.
    pub(super) fn stopped_line(&self) -> Option<String> {
        let stopped = |placed: &&Placed<'_>| {
            !placed.primitive.active && !placed.primitive.role.is_transient() && self.should_run(placed)
        };
        match self.placed.iter().filter(stopped).count() {
            0 => None,
            count => Some(format!("{} stopped", plural(count, "resource"))),
        }
    }
}

impl<'a> Placed<'a> {
    /// Its id and those of what contains it.
    pub(super) fn ids(&self) -> Vec<&'a ResourceId> {
        let ancestors = self.ancestors.iter().map(|ancestor| ancestor.id());
        ancestors.chain([&self.primitive.id]).collect()
    }

    /// The id of what contains it at the top level, or its own.
    pub(super) fn top(&self) -> &'a ResourceId {
        self.ancestors.first().map_or(&self.primitive.id, |top| top.id())
    }

    /// The members of its group that stand before it, in the order of the group.
    pub(super) fn before(&self) -> &'a [Resource] {
        let Some(Resource::Group(group)) = self.ancestors.last() else { return &[] };
        let at = group.members.iter().position(|member| *member.id() == self.primitive.id);
        at.and_then(|at| group.members.get(..at)).unwrap_or_default()
    }

    /// The bundle that it is part of.
    pub(super) fn bundle(&self) -> Option<&'a crate::model::Bundle> {
        self.ancestors.iter().find_map(|ancestor| match ancestor {
            Resource::Bundle(bundle) => Some(bundle),
            _ => None,
        })
    }

    /// Whether it may run on several nodes: an instance of a clone or part of a bundle.
    pub(super) fn is_replicated(&self) -> bool {
        self.ancestors.iter().any(|ancestor| matches!(ancestor, Resource::Clone(_) | Resource::Bundle(_)))
    }
}

/// Whether an operation that changes its state is under way.
pub(super) fn is_on_its_way(primitive: &Primitive) -> bool {
    primitive.role.is_transient() || primitive.pending.as_deref().is_some_and(|what| what != "Monitoring")
}

/// `fs is starting`: what is on its way, in words.
pub(super) fn on_its_way_words(primitive: &Primitive) -> String {
    let role = (primitive.role.is_transient()).then(|| primitive.role.word());
    let what = role.or(primitive.pending.as_deref()).unwrap_or("changing");
    format!("{} is {}", primitive.id, what.to_lowercase())
}

/// The id without the instance number of a globally unique clone or a cloned group.
pub(super) fn base(id: &ResourceId) -> &str {
    numbered(id.as_str(), ':').map_or(id.as_str(), |(base, _)| base)
}

/// Whether a node is of a kind on which ordinary resources may run. A bundle's replica takes only what the
/// bundle contains.
pub(super) const fn is_host(kind: &NodeKind) -> bool {
    matches!(kind, NodeKind::Member | NodeKind::Remote | NodeKind::Guest { .. })
}

fn is_disabled(resource: &Resource) -> bool {
    match resource {
        Resource::Group(group) => group.disabled,
        // crm_mon also calls a clone disabled that may only not be promoted.
        Resource::Clone(clone) => {
            clone.target_role.as_ref().map_or(clone.disabled, |role| *role == Role::Stopped)
        }
        Resource::Primitive(_) | Resource::Bundle(_) => false,
    }
}

fn place<'a>(resource: &'a Resource, ancestors: &mut Vec<&'a Resource>, placed: &mut Vec<Placed<'a>>) {
    if let Resource::Primitive(primitive) = resource {
        placed.push(Placed { primitive, ancestors: ancestors.clone() });
        return;
    }
    ancestors.push(resource);
    for child in resource.children() {
        place(child, ancestors, placed);
    }
    ancestors.pop();
}
