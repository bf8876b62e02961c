//! The whole console in-process: keys in, screens out, on simulated clusters and in simulated time.

#[path = "common/running.rs"]
mod running;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use futures::future::BoxFuture;
use jiff::SignedDuration;
use quorate::demo::{Demo, Faults, Layout, Options};
use quorate::model::{HostName, Inventory};
use quorate::saved;
use quorate::transport::{Command, Limits, Nowhere, Output, Transport, TransportError};
use rstest::rstest;
use running::{Console, clock};

fn start(options: &Options, size: (u16, u16)) -> Console {
    let clock = clock();
    let demo = Demo::new(options, Arc::clone(&clock));
    Console::start(demo.inventory(), Arc::new(demo), clock, size)
}

fn demo(faults: Faults, size: (u16, u16)) -> Console {
    start(&Options { layout: Layout::Segregated, clusters: None, seed: 7, faults }, size)
}

#[tokio::test(start_paused = true)]
async fn a_quiet_deployment_is_quiet() {
    let console = demo(Faults::None, (160, 45));
    console.shows("every cluster is healthy").await;
    console.shows("● 17").await;
    assert_eq!(console.audit().entries, [], "looking changes nothing");
    console.press("q");
    console.ends().await;
}

#[tokio::test(start_paused = true)]
async fn trouble_is_on_the_first_line_and_leads_inside() {
    let console = demo(Faults::Lively, (160, 45));
    console.shows("✖ 1").await.press("n").press("enter").shows("findings ─").await;
    console.shows("resources ─").await.press("esc").shows("core ─").await.press("q");
    console.ends().await;
}

#[tokio::test(start_paused = true)]
async fn a_filter_narrows_while_it_is_typed() {
    let console = demo(Faults::None, (100, 30));
    console.shows("● 17").await.press("/heat3").shows("1 of 17 shown").await;
    assert!(!console.text().contains("glance"));
    console.press("enter").shows("“heat3” 1 shown").await.press("esc").shows("glance").await;
    console.press("/nothing-like-it").shows("None of 17 clusters matches").await;
    console.press("esc").shows("glance").await;
}

#[tokio::test(start_paused = true)]
async fn inside_a_cluster_every_screen_has_a_key() {
    let console = demo(Faults::None, (100, 30));
    console.shows("● 17").await.press(":lb").press("enter").shows("nodes ─").await;
    console.press("2").shows("RESOURCE").await.press("3").shows("never on").await;
    console
        .press("4")
        .shows("No failure is recorded.")
        .await
        .press("5")
        .shows("Nobody has been fenced")
        .await;
    console.press("7").shows("The cluster knows no ticket.").await;
    console.press("1").shows("resources ─").await.press("esc").shows("WORST FINDING").await;
}

#[tokio::test(start_paused = true)]
async fn a_filter_inside_a_cluster_narrows_its_pane_and_goes_first() {
    let console = demo(Faults::None, (100, 30));
    console.shows("● 17").await.press(":lb").press("enter").shows("nodes ─").await.press("2/vip-m");
    console.shows("1 shown").await.press("enter").shows_no_more("vip-db").await;
    assert!(console.text().contains("vip-mq"));
    console.press("esc").shows("vip-db").await.press("esc").shows("WORST FINDING").await;
}

#[tokio::test(start_paused = true)]
async fn one_key_says_why_and_another_all_that_is_known() {
    let console = demo(Faults::None, (100, 30));
    console.shows("● 17").await.press(":lb").press("enter").shows("nodes ─").await.press("2/vip-mq");
    console.press("enter").press("y").shows("Why does vip-mq run on lb").await.shows("node by node").await;
    console.press("esc").shows_no_more("node by node").await;
    console.press("enter").shows("ocf:heartbeat:IPaddr2").await.press("y").shows("Why does vip-mq").await;
}

