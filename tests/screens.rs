//! What the screens look like, at a fixed time, of real captures.

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{capture, console, deployment, look, lost, now, observed, screen};
use jiff::{SignedDuration, Timestamp};
use quorate::app::{Action, AuditLog, Context, Event, News, Selection, State, Typing, update};
use quorate::health::Assessment;
use quorate::model::{
    Contact, Deed, DeedEvent, DeedOutcome, DeedStep, HostStack, Inventory, LogLine, LogNews,
};
use quorate::pacemaker::log::read_line;
use quorate::pacemaker::parse;
use quorate::saved::{self, Saved};
use quorate::ui::Look;
use rstest::rstest;
use strum::IntoEnumIterator;
use tui_input::InputRequest;

#[rstest]
#[case(20, 5)]
#[case(40, 10)]
#[case(80, 24)]
#[case(120, 40)]
#[case(160, 45)]
#[case(300, 100)]
fn the_grid(#[case] columns: u16, #[case] rows: u16) {
    let state = console(deployment(), (columns, rows));
    insta::assert_snapshot!(format!("grid-{columns}x{rows}"), screen(&state, &look()));
}

/// Where some clusters are read-only each says so itself; where all are, the header does.
#[rstest]
#[case(40, 10)]
#[case(80, 24)]
#[case(120, 40)]
#[case(160, 45)]
fn what_may_not_be_changed(#[case] columns: u16, #[case] rows: u16) {
    let mut clusters = deployment();
    for (entry, _) in clusters.iter_mut().take(4) {
        entry.access.read_only = true;
    }
    let mut state = console(clusters, (columns, rows));
    let until = now() + SignedDuration::from_mins(14);
    update(&mut state, Event::Operated(News::Unlocked("mq".into(), until)));
    wait_until(&mut state, now() + SignedDuration::from_secs(6));
    insta::assert_snapshot!(format!("read-only-{columns}x{rows}"), screen(&state, &look()));
}

/// With ASCII no sign of ours is anything else, whatever is on screen.
#[test]
fn nothing_but_ascii_where_that_is_wanted() {
    let look = Look { glyphs: quorate::ui::ASCII, ..look() };
    let mut state = console(deployment(), (120, 40));
    let seen = |state: &State| {
        let screen = screen(state, &look);
        let other: Vec<&str> = screen
            .buffer()
            .content()
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .filter(|it| !it.is_ascii())
            .collect();
        assert!(other.is_empty(), "{other:?}:\n{screen}");
    };
    seen(&state);
    state.grid.filter = "nothing-like-it".to_owned();
    seen(&state);
    state.grid.filter = "db".to_owned();
    seen(&state);
    for pane in [
        Action::Open,
        Action::PaneMatrix,
        Action::PaneConfiguration,
        Action::PaneLog,
        Action::Why,
        Action::Back,
        Action::PaneOverview,
        Action::Findings,
        Action::Audit,
        Action::Help,
    ] {
        update(&mut state, Event::Act(pane));
        seen(&state);
    }
    for letter in "it".chars() {
        update(&mut state, Event::Act(Action::Filter));
        update(&mut state, Event::Typed(Typing::Edit(InputRequest::InsertChar(letter))));
        update(&mut state, Event::Typed(Typing::Accept));
        seen(&state);
    }
}

#[rstest]
#[case(80, 24)]
#[case(160, 45)]
fn inside_a_cluster(#[case] columns: u16, #[case] rows: u16) {
    let mut state = console(deployment(), (columns, rows));
    update(&mut state, Event::Act(Action::Open));
    insta::assert_snapshot!(format!("cluster-{columns}x{rows}"), screen(&state, &look()));
}

