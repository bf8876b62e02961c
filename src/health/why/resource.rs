//! Why a resource runs where it does, or does not run.

use std::collections::HashSet;

use super::place::answers;
use super::{Cause, NodeAnswer, Pull, Why, barrier, obstacle, told};
use crate::health::Severity;
use crate::health::fix::{Fix, Remedy};
use crate::health::scene::{Placed, Scene, base};
use crate::health::words::names;
use crate::model::{
    Ban, Bond, ConstraintRule, FailCount, NodeName, Place, Resource, ResourceId, Role, is_true,
};

/// The resource that is asked about, and all that belongs to it.
pub(in crate::health) struct Asked<'s, 'a> {
    pub(in crate::health) scene: &'s Scene<'a>,
    pub(super) id: &'a ResourceId,
    /// The primitives at or below it.
    pub(super) parts: Vec<&'s Placed<'a>>,
    /// What contains it, and itself.
    pub(super) line: Vec<&'a ResourceId>,
    /// The same, and all that it contains.
    pub(super) family: Vec<&'a ResourceId>,
}

/// The causes that hold for everything that should run.
const STANDSTILLS: [&str; 4] = ["no-quorum", "no-dc", "stop-all-resources", "fencing-no-device"];

pub(super) fn why(scene: &Scene<'_>, id: &ResourceId) -> Option<Why> {
    let asked = Asked::new(scene, id)?;
    let mut why = Why::new(asked.question());
    why.nodes = answers(&asked);
    why.causes = asked.causes(&why.nodes);
    Some(why)
}

impl<'s, 'a> Asked<'s, 'a> {
    pub(in crate::health) fn new(scene: &'s Scene<'a>, id: &ResourceId) -> Option<Self> {
        let parts: Vec<&Placed<'a>> =
            scene.parts(base(id)).filter(|placed| placed.ids().contains(&id)).collect();
        let mut seen = HashSet::new();
        let family =
            parts.iter().flat_map(|placed| placed.ids()).filter(|id| seen.insert(base(id))).collect();
        let ids = parts.first()?.ids();
        let at = ids.iter().position(|own| *own == id)?;
        Some(Self { scene, id: ids[at], line: ids[..=at].to_vec(), parts, family })
    }

    /// Whether a constraint or a count of that id is about it, what contains it, or a part of it.
    pub(super) fn concerns(&self, id: &ResourceId) -> bool {
        self.family.iter().any(|own| base(own) == base(id))
    }

