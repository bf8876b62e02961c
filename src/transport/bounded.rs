//! Talking to a command's three streams without ever holding more than the limit.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Why the streams were not read to their ends.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExchangeError {
    /// One of them holds more than the limit.
    #[error("more output than the limit")]
    TooMuch,
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes `input` to stdin, closes it, and reads stdout and stderr to their ends: all three at once, so that
/// no pipe that is full can stop the others. Gives up at the first byte beyond `limit` on either.
pub(super) async fn exchange(
    stdin: Option<impl AsyncWrite + Unpin>,
    input: &[u8],
    stdout: Option<impl AsyncRead + Unpin>,
    stderr: Option<impl AsyncRead + Unpin>,
    limit: usize,
) -> Result<(Vec<u8>, Vec<u8>), ExchangeError> {
    let write = async { write_all(stdin, input).await.map_err(ExchangeError::from) };
    let ((), stdout, stderr) = tokio::try_join!(write, read_up_to(stdout, limit), read_up_to(stderr, limit))?;
    Ok((stdout, stderr))
}

/// Writes `input` and closes the stream.
pub(super) async fn write_all(stream: Option<impl AsyncWrite + Unpin>, input: &[u8]) -> io::Result<()> {
    let Some(mut stream) = stream else { return Ok(()) };
    let written = async {
        stream.write_all(input).await?;
        stream.shutdown().await
    };
    match written.await {
        // A command may end without having read what it was given: its exit code tells whether that is bad.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

async fn read_up_to(stream: Option<impl AsyncRead + Unpin>, limit: usize) -> Result<Vec<u8>, ExchangeError> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        // One byte more than allowed tells "exactly the limit" from "more".
        stream.take(limit as u64 + 1).read_to_end(&mut bytes).await?;
    }
    if bytes.len() > limit { Err(ExchangeError::TooMuch) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_limit_itself_is_allowed_and_one_byte_more_is_not() {
        let stdin = || None::<tokio::io::Empty>;
        let read = exchange(stdin(), b"", Some(&b"1234"[..]), Some(&b""[..]), 4).await;
        assert_eq!(read.unwrap(), (b"1234".to_vec(), Vec::new()));
        let read = exchange(stdin(), b"", Some(&b""[..]), Some(&b"12345"[..]), 4).await;
        assert!(matches!(read, Err(ExchangeError::TooMuch)));
    }
}
