use std::fmt::Write as _;
use std::time::Duration;

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::scenario::{Gate, Gates, Kind, Purpose, Secrecy, Variable};

fn parse(text: &str) -> Result<Scenario, String> {
    read("a.md", "a", text).map_err(|error| error.to_string())
}

const WHOLE: &str = r#"+++
title = "A service"
tier = "core"
order = 3
needs = ["basic-cluster"]
verified = ["debian 12"]

[variables.vip]
type = "address"
description = "where it is reached"

[variables.password]
generate = "password 20"

[gates]
before = ["reachable", "members: 3..16 odd"]
after = ["quorum"]
+++
# Not the title

What it is.

```bash
echo only shown
```

## Install `it`

Why it is installed.

```bash unless
command -v it
```

```bash run parallel=4 os=debian timeout=5m destroys="old things"
apt-get install -y it

# a comment
cat <<EOF
## not a heading
EOF
```

```bash run parallel=4 os=rhel
dnf install -y it
```

After it.

```bash check retry=30s on=first
it --version
```

```bash undo
apt-get remove it
```

### A smaller heading

is prose.

## What quorum is for

More prose.
"#;

#[test]
fn a_scenario_is_read() {
    let scenario = parse(WHOLE).unwrap();
    assert_eq!(
        (scenario.title.as_str(), scenario.order, scenario.tier.to_string().as_str()),
        ("A service", Some(3), "core")
    );
    assert_eq!(scenario.introduction, "What it is.\n\n```bash\necho only shown\n```");
    let names: Vec<&str> = scenario.variables.iter().map(|variable| variable.name.as_str()).collect();
    assert_eq!(names, ["vip", "password"]);
    assert_eq!(scenario.variables[0].line, 8);
    assert_eq!(scenario.variables[1].secrecy, Secrecy::Secret);
    assert_eq!(scenario.gates.before[1], Gate::Members { least: 3, most: Some(16), odd: true });
    let [step] = scenario.steps.as_slice() else { panic!("{:?}", scenario.steps) };
    assert_eq!((step.title.as_str(), step.line, step.order), ("Install it", 27, Order::Parallel(4)));
    assert_eq!(step.destroys, Destroys::This("old things".into()));
    assert_eq!(step.run[0].text, "apt-get install -y it\n\n# a comment\ncat <<EOF\n## not a heading\nEOF\n");
    assert_eq!((step.run[0].line, step.run[0].timeout), (35, Duration::from_secs(300)));
    assert_eq!(step.run[1].os, ["rhel"]);
    assert_eq!(step.checks[0].retry, Duration::from_secs(30));
    assert_eq!(step.checks[0].script.on, Some(Target::First));
    assert_eq!((step.unless.len(), step.undo.len()), (1, 1));
    assert_eq!(
        step.prose,
        "Why it is installed.\n\nAfter it.\n\n### A smaller heading\n\nis prose.\n\n## What quorum is for\n\nMore prose."
    );
}

#[rstest]
#[case("", "a.md:1: there is no step: a `## heading` with a block ```bash run below it")]
#[case("+++\ntitle = 1\n", "a.md:1: the front matter is not closed; it ends with a line `+++`")]
#[case(
    "+++\ntitel = \"x\"\n+++\n## S\n```bash run\nx\n```\n",
    "a.md:2: titel: unknown key `titel`; did you mean `title`?"
)]
#[case(
    "+++\n\n[variables.Vip]\n+++\n## S\n```bash run\nx\n```\n",
    "a.md:3: variables.Vip: the name must be lower-case letters, digits and `_`, and not begin with a digit"
)]
#[case(
    "+++\n[variables.nodes]\n+++\n## S\n```bash run\nx\n```\n",
    "a.md:2: variables.nodes: is set by quorate itself"
)]
#[case(
    "+++\n[variables.p]\ntype = \"prot\"\n+++\n## S\n```bash run\nx\n```\n",
    "a.md:3: variables.p.type: no type is called `prot`; did you mean `port`?"
)]
#[case(
    "+++\n[variables.p]\ntype = \"port\"\ndefault = 0\n+++\n## S\n```bash run\nx\n```\n",
    "a.md:4: variables.p.default: `0` is no port, 1 to 65535"
)]
#[case(
    "+++\n[gates]\nbefore = [\"quorm\"]\n+++\n## S\n```bash run\nx\n```\n",
    "a.md:3: gates.before: there is no gate `quorm`; did you mean `quorum`?"
)]
#[case(
    "## S\n```bash rum\nx\n```\n```bash run\nx\n```\n",
    "a.md:2: `rum` is nothing that a block can be for; did you mean `run`?"
)]
#[case("## S\n\n```bash run\nx\n", "a.md:3: the block that begins here is not closed")]
#[case("## S\n```bash run\n\n```\n", "a.md:2: the block is empty")]
#[case(
    "```bash run\nx\n```\n## S\n```bash run\nx\n```\n",
    "a.md:1: the block stands before the first step; a step is a `## heading`"
)]
#[case(
    "## S\n```bash run\nx\n```\n```bash run on=first\nx\n```\n",
    "a.md:5: the step's `run` blocks must say the same `on` and `parallel`; make two steps of it"
)]
#[case(
    "## A\n```bash undo\nx\n```\n## S\n```bash run\nx\n```\n",
    "a.md:1: the step `A` neither runs nor checks anything"
)]
#[case(
    "## S\n```bash run\nx\n```\n- item\n  ```bash run\n  x\n  ```\n",
    "a.md:6: a block in a list or a quotation is not run; move it out"
)]
fn a_mistake_is_told_with_its_line(#[case] text: &str, #[case] message: &str) {
    let error = parse(text).unwrap_err();
    assert_eq!(error.lines().next(), Some(message), "{error}");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text =
        "+++\ntier = \"cor\"\n[variables.a-b]\n+++\n## S\n```bash run on=al\nx\n```\n```bash chek\n```\n";
    let error = parse(text).unwrap_err();
    assert_eq!(error.lines().count(), 5, "{error}");
}

