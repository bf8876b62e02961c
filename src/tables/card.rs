//! Everything that is known of one thing.

use super::constraints::kind as constraint_kind;
use super::resources::{self, State};
use super::threshold;
use super::tree::TreeRow;
use super::{ElementPath, Pane, Part, Source, Subject, Tone, markup, nodes, table};
use crate::health::{About, Finding, Remedy, constraint_words, span};
use crate::model::{
    ConfiguredResource, Constraint, ConstraintRule, Made, Node, Picture, Resource, ResourceId, clean,
};

/// Everything that is known of one thing, under headings. All text is clean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// What it is about.
    pub title: String,
    /// What sort of thing that is.
    pub sort: String,
    /// Those with nothing to say are left out.
    pub sections: Vec<Section>,
}

/// Lines under a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// A word or two; empty for the first.
    pub heading: &'static str,
    /// One a line.
    pub facts: Vec<Fact>,
}

/// A fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is of; may be empty.
    pub label: String,
    /// What it is.
    pub text: String,
    /// How it looks.
    pub tone: Tone,
    /// The text in its parts, where they look different; empty where they don't.
    pub parts: Vec<Part>,
    /// Cells that it stands further right.
    pub indent: usize,
    /// The text with its fixes, where it is a remedy.
    pub remedy: Option<Remedy>,
}

/// Everything that is known of the subject; `None` where it is not there any more.
pub fn details(source: &Source<'_>, subject: &Subject) -> Option<Card> {
    if let Subject::Finding { .. } = subject {
        let finding = source.findings.iter().find(|finding| Subject::of_finding(finding) == *subject)?;
        return Some(of_finding(source, finding));
    }
    if let Subject::Stack { .. } = subject {
        return of_row(source, Pane::Stack, subject, "stack");
    }
    let picture = source.picture()?;
    let mut card = match subject {
        // Neither is of a picture: who has it makes its card.
        Subject::Finding { .. } | Subject::Stack { .. } | Subject::LogLine(_) | Subject::Deed(_) => {
            return None;
        }
        Subject::Element(path) => of_element(source, path)?,
        Subject::Node(name) => of_node(source, picture, picture.node(name)?),
        Subject::Resource(id) => of_resource(source, picture, id)?,
        Subject::Constraint(id) => {
            let constraint = picture.cib.as_deref()?.constraints.iter().find(|it| it.id == *id)?;
            of_constraint(source, picture, constraint)
        }
        Subject::Failure { .. } => of_row(source, Pane::Failures, subject, "failure")?,
        Subject::Fencing { .. } => of_row(source, Pane::Fencing, subject, "fencing")?,
        Subject::Attribute { .. } => of_row(source, Pane::Attributes, subject, "node attribute")?,
        Subject::Ticket(_) => of_row(source, Pane::Tickets, subject, "ticket")?,
    };
    card.sections.retain(|section| !section.facts.is_empty());
    Some(card)
}

/// The resource or node by which a subject is explained.
pub fn asked(source: &Source<'_>, subject: &Subject) -> Option<About> {
    let picture = source.picture()?;
    match subject {
        // One that has been fenced may have left the cluster since.
        Subject::Node(name)
        | Subject::Attribute { node: name, .. }
        | Subject::Fencing { target: name, .. } => {
            picture.node(name).map(|node| About::Node(node.name.clone()))
        }
        Subject::Resource(id) => Some(About::Resource(known(picture, id)?)),
        Subject::Failure { resource, .. } => Some(About::Resource(known(picture, resource)?)),
        Subject::Finding { about, .. } => {
            let node = picture.nodes.iter().find(|node| clean(node.name.as_str()) == *about);
            let named = || all(picture).into_iter().find(|id| clean(id.as_str()) == *about).cloned();
            let constraint = || {
                let cib = picture.cib.as_deref()?;
                cib.constraints.iter().find(|it| clean(it.id.as_str()) == *about)
            };
            node.map(|node| About::Node(node.name.clone()))
                .or_else(|| named().map(About::Resource))
                .or_else(|| known(picture, constraint()?.rule.named().first()?).map(About::Resource))
        }
        Subject::Constraint(id) => {
            let constraint = picture.cib.as_deref()?.constraints.iter().find(|it| it.id == *id)?;
            known(picture, constraint.rule.named().first()?).map(About::Resource)
        }
        Subject::Stack { host, .. } => picture.node_of(host).map(|node| About::Node(node.name.clone())),
        // What is written is its own reason.
        Subject::Element(_) | Subject::LogLine(_) | Subject::Deed(_) => None,
        Subject::Ticket(ticket) => {
            let constraints = &picture.cib.as_deref()?.constraints;
            constraints.iter().find_map(|constraint| match &constraint.rule {
                ConstraintRule::Ticket { resources, ticket: needed, .. } if needed == ticket => {
                    resources.iter().find_map(|id| known(picture, id)).map(About::Resource)
                }
                _ => None,
            })
        }
    }
}

