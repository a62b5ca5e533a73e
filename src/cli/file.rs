//! The files of an import: read whole, written whole.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use super::exit::Stop;

/// The text of a file in UTF-8 or, as spreadsheet programs write it, GB18030.
///
/// # Errors
///
/// When it cannot be read, or is neither.
pub fn text(file: &Path) -> anyhow::Result<String> {
    let bytes = fs::read(file).map_err(|e| Stop::bad_input(format!("{}: cannot be read: {e}", file.display())))?;
    decoded(&file.display().to_string(), bytes)
}

/// The text of bytes in UTF-8 or GB18030; `name` says where they come from.
///
/// # Errors
///
/// When they are neither.
pub fn decoded(name: &str, bytes: Vec<u8>) -> anyhow::Result<String> {
    String::from_utf8(bytes).or_else(|error| {
        let (text, _, has_faults) = encoding_rs::GB18030.decode(error.as_bytes());
        if has_faults {
            let fault = "the text is neither UTF-8 nor GB18030; save it as UTF-8";
            return Err(Stop::bad_input(format!("{name}: {fault}")));
        }
        Ok(text.into_owned())
    })
}

/// Puts a text in the place of a file: whoever reads it sees the old or the new and
/// never a part. The old one stays beside it as `.bak`, with its mode; a file that
/// is made anew gets `mode`.
///
/// # Errors
///
/// When it cannot be written; the old file is untouched then.
pub fn replace(file: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let failed = |error: io::Error| Stop::bad_input(format!("{}: cannot be written: {error}", file.display()));
    let mode = match fs::metadata(file) {
        Ok(old) => {
            let old_text = fs::read(file).map_err(failed)?;
            put(&beside(file, "bak"), &old_text, old.permissions().mode()).map_err(failed)?;
            old.permissions().mode()
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => mode,
        Err(error) => return Err(failed(error)),
    };
    put(file, text.as_bytes(), mode).map_err(failed)
}

/// Writes a file under another name, and gives it its own when it is whole.
fn put(file: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let part = beside(file, "part");
    let written = write(&part, bytes, mode).and_then(|()| fs::rename(&part, file));
    if written.is_err() {
        // The first error says more than that of the clearing away.
        let _ = fs::remove_file(&part);
    }
    written?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // The name is on the disk only when the folder is.
    File::open(folder)?.sync_all()
}

fn write(file: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut open = OpenOptions::new().write(true).create(true).truncate(true).mode(mode & 0o777).open(file)?;
    open.set_permissions(fs::Permissions::from_mode(mode & 0o777))?;
    open.write_all(bytes)?;
    open.sync_all()
}

/// `roster.toml.bak` of `roster.toml`.
fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}
