//! The settings of a CMPP gateway, as the carrier's contract has them.

use std::{net::IpAddr, time::Duration};

use serde::Deserialize;

use super::{
    answers::Rule,
    codec::{Content, Registered, Submit, Version},
};
use crate::{
    channel::{ChannelError, SecretFrom, Sms, Warning},
    ticket::Private,
};

/// `[channels.cmpp.NAME]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The gateway's address.
    pub host: String,
    /// Its port (7890).
    #[serde(default = "port")]
    pub port: u16,
    /// `2.0` or `3.0`.
    pub version: Version,
    /// The account (SP_Id), six characters.
    pub sp_id: String,
    /// The shared secret.
    #[serde(default)]
    pub secret: Option<SecretFrom>,
    /// The service's code.
    pub service_id: String,
    /// The access number that the telephone shows, `10657…`.
    pub src_id: String,
    /// Whose message it is (the account).
    #[serde(default)]
    pub msg_src: Option<String>,
    /// Who pays: 0 the number, 1 its sender, 2 the account, 3 `fee_terminal_id` (2).
    #[serde(default = "fee_user_type")]
    pub fee_user_type: u8,
    /// The number that pays, if it is another one.
    #[serde(default)]
    pub fee_terminal_id: String,
    /// What is paid for (`01`: nothing).
    #[serde(default = "fee_type")]
    pub fee_type: String,
    /// The price in fen (`0`).
    #[serde(default = "fee_code")]
    pub fee_code: String,
    /// 0 to 9 (0); the higher, the sooner.
    #[serde(default)]
    pub msg_level: u8,
    /// Whether the gateway is to report what became of a message (true).
    #[serde(default = "reports")]
    pub reports: bool,
    /// What stands in front of the number, `86` with some gateways.
    #[serde(default)]
    pub number_prefix: String,
    /// Who writes the signature, and where (`front`).
    #[serde(default)]
    pub signature: Signature,
    /// What codes mean, before the built-in table.
    #[serde(default)]
    pub answers: Vec<Rule>,
    /// Limit for connecting, in milliseconds (4000).
    #[serde(default = "connect_ms")]
    pub connect_ms: u64,
    /// Limit for logging in, and for a sign of life before a message on a connection
    /// that was silent (4000).
    #[serde(default = "connect_ms")]
    pub login_ms: u64,
    /// Limit for the answer to a message or to each part of one (10000).
    #[serde(default = "answer_ms")]
    pub answer_ms: u64,
    /// Limit for the whole call, with all parts (20000).
    #[serde(default = "call_ms")]
    pub call_ms: u64,
    /// After so many silent seconds the gateway is asked whether it is there (180).
    #[serde(default = "active_test_s")]
    pub active_test_s: u64,
    /// It is asked again after so many more, three times in all (60).
    #[serde(default = "active_test_answer_s")]
    pub active_test_answer_s: u64,
    /// Messages that may wait for their answer at the same time (16).
    #[serde(default = "window")]
    pub window: usize,
    /// Messages a second, each part counted (10).
    #[serde(default = "per_second")]
    pub per_second: u32,
    /// SMS a minute, if the carrier allows no more.
    #[serde(default)]
    pub per_minute: Option<u32>,
    /// The longest text in UTF-16 units (500).
    #[serde(default = "text_units")]
    pub text_units: usize,
}

/// Who writes the 【signature】, and where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signature {
    /// We do, in front of the text.
    #[default]
    Front,
    /// We do, behind it.
    End,
    /// The gateway does: it is taken off the text.
    Gateway,
}

