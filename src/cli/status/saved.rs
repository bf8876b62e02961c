//! Clusters from saved `crm_mon` XML and saved CIBs.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Judged, judge};
use crate::cli::failure::Failure;
use crate::cli::sources::Asked;
use crate::files;
use crate::health::{self, Finding, Health, Severity};
use crate::model::text::clean;
use crate::model::{Access, Cib, ClusterEntry, ClusterName, Contact, HostName, Observation, Tier};
use crate::pacemaker::parse::{self, Answer};

/// As much as is read of one file; the XML of a cluster of a hundred nodes has about 1 MiB.
const MOST: u64 = 64 << 20;

/// Reads each file as one cluster. What can't be read is a cluster too: one that nothing is known of. `cib` is a file
/// with the CIB of the only picture.
pub(super) fn read(files: &[PathBuf], cib: Option<&Path>, now: Timestamp) -> Result<Vec<Judged>, Failure> {
    if cib.is_some() && files.len() != 1 {
        let words = format!("--cib adds a CIB to one picture, and --from names {}", files.len());
        return Err(Failure::Wrong(words));
    }
    let names = names_of(files);
    Ok(files.iter().zip(names).map(|(file, name)| read_one(file, name, cib, now)).collect())
}

fn read_cib(file: &Path) -> Result<Arc<Cib>, String> {
    let source = file.display();
    let xml = open(file).map_err(|error| format!("{source} can't be read: {error}"))?;
    parse::cib(&xml).map(Arc::new).map_err(|error| format!("{source} holds no CIB: {error}"))
}

fn read_one(file: &Path, name: String, cib: Option<&Path>, now: Timestamp) -> Judged {
    let is_stdin = file == Path::new("-");
    let source = if is_stdin { "stdin".to_owned() } else { file.display().to_string() };
    let entry = ClusterEntry {
        name: ClusterName::from(name),
        tier: Tier::Other,
        hosts: vec![HostName::from(source.as_str())],
        access: Access::default(),
        needs: None,
    };
    // A time without a zone is taken for one of here. All times of one file are of one clock, so the spans
    // between them are right anyhow, and what is judged is how things were when it was printed.
    let zone = TimeZone::system().to_offset(now);
    let xml = if is_stdin { files::read_up_to(io::stdin().lock(), MOST) } else { open(file) };
    let (xml, answer) = match xml.map(|xml| (parse::crm_mon(&xml, Some(zone)), xml)) {
        Ok((Ok(answer), xml)) => (xml, answer),
        Ok((Err(error), xml)) => {
            return match parse::cib(&xml) {
                Ok(cib) => of_cib(entry, cib, now),
                Err(_) => unreadable(entry, &format!("{source} can't be read: {error}")),
            };
        }
        Err(error) => return unreadable(entry, &format!("{source} can't be read: {error}")),
    };
    let cib = match cib.map(read_cib).transpose() {
        Ok(cib) => cib,
        Err(words) => return unreadable(entry, &words),
    };
    let (contact, picture) = match answer {
        Answer::Running(mut picture) => {
            picture.cib = cib;
            (Contact::Live { host: entry.hosts[0].clone() }, Some(Arc::from(picture)))
        }
        Answer::Stopped { .. } => (Contact::Stopped { hosts: entry.hosts.clone(), since: now }, None),
        Answer::Refused { code, message } => {
            let words = format!("{source} holds no picture but an error: {message} (exit code {code})");
            return unreadable(entry, &words);
        }
    };
    let at = parse::printed_at(&xml, Some(zone)).map_or(now, |at| at.min(now));
    let confirmed = picture.is_some().then_some(at);
    let observation = Observation { contact, picture, confirmed, ..Observation::none() };
    judge(Asked { entry, observation, at }, now)
}

/// A CIB alone: its configuration is judged. What runs where isn't known from it.
fn of_cib(entry: ClusterEntry, cib: Cib, now: Timestamp) -> Judged {
    let findings = health::review(&entry, cib, now);
    Judged { health: Health::of(&findings), findings, age: None, entry, observation: Observation::none() }
}

/// A cluster of which nothing can be said, and why.
fn unreadable(entry: ClusterEntry, summary: &str) -> Judged {
    let finding = Finding {
        severity: Severity::Unknown,
        code: "unreadable",
        subject: clean(entry.name.as_str()),
        summary: clean(summary),
        evidence: Vec::new(),
        remedy: "Save it anew on a member: `crm_mon --output-as=xml -1 -r > FILE`, or `--as-xml` before Pacemaker 2.0.3."
            .to_owned(),
    };
    let findings = vec![finding];
    Judged { health: Health::of(&findings), findings, age: None, entry, observation: Observation::none() }
}

/// What stands before the first full stop of the file's name: `db` for `db.crm_mon.xml`.
fn name_of(file: &Path) -> String {
    if file == Path::new("-") {
        return "stdin".to_owned();
    }
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    match name.split('.').find(|part| !part.is_empty()) {
        Some(stem) => stem.to_owned(),
        None => name.into_owned(),
    }
}

/// A name for each file, as short as tells them apart: `web`, or `web.one` beside `web.two`, or the whole path.
fn names_of(files: &[PathBuf]) -> Vec<String> {
    let mut names: Vec<String> = files.iter().map(|file| name_of(file)).collect();
    for longer in [name_without_extension, |file: &Path| file.display().to_string()] {
        let is_shared = |name: &String| names.iter().filter(|other| *other == name).count() > 1;
        let shared: Vec<bool> = names.iter().map(is_shared).collect();
        for ((name, file), is_shared) in names.iter_mut().zip(files).zip(shared) {
            if is_shared && file != Path::new("-") {
                *name = longer(file);
            }
        }
    }
    names
}

/// The file's name without what says only its format: `web.one` for `web.one.crm_mon.xml`.
fn name_without_extension(file: &Path) -> String {
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    let stem = name.strip_suffix(".xml").unwrap_or(&name);
    let stem = stem.strip_suffix(".crm_mon").or_else(|| stem.strip_suffix(".cib")).unwrap_or(stem);
    if stem.is_empty() { name.into_owned() } else { stem.to_owned() }
}

fn open(file: &Path) -> io::Result<Vec<u8>> {
    files::read_up_to(files::open_any(file)?, MOST)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&["db.crm_mon.xml", "web.xml"], &["db", "web"])]
    #[case(&["web.one.xml", "web.two.xml", "db.xml"], &["web.one", "web.two", "db"])]
    #[case(&["web.one.crm_mon.xml", "web.two.cib.xml"], &["web.one", "web.two"])]
    #[case(&["a/web.xml", "b/web.xml"], &["a/web.xml", "b/web.xml"])]
    #[case(&["web.crm_mon.xml", "web.xml"], &["web.crm_mon.xml", "web.xml"])]
    #[case(&["-", "stdin.xml"], &["stdin", "stdin.xml"])]
    fn each_file_has_its_own_name(#[case] files: &[&str], #[case] expected: &[&str]) {
        let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
        assert_eq!(names_of(&files), expected);
    }
}
