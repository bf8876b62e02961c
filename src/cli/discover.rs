//! Finding the clusters that some hosts belong to.

use std::collections::HashMap;

use futures::future::join_all;

use super::arguments::command_names;
use super::failure::Failure;
use super::members::{self, Consent, Trust, Unasked};
use super::settings::Settings;
use super::sources;
use crate::config::{self, Config};
use crate::health::Finding;
use crate::model::{
    Access, ClusterEntry, ClusterName, HostName, Inventory, NodeName, SharedHost, Tier, Trouble,
};
use crate::nearest::nearest;
use crate::watch::{self, Discovery};

/// The clusters that some hosts belong to.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) inventory: Inventory,
    /// Of each cluster, the members that Quorate doesn't log in to, and why.
    pub(super) unasked: HashMap<ClusterName, Unasked>,
    /// The clusters that are read-only because the configuration has one of their hosts in a read-only cluster.
    pub(super) shared: Vec<SharedHost>,
}

impl Found {
    /// The same as findings, to be shown beside the cluster's own.
    pub(super) fn notes(&self) -> HashMap<ClusterName, Finding> {
        self.unasked.iter().map(|(name, unasked)| (name.clone(), unasked.finding(name))).collect()
    }

    /// Makes each cluster read-only that has a host of a read-only cluster of the configuration.
    fn lock(mut self, config: &Config) -> Self {
        self.shared = self.inventory.lock_shared(&config.inventory.clusters);
        self
    }

    /// Puts configured clusters first. A found cluster with one of their members is one of them and goes; another one
    /// of the same name takes its host's name after it.
    pub(super) fn beside(mut self, configured: Vec<ClusterEntry>) -> Self {
        let mut clusters = configured;
        let is_known =
            |entry: &ClusterEntry, known: &ClusterEntry| entry.hosts.iter().any(|host| known.has(host));
        for mut entry in std::mem::take(&mut self.inventory.clusters) {
            let unasked = self.unasked.remove(&entry.name);
            if clusters.iter().any(|known| is_known(&entry, known)) {
                continue;
            }
            entry.name = told_apart(&entry, |name| clusters.iter().any(|known| known.name == *name));
            self.unasked.extend(unasked.map(|unasked| (entry.name.clone(), unasked)));
            clusters.push(entry);
        }
        self.inventory.clusters = clusters;
        self
    }
}

/// The cluster's name, followed by one of its hosts if the name is taken.
fn told_apart(entry: &ClusterEntry, is_taken: impl Fn(&str) -> bool) -> ClusterName {
    let with_host = entry.hosts.iter().map(|host| format!("{}-{host}", entry.name));
    let mut names = std::iter::once(entry.name.to_string()).chain(with_host);
    names.find(|name| !is_taken(name)).map_or_else(|| entry.name.clone(), ClusterName::from)
}

/// The clusters of those hosts. All of them must answer.
pub(super) async fn all(names: &[String], settings: &Settings, consent: Consent) -> Result<Found, Failure> {
    let answers = ask(names, settings).await?;
    let mut clusters = Vec::new();
    let mut wrong = Vec::new();
    for (host, answer) in answers {
        match answer {
            Ok(discovery) => add(&mut clusters, discovery),
            Err(error) => wrong.push(explain(&host, &error)),
        }
    }
    if !wrong.is_empty() {
        return Err(Failure::Failed(wrong.join("\n")));
    }
    confirm(clusters, names, settings, consent).await
}

/// The clusters of those hosts. One that does not answer stands for a cluster of its own, so that it is seen.
pub(super) async fn as_far_as_possible(
    names: &[String],
    settings: &Settings,
    consent: Consent,
) -> Result<Found, Failure> {
    let answers = ask(names, settings).await?;
    let mut clusters = Vec::new();
    for (host, answer) in answers {
        let access = access_to(&host, &settings.config);
        add(&mut clusters, answer.unwrap_or_else(|_asked_again_soon| nothing_known(&host, &access)));
    }
    confirm(clusters, names, settings, consent).await
}

async fn ask(
    names: &[String],
    settings: &Settings,
) -> Result<Vec<(HostName, Result<Discovery, Trouble>)>, Failure> {
    let hosts: Vec<HostName> = names.iter().map(|name| config::host(name)).collect::<Result<_, _>>()?;
    let source = sources::over_ssh(settings, placeholder(&hosts, &settings.config))?;
    let answers = hosts.into_iter().map(|host| {
        let transport = &*source.transport;
        async move {
            let access = access_to(&host, &settings.config);
            let answer = watch::discover(&host, &access, transport).await;
            (host, answer)
        }
    });
    let answers = join_all(answers).await;
    source.close().await;
    Ok(answers)
}

