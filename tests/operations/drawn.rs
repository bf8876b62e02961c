//! No key, no press and no paste reaches what isn't on screen, and letters in a form are text.

use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent, KeyModifiers};
use quorate::app::{Action, Event, Job, Panel, Request, State};
use quorate::operation::Projection;
use quorate::pacemaker::parse;
use quorate::runtime::Input;

use crate::common::{console, deployment, look, now};
use crate::deeds::{self, Console};
use crate::person::Person;

/// The dialog that asks about fencing a node.
fn fencing() -> Person {
    let mut person = Person::in_cluster("mq", (80, 24));
    person.act(&[Action::NextPane, Action::FenceReboot]).planned(&Projection::NotAsked);
    assert!(person.screen().contains("to do it"), "{}", person.screen());
    person
}

fn job(state: &State) -> Option<&Job> {
    match state.layers.panel() {
        Some(Panel::Operation(id)) => state.operations.job(*id),
        _ => None,
    }
}

/// The name that the dialog wants.
fn name(state: &State) -> String {
    job(state).and_then(Job::name_to_type).unwrap_or_default()
}

impl Person {
    /// What the terminal sends when these keys are pressed.
    fn keys(&mut self, keys: &[KeyCode]) -> &mut Self {
        let events = keys.iter().map(|code| TerminalEvent::Key(KeyEvent::new(*code, KeyModifiers::NONE)));
        self.sends(events.collect())
    }

    fn writes(&mut self, text: &str) -> &mut Self {
        self.keys(&text.chars().map(KeyCode::Char).collect::<Vec<_>>())
    }

    fn sends(&mut self, events: Vec<TerminalEvent>) -> &mut Self {
        let (mut input, look) = (Input::default(), look());
        for event in events {
            if let Some(event) = input.read(&event, &self.state, &look, now()) {
                self.hear(event);
            }
        }
        self
    }
}

#[test]
fn a_dialog_that_isnt_drawn_takes_no_keys() {
    let mut person = fencing();
    let name = name(&person.state);
    person.writes(&name).sends(vec![TerminalEvent::Resize(30, 8)]);
    person.keys(&[KeyCode::Tab, KeyCode::Tab, KeyCode::Enter, KeyCode::Enter]).writes("m");
    assert!(
        person.asked.is_empty() && person.screen().contains("a form is open: enlarge"),
        "{}",
        person.screen()
    );
    // It is as it was when there is room again.
    person.sends(vec![TerminalEvent::Resize(80, 24)]);
    assert!(job(&person.state).is_some_and(Job::can_be_confirmed), "{}", person.screen());
    person.keys(&[KeyCode::Tab, KeyCode::Tab, KeyCode::Enter]);
    person.carried_out();
}

#[test]
fn a_small_window_can_be_left() {
    let ctrl_c = || vec![TerminalEvent::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL))];
    let mut person = Person::in_cluster("mq", (30, 8));
    assert!(person.writes("q").quits, "{}", person.screen());
    let mut person = fencing();
    assert!(person.sends(vec![TerminalEvent::Resize(30, 8)]).sends(ctrl_c()).quits, "{}", person.screen());
    let mut person = fencing();
    let name = name(&person.state);
    person.writes(&name).keys(&[KeyCode::Enter, KeyCode::Enter, KeyCode::Enter]);
    person.carried_out();
    person.sends(vec![TerminalEvent::Resize(30, 8)]).writes("q");
    assert!(!person.quits && person.screen().contains("busy: enlarge to quit"), "{}", person.screen());
}

/// The window shrinks while "mq1" is typed: the rest of the name ends nothing.
#[test]
fn a_name_that_is_being_typed_never_becomes_commands() {
    let mut person = fencing();
    person.writes("m").sends(vec![TerminalEvent::Resize(30, 8)]).writes("q1");
    assert!(!person.quits && person.screen().contains("a form is open: enlarge"), "{}", person.screen());
    person.sends(vec![TerminalEvent::Resize(80, 24)]);
    assert!(job(&person.state).is_some(), "{}", person.screen());
}

