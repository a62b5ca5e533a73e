//! What a client is sent.

use std::fmt;

use md5::{Digest, Md5};

use super::{CodecError, Command, StatusReport, Version, field::Reader, frame::Frame};

/// A message from the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// The answer to the log-in.
    Connect(ConnectAnswer),
    /// The answer to an SMS.
    Submit(SubmitAnswer),
    /// A report, or what a user has written.
    Deliver(Deliver),
    /// Are we there?
    ActiveTest,
    /// It is there.
    ActiveTestResp,
    /// It says goodbye.
    Terminate,
    /// It answers our goodbye.
    TerminateResp,
    /// Something that no client is asked; it is passed over.
    Other,
}

/// CONNECT_RESP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectAnswer {
    /// 0, or why not.
    pub status: u32,
    /// What proves the gateway to us, if it keeps to the specification.
    pub authenticator: [u8; 16],
    /// The version whose layout the answer has; what it names as its own may lie.
    pub version: Version,
}

/// SUBMIT_RESP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubmitAnswer {
    /// The gateway's name for the message.
    pub msg_id: MsgId,
    /// 0, or why not.
    pub result: u32,
}

/// DELIVER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deliver {
    /// The name of this message, which its answer repeats.
    pub msg_id: MsgId,
    /// The report, or `None` for what a user has written, which nobody reads here.
    pub report: Option<StatusReport>,
}

/// The gateway's name for a message. Its text is the decimal number, without
/// zeros in front, however a report or a log may write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MsgId(pub u64);

impl fmt::Display for MsgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ConnectAnswer {
    /// Whether the gateway knows the secret as well: MD5 over status, our own proof
    /// and the secret. Some hash one byte of the status, some four.
    pub fn is_genuine(&self, ours: &[u8; 16], secret: &str) -> bool {
        let status = self.status.to_be_bytes();
        [&status[..], &status[3..]].into_iter().any(|status| {
            let mut md5 = Md5::new();
            md5.update(status);
            md5.update(ours);
            md5.update(secret.as_bytes());
            let proof: [u8; 16] = md5.finalize().into();
            proof == self.authenticator
        })
    }
}

impl Frame {
    /// Reads the fields.
    ///
    /// # Errors
    ///
    /// A field that is not there. The stream goes on behind it.
    pub fn read(&self, version: Version) -> Result<Received, CodecError> {
        match Command::of(self.id) {
            Some(Command::ConnectResp) => connect_answer(&self.body).map(Received::Connect),
            Some(Command::SubmitResp) => submit_answer(&self.body).map(Received::Submit),
            Some(Command::Deliver) => deliver(&self.body, version).map(Received::Deliver),
            Some(Command::ActiveTest) => Ok(Received::ActiveTest),
            Some(Command::ActiveTestResp) => Ok(Received::ActiveTestResp),
            Some(Command::Terminate) => Ok(Received::Terminate),
            Some(Command::TerminateResp) => Ok(Received::TerminateResp),
            Some(Command::Connect | Command::Submit | Command::DeliverResp) | None => Ok(Received::Other),
        }
    }
}

fn connect_answer(body: &[u8]) -> Result<ConnectAnswer, CodecError> {
    let message = Command::ConnectResp.name();
    let mut fields = Reader::new(message, body);
    let (status, version) = match body.len() {
        18 => (u32::from(fields.byte("Status")?), Version::V2),
        21 => (u32::from_be_bytes(fields.array("Status")?), Version::V3),
        found => return Err(CodecError::Size { message, found }),
    };
    Ok(ConnectAnswer { status, authenticator: fields.array("AuthenticatorISMG")?, version })
}

/// By its own length: a gateway may answer in the other version's form.
fn submit_answer(body: &[u8]) -> Result<SubmitAnswer, CodecError> {
    let message = Command::SubmitResp.name();
    let mut fields = Reader::new(message, body);
    let msg_id = MsgId(u64::from_be_bytes(fields.array("Msg_Id")?));
    let result = match body.len() {
        9 => u32::from(fields.byte("Result")?),
        12 => u32::from_be_bytes(fields.array("Result")?),
        found => return Err(CodecError::Size { message, found }),
    };
    Ok(SubmitAnswer { msg_id, result })
}

fn deliver(body: &[u8], version: Version) -> Result<Deliver, CodecError> {
    let mut fields = Reader::new(Command::Deliver.name(), body);
    let msg_id = MsgId(u64::from_be_bytes(fields.array("Msg_Id")?));
    fields.bytes("Dest_Id", 21)?;
    fields.bytes("Service_Id", 10)?;
    fields.bytes("TP_pid, TP_udhi, Msg_Fmt", 3)?;
    fields.bytes("Src_terminal_Id", version.number())?;
    if version == Version::V3 {
        fields.byte("Src_terminal_type")?;
    }
    let registered = fields.byte("Registered_Delivery")?;
    let length = fields.byte("Msg_Length")?;
    let content = fields.bytes("Msg_Content", usize::from(length))?;
    // What follows is reserved, and some gateways leave it out.
    Ok(Deliver { msg_id, report: (registered == 1).then(|| StatusReport::read(content)) })
}
