//! The end of a member's log, so that what comes again after a reconnect isn't shown again.

use std::collections::VecDeque;

/// How many lines a member gives again when it is asked again: what `follow_log` says.
pub(super) const AGAIN: usize = 200;

/// The last lines that one member gave, and those that came since a reconnect and may be the same.
#[derive(Debug, Default)]
pub(super) struct Tail {
    /// At most [`AGAIN`], the oldest first.
    last: VecDeque<String>,
    /// Where in `last` the log may have begun again: the lines from there on are the ones held back.
    starts: Vec<usize>,
    /// Lines that came since the reconnect and have not been shown, as each may be one that was.
    held: Vec<String>,
}

impl Tail {
    /// The connection is a new one: the member begins with lines that it may have given before.
    pub(super) fn reconnect(&mut self) {
        self.held.clear();
        self.starts = (0..self.last.len()).collect();
    }

    /// Takes the next line; gives those that have not been shown yet.
    pub(super) fn add(&mut self, line: String) -> Vec<String> {
        if self.starts.is_empty() {
            self.remember(&line);
            return vec![line];
        }
        let (last, nth) = (&self.last, self.held.len());
        let goes_on = |start: &usize| last.get(start + nth) == Some(&line);
        if self.starts.iter().any(goes_on) {
            // A start whose lines have all come again stays: it counts if the longer ones turn out wrong.
            self.starts.retain(|start| start + nth >= last.len() || goes_on(start));
            self.held.push(line);
            return Vec::new();
        }
        // The log goes on where the last lines ended: as many of those held are known as the longest match says.
        let whole = self.starts.iter().map(|start| last.len() - start).filter(|length| *length <= nth).max();
        self.starts.clear();
        self.held.push(line);
        let mut new = std::mem::take(&mut self.held);
        // Of lines that are all alike too many may have been taken for known: what counts is what came.
        self.last.clear();
        for line in &new {
            self.remember(line);
        }
        new.split_off(whole.unwrap_or(0))
    }

    fn remember(&mut self, line: &str) {
        if self.last.len() == AGAIN {
            self.last.pop_front();
        }
        self.last.push_back(line.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is shown of a log that grows by so many lines before each connection and, with the second number, during it.
    fn shown(log: &[String], connections: &[(usize, usize)]) -> Vec<String> {
        let (mut tail, mut shown, mut end) = (Tail::default(), Vec::new(), 0_usize);
        for (missed, live) in connections {
            tail.reconnect();
            let begin = (end + missed).min(log.len()).saturating_sub(AGAIN);
            end = (end + missed + live).min(log.len());
            for line in &log[begin..end] {
                shown.extend(tail.add(line.clone()));
            }
        }
        shown
    }

    fn connections() -> impl Strategy<Value = Vec<(usize, usize)>> {
        prop::collection::vec((0..=AGAIN, 0..300_usize), 1..6)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn every_line_is_shown_once(connections in connections()) {
            let log: Vec<String> = (0..connections.iter().map(|(missed, live)| missed + live).sum()).map(|nth: usize| format!("line {nth}")).collect();
            prop_assert_eq!(shown(&log, &connections), log);
        }

        /// Of lines that are all alike nobody can tell which is which; none comes too often, and none out of turn.
        #[test]
        fn lines_that_are_alike_are_never_shown_too_often(
            log in prop::collection::vec("[ab]", 0..600),
            connections in connections(),
        ) {
            let shown = shown(&log, &connections);
            let mut rest = log.iter();
            prop_assert!(shown.iter().all(|line| rest.any(|it| it == line)), "{:?} of {:?}", shown, log);
        }
    }

    #[test]
    fn a_log_that_begins_anew_is_shown() {
        let mut tail = Tail::default();
        let lines = |words: &str| words.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let mut add = |words: &str| -> Vec<String> {
            tail.reconnect();
            lines(words).into_iter().flat_map(|line| tail.add(line)).collect()
        };
        assert_eq!(add("a b a"), lines("a b a"));
        assert_eq!(add("a b c"), lines("b c"), "it began at the second a");
        assert_eq!(add("x y"), lines("x y"));
        assert_eq!(add("x y z"), lines("z"));
    }
}