/// The hosts as clusters of their own, of which nothing is known yet.
fn placeholder(hosts: &[HostName], config: &Config) -> Inventory {
    Inventory { clusters: hosts.iter().map(|host| alone(host, &access_to(host, config))).collect() }
}

/// How that host is reached: as the entry that has it says, or else as any host. [`Found::lock`] decides what is
/// read-only, once all hosts of a cluster are known.
fn access_to(host: &HostName, config: &Config) -> Access {
    let entry = config.inventory.entry_of(host);
    entry.map_or_else(|| config.access.clone(), |entry| Access { read_only: false, ..entry.access.clone() })
}

fn alone(host: &HostName, access: &Access) -> ClusterEntry {
    ClusterEntry {
        name: ClusterName::from(host.as_str()),
        tier: Tier::Other,
        hosts: vec![host.clone()],
        access: access.clone(),
        needs: None,
    }
}

fn nothing_known(host: &HostName, access: &Access) -> Discovery {
    let own_name = NodeName::from(host.bare().as_ref());
    Discovery { entry: alone(host, access), own_name, members: Vec::new() }
}

/// A cluster, and the hosts of the command line that belong to it. The first one's answer counts.
#[derive(Debug)]
struct Cluster {
    discovery: Discovery,
    /// Each with its node name.
    asked: Vec<(HostName, NodeName)>,
}

/// Adds a cluster unless it is there already: the user may have named two members of one. Two clusters of one
/// name are told apart by the host that was named.
fn add(clusters: &mut Vec<Cluster>, mut discovery: Discovery) {
    let asked = discovery.entry.hosts.iter().map(|host| (host.clone(), discovery.own_name.clone()));
    let asked: Vec<_> = asked.collect();
    if let Some(cluster) = clusters.iter_mut().find(|cluster| is_same(&cluster.discovery, &discovery)) {
        for (host, node) in asked {
            if !cluster.asked.iter().any(|(known, of)| *known == host || *of == node) {
                cluster.asked.push((host, node));
            }
        }
        return;
    }
    let is_taken = |name: &str| clusters.iter().any(|cluster| cluster.discovery.entry.name == *name);
    discovery.entry.name = told_apart(&discovery.entry, is_taken);
    clusters.push(Cluster { discovery, asked });
}

/// Whether both are one cluster by what they say: the same name, if they have one, and the same members. That one
/// names the other as its member is not enough: any host can say so. A host in another spelling may have another port,
/// and tunnels to many clusters begin at one host.
fn is_same(one: &Discovery, other: &Discovery) -> bool {
    let own_name = |discovery: &Discovery| {
        let entry = &discovery.entry;
        Some(entry.name.clone()).filter(|name| !entry.hosts.iter().any(|host| name == host.as_str()))
    };
    let sorted = |discovery: &Discovery| {
        let mut members = discovery.members.clone();
        members.sort();
        members
    };
    let names = own_name(one).zip(own_name(other));
    one.entry.hosts == other.entry.hosts
        || (names.is_none_or(|(one, other)| one == other)
            && !one.members.is_empty()
            && sorted(one) == sorted(other))
}

/// Adds the members that may be logged in to, after asking the user where that is needed: once, for all clusters.
async fn confirm(
    clusters: Vec<Cluster>,
    names: &[String],
    settings: &Settings,
    consent: Consent,
) -> Result<Found, Failure> {
    let trust = Trust::new(names, &settings.config, consent);
    let mut sorted = Vec::new();
    for Cluster { discovery, asked } in clusters {
        let others = discovery
            .members
            .iter()
            .filter(|member| !discovery.is_asked(member) && !asked.iter().any(|(_, node)| node == *member));
        let first = discovery.entry.hosts.first().cloned();
        let members = first.map(|first| trust.sort(&first, others)).unwrap_or_default();
        sorted.push((discovery.entry, asked, members));
    }
    let pending = sorted.iter().filter(|(.., members)| !members.unconfirmed.is_empty());
    let pending: Vec<_> = pending.map(|(entry, _, members)| (&entry.name, members)).collect();
    let is_confirmed = !pending.is_empty() && members::is_confirmed(&pending, consent).await?;
    let mut found = Found::default();
    for (mut entry, asked, members) in sorted {
        entry.hosts = asked.into_iter().map(|(host, _)| host).collect();
        let (hosts, unasked) = members.decide(&entry.hosts, is_confirmed);
        entry.hosts.extend(hosts);
        if let Some(unasked) = unasked {
            found.unasked.insert(entry.name.clone(), unasked);
        }
        found.inventory.clusters.push(entry);
    }
    Ok(found.lock(&settings.config))
}

