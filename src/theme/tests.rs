use std::fs;

use proptest::prelude::*;
use ratatui::style::{Color, Modifier};
use rstest::rstest;
use strum::IntoEnumIterator;

use super::*;

/// Roles that are words and must be read; faint ones and frames only lead the eye.
fn least_contrast(theme: &str, role: Role) -> f64 {
    match (theme, role) {
        (_, Role::Faint | Role::Border) => 3.0,
        ("high-contrast", _) => 7.0,
        _ => 4.5,
    }
}

fn linear(colour: Color) -> [f64; 3] {
    let Color::Rgb(red, green, blue) = colour else { panic!("{colour} is not written in hex") };
    [red, green, blue].map(|value| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    })
}

/// WCAG's contrast ratio, 1 to 21.
fn contrast(one: Color, other: Color) -> f64 {
    let luminance = |colour| {
        let [red, green, blue] = linear(colour);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (one, other): (f64, f64) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// A colour as CIE Lab, after a linear change of its light.
fn lab(colour: Color, vision: [[f64; 3]; 3]) -> [f64; 3] {
    let light = linear(colour);
    let seen = vision.map(|row| row.iter().zip(light).map(|(a, b)| a * b).sum::<f64>().clamp(0.0, 1.0));
    let to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]];
    let white = [0.9505, 1.0, 1.089];
    let mut f = [0.0; 3];
    for index in 0..3 {
        let value: f64 = to_xyz[index].iter().zip(seen).map(|(a, b)| a * b).sum::<f64>() / white[index];
        f[index] = if value > 0.008_856 { value.cbrt() } else { 7.787 * value + 16.0 / 116.0 };
    }
    [116.0 * f[1] - 16.0, 500.0 * (f[0] - f[1]), 200.0 * (f[1] - f[2])]
}

#[test]
fn every_built_in_theme_is_whole() {
    for name in built_in_names() {
        let theme = load(name, None).unwrap();
        assert_eq!(theme.name, name);
        assert_eq!(theme.is_light, name == "light");
    }
    let painted = built_in_names().filter(|name| load(name, None).unwrap().style(Role::Screen).bg.is_some());
    assert_eq!(painted.count(), built_in_names().count() - 2, "all but `sixteen` and `mono`");
}

#[test]
fn every_word_can_be_read_on_every_background_it_may_stand_on() {
    for name in built_in_names() {
        let theme = load(name, None).unwrap();
        // Those without a background of their own leave all colours to the terminal.
        let Some(screen) = theme.style(Role::Screen).bg else { continue };
        let backgrounds =
            [screen, theme.style(Role::Panel).bg.unwrap(), theme.style(Role::Selection).bg.unwrap()];
        let words = Role::iter().filter(|role| !matches!(role, Role::Screen | Role::Selection));
        for role in words {
            let colour = theme.style(role).fg.unwrap();
            for background in &backgrounds {
                let ratio = contrast(colour, *background);
                let least = least_contrast(name, role);
                assert!(ratio >= least, "{name}: {role:?} on {background} has {ratio:.2}, needs {least}");
            }
        }
    }
}

#[test]
fn how_bad_it_is_can_be_told_apart() {
    let loud = [Role::Ok, Role::Warning, Role::Critical, Role::Unknown];
    for name in built_in_names() {
        let theme = load(name, None).unwrap();
        for (index, one) in loud.iter().enumerate() {
            for other in &loud[index + 1..] {
                assert_ne!(theme.style(*one), theme.style(*other), "{name}: {one:?} and {other:?}");
            }
        }
    }
}

/// The matrices are those of Machado, Oliveira and Fernandes (2009) for a complete loss.
#[rstest]
#[case::protanopia([[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]])]
#[case::deuteranopia([[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]])]
#[case::tritanopia([[1.255_528, -0.076_749, -0.178_779], [-0.078_411, 0.930_809, 0.147_602], [0.004_733, 0.691_367, 0.303_900]])]
fn the_colour_blind_theme_is_safe(#[case] vision: [[f64; 3]; 3]) {
    let theme = load("colour-blind", None).unwrap();
    let loud = [Role::Ok, Role::Warning, Role::Critical, Role::Unknown];
    for (index, one) in loud.iter().enumerate() {
        for other in &loud[index + 1..] {
            let (a, b) = (theme.style(*one).fg.unwrap(), theme.style(*other).fg.unwrap());
            let distance =
                lab(a, vision).iter().zip(lab(b, vision)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
            assert!(distance > 20.0, "{one:?} and {other:?} are {distance:.1} apart");
        }
    }
}

#[test]
fn mono_has_no_colour_and_sixteen_no_others() {
    for role in Role::iter() {
        let mono = load("mono", None).unwrap().style(role);
        assert_eq!((mono.fg, mono.bg), (None, None), "{role:?}");
        let sixteen = load("sixteen", None).unwrap().style(role);
        for colour in [sixteen.fg, sixteen.bg].into_iter().flatten() {
            assert!(!matches!(colour, Color::Rgb(..) | Color::Indexed(_)), "{role:?}");
        }
    }
    let selection = load("mono", None).unwrap().style(Role::Selection);
    assert!(selection.add_modifier.contains(Modifier::REVERSED));
}

#[test]
fn a_theme_is_fitted_to_the_terminal() {
    let dark = Theme::default_for(Background::Dark);
    assert_eq!(dark.clone().fit(Depth::True), dark);
    assert_eq!(dark.clone().fit(Depth::Sixteen).name, "sixteen");
    assert_eq!(dark.clone().fit(Depth::Mono).name, "mono");
    let indexed = dark.fit(Depth::Indexed);
    assert_eq!(indexed.name, "dark");
    for role in Role::iter() {
        let style = indexed.style(role);
        for colour in [style.fg, style.bg].into_iter().flatten() {
            assert!(matches!(colour, Color::Indexed(16..)), "{role:?} is {colour}");
        }
    }
}

#[rstest]
#[case::white("#ffffff", 231)]
#[case::black("#000000", 16)]
#[case::red("#ff0000", 196)]
#[case::grey("#808080", 244)]
fn the_nearest_of_256(#[case] colour: &str, #[case] index: u8) {
    let text = format!("inherits = \"dark\"\n[roles]\nok = \"{colour}\"");
    let theme = file::read("x", "x.toml", &text).unwrap().fit(Depth::Indexed);
    assert_eq!(theme.style(Role::Ok).fg, Some(Color::Indexed(index)));
}

#[test]
fn the_users_theme_may_inherit_and_comes_first() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("themes")).unwrap();
    let text = "inherits = \"light\"\n[palette]\nred = \"#ff0000\"\n[roles]\nok = { fg = \"red\", modifiers = [\"bold\"] }";
    fs::write(dir.path().join("themes/light.toml"), text).unwrap();
    let theme = load("light", Some(dir.path())).unwrap();
    assert!(theme.is_light);
    // The palette changes under the roles that were inherited.
    assert_eq!(theme.style(Role::Critical).fg, Some(Color::Rgb(255, 0, 0)));
    assert_eq!(theme.style(Role::Ok).add_modifier, Modifier::BOLD);
    assert_ne!(load("light", None).unwrap(), theme);
}

