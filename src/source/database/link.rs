//! Connections to a database that is not ours.
//!
//! They are opened one by one and not by a pool: a pool hides the true cause of a
//! failure behind its own time-out, and takes back a connection in the midst of a
//! statement that was given up.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::FixedOffset;
use secrecy::SecretString;
use sqlx::{Connection, MySqlConnection, PgConnection};
use tokio::time::timeout;

use super::{
    answer::Answer,
    fault::{self, Cause},
    mysql, postgres,
    sql::{Arg, Dialect},
};
use crate::source::SourceError;

/// Where a database is, and how it is reached.
#[derive(Clone, Debug)]
pub struct Place {
    pub dialect: Dialect,
    pub host: String,
    pub port: u16,
    pub database: String,
    pub user: String,
    pub password: SecretString,
    pub tls: Protection,
    /// Limit for a statement; the connection itself has it too.
    pub timeout: Duration,
    /// The zone of civil times in the database.
    pub zone: FixedOffset,
}

/// How the way to it is protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protection {
    /// TLS with the server's certificate checked, by the system's authorities and
    /// that of the file.
    Tls { ca_file: Option<PathBuf> },
    /// None at all.
    Plain,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum Purpose {
    /// The database itself is told to refuse every write.
    Reading,
    /// For the statement of `[write_back]` alone.
    WritingBack,
}

/// One connection.
#[derive(Debug)]
pub enum Session {
    Postgres(PgConnection),
    MySql(MySqlConnection),
}

/// Connections that are kept for the next statement.
const KEPT: usize = 2;
/// By how much this side waits longer than the database is told to.
const MARGIN: Duration = Duration::from_secs(2);
/// Limit for connecting, and for asking whether a kept connection still lives.
const CONNECTING: Duration = Duration::from_secs(10);
const LIVING: Duration = Duration::from_secs(2);

/// A database, with the connections that are at rest.
#[derive(Debug)]
pub(super) struct Link {
    pub place: Place,
    at_rest: Mutex<Vec<Session>>,
}

impl Place {
    /// How it is called in errors; never with the password.
    pub fn name(&self) -> String {
        let kind = match self.dialect {
            Dialect::Postgres => "postgresql",
            Dialect::MySql => "mysql",
        };
        format!("{kind}://{}@{}:{}/{}", self.user, self.host, self.port, self.database)
    }

    /// Opens a connection.
    ///
    /// # Errors
    ///
    /// The true cause for which there is none.
    pub(in crate::source) async fn connect(&self, purpose: Purpose) -> Result<Session, SourceError> {
        let connecting = async {
            match self.dialect {
                Dialect::Postgres => postgres::connect(self, purpose).await.map(Session::Postgres),
                Dialect::MySql => mysql::connect(self, purpose).await.map(Session::MySql),
            }
        };
        match timeout(CONNECTING.min(self.timeout), connecting).await {
            Ok(Ok(session)) => Ok(session),
            Ok(Err(error)) => Err(self.fault(self.cause_of_none(&error).await)),
            Err(_) => {
                let seconds = CONNECTING.min(self.timeout).as_secs();
                Err(self.fault(Cause::Silent { seconds }))
            }
        }
    }

    async fn cause_of_none(&self, error: &sqlx::Error) -> Cause {
        match fault::cause(error) {
            // The resolver's own errors have no kind by which to tell them.
            Cause::Lost if tokio::net::lookup_host((self.host.as_str(), self.port)).await.is_err() => Cause::NoHost,
            cause => cause,
        }
    }

    pub(in crate::source) fn fault(&self, cause: Cause) -> SourceError {
        SourceError::Database { store: self.name(), cause }
    }

    /// An error of a statement.
    pub(in crate::source) fn refused(&self, error: &sqlx::Error) -> SourceError {
        self.fault(fault::cause(error))
    }
}

impl Session {
    pub(in crate::source) async fn ask(&mut self, sql: String, args: Vec<Arg>) -> Result<Answer, sqlx::Error> {
        match self {
            Self::Postgres(connection) => postgres::ask(connection, sql, args).await,
            Self::MySql(connection) => mysql::ask(connection, sql, args).await,
        }
    }

    /// Runs a statement of the administrator's that changes rows; how many it hit.
    pub(in crate::source) async fn tell(&mut self, sql: String, args: Vec<Arg>) -> Result<u64, sqlx::Error> {
        match self {
            Self::Postgres(connection) => postgres::tell(connection, sql, args).await,
            Self::MySql(connection) => mysql::tell(connection, sql, args).await,
        }
    }

    /// Runs a command without an answer.
    pub async fn run(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        match self {
            Self::Postgres(connection) => sqlx::raw_sql(sql).execute(connection).await.map(|_| ()),
            Self::MySql(connection) => sqlx::raw_sql(sql).execute(connection).await.map(|_| ()),
        }
    }

    /// The types of what a statement would give.
    pub async fn types(&mut self, sql: String) -> Result<Vec<String>, sqlx::Error> {
        match self {
            Self::Postgres(connection) => postgres::types(connection, sql).await,
            Self::MySql(connection) => mysql::types(connection, sql).await,
        }
    }

    async fn lives(&mut self) -> bool {
        let ping = async {
            match self {
                Self::Postgres(connection) => connection.ping().await.is_ok(),
                Self::MySql(connection) => connection.ping().await.is_ok(),
            }
        };
        timeout(LIVING, ping).await.unwrap_or(false)
    }
}

impl Link {
    pub fn new(place: Place) -> Self {
        Self { place, at_rest: Mutex::new(Vec::new()) }
    }

    /// A connection: one at rest that still lives, or a new one.
    pub async fn session(&self) -> Result<Session, SourceError> {
        while let Some(mut session) = self.rested() {
            if session.lives().await {
                return Ok(session);
            }
        }
        self.place.connect(Purpose::Reading).await
    }

    /// Takes back a connection after its work ended well; one that failed is dropped.
    pub fn rest(&self, session: Session) {
        let mut at_rest = self.at_rest.lock().unwrap_or_else(PoisonError::into_inner);
        if at_rest.len() < KEPT {
            at_rest.push(session);
        }
    }

    fn rested(&self) -> Option<Session> {
        self.at_rest.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Asks within the limit.
    pub async fn ask(&self, session: &mut Session, sql: String, args: Vec<Arg>) -> Result<Answer, SourceError> {
        match timeout(self.place.timeout + MARGIN, session.ask(sql, args)).await {
            Ok(answer) => answer.map_err(|error| self.place.refused(&error)),
            Err(_) => Err(self.place.fault(Cause::Silent { seconds: (self.place.timeout + MARGIN).as_secs() })),
        }
    }

    /// Asks for types within the limit.
    pub async fn types(&self, session: &mut Session, sql: String) -> Result<Vec<String>, SourceError> {
        match timeout(self.place.timeout + MARGIN, session.types(sql)).await {
            Ok(types) => types.map_err(|error| self.place.refused(&error)),
            Err(_) => Err(self.place.fault(Cause::Silent { seconds: (self.place.timeout + MARGIN).as_secs() })),
        }
    }
}
