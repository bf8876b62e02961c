//! Any set of operations, judged together before it is done, and compared with what it then does.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use quorate::demo::{Faults, Layout, Options};
use quorate::model::{NodeName, Picture};
use quorate::operate::Wanted;
use quorate::operation::{Intent, Phase, Plan, Projection, Together, Verb};
use tokio::time::sleep;

use crate::stage::Stage;
use crate::{intent, sequences};

const MEMBERS: [&str; 3] = ["controller1", "controller2", "controller3"];
const RESOURCES: [&str; 8] = [
    "vip-db",
    "haproxy-clone",
    "galera-clone",
    "redis-clone",
    "cinder-storage",
    "horizon-bundle",
    "nova-evacuate",
    "nova-compute-clone",
];

/// The verbs that can take something down, and `Online`, which brings something back.
fn set() -> impl Strategy<Value = Vec<Intent>> {
    let nodes = prop::sample::subsequence(MEMBERS.to_vec(), 1..=3);
    let verb = prop::sample::select(vec![Verb::Standby, Verb::FenceOff, Verb::Online]);
    let of_nodes = (verb, nodes).prop_map(|(verb, nodes)| {
        nodes.into_iter().map(|node| intent(verb, "controller", node, None)).collect()
    });
    let resources = prop::sample::subsequence(RESOURCES.to_vec(), 1..=4);
    let verb = prop::sample::select(vec![Verb::Disable, Verb::Ban, Verb::Enable]);
    let of_resources = (verb, resources, prop::sample::select(MEMBERS.to_vec())).prop_map(
        |(verb, resources, node): (Verb, Vec<&str>, &str)| {
            let to = (verb == Verb::Ban).then_some(node);
            resources.into_iter().map(|it| intent(verb, "controller", it, to)).collect()
        },
    );
    prop_oneof![3 => of_nodes, 1 => of_resources]
}

/// What runs anywhere, a bundle by its name and everything else by its own; fencing devices apart.
fn running(picture: &Picture) -> BTreeSet<String> {
    let services = picture.primitives().filter(|(_, it)| it.active && !it.nodes.is_empty());
    let services = services.filter(|(_, it)| !it.agent.starts_with("stonith:"));
    let name = |id: &str| {
        let bundle = picture.resources.iter().find(|it| {
            matches!(it, quorate::model::Resource::Bundle(_))
                && it.primitives().iter().any(|(_, primitive)| primitive.id == *id)
        });
        bundle.map_or(id, |bundle| bundle.id().as_str()).to_owned()
    };
    services.map(|(_, it)| name(it.id.as_str())).collect()
}

/// The commands that change something, one after the other, as an operator would send them.
async fn carry_out(stage: &Stage, plans: &[&Plan], host: &str) {
    for plan in plans {
        for phase in &plan.phases {
            let Phase::Run(step) = phase else { continue };
            let argv = &step.command.argv;
            // A member that is off takes no command; another one is asked.
            for member in [host].into_iter().chain(MEMBERS) {
                if stage.run(member, argv).await.is_ok() {
                    break;
                }
            }
        }
        sleep(Duration::from_secs(10)).await;
    }
}

/// Where anything would come to run that does not run there now.
fn destinations(together: &Together) -> Vec<(String, NodeName)> {
    let Projection::Known { own, collateral, .. } = &together.projection else { return Vec::new() };
    let comes = |action: &&quorate::pacemaker::parse::Projected| {
        let is_new = action.to.is_some() || ["start", "promote"].contains(&action.action.as_str());
        is_new && !action.is_blocked && !action.resource.is_empty()
    };
    let all = own.iter().chain(collateral).filter(comes);
    all.filter_map(|it| Some((it.to_string(), it.to.as_deref().or(it.from.as_deref())?.into()))).collect()
}

/// How a set was judged, and what became of it.
#[derive(Debug)]
struct Outcome {
    together: Together,
    /// Services that ran and run no more.
    down: BTreeSet<String>,
    loses_quorum: bool,
    taken: Vec<NodeName>,
}

