//! What a key would act on.

use crate::app::{CardKind, CardText, ClusterState, Panel, State, View};
use crate::health::{About, Fix, Remedy};
use crate::model::{ClusterName, ConstraintRule, NodeName};
use crate::operation::{Intent, SubjectKind, Verb};
use crate::tables::{Subject, asked};

/// What a key acts on: the marked rows, else what is selected or the open card is about; of the grid the cluster alone.
pub(in crate::app) fn aims(state: &State) -> Vec<(ClusterName, Option<Subject>)> {
    let is_card = matches!(state.layers.panel(), Some(Panel::Card(_)));
    if !is_card && !state.marks.is_empty() {
        let rows = state.marks.rows().iter();
        return rows.map(|(cluster, subject)| (cluster.clone(), Some(subject.clone()))).collect();
    }
    if let Some((cluster, subject)) = state.focus() {
        return vec![(cluster, Some(subject))];
    }
    let cluster = match state.layers.view() {
        View::Cluster(view) => Some(view.name.clone()),
        View::Fleet(_) => None,
        View::Grid => state.selected().map(|cluster| cluster.entry.name.clone()),
    };
    cluster.map(|cluster| (cluster, None)).into_iter().collect()
}

/// The wishes to do that to what a row is about; else what it would need. Where the row shows a remedy that does it,
/// they do what the remedy prints.
pub(in crate::app) fn wishes(
    state: &State,
    verb: Verb,
    cluster: &ClusterState,
    subject: Option<&Subject>,
) -> Result<Vec<Intent>, String> {
    let printed = printed(state, verb, cluster, subject);
    if printed.is_empty() { Ok(vec![wish(state, verb, cluster, subject)?]) } else { Ok(printed) }
}

/// The verb that does what a remedy's command does.
pub(in crate::app) const fn verb_of(fix: &Fix) -> Verb {
    match fix {
        Fix::Cleanup(..) => Verb::Cleanup,
        Fix::Refresh(_) => Verb::Refresh,
        Fix::Clear(_) => Verb::Clear,
        Fix::Enable(_) => Verb::Enable,
        Fix::Promote(_) => Verb::Promote,
        Fix::Manage(_) => Verb::Manage,
        Fix::MaintenanceOff(_) => Verb::MaintenanceOff,
        Fix::Online(_) => Verb::Online,
        Fix::NodeMaintenanceOff(_) => Verb::NodeMaintenanceOff,
        Fix::ClusterMaintenanceOff => Verb::ClusterMaintenanceOff,
        Fix::FenceReboot(_) => Verb::FenceReboot,
        Fix::ConfirmDead(_) => Verb::ConfirmDead,
    }
}

fn intent_of(cluster: &ClusterName, fix: &Fix) -> Intent {
    let (subject, to) = match fix {
        Fix::Cleanup(id, node) => (id.to_string(), node.clone()),
        Fix::Refresh(id)
        | Fix::Clear(id)
        | Fix::Enable(id)
        | Fix::Promote(id)
        | Fix::Manage(id)
        | Fix::MaintenanceOff(id) => (id.to_string(), None),
        Fix::Online(node)
        | Fix::NodeMaintenanceOff(node)
        | Fix::FenceReboot(node)
        | Fix::ConfirmDead(node) => (node.to_string(), None),
        Fix::ClusterMaintenanceOff => (cluster.to_string(), None),
    };
    Intent { cluster: cluster.clone(), verb: verb_of(fix), subject, to }
}

/// What the remedy that is shown prints: the first on a card that says why, else that of the finding.
fn printed(state: &State, verb: Verb, cluster: &ClusterState, subject: Option<&Subject>) -> Vec<Intent> {
    let name = &cluster.entry.name;
    let of = |remedy: &Remedy| -> Vec<Intent> {
        remedy.fixes().filter(|fix| verb_of(fix) == verb).map(|fix| intent_of(name, fix)).collect()
    };
    if let Some(Panel::Card(card)) = state.layers.panel()
        && card.kind == CardKind::Why
    {
        let CardText::Why(why) = state.card_text(card) else { return Vec::new() };
        let mut causes = why.causes.iter().map(|cause| of(&cause.remedy));
        return causes.find(|intents| !intents.is_empty()).unwrap_or_default();
    }
    let finding = subject.and_then(|subject| state.finding(cluster, subject));
    finding.map(|finding| of(&finding.remedy)).unwrap_or_default()
}

