//! The bytes of CMPP 2.0 and 3.0: what a client sends and what it is sent.
//!
//! It knows no network and no clock. Whatever the bytes are, reading them gives a
//! message or says what is wrong with which field; it never panics and never keeps
//! more than one message. It leaves out QUERY and CANCEL, which nobody here asks,
//! and the texts that users send.

use md5::{Digest, Md5};
use serde::Deserialize;

mod field;
mod frame;
mod received;
mod report;
mod sent;
mod text;

pub use frame::{Frame, Splitter};
pub use received::{ConnectAnswer, Deliver, MsgId, Received, SubmitAnswer};
pub use report::StatusReport;
pub use sent::{Registered, Sent, Submit};
pub use text::{Content, contents};

/// The version that both sides speak; it decides the layout of most messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Version {
    #[serde(rename = "2.0")]
    V2,
    #[serde(rename = "3.0")]
    V3,
}

impl Version {
    /// How CONNECT names it.
    pub fn byte(self) -> u8 {
        match self {
            Self::V2 => 0x20,
            Self::V3 => 0x30,
        }
    }

    /// The length of a field with a telephone number.
    fn number(self) -> usize {
        match self {
            Self::V2 => 21,
            Self::V3 => 32,
        }
    }
}

/// The commands that pass between a client and its gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Connect,
    ConnectResp,
    Terminate,
    TerminateResp,
    Submit,
    SubmitResp,
    Deliver,
    DeliverResp,
    ActiveTest,
    ActiveTestResp,
}

impl Command {
    const ALL: [Command; 10] = [
        Command::Connect,
        Command::ConnectResp,
        Command::Terminate,
        Command::TerminateResp,
        Command::Submit,
        Command::SubmitResp,
        Command::Deliver,
        Command::DeliverResp,
        Command::ActiveTest,
        Command::ActiveTestResp,
    ];

    /// Its Command_Id.
    pub fn id(self) -> u32 {
        match self {
            Self::Connect => 0x0000_0001,
            Self::ConnectResp => 0x8000_0001,
            Self::Terminate => 0x0000_0002,
            Self::TerminateResp => 0x8000_0002,
            Self::Submit => 0x0000_0004,
            Self::SubmitResp => 0x8000_0004,
            Self::Deliver => 0x0000_0005,
            Self::DeliverResp => 0x8000_0005,
            Self::ActiveTest => 0x0000_0008,
            Self::ActiveTestResp => 0x8000_0008,
        }
    }

    /// The command of a Command_Id, if it is one of these.
    pub fn of(id: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|command| command.id() == id)
    }

    /// Its name in the specification.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT",
            Self::ConnectResp => "CONNECT_RESP",
            Self::Terminate => "TERMINATE",
            Self::TerminateResp => "TERMINATE_RESP",
            Self::Submit => "SUBMIT",
            Self::SubmitResp => "SUBMIT_RESP",
            Self::Deliver => "DELIVER",
            Self::DeliverResp => "DELIVER_RESP",
            Self::ActiveTest => "ACTIVE_TEST",
            Self::ActiveTestResp => "ACTIVE_TEST_RESP",
        }
    }
}

/// Bytes that are no message, or a value that fits into none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The stream is lost: nobody knows where the next message begins.
    #[error("Total_Length {found} is not within 12 to {most}")]
    TotalLength { found: u32, most: usize },
    /// A message that ends within a field.
    #[error("{message} ends within {field}: it has {found} bytes behind its header")]
    Short { message: &'static str, field: &'static str, found: usize },
    /// A message whose length fits no version.
    #[error("{message} has {found} bytes behind its header, which fits neither 2.0 nor 3.0")]
    Size { message: &'static str, found: usize },
    /// A value that does not fit into its field.
    #[error("{field} has {found} bytes, at most {most} fit")]
    TooLong { field: &'static str, found: usize, most: usize },
    /// A value with characters that the field cannot hold.
    #[error("{field} holds something else than printable ASCII")]
    NotAscii { field: &'static str },
}

impl CodecError {
    /// The field at fault, as the settings name it where it is one of theirs.
    pub fn field(&self) -> &'static str {
        match self {
            Self::TotalLength { .. } | Self::Size { .. } => "Total_Length",
            Self::Short { field, .. } | Self::TooLong { field, .. } | Self::NotAscii { field } => field,
        }
    }
}

/// What proves a client to its gateway: MD5 over account, nine zero bytes, secret
/// and the time as ten digits `MMDDHHMMSS`.
///
/// ```
/// use duban::channel::cmpp::codec::authenticator;
/// let proof = authenticator("901234", "1234", "0901090203");
/// assert_eq!(hex::encode(proof), "73d90e51994da9367008231c40036316");
/// ```
pub fn authenticator(sp_id: &str, secret: &str, stamp: &str) -> [u8; 16] {
    let mut md5 = Md5::new();
    let mut account = [0; 6];
    for (byte, given) in account.iter_mut().zip(sp_id.bytes()) {
        *byte = given;
    }
    md5.update(account);
    md5.update([0; 9]);
    md5.update(secret.as_bytes());
    md5.update(stamp.as_bytes());
    md5.finalize().into()
}

#[cfg(test)]
mod tests;
