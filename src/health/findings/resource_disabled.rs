//! A resource that is stopped, or kept unpromoted, on purpose.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::fix::{Fix, Remedy};
use std::collections::HashSet;

use crate::health::remote;
use crate::health::scene::{Placed, Scene, base};
use crate::health::words::shell;
use crate::model::{Resource, ResourceId};

pub(super) const CHECK: Check = Check {
    code: "resource-disabled",
    meaning: "A resource is stopped or kept unpromoted on purpose (target-role Stopped or Unpromoted).",
    many: Many::Folded("resource", "are disabled"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let is_off = |placed: &Placed<'_>| !placed.primitive.orphaned && scene.is_disabled(placed);
    let mut seen: HashSet<&ResourceId> = HashSet::new();
    let mut tops: Vec<&ResourceId> = Vec::new();
    for placed in scene.placed.iter().filter(|placed| is_off(placed)) {
        // A group all of whose members are disabled is told as the group.
        let top = placed
            .ancestors
            .iter()
            .find(|ancestor| scene.parts(base(ancestor.id())).all(|other| !scene.should_run(other)));
        let id = top.map_or(&placed.primitive.id, |top| top.id());
        if seen.insert(id) {
            tops.push(id);
        }
    }
    let mut demoted: Vec<(&ResourceId, &ResourceId)> = Vec::new();
    for placed in scene.placed.iter().filter(|placed| !is_off(placed) && is_promotable(placed)) {
        let Some(holder) = scene.demoted_by(placed) else { continue };
        if !placed.primitive.orphaned && demoted.iter().all(|(top, _)| *top != placed.top()) {
            demoted.push((placed.top(), holder));
        }
    }
    let off = tops.into_iter().map(|id| verdict(scene, id, id, Kept::Stopped));
    let demoted = demoted.into_iter().map(|(id, holder)| verdict(scene, id, holder, Kept::Unpromoted));
    off.chain(demoted).chain(emptied(scene)).collect()
}

/// Clones that should have no instance.
fn emptied<'s>(scene: &'s Scene<'_>) -> impl Iterator<Item = Verdict> + 's {
    let clones = scene.picture.resources.iter().filter(|top| scene.is_emptied(top));
    clones.map(|clone| {
        let id = clone.id();
        let delete = format!("`crm_resource --resource {} --meta --delete-parameter clone-max`", shell(id));
        Verdict::new(Severity::Note, id, format!("{id} disabled: clone-max is 0"))
            .waiting(scene.downs.line(scene, id))
            .remedy(format!("When it is wanted again: {delete}."))
    })
}

fn is_promotable(placed: &Placed<'_>) -> bool {
    let promotable = |ancestor: &&Resource| matches!(ancestor, Resource::Clone(clone) if clone.promotable);
    placed.ancestors.iter().any(promotable)
}

/// The state that a target role keeps a resource in.
#[derive(Clone, Copy)]
enum Kept {
    Stopped,
    Unpromoted,
}

/// A note, unless something that should run is stopped because of it. `holder` has the target role.
fn verdict(scene: &Scene<'_>, id: &ResourceId, holder: &ResourceId, kept: Kept) -> Verdict {
    let (state, role, fix) = match kept {
        Kept::Stopped => ("disabled", "Stopped", Fix::Enable(holder.clone())),
        Kept::Unpromoted => ("kept unpromoted", "Unpromoted", Fix::Promote(holder.clone())),
    };
    let behind = scene.downs.behind_all(scene, id);
    let (severity, summary) = match behind.as_slice() {
        [] => (Severity::Note, format!("{id} {state}")),
        [only] => (Severity::Warning, format!("{id} {state}, {only} waits")),
        many => (Severity::Warning, format!("{id} {state}, {} wait", many.len())),
    };
    let on = if holder == id { String::new() } else { format!(" on {holder}") };
    Verdict::new(severity, id, summary)
        .because([format!("target-role is {role}{on}")])
        .waiting(scene.downs.line(scene, id))
        .because(remote::guest_of(scene, id))
        .remedy(Remedy::from("When it is wanted again: ") + fix + ".")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rstest::rstest;

    use crate::health::testing::{
        findings, galera, group, known, lines, primitive, resource, told, vip_follows_promoted,
    };
    use crate::model::{Cib, Picture, Primitive, Resource, Role};

    fn off(id: &str) -> Primitive {
        Primitive { target_role: Some(Role::Stopped), ..primitive(id, "ocf:heartbeat:Dummy", &[]) }
    }

    #[test]
    fn a_whole_group_is_one() {
        let lines = told(|picture| {
            picture.resources.push(group("g", vec![off("a"), off("b")]));
            *resource(picture, "vip-db") = off("vip-db");
        });
        assert_eq!(
            lines,
            ["note resource-disabled g: g disabled", "note resource-disabled vip-db: vip-db disabled",]
        );
    }

    #[test]
    fn the_members_behind_a_disabled_one_wait_for_it() {
        let members = || {
            let ip = primitive("ip", "ocf:heartbeat:Dummy", &["db1"]);
            vec![ip, off("fs"), primitive("app", "ocf:heartbeat:Dummy", &[])]
        };
        let found = told(|picture| picture.resources.push(group("g", members())));
        let expected = "warning resource-disabled fs: fs disabled, app waits";
        assert_eq!(found, [expected]);
        let cloned = told(|picture| {
            let Resource::Clone(clone) = &mut picture.resources[2] else { unreachable!() };
            clone.promotable = false;
            clone.instances =
                vec![group("g:0", vec![off("fs"), primitive("app", "ocf:heartbeat:Dummy", &[])])];
        });
        let expected = "warning resource-disabled fs: fs disabled, galera-clone waits";
        assert_eq!(cloned, [expected]);
    }

    /// `vip-db` follows the promoted instance of `galera-clone`, and none is promoted.
    fn demoted(picture: &mut Picture) -> Cib {
        picture.resources[2] = galera(&["db1", "db2", "db3"], 3);
        if let Resource::Clone(clone) = &mut picture.resources[2]
            && let Resource::Primitive(first) = &mut clone.instances[0]
        {
            first.role = Role::Unpromoted;
        }
        *resource(picture, "vip-db") = primitive("vip-db", "ocf:heartbeat:Dummy", &[]);
        Cib { constraints: vec![vip_follows_promoted()], ..known(&["vip-db", "galera-clone", "galera"]) }
    }

    #[rstest]
    #[case::on_the_clone(1, "galera-clone")]
    #[case::on_its_primitive(2, "galera")]
    fn a_clone_demoted_on_purpose_is_the_root(#[case] at: usize, #[case] holder: &str) {
        for role in ["Unpromoted", "Slave"] {
            let findings = findings(|picture| {
                let mut cib = demoted(picture);
                cib.resources[at].meta.push(("target-role".to_owned(), role.to_owned()));
                picture.cib = Some(Arc::new(cib));
            });
            let expected =
                "warning resource-disabled galera-clone: galera-clone kept unpromoted, vip-db waits";
            assert_eq!(lines(&findings), [expected]);
            assert!(
                findings[0].remedy.contains(&format!("--resource {holder} --meta")),
                "{}",
                findings[0].remedy
            );
        }
    }

    #[test]
    fn the_word_of_crm_mon_is_enough() {
        let lines = told(|picture| {
            let cib = demoted(picture);
            if let Resource::Clone(clone) = &mut picture.resources[2] {
                clone.target_role = Some(Role::Unpromoted);
            }
            picture.cib = Some(Arc::new(cib));
        });
        let expected = "warning resource-disabled galera-clone: galera-clone kept unpromoted, vip-db waits";
        assert_eq!(lines, [expected]);
    }
}
