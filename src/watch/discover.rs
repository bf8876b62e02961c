//! Which cluster a host belongs to, found by asking the host.

use std::sync::Arc;

use jiff::Timestamp;

use super::ask::{Asker, trouble};
use super::{Clock, Settings};
use crate::model::{Access, ClusterEntry, ClusterName, HostName, NodeName, Tier, Trouble, TroubleKind};
use crate::pacemaker::discover::{Discovered, from_cib, from_corosync, from_node_list};
use crate::pacemaker::{argv, parse};
use crate::transport::{Limits, Output, Transport};

/// What one host tells of its cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// The cluster, with the host that was asked as its only one.
    pub entry: ClusterEntry,
    /// The host's own node name.
    pub own_name: NodeName,
    /// The cluster's members, as the host names them: any text. Nothing may log in to one that the user doesn't
    /// know.
    pub members: Vec<NodeName>,
}

impl Discovery {
    /// Whether a member's name is that of the host that was asked.
    pub fn is_asked(&self, member: &NodeName) -> bool {
        *member == self.own_name || self.entry.hosts.first().is_some_and(|host| host.is_node(member))
    }
}

/// Asks a host for the name and the members of its cluster, and guesses the cluster's tier from its name and
/// resources.
///
/// Works while the cluster stack is stopped, from corosync's configuration.
pub async fn discover(
    host: &HostName,
    access: &Access,
    transport: &dyn Transport,
) -> Result<Discovery, Trouble> {
    let limits = Limits {
        connect: access.connect_timeout,
        patience: None,
        session: None,
        command: access.command_timeout,
        output: Settings::default().output_limit,
    };
    let clock: Clock = Arc::new(Timestamp::now);
    let asker = Asker { transport, clock: &clock, privilege: access.privilege };
    let cib = asker.run(host, argv::cib(), limits).await?;
    let (found, kinds) = match read_cib(&cib) {
        Some(found) => found,
        None => (without_cib(&asker, host, limits).await?, Vec::new()),
    };
    let own_name = asker.run(host, vec!["uname".to_owned(), "-n".to_owned()], limits).await?;
    let own_name = String::from_utf8_lossy(&own_name.stdout);
    let own_name = own_name.lines().last().unwrap_or_default().trim();
    let name = found.cluster_name.clone().filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| host.as_str().to_owned());
    let entry = ClusterEntry {
        tier: guess_tier(&name, &kinds),
        name: ClusterName::from(name),
        hosts: vec![host.clone()],
        access: access.clone(),
        needs: None,
    };
    Ok(Discovery { entry, own_name: own_name.into(), members: found.members })
}

/// Name and members, and the agents and ids of what it runs.
fn read_cib(output: &Output) -> Option<(Discovered, Vec<String>)> {
    let found = from_cib(&output.stdout).ok().filter(|found| !found.members.is_empty())?;
    let resources = parse::cib(&output.stdout).map(|cib| cib.resources).unwrap_or_default();
    let kinds = resources.into_iter().flat_map(|resource| [resource.agent, Some(resource.id.to_string())]);
    Some((found, kinds.flatten().collect()))
}

async fn without_cib(asker: &Asker<'_>, host: &HostName, limits: Limits) -> Result<Discovered, Trouble> {
    let corosync = asker.run(host, argv::corosync_conf(), limits).await?;
    let mut found = from_corosync(&corosync.stdout);
    if found.members.is_empty() {
        let nodes = asker.run(host, argv::node_list(), limits).await?;
        found.members = from_node_list(&nodes.stdout);
    }
    if found.members.is_empty() {
        let why = "belongs to no cluster that this user may see: neither the CIB nor corosync's configuration \
                   can be read";
        return Err(trouble(host, TroubleKind::NotInstalled, why));
    }
    Ok(found)
}

/// Words in the names of clusters, resources and agents, from the most telling to the least.
const TELLING: [(Tier, &[&str]); 4] = [
    (Tier::Compute, &["compute"]),
    (
        Tier::OpenStack,
        &[
            "keystone",
            "glance",
            "cinder",
            "swift",
            "neutron",
            "nova",
            "ceilometer",
            "heat",
            "horizon",
            "openstack",
        ],
    ),
    (
        Tier::Core,
        &[
            "haproxy", "galera", "mysql", "mariadb", "rabbit", "qpid", "mongo", "memcache", "redis",
            "database", "balancer", "amqp",
        ],
    ),
    (Tier::Hosts, &["gateway", "dhcpd", "named", "nfsserver", "virtualdomain", "hypervisor"]),
];

/// Short names that mean something only when they are the whole name or a part of it between dashes.
const SHORT: [(Tier, &[&str]); 2] =
    [(Tier::Core, &["lb", "db", "mq", "cache", "vip"]), (Tier::Hosts, &["gw", "host", "hosts", "infra"])];

/// The name decides; where it tells nothing, what runs there.
fn guess_tier(name: &str, kinds: &[String]) -> Tier {
    let telling = |text: &str| {
        let text = text.to_ascii_lowercase();
        TELLING.iter().find(|(_, words)| words.iter().any(|word| text.contains(word))).map(|(tier, _)| *tier)
    };
    let short = || {
        let name = name.to_ascii_lowercase();
        let mut parts = name.split(|c: char| !c.is_ascii_alphabetic());
        parts.find_map(|part| SHORT.iter().find(|(_, words)| words.contains(&part)).map(|(tier, _)| *tier))
    };
    let running = || {
        let tiers: Vec<_> = kinds.iter().filter_map(|kind| telling(kind)).collect();
        [Tier::OpenStack, Tier::Compute, Tier::Core, Tier::Hosts]
            .into_iter()
            .find(|tier| tiers.contains(tier))
    };
    telling(name).or_else(short).or_else(running).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("galera", &[], Tier::Core)]
    #[case("lb", &[], Tier::Core)]
    #[case("lab-db-1", &[], Tier::Core)]
    #[case("nova-compute-7", &[], Tier::Compute)]
    #[case("neutron-server", &[], Tier::OpenStack)]
    #[case("gateway", &[], Tier::Hosts)]
    #[case("hacluster", &["ocf:heartbeat:galera"], Tier::Core)]
    #[case("hacluster", &["ocf:heartbeat:galera", "systemd:openstack-keystone"], Tier::OpenStack)]
    #[case("hacluster", &["ocf:heartbeat:Dummy"], Tier::Other)]
    fn guesses_the_tier(#[case] name: &str, #[case] kinds: &[&str], #[case] tier: Tier) {
        let kinds: Vec<String> = kinds.iter().map(|&kind| kind.to_owned()).collect();
        assert_eq!(guess_tier(name, &kinds), tier);
    }
}
