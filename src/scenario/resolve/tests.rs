use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::scenario::Plan;

fn scenario(variables: &str) -> Scenario {
    let text = format!("+++\n{variables}\n+++\n## Do\n```bash run\necho $a\n```\n");
    Scenario::read("s.md", "s", &text).unwrap()
}

fn phd(variables: &str) -> Scenario {
    let text = format!("= VARIABLES =\n{variables}\n= SCRIPTS =\n....\necho $PHD_VAR_loose\n....\n");
    Scenario::read("s.scenario", "s", &text).unwrap()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn set(pairs: &[(&str, &str)]) -> Sources {
    Sources { set: map(pairs), ..Sources::default() }
}

fn file(pairs: &[(&str, &str)]) -> ValueFile {
    ValueFile { values: map(pairs), nodes: Vec::new() }
}

#[test]
fn the_nearer_source_wins() {
    let scenario = scenario("[variables.a]\ndefault = \"default\"\n");
    let mut sources = Sources::default();
    let value = |sources: &Sources| scenario.resolve(sources).unwrap().values["a"].text.clone();
    assert_eq!(value(&sources), "default");
    sources.configuration = map(&[("a", "configuration"), ("other", "x")]);
    assert_eq!(value(&sources), "configuration");
    sources.environment = map(&[("a", "environment")]);
    assert_eq!(value(&sources), "environment");
    sources.files = vec![file(&[("a", "file")]), file(&[("unknown", "x")])];
    assert_eq!(value(&sources), "file");
    sources.files.push(file(&[("a", "later file")]));
    assert_eq!(value(&sources), "later file");
    sources.set = map(&[("a", "set")]);
    assert_eq!(value(&sources), "set");
}

#[test]
fn all_that_is_missing_or_wrong_is_told_at_once() {
    let scenario = scenario(
        "[variables.a]\ndescription = \"what it is\"\n[variables.b]\n[variables.port]\ntype = \"port\"\n\
         [variables.code]\ntype = \"integer\"\nsecret = true\n",
    );
    let sources = set(&[("port", "many"), ("code", "hunter22"), ("prot", "1")]);
    let error = scenario.resolve(&sources).unwrap_err().to_string();
    let expected = "the scenario s can't be planned:
  a has no value (what it is)
  b has no value
  no variable is called `prot`; did you mean `port`?
  code: `********` is no whole number
  port: `many` is no port, 1 to 65535
Give values with --set a=…, --variables FILE, the environment (QUORATE_VAR_a), or [variables] in the configuration.";
    assert_eq!(error, expected);
}

#[rstest]
#[case(&[("a", "${b}"), ("b", "${c}"), ("c", "x${a}")], "a → b → c → a: each refers to the next")]
#[case(&[("a", "${a}"), ("b", ""), ("c", "")], "a → a: each refers to the next")]
#[case(&[("a", "${d}"), ("b", ""), ("c", "")], "a: `${d}` refers to what is no variable")]
#[case(&[("a", "${b"), ("b", ""), ("c", "")], "a: `${b` refers to what is no variable")]
fn a_reference_that_leads_nowhere_is_told(#[case] values: &[(&str, &str)], #[case] message: &str) {
    let error =
        scenario("[variables]\na = {}\nb = {}\nc = {}\n").resolve(&set(values)).unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
    assert_eq!(error.lines().count(), 2, "{error}");
}

#[test]
fn values_that_grow_without_end_are_refused() {
    let names: Vec<String> = ('a'..='z').map(String::from).collect();
    let next = |index: usize| {
        names.get(index + 1).map_or_else(|| "x".repeat(100), |next| format!("${{{next}}}").repeat(9))
    };
    let set = names.iter().enumerate().map(|(index, name)| (name.clone(), next(index))).collect();
    let declared: String = names.iter().map(|name| name.clone() + " = {}\n").collect();
    let sources = Sources { set, ..Sources::default() };
    let error = scenario(&format!("[variables]\n{declared}")).resolve(&sources).unwrap_err().to_string();
    assert!(error.contains("is longer than 64 KiB"), "{error}");
}

#[test]
fn values_may_refer_to_others_and_what_refers_to_a_secret_is_one() {
    let scenario =
        scenario("[variables]\na = {}\nb = {secret = true}\nc = {default = \"${a}-${b} $${b}\"}\n");
    let values = scenario.resolve(&set(&[("a", "one"), ("b", "hunter22")])).unwrap().values;
    assert_eq!(values["c"], Value { text: "one-hunter22 ${b}".into(), secrecy: Secrecy::Secret });
}

#[test]
fn a_secret_is_made_up_where_nobody_gives_one() {
    let scenario = scenario("[variables.a]\ngenerate = \"password 20\"\n");
    let made = scenario.resolve(&Sources::default()).unwrap();
    assert_eq!(made.values["a"].secrecy, Secrecy::Secret);
    assert_eq!((made.values["a"].text.len(), made.generated.len()), (20, 1));
    let given = scenario.resolve(&set(&[("a", "given")])).unwrap();
    assert_eq!((given.values["a"].text.as_str(), given.generated.len()), ("given", 0));
}

#[test]
fn the_clusters_name_is_the_value_of_a_variable_so_called() {
    let scenario = scenario("[variables.cluster]\ndefault = \"cluster\"\n");
    let sources = Sources { cluster: Some("db".into()), ..Sources::default() };
    assert_eq!(scenario.resolve(&sources).unwrap().values["cluster"].text, "db");
}

#[test]
fn phds_scripts_get_all_that_its_files_hold_by_phds_names() {
    let sources = Sources {
        set: map(&[("loose", "end")]),
        files: vec![file(&[("env_password", "cluster"), ("osp_major", "7"), ("not-a-name", "x")])],
        environment: map(&[("PHD_VAR_osp_major", "8"), ("PHD_VAR_network_domain", "example.com")]),
        ..Sources::default()
    };
    let values = phd("PHD_VAR_env_password\nPHD_VAR_osp_major").resolve(&sources).unwrap().values;
    let texts: Vec<(&str, &str)> =
        values.iter().map(|(name, value)| (name.as_str(), value.shown())).collect();
    assert_eq!(
        texts,
        [
            ("PHD_ENV_cluster_name", "phd"),
            ("PHD_VAR_env_password", "********"),
            ("PHD_VAR_loose", "end"),
            ("PHD_VAR_network_domain", "example.com"),
            ("PHD_VAR_osp_major", "7"),
        ]
    );
    let error = phd("PHD_VAR_env_password").resolve(&set(&[("env_pasword", "x")])).unwrap_err().to_string();
    assert!(error.contains("no variable is called `env_pasword`; did you mean `env_password`?"), "{error}");
    let empty = Sources { files: vec![file(&[("env_password", "")])], ..Sources::default() };
    assert!(phd("PHD_VAR_env_password").resolve(&empty).is_err(), "phd takes an empty value for none");
}

fn plan(values: &[(&str, &str)]) -> Plan {
    let text = "+++\n[variables.vip]\n[variables.password]\nsecret = true\n+++\n## Do\n```bash run on=first\n\
                echo $node of $nodes, $first, $node_2: $vip \"${password}\"\n```\n## All\n```bash run\necho $node $vip\n```\n";
    let scenario = Scenario::read("s.md", "s", text).unwrap();
    let values = scenario.resolve(&set(values)).unwrap().values;
    Plan::new(scenario, vec!["n1".into(), "n2".into()], values).unwrap()
}

#[test]
fn a_plan_is_shown_with_values_and_without_secrets() {
    let plan = plan(&[("vip", "192.0.2.10"), ("password", "hunter22")]);
    let shown: Vec<String> = plan.scenario.steps.iter().map(|step| plan.shown(step, &step.run[0])).collect();
    assert_eq!(
        shown,
        ["echo n1 of n1 n2, n1, n2: 192.0.2.10 \"********\"\n", "echo $node 192.0.2.10\n"],
        "where there are several hosts, `$node` is another on each"
    );
    let open = self::plan(&[("vip", "user:hunter22@host"), ("password", "hunter22")]);
    assert!(!open.shown(&open.scenario.steps[1], &open.scenario.steps[1].run[0]).contains("hunter22"));
}

#[test]
fn a_secret_that_is_a_word_of_the_script_does_not_hide_it() {
    let text = "= VARIABLES =\nPHD_VAR_env_password\n= SCRIPTS =\n....\npcs cluster auth -p $PHD_VAR_env_password\n....\n";
    let scenario = Scenario::read("s.scenario", "s", text).unwrap();
    let values = scenario.resolve(&set(&[("env_password", "cluster")])).unwrap().values;
    let plan = Plan::new(scenario, vec!["n1".into()], values).unwrap();
    let step = &plan.scenario.steps[0];
    assert_eq!(plan.shown(step, &step.run[0]), "pcs cluster auth -p ********\n");
}

#[test]
fn the_environment_holds_values_and_hosts() {
    let plan = plan(&[("vip", "x"), ("password", "y")]);
    let environment = plan.environment(plan.hosts.last());
    let texts: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (name.as_str(), value.text.as_str())).collect();
    assert_eq!(
        texts,
        [
            ("first", "n1"),
            ("node", "n2"),
            ("node_1", "n1"),
            ("node_2", "n2"),
            ("nodes", "n1 n2"),
            ("password", "y"),
            ("vip", "x"),
        ]
    );
    assert!(plan.environment(None).iter().all(|(name, _)| name != "node"));
}

