//! Who may read a file that holds a secret.

use std::{io, os::unix::fs::PermissionsExt, path::Path};

/// Why a file is not fit for a secret.
#[derive(Debug)]
pub enum RightsError {
    /// It cannot be read.
    Unreadable(io::Error),
    /// Others than owner and group may read it.
    Open,
}

/// Refuses a file that everybody may read, write or run.
pub fn refuse_open(path: &Path) -> Result<(), RightsError> {
    let mode = std::fs::metadata(path).map_err(RightsError::Unreadable)?.permissions().mode();
    if mode & 0o007 == 0 { Ok(()) } else { Err(RightsError::Open) }
}