/// The wish to do that to what a row is about; else what it would need.
fn wish(
    state: &State,
    verb: Verb,
    cluster: &ClusterState,
    subject: Option<&Subject>,
) -> Result<Intent, String> {
    let name = &cluster.entry.name;
    let intent = |subject: String| Intent { cluster: name.clone(), verb, subject, to: None };
    let found = match verb.subject() {
        SubjectKind::Cluster => Some(intent(name.to_string())),
        SubjectKind::Node => {
            subject.and_then(|subject| node_of(state, cluster, subject)).map(|node| intent(node.to_string()))
        }
        SubjectKind::Ticket => subject.and_then(|subject| ticket_of(cluster, subject)).map(intent),
        SubjectKind::Resource => subject.and_then(|subject| {
            let to = match (verb, subject) {
                (Verb::Cleanup | Verb::Refresh, Subject::Failure { node, .. }) => Some(node.clone()),
                _ => None,
            };
            let resource = resource_of(state, cluster, verb, subject)?;
            Some(Intent { to, ..intent(resource) })
        }),
    };
    let mut wish = found.ok_or_else(|| needs(verb))?;
    // Beside a resource of the matrix a node may be selected: then it is the one that is meant.
    if verb.takes_a_node() && state.marks.is_empty() {
        wish.to = wish.to.or_else(|| state.focus_node());
    }
    Ok(wish)
}

/// The one of two that makes sense for all that is selected.
pub(in crate::app) fn toggled(state: &State) -> Result<Verb, String> {
    let mut standing = aims(state).into_iter().map(|(name, subject)| {
        let cluster = state.cluster(&name)?;
        let node = node_of(state, cluster, subject.as_ref()?)?;
        let picture = cluster.observation.picture.as_deref()?;
        picture.node(&node).map(|node| node.standby)
    });
    let first = standing.next().flatten().ok_or_else(|| needs(Verb::Standby))?;
    if standing.any(|other| other != Some(first)) {
        return Err("some of these are in standby and some are not: say standby or online".to_owned());
    }
    Ok(if first { Verb::Online } else { Verb::Standby })
}

/// What to select for it.
fn needs(verb: Verb) -> String {
    match verb.subject() {
        SubjectKind::Resource if verb == Verb::Clear => {
            "clear needs a resource or a constraint: select one".to_owned()
        }
        SubjectKind::Resource => {
            format!("{verb} needs a resource: select one among the resources, in the matrix or in :resources")
        }
        SubjectKind::Node => {
            format!("{verb} needs a node: select one among the nodes of a cluster or in :nodes")
        }
        SubjectKind::Ticket => format!("{verb} needs a ticket: select one on the screen of tickets"),
        SubjectKind::Cluster => format!("{verb} needs a cluster: select one"),
    }
}

fn about(state: &State, cluster: &ClusterState, subject: &Subject) -> Option<About> {
    asked(&cluster.source(state.now), subject)
}

fn resource_of(state: &State, cluster: &ClusterState, verb: Verb, subject: &Subject) -> Option<String> {
    match subject {
        Subject::Resource(id) | Subject::Failure { resource: id, .. } => Some(id.to_string()),
        Subject::Constraint(_) if verb != Verb::Clear => None,
        Subject::Constraint(_) | Subject::Finding { .. } => match about(state, cluster, subject)? {
            About::Resource(id) => Some(id.to_string()),
            About::Node(_) => None,
        },
        Subject::Node(_)
        | Subject::Attribute { .. }
        | Subject::Fencing { .. }
        | Subject::Ticket(_)
        | Subject::Stack { .. }
        | Subject::Element(_)
        | Subject::LogLine(_)
        | Subject::Deed(_) => None,
    }
}

fn node_of(state: &State, cluster: &ClusterState, subject: &Subject) -> Option<NodeName> {
    match subject {
        Subject::Node(node)
        | Subject::Attribute { node, .. }
        | Subject::Failure { node, .. }
        | Subject::Fencing { target: node, .. } => Some(node.clone()),
        Subject::Finding { .. } => match about(state, cluster, subject)? {
            About::Node(node) => Some(node),
            About::Resource(_) => None,
        },
        Subject::Resource(_)
        | Subject::Constraint(_)
        | Subject::Ticket(_)
        | Subject::Stack { .. }
        | Subject::Element(_)
        | Subject::LogLine(_)
        | Subject::Deed(_) => None,
    }
}

fn ticket_of(cluster: &ClusterState, subject: &Subject) -> Option<String> {
    match subject {
        Subject::Ticket(ticket) => Some(ticket.clone()),
        Subject::Constraint(id) => {
            let cib = cluster.observation.picture.as_deref()?.cib.as_deref()?;
            let constraint = cib.constraints.iter().find(|constraint| constraint.id == *id)?;
            match &constraint.rule {
                ConstraintRule::Ticket { ticket, .. } => Some(ticket.clone()),
                _ => None,
            }
        }
        _ => None,
    }
}
