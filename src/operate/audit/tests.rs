//! The audit log, as it is and as it may be found.

use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;

use super::*;
use crate::model::Picture;
use crate::operation::{Act, Course, Danger, Heard, Intent, Phase, Process, Sent, Undo, Verb};

fn begin(id: &str) -> Entry {
    let intent = Intent { cluster: "db".into(), verb: Verb::Cleanup, subject: "vip".to_owned(), to: None };
    let plan = Plan {
        intent,
        title: "cleanup vip".to_owned(),
        notes: Vec::new(),
        danger: Danger::Ordinary,
        simulation: None,
        phases: (0..3).map(phase).collect(),
        undo: Undo::Impossible("no".to_owned()),
        half_way: String::new(),
        concerns: Vec::new(),
        known_failures: Vec::new(),
        members: Vec::new(),
    };
    entry(
        id,
        What::Begin {
            title: plan.title.clone(),
            reason: "it\nfailed".to_owned(),
            hosts: Vec::new(),
            plan: plan.into(),
        },
    )
}

/// The phase that runs the nth command.
fn phase(nth: usize) -> Phase {
    let command = serde_json::json!({"argv": nth_argv(nth), "pcs": null, "crm": null});
    let step = serde_json::json!({"command": command, "guard": [], "seconds": null, "on_failure": "stop"});
    serde_json::from_value(serde_json::json!({"run": step})).unwrap()
}

/// No flipped byte makes one command another.
fn nth_argv(nth: usize) -> Vec<String> {
    vec!["crm_resource".to_owned(), format!("--nth={nth}{nth}{nth}")]
}

fn entry(id: &str, what: What) -> Entry {
    let at = Timestamp::UNIX_EPOCH;
    Entry {
        id: id.to_owned(),
        at,
        user: "op".to_owned(),
        uid: 1000,
        process: process(),
        cluster: "db".into(),
        what,
    }
}

fn command(id: &str) -> Entry {
    entry(id, What::Command { host: "db1".into(), argv: vec!["crm_resource".to_owned()] })
}

fn end(id: &str) -> Entry {
    entry(id, What::End { outcome: "done".to_owned(), words: String::new() })
}

#[test]
fn what_began_and_never_ended_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let audit = Audit::open(&path).unwrap();
    for line in [begin("a"), command("a"), begin("b"), command("b"), end("a")] {
        audit.append(&line).unwrap();
    }
    let unfinished = audit.read().unwrap().unfinished();
    assert_eq!(unfinished.iter().map(|it| (it.id.as_str(), it.sent.len())).collect::<Vec<_>>(), [("b", 1)]);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // A second console adds to it.
    Audit::open(&path).unwrap().append(&end("b")).unwrap();
    assert!(read(&path).unwrap().unfinished().is_empty());
}

#[test]
fn what_was_not_sent_does_not_count() {
    let not_sent = entry("a", What::Result { outcome: NOT_SENT.to_owned(), said: String::new() });
    let record = Record { entries: vec![begin("a"), command("a"), not_sent], unreadable: 0 };
    assert_eq!(record.unfinished()[0].sent, []);
}

#[test]
fn a_log_that_is_not_there_is_empty() {
    assert_eq!(read(Path::new("/nonexistent/audit.jsonl")).unwrap(), Record::default());
}

