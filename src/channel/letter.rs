//! What is sent: rendered words and where they go.

use chrono::{DateTime, Utc};

use super::Class;
use crate::{
    message::Form,
    notice::{Failure, Medium, Outcome},
    ticket::{
        Private,
        phone::{self, NumberKind},
    },
};

/// A letter, complete: nothing is looked up or rendered after this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Letter {
    /// A mail to one person.
    Email(Mail),
    /// An SMS to one number.
    Sms(Sms),
    /// A message to a group.
    Chat(Post),
    /// A message to a program.
    Webhook(Post),
}

/// A mail to one person; nobody sees who else was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The id of the leg, the same on every attempt.
    pub id: String,
    /// The person's name.
    pub to_name: String,
    /// The address.
    pub to: Private<String>,
    /// The subject; control characters in it are dropped.
    pub subject: String,
    /// The text, lines ended by `\n`.
    pub body: String,
    /// The same on every attempt, `left@right` without brackets (see [`message_id`]).
    pub message_id: String,
    /// Message ids of the thread, the root first, without brackets.
    pub references: Vec<String>,
}

/// An SMS to one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sms {
    /// The id of the leg, the same on every attempt; a provider that takes an id
    /// of ours gets this.
    pub id: String,
    /// The number, 11 digits.
    pub to: Private<String>,
    /// The text with its 【signature】 in front.
    pub text: String,
    /// The same as a form, for providers that fill a text approved beforehand.
    pub form: Option<Form>,
}

/// A message to a group or a program; no person is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Post {
    /// The id of the leg, the same on every attempt.
    pub id: String,
    /// The notice's stable name.
    pub kind: String,
    /// One line that says what it is about.
    pub title: String,
    /// The text, lines ended by `\n`, a ticket in one line.
    pub body: String,
    /// The numbers of the tickets it is about.
    pub tickets: Vec<String>,
    /// Nobody: the settings of the channel say where it goes.
    pub to: Private<String>,
}

impl Sms {
    /// The outcome if the number takes no SMS.
    pub(super) fn refused(&self, now: DateTime<Utc>) -> Option<Outcome> {
        if matches!(phone::numbers(self.to.expose()).as_slice(), [one] if one.kind == NumberKind::Mobile) {
            return None;
        }
        let why = Failure::new("sms-number", "the number is no mobile number, which alone takes an SMS");
        Some(Class::BadRecipient.outcome(why, now, None))
    }

    /// The signature without 【】, and the text behind it.
    pub(super) fn split_signature(&self) -> (&str, &str) {
        self.text.strip_prefix('【').and_then(|rest| rest.split_once('】')).unwrap_or(("", &self.text))
    }
}

impl Letter {
    /// The id of the leg.
    pub fn id(&self) -> &str {
        match self {
            Self::Email(mail) => &mail.id,
            Self::Sms(sms) => &sms.id,
            Self::Chat(post) | Self::Webhook(post) => &post.id,
        }
    }

    /// The medium it goes by.
    pub fn medium(&self) -> Medium {
        match self {
            Self::Email(_) => Medium::Email,
            Self::Sms(_) => Medium::Sms,
            Self::Chat(_) => Medium::Chat,
            Self::Webhook(_) => Medium::Webhook,
        }
    }

    /// Where it goes.
    pub fn to(&self) -> &Private<String> {
        match self {
            Self::Email(mail) => &mail.to,
            Self::Sms(sms) => &sms.to,
            Self::Chat(post) | Self::Webhook(post) => &post.to,
        }
    }

    /// The words.
    pub fn body(&self) -> &str {
        match self {
            Self::Email(mail) => &mail.body,
            Self::Sms(sms) => &sms.text,
            Self::Chat(post) | Self::Webhook(post) => &post.body,
        }
    }
}

/// A message id of `parts` and a domain. Whatever may not stand in one becomes
/// `.` or hex digits, so different parts stay different.
///
/// ```
/// use duban::channel::message_id;
/// assert_eq!(message_id(&["T/2026091500001/r1", "overdue-1"], "n.example.org"), "T.2026091500001.r1_overdue-1@n.example.org");
/// ```
pub fn message_id(parts: &[&str], domain: &str) -> String {
    let mut left = String::new();
    for part in parts {
        if !left.is_empty() {
            left.push('_');
        }
        for c in part.chars() {
            match c {
                'a'..='z' | 'A'..='Z' | '0'..='9' | '-' => left.push(c),
                '/' if !left.is_empty() && !left.ends_with(['.', '_']) => left.push('.'),
                other => left.push_str(&format!("x{:x}", other as u32)),
            }
        }
    }
    // Only atoms with single dots between them are allowed on the left.
    if left.ends_with('.') {
        left.push('-');
    }
    format!("{left}@{domain}")
}
