//! What a gateway's answer means.

use std::{error::Error, time::Duration};

use chrono::{DateTime, Utc};
use reqwest::Response;

use super::{
    rule::{Answer, Of, Rule, Whole, scalar_at},
    settings::Settings,
};
use crate::{
    channel::{Class, scrub::Scrub},
    notice::{Failure, Outcome, Receipt},
};

/// No gateway says more than this.
const LONGEST: usize = 64 * 1024;
/// The longest answer that may be a bare code with a few words.
const CODE: usize = 200;

/// Reads an answer, up to a limit.
pub(super) async fn read(mut response: Response, now: DateTime<Utc>) -> Answer {
    let status = response.status().as_u16();
    let retry_after = retry_after(&response, now);
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
    answer(status, &bytes, whole, retry_after)
}

/// An answer from what was read of it.
pub(super) fn answer(status: u16, bytes: &[u8], whole: Whole, retry_after: Option<Duration>) -> Answer {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::GB18030.decode(bytes).0.into_owned(),
    };
    let json = if whole == Whole::Yes { serde_json::from_str(&text).ok() } else { None };
    Answer { status, retry_after, text, json, whole }
}

/// The outcome of an answer: the settings' tests first, and where they say
/// nothing, the status and form of the answer.
pub(super) fn outcome(settings: &Settings, answer: &Answer, now: DateTime<Utc>, scrub: &Scrub) -> Outcome {
    if settings.success.as_ref().is_some_and(|success| success.fits(answer)) {
        let id = settings.id_pointer.as_deref().and_then(|pointer| scalar_at(answer.json.as_ref()?, pointer));
        return Outcome::Accepted(Receipt(id.filter(|id| !id.is_empty())));
    }
    let why = |code: &str, what: &str| {
        let answered = format!("HTTP {} {what}: {}", answer.status, answer.text.trim());
        Failure::new(code, &scrub.line(&answered))
    };
    let code = answered_code(settings, answer);
    match named(settings, answer) {
        Some((class, rule)) => class.outcome(why(&code, "as listed"), now, rule.wait().or(answer.retry_after)),
        None => {
            let (class, what) = unnamed(settings, answer);
            let code = if class == Class::BadContent { format!("unknown-code {code}") } else { code };
            class.outcome(why(&code, what), now, answer.retry_after)
        }
    }
}

/// The class that the settings have for the answer.
fn named<'a>(settings: &'a Settings, answer: &Answer) -> Option<(Class, &'a Rule)> {
    let lists = [
        (Class::Throttled, &settings.throttle_when),
        (Class::ChannelDown, &settings.config_when),
        (Class::NotSent, &settings.retry_when),
        (Class::BadRecipient, &settings.permanent_when),
    ];
    let fits = |(class, rules): (Class, &'a Vec<Rule>)| {
        let rule = rules.iter().find(|rule| rule.fits(answer))?;
        let is_text = class == Class::BadRecipient && rule.of == Some(Of::Text);
        Some((if is_text { Class::BadContent } else { class }, rule))
    };
    lists.into_iter().find_map(fits)
}

/// The class of an answer that the settings do not name.
fn unnamed(settings: &Settings, answer: &Answer) -> (Class, &'static str) {
    match answer.status {
        401 | 403 | 407 => (Class::ChannelDown, "(credentials or permission)"),
        408 | 429 => (Class::Throttled, "(too much)"),
        // Whoever sends us elsewhere or knows no such page is not the gateway.
        300..=399 => (Class::ChannelDown, "(sent elsewhere; see url)"),
        404 | 405 | 410 => (Class::ChannelDown, "(no such page; see url and method)"),
        400..=499 => (Class::BadContent, "(refused)"),
        200..=299 => match &answer.whole {
            Whole::TooLong => (Class::Unknown, "(an answer without end)"),
            Whole::Broken(_) => (Class::Unknown, "(the answer broke off)"),
            Whole::Yes if answer.text.trim().is_empty() => (Class::Unknown, "(an empty answer)"),
            // A code that nobody has listed: to repeat it could cost money and
            // annoy a citizen.
            Whole::Yes if is_code(settings, answer) => (Class::BadContent, "(a code that is not listed)"),
            Whole::Yes => (Class::Unknown, "(an answer that cannot be read)"),
        },
        _ => (Class::Unknown, "(a failure of the gateway)"),
    }
}

