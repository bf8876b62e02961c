//! A console that is told what happened, one thing after the other.

mod world;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use rstest::rstest;

use super::*;
use crate::scenario::Scenario;
use crate::scenario::journal::{End, Fate, Record};

const HOSTS: [&str; 3] = ["a", "b", "c"];

/// A scenario of those steps, each made of a heading and `run` with the rest of its info string.
fn plan(steps: &str) -> Arc<Plan> {
    let scenario = Scenario::read("test.md", "test", steps).expect("a scenario");
    Arc::new(Plan::new(scenario, HOSTS.map(Into::into).to_vec(), BTreeMap::new()).expect("a plan"))
}

/// A console that carries a plan out, and the journal that it writes.
struct Console {
    plan: Arc<Plan>,
    progress: Progress,
    lines: Vec<u8>,
    now: Timestamp,
}

impl Console {
    fn new(plan: &Arc<Plan>) -> Self {
        let progress = Progress::new(Arc::clone(plan));
        let now = Timestamp::UNIX_EPOCH;
        let mut console = Self { plan: Arc::clone(plan), progress, lines: Vec::new(), now };
        console.tell(Event::Begun(Begun {
            run: "r".to_owned(),
            scenario: "test".to_owned(),
            title: "Test".to_owned(),
            hosts: plan.hosts.clone(),
            by: "me".to_owned(),
            from_step: 1,
        }));
        console
    }

    /// One that may go to the end.
    fn to_the_end(plan: &Arc<Plan>) -> Self {
        let mut console = Self::new(plan);
        console.instruct(Instruction::RunToEnd);
        console.pass(When::Before);
        console
    }

    fn tell(&mut self, event: Event) {
        let entry = Entry { at: self.now, event };
        self.lines.extend(entry.line().unwrap());
        self.progress.apply(&entry);
    }

    fn instruct(&mut self, instruction: Instruction) {
        self.tell(Event::Instructed { instruction });
    }

    fn pass(&mut self, when: When) {
        self.tell(Event::Gates { when, broken: Vec::new() });
    }

    fn todo(&self) -> Todo {
        self.progress.next(self.now)
    }

    fn send(&mut self, job: Job) -> u64 {
        let serial = self.progress.next_serial();
        self.tell(Event::Sent { serial, job });
        serial
    }

    fn end(&mut self, serial: u64, end: End) {
        self.tell(Event::Ended { serial, end, elapsed_ms: 1, said: Vec::new() });
    }

    /// The scripts that are due, sent one after the other, each with that exit code.
    fn all_exit(&mut self, code: i32) {
        for job in self.todo().start {
            let serial = self.send(job);
            self.end(serial, End::Exited { code: Some(code) });
        }
    }

    /// Another console takes it over, from what is on the disk.
    fn take_over(&mut self) {
        let record = Record::parse(&self.lines);
        self.progress = Progress::replay(Arc::clone(&self.plan), &record.entries);
        self.tell(Event::Resumed { by: "another".to_owned() });
        self.instruct(Instruction::RunToEnd);
        self.pass(When::Before);
    }

    fn replayed(&self) -> Progress {
        Progress::replay(Arc::clone(&self.plan), &Record::parse(&self.lines).entries)
    }

    fn state(&self, step: usize, host: &str) -> State {
        self.progress.state_at(step, &Place::Host(host.into())).expect("a state")
    }

    fn parts(&self) -> Vec<(String, &'static str)> {
        self.todo().start.iter().map(|job| (job.place.to_string(), job.part.word())).collect()
    }
}

#[test]
fn one_step_at_a_time_waits_before_each() {
    let mut console =
        Console::new(&plan("## One\n```bash run on=first\nx\n```\n## Two\n```bash run on=first\nx\n```\n"));
    console.pass(When::Before);
    assert_eq!(console.todo().stand, Stand::Paused);
    console.instruct(Instruction::Next);
    console.all_exit(0);
    assert_eq!((console.todo().stand, console.progress.step()), (Stand::Paused, Some(2)));
    console.instruct(Instruction::Next);
    console.all_exit(0);
    assert_eq!(console.todo().stand, Stand::Gates(When::After));
    console.pass(When::After);
    assert_eq!(console.todo().stand, Stand::Over(Outcome::Done { notes: Vec::new() }));
}

#[test]
fn the_bound_of_a_step_is_kept() {
    let mut console = Console::to_the_end(&plan("## One\n```bash run parallel=2\nx\n```\n"));
    assert_eq!(console.parts(), [("a".into(), "run"), ("b".into(), "run")]);
    let serial = console.send(console.todo().start[1].clone());
    assert_eq!(console.parts(), [("a".into(), "run")]);
    console.end(serial, End::Exited { code: Some(0) });
    assert_eq!(console.parts(), [("a".into(), "run"), ("c".into(), "run")]);
}

