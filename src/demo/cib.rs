//! A situation's configuration as `cibadmin --query` prints it.

use std::io;

use super::blueprint::{Blueprint, ConstraintSpec, Kind, NodeSpec, PrimitiveSpec, Shape, Spec};
use super::crm_mon::{FEATURE_SET, VERSION, ctime, iso};
use super::history::MIGRATION_THRESHOLD;
use super::situation::{Leftover, LeftoverKind, Presence, Situation};
use super::xml::{Document, Tag};

/// What draws a resource to its home, and what keeps each primitive where it is.
pub(super) const HOME_SCORE: u32 = 200;
pub(super) const STICKINESS: u32 = 1000;

/// The whole CIB.
pub(super) fn whole(blueprint: &Blueprint, situation: &Situation) -> io::Result<Vec<u8>> {
    let cib = Configuration { blueprint, situation };
    Document::write(cib.root(), |document| {
        document.element(Tag::new("configuration"), |document| {
            document.element(Tag::new("crm_config"), |document| cib.properties(document))?;
            document.element(Tag::new("nodes"), |document| cib.nodes(document))?;
            document.element(Tag::new("resources"), |document| {
                blueprint.resources.iter().try_for_each(|spec| cib.resource(spec, document))
            })?;
            document.element(Tag::new("constraints"), |document| cib.constraints(document))?;
            document.element(Tag::new("rsc_defaults"), |document| {
                let defaults = [
                    ("resource-stickiness", STICKINESS.to_string()),
                    ("migration-threshold", MIGRATION_THRESHOLD.to_owned()),
                ];
                nvpairs("meta_attributes", "rsc-options", &defaults, document)
            })
        })?;
        document.element(Tag::new("status"), |document| cib.status(document))
    })
}

/// Only the `<cib>` element.
pub(super) fn element(blueprint: &Blueprint, situation: &Situation) -> io::Result<Vec<u8>> {
    Document::write(Configuration { blueprint, situation }.root(), |_| Ok(()))
}

/// What the archive of the CIB tells of the leftovers: a version before there were any, one with which each came, and
/// the present one.
pub(super) fn archive(blueprint: &Blueprint, situation: &Situation) -> io::Result<Vec<u8>> {
    let mut then = situation.clone();
    let mut leftovers = std::mem::take(&mut then.leftovers);
    leftovers.sort_by_key(|leftover| leftover.made);
    let mut changes = vec![(situation.booted, situation.changed_by)];
    changes.extend(leftovers.iter().map(|leftover| (leftover.made, "crm_resource")));
    if changes.iter().all(|(at, _)| *at < situation.changed) {
        changes.push((situation.changed, situation.changed_by));
    }
    Document::write(Tag::new("archive"), |document| {
        for (at, (changed, by)) in changes.iter().enumerate() {
            then.epoch = situation.epoch + 1 + at as u64 - changes.len() as u64;
            (then.changed, then.changed_by) = (*changed, by);
            then.leftovers = leftovers.iter().take(at).cloned().collect();
            let version = Configuration { blueprint, situation: &then };
            document.empty(version.root())?;
            then.leftovers.iter().try_for_each(|leftover| document.empty(version.leftover_tag(leftover)))?;
        }
        Ok(())
    })
}

struct Configuration<'a> {
    blueprint: &'a Blueprint,
    situation: &'a Situation,
}

