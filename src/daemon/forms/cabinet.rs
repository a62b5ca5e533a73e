//! The folder of the forms: for its owner only, and a file is there whole or not at all.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Where forms go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cabinet {
    /// A folder; it is made when the first form comes.
    Folder(PathBuf),
    /// Nowhere: forms get numbers and are told of, and none is written (`simulate`).
    Paperless,
}

/// Writes a file beneath a folder. What stands there under the name and is another
/// document is kept under a name of its own: people may have written into it.
///
/// # Errors
///
/// When the file cannot be written whole; nothing of it is left then.
pub fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let file = folder.join(name);
    let dir = file.parent().unwrap_or(folder);
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let stands = match fs::read(&file) {
        Ok(there) if there == bytes => return Ok(()),
        Ok(_) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error),
    };
    let beside = file.with_extension("new");
    let keep = || if stands { fs::rename(&file, aside(&file)) } else { Ok(()) };
    let written = put(&beside, bytes).and_then(|()| keep()).and_then(|()| fs::rename(&beside, &file));
    if written.is_err() {
        // Half a file is of no use, and may fill the disk; if it stays, the next
        // attempt writes over it.
        let _ = fs::remove_file(&beside);
    }
    written?;
    // The name is safe only once the folder is.
    File::open(dir)?.sync_all()
}

fn put(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut open = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(file)?;
    open.write_all(bytes)?;
    open.sync_all()
}

/// The first free name of an earlier document: `order-7.old1.docx`.
fn aside(file: &Path) -> PathBuf {
    let names = (1_u32..).map(|n| file.with_extension(format!("old{n}.docx")));
    names.into_iter().find(|name| !name.exists()).unwrap_or_else(|| file.with_extension("old.docx"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn write_makes_a_folder_and_a_file_for_the_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("forms");
        write(&folder, "2026/order-7.docx", b"one").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!([mode(&folder), mode(&folder.join("2026"))], [0o700; 2]);
        assert_eq!(mode(&folder.join("2026/order-7.docx")), 0o600);
        assert_eq!(fs::read_dir(folder.join("2026")).unwrap().count(), 1);
    }

    #[test]
    fn write_keeps_what_people_wrote_under_another_name() {
        let dir = tempfile::tempdir().unwrap();
        for text in [b"one", b"one", b"two", b"six"] {
            write(dir.path(), "order-7.docx", text).unwrap();
        }
        let read = |name: &str| fs::read(dir.path().join(name)).unwrap();
        assert_eq!(read("order-7.docx"), b"six");
        assert_eq!((read("order-7.old1.docx"), read("order-7.old2.docx")), (b"one".to_vec(), b"two".to_vec()));
    }

    #[test]
    fn write_leaves_nothing_behind_where_it_cannot() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("2026"), "a file").unwrap();
        assert!(write(dir.path(), "2026/order-7.docx", b"one").is_err());
        assert_eq!(fs::read(dir.path().join("2026")).unwrap(), b"a file");
    }
}
