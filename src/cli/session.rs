//! What every command is given.

use std::io::Write;

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::exit::{Exit, Stop};
use crate::{
    config::{self, Basics, Fault, Loaded, Places},
    telemetry::{self, Sink},
};

/// For whom the output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// A run of one command.
pub struct Session<'a> {
    /// Where the settings are.
    pub places: Places,
    /// The instant that is taken for now.
    pub now: DateTime<Utc>,
    /// For whom the output is.
    pub form: Form,
    /// What the command line says of the log.
    pub log: Option<String>,
    /// Where the output goes.
    pub out: &'a mut dyn Write,
}

impl Session<'_> {
    /// Writes one object as a line.
    ///
    /// # Errors
    ///
    /// When nobody takes it.
    pub fn object(&mut self, object: &impl Serialize) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.out, object).context("standard output")?;
        Ok(self.out.write_all(b"\n")?)
    }

    /// Starts the log; the command line's level wins over the settings'.
    ///
    /// # Errors
    ///
    /// When the level is none.
    pub fn start_log(&self, settings: &telemetry::Settings) -> anyhow::Result<()> {
        let mut settings = settings.clone();
        if let Some(level) = &self.log {
            settings.level.clone_from(level);
        }
        let sink = if config::stderr_is_the_journal() { Sink::Journal } else { Sink::Stderr };
        telemetry::start(&settings, sink).map_err(|e| Stop { exit: Exit::Usage, text: format!("--log: {e}") }.into())
    }

    /// All settings.
    ///
    /// # Errors
    ///
    /// Every fault in them, one a line.
    pub fn settings(&self) -> anyhow::Result<Loaded> {
        config::load(&self.places).map_err(faults)
    }

    /// The settings if there are any.
    ///
    /// # Errors
    ///
    /// Every fault in them, one a line.
    pub fn settings_if_any(&self) -> anyhow::Result<Option<Loaded>> {
        if self.places.dir.join("duban.toml").exists() { self.settings().map(Some) } else { Ok(None) }
    }

    /// What a calculator needs: it works without settings too.
    ///
    /// # Errors
    ///
    /// Every fault in rules, calendars and column map, one a line.
    pub fn basics(&self) -> anyhow::Result<Basics> {
        config::basics(&self.places).map_err(faults)
    }
}

fn faults(faults: Vec<Fault>) -> anyhow::Error {
    let lines: Vec<String> = faults.iter().map(Fault::to_string).collect();
    Stop::bad_input(lines.join("\n"))
}
