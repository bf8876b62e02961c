//! What each version brought or wrote differently is understood.

use jiff::Timestamp;
use jiff::tz::Offset;
use quorate::model::{FencingOutcome, NodeHealth, NodeKind, Picture, Resource, Role, Score};
use quorate::pacemaker::parse::{self, Answer};
use rstest::rstest;

use crate::{all_fixtures, fixture, node, picture, picture_of, primitive};

fn version(name: &str) -> Picture {
    picture(&format!("versions/{name}.crm_mon.xml"))
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

const NONE: [&str; 0] = [];

#[test]
fn of_1_1_10_is_sparse() {
    let picture = version("1.1.10");
    assert_eq!(picture.oddities, NONE, "expected_votes=\"unknown\" is not an oddity");
    assert_eq!(picture.summary.last_change, Some(at("2015-12-03T08:58:01Z")), "ctime in the host's zone");
    assert_eq!(picture.summary.last_change_by.to_string(), "via crmd on db1");
    assert_eq!((picture.summary.nodes_configured, picture.summary.resources_blocked), (Some(2), None));
    assert!(!node(&picture, "db2").maintenance && node(&picture, "db2").standby);
    assert_eq!(node(&picture, "pinghost").kind, NodeKind::Other("ping".to_owned()));
    assert_eq!(primitive(&picture, "drbd").role, Role::Promoted);
    assert_eq!(primitive(&picture, "vip-db").agent, "ocf:heartbeat:IPaddr2");
    assert!(!primitive(&picture, "old-web").managed);
    assert!(matches!(&picture.resources[2], Resource::Group(group) if group.managed && !group.disabled));
    assert_eq!(picture.summary.options.fencing_enabled, None);
}

#[test]
fn of_1_1_12_tells_failures() {
    let picture = version("1.1.12");
    let told: Vec<_> = picture
        .failures
        .iter()
        .map(|it| (it.resource.as_str(), it.operation.as_str(), it.interval_ms, it.exit_code))
        .collect();
    assert_eq!(
        told,
        [
            ("a_b", "monitor", 10_000, Some(7)),
            ("vm_1", "migrate_to", 0, Some(1)),
            ("a_b", "start", 0, Some(5)),
            ("galera", "start", 0, Some(1)),
        ]
    );
    assert_eq!(picture.failures[0].at, Some(at("2015-12-03T08:59:30Z")));
    assert_eq!(picture.failures[1].at, None);
    let galera = primitive(&picture, "galera");
    assert_eq!((&galera.role, galera.pending.as_deref()), (&Role::Starting, Some("Monitoring")));
    assert!(galera.failure_ignored);
    assert_eq!(picture.summary.quorate, Some(false));
    assert!(node(&picture, "db2").standby_on_fail && node(&picture, "db1").unclean);
    assert!(node(&picture, "db3").pending && node(&picture, "db3").maintenance);
}

#[test]
fn of_1_1_13_names_the_guests_machine_container_id() {
    let picture = version("1.1.13");
    assert_eq!(node(&picture, "guest1").kind, NodeKind::Guest { resource: Some("vm-guest1".into()) });
    assert_eq!(node(&picture, "compute1").kind, NodeKind::Remote);
    assert!(primitive(&picture, "cache").orphaned);
    assert_eq!(picture.summary.last_change, None);
    assert!(picture.summary.last_change_by.is_unknown());
    assert_eq!(picture.oddities, NONE);
}

#[test]
fn of_1_1_14_brings_four_sections() {
    let picture = version("1.1.14");
    assert_eq!(node(&picture, "web-guest").kind, NodeKind::Guest { resource: Some("vm-web".into()) });
    assert!(node(&picture, "db1").shutdown);
    let [ping, site] = picture.attributes.as_slice() else { panic!("{:?}", picture.attributes) };
    assert_eq!((ping.value.as_str(), ping.expected.as_deref()), ("0", Some("1000")));
    assert_eq!((site.node.as_str(), site.name.as_str(), &site.expected), ("db2", "site", &None));
    let [db, vm] = picture.fail_counts.as_slice() else { panic!("{:?}", picture.fail_counts) };
    assert_eq!((db.count, db.last_failure), (Score::Infinity, Some(at("2016-03-10T15:59:59Z"))));
    assert!(db.at_threshold() && !vm.at_threshold());
    assert_eq!((vm.count, vm.migration_threshold), (Score::Finite(2), Some(Score::Infinity)));
    let tickets: Vec<_> = picture.tickets.iter().map(|it| (it.id.as_str(), it.granted, it.standby)).collect();
    assert_eq!(tickets, [("ticketA", true, false), ("ticketB", false, true)]);
    assert_eq!(picture.tickets[0].last_granted, Some(at("2016-03-10T14:00:00Z")));
    let bans: Vec<_> = picture.bans.iter().map(|it| (it.id.as_str(), it.weight, it.promoted_only)).collect();
    assert_eq!(
        bans,
        [("cli-ban-db-on-db2", Score::MinusInfinity, true), ("avoid", Score::Finite(-200), false)]
    );
    let options = &picture.summary.options;
    assert_eq!((options.symmetric, options.no_quorum_policy.as_deref()), (Some(false), Some("freeze")));
    assert_eq!(picture.oddities, NONE);
}

#[test]
fn of_1_1_16_tells_what_is_blocked_and_disabled() {
    let picture = version("1.1.16");
    let summary = &picture.summary;
    assert_eq!((summary.resources_disabled, summary.resources_blocked), (Some(1), Some(1)));
    assert_eq!((&summary.dc, summary.quorate), (&None, None));
    assert!(summary.options.maintenance_mode);
    let blocked = primitive(&picture, "R&D");
    assert!(blocked.blocked && blocked.failed && !blocked.managed);
    assert_eq!(blocked.target_role, Some(Role::Stopped));
    assert_eq!(primitive(&picture, "off").target_role, Some(Role::Stopped), "as an administrator typed it");
    assert_eq!(picture.failures[0].resource, "R&D", "1.1 did not escape names");
    assert_eq!(picture.failures[0].exit_reason, "limit < 5 & no disk");
}

#[test]
fn of_1_1_17_brings_bundles() {
    let picture = version("1.1.17");
    let Resource::Bundle(bundle) = &picture.resources[0] else { panic!("{:?}", picture.resources[0]) };
    assert_eq!((bundle.container.as_str(), bundle.replicas.len()), ("docker", 2));
    assert_eq!(bundle.image, "registry.example.org/rabbit:pcmk?a=1&b=2");
    let replica = NodeKind::Bundle { resource: Some("rabbit-bundle-docker-1".into()) };
    assert_eq!(node(&picture, "rabbit-bundle-1").kind, replica);
    let parents: Vec<_> = picture.primitives().map(|(parent, _)| parent.unwrap().as_str()).collect();
    assert_eq!(parents[..8], ["rabbit-bundle"; 8]);
    assert_eq!(parents[8..], ["g-web:0"]);
    assert!(matches!(&picture.resources[1], Resource::Clone(clone) if clone.unique));
    assert_eq!(picture.oddities, NONE);
}

#[rstest]
fn of_1_1_20_and_2_0_1_call_it_state(#[values("1.1.20", "2.0.1")] name: &str) {
    let picture = version(name);
    let told: Vec<_> =
        picture.fencing.iter().map(|it| (it.target.as_str(), it.outcome, it.completed)).collect();
    assert_eq!(
        told,
        [
            ("db3", FencingOutcome::Pending, None),
            ("db2", FencingOutcome::Success, Some(at("2019-09-11T08:11:00Z"))),
            ("db2", FencingOutcome::Failed, Some(at("2019-09-11T08:10:00Z"))),
        ]
    );
    assert_eq!(picture.fencing[1].delegate, Some("db3".into()));
    assert_eq!(picture.oddities, NONE);
}

#[test]
fn of_2_0_3_is_a_new_api() {
    let picture = version("2.0.3");
    let told: Vec<_> = picture.fencing.iter().map(|it| (it.outcome, it.completed)).collect();
    assert_eq!(
        told,
        [
            (FencingOutcome::Pending, None),
            (FencingOutcome::Failed, Some(at("2019-12-04T10:25:00Z"))),
            (FencingOutcome::Success, Some(at("2019-12-04T10:20:00Z"))),
        ]
    );
    assert_eq!(picture.oddities, ["line 31: fencing of db3 ended in a status \"perhaps\""]);
    assert_eq!(picture.failures[0].exit_reason, "WAL <00000002> & timeline", "escaped twice");
    assert_eq!(picture.failures[0].at, Some(at("2019-12-04T10:30:00Z")));
    let roles: Vec<_> = picture.primitives().map(|(_, it)| it.role.clone()).collect();
    assert_eq!(roles, [Role::Unpromoted, Role::Promoting]);
    assert_eq!(primitive(&picture, "db").target_role, Some(Role::Unpromoted));
    assert!(matches!(&picture.resources[0], Resource::Clone(it) if it.target_role == Some(Role::Unpromoted)));
}

#[test]
fn of_2_0_4_leaves_out_parts_of_the_summary() {
    let picture = version("2.0.4");
    let summary = &picture.summary;
    assert_eq!((&summary.stack, &summary.dc, summary.quorate), (&None, &None, None));
    assert_eq!(summary.nodes_configured, Some(1));
    assert_eq!(picture.oddities, ["line 10: the fencing history could not be read there (status 102)"]);
}

#[test]
fn of_2_0_5_tells_what_is_disabled() {
    let picture = version("2.0.5");
    assert!(picture.summary.options.stop_all_resources);
    assert!(matches!(&picture.resources[0], Resource::Clone(it) if it.disabled && it.managed));
    assert!(matches!(&picture.resources[1], Resource::Group(it) if it.disabled && !it.managed));
}

#[test]
fn of_2_1_0_has_other_words_that_mean_the_same() {
    let (new, compatible) = (version("2.1.0"), version("2.1.0-compatible"));
    assert_eq!(new.resources, compatible.resources, "by value, not by version");
    let roles: Vec<_> = new.primitives().map(|(_, it)| (it.role.word(), it.agent.as_str())).collect();
    assert_eq!(roles, [("Promoted", "ocf:heartbeat:pgsql"), ("Unpromoted", "ocf:heartbeat:pgsql")]);
    assert!(new.bans[0].promoted_only);
    assert_eq!(new.attributes[0].expected.as_deref(), Some("1000"));
    assert_eq!(new.failures[0].exit_reason, "");
    assert_eq!(new.oddities, NONE, "call=\"-1\" is not an oddity");
    assert!(matches!(&new.resources[0], Resource::Clone(it) if it.failed && it.promotable));
}

#[test]
fn of_2_1_1_without_fencing() {
    let picture = version("2.1.1");
    assert_eq!(picture.summary.options.fencing_enabled, Some(false));
    assert_eq!(picture.summary.options.no_quorum_policy.as_deref(), Some("ignore"));
    assert_eq!(picture.oddities, NONE);
}

#[test]
fn of_2_1_3_tells_health_and_why_fencing_failed() {
    let picture = version("2.1.3");
    let health: Vec<_> = picture.nodes.iter().map(|node| node.health).collect();
    assert_eq!(health, [NodeHealth::Green, NodeHealth::Yellow, NodeHealth::Red]);
    assert_eq!(node(&picture, "db3").kind, NodeKind::Other("unknown".to_owned()));
    assert_eq!(picture.fencing[0].exit_reason, "Agent not found: fence_ipmi");
    assert_eq!(picture.fencing[0].delegate, None);
}

#[test]
fn of_2_1_5_tells_versions_and_locks() {
    let picture = version("2.1.5");
    assert!(picture.summary.mixed_version);
    assert_eq!(node(&picture, "db2").feature_set.as_deref(), Some("3.15.0"));
    assert_eq!(primitive(&picture, "db").locked_to, Some("db2".into()));
}

#[test]
fn of_2_1_6_tells_maintenance_of_each() {
    let picture = version("2.1.6");
    assert_eq!(picture.summary.pacemakerd_state.as_deref(), Some("shutting_down"));
    assert!(picture.primitives().all(|(_, primitive)| primitive.maintenance));
    for resource in &picture.resources {
        assert!(match resource {
            Resource::Primitive(it) => it.maintenance,
            Resource::Group(it) => it.maintenance,
            Resource::Clone(it) => it.maintenance,
            Resource::Bundle(it) => it.maintenance && it.failed,
        });
    }
    assert_eq!(picture.fencing[0].completed, Some(at("2023-05-24T11:20:00.123456Z")));
}

#[test]
fn of_2_1_6_tells_when_it_is_disconnected() {
    let xml = fixture("versions/2.1.6-disconnected.crm_mon.xml");
    let stopped = Answer::Stopped {
        message: "Latest connection attempt failed".to_owned(),
        pacemakerd_state: Some("starting_daemons".to_owned()),
    };
    assert_eq!(parse::crm_mon(xml.as_bytes(), None), Ok(stopped));
}

#[test]
fn of_2_1_8_nests_constraints_in_tickets() {
    let picture = version("2.1.8");
    let tickets: Vec<_> = picture.tickets.iter().map(|it| (it.id.as_str(), it.granted)).collect();
    assert_eq!(tickets, [("ticketA", false), ("ticketB", true), ("ticketC", false)]);
    assert_eq!(picture.oddities, ["line 17: <ticket> status=\"lent\" is neither granted nor revoked"]);
}

#[test]
fn of_3_0_2_renames_orphaned_and_stonith() {
    let picture = version("3.0.2");
    assert!(primitive(&picture, "old").orphaned && primitive(&picture, "older").orphaned);
    assert_eq!(picture.summary.options.fencing_enabled, Some(true), "the new name wins");
    assert_eq!(picture.failures[0].exit_reason, "gone for <good>");
    assert_eq!(picture.fail_counts[0].count, Score::Infinity);
}

/// What is relied on from outside: one entry for each `<resource>` element, in its order.
#[test]
fn every_resource_element_is_listed_once_and_in_order() {
    for (name, xml) in all_fixtures(".crm_mon.xml") {
        let Ok(Answer::Running(picture)) = parse::crm_mon(xml.as_bytes(), None) else {
            let stopped = ["versions/2.1.6-disconnected.crm_mon.xml", "stopped-stack.crm_mon.xml"];
            assert!(stopped.contains(&name.as_str()), "{name}");
            continue;
        };
        let written: Vec<_> =
            xml.split("<resource id=\"").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
        let read: Vec<_> = picture.primitives().map(|(_, primitive)| primitive.id.as_str()).collect();
        assert_eq!(read, written, "{name}");
    }
}

#[test]
fn grouped_by_node() {
    let picture = picture_of(
        r#"<crm_mon><nodes><node name="n1" type="member"><resource id="a" role="Started"/></node>
        <node name="n2" type="member"><group id="g"><resource id="b" role="Started"><node name="n2"/></resource></group></node></nodes>
        <resources><resource id="c" role="Stopped"/></resources></crm_mon>"#,
    );
    let read: Vec<_> = picture.primitives().map(|(_, it)| (it.id.as_str(), it.nodes.len())).collect();
    assert_eq!(read, [("a", 1), ("b", 1), ("c", 0)]);
}

#[test]
fn what_is_unknown_is_passed_over_and_holds_nothing_back() {
    let picture = picture_of(
        r#"<crm_mon shape="round"><weather/><nodes><moon/><node name="n1" type="member" online="true" mood="good"/></nodes>
        <resources><pod id="p"><resource id="a" role="Sleeping" target_role=""/></pod><note/><resource id="b"/></resources></crm_mon>"#,
    );
    assert!(node(&picture, "n1").online);
    let read: Vec<_> = picture.primitives().map(|(_, it)| (it.id.as_str(), it.role.word())).collect();
    assert_eq!(read, [("a", "Sleeping"), ("b", "Unknown")]);
    assert_eq!(picture.oddities, ["line 2: <pod> holds resources and is not known"]);
}

#[test]
fn what_is_not_understood_is_neutral_and_told_with_its_place() {
    let picture = picture_of(
        "<crm_mon>\n<nodes>\n<node name=\"n1\" online=\"maybe\" resources_running=\"many\" health=\"pale\"/>\n</nodes>
        <bans><ban id=\"b\" weight=\"heavy\" promoted-only=\"\"/></bans><failures><failure id=\"x\" interval=\"often\" exitcode=\"\u{1b}[1m?\"
        last-rc-change=\"yesterday\"/></failures><node_history><node name=\"n1\"><resource_history fail-count=\"few\"/></node></node_history></crm_mon>",
    );
    let n1 = node(&picture, "n1");
    assert_eq!((n1.online, n1.resources_running, n1.health), (false, None, NodeHealth::Green));
    assert_eq!(picture.bans[0].weight, Score::Finite(0));
    assert!(picture.fail_counts.is_empty());
    assert_eq!(
        picture.oddities,
        [
            "line 3: <node> online=\"maybe\" is not a yes or no",
            "line 3: <node> health=\"pale\" is not a health",
            "line 3: <node> resources_running=\"many\" is not a number in range",
            "line 6: <resource_history> fail-count=\"few\" is not a score",
            "line 5: <failure> of \"x\" does not say which operation",
            "line 5: <failure> interval=\"often\" is not a number of milliseconds",
            "line 5: <failure> exitcode=\"?\" is not a number in range",
            "line 5: <failure> last-rc-change=\"yesterday\" is not a date",
            "line 5: <ban> weight=\"heavy\" is not a score",
            "line 5: <ban> promoted-only=\"\" is not a yes or no",
        ]
    );
}

#[test]
fn oddities_are_bounded() {
    let xml = format!("<crm_mon><nodes>{}</nodes></crm_mon>", "<node online='?'/>".repeat(1000));
    let oddities = picture_of(&xml).oddities;
    assert_eq!(oddities.len(), 51);
    assert_eq!(oddities[50], "more that is not listed");
}

#[rstest]
#[case::no_rights(
    r#"<pacemaker-result><status code="4" message="Insufficient privileges"/></pacemaker-result>"#,
    Answer::Refused { code: 4, message: "Insufficient privileges".to_owned() }
)]
#[case::starting(
    r#"<pacemaker-result><pacemakerd state="init"/><status code="0" message="OK"/></pacemaker-result>"#,
    Answer::Stopped { message: "OK".to_owned(), pacemakerd_state: Some("init".to_owned()) }
)]
fn no_picture(#[case] xml: &str, #[case] expected: Answer) {
    assert_eq!(parse::crm_mon(xml.as_bytes(), None), Ok(expected));
}

#[test]
fn a_banner_is_skipped_and_told() {
    let xml = format!("Welcome to db1 <admin>!\n\n{}", fixture("versions/1.1.10.crm_mon.xml"));
    let with_banner = picture_of(&xml);
    assert_eq!(with_banner.oddities, ["line 1: text before the XML"]);
    assert_eq!(Picture { oddities: Vec::new(), ..with_banner }, version("1.1.10"));
}

#[test]
fn without_a_zone_only_dates_that_name_one_are_known() {
    let xml = fixture("versions/2.1.6.crm_mon.xml");
    let Ok(Answer::Running(picture)) = parse::crm_mon(xml.as_bytes(), None) else { panic!() };
    assert_eq!(picture.summary.last_change, None);
    assert!(picture.fencing[0].completed.is_some());
    assert_eq!(picture.oddities, NONE);
    let Ok(Answer::Running(picture)) = parse::crm_mon(xml.as_bytes(), Some(Offset::UTC)) else { panic!() };
    assert_eq!(picture.summary.last_change, Some(at("2023-05-24T11:00:00Z")));
}