impl Configuration<'_> {
    fn root(&self) -> Tag {
        let situation = self.situation;
        let updates = situation.failures.len()
            + situation.fencing.len()
            + 2 * (situation.marks.len() + situation.meta.len());
        Tag::new("cib")
            .with("crm_feature_set", FEATURE_SET)
            .with("validate-with", "pacemaker-3.9")
            .shown("epoch", situation.epoch)
            .shown("num_updates", updates)
            .with("admin_epoch", "0")
            .shown("cib-last-written", ctime(situation.changed))
            .with("update-origin", self.node_name(situation.dc))
            .with("update-client", situation.last_change_by().1)
            .with("update-user", situation.last_change_by().0)
            .with("have-quorum", if situation.quorate { "1" } else { "0" })
            .shown("dc-uuid", situation.dc + 1)
    }

    fn properties(&self, document: &mut Document) -> io::Result<()> {
        let mut properties = vec![
            ("stonith-enabled", "true".to_owned()),
            ("stonith-timeout", "60s".to_owned()),
            ("no-quorum-policy", "stop".to_owned()),
            ("have-watchdog", "false".to_owned()),
            ("dc-version", VERSION.to_owned()),
            ("cluster-infrastructure", "corosync".to_owned()),
            ("cluster-name", self.blueprint.name.clone()),
        ];
        if let Some(on) = self.situation.maintenance {
            properties.push(("maintenance-mode", on.to_string()));
        }
        nvpairs("cluster_property_set", "cib-bootstrap-options", &properties, document)
    }

    fn nodes(&self, document: &mut Document) -> io::Result<()> {
        let configured =
            self.blueprint.nodes.iter().enumerate().filter(|(_, node)| !matches!(node.kind, Kind::Bundle(_)));
        for (index, node) in configured {
            let condition = self.situation.nodes[index];
            let attributes: Vec<(&str, String)> = [
                condition.standby.then(|| ("standby", "on".to_owned())),
                condition.maintenance.then(|| ("maintenance", "true".to_owned())),
            ]
            .into_iter()
            .flatten()
            .collect();
            let tag = node_tag("node", index, node).with("uname", &node.name);
            let tag = if node.kind == Kind::Remote { tag.with("type", "remote") } else { tag };
            document.element(tag, |document| {
                nvpairs("instance_attributes", &format!("nodes-{}", node.name), &attributes, document)
            })?;
        }
        Ok(())
    }

    fn resource(&self, spec: &Spec, document: &mut Document) -> io::Result<()> {
        let meta = self.meta(spec);
        let primitives = |document: &mut Document| {
            spec.primitives.iter().try_for_each(|primitive| {
                let meta = self.own_meta(&primitive.id).collect::<Vec<_>>();
                write_primitive(primitive, &meta, document)
            })
        };
        let container = |name, document: &mut Document| {
            document.element(Tag::new(name).with("id", &spec.id), |document| {
                primitives(document)?;
                nvpairs("meta_attributes", &format!("{}-meta", spec.id), &meta, document)
            })
        };
        match spec.shape {
            Shape::Single | Shape::Fencing(_) | Shape::Connection(_) => {
                spec.primitives.iter().try_for_each(|primitive| write_primitive(primitive, &meta, document))
            }
            Shape::Group => container("group", document),
            Shape::Clone { .. } => container("clone", document),
            Shape::Bundle { image } => {
                document.element(Tag::new("bundle").with("id", &spec.id), |document| {
                    let podman = Tag::new("podman").with("image", image);
                    let replicas = self.blueprint.members().count();
                    document.empty(podman.shown("replicas", replicas).with("network", "host"))?;
                    document.empty(Tag::new("network").with("control-port", "3121"))?;
                    primitives(document)?;
                    nvpairs("meta_attributes", &format!("{}-meta", spec.id), &meta, document)
                })
            }
        }
    }

    fn meta<'s>(&'s self, spec: &'s Spec) -> Vec<(&'s str, String)> {
        let mut meta = Vec::new();
        if let Shape::Clone { on, promoted } = spec.shape {
            meta.push(("interleave", "true".to_owned()));
            meta.push(("clone-max", self.blueprint.of_kind(on).count().to_string()));
            if promoted > 0 {
                meta.push(("promotable", "true".to_owned()));
                meta.push(("promoted-max", promoted.to_string()));
            }
        }
        meta.extend(self.own_meta(&spec.id));
        meta
    }

    /// The meta attributes that people have set.
    fn own_meta<'s>(&'s self, id: &'s str) -> impl Iterator<Item = (&'s str, String)> {
        let own = self.situation.meta.iter().filter(move |meta| meta.resource == id);
        own.map(|meta| (meta.name.as_str(), meta.value.clone()))
    }

    fn constraints(&self, document: &mut Document) -> io::Result<()> {
        for constraint in &self.blueprint.constraints {
            document.empty(constraint_tag(constraint))?;
        }
        for leftover in &self.situation.leftovers {
            self.leftover(leftover, document)?;
        }
        Ok(())
    }

    /// As `crm_resource` writes it, without the rule of one with a lifetime.
    fn leftover_tag(&self, leftover: &Leftover) -> Tag {
        let node = self.node_name(leftover.node);
        let tag = Tag::new("rsc_location")
            .with("id", &leftover.id(node))
            .with("rsc", &leftover.resource)
            .with("role", leftover.role);
        match leftover.lifetime {
            None => tag.with("node", node).with("score", leftover.kind.score()),
            Some(_) => tag,
        }
    }

    /// As `crm_resource` writes it: with a lifetime as a rule, whose parts a move and a ban name differently.
    fn leftover(&self, leftover: &Leftover, document: &mut Document) -> io::Result<()> {
        let node = self.node_name(leftover.node);
        let id = leftover.id(node);
        let score = leftover.kind.score();
        let [rule, expression, date] = match leftover.kind {
            LeftoverKind::Prefer => {
                let part = |part| format!("cli-prefer-{part}-{}", leftover.resource);
                ["rule", "expr", "lifetime-end"].map(part)
            }
            LeftoverKind::Ban => ["rule", "expr", "lifetime"].map(|part| format!("{id}-{part}")),
        };
        let tag = self.leftover_tag(leftover);
        let Some(lifetime) = leftover.lifetime else { return document.empty(tag) };
        document.element(tag, |document| {
            let tag = Tag::new("rule").with("id", &rule).with("score", score).with("boolean-op", "and");
            document.element(tag, |document| {
                let is_there = Tag::new("expression").with("id", &expression).with("attribute", "#uname");
                let is_there = is_there.with("operation", "eq").with("value", node).with("type", "string");
                document.empty(is_there)?;
                let is_time = Tag::new("date_expression").with("id", &date).with("operation", "lt");
                document.empty(is_time.shown("end", iso(lifetime.end)))
            })
        })
    }

    fn status(&self, document: &mut Document) -> io::Result<()> {
        let members = self.blueprint.of_kind(Kind::Member);
        members.map(|member| (member, self.situation.nodes[member].presence)).try_for_each(
            |(member, presence)| {
                let join = match presence {
                    Presence::Online => "member",
                    Presence::Pending | Presence::Offline | Presence::Unclean => "down",
                };
                let up = presence == Presence::Online;
                document.empty(
                    node_tag("node_state", member, &self.blueprint.nodes[member])
                        .with("uname", self.node_name(member))
                        .flag("in_ccm", up || presence == Presence::Pending)
                        .with("crmd", if up { "online" } else { "offline" })
                        .with("join", join)
                        .with("expected", if presence == Presence::Offline { "down" } else { "member" }),
                )
            },
        )
    }

    fn node_name(&self, node: usize) -> &str {
        self.blueprint.nodes.get(node).map_or("", |node| &node.name)
    }
}