async fn played(seed: u64, before: &[Vec<String>], set: &[Intent]) -> Option<Outcome> {
    let options = Options { layout: Layout::Collapsed, seed, faults: Faults::None, ..Options::default() };
    let stage = Stage::new(&options);
    for command in before {
        let _refused = stage.run("controller1", command).await;
        sleep(Duration::from_secs(1)).await;
    }
    sleep(Duration::from_secs(60)).await;
    let mut operator = stage.operator("controller");
    let wanted: Vec<Wanted<'_>> = set.iter().map(Wanted::Intent).collect();
    let (previews, together) = operator.preview_together(&wanted).await;
    let plans: Vec<&Plan> = previews.iter().filter_map(|it| it.as_ref().ok()).map(|it| &it.plan).collect();
    let together = together?;
    let was = stage.any_picture("controller").await;
    let empties = |plan: &&&Plan| matches!(plan.intent.verb, Verb::Standby | Verb::FenceOff);
    let taken = plans.iter().filter(empties).map(|plan| plan.intent.subject.as_str().into()).collect();
    carry_out(&stage, &plans, "controller1").await;
    sleep(Duration::from_secs(30)).await;
    // With all members off nobody answers, and nothing runs.
    let mut is = None;
    for member in MEMBERS {
        is = is.or(stage.picture(member).await.ok());
    }
    let runs = is.as_ref().map(running).unwrap_or_default();
    let down = running(&was).difference(&runs).cloned().collect();
    let loses_quorum =
        was.summary.quorate == Some(true) && is.is_none_or(|is| is.summary.quorate != Some(true));
    Some(Outcome { together, down, loses_quorum, taken })
}

fn fixed(verb: Verb, nodes: &[&str]) -> Outcome {
    let set: Vec<Intent> = nodes.iter().map(|node| intent(verb, "controller", node, None)).collect();
    sequences::runtime().block_on(played(0, &[], &set)).expect("a plan")
}

#[test]
fn all_members_in_standby_take_everything_down_and_keep_the_quorum() {
    let outcome = fixed(Verb::Standby, &MEMBERS);
    let lost = &outcome.together.consequences;
    assert!(outcome.down.contains("vip-db") && outcome.down.contains("galera"), "{:?}", outcome.down);
    for down in ["vip-db", "haproxy-clone", "galera-clone"] {
        assert!(lost.stops.iter().any(|it| *it == *down), "{down}: {:?}", lost.stops);
    }
    assert!(lost.quorum.is_none() && !outcome.loses_quorum);
    assert_eq!(destinations(&outcome.together), []);
}

#[test]
fn one_member_in_standby_takes_nothing_down() {
    let outcome = fixed(Verb::Standby, &MEMBERS[..1]);
    assert!(!outcome.together.consequences.are_severe(), "{:?}", outcome.together);
    assert_eq!(outcome.down, BTreeSet::new());
}

#[test]
fn two_of_three_members_switched_off_cost_the_quorum() {
    let outcome = fixed(Verb::FenceOff, &MEMBERS[..2]);
    let quorum = outcome.together.consequences.quorum.expect("it is lost");
    assert_eq!((quorum.left, quorum.members, quorum.is_certain), (1, 3, true));
    assert!(outcome.loses_quorum && !outcome.down.is_empty(), "{:?}", outcome.down);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_is_said_of_all_together_holds(
        seed: u64,
        before in prop::collection::vec(sequences::command(), 0..2),
        set in set(),
    ) {
        let Some(outcome) = sequences::runtime().block_on(played(seed, &before, &set)) else { return Ok(()) };
        for (words, node) in destinations(&outcome.together) {
            prop_assert!(!outcome.taken.contains(&node), "{words}, and {node} is taken away: {outcome:?}");
        }
        let is_down = !outcome.down.is_empty() || outcome.loses_quorum;
        prop_assert!(!is_down || outcome.together.consequences.are_severe(), "no name is asked for: {outcome:?}");
    }
}
