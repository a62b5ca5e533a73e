//! Runs the program itself, with settings of its own.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::Arc,
};

use chrono::DateTime;
use duban::{
    config::{self, Places},
    daemon::{Watcher, WatcherParts, forms::FormParts},
    outbox::Outbox,
    planner::{Policy, Watch},
    source::{SqliteStore, Store},
};
use serde_json::Value;
use tempfile::TempDir;

/// A run in a folder without settings.
pub fn duban(args: &[&str]) -> Output {
    let empty = tempfile::tempdir().unwrap();
    command(args).args(["--config", path(empty.path())]).output().unwrap()
}

/// A command line, not yet run.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_duban"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The shipped settings in a folder of their own, with a state folder beside them.
pub struct House(TempDir);

impl House {
    pub fn new() -> Self {
        let house = Self(tempfile::tempdir().unwrap());
        copy(&root().join("config"), &house.config());
        std::fs::create_dir(house.state()).unwrap();
        house.edit("duban.toml", "/var/lib/duban", path(&house.state()));
        house
    }

    pub fn config(&self) -> PathBuf {
        self.0.path().join("config")
    }

    pub fn state(&self) -> PathBuf {
        self.0.path().join("state")
    }

    /// Replaces `old`, which is there, in a file of the settings.
    pub fn edit(&self, file: &str, old: &str, new: &str) {
        let file = self.config().join(file);
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(old), "{text}");
        std::fs::write(file, text.replace(old, new)).unwrap();
    }

    /// Imports an export made of these lines below its header.
    pub fn import(&self, header: &str, lines: &[&str]) {
        let file = self.0.path().join("export.csv");
        std::fs::write(&file, format!("{header}\n{}\n", lines.join("\n"))).unwrap();
        good(&self.duban(&["import", path(&file)]));
    }

    /// Lets the daemon's watcher look at the store once at `now`, with a ledger.
    pub async fn watch(&self, now: &str) -> Outbox {
        let now = DateTime::parse_from_rfc3339(now).unwrap().to_utc();
        let settings = config::load(&Places { dir: self.config(), credentials: None }).unwrap();
        let outbox = Outbox::open(self.state().join("ledger.db")).await.unwrap();
        let store = SqliteStore::open(&self.state().join("tickets.db")).await.unwrap();
        let roster = Some(Arc::new(settings.roster.clone()));
        let policy = Policy { calendar: settings.calendars.calendar.clone(), rules: settings.rules.clone(), roster };
        let parts = WatcherParts {
            store: Arc::new(Store::Sqlite(store)),
            outbox: outbox.clone(),
            reader: Arc::new(settings.columns.reader(config::number_key(&self.state()).unwrap())),
            policy: Arc::new(policy),
            watch: Watch { since: outbox.watch_since(now).await.unwrap() },
            forms: FormParts::paperless(),
            state: None,
        };
        let report = Watcher::new(parts, now).await.unwrap().cycle(now).await.unwrap();
        assert!(report.store.is_none());
        outbox
    }

    /// A run with these settings.
    pub fn duban(&self, args: &[&str]) -> Output {
        command(args).args(["--config", path(&self.config())]).output().unwrap()
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() { copy(&from, &to) } else { _ = std::fs::copy(from, to).unwrap() }
    }
}

/// The output of a run that ended with `code`; what it said on stderr is left aside.
pub fn ended(out: &Output, code: i32) -> String {
    let error = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(code), "{error}");
    String::from_utf8(out.stdout.clone()).unwrap()
}

/// The output of a run that ended well and said nothing on stderr.
pub fn good(out: &Output) -> String {
    let error = String::from_utf8_lossy(&out.stderr);
    assert_eq!((out.status.code(), &*error), (Some(0), ""));
    String::from_utf8(out.stdout.clone()).unwrap()
}

/// What a run that ended with `code` said, which is no panic.
pub fn bad(out: &Output, code: i32) -> String {
    let error = String::from_utf8(out.stderr.clone()).unwrap();
    assert_eq!(out.status.code(), Some(code), "{error}");
    assert!(!error.is_empty() && !error.contains("panicked") && !error.contains("backtrace"), "{error}");
    error
}

/// The objects that a run printed, one a line.
pub fn objects(out: &Output) -> Vec<Value> {
    good(out).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The one object that a run printed.
pub fn object(out: &Output) -> Value {
    let [object] = objects(out).try_into().unwrap();
    object
}

pub fn fixture(name: &str) -> PathBuf {
    root().join("tests/fixtures").join(name)
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}
