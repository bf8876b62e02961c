//! Answers of nodes that are as large as a hostile node can make them: reading, judging and drawing them takes time in
//! proportion to their size, and a key is handled at once.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use quorate::app::{Action, Event, State, update};
use quorate::health::{Assessment, Health};
use quorate::model::{Access, ClusterEntry, Contact, Inventory, Observation, Picture, Tier};
use quorate::pacemaker::parse;
use quorate::ui::Look;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use rstest::rstest;

/// The size of the answer that once froze the console for 92 s.
const LARGE: usize = 1_900_000;

/// As long as anything may take in a build that isn't optimised, which takes 20 to 50 times as long as a release.
const UNOPTIMISED: Duration = Duration::from_secs(2);

/// The time that this thread has worked, whatever else the machine does.
fn worked() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells it");
    let nanoseconds = text.split_whitespace().next().and_then(|first| first.parse().ok()).expect("a number");
    Duration::from_nanos(nanoseconds)
}

fn took<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let before = worked();
    let result = work();
    (result, worked().saturating_sub(before))
}

/// As many of these elements as that many bytes hold, each with its number.
fn many(bytes: usize, element: impl Fn(usize) -> String) -> String {
    let mut text = String::with_capacity(bytes + 1024);
    let mut number = 0;
    while text.len() < bytes {
        text += &element(number);
        number += 1;
    }
    text
}

fn node(number: usize, kind: &str) -> String {
    format!(
        r#"<node name="n{number}" id="{number}" online="{}" standby="false" standby_onfail="false" maintenance="false"
        pending="false" unclean="false" shutdown="false" expected_up="true" is_dc="false" resources_running="3" type="{kind}"/>"#,
        !number.is_multiple_of(3)
    )
}

