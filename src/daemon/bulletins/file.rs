//! A file that is whole or not there, and that only its owner may read.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

/// Writes beside the file and then moves it into place.
pub(super) fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let written = put(Path::new(&beside), bytes).and_then(|()| fs::rename(&beside, file));
    if written.is_err() {
        // What is left of it is of no use; that it cannot be removed changes nothing.
        let _ = fs::remove_file(&beside);
    }
    written?;
    // The move itself is to outlast a power cut.
    File::open(folder)?.sync_all()
}

fn put(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut open = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(file)?;
    open.write_all(bytes)?;
    open.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn write_makes_a_file_and_its_folders_for_the_owner_only() {
        let state = tempfile::tempdir().unwrap();
        let file = state.path().join("reports/2026/week-38.txt");
        write(&file, b"first").unwrap();
        write(&file, b"second").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"second");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            [mode(&file), mode(file.parent().unwrap()), mode(&state.path().join("reports"))],
            [0o600, 0o700, 0o700]
        );
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn write_leaves_nothing_behind_where_it_cannot() {
        let state = tempfile::tempdir().unwrap();
        let file = state.path().join("2026");
        fs::create_dir(&file).unwrap();
        assert!(write(&file, b"text").is_err());
        assert_eq!(fs::read_dir(state.path()).unwrap().count(), 1);
    }
}
