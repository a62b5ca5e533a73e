//! Where one message ends and the next begins.

use super::{CodecError, Command};

/// Length, command and sequence.
pub(super) const HEADER: usize = 12;
/// The longest message that is believed; the longest legal one has about 3,500.
pub(super) const LONGEST: usize = 4096;

/// A message whose fields are not yet read.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its Command_Id.
    pub id: u32,
    /// Its Sequence_Id.
    pub sequence: u32,
    /// What follows the header.
    pub(super) body: Vec<u8>,
}

impl std::fmt::Debug for Frame {
    /// A text or a number may stand in the body.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame({:08x} #{}, {} bytes)", self.id, self.sequence, self.body.len())
    }
}

/// A message: its header, and what is behind it.
pub(super) fn framed(command: Command, sequence: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    // No message that is written here comes near the end of the number.
    let length = u32::try_from(HEADER + body.len()).unwrap_or(u32::MAX);
    for number in [length, command.id(), sequence] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    bytes.extend_from_slice(body);
    bytes
}

/// Cuts what arrives, in whatever pieces, into messages.
#[derive(Default)]
pub struct Splitter {
    held: Vec<u8>,
}

impl std::fmt::Debug for Splitter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Splitter({} bytes)", self.held.len())
    }
}

impl Splitter {
    /// Takes what has arrived; ask [`Self::frame`] until it has nothing.
    pub fn push(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// The next message that is there to its end.
    ///
    /// # Errors
    ///
    /// When its length cannot be right. The stream is lost then.
    pub fn frame(&mut self) -> Result<Option<Frame>, CodecError> {
        let Some((header, rest)) = self.held.split_first_chunk::<HEADER>() else {
            // Even four bytes are enough to see that this is something else.
            return match self.held.first_chunk::<4>() {
                Some(length) => checked(u32::from_be_bytes(*length)).map(|_| None),
                None => Ok(None),
            };
        };
        let [l0, l1, l2, l3, c0, c1, c2, c3, s0, s1, s2, s3] = *header;
        let length = checked(u32::from_be_bytes([l0, l1, l2, l3]))?;
        let Some(body) = rest.get(..length - HEADER) else { return Ok(None) };
        let frame = Frame {
            id: u32::from_be_bytes([c0, c1, c2, c3]),
            sequence: u32::from_be_bytes([s0, s1, s2, s3]),
            body: body.to_vec(),
        };
        self.held.drain(..length);
        Ok(Some(frame))
    }

    /// Bytes that wait for the rest of their message.
    pub fn held(&self) -> usize {
        self.held.len()
    }
}

/// A length that may be one.
fn checked(length: u32) -> Result<usize, CodecError> {
    match usize::try_from(length) {
        Ok(length) if (HEADER..=LONGEST).contains(&length) => Ok(length),
        Ok(_) | Err(_) => Err(CodecError::TotalLength { found: length, most: LONGEST }),
    }
}
