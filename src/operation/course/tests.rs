//! What a course does, whatever it is told.

use proptest::prelude::*;
use rstest::rstest;

use super::super::tests::{capture, intent};
use super::super::{Act, Condition, Course, Heard, Outcome, Plan, Ran, Verb, plan};
use crate::model::{Picture, Primitive, Resource, Role};
use crate::pacemaker::parse::Projected;

fn plan_of(verb: Verb, subject: &str, to: Option<&str>) -> Plan {
    plan(&capture("healthy"), &intent(verb, subject, to)).unwrap()
}

fn done() -> Heard<'static> {
    Heard::Ran(Ran::Exited { code: Some(0), said: String::new() })
}

fn failed() -> Heard<'static> {
    Heard::Ran(Ran::Exited { code: Some(1), said: "no".to_owned() })
}

fn lost() -> Heard<'static> {
    Heard::Ran(Ran::Unknown("The connection broke.".to_owned()))
}

/// The healthy picture with `vip` there.
fn vip_on(node: &str) -> Picture {
    let mut picture = capture("healthy");
    for resource in &mut picture.resources {
        if let Resource::Primitive(primitive) = resource
            && primitive.id == *"vip"
        {
            primitive.nodes = vec![node.into()];
        }
    }
    picture
}

fn argv(course: &Course) -> Option<Vec<String>> {
    match course.next() {
        Act::Run(step) => Some(step.command.argv.clone()),
        Act::Look | Act::Simulate(_) | Act::End(_) => None,
    }
}

fn outcome(course: &Course) -> Outcome {
    match course.next() {
        Act::End(outcome) => outcome.clone(),
        other => panic!("not over: {other:?}"),
    }
}

fn moving() -> Course {
    Course::new(plan_of(Verb::Move, "vip", Some("c1n1")))
}

#[test]
fn a_move_leaves_nothing_behind() {
    let (before, after) = (vip_on("c1n3"), vip_on("c1n1"));
    let mut course = moving();
    assert_eq!(course.next(), Act::Look);
    course.hear(Heard::Picture(&before));
    assert!(argv(&course).unwrap().contains(&"--move".to_owned()));
    course.hear(done());
    course.hear(Heard::Picture(&before));
    assert_eq!((course.next(), course.waiting()), (Act::Look, "vip runs on c1n3"));
    course.hear(Heard::Picture(&after));
    assert!(matches!(course.next(), Act::Simulate(_)));
    course.hear(Heard::Projected(Ok(Vec::new())));
    assert_eq!(course.next(), Act::Look, "the guard of the second command wants a picture of its own");
    course.hear(Heard::Picture(&after));
    assert!(argv(&course).unwrap().contains(&"--clear".to_owned()));
    course.hear(done());
    course.hear(Heard::Picture(&after));
    assert_eq!(outcome(&course), Outcome::Done { note: None });
}

#[test]
fn a_move_that_would_go_back_keeps_its_constraint_until_it_ends() {
    let (before, after) = (vip_on("c1n3"), vip_on("c1n1"));
    let mut course = moving();
    course.hear(Heard::Picture(&before));
    course.hear(done());
    course.hear(Heard::Picture(&after));
    let back = Projected {
        action: "move".to_owned(),
        resource: "vip".to_owned(),
        from: Some("c1n1".to_owned()),
        to: Some("c1n3".to_owned()),
        reason: String::new(),
    };
    course.hear(Heard::Projected(Ok(vec![back])));
    let Outcome::Done { note: Some(note) } = outcome(&course) else { panic!("not done with a note") };
    assert!(note.contains("only until its constraint cli-prefer-vip ends"), "{note}");
}

#[test]
fn what_has_changed_since_it_was_planned_stops_it() {
    let mut course = moving();
    course.hear(Heard::Picture(&vip_on("c1n2")));
    assert_eq!(outcome(&course), Outcome::Refused("vip runs on c1n2 now, not c1n3".to_owned()));
}

#[test]
fn a_lost_connection_is_looked_into_and_never_tried_again() {
    let mut course = moving();
    course.hear(Heard::Picture(&vip_on("c1n3")));
    course.hear(lost());
    for _ in 0..3 {
        course.hear(Heard::NoPicture("c1n1 does not answer".to_owned()));
        assert_eq!(course.next(), Act::Look);
    }
    course.hear(Heard::Picture(&vip_on("c1n3")));
    assert_eq!(course.next(), Act::Look);
    course.hear(Heard::TimeUp);
    let Outcome::Unknown(words) = outcome(&course) else { panic!("not unknown") };
    assert!(words.starts_with("The connection broke. Seen since: vip runs on c1n3"), "{words}");
    assert!(words.ends_with("quorate op clear db vip removes it at once."), "{words}");
}

