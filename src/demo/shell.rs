//! Which of the simulated commands an argument vector asks for.

use std::path::Path;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question<'a> {
    /// The cluster's state.
    CrmMon(Style),
    /// Pacemaker's version.
    Version,
    /// The configuration; only the `<cib>` element itself with `--no-children`.
    Cib { children: bool },
    /// What the archive of the configuration tells.
    Archive,
    /// A program that changes something, and its arguments.
    Change(&'a str, &'a [String]),
    /// A shell that reads a script, and the script's arguments.
    Script(&'a [String]),
    /// The time in that format (without the `+`).
    Date(&'a str),
    /// A program that is simulated, asked something that is not.
    Unsupported(&'a str),
    /// A program that is not there.
    NotFound(&'a str),
}

/// What is in the script that reads the archive, and in no other.
const ARCHIVED: &str = "echo '<archive>'";

/// Which root element `crm_mon` was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `--output-as=xml`.
    Result,
    /// `--as-xml`.
    Legacy,
}

impl<'a> Question<'a> {
    /// Reads an argument vector, through `sudo` and `env` before the program.
    pub(super) fn of(argv: &'a [String]) -> Self {
        let argv = without_wrappers(argv);
        let Some((program, arguments)) = argv.split_first() else { return Self::NotFound("") };
        let name = Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or(program);
        let has = |wanted: &[&str]| arguments.iter().any(|argument| wanted.contains(&argument.as_str()));
        match name {
            "crm_mon" if has(&["--version", "-$"]) => Self::Version,
            "crm_mon" if has(&["--output-as=xml"]) || has_pair(arguments, "--output-as", "xml") => {
                Self::CrmMon(Style::Result)
            }
            "crm_mon" if has(&["--as-xml", "-X"]) => Self::CrmMon(Style::Legacy),
            "cibadmin" if has(&["--query", "-Q"]) => Self::Cib { children: !has(&["--no-children", "-n"]) },
            "date" => match arguments.iter().find_map(|argument| argument.strip_prefix('+')) {
                Some(format) => Self::Date(format),
                None => Self::Date("%a %b %e %H:%M:%S UTC %Y"),
            },
            "cibadmin" if has(&["--create"]) => Self::Change(name, arguments),
            "crm_resource" | "crm_attribute" | "stonith_admin" | "crm_ticket" => {
                Self::Change(name, arguments)
            }
            "sh" if arguments.iter().any(|argument| argument.contains(ARCHIVED)) => Self::Archive,
            "sh" if arguments.starts_with(&["-s".to_owned(), "--".to_owned()]) => {
                Self::Script(arguments.get(2..).unwrap_or_default())
            }
            "crm_mon" | "cibadmin" | "sh" => Self::Unsupported(name),
            _ => Self::NotFound(name),
        }
    }
}

/// The argument vector from the program on.
fn without_wrappers(argv: &[String]) -> &[String] {
    let skipped = match argv.first().map(String::as_str) {
        Some("sudo") => argv.iter().skip(1).take_while(|argument| argument.starts_with('-')).count(),
        Some("env") => argv
            .iter()
            .skip(1)
            .take_while(|argument| argument.starts_with('-') || argument.contains('='))
            .count(),
        _ => return argv,
    };
    without_wrappers(argv.get(1 + skipped..).unwrap_or_default())
}

fn has_pair(arguments: &[String], option: &str, value: &str) -> bool {
    arguments.windows(2).any(|pair| pair[0] == option && pair[1] == value)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{Question, Style};

    #[rstest]
    #[case("crm_mon --output-as=xml -1 -r", Question::CrmMon(Style::Result))]
    #[case("crm_mon -1 --output-as xml", Question::CrmMon(Style::Result))]
    #[case(
        "env LC_ALL=C PATH=/usr/sbin:/usr/bin crm_mon --output-as=xml -1 -r",
        Question::CrmMon(Style::Result)
    )]
    #[case("sudo -n -- env LC_ALL=C /usr/sbin/crm_mon -X -1", Question::CrmMon(Style::Legacy))]
    #[case("crm_mon --version", Question::Version)]
    #[case("crm_mon -1", Question::Unsupported("crm_mon"))]
    #[case("sudo -n -- cibadmin --query", Question::Cib { children: true })]
    #[case("cibadmin -Q --xpath /cib --no-children", Question::Cib { children: false })]
    #[case("cibadmin --erase", Question::Unsupported("cibadmin"))]
    #[case("date +%s.%N%z", Question::Date("%s.%N%z"))]
    #[case("date -u +%s", Question::Date("%s"))]
    #[case("rm -rf /", Question::NotFound("rm"))]
    #[case("sudo -n --", Question::NotFound(""))]
    fn the_program_is_found_behind_its_wrappers(#[case] line: &str, #[case] expected: Question) {
        let argv: Vec<String> = line.split(' ').map(str::to_owned).collect();
        assert_eq!(Question::of(&argv), expected);
    }
}
