use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::model::{Access, ClusterEntry, Tier};
use crate::scenario::{Scenario, Sources, ValueFile};

const TEXT: &str = r#"
title = "Two services"
[clusters.lb]
description = "the load balancer"
[clusters.db]
[clusters.cache]
optional = true
[[scenario]]
name = "basic-cluster"
cluster = "lb"
[[scenario]]
name = "basic-cluster"
cluster = "db"
[[scenario]]
name = "load-balancer"
cluster = "lb"
values = { galera_backends = "${db.hosts}", rabbitmq_backends = "${cache.hosts}" }
[[scenario]]
name = "memcached"
cluster = "cache"
values = { memory = 128 }
"#;

fn deployment() -> Deployment {
    Deployment::read("two.toml", "two", TEXT).unwrap()
}

fn cluster(name: &str, hosts: &[&str]) -> ClusterEntry {
    let hosts = hosts.iter().map(|host| (*host).into()).collect();
    ClusterEntry { name: name.into(), tier: Tier::Core, hosts, access: Access::default(), needs: None }
}

fn clusters() -> Vec<ClusterEntry> {
    vec![cluster("lb", &["lb1", "lb2"]), cluster("db", &["db1", "db2"]), cluster("spare", &["s1"])]
}

fn named(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn placed(pairs: &[(&str, &str)]) -> Vec<Placed> {
    let deployment = deployment();
    deployment.placed(&deployment.site(&named(pairs), &[], &clusters()).unwrap())
}

fn labels(stages: &[Placed]) -> Vec<String> {
    stages.iter().map(Placed::label).collect()
}

fn scenario(name: &str) -> Scenario {
    Scenarios::load(None).unwrap().open(name).unwrap()
}

#[test]
fn the_consoles_own_fit_its_scenarios() {
    let scenarios = Scenarios::load(None).unwrap();
    for name in DEPLOYMENTS.built_in_names() {
        load(name, None).unwrap().check(&scenarios).unwrap();
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(DEPLOYMENTS.folder);
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    assert_eq!(files, DEPLOYMENTS.built_in_names().collect::<Vec<_>>());
}

#[test]
fn stages_stand_on_the_clusters_of_their_roles() {
    let stages = placed(&[]);
    assert_eq!(labels(&stages), ["basic-cluster@lb", "basic-cluster@db", "load-balancer@lb"]);
    assert_eq!(
        stages[2].values,
        named(&[("galera_backends", "db1 db2"), ("rabbitmq_backends", "")]),
        "nothing stands for what is left out"
    );
    let deployment = deployment();
    assert_eq!(deployment.site(&BTreeMap::new(), &[], &clusters()).unwrap().left_out, ["cache"]);
}

#[test]
fn a_cluster_may_have_several_roles_and_nothing_is_done_twice() {
    let stages = placed(&[("lb", "spare"), ("db", "spare"), ("cache", "db")]);
    assert_eq!(labels(&stages), ["basic-cluster@spare", "load-balancer@spare", "memcached@db"]);
    assert_eq!(stages[1].values["rabbitmq_backends"], "db1 db2");
}

#[test]
fn where_there_is_one_cluster_and_one_role_nothing_has_to_be_said() {
    let deployment = load("collapsed", None).unwrap();
    let only = [cluster("controllers", &["c1"])];
    let stages = deployment.placed(&deployment.site(&BTreeMap::new(), &[], &only).unwrap());
    assert!(stages.iter().all(|it| it.cluster.name == *"controllers"));
    assert_eq!(stages.len(), deployment.stages.len());
}

#[rstest]
#[case(&[], &[], "of two it is not known which clusters are meant:\n  lb (the load balancer)\n  db\nName one of the \
    configuration with --cluster lb=NAME, or call one so.")]
#[case(&[("bd", "db")], &["lb", "db"], "two has no cluster `bd`; did you mean `db`?")]
#[case(&[("db", "dbb")], &["lb", "dbx"], "no cluster of the configuration is called `dbb`; did you mean `dbx`?")]
fn clusters_that_are_not_there_are_told(
    #[case] pairs: &[(&str, &str)],
    #[case] clusters: &[&str],
    #[case] message: &str,
) {
    let clusters: Vec<ClusterEntry> = clusters.iter().map(|name| cluster(name, &["h"])).collect();
    assert_eq!(deployment().site(&named(pairs), &[], &clusters).unwrap_err().to_string(), message);
}

#[rstest]
#[case(None, None, &["basic-cluster@lb", "basic-cluster@db", "load-balancer@lb"])]
#[case(Some("basic-cluster@db"), None, &["basic-cluster@db", "load-balancer@lb"])]
#[case(Some("basic-cluster"), Some("basic-cluster"), &["basic-cluster@lb", "basic-cluster@db"])]
#[case(Some("3"), None, &["load-balancer@lb"])]
#[case(None, Some("1"), &["basic-cluster@lb"])]
fn a_part_is_named_by_its_ends(#[case] from: Option<&str>, #[case] to: Option<&str>, #[case] names: &[&str]) {
    assert_eq!(labels(&between("two", placed(&[]), from, to).unwrap()), names);
}

#[rstest]
#[case(
    Some("load-balancr"),
    None,
    "--from load-balancr: no stage of two is called so; did you mean `load-balancer`?"
)]
#[case(
    None,
    Some("basic-cluster@bd"),
    "--to basic-cluster@bd: no stage of two is called so; did you mean `basic-cluster@db`?"
)]
#[case(
    Some("nova"),
    None,
    "--from nova: no stage of two is called so; known are basic-cluster, load-balancer"
)]
#[case(
    Some("load-balancer"),
    Some("1"),
    "--from load-balancer comes after --to 1: there is nothing between them"
)]
fn a_part_that_is_none_is_told(#[case] from: Option<&str>, #[case] to: Option<&str>, #[case] message: &str) {
    assert_eq!(between("two", placed(&[]), from, to).unwrap_err().to_string(), message);
}

