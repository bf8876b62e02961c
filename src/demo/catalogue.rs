//! The services of a segregated OpenStack and what each one's cluster runs.
//!
//! After the layout of the guide to highly available OpenStack with Pacemaker: one cluster of three guests
//! for each service; most services are active/active clones, a few run on one node at a time.

use crate::model::Tier;

/// One service, which has a cluster of its own in the segregated layout.
pub(super) struct Service {
    /// The cluster's name.
    pub(super) name: &'static str,
    /// What its members' names begin with.
    pub(super) prefix: &'static str,
    /// The band of the grid.
    pub(super) tier: Tier,
    /// What it runs, in the order in which it was configured.
    pub(super) parts: &'static [Part],
}

/// One thing that a cluster runs or obeys.
pub(super) enum Part {
    /// Active on every member: the primitive's id and agent.
    Clone(&'static str, &'static str),
    /// Active on every remote node.
    RemoteClone(&'static str, &'static str),
    /// Active on every member, promoted on that many.
    Promotable(&'static str, &'static str, usize),
    /// Active on one node at a time.
    Single(&'static str, &'static str),
    /// An address.
    Vip(&'static str),
    /// Started in order on one node: the group's id, and its members' ids and agents.
    Group(&'static str, &'static [(&'static str, &'static str)]),
    /// A container on every member: the bundle's id, the image, and the id and agent inside.
    Bundle(&'static str, &'static str, (&'static str, &'static str)),
    /// That many hosts run `pacemaker_remoted` and are managed by this cluster.
    Remotes(usize),
    /// The second starts after the first.
    Order(&'static str, &'static str),
    /// The first runs where the second does.
    Colocation(&'static str, &'static str),
    /// The resource needs the ticket.
    Ticket(&'static str, &'static str),
}

use Part::{Bundle, Clone, Colocation, Group, Order, Promotable, RemoteClone, Remotes, Single, Ticket, Vip};

const fn service(name: &'static str, prefix: &'static str, tier: Tier, parts: &'static [Part]) -> Service {
    Service { name, prefix, tier, parts }
}

/// The seventeen, in the order of installation.
pub(super) const SERVICES: [Service; 17] = [
    service(
        "lb",
        "lb",
        Tier::Core,
        &[
            Clone("haproxy", "systemd:haproxy"),
            Vip("vip-db"),
            Vip("vip-mq"),
            Vip("vip-keystone"),
            Vip("vip-glance"),
            Vip("vip-nova"),
            Vip("vip-horizon"),
            Order("vip-db", "haproxy-clone"),
            Colocation("vip-db", "haproxy-clone"),
        ],
    ),
    service("db", "db", Tier::Core, &[Promotable("galera", "ocf:heartbeat:galera", 3)]),
    service("mq", "mq", Tier::Core, &[Clone("rabbitmq", "ocf:heartbeat:rabbitmq-cluster")]),
    service("memcache", "mc", Tier::Core, &[Clone("memcached", "systemd:memcached")]),
    service("mongodb", "mongo", Tier::Core, &[Clone("mongod", "systemd:mongod")]),
    service("keystone", "keystone", Tier::OpenStack, &[Clone("keystone", "systemd:openstack-keystone")]),
    service(
        "glance",
        "glance",
        Tier::OpenStack,
        &[
            Clone("glance-fs", "ocf:heartbeat:Filesystem"),
            Clone("glance-registry", "systemd:openstack-glance-registry"),
            Clone("glance-api", "systemd:openstack-glance-api"),
            Order("glance-fs-clone", "glance-registry-clone"),
            Order("glance-registry-clone", "glance-api-clone"),
            Colocation("glance-api-clone", "glance-registry-clone"),
        ],
    ),
    service(
        "cinder",
        "cinder",
        Tier::OpenStack,
        &[
            Clone("cinder-api", "systemd:openstack-cinder-api"),
            Clone("cinder-scheduler", "systemd:openstack-cinder-scheduler"),
            Group(
                "cinder-storage",
                &[
                    ("vip-iscsi", "ocf:heartbeat:IPaddr2"),
                    ("cinder-lvm", "ocf:heartbeat:LVM-activate"),
                    ("cinder-volume", "systemd:openstack-cinder-volume"),
                ],
            ),
            Order("cinder-api-clone", "cinder-scheduler-clone"),
            Order("cinder-scheduler-clone", "cinder-storage"),
            Ticket("cinder-storage", "site-a"),
        ],
    ),
    service(
        "swift-aco",
        "swift",
        Tier::OpenStack,
        &[
            Clone("swift-fs", "ocf:heartbeat:Filesystem"),
            Clone("swift-account", "systemd:openstack-swift-account"),
            Clone("swift-container", "systemd:openstack-swift-container"),
            Clone("swift-object", "systemd:openstack-swift-object"),
            Order("swift-fs-clone", "swift-account-clone"),
        ],
    ),
    service(
        "swift-proxy",
        "proxy",
        Tier::OpenStack,
        &[
            Clone("swift-proxy", "systemd:openstack-swift-proxy"),
            Single("swift-object-expirer", "systemd:openstack-swift-object-expirer"),
        ],
    ),
    service(
        "neutron-server",
        "neutron",
        Tier::OpenStack,
        &[Clone("neutron-server", "systemd:neutron-server")],
    ),
    service(
        "neutron-agents",
        "agents",
        Tier::OpenStack,
        &[
            Clone("neutron-ovs-cleanup", "ocf:neutron:OVSCleanup"),
            Clone("neutron-openvswitch-agent", "systemd:neutron-openvswitch-agent"),
            Clone("neutron-dhcp-agent", "systemd:neutron-dhcp-agent"),
            Clone("neutron-l3-agent", "systemd:neutron-l3-agent"),
            Clone("neutron-metadata-agent", "systemd:neutron-metadata-agent"),
            Order("neutron-ovs-cleanup-clone", "neutron-openvswitch-agent-clone"),
            Order("neutron-openvswitch-agent-clone", "neutron-l3-agent-clone"),
        ],
    ),
    service(
        "nova",
        "nova",
        Tier::OpenStack,
        &[
            Clone("nova-consoleauth", "systemd:openstack-nova-consoleauth"),
            Clone("nova-novncproxy", "systemd:openstack-nova-novncproxy"),
            Clone("nova-api", "systemd:openstack-nova-api"),
            Clone("nova-scheduler", "systemd:openstack-nova-scheduler"),
            Clone("nova-conductor", "systemd:openstack-nova-conductor"),
            Order("nova-consoleauth-clone", "nova-novncproxy-clone"),
            Order("nova-novncproxy-clone", "nova-api-clone"),
        ],
    ),
    service(
        "ceilometer",
        "ceilo",
        Tier::OpenStack,
        &[
            Promotable("redis", "ocf:heartbeat:redis", 1),
            Vip("vip-redis"),
            Single("ceilometer-central", "systemd:openstack-ceilometer-central"),
            Clone("ceilometer-collector", "systemd:openstack-ceilometer-collector"),
            Clone("ceilometer-api", "systemd:openstack-ceilometer-api"),
            Order("ceilometer-central", "ceilometer-collector-clone"),
        ],
    ),
    service(
        "heat",
        "heat",
        Tier::OpenStack,
        &[
            Clone("heat-api", "systemd:openstack-heat-api"),
            Clone("heat-api-cfn", "systemd:openstack-heat-api-cfn"),
            Single("heat-engine", "systemd:openstack-heat-engine"),
            Order("heat-api-clone", "heat-engine"),
        ],
    ),
    service(
        "horizon",
        "horizon",
        Tier::OpenStack,
        &[Bundle(
            "horizon-bundle",
            "registry.example.org/openstack/horizon:stable",
            ("horizon", "ocf:heartbeat:apache"),
        )],
    ),
    service(
        "compute",
        "compute",
        Tier::Compute,
        &[
            Remotes(4),
            RemoteClone("libvirtd", "systemd:libvirtd"),
            RemoteClone("openvswitch-agent-compute", "systemd:neutron-openvswitch-agent"),
            RemoteClone("nova-compute", "ocf:openstack:NovaCompute"),
            Single("nova-evacuate", "ocf:openstack:NovaEvacuate"),
            Order("libvirtd-clone", "nova-compute-clone"),
            Colocation("nova-compute-clone", "libvirtd-clone"),
        ],
    ),
];