#[test]
fn checks_wait_until_all_has_run() {
    let text = "## One\n```bash run parallel=3\nx\n```\n```bash check\nx\n```\n";
    let mut console = Console::to_the_end(&plan(text));
    let jobs = console.todo().start;
    let serials: Vec<u64> = jobs.into_iter().map(|job| console.send(job)).collect();
    console.end(serials[0], End::Exited { code: Some(0) });
    assert!(console.todo().start.is_empty());
    console.end(serials[1], End::Exited { code: Some(0) });
    console.end(serials[2], End::Exited { code: Some(0) });
    assert_eq!(console.parts(), ["a", "b", "c"].map(|host| (host.to_owned(), "check")));
}

#[test]
fn checks_are_run_on_all_hosts_at_once() {
    let mut console =
        Console::to_the_end(&plan("## One\n```bash run\nx\n```\n```bash check retry=5s\nx\n```\n"));
    for host in HOSTS {
        assert_eq!(console.parts(), [(host.to_owned(), "run")], "what changes something has its order");
        console.all_exit(0);
    }
    assert_eq!(console.parts(), HOSTS.map(|host| (host.to_owned(), "check")));
    let serials: Vec<u64> = console.todo().start.into_iter().map(|job| console.send(job)).collect();
    console.end(serials[0], End::Exited { code: Some(0) });
    console.end(serials[1], End::Exited { code: Some(1) });
    console.end(serials[2], End::Exited { code: Some(1) });
    console.now += SignedDuration::from_secs(2);
    assert_eq!(console.parts(), [("b".to_owned(), "check"), ("c".to_owned(), "check")]);
    for _ in 0..2 {
        console.all_exit(1);
        assert_eq!(console.todo().stand, Stand::Busy);
        console.now += SignedDuration::from_secs(2);
    }
    console.all_exit(1);
    assert_eq!(console.todo().stand, Stand::Stuck);
    assert!(matches!(console.state(1, "b"), State::Failed(_)));
    assert!(matches!(console.state(1, "c"), State::Failed(_)), "each is told that does not hold");
}

/// How often a check is tried while the clock is set by that many seconds after each try.
fn tries_of_a_check(jump: i64) -> usize {
    let mut console =
        Console::to_the_end(&plan("## One\n```bash run on=first\nx\n```\n```bash check retry=10s\nx\n```\n"));
    console.now = "2026-01-01T00:00:00Z".parse().unwrap();
    console.all_exit(0);
    for tries in 1..100 {
        console.all_exit(1);
        console.now += SignedDuration::from_secs(jump);
        let todo = console.todo();
        if todo.stand == Stand::Stuck {
            return tries;
        }
        if let Some(wake) = todo.wake {
            assert!(
                wake.duration_since(console.now) <= SignedDuration::from_secs(2),
                "it sleeps until {wake}"
            );
            console.now = wake;
        }
    }
    panic!("the check is tried for ever")
}

#[rstest]
#[case::stands(0)]
#[case::goes(1)]
#[case::jumps_forward(3_600)]
#[case::jumps_back(-3_600)]
#[case::jumps_back_for_years(-600_000_000)]
fn a_check_is_tried_for_its_time_however_the_clock_jumps(#[case] jump: i64) {
    assert_eq!(tries_of_a_check(jump), 6);
}

#[test]
fn a_step_without_a_script_for_a_system_fails_there_in_words() {
    let mut console = Console::new(&plan("## One\n```bash run parallel=3 os=debian\nx\n```\n"));
    for (host, id) in [("a", "debian"), ("b", "gentoo"), ("c", "debian")] {
        let system = System { id: id.to_owned(), ..System::default() };
        console.tell(Event::System { place: Place::Host(host.into()), system });
    }
    console.instruct(Instruction::RunToEnd);
    console.pass(When::Before);
    console.all_exit(0);
    assert_eq!(console.todo().stand, Stand::Stuck);
    assert_eq!(console.state(1, "b"), State::Failed("no script of this step is for gentoo".to_owned()));
    assert_eq!(console.state(1, "a"), State::Running, "it has run, and waits to be proved with the others");
}

