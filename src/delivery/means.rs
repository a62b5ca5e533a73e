//! What a delivery works with; all of it is replaced at once when the settings
//! are read anew, and a round under way keeps what it began with.

use std::{collections::HashMap, future::Future, pin::Pin, sync::Arc};

use chrono::{DateTime, Utc};

use super::{DeliverySettings, RereadError};
use crate::{
    channel::{Audience, Channel, Letter, Limits},
    message::Templates,
    notice::{Medium, Notice, Outcome},
    roster::Roster,
    ticket::{Private, TicketNo},
};

/// People, words, channels and tickets.
#[derive(Clone)]
pub struct Means {
    pub roster: Arc<Roster>,
    pub templates: Arc<Templates>,
    /// By what messages leave; the first of a medium is the one to use, further
    /// ones stand in for it.
    pub channels: Vec<Arc<dyn Carrier>>,
    pub tickets: Arc<dyn Reread>,
    pub settings: DeliverySettings,
}

impl Means {
    /// The channel of a name.
    pub fn channel(&self, name: &str) -> Option<&Arc<dyn Carrier>> {
        self.channels.iter().find(|channel| channel.name() == name)
    }

    /// The channels of a medium, the one to use first.
    pub fn channels_of(&self, medium: Medium) -> impl Iterator<Item = &Arc<dyn Carrier>> {
        self.channels.iter().filter(move |channel| channel.medium() == medium)
    }
}

/// A future of either trait below.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A channel, as delivery sees it.
pub trait Carrier: Send + Sync {
    /// The channel's name in the settings.
    fn name(&self) -> &str;

    /// What it carries.
    fn medium(&self) -> Medium;

    /// What it can bear.
    fn limits(&self) -> Limits;

    /// Whom it serves, where that is a group or a program.
    fn audience(&self) -> Option<&Audience> {
        None
    }

    /// Hands one letter over, once. It is bounded by the caller as well.
    fn carry<'a>(&'a self, letter: &'a Letter, now: DateTime<Utc>) -> Boxed<'a, Outcome>;
}

impl Carrier for Channel {
    fn name(&self) -> &str {
        Channel::name(self)
    }

    fn medium(&self) -> Medium {
        Channel::medium(self)
    }

    fn limits(&self) -> Limits {
        Channel::limits(self)
    }

    fn audience(&self) -> Option<&Audience> {
        Channel::audience(self)
    }

    fn carry<'a>(&'a self, letter: &'a Letter, now: DateTime<Utc>) -> Boxed<'a, Outcome> {
        Box::pin(self.send(letter, now))
    }
}

/// Reads tickets again right before their messages leave.
pub trait Reread: Send + Sync {
    /// How these tickets stand now. One that the store no longer has is missing
    /// from the answer.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    fn reread<'a>(
        &'a self,
        tickets: &'a [TicketNo],
        now: DateTime<Utc>,
    ) -> Boxed<'a, Result<HashMap<TicketNo, Fresh>, RereadError>>;
}

/// A ticket as it stands right now.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// What is wanted for it.
    pub notices: Vec<Notice>,
    /// The citizen's number; it goes into the message and nowhere else.
    pub mobile: Option<Private<String>>,
}
