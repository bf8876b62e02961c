//! What should run and runs nowhere, why, and what follows from what: one cause is one finding.

use std::collections::{HashMap, HashSet};

use crate::model::{NodeName, Resource, ResourceId, Role};

use super::remedy::MOST_COMMANDS;
use super::scene::{Placed, Scene, base, is_on_its_way};
use super::why::barrier::all_in_standby;
use super::why::obstacle::{Leader, LeaderState, Obstacle, has_failed, missing_leader, obstacle};
use super::why::resource::Asked;
use super::words::listed;

/// What should run and runs nowhere.
#[derive(Debug, Default)]
pub(super) struct Downs<'a> {
    all: Vec<Down<'a>>,
    /// What each root keeps from running, in the cluster's order.
    followers: HashMap<Root<'a>, Vec<&'a ResourceId>>,
}

/// One of them: a primitive, the first stopped member of a group, a whole clone or bundle.
#[derive(Debug)]
pub(super) struct Down<'a> {
    /// Whose it is at the top level.
    pub(super) top: &'a Resource,
    /// What is named.
    pub(super) id: &'a ResourceId,
    pub(super) obstacle: Obstacle<'a>,
    /// The finding that tells of it, where it isn't its own.
    pub(super) root: Option<Root<'a>>,
}

/// The cause of something that is down, as the finding that tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Root<'a> {
    /// Another resource, by its id at the top level; a disabled member of a group by its own.
    Resource(&'a ResourceId),
    /// A ticket.
    Ticket(&'a str),
    /// Nodes that must be fenced.
    Fencing,
}

impl Down<'_> {
    /// Whether its `maintenance` meta attribute is what keeps it down: work is in progress.
    pub(super) fn is_in_maintenance(&self, scene: &Scene<'_>) -> bool {
        self.obstacle == Obstacle::Unmanaged
            && scene.parts(base(self.id)).any(|part| part.primitive.maintenance)
    }
}

impl<'a> Downs<'a> {
    pub(super) fn of(scene: &Scene<'a>) -> Self {
        if scene.standstill.is_some() {
            return Self::default();
        }
        let mut all: Vec<Down<'a>> =
            scene.picture.resources.iter().filter_map(|top| down(scene, top)).collect();
        let places: HashMap<&ResourceId, usize> =
            all.iter().enumerate().map(|(at, down)| (down.top.id(), at)).collect();
        let roots: Vec<Option<Root<'a>>> = all.iter().map(|down| root(scene, &all, &places, down)).collect();
        let mut followers: HashMap<Root<'a>, Vec<&'a ResourceId>> = HashMap::new();
        for (down, root) in all.iter_mut().zip(roots) {
            down.root = root;
            if let Some(root) = root {
                // The rest of its own group is named by its first member.
                let is_inside = matches!(down.obstacle, Obstacle::Behind(_));
                followers.entry(root).or_default().push(if is_inside { down.id } else { down.top.id() });
            }
        }
        Self { all, followers }
    }