fn resource(id: &str, role: &str, node: usize) -> String {
    let active = role != "Stopped";
    let node =
        if active { format!(r#"<node name="n{node}" id="{node}" cached="false"/>"#) } else { String::new() };
    format!(
        r#"<resource id="{id}" resource_agent="ocf:heartbeat:Dummy" role="{role}" active="{active}" orphaned="false"
        blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">{node}</resource>"#
    )
}

fn failure(number: usize) -> String {
    format!(
        r#"<failure op_key="r{number}:1_monitor_10000" node="n{}" exitstatus="not running" exitreason="" exitcode="7" call="1"
        status="complete" last-rc-change="2026-11-22 11:00:00Z" queued="0" exec="0" interval="10000" task="monitor"/>"#,
        number % 50
    )
}

fn history(number: usize) -> String {
    format!(
        r#"<node name="n{}"><resource_history id="r{number}" orphan="false" migration-threshold="3" fail-count="5"/></node>"#,
        number % 50
    )
}

fn constraint(number: usize) -> String {
    let next = number + 1;
    match number % 5 {
        0 => format!(r#"<rsc_location id="cli-ban-r{number}" rsc="r{number}" node="n1" score="-INFINITY"/>"#),
        1 => {
            format!(r#"<rsc_colocation id="c{number}" rsc="r{number}" with-rsc="r{next}" score="INFINITY"/>"#)
        }
        2 => format!(r#"<rsc_order id="o{number}" first="r{next}" then="r{number}" kind="Mandatory"/>"#),
        3 => format!(r#"<rsc_ticket id="t{number}" rsc="r{number}" ticket="T{number}" loss-policy="stop"/>"#),
        _ => {
            format!(r#"<rsc_location id="cli-prefer-r{number}" rsc="r{number}" node="n2" score="INFINITY"/>"#)
        }
    }
}

fn primitive(number: usize) -> String {
    format!(
        r#"<primitive id="r{number}" template="T"><meta_attributes id="m{number}"><nvpair id="v{number}" name="target-role" value="Started"/>
        </meta_attributes></primitive>"#
    )
}

/// What stands in `<resources>`: of the shapes that are about resources, that many bytes.
fn resources(shape: &str, bytes: usize) -> String {
    let stopped = |number: usize| resource(&format!("r{number}"), "Stopped", 0);
    match shape {
        "stopped" => many(bytes, stopped),
        "started" => many(bytes, |number| resource(&format!("r{number}"), "Started", number % 40)),
        "group" => format!(r#"<group id="g" number_resources="9">{}</group>"#, many(bytes, stopped)),
        "clone" => {
            let role = |number: usize| if number.is_multiple_of(2) { "Stopped" } else { "Started" };
            let instances = many(bytes, |number| resource("r1", role(number), number % 40));
            format!(r#"<clone id="c" multi_state="true" unique="false" managed="true">{instances}</clone>"#)
        }
        "clones" => many(bytes, |number| {
            let running = resource(&format!("r{number}"), "Unpromoted", number % 40);
            let instances = stopped(number) + &running;
            format!(
                r#"<clone id="c{number}" multi_state="true" unique="false" managed="true">{instances}</clone>"#
            )
        }),
        "references" => resource(&"&".repeat(bytes), "Stopped", 0),
        "long names" => {
            many(bytes, |number| resource(&format!("{}{number}", "x".repeat(50_000)), "Stopped", 0))
        }
        "deep" => {
            let depth = 60;
            format!(
                "{}{}{}",
                r#"<group id="g">"#.repeat(depth),
                many(bytes, stopped),
                "</group>".repeat(depth)
            )
        }
        "odd" => many(bytes, |number| {
            format!(r#"<resource id="r{number}" active="perhaps" managed="9" failed="?"/>"#)
        }),
        _ => many(100_000, stopped),
    }
}

/// What stands behind the resources: of the shapes that are about it, that many bytes.
fn rest(shape: &str, bytes: usize) -> String {
    match shape {
        "failures" => format!("<failures>{}</failures>", many(bytes, failure)),
        "fail counts" => format!("<node_history>{}</node_history>", many(bytes, history)),
        "bans" => {
            let bans = many(bytes, |number| {
                format!(
                    r#"<ban id="b{number}" resource="r{}" node="n{}" weight="-1000000" promoted-only="false"/>"#,
                    number % 400,
                    number % 40
                )
            });
            format!("<bans>{bans}</bans>")
        }
        "attributes" => {
            let attribute =
                |number| format!(r#"<attribute name="a{number}" value="{number}" expected="9"/>"#);
            let attributes = many(bytes, attribute);
            format!(r#"<node_attributes><node name="n1">{attributes}</node></node_attributes>"#)
        }
        "fencing" => {
            let events = many(bytes, |number| {
                format!(
                    r#"<fence_event action="reboot" target="n{number}" client="x" origin="n2" status="failed" delegate="n3"
                    completed="2026-11-22 10:00:00Z"/>"#
                )
            });
            format!(r#"<fence_history status="0">{events}</fence_history>"#)
        }
        "tickets" => {
            let ticket = |number| format!(r#"<ticket id="T{number}" status="revoked" standby="false"/>"#);
            format!("<tickets>{}</tickets>", many(bytes, ticket))
        }
        _ => String::new(),
    }
}

/// An answer of `crm_mon` of about that many bytes.
fn crm_mon(shape: &str, bytes: usize) -> String {
    let (room, kind) = if shape == "nodes" { (bytes, "remote") } else { (10_000, "member") };
    let nodes = many(room, |number| node(number, kind));
    format!(
        r#"<pacemaker-result><summary><current_dc present="true" name="n1" id="1" with_quorum="true" version="2.1.5"/>
        <last_change time="2026-11-22 11:00:00Z"/><cluster_options stonith-enabled="true" symmetric-cluster="true"/></summary>
        <nodes>{nodes}</nodes><resources>{}</resources>{}<status code="0" message="OK"/></pacemaker-result>"#,
        resources(shape, bytes),
        rest(shape, bytes)
    )
}

fn pairs(bytes: usize) -> String {
    many(bytes, |number| format!(r#"<nvpair id="p{number}" name="name{number}" value="{number}"/>"#))
}

/// What stands in the CIB's `<resources>`: of the shapes that are about it, that many bytes.
fn configured(shape: &str, bytes: usize) -> String {
    let of_template = |number| format!(r#"<primitive id="r{number}" template="T"/>"#);
    let few = || many(40_000, primitive);
    match shape {
        "a large template" => format!(
            r#"<template id="T" class="ocf" provider="x" type="y"><meta_attributes id="m">{0}</meta_attributes>
            <instance_attributes id="i">{0}</instance_attributes><utilization id="u">{0}</utilization></template>{1}"#,
            pairs(bytes / 6),
            many(bytes / 2, of_template)
        ),
        "many templates" => {
            many(bytes / 2, |number| {
                format!(r#"<template id="T{number}" class="ocf" provider="heartbeat" type="Dummy"/>"#)
            }) + &many(bytes / 2, |number| format!(r#"<primitive id="r{number}" template="T{number}"/>"#))
        }
        "many settings" => format!(
            r#"<primitive id="r0" class="stonith" type="x"><meta_attributes id="m">{0}</meta_attributes>
            <instance_attributes id="i">{0}</instance_attributes><utilization id="u">{0}</utilization></primitive>{1}"#,
            pairs(bytes / 3),
            few()
        ),
        "devices" => many(bytes, |number| {
            format!(
                r#"<primitive id="r{number}" class="stonith" type="fence_x"><instance_attributes id="i{number}"><nvpair
                id="v{number}" name="pcmk_host_list" value="n1 n2 n3 n{number}"/></instance_attributes></primitive>"#
            )
        }),
        "configured groups" => many(bytes, |number| {
            format!(
                r#"<clone id="c{number}"><group id="g{number}"><primitive id="r{number}" class="ocf"/></group></clone>"#
            )
        }),
        "a deep group" => {
            let depth = 60;
            let primitive = |number| format!(r#"<primitive id="r{number}" class="ocf"/>"#);
            format!(
                "{}{}{}",
                r#"<group id="g">"#.repeat(depth),
                many(bytes, primitive),
                "</group>".repeat(depth)
            )
        }
        _ => few(),
    }
}

/// What stands in the CIB's `<constraints>`.
fn constraints(shape: &str, bytes: usize) -> String {
    let reference = |number: usize| format!(r#"<resource_ref id="r{number}"/>"#);
    match shape {
        "constraints" => many(bytes, constraint),
        "a large set" => ["rsc_colocation", "rsc_order", "rsc_location"]
            .map(|kind| {
                let references = many(bytes / 6, reference);
                format!(
                    r#"<{kind} id="{kind}" node="n1" score="INFINITY"><resource_set id="{kind}-s">{references}</resource_set>
                    <resource_set id="{kind}-t" sequential="false">{references}</resource_set></{kind}>"#
                )
            })
            .concat(),
        "many sets" => {
            let sets = many(bytes, |number| {
                let next = reference(number + 1);
                format!(r#"<resource_set id="s{number}">{}{next}</resource_set>"#, reference(number))
            });
            format!(r#"<rsc_order id="o">{sets}</rsc_order><rsc_ticket id="t" ticket="T">{sets}</rsc_ticket>"#)
        }
        "tags" => many(40_000, |number| match number % 3 {
            0 => format!(r#"<rsc_colocation id="c{number}" rsc="tag{number}" with-rsc="tag1" score="INFINITY"/>"#),
            1 => format!(r#"<rsc_order id="o{number}" first="tag{number}" then="tag0"/>"#),
            _ => format!(r#"<rsc_location id="l{number}" rsc="tag0" node="n1" score="-INFINITY"/>"#),
        }),
        "templates in constraints" => many(bytes, |number| match number % 2 {
            0 => format!(r#"<rsc_colocation id="c{number}" rsc="T" with-rsc="T" score="INFINITY"/>"#),
            _ => format!(r#"<rsc_order id="o{number}" first="T" then="T"/>"#),
        }),
        "rules" => {
            let expressions = many(bytes, |number| {
                format!(r#"<date_expression id="d{number}" operation="lt" end="2026-12-{:02} 10:00:00Z"/>"#, number % 28 + 1)
            });
            format!(
                r#"<rsc_location id="cli-prefer-r1" rsc="r1"><rule id="u" score="1" boolean-op="and">{expressions}</rule>
                </rsc_location>"#
            )
        }
        _ => many(10_000, constraint),
    }
}

/// The other sections of the CIB.
fn sections(shape: &str, bytes: usize) -> String {
    match shape {
        "tags" => {
            let reference = |number: usize| format!(r#"<obj_ref id="r{number}"/>"#);
            let small = |number: usize| {
                format!(r#"<tag id="tag{}">{}</tag>"#, number + 2, reference(number) + &reference(number + 1))
            };
            let (large, small) = (many(bytes / 4, reference), many(bytes / 2, small));
            format!(r#"<tags><tag id="tag0">{large}</tag><tag id="tag1">{large}</tag>{small}</tags>"#)
        }
        "fencing levels" => {
            let levels = many(bytes, |number| {
                format!(
                    r#"<fencing-level id="f{number}" target="n{}" index="{number}" devices="r1,r2,r{number}"/>"#,
                    number % 500
                )
            });
            format!("<fencing-topology>{levels}</fencing-topology>")
        }
        "capacities" => {
            let nodes = many(bytes, |number| {
                format!(
                    r#"<node id="{number}" uname="n{number}"><utilization id="u{number}">{}</utilization></node>"#,
                    pairs(40)
                )
            });
            format!("<nodes>{nodes}</nodes>")
        }
        "a large capacity" => {
            format!(
                r#"<nodes><node id="1" uname="n1"><utilization id="u">{}</utilization></node></nodes>"#,
                pairs(bytes)
            )
        }
        "options" => {
            let set = |list: &str| format!(r#"<{list} id="{list}">{}</{list}>"#, pairs(bytes / 2));
            format!(
                "<crm_config>{}</crm_config><rsc_defaults>{}</rsc_defaults>",
                set("cluster_property_set"),
                set("meta_attributes")
            )
        }
        _ => "<crm_config/><nodes/>".to_owned(),
    }
}

fn cib(shape: &str, bytes: usize) -> String {
    format!(
        r#"<cib epoch="1" admin_epoch="0" validate-with="pacemaker-3.9"><configuration>{}<resources>{}</resources>
        <constraints>{}</constraints></configuration></cib>"#,
        sections(shape, bytes),
        configured(shape, bytes),
        constraints(shape, bytes)
    )
}

fn entry() -> ClusterEntry {
    ClusterEntry {
        name: "db".into(),
        tier: Tier::Core,
        hosts: vec!["n1".into()],
        access: Access::default(),
        needs: None,
    }
}

fn read(shape: &str, bytes: usize) -> (Picture, Duration) {
    let (crm_mon, cib) = (crm_mon(shape, bytes), cib(shape, bytes));
    took(|| {
        let Ok(parse::Answer::Running(mut picture)) = parse::crm_mon(crm_mon.as_bytes(), Some(Offset::UTC))
        else {
            panic!("{shape} is no picture")
        };
        picture.cib = Some(Arc::new(parse::cib(cib.as_bytes()).expect("a CIB")));
        *picture
    })
}

fn now() -> Timestamp {
    "2026-11-22T11:36:00Z".parse().expect("a time")
}

fn live(picture: Picture) -> Observation {
    Observation {
        contact: Contact::Live { host: "n1".into() },
        picture: Some(Arc::new(picture)),
        confirmed: Some(now()),
        ..Observation::none()
    }
}

fn opened(assessment: Assessment) -> State {
    let inventory = Inventory { clusters: vec![entry()] };
    let mut state = State::new(&inventory, Vec::new(), (120, 40), now());
    update(&mut state, Event::Observed("db".into(), assessment));
    update(&mut state, Event::Act(Action::Open));
    state
}

fn look() -> Look {
    Look::new(
        quorate::theme::load("dark", None).expect("built in"),
        quorate::keymap::load("default", None).expect("built in"),
        quorate::ui::UNICODE,
        TimeZone::UTC,
    )
}

fn draw(state: &State, look: &Look) {
    let mut terminal = Terminal::new(TestBackend::new(state.size.0, state.size.1)).expect("a terminal");
    terminal.draw(|frame| quorate::ui::draw(frame, state, look)).expect("drawn");
}

const PANES: [Action; 7] = [
    Action::PaneOverview,
    Action::PaneMatrix,
    Action::PaneConstraints,
    Action::PaneFailures,
    Action::PaneFencing,
    Action::PaneAttributes,
    Action::PaneConfiguration,
];

#[rstest]
fn a_large_answer_keeps_no_key_waiting(
    #[values(
        "nodes",
        "stopped",
        "started",
        "group",
        "clone",
        "clones",
        "failures",
        "fail counts",
        "bans",
        "attributes",
        "fencing",
        "tickets",
        "references",
        "long names",
        "deep",
        "odd",
        "constraints",
        "a large template",
        "many templates",
        "templates in constraints",
        "many settings",
        "devices",
        "configured groups",
        "a deep group",
        "a large set",
        "many sets",
        "tags",
        "rules",
        "fencing levels",
        "capacities",
        "a large capacity",
        "options"
    )]
    shape: &str,
) {
    let (_, little) = read(shape, LARGE / 8);
    let (picture, much) = read(shape, LARGE);
    let is_cut =
        !picture.left_out.is_empty() || picture.cib.as_ref().is_some_and(|cib| !cib.left_out.is_empty());
    let (assessment, judged) = took(|| Assessment::new(&entry(), live(picture), now()));
    assert_eq!(is_cut, assessment.findings.iter().any(|finding| finding.code == "too-large"));
    assert!(
        !is_cut || Health::of(&assessment.findings) >= Health::Unknown,
        "what is cut is not called healthy"
    );
    let mut state = opened(assessment.clone());
    let look = look();
    let mut slowest = Duration::ZERO;
    for pane in PANES {
        for action in [pane, Action::Down, Action::PageDown] {
            let ((), key) = took(|| {
                update(&mut state, Event::Act(action));
                draw(&state, &look);
            });
            slowest = slowest.max(key);
        }
    }
    let (_, taken) = took(|| update(&mut state, Event::Observed("db".into(), assessment)));
    // Eight times as much may take eight times as long, and three times that where the caches are small.
    assert!(much < little * 24 + Duration::from_millis(300), "reading: {little:?}, then {much:?}");
    for (what, work) in [("judging", judged), ("a key", slowest), ("a report", taken)] {
        assert!(work < UNOPTIMISED, "{what} took {work:?}");
    }
}
