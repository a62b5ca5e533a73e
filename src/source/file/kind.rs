//! What kind of file this is, told from its bytes and never from its name.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    sync::Arc,
};

use crate::source::SourceError;

/// A kind that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text that should be a CSV.
    Text,
    /// A ZIP archive that should be a workbook.
    Workbook,
}

/// First bytes of the files that clerks take for an export, what they are, and
/// what to do with them.
const OTHERS: [(&[u8], &str, &str); 8] = [
    (b"%PDF", "a PDF", "export the list itself from the platform"),
    (
        b"\xD0\xCF\x11\xE0",
        "an old .xls or a workbook with a password",
        "open it in Excel or WPS and save it as .xlsx without a password",
    ),
    (b"\xFF\xFE", "UTF-16 text", "save it as \"CSV UTF-8\""),
    (b"\xFE\xFF", "UTF-16 text", "save it as \"CSV UTF-8\""),
    (b"\x1F\x8B", "a gzip archive", "unpack it first"),
    (b"Rar!", "a RAR archive", "unpack it first"),
    (b"\x89PNG", "a picture", "export the list itself from the platform"),
    (b"\xFF\xD8\xFF", "a picture", "export the list itself from the platform"),
];

/// Tells the kind of an opened file and rewinds it.
///
/// # Errors
///
/// When the file is of no kind that is read, is empty, or is a ZIP archive
/// without its end.
pub(super) fn kind(file: &mut File, name: &Arc<str>) -> Result<Kind, SourceError> {
    let unreadable = |source| SourceError::FileUnreadable { file: name.clone(), source };
    let refused = |what, remedy| Err(SourceError::NotAnExport { file: name.clone(), what, remedy });
    let mut start = Vec::new();
    file.by_ref().take(512).read_to_end(&mut start).map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    if start.is_empty() {
        return refused("empty", "export it again");
    }
    if let Some((_, what, remedy)) = OTHERS.iter().find(|(magic, ..)| start.starts_with(magic)) {
        return refused(what, remedy);
    }
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        return match has_archive_end(file).map_err(unreadable)? {
            true => Ok(Kind::Workbook),
            false => Err(SourceError::TruncatedWorkbook { file: name.clone() }),
        };
    }
    let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&start).trim_ascii_start();
    if text.starts_with(b"<") {
        // Many platforms call an HTML table `.xls`.
        return refused("a web page or XML", "open it in Excel or WPS and save it as .xlsx");
    }
    Ok(Kind::Text)
}

/// Whether the archive's closing record is there: it stands in the last 64 KiB.
fn has_archive_end(file: &mut File) -> io::Result<bool> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(66_000)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    file.rewind()?;
    Ok(end.windows(4).any(|four| four == b"PK\x05\x06"))
}
