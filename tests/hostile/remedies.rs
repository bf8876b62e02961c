//! A remedy's commands as a shell reads them, of every picture among the fixtures.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::Offset;
use quorate::health::{About, Fix, Remedy, assess, review, why};
use quorate::model::{
    Access, ClusterEntry, Contact, NodeName, Observation, Picture, Resource, ResourceId, Tier,
};
use quorate::pacemaker::parse::{self, Answer};

use super::commands;
use super::pictures::pictures;

/// Every remedy on a picture: of the findings with the CIB and without it, and of every answer to "why".
fn remedies(picture: &Picture) -> Vec<Remedy> {
    fn ids(resource: &Resource, found: &mut Vec<ResourceId>) {
        found.push(resource.id().clone());
        resource.children().for_each(|child| ids(child, found));
    }
    let now: Timestamp = "2026-11-22T11:36:00Z".parse().expect("a time");
    let entry = ClusterEntry {
        name: "db".into(),
        tier: Tier::Core,
        hosts: vec!["host".into()],
        access: Access::default(),
        needs: None,
    };
    let mut all = Vec::new();
    for with_cib in [true, false] {
        let mut picture = picture.clone();
        if !with_cib {
            picture.cib = None;
        }
        let mut resources = Vec::new();
        picture.resources.iter().for_each(|resource| ids(resource, &mut resources));
        let nodes: Vec<NodeName> = picture.nodes.iter().map(|node| node.name.clone()).collect();
        let observation = Observation {
            contact: Contact::Live { host: "host".into() },
            picture: Some(Arc::new(picture)),
            confirmed: Some(now),
            ..Observation::none()
        };
        all.extend(assess(&entry, &observation, now).into_iter().map(|finding| finding.remedy));
        let abouts = resources.into_iter().map(About::Resource).chain(nodes.into_iter().map(About::Node));
        let answers = abouts.filter_map(|about| why(&entry, &observation, now, &about));
        all.extend(answers.flat_map(|why| why.causes).map(|cause| cause.remedy));
    }
    if let Some(cib) = picture.cib.as_deref() {
        all.extend(review(&entry, cib.clone(), now).into_iter().map(|finding| finding.remedy));
    }
    all
}

/// The picture, with `before` put before every name of a node or resource in the files.
fn picture(path: &Path, before: &str) -> Picture {
    let read = |ending: &str| {
        let name = format!("{}{ending}", path.file_name().expect("a name").to_string_lossy());
        std::fs::read_to_string(path.with_file_name(name)).ok()
    };
    let parsed = |xml: &str| match parse::crm_mon(xml.as_bytes(), Some(Offset::UTC)) {
        Ok(Answer::Running(picture)) => *picture,
        other => panic!("{}: {other:?}", path.display()),
    };
    let xml = read(".crm_mon.xml").expect("a picture");
    let mut names: BTreeSet<String> = BTreeSet::new();
    if !before.is_empty() {
        let plain = parsed(&xml);
        names.extend(plain.nodes.iter().map(|node| node.name.to_string()));
        names.extend(plain.primitives().map(|(_, primitive)| primitive.id.to_string()));
        names.extend(plain.resources.iter().map(|resource| resource.id().to_string()));
        names.retain(|name| !name.is_empty());
    }
    let before = before.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let renamed = |xml: String| {
        names
            .iter()
            .fold(xml, |xml, name| xml.replace(&format!("\"{name}\""), &format!("\"{before}{name}\"")))
    };
    let mut picture = parsed(&renamed(xml));
    picture.cib = read(".cib.xml").and_then(|xml| parse::cib(renamed(xml).as_bytes()).ok()).map(Arc::new);
    picture
}

/// The argument vectors that `sh` makes of commands, in an empty environment and a folder where every pattern of one
/// letter or more matches.
fn by_shell(commands: &[String]) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("matched"), "").expect("written");
    let lines = commands
        .iter()
        .map(|command| ["set -- ", command, "\nprintf '%s\\0' \"$@\"\nprintf '\\n\\0'\n"].concat());
    let script: String = lines.collect();
    let shell = Command::new("/bin/sh")
        .args(["-c", &script])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", "")
        .stdin(Stdio::null())
        .output()
        .expect("sh");
    assert!(shell.status.success(), "{}", String::from_utf8_lossy(&shell.stderr));
    assert_eq!(String::from_utf8_lossy(&shell.stderr), "");
    assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 1, "a command made a file");
    let output = String::from_utf8(shell.stdout).expect("text");
    let each = output.split("\n\0").map(|argv| argv.split_terminator('\0').map(str::to_owned).collect());
    let mut all: Vec<Vec<String>> = each.collect();
    all.pop();
    all
}

/// Checks that a shell takes every command as one command, word by word as it is printed.
fn check(remedies: &[Remedy]) -> BTreeSet<String> {
    let commands: BTreeSet<String> = remedies.iter().flat_map(|remedy| commands(remedy)).collect();
    let commands: Vec<String> = commands.into_iter().collect();
    let read = by_shell(&commands);
    assert_eq!(read.len(), commands.len(), "{commands:#?}");
    for (command, argv) in commands.iter().zip(&read) {
        assert_eq!(&shell_words::split(command).expect("words"), argv, "{command}");
    }
    let fixes: Vec<&Fix> = remedies.iter().flat_map(Remedy::fixes).collect();
    for fix in fixes {
        assert!(commands.contains(&fix.to_string()), "{fix} isn't printed");
    }
    read.iter().filter_map(|argv| argv.first().cloned()).collect()
}