#[tokio::test(start_paused = true)]
async fn a_table_over_all_clusters_leads_to_the_row_and_back() {
    let console = demo(Faults::None, (100, 30));
    console.shows("● 17").await.press(":resources").press("enter").shows("resources of 17 clusters").await;
    console.press("/vip-nova").shows("1 shown").await.press("enter").press("enter").shows("lb ·").await;
    let is_selected = |screen: &str| screen.lines().any(|line| line.contains("▌● vip-nova"));
    console.until("the row is selected", is_selected).await;
    console.press("esc").shows("“vip-nova” 1 shown").await.press("esc").shows("rabbitmq-clone").await;
    console.press("esc").shows("WORST FINDING").await.press("gn").shows("nodes of 17 clusters").await;
    console.press("sb").shows("by CLUSTER, reversed").await;
}

#[tokio::test(start_paused = true)]
async fn the_command_line_completes_and_explains() {
    let console = demo(Faults::None, (100, 30));
    console.shows("● 17").await.press(":them").shows("theme").await.press("tab").shows(":theme").await;
    console.press("esc").press(":theme nrod").press("enter").shows("did you mean nord?").await;
    console.press(":theme nord").press("enter").shows("theme: nord").await;
    console.press(":keystone").press("enter").shows("nodes ─").await;
    console.press(":quit").press("enter");
    console.ends().await;
}

#[tokio::test(start_paused = true)]
async fn help_shows_the_keys_of_the_keymap() {
    let console = demo(Faults::None, (100, 50));
    console.shows("● 17").await.press("?").shows("Keys in the grid").await.shows("toggle-sort").await;
    console.press("esc").shows_no_more("Keys in the grid").await.press("s").shows("worst first").await;
}

#[tokio::test(start_paused = true)]
async fn the_mouse_selects_and_opens() {
    let console = demo(Faults::None, (100, 30));
    console.shows("● 17").await.press(":layout list").press("enter").shows("WORST FINDING").await;
    let press = || press_on(&console, "glance");
    press();
    console
        .until("glance is selected", |screen| {
            screen.lines().any(|line| line.contains('▌') && line.contains("glance"))
        })
        .await;
    press();
    console.shows("nodes ─").await;
}

/// Presses the mouse where those words stand.
fn press_on(console: &Console, words: &str) {
    let text = console.text();
    let found = text.lines().enumerate().find_map(|(row, line)| Some((row, line.split_once(words)?.0)));
    let (row, before) = found.unwrap_or_else(|| panic!("{words} is nowhere:\n{text}"));
    console.send(Event::Mouse(MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        // The screen stands in quotation marks.
        column: before.chars().count() as u16 - 1,
        row: row as u16,
        modifiers: KeyModifiers::NONE,
    }));
}

#[tokio::test(start_paused = true)]
async fn a_button_is_pressed_but_not_by_the_second_press_of_a_double_one() {
    let console = demo(Faults::None, (100, 30));
    console.shows("● 17").await.press(":lb").press("enter").shows("nodes ─").await.press("2/vip-mq");
    console.press("enter").press("c").shows("[ Do it ]").await;
    // What stood there a moment ago was meant.
    press_on(&console, "Commands on");
    press_on(&console, "[ Do it ]");
    console.press("tab").shows("▌[ Do it ]").await;
    assert!(console.audit().entries.is_empty(), "{}", console.text());
    tokio::time::advance(Duration::from_secs(1)).await;
    press_on(&console, "[ Do it ]");
    console.shows("Done: cleanup vip-mq").await;
    assert!(!console.audit().entries.is_empty());
    tokio::time::advance(Duration::from_secs(1)).await;
    press_on(&console, "[ Close ]");
    console.shows_no_more("[ Close ]").await.press("q");
    console.ends().await;
}

