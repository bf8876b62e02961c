//! `quorate scenario list|show|plan`.

use rstest::rstest;

use crate::home::{Answer, Home, keys};

const OURS: &str = r#"+++
title = "A service"
tier = "core"
order = 20
needs = ["basic-cluster"]
verified = ["debian 12"]

[variables.vip]
type = "address"
description = "where it is reached"

[variables.password]
secret = true
description = "what it asks for"

[variables.port]
type = "port"
default = 3306
+++

What it is for.

## Install it

Why it is installed.

```bash run parallel=2 os=debian
apt-get install -y it
```

```bash run parallel=2 os=rhel
dnf install -y it
```

```bash check retry=30s
curl "http://$vip:$port" --user "admin:$password"
```

## Set it up

```bash run on=first
it --all $nodes
```

```bash undo
it --none
```
"#;

const PHD: &str = "# Galera, as it was.
= VARIABLES =
PHD_VAR_env_password
PHD_VAR_network_domain
= REQUIREMENTS =
nodes: 1
= SCRIPTS =
target=all
....
# kept

cat > /etc/it << EOF
# kept too
domain=$PHD_VAR_network_domain
EOF
....
target=$PHD_ENV_nodes1
....
it -p ${PHD_VAR_env_password} $PHD_ENV_nodes
....
target=local
....
true
";

fn plan(home: &Home, arguments: &[&str]) -> Answer {
    let mut all = vec!["scenario", "plan"];
    all.extend(arguments);
    home.run(&all)
}

#[test]
fn a_plan_of_ours_has_exactly_the_promised_keys() {
    let home = Home::new();
    let file = home.write("it.md", OURS);
    let arguments =
        ["--nodes", "a,b,c", "--set", "vip=192.0.2.10", "--set", "password=hunter22", "--format", "json"];
    let answer = plan(&home, &[&[file.to_str().unwrap()], arguments.as_slice()].concat());
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    let json = answer.json();
    assert_eq!(keys(&json), ["steps", "title"]);
    assert_eq!(keys(&json["steps"][0]), ["checks", "number", "script", "targets", "title", "undo"]);
    assert_eq!(json["title"], "A service");
    let first = &json["steps"][0];
    assert_eq!(first["targets"], serde_json::json!(["a", "b", "c"]));
    assert_eq!(first["script"], "# debian\napt-get install -y it\n\n# rhel\ndnf install -y it\n");
    assert_eq!(
        first["checks"],
        serde_json::json!(["curl \"http://192.0.2.10:3306\" --user \"admin:********\"\n"])
    );
    assert!(first["undo"].is_null());
    let second = &json["steps"][1];
    assert_eq!((&second["number"], &second["title"]), (&2.into(), &"Set it up".into()));
    assert_eq!(
        (&second["targets"], &second["script"]),
        (&serde_json::json!(["a"]), &"it --all a b c\n".into())
    );
    assert_eq!(second["undo"], "it --none\n");
    let debian = plan(&home, &[&[file.to_str().unwrap(), "--os", "ubuntu"], arguments.as_slice()].concat());
    assert_eq!(debian.json()["steps"][0]["script"], "apt-get install -y it\n");
}

const READ_ONLY: &str = "[[cluster]]\nname = \"rw\"\nnodes = [\"w1\"]\n\
                         [[cluster]]\nname = \"ro\"\nread_only = true\nnodes = [\"r1\", \"root@r2\"]\n";

#[rstest]
#[case::among_others(&["--nodes", "w1,r1"], "r1 belongs to ro")]
#[case::for_another_cluster(&["--cluster", "rw", "--nodes", "r1,r2"], "r1 belongs to ro")]
#[case::with_a_user(&["--nodes", "root@r1"], "root@r1 belongs to ro")]
#[case::without_its_user(&["--nodes", "R2.example.org"], "R2.example.org belongs to ro")]
#[case::as_an_address_of_ssh(&["--nodes", "ssh://admin@r1:2222"], "ssh://admin@r1:2222 belongs to ro")]
#[case::the_cluster_itself(&["--cluster", "ro"], "this is read-only")]
fn a_host_of_a_read_only_cluster_is_left_alone_however_it_is_written(
    #[case] hosts: &[&str],
    #[case] words: &str,
) {
    let home = Home::with(READ_ONLY);
    let file = home.write("one.md", "# One\n## Do\n```bash run\ntrue\n```\n");
    let all = [&["scenario", "run", file.to_str().unwrap(), "--yes"], hosts].concat();
    let answer = home.run(&all);
    assert_eq!(answer.code, 2, "{}{}", answer.stdout, answer.stderr);
    assert!(answer.stderr.contains(words), "{}", answer.stderr);
}

