//! What a client sends.

use super::{
    CodecError, Command, MsgId, Version, authenticator,
    field::{Writer, fits},
    frame::framed,
    text::Content,
};
use crate::ticket::Private;

/// A message to the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Logs in.
    Connect { sp_id: String, authenticator: [u8; 16], stamp: u32 },
    /// Hands over an SMS or a part of one.
    Submit(Box<Submit>),
    /// A message of the gateway's was taken.
    DeliverResp { msg_id: MsgId },
    /// Asks whether the gateway is there.
    ActiveTest,
    /// Says that we are.
    ActiveTestResp,
    /// Says goodbye.
    Terminate,
    /// Answers the gateway's goodbye.
    TerminateResp,
}

/// An SMS, or a part of one, to one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submit {
    /// The service's code, as the carrier gave it.
    pub service_id: String,
    /// Who pays: 0 the number, 1 its sender, 2 the account, 3 `fee_terminal`.
    pub fee_user_type: u8,
    /// The number that pays, if it is another one.
    pub fee_terminal: String,
    /// `01` nothing, `02` by message, …
    pub fee_type: String,
    /// The price in fen.
    pub fee_code: String,
    /// Whose message it is: the account.
    pub msg_src: String,
    /// The access number that the telephone shows.
    pub src_id: String,
    /// 0 to 9; the higher, the sooner.
    pub level: u8,
    /// Whether the gateway is to report what became of it.
    pub registered: Registered,
    /// The number.
    pub dest: Private<String>,
    /// The text or a part of it.
    pub content: Content,
}

/// Whether a report is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    Wanted,
    NotWanted,
}

/// UCS-2, the only encoding that is used here.
const UCS2: u8 = 8;

impl Sent {
    /// The message that logs in. `stamp` is the time as ten digits `MMDDHHMMSS`.
    pub fn connect(sp_id: &str, secret: &str, stamp: &str) -> Self {
        Self::Connect {
            sp_id: sp_id.to_owned(),
            authenticator: authenticator(sp_id, secret, stamp),
            // Ten digits of a date are below 1,300,000,000.
            stamp: stamp.parse().unwrap_or_default(),
        }
    }

    /// The whole message.
    ///
    /// # Errors
    ///
    /// A value that does not fit into its field.
    pub fn bytes(&self, version: Version, sequence: u32) -> Result<Vec<u8>, CodecError> {
        let mut out = Writer::default();
        match self {
            Self::Connect { sp_id, authenticator, stamp } => {
                out.text("sp_id", sp_id, 6)?;
                out.bytes(authenticator);
                out.byte(version.byte());
                out.bytes(&stamp.to_be_bytes());
            }
            Self::Submit(submit) => submit.write(version, &mut out)?,
            Self::DeliverResp { msg_id } => {
                out.bytes(&msg_id.0.to_be_bytes());
                out.zeros(version.result());
            }
            Self::ActiveTestResp => out.zeros(1),
            Self::ActiveTest | Self::Terminate | Self::TerminateResp => {}
        }
        Ok(framed(self.command(), sequence, &out.into_bytes()))
    }

    fn command(&self) -> Command {
        match self {
            Self::Connect { .. } => Command::Connect,
            Self::Submit(_) => Command::Submit,
            Self::DeliverResp { .. } => Command::DeliverResp,
            Self::ActiveTest => Command::ActiveTest,
            Self::ActiveTestResp => Command::ActiveTestResp,
            Self::Terminate => Command::Terminate,
            Self::TerminateResp => Command::TerminateResp,
        }
    }
}

impl Submit {
    /// Whether every text fits into its field, whatever is sent.
    ///
    /// # Errors
    ///
    /// The first that does not.
    pub fn check(&self, version: Version) -> Result<(), CodecError> {
        for (field, text, most) in [
            ("service_id", &self.service_id, 10),
            ("fee_terminal_id", &self.fee_terminal, version.number()),
            ("fee_type", &self.fee_type, 2),
            ("fee_code", &self.fee_code, 6),
            ("msg_src", &self.msg_src, 6),
            ("src_id", &self.src_id, 21),
        ] {
            fits(field, text, most)?;
        }
        Ok(())
    }

    fn write(&self, version: Version, out: &mut Writer) -> Result<(), CodecError> {
        let most = 140;
        let length = match u8::try_from(self.content.bytes.len()) {
            Ok(length) if usize::from(length) <= most => length,
            Ok(_) | Err(_) => {
                return Err(CodecError::TooLong { field: "content", found: self.content.bytes.len(), most });
            }
        };
        // The gateway gives the Msg_Id.
        out.zeros(8);
        out.byte(self.content.total);
        out.byte(self.content.number);
        out.byte(match self.registered {
            Registered::Wanted => 1,
            Registered::NotWanted => 0,
        });
        out.byte(self.level);
        out.text("service_id", &self.service_id, 10)?;
        out.byte(self.fee_user_type);
        out.text("fee_terminal_id", &self.fee_terminal, version.number())?;
        // Since 3.0 a number may be a pseudonym; ours are none.
        out.zeros(version.pseudonym());
        // TP_pId, then TP_udhi: whether the content begins with a header.
        out.byte(0);
        out.byte(u8::from(self.content.is_part()));
        out.byte(UCS2);
        out.text("msg_src", &self.msg_src, 6)?;
        out.text("fee_type", &self.fee_type, 2)?;
        out.text("fee_code", &self.fee_code, 6)?;
        // ValId_Time and At_Time: as long as the carrier keeps it, and now.
        out.zeros(17 + 17);
        out.text("src_id", &self.src_id, 21)?;
        // One number: with several, one that is bad fails them all.
        out.byte(1);
        out.text("the number", self.dest.expose(), version.number())?;
        out.zeros(version.pseudonym());
        out.byte(length);
        out.bytes(&self.content.bytes);
        out.zeros(match version {
            Version::V2 => 8,
            Version::V3 => 20,
        });
        Ok(())
    }
}

impl Version {
    /// The length of a result in an answer.
    fn result(self) -> usize {
        match self {
            Self::V2 => 1,
            Self::V3 => 4,
        }
    }

    /// The length of the field that says whether a number is a pseudonym.
    fn pseudonym(self) -> usize {
        match self {
            Self::V2 => 0,
            Self::V3 => 1,
        }
    }
}
