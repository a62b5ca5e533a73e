//! Mail over SMTP.
//!
//! Each mail goes to one person in a transaction of its own, so a bad address
//! spoils nothing for another, and every answer is about one leg. The dialogue is
//! taken step by step (`session`): up to the final dot a broken connection means
//! not sent, after it unknown. The text is complete before the first byte leaves.
//! A connection is kept for the next mail; one that has died in the meantime is
//! replaced without anybody noticing.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use lettre::Address;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use super::{ChannelError, Class, Limits, Mail, Secrets, scrub::Scrub};
use crate::notice::{Failure, Outcome, Receipt};

pub(super) mod compose;
mod header;
mod replies;
mod session;
mod settings;
mod wire;

pub use replies::Rule;
pub use settings::{Settings, Tls};

use compose::{Composed, Sender};
use session::{Cause, Login, Phase, Server, Session, Trouble};
use wire::{Cut, Limit, Reply};

/// A mail server.
#[derive(Debug)]
pub struct Email {
    name: String,
    settings: Settings,
    server: Server,
    from: Sender,
    /// Who answers for the mail on the wire: the account, where its name is an
    /// address, for servers refuse a sender that is not the one who logged in.
    envelope: Address,
    replies: replies::Table,
    permits: Semaphore,
    kept: Mutex<Vec<Kept>>,
}

/// A connection that waits for its next mail.
#[derive(Debug)]
struct Kept {
    session: Session,
    since: Instant,
}

impl Email {
    /// Reads the certificates and makes the channel; no connection is made.
    ///
    /// # Errors
    ///
    /// Every setting that does not fit.
    pub fn open(name: &str, settings: &Settings, secrets: &Secrets) -> Result<Self, Vec<ChannelError>> {
        let mut faults = settings.faults(name);
        // Without a host there is no name for a certificate either.
        let named = Some(settings).filter(|settings| !settings.host.trim().is_empty());
        let security = named.and_then(|settings| settings.security(name).map_err(|fault| faults.push(fault)).ok());
        let login = settings.user.clone().zip(secrets.get(name, "password").cloned());
        if settings.user.is_some() && settings.password.is_some() && login.is_none() {
            faults.push(ChannelError::setting(name, "password", "it was not found"));
        }
        let address = compose::address(&settings.from_address);
        let (Some(security), Some(address), true) = (security, address, faults.is_empty()) else {
            return Err(faults);
        };
        Ok(Self {
            name: name.to_owned(),
            server: Server {
                host: settings.host.clone(),
                port: settings.port(),
                security,
                hello: settings.client_id(),
                login: login.map(|(user, password)| Login { user, password }),
            },
            envelope: settings.user.as_deref().and_then(compose::address).unwrap_or_else(|| address.clone()),
            from: Sender { name: settings.from_name.clone(), address },
            replies: replies::Table::new(&settings.replies),
            permits: Semaphore::new(settings.connections),
            kept: Mutex::default(),
            settings: settings.clone(),
        })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The domain of the sender, for message ids.
    pub fn domain(&self) -> &str {
        self.from.address.domain()
    }

    pub(super) fn limits(&self) -> Limits {
        Limits {
            call: Duration::from_millis(self.settings.call_ms),
            at_once: self.settings.connections,
            per_minute: self.settings.per_minute,
            text_units: None,
            text_bytes: None,
        }
    }

    pub(super) fn preview(&self, mail: &Mail, now: DateTime<Utc>) -> Result<String, Outcome> {
        self.compose(mail, now).map(|composed| composed.text)
    }

    pub(super) async fn probe(&self, now: DateTime<Utc>) -> Result<(), Outcome> {
        let limits = self.steps();
        match Session::open(&self.server, limits).await {
            Ok(session) => {
                session.quit(limits).await;
                Ok(())
            }
            Err(trouble) => Err(self.replies.outcome(&trouble, now, &Scrub::default())),
        }
    }

    pub(super) async fn send(&self, mail: &Mail, now: DateTime<Utc>) -> Outcome {
        let composed = match self.compose(mail, now) {
            Ok(composed) => composed,
            Err(outcome) => return outcome,
        };
        match self.hand_over(&composed).await {
            Ok(reply) => Outcome::Accepted(Receipt(queue_id(&reply))),
            Err(trouble) => {
                let local = mail.to.expose().split('@').next().unwrap_or_default();
                let scrub = Scrub::default().hiding(mail.to.expose()).hiding(local).hiding(&mail.to_name);
                self.replies.outcome(&trouble, now, &scrub)
            }
        }
    }

    fn compose(&self, mail: &Mail, now: DateTime<Utc>) -> Result<Composed, Outcome> {
        compose::compose(&self.from, mail, now).map_err(|_| {
            let why = Failure::new("mail-address", "the recipient's address is none");
            Class::BadRecipient.outcome(why, now, None)
        })
    }

    async fn hand_over(&self, mail: &Composed) -> Result<Reply, Trouble> {
        let limits = self.steps();
        let busy = || Trouble { phase: Phase::Connect, cause: Cause::Cut(Cut::Timeout) };
        // A semaphore that is never closed gives a permit or lets the time pass.
        let Ok(Ok(_permit)) = timeout_at(limits.step.call, self.permits.acquire()).await else {
            return Err(busy());
        };
        let mut session = self.begun(&self.envelope, limits).await?;
        let said = session.finish(mail, limits).await;
        self.keep(session, said.as_ref(), limits).await;
        said
    }

    /// A session in which a mail from us has begun: the kept one, or if that has
    /// died a fresh one.
    async fn begun(&self, from: &Address, limits: session::Limits) -> Result<Session, Trouble> {
        while let Some(kept) = self.take() {
            let mut session = kept.session;
            match session.begin(from, limits).await {
                Ok(()) => return Ok(session),
                Err(trouble) if trouble.is_dead_connection() => {}
                Err(trouble) => {
                    self.keep(session, Err(&trouble), limits).await;
                    return Err(trouble);
                }
            }
        }
        let mut session = Session::open(&self.server, limits).await?;
        match session.begin(from, limits).await {
            Ok(()) => Ok(session),
            Err(trouble) => {
                self.keep(session, Err(&trouble), limits).await;
                Err(trouble)
            }
        }
    }

    /// A kept connection that has not waited too long.
    fn take(&self) -> Option<Kept> {
        let idle = self.settings.idle();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|kept| kept.since.elapsed() < idle);
        kept.pop()
    }

