//! Finding the clusters that some hosts belong to.

use futures::future::join_all;

use super::arguments::command_names;
use super::failure::Failure;
use super::settings::Settings;
use super::sources;
use crate::config;
use crate::model::{Access, ClusterEntry, ClusterName, HostName, Inventory, Tier, Trouble};
use crate::nearest::nearest;
use crate::watch;

/// The clusters of those hosts. All of them must answer.
pub(super) async fn all(names: &[String], settings: &Settings) -> Result<Inventory, Failure> {
    let answers = ask(names, settings).await?;
    let mut clusters = Vec::new();
    let mut wrong = Vec::new();
    for (host, answer) in answers {
        match answer {
            Ok(entry) => add(&mut clusters, entry),
            Err(error) => wrong.push(explain(&host, &error)),
        }
    }
    if wrong.is_empty() { Ok(Inventory { clusters }) } else { Err(Failure::Failed(wrong.join("\n"))) }
}

/// The clusters of those hosts. One that does not answer stands for a cluster of its own, so that it is seen.
pub(super) async fn as_far_as_possible(names: &[String], settings: &Settings) -> Result<Inventory, Failure> {
    let answers = ask(names, settings).await?;
    let access = &settings.config.access;
    let mut clusters = Vec::new();
    for (host, answer) in answers {
        add(&mut clusters, answer.unwrap_or_else(|_asked_again_soon| alone(&host, access)));
    }
    Ok(Inventory { clusters })
}

async fn ask(
    names: &[String],
    settings: &Settings,
) -> Result<Vec<(HostName, Result<ClusterEntry, Trouble>)>, Failure> {
    let hosts: Vec<HostName> = names.iter().map(|name| config::host(name)).collect::<Result<_, _>>()?;
    let access = &settings.config.access;
    let source = sources::over_ssh(settings, placeholder(&hosts, access))?;
    let answers = hosts.into_iter().map(|host| {
        let transport = &*source.transport;
        async move {
            let answer = watch::discover(&host, access, transport).await;
            (host, answer)
        }
    });
    let answers = join_all(answers).await;
    source.close().await;
    Ok(answers)
}

/// The hosts as clusters of their own, of which nothing is known yet.
fn placeholder(hosts: &[HostName], access: &Access) -> Inventory {
    Inventory { clusters: hosts.iter().map(|host| alone(host, access)).collect() }
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

/// Adds a cluster unless it is there already: two members of one may have been named. Two clusters of one
/// name are told apart by the host that was named.
fn add(clusters: &mut Vec<ClusterEntry>, mut entry: ClusterEntry) {
    // The other members' names came from a remote host: they must be as good as those that a person types.
    entry.hosts.retain(|host| config::host(host.as_str()).is_ok());
    let is_known = |host| clusters.iter().any(|cluster: &ClusterEntry| cluster.hosts.contains(host));
    if entry.hosts.iter().any(is_known) {
        return;
    }
    let is_taken = |name: &str| clusters.iter().any(|cluster| cluster.name == *name);
    if is_taken(entry.name.as_str()) {
        let told_apart = entry.hosts.iter().map(|host| format!("{}-{host}", entry.name));
        if let Some(name) = told_apart.into_iter().find(|name| !is_taken(name)) {
            entry.name = ClusterName::from(name);
        }
    }
    clusters.push(entry);
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

    fn entry(name: &str, hosts: &[&str]) -> ClusterEntry {
        let hosts = hosts.iter().map(|host| HostName::from(*host)).collect();
        ClusterEntry { name: name.into(), tier: Tier::Core, hosts, access: Access::default(), needs: None }
    }

    #[test]
    fn two_members_of_one_cluster_make_one_cluster() {
        let mut clusters = Vec::new();
        add(&mut clusters, entry("db", &["db1", "db2"]));
        add(&mut clusters, entry("db", &["db2", "db1"]));
        assert_eq!(clusters.len(), 1);
    }

    #[test]
    fn two_clusters_of_one_name_are_told_apart() {
        let mut clusters = Vec::new();
        for host in ["a1", "b1", "c1"] {
            add(&mut clusters, entry("hacluster", &[host]));
        }
        let names: Vec<&str> = clusters.iter().map(|cluster| cluster.name.as_str()).collect();
        assert_eq!(names, ["hacluster", "hacluster-b1", "hacluster-c1"]);
    }

    #[test]
    fn a_member_that_ssh_would_take_for_an_option_is_left_out() {
        let mut clusters = Vec::new();
        add(&mut clusters, entry("db", &["db1", "-oProxyCommand=reboot", "db 3", "db2"]));
        assert_eq!(clusters[0].hosts, ["db1", "db2"]);
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
