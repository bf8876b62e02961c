//! The configured resources, with what the histories say of them.

use std::collections::{BTreeMap, HashSet};

use super::history::{At, Histories, base};
use super::operation::{Pending, Standing, State};
use super::rules::OnFail;
use crate::model::{
    Cib, CloneResource, ClusterOptions, ConfiguredResource, ConstraintRule, Group, Node, NodeName, Primitive,
    Resource, ResourceId, Role,
};
use crate::pacemaker::parse::limits;
use crate::pacemaker::parse::reading::{self, Reading};

/// Deeper than any resource is nested: a primitive in a group in a clone.
const DEEPEST: usize = 4;

/// Everything that a resource's state follows from.
pub(super) struct Tree<'t, 'e> {
    pub(super) cib: &'t Cib,
    pub(super) options: &'t ClusterOptions,
    pub(super) nodes: &'t [Node],
    pub(super) histories: &'t Histories<'e>,
    /// The tickets that are granted.
    pub(super) granted: &'t HashSet<String>,
}

/// A resource and what contains it, innermost first.
pub(super) fn chain<'c>(cib: &'c Cib, id: &str) -> impl Iterator<Item = &'c ConfiguredResource> + use<'c> {
    let first = cib.resource(id);
    std::iter::successors(first, |resource| cib.resource(resource.parent.as_ref()?.as_str())).take(DEEPEST)
}

/// Nodes with what runs on each.
type Places<'p, 'e> = Vec<&'p At<'e>>;

