//! Three hosts that are folders of this machine, and run real scripts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use futures::future::BoxFuture;
use quorate::model::{Access, ClusterEntry, HostName, Inventory, Tier, TroubleKind};
use quorate::transport::{
    Command, Ended, Limits, Local, Output, Piece, StreamLimits, Transport, TransportError,
};
use tempfile::TempDir;
use tokio::sync::mpsc;

/// Hosts whose `/run` is a folder of their own, and whose scripts find their folder as `$HERE`.
pub(crate) struct Hosts {
    root: TempDir,
    /// The words of a script at which the transport panics.
    panics_at: Mutex<Option<&'static str>>,
}

impl Hosts {
    pub(crate) fn new() -> Arc<Self> {
        let root = tempfile::tempdir().expect("a folder");
        Arc::new(Self { root, panics_at: Mutex::default() })
    }

    pub(crate) fn panic_at(&self, words: Option<&'static str>) {
        *self.panics_at.lock().expect("nobody panicked while holding it") = words;
    }

    /// What stands in a file of each host.
    pub(crate) fn files(&self, name: &str) -> BTreeMap<&'static str, String> {
        let read = |host| (host, fs::read_to_string(self.folder(host).join(name)).unwrap_or_default());
        ["db1", "db2", "db3"].into_iter().map(read).collect()
    }

    pub(crate) fn folder(&self, host: &str) -> PathBuf {
        let folder = self.root.path().join(host);
        fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    fn command(&self, host: &HostName, command: &Command) -> Result<Command, TransportError> {
        let panics_at = *self.panics_at.lock().expect("nobody panicked while holding it");
        let input = String::from_utf8_lossy(command.input().unwrap_or_default());
        assert!(panics_at.is_none_or(|words| !input.contains(words)), "a mistake at {panics_at:?}");
        let argv = command.argv();
        if argv.first().is_none_or(|word| Path::new(word).file_name().is_none_or(|name| name != "bash")) {
            let message = format!("{host} runs no cluster");
            return Err(TransportError { kind: TroubleKind::Unreachable, message, may_have_run: false });
        }
        let here = self.folder(host.as_str());
        let run = format!("{}/run", here.display());
        let argv = argv
            .iter()
            .map(|word| word.replace("/run/quorate", &run).replace("/tmp/quorate-", &format!("{run}-")));
        let moved = Command::new("env").arg(format!("HERE={}", here.display())).args(argv);
        Ok(match command.input() {
            Some(input) => moved.stdin(input),
            None => moved,
        })
    }
}

/// One cluster of the three.
pub(crate) fn inventory() -> Inventory {
    let entry = ClusterEntry {
        name: "db".into(),
        tier: Tier::Core,
        hosts: ["db1", "db2", "db3"].map(HostName::from).to_vec(),
        access: Access::default(),
        needs: None,
    };
    Inventory { clusters: vec![entry] }
}

impl Transport for Hosts {
    fn run<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        limits: Limits,
    ) -> BoxFuture<'a, Result<Output, TransportError>> {
        async move { Local.run(host, &self.command(host, command)?, limits).await }.boxed()
    }

    fn stream<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        limits: StreamLimits,
        pieces: mpsc::Sender<Piece>,
    ) -> BoxFuture<'a, Result<Ended, TransportError>> {
        async move { Local.stream(host, &self.command(host, command)?, limits, pieces).await }.boxed()
    }
}
