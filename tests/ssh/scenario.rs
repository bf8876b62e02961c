//! `quorate scenario run` on three hosts, killed over and over again, and gone on with.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use quorate::transport::SshOptions;
use serde_json::Value;
use tempfile::TempDir;

use super::server::Server;

pub(crate) const HOSTS: [&str; 3] = ["a", "b", "c"];

/// The console's machine, and three hosts: each has a server, a `/run` and a folder `$HERE` of its own.
pub(crate) struct Site {
    servers: Vec<Server>,
    folder: TempDir,
}

impl Site {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let site = Self { servers: HOSTS.map(|host| serve(folder.path(), host)).into(), folder };
        for (host, server) in HOSTS.iter().zip(&site.servers) {
            let key = server.path("user");
            let known = server.path("known_hosts");
            let lines = format!(
                "  Port {}\n  IdentityFile {}\n  UserKnownHostsFile {}",
                server.port(),
                key.display(),
                known.display()
            );
            site.servers[0].add_host(host, &lines);
        }
        fs::create_dir(site.path("tmp")).unwrap();
        let ssh_config = site.servers[0].path("ssh_config");
        let config = format!(
            "[defaults]\nssh_config = \"{}\"\n[[cluster]]\nname = \"one\"\nnodes = [\"a\"]\n\
             [[cluster]]\nname = \"two\"\nnodes = [\"b\", \"c\"]\n",
            ssh_config.display()
        );
        fs::write(site.path("quorate.toml"), config).unwrap();
        site
    }

    /// How the console reaches them.
    pub(crate) fn options(&self) -> SshOptions {
        self.servers[0].options()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The lines of a file of a host.
    pub(crate) fn lines(&self, host: &str, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.path(host).join(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Lets nobody in to a host any more.
    pub(crate) fn hang_up(&self, host: &str) {
        let at = HOSTS.iter().position(|name| *name == host).unwrap();
        fs::write(self.servers[at].path("authorized"), "").unwrap();
    }

    /// Starts the console; its standard output is lines of JSON.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).args(["--yes", "--format", "json"]).spawn().unwrap()
    }

    /// The console, to be started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        command
            .arg("scenario")
            .args(arguments)
            .env("QUORATE_CONFIG", self.path("quorate.toml"))
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("XDG_RUNTIME_DIR", self.path("tmp"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// A server whose sessions have another folder instead of `/run/quorate`.
fn serve(folder: &Path, host: &str) -> Server {
    let here = folder.join(host);
    fs::create_dir(&here).unwrap();
    let session = folder.join(format!("{host}-session"));
    let text = format!(
        "#!/bin/bash\nexport HERE={here}\ncommand=${{SSH_ORIGINAL_COMMAND//'/run/quorate'/{here}/run}}\n\
         exec bash -c \"${{command//'/tmp/quorate-'/{here}/run-}}\"\n",
        here = here.display()
    );
    fs::write(&session, text).unwrap();
    fs::set_permissions(&session, fs::Permissions::from_mode(0o755)).unwrap();
    Server::start(&format!("ForceCommand {}", session.display()))
}

/// Ten steps of every kind, each of which tells that it ran, twice.
fn ten_steps() -> String {
    let kinds = ["", " parallel=3", " on=first", " on=rest", " parallel=2"];
    let mut text = "# Ten steps\n".to_owned();
    for step in 1..=10 {
        let kind = kinds[step % kinds.len()];
        let run = format!("echo {step} >>\"$HERE/began\"\nsleep 0.3\necho {step} >>\"$HERE/done\"");
        writeln!(text, "## Step {step}\n```bash run{kind}\n{run}\n```").unwrap();
        if step % 3 == 1 {
            writeln!(text, "```bash unless\ngrep -qx {step} \"$HERE/done\"\n```").unwrap();
        }
        if step % 3 == 2 {
            writeln!(text, "```bash check retry=5s\ngrep -qx {step} \"$HERE/done\"\n```").unwrap();
        }
    }
    text
}

/// Where the console is killed. A kill that comes late may find the run in a later step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kill {
    /// As soon as a script of that step has been sent.
    In(u64),
    /// As soon as it is known how a script of that step ended.
    After(u64),
}

/// The steps of the scripts that were sent, by their numbers.
type Sent = BTreeMap<u64, u64>;

impl Kill {
    /// Whether this event is the moment. `sent` may hold what earlier consoles of the run have sent.
    fn is_now(self, event: &Value, sent: &mut Sent) -> bool {
        let Some(serial) = event["serial"].as_u64() else { return false };
        if let Some(step) = event["job"]["step"].as_u64() {
            sent.insert(serial, step);
        }
        let Some(step) = sent.get(&serial) else { return false };
        let (is_sent, is_settled) = (event["event"] == "sent", event["event"] == "settled");
        match self {
            Self::In(of) => *step >= of && (is_sent && event["job"]["part"] == "run" || is_settled),
            Self::After(of) => *step >= of && (event["event"] == "ended" || is_settled),
        }
    }
}

/// Lets the console go on until then and kills it.
pub(crate) fn kill(console: Child, when: Kill) {
    kill_later(console, when, &mut Sent::new());
}

/// As [`kill`], for a console that may hear how a script of an earlier one ended.
fn kill_later(mut console: Child, when: Kill, sent: &mut Sent) {
    let lines = BufReader::new(console.stdout.take().unwrap()).lines();
    let mut told = Vec::new();
    for line in lines {
        let line = line.unwrap();
        let event: Value = serde_json::from_str(&line).unwrap();
        told.push(line);
        if when.is_now(&event, sent) {
            console.kill().unwrap();
            console.wait().unwrap();
            return;
        }
    }
    let ended = console.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    panic!("it was over before {when:?}: {said}\n{}", told.join("\n"));
}

#[test]
fn a_run_that_is_killed_in_and_after_each_of_ten_steps_does_each_once() {
    let site = Site::new();
    let file = site.path("ten.md");
    fs::write(&file, ten_steps()).unwrap();
    let mut sent = Sent::new();
    for step in 1..=10 {
        for when in [Kill::In(step), Kill::After(step)] {
            let console = match when {
                Kill::In(1) => site.start(&["run", file.to_str().unwrap(), "--nodes", "a,b,c"]),
                _ => site.start(&["resume"]),
            };
            kill_later(console, when, &mut sent);
        }
    }
    let last = site.start(&["resume"]).wait_with_output().unwrap();
    let (told, said) = (String::from_utf8_lossy(&last.stdout), String::from_utf8_lossy(&last.stderr));
    assert!(last.status.success(), "{told}{said}");
    for host in HOSTS {
        let is_there = |step: &u64| match step % 5 {
            2 => host == "a",
            3 => host != "a",
            _ => true,
        };
        let expected: Vec<String> = (1..=10).filter(is_there).map(|step| step.to_string()).collect();
        assert_eq!(site.lines(host, "began"), expected, "on {host}");
        assert_eq!(site.lines(host, "done"), expected, "on {host}");
        let left: Vec<_> = fs::read_dir(site.path(host).join("run")).unwrap().collect();
        assert!(left.is_empty(), "lock and records are gone: {left:?}");
    }
}

#[test]
fn two_runs_at_once_are_not_and_a_dead_ones_lock_is_broken_only_when_that_is_wanted() {
    let site = Site::new();
    let file = site.path("one.md");
    fs::write(&file, "# One\n## Do\n```bash run parallel=3\nsleep 0.5\necho x >>\"$HERE/done\"\n```\n")
        .unwrap();
    let run = ["run", file.to_str().unwrap(), "--nodes", "a,b,c"];
    kill(site.start(&run), Kill::In(1));
    let second = site.start(&run).wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&second.stdout).into_owned();
    assert_eq!(second.status.code(), Some(1), "{told}");
    assert!(told.contains("is at work there (one, by") && told.contains("scenario resume"), "{told}");
    loop {
        let third = site.start(&[&run[..], &["--break-lock"]].concat()).wait_with_output().unwrap();
        if third.status.success() {
            break;
        }
        // The dead run's script may live.
        let told = String::from_utf8_lossy(&third.stdout);
        assert!(told.contains("still works there"), "{told}");
    }
}

/// The most memory that a process has had so far, in KiB; nothing when it is gone.
pub(crate) fn most_memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

#[test]
fn a_hundred_megabytes_of_output_are_kept_on_the_disk_and_not_in_memory() {
    let site = Site::new();
    let file = site.path("much.md");
    let run = "yes 'a line of output, neither long nor short' | head -c 100000000 || true";
    fs::write(&file, format!("# Much\n## Print\n```bash run on=first\n{run}\n```\n")).unwrap();
    let mut console = site.start(&["run", file.to_str().unwrap(), "--nodes", "a,b,c"]);
    let mut stdout = console.stdout.take().unwrap();
    let drain = thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()).unwrap());
    let mut most = 0;
    while console.try_wait().unwrap().is_none() {
        most = most_memory(console.id()).unwrap_or(most);
        thread::sleep(std::time::Duration::from_millis(10));
    }
    drain.join().unwrap();
    assert!(console.wait().unwrap().success());
    assert!((1..64 * 1024).contains(&most), "it took {most} KiB");
    let runs = site.path("state/quorate/runs");
    let run = fs::read_dir(runs).unwrap().next().unwrap().unwrap().path();
    let kept = fs::metadata(run.join("output/01-a.log")).unwrap().len();
    assert!(kept >= 100_000_000, "{kept} bytes were kept");
}