#[rstest]
#[case::by_its_unless("```bash unless\nx\n```\n", "unless")]
#[case::by_its_check("```bash check\nx\n```\n", "check")]
fn what_may_have_run_is_decided(#[case] block: &str, #[case] word: &str) {
    let text = format!("## One\n```bash run on=first\nx\n```\n{block}");
    let mut console = Console::to_the_end(&plan(&text));
    if word == "unless" {
        console.all_exit(1);
    }
    let serial = console.send(console.todo().start[0].clone());
    console.take_over();
    assert_eq!(console.todo().settle.len(), 1, "it is looked for before anything else");
    assert!(console.todo().start.is_empty());
    console.tell(Event::Settled { serial, fate: Fate::Gone });
    assert_eq!(console.parts(), [("a".to_owned(), word)]);
    console.all_exit(0);
    while matches!(console.todo().stand, Stand::Busy) {
        console.all_exit(0);
    }
    assert_eq!(console.todo().stand, Stand::Gates(When::After), "it was not run again");
}

#[test]
fn what_nothing_can_tell_is_asked() {
    let mut console = Console::to_the_end(&plan("## One\n```bash run on=first\nx\n```\n"));
    let serial = console.send(console.todo().start[0].clone());
    console.take_over();
    console.tell(Event::Settled { serial, fate: Fate::Gone });
    assert_eq!(console.todo().stand, Stand::Stuck);
    assert!(matches!(console.state(1, "a"), State::Unknown(words) if words.contains("line 2 may have run")));
    console.instruct(Instruction::Retry);
    assert_eq!(console.parts(), [("a".to_owned(), "run")]);
}

#[rstest]
#[case::of_an_unless("```bash unless\nx\n```\n")]
#[case::without_anything("")]
fn what_never_began_is_sent_to_begin_with(#[case] block: &str) {
    let mut console = Console::to_the_end(&plan(&format!("## One\n```bash run on=first\nx\n```\n{block}")));
    if !block.is_empty() {
        console.all_exit(1);
    }
    let serial = console.send(console.todo().start[0].clone());
    console.take_over();
    console.tell(Event::Settled { serial, fate: Fate::NeverBegan });
    assert_eq!(console.parts(), [("a".to_owned(), "run")]);
    let serial = console.send(console.todo().start[0].clone());
    console.end(serial, End::Lost { why: "lost".to_owned() });
    console.tell(Event::Settled { serial, fate: Fate::NeverBegan });
    assert_eq!(console.todo().stand, Stand::Stuck, "a connection that keeps breaking is not tried for ever");
}

#[test]
fn a_host_that_does_not_come_back_leaves_it_unknown_until_it_does() {
    let mut console = Console::to_the_end(&plan("## One\n```bash run on=first\nx\n```\n"));
    let serial = console.send(console.todo().start[0].clone());
    console.end(serial, End::Lost { why: "The connection to a broke.".to_owned() });
    let fate = Fate::Unreachable { why: "a can't be reached.".to_owned() };
    console.tell(Event::Settled { serial, fate });
    assert_eq!(console.todo().stand, Stand::Stuck);
    console.instruct(Instruction::Retry);
    assert_eq!(console.todo().settle.len(), 1, "it is looked for again, not run");
    console.tell(Event::Settled { serial, fate: Fate::Exited { code: 0 } });
    assert_eq!(console.todo().stand, Stand::Gates(When::After));
}

#[test]
fn a_proof_that_can_not_be_asked_is_asked_again_and_the_step_not_run_again() {
    let text = "## One\n```bash run on=first\nx\n```\n```bash check\nx\n```\n";
    let mut console = Console::to_the_end(&plan(text));
    console.all_exit(0);
    for _ in 0..3 {
        let serial = console.send(console.todo().start[0].clone());
        console.end(serial, End::NotSent { why: "a can't be reached".to_owned() });
        assert_eq!(console.todo().stand, Stand::Stuck);
        console.instruct(Instruction::Retry);
        assert_eq!(console.parts(), [("a".to_owned(), "check")]);
    }
    console.all_exit(1);
    assert_eq!(
        console.parts(),
        [("a".to_owned(), "run")],
        "it certainly does not hold, and was wanted again"
    );
}

#[test]
fn nothing_begins_beside_a_script_that_was_left_behind() {
    let text = "## One\n```bash run on=first\nx\n```\n```bash undo\nx\n```\n";
    let mut console = Console::to_the_end(&plan(text));
    let serial = console.send(console.todo().start[0].clone());
    console.end(serial, End::Lost { why: "The connection to a broke.".to_owned() });
    let fate = Fate::Unreachable { why: "a can't be reached.".to_owned() };
    console.tell(Event::Settled { serial, fate: fate.clone() });
    console.instruct(Instruction::Undo);
    assert_eq!((console.parts(), console.todo().settle.len()), (Vec::new(), 1));
    console.tell(Event::Settled { serial, fate });
    assert_eq!(console.todo().stand, Stand::Stuck);
    assert_eq!(console.state(1, "a"), State::Unknown("a can't be reached.".to_owned()));
    console.instruct(Instruction::Retry);
    assert_eq!((console.parts(), console.todo().settle.len()), (Vec::new(), 1));
    console.tell(Event::Settled { serial, fate: Fate::Exited { code: 0 } });
    assert_eq!(console.parts(), [("a".to_owned(), "undo")]);
    assert_eq!(console.replayed(), console.progress);
}