#[test]
fn a_fingerprint_tells_plans_apart_but_not_by_their_secrets() {
    let first = plan(&[("vip", "x"), ("password", "y")]);
    assert_eq!(first.fingerprint(), plan(&[("vip", "x"), ("password", "z")]).fingerprint());
    assert_ne!(first.fingerprint(), plan(&[("vip", "xx"), ("password", "y")]).fingerprint());
    let mut fewer = first.clone();
    fewer.hosts.pop();
    assert_ne!(first.fingerprint(), fewer.fingerprint());
}

#[test]
fn a_step_for_a_host_that_there_is_not_has_no_plan() {
    let scenario = Scenario::read("s.md", "s", "## Do\n```bash run on=3\nx\n```\n").unwrap();
    let hosts = || vec!["n1".into(), "n2".into()];
    let error = Plan::new(scenario.clone(), hosts(), BTreeMap::new()).unwrap_err().to_string();
    assert_eq!(error, "s, line 1: a script is for host number 3, but the hosts are n1, n2");
    let error = Plan::new(scenario, Vec::new(), BTreeMap::new()).unwrap_err().to_string();
    assert_eq!(error, "the scenario s needs hosts; name them with --nodes a,b,c");
}

proptest! {
    /// Whatever refers to whatever: there are values, or it is said why not, and no secret is in the words.
    #[test]
    fn any_references_end(values in prop::collection::vec("([a-z]|\\$\\{[a-d]\\}|\\$\\$\\{|\\$){0,4}", 4)) {
        let scenario = scenario("[variables]\na = {}\nb = {}\nc = {}\nd = {}\n");
        let pairs: Vec<(&str, &str)> = ["a", "b", "c", "d"].into_iter().zip(values.iter().map(String::as_str)).collect();
        match scenario.resolve(&set(&pairs)) {
            Ok(resolved) => prop_assert_eq!(resolved.values.len(), 4),
            Err(error) => prop_assert!(!error.wrong.is_empty()),
        }
    }

    #[test]
    fn no_secret_is_shown(secret in "[a-zA-Z0-9 '\"$]{6,20}") {
        prop_assume!(!secret.contains("${"));
        let plan = plan(&[("vip", &format!("x{secret}y")), ("password", &secret)]);
        let masker = plan.masker();
        for step in &plan.scenario.steps {
            prop_assert!(!plan.shown(step, &step.run[0]).contains(&secret));
        }
        let masked = masker.mask(&format!("a{secret}b"));
        prop_assert!(!masked.contains(&secret));
    }
}
