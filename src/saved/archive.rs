//! A file as a stream: a tarball or one document, packed or not.

use std::cell::Cell;
use std::io::{self, Cursor, Read};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use lzma_rust2::XzReader;
use tar::{Archive, Entry, EntryType, PaxExtensions};

use super::content::{Bounded, Content, Files, Kept, Limits, NoContent};

/// The memory that an xz stream may ask for, in KiB. `xz -9` takes 65 MiB.
const XZ_MEMORY: u32 = 128 << 10;
/// A tar header, and where it names its format.
const HEADER: usize = 512;
const MAGIC: (usize, &[u8]) = (257, b"ustar");
/// The longest path, and the most of a pax header, that an archive may give.
const LONGEST_PATH: u64 = 4 << 10;
const LARGEST_PAX: u64 = 64 << 10;

/// Reads a stream to its end, or to the first limit that it exceeds.
pub(super) fn read(
    source: impl Read,
    modified: Option<Timestamp>,
    limits: Limits,
) -> Result<Content, NoContent> {
    let (packed, unpacked) = (Cell::new(false), Cell::new(false));
    let source = Bounded { source, left: limits.packed, is_exceeded: &packed };
    let content = unpack(source).and_then(|source| {
        let source = Bounded { source, left: limits.unpacked, is_exceeded: &unpacked };
        tell(source, modified, limits)
    });
    // The decoders hide why their source has failed.
    match content {
        Err(_) if unpacked.get() => Err(NoContent::Unpacked(limits.unpacked)),
        Err(_) if packed.get() => Err(NoContent::Packed(limits.packed)),
        content => content,
    }
}

/// The stream behind the compression, which its first bytes tell.
fn unpack<'s>(mut source: impl Read + 's) -> Result<Box<dyn Read + 's>, NoContent> {
    let start = first(&mut source, 6)?;
    let source = Cursor::new(start.clone()).chain(source);
    Ok(match start.as_slice() {
        [0x1f, 0x8b, ..] => Box::new(MultiGzDecoder::new(source)),
        [b'B', b'Z', b'h', ..] => Box::new(MultiBzDecoder::new(source)),
        [0xfd, b'7', b'z', b'X', b'Z', 0] => Box::new(XzReader::new_mem_limit(source, true, XZ_MEMORY)),
        _ => Box::new(source),
    })
}

fn tell(mut source: impl Read, modified: Option<Timestamp>, limits: Limits) -> Result<Content, NoContent> {
    let damaged = |error: io::Error| NoContent::Damaged(crate::model::clean(&error.to_string()));
    let start = first(&mut source, HEADER).map_err(damaged)?;
    let is_tarball = start.get(MAGIC.0..).is_some_and(|rest| rest.starts_with(MAGIC.1));
    let source = Cursor::new(start).chain(source);
    if is_tarball {
        return tarball(source, limits).map(Content::Report);
    }
    let mut bytes = Vec::new();
    source.take(limits.file + 1).read_to_end(&mut bytes).map_err(damaged)?;
    if bytes.len() as u64 > limits.file {
        return Err(NoContent::Unpacked(limits.file));
    }
    Ok(Content::Document(Kept { path: String::new(), modified, bytes }))
}

/// Up to that many bytes from the beginning.
fn first(source: &mut impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(most);
    source.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Headers are taken one by one (`raw`): the crate itself would read a name of any length into memory.
fn tarball(source: impl Read, limits: Limits) -> Result<Files, NoContent> {
    let damaged = |error: io::Error| NoContent::Damaged(crate::model::clean(&error.to_string()));
    let mut files = Files::new(limits);
    let mut archive = Archive::new(source);
    // What the headers before an entry say of it.
    let mut ahead = Ahead::default();
    for entry in archive.entries().map_err(damaged)?.raw(true) {
        let mut entry = entry.map_err(damaged)?;
        match entry.header().entry_type() {
            EntryType::GNULongName => ahead.path = long_name(&mut entry).map_err(damaged)?,
            EntryType::XHeader => ahead.read_pax(&mut entry).map_err(damaged)?,
            EntryType::GNULongLink | EntryType::XGlobalHeader => {}
            kind => {
                files.count()?;
                let Ahead { path, modified } = std::mem::take(&mut ahead);
                let path = path.unwrap_or_else(|| entry.path_bytes().into_owned());
                let Some(path) = inside(&path) else { continue };
                files.check_depth(path.split('/').count())?;
                let modified = modified.or_else(|| Some(entry.header().mtime().ok()? as i64));
                let modified = modified.and_then(|seconds| Timestamp::from_second(seconds).ok());
                // Links, devices and folders hold nothing.
                if matches!(kind, EntryType::Regular | EntryType::Continuous) {
                    files.offer(&path, modified, &mut entry).map_err(|error| match error {
                        NoContent::Io(error) => damaged(error),
                        other => other,
                    })?;
                }
            }
        }
    }
    Ok(files)
}

#[derive(Debug, Default)]
struct Ahead {
    path: Option<Vec<u8>>,
    modified: Option<i64>,
}

impl Ahead {
    fn read_pax(&mut self, entry: &mut Entry<'_, impl Read>) -> io::Result<()> {
        let mut bytes = Vec::new();
        entry.take(LARGEST_PAX).read_to_end(&mut bytes)?;
        for extension in PaxExtensions::new(&bytes) {
            let Ok(extension) = extension else { break };
            match extension.key_bytes() {
                b"path" => self.path = Some(extension.value_bytes().to_owned()),
                b"mtime" => {
                    let seconds = extension.value().ok().and_then(|value| value.split('.').next());
                    self.modified = seconds.and_then(|seconds| seconds.parse().ok());
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The name of the next entry; `None` where it is too long for any file that is wanted.
fn long_name(entry: &mut Entry<'_, impl Read>) -> io::Result<Option<Vec<u8>>> {
    if entry.size() > LONGEST_PATH {
        return Ok(Some(Vec::new()));
    }
    let mut name = Vec::new();
    entry.read_to_end(&mut name)?;
    if name.last() == Some(&0) {
        name.pop();
    }
    Ok(Some(name))
}

/// A path below the archive's own folder, without `.`; `None` for one that leaves it.
fn inside(path: &[u8]) -> Option<String> {
    let path = String::from_utf8_lossy(path);
    if path.starts_with('/') || path.len() as u64 > LONGEST_PATH {
        return None;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    (!parts.is_empty() && !parts.contains(&"..")).then(|| parts.join("/"))
}
