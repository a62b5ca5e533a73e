//! The settings of channels that belong to a group or a program: robots and webhooks.

use std::path::PathBuf;

use reqwest::Url;
use serde::Deserialize;

use super::{
    Calls, Maker, Provider,
    chat::{Robot, RobotKind},
    settings::{Opening, Way, in_the_clear},
    table::Row,
    webhook::Receiver,
};
use crate::channel::{Audience, ChannelError, SecretFrom, Secrets, Warning};

const WEBHOOK: &str = include_str!("answers/webhook.toml");

/// `[channels.chat.NAME]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chat {
    /// Whose robot it is.
    pub kind: RobotKind,
    /// Where it is, without its key, for a network of one's own.
    pub url: Option<String>,
    /// Its key: what stands behind `key=`, `access_token=` or `hook/` in its URL.
    #[serde(default)]
    pub key: SecretFrom,
    /// The secret with which its requests are signed.
    pub secret: Option<SecretFrom>,
    /// The keyword that the robot demands.
    pub keyword: Option<String>,
    /// The roles that sit in the group.
    #[serde(default)]
    pub roles: Vec<String>,
    /// The codes of the units whose group it is; none: the bureau's.
    #[serde(default)]
    pub units: Vec<String>,
    /// The notices it is told; none: all that its roles are told.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// The longest text in bytes, if less than the vendor allows.
    pub text_bytes: Option<usize>,
    /// Answers that mean something else here.
    #[serde(default)]
    pub answers: Vec<Row>,
    /// A PEM file with the authority of the server's certificate.
    pub ca_file: Option<PathBuf>,
    /// How it is called.
    #[serde(default)]
    pub calls: Calls,
}

/// `[channels.webhook.NAME]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhook {
    /// Where it is.
    pub url: String,
    /// The key of the signature.
    pub secret: SecretFrom,
    /// The roles for which the program is told.
    pub roles: Vec<String>,
    /// The codes of the units about which it is told; none: all.
    pub units: Vec<String>,
    /// The notices it is told; none: all that these roles are told.
    pub kinds: Vec<String>,
    /// Answers that mean something else here.
    pub answers: Vec<Row>,
    /// A PEM file with the authority of the server's certificate.
    pub ca_file: Option<PathBuf>,
    /// How it is called.
    pub calls: Calls,
}

impl Opening<'_> {
    fn audience(&mut self, roles: &[String], units: &[String], kinds: &[String]) -> Audience {
        let (audience, faults) = Audience::read(roles, units, kinds);
        for (field, why) in faults {
            self.fault(field, why);
        }
        audience
    }
}

impl Chat {
    /// Reads the settings; no connection is made.
    ///
    /// # Errors
    ///
    /// Every setting that does not fit.
    pub fn open(&self, channel: &str, secrets: &Secrets) -> Result<Provider, Vec<ChannelError>> {
        let mut opening = Opening::new(channel, secrets);
        let known = self.kind.known();
        let url = self.url.as_deref().unwrap_or(known.url);
        let text_bytes = self.text_bytes.unwrap_or(known.text_bytes);
        if !(300..=known.text_bytes).contains(&text_bytes) {
            opening.fault("text_bytes", format!("it must be 300 to {}", known.text_bytes));
        }
        let robot = Robot {
            kind: self.kind,
            url: opening.url(url),
            key: opening.secret("key", &self.key),
            secret: self.secret.as_ref().map(|from| opening.secret("secret", from)),
            keyword: self.keyword.clone(),
            text_bytes,
        };
        if let Some(why) = self.url_fault(&robot.url) {
            opening.fault("url", why);
        }
        if self.kind == RobotKind::WeCom && self.secret.is_some() {
            opening.fault("secret", "robots of wecom are not signed; remove it");
        }
        let audience = opening.audience(&self.roles, &self.units, &self.kinds);
        let hidden = [Some(robot.key.clone()), robot.secret.clone()].into_iter().flatten().collect();
        let way = Way {
            url: Some(url),
            ca_file: self.ca_file.as_ref(),
            calls: &self.calls,
            table: known.table,
            answers: &self.answers,
            per_minute: Some(known.per_minute),
            text_bytes: Some(text_bytes),
        };
        opening.done(Maker::Robot(robot, audience), &way, hidden)
    }

    /// A robot of another kind, or a key where anybody can read it.
    fn url_fault(&self, url: &Url) -> Option<String> {
        let host = url.host_str().unwrap_or_default();
        if let Some(other) = RobotKind::on(host).filter(|known| known.kind != self.kind) {
            return Some(format!("on {host} are robots of {}; correct kind or url", other.name));
        }
        let ends_with_key = self.kind == RobotKind::Feishu && !url.path().trim_end_matches('/').ends_with("/hook");
        if url.query().is_some() || ends_with_key {
            return Some("the robot's key is a secret and stands in `key`; cut it off the url".to_owned());
        }
        None
    }

    pub(in crate::channel) fn warnings(&self, channel: &str) -> Vec<Warning> {
        let mut warnings = in_the_clear(channel, self.url.as_deref());
        if self.kind != RobotKind::WeCom && self.secret.is_none() && self.keyword.is_none() {
            let what = "neither secret nor keyword: whoever learns the key can write into the group".to_owned();
            warnings.push(Warning { channel: channel.to_owned(), field: "secret".to_owned(), what });
        }
        warnings
    }
}

impl Webhook {
    /// Reads the settings; no connection is made.
    ///
    /// # Errors
    ///
    /// Every setting that does not fit.
    pub fn open(&self, channel: &str, secrets: &Secrets) -> Result<Provider, Vec<ChannelError>> {
        let mut opening = Opening::new(channel, secrets);
        let receiver = Receiver { url: opening.url(&self.url), secret: opening.secret("secret", &self.secret) };
        let audience = opening.audience(&self.roles, &self.units, &self.kinds);
        let hidden = vec![receiver.secret.clone()];
        let way = Way {
            url: Some(&self.url),
            ca_file: self.ca_file.as_ref(),
            calls: &self.calls,
            table: WEBHOOK,
            answers: &self.answers,
            per_minute: None,
            text_bytes: None,
        };
        opening.done(Maker::Webhook(receiver, audience), &way, hidden)
    }

    pub(in crate::channel) fn warnings(&self, channel: &str) -> Vec<Warning> {
        in_the_clear(channel, Some(&self.url))
    }
}
