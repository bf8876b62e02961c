//! How long a key, a line of output, an entry of the journal and a picture take while a scenario is carried out on 200
//! hosts.

#[path = "../tests/common/mod.rs"]
mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use quorate::app::wizard::{Book, News, Order, Planned, Realm, Request, Shelf};
use quorate::app::{Action, Effect, Event, State, Typing, update};
use quorate::scenario::journal::{self, End, Entry, Instruction, Part, Place, When};
use quorate::scenario::{Plan, Scenario, Sources, System};
use tui_input::InputRequest;

const HOSTS: usize = 200;
const STEPS: usize = 10;

/// A scenario of that many steps, each on all hosts at once.
fn scenario() -> Scenario {
    let mut text = "# A long one\n".to_owned();
    for step in 1..=STEPS {
        let run = format!("echo step {step}\nsleep 1");
        write!(
            text,
            "\n## Step {step}\n\nWhy it is done.\n\n```bash run parallel=50\n{run}\n```\n\n```bash check\ntrue\n```\n"
        )
        .expect("a string takes it");
    }
    Scenario::read("long.md", "long", &text).expect("a scenario")
}

/// A console, and what it has asked for.
struct Bench {
    state: State,
    asked: Vec<Request>,
}

impl Bench {
    fn hear(&mut self, event: Event) {
        let effects = update(&mut self.state, event);
        self.asked.extend(effects.into_iter().filter_map(|effect| match effect {
            Effect::Scenario(request) => Some(request),
            _ => None,
        }));
    }

    fn act(&mut self, actions: &[Action]) {
        for action in actions {
            self.hear(Event::Act(*action));
        }
    }

    /// The run begun and confirmed, its hosts known.
    fn begun(size: (u16, u16)) -> (Self, Order) {
        let mut bench = Self { state: common::console(common::deployment(), size), asked: Vec::new() };
        let book =
            Book { name: "long".to_owned(), file: "long.md".to_owned(), scenario: Ok(Arc::new(scenario())) };
        let shelf = Shelf {
            books: vec![book],
            layouts: Vec::new(),
            runs: Vec::new(),
            sources: Sources::default(),
            is_read_only: false,
            locked: Vec::new(),
            realm: Realm::Real,
            troubles: Vec::new(),
        };
        bench.hear(Event::Scenario(News::Shelf(Box::new(shelf))));
        bench.act(&[Action::Scenarios, Action::Open, Action::Last]);
        for letter in (1..=HOSTS).flat_map(|nth| format!("host{nth} ").chars().collect::<Vec<_>>()) {
            bench.hear(Event::Typed(Typing::Edit(InputRequest::InsertChar(letter))));
        }
        bench.hear(Event::Typed(Typing::Accept));
        let Some(Request::Plan { pass, draft, .. }) = bench.asked.pop() else { panic!("no plan") };
        let plan = Plan::new(scenario(), draft.hosts.clone(), std::collections::BTreeMap::new());
        let planned = Planned { plan: Arc::new(plan.expect("a plan")), generated: BTreeSet::new() };
        bench.hear(Event::Scenario(News::Planned(pass, Box::new(Ok(planned)))));
        bench.act(&[Action::RunToEnd, Action::Right, Action::Open]);
        let Some(Request::Begin(order)) = bench.asked.pop() else { panic!("not begun") };
        for host in order.plan.hosts.clone() {
            let system = System::parse("ID=debian\nVERSION_ID=12\n");
            bench.entry(&order, journal::Event::System { place: Place::Host(host), system });
        }
        bench.entry(&order, journal::Event::Gates { when: When::Before, broken: Vec::new() });
        bench.entry(&order, journal::Event::Instructed { instruction: Instruction::RunToEnd });
        (bench, *order)
    }

    fn entry(&mut self, order: &Order, event: journal::Event) {
        let at = self.state.now;
        self.hear(Event::Scenario(News::Entry(order.pass, Entry { at, event })));
    }

    /// The same with half of its steps done, the next one under way on fifty hosts, all of which have printed much.
    fn half_way(size: (u16, u16)) -> (Self, Order) {
        let (mut bench, order) = Self::begun(size);
        let mut serial = 0;
        loop {
            let run = bench.state.wizard.run.as_deref().expect("a run");
            let todo = run.progress.next(bench.state.now);
            let is_half = run.current() > STEPS / 2;
            for job in todo.start {
                serial += 1;
                bench.entry(&order, journal::Event::Sent { serial, job: job.clone() });
                let lines = (1..=400).map(|nth| format!("line {nth} of {}", job.place)).collect();
                bench.hear(Event::Scenario(News::Output(order.pass, job.place.clone(), lines)));
                if !is_half {
                    let end = End::Exited { code: Some(0) };
                    bench.entry(
                        &order,
                        journal::Event::Ended { serial, end, elapsed_ms: 9, said: Vec::new() },
                    );
                }
            }
            if is_half {
                return (bench, order);
            }
        }
    }
}

fn run(criterion: &mut Criterion) {
    let look = common::look();
    for size in [(300, 100), (80, 24)] {
        let (mut bench, order) = Bench::half_way(size);
        let (columns, rows) = size;
        criterion.bench_function(&format!("draw a run on 200 hosts at {columns}x{rows}"), |bencher| {
            bencher.iter(|| black_box(common::screen(&bench.state, &look)));
        });
        criterion.bench_function(&format!("a line of output at {columns}x{rows}"), |bencher| {
            let place = Place::Host("host77".into());
            bencher.iter(|| {
                let lines = vec!["a line of output, neither long nor short".to_owned()];
                bench.hear(Event::Scenario(News::Output(order.pass, place.clone(), lines)));
            });
        });
    }
    let (mut bench, order) = Bench::half_way((300, 100));
    criterion.bench_function("a key on a run on 200 hosts", |bencher| {
        let mut turn = false;
        bencher.iter(|| {
            turn = !turn;
            bench.act(&[if turn { Action::Down } else { Action::Up }]);
        });
    });
    let job = journal::Job { step: 6, place: Place::Host("host1".into()), part: Part::Run, script: 0 };
    let end = journal::Event::Ended {
        serial: 2 * 5 * HOSTS as u64 + 1,
        end: End::Exited { code: Some(0) },
        elapsed_ms: 9,
        said: Vec::new(),
    };
    let run = bench.state.wizard.run.as_deref().expect("a run");
    assert_eq!(run.progress.flight(2 * 5 * HOSTS as u64 + 1), Some(&job), "it is under way");
    criterion.bench_function("an entry of the journal of a run on 200 hosts", |bencher| {
        let state = bench.state.clone();
        let again = || Bench { state: state.clone(), asked: Vec::new() };
        bencher.iter_batched_ref(again, |bench| bench.entry(&order, end.clone()), BatchSize::LargeInput);
    });
}

criterion_group!(benches, run);
criterion_main!(benches);
