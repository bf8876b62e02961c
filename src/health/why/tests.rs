use std::sync::Arc;

use jiff::SignedDuration;
use proptest::prelude::*;
use rstest::rstest;

use super::{About, Pull, Why, why};
use crate::health::testing::{
    entry, fail_count, failure, galera, group, healthy, known, live, now, primitive, resource,
};
use crate::model::{
    Cib, Constraint, ConstraintRule, NodeAttribute, NodeKind, Picture, ResourceId, Role, Score, Ticket,
};

const VIP: &str = "ocf:heartbeat:IPaddr2";

fn ask(about: &str, change: impl FnOnce(&mut Picture)) -> Why {
    let mut picture = healthy();
    change(&mut picture);
    why(&entry(), &live(picture), now(), &About::Resource(about.into())).unwrap()
}

/// The first cause of `vip-db`, stopped, with those constraints.
fn stopped(rules: Vec<ConstraintRule>, change: impl FnOnce(&mut Picture)) -> Why {
    ask("vip-db", |picture| {
        *resource(picture, "vip-db") = primitive("vip-db", VIP, &[]);
        picture.cib = Some(Arc::new(with(rules)));
        change(picture);
    })
}

fn with(rules: Vec<ConstraintRule>) -> Cib {
    let constraints =
        rules.into_iter().enumerate().map(|(nth, rule)| Constraint::new(format!("c{nth}"), rule));
    Cib { constraints: constraints.collect(), ..known(&["vip-db", "fs"]) }
}

fn location(node: &str, score: Score) -> ConstraintRule {
    ConstraintRule::Location {
        resource: "vip-db".into(),
        node: Some(node.into()),
        score: Some(score),
        role: None,
        rule: String::new(),
    }
}

fn first(why: &Why) -> &str {
    &why.causes[0].summary
}

fn set_meta(picture: &mut Picture, id: &str, name: &str, value: &str) {
    let mut cib = known(&["vip-db", "g"]);
    let holder = cib.resources.iter_mut().find(|it| it.id == *id).unwrap();
    holder.meta.push((name.to_owned(), value.to_owned()));
    picture.cib = Some(Arc::new(cib));
}

#[test]
fn what_somebody_decided_stands_before_what_happened() {
    let why = ask("vip-db", |picture| {
        *resource(picture, "vip-db") = primitive("vip-db", VIP, &[]);
        picture.summary.quorate = Some(false);
        picture.failures.push(failure("vip-db", "db1", "start"));
        set_meta(picture, "vip-db", "target-role", "Stopped");
    });
    assert_eq!(first(&why), "it is disabled: its target-role is Stopped");
    assert!(why.causes[1].summary.contains("quorum"), "{:?}", why.causes);
}

#[test]
fn a_target_role_is_inherited() {
    let why = ask("member", |picture| {
        picture.resources.push(group("g", vec![primitive("member", VIP, &[])]));
        set_meta(picture, "g", "target-role", "Stopped");
    });
    assert_eq!(first(&why), "it is disabled: its target-role is Stopped, which is set on g");
    assert!(why.causes[0].remedy.contains("--resource g "), "{}", why.causes[0].remedy);
}

#[test]
fn a_peer_that_is_down_is_named() {
    let order = ConstraintRule::Order {
        first: "fs".into(),
        first_action: "start".to_owned(),
        then: "vip-db".into(),
        then_action: "start".to_owned(),
        kind: "Mandatory".to_owned(),
    };
    let why = stopped(vec![order.clone()], |_| {});
    assert_eq!(first(&why), "it starts after fs, which doesn't run");
    let ConstraintRule::Order { first: before, then, .. } = order else { unreachable!() };
    let together = ConstraintRule::Colocation {
        resource: then,
        with: before,
        score: Some(Score::Infinity),
        role: None,
        with_role: Some(Role::Promoted),
    };
    let why = stopped(vec![together], |_| {});
    assert_eq!(first(&why), "it follows fs, which doesn't run");
}

#[test]
fn a_member_waits_for_the_one_before() {
    let why = ask("second", |picture| {
        let members = vec![primitive("first", VIP, &[]), primitive("second", VIP, &[])];
        picture.resources.push(group("g", members));
    });
    assert_eq!(first(&why), "it comes in its group after first, which doesn't run");
}

