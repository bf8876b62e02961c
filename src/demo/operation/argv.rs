//! The commands that change something: what each does, or why Pacemaker would not.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::constraint;
use super::{Change, Refused, Request};
use crate::demo::blueprint::{Blueprint, Kind, Shape, Spec};
use crate::demo::placement::place;
use crate::demo::situation::{HostCondition, Leftover, LeftoverKind, Lifetime, Origin, Presence, Situation};

/// `CRM_EX_USAGE`, `CRM_EX_NOSUCH`, `CRM_EX_EXISTS`, `CRM_EX_MULTIPLE` and the plain error.
const USAGE: i32 = 64;
const NO_SUCH: i32 = 105;
const EXISTS: i32 = 108;
const MULTIPLE: i32 = 109;
const ERROR: i32 = 1;

/// How long a fencing device takes, and when a rebooted host answers, has joined, and runs resources.
const FENCING: Duration = Duration::from_secs(4);
const BOOTED: Duration = Duration::from_secs(12);
const JOINED: Duration = Duration::from_secs(14);
const BACK: Duration = Duration::from_secs(16);

/// The meta attributes that the demo knows the meaning of, and their values.
const META: [(&str, &[&str]); 3] = [
    ("target-role", &["Started", "Stopped", "Unpromoted", "Slave", "Promoted", "Master"]),
    ("is-managed", &["true", "false"]),
    ("maintenance", &["true", "false"]),
];

/// What that command does to a cluster that is so now.
pub(in crate::demo) fn request(
    blueprint: &Blueprint,
    situation: &Situation,
    program: &str,
    arguments: &[String],
    now: Timestamp,
) -> Result<Request, Refused> {
    let options = Options::read(arguments)?;
    let asker = Asker { blueprint, situation, options, now };
    match program {
        "crm_resource" => asker.crm_resource(),
        "crm_attribute" => asker.crm_attribute(),
        "stonith_admin" => asker.stonith_admin(),
        "crm_ticket" => asker.crm_ticket(),
        "cibadmin" => asker.cibadmin(),
        _ => Err(Refused::Unsupported),
    }
}

/// `--name` and `--name=value`.
struct Options<'a>(Vec<(&'a str, Option<&'a str>)>);

impl<'a> Options<'a> {
    fn read(arguments: &'a [String]) -> Result<Self, Refused> {
        let option = |argument: &'a String| {
            let option = argument.strip_prefix("--").ok_or(Refused::Unsupported)?;
            Ok(option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value))))
        };
        arguments.iter().map(option).collect::<Result<_, _>>().map(Self)
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(option, _)| *option == name)
    }

    fn value(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(option, _)| *option == name).and_then(|(_, value)| *value)
    }

    /// Nothing but these.
    fn only(&self, names: &[&str]) -> Result<(), Refused> {
        if self.0.iter().all(|(option, _)| names.contains(option)) {
            Ok(())
        } else {
            Err(Refused::Unsupported)
        }
    }
}

struct Asker<'a> {
    blueprint: &'a Blueprint,
    situation: &'a Situation,
    options: Options<'a>,
    now: Timestamp,
}

impl<'a> Asker<'a> {
    fn crm_resource(&self) -> Result<Request, Refused> {
        let is = |option| self.options.has(option);
        match () {
            () if is("move") => self.move_or_ban("move", LeftoverKind::Prefer),
            () if is("ban") => self.move_or_ban("ban", LeftoverKind::Ban),
            () if is("clear") => self.clear(),
            () if is("cleanup") => self.forget("cleanup", Duration::from_millis(600)),
            () if is("refresh") => self.forget("refresh", Duration::from_millis(1_200)),
            () if is("restart") => self.restart(),
            () if is("meta") => self.meta(),
            () => Err(Refused::Unsupported),
        }
    }

