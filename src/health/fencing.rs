//! Whether a node can be fenced at all: fencing that can't happen is never promised.

use std::collections::HashSet;

use crate::health::fix::{Fix, Remedy};
use crate::model::{Ban, FencingLevel, LevelTarget, Node, NodeName, ResourceId, Score};

use super::incident;
use super::scene::{Placed, Scene, base};
use super::words::listed;

/// Why a node can't be fenced: each fault with the devices that have it. Empty without any device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lack<'a> {
    faults: Vec<(Fault<'a>, Vec<&'a ResourceId>)>,
}

/// Why a device can't fence a node.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault<'a> {
    /// The fencing topology names it, and it isn't configured.
    Missing,
    /// It can fence other nodes only.
    Elsewhere,
    Disabled,
    /// Constraints keep it off every online member. Their ids, once each.
    Banned(Vec<&'a str>),
    /// Constraints let it run on the node itself only.
    Pinned(Vec<&'a str>),
    /// It failed too often on every online member that may run it.
    Failed,
    /// No member is online.
    Nowhere,
}

impl<'a> Lack<'a> {
    fn none() -> Self {
        Self { faults: Vec::new() }
    }

    fn add(&mut self, fault: Fault<'a>, id: &'a ResourceId) {
        match self.faults.iter_mut().find(|(known, _)| *known == fault) {
            Some((_, ids)) if ids.contains(&id) => {}
            Some((_, ids)) => ids.push(id),
            None => self.faults.push((fault, vec![id])),
        }
    }

    /// What is missing, in words to follow a colon: `stonith-c2 is disabled`.
    pub(super) fn words(&self) -> String {
        if self.faults.is_empty() {
            return "no fencing device is configured".to_owned();
        }
        let words: Vec<String> = self.faults.iter().map(|(fault, ids)| fault.words(ids)).collect();
        words.join("; ")
    }
}

impl Fault<'_> {
    fn words(&self, ids: &[&ResourceId]) -> String {
        let names = listed(ids);
        let is = if ids.len() == 1 { "is" } else { "are" };
        match self {
            Self::Missing if ids.len() == 1 => {
                format!("its fencing level needs {names}, which doesn't exist")
            }
            Self::Missing => format!("its fencing levels need {names}, which don't exist"),
            Self::Elsewhere if ids.len() == 1 => format!("{names} reaches other nodes only"),
            Self::Elsewhere => format!("{names} reach other nodes only"),
            Self::Disabled => format!("{names} {is} disabled"),
            Self::Banned(by) if by.is_empty() => format!("{names} {is} banned from every online member"),
            Self::Banned(by) => format!("{names} {is} banned from every online member by {}", listed(by)),
            Self::Pinned(by) if by.is_empty() => format!("{names} may run on that node only"),
            Self::Pinned(by) => format!("{names} may run on that node only ({})", listed(by)),
            Self::Failed => format!("{names} failed on every online member"),
            Self::Nowhere => format!("{names} can't run, as no member is online"),
        }
    }

    fn remedy(&self, ids: &[&ResourceId]) -> Remedy {
        let each = |fix: fn(ResourceId) -> Fix| Remedy::join(ids.iter().map(|id| fix((*id).clone())), ", ");
        let devices = if ids.len() == 1 { "device" } else { "devices" };
        match self {
            Self::Missing => {
                "Correct the fencing topology: `cibadmin --query --scope fencing-topology`.".into()
            }
            Self::Elsewhere => "Give it a fencing device that reaches it: check `pcmk_host_list`, `pcmk_host_map` and the fencing topology.".into(),
            Self::Disabled => {
                Remedy::from(format!("Enable the fencing {devices}: ")) + each(Fix::Enable) + "."
            }
            Self::Banned(by) if !by.is_empty() && by.iter().all(|id| id.starts_with("cli-")) => {
                Remedy::from("Clear the leftover ban: ") + each(Fix::Clear) + "."
            }
            Self::Banned(_) | Self::Pinned(_) => {
                "Let the device run on another member: check the constraints with `cibadmin --query --scope constraints`.".into()
            }
            Self::Failed => {
                let repair = format!(
                    "Repair the fencing {devices} (address, password, network), then forget the failure: "
                );
                Remedy::from(repair) + each(|id| Fix::Cleanup(id, None)) + "."
            }
            Self::Nowhere => "Start Pacemaker on a member: `systemctl start pacemaker`.".into(),
        }
    }
}

/// What would let nodes be fenced again, each action once.
pub(super) fn remedy<'a, 'l>(lacks: impl IntoIterator<Item = &'l Lack<'a>>) -> Remedy
where
    'a: 'l,
{
    let mut all = Lack::none();
    for (fault, ids) in lacks.into_iter().flat_map(|lack| &lack.faults) {
        for id in ids {
            all.add(fault.clone(), id);
        }
    }
    if all.faults.is_empty() {
        return "Configure a fencing device for it: `stonith_admin --list-installed` names the agents."
            .into();
    }
    let mut lines: Vec<Remedy> = Vec::new();
    for line in all.faults.iter().map(|(fault, ids)| fault.remedy(ids)) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    Remedy::join(lines, " ")
}

/// What is missing for that node to be fenced; `None` where it can be, where fencing is off, or where that isn't known.
pub(super) fn lack<'a>(scene: &Scene<'a>, node: &Node) -> Option<Lack<'a>> {
    let devices = devices(scene);
    if scene.picture.summary.options.fencing_enabled == Some(false) || scene.has_watchdog() {
        return None;
    }
    if devices.is_empty() {
        return scene.lacks_fencing_device().then(Lack::none);
    }
    let lacks: Option<Vec<Lack<'a>>> = topologies(scene, node)
        .iter()
        .map(|levels| match levels.as_slice() {
            [] => lack_of_devices(scene, node, &devices),
            levels => lack_of_levels(scene, node, &devices, levels),
        })
        .collect();
    lacks?.into_iter().next()
}

