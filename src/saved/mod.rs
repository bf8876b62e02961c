//! Clusters that somebody saved: `crm_mon` XML, a CIB, or a report as a folder or a tarball.

mod archive;
mod content;
mod report;
mod sos;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use self::content::{Content, Files, Kept, Limits, NoContent};
use self::report::{OfCib, Taken, Told};
use crate::health::{self, Assessment, Finding, Severity};
use crate::model::text::clean;
use crate::model::{
    Access, Belief, Cib, ClusterEntry, ClusterName, Contact, HostName, Observation, Picture, Tier, Viewpoint,
};
use crate::pacemaker::parse::{self, Answer};

/// A saved cluster, judged as things were when its picture was taken.
#[derive(Debug)]
pub struct Saved {
    /// Read-only, and with the path or the nodes of the report as its hosts.
    pub entry: ClusterEntry,
    /// The file or folder that was named, `-` for stdin.
    pub path: PathBuf,
    /// Its picture and what is wrong with it.
    pub assessment: Assessment,
}

impl Saved {
    /// Why the path gave no cluster, and what to do about it.
    pub fn failure(&self) -> Option<&Finding> {
        self.assessment.findings.iter().find(|finding| finding.code == UNREADABLE)
    }
}

const UNREADABLE: &str = "unreadable";
const SAVE_AGAIN: &str = "Save it again on a member: `crm_mon --output-as=xml -1 -r > FILE`, or `--as-xml` before \
                          Pacemaker 2.0.3; with its CIB: `cibadmin --query > FILE`.";
const CHECK_PATH: &str = "Check the path.";
const MAKE_READABLE: &str = "Make it readable for your user, or name a copy that is.";

/// Why a path gives no cluster.
struct Failure {
    words: String,
    remedy: &'static str,
}

impl Failure {
    /// For a file that was read but holds no cluster.
    fn useless(words: String) -> Self {
        Self { words, remedy: SAVE_AGAIN }
    }

    fn not_read(source: &str, error: &NoContent) -> Self {
        let remedy = match error {
            NoContent::Missing => CHECK_PATH,
            NoContent::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => MAKE_READABLE,
            _ => SAVE_AGAIN,
        };
        Self { words: format!("{source} {error}"), remedy }
    }
}

/// `--cib` adds a CIB to one picture, and there are several.
#[derive(Debug, thiserror::Error)]
#[error("--cib adds a CIB to one cluster, and --from names {0}")]
pub struct SeveralPictures(usize);

/// Reads each path as one cluster, and `NAME.crm_mon.xml` and `NAME.cib.xml` of one folder as one. An unreadable path is
/// a cluster too: a finding says why. `cib` is a file with the CIB of the only one.
pub fn read(paths: &[PathBuf], cib: Option<&Path>, now: Timestamp) -> Result<Vec<Saved>, SeveralPictures> {
    let sources = match cib {
        Some(_) if paths.len() != 1 => return Err(SeveralPictures(paths.len())),
        Some(_) => paths.iter().map(|path| (path.clone(), cib.map(Path::to_owned))).collect(),
        None => paired(paths),
    };
    let named: Vec<PathBuf> = sources.iter().map(|(path, _)| path.clone()).collect();
    let read = |((path, cib), name): (&(PathBuf, Option<PathBuf>), String)| {
        Reader { path, name, now, zone: TimeZone::system().to_offset(now) }.read(cib.as_deref())
    };
    let mut saved: Vec<Saved> = sources.iter().zip(names_of(&named)).map(read).collect();
    tell_apart(&mut saved);
    Ok(saved)
}

/// Each picture with the CIB that was named beside it, by the names that the two are saved under.
fn paired(paths: &[PathBuf]) -> Vec<(PathBuf, Option<PathBuf>)> {
    let cib_of = |path: &PathBuf| {
        let stem = path.file_name()?.to_str()?.strip_suffix(".crm_mon.xml")?;
        Some(path.with_file_name(format!("{stem}.cib.xml"))).filter(|cib| paths.contains(cib))
    };
    let added: HashSet<PathBuf> = paths.iter().filter_map(cib_of).collect();
    let alone = paths.iter().filter(|path| !added.contains(*path));
    alone.map(|path| (path.clone(), cib_of(path))).collect()
}

