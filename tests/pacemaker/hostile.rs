//! Whatever a host prints, it is a picture or an error with a place, never a panic.

use jiff::tz::Offset;
use proptest::prelude::*;
use quorate::model::Resource;
use quorate::pacemaker::parse::{self, Answer};

use crate::{all_fixtures, fixture};

fn every_fixture() -> impl Strategy<Value = Vec<u8>> {
    let all: Vec<_> = all_fixtures(".xml").into_iter().map(|(_, xml)| xml.into_bytes()).collect();
    proptest::sample::select(all)
}

/// Reads it as everything, and checks that errors point into it.
fn read(bytes: &[u8]) {
    let lines = bytes.split(|byte| *byte == b'\n').count() as u64;
    for error in [
        parse::crm_mon(bytes, Some(Offset::UTC)).err(),
        parse::crm_mon(bytes, None).err(),
        parse::cib(bytes).err(),
    ]
    .into_iter()
    .flatten()
    {
        assert!((1..=lines).contains(&error.line) && error.column >= 1, "{error}");
        assert!(!error.message.is_empty() && !error.message.contains(char::is_control));
    }
}

/// Elements that mean something, in any order and depth, with attributes that may.
fn any_xml() -> impl Strategy<Value = String> {
    const ELEMENTS: &str = "crm_mon|pacemaker-result|cib|configuration|constraints|rsc_location|rule|date_expression|duration|summary|current_dc|nodes|node|resources|resource|group|clone|bundle|replica|failures|failure|fence_history|fence_event|bans|ban|tickets|ticket|node_history|resource_history|status|errors|error";
    const NAMES: &str = "id|name|type|role|score|weight|online|present|code|message|op_key|task|interval|completed|time|end|start|days|fail-count|number|state";
    const VALUES: &str = "true|0|-1|99999999999999999999|INFINITY|remote|member|a_b_monitor_10|Sun Nov 22 11:04:54 2026|2026-11-22 11:04:54Z|[ -~\u{e9}\u{202e}]{0,12}";
    let attributes = proptest::collection::vec((NAMES, VALUES), 0..4).prop_map(|attributes| {
        let mut text = String::new();
        for (name, value) in attributes {
            let value = quick_xml::escape::escape(value.as_str());
            text = format!("{text} {name}=\"{value}\"");
        }
        text
    });
    let leaf = (ELEMENTS, attributes.clone()).prop_map(|(name, attributes)| format!("<{name}{attributes}/>"));
    leaf.prop_recursive(6, 60, 5, move |inner| {
        (ELEMENTS, attributes.clone(), proptest::collection::vec(inner, 0..5)).prop_map(
            |(name, attributes, children)| format!("<{name}{attributes}>{}</{name}>", children.concat()),
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_cut_off_is_an_error(xml in every_fixture(), share in 0.0..1.0_f64) {
        let root = xml.windows(2).position(|pair| pair[0] == b'<' && pair[1].is_ascii_lowercase()).unwrap();
        let end = xml.iter().rposition(|byte| *byte == b'>').unwrap();
        let cut = &xml[..root + ((end - root) as f64 * share) as usize];
        read(cut);
        prop_assert!(parse::crm_mon(cut, None).is_err() && parse::cib(cut).is_err());
    }

    #[test]
    fn flipped_bytes(xml in every_fixture(), flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        let mut xml = xml;
        for (place, byte) in flips {
            let place = place.index(xml.len());
            xml[place] = byte;
        }
        read(&xml);
    }

    #[test]
    fn any_bytes(bytes in any::<Vec<u8>>()) {
        read(&bytes);
    }
}

proptest! {
    #[test]
    fn any_elements(inner in proptest::collection::vec(any_xml(), 0..6)) {
        for root in ["crm_mon", "pacemaker-result", "cib"] {
            let xml = format!("<{root}>{}</{root}>", inner.concat());
            read(xml.as_bytes());
        }
    }

    /// The order and number of `<resource>` elements is kept however they are nested.
    #[test]
    fn no_resource_is_lost(ids in proptest::collection::vec(("[a-z]{1,4}", 0_usize..6), 0..30)) {
        let mut xml = String::from("<crm_mon><resources>");
        for (id, nesting) in &ids {
            let containers = ["<group>", "<clone>", "<clone><group>", "<bundle><replica>", "<pod>", ""];
            let open = containers[*nesting];
            let close: String = open.split_inclusive('>').rev().map(|tag| tag.replace('<', "</")).collect();
            xml = format!("{xml}{open}<resource id=\"{id}\"/>{close}");
        }
        xml.push_str("</resources></crm_mon>");
        let Ok(Answer::Running(picture)) = parse::crm_mon(xml.as_bytes(), None) else { panic!("{xml}") };
        let read: Vec<_> = picture.primitives().map(|(_, primitive)| primitive.id.as_str()).collect();
        prop_assert_eq!(read, ids.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>());
    }
}

#[test]
fn depth_is_bounded() {
    let deep = |open: &str, close: &str| {
        format!("<crm_mon><resources>{}{}</resources></crm_mon>", open.repeat(200_000), close.repeat(200_000))
    };
    let xml = deep("<group id='g'>", "</group>");
    let Ok(Answer::Running(picture)) = parse::crm_mon(xml.as_bytes(), None) else { panic!() };
    assert_eq!(picture.oddities, ["line 1: more than 64 elements deep"]);
    assert!(picture.resources.iter().flat_map(Resource::primitives).next().is_none());
}

#[test]
fn entities_are_not_expanded() {
    let xml = format!(
        "<!DOCTYPE crm_mon [<!ENTITY a \"{}\"><!ENTITY b \"&a;&a;&a;&a;\">]>{}",
        "x".repeat(1000),
        "<crm_mon><nodes><node name=\"&b;\" type=\"&b;\"/></nodes></crm_mon>"
    );
    let Ok(Answer::Running(picture)) = parse::crm_mon(xml.as_bytes(), None) else { panic!() };
    assert_eq!(picture.nodes[0].name, "&b;");
}

#[test]
fn bytes_that_are_no_text_are_replaced() {
    let xml = fixture("versions/2.0.4.crm_mon.xml").replace("db1", "d\u{1}1").into_bytes();
    let xml: Vec<u8> = xml.into_iter().map(|byte| if byte == 1 { 0xff } else { byte }).collect();
    let Ok(Answer::Running(picture)) = parse::crm_mon(&xml, None) else { panic!() };
    assert_eq!(picture.nodes[0].name, "d\u{fffd}1");
}

#[test]
fn what_is_shown_is_clean_and_names_are_exact() {
    let xml = "<crm_mon><nodes><node name=\"n\u{202e}1\" id=\"\u{1b}[2J1\" type=\"x\u{7f}y\"/></nodes><failures><failure \
               op_key=\"a_start_0\" node=\"n\" exitreason=\"&#27;[31mred&#x202E; &amp;#27;[0m\"/></failures></crm_mon>";
    let Ok(Answer::Running(picture)) = parse::crm_mon(xml.as_bytes(), None) else { panic!() };
    let node = &picture.nodes[0];
    assert_eq!((node.name.as_str(), node.id.as_str(), node.kind.word()), ("n\u{202e}1", "1", "xy"));
    assert_eq!(picture.failures[0].exit_reason, "red ");
}