impl Settings {
    /// What does not fit.
    pub(super) fn faults(&self, channel: &str) -> Vec<ChannelError> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, why: &str| faults.push(ChannelError::setting(channel, field, why));
        if self.host.trim().is_empty() || self.host.contains([':', '/', ' ']) && self.host.parse::<IpAddr>().is_err() {
            fault("host", "it is the gateway's name or address alone, without port or path");
        }
        if self.sp_id.len() != 6 {
            fault("sp_id", "it has six characters, as the carrier gave it");
        }
        if self.secret.is_none() {
            fault("secret", "it is missing; say where it lies, { file = \"…\" } or { credential = \"…\" }");
        }
        for (field, value) in [("service_id", &self.service_id), ("src_id", &self.src_id)] {
            if value.is_empty() {
                fault(field, "it is empty; the carrier gives it with the account");
            }
        }
        if !(0..=3).contains(&self.fee_user_type) || (self.fee_user_type == 3) == self.fee_terminal_id.is_empty() {
            fault("fee_user_type", "it is 0 to 3, and 3 goes with fee_terminal_id and nothing else does");
        }
        if self.msg_level > 9 {
            fault("msg_level", "it is 0 to 9");
        }
        if !self.number_prefix.bytes().all(|byte| byte.is_ascii_digit()) || self.number_prefix.len() > 4 {
            fault("number_prefix", "it is a few digits, such as 86, or nothing");
        }
        let limits = [self.connect_ms, self.login_ms, self.answer_ms, self.active_test_s, self.active_test_answer_s];
        if limits.contains(&0) || self.connect_ms + self.login_ms >= self.call_ms || self.answer_ms > self.call_ms {
            fault(
                "call_ms",
                "all limits are at least 1, connect_ms and login_ms together shorter than call_ms, and answer_ms is no longer",
            );
        }
        if self.window == 0 || self.per_second == 0 || self.per_minute == Some(0) || self.text_units == 0 {
            fault("window", "window, per_second, per_minute and text_units must be at least 1");
        }
        for why in self.answers.iter().filter_map(Rule::fault) {
            fault("answers", why);
        }
        // What else does not fit is seen when it is written.
        if let Err(error) =
            self.submit(Private::default(), Content { total: 1, number: 1, bytes: Vec::new() }).check(self.version)
        {
            faults.push(ChannelError::setting(channel, error.field(), error.to_string()));
        }
        faults
    }

    /// What is odd but allowed.
    pub fn warnings(&self, channel: &str) -> Vec<Warning> {
        let is_near = match self.host.parse() {
            Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private(),
            Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local(),
            Err(_) => self.host == "localhost",
        };
        let what =
            "CMPP has no encryption, so numbers and texts travel in the clear; use the carrier's private line or a VPN";
        let warning = || Warning { channel: channel.to_owned(), field: "host".to_owned(), what: what.to_owned() };
        (!is_near).then(warning).into_iter().collect()
    }

    /// The message that carries `content`.
    pub(super) fn submit(&self, dest: Private<String>, content: Content) -> Submit {
        Submit {
            service_id: self.service_id.clone(),
            fee_user_type: self.fee_user_type,
            fee_terminal: self.fee_terminal_id.clone(),
            fee_type: self.fee_type.clone(),
            fee_code: self.fee_code.clone(),
            msg_src: self.msg_src.clone().unwrap_or_else(|| self.sp_id.clone()),
            src_id: self.src_id.clone(),
            level: self.msg_level,
            registered: if self.reports { Registered::Wanted } else { Registered::NotWanted },
            dest,
            content,
        }
    }

    /// The number as the gateway wants it.
    pub(super) fn dest(&self, sms: &Sms) -> Private<String> {
        Private::new(format!("{}{}", self.number_prefix, sms.to.expose()))
    }

    /// The text with its signature where the contract has it.
    pub(super) fn text(&self, sms: &Sms) -> String {
        let (sign, bare) = sms.split_signature();
        match self.signature {
            Signature::Front => sms.text.clone(),
            Signature::End if sign.is_empty() => sms.text.clone(),
            Signature::End => format!("{bare}【{sign}】"),
            Signature::Gateway => bare.to_owned(),
        }
    }

    pub(super) fn call(&self) -> Duration {
        Duration::from_millis(self.call_ms)
    }
}

fn port() -> u16 {
    7890
}

fn fee_user_type() -> u8 {
    2
}

fn fee_type() -> String {
    "01".to_owned()
}

fn fee_code() -> String {
    "0".to_owned()
}

fn reports() -> bool {
    true
}

fn connect_ms() -> u64 {
    4_000
}

fn answer_ms() -> u64 {
    10_000
}

fn call_ms() -> u64 {
    20_000
}

fn active_test_s() -> u64 {
    180
}

fn active_test_answer_s() -> u64 {
    60
}

fn window() -> usize {
    16
}

fn per_second() -> u32 {
    10
}

fn text_units() -> usize {
    500
}
