//! The whole console on a cluster that does as it is told: from the key to what the cluster and the audit log hold.

use std::sync::Arc;

use quorate::operate::AtWork;
use quorate::operate::audit::{self, What};
use rstest::rstest;

use crate::fake::{Hosts, inventory};
use crate::running::{Console, clock};

fn start(hosts: &Arc<Hosts>) -> Console {
    Console::start(inventory(), hosts.clone(), clock(), (100, 30))
}

fn words(console: &Console) -> Vec<String> {
    let word = |what: &What| match what {
        What::Begin { reason, .. } => format!("begin {reason}"),
        What::Resume => "resume".to_owned(),
        What::GivenUp => "given up".to_owned(),
        What::Command { .. } => "command".to_owned(),
        What::Result { outcome, .. } | What::End { outcome, .. } => outcome.clone(),
        What::Writable { minutes, reason } => format!("writable {minutes} {reason}"),
        What::ReadOnly => "read-only".to_owned(),
    };
    console.audit().entries.iter().map(|entry| word(&entry.what)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_vip_is_moved_and_moved_back() {
    let hosts = Hosts::new();
    let console = start(&hosts);
    console
        .shows("vip")
        .await
        .press("2")
        .shows("RESOURCE")
        .await
        .press("m")
        .shows("Where shall vip go?")
        .await;
    console.press("enter").shows("restart web on db3").await.shows("[ Do it ]").await;
    console.shows("crm_resource --move --resource=vip --node=db2").await;
    assert!(hosts.lock().changes.is_empty(), "a preview changes nothing");
    // Cancel has the keys at first.
    console.press("enter").shows("nothing was changed").await;
    console.press("m").press("enter").shows("[ Do it ]").await;
    console.press("tab").press("tab").press("planned work").press("enter").press("enter");
    console.shows("Done: move vip from db1 to db2.").await;
    assert_eq!(hosts.place(), ("db2", None, 2));
    assert_eq!(words(&console), ["begin planned work", "command", "exit 0", "command", "exit 0", "done"]);
    console.press("u").shows("This means: move vip from db2 to db1.").await.shows("[ Do it ]").await;
    console.press("right").press("enter").shows("Done: undo: move vip from db1 to db2.").await;
    assert_eq!(hosts.place(), ("db1", None, 4));
    console.press("esc").press("q");
    console.ends().await;
}

#[tokio::test(start_paused = true)]
async fn leaving_in_the_middle_asks_and_the_next_console_offers_the_rest() {
    let hosts = Hosts::new();
    hosts.lock().obeys = false;
    let console = start(&hosts);
    console
        .shows("vip")
        .await
        .press("2")
        .shows("RESOURCE")
        .await
        .press("m")
        .press("enter")
        .shows("[ Do it ]")
        .await;
    console.press("right").press("enter").shows("waiting:").await;
    // In the background it goes on, and is seen in the header.
    console.press("esc").shows("◌ move vip from db1 to").await.shows_no_more("waiting:").await;
    console.press("m").shows("is under way").await;
    console.press("q").shows("Leave although").await.press("enter").shows_no_more("Leave although").await;
    console.press("oo").shows("waiting:").await.press("x").shows("Give it up?").await.press("esc");
    console.shows_no_more("Give it up?").await;
    // The process that has it in hand lives, so nobody else is offered it.
    console.press("esc").press("oi").shows("no operation is unfinished").await;
    console.press("q").shows("Leave although").await.press("right").press("enter");
    console.ends().await;
    assert_eq!(hosts.lock().changes.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn giving_up_takes_two_keys_and_says_what_is_left() {
    let hosts = Hosts::new();
    hosts.lock().obeys = false;
    let console = start(&hosts);
    console
        .shows("vip")
        .await
        .press("2")
        .shows("RESOURCE")
        .await
        .press("m")
        .press("enter")
        .shows("[ Do it ]")
        .await;
    console.press("right").press("enter").shows("waiting:").await.press("x");
    console.shows("The constraint cli-prefer-vip ends by itself").await.press("x").shows("Given up:").await;
    assert_eq!(words(&console).last().map(String::as_str), Some("cancelled"));
    assert_eq!(hosts.place(), ("db1", Some("db2"), 1));
    // It may still happen: the undo removes the constraint.
    console.press("u").shows("keep vip on db1: clear cli-prefer-vip").await.shows("[ Do it ]").await;
    console.press("right").press("enter").shows("Done: undo: move vip from db1 to db2").await;
    assert_eq!(hosts.place(), ("db1", None, 2));
    console.press("u");
}

#[tokio::test(start_paused = true)]
async fn a_read_only_cluster_is_left_alone_until_a_reason_is_given() {
    let hosts = Hosts::new();
    let mut inventory = inventory();
    inventory.clusters[0].access.read_only = true;
    let console = Console::start(inventory, hosts.clone(), clock(), (120, 30));
    console.shows("vip").await.shows("read-only").await.press("2").shows("RESOURCE").await;
    console.press("m").shows("db is read-only; `:writable 15 REASON`").await;
    console.press("ow").shows(":writable 15").await.press("enter").shows("writable wants a reason").await;
    console.press("ow").press("disk swap").press("enter").shows("changes to db are allowed now").await;
    console.shows("writable 1").await.press("m").press("enter").shows("[ Do it ]").await.press("esc");
    console.press("or").shows("db is read-only now").await.press("m").shows("db is read-only;").await;
    console.until("both are logged", |_| words(&console) == ["writable 15 disk swap", "read-only"]).await;
    assert!(hosts.lock().changes.is_empty());
}

#[rstest]
#[case::its_process_is_gone(true)]
#[case::this_process_has_dropped_it(false)]
#[tokio::test(start_paused = true)]
async fn what_a_killed_console_has_begun_the_next_one_finishes(#[case] is_gone: bool) {
    let hosts = Hosts::new();
    hosts.lock().obeys = false;
    let mut console = start(&hosts);
    console
        .shows("vip")
        .await
        .press("2")
        .shows("RESOURCE")
        .await
        .press("m")
        .press("enter")
        .shows("[ Do it ]")
        .await;
    console.press("right").press("enter").shows("waiting:").await;
    let folder = Arc::clone(&console.folder);
    console.signal();
    console.ends().await;
    let log = folder.path().join(audit::FILE);
    let text = std::fs::read_to_string(&log).expect("a log");
    let mine = format!("\"pid\":{}", std::process::id());
    let another = format!("\"pid\":{}", i32::MAX);
    std::fs::write(&log, text.replace(&mine, if is_gone { &another } else { &mine })).expect("written");
    // The cluster has got round to it meanwhile.
    hosts.lock().comes_round();
    let console = Console::start_in(folder, inventory(), hosts.clone(), clock(), (100, 30));
    console.shows("1 operation of earlier consoles never ended").await.shows("1 of its 2 commands").await;
    console.press("right").press("enter").shows("not sent again").await.press("right").press("enter");
    console.shows("Done: move vip from db1 to db2.").await;
    assert_eq!(hosts.place(), ("db2", None, 2));
    assert!(console.audit().unfinished().is_empty());
    console.press("esc").press("oi").shows("no operation is unfinished").await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_ends_what_it_hits_and_leaves_the_cluster_free() {
    let hosts = Hosts::new();
    hosts.lock().panics_at = Some("sh");
    let console = start(&hosts);
    console.shows("vip").await.press("tab").press(" ").shows("1 marked").await;
    console.press("down").press(" ").shows("2 marked").await;
    console.press("os").shows("Quorate failed while planning").await;
    console.press("esc").shows_no_more("Quorate failed").await;
    console.press("2").shows("RESOURCE").await;
    console.press("m").press("enter").shows("Quorate failed while planning").await;
    console.press("esc").shows_no_more("Quorate failed").await;
    hosts.lock().panics_at = Some("crm_resource");
    console.press("m").press("enter").shows("[ Do it ]").await.press("right").press("enter");
    console.shows("Quorate failed in the middle").await.shows("Check the audit log").await;
    // The panicking command is in the log, as it may have been sent.
    assert_eq!(words(&console), ["begin ", "command", "given up"]);
    // It is unfinished, and in progress nowhere.
    let unfinished = console.audit().unfinished();
    assert!(unfinished.len() == 1 && !unfinished[0].is_in_hand(&AtWork::default()), "{unfinished:?}");
    hosts.lock().panics_at = None;
    console.press("esc").shows_no_more("Quorate failed").await;
    console.press("m").press("enter").shows("[ Do it ]").await.press("right").press("enter");
    console.shows("Done: move vip from db1 to db2.").await;
    assert_eq!(hosts.place(), ("db2", None, 2));
    console.press("esc").press("q");
    console.ends().await;
}

/// Of another console that calls the cluster otherwise. A log of an earlier version has neither hosts nor members.
#[rstest]
#[case::by_its_hosts(&["members"], true)]
#[case::by_its_members(&["hosts"], true)]
#[case::of_an_earlier_version(&["hosts", "members"], false)]
#[tokio::test(start_paused = true)]
async fn an_operation_of_another_console_counts_under_any_name_of_the_cluster(
    #[case] dropped: &[&str],
    #[case] is_named: bool,
) {
    let hosts = Hosts::new();
    let console = start(&hosts);
    console.shows("vip").await.press("2").shows("RESOURCE").await.press("m").press("enter");
    console.shows("[ Do it ]").await.press("right").press("enter").shows("Done: move vip").await;
    let folder = Arc::clone(&console.folder);
    console.press("esc").press("q");
    console.ends().await;
    let log = folder.path().join(audit::FILE);
    let text = std::fs::read_to_string(&log).expect("a log");
    let mut begin: serde_json::Value =
        serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    // The process with this PID lives as long as the machine.
    begin["pid"] = 1.into();
    for name in ["started", "boot", "machine"] {
        begin.as_object_mut().expect("an object").remove(name);
    }
    begin["cluster"] = "127.0.0.1".into();
    begin["plan"]["intent"]["cluster"] = "127.0.0.1".into();
    for name in dropped {
        let place = if *name == "members" { &mut begin["plan"] } else { &mut begin };
        assert!(place.as_object_mut().expect("an object").remove(*name).is_some(), "{name} is logged");
    }
    std::fs::write(&log, format!("{begin}\n")).expect("written");
    let console = Console::start_in(folder, inventory(), Hosts::new(), clock(), (100, 40));
    console.shows("vip").await.press("2").shows("RESOURCE").await.press("m").press("enter");
    console.shows("[ Do it ]").await;
    if is_named {
        console.shows("another console is at work in this cluster: move vip").await;
    } else {
        console.shows_no_more("another console").await;
    }
}
