//! A mail as it goes over the wire, complete before any connection is made.

use chrono::{DateTime, Utc};
use lettre::{Address, message::SinglePart};

use super::header;
use crate::{calendar::civil, channel::Mail};

/// Who a mail is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::channel) struct Sender {
    pub name: String,
    pub address: Address,
}

/// A mail and the one it goes to.
#[derive(Clone, Debug)]
pub(in crate::channel) struct Composed {
    pub to: Address,
    /// The whole text, ASCII only, every line ended by CR LF.
    pub text: String,
}

/// The address that a mail goes to is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::channel) struct NoAddress;

/// Reads an address of plain letters: others need a server with SMTPUTF8.
pub(in crate::channel) fn address(text: &str) -> Option<Address> {
    let is_plain = text.is_ascii() && !text.contains(|c: char| c.is_ascii_control() || c == ' ');
    text.parse().ok().filter(|_| is_plain)
}

/// Puts a mail together. The same mail at the same instant gives the same bytes.
pub(in crate::channel) fn compose(from: &Sender, mail: &Mail, now: DateTime<Utc>) -> Result<Composed, NoAddress> {
    let to = address(mail.to.expose()).ok_or(NoAddress)?;
    let references: Vec<_> = mail.references.iter().map(String::as_str).filter(|id| *id != mail.message_id).collect();
    let mut text = String::new();
    let mut add = |name: &str, value: &str| {
        text.push_str(name);
        text.push(':');
        // A value that begins with a fold has its blank behind the line's end.
        if !value.starts_with("\r\n") {
            text.push(' ');
        }
        text.push_str(value);
        text.push_str("\r\n");
    };
    add("Date", &now.with_timezone(&civil::zone()).to_rfc2822());
    add("From", &header::mailbox("From", &from.name, from.address.as_ref()));
    add("To", &header::mailbox("To", &mail.to_name, to.as_ref()));
    add("Subject", &header::unstructured("Subject", &mail.subject));
    add("Message-ID", &header::message_ids(&[&header::one_line(&mail.message_id)]));
    if let Some(last) = references.last() {
        add("In-Reply-To", &header::message_ids(&[last]));
        add("References", &header::message_ids(&references));
    }
    // Machines must not answer a machine, but a bounce must come back.
    add("Auto-Submitted", "auto-generated");
    add("X-Auto-Response-Suppress", "OOF, AutoReply");
    add("MIME-Version", "1.0");
    // Done here, since the library takes quadratic time for it.
    let body = mail.body.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
    let part = SinglePart::plain(body).formatted();
    text.push_str(&String::from_utf8_lossy(&part));
    if !text.ends_with("\r\n") {
        text.push_str("\r\n");
    }
    Ok(Composed { to, text })
}
