//! The command itself: what it prints, where, and how it ends.

#[cfg(test)]
mod deploy;
#[cfg(test)]
mod home;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod op;
#[cfg(test)]
mod saved;
#[cfg(test)]
mod scenario;

use std::fs;
use std::io::Write;
use std::process::Stdio;

use rstest::rstest;
use serde_json::Value;

use home::{Answer, Home, capture, keys};

#[rstest]
#[case("healthy", 0, "ok")]
#[case("standby", 1, "warning")]
#[case("fence-pending-unclean", 2, "critical")]
fn a_saved_picture_is_judged(#[case] name: &str, #[case] code: i32, #[case] health: &str) {
    let answer = Home::new().run(&["status", "--from", &capture(name), "--format", "json"]);
    assert_eq!((answer.code, answer.stderr.as_str()), (code, ""));
    let json = answer.json();
    assert_eq!(json["clusters"][0]["name"], name);
    assert_eq!(json["clusters"][0]["health"], health);
}

const CLUSTER_KEYS: &[&str] = &[
    "age_ms",
    "bans",
    "bundles",
    "clones",
    "configured",
    "constraints",
    "dated_by_file",
    "dc",
    "fail_counts",
    "failed_probes",
    "failures",
    "fencing",
    "findings",
    "groups",
    "health",
    "hosts",
    "last_change",
    "mixed_version",
    "name",
    "node_attributes",
    "nodes",
    "options",
    "pacemakerd_state",
    "path",
    "quorate",
    "resources",
    "stack",
    "taken_at",
    "tickets",
    "version",
];

const NODE_KEYS: &[&str] = &[
    "dc",
    "expected_up",
    "feature_set",
    "health",
    "id",
    "kind",
    "maintenance",
    "name",
    "online",
    "pending",
    "resources_running",
    "shutdown",
    "standby",
    "standby_onfail",
    "unclean",
];

const RESOURCE_KEYS: &[&str] = &[
    "active",
    "agent",
    "blocked",
    "failed",
    "failure_ignored",
    "id",
    "kind",
    "locked_to",
    "maintenance",
    "managed",
    "migration_threshold",
    "nodes",
    "orphaned",
    "parent",
    "pending",
    "role",
    "target_role",
];

const FAILURE_KEYS: &[&str] = &[
    "at",
    "exit_code",
    "exit_reason",
    "exit_status",
    "interval_ms",
    "node",
    "operation",
    "resource",
    "status",
];

#[test]
fn the_json_has_exactly_the_promised_keys() {
    let names = ["fence-pending-unclean", "failed-start-notinstalled", "banned", "remote-healthy"];
    let mut arguments = vec!["status".to_owned(), "--format=json".to_owned(), "--from".to_owned()];
    arguments.extend(names.map(capture));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let json = Home::new().run(&arguments).json();
    assert_eq!(keys(&json), ["clusters"]);
    let clusters = json["clusters"].as_array().unwrap();
    // In the order in which they were named.
    assert_eq!(clusters.iter().map(|cluster| cluster["name"].as_str().unwrap()).collect::<Vec<_>>(), names);
    for cluster in clusters {
        assert_eq!(keys(cluster), CLUSTER_KEYS);
        assert_eq!(keys(&cluster["nodes"][0]), NODE_KEYS);
        assert_eq!(keys(&cluster["resources"][0]), RESOURCE_KEYS);
    }
    let [unclean, failed, banned, remote] = clusters.as_slice() else { panic!("four clusters") };
    assert_eq!(
        keys(&unclean["findings"][0]),
        ["code", "evidence", "remedy", "severity", "subject", "summary"]
    );
    assert_eq!(unclean["findings"][0]["severity"], "critical");
    assert_eq!(keys(&failed["failures"][0]), FAILURE_KEYS);
    assert_eq!(
        keys(&failed["fencing"][0]),
        ["action", "client", "completed", "delegate", "exit_reason", "origin", "outcome", "target"]
    );
    assert_eq!(
        banned["bans"][0],
        serde_json::json!({
            "id": "cli-ban-solo-on-c1n1", "resource": "solo", "node": "c1n1", "weight": "-INFINITY",
            "promoted_only": false
        })
    );
    let kinds: Vec<&str> =
        remote["nodes"].as_array().unwrap().iter().map(|node| node["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"remote") && kinds.contains(&"member"), "{kinds:?}");
}

/// A file of `tests/fixtures`, judged.
fn fixture(path: &str) -> Value {
    let file = format!("{}/tests/fixtures/{path}.crm_mon.xml", env!("CARGO_MANIFEST_DIR"));
    Home::new().run(&["status", "--format", "json", "--from", &file]).json()["clusters"][0].clone()
}

/// The entry of a list that has that value for a key.
fn entry<'a>(list: &'a Value, key: &str, value: &str) -> &'a Value {
    let found = list.as_array().expect("a list").iter().find(|entry| entry[key] == value);
    found.unwrap_or_else(|| panic!("no {key} {value} in {list}"))
}

