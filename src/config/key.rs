//! The key of the hashes of citizens' numbers: `number.key` in the state folder.
//!
//! It is made once and never changed: with another key equal numbers would no
//! longer be found to be equal to those that the ledger remembers.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rand::{TryRng, rngs::SysRng};

use super::rights::{self, RightsError};
use crate::ticket::NumberKey;

/// The name of the file.
pub const FILE: &str = "number.key";

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("{file} cannot be read or made; let the user that runs duban own its folder")]
    File {
        file: PathBuf,
        #[source]
        source: io::Error,
    },
    /// Everybody may read it.
    #[error("{file} can be read by everybody; run chmod 0600 on it")]
    Open { file: PathBuf },
    /// It does not hold a key.
    #[error("{file} does not hold 32 bytes; restore it from the backup of the ledger that it belongs to")]
    Damaged { file: PathBuf },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes for {file}")]
    Random {
        file: PathBuf,
        #[source]
        source: rand::rngs::SysError,
    },
}

/// The key in the folder `state`; made if there is none yet.
///
/// # Errors
///
/// When the file cannot be made or read, is readable by everybody, or is damaged.
pub fn number_key(state: &Path) -> Result<NumberKey, KeyError> {
    let file = state.join(FILE);
    let bytes = match OpenOptions::new().read(true).open(&file) {
        Ok(open) => read(&file, open),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(&file),
        Err(source) => Err(KeyError::File { file, source }),
    };
    bytes.map(NumberKey::new)
}

/// The key itself, for a backup.
///
/// # Errors
///
/// When there is none, or it cannot be used.
pub fn key_bytes(state: &Path) -> Result<[u8; 32], KeyError> {
    let file = state.join(FILE);
    let open = File::open(&file).map_err(|source| KeyError::File { file: file.clone(), source })?;
    read(&file, open)
}

/// Puts the key of a backup in its place. Another one that is there stays under the
/// name `number.key.<stamp>`.
///
/// # Errors
///
/// When a file cannot be written or moved.
pub fn put_key(state: &Path, key: &[u8; 32], stamp: &str) -> Result<(), KeyError> {
    let file = state.join(FILE);
    if key_bytes(state).is_ok_and(|there| there == *key) {
        return Ok(());
    }
    let fault = |source| KeyError::File { file: file.clone(), source };
    if file.exists() {
        std::fs::hard_link(&file, state.join(format!("{FILE}.{stamp}"))).map_err(fault)?;
    }
    let fresh = file.with_extension(format!("key.{}", std::process::id()));
    write(&fresh, key).and_then(|()| std::fs::rename(&fresh, &file)).map_err(fault)
}

fn read(file: &Path, open: File) -> Result<[u8; 32], KeyError> {
    let fault = |source| KeyError::File { file: file.to_owned(), source };
    match rights::refuse_open(file) {
        Ok(()) => {}
        Err(RightsError::Unreadable(source)) => return Err(fault(source)),
        Err(RightsError::Open) => return Err(KeyError::Open { file: file.to_owned() }),
    }
    let mut bytes = Vec::new();
    // One byte more than a key shows that the file holds something else.
    open.take(33).read_to_end(&mut bytes).map_err(fault)?;
    bytes.try_into().map_err(|_| KeyError::Damaged { file: file.to_owned() })
}

/// Written under another name first: a key is whole or not there.
fn make(file: &Path) -> Result<[u8; 32], KeyError> {
    let mut key = [0; 32];
    SysRng.try_fill_bytes(&mut key).map_err(|source| KeyError::Random { file: file.to_owned(), source })?;
    let fresh = file.with_extension(format!("key.{}", std::process::id()));
    // Unlike a rename, a link never replaces the key of another process.
    let written = write(&fresh, &key).and_then(|()| std::fs::hard_link(&fresh, file));
    let removed = std::fs::remove_file(&fresh);
    match written.and(removed) {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let open = File::open(file).map_err(|source| KeyError::File { file: file.to_owned(), source })?;
            read(file, open)
        }
        Err(source) => Err(KeyError::File { file: file.to_owned(), source }),
    }
}

fn write(file: &Path, key: &[u8; 32]) -> io::Result<()> {
    let mut open = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)?;
    open.write_all(key)?;
    open.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn number_key_is_made_once_and_only_for_its_owner() {
        let state = tempfile::tempdir().unwrap();
        let hash = || number_key(state.path()).unwrap().hash("13800012345");
        assert_eq!(hash(), hash());
        assert_ne!(hash(), NumberKey::new([0; 32]).hash("13800012345"));
        let file = state.path().join(FILE);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(state.path()).unwrap().count(), 1);
    }

    #[test]
    fn number_key_is_never_made_anew_over_a_damaged_one() {
        let state = tempfile::tempdir().unwrap();
        number_key(state.path()).unwrap();
        for bytes in [31, 33] {
            std::fs::write(state.path().join(FILE), vec![1; bytes]).unwrap();
            assert!(matches!(number_key(state.path()), Err(KeyError::Damaged { .. })), "{bytes}");
        }
    }

    #[test]
    fn number_key_is_refused_where_everybody_may_read_it() {
        let state = tempfile::tempdir().unwrap();
        number_key(state.path()).unwrap();
        let file = state.path().join(FILE);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(number_key(state.path()), Err(KeyError::Open { .. })));
    }
}
