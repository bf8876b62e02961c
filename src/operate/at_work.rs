//! Which operations this process is working on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The operations that this process is working on, or has ended. The audit log can't tell: a line of this process may be
/// about an operation that it has dropped since, and a full disk keeps it from logging that.
#[derive(Debug, Clone, Default)]
pub struct AtWork(Arc<Mutex<HashMap<String, State>>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Working,
    /// Kept for those who read the log before the end was written, and ask afterwards.
    Ended,
}

/// Work on one operation. Dropping it ends the work, also when a task is aborted or panics.
#[derive(Debug)]
pub(super) struct Working {
    all: AtWork,
    id: String,
    is_ended: bool,
}

impl AtWork {
    /// Begins work on the operation of that id; `None` while this process is already working on it.
    pub(super) fn begin(&self, id: &str) -> Option<Working> {
        let before = self.lock().insert(id.to_owned(), State::Working);
        let working = || Working { all: self.clone(), id: id.to_owned(), is_ended: false };
        (before != Some(State::Working)).then(working)
    }

    /// Whether this process is working on the operation of that id, or has ended it.
    pub fn has(&self, id: &str) -> bool {
        self.lock().contains_key(id)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, State>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Working {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The operation's end is in the log.
    pub(super) fn end(&mut self) {
        self.is_ended = true;
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        if self.is_ended {
            all.insert(self.id.clone(), State::Ended);
        } else {
            all.remove(&self.id);
        }
    }
}
