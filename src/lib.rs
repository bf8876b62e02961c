//! Quorate: a terminal operations console for many Pacemaker clusters.
//!
//! What flows where, and which module may know which, is in `ARCHITECTURE.md`.

pub mod app;
pub mod cli;
pub mod config;
pub mod demo;
pub mod files;
pub mod health;
pub mod keymap;
pub mod model;
pub mod nearest;
pub mod operate;
pub mod operation;
pub mod pacemaker;
pub mod perform;
pub mod runtime;
pub mod saved;
pub mod scenario;
pub mod tables;
pub mod terminal;
pub mod theme;
pub mod toml_file;
pub mod transport;
pub mod ui;
pub mod watch;
