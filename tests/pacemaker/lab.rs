//! The lab's own pictures: both forms of `crm_mon`'s XML tell the same.

use quorate::model::{Node, NodeName, Picture, ResourceId, Role};

use super::{all_fixtures, picture_of};

type Told<'a> = (Vec<&'a Node>, Vec<(&'a ResourceId, &'a str, &'a Role, &'a [NodeName], bool)>);

/// What both forms tell of nodes and resources. The old form knows no feature sets.
fn told(picture: &Picture) -> Told<'_> {
    let primitives = picture.primitives().map(|(_, primitive)| {
        (
            &primitive.id,
            primitive.agent.as_str(),
            &primitive.role,
            primitive.nodes.as_slice(),
            primitive.blocked,
        )
    });
    (picture.nodes.iter().collect(), primitives.collect())
}

#[test]
fn both_forms_tell_the_same() {
    let new = all_fixtures(".crm_mon.xml");
    let mut compared = 0;
    for (name, old) in all_fixtures(".as-xml.xml") {
        let twin = name.replace(".as-xml.", ".crm_mon.");
        let Some((_, new)) = new.iter().find(|(name, _)| *name == twin) else { continue };
        // Where the stack is stopped there is no picture in either.
        if new.contains("<status code=\"102\"") {
            continue;
        }
        let (old, new) = (picture_of(&old), picture_of(new));
        assert_eq!(told(&old), told(&new), "{name}");
        assert_eq!(old.failures, new.failures, "{name}");
        assert_eq!(old.fail_counts, new.fail_counts, "{name}");
        compared += 1;
    }
    assert!(compared >= 15, "{compared} pairs");
}
