//! Where everything runs: a scheduler in a hundred lines, good enough that the picture is consistent.

use std::borrow::Cow;
use std::iter;

use super::blueprint::{Blueprint, ConstraintSpec, Kind, MEMBERS, PrimitiveSpec, Shape, Spec};
use super::situation::{LeftoverKind, MarkKind, Presence, Situation};

/// One top-level resource with all its instances.
#[derive(Debug)]
pub(super) struct Unit<'a> {
    pub(super) spec: &'a Spec,
    /// Single: one instance. Group: its members. Clone: one for each node. Bundle: three for each replica.
    pub(super) instances: Vec<Instance<'a>>,
}

/// One `<resource>`.
#[derive(Debug, Clone)]
pub(super) struct Instance<'a> {
    pub(super) id: Cow<'a, str>,
    pub(super) agent: &'a str,
    pub(super) role: &'static str,
    /// Where it runs; `None`: nowhere.
    pub(super) node: Option<usize>,
    pub(super) managed: bool,
    pub(super) failed: bool,
    pub(super) blocked: bool,
    /// Its target role is `Stopped`.
    pub(super) disabled: bool,
    /// The recurring operation that is awaited.
    pub(super) awaiting: Option<&'static str>,
}

impl Unit<'_> {
    /// Whether all of it is to be stopped.
    pub(super) fn disabled(&self) -> bool {
        self.instances.iter().all(|instance| instance.disabled)
    }

    /// Whether Pacemaker manages all of it.
    pub(super) fn managed(&self) -> bool {
        self.instances.iter().all(|instance| instance.managed)
    }

    /// Whether any of it failed.
    pub(super) fn failed(&self) -> bool {
        self.instances.iter().any(|instance| instance.failed)
    }
}

/// Where everything runs, in the order of the configuration.
pub(super) fn place<'a>(blueprint: &'a Blueprint, situation: &'a Situation) -> Vec<Unit<'a>> {
    let placement = Placement { blueprint, situation };
    blueprint.resources.iter().map(|spec| placement.unit(spec)).collect()
}

struct Placement<'a> {
    blueprint: &'a Blueprint,
    situation: &'a Situation,
}

