//! The settings of all channels: a table for each kind, in it a table for each
//! channel, whose key is the channel's name.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Channel, ChannelError, Channels, SecretFrom, Secrets, Warning, cmpp, email, file, gateway};

/// The settings of this room, `[channels]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `[channels.email.NAME]`.
    pub email: BTreeMap<String, email::Settings>,
    /// `[channels.sms.NAME]`.
    pub sms: BTreeMap<String, gateway::Settings>,
    /// `[channels.cmpp.NAME]`.
    pub cmpp: BTreeMap<String, cmpp::Settings>,
    /// `[channels.file.NAME]`.
    pub file: BTreeMap<String, file::Settings>,
}

impl Settings {
    /// Every secret that is needed: channel, name, and where it lies.
    pub fn secrets(&self) -> Vec<(&str, &str, &SecretFrom)> {
        let mut secrets = Vec::new();
        for (channel, settings) in &self.email {
            secrets.extend(settings.password.as_ref().map(|from| (channel.as_str(), "password", from)));
        }
        for (channel, settings) in &self.sms {
            secrets.extend(settings.secrets.iter().map(|(name, from)| (channel.as_str(), name.as_str(), from)));
        }
        for (channel, settings) in &self.cmpp {
            secrets.extend(settings.secret.as_ref().map(|from| (channel.as_str(), "secret", from)));
        }
        secrets
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
        for (name, settings) in &self.sms {
            match gateway::Gateway::open(name, settings, secrets) {
                Ok(channel) => channels.add(Channel::Sms(Box::new(channel))),
                Err(found) => faults.extend(found),
            }
        }
        for (name, settings) in &self.cmpp {
            match cmpp::Cmpp::open(name, settings, secrets) {
                Ok(channel) => channels.add(Channel::Cmpp(Box::new(channel))),
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
        let of_mail = self.email.iter().flat_map(|(name, settings)| settings.warnings(name));
        let of_cmpp = self.cmpp.iter().flat_map(|(name, settings)| settings.warnings(name));
        of_mail.chain(self.sms.iter().flat_map(|(name, settings)| settings.warnings(name))).chain(of_cmpp).collect()
    }

    /// The names of all channels, by kind.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.email.keys().chain(self.sms.keys()).chain(self.cmpp.keys()).chain(self.file.keys())
    }

    /// Whether an SMS reaches a telephone, and not only a file.
    pub fn reaches_telephones(&self) -> bool {
        !self.sms.is_empty() || !self.cmpp.is_empty()
    }

    fn names_twice(&self) -> Vec<ChannelError> {
        let mut seen = BTreeSet::new();
        let twice = self.names().filter(|name| !seen.insert(name.as_str()));
        twice.map(|name| ChannelError::NameTwice { channel: name.clone() }).collect()
    }
}