    /// The locations of it, what contains it, and its parts.
    pub(in crate::health) fn places(&self) -> impl Iterator<Item = Place<'a>> {
        self.family.iter().flat_map(|id| self.scene.index.places(base(id))).copied()
    }

    pub(super) fn bans(&self) -> impl Iterator<Item = &'a Ban> {
        self.family.iter().flat_map(|id| self.scene.index.bans(base(id))).copied()
    }

    pub(super) fn counts(&self) -> impl Iterator<Item = &'a FailCount> {
        self.family.iter().flat_map(|id| self.scene.index.counts(base(id))).copied()
    }

    /// Whom it follows, it or what contains it or its parts; its parts don't count as others.
    pub(super) fn bonds(&self) -> impl Iterator<Item = Bond<'a>> {
        let bonds = self.family.iter().flat_map(|id| self.scene.index.bonds(base(id))).copied();
        bonds.filter(|bond| !self.concerns(bond.leader))
    }

    /// What it takes of a node's capacity, where it is to start: the sum over its members, of a clone one instance.
    pub(super) fn needs(&self) -> Vec<(&'a str, i64)> {
        let mut needs: Vec<(&'a str, i64)> = Vec::new();
        let mut seen = HashSet::new();
        for part in self.parts.iter().filter(|part| !part.primitive.active) {
            let id = base(&part.primitive.id);
            let configured = self.scene.index.configured(id).filter(|_| seen.insert(id));
            for (name, amount) in configured.into_iter().flat_map(|it| &it.utilization) {
                match needs.iter_mut().find(|(known, _)| known == name) {
                    Some((_, sum)) => *sum = sum.saturating_add(*amount),
                    None => needs.push((name, *amount)),
                }
            }
        }
        needs
    }

    pub(super) fn is_replicated(&self) -> bool {
        self.parts.iter().any(|part| part.is_replicated())
    }

    /// Where it runs, or any part of it.
    pub(super) fn nodes(&self) -> Vec<&'a NodeName> {
        let active = self.parts.iter().filter(|part| part.primitive.active);
        let mut nodes: Vec<_> = active.flat_map(|part| &part.primitive.nodes).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    fn is_up(&self) -> bool {
        self.parts.iter().any(|part| part.primitive.active)
    }

    fn question(&self) -> String {
        let nodes = self.nodes();
        let has_failed = |part: &&Placed<'_>| part.primitive.failed || part.primitive.blocked;
        if !self.is_replicated() && self.parts.iter().any(has_failed) {
            return format!("Why has {} failed?", self.id);
        }
        match (self.is_up(), nodes.is_empty()) {
            (false, _) => format!("Why does {} not run?", self.id),
            (true, true) => format!("Why is {} as it is?", self.id),
            (true, false) => format!("Why does {} run on {}?", self.id, names(nodes)),
        }
    }

    /// A meta attribute with what holds it: its own, what contains it, what it contains, or the defaults.
    pub(in crate::health) fn meta(&self, name: &str) -> Option<(&'a str, &'a str)> {
        let cib = self.scene.picture.cib.as_deref()?;
        let own = self.line.iter().rev().chain(&self.family).find_map(|id| {
            let configured = self.scene.index.configured(base(id))?;
            Some((configured.id.as_str(), configured.meta(name)?))
        });
        own.or_else(|| cib.resource_default(name).map(|value| ("rsc_defaults", value)))
    }

    /// All causes, the most likely first: what was decided by somebody or holds for the whole cluster stands before
    /// what happened to this one, and that before what merely has a say in where it runs.
    fn causes(&self, nodes: &[NodeAnswer]) -> Vec<Cause> {
        let scene = self.scene;
        let mine = |subject: &str| self.concerns(&ResourceId::from(subject));
        let mut causes = Vec::new();
        causes.extend(told(scene, &["resource-orphaned"], mine));
        causes.extend(self.target_role());
        causes.extend(told(scene, &STANDSTILLS, |_| true));
        causes.extend(self.fencing());
        causes.extend(told(
            scene,
            &["resource-multiply-active", "resource-blocked", "resource-failed"],
            mine,
        ));
        // A connection to a remote node is told with the node.
        causes.extend(told(scene, &["node-offline"], |name| name == self.id.as_str()));
        causes.extend(self.unmanaged());
        causes.extend(self.ticket());
        if !self.is_up() && self.parts.iter().any(|part| scene.should_run(part)) {
            causes.extend(self.waits());
        }
        causes.extend(told(scene, &["promoted-missing", "clone-incomplete", "fail-count-threshold"], mine));
        causes.extend(self.under_way());
        // What has gone wrong is the answer; where it should run comes second.
        if causes.iter().all(|cause| cause.severity < Severity::Critical) || !self.is_up() {
            causes.extend(self.place(nodes));
        }
        causes.extend(told(scene, &["failure-recovered", "fail-count"], mine));
        causes.extend(self.leftovers());
        if causes.is_empty() {
            causes.push(self.unexplained());
        }
        causes
    }

    fn target_role(&self) -> Option<Cause> {
        let disabled = self.parts.iter().any(|part| !self.scene.should_run(part));
        match self.meta("target-role") {
            Some((holder, role)) if role.eq_ignore_ascii_case("stopped") => {
                let inherited = if holder == base(self.id) { "" } else { ", which is set on " };
                let from = if inherited.is_empty() { "" } else { holder };
                let cause = Cause::new(
                    Severity::Note,
                    format!("it is disabled: its target-role is Stopped{inherited}{from}"),
                );
                Some(cause.remedy(end_target_role(holder, Fix::Enable)))
            }
            Some((holder, role)) if Role::from_word(role) == Role::Unpromoted => {
                let words = format!("it may not be promoted: the target-role of {holder} is {role}");
                Some(Cause::new(Severity::Note, words).remedy(end_target_role(holder, Fix::Promote)))
            }
            // Without the CIB only crm_mon's word is known, not who holds it.
            None if disabled && self.scene.picture.cib.is_none() => {
                let cause = Cause::new(Severity::Note, "it is disabled: its target-role is Stopped");
                Some(cause.remedy(end_target_role(self.id.as_str(), Fix::Enable)))
            }
            _ => None,
        }
    }

    /// Nodes that must be fenced first: those it is taken to run on, and any of them for one that is to start.
    fn fencing(&self) -> Vec<Cause> {
        let nodes = self.nodes();
        let starts_after = !self.is_up() && obstacle::waits_for_fencing(self);
        let mine = |name: &str| starts_after || nodes.iter().any(|node| *node == name);
        let mut causes = told(self.scene, &["fencing-failed", "node-unclean", "fencing-pending"], mine);
        let unclean = |node: &&&NodeName| self.scene.picture.node(node).is_some_and(|node| node.unclean);
        if let Some(node) = nodes.iter().find(unclean) {
            let words = format!(
                "it is taken to run on {node} until that has been fenced: what ran there is not started elsewhere before"
            );
            causes.insert(0, Cause::new(Severity::Critical, words));
        }
        causes
    }

    fn unmanaged(&self) -> Vec<Cause> {
        let mut causes = told(self.scene, &["cluster-maintenance"], |_| true);
        let nodes = self.nodes();
        causes.extend(told(self.scene, &["node-maintenance"], |name| nodes.iter().any(|node| *node == name)));
        if !causes.is_empty() || self.parts.iter().all(|part| part.primitive.managed) {
            return causes;
        }
        let is_off = |(_, value): &(&str, &str)| !is_true(value);
        let is_on = |(_, value): &(&str, &str)| is_true(value);
        let held = match (self.meta("is-managed").filter(is_off), self.meta("maintenance").filter(is_on)) {
            (Some((holder, _)), _) => format!(", as is-managed is false on {holder}"),
            (None, Some((holder, _))) => format!(", as {holder} is in maintenance"),
            (None, None) => String::new(),
        };
        causes.push(Cause::new(
            Severity::Warning,
            format!("Pacemaker leaves it alone{held}: it is neither started nor stopped, whatever happens"),
        ));
        causes
    }

    fn ticket(&self) -> Vec<Cause> {
        let mut lost: Vec<&str> = self.parts.iter().filter_map(|part| self.scene.lost_ticket(part)).collect();
        lost.dedup();
        told(self.scene, &["ticket-lost"], |subject| lost.contains(&subject))
    }

    /// What must run first, and does not.
    fn waits(&self) -> Vec<Cause> {
        let peer = |words: String, id: &ResourceId, evidence: Option<String>| {
            Cause::new(Severity::Critical, words)
                .because(evidence)
                .remedy(format!("Ask why {id} does not run."))
        };
        let bonds = self.bonds().filter(|bond| bond.kind.is_needed() && !bond.kind.is_of_promotion());
        let mut causes: Vec<Cause> = bonds
            .filter_map(|bond| obstacle::missing(self.scene, &bond))
            .map(|leader| peer(format!("it {}", leader.words()), leader.id, Some(leader.evidence())))
            .collect();
        let before = self.predecessor().filter(|id| self.scene.active(id).next().is_none());
        causes.extend(
            before.map(|id| peer(format!("it comes in its group after {id}, which doesn't run"), id, None)),
        );
        causes
    }

    /// The member of its group that stands before it.
    fn predecessor(&self) -> Option<&'a ResourceId> {
        let part = self.parts.first().filter(|part| part.primitive.id == *self.id)?;
        part.before().last().map(Resource::id)
    }

    fn under_way(&self) -> Vec<Cause> {
        let transient = self.parts.iter().filter(|part| part.primitive.role.is_transient());
        let mut causes: Vec<Cause> = transient
            .map(|part| {
                let nodes = names(&part.primitive.nodes);
                let on = if nodes.is_empty() { nodes } else { format!(" on {nodes}") };
                let role = part.primitive.role.word().to_lowercase();
                Cause::new(Severity::Note, format!("{} is {role}{on} just now", part.primitive.id))
            })
            .collect();
        causes.extend(self.parts.iter().filter_map(|part| part.primitive.locked_to.as_ref()).map(|node| {
            Cause::new(Severity::Warning, format!("it waits for {node} to come back: it is locked to it"))
        }));
        causes
    }

    /// Why this node, or why none.
    fn place(&self, answers: &[NodeAnswer]) -> Option<Cause> {
        let never = |answer: &&NodeAnswer| answer.reasons.iter().any(|reason| reason.pull == Pull::Never);
        if answers.is_empty() || self.scene.standstill.is_some() {
            return None;
        }
        if !self.is_up() {
            let barriers = barrier::barriers(self);
            if barriers.is_empty() || !barriers.iter().all(|(_, all)| !all.is_empty()) {
                return None;
            }
            let lines = answers
                .iter()
                .filter_map(|answer| Some(format!("{}: {}", answer.node, answer.reasons.first()?.words)));
            let words = format!("no node may run it now: {}", barrier::headline(&barriers));
            return Some(Cause::new(Severity::Critical, words).because(lines));
        }
        if self.is_replicated() {
            return None;
        }
        // Why it got to a node that it may not run on any more, the past alone knows.
        let here = answers.iter().find(|answer| answer.role.is_some()).filter(|answer| !never(answer))?;
        let others: Vec<&NodeAnswer> =
            answers.iter().filter(|answer| answer.role.is_none() && !never(answer)).collect();
        let asking: Vec<String> = here
            .reasons
            .iter()
            .filter(|reason| reason.pull == Pull::For)
            .map(|reason| reason.words.clone())
            .collect();
        let node = &here.node;
        let words = match (others.is_empty(), asking.is_empty()) {
            (true, _) => format!("{node} is the only node that may run it now"),
            (false, false) => format!("{node} has the highest score"),
            (false, true) => {
                let others = names(others.iter().map(|answer| &answer.node));
                format!("nothing asks for {node}: Pacemaker chose it, and might as well have chosen {others}")
            }
        };
        Some(Cause::new(Severity::Note, words).because(asking))
    }

    /// Constraints left behind by a move or a ban that have a say in it.
    fn leftovers(&self) -> Vec<Cause> {
        let ids: Vec<&str> = self
            .scene
            .constraints()
            .filter(|constraint| constraint.is_leftover())
            .filter(|constraint| {
                matches!(&constraint.rule, ConstraintRule::Location { resource, .. } if self.concerns(resource))
            })
            .map(|constraint| constraint.id.as_str())
            .chain(self.scene.picture.bans.iter().filter(|ban| self.concerns(&ban.resource)).map(|ban| ban.id.as_str()))
            .collect();
        told(self.scene, &["leftover-constraint"], |subject| ids.contains(&subject))
    }

    fn unexplained(&self) -> Cause {
        if self.is_up() {
            let where_it_runs =
                if self.is_replicated() { "on every node that may run it" } else { "as it should" };
            return Cause::new(Severity::Note, format!("nothing is in its way: it runs {where_it_runs}"));
        }
        Cause::new(Severity::Unknown, "nothing in the picture keeps it from running")
            .because(unread(self.scene))
            .remedy(ask_scheduler(self.scene, base(self.id)))
    }
}

/// What would tell more, where the picture says nothing.
pub(in crate::health) fn unread(scene: &Scene<'_>) -> Option<String> {
    scene
        .picture
        .cib
        .is_none()
        .then(|| "the CIB wasn't read: constraints and options aren't known".to_owned())
}

/// The commands that show what the scheduler thinks of a resource.
pub(in crate::health) fn ask_scheduler(scene: &Scene<'_>, id: impl AsRef<str>) -> Remedy {
    let (scores, why) = ("`crm_simulate -sL`", scene.tools().why(id));
    let both = if why == scores { why } else { format!("{scores}, {why}") };
    let log = "its reasons are in `/var/log/pacemaker/pacemaker.log` on the DC.";
    format!("Ask the scheduler: {both}; {log}").into()
}

/// How to end a target role that `holder` has: by the fix, unless it is a default of all resources.
fn end_target_role(holder: &str, fix: fn(ResourceId) -> Fix) -> Remedy {
    if holder == "rsc_defaults" {
        return "The defaults of all resources say so: `crm_attribute --type rsc_defaults --name target-role --delete`.".into();
    }
    Remedy::from("When it is wanted again: ") + fix(holder.into()) + "."
}
