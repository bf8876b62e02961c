//! What the console is doing: events in, state and effects out. No clock, no socket.

mod action;
mod audit;
mod command;
mod dependency;
mod event;
mod filter;
mod geometry;
mod grid;
mod hints;
mod history;
mod layers;
mod list;
mod log;
mod operation;
mod panel;
mod prompt;
mod saved;
mod state;
mod update;
mod view;
pub mod wizard;

pub use action::{Action, Context};
pub use audit::AuditLog;
pub use command::{Candidate, Command, CommandError};
pub use event::{Effect, Event, Notice, NoticeLevel, Pending, Scroll, Target, Typing};
pub use filter::Filter;
pub use geometry::{Body, FindingsPanel, LEAST_SIZE, Regions};
pub use grid::{Arrangement, Band, Density, GAP, Grid, Layout, Order, Place, Selection};
pub use history::History;
pub use layers::{Layer, LayerKind, Layers, View};
pub use list::ListView;
pub use log::{LogStatus, LogView};
pub use operation::{
    Choose, Dialect, Errand, Focus, Form, GivingUp, Job, JobId, Marks, News, NodeChoice, Operations, Purpose,
    Request, Stage, Task, Ticket,
};
pub use panel::{Panel, Remedy};
pub use prompt::{Prompt, PromptKind};
pub use saved::UNCHANGEABLE;
pub use state::{ClusterState, Letters, State, Totals};
pub use update::update;
pub use view::{CardKind, CardText, ClusterView, FACTS, FleetView, OpenCard, TABS, Tab};
pub use wizard::{Hosts, Wizard};
