//! The whole console on three hosts that run real scripts: from the key to what the hosts and the journal hold.

use std::fs;
use std::sync::Arc;

use quorate::perform::Runs;
use quorate::scenario::journal::Outcome;
use tempfile::TempDir;

use crate::hosts::{Hosts, inventory};
use crate::running::{Console, clock};

const THREE_STEPS: &str = r#"+++
title = "Three steps"
tier = "core"

[variables.word]
description = "What is written."

[variables.secret_word]
secret = true
description = "What nobody sees."
+++

# Three steps

## Write the word

```bash run
echo "writing $word and $secret_word"
echo "$word" >> "$HERE/word"
```

```bash check
grep -q "$word" "$HERE/word"
```

```bash undo
rm "$HERE/word"
```

## Wait for the sign

```bash run on=rest
if [ ! -e "$HERE/sign" ]; then
    echo "there is no sign on $node" >&2
    exit 7
fi
echo signed >> "$HERE/word"
```

## Tell the end

```bash run on=first
echo end >> "$HERE/word"
```

```bash undo on=first
sed -i /end/d "$HERE/word"
```
"#;

pub(crate) fn home() -> Arc<TempDir> {
    let home = tempfile::tempdir().expect("a folder");
    fs::create_dir(home.path().join("scenarios")).expect("a folder");
    fs::write(home.path().join("scenarios/three-steps.md"), THREE_STEPS).expect("written");
    Arc::new(home)
}

pub(crate) fn start(home: &Arc<TempDir>, hosts: &Arc<Hosts>) -> Console {
    Console::start_in(Arc::clone(home), inventory(), hosts.clone(), clock(), (130, 40))
}

/// From the start to the form of the scenario.
pub(crate) async fn to_the_form(console: &Console) {
    console.press("i").shows("Three steps").await.press("/three").press("enter");
    // Runs that were left stand above it.
    console.shows("“three” ").await.press("G").shows("three-steps.md ─").await;
    console.press("enter").shows("on which hosts?").await.press("enter").shows("What is written.").await;
}

/// The sign that the second step wants.
pub(crate) fn sign(hosts: &Arc<Hosts>) {
    for host in ["db2", "db3"] {
        fs::write(hosts.folder(host).join("sign"), "").expect("written");
    }
}

/// From the form to the first step of a run that goes to the end.
pub(crate) async fn run_all(console: &Console) {
    console.press("hello").press("enter").press("hunter22").press("enter").press("enter");
    console.shows("Nothing is run yet").await.press("a").shows("[ Run all ]").await;
    console.press("right").press("enter");
}

pub(crate) fn is_done_in_one_run(home: &TempDir) {
    let runs = Runs::new(home.path()).list().expect("readable");
    assert!(
        matches!(runs.as_slice(), [only] if matches!(only.outcome, Some(Outcome::Done { .. }))),
        "{runs:?}"
    );
}

#[tokio::test]
async fn three_steps_on_three_hosts_by_keys() {
    let (home, hosts) = (home(), Hosts::new());
    sign(&hosts);
    let console = start(&home, &hosts);
    to_the_form(&console).await;
    console.press("hello").press("enter").press("hunter22").press("enter").press("enter");
    console.shows("Nothing is run yet").await.press("enter").shows("[ Run it ]").await;
    assert!(hosts.files("word").values().all(String::is_empty), "nothing is run before it is confirmed");
    console.press("right").press("enter").shows("It waits for you before step 2").await;
    console.shows("writing hello and ********").await;
    assert!(hosts.files("word").values().all(|text| text == "hello\n"));
    console
        .press("enter")
        .shows("before step 3")
        .await
        .press("a")
        .shows("[ Run all ]")
        .await
        .press("right")
        .press("enter");
    console.shows("Done: every step is done").await;
    let files = hosts.files("word");
    assert_eq!((files["db1"].as_str(), files["db2"].as_str()), ("hello\nend\n", "hello\nsigned\n"));
    // Though it came to its end, its last step can be taken back, and done again.
    console.shows("take step 3 back").await.press("u").shows("[ Take it back ]").await;
    // It was run on the first only.
    console
        .until("one host", |screen| {
            screen.lines().any(|line| line.trim_end_matches([' ', '"']).ends_with("  on db1"))
        })
        .await;
    console.press("right").press("enter");
    console.shows("It waits for you before step 3").await;
    assert_eq!(hosts.files("word")["db1"], "hello\n");
    console.press("a").shows("[ Run all ]").await.press("right").press("enter");
    console.shows("Done: every step is done").await;
    assert_eq!(hosts.files("word")["db1"], "hello\nend\n");
    assert!(console.audit().entries.is_empty(), "runs have journals of their own");
    is_done_in_one_run(&home);
    // In the list it is looked at whether it is really there; and when it is not any more.
    console.press("esc").shows("deployed on db, ").await;
    fs::remove_file(hosts.folder("db2").join("word")).expect("removed");
    console.press("r").shows("drifted on db, ").await.shows("on db2: the check at line").await;
    // The first gives back what the filter took.
    console.press("esc").press("esc").press("q");
    console.ends().await;
}

