//! What the scripts print: all of it on the disk, its last lines in memory, secrets in neither.

use std::collections::VecDeque;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use crate::files;
use crate::model::text::clean;
use crate::scenario::journal::Job;
use crate::scenario::{MaskStream, Masker};
use crate::transport::{Piece, StreamKind};

/// The most that is kept in memory of what a script printed last.
const TAIL: usize = 16 << 10;
/// How many of its last lines are told when it went wrong.
const LINES: usize = 12;
/// The most of one script's output that is kept on the disk.
const ON_DISK: u64 = 1 << 30;

/// Takes what one script prints.
pub(super) struct Log {
    file: Option<File>,
    /// How much of this script is in the file.
    written: u64,
    tail: VecDeque<u8>,
    /// Each stream's own, as a secret may be cut between two pieces of one.
    masks: [MaskStream; 2],
    trouble: Option<String>,
}

impl Log {
    /// Adds to the file of a step at a place, made if need be, for this user's eyes only. That there can be none
    /// is told with the script's last lines.
    pub(super) async fn open(folder: &Path, job: &Job, line: usize, at: Timestamp, masker: &Masker) -> Self {
        let path = folder.join(file_name(job));
        let (file, trouble) = match files::append(&path) {
            Ok(file) => (Some(File::from_std(file)), None),
            Err(error) => (None, Some(format!("its output can't be kept in {}: {error}", path.display()))),
        };
        let masks = [masker.stream(), masker.stream()];
        let mut log = Self { file, written: 0, tail: VecDeque::new(), masks, trouble };
        log.keep(format!("== {at:.0} {}, line {line}\n", job.part.word()).as_bytes()).await;
        log.written = 0;
        log
    }

    /// Takes a piece and gives back what may be shown of it.
    pub(super) async fn take(&mut self, piece: &Piece) -> Vec<u8> {
        let [stdout, stderr] = &mut self.masks;
        let mask = match piece.stream {
            StreamKind::Stdout => stdout,
            StreamKind::Stderr => stderr,
        };
        let bytes = mask.push(&piece.bytes);
        self.add(&bytes).await;
        bytes
    }

    /// The output has ended: its last lines, fit to be shown.
    pub(super) async fn close(mut self) -> Vec<String> {
        let masks =
            std::mem::replace(&mut self.masks, [Masker::default().stream(), Masker::default().stream()]);
        for mask in masks {
            let rest = mask.finish();
            self.add(&rest).await;
        }
        if let Some(file) = &mut self.file
            && let Err(error) = file.flush().await
        {
            self.give_up(&error);
        }
        let bytes: Vec<u8> = self.tail.into_iter().collect();
        let mut lines = shown_lines(&bytes);
        lines.drain(..lines.len().saturating_sub(LINES));
        lines.extend(self.trouble);
        lines
    }

    async fn add(&mut self, bytes: &[u8]) {
        self.tail.extend(bytes);
        let too_much = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..too_much);
        self.keep(bytes).await;
    }

    async fn keep(&mut self, bytes: &[u8]) {
        let Some(file) = &mut self.file else { return };
        self.written += bytes.len() as u64;
        if let Err(error) = file.write_all(bytes).await {
            return self.give_up(&error);
        }
        if self.written > ON_DISK {
            self.give_up(&io::Error::other(format!("it is more than {} MiB", ON_DISK >> 20)));
        }
    }

    fn give_up(&mut self, error: &io::Error) {
        tracing::error!("the output of a script is not kept any more: {error}");
        self.trouble = Some(format!("the rest of its output was not kept: {error}"));
        self.file = None;
    }
}

/// The lines of some output, each fit to be shown; empty ones are left out.
pub(super) fn shown_lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().map(clean).filter(|line| !line.trim().is_empty()).collect()
}

/// A name as a file may have it: one that holds nothing else than letters, digits, `-`, `_` and `.`, and not too much.
pub(super) fn safe_name(name: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.chars().take(100).map(|c| if is_safe(c) { c } else { '_' }).collect()
}

/// The file of a step at a place: `03-db1.log`.
pub fn file_name(job: &Job) -> String {
    let name = safe_name(&job.place.to_string());
    format!("{:02}-{name}.log", job.step)
}
