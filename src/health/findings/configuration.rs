//! A configuration that contradicts itself or is not checked.

use std::collections::HashSet;

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::words::shell;
use crate::model::{Cib, Constraint, ResourceId};

pub(super) const CHECK: Check = Check {
    code: "configuration-invalid",
    meaning: "The configuration is not validated, or a constraint names a resource that does not exist.",
    many: Many::Folded("part", "of the configuration are invalid"),
    look: Look::Configuration(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let Some(cib) = scene.picture.cib.as_deref() else {
        return Vec::new();
    };
    let name = scene.name();
    let unchecked = (cib.schema.as_deref() == Some("none")).then(|| {
        Verdict::new(Severity::Warning, name, format!("the configuration of {name} is not validated"))
            .because(["validate-with is none: any mistake in it is accepted".to_owned()])
            .remedy("See what is wrong with it: `crm_verify --live-check --verbose`; then `cibadmin --upgrade --force`.")
    });
    let dangling = dangling(cib).map(|(constraint, missing)| of_dangling(constraint, missing));
    unchecked.into_iter().chain(dangling).collect()
}

/// The constraints on what doesn't exist.
pub(super) fn dangling_ids<'a>(scene: &Scene<'a>) -> Vec<&'a str> {
    let cib = scene.picture.cib.as_deref().into_iter();
    cib.flat_map(dangling).map(|(constraint, _)| constraint.id.as_str()).collect()
}

fn dangling(cib: &Cib) -> impl Iterator<Item = (&Constraint, &ResourceId)> {
    let known = known(cib);
    // What was left out may be what a constraint names.
    let constraints = cib.constraints.iter().filter(|_| cib.left_out.is_empty());
    constraints.filter_map(move |constraint| {
        let named = constraint.rule.named();
        Some((constraint, named.into_iter().find(|id| is_plain(id) && !known.contains(id))?))
    })
}

/// Everything that a constraint may name.
fn known(cib: &Cib) -> HashSet<&ResourceId> {
    let resources = cib.resources.iter().map(|resource| &resource.id);
    resources.chain(&cib.templates).chain(cib.tags.iter().map(|(tag, _)| tag)).collect()
}

fn of_dangling(constraint: &Constraint, missing: &ResourceId) -> Verdict {
    let id = &constraint.id;
    Verdict::new(Severity::Warning, id, format!("{id} names {missing}, which does not exist"))
        .remedy(format!(
            "Check the configuration: `crm_verify --live-check --verbose`. To remove it: `cibadmin --delete --xpath {}`.",
            shell(format!("//constraints/*[@id=\"{id}\"]"))
        ))
}

/// A pattern (`rsc-pattern`) stands for many, and no name for an inline set: neither can be looked up.
fn is_plain(id: &ResourceId) -> bool {
    let id = id.as_str();
    !id.is_empty() && id.chars().all(|character| character.is_alphanumeric() || "_-.:".contains(character))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::health::testing::{known, told};
    use crate::model::{Cib, Constraint, ConstraintRule};

    #[test]
    fn a_name_that_does_not_exist_and_no_schema() {
        let rule = ConstraintRule::Order {
            first: "gone".into(),
            first_action: "start".to_owned(),
            then: "vip-db".into(),
            then_action: "start".to_owned(),
            kind: "Optional".to_owned(),
        };
        let constraint = Constraint::new("o", rule);
        let schema = Some("none".to_owned());
        let cib = Cib { schema, constraints: vec![constraint], ..known(&["vip-db"]) };
        let lines = told(|picture| picture.cib = Some(Arc::new(cib)));
        assert_eq!(
            lines,
            [
                "warning configuration-invalid db: the configuration of db is not validated",
                "warning configuration-invalid o: o names gone, which does not exist",
            ]
        );
    }
}