#[test]
fn a_lost_connection_whose_command_is_seen_to_have_run_goes_on() {
    let mut course = moving();
    course.hear(Heard::Picture(&vip_on("c1n3")));
    course.hear(lost());
    course.hear(Heard::Picture(&vip_on("c1n1")));
    course.hear(Heard::Projected(Ok(Vec::new())));
    course.hear(Heard::Picture(&vip_on("c1n1")));
    assert!(argv(&course).unwrap().contains(&"--clear".to_owned()));
    course.hear(done());
    course.hear(Heard::Picture(&vip_on("c1n1")));
    assert_eq!(outcome(&course), Outcome::Done { note: None });
}

#[test]
fn an_earlier_console_s_move_is_finished_and_not_begun_again() {
    let mut course = Course::resume(plan_of(Verb::Move, "vip", Some("c1n1")), 1);
    course.hear(Heard::Picture(&vip_on("c1n1")));
    assert!(matches!(course.next(), Act::Simulate(_)));
    course.hear(Heard::Projected(Ok(Vec::new())));
    course.hear(Heard::Picture(&vip_on("c1n1")));
    assert!(argv(&course).unwrap().contains(&"--clear".to_owned()));
    // Nothing had been sent: it is a new operation.
    assert_eq!(Course::resume(plan_of(Verb::Move, "vip", Some("c1n1")), 0).phase(), 0);
}

#[test]
fn a_failed_command_is_told_with_what_it_said() {
    let mut course = moving();
    course.hear(Heard::Picture(&vip_on("c1n3")));
    course.hear(failed());
    let Outcome::Failed(words) = outcome(&course) else { panic!("not failed") };
    assert!(words.starts_with("crm_resource failed with exit code 1: no"), "{words}");
}

/// The healthy picture with `solo` stopped, as a broken-off restart leaves it.
fn solo_stopped() -> Picture {
    let mut picture = capture("healthy");
    for resource in &mut picture.resources {
        if let Resource::Primitive(primitive) = resource
            && primitive.id == *"solo"
        {
            (primitive.role, primitive.active) = (Role::Stopped, false);
            primitive.nodes.clear();
        }
    }
    let mut cib = picture.cib.as_deref().cloned().unwrap();
    let solo = cib.resources.iter_mut().find(|it| it.id == *"solo").unwrap();
    solo.meta.push(("target-role".to_owned(), "Stopped".to_owned()));
    picture.cib = Some(cib.into());
    picture
}

#[test]
fn a_restart_that_leaves_it_stopped_is_put_right() {
    let (runs, stopped) = (capture("healthy"), solo_stopped());
    let mut course = Course::new(plan_of(Verb::Restart, "solo", None));
    course.hear(Heard::Picture(&runs));
    assert!(argv(&course).unwrap().contains(&"--restart".to_owned()));
    course.hear(failed());
    course.hear(Heard::Picture(&stopped));
    assert!(argv(&course).unwrap().contains(&"--delete-parameter=target-role".to_owned()));
    course.hear(done());
    course.hear(Heard::Picture(&stopped));
    assert_eq!(course.next(), Act::Look);
    course.hear(Heard::Picture(&runs));
    let Outcome::Failed(words) = outcome(&course) else { panic!("it did fail") };
    assert!(words.contains("What ran before runs again"), "{words}");
}

#[test]
fn a_restart_whose_fate_is_unknown_has_its_time_before_it_is_put_right() {
    let (runs, stopped) = (capture("healthy"), solo_stopped());
    let mut course = Course::new(plan_of(Verb::Restart, "solo", None));
    course.hear(Heard::Picture(&runs));
    course.hear(lost());
    course.hear(Heard::Picture(&stopped));
    assert_eq!(course.next(), Act::Look, "it may still be at work");
    assert!(course.patience().as_secs() >= 300);
    course.hear(Heard::TimeUp);
    assert!(argv(&course).unwrap().contains(&"--delete-parameter=target-role".to_owned()));
    course.hear(done());
    course.hear(Heard::Picture(&runs));
    // That all is well does not show that it was restarted.
    assert_eq!(outcome(&course).word(), "unknown");
}

#[test]
fn a_restart_that_works_needs_no_second_command() {
    let runs = capture("healthy");
    let mut course = Course::new(plan_of(Verb::Restart, "g-web", None));
    course.hear(Heard::Picture(&runs));
    course.hear(done());
    course.hear(Heard::Picture(&runs));
    course.hear(Heard::Picture(&runs));
    assert_eq!(outcome(&course), Outcome::Done { note: None });
}

#[rstest]
#[case(Verb::Cleanup, "solo")]
#[case(Verb::CleanupAll, "db")]
#[case(Verb::Refresh, "solo")]
fn what_ran_is_seen_to_run_before_a_cleanup_is_done(#[case] verb: Verb, #[case] subject: &str) {
    let (runs, not_probed_yet) = (capture("healthy"), solo_stopped());
    let mut course = Course::new(plan_of(verb, subject, None));
    course.hear(Heard::Picture(&runs));
    course.hear(done());
    course.hear(Heard::Picture(&not_probed_yet));
    assert_eq!(course.next(), Act::Look);
    course.hear(Heard::Picture(&runs));
    assert_eq!(outcome(&course), Outcome::Done { note: None });
}