#[tokio::test(start_paused = true)]
async fn a_resize_is_followed() {
    let console = demo(Faults::None, (160, 45));
    console.shows("● 17").await;
    console.shared.with(|screen| screen.resize(60, 20));
    console.send(Event::Resize(60, 20));
    console.shows("WORST FINDING").await;
    console.shared.with(|screen| screen.resize(20, 5));
    console.send(Event::Resize(20, 5));
    console.shows("small: wants 40x10").await;
    // Before anybody listens, nobody tells.
    console.shared.with(|screen| screen.resize(60, 20));
    console.shows("WORST FINDING").await;
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_input_and_a_signal_end_it() {
    let mut console = demo(Faults::None, (80, 24));
    console.shows("● 17").await;
    console.signal();
    console.ends().await;

    let console = demo(Faults::None, (80, 24));
    console.shows("● 17").await;
    console.keys.close_channel();
    console.ends().await;
}

#[tokio::test(start_paused = true)]
async fn two_hundred_clusters_are_all_there() {
    let options = Options { layout: Layout::Segregated, clusters: Some(200), seed: 1, faults: Faults::None };
    let console = start(&options, (300, 100));
    console.shows("● 200").await;
}

#[tokio::test(start_paused = true)]
async fn a_single_cluster_is_open_from_the_start() {
    let options = Options { layout: Layout::Collapsed, clusters: None, seed: 1, faults: Faults::None };
    let console = start(&options, (160, 45));
    console.shows("resources ─").await.press("esc").shows("OpenStack ─").await;
}

#[tokio::test(start_paused = true)]
async fn the_log_is_followed_while_its_screen_is_open() {
    let console = demo(Faults::Lively, (160, 45));
    console.shows("✖ 1").await.press("n").press("enter").shows("findings ─").await;
    console.press("9").shows("following").await.shows("Calculated transition").await;
    console.press("k").shows("paused").await.press("G").shows_no_more("paused").await;
    console.press("1").shows_no_more("following").await.press("9").shows("following").await;
    console.press("/nothing-like-it").shows("0 shown").await.press("esc").shows("S_IDLE").await;
}

#[tokio::test(start_paused = true)]
async fn the_configuration_is_folded_and_searched() {
    let console = demo(Faults::None, (100, 30));
    console.shows("● 17").await.press(":lb").press("enter").shows("nodes ─").await;
    console.press("8").shows("▾ <resources>").await.shows("▸ <primitive id=\"vip-db\"").await;
    console.press("+").shows("<instance_attributes").await.press("-").shows("▸ <resources>").await;
    console.press("/vip-mq").shows("<primitive id=\"vip-mq\"").await.press("enter").press("esc");
    console.shows("▾ <resources>").await.press("y").shows("resources of lb").await;
}

#[tokio::test(start_paused = true)]
async fn what_was_done_is_told() {
    let console = demo(Faults::None, (100, 30));
    console.shows("● 17").await.press(":audit").press("enter").shows("Nothing has been done").await;
    console.shows("audit.jsonl").await.press("esc").shows("WORST FINDING").await;
}

/// What is pressed while nothing new is seen could do anything.
#[tokio::test(start_paused = true)]
async fn a_terminal_that_takes_no_output_lets_no_key_through_but_quit() {
    let console = demo(Faults::None, (100, 30));
    console.shows("● 17").await.press(":lb").press("enter").shows("nodes ─").await.press("2/vip-mq");
    console.press("enter").press("c").shows("[ Do it ]").await;
    let before = console.text();
    console.shared.stalled.send_replace(true);
    // Whether this key was seen can't be known: it was drawn, and the terminal took it or didn't.
    console.press("right");
    tokio::time::sleep(Duration::from_secs(3)).await;
    console.press("enter").press("tab").press("enter").press("?");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(console.audit().entries.is_empty(), "{}", console.text());
    console.shared.stalled.send_replace(false);
    console.shows("[ Do it ]").await;
    assert!(console.text().contains("Commands on"), "the dialog of before:\n{before}\n{}", console.text());
    console.shared.stalled.send_replace(true);
    console.press("right");
    tokio::time::sleep(Duration::from_secs(3)).await;
    // A letter may be part of what is being typed, a quitting key that is none ends it.
    console.press("ctrl-c");
    console.ends().await;
}

/// Counts the commands that it is asked to run.
struct Counting(AtomicUsize);

impl Transport for Counting {
    fn run<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        limits: Limits,
    ) -> BoxFuture<'a, Result<Output, TransportError>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Nowhere("no host is expected to be asked").run(host, command, limits)
    }
}