proptest! {
    // Each case waits for the disk.
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn a_torn_last_line_costs_itself_alone(whole in 1..5_usize, torn in 0.0..1.0_f64) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let audit = Audit::open(&path).unwrap();
        for nth in 0..whole {
            audit.append(&begin(&nth.to_string())).unwrap();
        }
        let before = std::fs::read(&path).unwrap();
        audit.append(&begin("torn")).unwrap();
        let after = std::fs::read(&path).unwrap();
        let kept = before.len() + ((after.len() - before.len()) as f64 * torn) as usize;
        std::fs::write(&path, &after[..kept]).unwrap();
        let record = read(&path).unwrap();
        prop_assert!(record.entries.len() >= whole);
        prop_assert!(record.unreadable <= 1);
        // The next console's lines are whole again.
        Audit::open(&path).unwrap().append(&begin("next")).unwrap();
        let record = read(&path).unwrap();
        prop_assert_eq!(&record.entries.last().unwrap().id, "next");
        prop_assert_eq!(record.entries.len(), whole + 1 + usize::from(record.entries.iter().any(|it| it.id == "torn")));
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// What a log tells is what its whole lines tell, wherever it is cut off.
    #[test]
    fn a_log_cut_off_anywhere_tells_what_its_whole_lines_tell(operations in operations(), cut in any::<prop::sample::Index>()) {
        let lines = interleaved(&operations);
        let log = log_of(&lines);
        let cut = cut.index(log.len() + 1);
        let (kept, mut end) = (log[..cut].to_vec(), 0);
        let whole = lines.iter().take_while(|line| {
            end += log_of(std::slice::from_ref(*line)).len();
            // A line that lacks its end only is whole.
            end <= cut + 1
        });
        let whole: Vec<Entry> = whole.cloned().collect();
        let record = parse(&kept);
        prop_assert_eq!(&record.entries, &whole);
        prop_assert!(record.unreadable <= 1);
        prop_assert_eq!(told(&record), expected(&whole));
    }

    /// Whatever happens to the lines, what is still there to be read is never forgotten: no command that was sent, and no
    /// end.
    #[test]
    fn a_damaged_log_forgets_nothing_that_can_be_read(operations in operations(), damages in damages()) {
        let mut lines: Vec<Vec<u8>> =
            interleaved(&operations).iter().map(|entry| serde_json::to_vec(entry).unwrap()).collect();
        for damage in &damages {
            damage.inflict(&mut lines);
        }
        let mut log = lines.join(&b'\n');
        log.push(b'\n');
        let record = parse(&log);
        let readable = lines.iter().filter(|line| serde_json::from_slice::<Entry>(line).is_ok()).count();
        prop_assert!(record.entries.len() >= readable);
        let mut found: Vec<String> = record.unfinished().into_iter().map(|it| it.id).collect();
        found.sort();
        let mut begun: Vec<String> = expected(&record.entries).into_iter().map(|(id, _)| id).collect();
        begun.sort();
        begun.dedup();
        prop_assert_eq!(found, begun);
        for unfinished in record.unfinished() {
            let of_it: Vec<&What> = record.entries.iter().filter(|it| it.id == unfinished.id).map(|it| &it.what).collect();
            prop_assert!(!of_it.iter().any(|what| matches!(what, What::End { .. })), "it has ended");
            let not_sent = of_it.iter().filter(|it| matches!(it, What::Result { outcome, .. } if outcome == NOT_SENT));
            let commands = of_it.iter().filter(|it| matches!(it, What::Command { .. })).count();
            prop_assert!(unfinished.sent.len() + not_sent.count() >= commands, "{:?}", unfinished);
            // It can be resumed, and sends nothing again that the log tells of.
            let before: Vec<&[String]> = unfinished.sent.iter().map(|it| it.argv.as_slice()).collect();
            for argv in rest_of(&unfinished) {
                prop_assert!(!before.contains(&argv.as_slice()), "{:?} again after {:?}", argv, before);
            }
        }
    }

    /// A line that is written behind a torn one, by a console of a version that did not end it, is found.
    #[test]
    fn a_torn_line_does_not_swallow_the_next_one(operations in operations(), kept in 0.0..1.0_f64) {
        let lines = interleaved(&operations);
        let mut log = log_of(&lines);
        let whole = log.len();
        let torn = serde_json::to_vec(&begin("torn")).unwrap();
        let kept = (1.0_f64.max(torn.len() as f64 * kept)) as usize;
        log.extend(&torn[..kept]);
        log.extend(log_of(&[end("next")]));
        let record = parse(&log);
        prop_assert!(whole < log.len());
        prop_assert_eq!(record.entries.len(), lines.len() + 1);
        prop_assert_eq!(record.entries.last(), Some(&end("next")));
        prop_assert_eq!(record.unreadable, 1);
    }

    #[test]
    fn how_a_command_ended_is_read_as_it_was_written(ran in ran_somehow()) {
        let What::Result { outcome, said } = result(&ran) else { panic!("not a result") };
        prop_assert_eq!(super::ran(&outcome, &said), ran);
    }
}

