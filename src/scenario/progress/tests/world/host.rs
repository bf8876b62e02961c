//! A host as the constant scripts of `perform` keep it: a lock, and what became of each script.

use std::collections::BTreeMap;

use crate::scenario::journal::{Fate, Job};

/// Whose the lock is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Us,
    Another,
}

/// What the host knows of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kept {
    Works(Job),
    Exited(i32),
    Dead,
    Never,
}

/// What came of taking the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    Ours,
    Refused,
}

/// A script of ours and another run's worked at the same time, or two of ours.
#[derive(Debug)]
pub(super) struct Twice;

#[derive(Debug)]
pub(super) struct Host {
    pub(super) is_reachable: bool,
    pub(super) boot: u32,
    lock: Option<Owner>,
    /// The last script that was sent before the host began to remember.
    since: Option<u64>,
    records: BTreeMap<u64, Kept>,
    /// Whether another run's script works.
    is_another_at_work: bool,
    /// Whether what works there survives every kill.
    pub(super) is_stubborn: bool,
}

impl Host {
    pub(super) fn new() -> Self {
        let records = BTreeMap::new();
        Self {
            is_reachable: true,
            boot: 0,
            lock: None,
            since: None,
            records,
            is_another_at_work: false,
            is_stubborn: false,
        }
    }

    pub(super) fn working(&self) -> Option<(u64, &Job)> {
        self.records.iter().find_map(|(serial, record)| match record {
            Kept::Works(job) => Some((*serial, job)),
            _ => None,
        })
    }

    pub(super) fn lock(&mut self, last: u64) -> Taken {
        if self.lock == Some(Owner::Another) || self.is_another_at_work {
            return Taken::Refused;
        }
        self.lock = Some(Owner::Us);
        self.since.get_or_insert(last);
        Taken::Ours
    }

    pub(super) fn is_ours(&self) -> bool {
        self.lock == Some(Owner::Us)
    }

    pub(super) fn unlock(&mut self, keeps: bool) {
        if self.working().is_some() {
            return;
        }
        self.lock = self.lock.filter(|owner| *owner == Owner::Another);
        if !keeps {
            self.records.clear();
            self.since = None;
        }
    }

    /// A script arrives, from a run that took the lock in that boot. Whether it begins.
    pub(super) fn begin(&mut self, serial: u64, job: &Job, boot: u32) -> Result<bool, Twice> {
        if boot != self.boot
            || self.records.contains_key(&serial)
            || self.since.is_some_and(|since| serial <= since)
        {
            return Ok(false);
        }
        if self.lock != Some(Owner::Us) {
            self.records.insert(serial, Kept::Never);
            return Ok(false);
        }
        if self.working().is_some() || self.is_another_at_work {
            return Err(Twice);
        }
        self.records.insert(serial, Kept::Works(job.clone()));
        Ok(true)
    }

    /// The script that works ends so.
    pub(super) fn end(&mut self, serial: u64, record: Kept) {
        if matches!(self.records.get(&serial), Some(Kept::Works(_))) {
            self.records.insert(serial, record);
        }
    }

    /// Whether that script doesn't work any more.
    pub(super) fn kill(&mut self, serial: u64) -> bool {
        self.records.entry(serial).or_insert(Kept::Never);
        if self.is_stubborn && matches!(self.records.get(&serial), Some(Kept::Works(_))) {
            return false;
        }
        self.end(serial, Kept::Dead);
        true
    }

    /// What became of a script; `None`: it works.
    pub(super) fn settle(&mut self, serial: u64) -> Option<Fate> {
        if self.since.is_some_and(|since| serial > since) {
            self.records.entry(serial).or_insert(Kept::Never);
        }
        // What it doesn't know never begins from now on.
        self.records.entry(serial).or_insert(Kept::Dead);
        match self.records.get(&serial) {
            Some(Kept::Works(_)) => None,
            Some(Kept::Exited(code)) => Some(Fate::Exited { code: *code }),
            Some(Kept::Never) => Some(Fate::NeverBegan),
            Some(Kept::Dead) | None => Some(Fate::Gone),
        }
    }

    /// All that ran is dead, and `/run` is empty.
    pub(super) fn reboot(&mut self) {
        *self = Self { boot: self.boot + 1, is_reachable: self.is_reachable, ..Self::new() };
    }

    /// Another run breaks the lock and sets to work, unless a script of ours works.
    pub(super) fn is_broken(&mut self) {
        if self.working().is_none() {
            self.lock = Some(Owner::Another);
            self.is_another_at_work = true;
        }
    }

    /// The other run gives the host back.
    pub(super) fn is_left(&mut self) {
        if self.is_another_at_work {
            self.is_another_at_work = false;
            self.lock = None;
        }
    }
}
