//! Pictures built by hand for the tests of the findings.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::model::{
    Access, Belief, Cib, CloneResource, ClusterEntry, ClusterOptions, ConfiguredResource, Constraint,
    ConstraintRule, Contact, FailCount, Failure, FencingEvent, FencingOutcome, Group, Node, NodeHealth,
    NodeKind, Observation, Picture, Primitive, Resource, Role, Score, Summary, Tier, Viewpoint,
};

use super::{Finding, assess};

/// The present of all these tests.
pub(super) fn now() -> Timestamp {
    ago(0)
}

/// So many seconds before it.
pub(super) fn ago(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 - seconds).unwrap()
}

pub(super) fn entry() -> ClusterEntry {
    ClusterEntry {
        name: "db".into(),
        tier: Tier::Core,
        hosts: ["db1", "db2", "db3"].map(Into::into).to_vec(),
        access: Access::default(),
        needs: None,
    }
}

/// Three members, a fencing device and `vip-db` on `db1`, and the promotable clone `galera` on all.
pub(super) fn healthy() -> Picture {
    Picture {
        summary: Summary {
            dc: Some("db1".into()),
            dc_told: true,
            quorate: Some(true),
            pacemakerd_state: Some("running".to_owned()),
            options: ClusterOptions {
                fencing_enabled: Some(true),
                symmetric: Some(true),
                no_quorum_policy: Some("stop".to_owned()),
                ..ClusterOptions::default()
            },
            ..Summary::default()
        },
        nodes: vec![node("db1"), node("db2"), node("db3")],
        resources: vec![
            Resource::Primitive(primitive("fence", "stonith:fence_ipmilan", &["db1"])),
            Resource::Primitive(primitive("vip-db", "ocf:heartbeat:IPaddr2", &["db1"])),
            galera(&["db1", "db2", "db3"], 3),
        ],
        ..Picture::default()
    }
}

pub(super) fn node(name: &str) -> Node {
    Node {
        name: name.into(),
        id: name.to_owned(),
        kind: NodeKind::Member,
        online: true,
        standby: false,
        standby_on_fail: false,
        maintenance: false,
        pending: false,
        unclean: false,
        shutdown: false,
        expected_up: true,
        is_dc: name == "db1",
        health: NodeHealth::Green,
        resources_running: None,
        feature_set: Some("3.16.1".to_owned()),
    }
}

/// Stopped where no node is named.
pub(super) fn primitive(id: &str, agent: &str, nodes: &[&str]) -> Primitive {
    Primitive {
        id: id.into(),
        agent: agent.to_owned(),
        role: if nodes.is_empty() { Role::Stopped } else { Role::Started },
        target_role: None,
        active: !nodes.is_empty(),
        managed: true,
        failed: false,
        failure_ignored: false,
        blocked: false,
        orphaned: false,
        maintenance: false,
        pending: None,
        locked_to: None,
        nodes: nodes.iter().map(|node| (*node).into()).collect(),
    }
}

/// Instances on those nodes, the first of them promoted, and stopped ones up to that many.
pub(super) fn galera(nodes: &[&str], instances: usize) -> Resource {
    let agent = "ocf:heartbeat:galera";
    let instance = |index: usize| {
        let mut instance =
            primitive("galera", agent, nodes.get(index).map(std::slice::from_ref).unwrap_or_default());
        if instance.active {
            instance.role = if index == 0 { Role::Promoted } else { Role::Unpromoted };
        }
        Resource::Primitive(instance)
    };
    Resource::Clone(CloneResource {
        id: "galera-clone".into(),
        promotable: true,
        unique: false,
        managed: true,
        disabled: false,
        maintenance: false,
        failed: false,
        failure_ignored: false,
        target_role: None,
        instances: (0..instances).map(instance).collect(),
    })
}

pub(super) fn group(id: &str, members: Vec<Primitive>) -> Resource {
    Resource::Group(Group {
        id: id.into(),
        managed: true,
        disabled: false,
        maintenance: false,
        members: members.into_iter().map(Resource::Primitive).collect(),
    })
}

