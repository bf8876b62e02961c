//! What holds for the findings on any cluster, however strange.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use quorate::health::{CHECKS, Health, Severity, assess};
use quorate::model::{
    Access, Ban, Belief, Bundle, Cib, CloneResource, ClusterEntry, ClusterOptions, ConfiguredResource,
    Constraint, ConstraintRule, Contact, FailCount, Failure, FencingEvent, FencingOutcome, Group, Node,
    NodeHealth, NodeKind, Observation, Picture, Primitive, Replica, Resource, Role, Score, Summary, Ticket,
    Tier, Trouble, TroubleKind, Viewpoint,
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_cluster_can_be_judged(observation in observation(), now in moment(), tier in tier()) {
        let entry = ClusterEntry { name: "db".into(), tier, hosts: vec!["db1".into()], access: Access::default(), needs: None };
        let findings = assess(&entry, &observation, now);
        prop_assert_eq!(&findings, &assess(&entry, &observation, now));

        let rank = |code: &str| CHECKS.iter().position(|check| check.code == code);
        for pair in findings.windows(2) {
            prop_assert!(pair[0].severity >= pair[1].severity, "{:?}", pair);
            if pair[0].severity == pair[1].severity {
                prop_assert!(rank(pair[0].code) <= rank(pair[1].code), "{:?}", pair);
            }
        }
        for finding in &findings {
            prop_assert!(rank(finding.code).is_some());
            prop_assert!(!finding.summary.is_empty() && !finding.remedy.is_empty(), "{:?}", finding);
            let text = [finding.subject.as_str(), &finding.summary, &finding.remedy];
            let evidence = finding.evidence.iter().map(String::as_str);
            prop_assert!(text.into_iter().chain(evidence).all(|text| !text.contains(char::is_control)));
            prop_assert!(finding.evidence.len() < 40, "{:?}", finding);
        }
    }

    /// Unreachable is neither healthy nor ill, whatever was seen before.
    #[test]
    fn what_is_not_seen_now_is_unknown(observation in observation(), now in moment()) {
        let entry = ClusterEntry { name: "db".into(), tier: Tier::Core, hosts: vec!["db1".into()], access: Access::default(), needs: None };
        let findings = assess(&entry, &observation, now);
        match observation.contact {
            Contact::Lost { .. } => {
                prop_assert!(!findings.is_empty());
                prop_assert!(findings.iter().all(|finding| finding.severity == Severity::Unknown));
            }
            Contact::Connecting => prop_assert_eq!(Health::of(&findings), Health::Unknown),
            Contact::Stopped { .. } => prop_assert_eq!(Health::of(&findings), Health::Critical),
            Contact::Live { .. } | Contact::Saved => {}
        }
    }
}

#[test]
fn codes_are_stable_words_of_their_own() {
    let mut codes: Vec<_> = CHECKS.iter().map(|check| check.code).collect();
    assert!(codes.iter().all(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '-')), "{codes:?}");
    assert!(CHECKS.iter().all(|check| check.meaning.ends_with('.')));
    codes.sort_unstable();
    let count = codes.len();
    codes.dedup();
    assert_eq!(codes.len(), count);
}

/// Few names, so that things meet; some of them hostile.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec!["db1", "db2", "db3", "vip", "galera", "galera:0", "cli-ban-x", "g"]).prop_map(String::from),
        1 => prop::sample::select(vec!["", ":", "a:", "$(x)", "it's", "\u{1b}[2J", "\u{202e}x", "-rf", "a b\nc"]).prop_map(String::from),
        1 => ".{0,12}",
    ]
}

fn moment() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        Just(Timestamp::MIN),
        Just(Timestamp::MAX),
        (0_i64..4_000_000_000)
            .prop_map(|second| Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH)),
    ]
}

fn skew() -> impl Strategy<Value = SignedDuration> {
    prop_oneof![
        Just(SignedDuration::MIN),
        Just(SignedDuration::MAX),
        (-1_000_i64..1_000).prop_map(SignedDuration::from_secs),
    ]
}