#[rstest]
#[case::short("127.1")]
#[case::decimal("2130706433")]
#[case::hexadecimal("0x7f000001")]
#[case::octal("127.000.000.001")]
#[case::mapped("::ffff:127.0.0.1")]
#[case::absolute("127.0.0.1..")]
#[case::with_a_zone("127.0.0.1%lo")]
#[case::encoded("ssh://127%2e0.0.1:1")]
#[case::by_its_name("localhost")]
#[case::unspecified("root@0")]
fn another_spelling_of_an_address_is_the_same_read_only_host(#[case] host: &str) {
    let home = Home::with("[[cluster]]\nname = \"ro\"\nread_only = true\nnodes = [\"127.0.0.1\"]\n");
    let file = home.write("one.md", "# One\n## Do\n```bash run\ntrue\n```\n");
    let answer = home.run(&["scenario", "run", file.to_str().unwrap(), "--yes", "--nodes", host]);
    assert_eq!(answer.code, 2, "{}{}", answer.stdout, answer.stderr);
    assert!(answer.stderr.contains("read-only"), "{}", answer.stderr);
}

#[test]
fn what_runs_on_this_machine_is_said_and_not_run_by_a_read_only_status() {
    let home = Home::new();
    let made = home.write("made", "");
    std::fs::remove_file(&made).unwrap();
    let text =
        format!("# One\n## Do\n```bash run\ntrue\n```\n```bash check on=local\n: >{}\n```\n", made.display());
    let file = home.write("one.md", &text);
    let answer = plan(&home, &[file.to_str().unwrap(), "--nodes", "w1"]);
    assert!(answer.stderr.contains("step 1 runs on this machine"), "{}", answer.stderr);
    let answer = home.run(&["--read-only", "scenario", "status", file.to_str().unwrap(), "--nodes", "w1"]);
    assert_eq!(answer.code, 2, "{}{}", answer.stdout, answer.stderr);
    assert!(answer.stderr.contains("step 1 of one runs on this machine"), "{}", answer.stderr);
    assert!(!made.exists(), "it was run");
}

#[test]
fn a_plan_of_phd_prints_every_script_whole() {
    let home = Home::new();
    let file = home.write("galera.scenario", PHD);
    let values = home.write("ha.variables", "network:\n  domain: example.com\nenv:\n  password: cluster\n");
    let (file, values) = (file.to_str().unwrap(), values.to_str().unwrap());
    let answer = plan(&home, &[file, "--nodes", "n1,n2", "--variables", values, "--format", "json"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(
        answer.stderr.contains("galera.scenario:22: the script that begins here is not closed"),
        "{}",
        answer.stderr
    );
    let json = answer.json();
    assert_eq!(json["title"], "Galera, as it was");
    let steps = &json["steps"];
    assert_eq!(steps[0]["script"], "# kept\n\ncat > /etc/it << EOF\n# kept too\ndomain=example.com\nEOF\n");
    assert_eq!(
        (&steps[1]["script"], &steps[1]["targets"]),
        (&"it -p ******** n1 n2\n".into(), &serde_json::json!(["n1"]))
    );
    assert_eq!(steps[2]["targets"], serde_json::json!(["local"]));
    let definition = home.write("definition", "nodes=d1 d2\nenv_unused=x\n");
    let more = ["--variables", definition.to_str().unwrap(), "--format", "json"];
    let answer = plan(&home, &[&[file, "--variables", values], more.as_slice()].concat());
    assert_eq!(answer.json()["steps"][1]["script"], "it -p ******** d1 d2\n");
}

#[test]
fn all_that_is_missing_is_told_at_once() {
    let home = Home::new();
    let file = home.write("it.md", OURS);
    let answer = plan(&home, &[file.to_str().unwrap(), "--nodes", "a", "--set", "port=none"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""));
    for words in
        ["vip has no value (where it is reached)", "password has no value", "port: `none` is no port"]
    {
        assert!(answer.stderr.contains(words), "{}", answer.stderr);
    }
}

#[test]
fn values_come_from_the_environment_and_the_configuration() {
    let home = Home::with(
        "[variables]\nvip = \"192.0.2.1\"\npassword = \"configured\"\n[[cluster]]\nname = \"db\"\nnodes = [\"db1\", \"db2\"]\n",
    );
    let file = home.write("it.md", OURS);
    let mut command =
        home.command(&["scenario", "plan", file.to_str().unwrap(), "--cluster", "db", "--format=json"]);
    let answer = Answer::from(command.env("QUORATE_VAR_vip", "192.0.2.2").output().unwrap());
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let json = answer.json();
    assert_eq!(json["steps"][0]["targets"], serde_json::json!(["db1", "db2"]));
    assert!(json["steps"][0]["checks"][0].as_str().unwrap().contains("http://192.0.2.2:3306"));
}

#[rstest]
#[case(&["basic-clutser", "--nodes", "a"], "no scenario and no file is called `basic-clutser`; did you mean `basic-cluster`?")]
#[case(&["./none.md", "--nodes", "a"], "the scenario ./none.md can't be read: there is no such file")]
#[case(&["basic-cluster"], "the scenario basic-cluster needs hosts; name them with --nodes a,b,c")]
#[case(&["basic-cluster", "--nodes", "a,a"], "the host a is named twice")]
#[case(&["basic-cluster", "--nodes", "a,root@a"], "a and root@a are the same host: name it once")]
#[case(&["basic-cluster", "--nodes", "a.example.org,b,ssh://A:22"], "a.example.org and ssh://A:22 are the same host")]
#[case(&["basic-cluster", "--nodes", "a,-b"], "`-b` can't be a host")]
#[case(&["basic-cluster", "--nodes", "a", "--set", "vip"], "--set vip: must be NAME=VALUE")]
#[case(&["basic-cluster", "--nodes", "a", "--set", "clutser=x"], "no variable is called `clutser`; did you mean `cluster`?")]
#[case(&["basic-cluster", "--cluster", "db"], "no cluster of the configuration is called `db`")]
fn wrong_usage_is_told(#[case] arguments: &[&str], #[case] message: &str) {
    let answer = plan(&Home::new(), arguments);
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""));
    assert!(answer.stderr.contains(message), "{}", answer.stderr);
}

