use std::fs;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::operation::Verb;

fn keys(text: &str) -> Vec<Key> {
    text.split(' ').map(|key| key.parse().unwrap()).collect()
}

fn read(text: &str) -> Result<Keymap, crate::toml_file::Problems> {
    file::read("my", "my.toml", text)
}

#[rstest]
#[case("q", KeyCode::Char('q'), KeyModifiers::NONE, "q")]
#[case("G", KeyCode::Char('G'), KeyModifiers::SHIFT, "G")]
#[case("G", KeyCode::Char('g'), KeyModifiers::SHIFT, "G")]
#[case("shift-g", KeyCode::Char('G'), KeyModifiers::NONE, "G")]
#[case("?", KeyCode::Char('?'), KeyModifiers::SHIFT, "?")]
#[case("-", KeyCode::Char('-'), KeyModifiers::NONE, "-")]
#[case("ctrl--", KeyCode::Char('-'), KeyModifiers::CONTROL, "^-")]
#[case("hyphen", KeyCode::Char('-'), KeyModifiers::NONE, "-")]
#[case("ö", KeyCode::Char('ö'), KeyModifiers::NONE, "ö")]
#[case("C-l", KeyCode::Char('l'), KeyModifiers::CONTROL, "^l")]
#[case("ctrl-l", KeyCode::Char('l'), KeyModifiers::CONTROL, "^l")]
#[case("M-<", KeyCode::Char('<'), KeyModifiers::ALT, "alt-<")]
#[case("C-M-x", KeyCode::Char('x'), KeyModifiers::CONTROL.union(KeyModifiers::ALT), "alt-^x")]
#[case("space", KeyCode::Char(' '), KeyModifiers::NONE, "space")]
#[case("Enter", KeyCode::Enter, KeyModifiers::NONE, "enter")]
#[case("enter", KeyCode::Char('\r'), KeyModifiers::NONE, "enter")]
#[case("shift-tab", KeyCode::BackTab, KeyModifiers::SHIFT, "shift-tab")]
#[case("backtab", KeyCode::BackTab, KeyModifiers::NONE, "shift-tab")]
#[case("shift-up", KeyCode::Up, KeyModifiers::SHIFT, "shift-up")]
#[case("page-up", KeyCode::PageUp, KeyModifiers::NONE, "page-up")]
#[case("pagedown", KeyCode::PageDown, KeyModifiers::NONE, "page-down")]
#[case("f12", KeyCode::F(12), KeyModifiers::NONE, "f12")]
#[case("C", KeyCode::Char('C'), KeyModifiers::NONE, "C")]
#[case("C-C", KeyCode::Char('C'), KeyModifiers::CONTROL, "^C")]
fn a_key_is_the_same_in_a_file_and_from_a_terminal(
    #[case] text: &str,
    #[case] code: KeyCode,
    #[case] modifiers: KeyModifiers,
    #[case] shown: &str,
) {
    let key: Key = text.parse().unwrap();
    assert_eq!(key, Key::from(KeyEvent::new(code, modifiers)));
    assert_eq!(key.to_string(), shown);
}

#[rstest]
#[case("")]
#[case("ctrl-")]
#[case("C-C-x")]
#[case("a-b")]
#[case("entre")]
#[case("f99")]
#[case("\u{7}")]
fn what_is_no_key(#[case] text: &str) {
    assert!(text.parse::<Key>().is_err());
}

#[test]
fn every_action_has_a_key_in_every_built_in_keymap() {
    for name in built_in_names() {
        let keymap = load(name, None).unwrap();
        assert_eq!(keymap.unreachable(), [], "{name}");
        for action in Action::iter() {
            let context = if action.is_of_wizard() { Context::Wizard } else { Context::Grid };
            assert!(!keymap.keys_for(context, action).is_empty(), "{name}: {action:?}");
        }
        assert!(!keymap.keys_for(Context::Panel, Action::Back).is_empty());
    }
}

