//! The answer of a course to each thing it hears.

mod finality;
mod properties;

use rstest::rstest;

use super::super::tests::{capture, intent};
use super::super::{Act, Course, Heard, Outcome, Plan, Ran, Sent, Verb, plan};
use crate::model::{Failure, Picture, Primitive, Resource, Role};
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
        Act::Look | Act::Simulate(_) | Act::AskController(_) | Act::End(_) => None,
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
        is_blocked: false,
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
    let plan = plan_of(Verb::Move, "vip", Some("c1n1"));
    let mut course = Course::resume(plan.clone(), &sent(&plan, &[cut_off()]));
    course.hear(Heard::Picture(&vip_on("c1n1")));
    assert!(matches!(course.next(), Act::Simulate(_)));
    course.hear(Heard::Projected(Ok(Vec::new())));
    course.hear(Heard::Picture(&vip_on("c1n1")));
    assert!(argv(&course).unwrap().contains(&"--clear".to_owned()));
    // Nothing had been sent: it is a new operation.
    assert_eq!(Course::resume(plan, &[]).stretch(), 0);
}

/// The first commands of a plan, which ended like this.
fn sent(plan: &Plan, ends: &[Ran]) -> Vec<Sent> {
    let commands = plan.steps().map(|step| step.command.argv.clone());
    commands.zip(ends).map(|(argv, ran)| Sent { argv, ran: ran.clone() }).collect()
}

fn cut_off() -> Ran {
    Ran::Unknown("The console ended.".to_owned())
}

fn worked() -> Ran {
    Ran::Exited { code: Some(0), said: String::new() }
}

/// The healthy picture with three members of a group unmanaged by settings of their own.
fn unmanaged() -> Picture {
    let mut picture = capture("healthy");
    let mut cib = picture.cib.as_deref().cloned().unwrap();
    for resource in
        cib.resources.iter_mut().filter(|it| it.id == *"g-web" || it.parent == Some("g-web".into()))
    {
        resource.meta.push(("is-managed".to_owned(), "false".to_owned()));
    }
    picture.cib = Some(cib.into());
    picture
}

#[test]
fn what_a_log_says_has_worked_is_not_in_doubt() {
    let (before, after) = (unmanaged(), capture("healthy"));
    let plan = plan(&before, &intent(Verb::Manage, "g-web", None)).unwrap();
    let all: Vec<Vec<String>> = plan.steps().map(|step| step.command.argv.clone()).collect();
    assert!(all.len() >= 3, "{all:?}");
    let mut course = Course::resume(plan.clone(), &sent(&plan, &[worked()]));
    for expected in &all[1..] {
        course.hear(Heard::Picture(&before));
        assert_eq!(argv(&course).as_ref(), Some(expected));
        course.hear(done());
    }
    course.hear(Heard::Picture(&after));
    assert_eq!(outcome(&course), Outcome::Done { note: None });
}

#[test]
fn what_a_log_says_has_failed_is_not_gone_on_with() {
    let plan = plan_of(Verb::Move, "vip", Some("c1n1"));
    let said = "no".to_owned();
    let course = Course::resume(plan.clone(), &sent(&plan, &[Ran::Exited { code: Some(1), said }]));
    assert_eq!(outcome(&course).word(), "failed");
    let unheard_of = Sent { argv: vec!["crm_resource".to_owned()], ran: worked() };
    assert_eq!(outcome(&Course::resume(plan, &[unheard_of])).word(), "unknown");
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
    assert_eq!(course.next(), Act::Look, "the guard wants a picture that is not older than that");
    course.hear(Heard::Picture(&stopped));
    assert!(argv(&course).unwrap().contains(&"--delete-parameter=target-role".to_owned()));
    course.hear(done());
    course.hear(Heard::Picture(&runs));
    // That all is well does not show that it was restarted.
    assert_eq!(outcome(&course).word(), "unknown");
}

fn without_cib(picture: Picture) -> Picture {
    Picture { cib: None, ..picture }
}