#[test]
fn the_json_holds_the_summary() {
    let healthy = fixture("captures/healthy");
    let xml = fs::read_to_string(capture("healthy")).unwrap();
    for key in ["client", "user"] {
        let value = healthy["last_change"][key].as_str().unwrap();
        assert!(xml.contains(&format!(" {key}=\"{value}\"")), "{key} {value}");
    }
    assert!(xml.contains(&format!(" version=\"{}\"", healthy["version"].as_str().unwrap())));
    assert_eq!(keys(&healthy["last_change"]), ["at", "client", "node", "user"]);
    assert_eq!(keys(&healthy["configured"]), ["blocked", "disabled", "nodes", "resources"]);
    assert_eq!(
        keys(&healthy["options"]),
        [
            "fencing_enabled",
            "fencing_timeout_ms",
            "fencing_watchdog_timeout",
            "maintenance_mode",
            "no_quorum_policy",
            "priority_fencing_delay_ms",
            "stop_all_resources",
            "symmetric_cluster"
        ]
    );
    assert_eq!(fixture("captures/maintenance-mode")["options"]["maintenance_mode"], true);
    let dc = entry(&healthy["nodes"], "name", healthy["dc"].as_str().unwrap());
    assert_eq!((&dc["dc"], &dc["expected_up"]), (&Value::from(true), &Value::from(true)));
}

#[test]
fn the_json_holds_what_failed_where_and_how_often() {
    let cluster = fixture("captures/failed-start-notinstalled");
    let count = &cluster["fail_counts"][0];
    assert_eq!(keys(count), ["count", "last_failure", "migration_threshold", "node", "resource"]);
    assert!(count["count"].is_string() && count["last_failure"].is_string(), "{count}");
    let probe = &fixture("cases/54-quorum-node-probe-fails")["failed_probes"][0];
    assert_eq!(
        *probe,
        serde_json::json!({
            "resource": "pgsqld", "node": "node3", "exit_code": 2, "exit_status": "invalid parameter",
            "at": "2026-11-29T09:09:24Z"
        })
    );
    let attributes = fixture("cases/12c-ping-lost-one-node")["node_attributes"].clone();
    let lost = attributes.as_array().unwrap().iter().find(|attribute| attribute["value"] == "0").unwrap();
    assert_eq!(keys(lost), ["expected", "name", "node", "value"]);
    assert_eq!((&lost["name"], &lost["expected"]), (&Value::from("pingd"), &Value::from("200")));
    let ticket = &fixture("cases/28-booth-ticket")["tickets"][0];
    assert_eq!(keys(ticket), ["expires", "granted", "holder", "id", "last_granted", "standby"]);
    assert_eq!((&ticket["id"], &ticket["granted"]), (&Value::from("ticketA"), &Value::from(false)));
}