#[test]
fn everything_that_can_be_done_has_an_action_and_a_key_in_every_built_in_keymap() {
    for name in built_in_names() {
        let keymap = load(name, None).unwrap();
        for verb in Verb::iter() {
            let action: Action = verb.to_string().parse().unwrap();
            assert_eq!(action.verb(), Some(verb));
            assert!(!keymap.keys_for(Context::Cluster, action).is_empty(), "{name}: {verb}");
        }
    }
}

#[test]
fn a_sequence_is_followed_key_by_key() {
    let keymap = Keymap::default();
    let lookup = |text| keymap.lookup(Context::Grid, &keys(text));
    assert_eq!(lookup("g"), Lookup::Pending);
    assert_eq!(lookup("g g"), Lookup::Matched(Action::First));
    assert_eq!(lookup("g x"), Lookup::Cancelled);
    assert_eq!(lookup("g esc"), Lookup::Cancelled);
    assert_eq!(lookup("z"), Lookup::NotFound);
    assert_eq!(keymap.lookup(Context::Grid, &[]), Lookup::NotFound);
}

#[test]
fn the_contexts_table_comes_before_the_global_one() {
    let keymap = read("[global]\nq = \"quit\"\n\"g g\" = \"first\"\n\"g e\" = \"last\"\n[panel]\nq = \"back\"\n\"g g\" = \"up\"\n[cluster]\ng = \"open\"").unwrap();
    assert_eq!(keymap.lookup(Context::Panel, &keys("q")), Lookup::Matched(Action::Back));
    assert_eq!(keymap.lookup(Context::Panel, &keys("g g")), Lookup::Matched(Action::Up));
    assert_eq!(keymap.lookup(Context::Panel, &keys("g e")), Lookup::Matched(Action::Last));
    assert_eq!(keymap.lookup(Context::Cluster, &keys("g")), Lookup::Matched(Action::Open));
    assert_eq!(keymap.keys_for(Context::Cluster, Action::First), [""; 0]);
    assert_eq!(keymap.keys_for(Context::Grid, Action::First), ["g g"]);
    assert_eq!(
        keymap.continuations(Context::Panel, &keys("g")),
        [
            ("g".to_owned(), Continuation::Action(Action::Up)),
            ("e".to_owned(), Continuation::Action(Action::Last)),
        ]
    );
    assert_eq!(keymap.continuations(Context::Cluster, &keys("g")), []);
    let all = keymap.continuations(Context::Grid, &[]);
    assert!(all.contains(&("g".to_owned(), Continuation::Prefix(2))), "{all:?}");
}

#[test]
fn the_easiest_key_comes_first() {
    let keymap = Keymap::default();
    assert_eq!(keymap.keys_for(Context::Grid, Action::First), ["home", "g g"]);
    assert_eq!(keymap.keys_for(Context::Grid, Action::Quit), ["q", "^c"]);
    assert_eq!(keymap.keys_for(Context::Grid, Action::Up), ["k", "up"]);
    assert_eq!(keymap.keys_for(Context::Panel, Action::Quit), ["^c"]);
}

#[test]
fn what_a_file_says_goes_before_what_it_inherits() {
    let keymap = read("inherits = \"default\"\n[global]\n\"g\" = \"poll-now\"\n\"r\" = \"none\"\n\"q\" = \"none\"\n\"Q\" = \"quit\"").unwrap();
    assert_eq!(keymap.lookup(Context::Grid, &keys("g")), Lookup::Matched(Action::PollNow));
    assert_eq!(keymap.lookup(Context::Grid, &keys("r")), Lookup::NotFound);
    assert_eq!(keymap.keys_for(Context::Grid, Action::Quit), ["Q", "^c"]);
    assert_eq!(keymap.lookup(Context::Grid, &keys("j")), Lookup::Matched(Action::Down));
}

#[test]
fn the_users_keymap_comes_first() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("keymaps")).unwrap();
    fs::write(dir.path().join("keymaps/vim.toml"), "[global]\nx = \"quit\"").unwrap();
    assert_eq!(load("vim", Some(dir.path())).unwrap().bindings(Context::Grid).count(), 1);
    assert!(load("vim", None).unwrap().bindings(Context::Grid).count() > 30);
    assert_eq!(LIBRARY.names(Some(dir.path())).unwrap(), ["default", "vim", "emacs"]);
}

