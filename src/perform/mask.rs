//! Secrets taken out of a stream.

use crate::scenario::MASK;

/// Takes secrets out of a stream that comes in pieces, wherever it is cut.
#[derive(Debug)]
pub(super) struct Mask {
    /// Longest first, so that one that is the beginning of another does not uncover the rest of it.
    secrets: Vec<Vec<u8>>,
    /// What may be the beginning of a secret.
    held: Vec<u8>,
}

impl Mask {
    pub(super) fn new(secrets: &[String]) -> Self {
        let mut secrets: Vec<Vec<u8>> =
            secrets.iter().filter(|it| !it.is_empty()).map(|it| it.as_bytes().to_vec()).collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets, held: Vec::new() }
    }

    /// Takes some bytes and gives back those that can be told to be no part of a secret, masks instead of secrets.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        if self.secrets.is_empty() {
            return bytes.to_vec();
        }
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(bytes);
        let mut given = Vec::with_capacity(all.len());
        let mut rest = all.as_slice();
        while let Some((first, others)) = rest.split_first() {
            let mut those = self.secrets.iter().filter(|secret| secret.first() == Some(first));
            // A longer one that may still come to its end goes before a shorter one that is there.
            let found = those.find(|secret| secret.starts_with(rest) || rest.starts_with(secret));
            match found {
                Some(secret) if rest.len() >= secret.len() => {
                    given.extend_from_slice(MASK.as_bytes());
                    rest = rest.get(secret.len()..).unwrap_or_default();
                }
                Some(_) => {
                    self.held = rest.to_vec();
                    return given;
                }
                None => {
                    given.push(*first);
                    rest = others;
                }
            }
        }
        given
    }

    /// The stream has ended: what was held.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        let held = std::mem::take(&mut self.held);
        let mut given = Vec::new();
        let mut rest = held.as_slice();
        // What was held for the sake of a longer secret may hold a shorter one.
        while let Some((first, others)) = rest.split_first() {
            match self.secrets.iter().find(|secret| rest.starts_with(secret)) {
                Some(secret) => {
                    given.extend_from_slice(MASK.as_bytes());
                    rest = rest.get(secret.len()..).unwrap_or_default();
                }
                None => {
                    given.push(*first);
                    rest = others;
                }
            }
        }
        given
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_secret_comes_through_wherever_it_is_cut(
            words in prop::collection::vec("[ab]{1,3}|geheim|geheimnis|[x ]{1,4}", 0..12),
            cuts in prop::collection::vec(0..60_usize, 0..8),
        ) {
            let text = words.concat();
            let mut mask = Mask::new(&["geheim".into(), "geheimnis".into(), String::new()]);
            let mut given = Vec::new();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.sort_unstable();
            let mut from = 0;
            for cut in cuts.into_iter().chain([text.len()]) {
                given.extend(mask.feed(&text.as_bytes()[from..cut]));
                from = cut;
            }
            given.extend(mask.rest());
            let expected = text.replace("geheimnis", MASK).replace("geheim", MASK);
            prop_assert_eq!(String::from_utf8(given).unwrap(), expected);
        }
    }
}
