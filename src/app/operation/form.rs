//! What a person enters before an operation begins.

use tui_input::Input;

/// What a person enters before an operation begins.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// Where the keys go.
    pub focus: Focus,
    /// The name, where it has to be typed.
    pub name: Input,
    /// Why, for the audit log.
    pub reason: Input,
    /// In whose words the commands were copied last.
    pub copied: Option<Dialect>,
}

/// Where the keys of a form go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// The button that changes nothing.
    #[default]
    Cancel,
    /// The button that begins it or, when it is over, undoes it.
    Confirm,
    /// The name to be typed.
    Name,
    /// The reason.
    Reason,
}

/// In whose words a command is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// As it is run.
    Own,
    /// As pcs has it.
    Pcs,
    /// As crmsh has it.
    Crm,
}

impl Form {
    /// Whether letters go into a field.
    pub fn is_typing(&self) -> bool {
        matches!(self.focus, Focus::Name | Focus::Reason)
    }

    /// The field that has the keys.
    pub(in crate::app) fn field(&mut self) -> Option<&mut Input> {
        match self.focus {
            Focus::Name => Some(&mut self.name),
            Focus::Reason => Some(&mut self.reason),
            Focus::Cancel | Focus::Confirm => None,
        }
    }

    /// Puts the keys `by` further on in a ring.
    pub(in crate::app) fn turn(&mut self, ring: &[Focus], by: isize) {
        let at = ring.iter().position(|focus| *focus == self.focus).unwrap_or(0) as isize;
        let count = ring.len().max(1) as isize;
        self.focus = ring.get((at + by).rem_euclid(count) as usize).copied().unwrap_or_default();
    }
}

impl Dialect {
    /// The one after it, round and round.
    pub(in crate::app) fn after(last: Option<Self>) -> Self {
        match last {
            None | Some(Self::Crm) => Self::Own,
            Some(Self::Own) => Self::Pcs,
            Some(Self::Pcs) => Self::Crm,
        }
    }
}

impl PartialEq for Form {
    fn eq(&self, other: &Self) -> bool {
        let text = |form: &Self| (form.name.value().to_owned(), form.reason.value().to_owned());
        self.focus == other.focus && self.copied == other.copied && text(self) == text(other)
    }
}

impl Eq for Form {}
