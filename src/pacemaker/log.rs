//! Lines of logs: of the journal, of Pacemaker's own file since 1.1, of corosync's.

use crate::model::text::clean;
use crate::model::{LogLevel, LogLine};

/// Reads a line, whatever it is: what can't be told apart is its text.
pub fn read_line(line: &str) -> LogLine {
    let line = clean(line);
    let line = line.trim();
    let Some((at, rest)) = time(line) else {
        return LogLine {
            at: String::new(),
            program: String::new(),
            level: said(line),
            text: line.to_owned(),
        };
    };
    let (program, rest) = program(rest);
    // Since 2.0 the place in the source stands before the words: (function@file.c:12).
    let rest = match rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
        Some((place, behind)) if !place.contains(' ') => behind.trim_start(),
        _ => rest,
    };
    let (level, text) = level(rest).unwrap_or_else(|| (said(rest), rest));
    LogLine { at: at.to_owned(), program: program.to_owned(), level, text: text.to_owned() }
}

/// The time before the rest: `2026-11-23T09:26:30+0000 …` or `Nov 23 09:26:30 …`.
fn time(line: &str) -> Option<(&str, &str)> {
    let (first, rest) = line.split_once(' ')?;
    if first.starts_with(|c: char| c.is_ascii_digit()) && first.contains('T') && first.contains(':') {
        return Some((first, rest.trim_start()));
    }
    if !matches!(
        first,
        "Jan" | "Feb" | "Mar" | "Apr" | "May" | "Jun" | "Jul" | "Aug" | "Sep" | "Oct" | "Nov" | "Dec"
    ) {
        return None;
    }
    let (day, behind) = rest.trim_start().split_once(' ')?;
    let (clock, behind) = behind.trim_start().split_once(' ')?;
    let is_time = day.bytes().all(|byte| byte.is_ascii_digit()) && clock.contains(':');
    let at = line.get(..line.len() - behind.len())?.trim_end();
    is_time.then(|| (at, behind.trim_start()))
}

/// The program before the words, the host before it left out: `db1 corosync[812]: …`, `db1 pacemakerd  [812] …`,
/// `[812] db1 crmd: …`.
fn program(rest: &str) -> (&str, &str) {
    let rest = after_number(rest);
    let Some((_host, rest)) = rest.split_once(' ') else { return ("", rest) };
    let rest = rest.trim_start();
    let end = rest.find([' ', ':', '[']).unwrap_or(rest.len());
    let (program, rest) = rest.split_at(end);
    let rest = after_number(rest.trim_start());
    (program, rest.strip_prefix(':').unwrap_or(rest).trim_start())
}

/// What stands after `[812]`, if that stands there.
fn after_number(text: &str) -> &str {
    let inner = text.strip_prefix('[').and_then(|inner| inner.split_once(']'));
    match inner {
        Some((number, behind)) if number.bytes().all(|byte| byte.is_ascii_digit()) => behind.trim_start(),
        _ => text,
    }
}

/// A level before the words, and these: `notice: …`, `warning [TOTEM ] …`.
fn level(text: &str) -> Option<(LogLevel, &str)> {
    let end = text.find([':', ' '])?;
    let (word, rest) = text.split_at(end);
    let level = word_level(word)?;
    let rest = match rest.strip_prefix(':') {
        Some(rest) => rest.trim_start(),
        None => Some(rest.trim_start()).filter(|rest| rest.starts_with('['))?,
    };
    Some((level, rest))
}

fn word_level(word: &str) -> Option<LogLevel> {
    Some(match word.to_ascii_lowercase().as_str() {
        "trace" | "debug" => LogLevel::Debug,
        "info" => LogLevel::Info,
        "notice" => LogLevel::Notice,
        "warning" | "warn" => LogLevel::Warning,
        "error" | "err" | "crit" | "critical" | "alert" | "emerg" => LogLevel::Error,
        _ => return None,
    })
}

