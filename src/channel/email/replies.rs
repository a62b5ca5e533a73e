//! What a reply means, as a table.

use std::{ops::RangeInclusive, time::Duration};

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{
    session::{Cause, Phase, Trouble},
    wire::{Cut, Reply},
};
use crate::{
    channel::{Class, scrub::Scrub},
    notice::{Failure, Outcome},
};

/// The table that is built in.
const BUILT_IN: &str = include_str!("replies.toml");

/// A row of the table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The codes, `550` or `500-504`; none fits all.
    #[serde(default)]
    code: Vec<Codes>,
    /// The phases; none fits all.
    #[serde(default)]
    phase: Vec<Phase>,
    /// What the enhanced code may begin with; none fits all.
    #[serde(default)]
    enhanced: Vec<String>,
    /// What the words may contain; none fits all.
    #[serde(default)]
    text: Vec<String>,
    /// What it means.
    class: Class,
    /// Seconds to wait.
    wait_s: Option<u64>,
}

/// One code or a range of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Codes(RangeInclusive<u16>);

impl TryFrom<String> for Codes {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (from, to) = text.split_once('-').unwrap_or((&text, &text));
        match (from.trim().parse(), to.trim().parse()) {
            (Ok(from), Ok(to)) if (200..=599).contains(&from) && from <= to => Ok(Self(from..=to)),
            _ => Err(format!("`{text}` is no reply code; write \"550\" or \"500-504\"")),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    reply: Vec<Rule>,
}

/// All rows, in the order in which they are asked.
#[derive(Clone, Debug)]
pub(super) struct Table(Vec<Rule>);

impl Table {
    /// The built-in rows, after those of the settings.
    pub fn new(first: &[Rule]) -> Self {
        // A test reads the built-in table, so a build that ships cannot fail here.
        let file: File = toml::from_str(BUILT_IN).expect("the built-in table is tested");
        Self(first.iter().cloned().chain(file.reply).collect())
    }

    /// The outcome of a mail that was stopped.
    pub fn outcome(&self, trouble: &Trouble, now: DateTime<Utc>, scrub: &Scrub) -> Outcome {
        let phase = trouble.phase;
        let may_be_taken = phase == Phase::Dot;
        let cut = |how: &str, detail: &str| {
            let class = if may_be_taken { Class::Unknown } else { Class::NotSent };
            class.outcome(Failure::new(format!("smtp-{how}-{}", phase.id()), &scrub.line(detail)), now, None)
        };
        let down = |code: &str, detail: &str| Class::ChannelDown.outcome(Failure::new(code, detail), now, None);
        match &trouble.cause {
            Cause::Said(reply) if reply.code >= 400 => self.said(phase, reply, now, scrub),
            // A yes where another one belongs: this is not a dialogue any more.
            Cause::Said(_) | Cause::Cut(Cut::Garbled) => cut("garbled", "the server's reply is none"),
            Cause::Cut(Cut::Timeout) => cut("timeout", "the server said nothing in time"),
            Cause::Cut(Cut::Lost(how)) => cut("lost", how),
            Cause::Untrusted(why) => {
                down("smtp-tls", &format!("no TLS with this server: {why}; see tls, ca_file and port"))
            }
            Cause::NoStartTls => {
                down("smtp-no-starttls", "the server offers no STARTTLS on this port; see tls and port")
            }
            Cause::NoAuth => down("smtp-no-auth", "the server offers neither AUTH PLAIN nor AUTH LOGIN here"),
        }
    }

    fn said(&self, phase: Phase, reply: &Reply, now: DateTime<Utc>, scrub: &Scrub) -> Outcome {
        let text = reply.text();
        let why = Failure::new(
            format!("smtp-{}", reply.code),
            &scrub.line(&format!("{}: {} {text}", phase.id(), reply.code)),
        );
        let lower = text.to_ascii_lowercase();
        match self.0.iter().find(|rule| rule.fits(phase, reply, &lower)) {
            Some(rule) => rule.class.outcome(why, now, rule.wait_s.map(Duration::from_secs)),
            None => Class::Unknown.outcome(why, now, None),
        }
    }
}

impl Rule {
    fn fits(&self, phase: Phase, reply: &Reply, lower: &str) -> bool {
        let enhanced = reply.enhanced().unwrap_or_default();
        (self.code.is_empty() || self.code.iter().any(|codes| codes.0.contains(&reply.code)))
            && (self.phase.is_empty() || self.phase.contains(&phase))
            && (self.enhanced.is_empty() || self.enhanced.iter().any(|begin| enhanced.starts_with(begin.as_str())))
            && (self.text.is_empty() || self.text.iter().any(|part| lower.contains(&part.to_ascii_lowercase())))
    }

