//! `quorate op` as far as it goes without a cluster. `tests/lab_operations.rs` has the rest.

use rstest::rstest;

use crate::home::Home;

const CONFIG: &str =
    "[[cluster]]\nname = \"db\"\nnodes = [\"db1.invalid\"]\n\n[defaults]\nconnect_timeout = \"1s\"\n";

#[rstest]
#[case::no_terminal(&["op", "standby", "db", "db1"], "there is no terminal to ask on; add --yes to do it, or --dry-run to see it")]
#[case::read_only(&["op", "--read-only", "--yes", "standby", "db", "db1"], "this is read-only: nothing but --dry-run is done")]
#[case::unknown_cluster(&["op", "--yes", "standby", "bd", "db1"], "no cluster of the configuration is called \"bd\"; did you mean db?")]
#[case::no_subject(&["op", "--yes", "standby", "db"], "standby needs the name of a node of db")]
#[case::no_resource(&["op", "--dry-run", "cleanup", "db"], "cleanup needs the name of a resource of db")]
#[case::too_much(&["op", "--yes", "cluster-maintenance", "db", "db1"], "cluster-maintenance is about the whole cluster: name nothing but it")]
#[case::hostile_cluster(&["op", "--yes", "standby", "a\u{1b}[31m", "db1"], "no cluster of the configuration is called \"a\"")]
fn wrong_usage_is_told_before_anybody_is_asked(#[case] arguments: &[&str], #[case] message: &str) {
    let answer = Home::with(CONFIG).run(arguments);
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""));
    assert_eq!(answer.stderr, format!("quorate: {message}\n"));
}

#[rstest]
#[case::no_word(&["--yes"], "db is read-only by the configuration: nothing but --dry-run is done without --writable and a --reason")]
#[case::no_reason(&["--yes", "--writable"], "--writable needs a --reason, which goes to the audit log")]
#[case::blank_reason(&["--yes", "--writable", "--reason", " "], "--writable needs a --reason, which goes to the audit log")]
fn a_read_only_cluster_wants_to_be_overruled(#[case] options: &[&str], #[case] message: &str) {
    let home = Home::with(&CONFIG.replace("[[cluster]]\n", "[[cluster]]\nread_only = true\n"));
    let answer = home.run(&[&["op", "standby", "db", "db1"], options].concat());
    assert_eq!((answer.code, answer.stderr), (2, format!("quorate: {message}\n")));
    let answer = home.run(&["op", "standby", "db", "db1", "--yes", "--writable", "--reason", "disk"]);
    assert!(answer.stderr.contains("db1.invalid"), "it is tried: {}", answer.stderr);
    assert!(home.run(&["check"]).stdout.contains("1 cluster, 1 node, 1 read-only"));
}

#[test]
fn a_cluster_that_shares_a_host_with_a_read_only_one_is_read_only() {
    let home = Home::with(
        "[defaults]\nconnect_timeout = \"1s\"\n\
         [[cluster]]\nname = \"rw\"\nnodes = [\"root@db1.invalid\"]\n\
         [[cluster]]\nname = \"prod\"\nnodes = [\"db1.invalid\"]\nread_only = true\n\
         [[cluster]]\nname = \"other\"\nnodes = [\"db2.invalid\"]\n",
    );
    let why = "rw is read-only: its host root@db1.invalid belongs to prod, which is read-only";
    let answer = home.run(&["op", "standby", "rw", "lb1", "--yes"]);
    let message =
        format!("quorate: {why}: nothing but --dry-run is done without --writable and a --reason\n");
    assert_eq!((answer.code, answer.stderr), (2, message));
    let answer = home.run(&["op", "standby", "rw", "lb1", "--yes", "--writable", "--reason", "disk"]);
    assert!(answer.stderr.contains("root@db1.invalid"), "it is tried: {}", answer.stderr);
    let answer = home.run(&["op", "standby", "other", "lb1", "--yes"]);
    assert!(answer.stderr.contains("db2.invalid"), "it is tried: {}", answer.stderr);
    let check = home.run(&["check"]).stdout;
    assert!(check.contains("3 clusters, 3 nodes, 2 read-only\n"), "{check}");
    assert!(check.contains(&format!("{why}\n")), "{check}");
}

#[test]
fn an_unknown_verb_is_guessed_at() {
    let answer = Home::with(CONFIG).run(&["op", "--yes", "stanby", "db", "db1"]);
    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("a similar value exists: 'standby'"), "{}", answer.stderr);
}

#[test]
fn a_cluster_that_does_not_answer_is_left_alone() {
    let home = Home::with(CONFIG);
    let answer = home.run(&["op", "--yes", "standby", "db", "db1"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (1, ""));
    assert!(answer.stderr.contains("db1.invalid"), "{}", answer.stderr);
    let log = home.config_dir().join("../../.local/state/quorate/audit.jsonl");
    assert_eq!(std::fs::read_to_string(log).unwrap(), "", "nothing was done, so nothing is logged");
}

#[rstest]
#[case::asked(&[], "--yes")]
#[case::dry_run(&["--dry-run"], "--dry-run")]
fn alongside_is_for_who_is_not_asked(#[case] options: &[&str], #[case] named: &str) {
    let answer = Home::with(CONFIG).run(&[&["op", "--alongside", "standby", "db", "db1"], options].concat());
    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains(named), "{}", answer.stderr);
}
