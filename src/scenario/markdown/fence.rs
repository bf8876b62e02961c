//! What a fenced block's info string says: `bash run on=all timeout=10m`.

use std::iter::Peekable;
use std::str::Chars;
use std::time::Duration;

use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::scenario::notes::help;
use crate::scenario::{Order, Target};

/// Nothing may take longer.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// What a block is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "lowercase")]
pub(super) enum Role {
    /// It is what the step does.
    Run,
    /// It proves the step.
    Check,
    /// It takes the step back.
    Undo,
    /// It says whether the step has been done already.
    Unless,
}

impl Role {
    /// What may be said of it.
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Run => &["on", "timeout", "parallel", "os", "exit", "destroys"],
            Self::Check => &["on", "timeout", "retry", "os", "exit"],
            Self::Undo => &["on", "timeout", "os", "exit"],
            Self::Unless => &["timeout", "os"],
        }
    }

    /// How long it may take where nothing is said.
    const fn timeout(self) -> Duration {
        match self {
            Self::Run | Self::Undo => Duration::from_secs(600),
            Self::Check | Self::Unless => Duration::from_secs(60),
        }
    }
}

/// What an info string says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fence {
    pub(super) role: Role,
    pub(super) on: Option<Target>,
    pub(super) timeout: Duration,
    pub(super) retry: Duration,
    pub(super) order: Option<Order>,
    pub(super) os: Vec<String>,
    pub(super) exit_code: i32,
    pub(super) destroys: Option<String>,
}

/// Reads an info string; `None`: the block is only shown. The error is all that is wrong with it.
pub(super) fn read(info: &str) -> Result<Option<Fence>, Vec<String>> {
    let words = words(info).map_err(|error| vec![error])?;
    let Some((language, rest)) = words.split_first() else { return Ok(None) };
    let Some((first, rest)) = rest.split_first() else { return Ok(None) };
    if language.text != "bash" {
        return match first.text.parse::<Role>() {
            Ok(_) => Err(vec![format!("`{} {}`: only bash is run", language.text, first.text)]),
            Err(_) => Ok(None),
        };
    }
    let Ok(role) = first.text.parse::<Role>() else {
        let help = help(&first.text, Role::VARIANTS.iter().copied());
        return Err(vec![format!("`{}` is nothing that a block can be for; {help}", first.text)]);
    };
    let mut fence = Fence {
        role,
        on: None,
        timeout: role.timeout(),
        retry: Duration::ZERO,
        order: None,
        os: Vec::new(),
        exit_code: 0,
        destroys: None,
    };
    let mut wrong = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for word in rest {
        if seen.contains(&word.text.as_str()) {
            wrong.push(format!("`{}` is said twice", word.text));
        } else if let Err(message) = fence.set(word) {
            wrong.push(message);
        } else {
            seen.push(&word.text);
        }
    }
    if wrong.is_empty() { Ok(Some(fence)) } else { Err(wrong) }
}

impl Fence {
    fn set(&mut self, word: &Word) -> Result<(), String> {
        let key = word.text.as_str();
        let keys = self.role.keys();
        if !keys.contains(&key) {
            let role: &str = self.role.into();
            let is_of_others = Role::VARIANTS.iter().filter_map(|role| role.parse::<Role>().ok());
            let help = if is_of_others.flat_map(Role::keys).any(|known| *known == key) {
                format!("known are {}", keys.join(", "))
            } else {
                help(key, keys.iter().copied())
            };
            return Err(format!("a `{role}` block has no `{}`; {help}", key.escape_debug()));
        }
        let value = word
            .value
            .as_deref()
            .filter(|value| !value.trim().is_empty())
            .ok_or_else(|| format!("`{key}` needs a value, such as `{key}={}`", example(key)))?;
        let wrong = |needs: &str| {
            format!("`{key}={}`: {needs}, such as `{key}={}`", value.escape_debug(), example(key))
        };
        match key {
            "on" => self.on = Some(value.parse().map_err(|error| format!("`on={value}`: {error}"))?),
            "timeout" => {
                self.timeout = duration(value)
                    .filter(|timeout| !timeout.is_zero())
                    .ok_or_else(|| wrong("must be a time of up to a day"))?;
            }
            "retry" => {
                self.retry = duration(value).ok_or_else(|| wrong("must be a time of up to a day"))?;
            }
            "parallel" => {
                let hosts: usize = value
                    .parse()
                    .ok()
                    .filter(|hosts| *hosts > 0)
                    .ok_or_else(|| wrong("must be the number of hosts at once"))?;
                self.order = Some(if hosts == 1 { Order::Serial } else { Order::Parallel(hosts) });
            }
            "os" => {
                let is_id = |id: &&str| {
                    !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
                };
                let ids: Vec<&str> = value.split(',').collect();
                if !ids.iter().all(is_id) {
                    return Err(wrong("must be the names of systems between commas"));
                }
                self.os = ids.into_iter().map(str::to_owned).collect();
            }
            "exit" => {
                self.exit_code = value
                    .parse()
                    .ok()
                    .filter(|code| (0..=255).contains(code))
                    .ok_or_else(|| wrong("must be an exit code, 0 to 255"))?;
            }
            _ => self.destroys = Some(value.to_owned()),
        }
        Ok(())
    }
}

