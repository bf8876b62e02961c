//! Pictures worked out from the status of a CIB, beside what `crm_mon` printed of the same moment.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::model::{NodeKind, Picture, Resource};
use crate::pacemaker::parse::{self, Answer, Derived};

fn captures() -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut found = Vec::new();
    let releases = ["11", "12", "13", "sid"].map(|it| folder.join(format!("releases/debian-{it}")));
    for folder in [folder.clone(), folder.join("captures")].into_iter().chain(releases) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let Some(stem) = name.strip_suffix(".cib.xml") else { continue };
            let Ok(crm_mon) = fs::read(path.with_file_name(format!("{stem}.crm_mon.xml"))) else { continue };
            found.push((stem.to_owned(), fs::read(&path).unwrap(), crm_mon));
        }
    }
    found.sort();
    found
}

/// A line for each thing of which both tell. Bundles and guests aren't worked out from a CIB.
fn lines(picture: &Picture) -> BTreeMap<String, String> {
    let mut lines = BTreeMap::new();
    for node in picture.nodes.iter().filter(|it| matches!(it.kind, NodeKind::Member | NodeKind::Remote)) {
        let told = format!(
            "online={} standby={} maintenance={} unclean={} pending={} shutdown={} dc={}",
            node.online,
            node.standby,
            node.maintenance,
            node.unclean,
            node.pending,
            node.shutdown,
            node.is_dc
        );
        lines.insert(format!("node {}", node.name), told);
    }
    for top in picture.resources.iter().filter(|top| !matches!(top, Resource::Bundle(_))) {
        let mut instances: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (_, it) in top.primitives() {
            let mut nodes: Vec<_> = it.nodes.iter().map(ToString::to_string).collect();
            nodes.sort();
            let told = format!(
                "{} active={} managed={} failed={} blocked={} on {nodes:?}",
                it.role, it.active, it.managed, it.failed, it.blocked
            );
            let base = it.id.as_str().split(':').next().unwrap_or_default().to_owned();
            instances.entry(base).or_default().push(told);
        }
        for (id, mut told) in instances {
            told.sort();
            lines.insert(format!("resource {id}"), told.join("; "));
        }
    }
    let mut failures: Vec<String> = picture
        .failures
        .iter()
        .map(|it| {
            format!(
                "{} of {} on {}: {:?}",
                it.operation,
                it.resource.as_str().split(':').next().unwrap_or_default(),
                it.node,
                it.exit_code
            )
        })
        .collect();
    failures.sort();
    failures.dedup();
    lines.insert("failures".to_owned(), failures.join("; "));
    lines
}

/// The CIB of this capture was read a moment after `crm_mon`: the resource had started meanwhile.
const LATER: (&str, &str) = ("unmanaged", "resource db-srv");

#[test]
fn a_picture_from_a_cib_agrees_with_crm_mon() {
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (name, cib, crm_mon) in captures() {
        let Ok(Answer::Running(expected)) = parse::crm_mon(&crm_mon, None) else { continue };
        let Some(Derived { picture, unknown, .. }) = parse::cib_status(&cib, None).unwrap() else { continue };
        compared += 1;
        let (found, expected) = (lines(&picture), lines(&expected));
        for (key, told) in &expected {
            match found.get(key) {
                Some(same) if same == told => {}
                _ if (name.as_str(), key.as_str()) == LATER => {}
                None if !unknown.is_empty() => {}
                other => wrong.push(format!("{name}: {key}\n  crm_mon {told}\n  CIB     {other:?}")),
            }
        }
        let invented = found.keys().filter(|key| !expected.contains_key(*key));
        wrong.extend(invented.map(|key| format!("{name}: {key} is in the CIB's picture only")));
    }
    assert!(compared > 20, "{compared} captures");
    assert!(wrong.is_empty(), "{} of {compared} captures:\n{}", wrong.len(), wrong.join("\n"));
}
