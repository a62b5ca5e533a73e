//! The program; `duban --help` lists its commands.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use duban::cli::{Cli, Exit};

fn main() -> ExitCode {
    let exit = duban::cli::run(&Cli::parse(), &mut std::io::BufWriter::new(std::io::stdout().lock()));
    if let Err(error) = &exit {
        // Nobody may be listening; the exit code says it, too.
        let _ = writeln!(std::io::stderr(), "duban: {}", duban::cli::told(error));
    }
    exit.map_or_else(|error| duban::cli::code_of(&error), |()| Exit::Ok).into()
}
