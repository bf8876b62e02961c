//! A situation as `crm_mon` of Pacemaker 2.1.5 prints it.

use std::io;

use jiff::Timestamp;

use super::blueprint::{Blueprint, Kind, NodeSpec, Shape};
use super::history;
use super::placement::{Instance, Unit, container_id, place};
use super::shell::Style;
use super::situation::{Asked, FencingOutcome, Leftover, LeftoverKind, Presence, Situation};
use super::xml::{Document, Tag};

/// The version that is simulated.
pub(super) const VERSION: &str = "2.1.5-a3f44794f94";

/// The `crm_feature_set` that belongs to it.
pub(super) const FEATURE_SET: &str = "3.16.1";

const API_VERSION: &str = "2.25";
const REQUEST: &str = "crm_mon -1 --output-as=xml";

/// One cluster at one moment, ready to be printed.
pub(super) struct Report<'a> {
    pub(super) blueprint: &'a Blueprint,
    pub(super) situation: &'a Situation,
    pub(super) units: Vec<Unit<'a>>,
}

/// The answer of a member whose cluster stack runs; `now` is its clock's.
pub(super) fn running(
    blueprint: &Blueprint,
    situation: &Situation,
    now: Timestamp,
    style: Style,
) -> io::Result<Vec<u8>> {
    let report = Report { blueprint, situation, units: place(blueprint, situation) };
    Document::write(root(style), |document| {
        if style == Style::Result {
            let state = Tag::new("pacemakerd").with("sys_from", "pacemakerd").with("state", "running");
            document.empty(state.shown("last_updated", iso(now)))?;
        }
        report.summary(document, now)?;
        report.nodes(document)?;
        document.element(Tag::new("resources"), |document| {
            report.units.iter().try_for_each(|unit| write_unit(&report, unit, document))
        })?;
        report.node_attributes(document)?;
        history::node_history(&report, document)?;
        history::failures(&report, document)?;
        report.fence_history(document)?;
        report.tickets(document)?;
        report.bans(document)?;
        match style {
            Style::Result => document.empty(Tag::new("status").with("code", "0").with("message", "OK")),
            Style::Legacy => Ok(()),
        }
    })
}

/// The answer of a member whose cluster stack does not run; it goes with exit code 102.
pub(super) fn not_connected() -> io::Result<Vec<u8>> {
    Document::write(root(Style::Result), |document| {
        let status = Tag::new("status").with("code", "102").with("message", "Not connected");
        document.element(status, |document| {
            document.element(Tag::new("errors"), |document| {
                document.text("error", "error: Could not connect to launcher: Connection refused")?;
                document.text("error", "crm_mon: Connection to cluster failed: Connection refused")
            })
        })
    })
}

fn root(style: Style) -> Tag {
    match style {
        Style::Result => {
            Tag::new("pacemaker-result").with("api-version", API_VERSION).with("request", REQUEST)
        }
        Style::Legacy => Tag::new("crm_mon").with("version", "2.1.5"),
    }
}

/// As `Sun Nov 22 11:04:54 2026`.
pub(super) fn ctime(at: Timestamp) -> impl std::fmt::Display {
    at.strftime("%a %b %e %H:%M:%S %Y")
}

/// As `2026-11-22 11:04:53Z`.
pub(super) fn iso(at: Timestamp) -> impl std::fmt::Display {
    at.strftime("%Y-%m-%d %H:%M:%SZ")
}