/// The id as the picture has it: an instance's number may have been left out.
fn known(picture: &Picture, id: &ResourceId) -> Option<ResourceId> {
    let ids = all(picture);
    let base = |id: &str| id.split(':').next().map(str::to_owned);
    ids.iter()
        .find(|known| **known == id)
        .or_else(|| ids.iter().find(|known| base(known.as_str()) == base(id.as_str())))
        .map(|id| (*id).clone())
}

fn all(picture: &Picture) -> Vec<&ResourceId> {
    fn push<'a>(resource: &'a Resource, found: &mut Vec<&'a ResourceId>) {
        found.push(resource.id());
        resource.children().for_each(|child| push(child, found));
    }
    let mut found = Vec::new();
    picture.resources.iter().for_each(|resource| push(resource, &mut found));
    found
}

fn fact(label: &str, text: impl AsRef<str>) -> Fact {
    Fact::plain(label, text)
}

impl Fact {
    /// Ordinary words, cleaned.
    pub(super) fn plain(label: &str, text: impl AsRef<str>) -> Self {
        let (label, text) = (clean(label), clean(text.as_ref()));
        Self { label, text, tone: Tone::Text, parts: Vec::new(), indent: 0, remedy: None }
    }
}

fn card(title: &str, sort: impl Into<String>, facts: Vec<Fact>) -> Card {
    let sections = vec![Section { heading: "", facts }];
    Card { title: clean(title), sort: clean(&sort.into()), sections }
}

impl Card {
    fn add(&mut self, heading: &'static str, facts: impl IntoIterator<Item = Fact>) {
        self.sections.push(Section { heading, facts: facts.into_iter().collect() });
    }
}

fn of_finding(source: &Source<'_>, finding: &Finding) -> Card {
    let (_, tone) = super::Mark::of_severity(finding.severity);
    let summary = Fact { tone, ..fact("", &finding.summary) };
    let mut card = card(&finding.subject, format!("{} finding", finding.severity), vec![summary]);
    card.add("evidence", finding.evidence.iter().map(|line| fact("", line)));
    let remedy = || Fact { remedy: Some(finding.remedy.clone()), ..fact("", &finding.remedy) };
    card.add("what to do", (!finding.remedy.is_empty()).then(remedy));
    card.add(
        "",
        [Fact { tone: Tone::Faint, ..fact("", format!("{} in {}", finding.code, source.entry.name)) }],
    );
    card.sections.retain(|section| !section.facts.is_empty());
    card
}

fn of_node(source: &Source<'_>, picture: &Picture, node: &Node) -> Card {
    let mut facts = vec![fact("state", nodes::words(picture, node).join(", "))];
    facts.push(fact("id", &node.id));
    facts.extend(node.feature_set.as_ref().map(|set| fact("feature set", set)));
    let mut card = card(node.name.as_str(), format!("{} of {}", node.kind.word(), source.entry.name), facts);
    let primitives = picture.primitives().filter(|(_, primitive)| primitive.nodes.contains(&node.name));
    card.add("runs", primitives.map(|(_, it)| fact(it.id.as_str(), it.role.word().to_lowercase())));
    let attributes = picture.attributes.iter().filter(|attribute| attribute.node == node.name);
    card.add("attributes", attributes.map(|attribute| fact(&attribute.name, &attribute.value)));
    card.add(
        "failures",
        rows(
            source,
            Pane::Failures,
            |subject| matches!(subject, Subject::Failure { node: at, .. } if *at == node.name),
        ),
    );
    card.add(
        "fencing",
        rows(
            source,
            Pane::Fencing,
            |subject| matches!(subject, Subject::Fencing { target, .. } if *target == node.name),
        ),
    );
    card.add("constraints that name it", constraints(picture, |constraint| {
        matches!(&constraint.rule, ConstraintRule::Location { node: Some(at), .. } if *at == node.name)
    }));
    card
}

