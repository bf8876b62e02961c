//! Whether a node can be fenced at all: fencing that can't happen is never promised.

use std::collections::HashSet;

use crate::model::{Node, NodeName, ResourceId};

use super::scene::{Placed, Scene, base};
use super::words::{listed, shell};

/// Why a node can't be fenced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lack<'a> {
    /// What is missing, in words to follow a colon: `stonith-c2 is disabled`.
    pub(super) words: String,
    /// The disabled devices that could do it.
    pub(super) disabled: Vec<&'a ResourceId>,
}

impl Lack<'_> {
    /// What would let it be fenced.
    pub(super) fn remedy(&self) -> String {
        match self.disabled.first() {
            Some(id) => format!(
                "Enable the fencing device: `crm_resource --resource {} --meta --set-parameter target-role --parameter-value Started`.",
                shell(id)
            ),
            None => "Give it a fencing device that reaches it: check `pcmk_host_list`, `pcmk_host_map` and the fencing topology.".to_owned(),
        }
    }
}

/// What is missing for that node to be fenced; `None` where it can be, where fencing is off, or where that isn't known.
pub(super) fn lack<'a>(scene: &Scene<'a>, node: &Node) -> Option<Lack<'a>> {
    let devices = devices(scene);
    if scene.picture.summary.options.fencing_enabled == Some(false) || scene.has_watchdog() {
        return None;
    }
    if devices.is_empty() {
        let words = "no fencing device is configured".to_owned();
        return scene.lacks_fencing_device().then_some(Lack { words, disabled: Vec::new() });
    }
    let levels = levels(scene, &node.name);
    if !levels.is_empty() {
        let works =
            |id: &ResourceId| devices.iter().any(|device| device.id() == id && device.is_usable(scene));
        if levels.iter().any(|level| level.iter().all(works)) {
            return None;
        }
        let named: Vec<&Device<'_, 'a>> =
            devices.iter().filter(|device| levels.iter().any(|level| level.contains(device.id()))).collect();
        let lack = explain(scene, &node.name, &named);
        let alone = !named.is_empty() && named.iter().all(|device| device.is_usable(scene));
        let lone = format!("{} can't do it alone", listed(named.iter().map(|device| device.id())));
        return Some(if alone { Lack { words: lone, disabled: Vec::new() } } else { lack });
    }
    let (reaching, others): (Vec<&Device<'_, 'a>>, Vec<&Device<'_, 'a>>) =
        devices.iter().partition(|device| device.reaches(scene, &node.name));
    if reaching.iter().any(|device| device.is_usable(scene)) {
        return None;
    }
    if reaching.is_empty() {
        let names = listed(others.iter().map(|device| device.id()));
        let verb = if others.len() == 1 { "reaches" } else { "reach" };
        let words = format!("{names} {verb} other nodes only");
        return Some(Lack { words, disabled: Vec::new() });
    }
    Some(explain(scene, &node.name, &reaching))
}

fn explain<'a>(scene: &Scene<'a>, node: &NodeName, devices: &[&Device<'_, 'a>]) -> Lack<'a> {
    let disabled: Vec<&ResourceId> =
        devices.iter().filter(|device| scene.is_disabled(device.0)).map(|device| device.id()).collect();
    let is = |count: usize| if count == 1 { "is" } else { "are" };
    let words = if devices.is_empty() {
        format!("the devices of its fencing topology don't exist ({node})")
    } else if disabled.is_empty() {
        format!("{} can't run on any online member", listed(devices.iter().map(|device| device.id())))
    } else {
        format!("{} {} disabled", listed(&disabled), is(disabled.len()))
    };
    Lack { words, disabled }
}

/// A fencing device, one of each that is cloned.
struct Device<'s, 'a>(&'s Placed<'a>);

fn devices<'s, 'a>(scene: &'s Scene<'a>) -> Vec<Device<'s, 'a>> {
    let mut seen = HashSet::new();
    let is_device = |placed: &&Placed<'_>| placed.primitive.agent.starts_with("stonith:");
    let devices = scene.placed.iter().filter(is_device);
    devices.filter(|placed| seen.insert(base(&placed.primitive.id))).map(Device).collect()
}

impl<'a> Device<'_, 'a> {
    fn id(&self) -> &'a ResourceId {
        &self.0.primitive.id
    }

    /// Whether the fencer has it: enabled, and not barred from every online member. It need not be started.
    fn is_usable(&self, scene: &Scene<'_>) -> bool {
        let ids = self.0.ids();
        let counts = scene.index.counts(base(self.id()));
        let mut members = scene.picture.members().filter(|node| node.online);
        let takes = |name: &NodeName| {
            let failed = counts.iter().any(|count| count.node == *name && count.at_threshold());
            !scene.is_banned(&ids, name) && (self.0.primitive.active || !failed)
        };
        !scene.is_disabled(self.0) && members.any(|node| takes(&node.name))
    }

    /// Whether it may fence that node. Without its configuration, or where the device itself is asked, it may.
    fn reaches(&self, scene: &Scene<'_>, node: &NodeName) -> bool {
        let Some(device) = scene.index.configured(base(self.id())) else { return true };
        let (list, map) = (device.setting("pcmk_host_list"), device.setting("pcmk_host_map"));
        let is_static = match device.setting("pcmk_host_check") {
            Some(check) => check == "static-list",
            None => list.is_some() || map.is_some(),
        };
        let separators = [' ', ',', ';', '\t', '\n'];
        let named = list.into_iter().flat_map(|list| list.split(separators));
        let mapped = map.into_iter().flat_map(|map| map.split(separators));
        let mapped = mapped.filter_map(|pair| pair.split([':', '=']).next());
        !is_static || named.chain(mapped).any(|name| name.eq_ignore_ascii_case(node.as_str()))
    }
}

/// The devices of each level of a node's fencing topology; none where it has no level of its own.
fn levels<'a>(scene: &Scene<'a>, node: &NodeName) -> Vec<&'a [ResourceId]> {
    let levels = scene.picture.cib.as_deref().into_iter().flat_map(|cib| &cib.levels);
    levels.filter(|level| level.target.as_ref() == Some(node)).map(|level| level.devices.as_slice()).collect()
}
