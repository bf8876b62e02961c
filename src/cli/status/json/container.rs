//! Groups, clones and bundles.

use serde::Serialize;

use crate::model::{Bundle, CloneResource, Group, Picture, Resource, ResourceId, Role};

/// Every container in `crm_mon`'s order; flattened into the cluster's entry.
#[derive(Debug, Default, Serialize)]
pub(super) struct Containers<'a> {
    groups: Vec<GroupStatus<'a>>,
    clones: Vec<CloneStatus<'a>>,
    bundles: Vec<BundleStatus<'a>>,
}

#[derive(Debug, Serialize)]
struct GroupStatus<'a> {
    id: &'a str,
    /// The clone of a cloned group.
    parent: Option<&'a str>,
    managed: bool,
    disabled: bool,
    maintenance: bool,
    /// In the order in which they start.
    members: Vec<&'a str>,
}

#[derive(Debug, Serialize)]
struct CloneStatus<'a> {
    id: &'a str,
    promotable: bool,
    unique: bool,
    managed: bool,
    disabled: bool,
    maintenance: bool,
    failed: bool,
    failure_ignored: bool,
    target_role: Option<&'a str>,
    /// The id of each instance; those of an anonymous clone share one.
    instances: Vec<&'a str>,
}

#[derive(Debug, Serialize)]
struct BundleStatus<'a> {
    id: &'a str,
    /// `docker`, `podman` …
    container: &'a str,
    image: &'a str,
    unique: bool,
    managed: bool,
    maintenance: bool,
    failed: bool,
    replicas: Vec<ReplicaStatus<'a>>,
}

#[derive(Debug, Serialize)]
struct ReplicaStatus<'a> {
    id: &'a str,
    /// Its address, container, connection, and what runs inside.
    resources: Vec<&'a str>,
}

impl<'a> Containers<'a> {
    pub(super) fn new(picture: &'a Picture) -> Self {
        let mut containers = Self::default();
        for resource in &picture.resources {
            containers.add(None, resource);
        }
        containers
    }

    fn add(&mut self, parent: Option<&'a ResourceId>, resource: &'a Resource) {
        match resource {
            Resource::Primitive(_) => return,
            Resource::Group(group) => self.groups.push(GroupStatus::new(parent, group)),
            Resource::Clone(clone) => self.clones.push(CloneStatus::new(clone)),
            Resource::Bundle(bundle) => self.bundles.push(BundleStatus::new(bundle)),
        }
        for child in resource.children() {
            self.add(Some(resource.id()), child);
        }
    }
}

fn ids(resources: &[Resource]) -> Vec<&str> {
    resources.iter().map(|resource| resource.id().as_str()).collect()
}

impl<'a> GroupStatus<'a> {
    fn new(parent: Option<&'a ResourceId>, group: &'a Group) -> Self {
        Self {
            id: group.id.as_str(),
            parent: parent.map(AsRef::as_ref),
            managed: group.managed,
            disabled: group.disabled,
            maintenance: group.maintenance,
            members: ids(&group.members),
        }
    }
}

impl<'a> CloneStatus<'a> {
    fn new(clone: &'a CloneResource) -> Self {
        Self {
            id: clone.id.as_str(),
            promotable: clone.promotable,
            unique: clone.unique,
            managed: clone.managed,
            disabled: clone.disabled,
            maintenance: clone.maintenance,
            failed: clone.failed,
            failure_ignored: clone.failure_ignored,
            target_role: clone.target_role.as_ref().map(Role::word),
            instances: ids(&clone.instances),
        }
    }
}

impl<'a> BundleStatus<'a> {
    fn new(bundle: &'a Bundle) -> Self {
        let replicas = bundle.replicas.iter();
        let replicas =
            replicas.map(|replica| ReplicaStatus { id: &replica.id, resources: ids(&replica.resources) });
        Self {
            id: bundle.id.as_str(),
            container: &bundle.container,
            image: &bundle.image,
            unique: bundle.unique,
            managed: bundle.managed,
            maintenance: bundle.maintenance,
            failed: bundle.failed,
            replicas: replicas.collect(),
        }
    }
}