    /// Whether a refusal would be taken for a success.
    pub(super) fn accepts(&self) -> bool {
        self.class == Class::Accepted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(phase: Phase, line: &str) -> String {
        let (code, words) = line.split_at(3);
        let reply = Reply { code: code.parse().unwrap(), lines: vec![words.trim().to_owned()] };
        let trouble = Trouble { phase, cause: Cause::Said(reply) };
        match Table::new(&[]).outcome(&trouble, DateTime::UNIX_EPOCH, &Scrub::default()) {
            Outcome::Refused(refusal @ crate::notice::Refusal::Recipient(_)) => {
                format!("recipient {}", refusal.failure().code)
            }
            Outcome::Refused(refusal) => format!("content {}", refusal.failure().code),
            Outcome::NotSent { not_before: Some(at), .. } => format!("not-sent {}", at.timestamp()),
            Outcome::Throttled { until, .. } => format!("throttled {}", until.timestamp()),
            other => other.class().to_owned(),
        }
    }

    #[test]
    fn every_reply_has_its_class_by_code_and_phase() {
        let rows = [
            (Phase::Greeting, "421 4.3.2 closing", "not-sent"),
            (Phase::Greeting, "554 no service for you", "channel-down"),
            (Phase::Mail, "450 later", "not-sent"),
            (Phase::Mail, "451 4.3.0 later", "not-sent"),
            (Phase::Mail, "452 4.3.1 disk", "not-sent"),
            (Phase::Tls, "454 4.7.0 TLS not available", "not-sent"),
            (Phase::Mail, "530 5.7.0 authentication required", "channel-down"),
            (Phase::Auth, "534 5.7.9", "channel-down"),
            (Phase::Auth, "535 5.7.8 wrong", "channel-down"),
            (Phase::Auth, "538 5.7.11", "channel-down"),
            (Phase::Auth, "454 4.7.0 later", "not-sent"),
            (Phase::Mail, "553 Mail from must equal authorized user", "channel-down"),
            (Phase::Mail, "550 not allowed", "channel-down"),
            (Phase::Mail, "501 mail from address must be same as authorization user", "channel-down"),
            (Phase::Rcpt, "550 5.1.1 no such user", "recipient smtp-550"),
            (Phase::Rcpt, "550 No such user", "recipient smtp-550"),
            (Phase::Rcpt, "551 not local", "recipient smtp-551"),
            (Phase::Rcpt, "553 5.1.3 bad address", "recipient smtp-553"),
            (Phase::Rcpt, "501 5.1.3 bad address", "recipient smtp-501"),
            (Phase::Rcpt, "501 syntax", "channel-down"),
            (Phase::Rcpt, "450 4.2.0 greylisted", "not-sent"),
            (Phase::Rcpt, "452 4.2.2 mailbox full", "not-sent 3600"),
            (Phase::Rcpt, "552 5.2.2 mailbox full", "not-sent 3600"),
            (Phase::Rcpt, "554 5.7.1 <x@example.org>: Relay access denied", "channel-down"),
            (Phase::Dot, "552 5.3.4 too large", "content smtp-552"),
            (Phase::Dot, "552 too large", "content smtp-552"),
            (Phase::Dot, "554 5.7.1 refused", "content smtp-554"),
            (Phase::Dot, "550 5.7.1 spam", "content smtp-550"),
            (Phase::Dot, "451 4.3.0 queue", "not-sent"),
            (Phase::Data, "500 what", "channel-down"),
            (Phase::Hello, "502 what", "channel-down"),
            (Phase::Greeting, "421 HL:ICC 1", "throttled 120"),
            (Phase::Rcpt, "450 MI:DMC", "throttled 120"),
            (Phase::Dot, "451DT:SPM 163", "throttled 120"),
            (Phase::Dot, "554 DT:SPM 163", "content smtp-554"),
            (Phase::Greeting, "554 HL:IHU", "channel-down"),
            (Phase::Rcpt, "450 DT:RBL", "channel-down"),
            (Phase::Auth, "451 Error: too much fail authentication", "channel-down"),
            (Phase::Greeting, "550 Ip frequency limited", "throttled 300"),
            (Phase::Rcpt, "550 Mailbox unavailable or access denied", "throttled 300"),
        ];
        for (phase, line, expected) in rows {
            assert_eq!(class(phase, line), expected, "{}: {line}", phase.id());
        }
    }

    #[test]
    fn no_refusal_is_without_a_class() {
        let phases = [Phase::Greeting, Phase::Hello, Phase::Tls, Phase::Auth, Phase::Mail, Phase::Rcpt, Phase::Data];
        for phase in phases.into_iter().chain([Phase::Body, Phase::Dot]) {
            for code in 400..600 {
                assert_ne!(class(phase, &format!("{code} no")), "unknown", "{}: {code}", phase.id());
            }
        }
    }

    #[test]
    fn what_breaks_before_the_dot_is_not_sent_and_after_it_unknown() {
        let table = Table::new(&[]);
        let causes = || [Cause::Cut(Cut::Timeout), Cause::Cut(Cut::Garbled), Cause::Cut(Cut::Lost("reset".to_owned()))];
        for phase in [Phase::Connect, Phase::Tls, Phase::Greeting, Phase::Mail, Phase::Rcpt, Phase::Data, Phase::Body] {
            for cause in causes() {
                let outcome = table.outcome(&Trouble { phase, cause }, DateTime::UNIX_EPOCH, &Scrub::default());
                assert_eq!(outcome.class(), "not-sent", "{phase:?}");
            }
        }
        for cause in causes() {
            let trouble = Trouble { phase: Phase::Dot, cause };
            assert_eq!(table.outcome(&trouble, DateTime::UNIX_EPOCH, &Scrub::default()).class(), "unknown");
        }
    }

    #[test]
    fn rows_of_the_settings_come_first() {
        let file: File =
            toml::from_str("[[reply]]\ncode = [\"554\"]\nphase = [\"greeting\"]\nclass = \"not-sent\"").unwrap();
        let reply = Reply { code: 554, lines: vec!["later".to_owned()] };
        let trouble = Trouble { phase: Phase::Greeting, cause: Cause::Said(reply) };
        let outcome = Table::new(&file.reply).outcome(&trouble, DateTime::UNIX_EPOCH, &Scrub::default());
        assert_eq!(outcome.class(), "not-sent");
        for wrong in ["code = [\"5\"]", "code = [\"504-500\"]", "code = [550]", "phase = [\"end\"]", "tex = []"] {
            assert!(toml::from_str::<File>(&format!("[[reply]]\nclass = \"unknown\"\n{wrong}")).is_err(), "{wrong}");
        }
    }
}
