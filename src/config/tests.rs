use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::model::{ClusterEntry, ClusterName, Privilege, Tier};

fn read(text: &str) -> Result<Config, Problems> {
    file::read(Path::new("c.toml"), text)
}

#[test]
fn everything_that_a_configuration_may_hold() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("ssh"), "").unwrap();
    let path = dir.path().join("config.toml");
    let text = r#"
[defaults]
user = "ops"
become = "sudo"
poll = "500ms"
connect_timeout = "3s"
command_timeout = "1m"
ssh_config = "ssh"
trusted_hosts = ["db*", "*.lab"]
theme = "nord"
keymap = "vim"
read_only = true

[[cluster]]
name = "db"
tier = "core"
nodes = ["db1", "db2", "db3"]

[[cluster]]
name = "keystone"
tier = "OpenStack"
nodes = ["root@ks1"]
user = "root"
become = "none"
poll = "10s"
read_only = false

[variables]
vip = "192.0.2.1"
port = 5000
tls = true
"#;
    fs::write(&path, text).unwrap();
    let config = Config::load(&path).unwrap();
    let access = Access {
        user: Some("ops".to_owned()),
        privilege: Privilege::Sudo,
        poll: Duration::from_millis(500),
        connect_timeout: Duration::from_secs(3),
        command_timeout: Duration::from_secs(60),
        read_only: true,
    };
    assert_eq!(config.access, access);
    assert_eq!(config.ssh_config, Some(dir.path().join("ssh")));
    assert_eq!(config.trusted_hosts, ["db*", "*.lab"]);
    assert_eq!((config.theme.as_deref(), config.keymap.as_deref()), (Some("nord"), Some("vim")));
    let [db, keystone] = config.inventory.clusters.as_slice() else { panic!("two clusters") };
    assert_eq!((db.name.as_str(), db.tier, db.hosts.len()), ("db", Tier::Core, 3));
    assert_eq!(db.access, access);
    assert_eq!(keystone.tier, Tier::OpenStack);
    assert_eq!(keystone.access.user.as_deref(), Some("root"));
    assert_eq!(keystone.access.privilege, Privilege::None);
    assert_eq!(keystone.access.poll, Duration::from_secs(10));
    assert_eq!(keystone.access.connect_timeout, Duration::from_secs(3));
    assert!(!keystone.access.read_only);
    let variables: Vec<_> = config.variables.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(variables, [("port", "5000"), ("tls", "true"), ("vip", "192.0.2.1")]);
}

#[test]
fn an_empty_file_is_a_configuration() {
    assert_eq!(read("").unwrap(), Config::default());
}

#[rstest]
#[case::unknown_key(
    "[defaults]\npol = \"2s\"",
    "c.toml:2: defaults.pol: unknown key `pol`; did you mean `poll`?"
)]
#[case::unknown_table("[default]", "c.toml:1: default: unknown key `default`; did you mean `defaults`?")]
#[case::not_a_list("[cluster]\nname = \"a\"", "c.toml:1: cluster: must be written as [[cluster]]")]
#[case::no_name("[[cluster]]\nnodes = [\"a\"]", "c.toml:1: cluster[0]: needs a name")]
#[case::no_nodes(
    "[[cluster]]\nname = \"a\"",
    "c.toml:1: cluster[0]: needs nodes, such as nodes = [\"db1\", \"db2\", \"db3\"]"
)]
#[case::empty_nodes("[[cluster]]\nname = \"a\"\nnodes = []", "c.toml:3: cluster[0].nodes: names no node")]
#[case::empty_name("[[cluster]]\nname = \" \"\nnodes = [\"a\"]", "c.toml:2: cluster[0].name: is empty")]
#[case::node_twice(
    "[[cluster]]\nname = \"a\"\nnodes = [\"b\", \"b\"]",
    "c.toml:3: cluster[0].nodes: names `b` twice"
)]
#[case::need(
    "[[cluster]]\nname = \"db\"\nnodes = [\"b\"]\n[[cluster]]\nname = \"heat\"\nnodes = [\"h\"]\nneeds = [\"db\", \"dv\"]",
    "c.toml:7: cluster[1].needs: no cluster is called `dv`; did you mean `db`?"
)]
#[case::needs_itself(
    "[[cluster]]\nname = \"a\"\nnodes = [\"b\"]\nneeds = [\"a\"]",
    "c.toml:4: cluster[0].needs: names the cluster itself"
)]
#[case::option(
    "[[cluster]]\nname = \"a\"\nnodes = [\"-oProxyCommand=x\"]",
    "c.toml:3: cluster[0].nodes: `-oProxyCommand=x` can't be a host: it begins with a hyphen, and ssh would take it for an option"
)]
#[case::node_type(
    "[[cluster]]\nname = \"a\"\nnodes = [1]",
    "c.toml:3: cluster[0].nodes[0]: invalid type: integer `1`, expected a string"
)]
#[case::tier(
    "[[cluster]]\nname = \"a\"\nnodes = [\"b\"]\ntier = \"cor\"",
    "c.toml:4: cluster[0].tier: no tier is called `cor`; did you mean `core`?"
)]
#[case::too_often("[defaults]\npoll = \"10ms\"", "c.toml:2: defaults.poll: is 10ms; must be 200ms to 1h")]
#[case::no_time(
    "[defaults]\nconnect_timeout = \"0s\"",
    "c.toml:2: defaults.connect_timeout: is 0s; must be 100ms to 10m"
)]
#[case::no_unit(
    "[defaults]\npoll = 2",
    "c.toml:2: defaults.poll: invalid type: integer `2`, expected a duration"
)]
#[case::privilege(
    "[defaults]\nbecome = \"su\"",
    "c.toml:2: defaults.become: unknown variant `su`, expected `none` or `sudo`"
)]
#[case::user("[defaults]\nuser = \"-l\"", "c.toml:2: defaults.user: `-l` can't be a login name")]
#[case::ssh_config(
    "[defaults]\nssh_config = \"nowhere\"",
    "c.toml:2: defaults.ssh_config: there is no file nowhere"
)]
#[case::variable(
    "[variables]\na = [1]",
    "c.toml:2: variables.a: must be a text, a number, true or false, not array"
)]
#[case::syntax("[[cluster]\n", "c.toml:1: unclosed array table, expected `]`")]
fn a_wrong_configuration_is_told_with_file_line_and_key(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(read(text).unwrap_err().to_string(), expected);
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = "[defaults]\npoll = \"1ms\"\nkeymp = \"vim\"\n[[cluster]]\nname = \"a\"\nnodes = [\"b\"]\n[[cluster]]\nname = \"a\"\nnodes = []\n";
    let problems = read(text).unwrap_err();
    let keys: Vec<&str> = problems.0.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(keys, ["defaults.poll", "defaults.keymp", "cluster[1].name", "cluster[1].nodes"]);
}

