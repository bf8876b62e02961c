//! A run that is begun on the screen and gone on with from the command line, and the other way round.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Output};
use std::sync::Arc;

use jiff::Timestamp;
use quorate::model::{Access, ClusterEntry, Inventory, Tier};
use quorate::transport::Ssh;
use tempfile::TempDir;

use super::running::Console;
use super::scenario::{HOSTS, Site};

const THREE_STEPS: &str = r#"+++
title = "Three steps"
tier = "core"

[variables.word]
default = "hello"
description = "What is written."

[variables.token]
generate = "password 12"
description = "What nobody sees."
+++

# Three steps

## Write the word

```bash run parallel=3
echo "$word" >>"$HERE/began"
echo "$token" >"$HERE/token"
```

## Wait for the sign

```bash run parallel=3
[ -e "$HERE/sign" ] || { echo "there is no sign on $node" >&2; exit 7; }
echo signed >>"$HERE/began"
[ "$(cat "$HERE/token")" = "$token" ]
```

## Tell the end

```bash run on=first
echo end >>"$HERE/began"
```
"#;

/// Three hosts, and a folder in which the console and the command line keep the same.
struct Desk {
    site: Site,
    home: Arc<TempDir>,
}

impl Desk {
    fn new() -> Self {
        let (site, home) = (Site::new(), Arc::new(tempfile::tempdir().unwrap()));
        fs::create_dir(home.path().join("scenarios")).unwrap();
        fs::write(home.path().join("scenarios/three-steps.md"), THREE_STEPS).unwrap();
        for folder in ["state", "config"] {
            fs::create_dir(site.path(folder)).unwrap();
            symlink(home.path(), site.path(folder).join("quorate")).unwrap();
        }
        fs::copy(site.path("quorate.toml"), home.path().join("config.toml")).unwrap();
        Self { site, home }
    }

    fn sign(&self) {
        for host in HOSTS {
            fs::write(self.site.path(host).join("sign"), "").unwrap();
        }
    }

    fn console(&self) -> Console {
        let entry = ClusterEntry {
            name: "abc".into(),
            tier: Tier::Core,
            hosts: HOSTS.map(Into::into).to_vec(),
            access: Access::default(),
            needs: None,
        };
        let ssh = Arc::new(Ssh::new(self.site.options()).unwrap());
        let inventory = Inventory { clusters: vec![entry] };
        Console::start_in(Arc::clone(&self.home), inventory, ssh, Arc::new(Timestamp::now), (120, 40))
    }

    /// The command line, with what the console left.
    async fn say(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        command.arg("scenario").args(arguments).env("HOME", self.home.path());
        command.env_remove("QUORATE_CONFIG").env("XDG_CONFIG_HOME", self.site.path("config"));
        command.env("XDG_STATE_HOME", self.site.path("state"));
        command.env("XDG_RUNTIME_DIR", self.site.path("tmp"));
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    /// Everything ran once on each host.
    fn is_done(&self) {
        for host in HOSTS {
            let mut expected = vec!["hello", "signed"];
            expected.extend((host == "a").then_some("end"));
            assert_eq!(self.site.lines(host, "began"), expected, "on {host}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_on_the_screen_is_gone_on_with_from_the_command_line() {
    let desk = Desk::new();
    let mut console = desk.console();
    console
        .press("i")
        .shows("Three steps")
        .await
        .press("/three")
        .press("enter")
        .shows("“three” 1 shown")
        .await;
    console.press("enter").shows("on which hosts?").await.press("enter").shows("What is written.").await;
    console.press("enter").press("enter").press("enter").shows("Nothing is run yet").await;
    console.press("a").shows("[ Run all ]").await.press("right").press("enter");
    console.shows("exit code 7").await.shows("try again").await;
    console.signal();
    console.ends().await;
    desk.sign();
    let told = desk.say(&["resume", "--yes"]).await;
    let words = String::from_utf8_lossy(&told.stdout).into_owned() + &String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success(), "{words}");
    desk.is_done();
    // The next console finds it done, and nothing left.
    let console = desk.console();
    console.press("i").shows("done").await;
    console.until("nothing is left", |screen| !screen.contains("left in the middle")).await;
    console.press("esc").press("q");
    console.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_on_the_command_line_is_gone_on_with_on_the_screen() {
    let desk = Desk::new();
    let told = desk.say(&["run", "three-steps", "--nodes", "a,b,c", "--yes"]).await;
    let words = String::from_utf8_lossy(&told.stdout).into_owned() + &String::from_utf8_lossy(&told.stderr);
    assert_eq!(told.status.code(), Some(1), "{words}");
    assert!(words.contains("there is no sign on"), "{words}");
    desk.sign();
    let console = desk.console();
    console.shows("was left in the middle").await.press("i").shows("left in the middle").await;
    console.press("enter").shows("It is gone on with at step 2").await.press("a").shows("[ Run all ]").await;
    console.press("right").press("enter");
    console
        .until("it goes on", |screen| screen.contains("try again") || screen.contains("Done: every"))
        .await;
    if console.text().contains("try again") {
        console.press("r");
    }
    console.shows("Done: every step is done").await.press("esc").press("esc").press("q");
    console.ends().await;
    desk.is_done();
    let told = desk.say(&["resume"]).await;
    assert!(String::from_utf8_lossy(&told.stderr).contains("no run is unfinished"));
}
