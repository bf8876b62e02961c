//! What must still hold right before a command runs.

use serde::{Deserialize, Serialize};

use super::scope;
use crate::model::{Cib, FencingOutcome, NodeName, Picture, ResourceId};

/// Why nothing is planned or run that depends on the configuration.
pub(super) const NO_CIB: &str = "the CIB can't be read";

/// The CIB, where it shows what is configured and what isn't; else why it doesn't.
pub(super) fn whole_cib(picture: &Picture) -> Result<&Cib, String> {
    let cib = picture.cib.as_deref().ok_or_else(|| NO_CIB.to_owned())?;
    // What was left out may be just what is asked for.
    cib.left_out.first().map_or(Ok(cib), |what| Err(format!("the CIB is too large to be read whole: {what}")))
}

/// One thing that must hold on a fresh picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// The partition that answers has a quorum.
    Quorum,
    /// There is a designated controller.
    Dc,
    /// No fencing is awaited: until it is over the cluster does nothing else.
    NoPendingFencing,
    /// That node is not being fenced already.
    NotBeingFenced(NodeName),
    /// Fencing is on, and there is a device for it.
    CanFence,
    /// That resource is there.
    ResourceExists(ResourceId),
    /// That node is there.
    NodeExists(NodeName),
    /// That node takes part in the cluster and may run resources.
    NodeCanRun(NodeName),
    /// That node does not take part in the cluster.
    NodeIsGone(NodeName),
    /// That resource runs there and nowhere else, as it did when the operation was planned.
    RunsOn(ResourceId, NodeName),
    /// The promoted instance of that clone is there, as it was when the operation was planned.
    PromotedOn(ResourceId, NodeName),
    /// A meta attribute of a resource has the value that it had when the operation was planned.
    Meta {
        /// Whose.
        resource: ResourceId,
        /// Which.
        name: String,
        /// Its value; `None`: not set.
        value: Option<String>,
    },
    /// An option of the cluster has the value that it had when the operation was planned.
    Property {
        /// Which.
        name: String,
        /// Its value; `None`: not set.
        value: Option<String>,
    },
    /// The node is, or is not, in standby, as it was when the operation was planned.
    Standby(NodeName, bool),
    /// The node is, or is not, in maintenance, as it was when the operation was planned.
    NodeMaintenance(NodeName, bool),
}

impl Condition {
    /// Whether only the CIB can show that it holds.
    pub(super) const fn needs_cib(&self) -> bool {
        matches!(self, Self::Meta { .. } | Self::Property { .. } | Self::CanFence)
    }

    /// Why it does not hold; `None` where it does. A picture that can't answer breaks it: one without the CIB, the node,
    /// or a word about quorum. `crm_mon` prints quorum, standby and maintenance in every version since 1.1.10, but the
    /// history of fencing only since 2.0: there `NoPendingFencing` and `NotBeingFenced` hold while none is shown.
    pub fn broken(&self, picture: &Picture) -> Option<String> {
        let node = |name: &NodeName| picture.node(name);
        match self {
            Self::Quorum => match picture.summary.quorate {
                Some(true) => None,
                Some(false) => Some("the cluster has no quorum: it would take no action".to_owned()),
                None => Some("the cluster doesn't say whether it has quorum".to_owned()),
            },
            Self::Dc => picture
                .summary
                .dc
                .is_none()
                .then(|| "the cluster has no designated controller: nothing would act on it".to_owned()),
            Self::NoPendingFencing => pending_fencing(picture, None),
            Self::NotBeingFenced(target) => pending_fencing(picture, Some(target)),
            Self::CanFence => cannot_fence(picture),
            Self::ResourceExists(id) => scope::find(picture, id.as_str())
                .is_none()
                .then(|| format!("resource {id} is not there any more")),
            Self::NodeExists(name) => node(name).is_none().then(|| no_node(name)),
            Self::NodeCanRun(name) => cannot_run(picture, name),
            Self::NodeIsGone(name) => match node(name) {
                Some(node) if !node.online => None,
                Some(_) => Some(format!("{name} is online: a node that lives must not be taken for dead")),
                None => Some(no_node(name)),
            },
            Self::RunsOn(id, name) => elsewhere(
                id.as_str(),
                &scope::nodes_of(&scope::primitives(picture, id.as_str())),
                name,
                "runs on",
            ),
            Self::PromotedOn(id, name) => {
                elsewhere(id.as_str(), &scope::promoted_on(picture, id.as_str()), name, "is promoted on")
            }
            Self::Meta { resource, name, value } => whole_cib(picture).map_or_else(Some, |cib| {
                let is = cib.resource(resource.as_str()).and_then(|resource| resource.meta(name));
                changed(&format!("{name} of {resource}"), value.as_deref(), is)
            }),
            Self::Property { name, value } => whole_cib(picture)
                .map_or_else(Some, |cib| changed(name, value.as_deref(), cib.property(name))),
            Self::Standby(name, was) => match node(name) {
                Some(node) if node.standby == *was => None,
                Some(node) => Some(format!(
                    "{name} is {} now",
                    if node.standby { "in standby" } else { "not in standby" }
                )),
                None => Some(no_node(name)),
            },
            Self::NodeMaintenance(name, was) => match node(name) {
                Some(node) if node.maintenance == *was => None,
                Some(node) => {
                    let not = if node.maintenance { "" } else { "not " };
                    Some(format!("{name} is {not}in maintenance now"))
                }
                None => Some(no_node(name)),
            },
        }
    }
}

