//! The same answer for one node alone.

use super::{Cause, NodeAnswer, Pull, Why};
use crate::health::Severity;
use crate::model::{NodeName, ResourceId, clean};

impl Why {
    /// Why that resource, which this is about, does or does not run on that node: what speaks for and against it there comes before what
    /// is true of the resource everywhere. A node of which nothing is said changes nothing.
    #[must_use]
    pub fn on(mut self, resource: &ResourceId, node: &NodeName) -> Self {
        let Some(at) = self.nodes.iter().position(|answer| answer.node == *node) else { return self };
        let answer = self.nodes.remove(at);
        let elsewhere: Vec<String> = self
            .nodes
            .iter()
            .filter(|other| other.role.is_some())
            .map(|other| other.node.to_string())
            .collect();
        let does = if answer.role.is_some() { "run" } else { "not run" };
        self.question = clean(&format!("Why does {resource} {does} on {node}?"));
        self.causes.insert(0, cause(&answer, &elsewhere));
        self.nodes.insert(0, answer);
        self
    }
}

fn cause(answer: &NodeAnswer, elsewhere: &[String]) -> Cause {
    let node = clean(answer.node.as_str());
    let of = |pull: Pull| {
        answer.reasons.iter().filter(move |reason| reason.pull == pull).map(|reason| reason.words.clone())
    };
    let never: Vec<String> = of(Pull::Never).collect();
    let (severity, summary, evidence) = match &answer.role {
        Some(role) => {
            let reasons = never.into_iter().chain(of(Pull::For)).chain(of(Pull::Fact)).collect();
            (Severity::Note, format!("On {node} it is {}.", role.word().to_lowercase()), reasons)
        }
        None if !never.is_empty() => (Severity::Warning, format!("It can't run on {node}."), never),
        None => {
            let against: Vec<String> = of(Pull::Against).collect();
            let words = if against.is_empty() {
                format!("It could run on {node}.")
            } else {
                format!("It would rather not run on {node}.")
            };
            let there = (!elsewhere.is_empty()).then(|| format!("it runs on {}", elsewhere.join(" ")));
            (Severity::Note, words, against.into_iter().chain(there.map(|words| clean(&words))).collect())
        }
    };
    Cause::new(severity, summary).because(evidence)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::health::why::Reason;
    use crate::model::Role;

    fn why() -> Why {
        let answer = |node: &str, role: Option<Role>, reasons: &[(Pull, &str)]| NodeAnswer {
            node: node.into(),
            role,
            reasons: reasons
                .iter()
                .map(|(pull, words)| Reason { pull: *pull, words: (*words).to_owned() })
                .collect(),
        };
        let mut why = Why::new("Why does vip run on a?".to_owned());
        why.causes.push(Cause::new(Severity::Note, "As it was meant to be."));
        why.nodes = vec![
            answer("a", Some(Role::Started), &[(Pull::For, "it runs there")]),
            answer("b", None, &[(Pull::Never, "banned"), (Pull::Fact, "free")]),
            answer("c", None, &[]),
        ];
        why
    }

    #[rstest]
    #[case("a", "On a it is started.", Severity::Note, &["it runs there"])]
    #[case("b", "It can't run on b.", Severity::Warning, &["banned"])]
    #[case("c", "It could run on c.", Severity::Note, &["it runs on a"])]
    fn the_node_comes_first(
        #[case] node: &str,
        #[case] summary: &str,
        #[case] severity: Severity,
        #[case] evidence: &[&str],
    ) {
        let why = why().on(&"vip".into(), &node.into());
        let does = if node == "a" { "run" } else { "not run" };
        assert_eq!(why.question, format!("Why does vip {does} on {node}?"));
        let first = &why.causes[0];
        assert_eq!((first.summary.as_str(), first.severity), (summary, severity));
        assert_eq!(first.evidence, evidence);
        assert_eq!((why.causes.len(), why.nodes.len()), (2, 3));
        assert_eq!(why.nodes[0].node, node);
    }

    #[test]
    fn a_node_of_which_nothing_is_said_changes_nothing() {
        assert_eq!(why().on(&"vip".into(), &"z".into()), why());
    }
}
