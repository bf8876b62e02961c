//! The constraint by which DRBD's fence-peer handler keeps outdated data from being promoted.

use crate::model::{CloneResource, Node, NodeName};

use super::scene::{Scene, base};
use super::why::barrier::State;
use super::words::{listed, shell};

/// What the ids of these constraints begin with.
pub(super) const PREFIX: &str = "drbd-fence-by-handler-";

/// Such a constraint, in force.
#[derive(Debug)]
pub(super) struct Fence<'a> {
    /// Its id, or that of its rule where the CIB isn't known.
    id: &'a str,
    /// The only nodes that may be promoted.
    allowed: Vec<&'a Node>,
    /// Where instances run that may not.
    barred: Vec<&'a NodeName>,
    /// The DRBD resource's primitive.
    resource: &'a str,
}

/// The constraint that DRBD left on a clone; `None` without one.
pub(super) fn fence<'a>(scene: &Scene<'a>, clone: &'a CloneResource) -> Option<Fence<'a>> {
    let parts: Vec<_> = scene.parts(base(&clone.id)).collect();
    let resource = base(&parts.first()?.primitive.id);
    let bans = scene.index.bans(base(&clone.id)).iter().chain(scene.index.bans(resource));
    let bans: Vec<_> = bans.filter(|ban| ban.id.as_str().starts_with(PREFIX)).collect();
    let places = scene.index.places(base(&clone.id)).iter().chain(scene.index.places(resource));
    let mut own = places.filter(|place| place.constraint.id.as_str().starts_with(PREFIX));
    let id = match own.next() {
        Some(place) => place.constraint.id.as_str(),
        None => bans.first()?.id.as_str(),
    };
    if bans.is_empty() {
        return None;
    }
    let is_barred = |name: &NodeName| bans.iter().any(|ban| ban.node == *name);
    let members = scene.picture.members();
    Some(Fence {
        id,
        allowed: members.filter(|node| !is_barred(&node.name)).collect(),
        barred: parts.iter().flat_map(|part| &part.primitive.nodes).filter(|node| is_barred(node)).collect(),
        resource,
    })
}

impl Fence<'_> {
    /// `DRBD allows only node-98, which is offline`.
    pub(super) fn words(&self) -> String {
        let names: Vec<&NodeName> = self.allowed.iter().map(|node| &node.name).collect();
        let state = match self.allowed.as_slice() {
            [only] => {
                State::of(only).map_or_else(String::new, |state| format!(", which is {}", state.words()))
            }
            _ => String::new(),
        };
        if names.is_empty() {
            return format!("{} allows no node", self.id);
        }
        format!("DRBD allows only {}{state}", listed(names))
    }

    pub(super) fn line(&self) -> String {
        format!(
            "constraint {}: left by DRBD's fence-peer handler, as the other data may be outdated",
            self.id
        )
    }

    pub(super) fn remedy(&self) -> String {
        let allowed = listed(self.allowed.iter().map(|node| &node.name));
        let barred = listed(&self.barred);
        let xpath = shell(format!("//rsc_location[@id=\"{}\"]", self.id));
        let resource = shell(self.resource);
        let first = match self.allowed.as_slice() {
            [] => "Check that a node of the constraint still exists".to_owned(),
            nodes if nodes.iter().any(|node| State::of(node).is_none()) => format!(
                "Check `drbdadm status` on {allowed}: it must be connected and UpToDate (`drbdadm adjust all` reconnects), and DRBD removes the constraint after the resync"
            ),
            _ => format!("Bring {allowed} back: DRBD removes the constraint after the resync"),
        };
        let other = if barred.is_empty() { "the node to promote".to_owned() } else { barred };
        format!(
            "{first}. Only if its data is lost for good: check `drbdadm status` on {other} (UpToDate, for the DRBD behind {resource}), then `cibadmin --delete --xpath {xpath}`."
        )
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rstest::rstest;

    use crate::health::Finding;
    use crate::health::testing::{findings, galera, known};
    use crate::model::{Ban, Picture, Resource, Role, Score};

    const ID: &str = "drbd-fence-by-handler-r0-galera-clone";

    /// `galera-clone` runs on db1 and db2, promoted nowhere, and the constraint bars every node but `allowed`.
    fn fenced(allowed: &[&str], change: impl FnOnce(&mut Picture)) -> Finding {
        let findings = findings(|picture| {
            let mut clone = galera(&["db1", "db2"], 3);
            if let Resource::Clone(clone) = &mut clone {
                for instance in &mut clone.instances {
                    let Resource::Primitive(instance) = instance else { continue };
                    instance.agent = "ocf:linbit:drbd".to_owned();
                    instance.role = if instance.active { Role::Unpromoted } else { Role::Stopped };
                }
            }
            picture.resources[2] = clone;
            let barred = ["db1", "db2", "db3"].into_iter().filter(|node| !allowed.contains(node));
            picture.bans = barred
                .map(|node| Ban {
                    id: ID.into(),
                    resource: "galera-clone".into(),
                    node: node.into(),
                    weight: Score::MinusInfinity,
                    promoted_only: true,
                })
                .collect();
            picture.cib = Some(Arc::new(known(&["fence", "vip-db"])));
            change(picture);
        });
        let text = format!("{findings:?}");
        findings.into_iter().find(|finding| finding.code == "promoted-missing").expect(&text)
    }

    /// The constraint is deleted only as the last resort, and only after the data has been checked.
    #[rstest]
    #[case::online(&["db3"], false, "Check `drbdadm status` on db3: it must be connected and UpToDate (`drbdadm adjust all` reconnects), and DRBD removes the constraint after the resync.")]
    #[case::offline(&["db3"], true, "Bring db3 back: DRBD removes the constraint after the resync.")]
    #[case::gone(&[], false, "Check that a node of the constraint still exists.")]
    fn the_remedy_goes_by_the_allowed_node(
        #[case] allowed: &[&str],
        #[case] is_offline: bool,
        #[case] first: &str,
    ) {
        let finding = fenced(allowed, |picture| picture.nodes[2].online = !is_offline);
        let delete = format!("`cibadmin --delete --xpath '//rsc_location[@id=\"{ID}\"]'`");
        assert!(finding.remedy.starts_with(first), "{}", finding.remedy);
        let (check, last) = finding.remedy.split_once("Only if its data is lost for good: ").unwrap();
        assert!(!check.contains("cibadmin"), "{check}");
        assert_eq!(
            last,
            format!(
                "check `drbdadm status` on db1 and db2 (UpToDate, for the DRBD behind galera), then {delete}."
            )
        );
    }
}