/// Whether the answer is a clear one, though its code is not listed.
fn is_code(settings: &Settings, answer: &Answer) -> bool {
    let pointer = settings.success.as_ref().and_then(|success| success.pointer.as_deref());
    match pointer {
        Some(pointer) => answer.json.as_ref().is_some_and(|json| scalar_at(json, pointer).is_some()),
        None => {
            let text = answer.text.trim();
            let digits = text.trim_start_matches('-').chars().take_while(char::is_ascii_digit).count();
            let behind = text.trim_start_matches('-').chars().nth(digits);
            text.len() <= CODE && digits > 0 && !behind.is_some_and(char::is_alphanumeric)
        }
    }
}

/// The answer's own code if it has one, else its status.
fn answered_code(settings: &Settings, answer: &Answer) -> String {
    let pointer = settings.success.as_ref().and_then(|success| success.pointer.as_deref());
    let code = pointer.and_then(|pointer| scalar_at(answer.json.as_ref()?, pointer));
    let is_short = |code: &String| code.len() <= 64 && code.chars().all(|c| c.is_ascii_graphic());
    // A run of digits as long as a telephone number might be one.
    let is_number = |code: &String| code.bytes().filter(u8::is_ascii_digit).count() >= 7;
    match code.filter(|code| is_short(code) && !is_number(code)) {
        Some(code) => format!("gateway-{code}"),
        None => format!("http-{}", answer.status),
    }
}

/// How long the gateway asks to wait: seconds, or a date.
fn retry_after(response: &Response, now: DateTime<Utc>) -> Option<Duration> {
    let value = response.headers().get(reqwest::header::RETRY_AFTER)?.to_str().ok()?.trim();
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => (DateTime::parse_from_rfc2822(value).ok()?.with_timezone(&Utc) - now).to_std().ok(),
    }
}

/// An error with what lies beneath it.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut beneath = error.source();
    while let Some(error) = beneath {
        words.push_str(": ");
        words.push_str(&error.to_string());
        beneath = error.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn settings() -> Settings {
        toml::from_str(
            "success = { pointer = \"/code\", equals = [\"0\"] }\nid_pointer = \"/id\"\n\
             retry_when = [{ status = [503], contains = [\"busy\"] }]",
        )
        .unwrap()
    }

    proptest! {
        #[test]
        fn no_answer_but_a_clear_one_counts_as_taken(status in 100u16..600, bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let answer = answer(status, &bytes, Whole::Yes, None);
            let outcome = outcome(&settings(), &answer, DateTime::UNIX_EPOCH, &Scrub::default());
            prop_assert_ne!(outcome.class(), "accepted");
        }

        #[test]
        fn half_of_a_good_answer_does_not_count_as_taken(cut in 0usize..24) {
            let whole = br#"{"code":"0","id":"7788"}"#;
            for read in [Whole::Yes, Whole::TooLong, Whole::Broken(String::new())] {
                let answer = answer(200, &whole[..cut], read, None);
                let outcome = outcome(&settings(), &answer, DateTime::UNIX_EPOCH, &Scrub::default());
                prop_assert_eq!(outcome.class(), "unknown");
            }
        }

        #[test]
        fn nothing_after_a_500_is_sent_again_unless_it_is_named(status in 500u16..600, text in "\\PC{0,40}") {
            let answer = answer(status, text.as_bytes(), Whole::Yes, None);
            let outcome = outcome(&settings(), &answer, DateTime::UNIX_EPOCH, &Scrub::default());
            let expected = match status {
                503 if text.contains("busy") => "not-sent",
                _ => "unknown",
            };
            prop_assert_eq!(outcome.class(), expected);
        }
    }
}
