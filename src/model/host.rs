//! Whether two names mean the same host, however each is written.

use std::net::IpAddr;

use super::{HostName, NodeName};

impl HostName {
    /// The host alone: without `ssh://`, a login name, a port, or the dot that ends an absolute name.
    pub fn bare(&self) -> &str {
        self.parts().0
    }

    /// The port, where the name has one.
    pub fn port(&self) -> Option<&str> {
        self.parts().1
    }

    fn parts(&self) -> (&str, Option<&str>) {
        let name = self.as_str();
        let scheme = "ssh://";
        let name = match name.get(..scheme.len()) {
            Some(start) if start.eq_ignore_ascii_case(scheme) => {
                let rest = name.get(scheme.len()..).unwrap_or_default();
                rest.split('/').next().unwrap_or_default()
            }
            _ => name,
        };
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
        (name.strip_suffix('.').unwrap_or(name), port)
    }

    /// Whether both are the same host: equal addresses, equal names, or one is the other's first label. Aliases of
    /// ssh's configuration and the addresses behind a name are not looked up.
    pub fn is_same_host(&self, other: &Self) -> bool {
        is_same(self.bare(), other.bare())
    }

    /// Whether the host is that node, by the same rule.
    pub fn is_node(&self, node: &NodeName) -> bool {
        is_same(self.bare(), node.as_str())
    }
}

fn is_same(a: &str, b: &str) -> bool {
    match (a.parse::<IpAddr>(), b.parse::<IpAddr>()) {
        (Ok(a), Ok(b)) => return a == b,
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => return false,
        (Err(_), Err(_)) => {}
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

    proptest! {
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