fn tier() -> impl Strategy<Value = Tier> {
    prop::sample::select(vec![Tier::Hosts, Tier::Core, Tier::OpenStack, Tier::Compute, Tier::Other])
}

fn score() -> impl Strategy<Value = Score> {
    prop_oneof![Just(Score::MinusInfinity), Just(Score::Infinity), (-5..5).prop_map(Score::Finite)]
}

fn role() -> impl Strategy<Value = Role> {
    prop::sample::select(vec![
        "Stopped",
        "Started",
        "Promoted",
        "Unpromoted",
        "Starting",
        "Migrating",
        "Dancing",
    ])
    .prop_map(Role::from_word)
}

fn kind() -> impl Strategy<Value = NodeKind> {
    prop_oneof![
        4 => Just(NodeKind::Member),
        1 => Just(NodeKind::Remote),
        1 => Just(NodeKind::Guest { resource: None }),
        1 => Just(NodeKind::Bundle { resource: None }),
        1 => name().prop_map(NodeKind::Other),
    ]
}

fn node() -> impl Strategy<Value = Node> {
    let health = prop::sample::select(vec![NodeHealth::Green, NodeHealth::Yellow, NodeHealth::Red]);
    (name(), kind(), any::<[bool; 9]>(), health, option::of(any::<u32>()), option::of(name())).prop_map(
        |(name, kind, flags, health, resources_running, feature_set)| Node {
            id: name.clone(),
            name: name.into(),
            kind,
            online: flags[0],
            standby: flags[1],
            standby_on_fail: flags[2],
            maintenance: flags[3],
            pending: flags[4],
            unclean: flags[5],
            shutdown: flags[6],
            expected_up: flags[7],
            is_dc: flags[8],
            health,
            resources_running,
            feature_set,
        },
    )
}

fn primitive() -> impl Strategy<Value = Primitive> {
    let agent = prop::sample::select(vec!["stonith:fence", "ocf:heartbeat:Dummy", "ocf:pacemaker:remote"]);
    (name(), agent, role(), option::of(role()), any::<[bool; 7]>(), vec(name(), 0..3)).prop_map(
        |(id, agent, role, target_role, flags, nodes)| Primitive {
            id: id.into(),
            agent: agent.to_owned(),
            role,
            target_role,
            active: flags[0],
            managed: flags[1],
            failed: flags[2],
            failure_ignored: flags[3],
            blocked: flags[4],
            orphaned: flags[5],
            maintenance: flags[6],
            pending: None,
            locked_to: None,
            nodes: nodes.into_iter().map(Into::into).collect(),
        },
    )
}

fn resource() -> impl Strategy<Value = Resource> {
    primitive().prop_map(Resource::Primitive).prop_recursive(3, 12, 4, |inner| {
        let group =
            (name(), any::<[bool; 3]>(), vec(inner.clone(), 0..4)).prop_map(|(id, flags, members)| {
                let [managed, disabled, maintenance] = flags;
                Resource::Group(Group { id: id.into(), managed, disabled, maintenance, members })
            });
        let clone = (name(), any::<[bool; 7]>(), option::of(role()), vec(inner.clone(), 0..4)).prop_map(
            |(id, flags, target_role, instances)| {
                let [promotable, unique, managed, disabled, maintenance, failed, failure_ignored] = flags;
                Resource::Clone(CloneResource {
                    id: id.into(),
                    promotable,
                    unique,
                    managed,
                    disabled,
                    maintenance,
                    failed,
                    failure_ignored,
                    target_role,
                    instances,
                })
            },
        );
        let bundle = (name(), vec(vec(inner, 0..3), 0..3)).prop_map(|(id, replicas)| {
            let replica =
                |(index, resources): (usize, Vec<Resource>)| Replica { id: index.to_string(), resources };
            Resource::Bundle(Bundle {
                id: id.into(),
                container: "podman".to_owned(),
                image: "db:1".to_owned(),
                unique: false,
                managed: true,
                maintenance: false,
                failed: false,
                replicas: replicas.into_iter().enumerate().map(replica).collect(),
            })
        });
        prop_oneof![group, clone, bundle]
    })
}