/// The screens of a cluster and the cards that lie over them, each by its name and how it is got to.
#[rstest]
#[case("matrix", "db", &[Action::PaneMatrix])]
#[case("constraints", "lb", &[Action::PaneConstraints, Action::ToggleSort])]
#[case("failures", "keystone", &[Action::PaneFailures])]
#[case("fencing", "db", &[Action::PaneFencing])]
#[case("attributes", "db", &[Action::PaneAttributes])]
#[case("tickets", "db", &[Action::PaneTickets])]
#[case("details-finding", "db", &[Action::Open])]
#[case("details-resource", "lb", &[Action::PaneMatrix, Action::Down, Action::Down, Action::Down, Action::Down, Action::Open])]
#[case("details-node", "db", &[Action::NextPane, Action::Down, Action::Open])]
#[case("details-constraint", "lb", &[Action::PaneConstraints, Action::ToggleSort, Action::Open])]
#[case("why-node", "db", &[Action::NextPane, Action::Down, Action::Why])]
#[case("why-resource", "lb", &[Action::PaneMatrix, Action::Down, Action::Down, Action::Down, Action::Down, Action::Why])]
#[case("why-failure", "keystone", &[Action::PaneFailures, Action::Why])]
#[case("lost", "horizon", &[Action::PaneMatrix])]
#[case("configuration", "db", &[Action::PaneConfiguration, Action::Down, Action::Open, Action::Down])]
#[case("configuration-element", "db", &[Action::PaneConfiguration, Action::Last, Action::Why])]
#[case("wide-constraints", "lb", &[Action::ToggleWide, Action::PaneConstraints, Action::Redraw])]
#[case("matrix-node", "lb", &[Action::PaneMatrix, Action::Down, Action::Down, Action::Down, Action::Right, Action::Right])]
#[case("why-resource-on-node", "lb", &[Action::PaneMatrix, Action::Down, Action::Down, Action::Down, Action::Right, Action::Right, Action::Open])]
fn panes_and_cards(
    #[case] name: &str,
    #[case] cluster: &str,
    #[case] actions: &[Action],
    #[values((80, 24), (160, 45))] size: (u16, u16),
) {
    let mut state = console(deployment(), size);
    open(&mut state, cluster);
    for action in actions {
        update(&mut state, Event::Act(*action));
    }
    insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), screen(&state, &look()));
}

/// What a host printed half a minute ago when it was asked for its stack.
fn stack(host: &str, name: &str) -> Arc<HostStack> {
    let path = format!("{}/tests/fixtures/stack/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let report = parse::stack(&std::fs::read(path).expect("a report")).expect("an answer");
    let at = now() - SignedDuration::from_secs(30);
    Arc::new(HostStack { host: host.into(), at, until: at + SignedDuration::from_mins(3), report })
}

/// Two hosts that report their stack, one of them too long ago, and one that doesn't.
#[rstest]
#[case("stack", &[Action::PaneStack])]
#[case("stack-card", &[Action::PaneStack, Action::Down, Action::Open])]
fn the_stack(
    #[case] name: &str,
    #[case] actions: &[Action],
    #[values((80, 24), (160, 45), (300, 100))] size: (u16, u16),
) {
    let mut clusters = deployment();
    let (_, observation) = clusters.iter_mut().find(|(entry, _)| entry.name == *"mq").expect("it is there");
    let mut old = HostStack::clone(&stack("mq3", "link-down-3"));
    (old.at, old.until) = (now() - SignedDuration::from_mins(7), now() - SignedDuration::from_mins(4));
    observation.stacks = vec![stack("mq1", "link-down-1"), old.into()];
    let mut state = console(clusters, size);
    open(&mut state, "mq");
    for action in actions {
        update(&mut state, Event::Act(*action));
    }
    insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), screen(&state, &look()));
}