impl<'a> Report<'a> {
    pub(super) fn name(&self, node: usize) -> &'a str {
        self.blueprint.nodes.get(node).map_or("", |node| &node.name)
    }

    /// Corosync's number for a member; the others' id is their name.
    pub(super) fn node_id(&self, node: usize) -> String {
        match self.blueprint.nodes.get(node) {
            Some(NodeSpec { kind: Kind::Member, .. }) => (node + 1).to_string(),
            Some(NodeSpec { name, .. }) => name.clone(),
            None => String::new(),
        }
    }

    pub(super) fn instances(&self) -> impl Iterator<Item = &Instance<'a>> {
        self.units.iter().flat_map(|unit| &unit.instances)
    }

    /// Whether the node takes part. A remote or bundle node does while the connection to it is up, and a
    /// bundle node's host with it.
    pub(super) fn is_online(&self, node: usize) -> bool {
        let is_present = |node: usize| self.situation.nodes[node].presence == Presence::Online;
        let is_connected = || {
            let connection = self.name(node);
            self.instances().any(|instance| instance.id == connection && instance.node.is_some())
        };
        match self.blueprint.nodes[node].kind {
            Kind::Member => is_present(node),
            Kind::Remote => is_present(node) && is_connected(),
            Kind::Bundle(replica) => is_present(replica) && is_connected(),
        }
    }

    fn summary(&self, document: &mut Document, now: Timestamp) -> io::Result<()> {
        let situation = self.situation;
        let disabled = self.instances().filter(|instance| instance.is_disabled()).count();
        let count = |wanted: fn(&Instance) -> bool| self.instances().filter(|it| wanted(it)).count();
        document.element(Tag::new("summary"), |document| {
            document.empty(Tag::new("stack").with("type", "corosync"))?;
            document.empty(
                Tag::new("current_dc")
                    .flag("present", true)
                    .with("version", VERSION)
                    .with("name", self.name(situation.dc))
                    .with("id", &self.node_id(situation.dc))
                    .flag("with_quorum", situation.quorate)
                    .flag("mixed_version", false),
            )?;
            document.empty(Tag::new("last_update").shown("time", ctime(now)))?;
            let (user, client) = situation.last_change_by();
            let change = Tag::new("last_change").shown("time", ctime(situation.changed));
            document.empty(
                change.with("user", user).with("client", client).with("origin", self.name(situation.dc)),
            )?;
            document.empty(Tag::new("nodes_configured").shown("number", self.blueprint.nodes.len()))?;
            document.empty(
                Tag::new("resources_configured")
                    .shown("number", count(|_| true))
                    .shown("disabled", disabled)
                    .shown("blocked", count(|instance| instance.blocked)),
            )?;
            document.empty(
                Tag::new("cluster_options")
                    .flag("stonith-enabled", true)
                    .flag("symmetric-cluster", true)
                    .with("no-quorum-policy", "stop")
                    .flag("maintenance-mode", situation.is_in_maintenance())
                    .flag("stop-all-resources", false)
                    .with("stonith-timeout-ms", "60000")
                    .with("priority-fencing-delay-ms", "0"),
            )
        })
    }

    fn nodes(&self, document: &mut Document) -> io::Result<()> {
        document.element(Tag::new("nodes"), |document| {
            (0..self.blueprint.nodes.len()).try_for_each(|node| document.empty(self.node(node)))
        })
    }

    fn node(&self, node: usize) -> Tag {
        let condition = self.situation.nodes[node];
        let online = self.is_online(node);
        let kind = self.blueprint.nodes[node].kind;
        let member = kind == Kind::Member;
        let running = self.instances().filter(|instance| instance.node == Some(node)).count();
        let health = condition.health.to_string();
        let tag = Tag::new("node")
            .with("name", self.name(node))
            .with("id", &self.node_id(node))
            .flag("online", online)
            .flag("standby", condition.standby)
            .flag("standby_onfail", false)
            .flag("maintenance", condition.maintenance)
            .flag("pending", condition.presence == Presence::Pending)
            .flag("unclean", condition.presence == Presence::Unclean)
            .with("health", &health)
            .maybe("feature_set", (member && online).then_some(FEATURE_SET))
            .flag("shutdown", false)
            .flag("expected_up", member && condition.presence != Presence::Offline)
            .flag("is_dc", member && node == self.situation.dc)
            .shown("resources_running", running)
            .with("type", if member { "member" } else { "remote" });
        match (kind, self.bundle()) {
            (Kind::Bundle(replica), Some(bundle)) => {
                tag.with("id_as_resource", &container_id(bundle.spec, replica))
            }
            _ => tag,
        }
    }

    fn bundle(&self) -> Option<&Unit<'a>> {
        self.units.iter().find(|unit| matches!(unit.spec.shape, Shape::Bundle { .. }))
    }

    fn node_attributes(&self, document: &mut Document) -> io::Result<()> {
        document.element(Tag::new("node_attributes"), |document| {
            let online = (0..self.blueprint.nodes.len()).filter(|node| self.is_online(*node));
            online.filter(|node| !self.attributes_of(*node).is_empty()).try_for_each(|node| {
                document.element(Tag::new("node").with("name", self.name(node)), |document| {
                    self.attributes_of(node).iter().try_for_each(|(name, value)| {
                        document.empty(Tag::new("attribute").with("name", name).with("value", value))
                    })
                })
            })
        })
    }

    fn attributes_of(&self, node: usize) -> Vec<(String, String)> {
        let promotable = self.units.iter().filter_map(|unit| match unit.spec.shape {
            Shape::Clone { promoted: 1.., .. } => {
                let instance = unit.instances.iter().find(|instance| instance.node == Some(node))?;
                Some((format!("master-{}", instance.id), "100".to_owned()))
            }
            _ => None,
        });
        let health = self.situation.nodes[node].health;
        let health = (health != super::situation::Health::Green)
            .then(|| ("#health-disk".to_owned(), health.to_string()));
        let role = (self.blueprint.nodes[node].kind == Kind::Remote)
            .then(|| ("osprole".to_owned(), "compute".to_owned()));
        health.into_iter().chain(role).chain(promotable).collect()
    }

    fn fence_history(&self, document: &mut Document) -> io::Result<()> {
        if self.situation.fencing.is_empty() {
            return Ok(());
        }
        document.element(Tag::new("fence_history"), |document| {
            self.situation.fencing.iter().try_for_each(|event| {
                let (action, client, delegate) = match event.asked {
                    Asked::Controller => ("reboot", "pacemaker-controld.1893", self.name(event.by)),
                    Asked::Admin(action) => (action, "stonith_admin.24811", self.name(event.by)),
                    Asked::Human => ("off", "stonith_admin.24811", "a human"),
                };
                let tag = Tag::new("fence_event")
                    .with("action", action)
                    .with("target", self.name(event.target))
                    .with("client", client)
                    .with("origin", self.name(self.situation.dc));
                let done = |tag: Tag, at| tag.with("delegate", delegate).shown("completed", iso(at));
                document.empty(match event.outcome {
                    FencingOutcome::Pending => tag.with("status", "pending").with("extended-status", "0"),
                    FencingOutcome::Done(at) => done(tag.with("status", "success"), at),
                    FencingOutcome::Failed(at) => done(tag.with("status", "failed"), at)
                        .with("exit-reason", "Fence agent did not complete in time"),
                })
            })
        })
    }

    fn tickets(&self, document: &mut Document) -> io::Result<()> {
        let Some(ticket) = self.blueprint.ticket() else { return Ok(()) };
        let status = if self.situation.ticket_granted { "granted" } else { "revoked" };
        document.element(Tag::new("tickets"), |document| {
            let tag = Tag::new("ticket").with("id", ticket).with("status", status);
            document.empty(tag.flag("standby", false).shown("last-granted", ctime(self.situation.ticket_at)))
        })
    }

    fn bans(&self, document: &mut Document) -> io::Result<()> {
        document.element(Tag::new("bans"), |document| {
            let bans = |it: &&Leftover| it.kind == LeftoverKind::Ban && it.applies();
            for leftover in self.situation.leftovers.iter().filter(bans) {
                let node = self.name(leftover.node);
                // Of a constraint with a rule, it is the rule that is listed.
                let rule = if leftover.lifetime.is_some() { "-rule" } else { "" };
                let id = format!("{}{rule}", leftover.id(node));
                document.empty(ban(&id, &leftover.resource, node, leftover.role == "Promoted"))?;
            }
            self.blueprint.avoided().try_for_each(|(resource, node)| {
                document.empty(ban(&format!("location-{resource}-{node}"), resource, node, false))
            })
        })
    }
}

