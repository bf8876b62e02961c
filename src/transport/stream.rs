//! A command's output, handed on while it runs.

use std::future::Future;
use std::io;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::sync::mpsc;

use super::bounded::write_all;
use super::{Command, Limits, Output, TransportError, shown};
use crate::model::{HostName, TroubleKind};

/// How long a stream may take. There is no limit to its output: what is not taken is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamLimits {
    /// The longest that a login may take. The wait for its turn doesn't count.
    pub connect: Duration,
    /// The longest wait for the command's end once connected; `None`: it may go on for ever.
    pub command: Option<Duration>,
}

/// Some of what a command printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where it was printed. Pieces of one stream come in order; between the two there is none.
    pub stream: StreamKind,
    /// Never empty, at most [`Piece::LONGEST`]. A line, or a character, may be cut anywhere.
    pub bytes: Vec<u8>,
}

impl Piece {
    /// The most bytes in one piece.
    pub const LONGEST: usize = 16 * 1024;
}

/// The two streams that a command prints to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum StreamKind {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A streamed command ran to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; `None` where a signal ended it.
    pub exit_code: Option<i32>,
    /// From its start to its end, as the console saw it.
    pub elapsed: Duration,
}

/// Why the streams were not handed on to their ends.
#[derive(Debug, thiserror::Error)]
pub(super) enum PumpError {
    /// The receiver is gone.
    #[error("nobody takes the output")]
    NobodyListens,
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes `input` to stdin, closes it, and hands on what comes from stdout and stderr until both have ended: all
/// three at once, so that none can stop the others. Holds no more than one piece of each.
pub(super) async fn pump(
    stdin: Option<impl AsyncWrite + Unpin>,
    input: &[u8],
    stdout: Option<impl AsyncRead + Unpin>,
    stderr: Option<impl AsyncRead + Unpin>,
    pieces: &mpsc::Sender<Piece>,
) -> Result<(), PumpError> {
    let write = async { write_all(stdin, input).await.map_err(PumpError::from) };
    let stdout = hand_on(stdout, StreamKind::Stdout, pieces);
    let stderr = hand_on(stderr, StreamKind::Stderr, pieces);
    tokio::try_join!(write, stdout, stderr).map(|((), (), ())| ())
}

async fn hand_on(
    from: Option<impl AsyncRead + Unpin>,
    stream: StreamKind,
    pieces: &mpsc::Sender<Piece>,
) -> Result<(), PumpError> {
    let Some(mut from) = from else { return Ok(()) };
    let mut buffer = vec![0; Piece::LONGEST];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        let bytes = buffer.iter().take(read).copied().collect();
        pieces.send(Piece { stream, bytes }).await.map_err(|_closed| PumpError::NobodyListens)?;
    }
}

/// What `run` gives, unless the limit passes or the receiver is dropped before. A quiet command would else never
/// notice the latter.
pub(super) async fn watched<T>(
    host: &HostName,
    command: &Command,
    limit: Option<Duration>,
    pieces: &mpsc::Sender<Piece>,
    run: impl Future<Output = Result<T, TransportError>>,
) -> Result<T, TransportError> {
    let too_long = async {
        match limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
        limit.unwrap_or_default()
    };
    tokio::select! {
        biased;
        result = run => result,
        () = pieces.closed() => Err(nobody_listens(host, command)),
        limit = too_long => Err(TransportError::timeout(host, command, limit)),
    }
}

pub(super) fn nobody_listens(host: &HostName, command: &Command) -> TransportError {
    TransportError {
        kind: TroubleKind::Other,
        message: format!("{} was given up on {host}: nobody takes its output.", shown(command)),
        may_have_run: true,
    }
}

/// The most that is taken of a command that is streamed only after its end.
const WHOLE_OUTPUT: usize = 16 << 20;

/// Streams what [`super::Transport::run`] gives once the command has ended, 16 MiB at most: for transports that have
/// nothing better, and for commands that are short.
pub fn after_the_end<'a>(
    host: &'a HostName,
    command: &'a Command,
    limits: StreamLimits,
    pieces: mpsc::Sender<Piece>,
    run: impl FnOnce(Limits) -> BoxFuture<'a, Result<Output, TransportError>> + Send + 'a,
) -> BoxFuture<'a, Result<Ended, TransportError>> {
    async move {
        let connect = limits.connect;
        let limits = Limits {
            connect,
            patience: None,
            session: None,
            command: limits.command.unwrap_or(Duration::MAX),
            output: WHOLE_OUTPUT,
        };
        let run = async {
            let output = run(limits).await?;
            pump(None::<tokio::io::Empty>, &[], Some(&*output.stdout), Some(&*output.stderr), &pieces)
                .await
                .map_err(|_closed| nobody_listens(host, command))?;
            Ok(Ended { exit_code: output.exit_code, elapsed: output.elapsed })
        };
        // The limit is left to `run`.
        watched(host, command, None, &pieces, run).await
    }
    .boxed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Whole(Output);

    impl super::super::Transport for Whole {
        fn run<'a>(
            &'a self,
            _host: &'a HostName,
            _command: &'a Command,
            _limits: Limits,
        ) -> BoxFuture<'a, Result<Output, TransportError>> {
            async { Ok(self.0.clone()) }.boxed()
        }
    }

    proptest! {
        #[test]
        fn what_was_printed_at_once_is_handed_on_in_order_and_in_pieces(
            stdout in proptest::collection::vec(any::<u8>(), 0..60_000),
            stderr in proptest::collection::vec(any::<u8>(), 0..20_000),
            room in 1_usize..4,
        ) {
            use super::super::Transport;
            let output = Output {
                exit_code: Some(3), stdout: stdout.clone(), stderr: stderr.clone(), elapsed: Duration::from_secs(1),
            };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let (whole, host, command) = (Whole(output), HostName::from("a"), Command::new("x"));
            let limits = StreamLimits { connect: Duration::from_secs(1), command: None };
            let (sender, mut pieces) = mpsc::channel(room);
            let (ended, taken) = runtime.block_on(async {
                tokio::join!(whole.stream(&host, &command, limits, sender), async {
                    let mut taken = (Vec::new(), Vec::new());
                    while let Some(piece) = pieces.recv().await {
                        assert!((1..=Piece::LONGEST).contains(&piece.bytes.len()));
                        match piece.stream {
                            StreamKind::Stdout => taken.0.extend(piece.bytes),
                            StreamKind::Stderr => taken.1.extend(piece.bytes),
                        }
                    }
                    taken
                })
            });
            prop_assert_eq!(ended.unwrap(), Ended { exit_code: Some(3), elapsed: Duration::from_secs(1) });
            prop_assert_eq!(taken, (stdout, stderr));
        }
    }
}
