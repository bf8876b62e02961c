//! What a host's archive of the CIB tells of leftover constraints.

use jiff::Timestamp;
use jiff::tz::Offset;

use super::cib::WRITTEN_BY;
use super::reading::Reading;
use super::summary::author;
use crate::model::{ConstraintId, Made};
use crate::pacemaker::xml::{self, Element, ParseError};

/// The versions of the CIB that a host keeps, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Archive {
    versions: Vec<Version>,
}

/// One version: what its `<cib>` says, and the leftover constraints in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Version {
    written: Timestamp,
    epoch: (u64, u64),
    by: String,
    /// Each with its attributes as they stand, and those of its rule: under one id, a later move may have written
    /// another constraint.
    leftovers: Vec<(ConstraintId, Vec<(String, String)>)>,
}

impl Archive {
    /// Whether its newest version is that one. It is on disk a moment after the change.
    pub fn is_at(&self, epoch: (u64, u64)) -> bool {
        self.versions.last().is_some_and(|newest| newest.epoch == epoch)
    }

    /// How a leftover constraint of the newest version came to be; `None` where that version has no such.
    pub fn made(&self, id: &ConstraintId) -> Option<Made> {
        let newest = self.versions.last()?.leftover(id)?;
        let same =
            self.versions.iter().rev().take_while(|version| version.leftover(id) == Some(newest)).count();
        let (before, with) = self.versions.split_at(self.versions.len() - same);
        let first = with.first()?;
        let last = before.last().map(|version| version.epoch);
        Some(Made::between(last, first.epoch, first.written, &first.by))
    }
}

impl Version {
    fn leftover(&self, id: &ConstraintId) -> Option<&[(String, String)]> {
        self.leftovers.iter().find(|(known, _)| known == id).map(|(_, attributes)| attributes.as_slice())
    }
}

