//! `quorate scenario deploy`: several scenarios on several clusters.

use std::fs;
use std::process::Output;

use serde_json::Value;

use super::scenario::{Kill, Site, kill};

const DEPLOYMENT: &str = r#"
title = "Two clusters"
[clusters.one]
[clusters.two]
[clusters.none]
optional = true
[[scenario]]
name = "base"
cluster = "one"
[[scenario]]
name = "base"
cluster = "two"
[[scenario]]
name = "base"
cluster = "none"
[[scenario]]
name = "app"
cluster = "two"
values = { peers = "${one.hosts}" }
[[scenario]]
name = "app-test"
cluster = "two"
"#;

const BASE: &str = r#"# Base
## Make it
```bash unless
[ -e "$HERE/base" ]
```
```bash run
echo base >>"$HERE/began"
touch "$HERE/base"
```
```bash check
[ -e "$HERE/base" ]
```
"#;

const APP: &str = r#"+++
title = "App"
needs = ["base"]
[variables.peers]
type = "list"
[variables.password]
generate = "password 20"
+++
## Tell it its peers
```bash unless
[ -e "$HERE/peers" ]
```
```bash run
echo app >>"$HERE/began"
printf '%s %s\n' "$peers" "$password" >"$HERE/peers"
```
```bash check
[ -e "$HERE/peers" ]
```
## Start it
```bash unless
[ -e "$HERE/started" ]
```
```bash run parallel=2
echo start >>"$HERE/began"
[ ! -e "$HERE/broken" ]
sleep 0.5
touch "$HERE/started"
```
```bash check
[ -e "$HERE/started" ]
```
"#;

const TEST: &str = r#"+++
title = "Test of the app"
purpose = "test"
needs = ["app"]
+++
## Try it
```bash run
echo test >>"$HERE/began"
```
"#;

fn site() -> Site {
    let site = Site::new();
    let config = site.path("config/quorate");
    for (name, text) in [
        ("deployments/pair.toml", DEPLOYMENT),
        ("scenarios/base.md", BASE),
        ("scenarios/app.md", APP),
        ("scenarios/app-test.md", TEST),
    ] {
        let path = config.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    site
}

fn ask(site: &Site, arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } =
        site.command(&[&["deploy", "pair"], arguments].concat()).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    (status.code(), said)
}

/// The cells of the table's row that begins so.
fn row(said: &str, begin: &str) -> Vec<String> {
    let line = said.lines().rev().find(|line| line.trim_start().starts_with(begin));
    line.unwrap_or_else(|| panic!("no row {begin}: {said}")).split_whitespace().map(str::to_owned).collect()
}

/// Number and state of each stage.
fn states(site: &Site) -> (Option<i32>, Vec<(u64, String)>) {
    let (code, said) = ask(site, &["--status", "--format", "json"]);
    let json: Value = serde_json::from_str(&said).unwrap();
    let stages = json["stages"].as_array().unwrap().iter();
    let state = |it: &Value| (it["number"].as_u64().unwrap(), it["state"].as_str().unwrap().to_owned());
    (code, stages.map(state).collect())
}

fn told(words: [&str; 4]) -> Vec<(u64, String)> {
    [1, 2, 4, 5].into_iter().zip(words.map(str::to_owned)).collect()
}

#[test]
fn a_deployment_is_carried_out_once_and_its_drift_is_told() {
    let site = site();
    assert_eq!(states(&site), (Some(1), told(["not-deployed", "not-deployed", "not-deployed", "not-run"])));
    let (code, said) = ask(&site, &["--yes"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(row(&said, "4  app ")[1..5], ["app", "two", "2", "2"]);
    assert!(said.contains("4 of 4 stages done"), "{said}");
    for host in ["b", "c"] {
        assert_eq!(site.lines(host, "began"), ["base", "app", "start", "test"]);
    }
    let peers = site.lines("b", "peers");
    assert_eq!(peers, site.lines("c", "peers"));
    let password = peers[0].strip_prefix("a ").unwrap();
    let kept = fs::read_to_string(site.path("state/quorate/deployments/pair@one.json")).unwrap();
    assert!(password.len() == 20 && kept.contains(password) && !said.contains(password));

    let (code, said) = ask(&site, &["--yes", "--to", "app"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(row(&said, "4  app ")[6..], ["nothing", "to", "do"]);
    assert_eq!(site.lines("b", "began").len(), 4, "nothing was run again");
    assert_eq!(states(&site), (Some(0), told(["deployed", "deployed", "deployed", "passed"])));

    fs::remove_file(site.path("c/started")).unwrap();
    fs::remove_file(site.path("a/base")).unwrap();
    assert_eq!(states(&site), (Some(1), told(["drifted", "deployed", "drifted", "passed"])));
    let (_, said) = ask(&site, &["--status"]);
    assert!(said.contains("2. Start it: ") && said.contains("on c"), "{said}");
}

#[test]
fn a_deployment_that_is_killed_or_fails_goes_on_with_the_same_command() {
    let site = site();
    kill(site.start(&["deploy", "pair"]), Kill::In(2));
    let (code, said) = ask(&site, &["--yes"]);
    assert_eq!(code, Some(0), "{said}");
    for host in ["b", "c"] {
        assert_eq!(
            site.lines(host, "began"),
            ["base", "app", "start", "test"],
            "each once on {host}: {said}"
        );
    }

    fs::write(site.path("b/broken"), "").unwrap();
    fs::remove_file(site.path("b/started")).unwrap();
    let (code, said) = ask(&site, &["--yes"]);
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(row(&said, "4  app ").last().unwrap(), "failed");
    assert_eq!(row(&said, "5  app-test ")[4..], ["-", "-", "not", "begun"]);
    assert!(said.contains("2 of 4 stages done"), "{said}");
    fs::remove_file(site.path("b/broken")).unwrap();
    let (code, said) = ask(&site, &["--yes"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(site.lines("c", "began").iter().filter(|it| *it == "start").count(), 1);
}

#[test]
fn a_host_that_can_not_be_asked_hides_no_other() {
    let site = site();
    assert_eq!(ask(&site, &["--yes"]).0, Some(0));
    site.hang_up("a");
    assert_eq!(states(&site), (Some(1), told(["unknown", "deployed", "deployed", "passed"])));
}
