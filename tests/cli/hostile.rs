//! Scenarios and files of values that are out for trouble, and names that lead out of a folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rstest::rstest;

use crate::home::{Answer, Home};

/// The longest that one file may take in a build that isn't optimised, on a machine that does other things as well.
const PATIENCE: Duration = Duration::from_secs(40);

const STEP: &str = "## A step\n\n```bash run\ntrue\n```\n";

/// The most memory that a process has had so far, in KiB; nothing when it is gone.
fn most_memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

fn end(mut console: Child) -> (Answer, u64) {
    let (start, mut most) = (Instant::now(), 0);
    while console.try_wait().unwrap().is_none() {
        most = most_memory(console.id()).unwrap_or(most);
        if start.elapsed() > PATIENCE {
            console.kill().unwrap();
            panic!("it did not end within {PATIENCE:?}");
        }
        sleep(Duration::from_millis(5));
    }
    (Answer::from(console.wait_with_output().unwrap()), most)
}

/// `scenario plan` of that file, with these values.
fn plan(home: &Home, file: &Path, values: Option<&Path>) -> (Answer, u64) {
    let mut arguments = vec!["scenario", "plan", file.to_str().unwrap(), "--nodes", "a,b,c"];
    arguments.extend(values.iter().flat_map(|values| ["--variables", values.to_str().unwrap()]));
    let mut command = home.command(&arguments);
    // What is printed may be large: a pipe that nobody reads would hold the console up.
    let stdout = home.write("stdout", "");
    command.stdout(File::create(stdout).unwrap()).stderr(File::create(home.write("stderr", "")).unwrap());
    let (answer, most) = end(command.spawn().unwrap());
    let stderr = fs::read_to_string(home.config_dir().join("stderr")).unwrap();
    (Answer { stderr, ..answer }, most)
}

fn assert_refused_or_planned(answer: &Answer, most: u64, is_refused: bool) {
    let Answer { code, stderr, .. } = answer;
    let beginning: String = stderr.chars().take(2_000).collect();
    assert_eq!(*code, if is_refused { 2 } else { 0 }, "{beginning}");
    assert_eq!(is_refused, stderr.starts_with("quorate: "), "{beginning}");
    assert!(!stderr.chars().any(|c| c.is_control() && c != '\n'), "{stderr:?}");
    assert!(stderr.len() < 1 << 20, "{} bytes of errors", stderr.len());
    assert!(most < 400 * 1024, "it took {most} KiB");
}

/// With front matter, if any, and one step.
fn scenario(front: &str) -> Vec<u8> {
    format!("+++\ntitle = \"A service\"\n{front}\n+++\n\n{STEP}").into_bytes()
}

fn variable(name: &str, lines: &str) -> String {
    format!("[variables.{name}]\ndescription = \"x\"\n{lines}\n")
}

