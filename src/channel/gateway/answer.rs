//! What a gateway's answer means.

use chrono::{DateTime, Utc};

use super::{
    rule::{Of, Rule},
    settings::Settings,
};
use crate::{
    channel::{
        Class,
        http::{Answer, Code, is_loggable, scalar_at},
        scrub::Scrub,
    },
    notice::{Failure, Outcome, Receipt},
};

/// The longest answer that may be a bare code with a few words.
const CODE: usize = 200;

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
            let (class, what) = answer.unnamed(own_code(settings, answer));
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

/// Whether the answer is a clear one, though its code is not listed.
fn own_code(settings: &Settings, answer: &Answer) -> Code {
    if is_code(settings, answer) { Code::There } else { Code::Missing }
}

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
    match code.filter(|code| is_loggable(code)) {
        Some(code) => format!("gateway-{code}"),
        None => format!("http-{}", answer.status),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::channel::http::Whole;

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
            let answer = Answer::of(status, &bytes, Whole::Yes);
            let outcome = outcome(&settings(), &answer, DateTime::UNIX_EPOCH, &Scrub::default());
            prop_assert_ne!(outcome.class(), "accepted");
        }

        #[test]
        fn half_of_a_good_answer_does_not_count_as_taken(cut in 0usize..24) {
            let whole = br#"{"code":"0","id":"7788"}"#;
            for read in [Whole::Yes, Whole::TooLong, Whole::Broken(String::new())] {
                let answer = Answer::of(200, &whole[..cut], read);
                let outcome = outcome(&settings(), &answer, DateTime::UNIX_EPOCH, &Scrub::default());
                prop_assert_eq!(outcome.class(), "unknown");
            }
        }

        #[test]
        fn nothing_after_a_500_is_sent_again_unless_it_is_named(status in 500u16..600, text in "\\PC{0,40}") {
            let answer = Answer::of(status, text.as_bytes(), Whole::Yes);
            let outcome = outcome(&settings(), &answer, DateTime::UNIX_EPOCH, &Scrub::default());
            let expected = match status {
                503 if text.contains("busy") => "not-sent",
                _ => "unknown",
            };
            prop_assert_eq!(outcome.class(), expected);
        }
    }
}