proptest! {
    /// `vip-db` starts once enough instances of a clone run.
    #[test]
    fn too_few_instances_are_the_reason(running in 0_usize..=3, least in 0_usize..=4) {
        let order = ConstraintRule::Order {
            first: "galera-clone".into(),
            first_action: "start".to_owned(),
            then: "vip-db".into(),
            then_action: "start".to_owned(),
            kind: "Mandatory".to_owned(),
        };
        let mut cib = with(vec![order]);
        let mut clone = cib.resources[0].clone();
        clone.id = "galera-clone".into();
        clone.meta.push(("clone-min".to_owned(), least.to_string()));
        cib.resources.push(clone);
        let why = ask("vip-db", |picture| {
            *resource(picture, "vip-db") = primitive("vip-db", VIP, &[]);
            picture.resources[2] = galera(&["db1", "db2", "db3"][..running], 3);
            picture.cib = Some(Arc::new(cib));
        });
        let words = format!("it starts after galera-clone, which has {running} of {least} instances (clone-min)");
        let is_said = why.causes.iter().any(|cause| cause.summary == words);
        prop_assert_eq!(is_said, (1..least).contains(&running), "{:?}", why.causes);
    }
}

#[test]
fn a_ticket_that_is_not_held() {
    let rule = ConstraintRule::Ticket {
        resources: vec!["vip-db".into()],
        role: None,
        ticket: "site".to_owned(),
        loss_policy: "stop".to_owned(),
    };
    let why = stopped(vec![rule], |picture| {
        let ticket = Ticket { id: "site".to_owned(), granted: false, standby: false, last_granted: None };
        picture.tickets.push(ticket);
    });
    assert_eq!(first(&why), "ticket site is not granted to this site");
}

#[test]
fn no_node_is_left() {
    let rules = vec![location("db1", Score::MinusInfinity), location("db2", Score::Finite(-5))];
    let why = stopped(rules, |picture| {
        picture.fail_counts.push(fail_count("vip-db", "db2", 3));
        picture.nodes[2].standby = true;
    });
    let cause =
        why.causes.iter().find(|cause| cause.summary.starts_with("no node may run it now: ")).unwrap();
    let expected = [
        "db1: score -INFINITY by c0",
        "db2: fail count 3, threshold 3: out of bounds until it is cleaned up",
        "db3: it is in standby",
    ];
    assert_eq!(cause.evidence, expected);
}

#[test]
fn an_opt_in_cluster_allows_nothing_by_itself() {
    let why = stopped(vec![location("db1", Score::Finite(1))], |picture| {
        picture.summary.options.symmetric = Some(false);
    });
    let pulls: Vec<_> = why.nodes.iter().map(|answer| answer.reasons[0].pull).collect();
    assert_eq!(pulls, [Pull::For, Pull::Never, Pull::Never]);
}

#[test]
fn what_has_expired_has_no_say() {
    let mut cib = with(vec![location("db1", Score::MinusInfinity), location("db2", Score::Finite(7))]);
    cib.constraints[0].expires = Some(now() - SignedDuration::from_secs(1));
    let why = ask("vip-db", |picture| picture.cib = Some(Arc::new(cib)));
    assert_eq!(why.nodes[0].reasons, []);
    assert_eq!(why.nodes[1].reasons[0].words, "score 7 by c1");
}

#[rstest]
#[case(Score::Finite(-9), true, Some((Pull::Against, "-9 beside galera-clone, which is there")))]
#[case(Score::MinusInfinity, true, Some((Pull::Never, "never runs with galera-clone, which is there")))]
#[case(Score::Infinity, true, Some((Pull::For, "INFINITY beside galera-clone, which is there")))]
#[case(Score::Infinity, false, Some((Pull::Never, "runs only with galera-clone, which is not there")))]
#[case(Score::Finite(9), false, None)]
fn a_colocation_pulls(#[case] score: Score, #[case] there: bool, #[case] expected: Option<(Pull, &str)>) {
    let rule = ConstraintRule::Colocation {
        resource: "vip-db".into(),
        with: "galera-clone".into(),
        score: Some(score),
        role: None,
        with_role: None,
    };
    let why = ask("vip-db", |picture| {
        picture.cib = Some(Arc::new(with(vec![rule])));
        let nodes: &[&str] = if there { &["db1"] } else { &["db2"] };
        picture.resources[2] = galera(nodes, 3);
    });
    let reason = why.nodes[0].reasons.first().map(|reason| (reason.pull, reason.words.as_str()));
    assert_eq!(reason, expected);
}

