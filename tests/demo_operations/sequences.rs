//! Any commands in any order at any time.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use quorate::demo::{Faults, Layout, Options};
use quorate::model::{Cib, NodeKind, Picture, Role};
use quorate::pacemaker::argv;
use quorate::pacemaker::parse;
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

use crate::stage::Stage;

/// A command that may or may not make sense, as it is sent.
pub(crate) fn command() -> impl Strategy<Value = Vec<String>> {
    const RESOURCES: [&str; 12] = [
        "vip-db",
        "haproxy-clone",
        "haproxy",
        "galera-clone",
        "redis-clone",
        "cinder-storage",
        "cinder-lvm",
        "horizon-bundle",
        "fence-controller1",
        "nova-evacuate",
        "nova-compute-clone",
        "nothing",
    ];
    const NODES: [&str; 5] = ["controller1", "controller2", "controller3", "hv1", "nowhere"];
    let (resource, node) = (0..RESOURCES.len(), 0..NODES.len());
    (0..22_usize, resource, node, any::<bool>()).prop_map(|(which, resource, node, flag)| {
        let (resource, node) = (RESOURCES[resource], NODES[node]);
        let lifetime = if flag { " --lifetime=PT1M" } else { "" };
        let promoted = if flag { " --promoted" } else { "" };
        let (on, role) = if flag { ("true", "Stopped") } else { ("false", "Unpromoted") };
        let attribute = format!("crm_attribute --type=nodes --node={node}");
        let meta = format!("crm_resource --meta --resource={resource}");
        let line = match which {
            0 => format!("crm_resource --move --resource={resource} --node={node}{lifetime}"),
            1 => format!("crm_resource --move --resource={resource} --node={node}{promoted}"),
            2 => format!("crm_resource --ban --resource={resource} --node={node}{lifetime}"),
            3 => format!("crm_resource --clear --resource={resource}"),
            4 => format!("crm_resource --cleanup --resource={resource}"),
            5 => "crm_resource --cleanup".to_owned(),
            6 => format!("crm_resource --refresh --resource={resource} --node={node}"),
            7 => format!("crm_resource --restart --resource={resource} --timeout=9"),
            8 => format!("{meta} --set-parameter=target-role --parameter-value={role}"),
            9 => format!("{meta} --delete-parameter=target-role"),
            10 => format!("{meta} --set-parameter=is-managed --parameter-value={on}"),
            11 => format!("{meta} --set-parameter=maintenance --parameter-value={on}"),
            12 => format!("{attribute} --name=standby --update=on"),
            13 => format!("{attribute} --name=standby --delete"),
            14 => format!("{attribute} --name=maintenance --update={on}"),
            15 => format!("crm_attribute --type=crm_config --name=maintenance-mode --update={on}"),
            16 => format!("stonith_admin --reboot={node}"),
            17 => format!("stonith_admin --fence={node}"),
            18 => format!("stonith_admin --confirm={node}"),
            19 => "stonith_admin --cleanup --history=*".to_owned(),
            20 => format!("crm_ticket --{} --ticket=site-a --force", if flag { "grant" } else { "revoke" }),
            _ => format!("crm_resource --clear --resource={resource} --node={node}"),
        };
        line.split(' ').map(str::to_owned).collect()
    })
}

pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime")
}

fn check(picture: &Picture, cib: &Cib) {
    assert_eq!((&picture.oddities, &cib.oddities), (&Vec::new(), &Vec::new()));
    let ids: BTreeSet<_> = cib.constraints.iter().map(|constraint| &constraint.id).collect();
    assert_eq!(ids.len(), cib.constraints.len(), "two constraints of one id");
    for (_, primitive) in picture.primitives() {
        assert!(primitive.nodes.iter().all(|name| picture.node(name).is_some()), "{primitive:?}");
        assert!(!matches!(primitive.role, Role::Other(_)), "{primitive:?}");
    }
    for node in picture.nodes.iter().filter(|node| node.kind == NodeKind::Member) {
        assert!(!node.is_dc || node.online, "{} is the DC and not online", node.name);
        assert!(node.online || node.unclean || node.resources_running == Some(0), "{node:?}");
    }
}

/// What every member says of itself after these commands at these times.
async fn played(options: &Options, commands: &[(u64, Vec<String>)], host: &str) -> Vec<String> {
    let stage = Stage::new(options);
    let mut said = Vec::new();
    for (pause, command) in commands {
        sleep(Duration::from_millis(*pause)).await;
        let output = stage.run(host, command).await;
        said.push(format!("{:?}", output.map(|output| (output.exit_code, output.stderr))));
        for member in ["controller1", "controller2", "controller3"] {
            let (Ok(picture), Ok(cib)) = (stage.picture(member).await, stage.run(member, &argv::cib()).await)
            else {
                continue;
            };
            if let Ok(cib) = parse::cib(&cib.stdout) {
                check(&picture, &cib);
            }
            said.push(format!("{picture:?} {cib:?}"));
        }
    }
    said
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_commands_at_any_time_give_one_picture_that_is_understood(
        seed: u64,
        lively: bool,
        member in 1..=3_u8,
        commands in prop::collection::vec((0_u64..20_000, command()), 1..14),
    ) {
        let faults = if lively { Faults::Lively } else { Faults::None };
        let options = Options { layout: Layout::Collapsed, seed, faults, ..Options::default() };
        let host = format!("controller{member}");
        let play = || runtime().block_on(played(&options, &commands, &host));
        prop_assert_eq!(play(), play());
    }
}