#[test]
fn groups_clones_and_bundles_are_entries_of_their_own() {
    let cluster = fixture("cases/26-bundle-replicas");
    let bundle = entry(&cluster["bundles"], "id", "galera-bundle");
    assert_eq!(
        keys(bundle),
        ["container", "failed", "id", "image", "maintenance", "managed", "replicas", "unique"]
    );
    assert_eq!(bundle["replicas"].as_array().unwrap().len(), 3);
    let healthy = fixture("captures/healthy");
    let ids = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
    };
    let (groups, clones) = (ids(&healthy["groups"]), ids(&healthy["clones"]));
    assert!(!groups.is_empty() && !clones.is_empty());
    // The parent of a resource is a group, clone or bundle of the lists.
    for cluster in [&healthy, &cluster] {
        let all: Vec<String> =
            ["groups", "clones", "bundles"].iter().flat_map(|list| ids(&cluster[*list])).collect();
        for resource in cluster["resources"].as_array().unwrap() {
            let parent = resource["parent"].as_str();
            assert!(parent.is_none_or(|parent| all.iter().any(|id| id == parent)), "{resource}");
        }
    }
    let group = entry(&healthy["groups"], "id", &groups[0]);
    assert_eq!(keys(group), ["disabled", "id", "maintenance", "managed", "members", "parent"]);
    let clone = entry(&healthy["clones"], "id", &clones[0]);
    assert_eq!(
        keys(clone),
        [
            "disabled",
            "failed",
            "failure_ignored",
            "id",
            "instances",
            "maintenance",
            "managed",
            "promotable",
            "target_role",
            "unique"
        ]
    );
}

/// Every key that occurs, at any depth.
fn all_keys(value: &Value, found: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| all_keys(value, found)),
        Value::Object(entries) => {
            for (key, value) in entries {
                found.insert(key.clone());
                all_keys(value, found);
            }
        }
        _ => {}
    }
}

#[test]
fn the_reference_names_every_key() {
    let reference = include_str!("../../docs/status-json.md");
    let mut found = std::collections::BTreeSet::new();
    for path in ["captures/failed-start-notinstalled", "captures/banned", "cases/26-bundle-replicas"] {
        all_keys(&fixture(path), &mut found);
    }
    for path in ["cases/28-booth-ticket", "cases/54-quorum-node-probe-fails", "captures/healthy"] {
        all_keys(&fixture(path), &mut found);
    }
    let missing: Vec<&String> =
        found.iter().filter(|key| !reference.contains(&format!("| `{key}` |"))).collect();
    assert_eq!(missing, Vec::<&String>::new(), "not in docs/status-json.md");
}