/// The trouble in words. A word that is nearly a command may have been meant as one.
fn explain(host: &HostName, trouble: &Trouble) -> String {
    let commands = command_names();
    match nearest(host.as_str(), commands.iter().map(String::as_str)) {
        Some(command) => format!("{}. Did you mean the command `{command}`?", trouble.message),
        None => trouble.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Privilege;

    fn discovery(name: &str, asked: &str, own_name: &str, members: &[&str]) -> Discovery {
        let entry = ClusterEntry { name: name.into(), ..alone(&asked.into(), &Access::default()) };
        Discovery {
            entry,
            own_name: own_name.into(),
            members: members.iter().map(|name| (*name).into()).collect(),
        }
    }

    fn asked(clusters: &[Cluster]) -> Vec<Vec<String>> {
        let hosts = |cluster: &Cluster| cluster.asked.iter().map(|(host, _)| host.to_string()).collect();
        clusters.iter().map(hosts).collect()
    }

    #[test]
    fn two_members_of_one_cluster_make_one_cluster() {
        let mut clusters = Vec::new();
        add(&mut clusters, discovery("db", "db1", "db1", &["db1", "db2"]));
        add(&mut clusters, discovery("db", "10.0.0.2", "db2", &["db2", "db1"]));
        add(&mut clusters, discovery("db", "root@db1", "db1", &["db1", "db2"]));
        assert_eq!(asked(&clusters), [["db1", "10.0.0.2"]]);
    }

    #[test]
    fn a_host_that_names_another_as_its_member_does_not_hide_it() {
        let mut clusters = Vec::new();
        add(&mut clusters, discovery("db", "db1", "db1", &["db1", "lb1"]));
        add(&mut clusters, discovery("lb", "lb1", "lb1", &["lb1", "lb2"]));
        assert_eq!(asked(&clusters), [["db1"], ["lb1"]]);
    }

    #[test]
    fn two_clusters_of_one_name_are_told_apart() {
        let mut clusters = Vec::new();
        for host in ["a1", "b1", "c1"] {
            add(&mut clusters, discovery("hacluster", host, host, &[host]));
        }
        let names: Vec<&str> = clusters.iter().map(|cluster| cluster.discovery.entry.name.as_str()).collect();
        assert_eq!(names, ["hacluster", "hacluster-b1", "hacluster-c1"]);
    }

    #[test]
    fn a_found_cluster_beside_a_configured_one_is_another_or_goes() {
        let entry = |name: &str, hosts: &[&str]| ClusterEntry {
            name: name.into(),
            hosts: hosts.iter().map(|host| (*host).into()).collect(),
            ..alone(&"x".into(), &Access::default())
        };
        let found = Found {
            inventory: Inventory { clusters: vec![entry("lb", &["root@lb1"]), entry("lb", &["far1"])] },
            ..Found::default()
        };
        let found = found.beside(vec![entry("lb", &["lb1", "lb2"])]);
        let names: Vec<&str> = found.inventory.clusters.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["lb", "lb-far1"]);
    }

    #[test]
    fn a_found_cluster_with_a_read_only_host_is_read_only_and_reached_as_configured() {
        let mut prod = alone(&"db1".into(), &Access { read_only: true, ..Access::default() });
        prod.name = "prod".into();
        prod.access.privilege = Privilege::Sudo;
        let inventory = Inventory { clusters: vec![prod] };
        let config = Config { inventory, ..Config::default() };
        let access = access_to(&"root@DB1.example.org".into(), &config);
        assert_eq!(access.privilege, Privilege::Sudo);
        assert_eq!(access_to(&"db2".into(), &config), Access::default());
        let found = |hosts: &[&str]| {
            let hosts = hosts.iter().map(|host| HostName::from(*host)).collect();
            let entry = ClusterEntry { hosts, ..alone(&"db2".into(), &access) };
            Found { inventory: Inventory { clusters: vec![entry] }, ..Found::default() }.lock(&config)
        };
        let told = |found: &Found| found.shared.iter().map(ToString::to_string).collect::<Vec<_>>();
        // The second host was discovered.
        let locked = found(&["db2", "ssh://db1:22"]);
        assert!(locked.inventory.clusters[0].access.read_only);
        assert_eq!(
            told(&locked),
            ["db2 is read-only: its host ssh://db1:22 belongs to prod, which is read-only"]
        );
        let free = found(&["db2", "db3"]);
        assert!(!free.inventory.clusters[0].access.read_only && told(&free).is_empty());
    }

    #[test]
    fn a_mistyped_command_is_recognised() {
        let trouble = |host: &str| Trouble {
            host: host.into(),
            kind: crate::model::TroubleKind::UnknownHost,
            message: format!("{host} is not known"),
        };
        let explained = explain(&"stauts".into(), &trouble("stauts"));
        assert_eq!(explained, "stauts is not known. Did you mean the command `status`?");
        assert_eq!(explain(&"db1".into(), &trouble("db1")), "db1 is not known");
    }
}
