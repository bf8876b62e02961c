//! Whether two names mean the same host, however each is written.

use std::borrow::Cow;

use super::address::{Address, decoded};
use super::{HostName, NodeName};

impl HostName {
    /// The host alone: without `ssh://` and its percent-encoding, a login name, a port, or the dots that end an
    /// absolute name.
    pub fn bare(&self) -> Cow<'_, str> {
        self.parts().0
    }

    /// The port, where the name has one.
    pub fn port(&self) -> Option<&str> {
        self.parts().1
    }

    /// Whether it is an address in any spelling, or `localhost`, rather than a name to look up.
    pub fn is_address(&self) -> bool {
        Address::parse(&self.bare()).is_some()
    }

    fn parts(&self) -> (Cow<'_, str>, Option<&str>) {
        let name = self.as_str();
        let scheme = "ssh://";
        let uri = match name.get(..scheme.len()) {
            Some(start) if start.eq_ignore_ascii_case(scheme) => name.get(scheme.len()..),
            _ => None,
        };
        let name = uri.map_or(name, |uri| uri.split('/').next().unwrap_or_default());
        let name = name.rsplit('@').next().unwrap_or_default();
        let (name, port) = match (name.strip_prefix('['), name.split_once(':')) {
            (Some(bracketed), _) => match bracketed.split_once(']') {
                Some((host, rest)) => (host, rest.strip_prefix(':')),
                None => (bracketed, None),
            },
            // An address of IPv6 has more than one colon.
            (None, Some((host, port))) if port.chars().all(|c| c.is_ascii_digit()) => (host, Some(port)),
            _ => (name, None),
        };
        let name = if uri.is_some() { decoded(name) } else { Cow::Borrowed(name) };
        let name = match name {
            Cow::Borrowed(name) => Cow::Borrowed(name.trim_end_matches('.')),
            Cow::Owned(name) => Cow::Owned(name.trim_end_matches('.').to_owned()),
        };
        (name, port)
    }

    /// Whether both are the same host: one address in any two spellings, equal names, or one is the other's first
    /// label. The port doesn't count. Aliases of ssh's configuration and the addresses behind a name are not looked up.
    pub fn is_same_host(&self, other: &Self) -> bool {
        is_same(&self.bare(), &other.bare())
    }

    /// Whether the host is that node, by the same rule.
    pub fn is_node(&self, node: &NodeName) -> bool {
        is_same(&self.bare(), node.as_str().trim_end_matches('.'))
    }
}

