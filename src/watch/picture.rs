//! Keeping a picture's CIB: it is large and seldom changes, so it is asked for only when it may have.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::ask::Asker;
use crate::model::{Cib, HostName, Picture, Summary};
use crate::transport::Limits;

/// `cib-last-written` counts whole seconds: a change younger than this may be followed by one that leaves
/// no trace in it.
const SETTLED: SignedDuration = SignedDuration::from_secs(2);

/// How long a CIB is trusted where the time of its last change is not known.
const TRUSTED: Duration = Duration::from_secs(30);

/// The CIB that was read last, and for which state of the configuration.
#[derive(Debug, Default)]
pub(super) struct CibKeeper {
    kept: Option<Kept>,
}

#[derive(Debug)]
struct Kept {
    cib: Arc<Cib>,
    of: Mark,
    /// Whether a later change would have changed the mark.
    settled: bool,
    read_at: Instant,
}

/// What of a picture changes when the configuration does.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    last_change: Option<Timestamp>,
    summary: Summary,
}

impl Mark {
    /// The DC, the quorum and `pacemakerd` come and go without the configuration.
    fn of(picture: &Picture) -> Self {
        let summary = Summary { dc: None, quorate: None, pacemakerd_state: None, ..picture.summary.clone() };
        Self { last_change: picture.summary.last_change, summary }
    }
}

impl CibKeeper {
    /// Puts the CIB into a picture that this host gave just now. Where it can't be had, the picture tells so.
    pub(super) async fn complete(
        &mut self,
        picture: &mut Picture,
        asker: &Asker<'_>,
        host: &HostName,
        clock_ahead: Option<SignedDuration>,
        limits: Limits,
    ) {
        let mark = Mark::of(picture);
        if let Some(kept) = self.kept.as_ref().filter(|kept| kept.is_good(&mark)) {
            picture.cib = Some(Arc::clone(&kept.cib));
            return;
        }
        let there = (asker.clock)().saturating_add(clock_ahead.unwrap_or_default()).unwrap_or(Timestamp::MAX);
        match asker.cib(host, limits).await {
            Ok(cib) => {
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
}

impl Kept {
    fn is_good(&self, mark: &Mark) -> bool {
        let trusted = mark.last_change.is_some() || self.read_at.elapsed() < TRUSTED;
        self.settled && self.of == *mark && trusted
    }
}
