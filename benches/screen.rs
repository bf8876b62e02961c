//! How long a key, a report and a picture take, with 200 clusters.

#[path = "../tests/common/mod.rs"]
mod common;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use quorate::app::{Action, Event, State, update};
use quorate::health::Assessment;
use quorate::model::ClusterName;

fn two_hundred() -> State {
    let clusters = common::deployment()
        .into_iter()
        .cycle()
        .take(200)
        .enumerate()
        .map(|(nth, (mut entry, observation))| {
            entry.name = ClusterName::from(format!("{}-{nth}", entry.name));
            (entry, observation)
        })
        .collect();
    common::console(clusters, (300, 100))
}

fn screen(criterion: &mut Criterion) {
    let look = common::look();
    let mut state = two_hundred();
    criterion.bench_function("draw 200 clusters at 300x100", |bench| {
        bench.iter(|| black_box(common::screen(&state, &look)));
    });
    criterion.bench_function("a key among 200 clusters", |bench| {
        bench.iter(|| black_box(update(&mut state, Event::Act(Action::Down))));
    });
    let name = state.clusters[0].entry.name.clone();
    let entry = state.clusters[0].entry.clone();
    let judged = |observation| Assessment::new(&entry, observation, common::now());
    let assessment = judged(state.clusters[0].observation.clone());
    criterion.bench_function("an unchanged report", |bench| {
        bench.iter(|| black_box(update(&mut state, Event::Observed(name.clone(), assessment.clone()))));
    });
    let other = judged(common::live(common::capture("node-offline"), "host"));
    let mut turn = false;
    criterion.bench_function("a changed report among 200 clusters", |bench| {
        bench.iter(|| {
            turn = !turn;
            let news = if turn { other.clone() } else { assessment.clone() };
            black_box(update(&mut state, Event::Observed(name.clone(), news)))
        });
    });
}

criterion_group!(benches, screen);
criterion_main!(benches);
