//! `quorate scenario deploy`, as far as it goes without hosts.

use rstest::rstest;

use crate::home::{Home, keys};

const CLUSTERS: &str = "[[cluster]]\nname = \"lb\"\nnodes = [\"lb1\", \"lb2\", \"lb3\"]\n\
    [[cluster]]\nname = \"db\"\nnodes = [\"db1\", \"db2\", \"db3\"]\n\
    [[cluster]]\nname = \"mq\"\nnodes = [\"mq1\", \"mq2\", \"mq3\"]\n";

#[test]
fn without_a_name_the_deployments_are_listed() {
    let home = Home::new();
    home.write(
        "deployments/mine.toml",
        "title = \"My own\"\n[clusters.x]\n[[scenario]]\nname = \"memcached\"\ncluster = \"x\"\n",
    );
    let answer = home.run(&["scenario", "deploy"]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    for words in ["collapsed: ", "segregated: ", "on lb, db, mq, memcache (optional)", "mine: My own"] {
        assert!(answer.stdout.contains(words), "{words}: {}", answer.stdout);
    }
}

#[test]
fn a_dry_run_shows_every_stage_in_order_and_whole() {
    let home = Home::with(CLUSTERS);
    let arguments = ["scenario", "deploy", "segregated", "--dry-run", "--set", "galera_vip=192.0.2.1"];
    let answer = home.run(&[&arguments[..], &["--format", "json", "--to", "load-balancer"]].concat());
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(answer.stderr.contains("no cluster is called memcache"), "{}", answer.stderr);
    let json = answer.json();
    assert_eq!(keys(&json), ["deployment", "stages", "title"]);
    let stages = json["stages"].as_array().unwrap();
    assert_eq!(keys(&stages[0]), ["cluster", "hosts", "number", "plan", "scenario", "values"]);
    let names: Vec<_> =
        stages.iter().map(|it| (it["number"].as_u64().unwrap(), it["cluster"].as_str().unwrap())).collect();
    assert_eq!(names, [(1, "lb"), (2, "db"), (3, "mq"), (5, "lb")], "4 is left out, and keeps its number");
    let values = &stages[3]["values"];
    assert_eq!(
        (&values["galera_backends"], &values["galera_vip"]),
        (&"db1 db2 db3".into(), &"192.0.2.1".into())
    );
    assert!(stages[3]["plan"].to_string().contains("bind 192.0.2.1:3306"));
    let text = home.run(&[&arguments[..], &["--cluster", "memcache=mq", "--os", "debian"]].concat());
    assert_eq!(text.code, 0);
    let told: Vec<&str> = text.stderr.lines().collect();
    let is_of_fencing = |line: &&str| line.contains("fence_agent is empty: Fencing is turned off");
    assert!(!told.is_empty() && told.iter().all(is_of_fencing), "what must not be overlooked: {told:?}");
    assert!(text.stdout.contains("=== 12. memcached-test on mq") && !text.stdout.contains("dnf install"));
    assert!(text.stdout.contains("    hacluster_password = ********\n"), "a secret is masked");
    assert!(
        !home.config_dir().join("../../.local/state/quorate/deployments").exists(),
        "nothing is kept of it"
    );
}

#[rstest]
#[case::all_that_is_missing(&["segregated", "--dry-run"], "galera_vip has no value")]
#[case::unknown(&["segregatde", "--dry-run"], "there is no deployment called `segregatde`; did you mean `segregated`?")]
#[case::no_cluster(&["collapsed", "--dry-run"], "Name one of the configuration with --cluster all=NAME")]
#[case::no_such_cluster(&["collapsed", "--dry-run", "--cluster", "bd"], "called `bd`; did you mean `db`?")]
#[case::for_what(&["segregated", "--dry-run", "--cluster", "db"], "must say for what it is, one of lb=NAME, db=NAME")]
#[case::no_stage(&["segregated", "--set", "galera_vip=192.0.2.1", "--from", "galerra"], "did you mean `galera`?")]
#[case::reversed(
    &["segregated", "--set", "galera_vip=192.0.2.1", "--from", "galera", "--to", "load-balancer@lb"],
    "--from galera comes after --to load-balancer@lb"
)]
#[case::slip(&["segregated", "--set", "galera_vpi=192.0.2.1"], "did you mean `galera_vip`?")]
#[case::nobody_to_ask(&["segregated", "--set", "galera_vip=192.0.2.1"], "add --yes to run it")]
fn what_can_not_be_deployed_is_wrong_usage(#[case] words: &[&str], #[case] told: &str) {
    let answer = Home::with(CLUSTERS).run(&[&["scenario", "deploy"], words].concat());
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{}", answer.stderr);
    assert!(answer.stderr.contains(told), "{}", answer.stderr);
}

#[test]
fn check_tells_what_is_wrong_with_the_users_deployments() {
    let home = Home::with(CLUSTERS);
    assert!(home.run(&["check"]).stdout.contains("deployments: collapsed, segregated"));
    let text = "[clusters.x]\n[[scenario]]\nname = \"galera\"\ncluster = \"x\"\n";
    let file = home.write("deployments/mine.toml", text);
    let answer = home.run(&["check"]);
    assert_eq!(answer.code, 2);
    let expected = format!("{}:2: galera needs basic-cluster, which does not come before it", file.display());
    assert!(answer.stderr.contains(&expected), "{}", answer.stderr);
}
