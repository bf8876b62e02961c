//! Everything that a console needs to begin, and its first state.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use color_eyre::Result;

use super::{Clock, ScenarioSetup};
use crate::app::{Effect, Event, State, update};
use crate::health::Finding;
use crate::model::{ClusterName, Inventory};
use crate::operate::audit::Audit;
use crate::saved::Saved;
use crate::theme::Depth;
use crate::transport::Transport;
use crate::ui::Look;
use crate::watch;

/// Everything that a console needs to begin.
pub struct Launch {
    /// What to watch.
    pub inventory: Inventory,
    /// Saved clusters, those of the inventory, to show instead of watching any; empty for live ones.
    pub saved: Vec<Saved>,
    /// A finding on a cluster from before it was asked, shown with its own.
    pub notes: HashMap<ClusterName, Finding>,
    /// How to reach it.
    pub transport: Arc<dyn Transport>,
    /// How the watchers behave.
    pub watch: watch::Settings,
    /// How things are drawn to begin with.
    pub look: Look,
    /// Whether the theme was asked for, or is to suit the terminal's background.
    pub theme: ThemeChoice,
    /// What the terminal can show; themes are made to fit it.
    pub depth: Depth,
    /// The themes that can be chosen.
    pub themes: Vec<String>,
    /// Where the user's own themes are.
    pub theme_dir: Option<PathBuf>,
    /// Where what is done is written down, or why it can't be: then nothing is done.
    pub audit: Result<Arc<Audit>, String>,
    /// What scenarios need to be run.
    pub scenarios: ScenarioSetup,
    /// What went wrong before, such as a theme that could not be read.
    pub notices: Vec<String>,
    /// What the time is.
    pub clock: Clock,
}

impl Launch {
    /// The state to begin with: live clusters unseen, saved ones as they are, with what follows from them.
    pub(super) fn first_state(&self, size: (u16, u16)) -> (State, Vec<Effect>) {
        let mut state = State::new(&self.inventory, self.themes.clone(), size, (self.clock)());
        state.is_saved = !self.saved.is_empty();
        let mut effects = Vec::new();
        for Saved { entry, assessment, .. } in &self.saved {
            let event = Event::Observed(entry.name.clone(), assessment.clone());
            effects.extend(update(&mut state, event));
        }
        (state, effects)
    }
}

/// Where the theme comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThemeChoice {
    /// The person has chosen it.
    Asked,
    /// The terminal is asked for its background.
    ByBackground,
}
