//! What the configuration says of failures.

use std::collections::{HashMap, HashSet};

use crate::model::{Cib, ClusterOptions, ConfiguredResource, ResourceId, boolean};
use crate::pacemaker::xml::Element;

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OnFail {
    Ignore,
    Restart,
    /// A remote node's connection is lost, and its node is fenced.
    Reset,
    /// It stays away until the failure is cleaned up.
    Lasting,
    Block,
    /// Its node is fenced.
    Fence,
}

/// What the configuration says of failures.
#[derive(Debug)]
pub(super) struct Rules<'e> {
    /// `on-fail` of each primitive's operations: its id, the operation, what it says.
    on_fail: HashMap<(&'e str, &'e str), &'e str>,
    /// Primitives whose failures expire, by their own meta attributes.
    expiring: HashSet<String>,
    /// All failures may expire, or `on-fail` has another default.
    has_defaults: bool,
    unmanaged: HashSet<String>,
    /// Connections of remote nodes, and whether they wait before they try again.
    connections: HashMap<String, bool>,
    is_fencing: bool,
}

impl<'e> Rules<'e> {
    pub(super) fn new(root: &'e Element<'_>, cib: &Cib, options: &ClusterOptions) -> Self {
        let configuration = || root.named("configuration");
        let mut on_fail = HashMap::new();
        for resources in configuration().flat_map(|it| it.named("resources")) {
            collect(resources, &mut on_fail);
        }
        let sets = configuration().flat_map(|it| it.listed("op_defaults", "meta_attributes"));
        let mut defaults = sets.flat_map(|set| set.named("nvpair"));
        let is_expiring = |(name, value): &(String, String)| {
            name == "failure-timeout" && !matches!(value.trim(), "" | "0" | "0s")
        };
        let has_defaults = defaults.any(|pair| pair.get("name") == Some("on-fail"))
            || cib.resource_defaults.iter().any(is_expiring);
        let expiring = cib.resources.iter().filter(|it| it.meta.iter().any(is_expiring));
        let chain = |id: &ResourceId| {
            std::iter::successors(cib.resource(id.as_str()), |it| cib.resource(it.parent.as_ref()?.as_str()))
                .take(8)
                .any(|it| {
                    it.meta("is-managed").and_then(boolean) == Some(false)
                        || it.meta("maintenance").and_then(boolean) == Some(true)
                })
        };
        let unmanaged = cib.resources.iter().filter(|it| options.maintenance_mode || chain(&it.id));
        Self {
            on_fail,
            expiring: expiring.map(|it| it.id.to_string()).collect(),
            has_defaults,
            unmanaged: unmanaged.map(|it| it.id.to_string()).collect(),
            connections: connections(cib),
            is_fencing: options.fencing_enabled == Some(true),
        }
    }

    pub(super) const fn is_fencing(&self) -> bool {
        self.is_fencing
    }

    /// Whether Pacemaker leaves that resource alone.
    pub(super) fn is_unmanaged(&self, resource: &str) -> bool {
        self.unmanaged.contains(resource)
    }

    /// Whether a failure of that kind stays when a later operation succeeds.
    pub(super) fn outlasts(&self, on_fail: OnFail, resource: &str) -> bool {
        match on_fail {
            OnFail::Fence | OnFail::Lasting => true,
            OnFail::Reset => self.connections.get(resource) == Some(&true),
            OnFail::Ignore | OnFail::Restart | OnFail::Block => false,
        }
    }

    /// What a failure of that operation leads to; the error says why that can't be told.
    pub(super) fn of(&self, resource: &str, operation: &str) -> Result<OnFail, &'static str> {
        if self.has_defaults || self.expiring.contains(resource) {
            return Err("it has failed, and failures may have expired");
        }
        match self.on_fail.get(&(resource, operation)) {
            None if operation != "start" && self.connections.contains_key(resource) => Ok(OnFail::Reset),
            None if operation == "stop" && self.is_fencing => Ok(OnFail::Fence),
            None if operation == "stop" => Ok(OnFail::Block),
            None | Some(&"restart") => Ok(OnFail::Restart),
            Some(&"stop") => Ok(OnFail::Lasting),
            Some(&"ignore") => Ok(OnFail::Ignore),
            Some(&"block") => Ok(OnFail::Block),
            Some(&"fence") => Ok(OnFail::Fence),
            Some(_) => Err("it has failed, and its on-fail is unusual"),
        }
    }
}

/// The connections of remote nodes.
fn connections(cib: &Cib) -> HashMap<String, bool> {
    let remotes = cib.resources.iter().filter(|it| it.agent.as_deref() == Some("ocf:pacemaker:remote"));
    let waits = |it: &ConfiguredResource| {
        it.setting("reconnect_interval").is_some_and(|value| !matches!(value.trim(), "" | "0" | "0s"))
    };
    remotes.map(|it| (it.id.to_string(), waits(it))).collect()
}

fn collect<'e>(parent: &'e Element<'_>, on_fail: &mut HashMap<(&'e str, &'e str), &'e str>) {
    for child in &parent.children {
        if child.name == "primitive" {
            for operation in child.listed("operations", "op") {
                let Some(value) = operation.get("on-fail") else { continue };
                let key = (child.text_of("id"), operation.text_of("name"));
                // Two that differ are told apart by their intervals, in any unit.
                on_fail
                    .entry(key)
                    .and_modify(|known| *known = if *known == value { value } else { "several" })
                    .or_insert(value);
            }
        }
        collect(child, on_fail);
    }
}
