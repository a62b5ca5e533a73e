//! The one connection to a gateway, shared by all who send and by the one who
//! waits for reports.
//!
//! No task stands behind it: whoever waits for something moves the connection for
//! everybody, until what he waits for is there; then the next one goes on. All that
//! is known lies in the state, so one who goes away at any moment leaves nothing
//! half done. A piece that was not written to its last byte goes out on the next
//! connection; one that was is never written again.

use std::{
    convert::Infallible,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
    time::{sleep_until, timeout},
};

use super::{
    answers::Table,
    codec::Submit,
    session::{Login, Session, Timers, Trouble},
    state::{Arrived, Fetched, Handed, Item, Piece, Reports, Standing, State, Ticket},
};
use crate::calendar::civil;

/// Where the gateway is and how it is spoken to.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub channel: String,
    pub host: String,
    pub port: u16,
    pub connect: Duration,
    pub login: Login,
    pub timers: Timers,
    /// Between two messages.
    pub gap: Duration,
    pub answers: Table,
}

/// An instant by both clocks: a log-in names the time of day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub utc: DateTime<Utc>,
    pub at: Instant,
}

/// The connection.
#[derive(Debug)]
pub(super) struct Link {
    target: Target,
    state: Mutex<State>,
    /// Whoever has this moves the connection.
    wire: tokio::sync::Mutex<Option<TcpStream>>,
    /// There is something new to write.
    changed: Notify,
    /// There is a new report.
    arrived: Notify,
}

/// Gives a piece up when whoever waits for it goes away.
struct Waiting<'a> {
    link: &'a Link,
    ticket: Ticket,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.link.state().give_up(self.ticket);
    }
}

impl Moment {
    /// Now, of which only the caller knows the time of day.
    pub fn new(utc: DateTime<Utc>) -> Self {
        Self { utc, at: Instant::now() }
    }

    /// The time of day as a log-in has it, by the clock of Beijing.
    pub fn stamp(self, at: Instant) -> String {
        let passed = TimeDelta::from_std(at.saturating_duration_since(self.at)).unwrap_or_default();
        let utc = self.utc.checked_add_signed(passed).unwrap_or(self.utc);
        utc.with_timezone(&civil::zone()).format("%m%d%H%M%S").to_string()
    }
}

impl Link {
    pub fn new(target: Target) -> Self {
        Self {
            target,
            state: Mutex::new(State::new(Instant::now())),
            wire: tokio::sync::Mutex::default(),
            changed: Notify::new(),
            arrived: Notify::new(),
        }
    }

    /// Hands a message over, once.
    pub async fn hand_over(&self, submit: Submit, moment: Moment, ends: Instant) -> Handed {
        self.waited(|ticket| Item::Piece(Piece { ticket, submit: Box::new(submit) }), moment, ends).await
    }

    /// Waits until a message could leave.
    pub async fn probe(&self, moment: Moment, ends: Instant) -> Handed {
        self.waited(Item::Probe, moment, ends).await
    }

    async fn waited(&self, item: impl FnOnce(Ticket) -> Item, moment: Moment, ends: Instant) -> Handed {
        let (ticket, answer) = match self.state().enqueue(item, Instant::now()) {
            Ok(waiting) => waiting,
            Err(down) => return down,
        };
        let waiting = Waiting { link: self, ticket };
        self.changed.notify_one();
        tokio::select! {
            biased;
            // The other end is kept until it has answered.
            Ok(handed) = answer => handed,
            never = self.drive(moment) => match never {},
            () = sleep_until(ends.into()) => self.state().give_up(waiting.ticket),
        }
    }

    /// No message leaves for so long.
    pub fn hold(&self, wait: Duration) {
        let mut state = self.state();
        state.next = state.next.max(Instant::now() + wait);
    }

    /// The next report. From the first call on reports are taken from the gateway,
    /// and the connection is kept up while this is waited for.
    pub async fn report(&self, moment: Moment) -> Arrived {
        self.state().fetched = Fetched::Yes;
        loop {
            let arrived = self.state().reports.pop_front();
            if let Some(arrived) = arrived {
                return arrived;
            }
            tokio::select! {
                biased;
                () = self.arrived.notified() => {}
                never = self.drive(moment) => match never {},
            }
        }
    }