/// Reads what [`crate::pacemaker::argv::cib_archive`] printed. `zone` is that of the host which wrote the versions;
/// those of which it can't be told when they were written are left out.
pub fn cib_archive(xml: &[u8], zone: Option<Offset>) -> Result<Archive, ParseError> {
    let source = String::from_utf8_lossy(xml);
    let document = xml::read(&source, &["archive"], &[])?;
    let mut reading = Reading::new(&source, zone);
    let mut versions = Vec::new();
    // The constraints of a version follow its <cib>.
    let mut open: Option<Version> = None;
    for element in &document.root.children {
        if element.name == "cib" {
            versions.extend(std::mem::replace(&mut open, version(element, &mut reading)));
            continue;
        }
        let Some(version) = &mut open else { continue };
        if element.name.starts_with("rsc_") {
            version.leftovers.push((element.text_of("id").into(), Vec::new()));
        }
        if let Some((_, attributes)) = version.leftovers.last_mut() {
            attributes.extend(element.attributes().map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
    }
    versions.extend(open);
    // By time first: what an earlier cluster left behind counts from other epochs.
    versions.sort_by_key(|version| (version.written, version.epoch));
    Ok(Archive { versions })
}

fn version(element: &Element<'_>, reading: &mut Reading<'_>) -> Option<Version> {
    Some(Version {
        written: reading.date(element, "cib-last-written")?,
        epoch: (reading.number(element, "admin_epoch")?, reading.number(element, "epoch")?),
        by: author(element, WRITTEN_BY).to_string(),
        leftovers: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A version of that epoch with these constraints, a second after the one before.
    fn version(epoch: u64, by: &str, leftovers: &str) -> String {
        format!(
            "<cib admin_epoch=\"0\" epoch=\"{epoch}\" cib-last-written=\"Sat Nov 28 23:56:{epoch:02} 2026\" \
             update-origin=\"lb1\" update-client=\"{by}\" update-user=\"root\"/>\n{leftovers}\n"
        )
    }

    fn prefer(node: &str) -> String {
        format!("<rsc_location id=\"cli-prefer-site\" rsc=\"site\" node=\"{node}\" score=\"INFINITY\"/>")
    }

    fn made(versions: &[String]) -> Option<(String, Option<String>)> {
        let xml = format!("Welcome\n<archive>\n{}</archive>\n", versions.concat());
        let archive = cib_archive(xml.as_bytes(), Some(Offset::UTC)).unwrap();
        let made = archive.made(&"cli-prefer-site".into())?;
        Some((made.at.to_string(), made.by))
    }

    fn known(second: u32, by: &str) -> (String, Option<String>) {
        (format!("2026-11-28T23:56:{second:02}Z"), (!by.is_empty()).then(|| by.to_owned()))
    }

    #[test]
    fn it_came_with_the_first_version_that_has_it() {
        let versions = [
            version(12, "cibadmin", ""),
            version(13, "crm_resource", &prefer("lb3")),
            version(14, "crm_attribute", &prefer("lb3")),
        ];
        assert_eq!(made(&versions), Some(known(13, "root via crm_resource on lb1")));
        assert_eq!(made(&versions[1..]), Some(known(13, "")), "the version before is not kept");
        assert_eq!(
            made(&[&versions[..1], &versions[2..]].concat()),
            Some(known(14, "")),
            "one between is not kept"
        );
        assert_eq!(made(&versions[..1]), None);
        assert_eq!(made(&[]), None);
    }

    #[test]
    fn the_files_come_in_any_order() {
        let versions = [
            version(14, "crm_attribute", &prefer("lb3")),
            version(12, "cibadmin", ""),
            version(13, "crm_resource", &prefer("lb3")),
        ];
        assert_eq!(made(&versions), Some(known(13, "root via crm_resource on lb1")));
    }

    #[test]
    fn another_of_the_same_name_is_another() {
        let versions = [version(12, "cibadmin", &prefer("lb2")), version(13, "crm_resource", &prefer("lb3"))];
        assert_eq!(made(&versions), Some(known(13, "root via crm_resource on lb1")));
    }

    #[test]
    fn one_with_a_lifetime_is_told_apart_by_its_rule() {
        let until = |end: &str| {
            format!(
                "<rsc_location id=\"cli-prefer-site\" rsc=\"site\"/><rule id=\"cli-prefer-rule-site\"/>\
                 <date_expression id=\"cli-prefer-lifetime-end-site\" operation=\"lt\" end=\"{end}\"/>"
            )
        };
        let versions = [
            version(12, "cibadmin", &until("2026-11-28 23:57:00Z")),
            version(13, "crm_resource", &until("2026-11-28 23:59:00Z")),
            version(14, "crm_attribute", &until("2026-11-28 23:59:00Z")),
        ];
        assert_eq!(made(&versions), Some(known(13, "root via crm_resource on lb1")));
    }

    #[test]
    fn the_newest_version_may_not_be_there_yet() {
        let xml = format!("<archive>{}</archive>", version(13, "cibadmin", ""));
        let archive = cib_archive(xml.as_bytes(), Some(Offset::UTC)).unwrap();
        assert!(archive.is_at((0, 13)));
        assert!(!archive.is_at((0, 14)));
        assert!(!Archive::default().is_at((0, 0)));
    }

    proptest! {
        #[test]
        fn any_text_gives_an_archive_or_an_error(text in "(<archive>)?(<cib|[ a-z0-9\"=/<>-]|epoch=\"|/>){0,60}(</archive>)?") {
            if let Ok(archive) = cib_archive(text.as_bytes(), None) {
                let _ = archive.made(&"cli-prefer-site".into());
            }
        }

        /// However many versions are kept of those there were, it is never said to be older than it is, nor made by
        /// one who did not.
        #[test]
        fn nothing_is_said_that_the_versions_do_not_tell(kept in proptest::collection::vec(any::<bool>(), 20), first in 1_u64..20) {
            let all = (0..20_u64).filter(|at| kept[*at as usize] || *at == 19).map(|at| {
                version(at, &format!("tool{at}"), if at >= first { "<rsc_location id=\"cli-prefer-site\" node=\"a\"/>" } else { "" })
            });
            let (at, by) = made(&all.collect::<Vec<_>>()).unwrap();
            let (earliest, maker) = known(first as u32, &format!("root via tool{first} on lb1"));
            prop_assert!(at >= earliest);
            prop_assert!(by.is_none() || (&at, &by) == (&earliest, &maker));
        }
    }
}
