//! The parsers against real captures, against a picture of every version, and against nonsense.

mod captures;
mod cib;
mod hostile;
mod lab;
mod releases;
mod versions;

use std::path::{Path, PathBuf};

use jiff::tz::Offset;
use quorate::model::{Node, Picture, Primitive};
use quorate::pacemaker::parse::{self, Answer};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn fixture(name: &str) -> String {
    let path = fixtures().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every fixture whose name ends so: its path from the folder of the fixtures, and what is in it.
fn all_fixtures(ending: &str) -> Vec<(String, String)> {
    let releases = releases::FOLDERS.map(|folder| fixtures().join("releases").join(folder));
    let folders = ["", "captures", "versions"].map(|folder| fixtures().join(folder));
    let mut names: Vec<_> = folders
        .iter()
        .chain(&releases)
        .flat_map(|folder| std::fs::read_dir(folder).expect("a folder of fixtures"))
        .map(|entry| entry.expect("a fixture").path())
        .filter_map(|path| path.strip_prefix(fixtures()).ok()?.to_str().map(str::to_owned))
        .filter(|name| name.ends_with(ending))
        .collect();
    names.sort();
    assert!(!names.is_empty());
    names.into_iter().map(|name| (name.clone(), fixture(&name))).collect()
}

/// The picture in a fixture, printed on a host whose clock is an hour ahead of UTC.
fn picture(name: &str) -> Picture {
    picture_of(&fixture(name))
}

fn picture_of(xml: &str) -> Picture {
    match parse::crm_mon(xml.as_bytes(), Some(Offset::constant(1))) {
        Ok(Answer::Running(picture)) => *picture,
        other => panic!("{other:?}"),
    }
}

fn node<'a>(picture: &'a Picture, name: &str) -> &'a Node {
    picture.nodes.iter().find(|node| node.name == name).unwrap_or_else(|| panic!("no node {name}"))
}

/// The first instance of that id.
fn primitive<'a>(picture: &'a Picture, id: &str) -> &'a Primitive {
    let mut all = picture.primitives();
    all.find(|(_, primitive)| primitive.id == id).unwrap_or_else(|| panic!("no resource {id}")).1
}
