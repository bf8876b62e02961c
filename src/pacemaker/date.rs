//! The dates that Pacemaker writes.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, ISOWeekDate, Time, Weekday};
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
/// - the other forms of ISO 8601 that it reads in rules: basic (`20291231`, `20291231T120000Z`), ordinal (`2029-365`)
///   and week dates (`2029-W52-1`). A date without a time is midnight UTC;
/// - seconds since the epoch: digits that are neither a basic nor an ordinal date.
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
    if let Some(date) = date(text) {
        return in_zone(date.at(0, 0, 0, 0), Some(Offset::UTC));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        if matches!(text.len(), 7 | 8) {
            return Err(NotADate);
        }
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
    match joined.parse::<DateTime>() {
        Ok(local) => in_zone(local, zone),
        Err(_) => loose(&joined, zone),
    }
}

/// A date and a time in any mix of the forms of ISO 8601.
fn loose(text: &str, zone: Option<Offset>) -> Result<Option<Timestamp>, NotADate> {
    let (day, rest) = text.split_once(['T', ' ']).ok_or(NotADate)?;
    let end = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone_text) = rest.split_at_checked(end).ok_or(NotADate)?;
    let zone = if zone_text.is_empty() { zone } else { Some(offset(zone_text).ok_or(NotADate)?) };
    let local = date(day).ok_or(NotADate)?.to_datetime(time(clock.trim()).ok_or(NotADate)?);
    in_zone(local, zone)
}

/// A calendar, ordinal or week date, with or without hyphens.
fn date(text: &str) -> Option<Date> {
    if !text.is_ascii() {
        return None;
    }
    let plain = text.replace('-', "");
    let hyphens = text.len() - plain.len();
    let number = |from: usize, to: usize| digits(plain.get(from..to)?);
    let year = i16::try_from(number(0, 4)?).ok()?;
    match (plain.len(), hyphens) {
        (8, 0 | 2) if plain.as_bytes().get(4) == Some(&b'W') => {
            let (week, day) = (i8::try_from(number(5, 7)?).ok()?, i8::try_from(number(7, 8)?).ok()?);
            let weekday = Weekday::from_monday_one_offset(day).ok()?;
            Some(ISOWeekDate::new(year, week, weekday).ok()?.date())
        }
        (8, 0 | 2) => {
            let (month, day) = (i8::try_from(number(4, 6)?).ok()?, i8::try_from(number(6, 8)?).ok()?);
            Date::new(year, month, day).ok()
        }
        (7, 0 | 1) => {
            let day = i16::try_from(number(4, 7)?).ok()?;
            Date::new(year, 1, 1).ok()?.with().day_of_year(day).build().ok()
        }
        _ => None,
    }
}

/// Hours, and perhaps minutes and seconds, with or without colons. A fraction of a second is left out.
fn time(text: &str) -> Option<Time> {
    let whole = text.split(['.', ',']).next()?;
    let plain = whole.replace(':', "");
    let part = |from: usize| match plain.get(from..from + 2) {
        Some(part) => digits(part).and_then(|number| i8::try_from(number).ok()),
        None => (plain.len() <= from).then_some(0),
    };
    Time::new(part(0)?, part(2)?, part(4)?, 0).ok().filter(|_| plain.len() >= 2)
}

fn offset(text: &str) -> Option<Offset> {
    let text = text.trim();
    if text == "Z" {
        return Some(Offset::UTC);
    }
    let time = time(text.get(1..)?)?;
    let seconds = i32::from(time.hour()) * 3600 + i32::from(time.minute()) * 60;
    Offset::from_seconds(if text.starts_with('-') { -seconds } else { seconds }).ok()
}

fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
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
    #[case::early_epoch("123456789", "1973-11-29T21:33:09Z")]
    #[case::basic("20291231", "2029-12-31T00:00:00Z")]
    #[case::basic_with_time("20291231T120000Z", "2029-12-31T12:00:00Z")]
    #[case::basic_with_offset("20291231T1200+0100", "2029-12-31T11:00:00Z")]
    #[case::basic_without_zone("20291231T120000", "2029-12-31T10:00:00Z")]
    #[case::without_a_time("2029-12-31", "2029-12-31T00:00:00Z")]
    #[case::ordinal("2029-365", "2029-12-31T00:00:00Z")]
    #[case::basic_ordinal("2028366", "2028-12-31T00:00:00Z")]
    #[case::week("2029-W01-1", "2029-01-01T00:00:00Z")]
    #[case::basic_week("2026W487", "2026-11-29T00:00:00Z")]
    #[case::week_with_time("2026-W48-7 08:30:00Z", "2026-11-29T08:30:00Z")]
    #[case::to_the_minute("2026-11-29 08:30Z", "2026-11-29T08:30:00Z")]
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
    #[case("20261301")]
    #[case("2027-366")]
    #[case("2026-W54-1")]
    #[case("20261129T2560Z")]
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
