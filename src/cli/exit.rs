//! Exit codes: one enum, the same in the README and the unit file.

use std::process::ExitCode;

use crate::telemetry::chain;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It did what was asked.
    Ok = 0,
    /// Something failed that no other code names.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// Settings or an input file are at fault; nothing was changed.
    BadInput = 3,
    /// The ticket store cannot be read.
    Store = 4,
    /// The ledger is in use by another `run`, or cannot be used.
    Ledger = 5,
    /// `check` found faults.
    Faults = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// An error with the exit code it ends the program with.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Stop {
    pub exit: Exit,
    pub text: String,
}

impl Stop {
    /// Bad settings or input.
    pub fn bad_input(text: impl Into<String>) -> anyhow::Error {
        Stop { exit: Exit::BadInput, text: text.into() }.into()
    }

    /// The ticket store cannot be read.
    pub fn store(error: impl std::error::Error) -> anyhow::Error {
        Stop { exit: Exit::Store, text: chain(&error) }.into()
    }

    /// There is no ledger yet.
    pub fn no_ledger(text: impl Into<String>) -> anyhow::Error {
        Stop { exit: Exit::Ledger, text: text.into() }.into()
    }

    /// The ledger cannot be used.
    pub fn ledger(error: impl std::error::Error) -> anyhow::Error {
        Stop { exit: Exit::Ledger, text: chain(&error) }.into()
    }
}

/// An error as `main` tells it, with its causes.
pub fn told(error: &anyhow::Error) -> String {
    chain(error.as_ref())
}

/// Whether the reader of the output has gone.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| io_kind(cause) == Some(std::io::ErrorKind::BrokenPipe))
}

/// Not every crate shows an error of the system as the source of its own.
fn io_kind(error: &(dyn std::error::Error + 'static)) -> Option<std::io::ErrorKind> {
    let csv = error.downcast_ref::<csv::Error>().and_then(|error| match error.kind() {
        csv::ErrorKind::Io(error) => Some(error.kind()),
        _ => None,
    });
    let json = || error.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
    csv.or_else(json).or_else(|| error.downcast_ref::<std::io::Error>().map(std::io::Error::kind))
}

/// The exit code of an error.
pub fn code_of(error: &anyhow::Error) -> Exit {
    error.downcast_ref::<Stop>().map_or(Exit::Failed, |stop| stop.exit)
}