    fn move_or_ban(&self, command: &str, kind: LeftoverKind) -> Result<Request, Refused> {
        self.options.only(&[command, "resource", "node", "lifetime", "promoted", "master"])?;
        let spec = self.resource()?;
        let role =
            if self.options.has("promoted") || self.options.has("master") { "Promoted" } else { "Started" };
        let node = self.node("crm_resource")?.ok_or(Refused::Unsupported)?;
        if kind == LeftoverKind::Prefer && self.runs_only(spec, role, node) {
            let words = format!("crm_resource: {} is already active on {}\n", spec.id, self.name(node));
            let why = "Error performing operation: Already in requested state\n";
            return Err(Refused::Said(EXISTS, words + why));
        }
        let lifetime = self.options.value("lifetime").map(|text| self.lifetime(text)).transpose()?;
        let leftover = Leftover {
            resource: spec.id.clone(),
            node,
            kind,
            role,
            lifetime: lifetime.map(|end| Lifetime { end, over: false }),
            made: self.now,
            origin: Origin::Operation,
        };
        let mut steps = Vec::new();
        if kind == LeftoverKind::Prefer {
            // As Pacemaker does: what was preferred before, and a ban from where it shall go.
            let clear = |node, kind| Change::Clear { resource: spec.id.clone(), node, kind: Some(kind) };
            steps.push((Duration::ZERO, clear(None, LeftoverKind::Prefer)));
            steps.push((Duration::ZERO, clear(Some(node), LeftoverKind::Ban)));
        }
        steps.push((Duration::ZERO, Change::Constrain(leftover)));
        if let Some(end) = lifetime {
            steps.push((end.duration_since(self.now).unsigned_abs(), Change::Expire(end)));
        }
        Ok(Request { steps, takes: Duration::ZERO })
    }

    /// When something ends that lasts so long: as Pacemaker writes it, in whole seconds.
    fn lifetime(&self, text: &str) -> Result<Timestamp, Refused> {
        let end = text.parse::<Span>().ok().and_then(|span| {
            let end = self.now.to_zoned(TimeZone::UTC).checked_add(span).ok()?.timestamp();
            Timestamp::from_second(end.as_second()).ok()
        });
        end.filter(|end| *end > self.now).ok_or_else(|| {
            let words = format!("crm_resource: Invalid duration specified: {text}\n");
            Refused::Said(USAGE, words)
        })
    }

    fn clear(&self) -> Result<Request, Refused> {
        self.options.only(&["clear", "resource", "node", "promoted", "master"])?;
        let resource = self.resource()?.id.clone();
        let node = self.node("crm_resource")?;
        Ok(at_once(Change::Clear { resource, node, kind: None }))
    }

