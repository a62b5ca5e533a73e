//! One connection to a gateway, without its wire: what is to be written, what was
//! heard, and which timer runs out next.
//!
//! It is moved by bytes and instants from outside and waits for nothing, so
//! whoever moves it may stop at any moment and somebody else go on.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use secrecy::{ExposeSecret, SecretString};

use super::{
    codec::{
        self, CodecError, Command, Deliver, Frame, MsgId, Received, Sent, Splitter, StatusReport, SubmitAnswer, Version,
    },
    state::{Piece, Ticket},
};

/// A connection that was silent for so long is asked for a sign of life before it
/// gets a message: what is written into a dead one counts as handed over.
const FRESH: Duration = Duration::from_secs(5);
/// A connection that stood for so long was good for something.
const LASTING: Duration = Duration::from_secs(10);
/// So many questions without an answer, and the gateway is gone.
const QUESTIONS: u32 = 3;

/// The timers of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timers {
    pub login: Duration,
    pub answer: Duration,
    pub idle: Duration,
    pub sign_of_life: Duration,
    pub window: usize,
}

/// Who logs in, and as what.
#[derive(Clone, Debug)]
pub(super) struct Login {
    pub sp_id: String,
    pub secret: SecretString,
    pub version: Version,
}

/// What a connection tells the one that moves it.
#[derive(Debug)]
pub(super) enum Event {
    /// The gateway lets us in, and has proved itself or has not.
    LoggedIn { is_genuine: bool },
    /// A piece was answered.
    Answered { ticket: Ticket, answer: Result<SubmitAnswer, CodecError> },
    /// A piece was not answered in time.
    Unanswered { ticket: Ticket },
    /// The gateway tells what became of a piece, and waits for an answer.
    Reported { sequence: u32, msg_id: MsgId, report: StatusReport },
}

/// Why a connection is no more, or never was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    #[error("the gateway cannot be reached: {0}")]
    Connect(String),
    #[error("the connection was lost: {0}")]
    Lost(String),
    #[error("the gateway has not answered the log-in in time")]
    NoLogin,
    #[error("the gateway refuses the log-in with status {0}; see sp_id, secret, version, and the clock")]
    Refused(u32),
    #[error("the gateway answers in the layout of {}; set version to that", name(*.0))]
    OtherVersion(Version),
    #[error("what the gateway says is no CMPP: {0}")]
    Garbled(CodecError),
    #[error("the gateway gives no sign of life")]
    Silent,
    #[error("the gateway has said goodbye")]
    Goodbye,
}

fn name(version: Version) -> &'static str {
    match version {
        Version::V2 => "2.0",
        Version::V3 => "3.0",
    }
}

/// What becomes of the pieces of a connection that has ended.
#[derive(Debug)]
pub(super) struct Rest {
    /// Written to their last byte: the gateway may have them.
    pub written: Vec<Ticket>,
    /// Not written to its end: the gateway cannot have it.
    pub unwritten: Option<Piece>,
    /// Whether the connection was good for something.
    pub was_useful: bool,
}

#[derive(Debug)]
enum Phase {
    LoggingIn { since: Instant },
    Open,
    SayingGoodbye { since: Instant },
}

/// A connection.
#[derive(Debug)]
pub(super) struct Session {
    timers: Timers,
    login: Login,
    proof: [u8; 16],
    phase: Phase,
    splitter: Splitter,
    /// What is to be written, and how much of it is.
    out: Vec<u8>,
    written: usize,
    /// The piece within `out`: its number, and where its last byte is behind.
    leaving: Option<(u32, usize, Piece)>,
    unanswered: BTreeMap<u32, (Ticket, Instant)>,
    sequence: u32,
    heard: Instant,
    /// The gateway was asked for a sign of life.
    asked: Option<Asked>,
    opened: Option<Instant>,
    answers: u64,
}

/// A question for a sign of life.
#[derive(Clone, Copy, Debug)]
struct Asked {
    since: Instant,
    /// How often it was asked.
    times: u32,
    /// How long an answer may take.
    wait: Duration,
}

