//! Which process carries out an operation, and whether it still lives.

use std::fs;

use rustix::process::{Pid, test_kill_process};

use super::at_work::AtWork;
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
    /// It belongs to another machine or to another PID namespace, so this process can't tell.
    Elsewhere,
}

impl Process {
    /// This process.
    pub fn own() -> Self {
        let pid = std::process::id();
        let started = Stat::of(pid).map(|stat| stat.started);
        Self { pid, started, boot: boot(), machine: machine(), namespace: namespace() }
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
        if self.namespace.is_some() && self.namespace != own.namespace {
            return Life::Elsewhere;
        }
        let seen = Stat::of(self.pid);
        if seen.as_ref().is_some_and(Stat::has_ended) {
            return Life::Gone;
        }
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        // A process that this user may not signal lives, too.
        let is_there = pid.is_some_and(|pid| !matches!(test_kill_process(pid), Err(rustix::io::Errno::SRCH)));
        let is_another = self.started.is_some_and(|then| seen.is_some_and(|now| now.started != then));
        if is_there && !is_another { Life::Lives } else { Life::Gone }
    }
}

impl Unfinished {
    /// Whether a process of this machine may be carrying it out. For this process `own` says so.
    pub fn is_in_hand(&self, own: &AtWork) -> bool {
        self.by.iter().any(|process| match process.life() {
            Life::Own => own.has(&self.id),
            Life::Lives => true,
            Life::Gone | Life::Elsewhere => false,
        })
    }

    /// Whether a process other than this one, here or on another machine, may be carrying it out.
    pub fn may_be_others(&self) -> bool {
        self.by.iter().any(|process| matches!(process.life(), Life::Lives | Life::Elsewhere))
    }
}

/// What the kernel shows of a process that has this PID now.
struct Stat {
    /// `R`, `S`, `D`, `Z`, ….
    state: String,
    /// Its start, in ticks since boot.
    started: u64,
}

impl Stat {
    fn of(pid: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// The second field is a name in parentheses that may hold anything; the state is the 3rd, the start the 22nd.
    fn parse(stat: &str) -> Option<Self> {
        let (_, rest) = stat.rsplit_once(')')?;
        let mut fields = rest.split_whitespace();
        Some(Self { state: fields.next()?.to_owned(), started: fields.nth(18)?.parse().ok()? })
    }

    /// Whether it has ended and only waits for its parent: it does nothing any more.
    fn has_ended(&self) -> bool {
        matches!(self.state.as_str(), "Z" | "X" | "x")
    }
}

fn boot() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

fn namespace() -> Option<String> {
    Some(fs::read_link("/proc/self/ns/pid").ok()?.to_str()?.to_owned())
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
        Process { pid: 1, started: Stat::of(1).map(|stat| stat.started), ..Process::own() }
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
        let in_a_container = Process { namespace: Some("pid:[1]".to_owned()), ..first() };
        assert_eq!(in_a_container.life(), Life::Elsewhere);
        let own_number_of_another = Process { started: Some(0), ..Process::own() };
        assert_eq!(own_number_of_another.life(), Life::Gone);
    }

    #[test]
    fn a_zombie_has_ended() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw).unwrap();
        // Waits for its end without reaping it.
        let ended = rustix::process::WaitIdOptions::EXITED | rustix::process::WaitIdOptions::NOWAIT;
        rustix::process::waitid(rustix::process::WaitId::Pid(id), ended).unwrap();
        let stat = Stat::of(child.id()).unwrap();
        assert_eq!(stat.state, "Z");
        let by_all = Process { pid: child.id(), started: Some(stat.started), ..Process::own() };
        let by_pid = Process { pid: child.id(), ..Process::default() };
        assert_eq!((by_all.life(), by_pid.life()), (Life::Gone, Life::Gone));
        child.wait().unwrap();
    }

    #[test]
    fn a_name_with_parentheses_hides_no_field() {
        let fields: Vec<String> = (4..=52).map(|field| field.to_string()).collect();
        let stat = Stat::parse(&format!("7 (a) Z (b) c) S {}", fields.join(" "))).unwrap();
        assert_eq!((stat.state.as_str(), stat.started), ("S", 22));
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
