//! What a simulated cluster is made of: the part that no fault changes.

use super::catalogue::{Part, SERVICES};
use super::{Layout, Options};
use crate::model::Tier;

/// How many full members each cluster has.
pub(super) const MEMBERS: usize = 3;

/// The most clusters that a demo may have.
const MOST_CLUSTERS: usize = 1000;

/// One cluster.
#[derive(Debug)]
pub(super) struct Blueprint {
    pub(super) name: String,
    pub(super) tier: Tier,
    /// Members first (their index is the index of their host), then remote nodes, then bundle nodes.
    pub(super) nodes: Vec<NodeSpec>,
    pub(super) resources: Vec<Spec>,
    pub(super) constraints: Vec<ConstraintSpec>,
}

/// A node that is configured.
#[derive(Debug)]
pub(super) struct NodeSpec {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// Where a node comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Member,
    Remote,
    /// The replica of that number of the cluster's one bundle.
    Bundle(usize),
}

/// A resource at the top level.
#[derive(Debug)]
pub(super) struct Spec {
    /// The id at the top level: a clone's is not its primitive's.
    pub(super) id: String,
    pub(super) shape: Shape,
    /// One, except in a group.
    pub(super) primitives: Vec<PrimitiveSpec>,
    /// The member on which it runs, or is promoted first, while all is well.
    pub(super) home: usize,
}

/// How a resource is put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Single,
    /// The device that fences the node of that index, and therefore never runs there.
    Fencing(usize),
    /// The connection to the remote node of that index.
    Connection(usize),
    Group,
    /// An instance on each node of that kind; `promoted` is 0 for one that can't be promoted.
    Clone {
        on: Kind,
        promoted: usize,
    },
    Bundle {
        image: &'static str,
    },
}

/// A primitive.
#[derive(Debug)]
pub(super) struct PrimitiveSpec {
    pub(super) id: String,
    /// As `ocf:heartbeat:IPaddr2`.
    pub(super) agent: &'static str,
    pub(super) parameters: Vec<(&'static str, String)>,
}

/// A constraint.
#[derive(Debug)]
pub(super) enum ConstraintSpec {
    Prefers { resource: String, node: String },
    Avoids { resource: String, node: String },
    Order(&'static str, &'static str),
    Colocation(&'static str, &'static str),
    Ticket(&'static str, &'static str),
}

/// The clusters that those options ask for, with unique names of clusters and nodes.
pub(super) fn clusters(options: &Options) -> Vec<Blueprint> {
    let layout = match options.layout {
        Layout::Segregated => SERVICES.len(),
        Layout::Collapsed => 1,
    };
    let count = options.clusters.unwrap_or(layout).clamp(1, MOST_CLUSTERS);
    (0..count).map(|index| cluster(options.layout, index % layout, index / layout, index)).collect()
}

fn cluster(layout: Layout, which: usize, copy: usize, index: usize) -> Blueprint {
    let (name, prefix, tier) = match layout {
        Layout::Segregated => (SERVICES[which].name, SERVICES[which].prefix, SERVICES[which].tier),
        Layout::Collapsed => ("controller", "controller", Tier::OpenStack),
    };
    let mut builder = Builder::new(name, prefix, tier, copy, index);
    match layout {
        Layout::Segregated => builder.add_all(SERVICES[which].parts),
        Layout::Collapsed => SERVICES.iter().for_each(|service| builder.add_all(service.parts)),
    }
    builder.blueprint
}

struct Builder {
    blueprint: Blueprint,
    /// What tells this copy of a cluster from the first, such as `-2`; empty for the first.
    suffix: String,
    /// The cluster's number, for its addresses.
    index: usize,
    addresses: usize,
}

impl Builder {
    fn new(name: &str, prefix: &str, tier: Tier, copy: usize, index: usize) -> Self {
        let suffix = if copy == 0 { String::new() } else { format!("-{}", copy + 1) };
        // A copy's members are `lb-2-1` …, as `lb21` could be the twenty-first of the first.
        let dash = if copy == 0 { "" } else { "-" };
        let nodes = (1..=MEMBERS)
            .map(|number| NodeSpec { name: format!("{prefix}{suffix}{dash}{number}"), kind: Kind::Member })
            .collect();
        let blueprint = Blueprint {
            name: format!("{name}{suffix}"),
            tier,
            nodes,
            resources: vec![],
            constraints: vec![],
        };
        let mut builder = Self { blueprint, suffix, index, addresses: 0 };
        for node in 0..MEMBERS {
            builder.add_fencing(node);
        }
        builder
    }

    fn add_all(&mut self, parts: &[Part]) {
        for part in parts {
            self.add(part);
        }
    }