/// The commands that a console sends that resumes it, when all of them work.
fn rest_of(unfinished: &Unfinished) -> Vec<Vec<String>> {
    let mut course = Course::resume(unfinished.plan.clone(), &unfinished.sent);
    let mut rest = Vec::new();
    loop {
        match course.next() {
            Act::Run(step) => {
                rest.push(step.command.argv.clone());
                course.hear(Heard::Ran(Ran::Exited { code: Some(0), said: String::new() }));
            }
            Act::Look => course.hear(Heard::Picture(&Picture::default())),
            Act::Simulate(_) | Act::AskController(_) | Act::End(_) => return rest,
        }
    }
}

#[test]
fn what_was_not_sent_yet_is_sent_by_a_resume() {
    for sent in 0..3 {
        let entries = vec![begin("a")];
        let mut unfinished = Record { entries, unreadable: 0 }.unfinished().remove(0);
        unfinished.sent = (0..sent).map(|nth| Sent { argv: nth_argv(nth), ran: worked() }).collect();
        assert_eq!(rest_of(&unfinished), (sent..3).map(nth_argv).collect::<Vec<_>>());
    }
}

fn worked() -> Ran {
    Ran::Exited { code: Some(0), said: String::new() }
}

/// An operation as a console logs it.
#[derive(Debug, Clone)]
struct Logged {
    commands: Vec<Ran>,
    /// Whether the last of them has no end.
    is_cut_off: bool,
    is_resumed: bool,
    is_over: bool,
}

fn operations() -> impl Strategy<Value = Vec<Logged>> {
    let operation = (prop::collection::vec(ran_somehow(), 0..4), any::<bool>(), any::<bool>(), any::<bool>());
    let operation = operation.prop_map(|(commands, is_cut_off, is_resumed, is_over)| Logged {
        commands,
        is_cut_off,
        is_resumed,
        is_over,
    });
    prop::collection::vec(operation, 1..4)
}

fn ran_somehow() -> impl Strategy<Value = Ran> {
    let said = "[a-z\"\\\\{}:\n]{0,12}";
    prop_oneof![
        4 => said.prop_map(|said| Ran::Exited { code: Some(0), said }),
        1 => (any::<i32>(), said).prop_map(|(code, said)| Ran::Exited { code: Some(code), said }),
        1 => said.prop_map(|said| Ran::Exited { code: None, said }),
        1 => said.prop_map(Ran::NotSent),
        1 => said.prop_map(Ran::Unknown),
    ]
}

fn nth_command(id: &str, nth: usize) -> Entry {
    entry(id, What::Command { host: "db1".into(), argv: nth_argv(nth) })
}

/// The lines of these operations, as they come when all are carried out at once.
fn interleaved(operations: &[Logged]) -> Vec<Entry> {
    let of_one = |(nth, logged): (usize, &Logged)| {
        let id = nth.to_string();
        let mut lines = vec![begin(&id)];
        for (nth, ran) in logged.commands.iter().enumerate() {
            lines.push(nth_command(&id, nth));
            let is_last = nth + 1 == logged.commands.len();
            if !(is_last && logged.is_cut_off) {
                lines.push(entry(&id, result(ran)));
            }
        }
        lines.extend(logged.is_resumed.then(|| entry(&id, What::Resume)));
        lines.extend(logged.is_over.then(|| end(&id)));
        lines
    };
    let all: Vec<Vec<Entry>> = operations.iter().enumerate().map(of_one).collect();
    let longest = all.iter().map(Vec::len).max().unwrap_or_default();
    (0..longest).flat_map(|nth| all.iter().filter_map(move |lines| lines.get(nth).cloned())).collect()
}

