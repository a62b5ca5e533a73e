//! The program; `duban --help` lists its commands.

use std::process::ExitCode;

use clap::Parser;
use duban::cli::{Cli, Exit};

fn main() -> ExitCode {
    let exit = duban::cli::run(&Cli::parse(), &mut std::io::BufWriter::new(std::io::stdout().lock()));
    if let Err(error) = &exit {
        eprintln!("duban: {}", duban::cli::told(error));
    }
    exit.map_or_else(|error| duban::cli::code_of(&error), |()| Exit::Ok).into()
}