    fn add(&mut self, part: &Part) {
        match *part {
            Part::Clone(id, agent) => self.add_clone(id, agent, Kind::Member, 0),
            Part::RemoteClone(id, agent) => self.add_clone(id, agent, Kind::Remote, 0),
            Part::Promotable(id, agent, promoted) => self.add_clone(id, agent, Kind::Member, promoted),
            Part::Single(id, agent) => self.add_in_one_place(id, Shape::Single, &[(id, agent)]),
            Part::Vip(id) => self.add_in_one_place(id, Shape::Single, &[(id, "ocf:heartbeat:IPaddr2")]),
            Part::Group(id, members) => self.add_in_one_place(id, Shape::Group, members),
            Part::Bundle(id, image, inner) => self.add_bundle(id, image, inner),
            Part::Remotes(count) => {
                for number in 1..=count {
                    self.add_remote(number);
                }
            }
            Part::Order(first, then) => self.blueprint.constraints.push(ConstraintSpec::Order(first, then)),
            Part::Colocation(resource, with) => {
                self.blueprint.constraints.push(ConstraintSpec::Colocation(resource, with));
            }
            Part::Ticket(resource, ticket) => {
                self.blueprint.constraints.push(ConstraintSpec::Ticket(resource, ticket));
            }
        }
    }

    fn add_clone(&mut self, id: &str, agent: &'static str, on: Kind, promoted: usize) {
        let primitives = vec![self.primitive(id, agent)];
        self.push(format!("{id}-clone"), Shape::Clone { on, promoted }, primitives);
    }

    fn add_in_one_place(&mut self, id: &str, shape: Shape, members: &[(&str, &'static str)]) {
        let primitives = members.iter().map(|(id, agent)| self.primitive(id, agent)).collect();
        let home = self.push(id.to_owned(), shape, primitives);
        let node = self.blueprint.nodes[home].name.clone();
        self.blueprint.constraints.push(ConstraintSpec::Prefers { resource: id.to_owned(), node });
    }

    fn add_bundle(&mut self, id: &str, image: &'static str, (inner, agent): (&str, &'static str)) {
        let primitives = vec![self.primitive(inner, agent)];
        self.push(id.to_owned(), Shape::Bundle { image }, primitives);
        self.blueprint.nodes.extend(
            (0..MEMBERS)
                .map(|replica| NodeSpec { name: format!("{id}-{replica}"), kind: Kind::Bundle(replica) }),
        );
    }

    fn add_remote(&mut self, number: usize) {
        let dash = if self.suffix.is_empty() { "" } else { "-" };
        let name = format!("hv{}{dash}{number}", self.suffix);
        let node = self.blueprint.nodes.len();
        self.blueprint.nodes.push(NodeSpec { name: name.clone(), kind: Kind::Remote });
        self.add_fencing(node);
        let mut connection = self.primitive(&name, "ocf:pacemaker:remote");
        connection.parameters.push(("server", format!("{name}.example.org")));
        self.push(name, Shape::Connection(node), vec![connection]);
    }

    fn add_fencing(&mut self, node: usize) {
        let name = self.blueprint.nodes[node].name.clone();
        let id = format!("fence-{name}");
        let mut device = self.primitive(&id, "stonith:fence_ipmilan");
        device.parameters.push(("pcmk_host_list", name.clone()));
        device.parameters.push(("ip", format!("ipmi-{name}.example.org")));
        let home = (node + 1) % MEMBERS;
        let spec = Spec { id: id.clone(), shape: Shape::Fencing(node), primitives: vec![device], home };
        self.blueprint.resources.push(spec);
        if node < MEMBERS {
            self.blueprint.constraints.push(ConstraintSpec::Avoids { resource: id, node: name });
        }
    }

    fn primitive(&mut self, id: &str, agent: &'static str) -> PrimitiveSpec {
        let mut parameters = Vec::new();
        if agent == "ocf:heartbeat:IPaddr2" {
            self.addresses += 1;
            let address =
                format!("10.{}.{}.{}", 20 + self.index / 250, self.index % 250, 200 + self.addresses);
            parameters.push(("ip", address));
            parameters.push(("cidr_netmask", "24".to_owned()));
        }
        PrimitiveSpec { id: id.to_owned(), agent, parameters }
    }

    /// Adds a resource and says which member is its home: one after the other, so that all share the load.
    fn push(&mut self, id: String, shape: Shape, primitives: Vec<PrimitiveSpec>) -> usize {
        let home = self.blueprint.resources.len() % MEMBERS;
        self.blueprint.resources.push(Spec { id, shape, primitives, home });
        home
    }
}

impl Blueprint {
    /// The members' names, which are those of their hosts.
    pub(super) fn members(&self) -> impl Iterator<Item = &str> {
        self.of_kind(Kind::Member).map(|node| self.nodes[node].name.as_str())
    }

    /// The indices of the nodes of that kind.
    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = usize> {
        self.nodes.iter().enumerate().filter(move |(_, node)| node.kind == kind).map(|(index, _)| index)
    }

    /// The index of the member or remote node of that name: a bundle's nodes are not configured.
    pub(super) fn configured_node(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == name && !matches!(node.kind, Kind::Bundle(_)))
    }

    /// What may never run where: resource and node.
    pub(super) fn avoided(&self) -> impl Iterator<Item = (&str, &str)> {
        self.constraints.iter().filter_map(|constraint| match constraint {
            ConstraintSpec::Avoids { resource, node } => Some((resource.as_str(), node.as_str())),
            _ => None,
        })
    }

    /// The ticket that a resource depends on, if any does.
    pub(super) fn ticket(&self) -> Option<&'static str> {
        self.constraints.iter().find_map(|constraint| match constraint {
            ConstraintSpec::Ticket(_, ticket) => Some(*ticket),
            _ => None,
        })
    }
}
