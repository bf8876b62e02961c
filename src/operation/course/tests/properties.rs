//! Rules that hold for a course, in whatever order it hears things.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::*;
use crate::operation::{Condition, Phase};
use crate::pacemaker::parse::ControllerState;

/// What may happen in a course.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Before,
    BeforeWithoutQuorum,
    BeforeWithoutCib,
    After,
    AfterWithoutQuorum,
    AfterWithoutCib,
    Blind,
    Done,
    Failed,
    NotSent,
    Lost,
    Stays,
    GoesBack,
    Failing,
    Idle,
    NotAsked,
    TimeUp,
    Cancel,
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    use Happening::{
        After, AfterWithoutCib, AfterWithoutQuorum, Before, BeforeWithoutCib, BeforeWithoutQuorum, Blind,
        Cancel, Done, Failed, Failing, GoesBack, Idle, Lost, NotAsked, NotSent, Stays, TimeUp,
    };
    let one = prop_oneof![
        4 => Just(Before), 1 => Just(BeforeWithoutQuorum), 6 => Just(After), 1 => Just(AfterWithoutQuorum),
        1 => Just(BeforeWithoutCib), 1 => Just(AfterWithoutCib),
        2 => Just(Blind), 6 => Just(Done), 1 => Just(Failed), 1 => Just(NotSent), 3 => Just(Lost), 4 => Just(Stays),
        1 => Just(GoesBack), 1 => Just(Failing), 2 => Just(Idle), 1 => Just(NotAsked), 2 => Just(TimeUp)
    ];
    // The user cancels once.
    (proptest::collection::vec(one, 0..40), prop::option::weighted(0.1, 0..40_usize)).prop_map(
        |(mut all, cancel)| {
            if let Some(at) = cancel {
                all.insert(at.min(all.len()), Cancel);
            }
            all
        },
    )
}

/// An operation with the cluster before and after its command.
struct Case {
    before: Picture,
    after: Picture,
    /// After how many commands the second is seen; `None`: after all.
    shown_after: Option<usize>,
    plan: Plan,
}

/// Operations of every shape that a plan can have.
static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let healthy = || capture("healthy");
    let case = |before: Picture, verb, subject, to, after| {
        let plan = plan(&before, &intent(verb, subject, to)).unwrap();
        Case { before, after, shown_after: None, plan }
    };
    let undo = |case: Case| {
        let Case { before, after, plan, .. } = case;
        Case { before: after, after: before, shown_after: None, plan: plan.undo_plan().unwrap() }
    };
    vec![
        Case { shown_after: Some(1), ..case(healthy(), Verb::Move, "vip", Some("c1n1"), vip_on("c1n1")) },
        // A restart that works leaves what it found.
        Case { shown_after: Some(9), ..case(healthy(), Verb::Restart, "solo", None, solo_stopped()) },
        case(healthy(), Verb::Standby, "c1n2", None, in_standby()),
        case(in_standby(), Verb::Online, "c1n2", None, healthy()),
        case(unmanaged(), Verb::Manage, "g-web", None, healthy()),
        case(healthy(), Verb::Disable, "solo", None, solo_stopped()),
        case(healthy(), Verb::Refresh, "solo", None, healthy()),
        undo(case(unmanaged(), Verb::Manage, "g-web", None, healthy())),
    ]
});

/// What an operation that was cut off somewhere has left in the log.
fn cut_off_after(plan: &Plan, ends: &[Ran]) -> Vec<Sent> {
    let sent = sent(plan, ends);
    let is_last = |ran: &Ran| !matches!(ran, Ran::Exited { code: Some(0), .. });
    let length = sent.iter().position(|it| is_last(&it.ran)).map_or(sent.len(), |at| at + 1);
    sent[..length].to_vec()
}

fn ends() -> impl Strategy<Value = Vec<Ran>> {
    let failed = Ran::Exited { code: Some(1), said: "no".to_owned() };
    proptest::collection::vec(prop_oneof![5 => Just(worked()), 1 => Just(cut_off()), 1 => Just(failed)], 0..4)
}

/// What was last heard that counts, and which commands were run.
struct Watcher {
    run: Vec<Vec<String>>,
    picture: Option<Picture>,
}

