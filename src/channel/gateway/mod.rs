//! SMS through any gateway that is reached over HTTP.
//!
//! What is sent and what the answers mean are settings; Kannel's come as a preset.
//! A request is complete before it leaves, and it leaves once: no redirect is
//! followed and nothing is repeated here. What fails before the request has left
//! is not sent; what fails after that, and an answer that says nothing clear, is
//! unknown, unless the settings name it.

use std::{error::Error, time::Duration};

use chrono::{DateTime, Utc};
use reqwest::{
    Client, Url,
    header::{HeaderName, HeaderValue},
    redirect::Policy,
};
use secrecy::ExposeSecret;

use super::{ChannelError, Class, Limits, Secrets, Sms, scrub::Scrub, tls};
use crate::{
    message::sms::count,
    notice::{Failure, Outcome},
};

mod answer;
mod request;
mod rule;
mod settings;
mod template;

pub use rule::{Of, Rule, Scalar, Statuses, Success};
pub use settings::{Method, Preset, Settings, SignedBy};
pub use template::{Charset, Escape};

use request::{Blank, Request};
use template::Template;

/// An SMS gateway.
#[derive(Debug)]
pub struct Gateway {
    name: String,
    settings: Settings,
    blank: Blank,
    secrets: Secrets,
    client: Client,
}

impl Gateway {
    /// Reads the templates and certificates; no connection is made.
    ///
    /// # Errors
    ///
    /// Every setting that does not fit.
    pub fn open(name: &str, settings: &Settings, secrets: &Secrets) -> Result<Self, Vec<ChannelError>> {
        let settings = settings.clone().with_preset();
        let mut faults = faults(name, &settings);
        for secret in settings.secrets.keys().filter(|secret| secrets.get(name, secret).is_none()) {
            faults.push(ChannelError::setting(name, format!("secrets.{secret}"), "it was not found"));
        }
        let blank = Blank::read(name, &settings, &mut faults);
        let client = client(name, &settings).map_err(|fault| faults.push(fault)).ok();
        match (blank, client, faults.is_empty()) {
            (Some(blank), Some(client), true) => {
                Ok(Self { name: name.to_owned(), settings, blank, secrets: secrets.clone(), client })
            }
            _ => Err(faults),
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn limits(&self) -> Limits {
        Limits {
            call: Duration::from_millis(self.settings.call_ms()),
            at_once: self.settings.at_once(),
            per_minute: self.settings.per_minute,
            text_units: Some(self.settings.text_units()),
        }
    }

    /// The request as HTTP/1.1 text, with its secrets masked.
    pub(super) fn preview(&self, sms: &Sms, now: DateTime<Utc>) -> Result<String, Outcome> {
        let request = self.request(sms, now, &|_| None)?;
        let url = Url::parse(&request.url).map_err(|_| bad_request("the URL is none", now))?;
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let mut text = format!("{} {path} HTTP/1.1\r\n", request.method.id());
        text.push_str(&format!("host: {}{port}\r\n", url.host_str().unwrap_or_default()));
        for (name, value) in &request.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !request.body.is_empty() {
            text.push_str(&format!("content-length: {}\r\n", request.body.len()));
        }
        text.push_str("\r\n");
        text.push_str(&self.blank.charset().decode(&request.body));
        Ok(text)
    }

    pub(super) async fn probe(&self, now: DateTime<Utc>) -> Result<(), Outcome> {
        let url = self.settings.url.as_deref().and_then(|url| Url::parse(&Template::parse(url).ok()?.shape()).ok());
        // The URL was read when the channel was opened.
        let Some((host, port)) = url.as_ref().and_then(|url| Some((url.host_str()?, url.port_or_known_default()?)))
        else {
            return Err(bad_request("the URL is none", now));
        };
        let limit = Duration::from_millis(self.settings.connect_ms());
        let connecting = tokio::net::TcpStream::connect((host.trim_matches(['[', ']']), port));
        let why = match tokio::time::timeout(limit, connecting).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "nobody has answered in time".to_owned(),
        };
        Err(Class::NotSent.outcome(Failure::new("http-connect", &why), now, None))
    }

    pub(super) async fn send(&self, sms: &Sms, now: DateTime<Utc>) -> Outcome {
        let secrets = |name: &str| self.secrets.get(&self.name, name);
        let request = match self.request(sms, now, &secrets).and_then(|request| self.built(request, now)) {
            Ok(request) => request,
            Err(outcome) => return outcome,
        };
        let scrub = self.scrub(sms);
        let exchange = async {
            let response = self.client.execute(request).await?;
            Ok(answer::read(response, now).await)
        };
        match tokio::time::timeout(Duration::from_millis(self.settings.call_ms()), exchange).await {
            Ok(Ok(answer)) => answer::outcome(&self.settings, &answer, now, &scrub),
            Ok(Err(error)) => failed(error, now, &scrub),
            // Connecting has a shorter limit of its own, so the request has left.
            Err(_) => {
                let why = Failure::new("http-timeout-after-request", "the gateway has not answered in time");
                Class::Unknown.outcome(why, now, None)
            }
        }
    }

    fn request<'a>(
        &self,
        sms: &'a Sms,
        now: DateTime<Utc>,
        secrets: &'a dyn Fn(&str) -> Option<&'a secrecy::SecretString>,
    ) -> Result<Request, Outcome> {
        let content = |code: &str, what: &str| Class::BadContent.outcome(Failure::new(code, what), now, None);
        if let Some(refused) = sms.refused(now) {
            return Err(refused);
        }
        let units = count(&sms.text).units;
        if units > self.settings.text_units() {
            return Err(content("sms-too-long", &format!("the text has {units} units, more than the gateway takes")));
        }
        let filled = self.blank.fill(sms, now, secrets);
        filled.map_err(|_| content("sms-charset", "the text has a character that the gateway's encoding lacks"))
    }

