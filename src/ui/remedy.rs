//! What to do about something, with the key beside each command that the console can carry out itself.

use std::cell::RefCell;

use ratatui::text::Span;

use super::{Look, text};
use crate::app::{Action, Context, State};
use crate::health::{Fix, Remedy};
use crate::model::ClusterName;
use crate::theme::Role;

/// The keys that carry out fixes where something is drawn.
pub(super) struct Keys<'l> {
    pub(super) look: &'l Look,
    /// `None` where no key does: the focus is elsewhere, or the cluster is read-only or a saved picture.
    context: Option<Context>,
    /// Finding an action's keys walks the whole keymap, so each is looked up once.
    known: RefCell<Vec<(Action, Option<String>)>>,
}

impl<'l> Keys<'l> {
    pub(super) fn new(look: &'l Look, state: &State, cluster: &ClusterName, context: Context) -> Self {
        let is_changeable = !state.is_saved && !state.is_locked(cluster);
        Self { context: is_changeable.then_some(context), ..Self::none(look) }
    }

    pub(super) fn none(look: &'l Look) -> Self {
        Self { look, context: None, known: RefCell::default() }
    }

    fn of(&self, fix: &Fix) -> Option<String> {
        let (context, action) = (self.context?, Action::of(fix)?);
        let mut known = self.known.borrow_mut();
        if let Some((_, keys)) = known.iter().find(|(known, _)| *known == action) {
            return keys.clone();
        }
        let keys = self.look.keymap.keys_for(context, action).into_iter().next();
        known.push((action, keys.clone()));
        keys
    }
}

/// The remedy on lines of `width` cells. One key carries out all fixes of a kind, so it stands behind the last of them.
/// `has_key` tells the fixes that a key would carry out here.
pub(super) fn lines(
    remedy: &Remedy,
    width: usize,
    keys: &Keys<'_>,
    has_key: impl Fn(&Fix) -> bool,
) -> Vec<Vec<Span<'static>>> {
    let fixes: Vec<&Fix> = remedy.fixes().collect();
    let mut words: Vec<String> = Vec::new();
    let mut labels: Vec<String> = Vec::new();
    let mut is_open = false;
    for (nth, (piece, fix)) in remedy.pieces().enumerate() {
        let mut more = piece.split_whitespace();
        // What follows a command without a blank, such as a full stop, stays with its key.
        if is_open && !piece.starts_with(char::is_whitespace) {
            let rest = more.next().unwrap_or_default();
            words.last_mut().into_iter().for_each(|word| word.push_str(rest));
        }
        words.extend(more.map(str::to_owned));
        is_open = fix.is_some();
        let is_last = |fix: &&Fix| !fixes.iter().skip(nth + 1).any(|later| later.is_like(fix));
        if let Some(key) = fix.filter(is_last).filter(|fix| has_key(fix)).and_then(|fix| keys.of(fix)) {
            let label = format!("[{key}]");
            words.push(label.clone());
            labels.push(label);
        }
    }
    let lines = text::wrap_words(words.iter().map(String::as_str), width);
    lines.into_iter().map(|line| styled(&line, &labels, keys.look)).collect()
}

/// The line with the keys in it marked as such.
fn styled(line: &str, labels: &[String], look: &Look) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    let mut rest = line;
    while let Some((at, label)) =
        labels.iter().filter_map(|label| Some((rest.find(label.as_str())?, label))).min()
    {
        let (before, from) = rest.split_at(at);
        let (label, after) = from.split_at(label.len());
        spans.push(look.span(Role::Text, before));
        spans.push(look.span(Role::Key, label));
        rest = after;
    }
    spans.push(look.span(Role::Text, rest));
    spans
}