/// What was written to the log of a cluster, by the level of each line.
fn log_lines() -> Vec<LogLine> {
    [
        "2026-11-22T11:35:00+0000 c1n2 corosync[700]:   [TOTEM ] A processor failed, forming new configuration.",
        "2026-11-22T11:35:01+0000 c1n2 pacemaker-controld[812]:  notice: Node c1n3 state is now lost",
        "2026-11-22T11:35:01+0000 c1n2 pacemaker-schedulerd[811]:  warning: Cluster node c1n3 will be fenced: peer is \
         no longer part of the cluster",
        "2026-11-22T11:35:02+0000 c1n2 pacemaker-fenced[808]:  error: Operation 'reboot' targeting c1n3 by c1n1: \u{1b}[2J\
         No such device",
        "-- Boot 17 --",
    ]
    .map(read_line)
    .to_vec()
}

#[rstest]
#[case("log-asking", &[LogNews::Asking("db2".into())], &[])]
#[case("log", &[following(), LogNews::Lines(log_lines())], &[])]
#[case("log-paused", &[following(), LogNews::Lines(log_lines())], &[Action::Up, Action::Up])]
#[case("log-line", &[following(), LogNews::Lines(log_lines())], &[Action::Up, Action::Open])]
#[case("log-lost", &[LogNews::Lines(log_lines()), lost_log()], &[])]
fn the_log(
    #[case] name: &str,
    #[case] news: &[LogNews],
    #[case] actions: &[Action],
    #[values((80, 24), (160, 45))] size: (u16, u16),
) {
    let mut state = console(deployment(), size);
    open(&mut state, "db");
    update(&mut state, Event::Act(Action::PaneLog));
    for news in news {
        update(&mut state, Event::Logged("db".into(), news.clone()));
    }
    for action in actions {
        update(&mut state, Event::Act(*action));
    }
    if !actions.is_empty() {
        update(&mut state, Event::Logged("db".into(), LogNews::Lines(log_lines())));
    }
    insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), screen(&state, &look()));
}

fn following() -> LogNews {
    LogNews::Following { host: "db2".into(), source: "journal".to_owned() }
}

fn lost_log() -> LogNews {
    LogNews::Lost {
        host: "db2".into(),
        why: "The connection to db2 broke: no exit code came back.".to_owned(),
        wait: std::time::Duration::from_secs(4),
    }
}

fn deed(nth: i64, title: &str, outcome: Option<(&str, &str)>) -> Deed {
    let at = now() - SignedDuration::from_secs(3_000 * (nth + 1));
    let sent = DeedEvent::Sent {
        host: "lb2".into(),
        argv: ["crm_resource", "--resource=it's", "--move"].map(str::to_owned).to_vec(),
    };
    let ended =
        DeedEvent::Ended { outcome: "exit 1".to_owned(), said: "crm_resource: \u{1b}[31mno\n".to_owned() };
    Deed {
        id: nth.to_string(),
        at,
        user: ("ada".to_owned(), 1000),
        cluster: "lb".into(),
        title: title.to_owned(),
        reason: if nth == 0 { "maintenance of the switch".to_owned() } else { String::new() },
        outcome: outcome.map(|(word, words)| DeedOutcome {
            at: at + SignedDuration::from_secs(9),
            word: word.to_owned(),
            words: words.to_owned(),
        }),
        steps: [sent, ended].map(|what| DeedStep { at: at + SignedDuration::from_secs(1), what }).to_vec(),
    }
}

#[rstest]
#[case("audit-empty", false, &[])]
#[case("audit", true, &[])]
#[case("audit-deed", true, &[Action::Open])]
fn the_audit_log(
    #[case] name: &str,
    #[case] is_anything_done: bool,
    #[case] actions: &[Action],
    #[values((80, 24), (160, 45))] size: (u16, u16),
) {
    let deeds = vec![
        deed(0, "move vip-db to lb2", Some(("failed", "crm_resource ended with exit code 1."))),
        deed(1, "standby lb3", Some(("done", "lb3 is in standby."))),
        deed(2, "cleanup galera", Some(("refused", "nobody has failed"))),
        deed(3, "reboot lb1", Some(("unknown", "the connection broke"))),
        deed(4, "restart haproxy-clone", None),
    ];
    let mut state = console(deployment(), size);
    update(&mut state, Event::Act(Action::Audit));
    let log = AuditLog {
        path: "/home/ada/.local/state/quorate/audit.jsonl".to_owned(),
        deeds: Arc::new(if is_anything_done { deeds } else { Vec::new() }),
        unreadable: usize::from(is_anything_done),
        trouble: None,
    };
    update(&mut state, Event::Audited(log));
    for action in actions {
        update(&mut state, Event::Act(*action));
    }
    insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), screen(&state, &look()));
}

