//! Reads the files of the settings and the environment, once, and refuses what
//! does not fit: every fault at once, with file, line, key and remedy.
//!
//! The pure rooms parse their own texts; this room only finds the files. It
//! opens neither a store nor a ledger nor a connection.

use std::{
    ffi::OsString,
    fmt,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::{
    channel::{self, Secrets},
    message::Templates,
    roster::Roster,
    rules::Rules,
    source::{ColumnMap, StorePlace},
};

mod basics;
mod calendars;
mod channels;
mod document;
mod fault;
mod folder;
mod key;
mod parts;
mod rights;
mod secret;
mod settings;
mod store;

pub use basics::{Basics, basics, sound_calendars};
pub use calendars::{Calendars, Stamp};
pub use fault::Fault;
pub use key::{FILE as KEY_FILE, KeyError, key_bytes, number_key, put_key};
pub use settings::{Ledger, Policy, Schedule, Settings, State, WriteBack, Zone};
pub use store::{Store, StoreKind, StoreTls};

use document::Document;
use folder::Folder;

/// Where settings and secrets are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The folder with `duban.toml`.
    pub dir: PathBuf,
    /// The folder of the systemd credentials of this process.
    pub credentials: Option<PathBuf>,
}

impl Places {
    /// The places of this process; `dir` as the command line names it, or else
    /// `/etc/duban` if there is one, or else `./config`.
    pub fn of_process(dir: Option<PathBuf>) -> Self {
        let dir = dir.unwrap_or_else(|| {
            let system = PathBuf::from("/etc/duban");
            if system.is_dir() { system } else { "config".into() }
        });
        Self { dir, credentials: environment("CREDENTIALS_DIRECTORY").map(PathBuf::from) }
    }

    /// A path of the settings: relative ones begin in their folder.
    fn of_settings(&self, path: &Path) -> PathBuf {
        self.dir.join(path)
    }
}

/// Whether what this process writes to stderr goes to the journal of systemd.
pub fn stderr_is_the_journal() -> bool {
    let Some(stream) = environment("JOURNAL_STREAM") else { return false };
    // The process may have been started with another stderr than the unit's.
    let stderr = std::fs::metadata("/proc/self/fd/2");
    stderr.is_ok_and(|stderr| stream == format!("{}:{}", stderr.dev(), stderr.ino()).as_str())
}

#[expect(clippy::disallowed_methods, reason = "this room is the one that reads the environment")]
fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Who works at this terminal, also behind `sudo`; empty if the environment does not say.
pub fn person() -> String {
    let named = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(environment);
    let user = || std::fs::metadata("/proc/self").ok().map(|us| std::os::unix::fs::MetadataExt::uid(&us));
    let by_number = || user().map(|uid| format!("uid {uid}")).unwrap_or_default();
    named.map_or_else(by_number, |name| name.to_string_lossy().into_owned())
}

/// All settings, parsed and found to fit together.
#[derive(Clone)]
pub struct Loaded {
    /// Where they were read.
    pub places: Places,
    /// `duban.toml`.
    pub settings: Settings,
    /// `[channels]` of `duban.toml`, with every path made absolute.
    pub channels: channel::Settings,
    /// The secrets of the channels.
    pub secrets: Secrets,
    /// `rules.toml`.
    pub rules: Rules,
    /// `roster.toml`.
    pub roster: Roster,
    /// The column map of exports or of a database, from `columns/` or the binary.
    pub columns: ColumnMap,
    /// Where the tickets are.
    pub store: StorePlace,
    /// `templates/`, over those in the binary.
    pub templates: Templates,
    /// `calendars/`, over those in the binary.
    pub calendars: Calendars,
    /// A print of every file that was read, those of the calendars apart: equal
    /// prints are equal settings.
    pub print: [u8; 32],
}

impl Loaded {
    /// What channels are tried with.
    pub fn trial(&self) -> channel::Trial {
        parts::trial(&self.channels, &self.templates, &self.settings.wording, Some(&self.roster))
    }
}

/// Only where they come from: the tables in them are long.
impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded").field("places", &self.places).field("print", &self.print).finish_non_exhaustive()
    }
}

/// Reads everything.
///
/// # Errors
///
/// Every fault that was found.
pub fn load(places: &Places) -> Result<Loaded, Vec<Fault>> {
    let mut folder = Folder::new();
    let file = places.dir.join("duban.toml");
    let Some(text) = folder.needed(&file) else { return Err(folder.finish().0) };
    let mut document = Document::parse(file, &text);
    let settings = Settings::take(&mut document);
    let (channels, secrets) = channels::take(&mut document, &settings, places, &mut folder);
    let rules = parts::rules(&places.dir.join("rules.toml"), &mut folder);
    let roster = parts::roster(&places.dir.join("roster.toml"), &mut folder);
    let columns = parts::columns(&places.dir, &settings.store.columns, &mut folder);
    let store = store::place(&settings, columns.as_ref(), places, &mut document, &mut folder);
    let wording = parts::measured(&settings.wording, roster.as_ref());
    let templates = parts::templates(&places.dir.join("templates"), &wording, &mut folder, &mut document);
    if let Some(templates) = &templates {
        let trial = parts::trial(&channels, templates, &wording, roster.as_ref());
        channels::try_out(&channels, &secrets, &trial, &mut document);
    }
    folder.extend(document.finish());
    refuse_unread(&mut folder, &places.dir);
    let calendars = calendars(places, &settings).map_err(|faults| folder.extend(faults));
    let (faults, print) = folder.finish();
    match (rules, roster, columns, templates, calendars) {
        (Some(rules), Some(roster), Some(columns), Some(templates), Ok(calendars)) if faults.is_empty() => Ok(Loaded {
            places: places.clone(),
            settings,
            channels,
            secrets,
            rules,
            roster,
            columns,
            store,
            templates,
            calendars,
            print,
        }),
        _ => Err(faults),
    }
}

/// Reads the calendars that the settings name, and nothing else.
///
/// # Errors
///
/// Every fault that was found in them.
pub fn calendars(places: &Places, settings: &Settings) -> Result<Calendars, Vec<Fault>> {
    calendars::read(&places.of_settings(&settings.policy.calendars))
}

/// A file that nobody reads is most often one with a wrong name.
fn refuse_unread(folder: &mut Folder, dir: &Path) {
    for path in folder.list(dir, "toml") {
        if !["duban.toml", "rules.toml", "roster.toml"].iter().any(|known| path.ends_with(known)) {
            folder.fault(&path, "no settings are read from a file of this name", "correct the name, or remove it");
        }
    }
}
