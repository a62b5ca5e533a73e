//! `duban manual`: man pages and completions, for whoever makes a package.

use std::path::PathBuf;

use clap::CommandFactory;
use clap_complete::{Shell, generate_to};

use super::{Cli, Session, exit::Stop};

/// Writes the man pages and the completions of shells into a folder.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The folder, which is there.
    folder: PathBuf,
}

/// Runs the command.
///
/// # Errors
///
/// When the folder cannot be written to.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    let failed = |error: std::io::Error| Stop::bad_input(format!("{}: {error}", args.folder.display()));
    clap_mangen::generate_to(Cli::command(), &args.folder).map_err(failed)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        generate_to(shell, &mut Cli::command(), "duban", &args.folder).map_err(failed)?;
    }
    Ok(writeln!(session.out, "{}", args.folder.display())?)
}