/// A monitor that found it not running, 12 s ago.
pub(super) fn failure(resource: &str, node: &str, operation: &str) -> Failure {
    Failure {
        resource: resource.into(),
        node: node.into(),
        operation: operation.to_owned(),
        interval_ms: 0,
        exit_code: Some(5),
        exit_status: "not installed".to_owned(),
        exit_reason: String::new(),
        status: "complete".to_owned(),
        at: Some(ago(12)),
    }
}

/// A reboot; one that is not pending ended 12 s ago.
pub(super) fn fencing(target: &str, outcome: FencingOutcome) -> FencingEvent {
    FencingEvent {
        action: "reboot".to_owned(),
        target: target.into(),
        outcome,
        delegate: None,
        client: "pacemaker-controld.86".to_owned(),
        origin: Some("db1".into()),
        completed: (outcome != FencingOutcome::Pending).then(|| ago(12)),
        exit_reason: String::new(),
    }
}

/// The one resource of that id at the top level, to be changed.
pub(super) fn resource<'a>(picture: &'a mut Picture, id: &str) -> &'a mut Primitive {
    let found = picture.resources.iter_mut().find_map(|resource| match resource {
        Resource::Primitive(primitive) if primitive.id == *id => Some(primitive),
        _ => None,
    });
    found.unwrap()
}

/// A configuration in which those resources exist, without anything more about them.
pub(super) fn known(ids: &[&str]) -> Cib {
    let resource = |id: &&str| ConfiguredResource {
        id: (*id).into(),
        kind: "primitive".to_owned(),
        parent: None,
        agent: None,
        meta: Vec::new(),
        parameters: 0,
        settings: Vec::new(),
        template: None,
        utilization: Vec::new(),
    };
    Cib { resources: ids.iter().map(resource).collect(), ..Cib::default() }
}

/// `vip-db` runs where `galera-clone` is promoted.
pub(super) fn vip_follows_promoted() -> Constraint {
    let rule = ConstraintRule::Colocation {
        resource: "vip-db".into(),
        with: "galera-clone".into(),
        score: Some(Score::Infinity),
        role: None,
        with_role: Some(Role::Promoted),
    };
    Constraint::new("col", rule)
}

/// With a migration threshold of 3.
pub(super) fn fail_count(resource: &str, node: &str, count: i32) -> FailCount {
    FailCount {
        node: node.into(),
        resource: resource.into(),
        count: Score::Finite(count),
        migration_threshold: Some(Score::Finite(3)),
        last_failure: None,
    }
}

pub(super) fn live(picture: Picture) -> Observation {
    Observation {
        contact: Contact::Live { host: "db1".into() },
        picture: Some(Arc::new(picture)),
        confirmed: Some(now()),
        is_dated_by_file: false,
        viewpoints: Vec::new(),
        clock_ahead: Some(SignedDuration::ZERO),
        stacks: Vec::new(),
    }
}

pub(super) fn observed(contact: Contact, viewpoints: Vec<Viewpoint>) -> Observation {
    Observation { contact, viewpoints, ..live(healthy()) }
}

/// What is found in a healthy picture changed in that way.
pub(super) fn findings(change: impl FnOnce(&mut Picture)) -> Vec<Finding> {
    let mut picture = healthy();
    change(&mut picture);
    assess(&entry(), &live(picture), now())
}

/// The same in lines, worst first: `critical node-unclean db3: db3 is unclean …`.
pub(super) fn told(change: impl FnOnce(&mut Picture)) -> Vec<String> {
    lines(&findings(change))
}

pub(super) fn lines(findings: &[Finding]) -> Vec<String> {
    let line = |finding: &Finding| {
        format!("{} {} {}: {}", finding.severity, finding.code, finding.subject, finding.summary)
    };
    findings.iter().map(line).collect()
}

/// What is said when members believe that: host, DC, quorum, and the members that it sees online.
pub(super) fn told_by_members(views: &[(&str, &str, bool, &[&str])]) -> Vec<String> {
    let viewpoint = |(host, dc, quorate, online): &(&str, &str, bool, &[&str])| {
        let online = online.iter().map(|node| (*node).into()).collect();
        let belief = Belief::Running { dc: Some((*dc).into()), quorate: Some(*quorate), online };
        Viewpoint { host: (*host).into(), belief }
    };
    let viewpoints = views.iter().map(viewpoint).collect();
    let observation = observed(Contact::Live { host: "db1".into() }, viewpoints);
    lines(&assess(&entry(), &observation, now()))
}
