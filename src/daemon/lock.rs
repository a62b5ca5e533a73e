//! One daemon a ledger.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// Why the ledger cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another daemon works on it.
    #[error("{ledger} is in use by another `duban run`; stop that one first, or give this one a ledger of its own")]
    Taken { ledger: PathBuf },
    /// The lock file cannot be made.
    #[error("{file} cannot be locked; see that the folder is there and the user of duban may write to it")]
    File {
        file: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// Held as long as the daemon runs; the system gives it up when the process
/// ends, however that happens.
#[derive(Debug)]
pub struct LedgerLock(#[expect(dead_code, reason = "the lock lives as long as the open file")] File);

impl LedgerLock {
    /// Takes the ledger for this process.
    ///
    /// # Errors
    ///
    /// When another process holds it, or the lock file cannot be made.
    pub fn take(ledger: &Path) -> Result<Self, LockError> {
        let file = ledger.with_extension("lock");
        let fault = |source| LockError::File { file: file.clone(), source };
        let open = OpenOptions::new().create(true).write(true).truncate(false).open(&file).map_err(fault)?;
        match open.try_lock() {
            Ok(()) => Ok(Self(open)),
            Err(TryLockError::WouldBlock) => Err(LockError::Taken { ledger: ledger.to_owned() }),
            Err(TryLockError::Error(source)) => Err(fault(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_is_taken_once_and_free_again_when_its_holder_ends() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = dir.path().join("ledger.db");
        let first = LedgerLock::take(&ledger).unwrap();
        assert!(matches!(LedgerLock::take(&ledger), Err(LockError::Taken { .. })));
        drop(first);
        LedgerLock::take(&ledger).unwrap();
    }
}