#[test]
fn line_ends_of_other_systems_are_those_of_bash() {
    let text =
        "+++\r\ntitle = \"T\"\r\n+++\r\n## S\r\n\r\nwhy\r\n\r\n```bash run\r\none\r\n\r\ntwo\r\n```\r\n";
    let scenario = parse(text).unwrap();
    assert_eq!(scenario.steps[0].run[0].text, "one\n\ntwo\n");
    assert_eq!(scenario.title, "T");
}

/// A scenario as a person would write it.
fn write(scenario: &Scenario) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let list = |words: &[String]| toml::Value::from(words.to_vec()).to_string();
    let mut text = format!("+++\ntitle = {}\n", quoted(&scenario.title));
    let _ = writeln!(text, "purpose = \"{}\"", scenario.purpose);
    let _ = writeln!(text, "tier = \"{}\"", scenario.tier.to_string().to_lowercase());
    if let Some(order) = scenario.order {
        let _ = writeln!(text, "order = {order}");
    }
    let _ = writeln!(text, "needs = {}\nverified = {}", list(&scenario.needs), list(&scenario.verified));
    for variable in &scenario.variables {
        let _ = writeln!(text, "[variables.{}]\ntype = \"{}\"", variable.name, variable.kind.word());
        if let Kind::Choice(words) = &variable.kind {
            let _ = writeln!(text, "choices = {}", list(words));
        }
        if let Some(default) = &variable.default {
            let _ = writeln!(text, "default = {}", quoted(default));
        }
        let _ = writeln!(text, "secret = {}", variable.secrecy == Secrecy::Secret);
        let _ = writeln!(text, "description = {}", quoted(&variable.description));
    }
    let gates = |gates: &[Gate]| list(&gates.iter().map(ToString::to_string).collect::<Vec<_>>());
    let (before, after) = (gates(&scenario.gates.before), gates(&scenario.gates.after));
    let _ = writeln!(text, "[gates]\nbefore = {before}\nafter = {after}\n+++\n\n{}\n", scenario.introduction);
    for step in &scenario.steps {
        let _ = writeln!(text, "## {}\n\n{}\n", step.title, step.prose);
        let order = match step.order {
            Order::Serial => 1,
            Order::Parallel(hosts) => hosts,
        };
        let mut on = format!("on={} parallel={order}", step.on);
        if let Destroys::This(what) = &step.destroys {
            let _ = write!(on, " destroys=\"{what}\"");
        }
        for script in &step.run {
            block(&mut text, "run", &on, script);
        }
        for check in &step.checks {
            let retry = format!("retry={}s", check.retry.as_secs());
            block(&mut text, "check", &retry, &check.script);
        }
        step.unless.iter().for_each(|script| block(&mut text, "unless", "", script));
        step.undo.iter().for_each(|script| block(&mut text, "undo", "", script));
    }
    text
}

fn block(text: &mut String, word: &str, more: &str, script: &Script) {
    let mut info = format!("bash {word} {more} timeout={}s", script.timeout.as_secs());
    if let Some(on) = &script.on {
        let _ = write!(info, " on={on}");
    }
    if !script.os.is_empty() {
        let _ = write!(info, " os={}", script.os.join(","));
    }
    if script.exit_code != 0 {
        let _ = write!(info, " exit={}", script.exit_code);
    }
    let _ = writeln!(text, "```{info}\n{}```\n", script.text);
}

/// The same without what the place in a file decides.
fn placeless(mut scenario: Scenario) -> Scenario {
    scenario.fingerprint = 0;
    scenario.variables.iter_mut().for_each(|variable| variable.line = 0);
    for step in &mut scenario.steps {
        step.line = 0;
        let checks = step.checks.iter_mut().map(|check| &mut check.script);
        let scripts = step.run.iter_mut().chain(&mut step.unless).chain(&mut step.undo).chain(checks);
        scripts.for_each(|script| script.line = 0);
    }
    scenario
}

