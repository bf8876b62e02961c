//! A thread that writes to the terminal, so that a terminal that takes no output blocks nothing else.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// The most bytes of one write. Between two writes the thread notes that the terminal still takes output.
const CHUNK: usize = 4096;

/// Hands bytes to the thread. It keeps no backlog as long as the caller sends only while the writer is free.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    slot: Mutex<Slot>,
    /// For threads: something in the slot has changed.
    changed: Condvar,
    /// For the one task that waits in [`Writer::free`].
    freed: Notify,
}

#[derive(Debug, Default)]
struct Slot {
    /// The bytes to write next.
    next: Vec<u8>,
    /// When the terminal last took something, while there is something to write.
    busy_since: Option<Instant>,
    /// The first failure, until somebody has heard of it.
    failure: Option<io::Error>,
    /// Whether the rest of what the thread is writing is to be dropped.
    is_discarded: bool,
    /// Whether nothing is written any more: the terminal failed, or was given back without an answer.
    is_closed: bool,
}

impl Writer {
    /// Starts the thread. It ends with the last handle, or when the process does.
    pub(super) fn start(screen: impl Write + Send + 'static) -> io::Result<Self> {
        let writer = Self { shared: Arc::default() };
        let shared = Arc::clone(&writer.shared);
        thread::Builder::new().name("terminal".to_owned()).spawn(move || shared.write_to(screen))?;
        Ok(writer)
    }

    /// Hands over bytes. Returns the failure of an earlier write, once; from then on it does nothing.
    pub(super) fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let mut slot = self.shared.slot();
        if let Some(failure) = slot.failure.take() {
            return Err(failure);
        }
        if !slot.is_closed && !bytes.is_empty() {
            slot.next.extend_from_slice(bytes);
            slot.busy_since.get_or_insert_with(Instant::now);
            self.shared.changed.notify_all();
        }
        Ok(())
    }

    /// Resolves when the terminal has taken everything, or with the failure that prevents it.
    pub(super) async fn free(&self) -> io::Result<()> {
        loop {
            if let Some(outcome) = self.shared.slot().outcome() {
                return outcome;
            }
            self.shared.freed.notified().await;
        }
    }

    /// Waits until the terminal has taken everything; `false` if it doesn't within that time.
    pub(super) fn is_free_within(&self, limit: Duration) -> bool {
        let slot = self.shared.slot();
        let waited = self.shared.changed.wait_timeout_while(slot, limit, |slot| slot.busy_since.is_some());
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Whether the terminal has taken nothing for that long although there is something to write.
    pub(super) fn is_stalled_for(&self, limit: Duration) -> bool {
        self.shared.slot().busy_since.is_some_and(|since| since.elapsed() >= limit)
    }

    /// Drops what waits. Only a write under way may still reach the terminal; what is sent from now on comes after it.
    pub(super) fn discard(&self) {
        let mut slot = self.shared.slot();
        slot.is_discarded = slot.busy_since.is_some();
        slot.next.clear();
    }

    /// Drops what waits, and takes nothing any more. Only a write under way may still reach the terminal.
    pub(super) fn close(&self) {
        let mut slot = self.shared.slot();
        slot.is_closed = true;
        slot.next.clear();
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        // Nothing panics while it holds the lock.
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_to(self: Arc<Self>, mut screen: impl Write) {
        let mut bytes = Vec::new();
        while self.take(&mut bytes) {
            for chunk in bytes.chunks(CHUNK) {
                let outcome = screen.write_all(chunk).and_then(|()| screen.flush());
                let mut slot = self.slot();
                match outcome {
                    Ok(()) => slot.busy_since = Some(Instant::now()),
                    Err(failure) => {
                        slot.failure = Some(failure);
                        slot.is_closed = true;
                    }
                }
                if slot.is_closed || slot.is_discarded {
                    break;
                }
            }
            bytes.clear();
        }
    }

    /// Waits for the next bytes; `false` when there will be none.
    fn take(&self, bytes: &mut Vec<u8>) -> bool {
        let mut slot = self.slot();
        slot.is_discarded = false;
        if slot.next.is_empty() || slot.is_closed {
            slot.busy_since = None;
            self.changed.notify_all();
            self.freed.notify_one();
        }
        let mut slot = self
            .changed
            .wait_while(slot, |slot| slot.next.is_empty() && !slot.is_closed)
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut slot.next, bytes);
        !slot.is_closed
    }
}

impl Slot {
    /// `None` while there is something to write.
    fn outcome(&mut self) -> Option<io::Result<()>> {
        match self.failure.take() {
            Some(failure) => Some(Err(failure)),
            None => self.busy_since.is_none().then_some(Ok(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Takes a chunk for each message.
    struct Slow(mpsc::Receiver<()>, Arc<Mutex<Vec<u8>>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.recv().map_err(io::Error::other)?;
            self.1.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn after_a_stall_that_was_not_waited_for_the_terminal_is_written_to_again() {
        let (allow, allowed) = mpsc::channel();
        let taken = Arc::default();
        let writer = Writer::start(Slow(allowed, Arc::clone(&taken))).unwrap();
        writer.send(&[b'a'; 3 * CHUNK]).unwrap();
        writer.send(b"never").unwrap();
        assert!(!writer.is_free_within(Duration::from_millis(20)));
        writer.discard();
        writer.send(b"b").unwrap();
        for _ in 0..2 {
            allow.send(()).unwrap();
        }
        assert!(writer.is_free_within(Duration::from_secs(20)));
        let mut expected = vec![b'a'; CHUNK];
        expected.push(b'b');
        assert!(*taken.lock().unwrap() == expected, "the rest of the old picture was written");
    }
}
