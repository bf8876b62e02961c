use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use proptest::prelude::*;

use super::*;
use crate::model::{Access, LogLevel, Tier, TroubleKind};
use crate::transport::{Ended, Limits, Output, TransportError};

/// What a member does when it is asked for its log: prints these, one after the other, and then ends, breaks or goes on.
#[derive(Debug, Clone)]
struct Script {
    prints: Vec<(StreamKind, &'static str)>,
    then: Then,
}

#[derive(Debug, Clone, Copy)]
enum Then {
    Ends(i32),
    Breaks,
    GoesOn,
}

/// Members that do what they are told to, one script a question, and what they were asked.
#[derive(Default)]
struct Members {
    scripts: Mutex<VecDeque<(&'static str, Script)>>,
    asked: Mutex<Vec<(String, Vec<String>)>>,
}

impl Transport for Members {
    fn run<'a>(
        &'a self,
        _host: &'a HostName,
        _command: &'a Command,
        _limits: Limits,
    ) -> BoxFuture<'a, Result<Output, TransportError>> {
        async { panic!("a log is streamed") }.boxed()
    }

    fn stream<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        limits: StreamLimits,
        pieces: mpsc::Sender<Piece>,
    ) -> BoxFuture<'a, Result<Ended, TransportError>> {
        async move {
            assert_eq!(limits.command, None);
            let asked = (host.to_string(), command.argv().to_vec());
            self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
            let next = self.scripts.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some((expected, script)) = next else { std::future::pending().await };
            assert_eq!(host, &HostName::from(expected));
            for (stream, text) in script.prints {
                let piece = Piece { stream, bytes: text.as_bytes().to_vec() };
                pieces.send(piece).await.map_err(|_closed| broken(host))?;
            }
            match script.then {
                Then::Ends(code) => Ok(Ended { exit_code: Some(code), elapsed: Duration::ZERO }),
                Then::Breaks => Err(broken(host)),
                Then::GoesOn => {
                    pieces.closed().await;
                    Err(broken(host))
                }
            }
        }
        .boxed()
    }
}

fn broken(host: &HostName) -> TransportError {
    let message = format!("The connection to {host} broke.");
    TransportError { kind: TroubleKind::ConnectionLost, message, may_have_run: true }
}

fn entry() -> ClusterEntry {
    ClusterEntry {
        name: "db".into(),
        tier: Tier::Core,
        hosts: vec!["db1".into(), "db2".into()],
        access: Access::default(),
        needs: None,
    }
}

