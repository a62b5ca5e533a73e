//! SMS over CMPP 2.0 and 3.0, the carriers' own protocol.
//!
//! One connection is shared and kept (`link`, `session`); its bytes are those of
//! `codec`. The parts of a long text go out one after the other and make one
//! outcome: the first refusal ends it while nothing was taken. Up to the last byte
//! of a part a broken connection means not sent, after it unknown. A part behind
//! the first that meets a full gateway waits, for half a text helps nobody; that is
//! the only thing which is sent again here, and the gateway has said that it has
//! not taken it.
//!
//! Reports are handed out by [`Cmpp::report`] and answered when they are kept.
//! What users write is answered and dropped.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU8, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::{ChannelError, Class, Limits, Report, Secrets, Sms, report::Fate};
use crate::{
    calendar::civil,
    message::sms::count,
    notice::{Failure, Outcome, Receipt},
};

mod answers;
pub mod codec;
mod link;
mod session;
mod settings;
mod state;

pub use answers::Rule;
pub use settings::{Settings, Signature};

use answers::{Table, To};
use codec::{MsgId, Sent, StatusReport, Submit, contents};
use link::{Link, Moment, Target};
use session::{Login, Timers, Trouble};
use state::{Arrived, Handed};

/// A CMPP gateway.
#[derive(Debug)]
pub struct Cmpp {
    name: String,
    settings: Settings,
    secret: SecretString,
    table: Table,
    link: Arc<Link>,
    /// Texts in parts so far, beginning with the first one's time: a restart does
    /// not begin where the last run did.
    first_reference: OnceLock<u8>,
    references: AtomicU8,
}

/// A report that was not answered yet.
#[derive(Debug)]
pub struct Reported {
    /// The report.
    pub report: Report,
    arrived: Arrived,
    link: Arc<Link>,
}

/// Why a part was not taken, or may not have been.
struct Stopped {
    class: Class,
    why: Failure,
    wait: Option<Duration>,
}

impl Reported {
    /// The report is where it outlives this process: the gateway may forget it.
    /// Without this it sends it again.
    pub fn kept(self) {
        self.link.report_is_kept(&self.arrived);
    }
}