impl Watcher {
    fn hear(&mut self, course: &mut Course, happening: Happening, case: &Case) {
        use Happening::{
            After, AfterWithoutCib, AfterWithoutQuorum, Before, BeforeWithoutCib, BeforeWithoutQuorum, Blind,
            Cancel, Done, Failed, Failing, GoesBack, Idle, Lost, NotAsked, NotSent, Stays,
        };
        let said = argv(course);
        let (before, after) = (&case.before, &case.after);
        let picture = match happening {
            Before => Some(before.clone()),
            BeforeWithoutQuorum => Some(without_quorum(before.clone())),
            After => Some(after.clone()),
            AfterWithoutQuorum => Some(without_quorum(after.clone())),
            BeforeWithoutCib => Some(without_cib(before.clone())),
            AfterWithoutCib => Some(without_cib(after.clone())),
            Failing => Some(with_failure(before.clone(), &case.plan)),
            _ => None,
        };
        course.hear(match (happening, &picture) {
            (_, Some(picture)) => Heard::Picture(picture),
            (Blind, _) => Heard::NoPicture("nobody answers".to_owned()),
            (Done, _) => done(),
            (Failed, _) => failed(),
            (NotSent, _) => Heard::Ran(Ran::NotSent("no route".to_owned())),
            (Lost, _) => lost(),
            (Stays, _) => Heard::Projected(Ok(Vec::new())),
            (GoesBack, _) => Heard::Projected(Err("no answer".to_owned())),
            (Idle, _) => Heard::Controller(Some(ControllerState::Idle)),
            (NotAsked, _) => Heard::Controller(None),
            (Cancel, _) => Heard::Cancel,
            _ => Heard::TimeUp,
        });
        match happening {
            Done | Failed | NotSent | Lost => {
                if let Some(argv) = said {
                    // No picture is newer than this command.
                    self.run.push(argv);
                    self.picture = None;
                }
            }
            Blind => self.picture = None,
            _ if picture.is_some() => self.picture = picture,
            _ => {}
        }
    }

    /// Whether what the course says to run now may be run.
    fn check(&self, course: &Course) -> Result<(), TestCaseError> {
        let Act::Run(step) = course.next() else { return Ok(()) };
        let Some(picture) = &self.picture else {
            return Err(TestCaseError::fail(format!(
                "{:?} without a picture since the last command",
                step.command.argv
            )));
        };
        let broken = step.guard.iter().find_map(|condition| condition.broken(picture));
        prop_assert_eq!(broken, None, "sent although its guard does not hold: {:?}", &step.command.argv);
        prop_assert!(!self.run.contains(&step.command.argv), "run twice: {:?}", &step.command.argv);
        Ok(())
    }
}

#[test]
fn every_operation_of_several_commands_says_what_it_leaves_half_way() {
    for Case { plan, .. } in CASES.iter() {
        assert_eq!(plan.steps().count() > 1, !plan.half_way.is_empty(), "{}", plan.title);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_500))]

    /// Whatever happens, from whatever a console has left: no command twice, none without a picture, newer than the last
    /// command, on which its guard holds.
    #[test]
    fn every_command_has_a_picture_on_which_its_guard_holds(
        case in 0..CASES.len(),
        ends in ends(),
        happenings in happenings(),
    ) {
        let case = &CASES[case];
        let sent = cut_off_after(&case.plan, &ends);
        let mut course = Course::resume(case.plan.clone(), &sent);
        let mut watcher = Watcher { run: sent.into_iter().map(|it| it.argv).collect(), picture: None };
        for happening in happenings {
            let stretch = course.stretch();
            watcher.hear(&mut course, happening, case);
            prop_assert!(course.stretch() >= stretch);
            watcher.check(&course)?;
        }
        // It ends when its time is up, whatever it is waiting for.
        for _ in 0..16 {
            course.hear(Heard::TimeUp);
            course.hear(lost());
        }
        prop_assert!(matches!(course.next(), Act::End(_)));
    }

    /// Where every command that was sent is known to have worked, a later console sends exactly the rest.
    #[test]
    fn a_resumed_operation_skips_nothing_and_repeats_nothing(case in 0..CASES.len(), logged in 0..4_usize) {
        let case = &CASES[case];
        let all: Vec<Vec<String>> = case.plan.phases.iter()
            .filter(|phase| matches!(phase, Phase::Run(_)))
            .filter_map(|phase| Some(phase.step()?.command.argv.clone()))
            .collect();
        let logged = logged.min(all.len());
        let sent = all[..logged].iter().map(|argv| Sent { argv: argv.clone(), ran: worked() });
        let mut course = Course::resume(case.plan.clone(), &sent.collect::<Vec<_>>());
        let mut run = all[..logged].to_vec();
        for _ in 0..40 {
            match course.next() {
                Act::Look => {
                    let is_shown = run.len() >= case.shown_after.unwrap_or(all.len());
                    course.hear(Heard::Picture(if is_shown { &case.after } else { &case.before }));
                }
                Act::Simulate(_) => course.hear(Heard::Projected(Ok(Vec::new()))),
                Act::AskController(_) => course.hear(Heard::Controller(None)),
                Act::Run(step) => {
                    run.push(step.command.argv.clone());
                    course.hear(done());
                }
                Act::End(_) => break,
            }
        }
        prop_assert_eq!(run, all);
        prop_assert_eq!(outcome(&course), Outcome::Done { note: None });
    }
}

proptest! {
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
