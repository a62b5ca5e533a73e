//! The settings of a mail server.

use std::{path::PathBuf, time::Duration};

use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::ServerName;
use serde::Deserialize;

use super::{compose, replies::Rule, session::Security};
use crate::channel::{ChannelError, SecretFrom, Warning, tls};

/// `[channels.email.NAME]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The server.
    pub host: String,
    /// Its port; by default 587 with STARTTLS, 465 with implicit TLS, 25 without.
    pub port: Option<u16>,
    /// How the connection is protected; said, never guessed.
    pub tls: Tls,
    /// A PEM file with the authority of the server's certificate, trusted beside
    /// those of the system.
    pub ca_file: Option<PathBuf>,
    /// The name in the server's certificate, if it is not `host`.
    pub server_name: Option<String>,
    /// The account, if the server wants one.
    pub user: Option<String>,
    /// Its password or authorisation code (授权码).
    pub password: Option<SecretFrom>,
    /// The name that recipients see.
    pub from_name: String,
    /// The address that mails come from; most servers want that of the account.
    pub from_address: String,
    /// How the server is greeted; by default with the name of this machine.
    pub hello: Option<String>,
    /// Limit for connecting, in milliseconds.
    #[serde(default = "Settings::default_connect_ms")]
    pub connect_ms: u64,
    /// Limit for each step of the dialogue.
    #[serde(default = "Settings::default_step_ms")]
    pub step_ms: u64,
    /// Limit from the end of the text to the server's answer.
    #[serde(default = "Settings::default_body_ms")]
    pub body_ms: u64,
    /// Limit for the whole call.
    #[serde(default = "Settings::default_call_ms")]
    pub call_ms: u64,
    /// Connections at the same time.
    #[serde(default = "Settings::default_connections")]
    pub connections: usize,
    /// Mails over one connection; then it is closed.
    #[serde(default = "Settings::default_per_connection")]
    pub per_connection: u32,
    /// How long a connection is kept without use.
    #[serde(default = "Settings::default_idle_ms")]
    pub idle_ms: u64,
    /// Mails a minute, if the server allows no more.
    pub per_minute: Option<u32>,
    /// Meanings of replies that differ from the built-in ones.
    #[serde(default)]
    pub replies: Vec<Rule>,
}

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// In the clear first, then STARTTLS, or nothing is sent.
    StartTls,
    /// From the first byte.
    Implicit,
    /// Not at all: for a relay in the same house.
    Plain,
}

impl Settings {
    fn default_connect_ms() -> u64 {
        10_000
    }

    fn default_step_ms() -> u64 {
        15_000
    }

    fn default_body_ms() -> u64 {
        30_000
    }

    fn default_call_ms() -> u64 {
        60_000
    }

    fn default_connections() -> usize {
        1
    }

    fn default_per_connection() -> u32 {
        50
    }

    fn default_idle_ms() -> u64 {
        30_000
    }

    /// The port, with the default of the kind of protection.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            Tls::StartTls => 587,
            Tls::Implicit => 465,
            Tls::Plain => 25,
        })
    }

    /// What is odd but allowed.
    pub fn warnings(&self, channel: &str) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut warn = |field: &str, what: String| {
            warnings.push(Warning { channel: channel.to_owned(), field: field.to_owned(), what });
        };
        match (self.tls, self.port()) {
            (Tls::StartTls, 465) => warn("tls", "port 465 usually speaks TLS at once: tls = \"implicit\"".to_owned()),
            (Tls::Implicit, port @ (25 | 587)) => {
                warn("tls", format!("port {port} usually begins in the clear: tls = \"starttls\""));
            }
            _ => {}
        }
        if self.tls == Tls::Plain && self.user.is_some() && !is_this_machine(&self.host) {
            warn("tls", "the password travels in the clear: tls = \"starttls\" or \"implicit\"".to_owned());
        }
        if self.user.as_deref().is_some_and(|user| user.contains('@') && user != self.from_address) {
            warn("from_address", "it is not the account that logs in; many servers refuse such mail".to_owned());
        }
        warnings
    }

    /// What does not fit.
    pub(super) fn faults(&self, channel: &str) -> Vec<ChannelError> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, why: &str| faults.push(ChannelError::setting(channel, field, why));
        if self.host.trim().is_empty() {
            fault("host", "it is empty; name the mail server");
        }
        if compose::address(&self.from_address).is_none() {
            fault("from_address", "it is no mail address; write name@domain, and the name people see in from_name");
        }
        if self.from_name.chars().any(char::is_control) {
            fault("from_name", "it must be one line");
        }
        match (&self.user, &self.password) {
            (Some(_), None) => fault("password", "an account needs one; say where it lies: { file = \"…\" }"),
            (None, Some(_)) => fault("user", "a password needs an account"),
            (Some(user), Some(from)) => {
                if user.is_empty() || user.chars().any(char::is_control) {
                    fault("user", "it is empty or has control characters");
                }
                if from.place().is_none() {
                    fault("password", "say in exactly one way where it lies: file, env or credential");
                }
            }
            (None, None) => {}
        }
        if self.tls == Tls::Plain && (self.ca_file.is_some() || self.server_name.is_some()) {
            fault("tls", "without TLS neither ca_file nor server_name is used; remove them, or do not say \"plain\"");
        }
        let limits = [
            ("connect_ms", self.connect_ms),
            ("step_ms", self.step_ms),
            ("body_ms", self.body_ms),
            ("call_ms", self.call_ms),
            ("connections", self.connections as u64),
            ("per_connection", u64::from(self.per_connection)),
            ("per_minute", u64::from(self.per_minute.unwrap_or(1))),
        ];
        for (field, _) in limits.iter().filter(|(_, value)| *value == 0) {
            fault(field, "it must be at least 1");
        }
        let steps = [self.connect_ms, self.step_ms, self.body_ms];
        if steps.iter().any(|step| *step > self.call_ms) {
            fault("call_ms", "it must not be shorter than connect_ms, step_ms or body_ms");
        }
        if self.replies.iter().any(Rule::accepts) {
            fault("replies", "a refusal cannot mean `accepted`");
        }
        faults
    }

    /// How the connection is protected, with the certificates read.
    pub(super) fn security(&self, channel: &str) -> Result<Security, ChannelError> {
        if self.tls == Tls::Plain {
            return Ok(Security::Plain);
        }
        let named = self.server_name.as_ref().unwrap_or(&self.host);
        let name = ServerName::try_from(named.clone())
            .map_err(|_| ChannelError::setting(channel, "server_name", format!("`{named}` is no name of a server")))?;
        let config = tls::client(self.ca_file.as_deref()).map_err(|source| ChannelError::Path {
            channel: channel.to_owned(),
            field: "ca_file",
            path: self.ca_file.clone().unwrap_or_default(),
            source,
        })?;
        Ok(match self.tls {
            Tls::Implicit => Security::Implicit(name, config),
            Tls::StartTls | Tls::Plain => Security::StartTls(name, config),
        })
    }

    pub(super) fn client_id(&self) -> ClientId {
        self.hello.clone().map_or_else(ClientId::default, ClientId::Domain)
    }

    pub(super) fn idle(&self) -> Duration {
        Duration::from_millis(self.idle_ms)
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}
