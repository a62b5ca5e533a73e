//! SMS through any gateway that is reached over HTTP.
//!
//! What is sent and what the answers mean are settings; Kannel's come as a preset.
//! A request is complete before it leaves, and it leaves once: no redirect is
//! followed and nothing is repeated here. What fails before the request has left
//! is not sent; what fails after that, and an answer that says nothing clear, is
//! unknown, unless the settings name it.

use chrono::{DateTime, Utc};
use reqwest::header::HeaderName;
use secrecy::ExposeSecret;

use super::{
    ChannelError, Class, Limits, Secrets, Sms,
    http::{self, Request, Wire},
    scrub::Scrub,
};
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
pub use settings::{Preset, Settings, SignedBy};
pub use template::{Charset, Escape};

use request::Blank;
use template::Template;

/// An SMS gateway.
#[derive(Debug)]
pub struct Gateway {
    name: String,
    settings: Settings,
    blank: Blank,
    secrets: Secrets,
    wire: Wire,
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
        let wire = Wire::open(name, settings.ca_file.as_ref(), settings.timing());
        let wire = wire.map_err(|fault| faults.push(fault)).ok();
        match (blank, wire, faults.is_empty()) {
            (Some(blank), Some(wire), true) => {
                Ok(Self { name: name.to_owned(), settings, blank, secrets: secrets.clone(), wire })
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
            call: self.wire.call(),
            at_once: self.settings.at_once(),
            per_minute: self.settings.per_minute,
            text_units: Some(self.settings.text_units()),
            text_bytes: None,
        }
    }

    /// The request as HTTP/1.1 text, with its secrets masked.
    pub(super) fn preview(&self, sms: &Sms, now: DateTime<Utc>) -> Result<String, Outcome> {
        let request = self.request(sms, now, &|_| None)?;
        request.text(&self.blank.charset().decode(&request.body), now)
    }

    pub(super) async fn probe(&self, now: DateTime<Utc>) -> Result<(), Outcome> {
        let url = self.settings.url.as_deref().and_then(|url| Some(Template::parse(url).ok()?.shape()));
        self.wire.probe(&url.unwrap_or_default(), now).await
    }

    pub(super) async fn send(&self, sms: &Sms, now: DateTime<Utc>) -> Outcome {
        let secrets = |name: &str| self.secrets.get(&self.name, name);
        let request = match self.request(sms, now, &secrets) {
            Ok(request) => request,
            Err(outcome) => return outcome,
        };
        let scrub = self.scrub(sms);
        match self.wire.exchange(request, now, &scrub).await {
            Ok(answer) => answer::outcome(&self.settings, &answer, now, &scrub),
            Err(outcome) => outcome,
        }
    }

    fn request<'a>(
        &self,
        sms: &'a Sms,
        now: DateTime<Utc>,
        secrets: &'a dyn Fn(&str) -> Option<&'a secrecy::SecretString>,
    ) -> Result<Request, Outcome> {
        let content = |code: &str, what: &str| Class::BadContent.outcome(Failure::new(code, what), now, None);
        if let Some(outcome) = sms.refused(now) {
            return Err(outcome);
        }
        let units = count(&sms.text).units;
        if units > self.settings.text_units() {
            return Err(content("sms-too-long", &format!("the text has {units} units, more than the gateway takes")));
        }
        let filled = self.blank.fill(sms, now, secrets);
        filled.map_err(|_| content("sms-charset", "the text has a character that the gateway's encoding lacks"))
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
    if let Some(why) = settings.timing().fault() {
        fault("connect_ms", why);
    }
    if settings.at_once() == 0 || settings.per_minute == Some(0) || settings.text_units() == 0 {
        fault("at_once", "at_once, per_minute and text_units must be at least 1");
    }
    faults
}

fn url_fault(url: &str) -> Option<&'static str> {
    // What places hold changes nothing about the form of the rest.
    http::url_fault(&Template::parse(url).ok()?.shape())
}