impl Session {
    /// Begins with the log-in. `stamp` is the time as ten digits `MMDDHHMMSS`.
    pub fn new(login: &Login, timers: Timers, stamp: &str, now: Instant) -> Result<Self, Trouble> {
        let secret = login.secret.expose_secret();
        let connect = Sent::connect(&login.sp_id, secret, stamp);
        let proof = codec::authenticator(&login.sp_id, secret, stamp);
        Ok(Self {
            out: connect.bytes(login.version, 1).map_err(Trouble::Garbled)?,
            timers,
            login: login.clone(),
            proof,
            phase: Phase::LoggingIn { since: now },
            splitter: Splitter::default(),
            written: 0,
            leaving: None,
            unanswered: BTreeMap::new(),
            sequence: 1,
            heard: now,
            asked: None,
            opened: None,
            answers: 0,
        })
    }

    /// What is to be written now.
    pub fn to_write(&self) -> &[u8] {
        &self.out[self.written..]
    }

    /// So many bytes of it were written.
    pub fn wrote(&mut self, count: usize, now: Instant) {
        self.written += count;
        if let Some((sequence, _, piece)) = self.leaving.take_if(|(_, end, _)| *end <= self.written) {
            self.unanswered.insert(sequence, (piece.ticket, now));
        }
        if self.written >= self.out.len() {
            self.out.clear();
            self.written = 0;
        }
    }

    /// Whether a piece may be written next. A connection that was silent is asked
    /// for a sign of life first.
    pub fn is_ready(&mut self, now: Instant) -> bool {
        if !matches!(self.phase, Phase::Open) {
            return false;
        }
        if now.saturating_duration_since(self.heard) > FRESH {
            // A message is in a hurry, so this question is the last.
            let (times, wait) = (QUESTIONS, self.timers.login);
            match &mut self.asked {
                Some(asked) => *asked = Asked { times, wait, ..*asked },
                None => self.ask(Asked { since: now, times, wait }),
            }
            return false;
        }
        self.out.is_empty() && self.unanswered.len() < self.timers.window
    }

    /// Takes a piece to be written; ask [`Self::is_ready`] before.
    ///
    /// # Errors
    ///
    /// When it does not fit into a message.
    pub fn take(&mut self, piece: Piece) -> Result<(), CodecError> {
        let sequence = self.next_sequence();
        let bytes = Sent::Submit(piece.submit.clone()).bytes(self.login.version, sequence)?;
        self.out.extend(bytes);
        self.leaving = Some((sequence, self.out.len(), piece));
        Ok(())
    }

    /// Answers a report: it is kept.
    pub fn report_is_kept(&mut self, sequence: u32, msg_id: MsgId) {
        self.say(&Sent::DeliverResp { msg_id }, sequence);
    }

    /// Says goodbye, unless a message is on its way, whose answer would be lost.
    /// Gives whether it did.
    pub fn says_goodbye(&mut self, now: Instant) -> bool {
        if !matches!(self.phase, Phase::Open) || self.leaving.is_some() || !self.unanswered.is_empty() {
            return false;
        }
        let sequence = self.next_sequence();
        self.say(&Sent::Terminate, sequence);
        self.phase = Phase::SayingGoodbye { since: now };
        true
    }

    /// Takes what was heard.
    ///
    /// # Errors
    ///
    /// What ends the connection.
    pub fn hear(&mut self, bytes: &[u8], now: Instant, events: &mut Vec<Event>) -> Result<(), Trouble> {
        self.splitter.push(bytes);
        while let Some(frame) = self.splitter.frame().map_err(Trouble::Garbled)? {
            // Whatever it is, somebody is there.
            self.heard = now;
            self.asked = None;
            self.understand(&frame, now, events)?;
        }
        Ok(())
    }