#[rstest]
#[case::failed(|it: &mut Primitive| it.failed = true)]
#[case::blocked(|it: &mut Primitive| it.blocked = true)]
#[case::orphaned(|it: &mut Primitive| it.orphaned = true)]
fn what_did_not_run_well_need_not_run_after_a_cleanup(#[case] trouble: fn(&mut Primitive)) {
    let (mut before, after) = (capture("healthy"), solo_stopped());
    for resource in &mut before.resources {
        if let Resource::Primitive(primitive) = resource
            && primitive.id == *"solo"
        {
            trouble(primitive);
        }
    }
    let mut course = Course::new(plan(&before, &intent(Verb::Cleanup, "solo", None)).unwrap());
    course.hear(Heard::Picture(&before));
    course.hear(done());
    course.hear(Heard::Picture(&after));
    assert_eq!(outcome(&course), Outcome::Done { note: None });
}

/// What may happen in a course.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Before,
    After,
    Blind,
    Done,
    Failed,
    NotSent,
    Lost,
    Stays,
    GoesBack,
    TimeUp,
    Cancel,
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    use Happening::{After, Before, Blind, Cancel, Done, Failed, GoesBack, Lost, NotSent, Stays, TimeUp};
    let one = prop_oneof![
        4 => Just(Before), 6 => Just(After), 2 => Just(Blind), 6 => Just(Done), 1 => Just(Failed),
        1 => Just(NotSent), 3 => Just(Lost), 4 => Just(Stays), 1 => Just(GoesBack), 1 => Just(TimeUp),
        1 => Just(Cancel)
    ];
    proptest::collection::vec(one, 0..60)
}

fn tell(course: &mut Course, happening: Happening, before: &Picture, after: &Picture) {
    course.hear(match happening {
        Happening::Before => Heard::Picture(before),
        Happening::After => Heard::Picture(after),
        Happening::Blind => Heard::NoPicture("nobody answers".to_owned()),
        Happening::Done => done(),
        Happening::Failed => failed(),
        Happening::NotSent => Heard::Ran(Ran::NotSent("no route".to_owned())),
        Happening::Lost => lost(),
        Happening::Stays => Heard::Projected(Ok(Vec::new())),
        Happening::GoesBack => Heard::Projected(Err("no answer".to_owned())),
        Happening::TimeUp => Heard::TimeUp,
        Happening::Cancel => Heard::Cancel,
    });
}

#[test]
fn a_picture_from_before_a_lost_command_does_not_count() {
    let mut course = Course::new(plan_of(Verb::Restart, "solo", None));
    course.hear(Heard::Picture(&capture("healthy")));
    course.hear(lost());
    course.hear(Heard::TimeUp);
    assert!(!matches!(course.next(), Act::Run(_)), "{:?}", course.next());
}

proptest! {
    #[test]
    fn no_command_runs_twice_or_without_a_picture(
        verb in prop_oneof![Just((Verb::Move, "vip", Some("c1n1"))), Just((Verb::Restart, "solo", None)), Just((Verb::Standby, "c1n2", None))],
        happenings in happenings(),
        resumed in 0..3_usize,
    ) {
        let before = capture("healthy");
        let after = if verb.0 == Verb::Move { vip_on("c1n1") } else { solo_stopped() };
        let plan = plan_of(verb.0, verb.1, verb.2);
        let mut course = Course::resume(plan.clone(), resumed);
        let mut run: Vec<Vec<String>> = plan.steps().take(resumed).map(|step| step.command.argv.clone()).collect();
        let (mut is_running, mut seen) = (false, false);
        for happening in happenings {
            let phase = course.phase();
            tell(&mut course, happening, &before, &after);
            prop_assert!(course.phase() >= phase);
            seen |= matches!(happening, Happening::Before | Happening::After);
            match course.next() {
                Act::Run(_) if is_running => {}
                Act::Run(step) => {
                    prop_assert!(seen, "run without a picture since the last command");
                    prop_assert!(!run.contains(&step.command.argv), "run twice");
                    run.push(step.command.argv.clone());
                    (is_running, seen) = (true, false);
                }
                Act::Look | Act::Simulate(_) | Act::End(_) => is_running = false,
            }
        }
        // It ends when its time is up, whatever phase it is in.
        for _ in 0..12 {
            course.hear(Heard::TimeUp);
            course.hear(lost());
        }
        prop_assert!(matches!(course.next(), Act::End(_)));
    }

    #[test]
    fn quorum_lost_at_the_last_moment_stops_everything(verb in prop_oneof![Just((Verb::Move, "vip", Some("c1n1"))), Just((Verb::Disable, "solo", None)), Just((Verb::FenceReboot, "c1n2", None))]) {
        let plan = plan_of(verb.0, verb.1, verb.2);
        prop_assert!(plan.steps().next().unwrap().guard.contains(&Condition::Quorum));
        let mut picture = capture("healthy");
        picture.summary.quorate = Some(false);
        let mut course = Course::new(plan);
        course.hear(Heard::Picture(&picture));
        prop_assert_eq!(outcome(&course).word(), "refused");
    }
}
