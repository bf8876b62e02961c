//! A resource that Pacemaker leaves alone.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::fix::{Fix, Remedy};
use std::collections::HashSet;

use crate::health::scene::{Placed, Scene, base};
use crate::health::why::obstacle::Obstacle;
use crate::health::words::{names, shell};
use crate::model::{Resource, ResourceId, is_true};

pub(super) const CHECK: Check = Check {
    code: "resource-unmanaged",
    meaning: "A resource is unmanaged by itself, not because its node or cluster is in maintenance.",
    many: Many::Folded("resource", "are unmanaged"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    if scene.in_maintenance() {
        return Vec::new();
    }
    // Instances of a clone share one id and one setting, and so do all parts of what holds the setting.
    let told = told(scene);
    let mut seen: HashSet<String> = HashSet::new();
    let mut verdicts = Vec::new();
    for placed in scene.placed.iter().filter(|placed| is_left_alone(scene, placed)) {
        let held = Held::of(scene, placed);
        if told.contains(&held.by) {
            continue;
        }
        if seen.insert(held.by.clone()) {
            verdicts.push(verdict(scene, placed, &held));
        }
    }
    verdicts
}

/// What makes Pacemaker leave alone something that runs nowhere: the finding on that tells it.
fn told(scene: &Scene<'_>) -> HashSet<String> {
    let downs = scene.downs.own().filter(|down| down.obstacle == Obstacle::Unmanaged);
    let parts = downs.filter_map(|down| scene.parts(base(down.id)).next());
    parts.map(|part| Held::of(scene, part).by).collect()
}

/// How Pacemaker is made to manage a resource again.
pub(super) fn remedy(scene: &Scene<'_>, placed: &Placed<'_>) -> Remedy {
    Held::of(scene, placed).remedy()
}

/// What makes Pacemaker leave a resource alone, and what holds that.
struct Held {
    by: String,
    /// The meta attribute; `None` where only the CIB could tell.
    parameter: Option<&'static str>,
}

impl Held {
    fn of(scene: &Scene<'_>, placed: &Placed<'_>) -> Self {
        let line = || placed.ids().into_iter().rev().map(base);
        let holder = |name: &str, value: bool| {
            let is_set = |id: &&str| {
                let meta = scene.index.configured(id).and_then(|it| it.meta(name));
                meta.is_some_and(|meta| is_true(meta) == value)
            };
            line().find(is_set).map(str::to_owned)
        };
        let shown = placed.ancestors.iter().find(|ancestor| match ancestor {
            Resource::Group(group) => group.maintenance,
            Resource::Clone(clone) => clone.maintenance,
            Resource::Bundle(bundle) => bundle.maintenance,
            Resource::Primitive(_) => false,
        });
        let own = base(&placed.primitive.id).to_owned();
        if let Some(by) = holder("maintenance", true) {
            Self { by, parameter: Some("maintenance") }
        } else if let Some(by) = holder("is-managed", false) {
            Self { by, parameter: Some("is-managed") }
        } else if let Some(top) = shown {
            Self { by: base(top.id()).to_owned(), parameter: Some("maintenance") }
        } else if placed.primitive.maintenance {
            Self { by: own, parameter: Some("maintenance") }
        } else {
            let by = if placed.is_replicated() { placed.top().to_string() } else { own };
            Self { by, parameter: None }
        }
    }

    fn remedy(&self) -> Remedy {
        let by = ResourceId::from(self.by.as_str());
        let fix = match self.parameter {
            Some("maintenance") => Fix::MaintenanceOff(by),
            Some(_) => Fix::Manage(by),
            None => {
                let id = shell(&self.by);
                return Remedy::from(format!(
                    "Check what holds it, `crm_resource --resource {id} --meta --get-parameter maintenance` or `is-managed`; when the work is done: `crm_resource --resource {id} --meta --delete-parameter is-managed` or `maintenance`."
                ));
            }
        };
        Remedy::from("When the work on it is done: ") + fix + "."
    }
}

fn is_left_alone(scene: &Scene<'_>, placed: &Placed<'_>) -> bool {
    let primitive = placed.primitive;
    let explained = primitive.blocked || primitive.orphaned;
    let mut nodes = primitive.nodes.iter().filter_map(|name| scene.picture.node(name));
    !primitive.managed && !explained && !nodes.any(|node| node.maintenance)
}

fn verdict(scene: &Scene<'_>, placed: &Placed<'_>, held: &Held) -> Verdict {
    let primitive = placed.primitive;
    let place = if primitive.nodes.is_empty() {
        "it is stopped".to_owned()
    } else {
        let parts = scene.parts(base(&primitive.id)).flat_map(|part| &part.primitive.nodes);
        format!("it runs on {}", names(parts))
    };
    // It can't be told what it is called that is left alone, other than by what holds the setting.
    let id = if held.parameter.is_some() { held.by.as_str() } else { primitive.id.as_str() };
    let state = if held.parameter == Some("maintenance") { "in maintenance" } else { "unmanaged" };
    let promotable =
        placed.ancestors.iter().any(|top| matches!(top, Resource::Clone(clone) if clone.promotable));
    let unpromoted = promotable && !scene.parts(base(&primitive.id)).any(|part| Scene::is_promoted(part));
    Verdict::new(Severity::Warning, id, format!("{id} is {state}: Pacemaker does not recover it"))
        .because([place])
        .because(unpromoted.then(|| "no instance is promoted, and none will be meanwhile".to_owned()))
        .remedy(held.remedy())
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{findings, lines, primitive, resource, told};
    use crate::model::Primitive;

    #[test]
    fn tells_what_is_left_alone() {
        let lines = told(|picture| resource(picture, "vip-db").managed = false);
        let expected =
            "warning resource-unmanaged vip-db: vip-db is unmanaged: Pacemaker does not recover it";
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn what_is_stopped_and_unmanaged_is_one_finding() {
        let findings = findings(|picture| {
            let vip = resource(picture, "vip-db");
            *vip = Primitive { managed: false, ..primitive("vip-db", "ocf:heartbeat:IPaddr2", &[]) };
        });
        let expected =
            "critical resource-stopped vip-db: vip-db runs nowhere: unmanaged, so Pacemaker doesn't start it";
        assert_eq!(lines(&findings), [expected]);
        assert!(findings[0].remedy.contains("is-managed"), "{}", findings[0].remedy);
    }
}