    /// Keeps a connection for the next mail, if it is still in order.
    async fn keep(&self, session: Session, said: Result<&Reply, &Trouble>, limits: session::Limits) {
        if said.is_err_and(|trouble| !trouble.leaves_connection_whole()) {
            return;
        }
        if session.mails >= self.settings.per_connection {
            return session.quit(limits).await;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(Kept { session, since: Instant::now() });
    }

    fn steps(&self) -> session::Limits {
        let ms = Duration::from_millis;
        session::Limits {
            step: Limit { step: ms(self.settings.step_ms), call: Instant::now() + ms(self.settings.call_ms) },
            connect: ms(self.settings.connect_ms),
            body: ms(self.settings.body_ms),
        }
    }
}

impl Trouble {
    /// Whether the connection itself is gone, and not only this mail refused.
    fn is_dead_connection(&self) -> bool {
        match &self.cause {
            Cause::Cut(_) => true,
            Cause::Said(reply) => reply.code == 421 || reply.code < 400,
            Cause::Untrusted(_) | Cause::NoStartTls | Cause::NoAuth => false,
        }
    }

    /// Whether the server still waits for the next command: not after a text that
    /// was broken off.
    fn leaves_connection_whole(&self) -> bool {
        let is_refusal = matches!(&self.cause, Cause::Said(reply) if reply.code >= 400 && reply.code != 421);
        is_refusal && self.phase != Phase::Body
    }
}

/// The server's own id for the mail, where it tells one.
fn queue_id(reply: &Reply) -> Option<String> {
    let text = reply.text();
    let (_, behind) = text.split_once("queued as ")?;
    let id: String = behind.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
    (!id.is_empty()).then_some(id)
}
