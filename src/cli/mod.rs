//! The command line: one file per command.
//!
//! A command gets a [`Session`] and writes to its `out`; it never prints. What
//! goes wrong is an error with an exit code, told once, on stderr, by `main`.

use std::{io::Write, path::PathBuf};

use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand};

use crate::{
    clock::{Clock, SystemClock},
    config::Places,
    telemetry,
};

mod audience;
mod backup;
mod calendar;
mod calendars;
mod check;
mod deadlines;
mod demo;
mod exit;
mod explain;
mod file;
mod form;
mod import;
mod instant;
mod manual;
mod open;
mod outbox;
mod phone;
mod plan;
mod report;
mod restore;
mod roster;
mod run;
mod runtime;
mod send_test;
mod session;
mod simulate;
mod sms;
mod stop;
mod words;

pub use exit::{Exit, Stop, code_of, told};
pub use session::{Form, Session};

/// 督办: deadlines, reminders and escalation for the tickets of a 12345 hotline.
#[derive(Parser, Debug)]
#[command(name = "duban", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(clap::Args, Debug)]
struct Global {
    /// The folder of the settings; /etc/duban if there is one, else ./config.
    #[arg(long, global = true, value_name = "DIR")]
    config: Option<PathBuf>,
    /// The instant to take for now, ISO 8601; without an offset it is Beijing time.
    #[arg(long, global = true, value_name = "TIME", value_parser = instant::parse)]
    now: Option<DateTime<Utc>>,
    /// Write JSON, for programs.
    #[arg(long, global = true)]
    json: bool,
    /// What goes to the log on stderr: error, warn, info, debug, trace, or directives.
    #[arg(long, global = true, value_name = "LEVEL")]
    log: Option<String>,
}

#[derive(Subcommand, Debug)]
enum Command {
    Run(run::Args),
    Demo(demo::Args),
    Check(check::Args),
    Explain(explain::Args),
    Form(form::Args),
    Plan(plan::Args),
    Import(import::Args),
    Outbox(outbox::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    Report(report::Args),
    Calendar(calendar::Args),
    Roster(roster::Args),
    SendTest(send_test::Args),
    Deadlines(deadlines::Args),
    Sms(sms::Args),
    Phone(phone::Args),
    Simulate(simulate::Args),
    #[command(hide = true)]
    Manual(manual::Args),
}

impl Command {
    /// The daemon's log is a setting.
    fn has_a_log_of_its_own(&self) -> bool {
        matches!(self, Command::Run(_))
    }
}

/// Runs a command line. Whoever reads the output may stop at any time: that is
/// no error.
///
/// # Errors
///
/// Whatever stops the command, with the exit code that [`code_of`] tells.
pub fn run(cli: &Cli, out: &mut dyn Write) -> anyhow::Result<()> {
    let global = &cli.global;
    if let Some(dir) = global.config.as_ref().filter(|dir| !dir.is_dir()) {
        let text = format!("--config: {} is no folder; name the one that holds duban.toml", dir.display());
        return Err(Stop { exit: Exit::Usage, text }.into());
    }
    if global.now.is_some() && matches!(cli.command, Command::Run(_) | Command::Demo(_)) {
        let text = "--now: the daemon goes by the machine's clock; `simulate` replays another time".to_owned();
        return Err(Stop { exit: Exit::Usage, text }.into());
    }
    let mut session = Session {
        places: Places::of_process(global.config.clone()),
        now: global.now.unwrap_or_else(|| SystemClock.now()),
        form: if global.json { Form::Json } else { Form::Text },
        log: global.log.clone(),
        out,
    };
    if !cli.command.has_a_log_of_its_own() {
        // Commands tell what they have to say themselves; the log is for what
        // goes wrong beneath them.
        session.start_log(&telemetry::Settings { level: "warn".to_owned(), ..telemetry::Settings::default() })?;
    }
    let done = command(&cli.command, &mut session).and_then(|()| Ok(session.out.flush()?));
    match done {
        Err(error) if exit::is_closed_pipe(&error) => Ok(()),
        done => done,
    }
}

fn command(command: &Command, session: &mut Session<'_>) -> anyhow::Result<()> {
    match command {
        Command::Run(args) => run::run(args, session),
        Command::Demo(args) => demo::run(args, session),
        Command::Check(args) => check::run(args, session),
        Command::Explain(args) => explain::run(args, session),
        Command::Form(args) => form::run(args, session),
        Command::Plan(args) => plan::run(args, session),
        Command::Import(args) => import::run(args, session),
        Command::Outbox(args) => outbox::run(args, session),
        Command::Backup(args) => backup::run(args, session),
        Command::Restore(args) => restore::run(args, session),
        Command::Report(args) => report::run(args, session),
        Command::Calendar(args) => calendar::run(args, session),
        Command::Roster(args) => roster::run(args, session),
        Command::SendTest(args) => send_test::run(args, session),
        Command::Deadlines(args) => deadlines::run(args, session),
        Command::Sms(args) => sms::run(args, session),
        Command::Phone(args) => phone::run(args, session),
        Command::Simulate(args) => simulate::run(args, session),
        Command::Manual(args) => manual::run(args, session),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_argument_says_what_it_is() {
        fn check(command: &clap::Command, faults: &mut Vec<String>) {
            let name = command.get_name();
            if command.get_about().is_none() {
                faults.push(name.to_owned());
            }
            let silent = command.get_arguments().filter(|arg| arg.get_help().is_none());
            faults.extend(silent.map(|arg| format!("{name} {}", arg.get_id())));
            for below in command.get_subcommands() {
                check(below, faults);
            }
        }
        let mut faults = Vec::new();
        check(&Cli::command(), &mut faults);
        assert_eq!(faults, [""; 0]);
    }
}
