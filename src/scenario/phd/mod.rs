//! phd's `.scenario` as it was published, unmodified.
//!
//! phd itself drops comments and blank lines from scripts, here-documents included. Here a script is what stands
//! between its two lines of `....`, byte for byte.

mod prose;
mod requirements;
#[cfg(test)]
mod tests;

use std::time::Duration;

use strum::{EnumString, VariantNames};

use self::prose::Comments;
use super::notes::{Notes, help};
use super::{Destroys, Format, Gates, Order, Purpose, Scenario, Script, Secrecy, Step, Target, Variable};
use crate::model::Tier;
use crate::toml_file::Problems;

/// phd knows no time limit; a package manager with a slow mirror should have its time.
const TIMEOUT: Duration = Duration::from_secs(3600);
/// The line above and below a script.
const FENCE: &str = "....";
/// What the words in the name of a secret are.
const SECRET_WORDS: [&str; 7] = ["password", "passwd", "pass", "secret", "secrets", "token", "psk"];

/// A part of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
enum Part {
    Variables,
    Requirements,
    LocalVariables,
    Scripts,
}

/// Whether a text is one of phd's: it has a line such as `= SCRIPTS =`.
pub(super) fn is_one(text: &str) -> bool {
    !text.starts_with("+++")
        && text.lines().any(|line| heading(line).is_some_and(|word| word.parse::<Part>().is_ok()))
}

/// Whether the value of a variable of that name is a secret: phd doesn't say, so its name does.
pub(super) fn secrecy(name: &str) -> Secrecy {
    let is_secret = name.to_lowercase().split('_').any(|word| SECRET_WORDS.contains(&word));
    if is_secret { Secrecy::Secret } else { Secrecy::Open }
}

/// Reads a scenario. `file` is what the problems call it; each of them has a line.
pub(super) fn read(file: &str, name: &str, text: &str) -> Result<Scenario, Problems> {
    let mut reader = Reader::new(file);
    for (index, line) in text.split_inclusive('\n').enumerate() {
        reader.line(index + 1, line);
    }
    reader.end();
    let Reader { mut notes, comments, requirements, mut variables, steps, introduction, mut remarks, .. } =
        reader;
    drop(comments);
    let needed = requirements.read(&mut notes);
    variables.extend(needed.variables);
    remarks.extend(needed.remarks);
    notes.finish(Scenario {
        name: name.to_owned(),
        title: prose::title(&introduction).unwrap_or_else(|| name.to_owned()),
        format: Format::Phd,
        purpose: Purpose::Installation,
        tier: Tier::Other,
        order: None,
        needs: Vec::new(),
        verified: Vec::new(),
        destroys: Destroys::Nothing,
        variables,
        gates: Gates { before: needed.gates, after: Vec::new() },
        remarks,
        introduction,
        fingerprint: super::fingerprint::of(text),
        steps,
    })
}

/// Takes a file line by line.
struct Reader<'a> {
    notes: Notes<'a>,
    part: Option<Part>,
    /// Since the last thing that they can belong to.
    comments: Comments,
    introduction: String,
    requirements: requirements::Lines,
    variables: Vec<Variable>,
    next: Next,
    /// The script that has begun: the line of its first fence, and its text so far.
    script: Option<(usize, String)>,
    steps: Vec<Step>,
    remarks: Vec<crate::toml_file::Problem>,
}

/// What is said of the script that comes next.
#[derive(Debug, Default)]
struct Next {
    line: Option<usize>,
    on: Option<Target>,
    exit_code: Option<i32>,
}

impl<'a> Reader<'a> {
    fn new(file: &'a str) -> Self {
        Self {
            notes: Notes::new(file),
            part: None,
            comments: Comments::default(),
            introduction: String::new(),
            requirements: requirements::Lines::default(),
            variables: Vec::new(),
            next: Next::default(),
            script: None,
            steps: Vec::new(),
            remarks: Vec::new(),
        }
    }

