//! Providers over HTTP whose protocol is known: SMS of Aliyun, Tencent and China
//! Mobile's cloud MAS, robots in the groups of WeCom, DingTalk and Feishu, and our own
//! signed webhook.
//!
//! A request is a pure function of settings, letter, instant and nonce (a file for
//! each provider), and what its answer means stands in one table each (`answers/`).
//! Here is what they share: one exchange, one outcome.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Audience, ChannelError, Class, Letter, Limits, Post, Sms, Warning,
    http::{Request, Wire, percent},
    receipt::{self, Layout, Reports},
    scrub::Scrub,
};
use crate::{
    calendar::civil,
    message::{Form, sms::count},
    notice::{Failure, Medium, Outcome},
    ticket::Private,
};

mod aliyun;
mod approved;
mod chat;
mod cut;
mod groups;
mod mas;
mod settings;
mod sign;
mod table;
mod tencent;
mod webhook;

pub use approved::Approved;
pub use chat::RobotKind;
pub use groups::{Chat, Webhook};
pub use mas::SecretInBody;
pub use settings::{Aliyun, Calls, Mas, Tencent};
pub use table::{Row, Until};

use approved::{Book, Filled, Unfit};
use table::Table;

/// A provider with one account.
#[derive(Debug)]
pub struct Provider {
    name: String,
    url: String,
    maker: Maker,
    wire: Wire,
    table: Table,
    limits: Limits,
    /// What must never be seen.
    secrets: Vec<SecretString>,
}

/// What makes the requests.
#[derive(Debug)]
enum Maker {
    Aliyun(aliyun::Account, Book),
    Tencent(tencent::Account, Book),
    /// Without a book it takes any text, up to so many UTF-16 units.
    Mas(mas::Account, MasWords),
    Robot(chat::Robot, Audience),
    Webhook(webhook::Receiver, Audience),
}

#[derive(Debug)]
enum MasWords {
    Text { units: usize },
    Approved(Book),
}

/// An SMS that a provider is asked about.
#[derive(Clone, Debug)]
pub struct About<'a> {
    /// The number, 11 digits.
    pub to: &'a Private<String>,
    /// The provider's id, as it was answered.
    pub id: &'a str,
    /// When it was handed over.
    pub sent: DateTime<Utc>,
}

/// The attempt for which a request is made.
#[derive(Clone, Copy, Debug)]
struct Moment<'a> {
    now: DateTime<Utc>,
    /// Not the same for two requests that leave.
    nonce: &'a str,
    show: Show,
}

/// Whether a request leaves or is only shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Show {
    Real,
    Masked,
}

/// What fills the place of a secret when the request is only shown.
const MASK: &str = "***";

impl<'a> Moment<'a> {
    /// For a request that is only shown.
    fn shown(now: DateTime<Utc>, nonce: &'a str) -> Self {
        Self { now, nonce, show: Show::Masked }
    }
}

impl Provider {
    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What kind of letter it takes.
    pub fn medium(&self) -> Medium {
        match self.maker {
            Maker::Aliyun(..) | Maker::Tencent(..) | Maker::Mas(..) => Medium::Sms,
            Maker::Robot(..) => Medium::Chat,
            Maker::Webhook(..) => Medium::Webhook,
        }
    }