#[rstest]
#[case("wide-nodes", Action::Nodes)]
#[case("wide-resources", Action::Resources)]
fn wide_tables(#[case] name: &str, #[case] action: Action, #[values((80, 24), (160, 45))] size: (u16, u16)) {
    let mut state = console(deployment(), size);
    for action in [action, Action::ToggleWide, Action::Right, Action::Redraw] {
        update(&mut state, Event::Act(action));
    }
    insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), screen(&state, &look()));
}

#[rstest]
#[case("all-findings", Action::Findings)]
#[case("all-nodes", Action::Nodes)]
#[case("all-resources", Action::Resources)]
#[case("all-constraints", Action::Constraints)]
#[case("all-failures", Action::Failures)]
fn tables_over_all_clusters(
    #[case] name: &str,
    #[case] action: Action,
    #[values((80, 24), (160, 45))] size: (u16, u16),
) {
    let mut state = console(deployment(), size);
    update(&mut state, Event::Act(action));
    insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), screen(&state, &look()));
}

fn open(state: &mut State, cluster: &str) {
    state.grid.selection = Selection::Chosen(cluster.into());
    update(state, Event::Act(Action::Open));
}

/// Lets the clock show that time: clusters that don't answer are judged again, as the runtime does every second.
fn wait_until(state: &mut State, time: Timestamp) {
    update(state, Event::Tick(time));
    let silent = state.clusters.iter().filter(|it| !matches!(it.observation.contact, Contact::Live { .. }));
    let judged = silent.map(|it| {
        let assessment = Assessment::new(&it.entry, it.observation.clone(), time);
        Event::Observed(it.entry.name.clone(), assessment)
    });
    let judged: Vec<Event> = judged.collect();
    for event in judged {
        update(state, event);
    }
}

/// Where everything waits for one cluster, that one stands first, and the others say what they wait for.
#[rstest]
#[case(80, 24)]
#[case(160, 45)]
fn the_root_of_it_comes_first(#[case] columns: u16, #[case] rows: u16) {
    let mut state = console(deployment(), (columns, rows));
    let entry = state.cluster(&"mq".into()).expect("it is there").entry.clone();
    update(&mut state, observed(&entry, lost(capture("healthy"), "mq1")));
    update(&mut state, Event::Act(Action::ToggleSort));
    wait_until(&mut state, now() + SignedDuration::from_secs(6));
    insta::assert_snapshot!(format!("root-{columns}x{rows}"), screen(&state, &look()));
}

/// A console on saved captures, three days after the last test took place.
fn on_saved(names: &[&str], size: (u16, u16)) -> State {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/captures");
    let paths: Vec<PathBuf> = names.iter().map(|name| folder.join(format!("{name}.crm_mon.xml"))).collect();
    let later = now() + SignedDuration::from_hours(72);
    let saved = saved::read(&paths, None, later).expect("one path each");
    let inventory = Inventory { clusters: saved.iter().map(|saved| saved.entry.clone()).collect() };
    let mut state = State::new(&inventory, Vec::new(), size, later);
    state.is_saved = true;
    for Saved { entry, assessment, .. } in saved {
        update(&mut state, Event::Observed(entry.name, assessment));
    }
    state
}

