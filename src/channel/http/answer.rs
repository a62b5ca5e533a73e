//! An answer over HTTP as it was read, and what its mere form says.

use std::{error::Error, time::Duration};

use chrono::{DateTime, Utc};
use reqwest::Response;
use serde_json::Value;

use crate::channel::Class;

/// No provider says more than this.
const LONGEST: usize = 64 * 1024;

/// An answer, as far as it was read.
#[derive(Debug)]
pub(in crate::channel) struct Answer {
    pub status: u16,
    /// How long the provider asks to wait.
    pub retry_after: Option<Duration>,
    /// The provider's clock.
    pub date: Option<DateTime<Utc>>,
    pub text: String,
    pub json: Option<Value>,
    pub whole: Whole,
}

/// Whether an answer was read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::channel) enum Whole {
    Yes,
    /// It is longer than anything a provider says.
    TooLong,
    /// It broke off.
    Broken(String),
}

/// Whether an answer has a code of its own, be it listed or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::channel) enum Code {
    There,
    Missing,
}

impl Answer {
    /// Reads an answer, up to a limit.
    pub async fn read(mut response: Response, now: DateTime<Utc>) -> Self {
        let status = response.status().as_u16();
        let retry_after = retry_after(&response, now);
        let date = header(&response, reqwest::header::DATE).and_then(date);
        let mut bytes = Vec::new();
        let whole = loop {
            match response.chunk().await {
                Ok(None) => break Whole::Yes,
                Ok(Some(chunk)) => {
                    let room = LONGEST - bytes.len();
                    bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
                    if chunk.len() > room {
                        break Whole::TooLong;
                    }
                }
                Err(error) => break Whole::Broken(chain(&error.without_url())),
            }
        };
        Self { retry_after, date, ..Self::of(status, &bytes, whole) }
    }

    /// An answer from what was read of it.
    pub fn of(status: u16, bytes: &[u8], whole: Whole) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => encoding_rs::GB18030.decode(bytes).0.into_owned(),
        };
        let json = if whole == Whole::Yes { serde_json::from_str(&text).ok() } else { None };
        Self { status, retry_after: None, date: None, text, json, whole }
    }

    /// What an answer means that no table names, and why in a few words.
    pub fn unnamed(&self, code: Code) -> (Class, &'static str) {
        match self.status {
            401 | 403 | 407 => (Class::ChannelDown, "(credentials or permission)"),
            408 | 429 => (Class::Throttled, "(too much)"),
            // Whoever sends us elsewhere or knows no such page is not the provider.
            300..=399 => (Class::ChannelDown, "(sent elsewhere; see url)"),
            404 | 405 | 410 => (Class::ChannelDown, "(no such page; see url and method)"),
            400..=499 => (Class::BadContent, "(refused)"),
            200..=299 => match &self.whole {
                Whole::TooLong => (Class::Unknown, "(an answer without end)"),
                Whole::Broken(_) => (Class::Unknown, "(the answer broke off)"),
                Whole::Yes if self.text.trim().is_empty() => (Class::Unknown, "(an empty answer)"),
                // A code that nobody has listed: to repeat it could cost money and
                // annoy a citizen.
                Whole::Yes if code == Code::There => (Class::BadContent, "(a code that is not listed)"),
                Whole::Yes => (Class::Unknown, "(an answer that cannot be read)"),
            },
            _ => (Class::Unknown, "(a failure of the gateway)"),
        }
    }
}

/// A provider's code for a log or a ledger, if it may stand there: short, plain, and
/// without a run of digits as long as a telephone number.
pub(in crate::channel) fn is_loggable(code: &str) -> bool {
    let is_short = code.len() <= 64 && code.chars().all(|c| c.is_ascii_graphic());
    is_short && code.bytes().filter(u8::is_ascii_digit).count() < 7
}

/// The scalar at a place of a JSON document, as text.
pub(in crate::channel) fn scalar_at(json: &Value, pointer: &str) -> Option<String> {
    match json.pointer(pointer)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// An error with what lies beneath it.
pub(in crate::channel) fn chain(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut beneath = error.source();
    while let Some(error) = beneath {
        words.push_str(": ");
        words.push_str(&error.to_string());
        beneath = error.source();
    }
    words
}

/// How long the provider asks to wait: seconds, or a date.
fn retry_after(response: &Response, now: DateTime<Utc>) -> Option<Duration> {
    let value = header(response, reqwest::header::RETRY_AFTER)?;
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => (date(value)? - now).to_std().ok(),
    }
}

fn header(response: &Response, name: reqwest::header::HeaderName) -> Option<&str> {
    Some(response.headers().get(name)?.to_str().ok()?.trim())
}

fn date(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc2822(text).ok()?.to_utc())
}
