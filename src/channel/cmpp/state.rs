//! What is known of the one connection and of those who wait for it.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::{
    answers::To,
    codec::{CodecError, MsgId, StatusReport, Submit, SubmitAnswer},
    link::Target,
    session::{Event, Session, Trouble},
};
use crate::channel::Class;

/// Reports that wait to be fetched; more are left with the gateway.
const HELD: usize = 1_000;
/// The first wait after a connection that came to nothing; it doubles.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A name for a piece on its way through here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Ticket(pub u64);

/// What is to be handed over: an SMS or a part of one.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub ticket: Ticket,
    pub submit: Box<Submit>,
}

/// What waits for its turn.
#[derive(Debug)]
pub(super) enum Item {
    Piece(Piece),
    /// Only wants to know whether a message could leave.
    Probe(Ticket),
}

/// What became of it.
#[derive(Clone, Debug)]
pub(super) enum Handed {
    /// A message could leave now.
    CouldLeave,
    /// The gateway answered.
    Answered(SubmitAnswer),
    /// It was written, and no clear answer came.
    Unclear { code: &'static str, why: String },
    /// It was not written: there is no connection, and none is tried until then.
    Down { trouble: Trouble, until: Instant },
    /// It was not written: the window and the rate left no room within the limit.
    NoRoom,
    /// It was not written: a value does not fit into a message.
    DoesNotFit(CodecError),
}

/// A report as it came, with what its answer needs.
#[derive(Clone, Debug)]
pub(super) struct Arrived {
    pub report: StatusReport,
    pub connection: u64,
    pub sequence: u32,
    pub msg_id: MsgId,
}

/// Whether anybody fetches reports. If not, they stay with the gateway, which
/// sends them again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fetched {
    No,
    Yes,
}

#[derive(Debug)]
pub(super) enum Standing {
    /// There is no connection, and none is tried before `until`.
    Down { until: Instant, why: Option<Trouble> },
    /// It is there, or logging in.
    Up(Box<Session>),
}

#[derive(Debug)]
pub(super) struct State {
    pub standing: Standing,
    /// Connections so far, so that none is answered what another one asked.
    pub connection: u64,
    /// Connections in a row that came to nothing.
    failures: u32,
    queue: VecDeque<Item>,
    waiting: HashMap<Ticket, oneshot::Sender<Handed>>,
    tickets: u64,
    /// No message leaves before.
    pub next: Instant,
    pub reports: VecDeque<Arrived>,
    pub fetched: Fetched,
}

impl State {
    pub fn new(now: Instant) -> Self {
        Self {
            standing: Standing::Down { until: now, why: None },
            connection: 0,
            failures: 0,
            queue: VecDeque::new(),
            waiting: HashMap::new(),
            tickets: 0,
            next: now,
            reports: VecDeque::new(),
            fetched: Fetched::No,
        }
    }

    /// Puts something behind what waits.
    ///
    /// # Errors
    ///
    /// While no connection is tried: nothing waits for that.
    pub fn enqueue(
        &mut self,
        item: impl FnOnce(Ticket) -> Item,
        now: Instant,
    ) -> Result<(Ticket, oneshot::Receiver<Handed>), Handed> {
        if let Standing::Down { until, why: Some(trouble) } = &self.standing
            && *until > now
        {
            return Err(Handed::Down { trouble: trouble.clone(), until: *until });
        }
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        let (sender, answer) = oneshot::channel();
        self.waiting.insert(ticket, sender);
        self.queue.push_back(item(ticket));
        Ok((ticket, answer))
    }

    /// Whoever waited has gone: what was not begun is not begun any more.
    pub fn give_up(&mut self, ticket: Ticket) -> Handed {
        self.waiting.remove(&ticket);
        let before = self.queue.len();
        self.queue.retain(|item| item.ticket() != ticket);
        if self.queue.len() < before {
            return Handed::NoRoom;
        }
        Handed::Unclear { code: "cmpp-timeout-after-submit", why: "the gateway has not answered in time".to_owned() }
    }

    /// Does what is due, and takes into the connection what may leave now. Gives the
    /// bytes to write, and the instant of what is due next.
    ///
    /// # Errors
    ///
    /// What ends the connection.
    pub fn prepare(&mut self, target: &Target, now: Instant) -> Result<(Vec<u8>, Instant), Trouble> {
        loop {
            let slot = self.fill(target, now);
            let Standing::Up(session) = &mut self.standing else { return Err(Trouble::Goodbye) };
            let mut events = Vec::new();
            let due = session.tick(now, &mut events)?;
            if events.is_empty() {
                let due = slot.map_or(due, |slot| slot.min(due));
                return Ok((session.to_write().to_vec(), due));
            }
            self.take_in(events, target);
        }
    }

    /// Takes what was heard.
    ///
    /// # Errors
    ///
    /// What ends the connection.
    pub fn hear(&mut self, bytes: &[u8], target: &Target, now: Instant) -> Result<Reports, Trouble> {
        let Standing::Up(session) = &mut self.standing else { return Err(Trouble::Goodbye) };
        let mut events = Vec::new();
        let heard = session.hear(bytes, now, &mut events);
        // What was said before the fault still counts.
        let reports = self.take_in(events, target);
        heard.map(|()| reports)
    }

