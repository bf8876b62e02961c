//! The CIB's configuration as a tree that can be folded.

use std::collections::{BTreeSet, HashMap};

use super::markup::{End, tag};
use super::{Cell, Column, Mark, Row, Source, Subject, Table, Tone, Width};
use crate::model::{Cib, Element};

/// Where an element stands: the ids, or names, of those around it, outermost first, and its own. It stays the same
/// while others come and go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ElementPath(Vec<String>);

/// Which elements are folded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folds {
    base: Base,
    /// Those that are not as the base has them.
    turned: BTreeSet<ElementPath>,
}

/// How elements are that nobody has turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Base {
    /// Only the outermost are unfolded.
    #[default]
    Outline,
    AllFolded,
    AllUnfolded,
}

impl ElementPath {
    fn below(&self, segment: String) -> Self {
        Self(self.0.iter().cloned().chain([segment]).collect())
    }

    /// How many elements are around it.
    fn depth(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// The element around it; `None` for an outermost one.
    pub fn parent(&self) -> Option<Self> {
        let (_, parents) = self.0.split_last()?;
        (!parents.is_empty()).then(|| Self(parents.to_vec()))
    }

    /// The element of that path in a configuration.
    pub(super) fn find<'e>(&self, root: &'e Element) -> Option<&'e Element> {
        let mut found = root;
        for segment in &self.0 {
            found = children(found).find(|(own, _)| own == segment)?.1;
        }
        Some(found)
    }
}

impl Folds {
    /// Everything folded.
    pub const fn folded() -> Self {
        Self { base: Base::AllFolded, turned: BTreeSet::new() }
    }

    /// Everything unfolded.
    pub const fn unfolded() -> Self {
        Self { base: Base::AllUnfolded, turned: BTreeSet::new() }
    }

    /// Whether what is in that element is seen.
    pub fn is_unfolded(&self, path: &ElementPath) -> bool {
        let base = match self.base {
            Base::Outline => path.depth() == 0,
            Base::AllFolded => false,
            Base::AllUnfolded => true,
        };
        base != self.turned.contains(path)
    }

    /// Folds what is unfolded, and the other way round.
    pub fn turn(&mut self, path: &ElementPath) {
        if !self.turned.remove(path) {
            self.turned.insert(path.clone());
        }
    }

    /// Unfolds all that is around that element.
    pub fn reveal(&mut self, path: &ElementPath) {
        for around in std::iter::successors(path.parent(), ElementPath::parent) {
            if !self.is_unfolded(&around) {
                self.turn(&around);
            }
        }
    }
}

pub(super) fn columns(cib: Option<&Cib>) -> Vec<Column> {
    let heading = cib.map_or_else(
        || "CONFIGURATION".to_owned(),
        |cib| {
            let schema = cib.schema.as_deref().unwrap_or("no schema");
            format!("CONFIGURATION {}.{}, {schema}", cib.epoch.0, cib.epoch.1)
        },
    );
    vec![Column::new(&heading, Width::Rest)]
}

/// The elements that are seen: those that are not folded away; with a filter those that hold all its words, and what
/// is around them.
pub fn configuration(source: &Source<'_>, folds: &Folds, filter: &str) -> Table {
    let cib = source.picture().and_then(|picture| picture.cib.as_deref());
    let mut table = Table::empty(columns(cib), "The configuration could not be read.");
    let Some(cib) = cib else { return table };
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    let mut tree = Tree { source, folds, words: &words, rows: &mut table.rows };
    for (segment, element) in children(&cib.configuration) {
        tree.push(element, ElementPath::default().below(segment), words.is_empty());
    }
    if source.observation.current().is_none() {
        table.rows.iter_mut().for_each(Row::fade);
    }
    table
}

struct Tree<'a> {
    source: &'a Source<'a>,
    folds: &'a Folds,
    words: &'a [String],
    rows: &'a mut Vec<Row>,
}

