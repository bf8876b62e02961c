//! Somebody at the keys of the scenarios' screens, and a runtime whose hosts answer as they are told.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;
use quorate::app::wizard::{Book, News, Order, PastRun, Planned, Realm, Request, Shelf, Stage, Unplanned};
use quorate::app::{Action, Effect, Event, State, Typing, update};
use quorate::scenario::journal::{self, End, Entry, Instruction, Job, Outcome, Place, When};
use quorate::scenario::{NoValue, Plan, Scenario, Secrecy, Sources, Stand, System, Value};
use tui_input::InputRequest;

use crate::common::{console, deployment, look, now, screen};
use crate::press::pressed;

/// Three steps, one of them with everything that a step can have.
pub(crate) const CACHE: &str = r#"+++
title = "Memory cache"
tier = "core"
order = 40
verified = ["debian 12"]

[variables.memory]
type = "integer"
default = 64
description = "How much it may take on each member, in MiB."

[variables.listen]
type = "address"
description = "Where it listens."

[variables.token]
generate = "password 20"
description = "With which the members know each other."

[variables.api_password]
secret = true
description = "For whoever asks it."
+++

# Memory cache

Every member runs one; a client that *loses* its cache asks the next.

## Install memcached

Pacemaker starts it, so the system must **not**:

- no unit is enabled
- `policy-rc.d` keeps it from being started

```bash run parallel=4 timeout=10m
# Quietly, as nobody is there to answer.
apt-get install -y memcached
if systemctl is-enabled memcached; then
    systemctl disable --now "memcached"
fi
```

## Configure it

```bash unless
grep -q "^-l $listen" /etc/memcached.conf
```

```bash run
printf '%s\n' "-m $memory" "-l $listen" "password=$api_password" > /etc/memcached.conf
```

```bash undo
rm /etc/memcached.conf
```

## Let the cluster run it

A *clone* is one resource that runs on every member.

```bash run on=first
pcs resource create memcached systemd:memcached clone
```

```bash check on=all retry=60s
systemctl is-active --quiet memcached
```
"#;

/// One that takes something away.
pub(crate) const DESTROY: &str = r#"+++
title = "Destroy a cluster"
tier = "core"
order = 90
destroys = "the cluster on these hosts, its configuration included"
needs = ["cache"]
+++

# Destroy a cluster

## Destroy it

```bash run on=first destroys="all of it"
pcs cluster destroy --all
```
"#;

/// A console, and what it has asked for and not been answered.
pub(crate) struct Person {
    pub(crate) state: State,
    pub(crate) asked: Vec<Request>,
    pub(crate) quits: bool,
    pub(crate) copied: Option<String>,
    serial: u64,
}

pub(crate) fn scenario(name: &str, text: &str) -> Arc<Scenario> {
    Arc::new(Scenario::read(&format!("scenarios/{name}.md (built in)"), name, text).expect("a scenario"))
}

pub(crate) fn past(id: &str, scenario: &str, outcome: Option<Outcome>, hours: i64) -> PastRun {
    let at = now() - SignedDuration::from_hours(hours);
    PastRun {
        id: id.to_owned(),
        scenario: scenario.to_owned(),
        title: "Memory cache".to_owned(),
        hosts: ["db1", "db2", "db3"].map(Into::into).to_vec(),
        at,
        last: at + SignedDuration::from_secs(301),
        outcome,
        is_in_hand: false,
        is_whole: true,
    }
}

/// Two scenarios, one that can't be read, and runs of before.
/// A scenario on the shelf.
pub(crate) fn book(name: &str, text: &str) -> Book {
    Book {
        name: name.to_owned(),
        file: format!("scenarios/{name}.md (built in)"),
        scenario: Ok(scenario(name, text)),
    }
}

pub(crate) fn shelf() -> Shelf {
    let file = "/home/ann/.config/quorate/scenarios/mine.md";
    let wrong =
        Scenario::read(file, "mine", "# Mine\n## Do\n```bash rum\ntrue\n```\n").expect_err("it is wrong");
    let mine = Book { name: "mine".to_owned(), file: file.to_owned(), scenario: Err(wrong.to_string()) };
    Shelf {
        layouts: Vec::new(),
        books: vec![book("cache", CACHE), book("destroy-cluster", DESTROY), mine],
        runs: vec![
            past("20261122-101600-1a2b", "destroy-cluster", None, 1),
            past("20261120-113600-beef", "cache", Some(Outcome::Done { notes: Vec::new() }), 48),
        ],
        sources: Sources {
            configuration: [("listen".to_owned(), "0.0.0.0".to_owned())].into(),
            ..Sources::default()
        },
        is_read_only: false,
        locked: Vec::new(),
        realm: Realm::Real,
        troubles: Vec::new(),
    }
}

