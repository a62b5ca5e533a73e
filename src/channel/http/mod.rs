//! What every channel over HTTP shares: one exchange, bounded, and never repeated.
//!
//! A request is complete before it leaves, and it leaves once: no redirect is
//! followed. What fails before it has left is not sent; what fails after that is
//! unknown. Only HTTP/1.1 is spoken, so that there is one request to a connection
//! and no doubt which one broke.

use std::{
    error::Error,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, Utc};
use reqwest::{Client, Url, redirect::Policy};

use super::{ChannelError, Class, scrub::Scrub, tls};
use crate::notice::{Failure, Outcome};

mod answer;
mod request;

pub(super) use answer::{Answer, Code, Whole, chain, is_loggable, scalar_at};
pub use request::Method;
pub(super) use request::{Request, host, percent};

/// The way to a provider.
#[derive(Debug)]
pub(super) struct Wire {
    client: Client,
    connect: Duration,
    call: Duration,
}

/// How long things may take, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    pub connect_ms: u64,
    pub call_ms: u64,
}

impl Timing {
    /// What cannot be right about it.
    pub fn fault(self) -> Option<&'static str> {
        let fits = self.connect_ms > 0 && self.connect_ms < self.call_ms;
        (!fits).then_some("it must be at least 1 and shorter than call_ms")
    }
}

impl Wire {
    /// Reads the certificates; no connection is made.
    pub fn open(channel: &str, ca_file: Option<&PathBuf>, timing: Timing) -> Result<Self, ChannelError> {
        tls::install();
        let connect = Duration::from_millis(timing.connect_ms);
        let mut builder = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .http1_only()
            .connect_timeout(connect)
            // A gateway may close a connection at any moment it is not used, and a
            // request that runs into that is unknown: so none is kept for long.
            .pool_idle_timeout(Duration::from_secs(2))
            .tcp_nodelay(true);
        for certificate in ca_file.map_or(Ok(Vec::new()), |path| authorities(channel, path))? {
            builder = builder.tls_certs_merge([certificate]);
        }
        let client = builder.build();
        let client = client.map_err(|error| ChannelError::setting(channel, "ca_file", chain(&error)))?;
        Ok(Self { client, connect, call: Duration::from_millis(timing.call_ms) })
    }

    /// The longest a call takes.
    pub fn call(&self) -> Duration {
        self.call
    }

    /// Sends a request and reads what comes back.
    ///
    /// # Errors
    ///
    /// The outcome, where no answer came.
    pub async fn exchange(&self, request: Request, now: DateTime<Utc>, scrub: &Scrub) -> Result<Answer, Outcome> {
        let request = request.built(&self.client, now)?;
        let exchange = async {
            let response = self.client.execute(request).await?;
            Ok(Answer::read(response, now).await)
        };
        match tokio::time::timeout(self.call, exchange).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(failed(error, now, scrub)),
            // Connecting has a shorter limit of its own, so the request has left.
            Err(_) => {
                let why = Failure::new("http-timeout-after-request", "the gateway has not answered in time");
                Err(Class::Unknown.outcome(why, now, None))
            }
        }
    }

    /// Connects and says nothing.
    pub async fn probe(&self, url: &str, now: DateTime<Utc>) -> Result<(), Outcome> {
        let url = Url::parse(url).ok();
        // The URL was read when the channel was opened.
        let Some((host, port)) = url.as_ref().and_then(|url| Some((url.host_str()?, url.port_or_known_default()?)))
        else {
            return Err(unmakeable("the URL is none", now));
        };
        let connecting = tokio::net::TcpStream::connect((host.trim_matches(['[', ']']), port));
        let why = match tokio::time::timeout(self.connect, connecting).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "nobody has answered in time".to_owned(),
        };
        Err(Class::NotSent.outcome(Failure::new("http-connect", &why), now, None))
    }
}

/// What cannot be right about a URL.
pub(super) fn url_fault(url: &str) -> Option<&'static str> {
    match Url::parse(url) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => Some("it must begin with http:// or https://"),
        Ok(url) if url.password().is_some() || !url.username().is_empty() => {
            Some("an account does not belong into the URL; use headers or query and secrets")
        }
        Ok(_) => None,
        Err(_) => Some("it is no URL; write https://host/path"),
    }
}

/// Whether numbers and secrets would travel in the clear to another machine.
pub(super) fn is_in_the_clear(url: &str) -> bool {
    url.starts_with("http://") && !is_this_machine(url)
}

/// What a channel is warned of whose URL is in the clear.
pub(super) const IN_THE_CLEAR: &str =
    "numbers and secrets travel in the clear; use https, or a gateway on this machine";

fn is_this_machine(url: &str) -> bool {
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

fn authorities(channel: &str, path: &Path) -> Result<Vec<reqwest::Certificate>, ChannelError> {
    let fault =
        |source| ChannelError::Path { channel: channel.to_owned(), field: "ca_file", path: path.to_owned(), source };
    let certificates = tls::certificates(path).map_err(fault)?;
    let read = certificates.iter().map(|certificate| reqwest::Certificate::from_der(certificate));
    read.collect::<Result<_, _>>().map_err(|error| ChannelError::setting(channel, "ca_file", error.to_string()))
}

/// The outcome of a request without an answer.
fn failed(error: reqwest::Error, now: DateTime<Utc>, scrub: &Scrub) -> Outcome {
    let error = error.without_url();
    let words = scrub.line(&chain(&error));
    if error.is_builder() {
        return unmakeable(&words, now);
    }
    if is_untrusted(&error) {
        let why = Failure::new("http-tls", &format!("no TLS with this gateway; see url and ca_file: {words}"));
        return Class::ChannelDown.outcome(why, now, None);
    }
    if error.is_connect() {
        return Class::NotSent.outcome(Failure::new("http-connect", &words), now, None);
    }
    Class::Unknown.outcome(Failure::new("http-lost-after-request", &words), now, None)
}

/// Whether TLS itself said no; a broken connection in the handshake is not that.
fn is_untrusted(error: &(dyn Error + 'static)) -> bool {
    let mut beneath = Some(error);
    while let Some(error) = beneath {
        if error.is::<rustls::Error>() {
            return true;
        }
        // An I/O error hides what it wraps from `source`.
        beneath = match error.downcast_ref::<std::io::Error>().and_then(|error| error.get_ref()) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    false
}

/// A request that cannot be made: the settings are wrong, whatever the letter.
pub(super) fn unmakeable(what: &str, now: DateTime<Utc>) -> Outcome {
    Class::ChannelDown.outcome(Failure::new("http-request", what), now, None)
}