    /// Takes pieces into the connection while it has room; gives the instant before
    /// which the next may not leave.
    fn fill(&mut self, target: &Target, now: Instant) -> Option<Instant> {
        let Standing::Up(session) = &mut self.standing else { return None };
        while !self.queue.is_empty() && session.is_ready(now) {
            if matches!(self.queue.front(), Some(Item::Piece(_))) && now < self.next {
                return Some(self.next);
            }
            let (ticket, handed) = match self.queue.pop_front()? {
                Item::Probe(ticket) => (ticket, Handed::CouldLeave),
                Item::Piece(piece) => {
                    self.next = now + target.gap;
                    let ticket = piece.ticket;
                    match session.take(piece) {
                        Ok(()) => continue,
                        Err(error) => (ticket, Handed::DoesNotFit(error)),
                    }
                }
            };
            answer(&mut self.waiting, ticket, handed);
        }
        None
    }

    fn take_in(&mut self, events: Vec<Event>, target: &Target) -> Reports {
        let mut reports = Reports::None;
        for event in events {
            match event {
                Event::LoggedIn { is_genuine: true } => {}
                Event::LoggedIn { is_genuine: false } => tracing::warn!(
                    channel.name = target.channel,
                    "the CMPP gateway does not prove that it knows the secret; some never do"
                ),
                Event::Answered { ticket, answer: Ok(answered) } => {
                    answer(&mut self.waiting, ticket, Handed::Answered(answered));
                }
                Event::Answered { ticket, answer: Err(error) } => {
                    let handed = Handed::Unclear { code: "cmpp-garbled-after-submit", why: error.to_string() };
                    answer(&mut self.waiting, ticket, handed);
                }
                Event::Unanswered { ticket } => {
                    let why = "the gateway has not answered in time".to_owned();
                    answer(&mut self.waiting, ticket, Handed::Unclear { code: "cmpp-timeout-after-submit", why });
                }
                Event::Reported { sequence, msg_id, report } => {
                    if self.fetched == Fetched::Yes && self.reports.len() < HELD {
                        let connection = self.connection;
                        self.reports.push_back(Arrived { report, connection, sequence, msg_id });
                        reports = Reports::Some;
                    }
                }
            }
        }
        reports
    }

    /// The connection has ended, or there was none. What was written is unclear;
    /// what was not goes out on the next one, if one is tried at once.
    pub fn fell(&mut self, trouble: &Trouble, target: &Target, now: Instant) {
        let before = std::mem::replace(&mut self.standing, Standing::Down { until: now, why: None });
        let was_useful = match before {
            Standing::Down { .. } => false,
            Standing::Up(session) => {
                let rest = session.end(now);
                for ticket in rest.written {
                    let handed = Handed::Unclear { code: "cmpp-lost-after-submit", why: trouble.to_string() };
                    answer(&mut self.waiting, ticket, handed);
                }
                if let Some(piece) = rest.unwritten {
                    self.queue.push_front(Item::Piece(piece));
                }
                rest.was_useful
            }
        };
        if was_useful {
            self.failures = 0;
            return;
        }
        self.failures += 1;
        let until = now + wait(self.failures, trouble, target);
        for item in self.queue.drain(..) {
            answer(&mut self.waiting, item.ticket(), Handed::Down { trouble: trouble.clone(), until });
        }
        self.standing = Standing::Down { until, why: Some(trouble.clone()) };
    }
}

impl Item {
    fn ticket(&self) -> Ticket {
        match self {
            Self::Piece(piece) => piece.ticket,
            Self::Probe(ticket) => *ticket,
        }
    }
}

/// Whether there are new ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reports {
    None,
    Some,
}

fn answer(waiting: &mut HashMap<Ticket, oneshot::Sender<Handed>>, ticket: Ticket, handed: Handed) {
    if let Some(sender) = waiting.remove(&ticket) {
        // Whoever has gone in this very moment has given it up.
        let _ = sender.send(handed);
    }
}

/// How long no connection is tried: ever longer, with a random part on top, and no
/// shorter than a refusal asks.
fn wait(failures: u32, trouble: &Trouble, target: &Target) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(LONGEST_WAIT);
    let asked = match trouble {
        Trouble::Refused(status) => match target.answers.class(To::Connect, *status) {
            (Class::ChannelDown, None) => LONGEST_WAIT,
            (_, wait) => wait.unwrap_or_default(),
        },
        Trouble::OtherVersion(_) => LONGEST_WAIT,
        Trouble::Connect(_)
        | Trouble::Lost(_)
        | Trouble::NoLogin
        | Trouble::Garbled(_)
        | Trouble::Silent
        | Trouble::Goodbye => Duration::ZERO,
    };
    let wait = doubled.max(asked);
    wait + wait.mul_f64(rand::random_range(0.0..0.25))
}
