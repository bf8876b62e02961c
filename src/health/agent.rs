//! What is known of particular agents: the state they keep in node attributes, and what their promotion waits for.

use crate::model::{NodeAttribute, NodeName};

use super::scene::Scene;

/// The last part of an agent's name: `galera` of `ocf:heartbeat:galera`.
fn kind(agent: &str) -> &str {
    agent.rsplit(':').next().unwrap_or(agent)
}

/// Whether instances of that agent are meant to be promoted, so that it belongs in a promotable clone.
pub(super) fn is_promotable(agent: &str) -> bool {
    matches!(
        agent,
        "ocf:linbit:drbd"
            | "ocf:heartbeat:pgsqlms"
            | "ocf:heartbeat:galera"
            | "ocf:heartbeat:redis"
            | "ocf:heartbeat:mariadb"
            | "ocf:suse:SAPHana"
            | "ocf:suse:SAPHanaController"
            | "ocf:heartbeat:SAPHana"
            | "ocf:heartbeat:SAPHanaController"
            | "ocf:pacemaker:Stateful"
    )
}

/// What to do about a promotable clone without a promoted instance, as far as it depends on the agent.
pub(super) fn advice(agent: &str) -> &'static str {
    match kind(agent) {
        "galera" => "After a site-wide failure Galera waits to be started from its most advanced member.",
        "drbd" => "Check `drbdadm status`: only UpToDate data is promoted.",
        "SAPHana" | "SAPHanaController" => "Check `SAPHanaSR-showAttr` and the HANA system replication.",
        "pgsqlms" => "Check which node has the latest WAL: only the most advanced standby is promoted.",
        _ => "",
    }
}

/// What the agent's attributes say of its instances on those nodes, the gravest first.
pub(super) fn states(scene: &Scene<'_>, agent: &str, nodes: &[&NodeName]) -> Vec<String> {
    match kind(agent) {
        "SAPHana" | "SAPHanaController" => {
            let here = nodes.iter().flat_map(|node| scene.index.attributes(node));
            here.filter_map(|attribute| hana(attribute)).collect()
        }
        "galera" => galera(scene, nodes),
        _ => Vec::new(),
    }
}

/// A SAP HANA attribute (`hana_SID_NAME`) that isn't as it should be, in words.
pub(super) fn hana(attribute: &NodeAttribute) -> Option<String> {
    let (_, name) = attribute.name.strip_prefix("hana_")?.split_once('_')?;
    let node = &attribute.node;
    match (name, attribute.value.as_str()) {
        ("clone_state", "WAITING4LPA") => {
            Some(format!("HANA on {node} waits for the other site's last primary timestamp (WAITING4LPA)"))
        }
        ("clone_state", "WAITING4PRIM") => {
            Some(format!("HANA on {node} waits for the primary to start (WAITING4PRIM)"))
        }
        ("clone_state", "WAITING4REG") => {
            Some(format!("HANA on {node} waits to be registered as secondary (WAITING4REG)"))
        }
        ("clone_state", "UNDEFINED") => Some(format!("HANA's state on {node} is undefined")),
        ("sync_state", "SFAIL") => Some(format!("HANA system replication to {node} fails (SFAIL)")),
        ("srah", "T") => Some(format!("HANA on {node}: takeover requested (SRAction)")),
        _ => None,
    }
}

/// How far each Galera member has come, where the agent says.
fn galera(scene: &Scene<'_>, nodes: &[&NodeName]) -> Vec<String> {
    let here = nodes.iter().flat_map(|node| scene.index.attributes(node));
    let committed: Vec<(&NodeName, &str)> = here
        .filter(|attribute| attribute.name.ends_with("last-committed"))
        .map(|attribute| (&attribute.node, attribute.value.as_str()))
        .collect();
    let lines =
        committed.iter().map(|(node, value)| format!("last committed transaction on {node}: {value}"));
    let missing: Vec<&&NodeName> =
        nodes.iter().filter(|node| !committed.iter().any(|(known, _)| known == *node)).collect();
    let waits = (!committed.is_empty() && !missing.is_empty()).then(|| {
        format!("Galera waits for {} to report its last transaction", super::words::listed(&missing))
    });
    waits.into_iter().chain(lines).collect()
}
