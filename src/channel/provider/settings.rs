//! The settings of the providers of SMS.

use std::{collections::BTreeMap, path::PathBuf};

use reqwest::Url;
use secrecy::SecretString;
use serde::Deserialize;

use super::{
    Maker, MasWords, Provider, SecretInBody, aliyun,
    approved::{Approved, Asked, Book, Variables},
    mas,
    table::{Row, Table},
    tencent,
};
use crate::channel::{
    ChannelError, Limits, SecretFrom, Secrets, Warning,
    http::{self, Timing, Wire},
};

const ALIYUN: &str = include_str!("answers/aliyun.toml");
const TENCENT: &str = include_str!("answers/tencent.toml");
const MAS: &str = include_str!("answers/mas.toml");

/// How a provider is called; the same for all of them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Calls {
    /// Limit for connecting, in milliseconds (4000).
    pub connect_ms: Option<u64>,
    /// Limit for the whole call (10000).
    pub call_ms: Option<u64>,
    /// Calls at the same time (4).
    pub at_once: Option<usize>,
    /// Messages a minute, if there may be no more.
    pub per_minute: Option<u32>,
}

impl Calls {
    fn timing(&self) -> Timing {
        Timing { connect_ms: self.connect_ms.unwrap_or(4_000), call_ms: self.call_ms.unwrap_or(10_000) }
    }
}

/// `[channels.aliyun.NAME]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Aliyun {
    /// Where it is, for a region or network of one's own.
    pub url: Option<String>,
    /// The id of the access key.
    pub access_key_id: String,
    /// Its secret.
    pub access_key_secret: SecretFrom,
    /// The approved signature, without 【】.
    pub sign_name: String,
    /// The approved text of each notice.
    pub templates: BTreeMap<String, Approved>,
    /// The text for every notice to staff that has none.
    pub rest: Option<String>,
    /// Characters that a variable may hold (20).
    pub param_chars: Option<usize>,
    /// Answers that mean something else here.
    pub answers: Vec<Row>,
    /// A PEM file with the authority of the server's certificate.
    pub ca_file: Option<PathBuf>,
    /// How it is called.
    pub calls: Calls,
}

/// `[channels.tencent.NAME]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tencent {
    /// Where it is, for a region or network of one's own.
    pub url: Option<String>,
    /// The id of the key.
    pub secret_id: String,
    /// The key.
    pub secret_key: SecretFrom,
    /// The application at the provider.
    pub sdk_app_id: String,
    /// The region (`ap-guangzhou`).
    pub region: Option<String>,
    /// The approved signature, without 【】.
    pub sign_name: String,
    /// The approved text of each notice.
    pub templates: BTreeMap<String, Approved>,
    /// The text for every notice to staff that has none.
    pub rest: Option<String>,
    /// Characters that a variable may hold (20).
    pub param_chars: Option<usize>,
    /// Answers that mean something else here.
    pub answers: Vec<Row>,
    /// A PEM file with the authority of the server's certificate.
    pub ca_file: Option<PathBuf>,
    /// How it is called.
    pub calls: Calls,
}

/// `[channels.mas.NAME]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mas {
    /// Where it is: `…/sms/norsubmit` or `…/sms/submit` for texts, `…/sms/tmpsubmit` for
    /// approved ones.
    pub url: String,
    /// The customer's registered name.
    pub ec_name: String,
    /// The user of the interface.
    pub ap_id: String,
    /// Its password.
    pub secret_key: SecretFrom,
    /// The code of the signature.
    pub sign: String,
    /// The extension code.
    pub add_serial: String,
    /// The approved text of each notice; none, and any text is sent.
    pub templates: BTreeMap<String, Approved>,
    /// The text for every notice to staff that has none.
    pub rest: Option<String>,
    /// Characters that a variable may hold (20).
    pub param_chars: Option<usize>,
    /// The longest text in UTF-16 units (500).
    pub text_units: Option<usize>,
    /// Whether the password stands in the body as well.
    pub secret_in_body: SecretInBody,
    /// Answers that mean something else here.
    pub answers: Vec<Row>,
    /// A PEM file with the authority of the server's certificate.
    pub ca_file: Option<PathBuf>,
    /// How it is called.
    pub calls: Calls,
}

/// What is wrong with a channel, as it is found.
pub(super) struct Opening<'a> {
    pub channel: &'a str,
    pub secrets: &'a Secrets,
    pub faults: Vec<ChannelError>,
}