impl Person {
    pub(crate) fn new(size: (u16, u16)) -> Self {
        let mut person = Self::at(console(deployment(), size));
        person.hear(Event::Scenario(News::Shelf(Box::new(shelf()))));
        // What is told at the start has been read.
        person.hear(Event::Tick(now() + SignedDuration::from_secs(6)));
        person
    }

    pub(crate) fn at(state: State) -> Self {
        Self { state, asked: Vec::new(), quits: false, copied: None, serial: 0 }
    }

    pub(crate) fn hear(&mut self, event: Event) -> &mut Self {
        for effect in update(&mut self.state, event) {
            match effect {
                Effect::Scenario(Request::Look) => {}
                Effect::Scenario(request) => self.asked.push(request),
                Effect::Quit => self.quits = true,
                Effect::Copy(text) => self.copied = Some(text),
                _ => {}
            }
        }
        self
    }

    pub(crate) fn act(&mut self, actions: &[Action]) -> &mut Self {
        for action in actions {
            self.hear(Event::Act(*action));
        }
        self
    }

    /// Presses the mouse where those words stand on the screen. Panics if a press there does nothing.
    pub(crate) fn clicks(&mut self, words: &str) -> &mut Self {
        let Some(target) = pressed(&self.state, words) else {
            panic!("a press on {words} does nothing:\n{}", self.screen())
        };
        self.hear(Event::Pressed(target))
    }

    /// Checks that a press of the mouse does nothing where those words stand on the screen.
    pub(crate) fn cannot_click(&mut self, words: &str) -> &mut Self {
        assert_eq!(pressed(&self.state, words), None, "a press on {words}:\n{}", self.screen());
        self
    }