/// A report takes its cluster's own name, which others may have as well.
fn tell_apart(saved: &mut [Saved]) {
    let mut taken = HashSet::new();
    for saved in saved {
        let name = saved.entry.name.clone();
        let mut number = 2;
        while !taken.insert(saved.entry.name.clone()) {
            saved.entry.name = ClusterName::from(format!("{name}-{number}"));
            number += 1;
        }
    }
}

struct Reader<'p> {
    path: &'p Path,
    /// The cluster's name by the path.
    name: String,
    now: Timestamp,
    /// A time without a zone is taken for one of here. All times of one file are of one clock, so the spans between
    /// them are right anyhow, and the judgement is of the moment when it was printed.
    zone: Offset,
}

impl Reader<'_> {
    fn read(self, cib: Option<&Path>) -> Saved {
        let saved = match content::read(self.path, Limits::DEFAULT) {
            Ok(Content::Document(document)) => self.document(&document),
            Ok(Content::Report(files)) => self.report(&files),
            Err(error) => Err(Failure::not_read(&self.source(), &error)),
        };
        let saved = saved.and_then(|found| match cib {
            Some(file) => Ok(Found { cib: Some(read_cib(file)?), ..found }),
            None => Ok(found),
        });
        match saved {
            Ok(found) => self.judged(found),
            Err(failure) => self.unreadable(&failure),
        }
    }

    /// The path in words.
    fn source(&self) -> String {
        if self.path == Path::new("-") { "stdin".to_owned() } else { self.path.display().to_string() }
    }

    fn document(&self, document: &Kept) -> Result<Found, Failure> {
        let xml = &document.bytes;
        let answer = match parse::crm_mon(xml, Some(self.zone)) {
            Ok(answer) => answer,
            Err(no_picture) => {
                return match report::of_cib(document, self.zone) {
                    Ok(OfCib::Picture(taken)) => Ok(Found::of(Some(*taken))),
                    Ok(OfCib::Configuration(cib)) => {
                        Ok(Found { cib: Some(*cib), ..Found::dated_by(document.modified) })
                    }
                    Err(_no_cib) => {
                        Err(Failure::useless(format!("{} can't be read: {no_picture}", self.source())))
                    }
                };
            }
        };
        match answer {
            Answer::Running(picture) => Ok(Found::of(Some(Taken::printed(*picture, document, self.zone)))),
            Answer::Stopped { .. } => {
                let stopped = vec![HostName::from(self.source())];
                Ok(Found { stopped, ..Found::dated_by(document.modified) })
            }
            Answer::Refused { code, message } => {
                let source = self.source();
                let words = format!("{source} holds no picture but an error: {message} (exit code {code})");
                Err(Failure::useless(words))
            }
        }
    }

    fn report(&self, files: &Files) -> Result<Found, Failure> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let told = report::read(files, &name, self.zone);
        let Told { taken, cib, viewpoints, written, cluster_name, texts, broken } = told;
        let stopped = |view: &Viewpoint| (view.belief == Belief::Stopped).then(|| view.host.clone());
        let stopped: Vec<_> = viewpoints.iter().filter_map(stopped).collect();
        if taken.is_none() && cib.is_none() && stopped.is_empty() {
            return Err(Failure::useless(self.nothing_in(files, &texts, &broken)));
        }
        let is_all_stopped = stopped.len() == viewpoints.len();
        let found = Found::of(taken);
        Ok(Found {
            name: found.name.or(cluster_name),
            at: found.at.or(written),
            is_dated_by_file: found.is_dated_by_file || (found.at.is_none() && written.is_some()),
            cib: cib.filter(|_| found.picture.is_none()),
            stopped: if is_all_stopped && found.picture.is_none() { stopped } else { Vec::new() },
            viewpoints,
            is_report: true,
            broken,
            ..found
        })
    }

    /// Why a report gives nothing.
    fn nothing_in(&self, files: &Files, texts: &[String], broken: &[String]) -> String {
        let source = self.source();
        if let Some(first) = broken.first() {
            return format!("{source} can't be read: {first}");
        }
        if let Some(first) = texts.first() {
            return format!("{source} holds the output of crm_mon only as text ({first}), and no CIB");
        }
        if let Some(first) = files.archives.first() {
            return format!(
                "{source} holds no cluster but other archives, such as {first}: unpack it and name those"
            );
        }
        format!("{source} holds neither a CIB (cib.xml) nor XML of crm_mon (crm_mon.xml)")
    }

    fn judged(&self, found: Found) -> Saved {
        let hosts: Vec<HostName> = found.viewpoints.iter().map(|view| view.host.clone()).collect();
        let hosts = if hosts.is_empty() { vec![HostName::from(self.source())] } else { hosts };
        let name = found.name.filter(|_| found.is_report).unwrap_or_else(|| self.name.clone());
        let entry = Self::entry(&name, hosts);
        let at = found.at.map_or(self.now, |at| at.min(self.now));
        let is_dated_by_file = found.is_dated_by_file;
        let told = Observation {
            contact: Contact::Saved,
            confirmed: Some(at),
            is_dated_by_file,
            ..Observation::none()
        };
        let assessment = match (found.picture, found.cib) {
            (Some(mut picture), cib) => {
                picture.cib = cib.map(Arc::new).or(picture.cib);
                let picture = Some(Arc::new(picture));
                let observation = Observation { picture, viewpoints: found.viewpoints, ..told };
                Assessment::new(&entry, observation, at)
            }
            (None, _) if !found.stopped.is_empty() => {
                let contact = Contact::Stopped { hosts: found.stopped, since: at };
                Assessment::new(&entry, Observation { contact, ..told }, at)
            }
            (None, Some(cib)) => {
                let findings = health::review(&entry, cib, at);
                let mut assessment = Assessment { observation: told, findings };
                assessment.add(configuration_only(&entry.name, found.is_report));
                assessment
            }
            (None, None) => {
                let words = format!("{} holds no cluster", self.source());
                return self.unreadable(&Failure::useless(words));
            }
        };
        let mut saved = Saved { entry, path: self.path.to_owned(), assessment };
        let name = clean(saved.entry.name.as_str());
        if let Some(unknown) = found.unknown {
            saved.assessment.add(by_cib(&name, &unknown));
        }
        if !found.broken.is_empty() {
            saved.assessment.add(partly_read(&name, &found.broken));
        }
        saved
    }

    /// A cluster of which nothing can be said, and why.
    fn unreadable(&self, failure: &Failure) -> Saved {
        let entry = Self::entry(&self.name, vec![HostName::from(self.source())]);
        let finding = Finding {
            severity: Severity::Unknown,
            code: UNREADABLE,
            subject: clean(entry.name.as_str()),
            summary: clean(&failure.words),
            evidence: Vec::new(),
            remedy: failure.remedy.into(),
        };
        let observation = Observation { contact: Contact::Saved, ..Observation::none() };
        let assessment = Assessment { observation, findings: vec![finding] };
        Saved { entry, path: self.path.to_owned(), assessment }
    }

    fn entry(name: &str, hosts: Vec<HostName>) -> ClusterEntry {
        let access = Access { read_only: true, ..Access::default() };
        ClusterEntry { name: ClusterName::from(name), tier: Tier::Other, hosts, access, needs: None }
    }
}