fn is_same(a: &str, b: &str) -> bool {
    match (Address::parse(a), Address::parse(b)) {
        (Some(a), Some(b)) => return a.is_same(&b),
        (Some(_), None) | (None, Some(_)) => return false,
        (None, None) => {}
    }
    let label = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let is_short = !a.contains('.') || !b.contains('.');
    a.eq_ignore_ascii_case(b) || (is_short && label(a).eq_ignore_ascii_case(&label(b)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("n1", "n1")]
    #[case("root@n1", "n1")]
    #[case("ssh://root@N1:42201", "n1")]
    #[case("SSH://n1/", "n1")]
    #[case("n1:22", "n1")]
    #[case("n1.example.org.", "N1")]
    #[case("user@name@n1", "n1")]
    #[case("[::1]:22", "0:0:0:0:0:0:0:1")]
    #[case("ssh://root@[fe80::1]", "fe80::1")]
    #[case("10.0.0.1:22", "10.0.0.1")]
    #[case("127.1", "127.0.0.1")]
    #[case("2130706433", "127.0.0.1")]
    #[case("0x7f000001", "127.0.0.1")]
    #[case("0X7F.1", "127.0.0.1")]
    #[case("127.000.000.001", "127.0.0.1")]
    #[case("010.0.0.1", "8.0.0.1")]
    #[case("127.0.0.1..", "127.0.0.1")]
    #[case("127.0.0.1%lo", "127.0.0.1")]
    #[case("::ffff:127.0.0.1", "127.0.0.1")]
    #[case("[::ffff:a00:1]:22", "10.0.0.1")]
    #[case("localhost", "127.0.0.1")]
    #[case("root@LOCALHOST.", "::1")]
    #[case("db.localhost", "0")]
    #[case("10.0.258", "10.0.1.2")]
    #[case("fe80::1%eth0", "fe80::1")]
    #[case("fe80::1%eth0", "fe80::1%2")]
    #[case("2001:db8::1%eth0", "2001:DB8:0::1%eth1")]
    fn one_host_is_written_in_many_ways(#[case] one: &str, #[case] other: &str) {
        let (one, other) = (HostName::from(one), HostName::from(other));
        assert!(one.is_same_host(&other) && other.is_same_host(&one));
        assert!(one.is_node(&other.as_str().into()));
    }

    #[rstest]
    #[case("n1", "n2")]
    #[case("n1@n2", "n1")]
    #[case("n1.example.org", "n1.example.net")]
    #[case("10.0.0.1", "10")]
    #[case("10.0.0.1", "10.0.0.2")]
    #[case("::1", "::2")]
    #[case("127.0.0.1", "127.0.0.2")]
    #[case("127.2", "127.0.0.1")]
    #[case("010.0.0.1", "10.0.0.1")]
    #[case("08.0.0.1", "8.0.0.1")]
    #[case("127.0.0.0.1", "127.0.0.1")]
    #[case("127.0.0.256", "127.0.1.0")]
    #[case("4294967296", "0.0.0.0")]
    #[case("127..1", "127.0.0.1")]
    #[case("0x", "0.0.0.0")]
    #[case("fe80::1%eth0", "fe80::1%eth1")]
    #[case("localhost", "localhost.example.org")]
    #[case("127%2e0.0.1", "127.0.0.1")]
    fn other_hosts_are_others(#[case] one: &str, #[case] other: &str) {
        let (one, other) = (HostName::from(one), HostName::from(other));
        assert!(!one.is_same_host(&other) && !other.is_same_host(&one));
    }

    #[rstest]
    #[case("n1", None)]
    #[case("ssh://root@n1:42201/", Some("42201"))]
    #[case("n1:22", Some("22"))]
    #[case("[::1]:22", Some("22"))]
    #[case("[::1]", None)]
    #[case("fe80::1", None)]
    fn a_port_is_told_from_an_address(#[case] name: &str, #[case] port: Option<&str>) {
        assert_eq!(HostName::from(name).port(), port);
    }

    #[rstest]
    #[case("ssh://127%2e0.0.1:1", "127.0.0.1")]
    #[case("ssh://root@n%31", "n1")]
    #[case("ssh://root@[fe80::1%25eth0]:22", "fe80::1%eth0")]
    fn a_uri_may_be_percent_encoded(#[case] uri: &str, #[case] host: &str) {
        assert!(HostName::from(uri).is_same_host(&host.into()), "{uri}");
        assert_eq!(HostName::from(uri).bare(), host);
    }

    /// Every spelling of an IPv4 address that glibc reads: each part in any base, the last few parts as one.
    fn spellings(address: u32) -> Vec<String> {
        let [a, b, c, d] = address.to_be_bytes().map(u32::from);
        let parts = [vec![address], vec![a, address & 0xff_ffff], vec![a, b, c << 8 | d], vec![a, b, c, d]];
        let bases: [fn(&u32) -> String; 4] =
            [u32::to_string, |n| format!("0{n:o}"), |n| format!("0x{n:x}"), |n| format!("0X{n:08X}")];
        let joined =
            |parts: &Vec<u32>, base: fn(&u32) -> String| parts.iter().map(base).collect::<Vec<_>>().join(".");
        let mut all: Vec<String> =
            parts.iter().flat_map(|parts| bases.map(|base| joined(parts, base))).collect();
        let encoded = format!("{a}.{b}.{c}%2E{d}").replace('1', "%31");
        all.extend([
            format!("::ffff:{:x}:{:x}", address >> 16, address & 0xffff),
            format!("::FFFF:{a}.{b}.{c}.{d}"),
            format!("{a}.{b}.{c}.{d}."),
            format!("ssh://root@{encoded}:22"),
        ]);
        all
    }

    proptest! {
        #[test]
        fn any_spelling_of_an_address_is_that_address_and_no_other(
            address in any::<u32>(),
            other in prop_oneof![any::<u32>(), (0_u32..32).prop_map(|bit| 1 << bit)],
        ) {
            let host = |address: u32| HostName::from(std::net::Ipv4Addr::from(address).to_string());
            // The second one differs in one bit or in many.
            let other = address ^ other;
            let is_loopback = |address: u32| [0, 0x7f00_0001].contains(&address);
            for spelling in spellings(address) {
                let spelt = HostName::from(spelling.as_str());
                prop_assert!(spelt.is_same_host(&host(address)), "{}", spelling);
                prop_assert!(spelt.is_address(), "{}", spelling);
                let is_other = other != address && !(is_loopback(other) && is_loopback(address));
                prop_assert!(!is_other || !spelt.is_same_host(&host(other)), "{} {}", spelling, other);
            }
        }

        #[test]
        fn any_spelling_of_an_ipv6_address_is_that_address_and_no_other(a in any::<[u16; 8]>(), at in 0_usize..8) {
            let host = |groups: [u16; 8]| HostName::from(std::net::Ipv6Addr::from(groups).to_string());
            let full = a.map(|group| format!("{group:04X}")).join(":");
            for written in [full.clone(), format!("[{full}]:22"), format!("ssh://root@[{full}]"), format!("{full}%2")] {
                prop_assert!(host(a).is_same_host(&written.as_str().into()), "{}", written);
            }
            let mut other = a;
            other[at] ^= 1;
            prop_assert!(!host(a).is_same_host(&host(other)));
        }

        #[test]
        fn a_user_and_a_port_change_nothing(
            host in "[a-zA-Z0-9-]{1,12}(\\.[a-z]{1,5}){0,2}",
            user in "[a-z0-9._@-]{1,8}",
            port in any::<u16>(),
        ) {
            let plain = HostName::from(host.as_str());
            for written in [
                format!("{user}@{host}"),
                format!("ssh://{user}@{host}:{port}"),
                format!("ssh://{host}:{port}/"),
                format!("{host}:{port}"),
                host.to_ascii_uppercase(),
            ] {
                prop_assert!(plain.is_same_host(&written.as_str().into()), "{}", written);
            }
        }

        #[test]
        fn any_name_is_itself(name in any::<String>()) {
            let host = HostName::from(name);
            prop_assert!(host.is_same_host(&host));
        }
    }
}