    fn line(&mut self, number: usize, line: &str) {
        let is_fence = line.trim_end().replace(' ', "") == FENCE;
        match self.script.as_mut() {
            Some((begin, text)) if is_fence => {
                let (begin, text) = (*begin, std::mem::take(text));
                self.script = None;
                self.close(begin, text);
            }
            Some((begin, text)) => {
                if is_target(line) {
                    let message = format!(
                        "stands in the script that begins in line {begin}; has that one been closed with `{FENCE}`?"
                    );
                    self.notes.note(number, message);
                }
                text.push_str(line);
            }
            None if is_fence => self.open(number),
            None => self.outside(number, line.trim_end()),
        }
    }

    fn open(&mut self, number: usize) {
        if self.part != Some(Part::Scripts) {
            self.notes.note(number, "a script stands below `= SCRIPTS =` only");
        }
        self.script = Some((number, String::new()));
    }

    fn close(&mut self, begin: usize, text: String) {
        let next = std::mem::take(&mut self.next);
        let number = self.steps.len() + 1;
        let on = next.on.unwrap_or_default();
        let prose = self.comments.take();
        let title = prose::title(&prose).unwrap_or_else(|| title(number, &on));
        if let Some(function) = prose::phd_function(&text) {
            let message = format!("the script calls `{function}`, a function of phd, which hosts don't have");
            self.remarks.push(self.notes.problem(begin, message));
        }
        let exit_code = next.exit_code.unwrap_or_default();
        self.steps.push(Step {
            number,
            title,
            prose,
            line: next.line.unwrap_or(begin),
            on,
            order: Order::Serial,
            destroys: Destroys::Nothing,
            run: vec![Script { text, line: begin, os: Vec::new(), on: None, timeout: TIMEOUT, exit_code }],
            unless: Vec::new(),
            checks: Vec::new(),
            undo: Vec::new(),
        });
    }

    fn outside(&mut self, number: usize, line: &str) {
        if line.trim().is_empty() {
            return self.comments.pause();
        }
        if line.trim_start().starts_with('#') {
            return self.comments.push(line);
        }
        if let Some(word) = heading(line) {
            return self.heading(number, &word);
        }
        match self.part {
            None => self.notes.note(number, "stands before the first section, such as `= SCRIPTS =`"),
            Some(Part::Variables) => self.variable(number, line.trim()),
            Some(Part::Requirements) => self.requirements.push(number, line),
            Some(Part::LocalVariables) => self.local_variable(number, line),
            Some(Part::Scripts) => self.attribute(number, line.trim()),
        }
    }

    fn heading(&mut self, number: usize, word: &str) {
        let comments = self.comments.take();
        if self.part.is_none() {
            self.introduction = comments;
        }
        if let Ok(part) = word.parse() {
            self.part = Some(part);
            return;
        }
        let help = help(word, Part::VARIANTS.iter().copied());
        self.notes.note(number, format!("no section is called `{}`; {help}", word.escape_debug()));
    }

    fn variable(&mut self, number: usize, name: &str) {
        let description = self.comments.take();
        if !is_name(name) {
            let message = format!("`{}` is no variable's name", name.escape_debug());
            return self.notes.note(number, message);
        }
        let is_given = name.strip_prefix("PHD_ENV_nodes").is_some_and(|rest| rest.parse::<usize>().is_ok());
        let is_known = self.variables.iter().any(|known| known.name == name);
        if is_given || is_known || name == "PHD_ENV_nodes" {
            return;
        }
        self.variables.push(declared(name, None, description, number));
    }

