//! The files beside `duban.toml`, each parsed by its own room.

use std::path::Path;

use super::{Document, Fault, folder::Folder, settings};
use crate::{
    channel::{self, Trial},
    message::{MessageError, Templates, Wording, form},
    roster::Roster,
    rules::{Rules, RulesError},
    source::{ColumnMap, SourceError},
};

/// The shipped rules; they stand in for what does not fit, to find the next fault.
const RULES: &str = include_str!("../../config/rules.toml");

/// `rules.toml`.
pub fn rules(file: &Path, folder: &mut Folder) -> Option<Rules> {
    let text = folder.needed(file)?;
    let mut document = Document::parse(file.to_owned(), &text);
    let readable: Option<Rules> = document.whole(RULES);
    let parsed = Rules::parse(&file.to_string_lossy(), &text);
    if let Err(RulesError::OutOfBounds { key, value, bounds, .. }) = &parsed {
        document.add(key, format!("{value} is out of bounds"), format!("write {bounds}"));
    }
    let faults = document.finish();
    match parsed {
        Ok(rules) if faults.is_empty() && readable.is_some() => return Some(rules),
        Err(RulesError::NotReadable { detail, .. }) if faults.is_empty() => {
            folder.fault(file, detail, "correct the value");
        }
        Ok(_) | Err(_) => folder.extend(faults),
    }
    None
}

/// `roster.toml`.
pub fn roster(file: &Path, folder: &mut Folder) -> Option<Roster> {
    let text = folder.needed(file)?;
    match Roster::from_toml(&file.to_string_lossy(), &text) {
        Ok(roster) => Some(roster),
        Err(errors) => {
            for error in errors {
                let (file, key, what) = (file.to_owned(), error.field, error.fault.to_string());
                let remedy = error.fault.remedy().to_owned();
                folder.add(Fault { file, line: error.line, key, what, remedy });
            }
            None
        }
    }
}

/// `columns/<name>.toml`, or for one that is shipped the one in the binary.
pub fn columns(dir: &Path, name: &str, folder: &mut Folder) -> Option<ColumnMap> {
    if !settings::is_plain(name) {
        return None;
    }
    let file = dir.join("columns").join(format!("{name}.toml"));
    let parsed = match folder.text(&file) {
        Some(text) => ColumnMap::parse(&file.to_string_lossy(), &text),
        None => match ColumnMap::shipped(name) {
            Some(parsed) => parsed,
            None => {
                folder.fault(&file, "it is not there", "create it from columns/default.toml, or correct store.columns");
                return None;
            }
        },
    };
    parsed.map_err(|error| folder.add(of_columns(&file, &error))).ok()
}

fn of_columns(file: &Path, error: &SourceError) -> Fault {
    let remedy = "correct the line; the comment at the top of the shipped file says how";
    match error {
        SourceError::ColumnMapFault { line, fault, .. } => {
            Fault { line: Some(*line), ..Fault::of_file(file, fault, remedy) }
        }
        other => Fault::of_file(file, crate::telemetry::chain(other), remedy),
    }
}

/// The wording with which texts are measured: with the longest name on the roster.
pub fn measured(wording: &Wording, roster: Option<&Roster>) -> Wording {
    let mut wording = wording.clone();
    for unit in roster.map(Roster::units).unwrap_or_default() {
        if unit.name.chars().count() > wording.widest_unit.chars().count() {
            wording.widest_unit = unit.name.to_string();
        }
    }
    wording
}

/// `templates/*.txt` over those in the binary.
pub fn templates(dir: &Path, wording: &Wording, folder: &mut Folder, document: &mut Document<'_>) -> Option<Templates> {
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

/// What channels are tried with.
pub fn trial(channels: &channel::Settings, templates: &Templates, wording: &Wording, roster: Option<&Roster>) -> Trial {
    let units = roster.map(Roster::units).unwrap_or_default().iter().map(|unit| unit.code.to_string()).collect();
    // They are many, and only those who fill approved texts look at them.
    let forms = if channels.fills_forms() { form::widest(templates, wording) } else { Vec::new() };
    Trial { forms, subject_prefix: wording.subject_prefix.clone(), units }
}