fn numbered(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

/// Files of scenarios: hostile in size, in depth, in what they refer to, in their bytes.
fn scenarios(shape: &str) -> Vec<u8> {
    match shape {
        "empty" => Vec::new(),
        "zeros" => vec![0; 1 << 20],
        "zeros in the prose" => format!("# T\n\na\0b\n\n{STEP}").into_bytes(),
        "zeros in a script" => b"# T\n## A step\n```bash run\ntrue\0false\n```\n".to_vec(),
        "no text" => [b"# T\n\n\xff\xfe\xc3\n\n", STEP.as_bytes()].concat(),
        "escapes" => format!("# T\u{1b}]0;x\u{7}\n\n\u{1b}[2J\u{202e}\n\n{STEP}").into_bytes(),
        "100,000 steps" => {
            format!("# T\n{}", "## A step\n```bash run\ntrue\n```\n".repeat(100_000)).into_bytes()
        }
        "100,000 steps of phd" => format!(
            "= REQUIREMENTS =\nnodes: 1\n= SCRIPTS =\n{}",
            "target=all\n....\ntrue\n....\n".repeat(100_000)
        )
        .into_bytes(),
        "deep quotes" => format!("# T\n{} x\n{STEP}", ">".repeat(200_000)).into_bytes(),
        "deep lists" => {
            format!("# T\n{}\n{STEP}", numbered(1_000, |n| format!("{}- x\n", "  ".repeat(n)))).into_bytes()
        }
        "deep brackets" => format!("# T\n\n{}\n\n{STEP}", "[".repeat(500_000)).into_bytes(),
        "deep emphasis" => format!("# T\n\n{}\n\n{STEP}", "*_".repeat(300_000)).into_bytes(),
        "deep links" => {
            format!("# T\n\n{}{}\n\n{STEP}", "[a](".repeat(100_000), ")".repeat(100_000)).into_bytes()
        }
        "a fence without an end" => b"# T\n## A step\n```bash run\ntrue\n".to_vec(),
        "front matter without an end" => b"+++\ntitle = \"T\"\n\n## A step\n".to_vec(),
        "deep front matter" => scenario(&format!("x = {}{}", "[".repeat(100_000), "]".repeat(100_000))),
        "dotted front matter" => scenario(&format!("{}x = 1", "a.".repeat(100_000))),
        "5,000 variables" => scenario(&numbered(5_000, |n| variable(&format!("v{n}"), "default = \"1\""))),
        "a cycle of values" => {
            scenario(&(variable("a", "default = \"$b\"") + &variable("b", "default = \"$a\"")))
        }
        "a bomb of values" => {
            // Each is ten times the one before.
            scenario(&numbered(30, |n| {
                variable(&format!("v{}", n + 1), &format!("default = \"{}\"", format!("$v{n}").repeat(10)))
            }))
        }
        "it needs itself" => scenario("needs = [\"a-service\", \"hostile\"]"),
        "a long line" => format!("# {}\n\n{STEP}", "x".repeat(3 << 20)).into_bytes(),
        "here documents" => {
            format!("# T\n## A step\n```bash run\n{}\n```\n", "cat <<A <<B <<'C'\n$x ${y\n".repeat(50_000))
                .into_bytes()
        }
        "endless times" => format!(
            "# T\n## A step\n```bash run timeout={0}h retry={0}s parallel={0}\ntrue\n```\n",
            "9".repeat(40)
        )
        .into_bytes(),
        other => panic!("{other}?"),
    }
}

#[rstest]
#[case("empty", true)]
#[case("zeros", true)]
#[case("zeros in the prose", false)]
#[case("zeros in a script", false)]
#[case("no text", true)]
#[case("escapes", false)]
#[case("100,000 steps", false)]
#[case("100,000 steps of phd", false)]
#[case("deep quotes", false)]
#[case("deep lists", false)]
#[case("deep brackets", false)]
#[case("deep emphasis", false)]
#[case("deep links", false)]
#[case("a fence without an end", true)]
#[case("front matter without an end", true)]
#[case("deep front matter", true)]
#[case("dotted front matter", true)]
#[case("5,000 variables", false)]
#[case("a cycle of values", false)]
#[case("a bomb of values", false)]
#[case("it needs itself", false)]
#[case("a long line", false)]
#[case("here documents", false)]
#[case("endless times", true)]
fn a_hostile_scenario_is_refused_or_planned_in_bounds(#[case] shape: &str, #[case] is_refused: bool) {
    let home = Home::new();
    let file = home.config_dir().join("hostile.md");
    home.write("hostile.md", "");
    fs::write(&file, scenarios(shape)).unwrap();
    let (answer, most) = plan(&home, &file, None);
    assert_refused_or_planned(&answer, most, is_refused);
}

fn values(shape: &str) -> Vec<u8> {
    match shape {
        "zeros" => vec![0; 1 << 20],
        "no text" => b"a = \"\xff\xfe\"\n".to_vec(),
        "deep lists" => format!("a = {}{}", "[".repeat(200_000), "]".repeat(200_000)).into_bytes(),
        "deep tables" => format!("{}a = 1", "b.".repeat(200_000)).into_bytes(),
        "50,000 keys" => numbered(50_000, |n| format!("k{n} = 1\n")).into_bytes(),
        "deep YAML" => numbered(2_000, |n| format!("{}a:\n", " ".repeat(n))).into_bytes(),
        "deep YAML in brackets" => format!("a: {}", "[".repeat(200_000)).into_bytes(),
        "aliases of YAML" => {
            let lines = numbered(40, |n| format!("l{}: &l{} [*l{n}, *l{n}, *l{n}, *l{n}]\n", n + 1, n + 1));
            format!("---\nl0: &l0 [x, x, x, x]\n{lines}").into_bytes()
        }
        "a YAML alias of itself" => b"---\na: &a [*a, *a]\n".to_vec(),
        "a cluster of 100,000" => format!("nodes={}\n", "n ".repeat(100_000)).into_bytes(),
        "a long line" => format!("a: {}", "x".repeat(3 << 20)).into_bytes(),
        other => panic!("{other}?"),
    }
}

#[rstest]
#[case("zeros", true)]
#[case("no text", true)]
#[case("deep lists", true)]
#[case("deep tables", true)]
#[case("50,000 keys", false)]
#[case("deep YAML", true)]
#[case("deep YAML in brackets", true)]
#[case("aliases of YAML", true)]
#[case("a YAML alias of itself", true)]
#[case("a cluster of 100,000", false)]
#[case("a long line", false)]
fn a_hostile_file_of_values_is_refused_or_read_in_bounds(#[case] shape: &str, #[case] is_refused: bool) {
    let home = Home::new();
    let file = home.write("it.md", &String::from_utf8(scenario("")).unwrap());
    let values_file = home.write("values", "");
    fs::write(&values_file, values(shape)).unwrap();
    let (answer, most) = plan(&home, &file, Some(&values_file));
    assert_refused_or_planned(&answer, most, is_refused);
}

/// 105 MB on the disk, an endless device, a directory, and nothing at all.
#[rstest]
fn what_is_no_file_of_a_sensible_size_is_refused(#[values(false, true)] as_values: bool) {
    let home = Home::new();
    let good = home.write("it.md", &String::from_utf8(scenario("")).unwrap());
    let large = home.write("large", "");
    File::options().write(true).open(&large).unwrap().set_len(105_000_000).unwrap();
    for bad in [large, PathBuf::from("/dev/zero"), home.config_dir(), home.config_dir().join("none.md")] {
        let (answer, most) = if as_values { plan(&home, &good, Some(&bad)) } else { plan(&home, &bad, None) };
        assert_refused_or_planned(&answer, most, true);
    }
}

#[rstest]
#[case::up("../../../../../../../../etc/passwd")]
#[case::up_from_a_name("basic-cluster/../../../../etc/passwd")]
#[case::absolute("/etc/passwd")]
#[case::the_folder_itself(".")]
#[case::the_folder_above("..")]
#[case::a_separator("a/b")]
#[case::an_option("--help=x")]
#[case::escapes("\u{1b}[2J../x")]
fn no_name_of_a_scenario_or_run_leads_out_of_its_folder(#[case] name: &str) {
    let home = Home::new();
    // What a run that is led out of its folder would find.
    let outside =
        home.write("../../.local/state/quorate/outside/journal.jsonl", "{\"secret\": \"root:x:0:0\"}\n");
    home.write("../../.local/state/quorate/runs/kept", "");
    for arguments in [
        &["scenario", "show", "--", name][..],
        &["scenario", "plan", "--nodes", "a", "--", name],
        &["scenario", "run", "--yes", "--nodes", "a.invalid", "--", name],
        &["scenario", "status", "--nodes", "a.invalid", "--", name],
        &["scenario", "resume", "--yes", "--", name],
        &["scenario", "resume", "--yes", "--", "../outside"],
    ] {
        let answer = home.run(arguments);
        assert_eq!(answer.code, 2, "{arguments:?}: {answer:?}");
        assert!(!(answer.stdout + &answer.stderr).contains("root:x"), "{arguments:?}");
    }
    assert_eq!(fs::read_to_string(outside).unwrap(), "{\"secret\": \"root:x:0:0\"}\n");
    let state = home.config_dir().join("../../.local/state/quorate");
    let outside = fs::read_dir(state.join("outside")).unwrap().count();
    assert_eq!(outside, 1, "nothing was made there");
}
