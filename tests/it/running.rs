//! `duban run` as a process of its own, in a time of its own, with peers that count.

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    process::{Child, ExitStatus},
    time::{Duration, Instant},
};

use chrono::DateTime;
use duban::clock::{Clock, SystemClock};

use crate::program::{House, command, path};

/// Nothing here takes longer, on however busy a machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A time as far from the machine's for all who are given it, restarts included.
#[derive(Clone, Copy, Debug)]
pub struct Time(i64);

impl Time {
    /// It is `start` now.
    pub fn starting_at(start: &str) -> Self {
        let start = DateTime::parse_from_rfc3339(start).unwrap().to_utc();
        Self((start - SystemClock.now()).num_seconds())
    }

    /// A morning on which SMS may go to citizens: Tuesday, 15 September 2026.
    pub fn morning() -> Self {
        Self::starting_at("2026-09-15T09:30:00+08:00")
    }

    fn environment(self) -> [(&'static str, String); 4] {
        [
            ("LD_PRELOAD", path(&library()).to_owned()),
            ("FAKETIME", format!("{:+}s", self.0)),
            // Sleeps and limits are those of the machine.
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("NO_FAKE_STAT", "1".to_owned()),
        ]
    }
}

fn library() -> PathBuf {
    let libraries = std::fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
    let found = libraries.map(|folder| folder.join("faketime/libfaketimeMT.so.1")).find(|library| library.exists());
    found.expect("libfaketime is missing; install the package faketime")
}

/// A daemon; it is killed when this is dropped.
pub struct Running {
    child: Child,
    /// What it said so far, with what earlier runs of the house said before it.
    log: PathBuf,
    said_before: u64,
}

impl Running {
    /// Starts `duban run` with the house's settings.
    pub fn start(house: &House, time: Time) -> Self {
        Self::start_with(house, time, &["--log", "info"], &[])
    }

    /// The same, with more arguments and variables.
    pub fn start_with(house: &House, time: Time, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let log = house.state().join("log.txt");
        let file = OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let said_before = file.metadata().unwrap().len();
        let mut command = command(&["run", "--config", path(&house.config())]);
        command.args(arguments).envs(time.environment()).envs(variables.iter().copied());
        let child = command.stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
        Self { child, log, said_before }
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.end();
    }

    /// A signal by its name.
    pub fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.child.id());
        assert!(std::process::Command::new("sh").args(["-c", &line]).status().unwrap().success(), "{line}");
    }

    /// How it ended, once it has by itself.
    pub fn ended(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "it goes on; it said:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// What this run wrote to stdout and stderr.
    pub fn said(&self) -> String {
        let all = std::fs::read(&self.log).unwrap();
        String::from_utf8(all[usize::try_from(self.said_before).unwrap()..].to_vec()).unwrap()
    }

    /// Waits until `holds`.
    pub fn until(&mut self, what: &str, mut holds: impl FnMut() -> bool) {
        let began = Instant::now();
        while !holds() {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("it ended with {status} before {what}; it said:\n{}", self.said());
            }
            assert!(began.elapsed() < PATIENCE, "never {what}; it said:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        // libfaketime of a process that was killed leaves these behind.
        for left in [format!("faketime_shm_{}", self.child.id()), format!("sem.faketime_sem_{}", self.child.id())] {
            let _ = std::fs::remove_file(Path::new("/dev/shm").join(left));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