impl Cmpp {
    /// Makes the channel; no connection is made.
    ///
    /// # Errors
    ///
    /// Every setting that does not fit.
    pub fn open(name: &str, settings: &Settings, secrets: &Secrets) -> Result<Self, Vec<ChannelError>> {
        let mut faults = settings.faults(name);
        let secret = secrets.get(name, "secret").cloned();
        if settings.secret.is_some() && secret.is_none() {
            faults.push(ChannelError::setting(name, "secret", "it was not found"));
        }
        let (Some(secret), true) = (secret, faults.is_empty()) else { return Err(faults) };
        let table = Table::new(&settings.answers);
        let ms = Duration::from_millis;
        let target = Target {
            channel: name.to_owned(),
            host: settings.host.clone(),
            port: settings.port,
            connect: ms(settings.connect_ms),
            login: Login { sp_id: settings.sp_id.clone(), secret: secret.clone(), version: settings.version },
            timers: Timers {
                login: ms(settings.login_ms),
                answer: ms(settings.answer_ms),
                idle: Duration::from_secs(settings.active_test_s),
                sign_of_life: Duration::from_secs(settings.active_test_answer_s),
                window: settings.window,
            },
            gap: Duration::from_secs(1) / settings.per_second,
            answers: table.clone(),
        };
        Ok(Self {
            name: name.to_owned(),
            settings: settings.clone(),
            secret,
            table,
            link: Arc::new(Link::new(target)),
            first_reference: OnceLock::new(),
            references: AtomicU8::new(0),
        })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The next report. From the first call on they are taken from the gateway, and
    /// the connection is kept up while one is waited for; until then they stay with
    /// the gateway. Dropping the call loses none.
    pub async fn report(&self, now: DateTime<Utc>) -> Reported {
        let arrived = self.link.report(Moment::new(now)).await;
        Reported { report: report(&arrived.report), arrived, link: self.link.clone() }
    }

    /// Says goodbye to the gateway; the next message makes a new connection.
    pub async fn close(&self) {
        self.link.close().await;
    }

    pub(super) fn limits(&self) -> Limits {
        Limits {
            call: self.settings.call(),
            at_once: self.settings.window,
            per_minute: self.settings.per_minute,
            text_units: Some(self.settings.text_units),
            text_bytes: None,
        }
    }

    /// The log-in and the messages behind it as hex digits, one a line: what would
    /// leave on a new connection. The secret is in none of them but as a proof.
    pub(super) fn preview(&self, sms: &Sms, now: DateTime<Utc>) -> Result<String, Outcome> {
        let stamp = Moment::new(now);
        let secret = secrecy::ExposeSecret::expose_secret(&self.secret);
        let connect = Sent::connect(&self.settings.sp_id, secret, &stamp.stamp(stamp.at));
        let submits = self.submits(sms, now, 0)?.into_iter().map(|submit| Sent::Submit(Box::new(submit)));
        let mut lines = String::new();
        for (sequence, sent) in (1..).zip(std::iter::once(connect).chain(submits)) {
            let bytes = sent.bytes(self.settings.version, sequence);
            let bytes = bytes.map_err(|error| self.stopped(Handed::DoesNotFit(error)).outcome(now))?;
            lines.push_str(&hex::encode(bytes));
            lines.push('\n');
        }
        Ok(lines)
    }

    pub(super) async fn probe(&self, now: DateTime<Utc>) -> Result<(), Outcome> {
        let moment = Moment::new(now);
        let handed = self.link.probe(moment, moment.at + self.settings.call()).await;
        self.link.close().await;
        match handed {
            Handed::CouldLeave | Handed::Answered(_) => Ok(()),
            other => Err(self.stopped(other).outcome(now)),
        }
    }

    pub(super) async fn send(&self, sms: &Sms, now: DateTime<Utc>) -> Outcome {
        let moment = Moment::new(now);
        let submits = match self.submits(sms, now, self.references.fetch_add(1, Ordering::Relaxed)) {
            Ok(submits) => submits,
            Err(outcome) => return outcome,
        };
        let (parts, mut taken) = (submits.len(), Vec::new());
        for submit in submits {
            match self.hand_over(submit, moment, &taken).await {
                Ok(id) => taken.push(id),
                Err(stopped) if taken.is_empty() => return stopped.outcome(now),
                Err(stopped) => return stopped.partly(taken.len(), parts).outcome(now),
            }
        }
        let ids: Vec<String> = taken.iter().map(MsgId::to_string).collect();
        Outcome::Accepted(Receipt(Some(ids.join(","))))
    }

    /// Hands one part over. Once others were taken it waits while the gateway is full.
    async fn hand_over(&self, submit: Submit, moment: Moment, taken: &[MsgId]) -> Result<MsgId, Stopped> {
        let ends = moment.at + self.settings.call();
        loop {
            let stopped = match self.link.hand_over(submit.clone(), moment, ends).await {
                Handed::Answered(answer) if answer.result == 0 => return Ok(answer.msg_id),
                other => self.stopped(other),
            };
            if stopped.class != Class::Throttled {
                return Err(stopped);
            }
            let wait = stopped.wait.unwrap_or(Duration::from_secs(1));
            self.link.hold(wait);
            if taken.is_empty() || Instant::now() + wait >= ends {
                return Err(stopped);
            }
        }
    }

    /// The messages of an SMS.
    fn submits(&self, sms: &Sms, now: DateTime<Utc>, texts: u8) -> Result<Vec<Submit>, Outcome> {
        if let Some(refused) = sms.refused(now) {
            return Err(refused);
        }
        let text = self.settings.text(sms);
        let units = count(&text).units;
        let too_long = || {
            let what = format!("the text has {units} units, more than the gateway takes");
            Class::BadContent.outcome(Failure::new("sms-too-long", &what), now, None)
        };
        if units > self.settings.text_units {
            return Err(too_long());
        }
        let [first, ..] = now.timestamp().to_le_bytes();
        let reference = self.first_reference.get_or_init(|| first).wrapping_add(texts);
        let contents = contents(&text, reference).ok_or_else(too_long)?;
        let dest = self.settings.dest(sms);
        Ok(contents.into_iter().map(|content| self.settings.submit(dest.clone(), content)).collect())
    }

    /// What anything but a yes means.
    fn stopped(&self, handed: Handed) -> Stopped {
        let stopped = |class, code: &str, why: &str| Stopped { class, why: Failure::new(code, why), wait: None };
        match handed {
            Handed::Answered(answer) => {
                let (class, wait) = self.table.class(To::Submit, answer.result);
                let why = format!("the gateway answers the message with result {}", answer.result);
                Stopped { class, wait, why: Failure::new(format!("cmpp-submit-{}", answer.result), &why) }
            }
            Handed::Unclear { code, why } => stopped(Class::Unknown, code, &why),
            Handed::Down { trouble, until } => {
                let (class, code) = self.class(&trouble);
                let wait = Some(until.saturating_duration_since(Instant::now()));
                Stopped { class, wait, why: Failure::new(code, &trouble.to_string()) }
            }
            Handed::NoRoom | Handed::CouldLeave => {
                let why = "the gateway had no room within the limit of a call; see window and per_second";
                stopped(Class::NotSent, "cmpp-no-room", why)
            }
            Handed::DoesNotFit(error) => stopped(Class::BadContent, "cmpp-too-long", &error.to_string()),
        }
    }

    /// What it means that there is no connection.
    fn class(&self, trouble: &Trouble) -> (Class, String) {
        match trouble {
            Trouble::Refused(status) => (self.table.class(To::Connect, *status).0, format!("cmpp-connect-{status}")),
            Trouble::OtherVersion(_) => (Class::ChannelDown, "cmpp-version".to_owned()),
            Trouble::Connect(_) => (Class::NotSent, "cmpp-connect".to_owned()),
            Trouble::Lost(_) => (Class::NotSent, "cmpp-lost".to_owned()),
            Trouble::NoLogin => (Class::NotSent, "cmpp-timeout-login".to_owned()),
            Trouble::Garbled(_) => (Class::NotSent, "cmpp-garbled".to_owned()),
            Trouble::Silent => (Class::NotSent, "cmpp-silent".to_owned()),
            Trouble::Goodbye => (Class::NotSent, "cmpp-goodbye".to_owned()),
        }
    }
}

impl Stopped {
    fn outcome(self, now: DateTime<Utc>) -> Outcome {
        self.class.outcome(self.why, now, self.wait)
    }

    /// The same when parts before it were taken: the telephone may show them, so
    /// the whole can neither be called sent nor be sent again.
    fn partly(self, taken: usize, parts: usize) -> Self {
        let what = format!("{taken} of {parts} parts were taken, then {}: {}", self.why.code, self.why.detail);
        Self { class: Class::Unknown, why: Failure::new("cmpp-partly", &what), wait: None }
    }
}

/// A report in the words of every provider.
fn report(found: &StatusReport) -> Report {
    match found {
        StatusReport::Read { msg_id, stat, done } => {
            let fate = match stat.as_str() {
                "DELIVRD" => Fate::Delivered,
                "ACCEPTD" | "ENROUTE" => Fate::Underway,
                // EXPIRED, UNDELIV, … and the carriers' own codes, known or not.
                _ => Fate::Failed,
            };
            Report { id: msg_id.to_string(), ours: None, fate, code: stat.clone(), at: done.map(civil::instant) }
        }
        StatusReport::Unreadable { raw, .. } => {
            Report { id: String::new(), ours: None, fate: Fate::Unreadable, code: raw.clone(), at: None }
        }
    }
}
