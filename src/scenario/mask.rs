//! Hiding secrets in whatever is shown, also in output that comes in pieces.

use std::sync::Arc;

use super::{MASK, Secrecy, Value};

/// A line of a secret of several lines is a secret by itself if it has as many characters as this; a shorter one
/// says little, and its mask would hide half of the output.
const LINE: usize = 6;

/// Hides secrets in texts. Every occurrence is hidden, however short the secret: a secret of one letter makes what is
/// printed hard to read, which is better than to show it.
#[derive(Debug, Clone, Default)]
pub struct Masker {
    secrets: Arc<Secrets>,
}

#[derive(Default)]
struct Secrets {
    /// The longest first; none is empty.
    texts: Vec<Vec<u8>>,
    /// Whether one begins with that byte.
    begins: Vec<bool>,
}

impl Masker {
    /// For the secrets among these values.
    pub fn of<'v>(values: impl IntoIterator<Item = &'v Value>) -> Self {
        let secrets = values.into_iter().filter(|value| value.secrecy == Secrecy::Secret);
        Self::new(secrets.map(|value| value.text.as_str()))
    }

    /// For these secrets. They are also found as bash quotes them, and line by line.
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Self {
        let mut texts: Vec<Vec<u8>> = Vec::new();
        for secret in secrets {
            texts.push(secret.as_bytes().to_vec());
            texts.push(secret.trim().as_bytes().to_vec());
            // What `set -x` prints.
            texts.push(secret.replace('\'', r"'\''").into_bytes());
            let lines = secret.lines().map(str::trim).filter(|line| line.len() >= LINE);
            texts.extend(lines.map(|line| line.as_bytes().to_vec()));
        }
        texts.retain(|text| !text.is_empty());
        texts.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        texts.dedup();
        let mut begins = vec![false; 256];
        for first in texts.iter().filter_map(|text| text.first()) {
            if let Some(begins) = begins.get_mut(usize::from(*first)) {
                *begins = true;
            }
        }
        Self { secrets: Arc::new(Secrets { texts, begins }) }
    }

    /// The text with every secret hidden; where two overlap, the longest that begins first is.
    pub fn mask(&self, text: &str) -> String {
        if self.secrets.texts.is_empty() {
            return text.to_owned();
        }
        let mut stream = self.stream();
        let mut masked = stream.push(text.as_bytes());
        masked.extend(stream.finish());
        String::from_utf8_lossy(&masked).into_owned()
    }

    /// For output that comes in pieces.
    pub fn stream(&self) -> MaskStream {
        MaskStream { secrets: Arc::clone(&self.secrets), held: Vec::new() }
    }
}

/// Hides secrets in output that comes in pieces, also one that is split over several of them. What may be the
/// beginning of a secret is held back until the next piece or the end.
pub struct MaskStream {
    secrets: Arc<Secrets>,
    held: Vec<u8>,
}

impl MaskStream {
    /// What can be shown now that this piece has come.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        if self.secrets.texts.is_empty() {
            return piece.to_vec();
        }
        self.held.extend_from_slice(piece);
        let (shown, rest) = self.secrets.hide(&self.held, End::MoreMayCome);
        self.held.drain(..self.held.len() - rest);
        shown
    }

    /// What is left when there is no more.
    pub fn finish(self) -> Vec<u8> {
        self.secrets.hide(&self.held, End::Here).0
    }

    /// Whether anything is held back. What is should be shown when nothing has come for a while, as a prompt.
    pub fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }
}

/// Whether a text goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    MoreMayCome,
    Here,
}

impl Secrets {
    /// What can be shown, and how many bytes at the end can't be judged yet.
    fn hide(&self, bytes: &[u8], end: End) -> (Vec<u8>, usize) {
        let mut shown = Vec::with_capacity(bytes.len());
        let mut rest = bytes;
        while let Some((first, after)) = rest.split_first() {
            if !self.begins.get(usize::from(*first)).copied().unwrap_or_default() {
                shown.push(*first);
                rest = after;
                continue;
            }
            // The longest comes first, so one that may yet become whole is seen before a shorter one that is.
            let may_be = |secret: &&Vec<u8>| {
                rest.starts_with(secret) || (end == End::MoreMayCome && secret.starts_with(rest))
            };
            match self.texts.iter().find(may_be) {
                None => {
                    shown.push(*first);
                    rest = after;
                }
                Some(secret) => match rest.strip_prefix(secret.as_slice()) {
                    Some(after) => {
                        shown.extend_from_slice(MASK.as_bytes());
                        rest = after;
                    }
                    None => return (shown, rest.len()),
                },
            }
        }
        (shown, 0)
    }
}

/// Says how much is held back, which may be half of a secret, and none of it.
impl std::fmt::Debug for MaskStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}, {} bytes held back", self.secrets, self.held.len())
    }
}

/// Says how many there are, and none of them.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} secrets", self.texts.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&["hunter22"], "it is hunter22.", "it is ********.")]
    #[case(&["abc", "abcdef"], "abcdef abcde", "******** ********de")]
    #[case(&["it's"], r"+ echo 'it'\''s' it's", "+ echo '********' ********")]
    #[case(&["line one\nline two"], "line one\n  line two\n", "********\n  ********\n")]
    #[case(&[""], "nothing", "nothing")]
    #[case(&["aa"], "aaa", "********a")]
    fn secrets_are_hidden(#[case] secrets: &[&str], #[case] text: &str, #[case] masked: &str) {
        assert_eq!(Masker::new(secrets.iter().copied()).mask(text), masked);
    }

    #[test]
    fn a_secret_in_two_pieces_is_hidden() {
        let mut stream = Masker::new(["hunter22"]).stream();
        assert_eq!(stream.push(b"the hun"), b"the ");
        assert!(stream.is_holding());
        assert_eq!(stream.push(b"ter22 hunt"), b"******** ");
        assert_eq!(stream.finish(), b"hunt");
    }

    #[test]
    fn a_secret_is_not_in_what_is_logged() {
        let masker = Masker::new(["hunter22"]);
        let mut stream = masker.stream();
        stream.push(b"x");
        assert!(!format!("{masker:?}").contains("hunter22"));
    }

    proptest! {
        #[test]
        fn pieces_give_what_the_whole_gives(
            secrets in prop::collection::vec("[ab]{1,5}", 0..4),
            pieces in prop::collection::vec("[abc]{0,6}", 0..8),
        ) {
            let masker = Masker::new(secrets.iter().map(String::as_str));
            let mut stream = masker.stream();
            let mut shown = Vec::new();
            for piece in &pieces {
                shown.extend(stream.push(piece.as_bytes()));
            }
            shown.extend(stream.finish());
            let shown = String::from_utf8(shown).unwrap();
            prop_assert_eq!(&shown, &masker.mask(&pieces.concat()));
            for secret in &secrets {
                prop_assert!(!shown.contains(secret), "{secret} in {shown}");
            }
        }
    }
}
