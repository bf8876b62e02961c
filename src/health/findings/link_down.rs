//! A link or ring of corosync's that is down while the cluster goes on over another one.

use std::collections::{BTreeMap, BTreeSet};

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::stack::{self, Member};
use crate::health::words::{first_lines, listed, shell};
use crate::model::{Link, LinkPeer, LinkState, Node, Reach};

pub(super) const CHECK: Check = Check {
    code: "link-down",
    meaning: "A link or ring of corosync's is down although the nodes at both ends take part.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let members: Vec<Member<'_>> = stack::members(scene).into_iter().filter(Member::is_up).collect();
    let view = View::new(scene, &members);
    let broken = view.broken();
    let links = broken.iter().map(|(number, ends)| view.verdict(*number, ends));
    links.chain(rings(scene, &members)).collect()
}

/// A node in corosync's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Id(u32),
    /// Of a version that prints no ids.
    Nth(usize),
}

/// Both ends of a broken connection, each with the evidence from there.
type Ends = BTreeMap<(Place, Place), Vec<String>>;

/// The links as the members see them.
struct View<'a, 's> {
    scene: &'s Scene<'a>,
    /// The members whose own place is known, by that place.
    members: BTreeMap<Place, &'s Member<'a>>,
    places: BTreeSet<Place>,
}

impl<'a, 's> View<'a, 's> {
    fn new(scene: &'s Scene<'a>, members: &'s [Member<'a>]) -> Self {
        let mut view = Self { scene, members: BTreeMap::new(), places: BTreeSet::new() };
        for member in members {
            let peers: Vec<_> = links(member).iter().flat_map(peers).collect();
            view.places.extend(peers.iter().map(|(place, _)| *place));
            let own = peers.iter().find(|(_, peer)| peer.reach == Reach::Local);
            if let Some((place, _)) = own {
                view.members.entry(*place).or_insert(member);
            }
        }
        view
    }

    fn node(&self, place: Place) -> Option<&'a Node> {
        let own = self.members.get(&place).and_then(|member| member.node);
        own.or_else(|| match place {
            Place::Id(id) => stack::node_with(self.scene, id),
            Place::Nth(_) => None,
        })
    }

    fn name(&self, place: Place) -> String {
        match (self.members.get(&place), self.node(place), place) {
            (Some(member), ..) => member.name().to_owned(),
            (None, Some(node), _) => node.name.to_string(),
            (None, None, Place::Id(id)) => format!("node {id}"),
            (None, None, Place::Nth(nth)) => format!("node {} of the list", nth + 1),
        }
    }

    /// Whether a finding on the node explains the link.
    fn is_gone(&self, place: Place) -> bool {
        self.node(place).is_some_and(|node| !stack::is_up(node))
    }

    /// How that member reaches another one by the link of that number.
    fn reach(&self, from: Place, number: u32, to: Place) -> Option<Reach> {
        let link = links(self.members.get(&from)?).iter().find(|link| link.number == number)?;
        peers(link).find(|(place, _)| *place == to).map(|(_, peer)| peer.reach)
    }

    /// Whether what one end says of the other is so: another link goes there, or the other end says the same while both are
    /// online. What the other end contradicted later is over.
    fn holds(&self, from: Place, number: u32, to: Place, has_another: bool) -> bool {
        let back = self.reach(to, number, from);
        let is_later = || match (self.members.get(&to), self.members.get(&from)) {
            (Some(to), Some(from)) => to.at > from.at,
            _ => false,
        };
        let both = || self.node(from).is_some() && self.node(to).is_some();
        match back {
            Some(Reach::Connected) if is_later() => false,
            Some(Reach::Disconnected) => has_another || both(),
            _ => has_another,
        }
    }

    /// The broken connections of each link, each once, whichever ends report it.
    fn broken(&self) -> BTreeMap<u32, Ends> {
        let mut broken: BTreeMap<u32, Ends> = BTreeMap::new();
        for (&from, member) in &self.members {
            let all = links(member);
            for link in all {
                let lost: BTreeSet<usize> = link.lost(all).collect();
                let down = peers(link).enumerate().filter(|(_, (_, peer))| peer.reach == Reach::Disconnected);
                for (nth, (to, _)) in down {
                    if self.is_gone(to) || !self.holds(from, link.number, to, lost.contains(&nth)) {
                        continue;
                    }
                    let line = format!(
                        "corosync-cfgtool on {}: link {} ({}) to {} disconnected",
                        member.name(),
                        link.number,
                        link.address,
                        self.name(to)
                    );
                    let ends = broken.entry(link.number).or_default();
                    ends.entry((from.min(to), from.max(to))).or_default().push(line);
                }
            }
        }
        broken
    }

    fn verdict(&self, number: u32, ends: &Ends) -> Verdict {
        let (subject, summary) = self.words(number, ends);
        let evidence = ends.values().flatten().cloned();
        Verdict::new(Severity::Warning, &subject, summary)
            .because(first_lines(evidence))
            .remedy(self.remedy(number, ends))
    }

    /// The finding's subject and summary: one node's link where all that is broken ends there.
    fn words(&self, number: u32, ends: &Ends) -> (String, String) {
        let cluster = self.scene.name().to_owned();
        let pairs: Vec<(Place, Place)> = ends.keys().copied().collect();
        let at = |place: Place| pairs.iter().filter(|(a, b)| *a == place || *b == place).count();
        let there = self.places.iter().filter(|place| !self.is_gone(**place)).count();
        if let [(a, b)] = pairs.as_slice() {
            let (a, b) = (self.name(*a), self.name(*b));
            return (cluster, format!("link {number} between {a} and {b} down"));
        }
        if let Some(&hub) = self.places.iter().find(|place| at(**place) == pairs.len()) {
            let name = self.name(hub);
            let others = pairs.iter().map(|(a, b)| self.name(if *a == hub { *b } else { *a }));
            let summary = if pairs.len() + 1 >= there {
                format!("link {number} of {name} down")
            } else {
                format!("link {number} of {name} to {} down", listed(others))
            };
            return (name, summary);
        }
        let summary = if pairs.len() == there * there.saturating_sub(1) / 2 {
            format!("link {number} down between all nodes")
        } else {
            format!("link {number} down between {} pairs of nodes", pairs.len())
        };
        (cluster, summary)
    }

    fn remedy(&self, number: u32, ends: &Ends) -> String {
        let address = |place: &Place| {
            let link = links(self.members.get(place)?).iter().find(|link| link.number == number)?;
            Some(link.address.as_str()).filter(|address| !address.is_empty())
        };
        let mut pairs = ends.keys().flat_map(|(a, b)| [(a, b), (b, a)]);
        let ping = pairs.find_map(|(from, to)| Some((self.members.get(from)?.name(), address(to)?)));
        let check = match (ping, ends.keys().next()) {
            (Some((from, address)), _) => format!("`ping -c 3 {}` on {from}", shell(address)),
            (None, Some((a, _))) => format!("`corosync-cfgtool -s` on {}", self.name(*a)),
            (None, None) => "`corosync-cfgtool -s`".to_owned(),
        };
        format!(
            "Check the interface, cable, switch and firewall of link {number}: {check}. Corosync uses it again once it works."
        )
    }
}