    /// Whom it serves, unless it is persons.
    pub fn audience(&self) -> Option<&Audience> {
        match &self.maker {
            Maker::Aliyun(..) | Maker::Tencent(..) | Maker::Mas(..) => None,
            Maker::Robot(_, audience) | Maker::Webhook(_, audience) => Some(audience),
        }
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// The request as HTTP/1.1 text, with its secrets masked and its signature shown.
    pub(super) fn preview(&self, letter: &Letter, now: DateTime<Utc>, nonce: &str) -> Result<String, Outcome> {
        let request = self.request(letter, &Moment::shown(now, nonce))?;
        request.text(&String::from_utf8_lossy(&request.body), now)
    }

    pub(super) async fn probe(&self, now: DateTime<Utc>) -> Result<(), Outcome> {
        self.wire.probe(&self.url, now).await
    }

    pub(super) async fn send(&self, letter: &Letter, now: DateTime<Utc>) -> Outcome {
        let nonce = format!("{:032x}", rand::random::<u128>());
        let request = match self.request(letter, &Moment { now, nonce: &nonce, show: Show::Real }) {
            Ok(request) => request,
            Err(outcome) => return outcome,
        };
        let scrub = self.scrub(letter);
        match self.wire.exchange(request, now, &scrub).await {
            Ok(answer) => self.table.outcome(&answer, now, &scrub),
            Err(outcome) => outcome,
        }
    }

    /// Asks what became of SMS, where the provider can be asked: what it says, or the
    /// outcome of the call. `None`: it cannot be asked.
    pub async fn ask(&self, about: &About<'_>, now: DateTime<Utc>) -> Option<Result<Reports, Outcome>> {
        let nonce = format!("{:032x}", rand::random::<u128>());
        let (request, layout) = self.question(about, &Moment { now, nonce: &nonce, show: Show::Real })?;
        let scrub = self.hidden().hiding(about.to.expose());
        let answer = match self.wire.exchange(request, now, &scrub).await {
            Ok(answer) => answer,
            Err(outcome) => return Some(Err(outcome)),
        };
        Some(receipt::read(layout, answer.text.as_bytes()).map_err(
            |_| match self.table.outcome(&answer, now, &scrub) {
                // It answered well, and what it said is no report.
                Outcome::Accepted(_) => {
                    Outcome::Unknown(Failure::new("receipt-unreadable", "the reports cannot be read"))
                }
                other => other,
            },
        ))
    }

    /// The request for a question, and the form of its answer.
    fn question(&self, about: &About<'_>, moment: &Moment<'_>) -> Option<(Request, Layout)> {
        match &self.maker {
            Maker::Aliyun(account, _) => {
                let day = about.sent.with_timezone(&civil::zone()).format("%Y%m%d").to_string();
                Some((account.query(about.to.expose(), about.id, &day, moment), Layout::AliyunDetails))
            }
            // It tells about the next hundred, whichever they are.
            Maker::Tencent(account, _) => Some((account.query(100, moment), Layout::TencentPull)),
            Maker::Mas(..) | Maker::Robot(..) | Maker::Webhook(..) => None,
        }
    }

    /// What would not fit with the widest values, and what would be shortened.
    pub fn try_out(&self, widest: &[Form]) -> (Vec<ChannelError>, Vec<Warning>) {
        let Some(book) = self.book() else { return (Vec::new(), Vec::new()) };
        let (faults, mut warnings) = book.try_out(&self.name, widest);
        let unmarked: Vec<&str> = book.unmarked().collect();
        if !unmarked.is_empty() {
            let what = format!(
                "no variable holds {{marks}}, so a late or repeated SMS looks like any other: {}",
                unmarked.join(", ")
            );
            warnings.push(Warning { channel: self.name.clone(), field: "templates".to_owned(), what });
        }
        (faults, warnings)
    }

    fn book(&self) -> Option<&Book> {
        match &self.maker {
            Maker::Aliyun(_, book) | Maker::Tencent(_, book) | Maker::Mas(_, MasWords::Approved(book)) => Some(book),
            Maker::Mas(_, MasWords::Text { .. }) | Maker::Robot(..) | Maker::Webhook(..) => None,
        }
    }

    fn request(&self, letter: &Letter, moment: &Moment<'_>) -> Result<Request, Outcome> {
        match (&self.maker, letter) {
            (Maker::Aliyun(..) | Maker::Tencent(..) | Maker::Mas(..), Letter::Sms(sms)) => self.sms(sms, moment),
            (Maker::Robot(robot, _), Letter::Chat(post)) => chat(robot, post, moment),
            (Maker::Webhook(receiver, _), Letter::Webhook(post)) => Ok(receiver.send(post, moment)),
            (_, Letter::Sms(_) | Letter::Email(_) | Letter::Chat(_) | Letter::Webhook(_)) => Err(wrong_letter(moment)),
        }
    }

    fn sms(&self, sms: &Sms, moment: &Moment<'_>) -> Result<Request, Outcome> {
        if let Some(outcome) = sms.refused(moment.now) {
            return Err(outcome);
        }
        let to = sms.to.expose();
        match &self.maker {
            Maker::Aliyun(account, book) => Ok(account.send(to, &filled(book, sms, moment.now)?, &sms.id, moment)),
            Maker::Tencent(account, book) => Ok(account.send(to, &filled(book, sms, moment.now)?, &sms.id, moment)),
            Maker::Mas(account, MasWords::Approved(book)) => {
                Ok(account.send(to, &filled(book, sms, moment.now)?, moment))
            }
            Maker::Mas(account, MasWords::Text { units: most }) => {
                let units = count(&sms.text).units;
                if units > *most {
                    let what = format!("the text has {units} units, more than the gateway takes");
                    return Err(content("sms-too-long", &what, moment.now));
                }
                Ok(account.send_text(to, sms.split_signature().1, moment))
            }
            Maker::Robot(..) | Maker::Webhook(..) => Err(wrong_letter(moment)),
        }
    }

    /// What must not stand in anything that is logged.
    fn scrub(&self, letter: &Letter) -> Scrub {
        self.hidden().hiding(letter.to().expose())
    }

    fn hidden(&self) -> Scrub {
        let secrets = self.secrets.iter().map(ExposeSecret::expose_secret);
        secrets.fold(Scrub::default(), |scrub, secret| scrub.hiding(secret).hiding(&percent(secret.as_bytes())))
    }
}

fn chat(robot: &chat::Robot, post: &Post, moment: &Moment<'_>) -> Result<Request, Outcome> {
    let text = robot.text(post);
    match robot.keyword.as_ref().filter(|keyword| !text.contains(keyword.as_str())) {
        None => Ok(robot.send(&text, moment)),
        Some(_) => Err(content("chat-keyword", "the text does not hold the robot's keyword", moment.now)),
    }
}

fn wrong_letter(moment: &Moment<'_>) -> Outcome {
    content("wrong-letter", "this channel takes no such letter", moment.now)
}

fn filled(book: &Book, sms: &Sms, now: DateTime<Utc>) -> Result<Filled, Outcome> {
    let form = sms.form.as_ref();
    let Some(form) = form else { return Err(content("sms-no-template", "it is no notice with an approved text", now)) };
    book.fill(form).map_err(|unfit| {
        let code = match unfit {
            Unfit::NoText | Unfit::NoValue { .. } => "sms-no-template",
            Unfit::TooLong { .. } => "sms-param-too-long",
        };
        content(code, &format!("templates.{}: {unfit}", form.name), now)
    })
}

fn content(code: &str, what: &str, now: DateTime<Utc>) -> Outcome {
    Class::BadContent.outcome(Failure::new(code, what), now, None)
}

#[cfg(test)]
mod tests;