    /// Tells the gateway that a report is kept. A connection that came after it
    /// would not understand, and is sent the report again.
    pub fn report_is_kept(&self, arrived: &Arrived) {
        let mut state = self.state();
        if state.connection == arrived.connection
            && let Standing::Up(session) = &mut state.standing
        {
            session.report_is_kept(arrived.sequence, arrived.msg_id);
            self.changed.notify_one();
        }
    }

    /// Says goodbye, if there is a connection and nothing on its way.
    pub async fn close(&self) {
        let is_said = match &mut self.state().standing {
            Standing::Up(session) => session.says_goodbye(Instant::now()),
            Standing::Down { .. } => false,
        };
        if !is_said {
            return;
        }
        self.changed.notify_one();
        let goodbye = async {
            let mut wire = self.wire.lock().await;
            while let Some(stream) = wire.as_mut()
                && self.turn(stream).await.is_ok()
            {}
            *wire = None;
            self.fell(&Trouble::Goodbye);
        };
        // Who does not answer a goodbye is left without one.
        let _ = timeout(self.target.timers.login, goodbye).await;
    }

    /// Moves the connection for everybody, for ever.
    async fn drive(&self, moment: Moment) -> Infallible {
        let mut wire = self.wire.lock().await;
        loop {
            let moved = match wire.as_mut() {
                Some(stream) => self.turn(stream).await,
                None => self.connect(&mut wire, moment).await,
            };
            if let Err(trouble) = moved {
                *wire = None;
                self.fell(&trouble);
            }
        }
    }

    async fn connect(&self, wire: &mut Option<TcpStream>, moment: Moment) -> Result<(), Trouble> {
        let until = match &self.state().standing {
            Standing::Down { until, .. } => Some(*until),
            Standing::Up(_) => None,
        };
        if let Some(until) = until {
            sleep_until(until.into()).await;
        }
        let connecting = TcpStream::connect((self.target.host.as_str(), self.target.port));
        let connected = match timeout(self.target.connect, connecting).await {
            Ok(connected) => connected.and_then(|stream| stream.set_nodelay(true).map(|()| stream)),
            Err(_) => return Err(Trouble::Connect("nobody has answered in time".to_owned())),
        };
        let stream = connected.map_err(|error| Trouble::Connect(error.to_string()))?;
        let now = Instant::now();
        let session = Session::new(&self.target.login, self.target.timers, &moment.stamp(now), now)?;
        let mut state = self.state();
        state.standing = Standing::Up(Box::new(session));
        state.connection += 1;
        *wire = Some(stream);
        Ok(())
    }

    /// Writes or reads once, or waits for what is due. Reading comes first: what
    /// shows that the gateway has gone must be seen before more is written to it.
    async fn turn(&self, stream: &mut TcpStream) -> Result<(), Trouble> {
        let (bytes, due) = self.state().prepare(&self.target, Instant::now())?;
        let mut heard = [0; 4096];
        let (mut reading, mut writing) = stream.split();
        let lost = |error: std::io::Error| Trouble::Lost(error.to_string());
        tokio::select! {
            biased;
            read = reading.read(&mut heard) => match read.map_err(lost)? {
                0 => return Err(Trouble::Lost("the gateway has closed it".to_owned())),
                count => {
                    let reports = self.state().hear(&heard[..count], &self.target, Instant::now())?;
                    if reports == Reports::Some {
                        self.arrived.notify_one();
                    }
                }
            },
            wrote = writing.write(&bytes), if !bytes.is_empty() => {
                let count = wrote.map_err(lost)?;
                if let Standing::Up(session) = &mut self.state().standing {
                    session.wrote(count, Instant::now());
                }
            }
            () = self.changed.notified() => {}
            () = sleep_until(due.into()) => {}
        }
        Ok(())
    }

    fn fell(&self, trouble: &Trouble) {
        self.state().fell(trouble, &self.target, Instant::now());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is half done within, so it is whole even after a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
