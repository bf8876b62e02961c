//! A cluster's name and members, found by asking one host.

use super::xml::{self, ParseError};
use crate::model::NodeName;
use crate::model::text::clean;

/// What one host tells of its cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Discovered {
    /// `cluster-name` of the CIB or `cluster_name` of corosync's configuration.
    pub cluster_name: Option<String>,
    /// The full members in the order of the CIB or of corosync's configuration.
    pub members: Vec<NodeName>,
}

/// Reads the output of [`super::argv::cib`].
pub fn from_cib(xml: &[u8]) -> Result<Discovered, ParseError> {
    let source = String::from_utf8_lossy(xml);
    let document = xml::read(&source, &["cib"], &["status", "resources", "constraints", "acls", "alerts"])?;
    let Some(configuration) = document.root.child("configuration") else { return Ok(Discovered::default()) };
    let cluster_name = configuration
        .named("crm_config")
        .flat_map(|config| config.listed("cluster_property_set", "nvpair"))
        .find(|pair| pair.get("name") == Some("cluster-name"))
        .and_then(|pair| pair.get("value"))
        .filter(|name| !name.is_empty());
    // 1.1.10 wrote `normal` or `member` for those that vote; since then it is left out.
    let members = configuration
        .listed("nodes", "node")
        .filter(|node| matches!(node.get("type"), None | Some("member" | "normal")))
        .filter_map(|node| node.get("uname"));
    Ok(Discovered { cluster_name: cluster_name.map(clean), members: members.map(Into::into).collect() })
}

/// Reads the output of [`super::argv::cluster_options`]: the cluster's name, where it has one.
pub fn cluster_name(xml: &[u8]) -> Option<String> {
    let source = String::from_utf8_lossy(xml);
    let document = xml::read(&source, &["crm_config"], &[]).ok()?;
    let mut pairs = document.root.listed("cluster_property_set", "nvpair");
    let name = pairs.find(|pair| pair.get("name") == Some("cluster-name"))?.get("value")?;
    Some(clean(name)).filter(|name| !name.is_empty())
}

/// Reads the output of [`super::argv::node_list`]: `1 db1 member` a line. Remote nodes have no number.
pub fn from_node_list(stdout: &[u8]) -> Vec<NodeName> {
    String::from_utf8_lossy(stdout)
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let id = words.next()?;
            let name = words.next()?;
            id.bytes().all(|byte| byte.is_ascii_digit()).then(|| name.into())
        })
        .collect()
}

/// Reads the output of [`super::argv::corosync_conf`]: `cluster_name` of `totem`, and of each `node` of the `nodelist`
/// its `name`, or else the address of its first ring.
pub fn from_corosync(conf: &[u8]) -> Discovered {
    let text = String::from_utf8_lossy(conf);
    let mut found = Discovered::default();
    let mut sections: Vec<&str> = Vec::new();
    let (mut name, mut address) = (None, None);
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if let Some(section) = line.strip_suffix('{') {
            sections.push(section.trim());
        } else if line == "}" {
            if sections.pop() == Some("node") {
                found.members.extend(name.take().or_else(|| address.take()).map(NodeName::from));
                address = None;
            }
        } else if let Some((key, value)) = line.split_once(':') {
            let value = value.trim();
            match (sections.last(), key.trim()) {
                (Some(&"totem"), "cluster_name") => found.cluster_name = Some(clean(value)),
                (Some(&"node"), "name") => name = Some(value),
                (Some(&"node"), "ring0_addr") => address = Some(value),
                _ => {}
            }
        } else {
            // Blank, or not corosync's.
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_the_cib() {
        let xml = br#"<cib epoch="1"><configuration>
            <crm_config><cluster_property_set id="a"><nvpair name="cluster-name" value="lb"/></cluster_property_set></crm_config>
            <nodes><node id="1" uname="lb1"/><node id="2" uname="lb2" type="normal"/><node id="3" uname="lb3" type="member"/>
              <node id="r1" uname="r1" type="remote"/><node id="4" uname="gw" type="ping"/></nodes>
            </configuration><status/></cib>"#;
        let expected = Discovered {
            cluster_name: Some("lb".to_owned()),
            members: ["lb1", "lb2", "lb3"].map(NodeName::from).to_vec(),
        };
        assert_eq!(from_cib(xml), Ok(expected));
        assert_eq!(from_cib(b"<cib/>"), Ok(Discovered::default()));
        assert!(from_cib(b"<cib>").is_err());
    }

    #[test]
    fn reads_the_cluster_name() {
        let options = r#"<crm_config><cluster_property_set id="a"><nvpair id="n" name="cluster-name" value="lb"/></cluster_property_set></crm_config>"#;
        assert_eq!(cluster_name(options.as_bytes()), Some("lb".to_owned()));
        let cib = format!("<cib><configuration>{options}<nodes/></configuration></cib>");
        assert_eq!(cluster_name(cib.as_bytes()), Some("lb".to_owned()));
        for nothing in ["", "<crm_config/>", "<crm_config>", "cibadmin: not connected"] {
            assert_eq!(cluster_name(nothing.as_bytes()), None);
        }
    }

    #[test]
    fn reads_the_node_list() {
        let text = b"1 db1 member\n2 db2 lost\nremote1\n3 db3\nr2 r2 remote\n";
        assert_eq!(from_node_list(text), ["db1", "db2", "db3"].map(NodeName::from));
    }

    #[test]
    fn reads_corosyncs_configuration() {
        let conf = b"# a comment {\ntotem {\n  version: 2\n  cluster_name: db\n  interface {\n    cluster_name: no\n  }\n}\n\
            nodelist {\n  node {\n    ring0_addr: 192.0.2.1\n    name: db1\n    nodeid: 1\n  }\n\
            \tnode {\n    ring0_addr: 192.0.2.2\n    nodeid: 2\n  }\n}\nquorum { \n  provider: corosync_votequorum\n}\n";
        let expected = Discovered {
            cluster_name: Some("db".to_owned()),
            members: ["db1", "192.0.2.2"].map(NodeName::from).to_vec(),
        };
        assert_eq!(from_corosync(conf), expected);
    }

    proptest! {
        #[test]
        fn never_panics(text in "[a-z0-9 :{}#\\n]{0,200}", bytes in any::<Vec<u8>>()) {
            from_corosync(text.as_bytes());
            from_node_list(text.as_bytes());
            from_corosync(&bytes);
            from_node_list(&bytes);
            cluster_name(&bytes);
            let _ = from_cib(&bytes);
        }
    }
}