#[test]
fn type_the_name_first_puts_the_focus_on_the_name() {
    let mut person = fencing();
    let name = name(&person.state);
    // On "Do it" at once, with nothing typed.
    person.keys(&[KeyCode::Left, KeyCode::Enter]);
    assert!(person.screen().contains(&format!("type {name} first")), "{}", person.screen());
    person.writes(&name);
    assert!(job(&person.state).is_some_and(Job::can_be_confirmed), "{}", person.screen());
    assert!(person.asked.is_empty());
}

#[test]
fn letters_on_a_button_of_a_form_are_text() {
    let mut person = fencing();
    let name = name(&person.state);
    person.writes(&name);
    assert!(job(&person.state).is_some_and(Job::can_be_confirmed), "{}", person.screen());
    // Where only a reason can be given, they are the reason.
    let mut person = Person::in_cluster("mq", (80, 24));
    person
        .act(&[Action::NextPane, Action::NodeMaintenance])
        .planned(&Projection::NotAsked)
        .writes("quick fix");
    let reason = job(&person.state).map(|job| job.form.reason.value().to_owned());
    assert_eq!(reason.as_deref(), Some("quick fix"), "{}", person.screen());
}

#[test]
fn a_paste_goes_into_a_field_and_runs_nothing() {
    let paste = |text: &str| vec![TerminalEvent::Paste(text.to_owned())];
    let mut person = fencing();
    let name = name(&person.state);
    person.sends(paste(&format!("{name}\n")));
    assert!(job(&person.state).is_some_and(Job::can_be_confirmed) && person.asked.is_empty());
    let mut person = Person::at(console(deployment(), (80, 24)));
    person.sends(paste(":mq\nFq")).act(&[]);
    assert!(person.screen().contains("nothing pasted"), "{}", person.screen());
    person.writes(":").sends(paste("mq\nquit\n"));
    assert_eq!(
        person.state.layers.prompt().map(|prompt| prompt.text().to_owned()).as_deref(),
        Some("mq quit")
    );
    assert!(!person.quits);
    person.keys(&[KeyCode::Esc]).writes("/").sends(paste("glance"));
    assert_eq!(person.state.filter(), "glance");
    person.sends(paste(&"x".repeat(5000)));
    assert_eq!(person.state.filter(), "glance");
}

#[test]
fn nothing_was_changed_goes_with_its_dialog() {
    let mut person = fencing();
    person.keys(&[KeyCode::Esc]);
    assert!(person.screen().contains("nothing was changed"), "{}", person.screen());
    person.act(&[Action::FenceReboot]);
    assert!(!person.screen().contains("nothing was changed"), "{}", person.screen());
}

#[test]
fn an_answer_goes_with_its_pane() {
    let mut person = fencing();
    person.keys(&[KeyCode::Esc]);
    assert!(person.screen().contains("nothing was changed"), "{}", person.screen());
    person.writes("3");
    assert!(!person.screen().contains("nothing was changed"), "{}", person.screen());
}

#[test]
fn an_answer_goes_with_its_cluster() {
    let mut person = fencing();
    person.keys(&[KeyCode::Esc]);
    assert!(person.screen().contains("nothing was changed"), "{}", person.screen());
    // The same pane of another cluster.
    person.writes(":nova").keys(&[KeyCode::Enter]);
    assert!(!person.screen().contains("nothing was changed"), "{}", person.screen());
}

#[test]
fn a_restart_begins_with_what_is_down_meanwhile() {
    let stop = r#"<rsc_action action="stop" resource="solo" node="c1n2" reason="to be restarted"/>"#;
    let answer = format!("<pacemaker-result><actions>{stop}</actions></pacemaker-result>");
    let own = parse::crm_simulate(answer.as_bytes()).expect("readable");
    let projection = Projection::Known { own, collateral: Vec::new(), afterwards: None };
    let mut person = Person::in_cluster("mq", (120, 40));
    person.act(&[Action::PaneMatrix]).selects("solo").act(&[Action::Restart]).planned(&projection);
    let screen = person.screen();
    let lines: Vec<&str> = screen.lines().collect();
    let at = |words: &str| lines.iter().position(|line| line.contains(words));
    let (down, commands) = (at("Down until restarted: solo"), at("Commands on"));
    assert!(down.is_some() && down < commands, "{screen}");
    assert!(at("Before it starts them again, the scheduler would:") > commands, "{screen}");
}

