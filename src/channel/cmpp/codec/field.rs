//! Fields: unsigned numbers, most significant byte first, and texts of a fixed
//! width with zeros behind them.

use super::CodecError;

/// Writes a message behind its header.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub fn zeros(&mut self, count: usize) {
        self.bytes.resize(self.bytes.len() + count, 0);
    }

    /// A text of `width` bytes; one that is too long is refused, never cut.
    pub fn text(&mut self, field: &'static str, text: &str, width: usize) -> Result<(), CodecError> {
        fits(field, text, width)?;
        self.bytes(text.as_bytes());
        self.zeros(width - text.len());
        Ok(())
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Whether a text may stand in a field.
pub fn fits(field: &'static str, text: &str, most: usize) -> Result<(), CodecError> {
    if text.len() > most {
        return Err(CodecError::TooLong { field, found: text.len(), most });
    }
    if text.bytes().any(|byte| !matches!(byte, b' '..=b'~')) {
        return Err(CodecError::NotAscii { field });
    }
    Ok(())
}

/// Reads a message behind its header, field by field.
#[derive(Debug)]
pub struct Reader<'a> {
    message: &'static str,
    rest: &'a [u8],
    whole: usize,
}

impl<'a> Reader<'a> {
    pub fn new(message: &'static str, body: &'a [u8]) -> Self {
        Self { message, rest: body, whole: body.len() }
    }

    pub fn bytes(&mut self, field: &'static str, count: usize) -> Result<&'a [u8], CodecError> {
        let short = CodecError::Short { message: self.message, field, found: self.whole };
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(short)?;
        self.rest = rest;
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], CodecError> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(field, N)?);
        Ok(array)
    }

    pub fn byte(&mut self, field: &'static str) -> Result<u8, CodecError> {
        Ok(u8::from_be_bytes(self.array(field)?))
    }
}
