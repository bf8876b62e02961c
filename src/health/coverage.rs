//! Every resource that should run and is stopped is named in some finding, whatever is wrong beside it.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;

use super::assess;
use super::testing::{entry, fail_count, failure, galera, group, healthy, known, live, node, now, primitive};
use crate::model::{
    Ban, Constraint, ConstraintRule, FencingEvent, FencingOutcome, Node, Picture, Primitive, Resource, Role,
    Score,
};

/// The nodes that the resources are placed on.
const NODES: [&str; 3] = ["db1", "db2", "db3"];

/// What a node is up to.
#[derive(Debug, Clone, Copy)]
enum NodeState {
    Well,
    Offline,
    Standby,
    Unclean,
    Maintenance,
}

/// What became of a resource.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Runs,
    Stopped,
    Failed,
    Blocked,
    Disabled,
    Banned,
    BannedFromOne,
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    Primitive,
    Fence,
    Group,
    Clone,
}

/// That the resource at the first place follows the one at the second.
#[derive(Debug, Clone, Copy)]
struct Follows(usize, usize, bool);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_stopped_and_wanted_is_named(
        nodes in prop::array::uniform3(node_state()),
        resources in vec((shape(), fate()), 1..7),
        follows in vec((0..7_usize, 0..7_usize, any::<bool>()).prop_map(|(a, b, c)| Follows(a, b, c)), 0..5),
        requires in prop::option::of(prop::sample::select(vec!["nothing", "quorum", "fencing"])),
        has_cib in any::<bool>(),
    ) {
        let picture = picture(nodes, &resources, &follows, requires, has_cib);
        let findings = assess(&entry(), &live(picture.clone()), now());
        // Where nothing is started at all, that finding counts what is stopped.
        let standstill = findings.iter().any(|finding| {
            finding.evidence.iter().any(|line| line.contains("stopped") && line.contains("resource"))
        });
        prop_assume!(!standstill);
        let text: Vec<String> = findings
            .iter()
            .flat_map(|finding| [&finding.subject, &finding.summary].into_iter().chain(&finding.evidence).cloned())
            .collect();
        let is_named = |id: &str| {
            let is_name = |c: char| c.is_alphanumeric() || c == '-';
            text.iter().any(|line| line.split(|c| !is_name(c)).any(|word| word == id))
        };
        for (at, (shape, fate)) in resources.iter().enumerate() {
            if !matches!(fate, Fate::Runs) {
                let id = id(*shape, at);
                // Of a group, the first stopped member may stand for it.
                prop_assert!(is_named(&id) || is_named(&format!("{id}-a")), "{id} ({fate:?}) isn't in {text:#?}");
            }
        }
    }
}

fn node_state() -> impl Strategy<Value = NodeState> {
    use NodeState::{Maintenance, Offline, Standby, Unclean, Well};
    prop_oneof![4 => Just(Well), 1 => prop::sample::select(vec![Offline, Standby, Unclean, Maintenance])]
}

fn fate() -> impl Strategy<Value = Fate> {
    use Fate::{Banned, BannedFromOne, Blocked, Disabled, Failed, Runs, Stopped};
    prop::sample::select(vec![Runs, Stopped, Stopped, Failed, Blocked, Disabled, Banned, BannedFromOne])
}

fn shape() -> impl Strategy<Value = Shape> {
    use Shape::{Clone, Fence, Group, Primitive};
    prop::sample::select(vec![Primitive, Fence, Group, Clone])
}

fn id(shape: Shape, at: usize) -> String {
    match shape {
        Shape::Primitive => format!("p{at}"),
        Shape::Fence => format!("f{at}"),
        Shape::Group => format!("g{at}"),
        Shape::Clone => format!("c{at}"),
    }
}