fn no_node(name: &NodeName) -> String {
    format!("node {name} is not there any more")
}

fn pending_fencing(picture: &Picture, only: Option<&NodeName>) -> Option<String> {
    let pending = |event: &&crate::model::FencingEvent| {
        event.outcome == FencingOutcome::Pending && only.is_none_or(|only| event.target == *only)
    };
    picture.fencing.iter().find(pending).map(|event| {
        let target = &event.target;
        format!("{target} is being fenced: the cluster waits for that before it does anything else")
    })
}

fn cannot_fence(picture: &Picture) -> Option<String> {
    if picture.summary.options.fencing_enabled == Some(false) {
        return Some("fencing is switched off in this cluster (stonith-enabled)".to_owned());
    }
    whole_cib(picture).map_or_else(Some, |cib| {
        (!cib.has_fencing_device).then(|| "the cluster has no fencing device".to_owned())
    })
}

fn cannot_run(picture: &Picture, name: &NodeName) -> Option<String> {
    let Some(node) = picture.node(name) else {
        return Some(format!("there is no node {name}"));
    };
    let why = if node.unclean {
        "unclean"
    } else if !node.online {
        "offline"
    } else if node.pending {
        "not a full member yet"
    } else if node.standby || node.standby_on_fail {
        "in standby"
    } else if node.maintenance {
        "in maintenance"
    } else if node.shutdown {
        "shutting down"
    } else {
        return None;
    };
    Some(format!("{name} is {why}: nothing would be started there"))
}

fn elsewhere(id: &str, now: &[NodeName], expected: &NodeName, verb: &str) -> Option<String> {
    (now != std::slice::from_ref(expected)).then(|| match now {
        [] => format!("{id} no longer {verb} {expected}"),
        now => format!("{id} {verb} {} now, not {expected}", scope::listed(now)),
    })
}

fn changed(what: &str, was: Option<&str>, is: Option<&str>) -> Option<String> {
    let word = |value: Option<&str>| value.map_or_else(|| "not set".to_owned(), |value| format!("{value:?}"));
    (was != is).then(|| format!("{what} was {} and is {} now", word(was), word(is)))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn node(name: &str) -> NodeName {
        name.into()
    }

    /// All but the two about fencing that is under way: before 2.0 `crm_mon` shows no history.
    #[rstest]
    #[case(Condition::Quorum)]
    #[case(Condition::Dc)]
    #[case(Condition::CanFence)]
    #[case(Condition::ResourceExists("vip".into()))]
    #[case(Condition::NodeExists(node("db1")))]
    #[case(Condition::NodeCanRun(node("db1")))]
    #[case(Condition::NodeIsGone(node("db1")))]
    #[case(Condition::RunsOn("vip".into(), node("db1")))]
    #[case(Condition::PromotedOn("vip".into(), node("db1")))]
    #[case(Condition::Meta { resource: "vip".into(), name: "target-role".to_owned(), value: None })]
    #[case(Condition::Property { name: "maintenance-mode".to_owned(), value: None })]
    #[case(Condition::Standby(node("db1"), false))]
    #[case(Condition::Standby(node("db1"), true))]
    #[case(Condition::NodeMaintenance(node("db1"), false))]
    #[case(Condition::NodeMaintenance(node("db1"), true))]
    fn no_guard_holds_on_a_picture_that_can_not_answer(#[case] condition: Condition) {
        assert_ne!(condition.broken(&Picture::default()), None);
    }

    #[test]
    fn fencing_waits_for_a_picture_with_the_cib() {
        assert!(Condition::CanFence.needs_cib());
    }
}
