//! Spans of time as a configuration writes them.

use jiff::SignedDuration;

/// The same as [`interval_ms`], as a span.
pub fn interval(text: &str) -> Option<SignedDuration> {
    i64::try_from(interval_ms(text)?).ok().map(SignedDuration::from_millis)
}

/// A time as Pacemaker reads it, such as `10`, `10s`, `500ms` or `2min`, in milliseconds. `None` for one that is negative or
/// written in another way, such as ISO 8601.
pub fn interval_ms(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: u64 = number.parse().ok()?;
    let factor = match unit.trim() {
        "" | "s" | "sec" => 1_000,
        "ms" | "msec" => 1,
        "m" | "min" => 60_000,
        "h" | "hr" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::interval_ms;

    #[rstest]
    #[case("10", Some(10_000))]
    #[case(" 10s ", Some(10_000))]
    #[case("1500ms", Some(1_500))]
    #[case("2 min", Some(120_000))]
    #[case("1h", Some(3_600_000))]
    #[case("0", Some(0))]
    #[case("-1", None)]
    #[case("PT10S", None)]
    #[case("18446744073709551615", None)]
    fn intervals_as_pacemaker_reads_them(#[case] text: &str, #[case] expected: Option<u64>) {
        assert_eq!(interval_ms(text), expected);
    }
}
