//! Which cluster needs which: as it is configured, else by the order in which an OpenStack deployment is built.

use super::text::numbered;
use super::{ClusterName, Inventory};

/// What a service's cluster may be called, and the services that it needs.
struct Seed {
    names: &'static [&'static str],
    needs: &'static [&'static str],
}

const fn seed(names: &'static [&'static str], needs: &'static [&'static str]) -> Seed {
    Seed { names, needs }
}

/// The services in the order of their installation; a service is called by its first name.
const SEEDS: [Seed; 18] = [
    seed(&["gateway"], &[]),
    seed(&["lb", "haproxy", "loadbalancer"], &[]),
    seed(&["db", "database", "galera", "mariadb", "mysql"], &[]),
    seed(&["memcache", "memcached", "cache"], &[]),
    seed(&["mq", "rabbitmq", "rabbit", "qpid", "messaging"], &[]),
    seed(&["mongodb", "mongo"], &[]),
    seed(&["keystone"], &["lb", "db", "mq"]),
    seed(&["glance"], &["lb", "db", "keystone"]),
    seed(&["cinder"], &["lb", "db", "mq", "keystone"]),
    seed(&["swift", "swift-aco"], &["keystone"]),
    seed(&["swift-proxy"], &["lb", "memcache", "keystone", "swift"]),
    seed(&["neutron", "neutron-server"], &["lb", "db", "mq", "keystone"]),
    seed(&["neutron-agents"], &["mq", "neutron"]),
    seed(&["nova"], &["lb", "db", "mq", "memcache", "keystone", "glance", "neutron"]),
    seed(&["ceilometer"], &["lb", "mongodb", "mq", "keystone"]),
    seed(&["heat"], &["lb", "db", "mq", "keystone"]),
    seed(&["horizon"], &["lb", "memcache", "keystone"]),
    seed(&["compute"], &["mq", "nova", "neutron"]),
];

impl Inventory {
    /// For each cluster the indices of those that it needs. One that says nothing needs what the service of its name
    /// needs, as far as there are such clusters: of `keystone-2` that is `db-2`, and `db` only where there is no
    /// `db-2`. Names that are not there are left out.
    pub fn providers(&self) -> Vec<Vec<usize>> {
        let index = |name: &ClusterName| self.clusters.iter().position(|cluster| cluster.name == *name);
        let clusters = self.clusters.iter().enumerate();
        let providers = clusters.map(|(own, cluster)| {
            let mut found: Vec<usize> = match &cluster.needs {
                Some(needs) => needs.iter().filter_map(index).collect(),
                None => self.seeded(&cluster.name),
            };
            found.retain(|provider| *provider != own);
            found
        });
        providers.collect()
    }

    fn seeded(&self, name: &ClusterName) -> Vec<usize> {
        let (service, copy) = parts(name.as_str());
        let Some(seed) = SEEDS.iter().find(|seed| seed.names.contains(&service)) else { return Vec::new() };
        let of_service = |service: &&str| {
            let named = SEEDS.iter().find(|seed| seed.names.first() == Some(service))?;
            let candidate = |wanted: &str| {
                self.clusters.iter().position(|cluster| {
                    let (service, copy) = parts(cluster.name.as_str());
                    named.names.contains(&service) && copy == wanted
                })
            };
            candidate(copy).or_else(|| candidate(""))
        };
        seed.needs.iter().filter_map(of_service).collect()
    }
}

/// `keystone-2` is copy `2` of `keystone`.
fn parts(name: &str) -> (&str, &str) {
    numbered(name, '-').unwrap_or((name, ""))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::model::{Access, ClusterEntry, Tier};

    /// `shop: db mq` says what it needs, `keystone` leaves it to its name.
    fn inventory(clusters: &[&str]) -> Inventory {
        let entry = |text: &&str| {
            let (name, needs) = match text.split_once(':') {
                Some((name, needs)) => {
                    (name, Some(needs.split_whitespace().map(ClusterName::from).collect()))
                }
                None => (*text, None),
            };
            let access = Access::default();
            ClusterEntry { name: name.into(), tier: Tier::Other, hosts: Vec::new(), access, needs }
        };
        Inventory { clusters: clusters.iter().map(entry).collect() }
    }

    #[rstest]
    #[case::seeded(&["db", "keystone"], &["", "0"])]
    #[case::other_names(&["galera", "rabbitmq", "keystone"], &["", "", "0 1"])]
    #[case::own_copy(&["db", "db-2", "heat-2", "heat-3"], &["", "", "1", "0"])]
    #[case::configured(&["db", "shop: db", "keystone:"], &["", "0", ""])]
    #[case::itself(&["a: a gone"], &[""])]
    fn who_needs_whom(#[case] clusters: &[&str], #[case] expected: &[&str]) {
        let words = |needed: Vec<usize>| needed.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let found: Vec<String> = inventory(clusters).providers().into_iter().map(words).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_seed_order_has_no_circles() {
        for (at, seed) in SEEDS.iter().enumerate() {
            for need in seed.needs {
                let before = SEEDS.iter().position(|other| other.names.first() == Some(need));
                assert!(before.is_some_and(|before| before < at), "{} needs {need}", seed.names[0]);
            }
        }
    }
}
