//! The simulation itself: its schedule, and that every picture it makes is consistent.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use strum::IntoEnumIterator;

use super::blueprint::{Blueprint, Kind, MEMBERS, Shape, clusters};
use super::fault::{Fault, Scene};
use super::placement::{Instance, place};
use super::schedule::Schedule;
use super::shell::Style;
use super::situation::{Leftover, Presence, Situation};
use super::{Layout, Options, cib, crm_mon};

const START: Timestamp = Timestamp::constant(1_795_345_375, 0);

fn blueprints(layout: Layout, count: Option<usize>) -> Vec<Blueprint> {
    clusters(&Options { layout, clusters: count, ..Options::default() })
}

fn both_layouts() -> Vec<Blueprint> {
    let mut all = blueprints(Layout::Segregated, None);
    all.extend(blueprints(Layout::Collapsed, None));
    all
}

/// A cluster in a phase of a fault, as one member sees it.
fn troubled(blueprint: &Blueprint, fault: Fault, pick: u64, phase: usize, viewer: usize) -> Situation {
    let began = (0..=phase as i64).map(|step| START + Duration::from_secs(10 * step as u64)).collect();
    let mut situation = Situation::healthy(blueprint, START);
    fault.lay_over(&Scene { blueprint, pick, viewer, began }, &mut situation);
    situation
}

fn answers(blueprint: &Blueprint, situation: &Situation) -> String {
    let state = crm_mon::running(blueprint, situation, START, Style::Result).unwrap();
    let cib = cib::whole(blueprint, situation).unwrap();
    let hosts = format!("{:?}", situation.hosts);
    [String::from_utf8(state).unwrap(), String::from_utf8(cib).unwrap(), hosts].concat()
}

fn check_consistency(blueprint: &Blueprint, situation: &Situation) {
    for unit in place(blueprint, situation) {
        let running: Vec<&Instance> = unit.instances.iter().filter(|it| it.node.is_some()).collect();
        for instance in &unit.instances {
            assert_eq!(instance.role == "Stopped", instance.node.is_none(), "{instance:?}");
            assert!(!instance.blocked || (instance.failed && !instance.managed), "{instance:?}");
            let Some(node) = instance.node else { continue };
            // What is in a bundle is where its container is.
            let host = match blueprint.nodes[node].kind {
                Kind::Bundle(replica) => replica,
                Kind::Member | Kind::Remote => node,
            };
            let condition = situation.nodes[host];
            let present = matches!(condition.presence, Presence::Online | Presence::Unclean);
            assert!(present, "{} runs on a node that is {:?}", instance.id, condition.presence);
            assert!(!condition.standby, "{} runs on a node in standby", instance.id);
            assert!(situation.quorate || condition.presence == Presence::Unclean, "{instance:?}");
        }
        match unit.spec.shape {
            Shape::Fencing(target) => {
                assert!(running.iter().all(|it| it.node != Some(target) || target >= MEMBERS));
            }
            Shape::Clone { on, promoted } => {
                assert_eq!(unit.instances.len(), blueprint.of_kind(on).count());
                let nodes: HashSet<_> = running.iter().map(|instance| instance.node).collect();
                assert_eq!(nodes.len(), running.len(), "two instances of a clone on one node");
                assert!(running.iter().filter(|instance| instance.role == "Promoted").count() <= promoted);
            }
            Shape::Group => {
                let nodes: HashSet<_> = unit.instances.iter().map(|instance| instance.node).collect();
                assert_eq!(nodes.len(), 1, "a group is on one node");
            }
            Shape::Single | Shape::Connection(_) | Shape::Bundle { .. } => {}
        }
    }
}

#[test]
fn the_segregated_layout_has_seventeen_clusters_with_unique_names() {
    let all = blueprints(Layout::Segregated, None);
    assert_eq!(all.len(), 17);
    assert_eq!(all.iter().map(|blueprint| &blueprint.name).collect::<HashSet<_>>().len(), 17);
    assert_eq!(blueprints(Layout::Collapsed, None).len(), 1);
}

#[test]
fn ids_are_unique_in_every_cluster() {
    for blueprint in both_layouts() {
        let ids: Vec<&str> = blueprint
            .resources
            .iter()
            .flat_map(|spec| {
                let own = matches!(spec.shape, Shape::Group | Shape::Clone { .. } | Shape::Bundle { .. });
                own.then_some(&*spec.id).into_iter().chain(spec.primitives.iter().map(|it| &*it.id))
            })
            .collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "{}: {ids:?}", blueprint.name);
    }
}