#[rstest]
#[case("[[scenario]]\nname = \"galera\"\ncluster = \"db\"\n", "names no cluster; add one")]
#[case("[clusters.db]\n", "has no [[scenario]]: there is nothing to deploy")]
#[case(
    "[clusters.db]\n[[scenario]]\nname = \"galera\"\ncluster = \"bd\"\n",
    "t:4: scenario[0].cluster: no cluster of this deployment is called `bd`; did you mean `db`?"
)]
#[case("[clusters.db]\n[[scenario]]\nname = \"galera\"\n", "t:2: scenario[0]: has no `cluster`")]
#[case(
    "[clusters.db]\n[[scenario]]\nname = \"galera\"\ncluster = \"db\"\nvalues = { listen = \"${bd.hosts}\" }\n",
    "t:5: scenario[0].values.listen: no cluster of this deployment is called `bd`; did you mean `db`?"
)]
#[case(
    "[clusters.db]\n[[scenario]]\nname = \"galera\"\ncluster = \"db\"\nvalues = { listen = \"${db.host}\" }\n",
    "of db nothing is called `host`; did you mean `hosts`?"
)]
#[case("[clusters.\"d@b\"]\n[[scenario]]\nname = \"galera\"\ncluster = \"d@b\"\n", "must be letters, digits")]
fn what_is_wrong_in_a_file_is_told(#[case] text: &str, #[case] message: &str) {
    let told = Deployment::read("t", "t", text).unwrap_err().to_string();
    assert!(told.contains(message), "{told}");
}

