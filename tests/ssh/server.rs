//! A real sshd on the loopback address, with keys and configuration of its own in a temporary directory.

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use quorate::transport::SshOptions;
use tempfile::TempDir;

/// Ended with the value.
pub(crate) struct Server {
    sshd: Child,
    directory: TempDir,
    port: u16,
}

impl Server {
    /// Lets its own key in. The lines are put before its configuration.
    pub(crate) fn start(lines: &str) -> Self {
        let program = sshd_program();
        // As root, sshd insists on this directory.
        if program.metadata().is_ok() && !Path::new("/run/sshd").exists() {
            fs::create_dir_all("/run/sshd").unwrap_or_default();
        }
        let directory = tempfile::tempdir().unwrap();
        for key in ["host", "other", "user", "stranger"] {
            make_key(&directory.path().join(key));
        }
        fs::copy(directory.path().join("user.pub"), directory.path().join("authorized")).unwrap();
        let port = free_port();
        let path = directory.path().display();
        // With SHLVL, bash leaves ~/.bashrc alone, which may print anything and take longer than the test.
        let config = format!(
            "{lines}\nListenAddress 127.0.0.1:{port}\nHostKey {path}/host\nAuthorizedKeysFile {path}/authorized\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\nPidFile none\n\
             MaxStartups 100\nLogLevel VERBOSE\nSetEnv SHLVL=2\n"
        );
        fs::write(directory.path().join("sshd_config"), config).unwrap();
        let sshd = Command::new(program)
            .args(["-D", "-f"])
            .arg(directory.path().join("sshd_config"))
            .arg("-E")
            .arg(directory.path().join("log"))
            .stdin(Stdio::null())
            // Or its sessions would keep the output of the tests open.
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sshd could not be started");
        let server = Self { sshd, directory, port };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(10), "sshd does not listen: {}", server.log());
            std::thread::sleep(Duration::from_millis(5));
        }
        server.write_client_files();
        server
    }

    /// Options of a client that knows these hosts, all of them this server but for what their names say:
    /// `good`, `other-good`, `wrong-key`, `unknown-host-key`, `changed-host-key`, `refused`, `nowhere`,
    /// `jumped` (through `good`).
    pub(crate) fn options(&self) -> SshOptions {
        SshOptions {
            config_file: Some(self.path("ssh_config")),
            control_parent: Some(self.directory.path().to_path_buf()),
            ..SshOptions::default()
        }
    }

    /// Adds a host to the client's configuration.
    pub(crate) fn add_host(&self, name: &str, lines: &str) {
        let mut file = fs::OpenOptions::new().append(true).open(self.path("hosts")).unwrap();
        write!(file, "Host {name}\n{lines}\n").unwrap();
    }

    /// Where it listens.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// How many logins it has let in.
    pub(crate) fn logins(&self) -> usize {
        self.log().matches("Accepted publickey").count()
    }

    /// Where its files are.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write_client_files(&self) {
        let known = |key: &str, name: &str| {
            let key = fs::read_to_string(self.path(&format!("{key}.pub"))).unwrap();
            fs::write(self.path(name), format!("server {key}")).unwrap();
        };
        known("host", "known_hosts");
        known("other", "changed_known_hosts");
        fs::write(self.path("no_known_hosts"), "").unwrap();
        fs::write(self.path("hosts"), "").unwrap();
        let path = self.directory.path().display();
        let config = format!(
            "Include {path}/hosts\n\
             Host wrong-key\n  IdentityFile {path}/stranger\n\
             Host unknown-host-key\n  UserKnownHostsFile {path}/no_known_hosts\n  StrictHostKeyChecking no\n\
             Host changed-host-key\n  UserKnownHostsFile {path}/changed_known_hosts\n  StrictHostKeyChecking no\n\
             Host refused\n  Port {}\n\
             Host nowhere\n  HostName no-such-host.invalid\n\
             Host jumped\n  ProxyJump good\n\
             Host * !wrong-key\n  IdentityFile {path}/user\n\
             Host *\n  HostName 127.0.0.1\n  Port {}\n  HostKeyAlias server\n  IdentitiesOnly yes\n  \
             UserKnownHostsFile {path}/known_hosts\n  GlobalKnownHostsFile none\n  \
             IdentityAgent none\n",
            free_port(),
            self.port
        );
        fs::write(self.path("ssh_config"), config).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.sshd.kill().unwrap_or_default();
        self.sshd.wait().map(drop).unwrap_or_default();
    }
}

fn sshd_program() -> PathBuf {
    let places = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd", "/sbin/sshd"];
    let found = places.iter().map(PathBuf::from).find(|path| path.exists());
    found.expect("these tests need a real sshd: install openssh-server (it need not run)")
}

fn make_key(path: &Path) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "quorate-test", "-f"])
        .arg(path)
        .status()
        .expect("these tests need ssh-keygen: install openssh-client");
    assert!(made.success());
}

/// A port on which nothing listened a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}
