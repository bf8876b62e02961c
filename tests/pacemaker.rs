//! Every capture of a real cluster, read and compared with what the cluster was known to be like.

use std::path::PathBuf;

use jiff::tz::Offset;
use quorate::model::{Picture, Role};
use quorate::pacemaker::parse::{self, Answer};

fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn running(name: &str) -> Picture {
    match parse::crm_mon(&fixture(name), Some(Offset::UTC)) {
        Ok(Answer::Running(picture)) => *picture,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn healthy() {
    let picture = running("captures/healthy.crm_mon.xml");
    assert_eq!(picture.oddities, Vec::<String>::new());
    assert_eq!(picture.members().count(), 3);
    assert_eq!(picture.summary.quorate, Some(true));
    assert_eq!(picture.primitives().count(), 19);
    assert_eq!(picture.primitives().filter(|(_, it)| it.role == Role::Promoted).count(), 1);
}