#[test]
fn the_list_is_in_the_order_of_deployment() {
    let home = Home::new();
    home.write("scenarios/it.md", OURS);
    let answer = home.run(&["scenario", "list", "--format", "json"]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    let scenarios = answer.json()["scenarios"].clone();
    assert_eq!(
        (&scenarios[0]["name"], &scenarios[0]["origin"]),
        (&"basic-cluster".into(), &"built-in".into())
    );
    let it = scenarios.as_array().unwrap().iter().find(|it| it["name"] == "it").unwrap();
    assert_eq!(keys(it), ["file", "name", "needs", "order", "origin", "tier", "title", "verified"]);
    let answer = home.run(&["scenario", "list"]);
    assert!(
        answer.stdout.lines().any(|line| line.starts_with("core") && line.ends_with("debian 12")),
        "{}",
        answer.stdout
    );
}

#[test]
fn a_scenario_is_shown_as_it_is_read() {
    let home = Home::new();
    let file = home.write("it.md", &OURS.replace("Why it is", "Why\u{1b}[31m it is"));
    let answer = home.run(&["scenario", "show", file.to_str().unwrap()]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    for words in [
        "A service\n",
        "where it is reached",
        "else 3306",
        "Why\\u{1b}[31m it is installed.",
        "1. Install it",
    ] {
        assert!(answer.stdout.contains(words), "{words}: {}", answer.stdout);
    }
}

#[test]
fn check_tells_what_is_wrong_with_the_users_scenarios() {
    let home = Home::with("[[cluster]]\nname = \"db\"\nnodes = [\"db1\"]\n");
    assert!(home.run(&["check"]).stdout.contains("basic-cluster"));
    let file = home.write("scenarios/it.md", "## Do\n```bash rum\nx\n```\n");
    let answer = home.run(&["check"]);
    assert_eq!(answer.code, 2);
    let expected =
        format!("{}:2: `rum` is nothing that a block can be for; did you mean `run`?", file.display());
    assert!(answer.stderr.contains(&expected), "{}", answer.stderr);
}

/// The names of the scenarios that come with the console.
pub(crate) fn built_in() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/scenarios");
    let files = std::fs::read_dir(folder).expect("the folder");
    let name =
        |file: std::fs::DirEntry| file.path().file_stem().expect("a name").to_string_lossy().into_owned();
    let mut names: Vec<String> = files.map(|file| name(file.expect("a file"))).collect();
    names.sort();
    names
}

#[rstest]
#[case::nobody_to_ask(&["run", "basic-cluster", "--nodes", "a,b,c"], "add --yes to run it")]
#[case::destruction(
    &["run", "destroy-cluster", "--nodes", "a,b,c", "--set", "cluster=x", "--yes"],
    "add --destroy if that is what you want"
)]
#[case::too_late(&["run", "basic-cluster", "--nodes", "a,b,c", "--yes", "--from-step", "99"], "has 11 steps")]
#[case::unknown(&["run", "basic-clutser", "--nodes", "a,b,c", "--yes"], "did you mean `basic-cluster`?")]
#[case::nothing_to_resume(&["resume", "--yes"], "no run is unfinished")]
#[case::no_such_run(&["resume", "20260101-000000-0000", "--yes"], "there is no run")]
fn what_can_not_be_run_is_wrong_usage(#[case] words: &[&str], #[case] told: &str) {
    let home = Home::with("");
    let answer = home.run(&[&["scenario"], words].concat());
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{}", answer.stderr);
    assert!(answer.stderr.contains(told), "{}", answer.stderr);
}

#[test]
fn read_only_runs_nothing() {
    let home = Home::with("[defaults]\nread_only = true\n");
    let answer = home.run(&["scenario", "run", "basic-cluster", "--nodes", "a,b,c", "--yes"]);
    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("read-only"), "{}", answer.stderr);
    // To look changes nothing. Nobody answers there, and that is what it says.
    let looked = home.run(&["scenario", "status", "basic-cluster", "--nodes", "a.invalid"]);
    assert_eq!(looked.code, 1, "{}", looked.stderr);
    assert!(looked.stderr.contains("a.invalid can't be resolved"), "{}", looked.stderr);
}

#[test]
fn without_runs_there_is_nothing_to_list() {
    let home = Home::with("");
    assert_eq!(home.run(&["scenario", "runs"]).stdout, "Nothing has been run yet.\n");
    assert_eq!(home.run(&["scenario", "runs", "--format", "json"]).stdout, "[]\n");
}