impl<'a> Placement<'a> {
    fn unit(&self, spec: &'a Spec) -> Unit<'a> {
        let instances = match spec.shape {
            Shape::Single | Shape::Fencing(_) | Shape::Connection(_) | Shape::Group => {
                let node = self.one_place(spec);
                spec.primitives
                    .iter()
                    .map(|primitive| self.instance(spec, primitive, node, "Started"))
                    .collect()
            }
            Shape::Clone { on, promoted } => self.clone_instances(spec, on, promoted),
            Shape::Bundle { .. } => (0..MEMBERS).flat_map(|replica| self.replica(spec, replica)).collect(),
        };
        Unit { spec, instances }
    }

    /// The node of something that runs in one place: its home or, failing that, the next member.
    fn one_place(&self, spec: &Spec) -> Option<usize> {
        let preferred = self.situation.leftovers.iter().find_map(|leftover| {
            (leftover.resource == spec.id && leftover.kind == LeftoverKind::Prefer).then_some(leftover.node)
        });
        preferred.into_iter().chain(in_turn(spec.home)).find(|node| self.may_run(spec, *node))
    }

    fn clone_instances(&self, spec: &'a Spec, on: Kind, promoted: usize) -> Vec<Instance<'a>> {
        let count = self.blueprint.of_kind(on).count();
        let first = self.blueprint.of_kind(on).next().unwrap_or_default();
        let turn = (0..count).map(|step| first + (spec.home + step) % count);
        let active: Vec<usize> = turn.filter(|node| self.may_run(spec, *node)).collect();
        let mut left_to_promote = promoted;
        let mut instances = Vec::with_capacity(count);
        for primitive in &spec.primitives {
            for node in &active {
                let may_promote = !self.is_marked(spec, *node, MarkKind::KeptUnpromoted);
                let role = match (promoted, left_to_promote) {
                    (0, _) => "Started",
                    (_, 1..) if may_promote => {
                        left_to_promote -= 1;
                        "Promoted"
                    }
                    _ => "Unpromoted",
                };
                instances.push(self.instance(spec, primitive, Some(*node), role));
            }
            let stopped = iter::repeat_n((), count - active.len());
            instances.extend(stopped.map(|()| self.instance(spec, primitive, None, "Stopped")));
        }
        instances
    }

    /// A bundle's replica as `crm_mon` prints it: what is inside, its container, and the connection to it.
    fn replica(&self, spec: &'a Spec, replica: usize) -> Vec<Instance<'a>> {
        let host = self.may_run(spec, replica).then_some(replica);
        let guest = self.blueprint.of_kind(Kind::Bundle(replica)).next().filter(|_| host.is_some());
        let helper = |id, agent| self.marked(spec, self.bare(Cow::Owned(id), agent, host));
        spec.primitives
            .iter()
            .map(|primitive| self.instance(spec, primitive, guest, "Started"))
            .chain([
                helper(container_id(spec, replica), "ocf:heartbeat:podman"),
                helper(format!("{}-{replica}", spec.id), "ocf:pacemaker:remote"),
            ])
            .collect()
    }

    fn instance(
        &self,
        spec: &Spec,
        primitive: &'a PrimitiveSpec,
        node: Option<usize>,
        role: &'static str,
    ) -> Instance<'a> {
        let mut instance = self.bare(Cow::Borrowed(primitive.id.as_str()), primitive.agent, node);
        if node.is_some() {
            instance.role = role;
        }
        self.marked(spec, instance)
    }

    /// The instance with all that is said of it.
    fn marked(&self, spec: &Spec, mut instance: Instance<'a>) -> Instance<'a> {
        let runs = instance.node.is_some();
        let kinds: Vec<MarkKind> = self.marks(spec, &instance.id, instance.node).collect();
        for kind in kinds {
            match kind {
                MarkKind::Failed => instance.failed = true,
                MarkKind::Blocked => {
                    instance.failed = true;
                    instance.blocked = true;
                    instance.managed = false;
                }
                MarkKind::Unmanaged => instance.managed = false,
                MarkKind::Disabled => instance.disabled = true,
                MarkKind::InTransit(role) if runs => instance.role = role,
                MarkKind::Awaiting(operation) if runs => instance.awaiting = Some(operation),
                MarkKind::KeptOff
                | MarkKind::KeptUnpromoted
                | MarkKind::InTransit(_)
                | MarkKind::Awaiting(_) => {}
            }
        }
        instance
    }

    fn bare(&self, id: Cow<'a, str>, agent: &'a str, node: Option<usize>) -> Instance<'a> {
        Instance {
            id,
            agent,
            role: if node.is_some() { "Started" } else { "Stopped" },
            node,
            managed: !self.situation.maintenance && self.is_managed_there(node),
            failed: false,
            blocked: false,
            disabled: false,
            awaiting: None,
        }
    }

    /// What is said of a resource of `spec` on that node; marks for one node do not speak of stopped instances.
    fn marks(&self, spec: &Spec, id: &str, node: Option<usize>) -> impl Iterator<Item = MarkKind> {
        self.situation
            .marks
            .iter()
            .filter(move |mark| mark.resource == id || mark.resource == spec.id)
            .filter(move |mark| mark.node.is_none_or(|there| node == Some(there)))
            .map(|mark| mark.kind)
    }

    fn is_marked(&self, spec: &Spec, node: usize, kind: MarkKind) -> bool {
        spec.primitives
            .iter()
            .any(|primitive| self.marks(spec, &primitive.id, Some(node)).any(|mark| mark == kind))
    }

    fn is_managed_there(&self, node: Option<usize>) -> bool {
        node.is_none_or(|node| !self.situation.nodes[node].maintenance)
    }

    /// Whether a resource runs there, if it is its turn.
    fn may_run(&self, spec: &'a Spec, node: usize) -> bool {
        let situation = self.situation;
        let condition = situation.nodes[node];
        if condition.presence == Presence::Unclean {
            // Until it is fenced, Pacemaker must believe that what ran there still does.
            return spec.home == node || matches!(spec.shape, Shape::Clone { .. } | Shape::Bundle { .. });
        }
        let fit = condition.presence == Presence::Online && !condition.standby && situation.quorate;
        fit && !self.waits_for_ticket(spec)
            && spec.shape != Shape::Fencing(node)
            && !situation.leftovers.iter().any(|leftover| {
                leftover.kind == LeftoverKind::Ban && leftover.resource == spec.id && leftover.node == node
            })
            && !self.is_marked(spec, node, MarkKind::KeptOff)
            && !self.is_marked(spec, node, MarkKind::Disabled)
    }

    fn waits_for_ticket(&self, spec: &Spec) -> bool {
        !self.situation.ticket_granted
            && self.blueprint.constraints.iter().any(
                |constraint| matches!(constraint, ConstraintSpec::Ticket(resource, _) if *resource == spec.id),
            )
    }
}

/// The container's id of a bundle's replica.
pub(super) fn container_id(spec: &Spec, replica: usize) -> String {
    format!("{}-podman-{replica}", spec.id)
}

/// The members, one after the other, beginning with that one.
fn in_turn(first: usize) -> impl Iterator<Item = usize> {
    (0..MEMBERS).map(move |step| (first + step) % MEMBERS)
}