fn ban(id: &str, resource: &str, node: &str, promoted_only: bool) -> Tag {
    Tag::new("ban")
        .with("id", id)
        .with("resource", resource)
        .with("node", node)
        .with("weight", "-1000000")
        .flag("promoted-only", promoted_only)
        .flag("master_only", promoted_only)
}

fn write_unit(report: &Report, unit: &Unit, document: &mut Document) -> io::Result<()> {
    let instances = |document: &mut Document, instances: &[Instance]| {
        instances.iter().try_for_each(|instance| write_instance(report, instance, document))
    };
    match unit.spec.shape {
        Shape::Single | Shape::Fencing(_) | Shape::Connection(_) => instances(document, &unit.instances),
        Shape::Group => {
            let tag = Tag::new("group")
                .with("id", &unit.spec.id)
                .shown("number_resources", unit.instances.len())
                .flag("managed", unit.managed())
                .flag("disabled", unit.disabled());
            document.element(tag, |document| instances(document, &unit.instances))
        }
        Shape::Clone { promoted, .. } => {
            let tag = Tag::new("clone")
                .with("id", &unit.spec.id)
                .flag("multi_state", promoted > 0)
                .flag("unique", false)
                .flag("managed", unit.managed())
                .flag("disabled", unit.disabled())
                .flag("failed", unit.failed())
                .flag("failure_ignored", false)
                .maybe("target_role", unit.target_role());
            document.element(tag, |document| instances(document, &unit.instances))
        }
        Shape::Bundle { image } => {
            let tag = Tag::new("bundle")
                .with("id", &unit.spec.id)
                .with("type", "podman")
                .with("image", image)
                .flag("unique", false)
                .flag("managed", unit.managed())
                .flag("failed", unit.failed());
            let per_replica = unit.spec.primitives.len() + 2;
            document.element(tag, |document| {
                unit.instances.chunks(per_replica).enumerate().try_for_each(|(replica, parts)| {
                    let tag = Tag::new("replica").shown("id", replica);
                    document.element(tag, |document| instances(document, parts))
                })
            })
        }
    }
}

fn write_instance(report: &Report, instance: &Instance, document: &mut Document) -> io::Result<()> {
    let tag = Tag::new("resource")
        .with("id", &instance.id)
        .with("resource_agent", instance.agent)
        .with("role", instance.role)
        .maybe("target_role", instance.target_role)
        .flag("active", instance.node.is_some())
        .flag("orphaned", false)
        .flag("blocked", instance.blocked)
        .flag("managed", instance.managed)
        .flag("failed", instance.failed)
        .flag("failure_ignored", false)
        .with("nodes_running_on", if instance.node.is_some() { "1" } else { "0" })
        .maybe("pending", instance.awaiting);
    match instance.node {
        None => document.empty(tag),
        Some(node) => document.element(tag, |document| {
            let place = Tag::new("node").with("name", report.name(node)).with("id", &report.node_id(node));
            document.empty(place.flag("cached", true))
        }),
    }
}