/// Nodes with the same value of the `node-attribute` are one place; the leader runs on db2.
#[rstest]
#[case(["a", "a", "b"], Some((Pull::For, "INFINITY beside galera-clone, which is in the same site")))]
#[case(["a", "b", "b"], Some((Pull::Never, "runs only with galera-clone, which is not in the same site")))]
#[case::unknown(["", "a", "b"], None)]
#[case::of_the_leader_unknown(["a", "", "b"], None)]
fn a_colocation_by_attribute_pulls(#[case] sites: [&str; 3], #[case] expected: Option<(Pull, &str)>) {
    let rule = ConstraintRule::Colocation {
        resource: "vip-db".into(),
        with: "galera-clone".into(),
        score: Some(Score::Infinity),
        role: None,
        with_role: None,
    };
    let mut cib = with(vec![rule]);
    cib.constraints[0].terms.node_attribute = Some("site".to_owned());
    let why = ask("vip-db", |picture| {
        picture.cib = Some(Arc::new(cib));
        picture.resources[2] = galera(&["db2"], 3);
        for (node, site) in ["db1", "db2", "db3"].into_iter().zip(sites).filter(|(_, site)| !site.is_empty())
        {
            picture.attributes.push(NodeAttribute {
                node: node.into(),
                name: "site".to_owned(),
                value: site.to_owned(),
                expected: None,
            });
        }
    });
    let reason = why.nodes[0].reasons.first().map(|reason| (reason.pull, reason.words.as_str()));
    assert_eq!(reason, expected);
}

/// `vip-db` is kept apart from instances in that role, or follows them; db1 is promoted, db2 and db3 are not.
#[rstest]
#[case(Score::MinusInfinity, Role::Unpromoted, [true, false, false])]
#[case(Score::MinusInfinity, Role::Promoted, [false, true, true])]
#[case(Score::MinusInfinity, Role::Started, [false, false, false])]
#[case(Score::Infinity, Role::Unpromoted, [false, true, true])]
#[case(Score::Infinity, Role::Promoted, [true, false, false])]
#[case(Score::Infinity, Role::Started, [true, true, true])]
fn a_colocation_goes_by_the_leaders_role(
    #[case] score: Score,
    #[case] with_role: Role,
    #[case] expected: [bool; 3],
) {
    let rule = ConstraintRule::Colocation {
        resource: "vip-db".into(),
        with: "galera-clone".into(),
        score: Some(score),
        role: None,
        with_role: Some(with_role),
    };
    let why = stopped(vec![rule], |_| {});
    let open = why.nodes.iter().map(|answer| answer.reasons.iter().all(|reason| reason.pull != Pull::Never));
    assert_eq!(open.collect::<Vec<_>>(), expected);
}

/// The strategy `progressive` adds the health's score to what speaks for the node.
#[rstest]
#[case("-100", None, true)]
#[case("-100", Some(Score::Finite(200)), false)]
#[case("-INFINITY", Some(Score::Finite(200)), true)]
#[case("0", None, false)]
fn a_yellow_node_is_barred_by_a_score(
    #[case] yellow: &str,
    #[case] wanted: Option<Score>,
    #[case] barred: bool,
) {
    let why = stopped(wanted.map(|score| location("db1", score)).into_iter().collect(), |picture| {
        picture.nodes[0].health = crate::model::NodeHealth::Yellow;
        let cib = picture.cib.as_mut().map(Arc::make_mut).unwrap();
        let properties = [("node-health-strategy", "progressive"), ("node-health-yellow", yellow)];
        cib.properties = properties.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    });
    let is_barred = why.nodes[0].reasons.iter().any(|reason| reason.pull == Pull::Never);
    assert_eq!(is_barred, barred, "{:?}", why.nodes[0]);
}

#[test]
fn fencing_devices_are_not_asked_of_remote_nodes() {
    let remote = |picture: &mut Picture| picture.nodes[2].kind = NodeKind::Remote;
    assert_eq!(ask("fence", remote).nodes.len(), 2);
    assert_eq!(ask("vip-db", remote).nodes.len(), 3);
}

#[test]
fn hostile_names_are_cleaned_and_whole_parts_are_told_apart() {
    let id = "a\u{1b}[2J; rm -rf /";
    let why = ask(id, |picture| {
        picture.resources.push(crate::model::Resource::Primitive(primitive(id, VIP, &[])));
    });
    assert_eq!(why.question, "Why does a; rm -rf / not run?");
    let about = About::Resource(ResourceId::from("vip"));
    assert_eq!(super::why(&entry(), &live(healthy()), now(), &about), None);
}

#[test]
fn a_standby_that_a_services_finding_names_is_a_nodes_cause() {
    let mut picture = healthy();
    for node in &mut picture.nodes {
        node.standby = node.name != *"db3";
    }
    picture.resources[2] = galera(&[], 2);
    picture.bans.push(crate::model::Ban {
        id: "loc".into(),
        resource: "galera-clone".into(),
        node: "db3".into(),
        weight: Score::MinusInfinity,
        promoted_only: false,
    });
    let why = why(&entry(), &live(picture), now(), &About::Node("db1".into())).unwrap();
    assert_eq!(first(&why), "db1 is in standby");
}
