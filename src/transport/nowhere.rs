//! No hosts at all.

use futures::future::BoxFuture;

use super::{Command, Limits, Output, Transport, TransportError};
use crate::model::{HostName, TroubleKind};

/// Refuses every command with the reason that it holds.
#[derive(Debug, Clone, Copy)]
pub struct Nowhere(pub &'static str);

impl Transport for Nowhere {
    fn run<'a>(
        &'a self,
        _host: &'a HostName,
        _command: &'a Command,
        _limits: Limits,
    ) -> BoxFuture<'a, Result<Output, TransportError>> {
        let message = self.0.to_owned();
        let error = TransportError { kind: TroubleKind::Other, message, may_have_run: false };
        Box::pin(std::future::ready(Err(error)))
    }
}
