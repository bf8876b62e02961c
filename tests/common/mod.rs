//! What several tests need: a deployment made of real captures, and screens as text.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use quorate::app::{Event, State, update};
use quorate::health::Assessment;
use quorate::model::{
    Access, ClusterEntry, ClusterName, Contact, HostName, Inventory, Made, Observation, Picture, Tier,
    Trouble, TroubleKind,
};
use quorate::pacemaker::parse;
use quorate::ui::Look;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// The moment at which every test takes place.
pub(crate) fn now() -> Timestamp {
    "2026-11-22T11:36:00Z".parse().expect("a time")
}

/// A capture of a real cluster, its CIB with it where there is one.
pub(crate) fn capture(name: &str) -> Picture {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/captures");
    let xml = std::fs::read(folder.join(format!("{name}.crm_mon.xml"))).expect("a capture");
    let parse::Answer::Running(mut picture) = parse::crm_mon(&xml, Some(Offset::UTC)).expect("readable")
    else {
        panic!("{name} is no picture of a running cluster")
    };
    if let Ok(xml) = std::fs::read(folder.join(format!("{name}.cib.xml"))) {
        let mut cib = parse::cib(&xml).expect("a readable CIB");
        // Where there are any, they were the last change before the capture was taken.
        if let Some(at) = picture.summary.last_change {
            let leftovers = cib.constraints.iter().filter(|constraint| constraint.is_leftover());
            let made = Made { at, by: Some(cib.changed_by.to_string()) };
            cib.made = leftovers.map(|constraint| (constraint.id.clone(), made.clone())).collect();
        }
        picture.cib = Some(Arc::new(cib));
    }
    *picture
}

/// A cluster that answered so a second ago.
pub(crate) fn live(picture: Picture, host: &str) -> Observation {
    Observation {
        contact: Contact::Live { host: HostName::from(host) },
        picture: Some(Arc::new(picture)),
        confirmed: Some(now() - SignedDuration::from_secs(1)),
        ..Observation::none()
    }
}

/// A cluster that nobody has been able to ask for 41 seconds.
pub(crate) fn lost(picture: Picture, host: &str) -> Observation {
    let since = now() - SignedDuration::from_secs(41);
    let trouble = |host: &str| Trouble {
        host: HostName::from(host),
        kind: TroubleKind::Unreachable,
        message: format!("{host} did not answer within 5 s"),
    };
    Observation {
        contact: Contact::Lost {
            since,
            troubles: vec![trouble(host)],
            retry_at: now() + SignedDuration::from_secs(9),
        },
        picture: Some(Arc::new(picture)),
        confirmed: Some(since),
        ..Observation::none()
    }
}

fn entry(name: &str, tier: Tier) -> ClusterEntry {
    ClusterEntry {
        name: ClusterName::from(name),
        tier,
        hosts: (1..=3).map(|nth| HostName::from(format!("{name}{nth}"))).collect(),
        access: Access::default(),
        needs: None,
    }
}

/// Seventeen clusters in the states of the captures.
pub(crate) fn deployment() -> Vec<(ClusterEntry, Observation)> {
    use Tier::{Compute, Core, Hosts, OpenStack};
    [
        ("gateway", Hosts, "healthy"),
        ("lb", Core, "moved-prefer"),
        ("db", Core, "fence-pending-unclean"),
        ("mq", Core, "healthy"),
        ("memcache", Core, "standby"),
        ("mongodb", Core, "healthy"),
        ("keystone", OpenStack, "failed-recovered"),
        ("glance", OpenStack, "healthy"),
        ("cinder", OpenStack, "node-offline"),
        ("swift", OpenStack, "healthy"),
        ("neutron", OpenStack, "maintenance-mode"),
        ("neutron-agents", OpenStack, "healthy"),
        ("nova", OpenStack, "banned-promoted"),
        ("ceilometer", OpenStack, "healthy"),
        ("heat", OpenStack, "healthy"),
        ("horizon", OpenStack, "lost"),
        ("compute", Compute, "remote-healthy"),
    ]
    .into_iter()
    .map(|(name, tier, state)| {
        let host = format!("{name}1");
        let observation =
            if state == "lost" { lost(capture("healthy"), &host) } else { live(capture(state), &host) };
        (entry(name, tier), observation)
    })
    .collect()
}

/// News of a cluster, judged as it is now.
pub(crate) fn observed(entry: &ClusterEntry, observation: Observation) -> Event {
    Event::Observed(entry.name.clone(), Assessment::new(entry, observation, now()))
}

/// A console of that size that has seen the deployment.
pub(crate) fn console(clusters: Vec<(ClusterEntry, Observation)>, size: (u16, u16)) -> State {
    let inventory = Inventory { clusters: clusters.iter().map(|(entry, _)| entry.clone()).collect() };
    let themes = quorate::theme::built_in_names().map(str::to_owned).collect();
    let mut state = State::new(&inventory, themes, size, now());
    for (entry, observation) in clusters {
        update(&mut state, observed(&entry, observation));
    }
    state
}

/// The default look.
pub(crate) fn look() -> Look {
    Look::new(
        quorate::theme::load("dark", None).expect("built in"),
        quorate::keymap::load("default", None).expect("built in"),
        quorate::ui::UNICODE,
        TimeZone::UTC,
    )
}

/// The screen of a state.
pub(crate) fn screen(state: &State, look: &Look) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(state.size.0, state.size.1)).expect("a terminal");
    terminal.draw(|frame| quorate::ui::draw(frame, state, look)).expect("drawn");
    terminal.backend().clone()
}