fn links<'a>(member: &Member<'a>) -> &'a [Link] {
    member.report.links.known().map_or(&[], Vec::as_slice)
}

fn peers(link: &Link) -> impl Iterator<Item = (Place, &LinkPeer)> {
    let peers: &[LinkPeer] = match &link.state {
        LinkState::Peers(peers) => peers,
        LinkState::Ring { .. } => &[],
    };
    peers.iter().enumerate().map(|(nth, peer)| (peer.id.map_or(Place::Nth(nth), Place::Id), peer))
}

/// Rings that corosync 2 has marked faulty, each once.
fn rings(scene: &Scene<'_>, members: &[Member<'_>]) -> Vec<Verdict> {
    let mut faulty: BTreeMap<u32, Vec<(&str, String)>> = BTreeMap::new();
    for member in members {
        for link in links(member) {
            if let LinkState::Ring { faulty: true, words } = &link.state {
                let name = member.name();
                let line =
                    format!("corosync-cfgtool on {name}: ring {} ({}): {words}", link.number, link.address);
                faulty.entry(link.number).or_default().push((name, line));
            }
        }
    }
    let verdict = |(number, seen): (u32, Vec<(&str, String)>)| {
        let (hosts, lines): (Vec<&str>, Vec<String>) = seen.into_iter().unzip();
        Verdict::new(
            Severity::Warning,
            stack::subject(scene, &hosts),
            format!("ring {number} faulty on {}", listed(&hosts)),
        )
        .because(first_lines(lines))
        .remedy(format!(
            "Check the interface, cable and switch of ring {number}, then put it back into use on any member: `corosync-cfgtool -r`."
        ))
    };
    faulty.into_iter().map(verdict).collect()
}
