//! The spellings of a host's address that need no name server to read.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A host's address, in whatever spelling.
#[derive(Debug, Clone, Copy)]
pub(super) enum Address<'a> {
    /// The machine that Quorate runs on: `localhost`, `127.0.0.1`, `::1`, or the unspecified address, which Linux
    /// connects to the same place.
    Loopback,
    /// Any other address, with its zone if it is link-local.
    Ip(IpAddr, Option<&'a str>),
}

impl<'a> Address<'a> {
    /// Reads an address as glibc's `getaddrinfo` does: `127.1`, `0x7f000001` and `::ffff:127.0.0.1` are all one.
    /// `None` for any other name. The name has no dot at its end.
    pub(super) fn parse(name: &'a str) -> Option<Self> {
        let (address, zone) =
            name.split_once('%').map_or((name, None), |(address, zone)| (address, Some(zone)));
        let ip = address.parse::<Ipv6Addr>().map(|ip| ip.to_canonical());
        let ip = ip.ok().or_else(|| inet_aton(address).map(IpAddr::V4));
        match ip {
            None => is_localhost(name).then_some(Self::Loopback),
            Some(ip) if ip.is_unspecified() || ip == Ipv4Addr::LOCALHOST || ip == Ipv6Addr::LOCALHOST => {
                Some(Self::Loopback)
            }
            Some(ip) => {
                let is_local = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
                Some(Self::Ip(ip, zone.filter(|_| is_local)))
            }
        }
    }

    /// Whether both are one address. A missing zone may be any, and only the kernel knows which number is which name.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let is_number = |zone: &str| zone.bytes().all(|byte| byte.is_ascii_digit());
        match (self, other) {
            (Self::Loopback, Self::Loopback) => true,
            (Self::Ip(one, Some(zone)), Self::Ip(other, Some(other_zone))) => {
                one == other && (zone == other_zone || is_number(zone) != is_number(other_zone))
            }
            (Self::Ip(one, _), Self::Ip(other, _)) => one == other,
            (Self::Loopback, Self::Ip(..)) | (Self::Ip(..), Self::Loopback) => false,
        }
    }
}

/// The names of the loopback address: those that RFC 6761 reserves, and those in the `/etc/hosts` of distributions.
fn is_localhost(name: &str) -> bool {
    const NAMES: [&str; 7] = [
        "localhost",
        "localhost4",
        "localhost6",
        "ip6-localhost",
        "ip6-loopback",
        "localhost4.localdomain4",
        "localhost6.localdomain6",
    ];
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || name == "localhost.localdomain" || name.ends_with(".localhost")
}

/// One to four numbers, each decimal, octal after `0` or hexadecimal after `0x`. The last one fills all bytes that are
/// left.
fn inet_aton(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u32> = text.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    let room = 4_u32.checked_sub(u32::try_from(first.len()).ok()?).filter(|room| *room > 0)?;
    if room < 4 && *last >= 1 << (8 * room) {
        return None;
    }
    let mut bytes = last.to_be_bytes();
    for (byte, part) in bytes.iter_mut().zip(first) {
        *byte = u8::try_from(*part).ok()?;
    }
    Some(Ipv4Addr::from(bytes))
}

fn number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    // `from_str_radix` takes a sign.
    digits.chars().all(|c| c.is_digit(radix)).then(|| u32::from_str_radix(digits, radix).ok())?
}

/// The text with `%41` read as `A`, as in a URI. Left as it is where the bytes aren't text.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let escape = match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                hex(high).zip(hex(low)).map(|(high, low)| (high << 4 | low, after))
            }
            _ => None,
        };
        let (byte, after) = escape.unwrap_or((*first, after));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}