#[test]
fn a_file_that_is_not_there() {
    let error = Config::load(Path::new("/nowhere/config.toml")).unwrap_err().to_string();
    assert!(error.starts_with("the configuration /nowhere/config.toml can't be read: "), "{error}");
}

#[test]
fn state_is_made_for_this_user_only_and_what_is_there_keeps_its_mode() {
    let dir = tempfile::tempdir().unwrap();
    let folders = Folders { config: dir.path().join("c"), state: dir.path().join("a/quorate") };
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folders.make_state().unwrap()), 0o700);
    fs::set_permissions(&folders.state, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(mode(folders.make_state().unwrap()), 0o755);
    fs::set_permissions(&folders.state, fs::Permissions::from_mode(0o777)).unwrap();
    let error = folders.make_state().unwrap_err().to_string();
    assert!(error.contains("a/quorate: every user can write to it"), "{error}");
}

proptest! {
    #[test]
    fn any_text_is_a_configuration_or_an_error_with_its_file(text in "(?s).{0,120}") {
        if let Err(problems) = read(&text) {
            prop_assert!(problems.0.iter().all(|problem| problem.file == "c.toml" && !problem.message.is_empty()));
        }
    }

    /// What a remote host calls itself ends up in the file that `init` writes.
    #[test]
    fn what_is_written_reads_back(
        clusters in prop::collection::hash_set("[^\\p{Cc}\\s]{1,12}", 0..4),
        hosts in prop::collection::hash_set("[^\\p{Cc}\\s-][^\\p{Cc}\\s]{0,12}", 1..4),
        user in prop::option::of("[a-z]{1,8}"),
        needs: bool,
        theme in prop::option::of("[^\\p{Cc}]{0,8}"),
        trusted_hosts in prop::collection::vec("[a-z*]{1,4}", 0..3),
        variables in prop::collection::btree_map(".{0,6}", "(?s).{0,12}", 0..4),
    ) {
        let access = Access { user, ..Access::default() };
        let mut hosts: Vec<HostName> = hosts.into_iter().map(HostName::from).collect();
        hosts.sort();
        let names: Vec<ClusterName> = clusters.iter().map(|name| ClusterName::from(name.as_str())).collect();
        let entry = |name: String| ClusterEntry {
            needs: needs.then(|| names.iter().filter(|need| **need != name.as_str()).cloned().collect()),
            name: ClusterName::from(name),
            tier: Tier::Core,
            hosts: hosts.clone(),
            access: access.clone(),
        };
        let inventory = Inventory { clusters: clusters.into_iter().map(entry).collect() };
        let config = Config { inventory, access, theme, trusted_hosts, variables, ..Config::default() };
        prop_assert_eq!(read(&render(&config)), Ok(config));
    }
}