    fn local_variable(&mut self, number: usize, line: &str) {
        let description = self.comments.take();
        match line.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
            Some((name, value)) if is_name(name) => {
                let name = format!("PHD_SENV_{name}");
                self.variables.push(declared(&name, Some(value.to_owned()), description, number));
            }
            _ => self.notes.note(number, "must be `name=value`"),
        }
    }

    fn attribute(&mut self, number: usize, line: &str) {
        let Some((key, value)) = line.split_once('=') else {
            let message = format!("stands in no script; one stands between two lines of `{FENCE}`");
            return self.notes.note(number, message);
        };
        self.next.line.get_or_insert(number);
        match key.trim() {
            "target" => match self.target(value.trim()) {
                Ok(target) => self.next.on = Some(target),
                Err(message) => self.notes.note(number, message),
            },
            "require_exitcode" => match value.trim().parse() {
                Ok(code @ 0..=255) => self.next.exit_code = Some(code),
                _ => self.notes.note(number, "must be an exit code, 0 to 255"),
            },
            key => {
                let help = help(key, ["target", "require_exitcode"]);
                let message = format!("nothing of a script is called `{}`; {help}", key.escape_debug());
                self.notes.note(number, message);
            }
        }
    }

    fn target(&self, value: &str) -> Result<Target, String> {
        let variable = |name: &str| {
            let found = self.variables.iter().find(|variable| variable.name == name);
            found.and_then(|variable| variable.default.as_deref())
        };
        let bare = value.strip_prefix('$').map(|name| name.trim_start_matches('{').trim_end_matches('}'));
        let value = bare.filter(|name| name.starts_with("PHD_SENV_")).and_then(variable).unwrap_or(value);
        target(value)
    }

    fn end(&mut self) {
        let Some((begin, text)) = self.script.take() else {
            if self.next.line.is_some() {
                let line = self.next.line.unwrap_or(1);
                self.notes
                    .note(line, format!("no script follows; one stands between two lines of `{FENCE}`"));
            }
            return;
        };
        // phd takes it so, and a scenario was published so.
        let message =
            format!("the script that begins here is not closed with `{FENCE}`; it goes on to the file's end");
        self.remarks.push(self.notes.problem(begin, message));
        self.close(begin, text);
    }
}

/// What a line such as `= SCRIPTS =` says.
fn heading(line: &str) -> Option<String> {
    let cleaned: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    cleaned.starts_with('=').then(|| cleaned.replace('=', ""))
}

fn target(value: &str) -> Result<Target, String> {
    let name = value.strip_prefix('$').map(|name| name.trim_start_matches('{').trim_end_matches('}'));
    let number = name.and_then(|name| name.strip_prefix("PHD_ENV_nodes"));
    match (value, number) {
        ("all", _) | (_, Some("")) => Ok(Target::All),
        ("local", _) => Ok(Target::Local),
        (_, Some(number)) => match number.parse() {
            Ok(0) => Err("hosts are counted from 1".to_owned()),
            Ok(number) => Ok(Target::Nth(number)),
            Err(_) => Err(format!("`{}` is no host", value.escape_debug())),
        },
        (name, None) => {
            let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
            if name.is_empty() || name.starts_with('-') || !name.chars().all(is_host) {
                let message = format!(
                    "`{}` is no target; there are all, local, $PHD_ENV_nodes1 and so on, and a host's name",
                    name.escape_debug()
                );
                return Err(message);
            }
            Ok(Target::Named(name.into()))
        }
    }
}

/// Whether a line says where a script is run: in a script, it means that the script before was not closed.
fn is_target(line: &str) -> bool {
    let value = line.trim_end().strip_prefix("target=");
    value.is_some_and(|value| {
        matches!(value, "all" | "local") || value.trim_start_matches(['$', '{']).starts_with("PHD_ENV_nodes")
    })
}

fn title(number: usize, on: &Target) -> String {
    match on {
        Target::All => format!("Script {number}, on every host"),
        Target::First => format!("Script {number}, on the first host"),
        Target::Rest => format!("Script {number}, on every host but the first"),
        Target::Local => format!("Script {number}, on this machine"),
        Target::Nth(nth) => format!("Script {number}, on host {nth}"),
        Target::Named(name) => format!("Script {number}, on {name}"),
    }
}

fn declared(name: &str, default: Option<String>, description: String, line: usize) -> Variable {
    Variable {
        name: name.to_owned(),
        kind: super::Kind::Text,
        default,
        secrecy: secrecy(name),
        generated: None,
        description,
        when_empty: String::new(),
        line,
    }
}

pub(super) fn is_name(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && name.chars().all(is_word) && !name.starts_with(|c: char| c.is_ascii_digit())
}