#[test]
fn a_menu_of_keys_that_doesnt_fit_says_so() {
    let mut person = Person::in_cluster("mq", (40, 10));
    person.writes("o");
    assert!(person.screen().contains("more don't fit: see the help"), "{}", person.screen());
}

#[test]
fn the_help_says_what_is_below_on_a_row_of_its_own() {
    for size in [(80, 24), (40, 10)] {
        let mut person = Person::in_cluster("mq", size);
        person.writes("?");
        let screen = person.screen();
        let row = screen.lines().find(|row| row.contains("more below")).expect("it doesn't fit");
        assert_eq!(row.trim_matches(['"', ' ']).split(' ').count(), 3, "{screen}");
    }
}

#[test]
fn a_wrong_name_is_reported_until_it_is_edited() {
    let mut person = fencing();
    let name = name(&person.state);
    person.writes("no").keys(&[KeyCode::Enter]);
    assert!(person.screen().contains(&format!("this is not {name}")), "{}", person.screen());
    person.writes("t");
    assert!(!person.screen().contains("this is not"), "{}", person.screen());
}

#[test]
fn a_name_after_an_action_never_goes_to_the_selected_row() {
    let mut person = Person::in_cluster("mq", (80, 24));
    for line in [":standby mq3", ":fence-reboot mq3", ":move vip lb1", ":db mq"] {
        person.writes(line).keys(&[KeyCode::Enter]);
        assert!(person.screen().contains("takes no name"), "{line}\n{}", person.screen());
        assert_eq!(person.state.layers.panel(), None, "{line}");
        assert!(person.asked.is_empty(), "{line}");
        person.keys(&[KeyCode::Esc]);
    }
}

#[test]
fn a_panel_that_is_read_hides_what_keys_would_change() {
    let mut person = Person::in_cluster("mq", (80, 24));
    person.keys(&[KeyCode::F(1)]);
    let pane = |person: &Person| person.state.layers.cluster().map(|view| view.pane);
    let before = pane(&person);
    person.keys(&[KeyCode::Tab]);
    assert_eq!(pane(&person), before, "{}", person.screen());
}

/// What is on screen when any of the sequences begins.
fn starts() -> Vec<State> {
    let mut ordinary = Person::in_cluster("mq", (80, 24));
    ordinary.act(&[Action::NextPane, Action::NodeMaintenance]).planned(&Projection::NotAsked);
    assert!(ordinary.screen().contains("[ Do it ]"), "{}", ordinary.screen());
    let mut named = fencing();
    let name = name(&named.state);
    named.writes(&name);
    let grid = || Person::at(console(deployment(), (80, 24)));
    let mut line = grid();
    line.writes(":");
    let mut help = Person::in_cluster("lb", (80, 24));
    help.writes("?");
    [fencing(), fencing(), named, ordinary, grid(), line, help].map(|person| person.state).to_vec()
}

impl Console for Person {
    fn at(state: State) -> Self {
        Self::at(state)
    }

    fn state(&self) -> &State {
        &self.state
    }

    fn hear(&mut self, event: Event) {
        self.hear(event);
    }

    fn answer(&mut self) {
        let Self { state, asked, .. } = self;
        asked.retain(|request| match request {
            Request::Plan(_, errand) => {
                let cluster = state.cluster(errand.cluster());
                cluster.is_some_and(|cluster| cluster.observation.current().is_some())
            }
            _ => false,
        });
        self.planned(&Projection::NotAsked);
    }

    fn wanted(&self) -> String {
        name(&self.state)
    }

    fn asked(&self) -> usize {
        self.asked.len()
    }

    fn confirmed(&self, earlier: usize) -> bool {
        let asked = self.asked.get(earlier..).unwrap_or_default();
        asked.iter().any(|it| matches!(it, Request::CarryOut { .. } | Request::Resume { .. }))
    }

    fn is_offered(_: &State, drawn: &str) -> bool {
        drawn.contains("[ Do it ]")
    }
}

#[test]
fn an_operation_that_isnt_drawn_cant_be_confirmed() {
    deeds::whatever_isnt_drawn_cant_be_confirmed::<Person>(&starts(), 14);
}
