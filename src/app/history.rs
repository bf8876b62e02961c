//! A cluster's health over the last minutes.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::health::Health;

/// The worst health of each span of [`History::SPAN`] seconds, newest last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    spans: VecDeque<(i64, Health)>,
}

impl History {
    /// How many seconds a span holds.
    pub const SPAN: i64 = 30;
    /// How many spans are kept: half an hour of them.
    pub const KEPT: usize = 60;

    /// Notes that the cluster's health was so at that time.
    pub fn record(&mut self, at: Timestamp, health: Health) {
        let span = at.as_second().div_euclid(Self::SPAN);
        match self.spans.back_mut() {
            Some((last, worst)) if *last == span => *worst = (*worst).max(health),
            Some((last, _)) if *last > span => {}
            _ => self.spans.push_back((span, health)),
        }
        while self.spans.len() > Self::KEPT {
            self.spans.pop_front();
        }
    }

    /// The last `count` spans up to now, oldest first; `None` where nothing was recorded.
    pub fn last(&self, count: usize, now: Timestamp) -> Vec<Option<Health>> {
        let newest = now.as_second().div_euclid(Self::SPAN);
        let oldest = newest - count as i64 + 1;
        let mut spans = vec![None; count];
        for &(span, health) in &self.spans {
            if let Some(place) = usize::try_from(span - oldest).ok().and_then(|at| spans.get_mut(at)) {
                *place = Some(health);
            }
        }
        spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_span_keeps_its_worst() {
        let mut history = History::default();
        history.record(at(0), Health::Ok);
        history.record(at(10), Health::Critical);
        history.record(at(20), Health::Ok);
        assert_eq!(history.last(1, at(29)), [Some(Health::Critical)]);
    }

    #[test]
    fn what_was_not_seen_is_blank() {
        let mut history = History::default();
        history.record(at(0), Health::Ok);
        history.record(at(90), Health::Warning);
        assert_eq!(history.last(4, at(95)), [Some(Health::Ok), None, None, Some(Health::Warning)]);
        assert_eq!(history.last(2, at(155)), [None, None]);
    }

    #[test]
    fn a_clock_set_back_changes_nothing() {
        let mut history = History::default();
        history.record(at(90), Health::Warning);
        history.record(at(0), Health::Critical);
        assert_eq!(history.last(1, at(95)), [Some(Health::Warning)]);
    }

    #[test]
    fn it_is_bounded() {
        let mut history = History::default();
        for span in 0..1000 {
            history.record(at(span * History::SPAN), Health::Ok);
        }
        assert_eq!(history.spans.len(), History::KEPT);
    }
}
