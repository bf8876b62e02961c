//! What lies on what: the one order in which the console is drawn and asks who takes a key.

use strum::EnumDiscriminants;

use super::view::{ClusterView, FleetView};
use super::wizard::{Ask, Page};
use super::{Context, ListView, Panel, Prompt};

/// One thing that lies on another. The variants stand in the order in which they lie, the lowest first.
#[derive(Debug, Clone, EnumDiscriminants)]
#[strum_discriminants(name(LayerKind), derive(PartialOrd, Ord), doc = "The kind of a [`Layer`].")]
pub enum Layer {
    /// The grid of clusters, always at the bottom. It keeps its state in [`State::grid`](super::State::grid).
    Grid,
    /// A table over all clusters.
    Fleet(FleetView),
    /// A cluster that has been opened.
    Cluster(Box<ClusterView>),
    /// A screen of scenarios.
    Scenarios(Page),
    /// A question about the run that is shown.
    Ask(Ask),
    /// A card, the help, the log, or a dialog about operations.
    Panel(Panel),
    /// A line that is being typed.
    Prompt(Prompt),
}

/// The layers on screen, at most one of each kind, always in the order of [`LayerKind`].
#[derive(Debug, Clone)]
pub struct Layers {
    /// The grid first. Each layer's kind is greater than that of the one before.
    stack: Vec<Layer>,
}

/// The topmost of the layers that show clusters; it covers the ones below.
#[derive(Debug, Clone, Copy)]
pub enum View<'l> {
    /// The grid of clusters.
    Grid,
    /// A table over all clusters.
    Fleet(&'l FleetView),
    /// One cluster.
    Cluster(&'l ClusterView),
}

impl Default for Layers {
    fn default() -> Self {
        Self { stack: vec![Layer::Grid] }
    }
}

impl Layer {
    /// Its place in the order.
    pub fn kind(&self) -> LayerKind {
        self.into()
    }

    /// Where its keys are looked up; a line that is being typed takes all keys as they are.
    pub(super) fn context(&self) -> Option<Context> {
        Some(match self {
            Self::Grid => Context::Grid,
            Self::Fleet(_) => Context::Fleet,
            Self::Cluster(_) => Context::Cluster,
            Self::Scenarios(_) | Self::Ask(_) => Context::Wizard,
            Self::Panel(panel) if panel.is_of_operations() => Context::Operation,
            Self::Panel(_) => Context::Panel,
            Self::Prompt(_) => return None,
        })
    }

    /// Whether it hides everything below it.
    fn covers_all(&self) -> bool {
        match self {
            Self::Grid | Self::Fleet(_) | Self::Cluster(_) | Self::Scenarios(_) => true,
            Self::Ask(_) | Self::Panel(_) | Self::Prompt(_) => false,
        }
    }
}

/// The accessors of a layer's content, shared and exclusive.
macro_rules! contents {
    ($($what:literal $get:ident $get_mut:ident $layer:ident $content:ty;)*) => {$(
        #[doc = $what]
        pub fn $get(&self) -> Option<&$content> {
            self.stack.iter().find_map::<&$content, _>(|layer| match layer {
                Layer::$layer(content) => Some(content),
                _ => None,
            })
        }

        pub(super) fn $get_mut(&mut self) -> Option<&mut $content> {
            self.stack.iter_mut().find_map::<&mut $content, _>(|layer| match layer {
                Layer::$layer(content) => Some(content),
                _ => None,
            })
        }
    )*};
}

impl Layers {
    contents! {
        "The table over all clusters, on screen or covered by a cluster."
        fleet fleet_mut Fleet FleetView;
        "The open cluster."
        cluster cluster_mut Cluster ClusterView;
        "The screen of scenarios."
        page page_mut Scenarios Page;
        "The question about a run."
        ask ask_mut Ask Ask;
        "The card, the help, the log or the dialog."
        panel panel_mut Panel Panel;
        "The line that is being typed."
        prompt prompt_mut Prompt Prompt;
    }

    /// The layers, the topmost first.
    pub fn from_top(&self) -> impl Iterator<Item = &Layer> {
        self.stack.iter().rev()
    }

    /// The topmost layer.
    pub fn top(&self) -> &Layer {
        self.stack.last().unwrap_or(&Layer::Grid)
    }

    /// The topmost layer above the footer, where a line is typed.
    pub fn front(&self) -> &Layer {
        self.from_top().find(|layer| layer.kind() != LayerKind::Prompt).unwrap_or(&Layer::Grid)
    }

    /// The view that everything else lies on.
    pub fn view(&self) -> View<'_> {
        let view = self.from_top().find_map(|layer| match layer {
            Layer::Cluster(view) => Some(View::Cluster(view)),
            Layer::Fleet(view) => Some(View::Fleet(view)),
            Layer::Grid | Layer::Scenarios(_) | Layer::Ask(_) | Layer::Panel(_) | Layer::Prompt(_) => None,
        });
        view.unwrap_or(View::Grid)
    }

    /// The list of the view; `None` for the grid, which has its own.
    pub(super) fn list_mut(&mut self) -> Option<&mut ListView> {
        self.stack.iter_mut().rev().find_map(|layer| match layer {
            Layer::Cluster(view) => Some(view.list_mut(view.pane)),
            Layer::Fleet(fleet) => Some(&mut fleet.list),
            Layer::Grid | Layer::Scenarios(_) | Layer::Ask(_) | Layer::Panel(_) | Layer::Prompt(_) => None,
        })
    }

    /// The layers to be drawn, the lowest first: the topmost that covers all, and those on it.
    pub fn in_sight(&self) -> &[Layer] {
        let lowest = self.stack.iter().rposition(Layer::covers_all).unwrap_or(0);
        self.stack.get(lowest..).unwrap_or_default()
    }

    /// Where the keys of the layer below that kind are looked up.
    pub fn context_under(&self, kind: LayerKind) -> Context {
        let mut below = self.from_top().filter(|layer| layer.kind() < kind);
        below.find_map(Layer::context).unwrap_or(Context::Grid)
    }

    /// Puts a layer in its place: it replaces the one of its kind, and what lay on it goes.
    pub(super) fn put(&mut self, layer: impl Into<Layer>) {
        let layer = layer.into();
        self.close(layer.kind());
        // The bottom is never taken away, and need not be put there again.
        if layer.kind() > self.top().kind() {
            self.stack.push(layer);
        }
    }

    /// Takes away the layer of that kind and all that lies on it. The grid stays.
    pub(super) fn close(&mut self, kind: LayerKind) {
        self.stack.retain(|layer| layer.kind() < kind || layer.kind() == LayerKind::Grid);
    }

    /// Takes away the question about a run, under what lies on it.
    pub(super) fn withdraw_ask(&mut self) {
        self.stack.retain(|layer| layer.kind() != LayerKind::Ask);
    }

    /// Shows a screen of scenarios in place of the one that is shown, under what lies on it. A question about the one
    /// before goes.
    pub(super) fn turn_to(&mut self, page: Page) {
        self.withdraw_ask();
        match self.page_mut() {
            Some(shown) => *shown = page,
            None => self.put(page),
        }
    }
}

macro_rules! layer_of {
    ($($content:ident $layer:ident;)*) => {$(
        impl From<$content> for Layer {
            fn from(content: $content) -> Self {
                Self::$layer(content)
            }
        }
    )*};
}

layer_of! {
    FleetView Fleet;
    Page Scenarios;
    Ask Ask;
    Panel Panel;
    Prompt Prompt;
}

impl From<ClusterView> for Layer {
    fn from(view: ClusterView) -> Self {
        Self::Cluster(Box::new(view))
    }
}
