//! Delivers a letter; a file or folder for each kind of provider.
//!
//! A channel is asked once and answers with one [`Outcome`]. It never repeats a
//! hand-over by itself: only `delivery` retries. What it may do by itself is to
//! open a fresh connection when the kept one turns out to be dead before the
//! letter was begun. Once a letter may have been taken (the final dot of a mail,
//! a request on its way) anything but a clear answer is [`Outcome::Unknown`].
//! Who is told, by what, and how often is decided elsewhere.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};

use crate::notice::{Failure, Medium, Outcome};

mod audience;
mod class;
pub mod cmpp;
pub mod email;
mod error;
pub mod file;
pub mod gateway;
mod http;
mod letter;
pub mod memory;
mod report;
pub mod provider;
pub mod receipt;
mod scrub;
mod secret;
mod settings;
pub mod tls;

pub use audience::Audience;
pub use class::Class;
pub use error::{ChannelError, Warning};
pub use http::Method;
pub use letter::{Letter, Mail, Post, Sms, message_id};
pub use report::{Fate, Report};
pub use secret::{SecretFrom, SecretPlace, Secrets};
pub use settings::{Settings, Trial};

/// A channel, ready to send.
#[derive(Debug)]
pub enum Channel {
    /// A mail server.
    Email(Box<email::Email>),
    /// An SMS gateway.
    Sms(Box<gateway::Gateway>),
    /// A carrier's SMS gateway.
    Cmpp(Box<cmpp::Cmpp>),
    /// A provider whose protocol is known.
    Provider(Box<provider::Provider>),
    /// A folder with one file a letter.
    File(file::FileSink),
    /// A list in memory, for `simulate` and the tests.
    Memory(Arc<memory::Memory>),
}

/// What a channel can bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A call never takes longer than this; a lease must last longer.
    pub call: Duration,
    /// Calls that may run at the same time; more would only wait for each other.
    pub at_once: usize,
    /// Letters a minute, where the provider allows no more.
    pub per_minute: Option<u32>,
    /// The longest text, in UTF-16 units.
    pub text_units: Option<usize>,
    /// The longest text, in bytes.
    pub text_bytes: Option<usize>,
}

impl Channel {
    /// Hands a letter over, once. `now` is the instant of the attempt: the date of
    /// a mail, and from where the waits in the answer are counted.
    pub async fn send(&self, letter: &Letter, now: DateTime<Utc>) -> Outcome {
        match (self, letter) {
            (Self::Email(channel), Letter::Email(mail)) => channel.send(mail, now).await,
            (Self::Sms(channel), Letter::Sms(sms)) => channel.send(sms, now).await,
            (Self::Cmpp(channel), Letter::Sms(sms)) => channel.send(sms, now).await,
            (Self::Email(_), Letter::Sms(_) | Letter::Chat(_) | Letter::Webhook(_))
            | (Self::Sms(_) | Self::Cmpp(_), Letter::Email(_) | Letter::Chat(_) | Letter::Webhook(_)) => {
                self.wrong_letter(now)
            }
            (Self::Provider(channel), _) => channel.send(letter, now).await,
            (Self::File(channel), _) => channel.send(letter, now).await,
            (Self::Memory(channel), _) => channel.send(letter, now),
        }
    }

    /// The name under which the settings have it.
    pub fn name(&self) -> &str {
        match self {
            Self::Email(channel) => channel.name(),
            Self::Sms(channel) => channel.name(),
            Self::Cmpp(channel) => channel.name(),
            Self::Provider(channel) => channel.name(),
            Self::File(channel) => channel.name(),
            Self::Memory(channel) => channel.name(),
        }
    }

    /// What kind of letter it takes.
    pub fn medium(&self) -> Medium {
        match self {
            Self::Email(_) => Medium::Email,
            Self::Sms(_) | Self::Cmpp(_) => Medium::Sms,
            Self::Provider(channel) => channel.medium(),
            Self::File(channel) => channel.medium(),
            Self::Memory(channel) => channel.medium(),
        }
    }