#[test]
fn constraints_speak_of_resources_that_exist() {
    for blueprint in both_layouts() {
        let xml = String::from_utf8(cib::whole(&blueprint, &Situation::healthy(&blueprint, START)).unwrap());
        let xml = xml.unwrap();
        for attribute in ["rsc", "with-rsc", "first", "then"] {
            for part in xml.split(&format!(" {attribute}=\"")).skip(1) {
                let id = part.split('"').next().unwrap();
                let known = blueprint.resources.iter().any(|spec| spec.id == id);
                assert!(known, "{}: a constraint names {id}", blueprint.name);
            }
        }
    }
}

#[test]
fn a_healthy_cluster_runs_everything_once() {
    for blueprint in both_layouts() {
        let situation = Situation::healthy(&blueprint, START);
        check_consistency(&blueprint, &situation);
        for unit in place(&blueprint, &situation) {
            assert!(unit.instances.iter().all(|instance| instance.node.is_some()), "{}", unit.spec.id);
        }
    }
}

#[test]
fn every_kind_of_thing_can_be_seen() {
    let all = blueprints(Layout::Segregated, None);
    let has = |wanted: fn(&Shape) -> bool| {
        all.iter().flat_map(|blueprint| &blueprint.resources).any(|spec| wanted(&spec.shape))
    };
    assert!(has(|shape| matches!(shape, Shape::Group)));
    assert!(has(|shape| matches!(shape, Shape::Bundle { .. })));
    assert!(has(|shape| matches!(shape, Shape::Connection(_))));
    assert!(has(|shape| matches!(shape, Shape::Clone { promoted: 1, .. })));
    assert!(has(|shape| matches!(shape, Shape::Clone { promoted: 3, .. })));
    assert!(has(|shape| matches!(shape, Shape::Clone { on: Kind::Remote, .. })));
    assert!(all.iter().any(|blueprint| blueprint.ticket().is_some()));
}

#[test]
fn every_fault_fits_some_cluster_and_can_be_seen_there() {
    let all = blueprints(Layout::Segregated, None);
    for fault in Fault::iter() {
        assert!(all.iter().any(|blueprint| fault.fits(blueprint)), "{fault:?} fits nowhere");
        for blueprint in all.iter().filter(|blueprint| fault.fits(blueprint)) {
            let healthy = answers(blueprint, &Situation::healthy(blueprint, START));
            for pick in 0..48 {
                let seen = (0..MEMBERS).any(|viewer| {
                    answers(blueprint, &troubled(blueprint, fault, pick, 0, viewer)) != healthy
                });
                assert!(seen, "{fault:?} in {} (pick {pick}) shows nothing", blueprint.name);
            }
        }
    }
}

#[test]
fn every_phase_of_every_fault_is_consistent() {
    for blueprint in both_layouts() {
        for fault in Fault::of(&blueprint) {
            for phase in 0..fault.phases().len() {
                for (pick, viewer) in (0..96).map(|pick| (pick, pick as usize % MEMBERS)) {
                    check_consistency(&blueprint, &troubled(&blueprint, fault, pick, phase, viewer));
                }
            }
        }
    }
}

/// A person may have moved or banned the very resource that an episode moves or bans.
#[test]
fn no_fault_writes_a_second_constraint_of_one_id() {
    for blueprint in both_layouts() {
        for fault in Fault::of(&blueprint) {
            for pick in 0..40 {
                let mut situation = Situation::healthy(&blueprint, START);
                let scene = Scene { blueprint: &blueprint, pick, viewer: 0, began: vec![START] };
                fault.lay_over(&scene, &mut situation);
                fault.lay_over(&scene, &mut situation);
                let id_of = |it: &Leftover| it.id(&blueprint.nodes[it.node].name);
                let ids: HashSet<_> = situation.leftovers.iter().map(id_of).collect();
                assert_eq!(ids.len(), situation.leftovers.len(), "{fault:?} in {}: {ids:?}", blueprint.name);
            }
        }
    }
}

#[test]
fn a_lost_node_s_work_moves_once_it_is_fenced() {
    let all = blueprints(Layout::Segregated, None);
    let blueprint = all.iter().find(|blueprint| blueprint.name == "heat").unwrap();
    let engine = |situation: &Situation| {
        let units = place(blueprint, situation);
        units.iter().find(|unit| unit.spec.id == "heat-engine").unwrap().instances[0].node
    };
    let home = engine(&Situation::healthy(blueprint, START)).unwrap();
    let at = |phase| engine(&troubled(blueprint, Fault::NodeLost, home as u64, phase, 0));
    assert_eq!(at(0), Some(home), "an unclean node may still run it");
    assert_eq!(at(1), Some((home + 1) % MEMBERS));
    assert_eq!(at(4), Some(home), "it goes back to where it prefers to be");
}

