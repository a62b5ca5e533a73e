//! Reads the files of the settings and the environment, once, and refuses what
//! does not fit: every fault at once, with file, line, key and remedy.
//!
//! The pure rooms parse their own texts; this room only finds the files. It
//! opens neither a store nor a ledger nor a connection.

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
};

use crate::{
    message::{MessageError, Templates, Wording},
    roster::Roster,
    source::{ColumnMap, SourceError},
};

mod calendars;
mod document;
mod fault;
mod folder;
mod key;
mod rights;
mod settings;

pub use calendars::Calendars;
pub use fault::Fault;
pub use key::{KeyError, number_key};
pub use settings::{Ledger, Policy, Schedule, Settings, State, Store, StoreKind, Zone};

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

#[expect(clippy::disallowed_methods, reason = "this room is the one that reads the environment")]
fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// All settings, parsed and found to fit together.
#[derive(Clone)]
pub struct Loaded {
    /// Where they were read.
    pub places: Places,
    /// `duban.toml`.
    pub settings: Settings,
    /// `roster.toml`.
    pub roster: Roster,
    /// The column map of exports, from `columns/` or the binary.
    pub columns: ColumnMap,
    /// `templates/`, over those in the binary.
    pub templates: Templates,
    /// `calendars/`, over those in the binary.
    pub calendars: Calendars,
    /// A print of every file that was read: equal prints are equal settings.
    pub print: [u8; 32],
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
    let roster = roster(&places.dir.join("roster.toml"), &mut folder);
    let columns = columns(&places.dir, &settings.store.columns, &mut folder);
    let wording = measured(&settings.wording, roster.as_ref());
    let templates = templates(&places.dir.join("templates"), &wording, &mut folder, &mut document);
    folder.extend(document.finish());
    refuse_unread(&mut folder, &places.dir);
    let calendars = calendars::read(&places.of_settings(&settings.policy.calendars), &mut folder);
    let (faults, print) = folder.finish();
    match (roster, columns, templates, calendars) {
        (Some(roster), Some(columns), Some(templates), Some(calendars)) if faults.is_empty() => {
            Ok(Loaded { places: places.clone(), settings, roster, columns, templates, calendars, print })
        }
        _ => Err(faults),
    }
}

fn roster(file: &Path, folder: &mut Folder) -> Option<Roster> {
    let text = folder.needed(file)?;
    match Roster::from_toml(&file.to_string_lossy(), &text) {
        Ok(roster) => Some(roster),
        Err(errors) => {
            for error in errors {
                let (file, key, what) = (file.to_owned(), error.field, error.fault.to_string());
                let remedy = "correct it; the comment at the top of the shipped file says how".to_owned();
                folder.add(Fault { file, line: error.line, key, what, remedy });
            }
            None
        }
    }
}

fn columns(dir: &Path, name: &str, folder: &mut Folder) -> Option<ColumnMap> {
    if !settings::is_plain(name) {
        return None;
    }
    let file = dir.join("columns").join(format!("{name}.toml"));
    let parsed = match folder.text(&file) {
        Some(text) => ColumnMap::parse(&file.to_string_lossy(), &text),
        None if name == "default" => ColumnMap::built_in(),
        None => {
            folder.fault(&file, "it is not there", "create it from columns/default.toml, or correct store.columns");
            return None;
        }
    };
    parsed.map_err(|error| folder.add(of_columns(&file, &error))).ok()
}

fn of_columns(file: &Path, error: &SourceError) -> Fault {
    let remedy = "correct the line; the comment at the top of the shipped file says how";
    match error {
        SourceError::ColumnMapFault { line, fault, .. } => {
            Fault { line: Some(*line), ..Fault::of_file(file, fault, remedy) }
        }
        other => Fault::of_file(file, fault::chain(other), remedy),
    }
}

/// The wording with which texts are measured: with the longest name on the roster.
fn measured(wording: &Wording, roster: Option<&Roster>) -> Wording {
    let mut wording = wording.clone();
    for unit in roster.map(Roster::units).unwrap_or_default() {
        if unit.name.chars().count() > wording.widest_unit.chars().count() {
            wording.widest_unit = unit.name.to_string();
        }
    }
    wording
}

/// A file that nobody reads is most often one with a wrong name.
fn refuse_unread(folder: &mut Folder, dir: &Path) {
    for path in folder.list(dir, "toml") {
        if !["duban.toml", "rules.toml", "roster.toml"].iter().any(|known| path.ends_with(known)) {
            folder.fault(&path, "no settings are read from a file of this name", "correct the name, or remove it");
        }
    }
}

fn templates(dir: &Path, wording: &Wording, folder: &mut Folder, document: &mut Document<'_>) -> Option<Templates> {
    let mut overrides = Vec::new();
    for path in folder.list(dir, "txt") {
        if let (Some(text), Some(name)) = (folder.text(&path), path.file_name()) {
            overrides.push((name.to_string_lossy().into_owned(), text));
        }
    }
    let errors = match Templates::load(&overrides, wording) {
        Ok(templates) => return Some(templates),
        Err(errors) => errors,
    };
    for error in errors {
        match (&error, error.file()) {
            (MessageError::Wording { field, why }, _) => {
                document.add(&format!("wording.{field}"), *why, error.remedy());
            }
            (_, Some(file)) => folder
                .add(Fault { line: error.line(), ..Fault::of_file(&dir.join(file), error.what(), error.remedy()) }),
            (_, None) => folder.fault(dir, error.what(), error.remedy()),
        }
    }
    None
}
