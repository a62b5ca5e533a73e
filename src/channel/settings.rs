//! The settings of all channels: a table for each kind, in it a table for each
//! channel, whose key is the channel's name.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Channel, ChannelError, Channels, SecretFrom, Secrets, Warning, email, file};

/// The settings of this room, `[channels]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `[channels.email.NAME]`.
    pub email: BTreeMap<String, email::Settings>,
    /// `[channels.file.NAME]`.
    pub file: BTreeMap<String, file::Settings>,
}

impl Settings {
    /// Every secret that is needed: channel, name, and where it lies.
    pub fn secrets(&self) -> Vec<(&str, &str, &SecretFrom)> {
        let passwords = self.email.iter().filter_map(|(name, settings)| Some((name, settings.password.as_ref()?)));
        passwords.map(|(name, from)| (name.as_str(), "password", from)).collect()
    }

    /// Opens every channel. Nothing is sent and no connection is made.
    ///
    /// # Errors
    ///
    /// Every fault of every channel.
    pub fn open(&self, secrets: &Secrets) -> Result<Channels, Vec<ChannelError>> {
        let mut channels = Channels::default();
        let mut faults = self.names_twice();
        for (name, settings) in &self.email {
            match email::Email::open(name, settings, secrets) {
                Ok(channel) => channels.add(Channel::Email(Box::new(channel))),
                Err(found) => faults.extend(found),
            }
        }
        for (name, settings) in &self.file {
            match file::FileSink::open(name, settings) {
                Ok(channel) => channels.add(Channel::File(channel)),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(channels) } else { Err(faults) }
    }

    /// What is odd but allowed.
    pub fn warnings(&self) -> Vec<Warning> {
        self.email.iter().flat_map(|(name, settings)| settings.warnings(name)).collect()
    }

    fn names_twice(&self) -> Vec<ChannelError> {
        let mut seen = BTreeSet::new();
        let names = self.email.keys().chain(self.file.keys());
        let twice = names.filter(|name| !seen.insert(name.as_str()));
        twice.map(|name| ChannelError::NameTwice { channel: name.clone() }).collect()
    }
}
