//! The line by which a host says that a script begins. Without it, an exit code isn't the script's own: `sudo`, the shell
//! or the loader may have ended with it.

use super::host::BEGINS;
use super::output::shown_lines;

/// The most that is kept of the output before that line, in bytes.
const BEFORE: usize = 2 << 10;

/// Finds the line in a script's stderr and takes it out.
#[derive(Debug, Default)]
pub(super) struct Beginning {
    has_begun: bool,
    /// The end of the output so far, which may hold the start of the line.
    held: Vec<u8>,
    /// The last output before the line.
    before: Vec<u8>,
}

impl Beginning {
    /// Takes a piece of stderr and returns what of it is output.
    pub(super) fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        if self.has_begun {
            return piece.to_vec();
        }
        self.held.extend_from_slice(piece);
        if let Some(at) = self.held.windows(BEGINS.len()).position(|bytes| bytes == BEGINS.as_bytes()) {
            self.has_begun = true;
            let mut output = std::mem::take(&mut self.held);
            output.drain(at..at + BEGINS.len());
            return output;
        }
        let certain = self.held.len().saturating_sub(BEGINS.len() - 1);
        self.release(certain)
    }

    /// Returns what is still held when the output has ended.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        self.release(self.held.len())
    }

    /// Whether the script has begun.
    pub(super) const fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// The last line before the script, fit to be shown.
    pub(super) fn why(&self) -> Option<String> {
        shown_lines(&self.before).pop()
    }

    fn release(&mut self, count: usize) -> Vec<u8> {
        let output: Vec<u8> = self.held.drain(..count).collect();
        self.before.extend_from_slice(&output);
        let too_much = self.before.len().saturating_sub(BEFORE);
        self.before.drain(..too_much);
        output
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::perform::tests::pieces;

    proptest! {
        #[test]
        fn the_line_is_found_however_the_output_is_cut(
            before in "[a-z\n:]{0,40}",
            after in "[a-z\n:]{0,40}",
            begins in any::<bool>(),
            sizes in prop::collection::vec(1..30_usize, 1..9),
        ) {
            let whole = format!("{before}{}{after}", if begins { BEGINS } else { "" });
            let (mut beginning, mut output) = (Beginning::default(), Vec::new());
            for piece in pieces(whole.as_bytes(), &sizes) {
                output.extend(beginning.push(piece));
            }
            output.extend(beginning.finish());
            prop_assert_eq!(String::from_utf8(output).unwrap(), format!("{before}{after}"));
            prop_assert_eq!(beginning.has_begun(), begins);
        }
    }
}