#[tokio::test]
async fn a_failure_is_retried_and_a_run_that_was_left_is_resumed() {
    let (home, hosts) = (home(), Hosts::new());
    fs::write(hosts.folder("db2").join("sign"), "").expect("written");
    let mut console = start(&home, &hosts);
    to_the_form(&console).await;
    run_all(&console).await;
    console.shows("exit code 7").await.shows("there is no sign on db3").await.shows("try again").await;
    // Left where it stands, the next console offers it, and asks for the secret.
    console.press("esc").shows("waits for a word").await;
    console.signal();
    console.ends().await;
    fs::write(hosts.folder("db3").join("sign"), "").expect("written");
    let console = start(&home, &hosts);
    console.shows("was left in the middle").await.press("i").shows("left in the middle").await;
    console.press("enter").shows("it has no value").await.press("hunter22").press("enter").press("enter");
    console.shows("It is gone on with at step 2").await.press("a").shows("[ Run all ]").await;
    console
        .press("right")
        .press("enter")
        .until("it goes on", |screen| {
            screen.contains("try again") || screen.contains("Done: every step is done")
        })
        .await;
    if console.text().contains("try again") {
        console.press("r");
    }
    console.shows("Done: every step is done").await;
    let files = hosts.files("word");
    assert_eq!((files["db1"].as_str(), files["db2"].as_str()), ("hello\nend\n", "hello\nsigned\n"));
    assert_eq!(files["db3"], "hello\nsigned\n");
    console.press("esc").press("esc").press("q");
    console.ends().await;
}

#[tokio::test]
async fn the_list_lies_over_the_view_and_gives_it_back() {
    let console = Console::start(inventory(), Hosts::new(), clock(), (100, 30));
    console.press("i").shows("Basic cluster").await.press("esc").shows_no_more("Basic cluster").await;
    console.press(":scenarios").press("enter").shows("Basic cluster").await.press("m");
    console.shows("that is not done here").await.press("q").shows_no_more("Basic cluster").await.press("q");
    console.ends().await;
}

#[tokio::test]
async fn a_panic_ends_a_run_that_can_be_resumed_and_a_look_at_its_checks() {
    let (home, hosts) = (home(), Hosts::new());
    sign(&hosts);
    hosts.panic_at(Some("echo signed"));
    let console = start(&home, &hosts);
    to_the_form(&console).await;
    run_all(&console).await;
    console.shows("Quorate failed while running this scenario").await;
    hosts.panic_at(None);
    console.press("esc").shows("left in the middle").await.press("up").press("enter");
    console.shows("it has no value").await.press("hunter22").press("enter").press("enter");
    console.shows("It is gone on with at step 2").await.press("a").shows("[ Run all ]").await;
    console.press("right").press("enter").shows("Done: every step is done").await;
    hosts.panic_at(Some("grep -q"));
    console.press("esc").shows("Quorate failed while running the checks").await;
    hosts.panic_at(None);
    console.press("r").shows("deployed on db, ").await;
    console.press("esc").press("esc").press("q");
    console.ends().await;
}