/// What the words themselves say, where no level stands before them.
fn said(text: &str) -> LogLevel {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["error:", "ERROR:", "crit:", "CRIT:", "Failed to start", "Failed with result"]) {
        LogLevel::Error
    } else if has(&["warning:", "WARNING:", "WARN:"]) {
        LogLevel::Warning
    } else {
        LogLevel::Info
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::journal(
        "2026-11-23T09:26:30+0000 db1 pacemaker-controld[812]:  notice: State transition S_IDLE -> S_POLICY_ENGINE",
        ("2026-11-23T09:26:30+0000", "pacemaker-controld", LogLevel::Notice, "State transition S_IDLE -> S_POLICY_ENGINE")
    )]
    #[case::journal_of_corosync(
        "2026-11-23T09:26:30+00:00 db1 corosync[700]:   [TOTEM ] A new membership (1.9) was formed.",
        ("2026-11-23T09:26:30+00:00", "corosync", LogLevel::Info, "[TOTEM ] A new membership (1.9) was formed.")
    )]
    #[case::pacemaker_2(
        "Nov 23 09:26:30.123 db1 pacemaker-fenced    [812] (log_operation@fenced_commands.c:2012) \terror: Operation 'reboot' failed",
        ("Nov 23 09:26:30.123", "pacemaker-fenced", LogLevel::Error, "Operation 'reboot' failed")
    )]
    #[case::pacemaker_1(
        "Nov 23 09:26:30 [812] db1       crmd:  warning: status_from_rc:\tAction 12 failed",
        ("Nov 23 09:26:30", "crmd", LogLevel::Warning, "status_from_rc: Action 12 failed")
    )]
    #[case::corosync(
        "Nov 23 09:26:30 [700] db1 corosync warning [MAIN  ] Corosync main process was not scheduled",
        ("Nov 23 09:26:30", "corosync", LogLevel::Warning, "[MAIN  ] Corosync main process was not scheduled")
    )]
    #[case::an_agent(
        "2026-11-23T09:26:30+0000 db1 IPaddr2(vip)[9001]: ERROR: no such interface",
        ("2026-11-23T09:26:30+0000", "IPaddr2(vip)", LogLevel::Error, "no such interface")
    )]
    #[case::systemd(
        "2026-11-23T09:26:30+0000 db1 systemd[1]: pacemaker.service: Failed with result 'exit-code'.",
        ("2026-11-23T09:26:30+0000", "systemd", LogLevel::Error, "pacemaker.service: Failed with result 'exit-code'.")
    )]
    #[case::no_time("-- Boot 0123 --", ("", "", LogLevel::Info, "-- Boot 0123 --"))]
    #[case::hostile("\u{1b}]0;owned\u{7}error: \u{202e}x", ("", "", LogLevel::Error, "error: x"))]
    fn reads_the_lines_of_all_ages(
        #[case] line: &str,
        #[case] (at, program, level, text): (&str, &str, LogLevel, &str),
    ) {
        let read = read_line(line);
        assert_eq!(
            (read.at.as_str(), read.program.as_str(), read.level, read.text.as_str()),
            (at, program, level, text)
        );
    }

    proptest! {
        #[test]
        fn whatever_comes_is_shown_and_clean(
            line in any::<String>(),
            near in "(Nov|2026-11-23T09:26:30) *[0-9:]{0,9} *\\[?[0-9a-z\\]: (]{0,20}.{0,20}",
        ) {
            for line in [line, near] {
                let read = read_line(&line);
                for text in [&read.at, &read.program, &read.text] {
                    prop_assert_eq!(&clean(text), text);
                }
                // No word is lost but what stands before the message.
                let cleaned = clean(&line);
                prop_assert!(cleaned.contains(&read.text));
                prop_assert!(!read.at.is_empty() || read.text == cleaned.trim());
            }
        }
    }
}
