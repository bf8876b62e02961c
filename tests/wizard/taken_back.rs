//! A run that had come to its end is brought back from the list, and its last step is taken back: with what was made up
//! for it, where that is still known.

use std::fs;
use std::sync::Arc;

use tempfile::TempDir;

use crate::hosts::Hosts;
use crate::running::Console;
use crate::whole::{self, is_done_in_one_run, sign, start, to_the_form};

const TOKEN: &str = r#"+++
title = "A token"
tier = "core"

[variables.token]
generate = "password 20"
description = "With which the members know each other."
+++

# A token

## Write it

```bash run
echo "$token" >> "$HERE/token"
```

```bash undo
rm "$HERE/token"
```
"#;

const ALONE: &str = r#"
title = "Tokens, for one cluster"
description = "A token on each member."

[clusters.db]
description = "all of it"

[[scenario]]
name = "token"
cluster = "db"
"#;

fn home() -> Arc<TempDir> {
    let home = tempfile::tempdir().expect("a folder");
    for (file, text) in [("scenarios/token.md", TOKEN), ("deployments/tokens.toml", ALONE)] {
        let file = home.path().join(file);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("written");
    }
    Arc::new(home)
}

async fn run_all(console: &Console) {
    console
        .shows("left empty, one is made up")
        .await
        .press("tab")
        .press("enter")
        .shows("Nothing is run yet")
        .await;
    console.press("a").shows("[ Run all ]").await.press("right").press("enter");
    console.shows("Done: every step is done").await;
}

/// From the list, where that scenario is done.
async fn take_back_and_do_again(console: &Console, hosts: &Arc<Hosts>) {
    console.shows("u take back").await.press("u").shows("It came to its end before.").await;
    console.press("u").shows("[ Take it back ]").await.press("right").press("enter");
    console.shows("It waits for you before step 1").await;
    assert!(hosts.files("token").values().all(String::is_empty), "it is taken back everywhere");
    console.press("a").shows("[ Run all ]").await.press("right").press("enter");
    console.shows("Done: every step is done").await;
}

#[tokio::test]
async fn a_run_of_before_is_shown_once_more_and_taken_back() {
    let (home, hosts) = (whole::home(), Hosts::new());
    sign(&hosts);
    let console = start(&home, &hosts);
    to_the_form(&console).await;
    whole::run_all(&console).await;
    console.shows("Done: every step is done").await.press("esc").shows("u take back").await;
    // Its secret was not kept.
    console.press("u").shows("it has no value").await.press("hunter22").press("enter").press("enter");
    console.shows("It came to its end before.").await.shows("take step 3 back").await;
    assert_eq!(hosts.files("word")["db1"], "hello\nend\n", "it is only looked at");
    console.press("u").shows("[ Take it back ]").await.press("right").press("enter");
    console.shows("It waits for you before step 3").await;
    assert_eq!(hosts.files("word")["db1"], "hello\n");
    console.press("a").shows("[ Run all ]").await.press("right").press("enter");
    console.shows("Done: every step is done").await;
    assert_eq!(hosts.files("word")["db1"], "hello\nend\n");
    is_done_in_one_run(&home);
    console.press("esc").press("esc").press("esc").press("q");
    console.ends().await;
}

#[tokio::test]
async fn what_was_made_up_for_a_run_is_made_up_anew_and_that_is_said() {
    let (home, hosts) = (home(), Hosts::new());
    let console = start(&home, &hosts);
    console
        .press("i")
        .shows("A token")
        .await
        .press("/a token")
        .press("enter")
        .shows("“a token” 1 shown")
        .await;
    console.press("enter").shows("on which hosts?").await.press("enter");
    run_all(&console).await;
    let first = hosts.files("token");
    console.press("esc").shows("u take back").await.press("u").shows("gets new secrets").await.press("esc");
    take_back_and_do_again(&console, &hosts).await;
    let second = hosts.files("token");
    assert_eq!(second["db1"], second["db3"]);
    assert_ne!(first, second);
    is_done_in_one_run(&home);
    console.press("esc").press("esc").press("esc").press("q");
    console.ends().await;
}

#[tokio::test]
async fn what_is_kept_for_a_deployment_stays_as_it_was() {
    let (home, hosts) = (home(), Hosts::new());
    let console = start(&home, &hosts);
    console.press("i").shows("Tokens, for one cluster").await.press("/tokens").press("enter");
    console
        .shows("“tokens” 1 shown")
        .await
        .press("enter")
        .shows("scenarios, in this order")
        .await
        .press("enter");
    run_all(&console).await;
    let first = hosts.files("token");
    console.press("esc").shows("scenarios, in this order").await.press("esc").shows("“tokens” 1 shown").await;
    console.press("esc").shows("what is installed where").await.press("/a token").press("enter");
    take_back_and_do_again(&console, &hosts).await;
    assert_eq!(hosts.files("token"), first);
    is_done_in_one_run(&home);
    console.press("esc").press("esc").press("esc").press("q");
    console.ends().await;
}
