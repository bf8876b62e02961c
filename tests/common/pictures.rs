//! All pictures of running clusters among the fixtures.

use std::path::{Path, PathBuf};

use jiff::tz::Offset;
use quorate::pacemaker::parse::{Answer, crm_mon};

/// Where they are, without the ending of their files (`.crm_mon.xml`, `.cib.xml`).
pub(crate) fn pictures() -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut found = Vec::new();
    for folder in ["captures", ".", "cases", "versions"] {
        for file in std::fs::read_dir(fixtures.join(folder)).expect("a folder") {
            let path = file.expect("a file").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let Some(name) = name.strip_suffix(".crm_mon.xml") else { continue };
            let xml = std::fs::read(&path).expect("a picture");
            if matches!(crm_mon(&xml, Some(Offset::UTC)), Ok(Answer::Running(_))) {
                found.push(path.with_file_name(name));
            }
        }
    }
    found.sort();
    found
}
