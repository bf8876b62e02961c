//! What may have been meant by a word that nothing is called.

/// The known word that was most likely meant by `word`; `None` when none is near.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // One slip in a short word, two in a longer one: more, and the guess is more often wrong than right.
    let most = word.chars().count().max(3) / 3;
    known
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::nearest;

    #[rstest]
    #[case("keystne", Some("keystone"))]
    #[case("glnace", Some("glance"))]
    #[case("db", Some("db"))]
    #[case("Keystone", Some("keystone"))]
    #[case("Foo_Bra", Some("FOO_BAR"))]
    #[case("something-else", None)]
    #[case("", None)]
    fn only_what_is_near_is_suggested(#[case] word: &str, #[case] expected: Option<&str>) {
        assert_eq!(nearest(word, ["keystone", "glance", "db", "FOO_BAR"]), expected);
    }
}
