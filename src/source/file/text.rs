//! Lines of text in UTF-8 or GB18030, told apart by the whole file.
//!
//! A file is read twice: once to prove what it is written in, once for its
//! lines. A guess from the first lines would turn the tail of a file that two
//! programs wrote into nonsense without a word.

use std::{
    borrow::Cow,
    fs::File,
    io::{BufRead, BufReader, Read, Seek},
    sync::Arc,
};

use encoding_rs::GB18030;

use crate::source::{Place, SourceError};

/// A longer line is not text that a platform exports; it bounds the memory.
const LONGEST: u64 = 1 << 20;

/// From so many bytes of Chinese text on, a line that is valid UTF-8 is UTF-8
/// and not GB18030 that happens to look like it.
const CERTAINLY_UTF8: usize = 24;

/// What the characters are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Charset {
    Utf8,
    Gb18030,
}

/// The lines of a text file, decoded, each with its line break.
pub(in crate::source) struct Lines {
    input: BufReader<File>,
    file: Arc<str>,
    charset: Charset,
    bytes: Vec<u8>,
    line: u64,
    /// Characters that may stand between the cells, the likeliest first.
    pub(in crate::source) delimiters: [char; 3],
}

impl Lines {
    /// Proves the charset of the whole file and goes back to its start.
    ///
    /// # Errors
    ///
    /// When the file is binary, is in neither charset or in both, or ends in
    /// the middle of a character.
    pub(in crate::source) fn open(file: File, name: Arc<str>) -> Result<Self, SourceError> {
        let mut lines = Self {
            input: BufReader::with_capacity(1 << 16, file),
            file: name,
            charset: Charset::Utf8,
            bytes: Vec::new(),
            line: 0,
            delimiters: DELIMITERS,
        };
        lines.probe()?;
        lines.again()
    }

    /// The same lines from the start.
    ///
    /// # Errors
    ///
    /// When the file cannot go back.
    pub(in crate::source) fn again(&self) -> Result<Self, SourceError> {
        let file = self.input.get_ref().try_clone().and_then(|mut file| file.rewind().map(|()| file));
        let file = file.map_err(|source| self.unreadable(source))?;
        let input = BufReader::with_capacity(1 << 16, file);
        Ok(Self { input, file: self.file.clone(), bytes: Vec::new(), line: 0, ..*self })
    }

    /// The next line with its number, counted from 1.
    pub(in crate::source) fn next(&mut self) -> Result<Option<(u64, Cow<'_, str>)>, SourceError> {
        if !self.fill()? {
            return Ok(None);
        }
        let text = match self.charset {
            // Proved by `probe`; a file that changed meanwhile shows as replacement characters.
            Charset::Utf8 => {
                let bytes = if self.line == 1 { without_bom(&self.bytes) } else { &self.bytes };
                String::from_utf8_lossy(bytes)
            }
            Charset::Gb18030 => GB18030.decode_without_bom_handling(&self.bytes).0,
        };
        Ok(Some((self.line, text)))
    }

    /// Where the reader stands.
    pub(in crate::source) fn place(&self, line: u64) -> Place {
        Place { file: self.file.clone(), sheet: None, row: line }
    }

    fn fill(&mut self) -> Result<bool, SourceError> {
        self.bytes.clear();
        let read = self.input.by_ref().take(LONGEST).read_until(b'\n', &mut self.bytes);
        let read = read.map_err(|source| self.unreadable(source))?;
        self.line += 1;
        if read as u64 == LONGEST {
            return Err(self.refused("the line is longer than 1 MiB, this is no CSV export"));
        }
        Ok(read > 0)
    }

