//! When a failure is final.

use super::*;
use crate::model::Element;
use crate::pacemaker::parse::ControllerState;

/// A picture with a failed start of `vip` and, if so, something else on its way.
fn failing(busy: bool) -> Picture {
    let mut picture = vip_on("c1n3");
    picture.failures.push(failed_start("vip"));
    for resource in &mut picture.resources {
        if let Resource::Primitive(primitive) = resource
            && primitive.id == *"vip"
            && busy
        {
            primitive.pending = Some("Starting".to_owned());
        }
    }
    picture
}

/// A course that waits for `vip`, which has failed to start.
fn waiting_for_what_fails() -> Course {
    let mut course = moving();
    course.hear(Heard::Picture(&vip_on("c1n3")));
    course.hear(done());
    course
}

fn of_version(version: Option<&str>, mut picture: Picture) -> Picture {
    picture.summary.version = version.map(str::to_owned);
    picture
}

#[test]
fn one_quiet_picture_between_two_transitions_is_no_failure() {
    let mut course = waiting_for_what_fails();
    for _ in 0..3 {
        course.hear(Heard::Picture(&failing(false)));
        assert_eq!(course.next(), Act::AskController(&"c1n2".into()), "the DC knows");
        course.hear(Heard::Controller(None));
        assert_eq!(course.next(), Act::Look, "the next transition may be about to begin");
        course.hear(Heard::Picture(&failing(true)));
        assert_eq!(course.next(), Act::Look);
        assert!(course.waiting().contains("start of vip failed on c1n1: no route"), "{}", course.waiting());
    }
    course.hear(Heard::Picture(&failing(false)));
    course.hear(Heard::Controller(None));
    course.hear(Heard::NoPicture("c1n1 does not answer".to_owned()));
    course.hear(Heard::Picture(&failing(false)));
    course.hear(Heard::Controller(None));
    assert_eq!(course.next(), Act::Look, "what happened in between was not seen");
    course.hear(Heard::Picture(&failing(false)));
    course.hear(Heard::Controller(None));
    assert_eq!(outcome(&course).word(), "failed");
}

/// `i`: the controller is idle, `b`: it is busy, `-`: it can't be asked.
#[rstest]
#[case::old_and_not_to_be_asked(Some("1.1.24-3.el7"), "------", None)]
#[case::of_no_version_and_not_to_be_asked(None, "------", None)]
#[case::new_and_not_to_be_asked(Some("2.0.0"), "------", Some(2))]
#[case::newest_and_not_to_be_asked(Some("3.0.1-2.fc43"), "------", Some(2))]
#[case::old(Some("1.1.10"), "bbii", Some(4))]
#[case::new(Some("3.0.1"), "bbii", Some(4))]
#[case::of_no_version(None, "ii", Some(2))]
#[case::old_between_two_transitions(Some("1.1.24-3.el7"), "ibibi-i", None)]
#[case::new_between_two_transitions(Some("2.1.5-1"), "ibibib", None)]
fn the_controller_s_state_shows_whether_a_failure_is_final(
    #[case] version: Option<&str>,
    #[case] states: &str,
    #[case] ends_after: Option<usize>,
) {
    let mut course = waiting_for_what_fails();
    let picture = of_version(version, failing(false));
    for (at, state) in states.chars().enumerate() {
        let is_over = ends_after.is_some_and(|end| at >= end);
        assert_eq!(matches!(course.next(), Act::End(_)), is_over, "after {at}");
        course.hear(Heard::Picture(&picture));
        course.hear(Heard::Controller(match state {
            'i' => Some(ControllerState::Idle),
            'b' => Some(ControllerState::Busy),
            _ => None,
        }));
    }
    assert_eq!(matches!(course.next(), Act::End(_)), ends_after.is_some());
    course.hear(Heard::TimeUp);
    let Outcome::Failed(words) = outcome(&course) else { panic!("not failed") };
    assert!(words.contains("start of vip failed on c1n1: no route"), "{words}");
}

#[rstest]
#[case("transition-delay", "20s", false)]
#[case("crmd-transition-delay", "2", false)]
#[case("transition-delay", "0s", true)]
#[case("transition-delay", "00", true)]
#[case("transition-delay", "0.5s", false)]
#[case("transition-delay", "PT30S", false)]
fn a_controller_that_delays_transitions_is_not_done_when_it_is_idle(
    #[case] option: &str,
    #[case] value: &str,
    #[case] ends: bool,
) {
    let mut course = waiting_for_what_fails();
    let mut picture = failing(false);
    let mut cib = picture.cib.as_deref().cloned().unwrap();
    cib.properties.push((option.to_owned(), value.to_owned()));
    picture.cib = Some(cib.into());
    for _ in 0..3 {
        course.hear(Heard::Picture(&picture));
        course.hear(Heard::Controller(Some(ControllerState::Idle)));
    }
    assert_eq!(matches!(course.next(), Act::End(_)), ends);
}

/// A picture on which `record-pending` is set like this somewhere in the configuration.
fn recording(attributes: &[(&str, &str)]) -> Picture {
    let mut picture = failing(false);
    let mut cib = picture.cib.as_deref().cloned().unwrap();
    let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let inner = Element { name: "op".to_owned(), attributes: attributes.collect(), children: Vec::new() };
    let outer = Element { name: "resources".to_owned(), attributes: Vec::new(), children: vec![inner] };
    cib.configuration.children.push(outer);
    picture.cib = Some(cib.into());
    picture
}

/// Pictures from which the start that follows a failure may be missing, while the controller can't be asked.
#[rstest]
#[case::turned_off(recording(&[("name", "record-pending"), ("value", "false")]), false)]
#[case::turned_off_for_one_operation(recording(&[("id", "s"), ("record-pending", "0")]), false)]
#[case::turned_on(recording(&[("name", "record-pending"), ("value", "true")]), true)]
#[case::of_another_name(recording(&[("name", "on-fail"), ("value", "false")]), true)]
#[case::without_the_cib(without_cib(failing(false)), false)]
fn a_failure_is_final_only_where_what_is_pending_is_recorded(#[case] picture: Picture, #[case] ends: bool) {
    let mut course = waiting_for_what_fails();
    for _ in 0..3 {
        course.hear(Heard::Picture(&picture));
        course.hear(Heard::Controller(None));
    }
    assert_eq!(matches!(course.next(), Act::End(_)), ends);
}

#[test]
fn without_a_dc_no_failure_is_final() {
    let mut course = waiting_for_what_fails();
    let mut picture = failing(false);
    picture.summary.dc = None;
    for _ in 0..3 {
        course.hear(Heard::Picture(&picture));
        assert_eq!(course.next(), Act::Look);
    }
}
