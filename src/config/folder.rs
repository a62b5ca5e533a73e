//! The files of a settings folder.

use std::{
    io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::Fault;

/// Reads files and remembers what could not be read, and a print of all that was.
pub struct Folder {
    faults: Vec<Fault>,
    print: Sha256,
}

impl Folder {
    pub fn new() -> Self {
        Self { faults: Vec::new(), print: Sha256::new() }
    }

    /// The text of a file; `None` if it is not there, or cannot be read, which is
    /// a fault.
    pub fn text(&mut self, file: &Path) -> Option<String> {
        let bytes = match std::fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                self.fault(file, format!("it cannot be read ({error})"), "let the user that runs duban read it");
                return None;
            }
        };
        self.seen(file, &bytes);
        match String::from_utf8(bytes) {
            // Notepad writes a mark in front of UTF-8, which no parser wants.
            Ok(text) => Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
            Err(_) => {
                self.fault(file, "it is not UTF-8", "save it as UTF-8");
                None
            }
        }
    }

    /// The text of a file without which nothing can be done.
    pub fn needed(&mut self, file: &Path) -> Option<String> {
        let before = self.faults.len();
        let text = self.text(file);
        if text.is_none() && self.faults.len() == before {
            let remedy = "copy it from config/ of the source or package, or name another folder with --config";
            self.fault(file, "it is not there", remedy);
        }
        text
    }

    /// The files of a folder with this ending, sorted by name; none if there is no folder.
    pub fn list(&mut self, folder: &Path, ending: &str) -> Vec<PathBuf> {
        let names = match std::fs::read_dir(folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                self.fault(folder, format!("it cannot be read ({error})"), "let the user that runs duban read it");
                return Vec::new();
            }
        };
        let mut files: Vec<PathBuf> = names.iter().map(std::fs::DirEntry::path).collect();
        files.retain(|file| file.is_file() && file.extension().is_some_and(|found| found == ending));
        files.sort();
        files
    }

    /// Adds what is not in a file of the folder to the print.
    pub fn seen(&mut self, file: &Path, bytes: &[u8]) {
        let name = file.as_os_str().as_encoded_bytes();
        for part in [name, bytes] {
            self.print.update((part.len() as u64).to_le_bytes());
            self.print.update(part);
        }
    }

    pub fn fault(&mut self, file: &Path, what: impl Into<String>, remedy: impl Into<String>) {
        self.faults.push(Fault::of_file(file, what, remedy));
    }

    pub fn add(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub fn extend(&mut self, faults: Vec<Fault>) {
        self.faults.extend(faults);
    }

    /// Every fault, and the print of all that was read.
    pub fn finish(self) -> (Vec<Fault>, [u8; 32]) {
        (self.faults, self.print.finalize().into())
    }
}
