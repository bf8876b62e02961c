//! The grid of clusters: what is shown, where it stands, what is selected.

use super::geometry::Body;
use super::{ClusterState, Filter};
use crate::model::{ClusterName, Tier};

/// What the person has chosen about the grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// Tiles or a list.
    pub layout: Layout,
    /// Which comes first.
    pub order: Order,
    /// Only what matches this is shown.
    pub filter: String,
    /// What is selected.
    pub selection: Selection,
    /// How many lines have gone out at the top.
    pub scroll: usize,
}

/// How clusters are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, strum::EnumString, strum::Display, strum::EnumIter)]
#[strum(serialize_all = "lowercase")]
pub enum Layout {
    /// The most detailed that shows all of them at once.
    #[default]
    Auto,
    /// Tiles, even if they have to be scrolled.
    Tiles,
    /// A line a cluster.
    List,
}

impl Layout {
    /// The next in the round.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Auto => Self::Tiles,
            Self::Tiles => Self::List,
            Self::List => Self::Auto,
        }
    }
}

/// Which cluster comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, strum::EnumString, strum::Display, strum::EnumIter)]
#[strum(serialize_all = "lowercase")]
pub enum Order {
    /// By tier, in the order of the configuration.
    #[default]
    Tier,
    /// The worst first, in one band.
    Worst,
}

/// What is selected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Selection {
    /// Whatever is worst, until the person moves: the eye lands on it first.
    #[default]
    Worst,
    /// What the person went to.
    Chosen(ClusterName),
}

/// How much a tile says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Density {
    /// Four lines.
    Full,
    /// Two lines.
    Compact,
    /// One line across the whole width, in columns.
    List,
    /// One short line, many beside each other.
    Dense,
}

impl Density {
    /// How many lines a tile has.
    pub fn height(self) -> usize {
        match self {
            Self::Full => 4,
            Self::Compact => 2,
            Self::List | Self::Dense => 1,
        }
    }

    /// The least width of a tile, in cells.
    fn least_width(self) -> usize {
        match self {
            Self::Full | Self::Compact => 33,
            Self::Dense => 24,
            Self::List => usize::MAX,
        }
    }

    /// How many tiles stand beside each other; [`GAP`] cells lie between them.
    fn columns(self, width: usize) -> usize {
        ((width + GAP) / self.least_width().saturating_add(GAP)).max(1)
    }
}

/// A density with or without blank lines between the tiles.
#[derive(Debug, Clone, Copy)]
struct Form {
    density: Density,
    pitch: usize,
}

impl Form {
    const FULL: Self = Self { density: Density::Full, pitch: 5 };
    const TIGHT: Self = Self { density: Density::Full, pitch: 4 };
    const COMPACT: Self = Self { density: Density::Compact, pitch: 3 };
    const CLOSE: Self = Self { density: Density::Compact, pitch: 2 };
    const LIST: Self = Self { density: Density::List, pitch: 1 };
    const DENSE: Self = Self { density: Density::Dense, pitch: 1 };
}

/// Cells between two tiles.
pub const GAP: usize = 2;

/// Where every cluster stands. Lines count from the top of all there is, scrolled away or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrangement {
    /// How much each tile says.
    pub density: Density,
    /// Lines from the top of a tile to the top of the one under it.
    pub pitch: usize,
    /// How many stand beside each other.
    pub columns: usize,
    /// From top to bottom.
    pub bands: Vec<Band>,
    /// How many lines all of it takes.
    pub lines: usize,
}

/// Clusters under one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// The tier, where there is a heading.
    pub heading: Option<Tier>,
    /// The line of the heading, or of the first tile without one.
    pub top: usize,
    /// Indices into the clusters of the state.
    pub clusters: Vec<usize>,
}

impl Band {
    /// The line at which its first tile begins.
    pub fn first_line(&self) -> usize {
        self.top + usize::from(self.heading.is_some())
    }
}

/// A cluster's place in an arrangement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Index into the clusters of the state.
    pub cluster: usize,
    /// Its row, counted through all bands.
    pub row: usize,
    /// Its column.
    pub column: usize,
    /// Its first line.
    pub line: usize,
}

impl Arrangement {
    /// Every cluster's place, in reading order.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        let mut rows_before = 0;
        self.bands.iter().flat_map(move |band| {
            let first_row = rows_before;
            rows_before += band.clusters.len().div_ceil(self.columns);
            band.clusters.iter().enumerate().map(move |(nth, &cluster)| Place {
                cluster,
                row: first_row + nth / self.columns,
                column: nth % self.columns,
                line: band.first_line() + nth / self.columns * self.pitch,
            })
        })
    }

    /// Where that cluster stands.
    pub fn place_of(&self, cluster: usize) -> Option<Place> {
        self.places().find(|place| place.cluster == cluster)
    }
}

/// A step of the selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Rows(isize),
    Columns(isize),
    Start,
    End,
}