#[test]
fn the_json_has_what_crm_mon_has() {
    let xml = r#"<pacemaker-result><summary><stack type="corosync"/>
        <current_dc present="true" version="2.1.5-a3f44794f94" name="a" with_quorum="true" mixed_version="false"/>
        <last_change time="2026-11-29 08:00:00Z" user="root" client="crm_resource" origin="b"/>
        <nodes_configured number="2"/><resources_configured number="3" disabled="1" blocked="0"/>
        <cluster_options stonith-enabled="true" symmetric-cluster="false" no-quorum-policy="freeze" maintenance-mode="false" stonith-timeout-ms="60000"/>
        </summary><nodes>
        <node name="a" id="1" online="true" standby="true" standby_onfail="true" shutdown="true" expected_up="true" is_dc="true" type="member"/></nodes>
        <resources>
        <clone id="web-clone" multi_state="false" managed="true" target_role="Started"><group id="web:0" managed="true">
        <resource id="vip" resource_agent="ocf:heartbeat:IPaddr2" role="Started" active="true"><node name="a"/></resource></group></clone>
        <bundle id="db" type="podman" image="i:1" managed="true"><replica id="0">
        <resource id="db-podman-0" resource_agent="ocf:heartbeat:podman" role="Started" active="true"><node name="a"/></resource></replica></bundle>
        </resources>
        <node_attributes><node name="a"><attribute name="pingd" value="0" expected="200"/></node></node_attributes>
        <node_history><node name="a"><resource_history id="vip" migration-threshold="3" fail-count="2">
        <operation_history task="probe" rc="2" rc_text="invalid parameter"/></resource_history></node></node_history>
        <tickets><ticket id="T" status="revoked" standby="false" last-granted="2026-11-29 07:00:00Z"/></tickets>
        </pacemaker-result>"#;
    let home = Home::new();
    let file = home.write("c.xml", xml);
    let json = home.run(&["status", "--format", "json", "--from", file.to_str().unwrap()]).json();
    let cluster = &json["clusters"][0];
    let expected = [
        ("/version", serde_json::json!("2.1.5-a3f44794f94")),
        (
            "/last_change",
            serde_json::json!({"at": "2026-11-29T08:00:00Z", "user": "root", "client": "crm_resource", "node": "b"}),
        ),
        ("/configured/disabled", serde_json::json!(1)),
        ("/options/fencing_enabled", serde_json::json!(true)),
        ("/options/symmetric_cluster", serde_json::json!(false)),
        ("/options/no_quorum_policy", serde_json::json!("freeze")),
        ("/options/fencing_timeout_ms", serde_json::json!(60_000)),
        ("/nodes/0/dc", serde_json::json!(true)),
        ("/nodes/0/expected_up", serde_json::json!(true)),
        ("/nodes/0/shutdown", serde_json::json!(true)),
        ("/nodes/0/standby_onfail", serde_json::json!(true)),
        ("/clones/0/instances", serde_json::json!(["web:0"])),
        ("/groups/0/parent", serde_json::json!("web-clone")),
        ("/groups/0/members", serde_json::json!(["vip"])),
        ("/bundles/0/replicas", serde_json::json!([{"id": "0", "resources": ["db-podman-0"]}])),
        ("/resources/0/migration_threshold", serde_json::json!("3")),
        ("/fail_counts/0/count", serde_json::json!("2")),
        ("/fail_counts/0/migration_threshold", serde_json::json!("3")),
        ("/failed_probes/0/exit_status", serde_json::json!("invalid parameter")),
        (
            "/node_attributes/0",
            serde_json::json!({"node": "a", "name": "pingd", "value": "0", "expected": "200"}),
        ),
        (
            "/tickets/0",
            serde_json::json!({"id": "T", "granted": false, "standby": false, "last_granted": "2026-11-29T07:00:00Z", "holder": null, "expires": null}),
        ),
    ];
    for (pointer, value) in expected {
        assert_eq!(cluster.pointer(pointer), Some(&value), "{pointer}");
    }
}

#[test]
fn the_json_names_the_holder_of_a_ticket() {
    let fixture =
        |end| format!("{}/tests/fixtures/cases/28-booth-ticket.{end}.xml", env!("CARGO_MANIFEST_DIR"));
    let (picture, cib) = (fixture("crm_mon"), fixture("cib"));
    let json = Home::new().run(&["status", "--format", "json", "--from", &picture, "--cib", &cib]).json();
    let ticket = &json["clusters"][0]["tickets"][0];
    assert_eq!((&ticket["id"], &ticket["granted"]), (&Value::from("ticketA"), &Value::from(false)));
    assert_eq!(
        (&ticket["holder"], &ticket["expires"]),
        (&Value::from("1023541"), &Value::from("2026-11-29T09:28:08Z"))
    );
}