#[test]
fn a_step_is_taken_back_in_the_reverse_order_of_the_hosts() {
    let text = "## One\n```bash run parallel=3\nx\n```\n```bash unless\nx\n```\n```bash undo\nx\n```\n## Two\n```bash run on=first\nx\n```\n";
    let mut console = Console::new(&plan(text));
    console.pass(When::Before);
    console.instruct(Instruction::Next);
    // On a it is so already: it stays so.
    for (job, code) in console.todo().start.into_iter().zip([0, 1, 1]) {
        let serial = console.send(job);
        console.end(serial, End::Exited { code: Some(code) });
    }
    console.all_exit(0);
    assert_eq!(console.progress.undoable(), Ok(1));
    assert_eq!(console.progress.undone_at(1), ["b", "c"].map(|host| Place::Host(host.into())));
    assert_eq!(console.progress.run_at(2), [Place::Host("a".into())]);
    console.instruct(Instruction::Undo);
    for host in ["c", "b"] {
        assert_eq!(console.parts(), [(host.to_owned(), "undo")]);
        console.all_exit(0);
    }
    assert_eq!((console.todo().stand, console.progress.step()), (Stand::Paused, Some(1)));
    assert_eq!(console.state(1, "b"), State::NotStarted);
}

#[test]
fn the_last_step_of_a_run_that_came_to_its_end_is_taken_back() {
    let text = "## One\n```bash run on=first\nx\n```\n## Two\n```bash run on=first\nx\n```\n```bash undo\nx\n```\n\
                ## Three\n```bash unless\nx\n```\n```bash run on=first\nx\n```\n";
    let mut console = Console::to_the_end(&plan(text));
    for _ in 0..3 {
        console.all_exit(0); // the third step is done already
    }
    console.pass(When::After);
    let Stand::Over(outcome) = console.todo().stand else { panic!("{:?}", console.todo()) };
    console.tell(Event::Over { outcome: outcome.clone() });
    assert_eq!(console.progress.undoable(), Ok(2));
    console.instruct(Instruction::Undo);
    assert_eq!(console.todo().stand, Stand::Over(outcome), "nobody has it in hand");
    console.tell(Event::Resumed { by: "me".to_owned() });
    console.pass(When::Before);
    assert_eq!((console.todo().stand, console.parts()), (Stand::Paused, Vec::new()), "nothing is run again");
    console.instruct(Instruction::Undo);
    assert_eq!(console.parts(), [("a".to_owned(), "undo")]);
    console.all_exit(0);
    assert_eq!((console.todo().stand, console.progress.step()), (Stand::Paused, Some(2)));
    assert_eq!(console.replayed(), console.progress);
    assert_eq!(console.state(3, "a"), State::NotStarted, "what was found before says nothing now");
    console.instruct(Instruction::RunToEnd);
    assert_eq!(console.parts(), [("a".to_owned(), "run")]);
    console.all_exit(0);
    assert_eq!(console.parts(), [("a".to_owned(), "unless")]);
    console.all_exit(0);
    assert_eq!(console.todo().stand, Stand::Gates(When::After));
}

#[test]
fn a_step_that_is_left_out_is_told_as_such() {
    let mut console = Console::to_the_end(&plan("## One\n```bash run on=first\nx\n```\n"));
    console.all_exit(3);
    assert_eq!(console.todo().stand, Stand::Stuck);
    console.instruct(Instruction::Skip);
    console.pass(When::After);
    let Stand::Over(Outcome::Done { notes }) = console.todo().stand else { panic!("{:?}", console.todo()) };
    assert!(notes[0].contains("left as it was: the script at line 2 failed with exit code 3"), "{notes:?}");
}

#[test]
fn an_aborted_run_kills_and_ends_and_can_be_gone_on_with() {
    let text = "## One\n```bash run on=first\nx\n```\n```bash check\nx\n```\n";
    let mut console = Console::to_the_end(&plan(text));
    let serial = console.send(console.todo().start[0].clone());
    console.instruct(Instruction::Abort);
    assert_eq!(console.todo().kill, [serial]);
    console.end(serial, End::Killed);
    assert_eq!(console.todo().stand, Stand::Over(Outcome::Aborted));
    assert_eq!(console.state(1, "a"), State::Aborted);
    console.tell(Event::Over { outcome: Outcome::Aborted });
    console.take_over();
    assert_eq!(console.parts(), [("a".to_owned(), "check")], "half of it may be done");
}
