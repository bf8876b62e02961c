//! What the files of a report tell of one cluster.
//!
//! Each node has a folder: `crm_report` and `crm report` put `cib.xml`, `cib.xml.live`, `crm_mon.txt`, `corosync.conf`
//! and an empty file `RUNNING`, `STOPPED` or `DC` into it. `sos report` is of one node: it has the output of `crm_mon` in
//! one folder, the CIB in another, and may have such a folder somewhere inside.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::Offset;

use super::content::{Files, Kept};
use super::sos;
use crate::model::{Belief, Cib, HostName, Picture, Viewpoint};
use crate::pacemaker::parse::{self, Answer, ParseError};

/// What a report tells.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The best picture in it.
    pub(super) taken: Option<Taken>,
    /// A configuration, where there is no picture.
    pub(super) cib: Option<Cib>,
    /// What each member believes that says so.
    pub(super) viewpoints: Vec<Viewpoint>,
    /// When its files about the cluster were written.
    pub(super) written: Option<Timestamp>,
    /// The cluster's name by `corosync.conf`.
    pub(super) cluster_name: Option<String>,
    /// Files with the output of `crm_mon` as text.
    pub(super) texts: Vec<String>,
    /// Files that can't be read, and why.
    pub(super) broken: Vec<String>,
}

/// A picture and how it came to be.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) picture: Picture,
    pub(super) at: Option<Timestamp>,
    /// Nothing in the picture tells its time, so that it is the file's.
    pub(super) is_dated_by_file: bool,
    /// What doesn't follow plainly from the CIB that it was worked out from; `None` for a picture by `crm_mon`.
    pub(super) unknown: Option<Vec<String>>,
}

impl Taken {
    /// The picture that `crm_mon` printed into that file.
    pub(super) fn printed(picture: Picture, kept: &Kept, zone: Offset) -> Self {
        let printed = parse::printed_at(&kept.bytes, Some(zone));
        Self {
            picture,
            at: printed.or(kept.modified),
            is_dated_by_file: printed.is_none() && kept.modified.is_some(),
            unknown: None,
        }
    }
}

/// The files of one node.
#[derive(Debug, Default)]
struct Place<'f> {
    crm_mon: Vec<&'f Kept>,
    live: Option<&'f Kept>,
    cib: Vec<&'f Kept>,
    /// It is a report of `sos`, so that its folder isn't named after the node alone.
    is_sos: bool,
    is_dc: bool,
    is_stopped: bool,
}

/// Reads the files of a report. `name` is that of its folder or tarball. Dates that name no zone are in `zone`.
pub(super) fn read(files: &Files, name: &str, zone: Offset) -> Told {
    let mut told = Told::default();
    let mut best = None;
    for (folder, place) in places(files, &mut told) {
        let taken = place.look(zone, &mut told);
        let belief = match &taken {
            _ if place.is_stopped => Some(Belief::Stopped),
            taken => taken.as_ref().map(|taken| Belief::of(&taken.picture)),
        };
        let host = place.host(folder, name, taken.as_ref());
        if let (Some(host), Some(belief)) = (host, belief) {
            // A report of `sos` may hold another of the same node.
            if !told.viewpoints.iter().any(|known| known.host == host) {
                told.viewpoints.push(Viewpoint { host, belief });
            }
        }
        let Some(taken) = taken else { continue };
        // The newest configuration of a partition with quorum.
        let rank = (
            !place.is_stopped,
            taken.picture.summary.quorate == Some(true),
            taken.unknown.is_none(),
            taken.picture.cib.as_ref().map(|cib| cib.epoch),
            place.is_dc,
            taken.at,
        );
        if best.as_ref().is_none_or(|(known, _)| rank > *known) {
            best = Some((rank, taken));
        }
    }
    told.taken = best.map(|(_, taken)| taken);
    told
}

/// The files by the folder of their node.
fn places<'f>(files: &'f Files, told: &mut Told) -> BTreeMap<&'f str, Place<'f>> {
    let mut places: BTreeMap<&str, Place<'_>> = BTreeMap::new();
    for kept in &files.kept {
        let (folder, name) = kept.path.rsplit_once('/').unwrap_or(("", &kept.path));
        let root = sos::root(folder);
        let place = places.entry(root.unwrap_or(folder)).or_default();
        place.is_sos |= root.is_some();
        match name {
            "cib.xml.live" => place.live = Some(kept),
            "cib.xml" => place.cib.push(kept),
            "RUNNING" => {}
            "STOPPED" => place.is_stopped = true,
            "DC" => place.is_dc = true,
            "corosync.conf" => {
                told.cluster_name = told.cluster_name.take().or_else(|| cluster_name(&kept.bytes));
            }
            _ => place.crm_mon.push(kept),
        }
    }
    places
}