    /// Whom it serves, where it belongs to a group or a program and not to a person.
    pub fn audience(&self) -> Option<&Audience> {
        match self {
            Self::Provider(channel) => channel.audience(),
            Self::Email(_) | Self::Sms(_) | Self::Cmpp(_) | Self::File(_) | Self::Memory(_) => None,
        }
    }

    /// What it can bear.
    pub fn limits(&self) -> Limits {
        match self {
            Self::Email(channel) => channel.limits(),
            Self::Sms(channel) => channel.limits(),
            Self::Cmpp(channel) => channel.limits(),
            Self::Provider(channel) => channel.limits(),
            Self::File(_) | Self::Memory(_) => Limits {
                call: Duration::from_secs(10),
                at_once: 1,
                per_minute: None,
                text_units: None,
                text_bytes: None,
            },
        }
    }

    /// What would leave, without sending it; secrets are masked. `nonce` is what is
    /// never the same twice in requests that leave.
    ///
    /// # Errors
    ///
    /// The outcome that sending would have had before anything left.
    pub fn preview(&self, letter: &Letter, now: DateTime<Utc>, nonce: &str) -> Result<String, Outcome> {
        match (self, letter) {
            (Self::Email(channel), Letter::Email(mail)) => channel.preview(mail, now),
            (Self::Sms(channel), Letter::Sms(sms)) => channel.preview(sms, now),
            (Self::Cmpp(channel), Letter::Sms(sms)) => channel.preview(sms, now),
            (Self::Email(_), Letter::Sms(_) | Letter::Chat(_) | Letter::Webhook(_))
            | (Self::Sms(_) | Self::Cmpp(_), Letter::Email(_) | Letter::Chat(_) | Letter::Webhook(_)) => {
                Err(self.wrong_letter(now))
            }
            (Self::Provider(channel), _) => channel.preview(letter, now, nonce),
            (Self::File(channel), _) => channel.preview(letter, now),
            (Self::Memory(_), _) => Ok(letter.body().to_owned()),
        }
    }

    /// Goes as far as possible without sending anything: a mail server is logged
    /// in to, a gateway connected to.
    ///
    /// # Errors
    ///
    /// The outcome that any letter would have now.
    pub async fn probe(&self, now: DateTime<Utc>) -> Result<(), Outcome> {
        match self {
            Self::Email(channel) => channel.probe(now).await,
            Self::Sms(channel) => channel.probe(now).await,
            Self::Cmpp(channel) => channel.probe(now).await,
            Self::Provider(channel) => channel.probe(now).await,
            Self::File(_) | Self::Memory(_) => Ok(()),
        }
    }

    /// Leaves a provider that is logged in to all the time.
    pub async fn close(&self) {
        match self {
            Self::Cmpp(channel) => channel.close().await,
            Self::Email(_) | Self::Sms(_) | Self::Provider(_) | Self::File(_) | Self::Memory(_) => {}
        }
    }

    /// A letter of another medium: nothing leaves.
    fn wrong_letter(&self, now: DateTime<Utc>) -> Outcome {
        let why = Failure::new("wrong-letter", &format!("channel `{}` takes no such letter", self.name()));
        Class::BadContent.outcome(why, now, None)
    }
}

/// The channels of an installation, by name.
#[derive(Debug, Default)]
pub struct Channels(BTreeMap<String, Arc<Channel>>);

impl Channels {
    /// Adds a channel, in place of one of the same name.
    pub fn add(&mut self, channel: Channel) {
        self.0.insert(channel.name().to_owned(), Arc::new(channel));
    }

    /// The channel of a name.
    pub fn get(&self, name: &str) -> Option<&Arc<Channel>> {
        self.0.get(name)
    }

    /// Every channel, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Channel>> {
        self.0.values()
    }

    /// The channels that take letters of a medium, by name; the first is the one
    /// to use.
    pub fn of(&self, medium: Medium) -> impl Iterator<Item = &Arc<Channel>> {
        self.0.values().filter(move |channel| channel.medium() == medium)
    }
}
