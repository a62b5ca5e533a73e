//! A notice becomes words that fit the channel.
//!
//! The words are templates: those that come with the program, replaced one by
//! one by files of the same name in the settings' folder. All of them are tried
//! on made-up facts when they are loaded, so that a missing fact, a mistake in
//! the syntax or a text too long for one SMS is found then, with file and line,
//! and not when the notice is due. What must never be missing is not left to a
//! template: the signature, the marks of a late or repeated notice, and the
//! footer of a mail are added here. Texts to a citizen are given no facts.

use std::collections::BTreeMap;

use minijinja::{Environment, UndefinedBehavior};

use crate::notice::{Kind, Medium};

mod context;
mod error;
mod fixture;
pub mod form;
mod name;
mod shipped;
pub mod sms;
mod trial;
mod wording;

pub use context::Item;
pub use error::MessageError;
pub use fixture::facts as fixture_facts;
pub use form::Form;
pub use wording::Wording;

use context::Context;

/// A text ready for a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The subject; an SMS has none.
    pub subject: Option<String>,
    /// The words.
    pub body: String,
    /// The same as a form; only an SMS has one.
    pub form: Option<Form>,
}

/// All templates, tried and ready.
#[derive(Clone, Debug)]
pub struct Templates {
    env: Environment<'static>,
    wording: Wording,
}

impl Templates {
    /// The shipped templates with those in `overrides` (`(file name, text)`) in
    /// their place, each tried on made-up facts.
    ///
    /// # Errors
    ///
    /// Every fault that was found, not only the first.
    pub fn load(overrides: &[(String, String)], wording: &Wording) -> Result<Templates, Vec<MessageError>> {
        let mut faults = wording.faults();
        let mut texts: BTreeMap<&str, &str> = shipped::SHIPPED.into_iter().collect();
        for (name, text) in overrides {
            if name::is_known(name) {
                texts.insert(name, text);
            } else {
                faults.push(MessageError::UnknownName { file: name.clone() });
            }
        }
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_trim_blocks(true);
        env.set_lstrip_blocks(true);
        env.set_keep_trailing_newline(true);
        env.add_filter("span", span);
        for (name, text) in texts {
            // An editor on Windows ends lines otherwise.
            if let Err(source) = env.add_template_owned(name.to_owned(), text.replace("\r\n", "\n")) {
                faults.push(MessageError::template(name, source));
            }
        }
        let templates = Templates { env, wording: wording.clone() };
        if faults.is_empty() {
            faults = trial::faults(&templates);
        }
        if faults.is_empty() { Ok(templates) } else { Err(faults) }
    }

