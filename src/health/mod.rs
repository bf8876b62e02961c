//! What is wrong with a cluster, why, and what to do about it.

mod finding;

pub use finding::{Finding, Health, Severity};