fn of_resource(source: &Source<'_>, picture: &Picture, id: &ResourceId) -> Option<Card> {
    let mut line = Vec::new();
    let resource = picture.resources.iter().find_map(|resource| find(resource, id, &mut line))?;
    let primitives = resource.primitives();
    let running = primitives.iter().filter(|(_, primitive)| primitive.active).count();
    let row = TreeRow { depth: 0, resource, running, configured: primitives.len() };
    let state = State::of(&row, picture);
    let mut facts = vec![Fact { tone: state.tone.max(Tone::Text), ..fact("state", &state.words) }];
    facts.extend(line.iter().rev().map(|parent| fact("in", parent.id().as_str())));
    if let Resource::Primitive(primitive) = resource {
        facts.push(fact("agent", &primitive.agent));
        facts.extend(primitive.pending.as_ref().map(|pending| fact("under way", pending)));
    }
    let configured = picture.cib.as_deref().and_then(|cib| configured(&cib.resources, id));
    facts.extend(
        configured
            .filter(|it| it.parameters > 0)
            .map(|it| fact("parameters", format!("{}, not read: they may be secrets", it.parameters))),
    );
    facts.extend(threshold::words(picture, resource).into_iter().map(|(of, words)| {
        let label = if of.is_empty() { "failures".to_owned() } else { format!("failures of {of}") };
        fact(&label, words)
    }));
    let mut card =
        card(id.as_str(), format!("{} of {}", resources::kind(resource), source.entry.name), facts);
    let meta = configured.into_iter().flat_map(|it| &it.meta);
    card.add("meta attributes", meta.map(|(name, value)| fact(name, value)));
    let defaults = picture.cib.iter().flat_map(|cib| &cib.resource_defaults);
    card.add("defaults of all resources", defaults.map(|(name, value)| fact(name, value)));
    if !matches!(resource, Resource::Primitive(_)) {
        card.add(
            "contains",
            primitives.iter().map(|(_, it)| fact(it.id.as_str(), State::of_primitive(it, picture).words)),
        );
    }
    let mut family: Vec<&ResourceId> = vec![id];
    family.extend(line.iter().map(|parent| parent.id()));
    family.extend(primitives.iter().map(|(_, primitive)| &primitive.id));
    let base = |id: &ResourceId| id.as_str().split(':').next().map(str::to_owned);
    let concerns = |other: &ResourceId| family.iter().any(|own| base(own) == base(other));
    card.add(
        "failures",
        rows(
            source,
            Pane::Failures,
            |subject| matches!(subject, Subject::Failure { resource, .. } if concerns(resource)),
        ),
    );
    card.add(
        "constraints",
        constraints(picture, |constraint| constraint.rule.named().iter().any(|touched| concerns(touched))),
    );
    Some(card)
}

/// The resource of that id at or below one, and what contains it, outermost first.
fn find<'a>(resource: &'a Resource, id: &ResourceId, line: &mut Vec<&'a Resource>) -> Option<&'a Resource> {
    if resource.id() == id {
        return Some(resource);
    }
    line.push(resource);
    let found = resource.children().find_map(|child| find(child, id, line));
    if found.is_none() {
        line.pop();
    }
    found
}

fn configured<'a>(resources: &'a [ConfiguredResource], id: &ResourceId) -> Option<&'a ConfiguredResource> {
    let base = id.as_str().split(':').next();
    resources
        .iter()
        .find(|it| it.id == *id)
        .or_else(|| resources.iter().find(|it| Some(it.id.as_str()) == base))
}

fn of_constraint(source: &Source<'_>, picture: &Picture, constraint: &Constraint) -> Card {
    let mut facts = vec![fact("says", constraint_words(constraint))];
    facts.extend(constraint.expires.map(|end| {
        let there = source.there();
        let words = if end <= there {
            format!("ended {} ago ({end})", span(there.duration_since(end)))
        } else {
            format!("ends in {} ({end})", span(end.duration_since(there)))
        };
        fact("applies", words)
    }));
    if constraint.is_leftover() {
        let words =
            "left over from a move or a ban by hand: Pacemaker's tools write ids that begin with cli-";
        facts.push(Fact { tone: Tone::Warning, ..fact("origin", words) });
    }
    facts.push(made(source, picture, constraint));
    let sort = format!("{} constraint of {}", constraint_kind(&constraint.rule), source.entry.name);
    let mut card = card(constraint.id.as_str(), sort, facts);
    let touched = constraint.rule.named();
    card.add(
        "resources",
        touched.iter().map(|id| {
            let mut line = Vec::new();
            let found = picture.resources.iter().find_map(|resource| find(resource, id, &mut line));
            let state =
                found.map_or_else(|| "not there".to_owned(), |resource| state_words(resource, picture));
            fact(id.as_str(), state)
        }),
    );
    card
}

