//! Keeping a picture's CIB: it is large and seldom changes, so it is asked for only when it may have.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::ask::{Asker, Memory};
use crate::model::{Cib, Constraint, HostName, Made, Picture, Summary, Ticket};
use crate::pacemaker::parse::Archive;
use crate::transport::Limits;

/// `cib-last-written` counts whole seconds: a change younger than this may be followed by one that leaves
/// no trace in it.
const SETTLED: SignedDuration = SignedDuration::from_secs(2);

/// Of more leftover constraints than these, it stays unknown how they came to be.
const MOST_LEFTOVERS: usize = 100;

/// How long a CIB counts as current if the time of its last change doesn't tell: it is unknown, or booth keeps tickets
/// in the CIB.
const TRUSTED: Duration = Duration::from_secs(30);

/// The CIB that was read last, and for which state of the configuration.
#[derive(Debug, Default)]
pub(super) struct CibKeeper {
    kept: Option<Kept>,
    /// Whether the members' archives are asked how leftover constraints came to be.
    asks_archive: bool,
}

#[derive(Debug)]
struct Kept {
    cib: Arc<Cib>,
    of: Box<Mark>,
    /// Whether a later change would have changed the mark.
    settled: bool,
    read_at: Instant,
}

/// The parts of a picture that change when the configuration or the holder of a ticket does.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    last_change: Option<Timestamp>,
    summary: Summary,
    /// A ticket that is granted or revoked has another holder.
    tickets: Vec<Ticket>,
}

impl Mark {
    /// The DC, the quorum and `pacemakerd` come and go without the configuration.
    ///
    /// Boxed, as it lives as long as the CIB is read and would make that future large.
    fn of(picture: &Picture) -> Box<Self> {
        let summary = Summary { dc: None, quorate: None, pacemakerd_state: None, ..picture.summary.clone() };
        Box::new(Self { last_change: picture.summary.last_change, summary, tickets: picture.tickets.clone() })
    }
}

/// Whom to ask, and what is remembered of that host.
type Source<'a> = (&'a Asker<'a>, &'a HostName, &'a Memory);

impl CibKeeper {
    /// One that also finds out how leftover constraints came to be.
    pub(super) fn with_archive() -> Self {
        Self { asks_archive: true, ..Self::default() }
    }

    /// Reads the CIB anew for the next picture.
    pub(super) fn forget(&mut self) {
        self.kept = None;
    }

    /// Puts the CIB into a picture that this host gave just now. Where it can't be had, the picture tells so.
    pub(super) async fn complete(
        &mut self,
        picture: &mut Picture,
        asker: &Asker<'_>,
        host: &HostName,
        memory: &Memory,
        limits: Limits,
    ) {
        let mark = Mark::of(picture);
        if let Some(kept) = self.kept.as_ref().filter(|kept| kept.is_good(&mark)) {
            picture.cib = Some(Arc::clone(&kept.cib));
            return;
        }
        let ahead = memory.clock_ahead().unwrap_or_default();
        let there = (asker.clock)().saturating_add(ahead).unwrap_or(Timestamp::MAX);
        match asker.cib(host, limits).await {
            Ok(mut cib) => {
                self.tell_origins(&mut cib, there, (asker, host, memory), limits).await;
                let cib = match &self.kept {
                    Some(kept) if *kept.cib == cib => Arc::clone(&kept.cib),
                    _ => Arc::new(cib),
                };
                let settled = mark.last_change.is_none_or(|at| there.duration_since(at) > SETTLED);
                picture.cib = Some(Arc::clone(&cib));
                self.kept = Some(Kept { cib, of: mark, settled, read_at: Instant::now() });
            }
            Err(trouble) => {
                tracing::warn!(%host, "the CIB could not be read: {}", trouble.message);
                picture.oddities.push(format!("The CIB could not be read. {}", trouble.message));
            }
        }
    }

    /// Tells how the leftover constraints came to be: as with the last CIB, where that was known; as the host's archive
    /// tells; else by what has changed since the last CIB.
    async fn tell_origins(&mut self, cib: &mut Cib, there: Timestamp, source: Source<'_>, limits: Limits) {
        let last = self.kept.as_ref().map(|kept| Arc::clone(&kept.cib));
        let known = |constraint: &Constraint| {
            let last = last.as_deref().filter(|last| last.constraints.contains(constraint))?;
            last.made(&constraint.id).filter(|made| made.by.is_some()).cloned()
        };
        let leftovers = cib.constraints.iter().filter(|constraint| constraint.is_leftover());
        let leftovers: Vec<_> = leftovers.take(MOST_LEFTOVERS).collect();
        let is_all_known = leftovers.iter().all(|constraint| known(constraint).is_some());
        let archive =
            if is_all_known { Archive::default() } else { self.archive(cib.epoch, source, limits).await };
        let made = |constraint: &Constraint| {
            let made = known(constraint).or_else(|| archive.made(&constraint.id));
            made.or_else(|| made_since(last.as_deref()?, cib, constraint, there))
        };
        cib.made = leftovers.iter().filter_map(|it| Some((it.id.clone(), made(it)?))).collect();
    }

    /// The host's archive, if it reaches up to that version and may be read.
    async fn archive(&mut self, epoch: (u64, u64), source: Source<'_>, limits: Limits) -> Archive {
        if !self.asks_archive {
            return Archive::default();
        }
        let (asker, host, memory) = source;
        match asker.archive(host, memory, limits).await {
            Ok(Some(archive)) if archive.is_at(epoch) => return archive,
            // It is written a moment after the change: with the next CIB it will do.
            Ok(Some(_)) => {}
            Ok(None) => {
                tracing::info!(%host, "the archive of the CIB can't be read by this user");
                self.asks_archive = false;
            }
            Err(trouble) => tracing::warn!(%host, "the archive of the CIB: {}", trouble.message),
        }
        Archive::default()
    }
}

/// How a constraint came to be that the last CIB did not have, or had otherwise; `None` where it was there already.
fn made_since(last: &Cib, cib: &Cib, constraint: &Constraint, there: Timestamp) -> Option<Made> {
    if last.constraints.contains(constraint) {
        return last.made(&constraint.id).cloned();
    }
    Some(Made::between(Some(last.epoch), cib.epoch, there, &cib.changed_by.to_string()))
}

impl Kept {
    fn is_good(&self, mark: &Mark) -> bool {
        // booth renews and moves tickets without changing the configuration.
        let tells = mark.last_change.is_some() && self.cib.leases.is_empty();
        let trusted = tells || self.read_at.elapsed() < TRUSTED;
        self.settled && *self.of == *mark && trusted
    }
}