fn log_of(entries: &[Entry]) -> Vec<u8> {
    let mut log = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut log, entry).unwrap();
        log.push(b'\n');
    }
    log
}

/// Commands, and whether each is known to have worked.
type Commands = Vec<(Vec<String>, bool)>;

/// The unfinished operations of a log, with their commands and whether each is known to have worked.
fn told(record: &Record) -> Vec<(String, Commands)> {
    let worked = |sent: &Sent| matches!(sent.ran, Ran::Exited { code: Some(0), .. });
    let commands = |sent: &[Sent]| sent.iter().map(|it| (it.argv.clone(), worked(it))).collect();
    record.unfinished().iter().map(|it| (it.id.clone(), commands(&it.sent))).collect()
}

/// The same, found by looking up each operation by itself.
fn expected(lines: &[Entry]) -> Vec<(String, Commands)> {
    let begins = lines.iter().filter(|line| matches!(line.what, What::Begin { .. }));
    let mut all = Vec::new();
    for Entry { id, .. } in begins {
        let own: Vec<&What> = lines.iter().filter(|line| line.id == *id).map(|line| &line.what).collect();
        if own.iter().any(|what| matches!(what, What::End { .. })) {
            continue;
        }
        let mut commands = Vec::new();
        for (nth, what) in own.iter().enumerate() {
            let What::Command { argv, .. } = what else { continue };
            match own.get(nth + 1) {
                Some(What::Result { outcome, .. }) if outcome == "not sent" => {}
                Some(What::Result { outcome, .. }) => commands.push((argv.clone(), outcome == "exit 0")),
                _ => commands.push((argv.clone(), false)),
            }
        }
        all.push((id.clone(), commands));
    }
    all
}

/// What may happen to lines on a disk.
#[derive(Debug, Clone)]
enum Damage {
    Swap(prop::sample::Index, prop::sample::Index),
    Lose(prop::sample::Index),
    Double(prop::sample::Index),
    /// It is cut off, and the next one stands behind it.
    Tear(prop::sample::Index, prop::sample::Index),
    /// One byte is another.
    Flip(prop::sample::Index, prop::sample::Index, u8),
}

fn damages() -> impl Strategy<Value = Vec<Damage>> {
    let at = any::<prop::sample::Index>;
    let damage = prop_oneof![
        (at(), at()).prop_map(|(a, b)| Damage::Swap(a, b)),
        at().prop_map(Damage::Lose),
        at().prop_map(Damage::Double),
        (at(), at()).prop_map(|(line, byte)| Damage::Tear(line, byte)),
        (at(), at(), any::<u8>()).prop_map(|(line, byte, is)| Damage::Flip(line, byte, is)),
    ];
    prop::collection::vec(damage, 0..4)
}

impl Damage {
    fn inflict(&self, lines: &mut Vec<Vec<u8>>) {
        if lines.is_empty() {
            return;
        }
        match self {
            Self::Swap(a, b) => {
                let (a, b) = (a.index(lines.len()), b.index(lines.len()));
                lines.swap(a, b);
            }
            Self::Lose(at) => {
                lines.remove(at.index(lines.len()));
            }
            Self::Double(at) => {
                let at = at.index(lines.len());
                lines.insert(at, lines[at].clone());
            }
            Self::Tear(at, byte) => {
                let at = at.index(lines.len());
                let mut torn = lines.remove(at);
                torn.truncate(byte.index(torn.len().max(1)));
                match lines.get_mut(at) {
                    Some(next) => *next = [torn.as_slice(), next].concat(),
                    None => lines.push(torn),
                }
            }
            Self::Flip(at, byte, is) => {
                let at = at.index(lines.len());
                let byte = byte.index(lines[at].len().max(1));
                if let Some(byte) = lines[at].get_mut(byte) {
                    *byte = *is;
                }
            }
        }
    }
}