    /// What runs nowhere and is told by a finding of its own.
    pub(super) fn own(&self) -> impl Iterator<Item = &Down<'a>> {
        let is_own = |down: &&Down<'a>| down.root.is_none() && down.obstacle != Obstacle::Failure;
        self.all.iter().filter(is_own)
    }

    /// Nodes whose standby is all that keeps something from running: the finding on that names them as its cause, and its
    /// remedy has the command for each.
    pub(super) fn standbys(&self, scene: &Scene<'_>) -> Vec<&'a NodeName> {
        let told = self.own().filter(|down| !scene.is_lost_connection(down.id));
        let causes = told.filter_map(|down| match &down.obstacle {
            Obstacle::NoNode(barriers) => Some(all_in_standby(barriers)),
            _ => None,
        });
        causes.filter(|nodes| nodes.len() <= MOST_COMMANDS).flatten().collect()
    }

    /// Whether a resource at the top level runs nowhere and should.
    pub(super) fn is_down(&self, id: &ResourceId) -> bool {
        self.all.iter().any(|down| down.top.id() == id)
    }

    /// What a root keeps from running.
    pub(super) fn behind(&self, root: Root<'a>) -> &[&'a ResourceId] {
        self.followers.get(&root).map_or(&[], Vec::as_slice)
    }

    /// `g-web and vip wait for it`: what a resource keeps from running, as a line of evidence.
    pub(super) fn line(&self, scene: &Scene<'a>, id: &ResourceId) -> Option<String> {
        waiting(&self.behind_all(scene, id))
    }

    /// The same as a list: what waits for the resource, or for what contains it.
    pub(super) fn behind_all(&self, scene: &Scene<'a>, id: &ResourceId) -> Vec<&'a ResourceId> {
        let part = scene.parts(base(id)).next().map(|part| (&part.primitive.id, part.top()));
        let Some((own, top)) = part else { return Vec::new() };
        let mut behind = self.behind(Root::Resource(top)).to_vec();
        if own == id && own != top {
            behind.extend(self.behind(Root::Resource(own)));
        }
        behind
    }

    pub(super) fn behind_line(&self, root: Root<'a>) -> Option<String> {
        waiting(self.behind(root))
    }
}

/// `g-web and vip wait for it`; `None` without any.
fn waiting(behind: &[&ResourceId]) -> Option<String> {
    let verb = if behind.len() == 1 { "waits" } else { "wait" };
    (!behind.is_empty()).then(|| format!("{} {verb} for it", listed(behind)))
}

fn down<'a>(scene: &Scene<'a>, top: &'a Resource) -> Option<Down<'a>> {
    let parts: Vec<&Placed<'a>> = scene.parts(base(top.id())).collect();
    let mut wanted = parts.iter().filter(|part| scene.should_run(part));
    let id = match top {
        Resource::Primitive(_) => {
            wanted.next().filter(|part| is_stopped(part)).map(|part| &part.primitive.id)
        }
        // The members behind the first one wait for it.
        Resource::Group(_) => wanted.find(|part| is_stopped(part)).map(|part| &part.primitive.id),
        Resource::Clone(_) | Resource::Bundle(_) => {
            let up = parts.iter().any(|part| !is_stopped(part));
            (wanted.next().is_some() && !up).then(|| top.id())
        }
    }?;
    let asked = Asked::new(scene, id)?;
    // A failed member keeps those behind it down, and its finding tells.
    let failed = matches!(top, Resource::Group(_)) && has_failed(&Asked::new(scene, top.id())?);
    let obstacle = if failed { Obstacle::Failure } else { obstacle(&asked) };
    Some(Down { top, id, obstacle, root: None })
}

fn is_stopped(part: &Placed<'_>) -> bool {
    let primitive = part.primitive;
    !primitive.active && !primitive.blocked && primitive.role == Role::Stopped && !is_on_its_way(primitive)
}

/// Follows the leaders to the one that another finding tells.
fn root<'a>(
    scene: &Scene<'a>,
    all: &[Down<'a>],
    places: &HashMap<&ResourceId, usize>,
    down: &Down<'a>,
) -> Option<Root<'a>> {
    let mut obstacle = &down.obstacle;
    // The last of its leaders that has a finding of its own, should what that follows have none.
    let mut told = None;
    let mut seen = HashSet::from([down.top.id()]);
    loop {
        let (id, leader) = match obstacle {
            Obstacle::Leader(leader) => (leader.id, Some(leader)),
            Obstacle::Away(_, carrier) => (*carrier, None),
            Obstacle::Behind(disabled) => return Some(Root::Resource(disabled)),
            Obstacle::Fencing(_) => return Some(Root::Fencing),
            Obstacle::Unknown => return scene.doubtful_ticket().map(Root::Ticket),
            _ => return None,
        };
        let parts: Vec<&Placed<'a>> = scene.parts(base(id)).collect();
        let Some(top) = parts.first().map(|part| part.top()) else { return told };
        if !seen.insert(top) {
            return None;
        }
        let for_promotion = leader.is_some_and(|leader| leader.promoted);
        let lost = |part: &&Placed<'a>| {
            scene.lost_ticket(part).or_else(|| scene.lost_promotion_ticket(part).filter(|_| for_promotion))
        };
        if let Some(ticket) = parts.iter().find_map(lost) {
            return Some(Root::Ticket(ticket));
        }
        match places.get(top).and_then(|&at| all.get(at)) {
            Some(next) if next.obstacle.is_passed_on() => {
                obstacle = &next.obstacle;
                told = Some(Root::Resource(top));
            }
            Some(_) => return Some(Root::Resource(top)),
            // A remote node that is offline has a finding, and so has its machine.
            None if leader.is_none_or(|leader| tells(scene, &parts, leader)) => {
                return Some(Root::Resource(top));
            }
            None => return told,
        }
    }
}

/// Whether a finding tells what is wrong with a leader that isn't down itself.
fn tells(scene: &Scene<'_>, parts: &[&Placed<'_>], leader: &Leader<'_>) -> bool {
    let moving = parts.iter().any(|part| is_on_its_way(part.primitive));
    match leader.state {
        LeaderState::Failed | LeaderState::Blocked => true,
        LeaderState::Down => parts.iter().any(|part| scene.is_disabled(part)) && !moving,
        LeaderState::NotPromoted => !moving,
        // It runs, and may have no finding at all.
        LeaderState::TooFew(..) => false,
    }
}

/// Whether a clone of which instances run waits for something in the others.
pub(super) fn waits_for<'a>(scene: &Scene<'a>, id: &ResourceId) -> Option<Leader<'a>> {
    missing_leader(&Asked::new(scene, id)?)
}