impl Grid {
    /// The clusters that are shown, in their order.
    pub fn shown(&self, clusters: &[ClusterState]) -> Vec<usize> {
        let mut filter = Filter::new(&self.filter);
        let mut shown: Vec<usize> =
            (0..clusters.len()).filter(|&index| filter.matches(&clusters[index])).collect();
        match self.order {
            Order::Tier => shown.sort_by_key(|&index| clusters[index].entry.tier),
            Order::Worst => {
                shown.sort_by_key(|&index| (std::cmp::Reverse(clusters[index].urgency()), index));
            }
        }
        shown
    }

    /// Where everything stands in a body of that size.
    pub fn arrange(&self, clusters: &[ClusterState], body: Body) -> Arrangement {
        let shown = self.shown(clusters);
        let arranged = |form| arrange(clusters, &shown, self.order, form, body.columns);
        let fits = |arrangement: &Arrangement| {
            let heading = usize::from(arrangement.density == Density::List);
            arrangement.lines + heading <= body.lines
        };
        let forms: &[Form] = match self.layout {
            Layout::List => &[Form::LIST],
            Layout::Tiles => &[Form::FULL, Form::TIGHT, Form::COMPACT, Form::CLOSE],
            // A narrow screen has room for words only in a list.
            Layout::Auto if body.columns < 100 => &[Form::FULL, Form::TIGHT, Form::COMPACT, Form::LIST],
            Layout::Auto => &[Form::FULL, Form::TIGHT, Form::COMPACT, Form::CLOSE, Form::LIST, Form::DENSE],
        };
        let (last, others) = forms.split_last().unwrap_or((&Form::LIST, &[]));
        others.iter().map(|&form| arranged(form)).find(fits).unwrap_or_else(|| arranged(*last))
    }

    /// The selected cluster among those that are shown; `None` only where none is.
    pub fn selected(&self, clusters: &[ClusterState], shown: &[usize]) -> Option<usize> {
        let chosen = match &self.selection {
            Selection::Chosen(name) => {
                shown.iter().copied().find(|&index| clusters[index].entry.name == *name)
            }
            Selection::Worst => None,
        };
        chosen.or_else(|| {
            shown.iter().copied().max_by_key(|&index| (clusters[index].urgency(), std::cmp::Reverse(index)))
        })
    }

    /// Moves the selection.
    pub(super) fn step(&mut self, clusters: &[ClusterState], arrangement: &Arrangement, step: Step) {
        let places: Vec<Place> = arrangement.places().collect();
        let shown: Vec<usize> = places.iter().map(|place| place.cluster).collect();
        let Some(selected) = self.selected(clusters, &shown) else { return };
        let Some(at) = places.iter().position(|place| place.cluster == selected) else { return };
        let target = match step {
            Step::Columns(by) => at.saturating_add_signed(by).min(places.len() - 1),
            Step::Start => 0,
            Step::End => places.len() - 1,
            Step::Rows(by) => {
                let last_row = places.last().map_or(0, |place| place.row);
                let row = places[at].row.saturating_add_signed(by).min(last_row);
                let column = places[at].column;
                places.iter().rposition(|place| place.row == row && place.column <= column).unwrap_or(at)
            }
        };
        self.choose(clusters, places[target].cluster);
    }

    /// Selects a cluster.
    pub(super) fn choose(&mut self, clusters: &[ClusterState], index: usize) {
        if let Some(cluster) = clusters.get(index) {
            self.selection = Selection::Chosen(cluster.entry.name.clone());
        }
    }

    /// Scrolls as little as is needed for the selection to be seen, and never past the end.
    pub(super) fn follow(&mut self, arrangement: &Arrangement, selected: Option<usize>, body: Body) {
        let lines = body.lines.saturating_sub(usize::from(arrangement.density == Density::List));
        if let Some(place) = selected.and_then(|selected| arrangement.place_of(selected)) {
            let bottom = place.line + arrangement.pitch;
            if bottom > self.scroll + lines {
                self.scroll = bottom.saturating_sub(lines);
            }
            // The first row of all takes its heading along.
            let top = if place.row == 0 { 0 } else { place.line };
            self.scroll = self.scroll.min(top);
        }
        self.scroll = self.scroll.min(arrangement.lines.saturating_sub(lines));
    }
}

fn arrange(
    clusters: &[ClusterState],
    shown: &[usize],
    order: Order,
    form: Form,
    width: usize,
) -> Arrangement {
    let Form { density, pitch } = form;
    let columns = density.columns(width);
    let mut bands: Vec<Band> = Vec::new();
    let mut lines = 0;
    let headed = order == Order::Tier && density != Density::List;
    for group in shown.chunk_by(|&a, &b| !headed || clusters[a].entry.tier == clusters[b].entry.tier) {
        let heading = group.first().filter(|_| headed).map(|&first| clusters[first].entry.tier);
        let band = Band { heading, top: lines, clusters: group.to_vec() };
        lines = band.first_line() + group.len().div_ceil(columns) * pitch;
        // Where no blank line lies between tiles, one lies between bands.
        lines += usize::from(density == Density::Dense);
        bands.push(band);
    }
    Arrangement { density, pitch, columns, bands, lines }
}
