//! What the checks look at, and the questions that several of them ask.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::model::{
    ClusterEntry, Constraint, ConstraintRule, Contact, Node, NodeKind, NodeName, Observation, Picture,
    Primitive, Resource, ResourceId, Role, Score, Viewpoint,
};

use super::incident::{self, Incident};
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
        let ahead = self.observation.clock_ahead.unwrap_or(SignedDuration::ZERO);
        let there = self.now.checked_add(ahead).unwrap_or(self.now);
        there.duration_since(at).max(SignedDuration::ZERO)
    }

    /// `12 s ago (2026-11-22T11:07:48Z)`, by the cluster's own clock.
    pub(super) fn ago(&self, at: Timestamp) -> String {
        format!("{} ago ({})", span(self.since(at)), moment(at))
    }
}

impl<'a> Scene<'a> {
    pub(super) fn new(outlook: Outlook<'a>, picture: &'a Picture) -> Self {
        let mut placed = Vec::new();
        for resource in &picture.resources {
            place(resource, &mut Vec::new(), &mut placed);
        }
        let mut scene = Self { outlook, picture, placed, standstill: None, incidents: Vec::new() };
        scene.standstill = scene.find_standstill();
        scene.incidents = incident::of(&scene);
        scene
    }

    fn find_standstill(&self) -> Option<Standstill> {
        let summary = &self.picture.summary;
        if self.lacks_quorum() && summary.options.no_quorum_policy.as_deref() != Some("ignore") {
            Some(Standstill::NoQuorum)
        } else if summary.dc.is_none() {
            Some(Standstill::NoDc)
        } else if summary.options.stop_all_resources {
            Some(Standstill::StopAll)
        } else if self.lacks_fencing_device() {
            Some(Standstill::NoFencingDevice)
        } else {
            None
        }
    }