impl Tree<'_> {
    /// Adds an element, and what is in it as far as that is seen. `wanted`: it is to be seen, as it is what the filter
    /// looks for, or stands in that unfolded. In what is folded still only what is looked for is seen. Says whether
    /// anything was added.
    fn push(&mut self, element: &Element, path: ElementPath, wanted: bool) -> bool {
        let wanted = wanted || self.matches(element);
        let at = self.rows.len();
        let is_unfolded = self.folds.is_unfolded(&path);
        let mut found = false;
        if is_unfolded || !self.words.is_empty() {
            for (segment, child) in children(element) {
                found |= self.push(child, path.below(segment), wanted && is_unfolded);
            }
        }
        if wanted || found {
            self.rows.insert(at, self.row(element, path, found || (wanted && is_unfolded)));
        }
        wanted || found
    }

    fn row(&self, element: &Element, path: ElementPath, is_unfolded: bool) -> Row {
        let (end, mark) = match (element.children.is_empty(), is_unfolded) {
            (true, _) => (End::Empty, None),
            (false, true) => (End::Open, Some(Mark::Unfolded)),
            (false, false) => (End::Folded, Some(Mark::Folded)),
        };
        let parts = tag(element, end);
        let text: String = parts.iter().map(|part| part.text.as_str()).collect();
        // What can't be folded has no sign; its words stand under those of the others.
        let indent = path.depth() * 2 + if mark.is_none() { 2 } else { 0 };
        let cell = Cell { mark, parts, indent, ..Cell::new(text).tone(Tone::Text) };
        Row {
            cluster: self.source.entry.name.clone(),
            subject: Subject::Element(path),
            urgency: Tone::Text,
            cells: vec![cell],
        }
    }

    fn matches(&self, element: &Element) -> bool {
        let has = |word: &String| {
            let of = |text: &str| text.to_lowercase().contains(word);
            of(&element.name) || element.attributes.iter().any(|(_, value)| of(value))
        };
        self.words.iter().all(has)
    }
}