/// How the way to a provider is opened.
pub(super) struct Way<'a> {
    pub url: Option<&'a str>,
    pub ca_file: Option<&'a PathBuf>,
    pub calls: &'a Calls,
    pub table: &'static str,
    pub answers: &'a [Row],
    /// What the provider allows, where it says so.
    pub per_minute: Option<u32>,
    pub text_bytes: Option<usize>,
}

impl<'a> Opening<'a> {
    pub fn new(channel: &'a str, secrets: &'a Secrets) -> Self {
        Self { channel, secrets, faults: Vec::new() }
    }

    pub fn fault(&mut self, field: &str, why: impl Into<String>) {
        self.faults.push(ChannelError::setting(self.channel, field, why));
    }

    /// A text that must be there, in one line.
    pub fn text(&mut self, field: &str, text: &str, what: &str) -> String {
        if text.trim().is_empty() {
            self.fault(field, format!("it is missing; write {what}"));
        } else if text.chars().any(char::is_control) {
            self.fault(field, "it must be one line");
        }
        text.to_owned()
    }

    /// A signature without its brackets.
    fn sign_name(&mut self, sign_name: &str) -> String {
        if sign_name.contains(['【', '】']) {
            self.fault("sign_name", "write it without 【】, which the provider adds");
        }
        self.text("sign_name", sign_name, "the signature that the provider approved")
    }

    /// A secret that was fetched.
    pub fn secret(&mut self, field: &str, from: &SecretFrom) -> SecretString {
        let secret = self.secrets.get(self.channel, field).cloned();
        if from.place().is_none() {
            self.fault(field, "say in exactly one way where it lies: file, env or credential");
        } else if secret.is_none() {
            self.fault(field, "it was not found");
        }
        secret.unwrap_or_default()
    }

    fn book(&mut self, asked: &Asked<'_>) -> Book {
        Book::read(self.channel, asked, &mut self.faults)
    }

    /// Where the provider is.
    pub fn url(&mut self, url: &str) -> Url {
        if let Some(why) = http::url_fault(url) {
            self.fault("url", why);
        }
        // What is no URL is a fault by now, so nothing is ever sent to this one.
        Url::parse(url).unwrap_or_else(|_| Url::parse("https://localhost/").expect("this is a URL"))
    }

    /// The channel, unless something is wrong.
    pub fn done(
        mut self,
        maker: Maker,
        way: &Way<'_>,
        secrets: Vec<SecretString>,
    ) -> Result<Provider, Vec<ChannelError>> {
        let (calls, timing) = (way.calls, way.calls.timing());
        if let Some(why) = timing.fault() {
            self.fault("calls.connect_ms", why);
        }
        if calls.at_once == Some(0) || calls.per_minute == Some(0) {
            self.fault("calls", "at_once and per_minute must be at least 1");
        }
        for why in way.answers.iter().filter_map(Row::fault) {
            self.fault("answers", why);
        }
        let wire = Wire::open(self.channel, way.ca_file, timing).map_err(|fault| self.faults.push(fault));
        let (Ok(wire), true) = (wire, self.faults.is_empty()) else { return Err(self.faults) };
        let limits = Limits {
            call: wire.call(),
            at_once: calls.at_once.unwrap_or(4),
            per_minute: calls.per_minute.or(way.per_minute),
            text_units: None,
            text_bytes: way.text_bytes,
        };
        let (name, url) = (self.channel.to_owned(), way.url.unwrap_or_default().to_owned());
        Ok(Provider { name, url, maker, wire, table: Table::new(way.table, way.answers), limits, secrets })
    }
}

impl Aliyun {
    /// Reads the settings; no connection is made.
    ///
    /// # Errors
    ///
    /// Every setting that does not fit.
    pub fn open(&self, channel: &str, secrets: &Secrets) -> Result<Provider, Vec<ChannelError>> {
        let mut opening = Opening::new(channel, secrets);
        let url = self.url.as_deref().unwrap_or(aliyun::URL);
        let account = aliyun::Account {
            url: opening.url(url),
            access_key_id: opening.text("access_key_id", &self.access_key_id, "the id of the access key"),
            access_key_secret: opening.secret("access_key_secret", &self.access_key_secret),
            sign_name: opening.sign_name(&self.sign_name),
        };
        let book = opening.book(&Asked {
            texts: &self.templates,
            rest: self.rest.as_deref(),
            variables: Variables::Named,
            chars: self.param_chars.unwrap_or(20),
        });
        let secrets = vec![account.access_key_secret.clone()];
        let (ca_file, answers) = (self.ca_file.as_ref(), &self.answers[..]);
        let way = Way {
            url: Some(url),
            ca_file,
            calls: &self.calls,
            table: ALIYUN,
            answers,
            per_minute: None,
            text_bytes: None,
        };
        opening.done(Maker::Aliyun(account, book), &way, secrets)
    }