fn failure() -> impl Strategy<Value = Failure> {
    let operation = prop::sample::select(vec!["start", "stop", "monitor", "promote", ""]);
    (name(), name(), operation, option::of(any::<i32>()), name(), option::of(moment())).prop_map(
        |(resource, node, operation, exit_code, words, at)| Failure {
            resource: resource.into(),
            node: node.into(),
            operation: operation.to_owned(),
            interval_ms: 10_000,
            exit_code,
            exit_status: words.clone(),
            exit_reason: words.clone(),
            status: words,
            at,
        },
    )
}

fn fencing() -> impl Strategy<Value = FencingEvent> {
    use FencingOutcome::{Failed, Pending, Success};
    let outcome = prop::sample::select(vec![Pending, Success, Failed]);
    (name(), outcome, option::of(name()), option::of(moment())).prop_map(
        |(target, outcome, delegate, completed)| FencingEvent {
            action: "reboot".to_owned(),
            target: target.clone().into(),
            outcome,
            delegate: delegate.map(Into::into),
            client: target,
            origin: None,
            completed,
            exit_reason: String::new(),
        },
    )
}

fn fail_count() -> impl Strategy<Value = FailCount> {
    (name(), name(), score(), option::of(score()), option::of(moment())).prop_map(
        |(node, resource, count, migration_threshold, last_failure)| FailCount {
            node: node.into(),
            resource: resource.into(),
            count,
            migration_threshold,
            last_failure,
        },
    )
}

fn ban() -> impl Strategy<Value = Ban> {
    (name(), name(), name(), score(), any::<bool>()).prop_map(
        |(id, resource, node, weight, promoted_only)| Ban {
            id: id.into(),
            resource: resource.into(),
            node: node.into(),
            weight,
            promoted_only,
        },
    )
}

fn rule() -> impl Strategy<Value = ConstraintRule> {
    let location = (name(), option::of(name()), option::of(score()), option::of(role())).prop_map(
        |(resource, node, score, role)| ConstraintRule::Location {
            resource: resource.into(),
            node: node.map(Into::into),
            score,
            role,
            rule: String::new(),
        },
    );
    let colocation = (name(), name(), option::of(score()), option::of(role())).prop_map(
        |(resource, with, score, with_role)| ConstraintRule::Colocation {
            resource: resource.into(),
            with: with.into(),
            score,
            role: None,
            with_role,
        },
    );
    let order = (name(), name()).prop_map(|(first, then)| ConstraintRule::Order {
        first: first.into(),
        first_action: "promote".to_owned(),
        then: then.into(),
        then_action: "start".to_owned(),
        kind: "Mandatory".to_owned(),
    });
    let ticket = (name(), name()).prop_map(|(resource, ticket)| ConstraintRule::Ticket {
        resources: vec![resource.into()],
        role: None,
        ticket,
        loss_policy: "stop".to_owned(),
    });
    prop_oneof![location, colocation, order, ticket]
}

fn cib() -> impl Strategy<Value = Cib> {
    let constraint = (name(), rule(), option::of(moment()))
        .prop_map(|(id, rule, expires)| Constraint { expires, ..Constraint::new(id, rule) });
    let meta = prop::sample::select(vec!["target-role", "clone-max", "promoted-max", "clone-node-max"]);
    let value = prop::sample::select(vec!["Stopped", "0", "1", "18446744073709551615", "-1", ""]);
    let meta = (meta, value).prop_map(|(name, value)| (name.to_owned(), value.to_owned()));
    let configured = (name(), vec(meta, 0..4)).prop_map(|(id, meta)| ConfiguredResource {
        id: id.into(),
        kind: "clone".to_owned(),
        parent: None,
        agent: None,
        meta,
        parameters: 0,
        settings: Vec::new(),
        template: None,
        utilization: Vec::new(),
    });
    (vec(constraint, 0..5), vec(configured, 0..5), any::<bool>(), option::of(name())).prop_map(
        |(constraints, resources, has_fencing_device, schema)| Cib {
            constraints,
            resources,
            has_fencing_device,
            schema,
            ..Cib::default()
        },
    )
}