#[rstest]
#[case::role(
    "[roles]\ncritcal = \"red\"",
    "my.toml:3: roles.critcal: unknown role `critcal`; did you mean `critical`?"
)]
#[case::colour(
    "[roles]\nok = \"rde\"",
    "my.toml:3: roles.ok: no colour is called `rde`; did you mean `red`?"
)]
#[case::hex(
    "[roles]\nok = \"#12345\"",
    "my.toml:3: roles.ok: `#12345` is no colour; write six hex digits, as in \"#d08770\""
)]
#[case::palette(
    "[palette]\nx = \"nope, never\"",
    "my.toml:3: palette.x: no colour is called `nope, never`; known are default, black, red, green, yellow, blue, magenta, cyan, gray, bright-black, bright-red, bright-green, bright-yellow, bright-blue, bright-magenta, bright-cyan, bright-white"
)]
#[case::key(
    "[roles]\nok = { fgg = \"red\" }",
    "my.toml:3: roles.ok.fgg: unknown key `fgg`; did you mean `fg`?"
)]
#[case::modifier(
    "[roles]\nok = { modifiers = [\"blod\"] }",
    "my.toml:3: roles.ok: unknown modifier `blod`; did you mean `bold`?"
)]
#[case::number("[roles]\nok = 3", "my.toml:3: roles.ok: invalid type: integer `3`, expected a string")]
#[case::table("[role]", "my.toml:2: role: unknown key `role`; did you mean `roles`?")]
#[case::kind("kind = \"drak\"", "my.toml:2: kind: unknown variant `drak`, expected `dark` or `light`")]
#[case::syntax("[roles", "my.toml:2: unclosed table, expected `]`")]
fn a_wrong_theme_is_told_with_file_line_and_key(#[case] text: &str, #[case] expected: &str) {
    let error = file::read("my", "my.toml", &format!("inherits = \"dark\"\n{text}")).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_theme_that_says_too_little_and_one_that_does_not_exist() {
    let error = file::read("my", "my.toml", "[roles]\ntext = \"red\"").unwrap_err().to_string();
    assert!(error.starts_with("my.toml: roles: says nothing of screen, muted, faint"), "{error}");
    let error = file::read("my", "my.toml", "inherits = \"drak\"").unwrap_err().to_string();
    assert!(error.contains("my.toml:1: inherits: no built-in theme is called `drak`; did you mean `dark`?"));
    let error = load("colorblind", None).unwrap_err().to_string();
    assert_eq!(error, "there is no theme called `colorblind`; did you mean `colour-blind`?");
    assert!(load("../../etc/passwd", Some(std::path::Path::new("/"))).is_err());
}

proptest! {
    #[test]
    fn any_text_is_a_theme_or_an_error_with_its_file(text in "(?s)(inherits = \"dark\"\n)?.{0,80}") {
        if let Err(problems) = file::read("x", "x.toml", &text) {
            prop_assert!(!problems.0.is_empty());
            prop_assert!(problems.0.iter().all(|problem| problem.file == "x.toml" && !problem.message.is_empty()));
        }
    }

    #[test]
    fn any_colour_for_any_role_is_a_theme_or_an_error_with_its_key(role in "[a-z-]{1,12}", colour in "#?[a-z0-9-]{0,12}") {
        let text = format!("inherits = \"dark\"\n[roles]\n{role} = \"{colour}\"");
        let key = format!("roles.{role}");
        if let Err(problems) = file::read("x", "x.toml", &text) {
            prop_assert!(problems.0.iter().all(|problem| problem.key == key));
            prop_assert!(problems.0.iter().all(|problem| problem.line == Some(3)));
        }
    }
}