    pub(in crate::channel) fn warnings(&self, channel: &str) -> Vec<Warning> {
        in_the_clear(channel, self.url.as_deref())
    }
}

impl Tencent {
    /// Reads the settings; no connection is made.
    ///
    /// # Errors
    ///
    /// Every setting that does not fit.
    pub fn open(&self, channel: &str, secrets: &Secrets) -> Result<Provider, Vec<ChannelError>> {
        let mut opening = Opening::new(channel, secrets);
        let url = self.url.as_deref().unwrap_or(tencent::URL);
        let account = tencent::Account {
            url: opening.url(url),
            secret_id: opening.text("secret_id", &self.secret_id, "the id of the key"),
            secret_key: opening.secret("secret_key", &self.secret_key),
            sdk_app_id: opening.text("sdk_app_id", &self.sdk_app_id, "the application at the provider"),
            region: opening.text("region", self.region.as_deref().unwrap_or("ap-guangzhou"), "a region"),
            sign_name: opening.sign_name(&self.sign_name),
        };
        if account.url.path() != "/" {
            opening.fault("url", "the path of this provider is `/`, which is signed");
        }
        let book = opening.book(&Asked {
            texts: &self.templates,
            rest: self.rest.as_deref(),
            variables: Variables::Numbered,
            chars: self.param_chars.unwrap_or(20),
        });
        let secrets = vec![account.secret_key.clone()];
        let (ca_file, answers) = (self.ca_file.as_ref(), &self.answers[..]);
        let way = Way {
            url: Some(url),
            ca_file,
            calls: &self.calls,
            table: TENCENT,
            answers,
            per_minute: None,
            text_bytes: None,
        };
        opening.done(Maker::Tencent(account, book), &way, secrets)
    }

    pub(in crate::channel) fn warnings(&self, channel: &str) -> Vec<Warning> {
        in_the_clear(channel, self.url.as_deref())
    }
}

impl Mas {
    /// Reads the settings; no connection is made.
    ///
    /// # Errors
    ///
    /// Every setting that does not fit.
    pub fn open(&self, channel: &str, secrets: &Secrets) -> Result<Provider, Vec<ChannelError>> {
        let mut opening = Opening::new(channel, secrets);
        let account = mas::Account {
            url: opening.url(&self.url),
            ec_name: opening.text("ec_name", &self.ec_name, "the customer's registered name"),
            ap_id: opening.text("ap_id", &self.ap_id, "the user of the interface"),
            secret_key: opening.secret("secret_key", &self.secret_key),
            sign: opening.text("sign", &self.sign, "the code of the signature"),
            add_serial: self.add_serial.clone(),
            secret_in_body: self.secret_in_body,
        };
        let is_template = account.url.path().ends_with("tmpsubmit");
        if is_template && self.templates.is_empty() {
            opening
                .fault("templates", "the url takes approved texts only, and there is none; write them, or another url");
        } else if !is_template && !self.templates.is_empty() {
            opening.fault("url", "approved texts go to …/sms/tmpsubmit; correct it, or remove templates");
        }
        let words = if is_template {
            MasWords::Approved(opening.book(&Asked {
                texts: &self.templates,
                rest: self.rest.as_deref(),
                variables: Variables::Numbered,
                chars: self.param_chars.unwrap_or(20),
            }))
        } else {
            MasWords::Text { units: self.text_units.unwrap_or(500) }
        };
        let secrets = vec![account.secret_key.clone()];
        let (ca_file, answers) = (self.ca_file.as_ref(), &self.answers[..]);
        let way = Way {
            url: Some(&self.url),
            ca_file,
            calls: &self.calls,
            table: MAS,
            answers,
            per_minute: None,
            text_bytes: None,
        };
        opening.done(Maker::Mas(account, words), &way, secrets)
    }

    pub(in crate::channel) fn warnings(&self, channel: &str) -> Vec<Warning> {
        in_the_clear(channel, Some(&self.url))
    }
}

/// The warning about a URL that is not https.
pub(super) fn in_the_clear(channel: &str, url: Option<&str>) -> Vec<Warning> {
    let warn =
        |_| Warning { channel: channel.to_owned(), field: "url".to_owned(), what: http::IN_THE_CLEAR.to_owned() };
    url.filter(|url| http::is_in_the_clear(url)).map(warn).into_iter().collect()
}
