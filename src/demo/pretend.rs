//! Scenarios on simulated hosts: these run no shell, so every script is taken for one that worked, and says so.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::model::HostName;
use crate::perform::{BEGINS, ENDS};
use crate::transport::{
    Command, Ended, Limits, Output, Piece, StreamKind, StreamLimits, Transport, TransportError,
};

/// How long a script seems to take.
const TAKES: Duration = Duration::from_millis(1500);
/// What a host says of itself to whoever carries a scenario out.
const SYSTEM: &[u8] = b"ID=debian\nVERSION_ID=\"12\"\nQUORATE_UID=0\nmemory=8388608\n";
/// What a script prints.
const OUTPUT: &[u8] = b"simulated: this host runs no shell, nothing was run\n";

/// A transport whose hosts take every script of bash for one that worked. Everything else goes to the other one.
pub struct Pretender(Arc<dyn Transport>);

impl Pretender {
    /// Over that transport.
    pub fn over(transport: Arc<dyn Transport>) -> Self {
        Self(transport)
    }
}

/// Whether it is a script that a simulated host can't run.
fn is_bash(command: &Command) -> bool {
    let is_it = |word: &String| Path::new(word).file_name().is_some_and(|name| name == "bash");
    command.argv().iter().take_while(|word| !word.starts_with("-c")).any(is_it)
}

impl Transport for Pretender {
    fn run<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        limits: Limits,
    ) -> BoxFuture<'a, Result<Output, TransportError>> {
        if !is_bash(command) {
            return self.0.run(host, command, limits);
        }
        let output = Output {
            exit_code: Some(0),
            stdout: SYSTEM.to_vec(),
            stderr: Vec::new(),
            elapsed: Duration::ZERO,
        };
        Box::pin(async move { Ok(output) })
    }

    fn stream<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        limits: StreamLimits,
        pieces: mpsc::Sender<Piece>,
    ) -> BoxFuture<'a, Result<Ended, TransportError>> {
        if !is_bash(command) {
            return self.0.stream(host, command, limits, pieces);
        }
        Box::pin(async move {
            let begins = Piece { stream: StreamKind::Stderr, bytes: BEGINS.into() };
            let output = Piece { stream: StreamKind::Stdout, bytes: OUTPUT.to_vec() };
            for piece in [begins, output] {
                // Nobody has to take it.
                let _nobody = pieces.send(piece).await;
            }
            sleep(TAKES).await;
            let ends = Piece { stream: StreamKind::Stderr, bytes: format!("{ENDS}0\n").into_bytes() };
            let _nobody = pieces.send(ends).await;
            Ok(Ended { exit_code: Some(0), elapsed: TAKES })
        })
    }
}
