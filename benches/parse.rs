//! What a poll costs the console: reading one answer of `crm_mon` and one CIB of a three-node cluster.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jiff::tz::Offset;
use quorate::pacemaker::parse;

fn benchmark(criterion: &mut Criterion) {
    let crm_mon = include_bytes!("../tests/fixtures/captures/remote-healthy.crm_mon.xml");
    let cib = include_bytes!("../tests/fixtures/captures/remote-healthy.cib.xml");
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Bytes(crm_mon.len() as u64));
    group.bench_function("crm_mon", |bencher| bencher.iter(|| parse::crm_mon(crm_mon, Some(Offset::UTC))));
    group.throughput(Throughput::Bytes(cib.len() as u64));
    group.bench_function("cib", |bencher| bencher.iter(|| parse::cib(cib)));
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