#[test]
fn the_json_lists_every_constraint() {
    let cib = r#"<cib epoch="1" admin_epoch="0" num_updates="0"><configuration><constraints>
        <rsc_location id="cli-ban-web" rsc="web" node="a" score="-INFINITY" role="Started"/>
        <rsc_colocation id="with" rsc="vip" with-rsc="db" with-rsc-role="Master" score="INFINITY" influence="false"/>
        <rsc_order id="after" first="db" first-action="promote" then="vip" then-action="start" symmetrical="false"/>
        <rsc_ticket id="needs" rsc="db" ticket="T" loss-policy="fence"/>
        <rsc_order id="sets" kind="Optional"><resource_set id="s1" sequential="false" require-all="false">
        <resource_ref id="x"/><resource_ref id="y"/></resource_set>
        <resource_set id="s2" action="promote"><resource_ref id="z"/></resource_set></rsc_order>
        </constraints></configuration></cib>"#;
    let home = Home::new();
    let cib = home.write("c.cib.xml", cib);
    let picture = capture("healthy");
    let answer = ["status", "--format", "json", "--from", &picture, "--cib", cib.to_str().unwrap()];
    let cluster = home.run(&answer).json()["clusters"][0].clone();
    let found = |id: &str| entry(&cluster["constraints"], "id", id).clone();
    let expected = [
        ("cli-ban-web", "/kind", serde_json::json!("location")),
        ("cli-ban-web", "/resources", serde_json::json!(["web"])),
        ("cli-ban-web", "/node", serde_json::json!("a")),
        ("cli-ban-web", "/score", serde_json::json!("-INFINITY")),
        ("cli-ban-web", "/leftover", serde_json::json!(true)),
        ("with", "/with", serde_json::json!("db")),
        ("with", "/with_role", serde_json::json!("Promoted")),
        ("with", "/influence", serde_json::json!(false)),
        ("with", "/symmetrical", Value::Null),
        ("after", "/first", serde_json::json!("db")),
        ("after", "/first_action", serde_json::json!("promote")),
        ("after", "/order_kind", serde_json::json!("Mandatory")),
        ("after", "/symmetrical", serde_json::json!(false)),
        ("needs", "/ticket", serde_json::json!("T")),
        ("needs", "/loss_policy", serde_json::json!("fence")),
        ("sets", "/kind", serde_json::json!("order")),
        ("sets", "/order_kind", serde_json::json!("Optional")),
        ("sets", "/resources", serde_json::json!([])),
        ("sets", "/sets/0/resources", serde_json::json!(["x", "y"])),
        ("sets", "/sets/0/require_all", serde_json::json!(false)),
        ("sets", "/sets/1/action", serde_json::json!("promote")),
        (
            "sets",
            "/words",
            serde_json::json!("start any one of x and y (require-all=false), then promote z, optional"),
        ),
    ];
    for (id, pointer, value) in expected {
        assert_eq!(found(id).pointer(pointer), Some(&value), "{id}{pointer}");
    }
    let mut keys = std::collections::BTreeSet::new();
    all_keys(&cluster["constraints"], &mut keys);
    let reference = include_str!("../../docs/status-json.md");
    let missing: Vec<&String> =
        keys.iter().filter(|key| !reference.contains(&format!("| `{key}` |"))).collect();
    assert_eq!(missing, Vec::<&String>::new(), "not in docs/status-json.md");
    // Without the CIB nobody knows of any.
    assert_eq!(fixture("captures/healthy")["constraints"], Value::Null);
}