    pub(super) fn name(&self) -> &'a str {
        self.outlook.entry.name.as_str()
    }

    pub(super) fn lacks_quorum(&self) -> bool {
        self.picture.summary.quorate == Some(false)
    }

    pub(super) const fn in_maintenance(&self) -> bool {
        self.picture.summary.options.maintenance_mode
    }

    /// Fencing is on, and nothing is there that could fence: no device and no watchdog.
    pub(super) fn lacks_fencing_device(&self) -> bool {
        let device = self.placed.iter().any(|placed| placed.primitive.agent.starts_with("stonith:"));
        let cib = self.picture.cib.as_deref();
        let configured = cib.is_some_and(|cib| cib.has_fencing_device);
        let watchdog = cib.is_some_and(|cib| {
            let timeout =
                cib.property("stonith-watchdog-timeout").or_else(|| cib.property("fencing-watchdog-timeout"));
            cib.property("have-watchdog").is_some_and(is_true)
                && timeout.is_some_and(|timeout| !matches!(timeout, "" | "0" | "0s"))
        });
        let has_resources = !self.placed.is_empty();
        self.picture.summary.options.fencing_enabled == Some(true)
            && has_resources
            && !device
            && !configured
            && !watchdog
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
        self.picture.bans.iter().any(|ban| {
            ban.weight == Score::MinusInfinity
                && !ban.promoted_only
                && ban.node == *node
                && ids.contains(&&ban.resource)
        })
    }

    /// Whether an administrator wants it to run.
    pub(super) fn should_run(&self, placed: &Placed<'_>) -> bool {
        !placed.primitive.orphaned
            && placed.primitive.target_role != Some(Role::Stopped)
            && !placed.ancestors.iter().any(|ancestor| is_disabled(ancestor))
            && !placed.ids().iter().any(|id| self.is_disabled_in_cib(id))
            && self.lost_ticket(placed).is_none()
    }

    fn is_disabled_in_cib(&self, id: &ResourceId) -> bool {
        let meta = |id: &str| self.picture.cib.as_deref()?.resource(id)?.meta("target-role");
        meta(base(id)).is_some_and(|role| role.eq_ignore_ascii_case("stopped"))
    }

    /// The ticket that it depends on and that this site does not hold.
    pub(super) fn lost_ticket(&self, placed: &Placed<'_>) -> Option<&'a str> {
        let ids = placed.ids();
        self.constraints().find_map(|constraint| match &constraint.rule {
            ConstraintRule::Ticket { resource, ticket, .. } if ids.contains(&resource) => {
                let held = self.picture.tickets.iter().any(|known| known.id == *ticket && known.granted);
                (!held).then_some(ticket.as_str())
            }
            _ => None,
        })
    }

    /// Whether the resource of that id, or any part of it, runs; in that role where one is asked for.
    pub(super) fn runs(&self, id: &ResourceId, role: Option<&Role>) -> bool {
        self.active(id, role).next().is_some()
    }

    /// The running primitives at or below that id.
    pub(super) fn active<'s>(
        &'s self,
        id: &'s ResourceId,
        role: Option<&'s Role>,
    ) -> impl Iterator<Item = &'s Placed<'a>> {
        let promoted = role == Some(&Role::Promoted);
        self.placed.iter().filter(move |placed| {
            placed.primitive.active
                && (!promoted || placed.primitive.role == Role::Promoted)
                && placed.ids().iter().any(|own| base(own) == base(id))
        })
    }

    /// What it has to wait for by a mandatory constraint, in words.
    pub(super) fn waits_for(&self, ids: &[&ResourceId]) -> Option<String> {
        self.constraints().find_map(|constraint| match &constraint.rule {
            ConstraintRule::Colocation {
                resource, with, score: Some(Score::Infinity), with_role, ..
            } if ids.contains(&resource) && !self.runs(with, with_role.as_ref()) => {
                Some(missing_words("follows", with, with_role.as_ref() == Some(&Role::Promoted)))
            }
            ConstraintRule::Order { first, first_action, then, kind, .. }
                if ids.contains(&then) && kind == "Mandatory" && first_action != "stop" =>
            {
                let promoted = first_action == "promote";
                let role = promoted.then_some(Role::Promoted);
                (!self.runs(first, role.as_ref())).then(|| missing_words("starts after", first, promoted))
            }
            _ => None,
        })
    }

    /// Something that is on its way and that it has to follow, or belongs to the same group: the transition under way
    /// may come to it yet. What is on its way elsewhere says nothing of it.
    pub(super) fn ahead_in_transition<'s>(&'s self, ids: &[&'s ResourceId]) -> Option<&'a Primitive> {
        if !self.placed.iter().any(|placed| is_on_its_way(placed.primitive)) {
            return None;
        }
        let mut known = ids.to_vec();
        let mut next = 0;
        while let Some(id) = known.get(next).copied() {
            next += 1;
            let is_part = |placed: &&Placed<'_>| placed.ids().iter().any(|own| base(own) == base(id));
            let mut parts = self.placed.iter().filter(is_part).map(|placed| placed.primitive);
            if let Some(moving) = parts.find(|primitive| is_on_its_way(primitive)) {
                return Some(moving);
            }
            for leader in self.constraints().filter_map(|constraint| leader_of(id, constraint)) {
                if !known.contains(&leader) {
                    known.push(leader);
                }
            }
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

/// What a mandatory constraint has a resource follow.
fn leader_of<'a>(id: &ResourceId, constraint: &'a Constraint) -> Option<&'a ResourceId> {
    match &constraint.rule {
        ConstraintRule::Colocation { resource, with, score: Some(Score::Infinity), .. } if resource == id => {
            Some(with)
        }
        ConstraintRule::Order { first, first_action, then, kind, .. }
            if then == id && kind == "Mandatory" && first_action != "stop" =>
        {
            Some(first)
        }
        _ => None,
    }
}

/// The id without the instance number of a globally unique clone or a cloned group.
pub(super) fn base(id: &ResourceId) -> &str {
    match id.as_str().rsplit_once(':') {
        Some((base, instance))
            if !instance.is_empty() && instance.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            base
        }
        _ => id.as_str(),
    }
}

/// Pacemaker's booleans.
pub(super) fn is_true(value: &str) -> bool {
    ["true", "on", "yes", "y", "1"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// Whether a node is of a kind on which ordinary resources may run. A bundle's replica takes only what the
/// bundle contains.
pub(super) const fn is_host(kind: &NodeKind) -> bool {
    matches!(kind, NodeKind::Member | NodeKind::Remote | NodeKind::Guest { .. })
}

fn missing_words(verb: &str, id: &ResourceId, promoted: bool) -> String {
    if promoted {
        format!("{verb} {id}, which has no promoted instance")
    } else {
        format!("{verb} {id}, which does not run")
    }
}

fn is_disabled(resource: &Resource) -> bool {
    match resource {
        Resource::Group(group) => group.disabled,
        Resource::Clone(clone) => clone.disabled || clone.target_role == Some(Role::Stopped),
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
