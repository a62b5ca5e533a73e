//! The report of what became of an SMS, as it stands in a DELIVER.

use chrono::{NaiveDate, NaiveDateTime};

use super::{CodecError, MsgId, field::Reader};

/// Up to the number that the SMS went to, which is not read.
const NEEDED: usize = 35;

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusReport {
    /// A report in the form of the specification.
    Read {
        /// The SMS or part of one.
        msg_id: MsgId,
        /// Seven characters: `DELIVRD`, `MK:0001`, …
        stat: String,
        /// When it was delivered or given up, by the clock of Beijing.
        done: Option<NaiveDateTime>,
    },
    /// Anything else, as hex digits; no number stands so far in front.
    Unreadable { raw: String, why: CodecError },
}

impl StatusReport {
    /// Reads one of 60 bytes (2.0), of 71 (3.0), or one that breaks off behind what
    /// matters: its version is not asked, for some gateways mix them.
    pub fn read(content: &[u8]) -> Self {
        let read = || {
            let mut fields = Reader::new("the report", content);
            let msg_id = MsgId(u64::from_be_bytes(fields.array("Msg_Id")?));
            let stat = printable(fields.bytes("Stat", 7)?);
            fields.bytes("Submit_time", 10)?;
            Ok(Self::Read { msg_id, stat, done: minute(fields.bytes("Done_time", 10)?) })
        };
        read().unwrap_or_else(|why| {
            let raw = hex::encode(&content[..content.len().min(NEEDED)]);
            Self::Unreadable { raw, why }
        })
    }
}

/// The text of a field up to its first zero, without what cannot be printed.
fn printable(bytes: &[u8]) -> String {
    let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default().trim_ascii();
    text.iter().map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '?' }).collect()
}

/// `YYMMDDHHMM`; whatever is none says nothing.
fn minute(digits: &[u8]) -> Option<NaiveDateTime> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let pair = |at: usize| Some(u32::from(digits.get(at)? - b'0') * 10 + u32::from(digits.get(at + 1)? - b'0'));
    let year = 2000 + i32::try_from(pair(0)?).ok()?;
    NaiveDate::from_ymd_opt(year, pair(2)?, pair(4)?)?.and_hms_opt(pair(6)?, pair(8)?, 0)
}
