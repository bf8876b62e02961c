//! Where everything runs: a scheduler in a hundred lines, good enough that the picture is consistent.

use std::borrow::Cow;
use std::iter;

use super::blueprint::{Blueprint, ConstraintSpec, Kind, MEMBERS, PrimitiveSpec, Shape, Spec};
use super::dependency::HeldBack;
use super::situation::{LeftoverKind, MarkKind, Presence, Seat, Situation, Spot};

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
    /// The meta attribute `target-role`.
    pub(super) target_role: Option<&'a str>,
    /// The recurring operation that is awaited.
    pub(super) awaiting: Option<&'static str>,
}

impl Instance<'_> {
    /// Whether it is to be stopped.
    pub(super) fn is_disabled(&self) -> bool {
        self.target_role == Some(STOPPED)
    }
}

impl<'a> Unit<'a> {
    /// Whether all of it is to be stopped.
    pub(super) fn disabled(&self) -> bool {
        self.instances.iter().all(Instance::is_disabled)
    }

    /// The role that all of it is to have, where one is said.
    pub(super) fn target_role(&self) -> Option<&'a str> {
        let role = self.instances.first()?.target_role;
        self.instances.iter().all(|instance| instance.target_role == role).then_some(role)?
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

const STOPPED: &str = "Stopped";

/// Where everything runs, in the order of the configuration.
pub(super) fn place<'a>(blueprint: &'a Blueprint, situation: &'a Situation) -> Vec<Unit<'a>> {
    let placement = Placement::new(blueprint, situation);
    let specs = blueprint.resources.iter().zip(&situation.seats);
    specs.map(|(spec, seat)| Unit { spec, instances: placement.instances(spec, seat) }).collect()
}

/// The same, as it is remembered.
pub(super) fn spots(blueprint: &Blueprint, situation: &Situation) -> Vec<Vec<Spot>> {
    let placement = Placement::new(blueprint, situation);
    blueprint.resources.iter().zip(&situation.seats).map(|(spec, seat)| placement.spots(spec, seat)).collect()
}

struct Placement<'a> {
    blueprint: &'a Blueprint,
    situation: &'a Situation,
    held_back: HeldBack<'a>,
}

impl<'a> Placement<'a> {
    fn new(blueprint: &'a Blueprint, situation: &'a Situation) -> Self {
        Self { blueprint, situation, held_back: HeldBack::new(blueprint, situation) }
    }

    /// Where it runs and in which roles.
    fn spots(&self, spec: &'a Spec, seat: &Seat) -> Vec<Spot> {
        let seat = match seat {
            // What is held on a node that is gone is gone with it.
            Seat::Held(spots) => {
                let is_there = |spot: &&Spot| self.is_present(spot.node);
                return spots.iter().filter(is_there).copied().collect();
            }
            Seat::At(seat) => *seat,
        };
        let started = |part, node| Spot { part, node, role: "Started" };
        match spec.shape {
            Shape::Single | Shape::Fencing(_) | Shape::Connection(_) | Shape::Group => {
                let Some(node) = self.one_place(spec, seat) else { return Vec::new() };
                // What is disabled in a group stops what is behind it.
                let runs = |(_, primitive): &(usize, &PrimitiveSpec)| !self.is_disabled(&primitive.id);
                spec.primitives
                    .iter()
                    .enumerate()
                    .take_while(runs)
                    .map(|(part, _)| started(part, node))
                    .collect()
            }
            Shape::Clone { on, promoted } => self.clone_spots(spec, seat, on, promoted),
            Shape::Bundle { .. } => {
                let hosts = (0..MEMBERS).filter(|host| self.may_run(spec, *host, seat));
                hosts.map(|host| started(host, host)).collect()
            }
        }
    }