/// What a path gave.
#[derive(Debug, Default)]
struct Found {
    /// The name that the cluster gives itself.
    name: Option<String>,
    picture: Option<Picture>,
    /// A CIB that isn't the picture's own yet, or the only thing there is.
    cib: Option<Cib>,
    at: Option<Timestamp>,
    /// As [`Taken::is_dated_by_file`].
    is_dated_by_file: bool,
    /// The nodes on which the cluster stack is stopped, where there is no picture.
    stopped: Vec<HostName>,
    viewpoints: Vec<Viewpoint>,
    is_report: bool,
    /// As [`Taken::unknown`].
    unknown: Option<Vec<String>>,
    broken: Vec<String>,
}

impl Found {
    fn of(taken: Option<Taken>) -> Self {
        let Some(Taken { picture, at, is_dated_by_file, unknown }) = taken else { return Self::default() };
        let name = picture.cib.as_deref().and_then(|cib| cib.cluster_name.clone());
        Self { name, at, is_dated_by_file, unknown, picture: Some(picture), ..Self::default() }
    }

    /// Nothing yet, and the file's time.
    fn dated_by(modified: Option<Timestamp>) -> Self {
        Self { at: modified, is_dated_by_file: modified.is_some(), ..Self::default() }
    }
}

fn read_cib(file: &Path) -> Result<Cib, Failure> {
    let source = file.display().to_string();
    match content::read(file, Limits::DEFAULT).map_err(|error| Failure::not_read(&source, &error))? {
        Content::Document(document) => parse::cib(&document.bytes)
            .map_err(|error| Failure::useless(format!("{source} holds no CIB: {error}"))),
        Content::Report(_) => Err(Failure {
            words: format!("{source} is a report and not a CIB"),
            remedy: "Name it after `--from` instead of `--cib`.",
        }),
    }
}