#[rstest]
#[case(
    "name = \"galerra\"\ncluster = \"db\"",
    "t:2: no scenario `galerra` can be used; did you mean `galera`?"
)]
#[case(
    "name = \"galera\"\ncluster = \"db\"",
    "t:2: galera needs basic-cluster, which does not come before it"
)]
#[case(
    "name = \"basic-cluster\"\ncluster = \"db\"\nvalues = { fence_agnt = \"x\" }",
    "t:2: basic-cluster has no variable `fence_agnt`; did you mean `fence_agent`?"
)]
fn what_does_not_fit_the_scenarios_is_told(#[case] stage: &str, #[case] message: &str) {
    let text = format!("[clusters.db]\n[[scenario]]\n{stage}\n");
    let deployment = Deployment::read("t", "t", &text).unwrap();
    assert_eq!(deployment.check(&Scenarios::load(None).unwrap()).unwrap_err().to_string(), message);
}

#[test]
fn values_go_to_the_scenarios_that_know_them() {
    let stages = placed(&[("cache", "spare")]);
    let stage = |name: &str| stages.iter().find(|it| it.stage.scenario == name).unwrap();
    let given = Sources {
        set: named(&[
            ("fence_agent", "fence_lab"),
            ("cache.memory", "512"),
            ("memory", "1"),
            ("lb.stickiness", "1"),
        ]),
        files: vec![ValueFile {
            values: named(&[("db_stickiness", "7"), ("stickiness", "5")]),
            nodes: vec![],
        }],
        configuration: named(&[("hacluster_password", "from the configuration")]),
        ..Sources::default()
    };
    let kept = named(&[("listen", "all"), ("hacluster_password", "made up")]);
    let value = |at: &Placed, name: &str| {
        let scenario = scenario(&at.stage.scenario);
        let resolved = scenario.resolve(&at.sources(&scenario, &given, &kept)).unwrap();
        resolved.values[name].text.clone()
    };
    assert_eq!(value(stage("memcached"), "memory"), "512", "what is for one role comes first");
    assert_eq!(
        value(stage("memcached"), "listen"),
        "all",
        "what was kept is used where nobody says otherwise"
    );
    assert_eq!(
        value(&stages[0], "hacluster_password"),
        "from the configuration",
        "what a person says counts"
    );
    assert_eq!(value(&stages[0], "fence_agent"), "fence_lab");
    assert_eq!(value(&stages[0], "stickiness"), "1");
    assert_eq!(value(&stages[1], "stickiness"), "7");
    assert_eq!(value(&stages[1], "cluster"), "db");
}

#[rstest]
#[case("fence_agnt", "--set fence_agnt: no scenario of two has such a variable; did you mean `fence_agent`?")]
#[case("bd.fence_agent", "--set bd.fence_agent: no scenario of two has such a variable; did you mean `db`?")]
fn a_slip_in_a_name_is_told(#[case] name: &str, #[case] message: &str) {
    let scenarios = [scenario("basic-cluster")];
    let scenarios: Vec<&Scenario> = scenarios.iter().collect();
    let told = deployment().check_set(&named(&[(name, "x")]), &scenarios).unwrap_err().to_string();
    assert_eq!(told, message);
    deployment().check_set(&named(&[("db.fence_agent", "x")]), &scenarios).unwrap();
}

proptest! {
    #[test]
    fn any_text_is_a_deployment_or_an_error_with_its_file(text in r#"(\[clusters\.[ab]\]\n|\[\[scenario\]\]\n|name = "[a-z$\{.]{0,6}"\n|cluster = "[ab]"\n|values = \{ x = "\$\{[ab.hots\}]{0,8}" \}\n|.{0,9}\n){0,9}"#) {
        match Deployment::read("file", "name", &text) {
            Ok(deployment) => {
                prop_assert!(!deployment.stages.is_empty() && !deployment.roles.is_empty());
                let clusters = [cluster("a", &["a1", "a2"]), cluster("b", &["b1"])];
                if let Ok(site) = deployment.site(&BTreeMap::new(), &[], &clusters) {
                    prop_assert!(deployment.placed(&site).len() <= deployment.stages.len());
                }
            }
            Err(problems) => prop_assert!(problems.0.iter().all(|it| it.file == "file" && !it.message.is_empty())),
        }
    }
}
