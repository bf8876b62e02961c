//! Which clusters a filter shows.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::ClusterState;

/// A text that clusters are matched against: fuzzily against their names, letter by letter against what is
/// in them (tier, health, members, resources, findings). An empty one matches everything.
pub struct Filter {
    pattern: Pattern,
    words: Vec<String>,
    matcher: Matcher,
}

impl Filter {
    /// A filter of what was typed. Words are and-ed.
    pub fn new(text: &str) -> Self {
        Self {
            pattern: Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart),
            words: text.split_whitespace().map(str::to_lowercase).collect(),
            matcher: Matcher::new(Config::DEFAULT),
        }
    }

    /// Whether the cluster is shown.
    pub fn matches(&mut self, cluster: &ClusterState) -> bool {
        self.words.is_empty()
            || self.letters(cluster.entry.name.as_str()).is_some()
            || self.words.iter().all(|word| holds(cluster, word))
    }

    /// Which letters of a name it matched, sorted; `None` where it does not match.
    pub fn letters(&mut self, name: &str) -> Option<Vec<u32>> {
        let (mut buffer, mut letters) = (Vec::new(), Vec::new());
        self.pattern.indices(Utf32Str::new(name, &mut buffer), &mut self.matcher, &mut letters)?;
        letters.sort_unstable();
        letters.dedup();
        Some(letters)
    }
}

fn holds(cluster: &ClusterState, word: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(word);
    has(&cluster.entry.tier.to_string())
        || has(&cluster.health.to_string())
        || cluster.entry.hosts.iter().any(|host| has(host.as_str()))
        || cluster.findings.iter().any(|finding| has(&finding.summary) || has(finding.code))
        || cluster.observation.picture.as_ref().is_some_and(|picture| {
            picture.nodes.iter().any(|node| has(node.name.as_str()))
                || picture.primitives().any(|(parent, primitive)| {
                    has(primitive.id.as_str()) || parent.is_some_and(|parent| has(parent.as_str()))
                })
        })
}