impl Place<'_> {
    /// The node of this folder. The files right in a report, of that name, are of no node unless it is one of `sos`.
    fn host(&self, folder: &str, report: &str, taken: Option<&Taken>) -> Option<HostName> {
        let folder = folder.rsplit('/').next().unwrap_or_default();
        let folder = if folder.is_empty() && self.is_sos { report } else { folder };
        let nodes = taken.map_or(&[][..], |taken| &taken.picture.nodes);
        let nodes = nodes.iter().map(|node| node.name.as_str());
        let host = if self.is_sos { sos::host(folder, nodes) } else { folder };
        (!host.is_empty()).then(|| HostName::from(host))
    }

    /// The picture of this folder: by `crm_mon` where its output is XML, otherwise from the status of a CIB.
    fn look(&self, zone: Offset, told: &mut Told) -> Option<Taken> {
        let by_crm_mon = self.crm_mon.iter().find_map(|kept| by_crm_mon(kept, zone, told));
        if let Some(mut taken) = by_crm_mon {
            taken.picture.cib = self.cibs().find_map(|kept| parse::cib(&kept.bytes).ok()).map(Arc::new);
            return Some(taken);
        }
        for kept in self.cibs() {
            told.written = told.written.max(kept.modified);
            match of_cib(kept, zone) {
                // The CIB on the disk of a stopped node tells what once ran there.
                Ok(OfCib::Picture(taken)) if !self.is_stopped => return Some(*taken),
                Ok(OfCib::Picture(taken)) => {
                    told.cib = told.cib.take().or_else(|| taken.picture.cib.as_deref().cloned());
                }
                Ok(OfCib::Configuration(cib)) => told.cib = told.cib.take().or(Some(*cib)),
                Err(error) => told.broken.push(format!("{}: {error}", kept.path)),
            }
        }
        None
    }

    /// The CIB of the running cluster comes first; the one on disk may be older.
    fn cibs(&self) -> impl Iterator<Item = &Kept> {
        self.live.into_iter().chain(self.cib.iter().copied())
    }
}

fn by_crm_mon(kept: &Kept, zone: Offset, told: &mut Told) -> Option<Taken> {
    match parse::crm_mon(&kept.bytes, Some(zone)) {
        Ok(Answer::Running(picture)) => Some(Taken::printed(*picture, kept, zone)),
        Ok(Answer::Stopped { .. } | Answer::Refused { .. }) => None,
        Err(error) => {
            if Path::new(&kept.path).extension().is_some_and(|extension| extension == "xml") {
                told.broken.push(format!("{}: {error}", kept.path));
            } else {
                told.texts.push(kept.path.clone());
            }
            None
        }
    }
}

/// What a CIB gives.
pub(super) enum OfCib {
    /// It has a status.
    Picture(Box<Taken>),
    /// It hasn't.
    Configuration(Box<Cib>),
}

/// Reads a CIB.
pub(super) fn of_cib(kept: &Kept, zone: Offset) -> Result<OfCib, ParseError> {
    Ok(match parse::cib_status(&kept.bytes, Some(zone))? {
        Some(derived) => {
            // A copy has the time of copying, but the CIB can't be older than what it tells of.
            OfCib::Picture(Box::new(Taken {
                picture: derived.picture,
                at: kept.modified.max(derived.newest),
                is_dated_by_file: kept.modified > derived.newest,
                unknown: Some(derived.unknown),
            }))
        }
        None => OfCib::Configuration(Box::new(parse::cib(&kept.bytes)?)),
    })
}

/// `cluster_name` of `corosync.conf`.
fn cluster_name(conf: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(conf);
    let mut names = text.lines().filter_map(|line| {
        let (key, value) = line.trim().split_once(':')?;
        (key.trim() == "cluster_name").then(|| crate::model::clean(value.trim()))
    });
    names.find(|name| !name.is_empty())
}