fn summary() -> impl Strategy<Value = Summary> {
    let flags = any::<[bool; 3]>();
    let options = (option::of(any::<bool>()), option::of(any::<bool>()), option::of(name()));
    (option::of(name()), option::of(any::<bool>()), option::of(name()), flags, options).prop_map(
        |(dc, quorate, state, [mixed_version, maintenance_mode, stop_all_resources], options)| Summary {
            dc: dc.map(Into::into),
            dc_told: true,
            quorate,
            pacemakerd_state: state,
            mixed_version,
            options: ClusterOptions {
                fencing_enabled: options.0,
                symmetric: options.1,
                no_quorum_policy: options.2,
                maintenance_mode,
                stop_all_resources,
                ..ClusterOptions::default()
            },
            ..Summary::default()
        },
    )
}

fn picture() -> impl Strategy<Value = Picture> {
    let ticket = (name(), any::<[bool; 2]>(), option::of(moment()))
        .prop_map(|(id, [granted, standby], last_granted)| Ticket { id, granted, standby, last_granted });
    let things = (summary(), vec(node(), 0..20), vec(resource(), 0..8), option::of(cib()));
    let events = (vec(failure(), 0..6), vec(fencing(), 0..6), vec(fail_count(), 0..6));
    (things, events, vec(ban(), 0..5), vec(ticket, 0..5), vec(name(), 0..20)).prop_map(
        |((summary, nodes, resources, cib), (failures, fencing, fail_counts), bans, tickets, oddities)| {
            Picture {
                summary,
                nodes,
                resources,
                cib: cib.map(Arc::new),
                failures,
                fencing,
                fail_counts,
                bans,
                tickets,
                oddities,
                ..Picture::default()
            }
        },
    )
}

fn contact() -> impl Strategy<Value = Contact> {
    let kind =
        prop::sample::select(vec![TroubleKind::HostKeyChanged, TroubleKind::Timeout, TroubleKind::Other]);
    let trouble =
        (name(), kind).prop_map(|(host, kind)| Trouble { message: host.clone(), host: host.into(), kind });
    let lost = (moment(), vec(trouble, 0..3), moment())
        .prop_map(|(since, troubles, retry_at)| Contact::Lost { since, troubles, retry_at });
    let stopped = (vec(name(), 0..3), moment()).prop_map(|(hosts, since)| Contact::Stopped {
        hosts: hosts.into_iter().map(Into::into).collect(),
        since,
    });
    let live = name().prop_map(|host| Contact::Live { host: host.into() });
    prop_oneof![4 => live, 1 => lost, 1 => stopped, 1 => Just(Contact::Connecting)]
}

fn viewpoint() -> impl Strategy<Value = Viewpoint> {
    let running = (option::of(name()), option::of(any::<bool>()), vec(name(), 0..4)).prop_map(
        |(dc, quorate, online)| Belief::Running {
            dc: dc.map(Into::into),
            quorate,
            online: online.into_iter().map(Into::into).collect(),
        },
    );
    let belief = prop_oneof![running, Just(Belief::Stopped), name().prop_map(Belief::Silent)];
    (name(), belief).prop_map(|(host, belief)| Viewpoint { host: host.into(), belief })
}

fn observation() -> impl Strategy<Value = Observation> {
    let times = (option::of(moment()), option::of(skew()));
    (contact(), option::of(picture()), times, vec(viewpoint(), 0..4)).prop_map(
        |(contact, picture, (confirmed, clock_ahead), viewpoints)| Observation {
            contact,
            picture: picture.map(Arc::new),
            confirmed,
            is_dated_by_file: false,
            viewpoints,
            clock_ahead,
            stacks: Vec::new(),
        },
    )
}