const fn example(key: &str) -> &'static str {
    match key.as_bytes() {
        b"on" => "first",
        b"timeout" => "10m",
        b"retry" => "60s",
        b"parallel" => "4",
        b"os" => "debian,ubuntu",
        b"exit" => "1",
        _ => "\"the cluster on these hosts\"",
    }
}

fn duration(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok().filter(|duration| *duration <= LONGEST)
}

/// A word, or a key and its value.
#[derive(Debug, PartialEq, Eq)]
struct Word {
    text: String,
    value: Option<String>,
}

/// Splits an info string; a value may stand between double quotes.
fn words(info: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = info.chars().peekable();
    loop {
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        if rest.peek().is_none() {
            return Ok(words);
        }
        let text = take_while(&mut rest, |c| !c.is_whitespace() && c != '=');
        let value = if rest.next_if_eq(&'=').is_none() {
            None
        } else if rest.next_if_eq(&'"').is_some() {
            let value = take_while(&mut rest, |c| c != '"');
            if rest.next().is_none() {
                return Err(format!("the quotation mark after `{text}=` is not closed"));
            }
            Some(value)
        } else {
            Some(take_while(&mut rest, |c| !c.is_whitespace()))
        };
        words.push(Word { text, value });
    }
}

fn take_while(rest: &mut Peekable<Chars<'_>>, wanted: impl Fn(char) -> bool) -> String {
    let mut taken = String::new();
    while let Some(c) = rest.next_if(|c| wanted(*c)) {
        taken.push(c);
    }
    taken
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn all_that_can_be_said_is_read() {
        let fence =
            read(r#"bash run on=rest timeout=1h parallel=4 os=debian,ubuntu exit=3 destroys="the disk""#);
        let expected = Fence {
            role: Role::Run,
            on: Some(Target::Rest),
            timeout: Duration::from_secs(3600),
            retry: Duration::ZERO,
            order: Some(Order::Parallel(4)),
            os: vec!["debian".into(), "ubuntu".into()],
            exit_code: 3,
            destroys: Some("the disk".into()),
        };
        assert_eq!(fence, Ok(Some(expected)));
    }

    #[rstest]
    #[case("")]
    #[case("bash")]
    #[case("toml")]
    #[case("text what=ever")]
    #[case("rust ignore")]
    fn what_says_nothing_is_only_shown(#[case] info: &str) {
        assert_eq!(read(info), Ok(None));
    }

    #[rstest]
    #[case("bash rum on=all", "`rum` is nothing that a block can be for; did you mean `run`?")]
    #[case("sh run", "`sh run`: only bash is run")]
    #[case("bash run timout=5m", "a `run` block has no `timout`; did you mean `timeout`?")]
    #[case("bash unless on=all", "a `unless` block has no `on`; known are timeout, os")]
    #[case("bash run on=al", "`on=al`: no hosts are called so; did you mean `all`?")]
    #[case("bash run on", "`on` needs a value, such as `on=first`")]
    #[case("bash run timeout=0s", "`timeout=0s`: must be a time of up to a day, such as `timeout=10m`")]
    #[case("bash check retry=soon", "`retry=soon`: must be a time of up to a day, such as `retry=60s`")]
    #[case("bash run parallel=0", "`parallel=0`: must be the number of hosts at once, such as `parallel=4`")]
    #[case("bash run exit=256", "`exit=256`: must be an exit code, 0 to 255, such as `exit=1`")]
    #[case(
        "bash run os=,",
        "`os=,`: must be the names of systems between commas, such as `os=debian,ubuntu`"
    )]
    #[case("bash run on=all on=first", "`on` is said twice")]
    #[case("bash run destroys=\"all", "the quotation mark after `destroys=` is not closed")]
    fn a_mistake_is_told(#[case] info: &str, #[case] message: &str) {
        assert_eq!(read(info), Err(vec![message.to_owned()]));
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        assert_eq!(read("bash run on=nowhere parallel=x exit=y").map_err(|wrong| wrong.len()), Err(3));
    }
}
