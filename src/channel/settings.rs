//! The settings of all channels: a table for each kind, in it a table for each
//! channel, whose key is the channel's name.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use serde::Deserialize;

use super::{
    Channel, ChannelError, Channels, SecretFrom, Secrets, Warning, cmpp, email, file, gateway,
    provider::{self, Provider},
};
use crate::{message::Form, notice::Medium};

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
    /// `[channels.aliyun.NAME]`.
    pub aliyun: BTreeMap<String, provider::Aliyun>,
    /// `[channels.tencent.NAME]`.
    pub tencent: BTreeMap<String, provider::Tencent>,
    /// `[channels.mas.NAME]`.
    pub mas: BTreeMap<String, provider::Mas>,
    /// `[channels.chat.NAME]`.
    pub chat: BTreeMap<String, provider::Chat>,
    /// `[channels.webhook.NAME]`.
    pub webhook: BTreeMap<String, provider::Webhook>,
    /// `[channels.file.NAME]`.
    pub file: BTreeMap<String, file::Settings>,
}

/// What the other settings say, with which channels are tried.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// Every form with its widest values.
    pub forms: Vec<Form>,
    /// What stands in 【】 at the front of every title.
    pub subject_prefix: String,
    /// The codes of the units.
    pub units: Vec<String>,
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
        let aliyun = self.aliyun.iter().map(|(name, own)| (name, "access_key_secret", &own.access_key_secret));
        let tencent = self.tencent.iter().map(|(name, own)| (name, "secret_key", &own.secret_key));
        let mas = self.mas.iter().map(|(name, own)| (name, "secret_key", &own.secret_key));
        let key = self.chat.iter().map(|(name, own)| (name, "key", &own.key));
        let secret = self.chat.iter().filter_map(|(name, own)| Some((name, "secret", own.secret.as_ref()?)));
        let webhook = self.webhook.iter().map(|(name, own)| (name, "secret", &own.secret));
        let of_providers = aliyun.chain(tencent).chain(mas).chain(key).chain(secret).chain(webhook);
        secrets.extend(of_providers.map(|(channel, name, from)| (channel.as_str(), name, from)));
        secrets
    }

    /// The name of every channel with its kind, by kind.
    pub fn names(&self) -> Vec<(&'static str, &str)> {
        fn of<'a, T>(kind: &'static str, all: &'a BTreeMap<String, T>) -> Vec<(&'static str, &'a str)> {
            all.keys().map(|name| (kind, name.as_str())).collect()
        }
        [
            of("email", &self.email),
            of("sms", &self.sms),
            of("cmpp", &self.cmpp),
            of("aliyun", &self.aliyun),
            of("tencent", &self.tencent),
            of("mas", &self.mas),
            of("chat", &self.chat),
            of("webhook", &self.webhook),
            of("file", &self.file),
        ]
        .concat()
    }

    /// The settings of the channel of one name alone.
    #[must_use]
    pub fn only(mut self, name: &str) -> Self {
        self.email.retain(|key, _| key == name);
        self.sms.retain(|key, _| key == name);
        self.cmpp.retain(|key, _| key == name);
        self.aliyun.retain(|key, _| key == name);
        self.tencent.retain(|key, _| key == name);
        self.mas.retain(|key, _| key == name);
        self.chat.retain(|key, _| key == name);
        self.webhook.retain(|key, _| key == name);
        self.file.retain(|key, _| key == name);
        self
    }

    /// The media for which there is a channel.
    pub fn media(&self) -> BTreeSet<Medium> {
        let by_file = self.file.values().map(|file| file.medium.medium());
        let kinds = self.names().into_iter().filter_map(|(kind, _)| medium_of(kind));
        by_file.chain(kinds).collect()
    }

    /// Whether a channel fills texts that were approved beforehand.
    pub fn fills_forms(&self) -> bool {
        !self.aliyun.is_empty() || !self.tencent.is_empty() || self.mas.values().any(|own| !own.templates.is_empty())
    }

    /// Every PEM file that a channel trusts.
    pub fn ca_files_mut(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let email = self.email.values_mut().map(|own| &mut own.ca_file);
        let sms = self.sms.values_mut().map(|own| &mut own.ca_file);
        let aliyun = self.aliyun.values_mut().map(|own| &mut own.ca_file);
        let tencent = self.tencent.values_mut().map(|own| &mut own.ca_file);
        let mas = self.mas.values_mut().map(|own| &mut own.ca_file);
        let chat = self.chat.values_mut().map(|own| &mut own.ca_file);
        let webhook = self.webhook.values_mut().map(|own| &mut own.ca_file);
        let of_providers = aliyun.chain(tencent).chain(mas).chain(chat).chain(webhook);
        email.chain(sms).chain(of_providers).filter_map(Option::as_mut)
    }

    /// What does not fit together with templates, wording and roster, and what is odd.
    /// A channel that cannot be opened says so elsewhere.
    pub fn try_out(&self, secrets: &Secrets, trial: &Trial) -> (Vec<ChannelError>, Vec<Warning>) {
        let (mut faults, mut warnings) = (Vec::new(), Vec::new());
        for provider in self.providers(secrets).into_iter().flatten() {
            let (more_faults, more_warnings) = provider.try_out(&trial.forms);
            faults.extend(more_faults);
            warnings.extend(more_warnings);
        }
        for (name, keyword) in self.chat.iter().filter_map(|(name, own)| Some((name, own.keyword.as_ref()?))) {
            let always = format!("【{}】", trial.subject_prefix);
            if keyword.is_empty() || !always.contains(keyword.as_str()) {
                let why = format!(
                    "messages begin with {always}, which does not hold it, so the robot would refuse them; set the \
                     robot's keyword to `{}`, or change wording.subject_prefix",
                    trial.subject_prefix
                );
                faults.push(ChannelError::setting(name, "keyword", why));
            }
        }
        let chat = self.chat.iter().map(|(name, own)| (name, &own.units));
        for (name, units) in chat.chain(self.webhook.iter().map(|(name, own)| (name, &own.units))) {
            for unit in units.iter().filter(|unit| !trial.units.contains(unit)) {
                faults.push(ChannelError::setting(
                    name,
                    "units",
                    format!("no unit of the roster has the code `{unit}`"),
                ));
            }
        }
        (faults, warnings)
    }

    fn providers(&self, secrets: &Secrets) -> Vec<Result<Provider, Vec<ChannelError>>> {
        let aliyun = self.aliyun.iter().map(|(name, own)| own.open(name, secrets));
        let tencent = self.tencent.iter().map(|(name, own)| own.open(name, secrets));
        let mas = self.mas.iter().map(|(name, own)| own.open(name, secrets));
        let chat = self.chat.iter().map(|(name, own)| own.open(name, secrets));
        let webhook = self.webhook.iter().map(|(name, own)| own.open(name, secrets));
        aliyun.chain(tencent).chain(mas).chain(chat).chain(webhook).collect()
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
        for provider in self.providers(secrets) {
            match provider {
                Ok(channel) => channels.add(Channel::Provider(Box::new(channel))),
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
        let email = self.email.iter().flat_map(|(name, own)| own.warnings(name));
        let sms = self.sms.iter().flat_map(|(name, own)| own.warnings(name));
        let aliyun = self.aliyun.iter().flat_map(|(name, own)| own.warnings(name));
        let tencent = self.tencent.iter().flat_map(|(name, own)| own.warnings(name));
        let mas = self.mas.iter().flat_map(|(name, own)| own.warnings(name));
        let cmpp = self.cmpp.iter().flat_map(|(name, own)| own.warnings(name));
        let chat = self.chat.iter().flat_map(|(name, own)| own.warnings(name));
        let webhook = self.webhook.iter().flat_map(|(name, own)| own.warnings(name));
        let of_providers = aliyun.chain(tencent).chain(mas).chain(chat).chain(webhook);
        email.chain(sms).chain(cmpp).chain(of_providers).collect()
    }

    fn names_twice(&self) -> Vec<ChannelError> {
        let mut seen = BTreeSet::new();
        let twice = self.names().into_iter().filter(|(_, name)| !seen.insert(*name));
        twice.map(|(_, name)| ChannelError::NameTwice { channel: name.to_owned() }).collect()
    }
}

/// What channels of a kind take; a file says so itself.
fn medium_of(kind: &str) -> Option<Medium> {
    match kind {
        "email" => Some(Medium::Email),
        "sms" | "cmpp" | "aliyun" | "tencent" | "mas" => Some(Medium::Sms),
        "chat" => Some(Medium::Chat),
        "webhook" => Some(Medium::Webhook),
        _ => None,
    }
}
