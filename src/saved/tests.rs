use rstest::rstest;

use super::*;

#[rstest]
#[case(&["db.crm_mon.xml", "web.xml"], &["db", "web"])]
#[case(&["web.one.xml", "web.two.xml", "db.xml"], &["web.one", "web.two", "db"])]
#[case(&["web.one.crm_mon.xml", "web.two.cib.xml"], &["web.one", "web.two"])]
#[case(&["a/web.xml", "b/web.xml"], &["a/web.xml", "b/web.xml"])]
#[case(&["a/live.cib.xml", "a/live.crm_mon.xml"], &["live.cib.xml", "live.crm_mon.xml"])]
#[case(&["web.crm_mon.xml", "web.xml"], &["web.crm_mon.xml", "web.xml"])]
#[case(&["-", "stdin.xml"], &["stdin", "stdin.xml"])]
fn each_file_has_its_own_name(#[case] files: &[&str], #[case] expected: &[&str]) {
    let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
    assert_eq!(names_of(&files), expected);
}

const NOW: &str = "2026-11-29T12:00:00Z";

fn read_one(path: &Path) -> Saved {
    read(&[path.to_owned()], None, NOW.parse().unwrap()).unwrap().remove(0)
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/captures");
    std::fs::read(folder.join(name)).unwrap()
}

/// A file of a tarball, with any path at all.
fn add(tarball: &mut tar::Builder<impl std::io::Write>, path: &str, bytes: &[u8]) {
    let mut header = tar::Header::new_ustar();
    header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(1_790_000_000);
    header.set_cksum();
    tarball.append(&header, bytes).unwrap();
}

fn tarball(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tarball = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        add(&mut tarball, path, bytes);
    }
    tarball.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut packed, bytes).unwrap();
    packed.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut packed = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    std::io::Write::write_all(&mut packed, bytes).unwrap();
    packed.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut packed = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
    std::io::Write::write_all(&mut packed, bytes).unwrap();
    packed.finish().unwrap()
}

const SMALL: Limits =
    Limits { packed: 1 << 20, unpacked: 1 << 20, entries: 20, depth: 4, file: 1 << 18, kept: 1 << 19 };