impl<'e> Tree<'_, 'e> {
    /// The top level, in the order of the configuration, and then what still runs without being configured.
    pub(super) fn resources(&self, unknown: &mut Vec<String>, reading: &mut Reading<'_>) -> Vec<Resource> {
        let mut resources = Vec::new();
        let (mut room, mut all) = (limits::RESOURCES, 0);
        for top in self.cib.resources.iter().filter(|resource| resource.parent.is_none()) {
            if let Some(why) = self.obstacle(top) {
                unknown.push(format!("{} {}: {why}", top.kind, top.id));
                continue;
            }
            let resource = self.resource(top, room);
            let count = size(&resource);
            all += count;
            if count <= room {
                room -= count;
                resources.push(resource);
            }
        }
        for orphan in self.orphans() {
            all += 1;
            if room > 0 {
                room -= 1;
                resources.push(Resource::Primitive(orphan));
            }
        }
        let kept = limits::RESOURCES - room;
        if kept < all {
            reading.leave_out(kept, all, "resources");
        }
        resources
    }

    /// Why a resource's state doesn't follow plainly from the CIB.
    fn obstacle(&self, top: &ConfiguredResource) -> Option<String> {
        let below = self.below(top);
        if below.iter().any(|resource| resource.kind == "bundle") {
            return Some("what its containers do isn't worked out from the CIB".to_owned());
        }
        let is_unique = below.iter().any(|it| is_true(it.meta("globally-unique")));
        if is_unique && below.iter().any(|it| it.kind == "group") {
            return Some("it is a unique clone of a group".to_owned());
        }
        if let Some(remote) = below.iter().find_map(|it| it.meta("remote-node")) {
            return Some(format!("it is the guest node {remote}"));
        }
        if below.iter().any(|it| it.meta("container").is_some()) {
            return Some("it is the connection of a guest".to_owned());
        }
        if below.iter().any(|it| self.histories.is_elsewhere(it.id.as_str())) {
            return Some("it runs on a guest, or on a node that isn't configured".to_owned());
        }
        if below.iter().any(|it| self.has_lost_ticket(&it.id)) {
            return Some("it depends on a ticket that isn't granted".to_owned());
        }
        let is_host = |place: &At<'_>| self.node(place.node).is_none_or(|node| !node.online && !node.unclean);
        below.iter().flat_map(|it| self.histories.of(it.id.as_str())).find_map(|place| {
            let why = place.standing.unknown;
            let stranded = (place.standing.state > State::Stopped && is_host(place))
                .then_some("it was not stopped there, and the node is gone");
            why.or(stranded).map(|why| format!("on {}, {why}", place.node))
        })
    }

    /// Whether the loss of a ticket freezes it or fences its node.
    fn has_lost_ticket(&self, id: &ResourceId) -> bool {
        self.cib.constraints.iter().any(|constraint| match &constraint.rule {
            ConstraintRule::Ticket { resources, ticket, loss_policy, .. } => {
                matches!(loss_policy.as_str(), "freeze" | "fence")
                    && resources.contains(id)
                    && !self.granted.contains(ticket)
            }
            _ => false,
        })
    }

    /// A resource and everything in it.
    fn below<'s>(&'s self, top: &'s ConfiguredResource) -> Vec<&'s ConfiguredResource> {
        let mut found = vec![top];
        let mut next = 0;
        while let Some(parent) = found.get(next).copied() {
            next += 1;
            found.extend(self.children(parent));
        }
        found
    }

    fn children(&self, parent: &ConfiguredResource) -> impl Iterator<Item = &ConfiguredResource> {
        self.cib.resources.iter().filter(|it| it.parent.as_ref() == Some(&parent.id))
    }

    fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == *name)
    }

    fn resource(&self, resource: &ConfiguredResource, room: usize) -> Resource {
        match resource.kind.as_str() {
            "group" => Resource::Group(self.group(resource, resource.id.as_str(), |_, place| Some(place))),
            "clone" | "master" => Resource::Clone(self.clone(resource, room)),
            _ => {
                let places = self.histories.of(resource.id.as_str()).iter().collect();
                Resource::Primitive(self.primitive(resource, resource.id.as_str(), &places))
            }
        }
    }

    /// `id` is the group's with its number, `chosen` says which places belong to this instance.
    fn group<'p>(
        &'p self,
        group: &ConfiguredResource,
        id: &str,
        chosen: impl Fn(&ConfiguredResource, &'p At<'e>) -> Option<&'p At<'e>>,
    ) -> Group {
        let members = self.children(group).map(|member| {
            let places = self.histories.of(member.id.as_str()).iter();
            let places = places.filter_map(|place| chosen(member, place)).collect();
            Resource::Primitive(self.primitive(member, member.id.as_str(), &places))
        });
        Group {
            id: id.into(),
            managed: self.is_managed(group),
            disabled: self.is_disabled(group),
            maintenance: self.meta(group, "maintenance").is_some_and(|value| is_true(Some(value))),
            members: members.collect(),
        }
    }

    fn clone(&self, clone: &ConfiguredResource, room: usize) -> CloneResource {
        let unique = is_true(self.meta(clone, "globally-unique"));
        let inner = self.children(clone).next();
        let instances = match inner {
            Some(group) if group.kind == "group" => self.group_instances(clone, group, room),
            Some(primitive) if unique => self.unique_instances(clone, primitive, room),
            Some(primitive) => self.instances(clone, primitive, room),
            None => Vec::new(),
        };
        let below = || instances.iter().flat_map(Resource::primitives).map(|(_, primitive)| primitive);
        CloneResource {
            id: clone.id.clone(),
            promotable: is_promotable(clone),
            unique,
            managed: self.is_managed(clone),
            disabled: self.is_disabled(clone),
            maintenance: self.meta(clone, "maintenance").is_some_and(|value| is_true(Some(value))),
            failed: below().any(|primitive| primitive.failed),
            failure_ignored: below().any(|primitive| primitive.failure_ignored),
            target_role: self.target_role(clone),
            instances,
        }
    }

    /// One for each node on which it is, and then the stopped ones.
    fn instances(
        &self,
        clone: &ConfiguredResource,
        primitive: &ConfiguredResource,
        room: usize,
    ) -> Vec<Resource> {
        let id = primitive.id.as_str();
        let active = self.histories.of(id).iter().filter(|place| self.runs(place));
        let mut instances: Vec<_> = active.map(|place| self.primitive(primitive, id, &vec![place])).collect();
        let count = self.clone_max(clone).max(instances.len()).min(room + 1);
        instances.resize_with(count, || self.primitive(primitive, id, &Vec::new()));
        instances.into_iter().map(Resource::Primitive).collect()
    }

    fn unique_instances(
        &self,
        clone: &ConfiguredResource,
        primitive: &ConfiguredResource,
        room: usize,
    ) -> Vec<Resource> {
        let instance = |number: usize| {
            let id = format!("{}:{number}", primitive.id);
            let places = self.histories.of(primitive.id.as_str()).iter().filter(|place| place.id == id);
            Resource::Primitive(self.primitive(primitive, &id, &places.collect()))
        };
        (0..self.clone_max(clone).min(room + 1)).map(instance).collect()
    }

    fn group_instances(
        &self,
        clone: &ConfiguredResource,
        group: &ConfiguredResource,
        room: usize,
    ) -> Vec<Resource> {
        let mut hosts: Vec<&str> = Vec::new();
        for member in self.children(group) {
            for place in self.histories.of(member.id.as_str()).iter().filter(|place| self.runs(place)) {
                if !hosts.contains(&place.node) {
                    hosts.push(place.node);
                }
            }
        }
        let count = self.clone_max(clone).max(hosts.len()).min(room + 1);
        let instance = |number: usize| {
            let id = format!("{}:{number}", group.id);
            let host = hosts.get(number).copied();
            Resource::Group(self.group(group, &id, |_, place| (Some(place.node) == host).then_some(place)))
        };
        (0..count).map(instance).collect()
    }

    /// `clone-max`; by default as many as there are nodes.
    fn clone_max(&self, clone: &ConfiguredResource) -> usize {
        let set = self.meta(clone, "clone-max").and_then(|value| value.trim().parse().ok());
        set.unwrap_or(self.nodes.len())
    }

    fn runs(&self, place: &At<'_>) -> bool {
        place.standing.state > State::Stopped
            && self.node(place.node).is_some_and(|node| node.online || node.unclean)
    }

    fn primitive<'p>(&self, configured: &ConfiguredResource, id: &str, places: &Places<'p, 'e>) -> Primitive {
        let promotable = chain(self.cib, configured.id.as_str()).any(is_promotable);
        let agent = configured.agent.clone().unwrap_or_default();
        let mut primitive = self.standing(id, agent, promotable, places);
        let is_in_maintenance = |node: &NodeName| self.node(node.as_str()).is_some_and(|it| it.maintenance);
        primitive.managed = !primitive.blocked
            && self.is_managed(configured)
            && !primitive.nodes.iter().any(is_in_maintenance);
        primitive.target_role = self.target_role(configured);
        primitive.maintenance =
            self.meta(configured, "maintenance").is_some_and(|value| is_true(Some(value)));
        primitive
    }

    /// What the places say together.
    fn standing(&self, id: &str, agent: String, promotable: bool, places: &Places<'_, 'e>) -> Primitive {
        let running: Vec<&At<'_>> = places.iter().copied().filter(|place| self.runs(place)).collect();
        let state = running.iter().map(|place| place.standing.state).max().unwrap_or_default();
        let pending = places.iter().find_map(|place| place.standing.pending);
        // What an unclean node has done wrong is over once it is fenced.
        let is_there =
            |place: &&&At<'_>| self.node(place.node).is_some_and(|node| !node.unclean || node.online);
        let failed = places.iter().filter(is_there).filter_map(|place| place.standing.failed).max();
        Primitive {
            id: id.into(),
            agent,
            role: role(state, promotable, pending),
            target_role: None,
            active: !running.is_empty(),
            managed: true,
            failed: match failed {
                None | Some(OnFail::Ignore) => false,
                Some(OnFail::Reset) => true,
                Some(OnFail::Restart | OnFail::Lasting | OnFail::Block | OnFail::Fence) => {
                    !running.is_empty()
                }
            },
            failure_ignored: failed == Some(OnFail::Ignore),
            blocked: failed == Some(OnFail::Block),
            orphaned: false,
            maintenance: false,
            pending: (pending == Some(Pending::Monitoring)).then(|| "Monitoring".to_owned()),
            locked_to: None,
            nodes: running.iter().map(|place| place.node.into()).collect(),
        }
    }

    /// What runs or has failed without being configured, but for the parts of bundles and guests.
    fn orphans(&self) -> Vec<Primitive> {
        let bundles: Vec<String> = (self.cib.resources.iter())
            .filter(|resource| resource.kind == "bundle")
            .map(|bundle| format!("{}-", bundle.id))
            .collect();
        let guests: Vec<&str> = self.cib.resources.iter().filter_map(|it| it.meta("remote-node")).collect();
        let mut orphans: BTreeMap<&str, Places<'_, 'e>> = BTreeMap::new();
        for (id, place) in self.histories.all() {
            let is_part = bundles.iter().any(|bundle| id.starts_with(bundle)) || guests.contains(&id);
            if self.cib.resource(id).is_none() && !is_part {
                orphans.entry(id).or_default().push(place);
            }
        }
        let is_seen = |standing: &Standing| standing.state > State::Stopped && standing.unknown.is_none();
        let seen = orphans.into_iter().filter(|(_, places)| places.iter().any(|it| is_seen(&it.standing)));
        seen.map(|(id, places)| {
            let agent = places.first().map(|place| place.agent.clone()).unwrap_or_default();
            let mut orphan = self.standing(base(id), agent, false, &places);
            orphan.orphaned = true;
            orphan.managed = !self.options.maintenance_mode;
            orphan
        })
        .collect()
    }

    /// A meta attribute: its own, that of what contains it, or the default of all resources.
    fn meta(&self, resource: &ConfiguredResource, name: &str) -> Option<&str> {
        let own = chain(self.cib, resource.id.as_str()).find_map(|it| it.meta(name));
        own.or_else(|| self.cib.resource_default(name))
    }

    fn is_managed(&self, resource: &ConfiguredResource) -> bool {
        let is_managed = self.meta(resource, "is-managed").and_then(crate::model::boolean).unwrap_or(true);
        let in_maintenance = is_true(self.meta(resource, "maintenance"));
        is_managed && !in_maintenance && !self.options.maintenance_mode
    }

    fn is_disabled(&self, resource: &ConfiguredResource) -> bool {
        self.target_role(resource) == Some(Role::Stopped)
    }

    fn target_role(&self, resource: &ConfiguredResource) -> Option<Role> {
        self.meta(resource, "target-role").map(reading::role_of)
    }
}

fn is_true(value: Option<&str>) -> bool {
    value.is_some_and(crate::model::is_true)
}

fn is_promotable(resource: &ConfiguredResource) -> bool {
    resource.kind == "master" || (resource.kind == "clone" && is_true(resource.meta("promotable")))
}

const fn role(state: State, promotable: bool, pending: Option<Pending>) -> Role {
    match (pending, state) {
        (Some(Pending::Starting), _) => Role::Starting,
        (Some(Pending::Stopping), _) => Role::Stopping,
        (Some(Pending::Promoting), _) => Role::Promoting,
        (Some(Pending::Demoting), _) => Role::Demoting,
        (_, State::Stopped) => Role::Stopped,
        (_, State::Promoted) => Role::Promoted,
        (_, State::Started) if promotable => Role::Unpromoted,
        (_, State::Started) => Role::Started,
    }
}

/// How many resources that is, containers counted like the others.
fn size(resource: &Resource) -> usize {
    1 + resource.children().map(size).sum::<usize>()
}
