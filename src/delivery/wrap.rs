//! A bundle becomes a letter: words, address, name.

use std::sync::Arc;

use super::{Means, check::Check, error::chain};
use crate::{
    channel::{Letter, Mail, Post, Sms, message_id},
    message::{Item, Text},
    notice::{Facts, Failure, Kind, Medium, Outcome, Refusal},
    outbox::{Bundle, CITIZEN, ClaimedLeg, GROUP, Together},
    ticket::Private,
};

/// A message that can leave, and what was wrong with its words if anything was.
pub(super) struct Wrapped {
    pub letter: Letter,
    pub text: Text,
    pub fault: Option<WordsFault>,
}

/// A template failed and bare words went out, or nothing did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordsFault {
    pub kind: Kind,
    pub medium: Medium,
    /// The template's fault in words; it names template and line.
    pub what: String,
}

/// Why a message cannot leave: no call is made.
pub(super) struct Unsendable {
    pub outcome: Outcome,
    pub fault: Option<WordsFault>,
}

/// A leg that is to be sent, with its facts of now.
pub(super) struct Wanted<'a> {
    pub leg: &'a ClaimedLeg,
    pub check: &'a Check,
}

impl Means {
    /// Puts a bundle's legs into one letter; an SMS goes to the person's number at
    /// place `number`.
    pub(super) fn wrap(&self, bundle: &Bundle, wanted: &[Wanted<'_>], number: usize) -> Result<Wrapped, Unsendable> {
        let (to, name) = self.address(bundle, wanted, number)?;
        let (text, fault) = self.words(bundle, wanted)?;
        let id = format!("{:016x}", bundle.envelope.0);
        let letter = match bundle.medium {
            Medium::Sms => Letter::Sms(Sms { id, to, text: text.body.clone(), form: text.form.clone() }),
            Medium::Email | Medium::File => Letter::Email(Mail {
                message_id: message_id(&[&id], &self.settings.mail_domain),
                id,
                to_name: name.as_deref().unwrap_or_default().to_owned(),
                to,
                subject: text.subject.clone().unwrap_or_default(),
                body: text.body.clone(),
                references: self.threads(wanted),
            }),
            Medium::Chat => Letter::Chat(post(id, wanted, &text)),
            Medium::Webhook => Letter::Webhook(post(id, wanted, &text)),
        };
        Ok(Wrapped { letter, text, fault })
    }

    /// The threads of the tickets it is about, so that a mail program shows what
    /// belongs together.
    fn threads(&self, wanted: &[Wanted<'_>]) -> Vec<String> {
        let tickets = wanted.iter().filter_map(|one| one.leg.notice.ticket.as_ref());
        tickets.map(|no| message_id(&["ticket", no.as_str()], &self.settings.mail_domain)).collect()
    }

    fn address(
        &self,
        bundle: &Bundle,
        wanted: &[Wanted<'_>],
        number: usize,
    ) -> Result<(Private<String>, Option<Arc<str>>), Unsendable> {
        if bundle.person == CITIZEN {
            let mobile = wanted.iter().find_map(|one| match one.check {
                Check::SendTo { mobile } => Some(mobile.clone()),
                Check::Send { .. } | Check::Withdraw(_) | Check::Wait(_) => None,
            });
            return mobile.map(|mobile| (mobile, None)).ok_or_else(|| no_address("no-number"));
        }
        if bundle.person == GROUP {
            return Ok((Private::default(), None));
        }
        let person = self.roster.person(&bundle.person).ok_or_else(|| no_address("not-on-roster"))?;
        let to = match bundle.medium {
            // A roster read anew may have fewer numbers.
            Medium::Sms => person.phones.get(number).or(person.phones.first()).cloned(),
            Medium::Email => person.email.clone(),
            Medium::Chat | Medium::Webhook | Medium::File => Some(Private::default()),
        };
        to.map(|to| (to, Some(person.name.clone()))).ok_or_else(|| no_address("no-address"))
    }

    fn words(&self, bundle: &Bundle, wanted: &[Wanted<'_>]) -> Result<(Text, Option<WordsFault>), Unsendable> {
        let medium = bundle.medium;
        let none = Facts::new();
        let rows: Vec<(Kind, Item<'_>)> =
            wanted.iter().map(|one| (one.leg.notice.key.kind, item(one, &none))).collect();
        let items: Vec<Item<'_>> = rows.iter().map(|(_, item)| *item).collect();
        let kinds = kinds(wanted);
        let kind = kinds[0];
        let written = match (&kinds[..], bundle.together) {
            ([kind], Together::Kind | Together::FirstStart | Together::Gathered) => {
                self.templates.render(*kind, medium, &items)
            }
            (_, Together::Kind | Together::FirstStart) => self.templates.render_first_start(medium, &rows),
            (_, Together::Gathered) => self.templates.render_gathered(medium, &rows),
        };
        let error = match written {
            Ok(text) => return Ok((text, None)),
            Err(error) => error,
        };
        let fault = WordsFault { kind, medium, what: chain(&error) };
        // Whoever is told bare words can look up the rest; a citizen cannot.
        match self.templates.fallback(kind, medium, &items) {
            Some(text) => Ok((text, Some(fault))),
            None => {
                let why = Failure::new("template", &fault.what);
                Err(Unsendable { outcome: Outcome::Refused(Refusal::Content(why)), fault: Some(fault) })
            }
        }
    }
}

fn item<'a>(wanted: &Wanted<'a>, none: &'a Facts) -> Item<'a> {
    let facts = match wanted.check {
        Check::Send { facts } => facts,
        // A text to a citizen has no facts.
        Check::SendTo { .. } | Check::Withdraw(_) | Check::Wait(_) => none,
    };
    Item { facts, late: wanted.leg.notice.late, repeat: wanted.leg.repeats > 0 }
}

/// The kinds of what is wanted, each once, the first one first.
fn kinds(wanted: &[Wanted<'_>]) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Vec::new();
    for one in wanted {
        let kind = one.leg.notice.key.kind;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

fn post(id: String, wanted: &[Wanted<'_>], text: &Text) -> Post {
    let tickets = wanted.iter().filter_map(|one| one.leg.notice.ticket.as_ref());
    Post {
        id,
        kind: kinds(wanted).first().map_or("", |kind| kind.id()).to_owned(),
        title: text.subject.clone().unwrap_or_default(),
        body: text.body.clone(),
        tickets: tickets.map(|no| no.as_str().to_owned()).collect(),
        to: Private::default(),
    }
}

fn no_address(code: &str) -> Unsendable {
    let outcome = Outcome::Refused(Refusal::Recipient(Failure::new(code, "")));
    Unsendable { outcome, fault: None }
}