    pub(crate) fn types(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            self.hear(Event::Typed(Typing::Edit(InputRequest::InsertChar(letter))));
        }
        self
    }

    pub(crate) fn typed(&mut self, typing: Typing) -> &mut Self {
        self.hear(Event::Typed(typing))
    }

    pub(crate) fn screen(&self) -> String {
        screen(&self.state, &look()).to_string()
    }

    /// In the form of the cache, on the hosts of db.
    pub(crate) fn in_form(size: (u16, u16)) -> Self {
        let mut person = Self::new(size);
        // The run that was left stands first.
        person.act(&[
            Action::Scenarios,
            Action::Down,
            Action::Open,
            Action::Down,
            Action::Down,
            Action::Open,
        ]);
        person
    }

    /// The same with all values, and planned.
    pub(crate) fn ready(size: (u16, u16)) -> Self {
        let mut person = Self::in_form(size);
        person.types("hunter22").typed(Typing::Newer).act(&[Action::Open]).planned();
        person
    }

    /// The same, begun and confirmed.
    pub(crate) fn begun(size: (u16, u16), how: Action) -> (Self, Order) {
        let mut person = Self::ready(size);
        person.act(&[how, Action::Right, Action::Open]);
        let order = person.order();
        (person, order)
    }

    /// The plan that is asked for.
    pub(crate) fn planned(&mut self) -> &mut Self {
        let Some(Request::Plan { pass, draft, set }) = self.asked.pop() else {
            panic!("no plan is asked for:\n{}", self.screen())
        };
        let mut sources = shelf().sources;
        sources.set = set.into_iter().map(|(name, value)| (name, value.text)).collect();
        sources.deployment = draft.layout.as_ref().map(|layout| layout.values.clone()).unwrap_or_default();
        sources.set.entry("token".to_owned()).or_insert_with(|| "made-up-token".to_owned());
        if draft.scenario.name != "cache" {
            sources.set.clear();
        }
        let result = match draft.scenario.resolve(&sources) {
            Ok(resolved) => Plan::new(Scenario::clone(&draft.scenario), draft.hosts.clone(), resolved.values)
                .map(|plan| Planned { plan: Arc::new(plan), generated: BTreeSet::from(["token".to_owned()]) })
                .map_err(|error| Unplanned { fields: Vec::new(), others: vec![error.to_string()] }),
            Err(wrong) => {
                let field = |wrong: NoValue| match wrong {
                    NoValue::Wrong { name, message } => Some((name, message)),
                    _ => None,
                };
                let fields = wrong.wrong.into_iter().filter_map(field).collect();
                Err(Unplanned { fields, others: Vec::new() })
            }
        };
        self.hear(Event::Scenario(News::Planned(pass, Box::new(result))))
    }

    /// What is to be carried out.
    pub(crate) fn order(&mut self) -> Order {
        match self.asked.pop() {
            Some(Request::Begin(order)) => *order,
            other => panic!("nothing is to be carried out but {other:?}:\n{}", self.screen()),
        }
    }

    pub(crate) fn entry(&mut self, order: &Order, event: journal::Event) -> &mut Self {
        let at = self.state.now + SignedDuration::from_secs(1);
        self.hear(Event::Tick(at));
        self.hear(Event::Scenario(News::Entry(order.pass, Entry { at, event })))
    }

    /// The run has a name, and what has to hold before was looked at.
    pub(crate) fn gates(&mut self, order: &Order, broken: &[&str]) -> &mut Self {
        self.hear(Event::Scenario(News::Begun(order.pass, "20261122-113606-cafe".to_owned())));
        for host in order.plan.hosts.clone() {
            let system = System::parse("ID=debian\nVERSION_ID=12\n");
            self.entry(order, journal::Event::System { place: Place::Host(host), system });
        }
        let broken = broken.iter().map(|words| (*words).to_owned()).collect();
        self.entry(order, journal::Event::Gates { when: When::Before, broken });
        self.entry(order, journal::Event::Instructed { instruction: order.first })
    }

    /// Everything works, for so many rounds or until the run stands.
    pub(crate) fn works(&mut self, order: &Order, rounds: usize) -> &mut Self {
        self.work(order, rounds, |job| Some(well(job)))
    }

    /// Sends what is due, and ends what was sent, for so many rounds or until the run stands.
    pub(crate) fn work(
        &mut self,
        order: &Order,
        rounds: usize,
        end: impl Fn(&Job) -> Option<End>,
    ) -> &mut Self {
        let mut open: Vec<(u64, Job)> = Vec::new();
        for _ in 0..rounds {
            let Some(run) = self.state.wizard.run.as_deref() else { return self };
            if run.stage != Stage::UnderWay {
                return self;
            }
            let todo = run.progress.next(self.state.now);
            match todo.stand {
                Stand::Gates(when) => {
                    self.entry(order, journal::Event::Gates { when, broken: Vec::new() });
                }
                Stand::Over(outcome) => {
                    self.entry(order, journal::Event::Over { outcome: outcome.clone() });
                    self.hear(Event::Scenario(News::Over(order.pass, outcome)));
                }
                Stand::Busy => {}
                Stand::Paused | Stand::Stuck => return self,
            }
            for job in todo.start {
                self.serial += 1;
                let serial = self.serial;
                self.entry(order, journal::Event::Sent { serial, job: job.clone() });
                let lines = vec![format!("working on {} of step {}", job.part.word(), job.step)];
                self.hear(Event::Scenario(News::Output(order.pass, job.place.clone(), lines)));
                open.push((serial, job));
            }
            for (serial, job) in std::mem::take(&mut open) {
                let Some(end) = end(&job) else {
                    open.push((serial, job));
                    continue;
                };
                let said =
                    if end == WELL { Vec::new() } else { vec!["E: Unable to locate package".to_owned()] };
                self.entry(order, journal::Event::Ended { serial, end, elapsed_ms: 900, said });
            }
        }
        self
    }

    /// The instruction that the last key has given.
    pub(crate) fn instructed(&mut self, order: &Order) -> Option<Instruction> {
        let Some(Request::Instruct(_, instruction)) = self.asked.pop() else { return None };
        self.entry(order, journal::Event::Instructed { instruction });
        Some(instruction)
    }
}

/// A script that worked.
pub(crate) const WELL: End = End::Exited { code: Some(0) };

/// Every script works; a condition does not hold.
pub(crate) fn well(job: &Job) -> End {
    if job.part == journal::Part::Unless { End::Exited { code: Some(1) } } else { WELL }
}

/// A value of a secret.
pub(crate) fn secret(text: &str) -> Value {
    Value { text: text.to_owned(), secrecy: Secrecy::Secret }
}