/// The header says that these are saved pictures and how old, and the footer offers nothing that changes them.
#[rstest]
fn saved_clusters(#[values("grid", "cluster")] shown: &str, #[values((80, 24), (160, 45))] size: (u16, u16)) {
    let clusters = ["standby", "healthy", "failed-recovered"];
    let state = on_saved(if shown == "grid" { &clusters } else { &clusters[..1] }, size);
    insta::assert_snapshot!(format!("saved-{shown}-{}x{}", size.0, size.1), screen(&state, &look()));
}

/// Neither a remedy nor the footer shows a key that does nothing on a saved picture. A live cluster shows them.
#[rstest]
#[case::findings(&[], Context::Cluster)]
#[case::card(&[Action::Open], Context::Panel)]
#[case::why(&[Action::Why], Context::Panel)]
#[case::nodes(&[Action::NextPane], Context::Cluster)]
#[case::resources(&[Action::NextPane, Action::NextPane], Context::Cluster)]
fn saved_clusters_show_no_key_that_is_refused(
    #[case] keys: &[Action],
    #[case] context: Context,
    #[values((80, 24), (160, 45))] size: (u16, u16),
) {
    let look = look();
    let mut state = on_saved(&["failed-recovered"], size);
    // Not because the cluster is read-only, either.
    state.clusters[0].unlocked = Some(state.now + SignedDuration::from_hours(1));
    for &key in keys {
        update(&mut state, Event::Act(key));
    }
    let refused: Vec<Action> = Action::iter().filter(|&action| state.refusal(action).is_some()).collect();
    let shown = |state: &State| -> Vec<String> {
        let text = screen(state, &look).to_string();
        let keys = refused.iter().flat_map(|&action| {
            let keys = look.keymap.keys_for(context, action).into_iter();
            keys.flat_map(move |key| [format!("[{key}]"), format!("  {key} {}  ", action.label())])
        });
        keys.filter(|words| text.contains(words)).collect()
    };
    assert_eq!(shown(&state), Vec::<String>::new(), "{}", screen(&state, &look));
    state.is_saved = false;
    assert_ne!(shown(&state), Vec::<String>::new(), "{}", screen(&state, &look));
}

/// A picture without a time of its own has that of its file, which the screen says.
#[rstest]
#[case(&[true], &["saved picture, file 3 days old", "file saved 3 d ago"])]
#[case(&[false], &["saved picture, 3 days old", "read-only  saved 3 d ago"])]
#[case(&[true, true], &["saved pictures, files 3 days old"])]
#[case(&[true, false], &["saved pictures, 3 days old"])]
#[case(&[false, false], &["saved pictures, 3 days old"])]
fn the_header_says_where_an_age_is_the_file_s(#[case] by_file: &[bool], #[case] said: &[&str]) {
    let mut state = on_saved(&["standby", "healthy"][..by_file.len()], (160, 45));
    for (cluster, by_file) in state.clusters.iter_mut().zip(by_file) {
        cluster.observation.is_dated_by_file = *by_file;
    }
    let text = screen(&state, &look()).to_string();
    for words in said {
        assert!(text.contains(words), "{words}:\n{text}");
    }
}

/// The oldest and the newest are both said, and a picture without a time makes none up.
#[test]
fn the_header_says_the_range_of_ages() {
    let mut state = on_saved(&["standby", "healthy", "failed-recovered"], (120, 40));
    let hours = SignedDuration::from_hours(70);
    state.clusters[1].observation.confirmed = state.clusters[1].observation.confirmed.map(|at| at + hours);
    state.clusters[2].observation.confirmed = None;
    let text = screen(&state, &look()).to_string();
    assert!(text.contains("saved pictures, 3 hours to 3 days old"), "{text}");
    for cluster in &mut state.clusters {
        cluster.observation.confirmed = None;
    }
    let text = screen(&state, &look()).to_string();
    assert!(text.contains("  saved pictures  "), "{text}");
}