#[test]
fn an_operation_of_a_process_that_is_gone_is_not_in_hand() {
    let by = |process: Process| Entry { process, ..begin("a") };
    let own = AtWork::default();
    let in_hand =
        |entry: Entry| Record { entries: vec![entry], unreadable: 0 }.unfinished()[0].is_in_hand(&own);
    assert!(!in_hand(by(Process::own())), "this process has dropped it");
    let working = own.begin("a");
    assert!(working.is_some() && in_hand(by(Process::own())));
    assert!(own.begin("a").is_none(), "one at a time");
    drop(working);
    assert!(!in_hand(by(Process::own())));
    let mut ended = own.begin("a").unwrap();
    ended.end();
    drop(ended);
    assert!(in_hand(by(Process::own())), "the log was read before its end was written");
    assert!(own.begin("a").is_some());
    assert!(in_hand(by(Process { pid: 1, ..Process::default() })));
    let recycled = Process { pid: 1, started: Some(u64::MAX), ..Process::own() };
    assert!(!in_hand(by(recycled)));
    let before_the_boot = Process { boot: Some("another".to_owned()), ..Process::own() };
    assert!(!in_hand(by(before_the_boot)));
}

#[test]
fn a_log_of_an_earlier_version_is_read() {
    let line = r#"{"id":"a","at":"2026-11-01T00:00:00Z","user":"op","uid":1000,"pid":7,"cluster":"db","entry":"resume"}"#;
    let record = parse(line.as_bytes());
    assert_eq!(record.entries[0].process, Process { pid: 7, ..Process::default() });
    assert_eq!(record.unreadable, 0);
}

#[test]
fn a_torn_line_of_another_console_is_ended_before_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let audit = Audit::open(&path).unwrap();
    audit.append(&begin("a")).unwrap();
    // Another console dies while it writes.
    std::io::Write::write_all(&mut files::append(&path).unwrap(), br#"{"id":"b","at":"20"#).unwrap();
    audit.append(&end("a")).unwrap();
    let record = audit.read().unwrap();
    assert_eq!((record.entries.len(), record.unreadable), (2, 1));
    assert!(record.unfinished().is_empty());
}

#[test]
fn a_log_that_was_replaced_or_removed_loses_no_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let audit = Audit::open(&path).unwrap();
    audit.append(&begin("a")).unwrap();
    // As a rotation does it: the old file is moved away and a new one made.
    std::fs::rename(&path, folder.path().join("audit.jsonl.1")).unwrap();
    std::fs::write(&path, "").unwrap();
    audit.append(&begin("b")).unwrap();
    assert_eq!(audit.read().unwrap().entries, [begin("b")]);
    std::fs::remove_file(&path).unwrap();
    audit.append(&begin("c")).unwrap();
    audit.append(&end("c")).unwrap();
    assert_eq!(audit.read().unwrap().entries, [begin("c"), end("c")]);
    // A link in its place is refused, as when it is opened.
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), &path).unwrap();
    audit.append(&begin("d")).unwrap_err();
    assert!(!folder.path().join("elsewhere").exists());
}

#[test]
fn who_has_given_up_is_no_longer_at_work() {
    let by = |pid, what| Entry { process: Process { pid, ..Process::default() }, ..entry("a", what) };
    let working = |entries: Vec<Entry>| {
        let unfinished = Record { entries, unreadable: 0 }.unfinished().remove(0);
        unfinished.by.iter().map(|process| process.pid).collect::<Vec<_>>()
    };
    assert_eq!(working(vec![begin("a"), by(8, What::Resume), by(8, What::GivenUp)]), [7]);
    assert_eq!(working(vec![begin("a"), by(7, What::GivenUp), by(8, What::Resume)]), [8]);
    assert_eq!(working(vec![begin("a"), by(7, What::GivenUp), by(7, What::Resume)]), [7]);
}

fn process() -> Process {
    Process { pid: 7, ..Process::default() }
}