fn made(source: &Source<'_>, picture: &Picture, constraint: &Constraint) -> Fact {
    match picture.cib.as_deref().and_then(|cib| cib.made(&constraint.id)) {
        Some(Made { at, by: Some(by) }) => {
            fact("made", format!("{} ago ({at}) by {by}", span(source.since(*at))))
        }
        Some(Made { at, by: None }) => {
            fact("made", format!("{} ago ({at}) or before, by whom is not known", span(source.since(*at))))
        }
        None => {
            let words = if constraint.is_leftover() {
                "by whom and when is not known: the CIB's versions that would tell are gone, or may not be read"
            } else {
                "by whom and when is only looked for where a constraint is left over"
            };
            Fact { tone: Tone::Muted, ..fact("made", words) }
        }
    }
}

/// An element as it is written, with all that is in it.
fn of_element(source: &Source<'_>, path: &ElementPath) -> Option<Card> {
    let cib = source.picture()?.cib.as_deref()?;
    let element = path.find(&cib.configuration)?;
    let lines = markup::whole(element).into_iter().map(|(depth, parts)| Fact {
        label: String::new(),
        text: parts.iter().map(|part| part.text.as_str()).collect(),
        tone: Tone::Text,
        parts,
        indent: 2 * depth,
        remedy: None,
    });
    let title = element.get("id").unwrap_or(&element.name);
    Some(card(title, format!("{} of {}", element.name, source.entry.name), lines.collect()))
}

fn state_words(resource: &Resource, picture: &Picture) -> String {
    let primitives = resource.primitives();
    let running = primitives.iter().filter(|(_, primitive)| primitive.active).count();
    State::of(&TreeRow { depth: 0, resource, running, configured: primitives.len() }, picture).words
}

/// A row of a table as a card: its headings beside its cells.
fn of_row(source: &Source<'_>, pane: Pane, subject: &Subject, sort: &str) -> Option<Card> {
    let table = table(pane, source);
    let row = table.rows.iter().find(|row| row.subject == *subject)?;
    let cells = table.columns.iter().zip(&row.cells).filter(|(_, cell)| !cell.text.is_empty());
    let facts = cells.map(|(column, cell)| Fact {
        tone: cell.tone.max(Tone::Text),
        ..fact(&column.heading.text.to_lowercase(), &cell.text)
    });
    let title = match subject {
        Subject::Failure { resource, node, .. } => format!("{resource} on {node}"),
        Subject::Fencing { target: name, .. } => name.to_string(),
        Subject::Attribute { node, name } => format!("{name} of {node}"),
        Subject::Ticket(name) => name.clone(),
        Subject::Stack { host, part } => format!("{part} of {host}"),
        _ => String::new(),
    };
    let mut card = card(&title, format!("{sort} in {}", source.entry.name), facts.collect());
    if let (Subject::Failure { resource, node, operation }, Some(picture)) = (subject, source.picture()) {
        let same = picture.failures.iter().filter(|failure| {
            failure.resource == *resource && failure.node == *node && failure.operation == *operation
        });
        card.add(
            "as the agent and Pacemaker put it",
            same.flat_map(|failure| {
                [
                    fact("exit reason", &failure.exit_reason),
                    fact("execution", &failure.status),
                    fact("at", failure.at.map_or_else(String::new, |at| at.to_string())),
                ]
                .into_iter()
                .filter(|fact| !fact.text.is_empty())
            }),
        );
    }
    Some(card)
}

/// The rows of a table that are of a subject, each as a line.
fn rows(source: &Source<'_>, pane: Pane, holds: impl Fn(&Subject) -> bool) -> Vec<Fact> {
    let rows = table(pane, source).rows.into_iter().filter(|row| holds(&row.subject));
    rows.map(|row| {
        let words: Vec<&str> =
            row.cells.iter().skip(1).map(|cell| cell.text.as_str()).filter(|text| !text.is_empty()).collect();
        let label = row.cells.first().map_or("", |cell| cell.text.as_str());
        Fact { tone: row.urgency.max(Tone::Text), ..fact(label, words.join(", ")) }
    })
    .collect()
}

fn constraints(picture: &Picture, holds: impl Fn(&Constraint) -> bool) -> Vec<Fact> {
    let all = picture.cib.iter().flat_map(|cib| &cib.constraints);
    all.filter(|constraint| holds(constraint))
        .map(|constraint| {
            let tone = if constraint.is_leftover() { Tone::Warning } else { Tone::Text };
            let words = format!("{} ({})", constraint_words(constraint), constraint.id);
            Fact { tone, ..fact(constraint_kind(&constraint.rule), words) }
        })
        .collect()
}
