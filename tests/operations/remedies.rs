//! The key beside a remedy's command does what the command does.

use quorate::app::{Action, CardText, Context, Errand, Panel, Request};
use quorate::health::{Fix, Remedy};
use quorate::model::{Access, ClusterEntry, Tier};
use quorate::operation::{Intent, SubjectKind, plan};

use crate::common::{capture, console, live, look};
use crate::person::Person;
use crate::pictures::pictures;

fn entry(read_only: bool) -> ClusterEntry {
    ClusterEntry {
        name: "db".into(),
        tier: Tier::Core,
        hosts: vec!["host".into()],
        access: Access { read_only, ..Access::default() },
        needs: None,
    }
}

/// At the console of that one cluster, with it open and its first finding selected.
fn at_findings(fixture: &str, read_only: bool) -> Person {
    let mut person =
        Person::at(console(vec![(entry(read_only), live(capture(fixture), "host"))], (160, 200)));
    person.act(&[Action::Open, Action::PaneOverview, Action::First]);
    person
}

fn intents(person: &Person) -> Vec<Intent> {
    let errands = person.asked.iter().flat_map(|request| match request {
        Request::Plan(_, errand) => vec![errand],
        Request::PlanTogether(_, errands) => errands.iter().map(|(_, errand)| errand).collect(),
        other => panic!("no plan: {other:?}"),
    });
    let wish = |errand: &Errand| match errand {
        Errand::Wish(intent) => intent.clone(),
        other => panic!("no wish: {other:?}"),
    };
    errands.map(wish).collect()
}

/// The fixes of one kind, that is, of one key.
fn kinds(remedy: &Remedy) -> Vec<Vec<Fix>> {
    let mut kinds: Vec<Vec<Fix>> = Vec::new();
    for fix in remedy.fixes() {
        match kinds.iter_mut().find(|kind| kind[0].is_like(fix)) {
            Some(kind) => kind.push(fix.clone()),
            None => kinds.push(vec![fix.clone()]),
        }
    }
    kinds
}

/// Whether the intent is what the command says, by the command's own words.
fn does(intent: &Intent, fix: &Fix) -> bool {
    let command = fix.to_string();
    let argv = shell_words::split(&command).expect("a command");
    let follows =
        |option: &str, value: &str| argv.windows(2).any(|pair| pair[0] == option && pair[1] == value);
    let verb = match argv.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["crm_resource", "--cleanup", ..] => "cleanup",
        ["crm_resource", "--refresh", ..] => "refresh",
        ["crm_resource", "--clear", ..] => "clear",
        ["crm_resource", .., "target-role", "--parameter-value", "Started"] => "enable",
        ["crm_resource", .., "--delete-parameter", "target-role"] => "promote",
        ["crm_resource", .., "is-managed", "--parameter-value", "true"] => "manage",
        ["crm_resource", .., "maintenance", "--parameter-value", "false"] => "maintenance-off",
        ["crm_standby", .., "--delete"] => "online",
        ["crm_attribute", "--type", "nodes", .., "maintenance", "--delete"] => "node-maintenance-off",
        ["crm_attribute", "--type", "crm_config", .., "--delete"] => "cluster-maintenance-off",
        ["stonith_admin", "--reboot", _] => "fence-reboot",
        ["stonith_admin", "--confirm", _] => "confirm-dead",
        other => panic!("{other:?}"),
    };
    let subject = match intent.verb.subject() {
        SubjectKind::Resource => follows("--resource", &intent.subject),
        SubjectKind::Node => argv.contains(&intent.subject),
        SubjectKind::Cluster => intent.subject == "db",
        SubjectKind::Ticket => false,
    };
    let node = match &intent.to {
        Some(node) => follows("--node", node.as_str()),
        None => intent.verb.subject() != SubjectKind::Resource || !argv.contains(&"--node".to_owned()),
    };
    intent.verb.to_string() == verb && subject && node
}

