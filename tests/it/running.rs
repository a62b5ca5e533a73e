//! `duban run` as a process of its own, in a time of its own.

use std::{
    fs::OpenOptions,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::Mutex,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use duban::{
    clock::{Clock, SystemClock},
    outbox::{Filter, LegState, Listed, NoticeState, Outbox},
};
use tempfile::TempDir;

use crate::program::{House, command, path};

/// Nothing here takes longer, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_millis(3);

/// A time that runs beside the machine's and can be set forward; all processes that
/// are given it live in it, one after another or together.
pub struct Time {
    folder: TempDir,
    ahead: Mutex<TimeDelta>,
}

impl Time {
    /// It is `start` now.
    pub fn starting_at(start: &str) -> Self {
        let start = DateTime::parse_from_rfc3339(start).unwrap().to_utc();
        let time = Self { folder: tempfile::tempdir().unwrap(), ahead: Mutex::default() };
        time.set(start - SystemClock.now());
        time
    }

    /// A morning on which SMS may go to citizens: Tuesday, 15 September 2026.
    pub fn morning() -> Self {
        Self::starting_at("2026-09-15T09:30:00+08:00")
    }

    /// The instant that those who live in it take for now.
    pub fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + *self.ahead.lock().unwrap()
    }

    /// Sets it forward.
    pub fn forward(&self, by: TimeDelta) {
        let ahead = *self.ahead.lock().unwrap() + by;
        self.set(ahead);
    }

    fn set(&self, ahead: TimeDelta) {
        let ahead = TimeDelta::seconds(ahead.num_seconds());
        *self.ahead.lock().unwrap() = ahead;
        // Whoever looks finds the old one or the new one.
        let fresh = self.folder.path().join("fresh");
        std::fs::write(&fresh, format!("{:+}s", ahead.num_seconds())).unwrap();
        std::fs::rename(fresh, self.file()).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("time")
    }

    fn environment(&self) -> [(&'static str, String); 5] {
        [
            ("LD_PRELOAD", path(&library()).to_owned()),
            ("FAKETIME_TIMESTAMP_FILE", path(&self.file()).to_owned()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
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
    log: PathBuf,
    /// What earlier runs of the house said.
    said_before: usize,
}

impl Running {
    /// Starts `duban run` with the house's settings.
    pub fn start(house: &House, time: &Time) -> Self {
        Self::start_with(house, time, &["--log", "info"], &[])
    }

    /// The same, with other arguments and more variables.
    pub fn start_with(house: &House, time: &Time, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = command(&["run", "--config", path(&house.config())]);
        command.args(arguments).envs(variables.iter().copied());
        Self::spawn(house, time, command)
    }

    /// The same, with a state folder that is a disk of its own, which nobody else
    /// sees and which ends with the daemon.
    pub fn start_on_a_disk(house: &House, time: &Time, kib: u32) -> Self {
        let script = "mount -t tmpfs -o size=\"$0\"k tmpfs \"$1\" && shift && exec \"$@\"";
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", script, &kib.to_string(), path(&house.state())]);
        let daemon = self::command(&["run", "--log", "debug", "--config", path(&house.config())]);
        command.arg(daemon.get_program()).args(daemon.get_args()).stdin(Stdio::null());
        Self::spawn(house, time, command)
    }

    /// The same, with a state folder on a disk that outlives it.
    pub fn start_on(house: &House, time: &Time, disk: &LastingDisk) -> Self {
        let mut command = disk.inside();
        let daemon = self::command(&["run", "--log", "debug", "--config", path(&house.config())]);
        command.arg(daemon.get_program()).args(daemon.get_args()).stdin(Stdio::null());
        Self::spawn(house, time, command)
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn spawn(house: &House, time: &Time, mut command: Command) -> Self {
        let log = house.config().with_file_name("log.txt");
        let file = OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let said_before = usize::try_from(file.metadata().unwrap().len()).unwrap();
        command.envs(time.environment()).stdout(file.try_clone().unwrap()).stderr(file);
        let child = command.spawn().unwrap();
        Self { child, log, said_before }
    }

    /// A path as the daemon sees it.
    pub fn seen(&self, path: &Path) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{}", self.child.id(), path.display()))
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.end();
    }

    /// A signal by its name.
    pub fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success(), "{line}");
    }

    /// How it ended, once it has by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "it goes on; it said:\n{}", self.said());
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Ends it by SIGTERM; it must end well.
    pub async fn stop(mut self) -> String {
        self.signal("TERM");
        let status = self.ended().await;
        assert!(status.success(), "{status}; it said:\n{}", self.said());
        self.said()
    }

    /// What this run wrote to stdout and stderr.
    pub fn said(&self) -> String {
        String::from_utf8(std::fs::read(&self.log).unwrap()[self.said_before..].to_vec()).unwrap()
    }

    /// Waits until `holds`.
    pub async fn until(&mut self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let began = Instant::now();
        while !holds().await {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("it ended with {status}, but never {what}; it said:\n{}", self.said());
            }
            assert!(began.elapsed() < PATIENCE, "never {what}; it said:\n{}", self.said());
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Waits until it has said `words` so many times.
    pub async fn until_said(&mut self, words: &str, times: usize) {
        let (log, skipped) = (self.log.clone(), self.said_before);
        let said = async || String::from_utf8_lossy(&std::fs::read(&log).unwrap()[skipped..]).matches(words).count();
        self.until(&format!("it said `{words}`"), async || said().await >= times).await;
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

/// A disk of its own, which outlives the daemons that work on it; whoever is not given
/// it sees the folder as it was.
pub struct LastingDisk {
    holder: Child,
    folder: PathBuf,
}

impl LastingDisk {
    /// Puts a disk of so many KiB in the place of a folder.
    pub fn under(folder: &Path, kib: u32) -> Self {
        let script = "mount -t tmpfs -o size=\"$0\"k tmpfs \"$1\" && echo mounted && exec sleep infinity";
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", script, &kib.to_string(), path(folder)]);
        let mut holder = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "mounted\n");
        let folder = PathBuf::from(format!("/proc/{}/root{}", holder.id(), folder.display()));
        Self { holder, folder }
    }

    /// A copy of the ledger at rest: SQLite cannot be shown it where it lies.
    pub async fn ledger_at_rest(&self) -> (Outbox, TempDir) {
        copied(&self.folder).await
    }

    /// A command that sees it where the folder is, not yet complete.
    fn inside(&self) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--user", "--preserve-credentials", "--mount", "--target", &self.holder.id().to_string()]);
        command
    }

    /// Leaves no room.
    pub fn fill(&self) {
        let filling = std::fs::File::create(self.folder.join("filling")).unwrap();
        for size in [1 << 20, 4_096, 1] {
            while (&filling).write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// From now on nobody writes to it.
    pub fn read_only(&self) {
        let holder = self.holder.id().to_string();
        let folder = self.folder.strip_prefix(format!("/proc/{holder}/root")).unwrap();
        let mut command = self.inside();
        command.args(["mount", "-o", "remount,ro"]).arg(Path::new("/").join(folder));
        assert!(command.status().unwrap().success());
    }

    /// Gives back what was filled.
    pub fn make_room(&self) {
        // It may not have been filled.
        let _ = std::fs::remove_file(self.folder.join("filling"));
    }
}

impl Drop for LastingDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// A copy of a ledger at rest: where the daemon has it, nobody else can open it.
pub async fn copied(disk: &Path) -> (Outbox, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    for file in ["ledger.db", "ledger.db-wal"] {
        // A journal that was written back is gone.
        if disk.join(file).exists() {
            std::fs::copy(disk.join(file), folder.path().join(file)).unwrap();
        }
    }
    (Outbox::open(folder.path().join("ledger.db")).await.unwrap(), folder)
}

/// The ledger of a house, looked at beside the daemon that works on it.
pub async fn ledger(house: &House) -> Outbox {
    Outbox::open(house.state().join("ledger.db")).await.unwrap()
}

/// Every notice with its legs and their attempts.
pub async fn notices(outbox: &Outbox) -> Vec<Listed> {
    let mut notices = Vec::new();
    for listed in outbox.list(&Filter::All, u32::MAX).await.unwrap() {
        notices.push(outbox.show(listed.notice.id).await.unwrap());
    }
    notices
}

/// Whether everything that was wanted has ended.
pub async fn is_over(outbox: &Outbox) -> bool {
    let counts = outbox.counts().await.unwrap();
    let open = |state: &LegState| matches!(state, LegState::Pending | LegState::Sending | LegState::Held);
    !counts.notices.is_empty()
        && counts.legs.iter().all(|(state, n)| !open(state) || *n == 0)
        && counts.notices.iter().all(|(state, n)| *state != NoticeState::Open || *n == 0)
}
