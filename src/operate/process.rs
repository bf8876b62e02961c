//! Which process carries out an operation, and whether it still lives.

use std::fs;

use rustix::process::{Pid, test_kill_process};

use crate::operation::{Process, Unfinished};

/// What is known of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It is this process.
    Own,
    /// It lives.
    Lives,
    /// It has ended: its PID is free, another process has it, or the machine was booted since.
    Gone,
    /// It belongs to another machine, so this one can't tell.
    Elsewhere,
}

impl Process {
    /// This process.
    pub fn own() -> Self {
        let pid = std::process::id();
        Self { pid, started: started(pid), boot: boot(), machine: machine() }
    }

    /// Whether it lives. One that was logged with its PID alone lives while any process has that PID.
    pub fn life(&self) -> Life {
        let own = Self::own();
        if *self == own {
            return Life::Own;
        }
        if self.machine.is_some() && self.machine != own.machine {
            return Life::Elsewhere;
        }
        if self.boot.is_some() && own.boot.is_some() && self.boot != own.boot {
            return Life::Gone;
        }
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        // A process that this user may not signal lives, too.
        let is_there = pid.is_some_and(|pid| !matches!(test_kill_process(pid), Err(rustix::io::Errno::SRCH)));
        let is_another = self.started.is_some_and(|then| started(self.pid).is_some_and(|now| now != then));
        if is_there && !is_another { Life::Lives } else { Life::Gone }
    }
}

impl Unfinished {
    /// Whether a process of this machine may be carrying it out.
    pub fn is_in_hand(&self) -> bool {
        self.by.iter().any(|process| matches!(process.life(), Life::Own | Life::Lives))
    }

    /// Whether a process other than this one, here or on another machine, may be carrying it out.
    pub fn may_be_others(&self) -> bool {
        self.by.iter().any(|process| matches!(process.life(), Life::Lives | Life::Elsewhere))
    }
}

/// When a process started, in ticks since boot: the 22nd field of its `stat`. The second is a name in parentheses that
/// may hold anything.
fn started(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(19)?.parse().ok()
}

fn boot() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

fn machine() -> Option<String> {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Some(name).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first process of this machine, as it is now.
    fn first() -> Process {
        Process { pid: 1, started: started(1), ..Process::own() }
    }

    #[test]
    fn a_process_is_known_by_its_start_and_its_boot() {
        assert_eq!(Process::own().life(), Life::Own);
        assert_eq!(first().life(), Life::Lives);
        let recycled = Process { started: first().started.map(|ticks| ticks + 1), ..first() };
        assert_eq!(recycled.life(), Life::Gone);
        let before_the_boot = Process { boot: Some("another".to_owned()), ..first() };
        assert_eq!(before_the_boot.life(), Life::Gone);
        let elsewhere = Process { machine: Some("another".to_owned()), ..first() };
        assert_eq!(elsewhere.life(), Life::Elsewhere);
        let own_number_of_another = Process { started: Some(0), ..Process::own() };
        assert_eq!(own_number_of_another.life(), Life::Gone);
    }

    #[test]
    fn a_pid_alone_lives_while_any_process_has_it() {
        let pid_alone = |pid| Process { pid, ..Process::default() };
        assert_eq!(pid_alone(1).life(), Life::Lives);
        for impossible in [0, u32::MAX, i32::MAX.unsigned_abs()] {
            assert_eq!(pid_alone(impossible).life(), Life::Gone);
        }
    }
}