    fn understand(&mut self, frame: &Frame, now: Instant, events: &mut Vec<Event>) -> Result<(), Trouble> {
        match (frame.read(self.login.version), &self.phase) {
            (Ok(Received::Connect(answer)), Phase::LoggingIn { .. }) => {
                let secret = self.login.secret.expose_secret();
                let is_genuine = answer.is_genuine(&self.proof, secret);
                match answer.status {
                    0 if answer.version == self.login.version => {}
                    0 => return Err(Trouble::OtherVersion(answer.version)),
                    status => return Err(Trouble::Refused(status)),
                }
                self.phase = Phase::Open;
                self.opened = Some(now);
                events.push(Event::LoggedIn { is_genuine });
            }
            (Err(error), Phase::LoggingIn { .. }) => return Err(Trouble::Garbled(error)),
            (Ok(Received::Submit(answer)), _) => self.answered(frame.sequence, Ok(answer), events),
            // A repeat or something for another client's number has no effect.
            (Ok(Received::Connect(_) | Received::ActiveTestResp | Received::Other), _) => {}
            (Ok(Received::Deliver(Deliver { msg_id, report: Some(report) })), _) => {
                events.push(Event::Reported { sequence: frame.sequence, msg_id, report });
            }
            // What users write reaches nobody here, and would come again for ever.
            (Ok(Received::Deliver(Deliver { msg_id, report: None })), _) => {
                self.report_is_kept(frame.sequence, msg_id);
            }
            (Ok(Received::ActiveTest), _) => self.say(&Sent::ActiveTestResp, frame.sequence),
            (Ok(Received::Terminate), _) => {
                self.say(&Sent::TerminateResp, frame.sequence);
                self.phase = Phase::SayingGoodbye { since: now };
            }
            (Ok(Received::TerminateResp), _) => return Err(Trouble::Goodbye),
            (Err(error), _) => {
                if frame.id == Command::SubmitResp.id() {
                    self.answered(frame.sequence, Err(error), events);
                }
            }
        }
        Ok(())
    }

    fn answered(&mut self, sequence: u32, answer: Result<SubmitAnswer, CodecError>, events: &mut Vec<Event>) {
        if let Some((ticket, _)) = self.unanswered.remove(&sequence) {
            self.answers += 1;
            events.push(Event::Answered { ticket, answer });
        }
    }

    /// Does what is due by now, and gives the instant of what is due next.
    ///
    /// # Errors
    ///
    /// What ends the connection.
    pub fn tick(&mut self, now: Instant, events: &mut Vec<Event>) -> Result<Instant, Trouble> {
        let limit = self.timers.answer;
        let late: Vec<u32> = self
            .unanswered
            .iter()
            .filter(|(_, (_, since))| now >= *since + limit)
            .map(|(sequence, _)| *sequence)
            .collect();
        for sequence in late {
            if let Some((ticket, _)) = self.unanswered.remove(&sequence) {
                events.push(Event::Unanswered { ticket });
            }
        }
        let of_phase = match self.phase {
            Phase::LoggingIn { since } if now >= since + self.timers.login => return Err(Trouble::NoLogin),
            Phase::SayingGoodbye { since } if now >= since + self.timers.login => return Err(Trouble::Goodbye),
            Phase::LoggingIn { since } | Phase::SayingGoodbye { since } => since + self.timers.login,
            Phase::Open => self.sign_of_life(now)?,
        };
        let of_answers = self.unanswered.values().map(|(_, since)| *since + limit);
        Ok(of_answers.fold(of_phase, Instant::min))
    }

    fn sign_of_life(&mut self, now: Instant) -> Result<Instant, Trouble> {
        match self.asked {
            Some(Asked { since, times, wait }) if now >= since + wait => {
                if times >= QUESTIONS {
                    return Err(Trouble::Silent);
                }
                self.ask(Asked { since: now, times: times + 1, wait });
            }
            None if now >= self.heard + self.timers.idle => {
                self.ask(Asked { since: now, times: 1, wait: self.timers.sign_of_life });
            }
            Some(_) | None => {}
        }
        Ok(self.asked.map_or(self.heard + self.timers.idle, |asked| asked.since + asked.wait))
    }

    fn ask(&mut self, asked: Asked) {
        self.asked = Some(asked);
        let sequence = self.next_sequence();
        self.say(&Sent::ActiveTest, sequence);
    }

    /// Ends the connection.
    pub fn end(self, now: Instant) -> Rest {
        let stood = self.opened.map_or(Duration::ZERO, |opened| now.saturating_duration_since(opened));
        Rest {
            written: self.unanswered.into_values().map(|(ticket, _)| ticket).collect(),
            unwritten: self.leaving.map(|(_, _, piece)| piece),
            was_useful: self.answers > 0 || stood > LASTING,
        }
    }

    fn say(&mut self, sent: &Sent, sequence: u32) {
        // What is said here has no text that could be too long.
        if let Ok(bytes) = sent.bytes(self.login.version, sequence) {
            self.out.extend(bytes);
        }
    }

    /// The next number; 0 is none.
    fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.checked_add(1).unwrap_or(1);
        self.sequence
    }
}

#[cfg(test)]
mod tests;