    fn instances(&self, spec: &'a Spec, seat: &Seat) -> Vec<Instance<'a>> {
        let spots = self.spots(spec, seat);
        let at = |part: usize| spots.iter().find(|spot| spot.part == part);
        let parts = spec.primitives.iter().enumerate();
        match spec.shape {
            Shape::Single | Shape::Fencing(_) | Shape::Connection(_) | Shape::Group => {
                parts.map(|(part, primitive)| self.instance(spec, primitive, at(part))).collect()
            }
            Shape::Clone { on, .. } => parts
                .flat_map(|(part, primitive)| {
                    let active = spots.iter().filter(move |spot| spot.part == part).map(Some);
                    let all = active.chain(iter::repeat(None)).take(self.blueprint.of_kind(on).count());
                    all.map(move |spot| self.instance(spec, primitive, spot))
                })
                .collect(),
            Shape::Bundle { .. } => {
                (0..MEMBERS).flat_map(|replica| self.replica(spec, replica, at(replica))).collect()
            }
        }
    }

    /// The node of something that runs in one place: where it is sent or sits, or else the next member from home.
    fn one_place(&self, spec: &Spec, seat: usize) -> Option<usize> {
        let drawn = self.sent(spec, "Started");
        drawn.into_iter().chain([seat]).chain(in_turn(spec.home)).find(|node| self.may_run(spec, *node, seat))
    }

    /// Where a constraint draws it, or its promoted role.
    fn sent(&self, spec: &Spec, role: &str) -> Option<usize> {
        let leftovers = self.situation.leftovers.iter().filter(|leftover| leftover.applies());
        let mut of = leftovers.filter(|leftover| leftover.resource == spec.id && leftover.role == role);
        of.find(|leftover| leftover.kind == LeftoverKind::Prefer).map(|leftover| leftover.node)
    }

    fn clone_spots(&self, spec: &Spec, seat: usize, on: Kind, promoted: usize) -> Vec<Spot> {
        let count = self.blueprint.of_kind(on).count();
        let first = self.blueprint.of_kind(on).next().unwrap_or_default();
        let turn = (0..count).map(|step| first + (spec.home + step) % count);
        let active: Vec<usize> = turn.filter(|node| self.may_run(spec, *node, seat)).collect();
        let first_of_all = self.sent(spec, "Promoted").into_iter().chain([seat]);
        let candidates = first_of_all.chain(active.iter().copied());
        let mut to_promote: Vec<usize> = Vec::new();
        // Nothing is promoted anew on a node in maintenance. Where not all are promoted, the seat is the promoted one.
        let is_new_there =
            |node: usize| self.situation.nodes[node].maintenance && promoted < count && node != seat;
        let can_be =
            |node: usize| active.contains(&node) && self.may_promote(spec, node) && !is_new_there(node);
        for node in candidates.filter(|node| can_be(*node)) {
            if to_promote.len() < promoted && !to_promote.contains(&node) {
                to_promote.push(node);
            }
        }
        let role = |node: usize| match promoted {
            0 => "Started",
            _ if to_promote.contains(&node) => "Promoted",
            _ => "Unpromoted",
        };
        let parts = 0..spec.primitives.len();
        parts
            .flat_map(|part| active.iter().map(move |node| (part, *node)))
            .map(|(part, node)| Spot { part, node, role: role(node) })
            .collect()
    }

    fn may_promote(&self, spec: &Spec, node: usize) -> bool {
        let role = self.meta(&spec.id, &spec.id, "target-role");
        let own =
            spec.primitives.iter().find_map(|primitive| self.meta(&primitive.id, &spec.id, "target-role"));
        !self.is_marked(spec, node, MarkKind::KeptUnpromoted)
            && !self.is_banned(spec, node, "Promoted")
            && !matches!(own.or(role), Some("Unpromoted" | "Slave"))
    }

    /// A bundle's replica as `crm_mon` prints it: what is inside, its container, and the connection to it.
    fn replica(&self, spec: &'a Spec, replica: usize, spot: Option<&Spot>) -> Vec<Instance<'a>> {
        let guest = self.blueprint.of_kind(Kind::Bundle(replica)).next();
        let inside = spot.zip(guest).map(|(spot, guest)| Spot { node: guest, ..*spot });
        let helper = |id, agent| self.marked(spec, self.bare(spec, Cow::Owned(id), agent, spot));
        spec.primitives
            .iter()
            .map(|primitive| self.instance(spec, primitive, inside.as_ref()))
            .chain([
                helper(container_id(spec, replica), "ocf:heartbeat:podman"),
                helper(format!("{}-{replica}", spec.id), "ocf:pacemaker:remote"),
            ])
            .collect()
    }

    fn instance(&self, spec: &Spec, primitive: &'a PrimitiveSpec, spot: Option<&Spot>) -> Instance<'a> {
        self.marked(spec, self.bare(spec, Cow::Borrowed(primitive.id.as_str()), primitive.agent, spot))
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

    fn bare(&self, spec: &Spec, id: Cow<'a, str>, agent: &'a str, spot: Option<&Spot>) -> Instance<'a> {
        let is = |name, value| self.meta(&id, &spec.id, name) == Some(value);
        let is_left_alone = is("is-managed", "false") || is("maintenance", "true");
        let node = spot.map(|spot| spot.node);
        Instance {
            target_role: self.meta(&id, &spec.id, "target-role"),
            managed: !self.situation.is_in_maintenance() && self.is_managed_there(node) && !is_left_alone,
            id,
            agent,
            role: spot.map_or(STOPPED, |spot| spot.role),
            node,
            failed: false,
            blocked: false,
            awaiting: None,
        }
    }

    /// A meta attribute of a primitive, or else of what contains it.
    fn meta(&self, id: &str, above: &str, name: &str) -> Option<&'a str> {
        let situation = self.situation;
        let meta = situation.meta_of(id, name).or_else(|| situation.meta_of(above, name))?;
        Some(meta.value.as_str())
    }

    fn is_disabled(&self, id: &str) -> bool {
        self.situation.meta_of(id, "target-role").is_some_and(|meta| meta.value == STOPPED)
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

    /// Whether something can run on that node: of a bundle's nodes on the members that they run on.
    fn is_present(&self, node: usize) -> bool {
        matches!(self.situation.nodes[node].presence, Presence::Online | Presence::Unclean)
    }

    /// Whether a resource runs there, if it is its turn.
    fn may_run(&self, spec: &Spec, node: usize, seat: usize) -> bool {
        let situation = self.situation;
        let condition = situation.nodes[node];
        let stays = seat == node || matches!(spec.shape, Shape::Clone { .. } | Shape::Bundle { .. });
        if condition.presence == Presence::Unclean {
            // Until it is fenced, Pacemaker must believe that what ran there still does.
            return stays;
        }
        // A node in maintenance keeps what it runs, even in standby, and gets nothing new.
        let is_open = if condition.maintenance { stays } else { !condition.standby };
        let fit = condition.presence == Presence::Online && is_open && situation.quorate;
        let is_part_disabled =
            || spec.shape != Shape::Group && spec.primitives.iter().any(|it| self.is_disabled(&it.id));
        fit && !self.waits_for_ticket(spec)
            && spec.shape != Shape::Fencing(node)
            && !self.is_banned(spec, node, "Started")
            && !self.is_marked(spec, node, MarkKind::KeptOff)
            && !self.is_disabled(&spec.id)
            && !is_part_disabled()
            && !self.held_back.is_held_back(&spec.id, node)
    }

    fn is_banned(&self, spec: &Spec, node: usize, role: &str) -> bool {
        self.situation.leftovers.iter().any(|leftover| {
            leftover.kind == LeftoverKind::Ban
                && leftover.applies()
                && leftover.resource == spec.id
                && leftover.node == node
                && leftover.role == role
        })
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