fn follow(scripts: Vec<(&'static str, Script)>) -> (Arc<Members>, Follow) {
    let members = Arc::new(Members { scripts: Mutex::new(scripts.into()), ..Members::default() });
    let transport: Arc<dyn Transport> = members.clone();
    let settings = Settings { seed: Some(1), ..Settings::default() };
    let entry = entry();
    let follow = Follow::start(&entry, entry.hosts.clone(), &transport, &settings);
    (members, follow)
}

fn prints(lines: &[(StreamKind, &'static str)], then: Then) -> Script {
    Script { prints: lines.to_vec(), then }
}

/// What becomes known, each in one word or two, until it was told that often that a member is lost.
async fn told(follow: &mut Follow, losses: usize) -> Vec<String> {
    let mut told = Vec::new();
    let mut lost = 0;
    while lost < losses {
        match follow.next().await.expect("it goes on for ever") {
            LogNews::Asking(host) => told.push(format!("ask {host}")),
            LogNews::Following { host, source } => told.push(format!("{host}: {source}")),
            LogNews::Lines(lines) => told.extend(lines.into_iter().map(|line| line.text)),
            LogNews::Lost { host, why, .. } => {
                told.push(format!("lost {host}: {why}"));
                lost += 1;
            }
        }
    }
    told
}

const JOURNAL: (StreamKind, &str) = (StreamKind::Stderr, "log source: journal\n");

#[tokio::test(start_paused = true)]
async fn another_member_is_asked_when_one_is_lost() {
    let (members, mut follow) = follow(vec![
        ("db1", prints(&[JOURNAL, (StreamKind::Stdout, "one\ntwo\n")], Then::Breaks)),
        ("db2", prints(&[(StreamKind::Stderr, "no log can be read\n")], Then::Ends(66))),
        ("db1", prints(&[JOURNAL, (StreamKind::Stdout, "one\ntwo\nthree\n")], Then::Ends(0))),
    ]);
    assert_eq!(
        told(&mut follow, 3).await,
        [
            "ask db1",
            "db1: journal",
            "one",
            "two",
            "lost db1: The connection to db1 broke.",
            "ask db2",
            "lost db2: db2: no log can be read.",
            "ask db1",
            "db1: journal",
            "three",
            "lost db1: db1 ended its log with exit code 0.",
        ]
    );
    let asked = members.asked.lock().unwrap();
    assert_eq!(asked[0].1, follow_log());
}

#[tokio::test(start_paused = true)]
async fn the_same_member_does_not_tell_the_same_lines_twice() {
    let only = ClusterEntry { hosts: vec!["db1".into()], ..entry() };
    let scripts = vec![
        ("db1", prints(&[JOURNAL, (StreamKind::Stdout, "one\ntwo\n")], Then::Breaks)),
        ("db1", prints(&[JOURNAL, (StreamKind::Stdout, "one\ntwo\nthree\n")], Then::Breaks)),
    ];
    let members = Arc::new(Members { scripts: Mutex::new(scripts.into()), ..Members::default() });
    let transport: Arc<dyn Transport> = members.clone();
    let mut follow = Follow::start(&only, only.hosts.clone(), &transport, &Settings::default());
    let told = told(&mut follow, 2).await;
    let lines: Vec<&str> =
        told.iter().map(String::as_str).filter(|line| ["one", "two", "three"].contains(line)).collect();
    assert_eq!(lines, ["one", "two", "three"]);
}

/// The lines of a log, from one number to another.
fn numbered(lines: std::ops::Range<usize>) -> &'static str {
    Box::leak(lines.map(|nth| format!("line {nth}\n")).collect::<Vec<_>>().concat().into_boxed_str())
}

#[tokio::test(start_paused = true)]
async fn a_long_log_is_not_repeated_after_a_reconnect() {
    let only = ClusterEntry { hosts: vec!["db1".into()], ..entry() };
    let scripts = vec![
        ("db1", prints(&[(StreamKind::Stdout, numbered(0..401))], Then::Breaks)),
        ("db1", prints(&[(StreamKind::Stdout, numbered(250..450))], Then::Breaks)),
        ("db1", prints(&[(StreamKind::Stdout, numbered(250..450))], Then::Breaks)),
    ];
    let members = Arc::new(Members { scripts: Mutex::new(scripts.into()), ..Members::default() });
    let transport: Arc<dyn Transport> = members.clone();
    let mut follow = Follow::start(&only, only.hosts.clone(), &transport, &Settings::default());
    let told = told(&mut follow, 3).await;
    let lines: Vec<&str> = told.iter().map(String::as_str).filter(|line| line.starts_with("line")).collect();
    assert_eq!(lines, numbered(0..450).lines().collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_member_that_ends_at_once_is_asked_ever_more_rarely() {
    let scripts = (0..12).map(|nth| (if nth % 2 == 0 { "db1" } else { "db2" }, prints(&[], Then::Ends(1))));
    let (_members, mut follow) = follow(scripts.collect());
    let began = Instant::now();
    told(&mut follow, 12).await;
    // 1 + 2 + 4 … up to 30 seconds, each shortened by half at most.
    assert!(began.elapsed() > Duration::from_secs(60), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn lines_come_while_it_goes_on_and_dropping_it_ends_it() {
    let (members, mut follow) = follow(vec![(
        "db1",
        prints(
            &[
                JOURNAL,
                (StreamKind::Stdout, "Nov 23 09:26:30 db1 crmd[1]: err"),
                (StreamKind::Stdout, "or: bad\n\n"),
            ],
            Then::GoesOn,
        ),
    )]);
    let line = loop {
        if let LogNews::Lines(lines) = follow.next().await.unwrap() {
            break lines[0].clone();
        }
    };
    assert_eq!((line.program.as_str(), line.level, line.text.as_str()), ("crmd", LogLevel::Error, "bad"));
    drop(follow);
    let gone = async {
        while Arc::strong_count(&members) > 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone).await.expect("it goes on");
}

#[tokio::test(start_paused = true)]
async fn a_flood_waits_for_who_reads_it() {
    let flood: Vec<(StreamKind, &'static str)> = vec![(StreamKind::Stdout, "x\n"); 20_000];
    let (_members, mut follow) = follow(vec![("db1", prints(&flood, Then::GoesOn))]);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let mut taken = 0;
    while taken < 20_000 {
        if let LogNews::Lines(lines) = follow.next().await.unwrap() {
            assert!(lines.len() <= AT_ONCE);
            taken += lines.len();
        }
    }
}

proptest! {
    #[test]
    fn lines_do_not_depend_on_how_the_bytes_come(
        lines in prop::collection::vec("[^\n]{0,20}", 0..20),
        cuts in prop::collection::vec(1_usize..9, 1..60),
    ) {
        let mut text = lines.join("\n").into_bytes();
        text.push(b'\n');
        let mut cutter = Lines::default();
        let mut read = Vec::new();
        let mut rest = text.as_slice();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at((*cut).min(rest.len()));
            read.extend(cutter.add(piece));
            rest = after;
        }
        let expected: Vec<String> = if lines.is_empty() { vec![String::new()] } else { lines };
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn a_line_without_end_is_bounded(bytes in prop::collection::vec(any::<u8>(), 0..200), times in 1..300_usize) {
        let mut cutter = Lines::default();
        for _ in 0..times {
            for line in cutter.add(&bytes) {
                prop_assert!(line.len() <= 3 * LONGEST_LINE);
            }
            prop_assert!(cutter.begun.len() <= LONGEST_LINE);
        }
    }
}
