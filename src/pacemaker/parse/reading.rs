//! Reading values, and keeping a note of those that were not understood.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::Offset;

use super::limits;
use crate::model::text::clean;
use crate::model::{Role, Score, boolean};
use crate::pacemaker::date;
use crate::pacemaker::xml::{self, Element};

/// More oddities than this are not kept: whoever writes more is not describing a cluster.
const MOST_ODDITIES: usize = 50;

/// The text that is being read and what was odd about it.
pub(super) struct Reading<'a> {
    source: &'a str,
    zone: Option<Offset>,
    oddities: Vec<String>,
    /// What there is too much of.
    left_out: Vec<String>,
    /// How many more resources are read.
    room: usize,
}

impl<'a> Reading<'a> {
    /// Dates in that text that name no zone are in `zone`.
    pub(super) const fn new(source: &'a str, zone: Option<Offset>) -> Self {
        Self { source, zone, oddities: Vec::new(), left_out: Vec::new(), room: limits::RESOURCES }
    }

    /// Notes that what stands at that byte was not understood.
    pub(super) fn odd(&mut self, at: usize, what: &str) {
        match self.oddities.len() {
            ..MOST_ODDITIES => {
                let line = xml::line_of(self.source, at);
                self.oddities.push(clean(&format!("line {line}: {what}")));
            }
            MOST_ODDITIES => self.oddities.push("more that is not listed".to_owned()),
            _ => {}
        }
    }

    /// The first of those things, up to that many; that others are left out is noted.
    pub(super) fn first<T>(
        &mut self,
        most: usize,
        what: &str,
        things: impl IntoIterator<Item = T>,
    ) -> Vec<T> {
        let mut things = things.into_iter();
        let kept: Vec<T> = things.by_ref().take(most).collect();
        let more = things.count();
        if more > 0 {
            self.leave_out(kept.len(), kept.len() + more, what);
        }
        kept
    }

    /// Notes that only so many of all of these are read.
    pub(super) fn leave_out(&mut self, read: usize, of: usize, what: &str) {
        if self.left_out.len() < MOST_ODDITIES {
            self.left_out.push(format!("{read} of {of} {what}"));
        }
    }

    /// Whether there is room for another resource.
    pub(super) const fn has_room(&mut self) -> bool {
        let has_room = self.room > 0;
        self.room = self.room.saturating_sub(1);
        has_room
    }

    pub(super) fn take_left_out(&mut self) -> Vec<String> {
        std::mem::take(&mut self.left_out)
    }

    pub(super) fn take_oddities(&mut self) -> Vec<String> {
        std::mem::take(&mut self.oddities)
    }

    fn odd_attribute(&mut self, element: &Element<'_>, name: &str, value: &str, expected: &str) {
        self.odd(element.at, &format!("<{}> {name}=\"{value}\" is not {expected}", element.name));
    }

    /// A boolean in any of Pacemaker's spellings; `None` where it is missing or not understood.
    pub(super) fn flag(&mut self, element: &Element<'_>, name: &str) -> Option<bool> {
        let value = element.get(name)?;
        let known = boolean(value);
        if known.is_none() {
            self.odd_attribute(element, name, value, "a yes or no");
        }
        known
    }

    /// Whether that is said to be so.
    pub(super) fn is(&mut self, element: &Element<'_>, name: &str) -> bool {
        self.flag(element, name).unwrap_or(false)
    }

    /// A number; `None` where it is missing or not understood.
    pub(super) fn number<T: FromStr>(&mut self, element: &Element<'_>, name: &str) -> Option<T> {
        let value = element.get(name)?;
        let number = value.trim().parse().ok();
        if number.is_none() {
            self.odd_attribute(element, name, value, "a number in range");
        }
        number
    }

    /// A score or count; `None` where it is missing or not understood.
    pub(super) fn score(&mut self, element: &Element<'_>, name: &str) -> Option<Score> {
        let value = element.get(name)?;
        let score = Score::parse(value);
        if score.is_none() {
            self.odd_attribute(element, name, value, "a score");
        }
        score
    }

    /// A date; `None` where it is missing, has no zone and none is known, or is not understood.
    pub(super) fn date(&mut self, element: &Element<'_>, name: &str) -> Option<Timestamp> {
        let value = element.get(name)?;
        date::parse(value, self.zone).unwrap_or_else(|date::NotADate| {
            self.odd_attribute(element, name, value, "a date");
            None
        })
    }
}

/// The text of an attribute made fit for the screen; `None` where it is missing or empty.
pub(super) fn text(element: &Element<'_>, name: &str) -> Option<String> {
    element.get(name).filter(|value| !value.is_empty()).map(clean)
}

/// The role that an attribute names; `None` where it is missing or empty.
pub(super) fn role(element: &Element<'_>, name: &str) -> Option<Role> {
    element.get(name).filter(|word| !word.is_empty()).map(role_of)
}

/// `target-role` is printed as an administrator typed it, and Pacemaker does not mind case.
pub(super) fn role_of(word: &str) -> Role {
    let mut letters = word.chars();
    let capitalised = match letters.next() {
        Some(first) if word.is_ascii() => {
            format!("{}{}", first.to_ascii_uppercase(), letters.as_str().to_ascii_lowercase())
        }
        _ => word.to_owned(),
    };
    match Role::from_word(&capitalised) {
        Role::Other(_) => Role::Other(clean(word)),
        known => known,
    }
}