    fn forget(&self, command: &str, takes: Duration) -> Result<Request, Refused> {
        self.options.only(&[command, "resource", "node"])?;
        let specs = match self.options.value("resource") {
            Some(_) => vec![self.resource()?],
            None => self.blueprint.resources.iter().collect(),
        };
        let ids = |spec: &'a Spec| {
            std::iter::once(&spec.id).chain(spec.primitives.iter().map(|primitive| &primitive.id)).cloned()
        };
        let resources = specs.into_iter().flat_map(ids).collect();
        let node = self.node("crm_resource")?;
        Ok(Request { takes, ..at_once(Change::Forget { resources, node }) })
    }

    /// As Pacemaker does it: stopped by its target-role, which is put back.
    fn restart(&self) -> Result<Request, Refused> {
        self.options.only(&["restart", "resource", "timeout"])?;
        self.resource()?;
        let resource = self.configured_id()?;
        let units = place(self.blueprint, self.situation);
        let is_it = |unit: &&crate::demo::placement::Unit| {
            unit.spec.id == resource || unit.instances.iter().any(|instance| instance.id == *resource)
        };
        let runs =
            units.iter().find(is_it).is_some_and(|unit| unit.instances.iter().any(|it| it.node.is_some()));
        if !runs {
            let words =
                format!("crm_resource: {resource} is not running anywhere and so cannot be restarted\n");
            return Err(Refused::Said(NO_SUCH, words));
        }
        let was = self.situation.meta_of(&resource, "target-role").map(|meta| meta.value.clone());
        let role = |value| Change::Meta { resource: resource.clone(), name: "target-role".to_owned(), value };
        let steps =
            vec![(Duration::ZERO, role(Some("Stopped".to_owned()))), (Duration::from_secs(2), role(was))];
        Ok(Request { steps, takes: Duration::from_millis(3_500) })
    }

    fn meta(&self) -> Result<Request, Refused> {
        let names = ["meta", "resource", "set-parameter", "parameter-value", "delete-parameter"];
        self.options.only(&names)?;
        self.resource()?;
        let resource = self.configured_id()?;
        let value = |name| self.options.value(name);
        let (name, value) =
            match (value("set-parameter"), value("parameter-value"), value("delete-parameter")) {
                (Some(name), Some(value), None) => (name, Some(value)),
                (None, None, Some(name)) => (name, None),
                _ => return Err(Refused::Unsupported),
            };
        let is_known = META
            .iter()
            .any(|(known, values)| *known == name && value.is_none_or(|value| values.contains(&value)));
        if !is_known {
            return Err(Refused::Unsupported);
        }
        let (name, value) = (name.to_owned(), value.map(str::to_owned));
        Ok(at_once(Change::Meta { resource, name, value }))
    }

    fn crm_attribute(&self) -> Result<Request, Refused> {
        self.options.only(&["type", "node", "name", "update", "delete"])?;
        let value = match (self.options.value("update"), self.options.has("delete")) {
            (Some("true" | "on"), false) => Some(true),
            (Some("false" | "off"), false) => Some(false),
            (None, true) => None,
            _ => return Err(Refused::Unsupported),
        };
        let on = value == Some(true);
        let node = self.node("crm_attribute")?;
        match (self.options.value("type"), node, self.options.value("name")) {
            (Some("crm_config"), None, Some("maintenance-mode")) => {
                Ok(at_once(Change::ClusterMaintenance(value)))
            }
            (Some("nodes"), Some(node), Some("standby")) => Ok(at_once(Change::Standby(node, on))),
            (Some("nodes"), Some(node), Some("maintenance")) => {
                Ok(at_once(Change::NodeMaintenance(node, on)))
            }
            // Nothing here is ever in standby until it restarts only.
            (Some("status"), Some(_), Some("standby")) if value.is_none() => Ok(Request::default()),
            _ => Err(Refused::Unsupported),
        }
    }

    fn stonith_admin(&self) -> Result<Request, Refused> {
        let value = |name| self.options.value(name);
        match self.options.0.as_slice() {
            [("reboot", Some(name))] => self.fence(name, "reboot"),
            [("fence", Some(name))] => self.fence(name, "off"),
            [("confirm", Some(name))] => Ok(at_once(Change::Confirm(self.victim(name)?))),
            [_, _] if self.options.has("cleanup") && value("history") == Some("*") => {
                Ok(at_once(Change::ForgetFencing))
            }
            _ => Err(Refused::Unsupported),
        }
    }

    fn victim(&self, name: &str) -> Result<usize, Refused> {
        let words = format!("stonith_admin: Couldn't fence {name}: No such device\n");
        self.blueprint.configured_node(name).ok_or(Refused::Said(ERROR, words))
    }

    fn fence(&self, name: &str, action: &'static str) -> Result<Request, Refused> {
        let node = self.victim(name)?;
        let power = |presence, host| Change::Power { node, presence, host };
        let mut steps = vec![(Duration::ZERO, Change::FencingBegins(node, action))];
        if self.situation.nodes[node].presence != Presence::Offline {
            steps.push((Duration::ZERO, power(Presence::Unclean, HostCondition::Silent)));
        }
        steps.push((FENCING, Change::FencingEnds(node)));
        steps.push((FENCING, power(Presence::Offline, HostCondition::Silent)));
        if action == "reboot" {
            steps.push((BOOTED, power(Presence::Offline, HostCondition::Stopped)));
            if self.blueprint.nodes[node].kind == Kind::Member {
                steps.push((JOINED, power(Presence::Pending, HostCondition::GOOD)));
            }
            steps.push((BACK, power(Presence::Online, HostCondition::GOOD)));
        }
        Ok(Request { steps, takes: FENCING })
    }

    fn crm_ticket(&self) -> Result<Request, Refused> {
        self.options.only(&["grant", "revoke", "ticket", "force"])?;
        let ticket = self.options.value("ticket");
        if ticket.is_none() || ticket != self.blueprint.ticket() {
            return Err(Refused::Unsupported);
        }
        match (self.options.has("grant"), self.options.has("revoke")) {
            (true, false) => Ok(at_once(Change::Ticket(true))),
            (false, true) => Ok(at_once(Change::Ticket(false))),
            _ => Err(Refused::Unsupported),
        }
    }

    /// A constraint as a move or a ban writes it.
    fn cibadmin(&self) -> Result<Request, Refused> {
        self.options.only(&["create", "scope", "xml-text"])?;
        let (scope, xml) = (self.options.value("scope"), self.options.value("xml-text"));
        let xml = xml.filter(|_| self.options.has("create") && scope == Some("constraints"));
        let leftover = xml
            .and_then(|xml| constraint::read(self.blueprint, xml, self.now))
            .ok_or(Refused::Unsupported)?;
        if self.situation.leftovers.iter().any(|it| it.is_same_as(&leftover)) {
            let words = "Call cib_create failed (-76): Name not unique on network\n";
            return Err(Refused::Said(MULTIPLE, words.to_owned()));
        }
        let end = leftover.lifetime.as_ref().filter(|lifetime| !lifetime.over).map(|lifetime| lifetime.end);
        let mut steps = vec![(Duration::ZERO, Change::Constrain(leftover))];
        steps.extend(end.map(|end| (end.duration_since(self.now).unsigned_abs(), Change::Expire(end))));
        Ok(Request { steps, takes: Duration::ZERO })
    }

    /// What `--resource` names, or what contains it.
    fn resource(&self) -> Result<&'a Spec, Refused> {
        let id = self.options.value("resource").ok_or(Refused::Unsupported)?;
        let is_it = |spec: &&Spec| spec.id == id || spec.primitives.iter().any(|it| it.id == id);
        self.blueprint.resources.iter().find(is_it).ok_or_else(|| {
            let words = format!("crm_resource: Resource '{id}' not found\n");
            Refused::Said(NO_SUCH, words + "Error performing operation: No such device or address\n")
        })
    }

    /// What a meta attribute of the named resource is set on: a clone's or bundle's is that of the whole.
    fn configured_id(&self) -> Result<String, Refused> {
        let spec = self.resource()?;
        let named = self.options.value("resource").filter(|_| spec.shape == Shape::Group);
        Ok(named.unwrap_or(&spec.id).to_owned())
    }

    /// What `--node` names, if it is given.
    fn node(&self, program: &str) -> Result<Option<usize>, Refused> {
        let Some(name) = self.options.value("node") else { return Ok(None) };
        self.blueprint.configured_node(name).map(Some).ok_or_else(|| {
            let words = if program == "crm_attribute" {
                format!("crm_attribute: Could not map name={name} to a UUID\n")
            } else {
                let why = "Error performing operation: No such device or address\n";
                format!("{program}: Node '{name}' not found\n{why}")
            };
            Refused::Said(NO_SUCH, words)
        })
    }

    fn name(&self, node: usize) -> &'a str {
        &self.blueprint.nodes[node].name
    }

    fn runs_only(&self, spec: &Spec, role: &str, node: usize) -> bool {
        let units = place(self.blueprint, self.situation);
        let instances = units.iter().filter(|unit| unit.spec.id == spec.id).flat_map(|unit| &unit.instances);
        let is_meant = |instance: &&crate::demo::placement::Instance| {
            instance.node.is_some() && (role != "Promoted" || instance.role == role)
        };
        let mut nodes = instances.filter(is_meant).map(|instance| instance.node).peekable();
        nodes.peek().is_some() && nodes.all(|there| there == Some(node))
    }
}

fn at_once(change: Change) -> Request {
    Request { steps: vec![(Duration::ZERO, change)], takes: Duration::ZERO }
}