#[test]
fn every_resource_element_is_an_entry_in_its_order() {
    let file = capture("healthy");
    let xml = fs::read_to_string(&file).unwrap();
    let ids: Vec<&str> =
        xml.split("<resource id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let json = Home::new().run(&["status", "--format", "json", "--from", &file]).json();
    let resources = json["clusters"][0]["resources"].as_array().unwrap();
    let found: Vec<&str> = resources.iter().map(|resource| resource["id"].as_str().unwrap()).collect();
    assert_eq!(found, ids);
    let solo = resources.iter().find(|resource| resource["id"] == "solo").unwrap();
    assert_eq!(solo["parent"], Value::Null);
    assert!(solo["agent"].as_str().unwrap().starts_with("ocf:"));
    // The direct container: a group for its members, a clone for its instances.
    for resource in resources.iter().filter(|resource| resource["parent"].is_string()) {
        let parent = resource["parent"].as_str().unwrap();
        assert!(xml.contains(&format!(" id=\"{parent}\"")), "{parent}");
    }
}

#[test]
fn what_cannot_be_read_is_unknown_and_says_why() {
    let home = Home::new();
    let broken = home.write("broken.xml", "<pacemaker-result><summary>");
    let json_of = |file: &str| {
        let answer = home.run(&["status", "--format", "json", "--from", file]);
        assert_eq!(answer.code, 3, "{answer:?}");
        answer.json()["clusters"][0].clone()
    };
    for file in [broken.to_str().unwrap(), "/nowhere/db.xml"] {
        let cluster = json_of(file);
        assert_eq!(cluster["health"], "unknown");
        assert_eq!(
            (&cluster["quorate"], &cluster["dc"], &cluster["age_ms"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
        let told = cluster["findings"].to_string();
        assert_eq!(cluster["findings"][0]["severity"], "unknown", "{told}");
    }
    assert_eq!(json_of("/nowhere/db.xml")["name"], "db");
}

#[rstest]
#[case(&["healthy", "standby"], 1)]
#[case(&["standby", "fence-pending-unclean", "/nowhere"], 2)]
#[case(&["standby", "/nowhere"], 3)]
fn critical_goes_before_unknown_and_unknown_before_warnings(#[case] names: &[&str], #[case] code: i32) {
    let mut arguments = vec!["status".to_owned(), "--from".to_owned()];
    arguments.extend(
        names.iter().map(|name| if name.starts_with('/') { (*name).to_owned() } else { capture(name) }),
    );
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    assert_eq!(Home::new().run(&arguments).code, code);
}

#[test]
fn the_table_has_the_worst_first_and_no_colours_in_a_pipe() {
    let answer =
        Home::new().run(&["status", "--from", &capture("healthy"), &capture("standby"), "/nowhere/x.xml"]);
    assert_eq!(answer.code, 3);
    assert!(!answer.stdout.contains('\x1b'), "{}", answer.stdout);
    let lines: Vec<&str> = answer.stdout.lines().collect();
    let first_words: Vec<&str> = lines.iter().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(first_words, ["CLUSTER", "x", "standby", "healthy", "3"]);
    assert_eq!(lines.last(), Some(&"3 clusters: 1 unknown, 1 warning, 1 ok"));
    // Numbers end where their heading ends.
    let end = lines[0].find("RUNNING").unwrap() + "RUNNING".len();
    let running = lines.iter().find(|line| line.starts_with("standby")).unwrap().get(..end).unwrap();
    assert!(running.ends_with("16/19"), "{running}");
}

#[test]
fn a_picture_may_come_on_stdin() {
    let home = Home::new();
    let mut command = home.command(&["status", "--format", "json", "--from", "-"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&fs::read(capture("healthy")).unwrap()).unwrap();
    let answer = Answer::from(child.wait_with_output().unwrap());
    assert_eq!(answer.code, 0);
    assert_eq!(answer.json()["clusters"][0]["name"], "stdin");
}

#[test]
fn the_demo_has_a_status() {
    let answer = Home::new().run(&["status", "--demo", "--format", "json"]);
    let clusters = answer.json()["clusters"].as_array().unwrap().clone();
    assert_eq!(clusters.len(), 17);
    assert!(clusters.iter().all(|cluster| cluster["age_ms"].as_u64().is_none_or(|age| age < 60_000)));
    let worst = [("critical", 2), ("unknown", 3), ("warning", 1), ("ok", 0)];
    let worst = worst.iter().find(|(health, _)| clusters.iter().any(|cluster| cluster["health"] == *health));
    assert_eq!(answer.code, worst.unwrap().1);
}

#[test]
fn without_a_configuration_it_says_what_to_do() {
    let home = Home::new();
    let answer = home.run(&["status"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""));
    let expected = format!(
        "quorate: There is no configuration yet ({}/config.toml).\n  \
         quorate demo        shows the console on a simulated deployment\n  \
         quorate HOST…       watches the clusters of those hosts right away\n  \
         quorate init HOST…  writes a configuration of them\n",
        home.config_dir().display()
    );
    assert_eq!(answer.stderr, expected);
}

#[test]
fn a_configuration_that_was_named_must_be_there() {
    let home = Home::with("");
    let answer = home.run(&["status", "--config", "/nowhere/c.toml"]);
    assert_eq!(answer.code, 2);
    assert!(answer.stderr.starts_with("quorate: the configuration /nowhere/c.toml can't be read: "));
    let mut command = home.command(&["status"]);
    let answer = Answer::from(command.env("QUORATE_CONFIG", "/nowhere/d.toml").output().unwrap());
    assert!(answer.stderr.contains("/nowhere/d.toml"), "{}", answer.stderr);
    // One that names no cluster is another thing than none.
    assert!(home.run(&["status"]).stderr.contains("config.toml names no cluster."));
}

#[test]
fn a_wrong_configuration_is_told_whole_and_nothing_is_asked() {
    let home = Home::with("[defaults]\npol = \"2s\"\n[[cluster]]\nname = \"db\"\nnodes = []\n");
    for arguments in [&["status"][..], &["check"], &["db1"], &["status", "db1"]] {
        let answer = home.run(arguments);
        let file = home.config_dir().join("config.toml");
        let file = file.display();
        assert_eq!(answer.code, 2, "{answer:?}");
        let expected = format!(
            "quorate: {file}:2: defaults.pol: unknown key `pol`; did you mean `poll`?\n\
             {file}:5: cluster[0].nodes: names no node\n"
        );
        assert_eq!(answer.stderr, expected);
    }
}

#[test]
fn an_unreachable_host_is_unknown() {
    let config = "[[cluster]]\nname = \"db\"\nnodes = [\"quorate-test.invalid\"]\n";
    let answer = Home::with(config).run(&["status", "--format", "json"]);
    assert_eq!(answer.code, 3, "{answer:?}");
    let cluster = &answer.json()["clusters"][0];
    assert_eq!((&cluster["name"], &cluster["health"]), (&Value::from("db"), &Value::from("unknown")));
    assert!(cluster["findings"].to_string().contains("quorate-test.invalid"), "{cluster}");
    let answer = Home::new().run(&["status", "--format", "json", "quorate-test.invalid"]);
    assert_eq!((answer.code, &answer.json()["clusters"][0]["health"]), (3, &Value::from("unknown")));
}

#[test]
fn status_takes_the_names_of_configured_clusters() {
    let cluster = |name: &str, node: &str| format!("[[cluster]]\nname = \"{name}\"\nnodes = [\"{node}\"]\n");
    let config = cluster("lb", "lb-test.invalid") + &cluster("db", "db-test.invalid");
    let home = Home::with(&config);
    let names = |targets: &[&str]| {
        let json = home.run(&[&["status", "--format", "json"], targets].concat()).json();
        let clusters = json["clusters"].as_array().unwrap().clone();
        clusters.iter().map(|cluster| cluster["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let json = home.run(&["status", "--format", "json", "lb"]).json();
    let findings = json["clusters"][0]["findings"].to_string();
    assert!(findings.contains("lb-test.invalid"), "the configured member is asked: {findings}");
    assert_eq!(names(&["db", "lb", "db"]), ["db", "lb"]);
    // A member of a cluster that was named as well doesn't make a second one.
    assert_eq!(names(&["lb", "lb-test.invalid", "other-test.invalid"]), ["lb", "other-test.invalid"]);
}

#[rstest]
#[case::no_command(&["--frmo"], "unexpected argument '--frmo'")]
#[case::host_and_command(&["db1", "status"], "`db1` stands before a command")]
#[case::demo_and_host(&["status", "--demo", "db1"], "cannot be used with")]
#[case::format(&["status", "--format", "xml"], "invalid value 'xml'")]
#[case::clusters(&["demo", "--clusters", "0"], "0 is not in 1..=1000")]
#[case::option_as_host(&["status", "--", "-oProxyCommand=x"], "begins with a hyphen")]
#[case::saved_and_host(&["db1", "--from", "saved.xml"], "cannot be used with")]
#[case::saved_and_demo(&["--from", "saved.xml", "demo"], "`--from` before a command")]
#[case::demo_and_saved(&["demo", "--from", "saved.xml"], "unexpected argument '--from'")]
#[case::saved_and_trust(&["--trust-members", "--from", "saved.xml"], "cannot be used with")]
#[case::cib_of_nothing(&["--cib", "cib.xml"], "required arguments were not provided")]
#[case::saved_on_stdin(&["--from", "-"], "works only with `quorate status`")]
#[case::saved_without_terminal(&["--from", "saved.xml"], "needs a terminal")]
#[case::no_terminal(&["demo"], "needs a terminal")]
#[case::a_host_like_a_command(&["--", "status"], "needs a terminal")]
fn wrong_usage(#[case] arguments: &[&str], #[case] message: &str) {
    let answer = Home::new().run(arguments);
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{answer:?}");
    assert!(answer.stderr.contains(message), "{}", answer.stderr);
}

#[test]
fn check_finds_nothing_wrong_in_what_is_right() {
    let home =
        Home::with("[defaults]\ntheme = \"mine\"\n[[cluster]]\nname = \"db\"\nnodes = [\"db1\", \"db2\"]\n");
    home.write("themes/mine.toml", "inherits = \"light\"\n[roles]\nok = \"blue\"\n");
    let answer = home.run(&["check"]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    let expected = format!(
        "{}/config.toml: 1 cluster, 2 nodes\n\
         themes: dark, light, high-contrast, colour-blind, nord, gruvbox, catppuccin, sixteen, mono, mine\n\
         keymaps: default, vim, emacs\n\
         scenarios: {}\n\
         deployments: collapsed, segregated\n",
        home.config_dir().display(),
        scenario::built_in().join(", ")
    );
    assert_eq!(answer.stdout, expected);
}

#[test]
fn check_tells_everything_that_is_wrong() {
    let home = Home::with("[defaults]\ntheme = \"drak\"\n[[cluster]]\nname = \"db\"\nnodes = [\"db1\"]\n");
    let theme = home.write("themes/mine.toml", "inherits = \"dark\"\n[roles]\ncritcal = \"red\"\n");
    let keymap = home.write("keymaps/mine.toml", "inherits = \"vim\"\n[grid]\nx = \"quti\"\n");
    let answer = home.run(&["check"]);
    assert_eq!(answer.code, 2);
    let expected = format!(
        "quorate: {}: defaults.theme: there is no theme called `drak`; did you mean `dark`?\n\
         {}:3: roles.critcal: unknown role `critcal`; did you mean `critical`?\n\
         {}:3: grid.x: no action is called `quti`; did you mean `quit`?\n",
        home.config_dir().join("config.toml").display(),
        theme.display(),
        keymap.display()
    );
    assert_eq!(answer.stderr, expected);
    let answer = Home::new().run(&["check"]);
    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("`quorate init HOST…` writes one"));
}

#[test]
fn init_writes_nothing_when_a_host_does_not_answer() {
    let home = Home::new();
    let answer = home.run(&["init", "quorate-test.invalid"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (1, ""));
    assert!(answer.stderr.contains("quorate-test.invalid"), "{}", answer.stderr);
    assert!(!home.config_dir().exists());
}

#[test]
fn init_replaces_nothing_unasked() {
    let home = Home::with("");
    let answer = home.run(&["init", "db1"]);
    assert_eq!(answer.code, 2);
    assert!(
        answer.stderr.contains("config.toml is there already. `--force` replaces it"),
        "{}",
        answer.stderr
    );
}

#[rstest]
#[case("bash", "_quorate")]
#[case("zsh", "#compdef quorate")]
#[case("fish", "complete -c quorate")]
fn completions(#[case] shell: &str, #[case] expected: &str) {
    let answer = Home::new().run(&["completions", shell]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    assert!(answer.stdout.contains(expected));
    assert!(answer.stdout.contains("read-only"));
}

#[test]
fn the_manual_page() {
    let answer = Home::new().run(&["man"]);
    assert_eq!(answer.code, 0);
    assert!(answer.stdout.contains(".TH quorate 1"));
    assert!(answer.stdout.contains("EXIT") || answer.stdout.contains("Exit codes"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = Home::new();
    let mut child =
        home.command(&["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let answer = Answer::from(child.wait_with_output().unwrap());
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
}
