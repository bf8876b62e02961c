//! What is only asked for while somebody looks: a cluster's log, the audit log.

use std::sync::Arc;

use super::audit::AuditReader;
use crate::app::{Event, State};
use crate::model::{ClusterName, Inventory};
use crate::transport::Transport;
use crate::watch::{Follow, Settings};

/// What is being asked for.
pub(super) struct Panes {
    inventory: Inventory,
    transport: Arc<dyn Transport>,
    settings: Settings,
    follow: Option<Follow>,
    audit: AuditReader,
    is_audit_shown: bool,
}

impl Panes {
    pub(super) fn new(
        inventory: &Inventory,
        transport: &Arc<dyn Transport>,
        settings: &Settings,
        audit: AuditReader,
    ) -> Self {
        Self {
            inventory: inventory.clone(),
            transport: Arc::clone(transport),
            settings: settings.clone(),
            follow: None,
            audit,
            is_audit_shown: false,
        }
    }

    /// Begins and ends what the screen has begun and ceased to show.
    pub(super) fn reconcile(&mut self, state: &State) {
        match state.followed_log() {
            None => self.follow = None,
            Some(name) if self.follow.as_ref().is_some_and(|follow| follow.cluster() == name) => {}
            Some(name) => self.follow = self.start(name, state),
        }
        let shows_audit = state.shows_audit();
        if shows_audit && !self.is_audit_shown {
            self.audit.look();
        }
        self.is_audit_shown = shows_audit;
    }

    fn start(&self, name: &ClusterName, state: &State) -> Option<Follow> {
        let entry = self.inventory.clusters.iter().find(|entry| entry.name == *name)?;
        Some(Follow::start(entry, state.log_hosts(name), &self.transport, &self.settings))
    }

    /// Time has passed.
    pub(super) fn tick(&mut self) {
        if self.is_audit_shown {
            self.audit.look();
        }
    }

    /// What becomes known next. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Event {
        let log = async {
            if let Some(follow) = &mut self.follow
                && let Some(news) = follow.next().await
            {
                return Event::Logged(follow.cluster().clone(), news);
            }
            // Nothing is followed, or nobody is left to ask.
            std::future::pending().await
        };
        tokio::select! {
            event = log => event,
            log = self.audit.next() => Event::Audited(log),
        }
    }
}
