//! Text as UCS-2, most significant byte first, in one message or in parts.

use crate::message::sms;

/// What one message carries.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// Parts in all.
    pub total: u8,
    /// Which one this is, from 1.
    pub number: u8,
    /// Its bytes; those of a part begin with a header that names it.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Content {
    /// The words are nobody's business.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({}/{}, {} bytes)", self.number, self.total, self.bytes.len())
    }
}

impl Content {
    pub(super) fn is_part(&self) -> bool {
        self.total > 1
    }
}

/// A text in as many messages as it takes: up to 70 UTF-16 units alone, else 67 in
/// each. `reference` is the same in all parts, and another one for the next text to
/// the same number. `None`: it takes more than 255.
pub fn contents(text: &str, reference: u8) -> Option<Vec<Content>> {
    let parts = sms::parts(text);
    let total = u8::try_from(parts.len()).ok()?;
    let content = |(number, part): (u8, &str)| {
        let mut bytes = Vec::new();
        if total > 1 {
            // Five bytes follow: a text in parts, its reference, how many, which.
            bytes.extend([0x05, 0x00, 0x03, reference, total, number]);
        }
        bytes.extend(part.encode_utf16().flat_map(u16::to_be_bytes));
        Content { total, number, bytes }
    };
    Some((1..=total).zip(parts).map(content).collect())
}