/// A console on saved captures, three days after they were taken, and how many commands it has sent.
fn on_saved(names: &[&str], size: (u16, u16)) -> (Console, Arc<Counting>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/captures");
    let paths: Vec<PathBuf> = names.iter().map(|name| folder.join(format!("{name}.crm_mon.xml"))).collect();
    let of_tests = clock();
    let clock: quorate::runtime::Clock = Arc::new(move || of_tests() + SignedDuration::from_hours(72));
    let saved = saved::read(&paths, None, clock()).expect("one path each");
    let inventory = Inventory { clusters: saved.iter().map(|saved| saved.entry.clone()).collect() };
    let sent = Arc::new(Counting(AtomicUsize::new(0)));
    let state = Arc::new(tempfile::tempdir().expect("a folder"));
    (Console::open(state, (inventory, saved), sent.clone(), clock, size), sent)
}

/// What stands below the header, which shows the time.
fn body(console: &Console) -> Vec<String> {
    console.text().lines().skip(2).map(str::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn saved_clusters_are_shown_as_saved_and_never_asked() {
    let (console, sent) = on_saved(&["standby", "healthy"], (100, 30));
    console.shows("saved pictures, 3 days old").await.shows("● healthy").await;
    let before = body(&console);
    tokio::time::sleep(Duration::from_secs(600)).await;
    console.shows("11:46:00").await;
    assert_eq!(body(&console), before);
    assert_eq!(sent.0.load(Ordering::Relaxed), 0);
}

/// Each key with where it is pressed: nothing is asked, planned or run, and the user reads why.
#[rstest]
#[case::refresh("r", "a saved picture can't be refreshed")]
#[case::refresh_all("R", "a saved picture can't be refreshed")]
#[case::scenarios("i", "a saved picture can't be changed")]
#[case::cleanup(":cleanup", "a saved picture can't be changed")]
#[case::move_it(":move", "a saved picture can't be changed")]
#[case::standby(":toggle-standby", "a saved picture can't be changed")]
#[case::fence(":fence-reboot", "a saved picture can't be changed")]
#[case::undo(":undo", "a saved picture can't be changed")]
#[case::unfinished(":unfinished", "a saved picture can't be changed")]
#[case::writable(":writable 15 disk replaced", "a saved picture can't be changed")]
#[tokio::test(start_paused = true)]
async fn a_key_that_changes_something_is_refused_on_saved_clusters(#[case] keys: &str, #[case] why: &str) {
    let (console, sent) = on_saved(&["standby"], (100, 30));
    console.shows("nodes ─").await.press(keys);
    if keys.starts_with(':') {
        console.press("enter");
    }
    console.shows(why).await;
    assert!(!console.text().contains("[ Do it ]"), "{}", console.text());
    assert!(console.audit().entries.is_empty());
    assert_eq!(sent.0.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn a_saved_cluster_says_why_it_has_no_log() {
    let (console, sent) = on_saved(&["standby"], (100, 30));
    console.shows("nodes ─").await.press("9").shows("no log: this is a saved picture").await;
    console.shows("Quorate doesn't read the log files of a report.").await;
    console.press("0").shows("Quorate doesn't read what a report holds of the stack").await;
    assert_eq!(sent.0.load(Ordering::Relaxed), 0);
}

/// Panes count from the time of the picture, as its findings do.
#[tokio::test(start_paused = true)]
async fn times_in_a_saved_picture_count_from_the_picture() {
    let (console, _) = on_saved(&["failed-recovered"], (160, 45));
    console.shows("nodes ─").await.press("4").shows("asyncmon      1 of 3  16 s ago").await;
    let before = body(&console);
    tokio::time::sleep(Duration::from_secs(7200)).await;
    console.shows("13:36:00").await.shows("saved picture, 3 days old").await;
    assert_eq!(body(&console), before);
}