fn kept(archive: &[u8]) -> Result<Vec<String>, String> {
    match archive::read(archive, None, SMALL) {
        Ok(Content::Report(files)) => Ok(files.kept.into_iter().map(|kept| kept.path).collect()),
        Ok(Content::Document(_)) => Err("a document".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[rstest]
#[case::plain(<[u8]>::to_vec)]
#[case::gzip(gzip)]
#[case::bzip2(bzip2)]
#[case::xz(xz)]
fn a_tarball_is_read_however_it_is_packed(#[case] pack: fn(&[u8]) -> Vec<u8>) {
    let (picture, cib) = (fixture("standby.crm_mon.xml"), fixture("standby.cib.xml"));
    let packed = pack(&tarball(&[
        ("report/c1n1/crm_mon.xml", &picture),
        ("report/c1n1/cib.xml", &cib),
        ("report/c1n1/ha-log.txt", b"x"),
    ]));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.tar.any");
    std::fs::write(&path, packed).unwrap();
    let Saved { entry, assessment, .. } = read_one(&path);
    assert_eq!(entry.hosts, [HostName::from("c1n1")]);
    assert!(entry.access.read_only);
    let picture = assessment.observation.current().unwrap();
    assert!(picture.cib.is_some());
    assert_eq!(health::Health::of(&assessment.findings), health::Health::Warning);
}

#[test]
fn no_path_of_a_tarball_leaves_its_folder_and_no_link_is_followed() {
    let mut builder = tar::Builder::new(Vec::new());
    for path in ["/etc/cib.xml", "../cib.xml", "a/../../cib.xml", "a/./b//cib.xml"] {
        add(&mut builder, path, b"<cib/>");
    }
    let mut link = tar::Header::new_ustar();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    for target in ["/etc/passwd", "../../secret"] {
        builder.append_link(&mut link, "b/crm_mon.xml", target).unwrap();
    }
    assert_eq!(kept(&builder.into_inner().unwrap()), Ok(vec!["a/b/cib.xml".to_owned()]));
}

#[test]
fn an_archive_has_limits() {
    let many: Vec<_> = (0..21).map(|number| format!("{number}")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert_eq!(kept(&tarball(&many)), Err("can't be read: it holds more than 20 files".to_owned()));
    let deep = tarball(&[("a/b/c/d/cib.xml", b"x")]);
    assert_eq!(kept(&deep), Err("can't be read: it has more than 4 folders inside of each other".to_owned()));
    let large = tarball(&[("cib.xml", vec![b' '; (1 << 18) + 1].as_slice())]);
    assert_eq!(kept(&large), Err("can't be read: cib.xml in it is larger than 1 MiB".to_owned()));
    let mut cut = tarball(&[("a/cib.xml", &[b' '; 4096])]);
    cut.truncate(1024);
    assert!(kept(&cut).unwrap_err().starts_with("can't be read: the archive is damaged or cut off"));
    let mut cut = gzip(&fixture("standby.cib.xml"));
    cut.truncate(cut.len() / 2);
    assert!(kept(&cut).unwrap_err().starts_with("can't be read: the archive is damaged or cut off"));
}

#[rstest]
#[case::gzip(gzip)]
#[case::bzip2(bzip2)]
#[case::xz(xz)]
fn a_bomb_ends_early(#[case] pack: fn(&[u8]) -> Vec<u8>) {
    let zeros = vec![0; 4 << 20];
    let inside = pack(&tarball(&[("report/log", &zeros)]));
    let outside = [pack(&zeros), inside];
    for bomb in outside {
        let error = archive::read(bomb.as_slice(), None, SMALL).unwrap_err();
        assert_eq!(error.to_string(), "can't be read: it unpacks to more than 1 MiB");
    }
}

#[test]
fn an_endless_stream_ends() {
    let error = archive::read(std::io::repeat(b' '), None, SMALL).unwrap_err();
    assert_eq!(error.to_string(), "can't be read: it unpacks to more than 1 MiB");
    let mut header = tar::Header::new_ustar();
    header.set_path("report/log").unwrap();
    header.set_size(1 << 40);
    header.set_cksum();
    let endless = std::io::Read::chain(&header.as_bytes()[..], std::io::repeat(0));
    let error = archive::read(endless, None, SMALL).unwrap_err();
    assert_eq!(error.to_string(), "can't be read: it is larger than 1 MiB");
}

/// The CIB as it is on disk.
fn without_status(cib: &[u8]) -> String {
    let text = String::from_utf8_lossy(cib);
    let (before, rest) = text.split_once("<status>").unwrap();
    let (_, after) = rest.split_once("</status>").unwrap();
    format!("{before}{after}")
}

#[test]
fn a_report_with_a_configuration_alone_is_never_called_healthy() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cib.xml"), without_status(&fixture("healthy.cib.xml"))).unwrap();
    std::fs::write(folder.path().join("crm_mon.txt"), "Cluster Summary:\n").unwrap();
    for (path, expected) in [
        (folder.path().to_owned(), Severity::Unknown),
        // Named alone, a CIB is judged by its configuration.
        (folder.path().join("cib.xml"), Severity::Note),
    ] {
        let Saved { assessment, .. } = read_one(&path);
        assert!(assessment.observation.current().is_none());
        let told = assessment.findings.iter().find(|finding| finding.code == "configuration-only");
        assert_eq!(told.map(|finding| finding.severity), Some(expected), "{}", path.display());
    }
}

/// As `crm_report` makes it: the CIB on disk, the one of the running cluster, and `crm_mon` as text.
#[test]
fn a_report_gives_the_picture_of_its_newest_running_cib() {
    let folder = tempfile::tempdir().unwrap();
    let newest = String::from_utf8(fixture("standby.cib.xml")).unwrap();
    let epoch = newest.split(" epoch=\"").nth(1).unwrap().split('"').next().unwrap();
    let older = newest.replacen(&format!(" epoch=\"{epoch}\""), " epoch=\"1\"", 1);
    for (node, cib) in [("c1n1", older.as_str()), ("c1n2", newest.as_str()), ("c1n3", older.as_str())] {
        let at = folder.path().join(node);
        std::fs::create_dir(&at).unwrap();
        std::fs::write(at.join("cib.xml"), without_status(cib.as_bytes())).unwrap();
        std::fs::write(at.join("cib.xml.live"), cib).unwrap();
        std::fs::write(at.join("crm_mon.txt"), "Cluster Summary:\n").unwrap();
        std::fs::write(at.join(if node == "c1n3" { "STOPPED" } else { "RUNNING" }), "").unwrap();
    }
    let Saved { entry, assessment, .. } = read_one(folder.path());
    let picture = assessment.observation.current().unwrap();
    assert_eq!(picture.cib.as_ref().unwrap().epoch.1.to_string(), epoch);
    assert!(picture.nodes.iter().any(|node| node.standby));
    assert_eq!(entry.hosts, ["c1n1".into(), "c1n2".into(), "c1n3".into()] as [HostName; 3]);
    assert!(assessment.findings.iter().any(|finding| finding.code == "cib-alone"));
    let stopped = assessment.observation.viewpoints.iter().filter(|view| view.belief == Belief::Stopped);
    assert_eq!(stopped.count(), 1);
}

/// A copy of a CIB says nothing of when it was taken, `crm_mon` does.
#[rstest]
#[case("crm_mon.xml", fixture("standby.crm_mon.xml"), false)]
#[case("cib.xml.live", fixture("standby.cib.xml"), true)]
#[case("cib.xml", without_status(&fixture("standby.cib.xml")).into_bytes(), true)]
fn a_picture_without_a_time_is_dated_by_its_file(
    #[case] name: &str,
    #[case] bytes: Vec<u8>,
    #[case] by_file: bool,
) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).unwrap();
    for path in [file.as_path(), folder.path()] {
        let Saved { assessment, .. } = read_one(path);
        assert_eq!(assessment.observation.is_dated_by_file, by_file, "{}", path.display());
    }
}

/// A report of `sos` on one node, with the host's name in that of the report and no folder named after it.
#[rstest]
#[case::folder(false, "sosreport-c1n2-2026-11-30-abcdefg", "")]
#[case::tarball(
    true,
    "sosreport-c1n2-case-1-2026-11-30-abcdefg.tar",
    "sosreport-c1n2-case-1-2026-11-30-abcdefg/"
)]
#[case::renamed_tarball(true, "from-customer.tar", "sosreport-c1n2-2026-11-30-abcdefg/")]
#[case::several(false, "both", "sosreport-c1n2-2026-11-30-abcdefg/")]
fn a_report_of_sos_is_of_the_host_in_its_name(
    #[case] is_tarball: bool,
    #[case] name: &str,
    #[case] below: &str,
) {
    let picture = fixture("standby.crm_mon.xml");
    let cib = without_status(&fixture("standby.cib.xml"));
    let conf = b"totem {\n    cluster_name: of-sos\n}\n";
    let files: [(&str, &[u8]); 5] = [
        ("sos_commands/pacemaker/crm_mon_--output-as_xml_-1_-r", &picture),
        ("sos_commands/pacemaker/crm_report/c1n2/crm_mon.xml", &picture),
        ("sos_commands/corosync/corosync-cfgtool_-s", b"no ring\n"),
        ("var/lib/pacemaker/cib/cib.xml", cib.as_bytes()),
        ("etc/corosync/corosync.conf", conf),
    ];
    let files = files.map(|(path, bytes)| (format!("{below}{path}"), bytes));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    if is_tarball {
        let files: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (path.as_str(), *bytes)).collect();
        std::fs::write(&path, tarball(&files)).unwrap();
    } else {
        for (file, bytes) in files {
            let file = path.join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, bytes).unwrap();
        }
    }
    let Saved { entry, assessment, .. } = read_one(&path);
    assert_eq!(entry.hosts, [HostName::from("c1n2")]);
    let picture = assessment.observation.current().unwrap();
    // The CIB lies in another folder than the picture.
    assert!(picture.cib.is_some());
    assert_eq!(assessment.observation.viewpoints.len(), 1);
}

proptest::proptest! {
    /// Damage anywhere gives an error or what is left, never a panic or a file from elsewhere.
    #[test]
    fn a_damaged_archive_gives_an_error_or_less(
        at in 0_usize..2048,
        byte: u8,
        cut in 0_usize..4096,
        pack in proptest::sample::select(vec![<[u8]>::to_vec as fn(&[u8]) -> Vec<u8>, gzip, bzip2, xz]),
    ) {
        let mut bytes = pack(&tarball(&[("a/cib.xml", b"<cib/>"), ("a/crm_mon.xml", b"<crm_mon/>")]));
        bytes.truncate(cut);
        if let Some(damaged) = bytes.get_mut(at) {
            *damaged = byte;
        }
        for path in kept(&bytes).unwrap_or_default() {
            proptest::prop_assert!(!path.starts_with('/') && path.split('/').all(|part| part != ".."));
        }
    }
}
