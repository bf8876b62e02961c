//! Work that ends in an outcome even if it panics. The panic itself is logged by the hook of [`crate::terminal`].

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::FutureExt;

/// Runs the work of a task. If it panics, the outcome is `panicked`, and what the work owns is dropped.
pub(super) async fn settled<T>(work: impl Future<Output = T>, panicked: impl FnOnce() -> T) -> T {
    // After a panic nothing of the work is used again.
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_logged| panicked())
}

/// The same for work on a blocking thread.
pub(super) fn settled_blocking<T>(work: impl FnOnce() -> T, panicked: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_logged| panicked())
}