/// The elements in one, each with what it is called there.
fn children(element: &Element) -> impl Iterator<Item = (String, &Element)> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    element.children.iter().map(move |child| {
        let name = child.get("id").filter(|id| !id.is_empty()).unwrap_or(&child.name);
        let nth = seen.entry(name).or_default();
        *nth += 1;
        (if *nth == 1 { name.to_owned() } else { format!("{name}#{nth}") }, child)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::details;
    use super::*;
    use crate::model::{Access, ClusterEntry, Contact, Observation, Picture, Tier};
    use crate::pacemaker::parse;

    const CIB: &str = r#"<cib admin_epoch="0" epoch="7" validate-with="pacemaker-3.9"><configuration>
        <crm_config/><resources><primitive id="vip" class="ocf"><instance_attributes id="vip-ia">
        <nvpair id="vip-ip" name="ip" value="10.0.0.1"/><nvpair id="vip-pw" name="passwd" value="geheim"/>
        </instance_attributes></primitive><primitive id="web" class="ocf"/></resources>
        <constraints><rsc_order id="o"/><rsc_order id="o"/></constraints></configuration></cib>"#;

    fn with_source<T>(look: impl FnOnce(&Source<'_>) -> T) -> T {
        let cib = parse::cib(CIB.as_bytes()).unwrap();
        let entry = ClusterEntry {
            name: "db".into(),
            tier: Tier::Core,
            hosts: vec!["db1".into()],
            access: Access::default(),
            needs: None,
        };
        let observation = Observation {
            contact: Contact::Live { host: "db1".into() },
            picture: Some(Arc::new(Picture { cib: Some(Arc::new(cib)), ..Picture::default() })),
            ..Observation::none()
        };
        let now = jiff::Timestamp::UNIX_EPOCH;
        look(&Source { entry: &entry, observation: &observation, findings: &[], now })
    }

    fn shown(folds: &Folds, filter: &str) -> Vec<String> {
        with_source(|source| {
            let line = |row: &Row| format!("{}{}", " ".repeat(row.cells[0].indent), row.cells[0].text);
            configuration(source, folds, filter).rows.iter().map(line).collect()
        })
    }

    fn path(filter: &str) -> ElementPath {
        with_source(|source| {
            let table = configuration(source, &Folds::default(), filter);
            match &table.rows.last().unwrap().subject {
                Subject::Element(path) => path.clone(),
                other => panic!("{other:?}"),
            }
        })
    }

    #[test]
    fn at_first_an_outline_is_seen() {
        assert_eq!(
            shown(&Folds::default(), ""),
            [
                "  <crm_config/>",
                "<resources>",
                "  <primitive id=\"vip\" class=\"ocf\">…",
                "    <primitive id=\"web\" class=\"ocf\"/>",
                "<constraints>",
                "    <rsc_order id=\"o\"/>",
                "    <rsc_order id=\"o\"/>",
            ]
        );
    }

    #[test]
    fn elements_are_turned_one_by_one_and_all_at_once() {
        let mut folds = Folds::default();
        folds.turn(&path("web").parent().unwrap());
        assert_eq!(shown(&folds, "").len(), 5);
        folds.turn(&path("web").parent().unwrap());
        assert_eq!(shown(&folds, "").len(), 7);
        assert_eq!(shown(&Folds::folded(), "").len(), 3);
        assert_eq!(shown(&Folds::unfolded(), "").len(), 10);
    }

    #[test]
    fn a_filter_finds_what_is_folded_away_and_reveals_it() {
        let found = shown(&Folds::folded(), "10.0.0");
        assert_eq!(found.len(), 4, "{found:?}");
        assert_eq!(found[3], "        <nvpair name=\"ip\" value=\"10.0.0.1\" id=\"vip-ip\"/>");
        let mut folds = Folds::folded();
        folds.reveal(&path("10.0.0"));
        assert!(shown(&folds, "").contains(&found[3]));
        assert!(shown(&Folds::unfolded(), "nothing-like-it").is_empty());
    }

    #[test]
    fn a_filter_finds_what_is_in_a_folded_match() {
        let found = shown(&Folds::default(), "vip");
        assert_eq!(found.len(), 5, "{found:?}");
        assert!(found[3].contains("vip-ip") && found[4].contains("vip-pw"), "{found:?}");
        // What is in a match and is none itself is seen where somebody has unfolded the match.
        assert_eq!(shown(&Folds::default(), "resources").len(), 3);
        assert_eq!(shown(&Folds::folded(), "resources"), ["<resources>…"]);
    }

    #[test]
    fn twins_are_told_apart() {
        let paths: BTreeSet<ElementPath> = with_source(|source| {
            let table = configuration(source, &Folds::unfolded(), "");
            table
                .rows
                .into_iter()
                .filter_map(|row| match row.subject {
                    Subject::Element(path) => Some(path),
                    _ => None,
                })
                .collect()
        });
        assert_eq!(paths.len(), 10);
    }

    #[test]
    fn a_card_holds_the_element_without_its_secrets() {
        let vip = path("vip ocf");
        let card = with_source(|source| details(source, &Subject::Element(vip))).unwrap();
        let lines: Vec<String> = card
            .sections
            .iter()
            .flat_map(|section| &section.facts)
            .map(|fact| format!("{}{}", " ".repeat(fact.indent), fact.text))
            .collect();
        assert_eq!(lines[0], "<primitive id=\"vip\" class=\"ocf\">");
        assert_eq!(lines[2], "    <nvpair name=\"ip\" value=\"10.0.0.1\" id=\"vip-ip\"/>");
        assert_eq!(lines[3], "    <nvpair name=\"passwd\" value=\"********\" id=\"vip-pw\"/>");
        assert_eq!(lines.last().unwrap(), "</primitive>");
    }
}
