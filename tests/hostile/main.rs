//! Names that are out for trouble, from the bytes of a member's answer on: as arguments of commands, and in the remedies
//! that a user pastes into a shell. `tests/ssh` has them on the wire.

#[path = "../common/hostile.rs"]
mod names;
#[path = "../common/pictures.rs"]
mod pictures;
mod remedies;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::Offset;
use quorate::health::Assessment;
use quorate::model::text::clean;
use quorate::model::{Access, ClusterEntry, Contact, Observation, Picture, Tier};
use quorate::operation::{Intent, Plan, SubjectKind, Verb, command, plan};
use quorate::pacemaker::parse::{self, Answer};
use strum::IntoEnumIterator;

/// A capture in which the resource `vip` and the node `c1n2` have that name.
fn renamed(capture: &str, name: &str) -> Picture {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/captures");
    let escape = |name: &str| {
        let escaped = name.chars().map(|c| match c {
            '&' | '<' | '>' | '"' | '\'' | '\n' | '\r' | '\t' => format!("&#{};", u32::from(c)),
            c => c.to_string(),
        });
        escaped.collect::<String>()
    };
    let read = |kind: &str| {
        let xml = std::fs::read_to_string(folder.join(format!("{capture}.{kind}.xml"))).expect("a capture");
        xml.replace("c1n2", &escape(name)).replace("\"vip\"", &format!("\"{}\"", escape(name)))
    };
    let Ok(Answer::Running(mut picture)) = parse::crm_mon(read("crm_mon").as_bytes(), Some(Offset::UTC))
    else {
        panic!("{capture} is no picture with {name:?}")
    };
    picture.cib = Some(Arc::new(parse::cib(read("cib").as_bytes()).expect("a CIB")));
    *picture
}

/// Everything that can be done to what has that name.
fn plans(name: &str) -> Vec<Plan> {
    let picture = renamed("healthy", name);
    let wish = |verb: Verb| Intent {
        cluster: "db".into(),
        verb,
        subject: if verb.subject() == SubjectKind::Cluster { "db".to_owned() } else { name.to_owned() },
        to: verb.takes_a_node().then(|| name.into()),
    };
    Verb::iter().filter_map(|verb| plan(&picture, &wish(verb)).ok()).collect()
}

#[test]
fn ninety_hostile_names_are_arguments() {
    let plain = plans("quite-plain").len();
    assert!(plain > 8, "only {plain} plans");
    for name in names::names() {
        // The names of an answer are without what could act on a terminal, and so are not those of the cluster.
        let is_shown_as_it_is = clean(&name) == name;
        let plans = plans(&name);
        assert!(!is_shown_as_it_is || plans.len() == plain, "{name:?}: {} plans of {plain}", plans.len());
        for step in plans.iter().flat_map(Plan::steps) {
            for word in &step.command.to_run()[4..] {
                let is_option = |option: &str| {
                    option
                        .strip_prefix("--")
                        .is_some_and(|option| option.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
                };
                let is_constant =
                    word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') || is_option(word);
                let is_value = word.split_once('=').is_some_and(|(option, _)| is_option(option));
                assert!(is_constant || is_value, "{name:?} stands by itself in {:?}", step.command.argv);
            }
        }
    }
}

/// The commands in a remedy: what stands between backticks, where a quoted one doesn't count, and begins as a command of
/// ours does. A name in the words around them may hold backticks, too.
fn commands(remedy: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = remedy.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '`' {
            continue;
        }
        let (mut command, mut quote) = (String::new(), None);
        while let Some(c) = rest.next() {
            match (quote, c) {
                (None, '`') => break,
                (None, '$') if rest.peek() == Some(&'\'') => {
                    command.push(c);
                    command.extend(rest.next());
                    quote = Some('$');
                    continue;
                }
                (None, '\'' | '"') => quote = Some(c),
                (None | Some('$' | '"'), '\\') => {
                    command.push(c);
                    command.extend(rest.next());
                    continue;
                }
                (Some('$'), '\'') => quote = None,
                (Some(open), c) if c == open => quote = None,
                _ => {}
            }
            command.push(c);
        }
        let program = command.split(' ').next().unwrap_or_default();
        let is_ours = [
            "crm",
            "pcs",
            "ssh",
            "stonith_",
            "cibadmin",
            "attrd_",
            "quorate",
            "corosync",
            "systemctl",
            "journalctl",
        ];
        if is_ours.iter().any(|name| program.starts_with(name)) {
            all.push(command);
        }
    }
    all
}

/// Pastes commands into a shell that finds no program but `touch`, one after the other; whether the file was made.
fn paste(commands: impl IntoIterator<Item = String>) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let programs = folder.path().join("programs");
    std::fs::create_dir(&programs).expect("made");
    let touch = ["/usr/bin/touch", "/bin/touch"].iter().find(|path| Path::new(path).exists()).expect("touch");
    std::os::unix::fs::symlink(touch, programs.join("touch")).expect("linked");
    let shell = Command::new("/bin/bash")
        .args(["--norc", "-c", "for line in \"$@\"; do eval \"$line\"; done", "paste"])
        .args(commands)
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", &programs)
        .env("HOME", folder.path())
        .stdin(std::process::Stdio::null())
        .output();
    shell.expect("bash");
    folder.path().join("pwned").exists()
}

#[test]
fn ninety_hostile_names_in_pasted_remedies_run_nothing() {
    let now: Timestamp = "2026-11-22T11:36:00Z".parse().expect("a time");
    let entry = ClusterEntry {
        name: "db".into(),
        tier: Tier::Core,
        hosts: vec!["c1n1".into()],
        access: Access::default(),
        needs: None,
    };
    assert!(
        paste(["touch pwned".to_owned()]) && paste([format!("crm_resource --resource={}", "$(touch pwned)")])
    );
    let mut codes = BTreeSet::new();
    for name in names::names() {
        let mut pasted = BTreeSet::new();
        for capture in [
            "failed-start-notinstalled",
            "fence-pending-unclean",
            "banned",
            "disabled-group",
            "node-offline",
            "standby",
        ] {
            let observation = Observation {
                contact: Contact::Live { host: "c1n1".into() },
                picture: Some(Arc::new(renamed(capture, &name))),
                confirmed: Some(now),
                ..Observation::none()
            };
            for finding in Assessment::new(&entry, observation, now).findings {
                assert!(!finding.remedy.contains(char::is_control), "{:?}", finding.remedy);
                pasted.extend(commands(&finding.remedy));
                codes.insert(finding.code);
            }
        }
        for plan in plans(&name) {
            pasted.extend(plan.steps().map(|step| step.command.shell()));
            let equivalents = plan.steps().flat_map(|step| [&step.command.pcs, &step.command.crm]).flatten();
            pasted.extend(equivalents.map(|argv| command::shell(argv)));
            pasted.extend(commands(&plan.half_way));
        }
        assert!(!pasted.is_empty());
        assert!(!paste(pasted.iter().cloned()), "{name:?}: {pasted:#?}");
    }
    assert!(codes.len() > 5, "{codes:?}");
}