#[test]
fn a_restart_repairs_nothing_on_a_picture_without_the_cib() {
    let runs = capture("healthy");
    let mut course = Course::new(plan_of(Verb::Restart, "solo", None));
    course.hear(Heard::Picture(&without_cib(runs.clone())));
    assert_eq!((course.next(), course.waiting()), (Act::Look, "the CIB can't be read"));
    course.hear(Heard::Picture(&runs));
    assert!(argv(&course).unwrap().contains(&"--restart".to_owned()));
    course.hear(done());
    for _ in 0..3 {
        course.hear(Heard::Picture(&without_cib(runs.clone())));
        assert_eq!((course.next(), course.waiting()), (Act::Look, "the CIB can't be read"));
    }
    course.hear(Heard::Picture(&runs));
    course.hear(Heard::Picture(&runs));
    assert_eq!(outcome(&course), Outcome::Done { note: None });
}

#[test]
fn a_restart_does_not_remove_a_target_role_that_somebody_else_has_set() {
    let (runs, mut set) = (capture("healthy"), solo_stopped());
    let mut cib = set.cib.as_deref().cloned().unwrap();
    for resource in &mut cib.resources {
        resource.meta.iter_mut().filter(|(_, value)| value == "Stopped").for_each(|(_, value)| {
            "Started".clone_into(value);
        });
    }
    set.cib = Some(cib.into());
    let mut course = Course::new(plan_of(Verb::Restart, "solo", None));
    course.hear(Heard::Picture(&runs));
    course.hear(failed());
    course.hear(Heard::Picture(&set));
    assert_eq!(outcome(&course).word(), "failed");
}

#[rstest]
#[case(Verb::Disable, "solo", "refused")]
#[case(Verb::ClusterMaintenance, "db", "refused")]
fn without_the_cib_until_the_time_is_up_nothing_is_sent(
    #[case] verb: Verb,
    #[case] subject: &str,
    #[case] word: &str,
) {
    let mut course = Course::new(plan_of(verb, subject, None));
    course.hear(Heard::Picture(&without_cib(capture("healthy"))));
    assert_eq!(course.next(), Act::Look);
    course.hear(Heard::TimeUp);
    assert_eq!(outcome(&course).word(), word);
    assert!(outcome(&course).words().contains("the CIB can't be read"), "{:?}", outcome(&course));
}

#[test]
fn a_restart_that_is_given_up_names_what_it_may_leave() {
    let mut course = Course::new(plan_of(Verb::Restart, "solo", None));
    course.hear(Heard::Picture(&capture("healthy")));
    course.hear(lost());
    course.hear(Heard::Cancel);
    let Outcome::Cancelled(words) = outcome(&course) else { panic!("not cancelled") };
    assert!(words.contains("target-role=Stopped on solo"), "{words}");
    assert!(words.contains("quorate op enable db solo"), "{words}");
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

/// The picture with c1n2 in standby.
fn in_standby() -> Picture {
    capture("standby")
}

fn without_quorum(mut picture: Picture) -> Picture {
    picture.summary.quorate = Some(false);
    picture
}

#[test]
fn no_repair_is_sent_without_a_quorum() {
    let before = in_standby();
    let mut course = Course::new(plan(&before, &intent(Verb::Online, "c1n2", None)).unwrap());
    course.hear(Heard::Picture(&before));
    course.hear(lost());
    course.hear(Heard::Picture(&without_quorum(before.clone())));
    course.hear(Heard::TimeUp);
    assert_eq!(course.next(), Act::Look);
    course.hear(Heard::Picture(&without_quorum(before)));
    let Outcome::Unknown(words) = outcome(&course) else { panic!("not unknown") };
    assert!(words.contains("the cluster has no quorum"), "{words}");
}

#[test]
fn a_picture_from_before_a_lost_command_does_not_count() {
    let mut course = Course::new(plan_of(Verb::Restart, "solo", None));
    course.hear(Heard::Picture(&capture("healthy")));
    course.hear(lost());
    course.hear(Heard::TimeUp);
    assert!(!matches!(course.next(), Act::Run(_)), "{:?}", course.next());
}

fn failed_start(resource: &str) -> Failure {
    Failure {
        resource: resource.into(),
        node: "c1n1".into(),
        operation: "start".to_owned(),
        interval_ms: 0,
        exit_code: Some(1),
        exit_status: "error".to_owned(),
        exit_reason: "no route".to_owned(),
        status: "complete".to_owned(),
        at: None,
    }
}

/// The picture with a new failure of what the plan is about.
fn with_failure(mut picture: Picture, plan: &Plan) -> Picture {
    picture.failures.extend(plan.concerns.first().map(|id| failed_start(id.as_str())));
    picture
}
