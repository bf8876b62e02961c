//! Members that answer without end, slowly, or with another time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::Value;

use super::command_line::{Kept, cluster_of};
use super::scenario::most_memory;

const CLUSTER: &str = "[[cluster]]\nname = \"db\"\nnodes = [\"good\"]\n";

/// A member on which `crm_mon` is that command.
fn member(crm_mon: &str) -> (Kept, PathBuf) {
    cluster_of(&format!("*crm_mon*) {crm_mon} ;;"), &format!("command_timeout = \"2s\"\n{CLUSTER}"))
}

/// What `status` says as JSON, the most memory that it took, in KiB, and how long.
fn status(config: &Path) -> (Value, u64, Duration) {
    let start = Instant::now();
    let mut console = Command::new(env!("CARGO_BIN_EXE_quorate"))
        .args(["status", "--format", "json"])
        .env("QUORATE_CONFIG", config)
        .env("HOME", config.parent().unwrap())
        .stdin(Stdio::null())
        .stdout(fs::File::create(config.with_extension("json")).unwrap())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut most = 0;
    while console.try_wait().unwrap().is_none() {
        most = most_memory(console.id()).unwrap_or(most);
        std::thread::sleep(Duration::from_millis(5));
    }
    let json = fs::read_to_string(config.with_extension("json")).unwrap();
    (serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}")), most, start.elapsed())
}

/// Endless is more than a gibibyte: what is beyond the limit is never read.
#[rstest]
#[case::on_stdout("yes")]
#[case::on_stderr("yes >&2")]
#[case::of_zeros("cat /dev/zero")]
#[case::in_an_attribute("printf '<crm_mon version=\"'; cat /dev/zero | tr '\\0' x")]
fn endless_output_takes_a_bounded_amount_of_memory(#[case] crm_mon: &str) {
    let (_kept, config) = member(crm_mon);
    let (json, most, _) = status(&config);
    assert_eq!(json["clusters"][0]["health"], "unknown", "{json}");
    assert!((1..100 * 1024).contains(&most), "it took {most} KiB");
}

#[rstest]
#[case::a_byte_now_and_then("printf '<crm_mon>'; while sleep 0.1; do printf x; done")]
#[case::a_line_now_and_then("while sleep 0.1; do echo x >&2; done")]
#[case::nothing("sleep 600")]
fn a_slow_drip_ends_at_the_limit(#[case] crm_mon: &str) {
    let (_kept, config) = member(crm_mon);
    let (json, _, took) = status(&config);
    assert_eq!(json["clusters"][0]["health"], "unknown", "{json}");
    assert!(json["clusters"][0]["findings"].to_string().contains("good"), "{json}");
    assert!(took < Duration::from_secs(30), "{took:?}");
}

#[rstest]
#[case::ahead("4130000000.5 +0000")]
#[case::behind("-500000000.5 +0000")]
#[case::at_the_end("253402207200.0 +1400")]
#[case::beyond("99999999999999.0 +0000")]
fn a_clock_decades_off_is_told_and_changes_no_age(#[case] clock: &str) {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/captures");
    let arms = format!(
        "*date*) echo '{clock}' ;;\n*crm_mon*) cat '{0}/healthy.crm_mon.xml' ;;\n*cibadmin*) cat '{0}/healthy.cib.xml' ;;",
        captures.display()
    );
    let (_kept, config) = cluster_of(&arms, CLUSTER);
    let (json, ..) = status(&config);
    let cluster = &json["clusters"][0];
    assert_eq!(cluster["dc"], "c1n2", "{cluster}");
    assert!(cluster["age_ms"].as_u64().is_some_and(|age| age < 60_000), "{cluster}");
    let is_a_time = !clock.starts_with("9999");
    assert_eq!(cluster["findings"].to_string().contains("clock"), is_a_time, "{cluster}");
}