#[rstest]
#[case("g = \"up\"\n\"g g\" = \"first\"", "my.toml:4: global.\"g g\": can't be `first`: `g` is already `up`")]
#[case("G = \"up\"\nshift-g = \"last\"", "my.toml:4: global.shift-g: can't be `last`: `G` is already `up`")]
#[case("j = \"up\"\nj = \"down\"", "my.toml:4: duplicate key")]
#[case("j = \"dwon\"", "my.toml:3: global.j: no action is called `dwon`; did you mean `down`?")]
#[case(
    "entre = \"open\"",
    "my.toml:3: global.entre: `entre` is no key; write `q`, `G`, `ctrl-l` (or `C-l`), `alt-x` (or `M-x`), `enter`, `f1`"
)]
#[case("\" \" = \"open\"", "my.toml:3: global.\" \": names no key")]
#[case("j = 3", "my.toml:3: global.j: invalid type: integer `3`, expected a string")]
#[case("[gird]", "my.toml:3: gird: unknown key `gird`; did you mean `grid`?")]
fn a_wrong_keymap_is_told_with_file_line_and_key(#[case] text: &str, #[case] expected: &str) {
    let error = read(&format!("[global]\nq = \"quit\"\n{text}")).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_keymap_must_have_a_way_out() {
    let error = read("[global]\nj = \"down\"").unwrap_err().to_string();
    assert_eq!(
        error,
        "my.toml: global: no key quits; add one, or inherit a built-in keymap: inherits = \"default\""
    );
    let error = load("vi", None).unwrap_err().to_string();
    assert_eq!(error, "there is no keymap called `vi`; did you mean `vim`?");
}

proptest! {
    #[test]
    fn any_text_is_a_keymap_or_an_error_with_its_file(text in "(?s).{0,80}") {
        if let Err(problems) = read(&text) {
            prop_assert!(problems.0.iter().all(|problem| problem.file == "my.toml" && !problem.message.is_empty()));
            prop_assert!(!problems.0.is_empty());
        }
    }

    #[test]
    fn any_binding_is_found_again_or_told_with_its_key(
        sequence in "[a-zA-Z?:-]{1,6}( [a-zA-Z?:-]{1,3}){0,3}",
        action in prop::sample::select(Action::iter().collect::<Vec<_>>()),
    ) {
        let text = format!("inherits = \"default\"\n[global]\n\"{sequence}\" = \"{}\"", action.name());
        match read(&text) {
            Ok(keymap) => {
                let found = keymap.lookup(Context::Cluster, &keys(&sequence));
                prop_assert_eq!(found, Lookup::Matched(action));
            }
            Err(problems) => {
                prop_assert!(problems.0.iter().all(|problem| !problem.key.is_empty()), "{}", problems);
            }
        }
    }

    #[test]
    fn a_key_reads_back_as_it_is_shown(c in any::<char>(), bits in 0_u8..8) {
        let modifiers = KeyModifiers::from_bits_truncate(bits);
        let key = Key::from(KeyEvent::new(KeyCode::Char(c), modifiers));
        if let Ok(read) = key.to_string().replace('^', "ctrl-").parse::<Key>() {
            prop_assert_eq!(read, key);
        } else {
            prop_assert!(c.is_control() || c.is_whitespace() || c == '^');
        }
    }

    #[test]
    fn any_keys_have_an_answer(text in prop::collection::vec("[a-zA-Z?:/]|C-[a-z]|enter|esc|tab", 1..6)) {
        for name in built_in_names() {
            let keymap = load(name, None).unwrap();
            let typed: Vec<Key> = text.iter().map(|key| key.parse().unwrap()).collect();
            let pending = keymap.lookup(Context::Grid, &typed) == Lookup::Pending;
            prop_assert_eq!(pending, !keymap.continuations(Context::Grid, &typed).is_empty());
        }
    }
}