    fn probe(&mut self) -> Result<(), SourceError> {
        let mut found = Found::default();
        let mut counts = [0; DELIMITERS.len()];
        while self.fill()? {
            if self.bytes.contains(&0) {
                return Err(self.refused("the file holds binary data"));
            }
            if self.line <= 20 {
                for (count, delimiter) in counts.iter_mut().zip(DELIMITERS) {
                    *count = self.bytes.iter().filter(|byte| **byte == delimiter as u8).count().max(*count);
                }
            }
            if self.line == 1 && self.bytes.starts_with(BOM) {
                found.bom = true;
            }
            found.add(&self.bytes, self.line);
        }
        self.charset = found.charset().map_err(|(line, what)| match what {
            CUT => SourceError::HalfWritten { place: self.place(line), what },
            _ => SourceError::Encoding { place: self.place(line), what },
        })?;
        // A stable sort: the comma wins a draw.
        let mut by_count: Vec<_> = DELIMITERS.into_iter().zip(counts).collect();
        by_count.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        self.delimiters = std::array::from_fn(|at| by_count[at].0);
        Ok(())
    }

    fn refused(&self, what: &'static str) -> SourceError {
        SourceError::Encoding { place: self.place(self.line), what }
    }

    fn unreadable(&self, source: std::io::Error) -> SourceError {
        SourceError::FileUnreadable { file: self.file.clone(), source }
    }
}

const BOM: &[u8] = b"\xEF\xBB\xBF";
const DELIMITERS: [char; 3] = [',', '\t', ';'];
const CUT: &str = "the file ends in the middle of a character";
const NEITHER: &str = "the text is neither UTF-8 nor GB18030";
const BOTH: &str = "the text is UTF-8 in one part and GB18030 in another";

fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BOM).unwrap_or(bytes)
}

/// What the lines so far are, each by the first line of its kind.
#[derive(Default)]
struct Found {
    bom: bool,
    not_utf8: Option<u64>,
    not_gb18030: Option<u64>,
    neither: Option<u64>,
    surely_utf8: Option<u64>,
    /// The last line, if it ends within a character of the one or the other.
    cut_utf8: Option<u64>,
    cut_gb18030: Option<u64>,
}

impl Found {
    fn add(&mut self, bytes: &[u8], line: u64) {
        if bytes.is_ascii() {
            return;
        }
        let utf8 = std::str::from_utf8(bytes);
        let is_gb18030 = decodes(bytes);
        match utf8 {
            Ok(_) if bytes.iter().filter(|byte| !byte.is_ascii()).count() >= CERTAINLY_UTF8 => {
                self.surely_utf8.get_or_insert(line);
            }
            Ok(_) => {}
            // No length: the bytes end within a character, which only the last line can.
            Err(error) if error.error_len().is_none() => self.cut_utf8 = Some(line),
            Err(_) => {
                self.not_utf8.get_or_insert(line);
            }
        }
        if !is_gb18030 {
            let ends_within =
                !bytes.ends_with(b"\n") && (1..=3).any(|cut| decodes(&bytes[..bytes.len().saturating_sub(cut)]));
            match (utf8.is_err(), ends_within) {
                (true, true) => self.cut_gb18030 = Some(line),
                (true, false) => {
                    self.neither.get_or_insert(line);
                }
                (false, _) => {
                    self.not_gb18030.get_or_insert(line);
                }
            }
        }
    }

    fn charset(&self) -> Result<Charset, (u64, &'static str)> {
        match (self.not_utf8, self.cut_utf8) {
            (None, None) => return Ok(Charset::Utf8),
            (None, Some(line)) if self.bom || self.surely_utf8.is_some() => return Err((line, CUT)),
            (_, _) => {}
        }
        let foreign = self.not_utf8.or(self.cut_utf8).unwrap_or(1);
        let utf8 = if self.bom { Some(1) } else { self.surely_utf8.or(self.not_gb18030) };
        match (self.neither, utf8, self.cut_gb18030) {
            (Some(line), ..) => Err((line, NEITHER)),
            (None, Some(line), _) => Err((line.max(foreign), BOTH)),
            (None, None, Some(line)) => Err((line, CUT)),
            (None, None, None) => Ok(Charset::Gb18030),
        }
    }
}

fn decodes(bytes: &[u8]) -> bool {
    GB18030.decode_without_bom_handling_and_without_replacement(bytes).is_some()
}