#[test]
fn a_shell_reads_each_command_as_it_is_printed() {
    let all: Vec<Remedy> = pictures().iter().flat_map(|path| remedies(&picture(path, ""))).collect();
    let programs = check(&all);
    assert!(programs.len() > 6, "{programs:?}");
    // Whatever the console can do itself has its key, however the command is put together.
    let with_fix: BTreeSet<String> = all.iter().flat_map(Remedy::fixes).map(ToString::to_string).collect();
    let beginnings = [
        "crm_standby --node",
        "crm_resource --cleanup --resource",
        "crm_resource --refresh --resource",
        "crm_resource --clear --resource",
        "stonith_admin --confirm",
        "stonith_admin --reboot",
    ];
    for command in all.iter().flat_map(|remedy| commands(remedy)) {
        let is_ours = beginnings.iter().any(|beginning| command.starts_with(beginning))
            || command.ends_with("--parameter-value Started")
            || command.contains("maintenance --delete")
            || command.ends_with("maintenance-mode --delete");
        let is_placeholder = command.ends_with(" NODE") || command.ends_with(" NAME");
        assert!(!is_ours || is_placeholder || with_fix.contains(&command), "{command} has no key");
    }
}

/// A long option and the first version that has it.
type Later = (&'static str, [u32; 3]);

/// The long options that Pacemaker's tools have since 1.1.10, read from its sources; of later ones the first version.
/// 2.0.0 lacks those of 1.1.20, which came with 2.0.1.
const OPTIONS: &[(&str, &str, &[Later])] = &[
    (
        "crm_resource",
        "resource node cleanup refresh clear meta set-parameter parameter-value delete-parameter get-parameter",
        &[("why", [1, 1, 18]), ("expired", [1, 1, 20])],
    ),
    (
        "stonith_admin",
        "confirm reboot list list-installed list-registered history verbose",
        &[("cleanup", [1, 1, 20])],
    ),
    ("crm_attribute", "type node name query update delete", &[]),
    ("crm_standby", "node delete", &[]),
    ("cibadmin", "query scope xpath delete upgrade force", &[]),
    ("attrd_updater", "query name", &[("node", [1, 1, 13]), ("all", [1, 1, 13])]),
    ("crm_ticket", "ticket activate standby details grant revoke force", &[]),
    ("crm_verify", "live-check verbose", &[]),
    ("crm_simulate", "live-check simulate", &[]),
    ("crmadmin", "dc_lookup status", &[]),
    ("crm_mon", "as-xml output-as", &[]),
];

/// Checks that a version of Pacemaker has all options of a command.
fn check_options(argv: &[String], version: [u32; 3], text: &str) {
    let (program, arguments) = argv.split_first().expect("a program");
    let Some((_, old, later)) = OPTIONS.iter().find(|(known, ..)| known == program) else { return };
    for option in arguments.iter().filter_map(|word| word.strip_prefix("--")) {
        let option = option.split('=').next().unwrap_or_default();
        let since = match later.iter().find(|(later, _)| *later == option) {
            Some((_, since)) => *since,
            None if old.split(' ').any(|old| old == option) => continue,
            None => panic!("{program} --{option}: since which version? {text}"),
        };
        assert!(version >= since && (version, since) != ([2, 0, 0], [1, 1, 20]), "{version:?}: {text}");
    }
    // Metadata and a way to refresh that an old version takes and does nothing with.
    if version < [2, 0, 0] {
        assert!(!text.contains("promotable"), "{version:?}: {text}");
    }
    let refreshes = ["--refresh", "--resource"].iter().all(|word| arguments.iter().any(|it| it == word));
    assert!(version >= [1, 1, 18] || !refreshes, "{version:?}: {text}");
}

#[test]
fn each_version_has_the_options_of_its_remedies() {
    let versions = [
        [1, 1, 10],
        [1, 1, 12],
        [1, 1, 17],
        [1, 1, 18],
        [1, 1, 24],
        [2, 0, 0],
        [2, 0, 5],
        [2, 1, 5],
        [3, 0, 0],
    ];
    for path in pictures() {
        let mut picture = picture(&path, "");
        let own = picture.summary.version.clone();
        let numbers = |text: &str| -> Option<[u32; 3]> {
            let numbers = text.split(['.', '-', '+']).map_while(|part| part.parse().ok());
            numbers.take(3).collect::<Vec<u32>>().try_into().ok()
        };
        let all = own.as_deref().and_then(numbers).into_iter().chain(versions);
        for version in all.collect::<BTreeSet<_>>() {
            let [major, minor, patch] = version;
            picture.summary.version = Some(format!("{major}.{minor}.{patch}-1.el7"));
            for command in remedies(&picture).iter().flat_map(|remedy| commands(remedy)) {
                check_options(&shell_words::split(&command).expect("words"), version, &command);
            }
        }
    }
}

#[test]
fn hostile_names_are_one_word_each() {
    for before in ["$(touch pwned) ", "a'; touch pwned; '", "* ", "`touch pwned`", "x > pwned & ", "-\\"] {
        let all: Vec<Remedy> = pictures().iter().flat_map(|path| remedies(&picture(path, before))).collect();
        check(&all);
        let named = |fix: &&Fix| match fix {
            Fix::Online(node) | Fix::ConfirmDead(node) => {
                let argv = shell_words::split(&fix.to_string()).expect("words");
                node.as_str().starts_with(before) && argv.contains(&node.to_string())
            }
            _ => false,
        };
        assert!(all.iter().flat_map(Remedy::fixes).filter(named).count() > 5, "{before}");
    }
}