    /// The request for the client.
    fn built(&self, request: Request, now: DateTime<Utc>) -> Result<reqwest::Request, Outcome> {
        let url = Url::parse(&request.url).map_err(|_| bad_request("the URL is none when filled in", now))?;
        let mut built = self.client.request(request.method.into(), url);
        for (name, value) in request.headers {
            let name = HeaderName::from_bytes(name.as_bytes());
            let value = HeaderValue::from_bytes(value.as_bytes());
            let (Ok(name), Ok(mut value)) = (name, value) else {
                return Err(bad_request("a header is none when filled in", now));
            };
            // A header may hold a token, and nothing that logs it needs it.
            value.set_sensitive(true);
            built = built.header(name, value);
        }
        let built = built.body(request.body).build();
        built.map_err(|error| bad_request(&answer::chain(&error.without_url()), now))
    }

    /// What must not stand in anything that is logged.
    fn scrub(&self, sms: &Sms) -> Scrub {
        let mut scrub = Scrub::default().hiding(sms.to.expose());
        for name in self.settings.secrets.keys() {
            if let Some(secret) = self.secrets.get(&self.name, name) {
                let secret = secret.expose_secret();
                scrub = scrub.hiding(secret);
                if let Ok(escaped) = Escape::Url.apply(secret, self.blank.charset()) {
                    scrub = scrub.hiding(&escaped);
                }
            }
        }
        scrub
    }
}

/// What does not fit, apart from the templates.
fn faults(channel: &str, settings: &Settings) -> Vec<ChannelError> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, why: &str| faults.push(ChannelError::setting(channel, field, why));
    if let Some(why) = settings.url.as_deref().map_or(Some("it is missing; write where the gateway is"), url_fault) {
        fault("url", why);
    }
    match &settings.success {
        None => fault("success", "it is missing; say which answer means that the SMS was taken"),
        Some(success) => {
            if let Some(why) = success.fault() {
                fault("success", why);
            }
        }
    }
    if settings.id_pointer.as_deref().is_some_and(|pointer| !pointer.starts_with('/')) {
        fault("id_pointer", "a pointer begins with `/`, as in /result/id");
    }
    for (field, rules) in [
        ("throttle_when", &settings.throttle_when),
        ("retry_when", &settings.retry_when),
        ("config_when", &settings.config_when),
        ("permanent_when", &settings.permanent_when),
    ] {
        for why in rules.iter().filter_map(Rule::fault) {
            fault(field, why);
        }
        if field != "permanent_when" && rules.iter().any(|rule| rule.of.is_some()) {
            fault(field, "only a rule of permanent_when says of what");
        }
    }
    for name in settings.headers.keys().filter(|name| HeaderName::from_bytes(name.as_bytes()).is_err()) {
        fault(&format!("headers.{name}"), "it is no name of a header");
    }
    if settings.connect_ms() == 0 || settings.connect_ms() >= settings.call_ms() {
        fault("connect_ms", "it must be at least 1 and shorter than call_ms");
    }
    if settings.at_once() == 0 || settings.per_minute == Some(0) || settings.text_units() == 0 {
        fault("at_once", "at_once, per_minute and text_units must be at least 1");
    }
    faults
}

fn url_fault(url: &str) -> Option<&'static str> {
    // What places hold changes nothing about the form of the rest.
    let plain = Template::parse(url).ok()?.shape();
    match Url::parse(&plain) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => Some("it must begin with http:// or https://"),
        Ok(url) if url.password().is_some() || !url.username().is_empty() => {
            Some("an account does not belong into the URL; use headers or query and secrets")
        }
        Ok(_) => None,
        Err(_) => Some("it is no URL; write https://host/path"),
    }
}

fn client(channel: &str, settings: &Settings) -> Result<Client, ChannelError> {
    tls::install();
    let mut builder = Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .connect_timeout(Duration::from_millis(settings.connect_ms()))
        // A gateway may close a connection at any moment it is not used, and a
        // request that runs into that is unknown: so none is kept for long.
        .pool_idle_timeout(Duration::from_secs(2))
        .tcp_nodelay(true);
    if let Some(path) = &settings.ca_file {
        let fault =
            |source| ChannelError::Path { channel: channel.to_owned(), field: "ca_file", path: path.clone(), source };
        for certificate in tls::certificates(path).map_err(fault)? {
            let certificate = reqwest::Certificate::from_der(&certificate);
            let certificate =
                certificate.map_err(|error| ChannelError::setting(channel, "ca_file", error.to_string()))?;
            builder = builder.tls_certs_merge([certificate]);
        }
    }
    builder.build().map_err(|error| ChannelError::setting(channel, "ca_file", answer::chain(&error)))
}

/// The outcome of a request without an answer.
fn failed(error: reqwest::Error, now: DateTime<Utc>, scrub: &Scrub) -> Outcome {
    let error = error.without_url();
    let words = scrub.line(&answer::chain(&error));
    if error.is_builder() {
        return bad_request(&words, now);
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

/// A request that cannot be made: the settings are wrong, whatever the SMS.
fn bad_request(what: &str, now: DateTime<Utc>) -> Outcome {
    Class::ChannelDown.outcome(Failure::new("http-request", what), now, None)
}

impl Method {
    fn id(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

impl From<Method> for reqwest::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
        }
    }
}
