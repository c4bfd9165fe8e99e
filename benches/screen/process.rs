//! What the kernel counts of a process.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running process.
pub struct Process(u32);

/// Since its start.
pub struct Figures {
    /// Voluntary context switches of all threads: how often one of them woke up.
    pub switches: u64,
    /// Processor time in hundredths of a second, which over a second are percent of one core.
    pub ticks: u64,
}

impl Process {
    pub fn of(pid: u32) -> Self {
        Self(pid)
    }

    pub fn figures(&self) -> Figures {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.0)).unwrap();
        let switches = tasks.filter_map(|task| {
            let status = fs::read_to_string(task.ok()?.path().join("status")).ok()?;
            field(&status, "voluntary_ctxt_switches:")
        });
        let switches = switches.sum();
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap();
        // After the name in parentheses: user and system time are the 12th and 13th.
        let rest: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        Figures { switches, ticks: rest[11].parse::<u64>().unwrap() + rest[12].parse::<u64>().unwrap() }
    }

    /// Resident memory in KiB.
    pub fn resident(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap();
        field(&status, "VmRSS:").unwrap_or_default() as f64
    }
}

fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A program without a terminal; ended when this is dropped.
pub struct Running(Child, BufReader<ChildStdout>);

impl Running {
    pub fn start(command: &[&str], env: &[(&str, &str)]) -> Self {
        let mut builder = Command::new(command[0]);
        builder.args(&command[1..]).envs(env.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = builder.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self(child, out)
    }

    /// The next line that it prints.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.1.read_line(&mut line).unwrap();
        line
    }

    pub fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