/// Takes the key of every fix of a remedy, and checks what is asked for. `open` opens the card with the remedy over the
/// list; the operation takes the card's place, and going back closes it.
fn take_each(person: &mut Person, remedy: &Remedy, open: Option<Action>, place: &str) -> usize {
    let context = if open.is_some() { Context::Panel } else { Context::Cluster };
    let kinds = kinds(remedy);
    for fixes in &kinds {
        let action = Action::of(&fixes[0]).expect("an action");
        let keys = look().keymap.keys_for(context, action);
        let label = format!("[{}]", keys.first().expect("a key"));
        if let Some(open) = open {
            person.act(&[open]);
        }
        let screen = person.screen();
        assert!(screen.contains(&label), "{place}: no {label} for {}:\n{screen}", fixes[0]);
        person.asked.clear();
        person.act(&[action]);
        let intents = intents(person);
        assert_eq!(intents.len(), fixes.len(), "{place}: {remedy}: {intents:?}");
        for (intent, fix) in intents.iter().zip(fixes) {
            assert!(does(intent, fix), "{place}: {fix} isn't {intent:?}");
            let picture = person.state.clusters[0].observation.picture.as_deref().expect("a picture");
            // Without the CIB or quorum the console waits with what a user may still do by hand.
            if picture.cib.is_some() && picture.summary.quorate == Some(true) {
                assert!(plan(picture, intent).is_ok(), "{place}: {fix}: {:?}", plan(picture, intent));
            }
        }
        person.asked.clear();
        person.act(&[Action::Back]);
    }
    kinds.len()
}

#[test]
fn the_key_beside_a_command_does_the_same() {
    let mut taken = 0;
    for fixture in pictures() {
        let fixture = fixture.to_string_lossy();
        let mut person = at_findings(&fixture, false);
        let rows = person.state.listed().expect("findings").1.rows;
        for row in rows {
            let cluster = person.state.cluster(&"db".into()).expect("it is there");
            let finding = person.state.finding(cluster, &row.subject).expect("a finding").clone();
            let place = format!("{fixture}, {}", finding.code);
            taken += take_each(&mut person, &finding.remedy, None, &place);
            taken += take_each(&mut person, &finding.remedy, Some(Action::Open), &place);
            person.act(&[Action::Down]);
        }
    }
    assert!(taken > 60, "{taken}");
}

#[test]
fn on_a_card_that_says_why_a_key_does_what_the_first_cause_prints() {
    let mut taken = 0;
    for fixture in pictures() {
        let fixture = fixture.to_string_lossy();
        let mut person = at_findings(&fixture, false);
        for _ in 0..person.state.listed().expect("findings").1.rows.len() {
            person.act(&[Action::Why]);
            let why = match person.state.layers.panel() {
                Some(Panel::Card(card)) => match person.state.card_text(card) {
                    CardText::Why(why) => Some(why),
                    _ => None,
                },
                _ => None,
            };
            if let Some(why) = why {
                person.act(&[Action::Back]);
                if let Some(cause) = why.causes.iter().find(|cause| cause.remedy.fixes().next().is_some()) {
                    let place = format!("{fixture}, {}", why.question);
                    taken += take_each(&mut person, &cause.remedy, Some(Action::Why), &place);
                }
            }
            person.act(&[Action::Down]);
        }
    }
    assert!(taken > 30, "{taken}");
}

/// A key acts on what is selected, so it stands beside no other remedy.
#[test]
fn a_key_stands_beside_the_selected_remedy_alone() {
    let mut person = at_findings("standby", false);
    for (action, shown) in [(Action::NextPane, false), (Action::PreviousPane, true), (Action::Mark, false)] {
        person.act(&[action]);
        assert_eq!(person.screen().contains("[o S]"), shown, "{action:?}:\n{}", person.screen());
    }
}

/// No key changes a read-only cluster, so none stands there.
#[test]
fn a_read_only_cluster_shows_commands_without_keys() {
    for (read_only, shown) in [(false, true), (true, false)] {
        let mut person = at_findings("standby", read_only);
        for action in [Action::Open, Action::Back] {
            assert_eq!(person.screen().contains("[o S]"), shown, "{}", person.screen());
            assert!(person.screen().contains("`crm_standby --node c1n2 --delete`"), "{}", person.screen());
            person.act(&[action]);
        }
    }
}
