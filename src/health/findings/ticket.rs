//! This site does not hold a ticket.

use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::down::Root;
use crate::health::scene::Scene;
use crate::health::words::{names, shell};
use crate::health::{Severity, lease_words};
use crate::model::{ConstraintRule, ResourceId, Ticket};

pub(super) const CHECK: Check = Check {
    code: "ticket-lost",
    meaning: "Resources depend on a ticket that this site does not hold, or holds in standby.",
    many: Many::Folded("ticket", "are not held here"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let mut tickets: Vec<&str> = scene.picture.tickets.iter().map(|ticket| ticket.id.as_str()).collect();
    tickets.extend(scene.constraints().filter_map(|constraint| match &constraint.rule {
        ConstraintRule::Ticket { ticket, .. } => Some(ticket.as_str()),
        _ => None,
    }));
    tickets.sort_unstable();
    tickets.dedup();
    tickets.into_iter().filter_map(|ticket| verdict(scene, ticket)).collect()
}

fn verdict<'a>(scene: &Scene<'a>, id: &'a str) -> Option<Verdict> {
    let ticket = scene.picture.tickets.iter().find(|ticket| ticket.id == id);
    let dependents = dependents(scene, id);
    let known = scene.picture.cib.is_some();
    let (severity, state) = match ticket {
        Some(Ticket { granted: true, standby: false, .. }) => return None,
        // Without the CIB nobody knows whether anything depends on it.
        _ if known && dependents.is_empty() => return None,
        Some(Ticket { granted: true, .. }) => (Severity::Warning, "is in standby"),
        Some(Ticket { last_granted: Some(_), .. }) => {
            (Severity::Warning, "is no longer granted to this site")
        }
        // The passive site of two has never held it, and that is as it should be.
        Some(_) | None => (Severity::Note, "is not granted to this site"),
    };
    let last = ticket.and_then(|ticket| ticket.last_granted);
    let verdict = Verdict::new(severity, id, format!("ticket {id} {state}"))
        .because(last.map(|at| format!("last granted {}", scene.outlook.ago(at))))
        .because(lease(scene, id))
        .because((!dependents.is_empty()).then(|| format!("what depends on it: {}", names(&dependents))))
        .because(behind(scene, id))
        .remedy(remedy(ticket, id));
    Some(verdict)
}

/// What booth wrote about the holder of a ticket that isn't granted here.
fn lease(scene: &Scene<'_>, id: &str) -> Option<String> {
    let lease = scene.picture.ungranted_lease(id)?;
    Some(format!("booth: {}", lease_words(lease, scene.outlook.there())))
}

fn remedy(ticket: Option<&Ticket>, id: &str) -> String {
    let id = shell(id);
    if ticket.is_some_and(|ticket| ticket.granted) {
        return format!("End its standby when the work is done: `crm_ticket --ticket {id} --activate`.");
    }
    format!(
        "Check which site should hold it: `booth list`, `crm_ticket --details --ticket {id}`. Grant it here only when the other site has certainly released it."
    )
}

/// What is stopped because of it, beside what depends on it directly. Without the CIB that is only likely.
fn behind<'a>(scene: &Scene<'a>, id: &'a str) -> Option<String> {
    if scene.picture.cib.is_some() {
        return scene.downs.behind_line(Root::Ticket(id));
    }
    let behind = scene.downs.behind(Root::Ticket(id));
    (!behind.is_empty()).then(|| format!("stopped, and may depend on it: {}", names(behind)))
}

fn dependents<'a>(scene: &Scene<'a>, id: &str) -> Vec<&'a ResourceId> {
    let dependent = scene.constraints().filter_map(|constraint| match &constraint.rule {
        ConstraintRule::Ticket { resources, ticket, .. } if ticket == id => Some(resources),
        _ => None,
    });
    dependent.flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::health::testing::{ago, findings, known, lines, primitive, resource, told};
    use crate::model::{Cib, Constraint, ConstraintRule, Lease, Picture, Ticket};

    fn with_ticket(ticket: Option<Ticket>) -> Vec<String> {
        told(|picture| depends(picture, ticket))
    }

    /// `vip-db` depends on it and is stopped.
    fn depends(picture: &mut Picture, ticket: Option<Ticket>) {
        let rule = ConstraintRule::Ticket {
            resources: vec!["vip-db".into()],
            role: None,
            ticket: "site".to_owned(),
            loss_policy: "stop".to_owned(),
        };
        let constraint = Constraint::new("t", rule);
        let cib = Cib { constraints: vec![constraint], ..known(&["vip-db"]) };
        *resource(picture, "vip-db") = primitive("vip-db", "ocf:heartbeat:IPaddr2", &[]);
        picture.tickets.extend(ticket);
        picture.cib = Some(Arc::new(cib));
    }

    fn ticket(granted: bool) -> Ticket {
        Ticket { id: "site".to_owned(), granted, standby: false, last_granted: Some(ago(60)) }
    }

    #[test]
    fn explains_what_depends_on_it() {
        let lost = "warning ticket-lost site: ticket site is no longer granted to this site";
        assert_eq!(with_ticket(Some(ticket(false))), [lost]);
        assert_eq!(with_ticket(None), ["note ticket-lost site: ticket site is not granted to this site"]);
    }

    #[test]
    fn booth_says_who_holds_it() {
        let held = |granted| {
            let findings = findings(|picture| {
                depends(picture, Some(ticket(granted)));
                if let Some(cib) = picture.cib.as_mut().map(Arc::make_mut) {
                    let expires = Some(ago(-540));
                    let holder = Some("1023541".to_owned());
                    cib.leases.push(Lease { ticket: "site".to_owned(), holder, expires });
                }
            });
            findings
                .into_iter()
                .flat_map(|it| it.evidence)
                .filter(|it| it.starts_with("booth"))
                .collect::<Vec<_>>()
        };
        assert_eq!(held(false), ["booth: site id 1023541 holds it, expires in 9 min"]);
        // The holder is this site.
        assert_eq!(held(true), [""; 0]);
    }

    #[test]
    fn a_ticket_in_standby_is_activated() {
        let findings = findings(|picture| depends(picture, Some(Ticket { standby: true, ..ticket(true) })));
        assert_eq!(lines(&findings), ["warning ticket-lost site: ticket site is in standby"]);
        let remedy = "End its standby when the work is done: `crm_ticket --ticket site --activate`.";
        assert_eq!(findings[0].remedy, remedy);
    }

    #[test]
    fn held_it_explains_nothing() {
        let stopped = "critical resource-stopped vip-db: vip-db is stopped but should run";
        assert_eq!(with_ticket(Some(ticket(true))), [stopped]);
    }
}
