//! `<node_history>`: fail counts, migration thresholds and failed probes.

use std::collections::HashSet;

use super::limits;
use super::reading::Reading;
use crate::model::text::clean;
use crate::model::{FailCount, FailedProbe, ResourceId, Score};
use crate::pacemaker::xml::Element;

/// Exit codes with which a probe says where the resource stands: it runs, it doesn't, it runs promoted.
const EXPECTED: [i32; 3] = [0, 7, 8];

/// What Pacemaker remembers of resources on nodes, as far as anything is made of it.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Those above zero.
    pub(super) fail_counts: Vec<FailCount>,
    pub(super) thresholds: Vec<(ResourceId, Score)>,
    pub(super) failed_probes: Vec<FailedProbe>,
}

/// Whether a tag is of an operation that [`read`] wants: a probe.
pub(super) fn is_probe(tag: &str) -> bool {
    tag.contains("\"probe\"") || tag.contains("'probe'")
}

/// Reads `<node_history>`.
pub(super) fn read(root: &Element<'_>, reading: &mut Reading<'_>) -> History {
    let mut history = History::default();
    let mut seen = HashSet::new();
    let (mut counted, mut probed) = (0, 0);
    for node in root.listed("node_history", "node") {
        for resource in node.named("resource_history") {
            let id = resource.text_of("id");
            let threshold = reading.score(resource, "migration-threshold");
            if let Some(threshold) = threshold.filter(|_| seen.insert(id))
                && history.thresholds.len() < limits::RESOURCES
            {
                history.thresholds.push((id.into(), threshold));
            }
            let count = reading.score(resource, "fail-count").filter(|count| *count > Score::Finite(0));
            if let Some(count) = count {
                counted += 1;
                if history.fail_counts.len() < limits::FAIL_COUNTS {
                    history.fail_counts.push(FailCount {
                        node: node.text_of("name").into(),
                        resource: id.into(),
                        count,
                        migration_threshold: threshold,
                        last_failure: reading.date(resource, "last-failure"),
                    });
                }
            }
            for operation in resource.named("operation_history") {
                let Some(exit_code) = failed(operation, reading) else { continue };
                probed += 1;
                if history.failed_probes.len() < limits::FAILURES {
                    history.failed_probes.push(FailedProbe {
                        node: node.text_of("name").into(),
                        resource: id.into(),
                        exit_code,
                        exit_status: clean(operation.text_of("rc_text")),
                        at: reading.date(operation, "last-rc-change"),
                    });
                }
            }
        }
    }
    for (read, of, what) in [
        (seen.len().min(limits::RESOURCES), seen.len(), "migration thresholds"),
        (history.fail_counts.len(), counted, "fail counts"),
        (history.failed_probes.len(), probed, "failed probes"),
    ] {
        if read < of {
            reading.leave_out(read, of, what);
        }
    }
    history
}

/// The exit code of a probe that failed.
fn failed(operation: &Element<'_>, reading: &mut Reading<'_>) -> Option<i32> {
    let is_probe = operation.get("task") == Some("probe");
    reading.number(operation, "rc").filter(|code| is_probe && !EXPECTED.contains(code))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::fmt::Write as _;

    use super::*;
    use crate::model::Picture;
    use crate::pacemaker::parse::{Answer, crm_mon};

    fn read(history: &str) -> Picture {
        let xml = format!("<crm_mon><summary/><node_history>{history}</node_history></crm_mon>");
        match crm_mon(xml.as_bytes(), None) {
            Ok(Answer::Running(picture)) => *picture,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn thresholds_are_kept_before_anything_failed() {
        let picture = read(
            "<node name='a'><resource_history id='db' migration-threshold='3'/>\
             <resource_history id='vip' migration-threshold='1000000'/></node>\
             <node name='b'><resource_history id='db' migration-threshold='3' fail-count='1'/></node>",
        );
        assert_eq!(picture.threshold(&"db".into()), Some(Score::Finite(3)));
        assert_eq!(picture.threshold(&"vip".into()), Some(Score::Infinity));
        assert_eq!(picture.threshold(&"web".into()), None);
        assert_eq!((picture.thresholds.len(), picture.fail_counts.len()), (2, 1));
        assert_eq!(picture.oddities, Vec::<String>::new());
    }

    proptest! {
        /// Whatever else a resource's history holds, exactly its failed probes are kept.
        #[test]
        fn only_failed_probes_are_kept(
            operations in prop::collection::vec(("probe|monitor|start|stop", 0..12i32), 0..12),
        ) {
            let mut written = String::new();
            for (task, code) in &operations {
                write!(written, "<operation_history task=\"{task}\" rc=\"{code}\" rc_text=\"x\"/>").expect("written");
            }
            let picture = read(&format!(
                "<node name=\"a\"><resource_history id=\"probe\">{written}</resource_history></node>"
            ));
            let codes: Vec<i32> = picture.failed_probes.iter().map(|probe| probe.exit_code).collect();
            let expected: Vec<i32> = operations
                .iter()
                .filter(|(task, code)| task == "probe" && ![0, 7, 8].contains(code))
                .map(|(_, code)| *code)
                .collect();
            prop_assert_eq!(codes, expected);
        }
    }
}