/// A CIB's configuration is all that there is. A report is sent for the cluster's state, which is unknown then. A CIB
/// named alone is judged by its configuration, with a note.
fn configuration_only(name: &ClusterName, is_report: bool) -> Finding {
    Finding {
        severity: if is_report { Severity::Unknown } else { Severity::Note },
        code: "configuration-only",
        subject: clean(name.as_str()),
        summary: clean(&format!("only the configuration of {name} is saved, not its state")),
        evidence: vec!["The CIB has no status section, as on disk, and there is no XML of crm_mon.".to_owned()],
        remedy: "Save the state on a member, too: `cibadmin --query > FILE`, or `crm_mon --output-as=xml -1 -r > FILE` \
                 (`--as-xml` before Pacemaker 2.0.3) and name both with `--from FILE --cib CIB`.".into(),
    }
}

/// The picture was worked out from a CIB, and what it lacks.
fn by_cib(name: &str, unknown: &[String]) -> Finding {
    let (severity, summary) = if unknown.is_empty() {
        (Severity::Note, format!("{name}: state worked out from the CIB, without crm_mon"))
    } else {
        (Severity::Unknown, format!("{name}: the CIB doesn't tell the state of everything"))
    };
    let unknown = unknown.iter().map(|what| format!("not known: {}", clean(what)));
    Finding {
        severity,
        code: "cib-alone",
        subject: name.to_owned(),
        summary,
        evidence: unknown.chain(["The CIB holds no fencing history.".to_owned()]).collect(),
        remedy: "For the rest, save `crm_mon --output-as=xml -1 -r` on a member and name it with `--from FILE --cib CIB`.".into(),
    }
}

/// Files of a report that could not be read beside others that could.
fn partly_read(name: &str, broken: &[String]) -> Finding {
    Finding {
        severity: Severity::Note,
        code: "report-incomplete",
        subject: name.to_owned(),
        summary: format!("the report on {name} has files that can't be read"),
        evidence: broken.iter().map(|words| clean(words)).collect(),
        remedy: "The rest is judged. Ask for the report again if it matters.".into(),
    }
}

/// The name up to its first full stop: `db` for `db.crm_mon.xml`.
fn name_of(file: &Path) -> String {
    if file == Path::new("-") {
        return "stdin".to_owned();
    }
    let name = file_name(file);
    match name.split('.').find(|part| !part.is_empty()) {
        Some(stem) => stem.to_owned(),
        None => name,
    }
}

/// A name for each file, as short as tells them apart: `web`, or `web.one` beside `web.two`, or the file's whole name, or
/// its path.
fn names_of(files: &[PathBuf]) -> Vec<String> {
    let mut names: Vec<String> = files.iter().map(|file| name_of(file)).collect();
    for longer in [name_without_extension, file_name, |file: &Path| file.display().to_string()] {
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

fn file_name(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

/// The file's name without what says only its format: `web.one` for `web.one.crm_mon.xml`.
fn name_without_extension(file: &Path) -> String {
    let name = file_name(file);
    let stem = name.strip_suffix(".xml").unwrap_or(&name);
    let stem = stem.strip_suffix(".crm_mon").or_else(|| stem.strip_suffix(".cib")).unwrap_or(stem);
    if stem.is_empty() { name } else { stem.to_owned() }
}
