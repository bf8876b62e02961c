//! How scripts end, in words.

use std::time::Duration;

use crate::scenario::journal::End;
use crate::scenario::{Check, Script};

impl Check {
    /// How it ended that it does not hold, in words.
    pub fn does_not_hold(&self, end: &End) -> String {
        let which = at_line(&self.script, "check");
        let time = match self.retry {
            Duration::ZERO => String::new(),
            retry => format!(" within {}", humantime::format_duration(retry)),
        };
        match end {
            End::Exited { code: Some(code) } => format!("{which} does not hold{time} (exit code {code})"),
            End::Exited { .. } | End::TimedOut | End::Killed | End::NotSent { .. } | End::Lost { .. } => {
                format!("{which} does not hold{time}: {}", wrong_end(&self.script, end, "check"))
            }
        }
    }
}

/// `the script at line 12`.
pub(super) fn at_line(script: &Script, what: &str) -> String {
    format!("the {what} at line {}", script.line)
}

/// How a script ended that did not end well, in words.
pub(super) fn wrong_end(script: &Script, end: &End, what: &str) -> String {
    let which = at_line(script, what);
    match end {
        End::Exited { code: Some(code) } if script.exit_code == 0 => {
            format!("{which} failed with exit code {code}")
        }
        End::Exited { code: Some(code) } => {
            format!("{which} ended with exit code {code} where {} is right", script.exit_code)
        }
        End::Exited { code: None } => format!("{which} was ended by a signal"),
        End::TimedOut => {
            format!(
                "{which} did not end within {} and was killed",
                humantime::format_duration(script.timeout)
            )
        }
        End::Killed => format!("{which} was killed"),
        End::NotSent { why } | End::Lost { why } => why.clone(),
    }
}
