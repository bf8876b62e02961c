//! The dates that Pacemaker writes.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::Offset;

/// The text is no date in any form that Pacemaker has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotADate;

impl From<jiff::Error> for NotADate {
    fn from(_: jiff::Error) -> Self {
        Self
    }
}

/// Reads a date in any of Pacemaker's forms:
///
/// - ctime (`Sun Nov 22 11:04:54 2026`): all of 1.1, and `last_update`, `last_change` to this day;
/// - ISO (`2026-11-22 11:09:08Z`, `2026-11-22 11:09:08 +01:00`), with microseconds from 2.1.6;
/// - seconds since the epoch.
///
/// A date that names no zone is taken to be in `zone`, that of the host which printed it; without one it can't be
/// told when it was, which is `None`, as is an empty text.
pub(super) fn parse(text: &str, zone: Option<Offset>) -> Result<Option<Timestamp>, NotADate> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return ctime(text, zone);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = text.parse().ok().ok_or(NotADate)?;
        return Ok(Some(Timestamp::from_second(seconds)?));
    }
    iso(text, zone)
}

fn iso(text: &str, zone: Option<Offset>) -> Result<Option<Timestamp>, NotADate> {
    // Pacemaker puts a space before the offset, which no standard knows.
    let joined = text.replacen(" +", "+", 1).replacen(" -", "-", 1);
    if let Ok(at) = joined.trim_end_matches(" UTC").parse::<Timestamp>() {
        return Ok(Some(at));
    }
    let local: DateTime = joined.parse()?;
    in_zone(local, zone)
}

fn ctime(text: &str, zone: Option<Offset>) -> Result<Option<Timestamp>, NotADate> {
    // The weekday adds nothing, and is the first word to be in another language.
    let (_, date) = text.split_once(' ').ok_or(NotADate)?;
    let (parsed, used) = BrokenDownTime::parse_prefix("%b %e %H:%M:%S %Y", date)?;
    let local = parsed.to_datetime()?;
    match date.get(used..).unwrap_or_default().trim() {
        "" => in_zone(local, zone),
        "Z" | "UTC" | "GMT" => in_zone(local, Some(Offset::UTC)),
        named => iso(&format!("{local}{named}"), zone),
    }
}

fn in_zone(local: DateTime, zone: Option<Offset>) -> Result<Option<Timestamp>, NotADate> {
    Ok(zone.map(|zone| zone.to_timestamp(local)).transpose()?)
}

#[cfg(test)]
mod tests {
    use jiff::tz::offset;
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::ctime("Sun Nov 22 11:04:54 2026", "2026-11-22T09:04:54Z")]
    #[case::ctime_padded_day("Thu Dec  3 01:02:03 2015", "2015-12-02T23:02:03Z")]
    #[case::ctime_with_zone("Sun Nov 22 11:04:54 2026 +05:30", "2026-11-22T05:34:54Z")]
    #[case::ctime_of_another_weekday("Mon Nov 22 11:04:54 2026", "2026-11-22T09:04:54Z")]
    #[case::iso("2026-11-22 11:09:08Z", "2026-11-22T11:09:08Z")]
    #[case::iso_with_offset("2026-11-22 11:09:08 +01:00", "2026-11-22T10:09:08Z")]
    #[case::iso_behind("2026-11-22 11:09:08 -08:00", "2026-11-22T19:09:08Z")]
    #[case::iso_without_zone("2026-11-22 11:09:08", "2026-11-22T09:09:08Z")]
    #[case::iso_microseconds("2026-11-22 11:06:18.123456Z", "2026-11-22T11:06:18.123456Z")]
    #[case::iso_microseconds_offset("2026-11-22 11:06:18.123456 +01:00", "2026-11-22T10:06:18.123456Z")]
    #[case::epoch("1795345794", "2026-11-22T11:09:54Z")]
    fn every_form(#[case] text: &str, #[case] expected: Timestamp) {
        assert_eq!(parse(text, Some(offset(2))), Ok(Some(expected)));
    }

    #[rstest]
    #[case("")]
    #[case("  ")]
    #[case("Sun Nov 22 11:04:54 2026")]
    #[case("2026-11-22 11:09:08")]
    fn without_a_zone_it_is_not_known_when(#[case] text: &str) {
        assert_eq!(parse(text, None), Ok(None));
    }

    #[rstest]
    #[case("never")]
    #[case("dim. nov. 22 11:04:54 2026")]
    #[case("Sun Nov 31 11:04:54 2026")]
    #[case("2026-13-01 00:00:00Z")]
    #[case("99999999999999999999")]
    fn refuses_what_is_no_date(#[case] text: &str) {
        assert_eq!(parse(text, Some(Offset::UTC)), Err(NotADate));
    }

    proptest! {
        #[test]
        fn never_panics(text in "[-+ :.0-9A-Za-z\u{e9}]{0,40}") {
            let _ = parse(&text, Some(Offset::UTC));
        }

        #[test]
        fn reads_back_what_it_prints(second in 0_i64..=4_102_444_800) {
            let at = Timestamp::from_second(second).unwrap();
            let ctime = at.strftime("%a %b %e %H:%M:%S %Y").to_string();
            prop_assert_eq!(parse(&ctime, Some(Offset::UTC)), Ok(Some(at)));
            let iso = at.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
            prop_assert_eq!(parse(&iso, None), Ok(Some(at)));
        }
    }
}