fn picture(
    nodes: [NodeState; 3],
    resources: &[(Shape, Fate)],
    follows: &[Follows],
    requires: Option<&str>,
    has_cib: bool,
) -> Picture {
    let mut picture = Picture { resources: Vec::new(), ..healthy() };
    picture.nodes = NODES.iter().zip(nodes).map(|(name, state)| in_state(node(name), state)).collect();
    // A pending fencing keeps the unclean ones waiting.
    picture.fencing = NODES
        .iter()
        .zip(nodes)
        .filter(|(_, state)| matches!(state, NodeState::Unclean))
        .map(|(name, _)| -> FencingEvent { super::testing::fencing(name, FencingOutcome::Pending) })
        .collect();
    picture.resources.push(Resource::Primitive(primitive("fence", "stonith:fence_ipmilan", &["db1"])));
    let ids: Vec<String> = resources.iter().enumerate().map(|(at, (shape, _))| id(*shape, at)).collect();
    let mut cib = known(&[]);
    cib.has_fencing_device = true;
    for ((shape, fate), id) in resources.iter().zip(&ids) {
        add(&mut picture, *shape, *fate, id);
        let mut configured = known(&[id.as_str()]).resources;
        configured[0].meta.extend(requires.map(|value| ("requires".to_owned(), value.to_owned())));
        cib.resources.extend(configured);
    }
    for (at, Follows(follower, leader, colocated)) in follows.iter().enumerate() {
        let (Some(follower), Some(leader)) = (ids.get(*follower), ids.get(*leader)) else { continue };
        if follower == leader {
            continue;
        }
        let rule = if *colocated {
            ConstraintRule::Colocation {
                resource: follower.as_str().into(),
                with: leader.as_str().into(),
                score: Some(Score::Infinity),
                role: None,
                with_role: None,
            }
        } else {
            ConstraintRule::Order {
                first: leader.as_str().into(),
                first_action: "start".to_owned(),
                then: follower.as_str().into(),
                then_action: "start".to_owned(),
                kind: "Mandatory".to_owned(),
            }
        };
        cib.constraints.push(Constraint::new(format!("k{at}").as_str(), rule));
    }
    picture.cib = has_cib.then(|| Arc::new(cib));
    picture
}

fn in_state(node: Node, state: NodeState) -> Node {
    match state {
        NodeState::Well => node,
        NodeState::Offline => Node { online: false, ..node },
        NodeState::Standby => Node { standby: true, ..node },
        NodeState::Unclean => Node { online: false, unclean: true, ..node },
        NodeState::Maintenance => Node { maintenance: true, ..node },
    }
}

fn add(picture: &mut Picture, shape: Shape, fate: Fate, id: &str) {
    let agent = if matches!(shape, Shape::Fence) { "stonith:fence_ipmilan" } else { "ocf:heartbeat:Dummy" };
    let place: &[&str] = if matches!(fate, Fate::Runs | Fate::Blocked) { &["db1"] } else { &[] };
    let name = match shape {
        Shape::Primitive | Shape::Fence => id.to_owned(),
        Shape::Group | Shape::Clone => format!("{id}-a"),
    };
    let mut one = primitive(&name, agent, place);
    match fate {
        Fate::Failed => {
            picture.failures.extend(NODES.map(|node| failure(&name, node, "start")));
            picture.fail_counts.extend(NODES.map(|node| fail_count(&name, node, 3)));
        }
        Fate::Blocked => (one.blocked, one.failed) = (true, true),
        Fate::Disabled => one.target_role = Some(Role::Stopped),
        Fate::Banned => picture.bans.extend(NODES.map(|node| ban(id, node))),
        Fate::BannedFromOne => picture.bans.push(ban(id, "db2")),
        Fate::Runs | Fate::Stopped => {}
    }
    picture.resources.push(match shape {
        Shape::Primitive | Shape::Fence => Resource::Primitive(one),
        Shape::Group => group(id, vec![one, behind(&format!("{id}-b"), fate)]),
        Shape::Clone => {
            let Resource::Clone(mut clone) = galera(&[], 0) else { return };
            clone.id = id.into();
            clone.promotable = false;
            clone.instances = vec![Resource::Primitive(one)];
            Resource::Clone(clone)
        }
    });
}

fn behind(id: &str, fate: Fate) -> Primitive {
    let place: &[&str] = if matches!(fate, Fate::Runs) { &["db1"] } else { &[] };
    let one = primitive(id, "ocf:heartbeat:Dummy", place);
    let target_role = matches!(fate, Fate::Disabled).then_some(Role::Stopped);
    Primitive { target_role, ..one }
}

fn ban(resource: &str, node: &str) -> Ban {
    Ban {
        id: format!("loc-{node}").as_str().into(),
        resource: resource.into(),
        node: node.into(),
        weight: Score::MinusInfinity,
        promoted_only: false,
    }
}
