//! The process group of all the masters. It ends with this process, however that ends.

use std::io;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};

use tokio::process::{Child, Command};

/// Waits for the end of its stdin, then ends its own process group: asks first, and kills what is still there a second
/// later. `0` is the sender's own group, so no number of a process is ever trusted.
const KEEPER: &str = "trap '' HUP INT QUIT TERM TSTP; read -r _; kill -TERM 0; sleep 1; kill -KILL 0";

/// A process group for every ssh of this process.
///
/// Its leader is a small shell that holds the reading end of a pipe. Only this process holds the other end, and the
/// kernel closes that end even after a SIGKILL. What leaves the group on its own, as `ssh -f` does, isn't ended.
#[derive(Debug, Default)]
pub(super) struct Group {
    leader: Mutex<Option<Child>>,
}

impl Group {
    /// Starts the command in the group.
    pub(super) fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        command.process_group(self.id()?).spawn()
    }

    /// Ends every process of the group without waiting for their end. The next [`Group::spawn`] starts a new group.
    pub(super) fn end(&self) {
        self.leader.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// The group's number: its leader's, started at the first use and again after its death. No other process can
    /// have the number until `try_wait` has seen the leader's end.
    fn id(&self) -> io::Result<i32> {
        let mut leader = self.leader.lock().unwrap_or_else(PoisonError::into_inner);
        let is_alive = leader.as_mut().map(Child::try_wait).transpose()?.is_some_and(|ended| ended.is_none());
        if !is_alive {
            *leader = Some(start_leader()?);
        }
        let id = leader.as_ref().and_then(Child::id).and_then(|id| i32::try_from(id).ok());
        id.ok_or_else(|| io::Error::other("the shell that ends ssh with the console has ended"))
    }
}

fn start_leader() -> io::Result<Child> {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", KEEPER]).current_dir("/").process_group(0);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    /// A process that ignores what a polite caller sends, and has a child of its own.
    fn stubborn() -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", "trap '' TERM; echo ready; sleep 1000 & wait; sleep 1000"])
            .stdout(Stdio::piped());
        command
    }

    /// Reads the output of that process to its end: the end of the process and of all its children.
    async fn ends(child: &mut Child) {
        let mut rest = child.stdout.take().unwrap();
        let mut nowhere = Vec::new();
        let read = tokio::io::AsyncReadExt::read_to_end(&mut rest, &mut nowhere);
        tokio::time::timeout(PATIENCE, read).await.expect("a process is still there").unwrap();
        child.wait().await.unwrap();
    }

    #[tokio::test]
    async fn dropping_the_group_ends_every_process_in_it() {
        let group = Group::default();
        let mut children = [group.spawn(&mut stubborn()).unwrap(), group.spawn(&mut stubborn()).unwrap()];
        drop(group);
        for child in &mut children {
            ends(child).await;
        }
    }

    #[tokio::test]
    async fn a_group_that_was_ended_starts_again() {
        let group = Group::default();
        let mut first = group.spawn(&mut stubborn()).unwrap();
        group.end();
        let mut second = group.spawn(&mut stubborn()).unwrap();
        ends(&mut first).await;
        assert!(second.try_wait().unwrap().is_none());
        group.end();
        ends(&mut second).await;
    }

    #[tokio::test]
    async fn a_leader_that_died_is_replaced() {
        let group = Group::default();
        let first = group.id().unwrap();
        let killed = group.leader.lock().unwrap().as_mut().unwrap().start_kill();
        killed.unwrap();
        let replaced = async {
            while group.id().unwrap() == first {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, replaced).await.expect("the dead leader is still used");
        let mut child = group.spawn(&mut stubborn()).unwrap();
        group.end();
        ends(&mut child).await;
    }
}