#[test]
fn redis_is_promoted_elsewhere_after_a_moment_without() {
    let all = blueprints(Layout::Segregated, None);
    let blueprint = all.iter().find(|blueprint| blueprint.name == "ceilometer").unwrap();
    let promoted = |situation: &Situation| {
        let units = place(blueprint, situation);
        let redis = units.iter().find(|unit| unit.spec.id == "redis-clone").unwrap();
        redis.instances.iter().find(|instance| instance.role == "Promoted").and_then(|found| found.node)
    };
    let before = promoted(&Situation::healthy(blueprint, START));
    let at = |phase| promoted(&troubled(blueprint, Fault::PromotedLost, 0, phase, 0));
    assert_eq!(at(0), None);
    assert_eq!(at(1), None);
    assert!(at(2).is_some() && at(2) != before);
    assert_eq!(at(3), at(2));
}

#[test]
fn over_six_hours_every_fault_happens() {
    let all = blueprints(Layout::Segregated, None);
    let schedule = Schedule::new(0, &all);
    let seen: HashSet<Fault> = (0..6 * 360)
        .flat_map(|step| {
            let at = Duration::from_secs(10 * step);
            (0..all.len()).map(move |cluster| (cluster, at))
        })
        .filter_map(|(cluster, at)| schedule.episode(cluster, at))
        .map(|episode| episode.fault)
        .collect();
    assert_eq!(seen.len(), Fault::iter().count());
}

#[test]
fn the_first_moment_shows_what_the_console_is_for() {
    let all = blueprints(Layout::Segregated, None);
    for seed in 0..100 {
        let schedule = Schedule::new(seed, &all);
        let faults: Vec<Fault> = (0..all.len())
            .filter_map(|cluster| schedule.episode(cluster, Duration::ZERO))
            .map(|episode| episode.fault)
            .collect();
        for fault in [Fault::NodeLost, Fault::MonitorFails, Fault::Unreachable] {
            assert!(faults.contains(&fault), "seed {seed}: {faults:?}");
        }
    }
}

proptest! {
    #[test]
    fn two_to_four_of_seventeen_have_trouble(seed: u64, seconds in 0_u64..1_000_000) {
        let all = blueprints(Layout::Segregated, None);
        let schedule = Schedule::new(seed, &all);
        let at = Duration::from_secs(seconds);
        let troubled = (0..all.len()).filter(|cluster| schedule.episode(*cluster, at).is_some()).count();
        prop_assert!((2..=4).contains(&troubled), "{troubled}");
    }

    #[test]
    fn within_an_hour_every_cluster_recovers(seed: u64, hour in 0_u64..100, count in 1_usize..60) {
        let all = blueprints(Layout::Segregated, Some(count));
        let schedule = Schedule::new(seed, &all);
        for cluster in 0..count {
            let quiet = (0..720).any(|step| {
                schedule.episode(cluster, Duration::from_secs(3600 * hour + 5 * step)).is_none()
            });
            prop_assert!(quiet, "cluster {cluster} of {count}");
        }
    }

    #[test]
    fn an_episode_s_phases_begin_in_order_and_the_first_at_once(seed: u64, seconds in 0_u64..100_000) {
        let all = blueprints(Layout::Segregated, None);
        let schedule = Schedule::new(seed, &all);
        let at = Duration::from_secs(seconds);
        for episode in (0..all.len()).filter_map(|cluster| schedule.episode(cluster, at)) {
            let begun = episode.phases(at);
            prop_assert_eq!(begun[0], episode.start);
            prop_assert!(begun.is_sorted() && begun.iter().all(|start| *start <= at));
            let end = episode.start + episode.length;
            prop_assert_eq!(episode.phases(end).len(), episode.fault.phases().len());
        }
    }

    #[test]
    fn any_number_of_clusters_has_unique_names_and_hosts(count in 1_usize..=1000, collapsed: bool) {
        let layout = if collapsed { Layout::Collapsed } else { Layout::Segregated };
        let all = blueprints(layout, Some(count));
        prop_assert_eq!(all.len(), count);
        let names: HashSet<&str> = all.iter().map(|blueprint| &*blueprint.name).collect();
        prop_assert_eq!(names.len(), count);
        let nodes: HashSet<&str> = all
            .iter()
            .flat_map(|blueprint| &blueprint.nodes)
            .filter(|node| !matches!(node.kind, Kind::Bundle(_)))
            .map(|node| &*node.name)
            .collect();
        let configured: usize = all
            .iter()
            .map(|it| it.of_kind(Kind::Member).count() + it.of_kind(Kind::Remote).count())
            .sum();
        prop_assert_eq!(nodes.len(), configured);
    }
}
