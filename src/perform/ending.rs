//! The line by which a host says that a script has ended, and with which exit code. Without it, the script may still work:
//! only what waited for it, such as `sudo` or the loader, has ended.

use super::host::ENDS;

/// The most digits of an exit code.
const DIGITS: usize = 3;

/// Finds the line at the very end of a script's stderr and takes it out. Anywhere else it is the script's own output.
#[derive(Debug, Default)]
pub(super) struct Ending {
    /// The end of the output so far, if it may be the line or its start.
    held: Vec<u8>,
}

impl Ending {
    /// Takes a piece of stderr and returns what of it is output.
    pub(super) fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(piece);
        let first = self.held.len().saturating_sub(ENDS.len() + DIGITS + 1);
        let may_begin = |at: &usize| self.held.get(*at..).is_some_and(may_be_line);
        let at = (first..self.held.len()).find(may_begin).unwrap_or(self.held.len());
        self.held.drain(..at).collect()
    }

    /// Returns the exit code, if the output ended with the line, or else what is still held.
    pub(super) fn finish(self) -> (Option<i32>, Vec<u8>) {
        let code = self.held.strip_prefix(ENDS.as_bytes()).and_then(|rest| rest.strip_suffix(b"\n"));
        match code.and_then(|code| std::str::from_utf8(code).ok()?.parse().ok()) {
            Some(code) => (Some(code), Vec::new()),
            None => (None, self.held),
        }
    }
}

/// Whether that is the line or its start.
fn may_be_line(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(ENDS.as_bytes()) else { return ENDS.as_bytes().starts_with(bytes) };
    let code = rest.strip_suffix(b"\n").unwrap_or(rest);
    code.len() <= DIGITS && code.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::perform::tests::pieces;

    proptest! {
        #[test]
        fn only_the_last_line_ends_a_script_however_the_output_is_cut(
            before in "(quorate: |the script ended with |quorate: the script ended with 7\n|[a-z0-9:\n]{1,9}){0,6}",
            ends in prop::option::of(0..256_i32),
            sizes in prop::collection::vec(1..50_usize, 1..9),
        ) {
            prop_assume!(ends.is_some() || !before.ends_with('\n'));
            let line = ends.map(|code| format!("{ENDS}{code}\n")).unwrap_or_default();
            let whole = format!("{before}{line}");
            let (mut ending, mut output) = (Ending::default(), Vec::new());
            for piece in pieces(whole.as_bytes(), &sizes) {
                output.extend(ending.push(piece));
            }
            let (code, held) = ending.finish();
            output.extend(held);
            prop_assert_eq!(code, ends);
            prop_assert_eq!(String::from_utf8(output).unwrap(), before);
        }
    }
}