fn node_tag(name: &'static str, index: usize, node: &NodeSpec) -> Tag {
    match node.kind {
        Kind::Member => Tag::new(name).shown("id", index + 1),
        Kind::Remote | Kind::Bundle(_) => Tag::new(name).with("id", &node.name),
    }
}

fn constraint_tag(constraint: &ConstraintSpec) -> Tag {
    match constraint {
        ConstraintSpec::Prefers { resource, node } => location(resource, node, &HOME_SCORE.to_string()),
        ConstraintSpec::Avoids { resource, node } => location(resource, node, "-INFINITY"),
        ConstraintSpec::Order(first, then) => Tag::new("rsc_order")
            .with("id", &format!("order-{first}-{then}"))
            .with("first", first)
            .with("first-action", "start")
            .with("then", then)
            .with("then-action", "start")
            .with("kind", "Mandatory"),
        ConstraintSpec::Colocation(resource, with) => Tag::new("rsc_colocation")
            .with("id", &format!("colocation-{resource}-{with}"))
            .with("rsc", resource)
            .with("with-rsc", with)
            .with("score", "INFINITY"),
        ConstraintSpec::Ticket(resource, ticket) => Tag::new("rsc_ticket")
            .with("id", &format!("ticket-{ticket}-{resource}"))
            .with("rsc", resource)
            .with("ticket", ticket)
            .with("loss-policy", "stop"),
    }
}

fn location(resource: &str, node: &str, score: &str) -> Tag {
    Tag::new("rsc_location")
        .with("id", &format!("location-{resource}-{node}"))
        .with("rsc", resource)
        .with("node", node)
        .with("score", score)
}

fn write_primitive(
    primitive: &PrimitiveSpec,
    meta: &[(&str, String)],
    document: &mut Document,
) -> io::Result<()> {
    // `class:provider:type` or `class:type`; an agent's type may hold no colon.
    let (class, rest) = primitive.agent.split_once(':').unwrap_or(("ocf", primitive.agent));
    let (provider, agent) =
        rest.split_once(':').map_or((None, rest), |(provider, agent)| (Some(provider), agent));
    let tag = Tag::new("primitive").with("id", &primitive.id).with("class", class);
    document.element(tag.maybe("provider", provider).with("type", agent), |document| {
        let set = format!("{}-instance_attributes", primitive.id);
        nvpairs("instance_attributes", &set, &primitive.parameters, document)?;
        document.element(Tag::new("operations"), |document| {
            let monitor = Tag::new("op").with("id", &format!("{}-monitor-interval-10s", primitive.id));
            document.empty(monitor.with("name", "monitor").with("interval", "10s").with("timeout", "20s"))
        })?;
        nvpairs("meta_attributes", &format!("{}-meta_attributes", primitive.id), meta, document)
    })
}

/// A set of names and values; nothing where there are none.
fn nvpairs(set: &'static str, id: &str, pairs: &[(&str, String)], document: &mut Document) -> io::Result<()> {
    if pairs.is_empty() {
        return Ok(());
    }
    document.element(Tag::new(set).with("id", id), |document| {
        pairs.iter().try_for_each(|(name, value)| {
            let pair = Tag::new("nvpair").with("id", &format!("{id}-{name}"));
            document.empty(pair.with("name", name).with("value", value))
        })
    })
}
