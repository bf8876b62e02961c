//! Spans of time as a configuration writes them.

/// Reads an interval in seconds: `600`, `600s`, `10min`. `None` if it is written in another way, such as ISO 8601.
pub fn interval_seconds(interval: &str) -> Option<i64> {
    let interval = interval.trim();
    let unit_at = interval.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(interval.len());
    let (number, unit) = interval.split_at(unit_at);
    let each = match unit.trim() {
        "" | "s" | "sec" => 1,
        "m" | "min" => 60,
        "h" | "hr" => 3_600,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(each)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::interval_seconds;

    #[rstest]
    #[case("600", Some(600))]
    #[case("600s", Some(600))]
    #[case("10min", Some(600))]
    #[case("1h", Some(3_600))]
    #[case("PT10M", None)]
    #[case("99999999999999999h", None)]
    fn intervals(#[case] interval: &str, #[case] expected: Option<i64>) {
        assert_eq!(interval_seconds(interval), expected);
    }
}