prop_compose! {
    fn scripts(has_on: bool, has_exit: bool)(
        text in "([a-z$'\" #<-]{0,20}\n){0,3}x [a-z\\\\{}]{0,10}\n",
        os in prop::collection::vec("[a-z]{1,6}", 0..3),
        on in prop::option::of(targets()),
        timeout in 1..3600_u64,
        exit_code in 0..256_i32,
    ) -> Script {
        let timeout = Duration::from_secs(timeout);
        Script { text, line: 0, os, on: on.filter(|_| has_on), timeout, exit_code: if has_exit { exit_code } else { 0 } }
    }
}

fn targets() -> impl Strategy<Value = Target> {
    prop_oneof![
        Just(Target::All),
        Just(Target::First),
        Just(Target::Rest),
        Just(Target::Local),
        (1..9_usize).prop_map(Target::Nth),
        "[a-z][a-z0-9.-]{0,8}".prop_map(|name| Target::Named(name.as_str().into())),
    ]
}

prop_compose! {
    fn some_steps()(
        title in "[A-Z][a-z ]{0,10}[a-z]",
        prose in "([A-Z][a-z]{1,20}\\.)?",
        on in targets(),
        order in prop_oneof![Just(Order::Serial), (2..9_usize).prop_map(Order::Parallel)],
        destroys in prop_oneof![Just(Destroys::Nothing), "[a-z][a-z ]{0,9}".prop_map(Destroys::This)],
        run in prop::collection::vec(scripts(false, true), 1..3),
        unless in prop::collection::vec(scripts(false, false), 0..2),
        checks in prop::collection::vec((scripts(true, true), 0..100_u64), 0..3),
        undo in prop::collection::vec(scripts(true, true), 0..2),
    ) -> Step {
        let check = |(script, retry)| Check { script, retry: Duration::from_secs(retry) };
        let checks = checks.into_iter().map(check).collect();
        Step { number: 0, title, prose, line: 0, on, order, destroys, run, unless, checks, undo }
    }
}

prop_compose! {
    fn some_variable()(
        (kind, default) in prop_oneof![
            Just((Kind::Text, Some("any ${other} text".to_owned()))),
            Just((Kind::Port, Some("80".to_owned()))),
            Just((Kind::List, None)),
            Just((Kind::Choice(vec!["a".into(), "b".into()]), Some("b".to_owned()))),
        ],
        is_secret in any::<bool>(),
        description in "[ -~]{0,20}",
    ) -> Variable {
        let secrecy = if is_secret { Secrecy::Secret } else { Secrecy::Open };
        let default = default.filter(|_| !is_secret);
        let (name, when_empty) = (String::new(), String::new());
        Variable { name, kind, default, secrecy, generated: None, description, when_empty, line: 0 }
    }
}

fn some_variables() -> impl Strategy<Value = Vec<Variable>> {
    prop::collection::btree_map("v[a-z_]{0,6}", some_variable(), 0..4).prop_map(|variables| {
        variables.into_iter().map(|(name, variable)| Variable { name, ..variable }).collect()
    })
}

prop_compose! {
    fn scenarios()(
        title in "[A-Za-z\"\\\\][ -~]{0,20}",
        order in prop::option::of(any::<u32>()),
        needs in prop::collection::vec("[a-z-]{1,8}", 0..3),
        variables in some_variables(),
        introduction in "([A-Z][a-z]{1,20}\\.)?",
        purpose in prop::sample::select(vec![Purpose::Installation, Purpose::Test, Purpose::Procedure]),
        mut steps in prop::collection::vec(some_steps(), 1..4),
    ) -> Scenario {
        for (index, step) in steps.iter_mut().enumerate() {
            step.number = index + 1;
        }
        let gates = Gates { before: vec![Gate::Reachable], after: vec![Gate::Quorum, Gate::AllOnline] };
        Scenario {
            name: "a".into(), title, format: Format::Markdown, purpose, tier: crate::model::Tier::Core, order, needs,
            verified: vec!["debian 12".into()], destroys: Destroys::Nothing, variables, gates,
            fingerprint: 0, remarks: Vec::new(), introduction, steps,
        }
    }
}

/// Text in which marks of the format are frequent.
fn near_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("+++\n".to_owned()),
        Just("```bash run on=all\n".to_owned()),
        Just("```bash check retry=\n".to_owned()),
        Just("```\n".to_owned()),
        Just("> ~~~bash run\n".to_owned()),
        Just("## Step\n".to_owned()),
        Just("[variables.x]\n".to_owned()),
        Just("---\n".to_owned()),
        Just("= SCRIPTS =\n".to_owned()),
        Just("....\n".to_owned()),
        "[ -~]{0,12}\n",
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(scenario in scenarios()) {
        let text = write(&scenario);
        let found = parse(&text).map(placeless);
        prop_assert_eq!(found, Ok(scenario), "{}", text);
    }

    #[test]
    fn any_text_gives_a_scenario_or_mistakes_with_their_lines(text in near_text()) {
        if let Err(problems) = Scenario::read("a.md", "a", &text) {
            let lines = text.lines().count().max(1) + 1;
            prop_assert!(!problems.0.is_empty());
            prop_assert!(problems.0.iter().all(|it| it.line.is_some_and(|line| (1..=lines).contains(&line))), "{problems}");
        }
    }
}