/// Without levels any device that reaches the node is enough.
fn lack_of_devices<'a>(scene: &Scene<'a>, node: &Node, devices: &[Device<'_, 'a>]) -> Option<Lack<'a>> {
    let (reaching, others): (Vec<&Device<'_, 'a>>, Vec<&Device<'_, 'a>>) =
        devices.iter().partition(|device| device.reaches(scene, &node.name));
    let mut lack = Lack::none();
    for device in &reaching {
        lack.add(device.fault(scene, node)?, device.id());
    }
    if reaching.is_empty() {
        for device in &others {
            lack.add(Fault::Elsewhere, device.id());
        }
    }
    Some(lack)
}

/// One level is enough, and it needs all its devices.
fn lack_of_levels<'a>(
    scene: &Scene<'a>,
    node: &Node,
    devices: &[Device<'_, 'a>],
    levels: &[&'a FencingLevel],
) -> Option<Lack<'a>> {
    let mut lack = Lack::none();
    for level in levels {
        let mut works = true;
        for id in &level.devices {
            let device = devices.iter().find(|device| base(device.id()) == base(id));
            let fault = match device {
                None => Some(Fault::Missing),
                Some(device) if !device.reaches(scene, &node.name) => Some(Fault::Elsewhere),
                Some(device) => device.fault(scene, node),
            };
            if let Some(fault) = fault {
                works = false;
                lack.add(fault, id);
            }
        }
        if works {
            return None;
        }
    }
    Some(lack)
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

    /// Why the fencer can't use it for that node; `None` where it can. It need not be started.
    fn fault(&self, scene: &Scene<'a>, node: &Node) -> Option<Fault<'a>> {
        if scene.is_disabled(self.0) {
            return Some(Fault::Disabled);
        }
        let online: Vec<&NodeName> =
            scene.picture.members().filter(|member| member.online).map(|member| &member.name).collect();
        // A lost node doesn't fence itself. With no other member there is nobody to say so of.
        let others: Vec<&NodeName> =
            online.iter().copied().filter(|name| *name != &node.name || node.unclean).collect();
        let takers = if others.is_empty() { online } else { others };
        let ids = self.0.ids();
        let open: Vec<&NodeName> =
            takers.iter().copied().filter(|name| !scene.is_banned(&ids, name)).collect();
        if takers.is_empty() {
            return Some(Fault::Nowhere);
        }
        if open.is_empty() {
            let bans = self.bans(scene);
            let is_pinned = node.online && !scene.is_banned(&ids, &node.name);
            return Some(if is_pinned { Fault::Pinned(bans) } else { Fault::Banned(bans) });
        }
        let counts = scene.index.counts(base(self.id()));
        let failed =
            |name: &NodeName| counts.iter().any(|count| count.node == *name && incident::bars(scene, count));
        (!self.0.primitive.active && open.iter().all(|name| failed(name))).then_some(Fault::Failed)
    }

    /// The constraints that keep it off online members.
    fn bans(&self, scene: &Scene<'a>) -> Vec<&'a str> {
        let bans = self.0.ids().into_iter().flat_map(|id| scene.index.bans(base(id)));
        let keeps_off = |ban: &&&Ban| {
            ban.weight == Score::MinusInfinity && scene.index.node(&ban.node).is_some_and(|node| node.online)
        };
        let mut ids: Vec<&str> = bans.filter(keeps_off).map(|ban| ban.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
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

/// The levels of the fencing topology that apply to a node, as the fencer chooses them: those of its name, or else those
/// of one pattern or attribute. Each alternative that the picture leaves open is one entry; an empty one means no levels.
fn topologies<'a>(scene: &Scene<'a>, node: &Node) -> Vec<Vec<&'a FencingLevel>> {
    let mut topologies: Vec<Vec<&'a FencingLevel>> = Vec::new();
    let mut is_certain = false;
    for level in scene.picture.cib.as_deref().into_iter().flat_map(|cib| &cib.levels) {
        let applies = applies(scene, &level.target, node);
        if applies == Some(false) {
            continue;
        }
        is_certain |= applies == Some(true);
        match topologies.iter_mut().find(|levels| levels.iter().any(|other| other.target == level.target)) {
            Some(levels) => levels.push(level),
            None => topologies.push(vec![level]),
        }
    }
    let is_named =
        |levels: &Vec<&FencingLevel>| levels.iter().any(|level| matches!(level.target, LevelTarget::Node(_)));
    if topologies.iter().any(is_named) {
        topologies.retain(is_named);
        return topologies;
    }
    if !is_certain {
        topologies.push(Vec::new());
    }
    topologies
}

/// Whether a level applies to a node; `None` where that isn't known.
fn applies(scene: &Scene<'_>, target: &LevelTarget, node: &Node) -> Option<bool> {
    match target {
        LevelTarget::Node(name) => Some(name.as_str().eq_ignore_ascii_case(node.name.as_str())),
        LevelTarget::Pattern(pattern) => Some(scene.index.pattern(pattern)?.is_match(node.name.as_str())),
        LevelTarget::Attribute(name, value) => {
            let here = scene.index.attributes(&node.name);
            match here.iter().find(|attribute| attribute.name == *name) {
                Some(attribute) => Some(attribute.value == *value),
                // crm_mon lists the attributes of online nodes only.
                None if node.online && !scene.picture.attributes.is_empty() => Some(false),
                None => None,
            }
        }
    }
}
