//! The hosts, and what a console knows of them.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::Chance;
use super::host::{Host, Kept, Taken, Twice};
use crate::scenario::Progress;
use crate::scenario::journal::{Job, Part, Place};
use crate::scenario::progress::tests::HOSTS;

/// A script on its way to its host.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) serial: u64,
    pub(super) job: Job,
    pub(super) boot: u32,
}

/// The hosts, and what a console knows of them.
#[derive(Debug)]
pub(super) struct World {
    pub(super) hosts: BTreeMap<Place, Host>,
    /// How often each step's script has done its work on a host.
    pub(super) done: BTreeMap<(usize, Place), usize>,
    /// The scripts whose end the console would hear of.
    pub(super) heard: BTreeSet<u64>,
    /// What may still arrive.
    pub(super) parcels: Vec<Parcel>,
    /// The places whose lock the console took, and in which boot.
    pub(super) grips: BTreeMap<Place, u32>,
    /// The places where a kill may have failed since the run was aborted, or could not be sent.
    pub(super) spared: BTreeSet<Place>,
    /// Those that somebody has wanted to be run although nothing could tell.
    pub(super) wanted: BTreeSet<(usize, Place)>,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            hosts: HOSTS.map(|host| (Place::Host(host.into()), Host::new())).into(),
            done: BTreeMap::new(),
            heard: BTreeSet::new(),
            parcels: Vec::new(),
            grips: BTreeMap::new(),
            spared: BTreeSet::new(),
            wanted: BTreeSet::new(),
        }
    }

    pub(super) fn host(&mut self, place: &Place) -> &mut Host {
        self.hosts.get_mut(place).expect("a host")
    }

    pub(super) fn nth(&mut self, nth: usize) -> &mut Host {
        self.host(&Place::Host(HOSTS[nth].into()))
    }

    pub(super) fn work(&mut self, job: &Job) {
        let key = (job.step, job.place.clone());
        if job.part == Part::Undo {
            self.done.remove(&key);
        } else {
            *self.done.entry(key).or_default() += 1;
        }
    }

    /// How a script that only asks exits.
    pub(super) fn answer(&self, job: &Job) -> i32 {
        i32::from(!self.done.contains_key(&(job.step, job.place.clone())))
    }

    /// A console takes the locks; the first answer may get lost. What does not hold.
    pub(super) fn take_locks(&mut self, last: u64, chance: Option<Chance>) -> Vec<String> {
        let cut = self.hosts.iter().filter(|(_, host)| !host.is_reachable);
        let mut broken: Vec<String> = cut.map(|(place, _)| format!("{place} can't be reached")).collect();
        if broken.is_empty() {
            for (place, host) in &mut self.hosts {
                match host.lock(last) {
                    Taken::Ours if chance == Some(Chance::LostOnTheWay) && broken.is_empty() => {
                        broken.push(format!("{place} doesn't answer"));
                    }
                    Taken::Ours => _ = self.grips.insert(place.clone(), host.boot),
                    Taken::Refused => broken.push(format!("{place} is held")),
                }
            }
        }
        broken
    }

    /// A console ends as it should. It gives back every lock that it may have.
    pub(super) fn unlock(&mut self, progress: &Progress) {
        self.grips.clear();
        for (place, host) in self.hosts.iter_mut().filter(|(_, host)| host.is_reachable) {
            host.unlock(progress.is_open_at(place));
        }
    }

    /// The run is aborted.
    pub(super) fn is_aborted(&mut self) {
        self.spared = self
            .hosts
            .iter()
            .filter(|(_, host)| !host.is_reachable)
            .map(|(place, _)| place.clone())
            .collect();
    }

    /// An aborted run has ended: where each of its kills got through, nothing of it is left.
    pub(super) fn check_aborted(&self) -> Result<(), TestCaseError> {
        for (place, host) in self.hosts.iter().filter(|(place, _)| !self.spared.contains(place)) {
            prop_assert!(host.working().is_none() && !host.is_ours(), "{} is not free: {:?}", place, host);
        }
        Ok(())
    }

    pub(super) fn has_lost_a_host(&self) -> bool {
        self.grips.keys().any(|place| self.hosts.get(place).is_some_and(|host| !host.is_ours()))
    }

    pub(super) fn arrives(&mut self, parcel: &Parcel) -> Result<bool, TestCaseError> {
        let Parcel { serial, job, boot } = parcel;
        let host = self.host(&job.place);
        host.begin(*serial, job, *boot).map_err(|Twice| {
            TestCaseError::fail(format!("script {serial} begins beside another: {job:?} {host:?}"))
        })
    }

    /// What happens to hosts, whether a console is there or not.
    pub(super) fn happens(&mut self, chance: Chance) -> Result<(), TestCaseError> {
        match chance {
            Chance::Mend(nth) => self.nth(nth).is_reachable = true,
            Chance::Harden(nth) => self.nth(nth).is_stubborn = true,
            Chance::Soften(nth) => self.nth(nth).is_stubborn = false,
            Chance::Break(nth) => self.nth(nth).is_broken(),
            Chance::Leave(nth) => self.nth(nth).is_left(),
            Chance::Arrive if !self.parcels.is_empty() => {
                let parcel = self.parcels.remove(0);
                self.arrives(&parcel)?;
            }
            // The first that works and that no console hears of ends by itself.
            Chance::Work | Chance::Fail => {
                let working = self.hosts.values().filter_map(Host::working);
                let mut unheard = working.filter(|(serial, _)| !self.heard.contains(serial));
                if let Some((serial, job)) = unheard.next().map(|(serial, job)| (serial, job.clone())) {
                    self.ends(serial, &job, i32::from(chance == Chance::Fail));
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn ends(&mut self, serial: u64, job: &Job, code: i32) {
        if code == 0 {
            self.work(job);
        }
        self.host(&job.place).end(serial, Kept::Exited(code));
    }

    /// Nothing stands in the way any more.
    pub(super) fn calms_down(&mut self) {
        for host in self.hosts.values_mut() {
            host.is_reachable = true;
            host.is_stubborn = false;
            host.is_left();
        }
    }
}