    /// The text of one notice, or of several of one kind to one person.
    ///
    /// # Errors
    ///
    /// When the kind has no text for the medium, or a fact is missing.
    pub fn render(&self, kind: Kind, medium: Medium, items: &[Item<'_>]) -> Result<Text, MessageError> {
        let name = self.template(kind, medium, items.len())?;
        let rows: Vec<_> = items.iter().map(|item| (kind, *item)).collect();
        self.write(&name, medium, &rows)
    }

    /// The one digest about overdue tickets of any kind at the first start (A40).
    ///
    /// # Errors
    ///
    /// When the medium has no such text, or a fact is missing.
    pub fn render_first_start<'a>(&self, medium: Medium, items: &[(Kind, Item<'a>)]) -> Result<Text, MessageError> {
        // All of it is old, and the text says so: a mark would only repeat it.
        let on_time = |(kind, item): &(Kind, Item<'a>)| (*kind, Item { late: false, ..*item });
        let items: Vec<_> = items.iter().map(on_time).collect();
        self.write(&name::first_start(name::written(medium)[0]), medium, &items)
    }

    /// The one message about notices of any kinds that waited for room under a
    /// person's ceiling.
    ///
    /// # Errors
    ///
    /// When the medium has no such text, or a fact is missing.
    pub fn render_gathered(&self, medium: Medium, items: &[(Kind, Item<'_>)]) -> Result<Text, MessageError> {
        self.write(&name::gathered(name::written(medium)[0]), medium, items)
    }

    /// The bare words that go out when a template fails at sending: what it is
    /// about and which ticket. `None` for a citizen, who gets nothing unplanned.
    pub fn fallback(&self, kind: Kind, medium: Medium, items: &[Item<'_>]) -> Option<Text> {
        if kind.is_to_citizen() {
            return None;
        }
        let rows: Vec<_> = items.iter().map(|item| (kind, *item)).collect();
        let context = Context::of(&self.wording, &rows);
        let about = match medium {
            Medium::Sms => context.tails(),
            Medium::Email | Medium::Chat | Medium::Webhook | Medium::File => context.numbers(),
        };
        let line = format!("{}:{about}请登录平台查看。", kind.chinese());
        Some(match medium {
            Medium::Sms => self.sms(&name::digest(medium), &context, &line),
            Medium::Email | Medium::Chat | Medium::Webhook | Medium::File => {
                let subject = Some(self.subject(&context, kind.chinese()));
                Text { subject, body: format!("{line}\n"), form: None }
            }
        })
    }

    /// The template for so many notices of a kind.
    fn template(&self, kind: Kind, medium: Medium, count: usize) -> Result<String, MessageError> {
        let none = MessageError::NoText { kind, medium, count };
        if kind.is_to_citizen() && medium != Medium::Sms {
            return Err(none);
        }
        let is_there = |medium: &Medium| self.env.get_template(&name::one(kind, *medium)).is_ok();
        let Some(medium) = name::written(medium).iter().copied().find(is_there) else { return Err(none) };
        let one = name::one(kind, medium);
        match count {
            1 => Ok(one),
            0 => Err(none),
            // Whoever gets a text to a citizen gets one about one ticket.
            _ if kind.is_to_citizen() => Err(none),
            _ => {
                let names = [name::many(kind, medium), name::digest(medium)];
                names.into_iter().find(|name| self.env.get_template(name).is_ok()).ok_or(none)
            }
        }
    }

    fn write(&self, name: &str, medium: Medium, rows: &[(Kind, Item<'_>)]) -> Result<Text, MessageError> {
        let context = Context::of(&self.wording, rows);
        let words = self.fill(name, &context)?;
        let empty = || MessageError::Empty { file: name.to_owned() };
        if words.trim().is_empty() {
            return Err(empty());
        }
        if medium == Medium::Sms {
            return Ok(self.sms(name, &context, &words));
        }
        if name::is_sms(name) {
            let line: String = words.lines().map(str::trim).collect();
            let about = rows.first().map_or("", |(kind, _)| kind.chinese());
            return Ok(Text { subject: Some(self.subject(&context, about)), body: format!("{line}\n"), form: None });
        }
        let (head, body) = words.trim_start().split_once('\n').unwrap_or((&words, ""));
        let Some(subject) = head.strip_prefix("Subject: ") else {
            return Err(MessageError::NoSubject { file: name.to_owned() });
        };
        if subject.trim().is_empty() || body.trim().is_empty() {
            return Err(empty());
        }
        let body = match medium {
            Medium::Sms | Medium::Email | Medium::File => {
                format!("{}\n{}\n", body.trim(), self.fill(name::FOOTER, &context)?.trim())
            }
            // What it says is about a mail.
            Medium::Chat | Medium::Webhook => format!("{}\n", body.trim()),
        };
        Ok(Text { subject: Some(self.subject(&context, subject)), body, form: None })
    }

    fn fill(&self, name: &str, context: &Context) -> Result<String, MessageError> {
        self.env
            .get_template(name)
            .and_then(|template| template.render(context.value()))
            .map_err(|source| MessageError::template(name, source))
    }

    /// Lines are only for the eye of who edits the template: an SMS is one line.
    fn sms(&self, file: &str, context: &Context, words: &str) -> Text {
        let line: String = words.lines().map(str::trim).collect();
        let body = format!("【{}】{}{line}", self.wording.signature, context.marks());
        Text { subject: None, body, form: Some(Form::of(file, context)) }
    }

    fn subject(&self, context: &Context, tail: &str) -> String {
        format!("【{}】{}{}", self.wording.subject_prefix, tail.trim(), context.marks())
    }
}

/// `3 | span("工作日")` is `3个工作日`, `3 | span("天")` is `3天`.
fn span(n: i64, unit: &str) -> String {
    let measure = if unit == "工作日" { "个" } else { "" };
    format!("{n}{measure}{unit}")
}

#[cfg(test)]
mod tests;
