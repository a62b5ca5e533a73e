//! The settings of an SMS gateway: what to send, and what its answers mean.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;

use super::{
    rule::{Rule, Success},
    template::{Charset, Escape},
};
use crate::channel::{
    SecretFrom, Warning,
    http::{self, Method, Timing},
};

/// Kannel's, as data.
const KANNEL: &str = include_str!("kannel.toml");

/// `[channels.sms.NAME]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A gateway whose settings are known; what is set here comes on top.
    pub preset: Option<Preset>,
    /// `GET` or `POST`.
    pub method: Option<Method>,
    /// Where the gateway is; places in it are filled and escaped.
    pub url: Option<String>,
    /// Headers by name.
    pub headers: BTreeMap<String, String>,
    /// Parameters behind the URL.
    pub query: BTreeMap<String, String>,
    /// Parameters in the body.
    pub form: BTreeMap<String, String>,
    /// A JSON body, written as a table: every text in it is a template.
    pub json: Option<toml::Value>,
    /// A body of any other form.
    pub body: Option<String>,
    /// What kind of body that is, `text/xml`.
    pub content_type: Option<String>,
    /// How what is filled into `body` is escaped.
    pub escape: Option<Escape>,
    /// The encoding that the gateway reads.
    pub charset: Option<Charset>,
    /// Who writes the signature.
    pub signature: Option<SignedBy>,
    /// Secrets by name; `${name}` stands for one.
    pub secrets: BTreeMap<String, SecretFrom>,
    /// When an SMS was taken.
    pub success: Option<Success>,
    /// Where in the answer's JSON the gateway's id of the message stands.
    pub id_pointer: Option<String>,
    /// Too much for now.
    pub throttle_when: Vec<Rule>,
    /// Not taken, and worth another try.
    pub retry_when: Vec<Rule>,
    /// Nothing is taken until somebody acts.
    pub config_when: Vec<Rule>,
    /// This number, or this text, never.
    pub permanent_when: Vec<Rule>,
    /// A PEM file with the authority of the gateway's certificate.
    pub ca_file: Option<PathBuf>,
    /// Limit for connecting, in milliseconds (4000).
    pub connect_ms: Option<u64>,
    /// Limit for the whole call (10000).
    pub call_ms: Option<u64>,
    /// Calls at the same time (4).
    pub at_once: Option<usize>,
    /// Messages a minute, if the gateway allows no more.
    pub per_minute: Option<u32>,
    /// The longest text in UTF-16 units (500).
    pub text_units: Option<usize>,
}

/// A gateway whose settings are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    Kannel,
}

/// Who puts the 【signature】 in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignedBy {
    /// It is part of the text.
    Us,
    /// The gateway: it is taken off the text, and `{sign}` holds it.
    Gateway,
}

impl Settings {
    /// With the preset beneath: a value of ours wins over the preset's, parameters
    /// and headers one by one, and our rules are asked first.
    pub(super) fn with_preset(mut self) -> Self {
        let Some(Preset::Kannel) = self.preset else { return self };
        // A test reads the preset, so a build that ships cannot fail here.
        let preset: Settings = toml::from_str(KANNEL).expect("the preset is tested");
        for (ours, theirs) in
            [(&mut self.headers, preset.headers), (&mut self.query, preset.query), (&mut self.form, preset.form)]
        {
            for (name, value) in theirs {
                ours.entry(name).or_insert(value);
            }
        }
        self.throttle_when.extend(preset.throttle_when);
        self.retry_when.extend(preset.retry_when);
        self.config_when.extend(preset.config_when);
        self.permanent_when.extend(preset.permanent_when);
        Self {
            method: self.method.or(preset.method),
            charset: self.charset.or(preset.charset),
            success: self.success.or(preset.success),
            id_pointer: self.id_pointer.or(preset.id_pointer),
            ..self
        }
    }

    /// What is odd but allowed.
    pub fn warnings(&self, channel: &str) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut warn = |field: &str, what: &str| {
            warnings.push(Warning { channel: channel.to_owned(), field: field.to_owned(), what: what.to_owned() });
        };
        if self.success.as_ref().is_some_and(|success| success.status_only) {
            warn("success", "the status alone decides; a gateway that answers 200 with an error would count as sent");
        }
        if self.url.as_deref().is_some_and(http::is_in_the_clear) {
            warn("url", http::IN_THE_CLEAR);
        }
        warnings
    }

    pub(super) fn timing(&self) -> Timing {
        Timing { connect_ms: self.connect_ms.unwrap_or(4_000), call_ms: self.call_ms.unwrap_or(10_000) }
    }

    pub(super) fn at_once(&self) -> usize {
        self.at_once.unwrap_or(4)
    }

    pub(super) fn text_units(&self) -> usize {
        self.text_units.unwrap_or(500)
    }
}
