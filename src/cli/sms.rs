//! `duban sms`: how long a text is as an SMS.

use super::session::{Form, Session};
use crate::message::sms;

/// Measures a text as an SMS.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Counts units and parts: 70 units in one SMS, else 67 a part.
    Count {
        /// The whole text, the signature included.
        #[arg(allow_hyphen_values = true)]
        text: String,
    },
}

/// Runs the command.
///
/// # Errors
///
/// When nobody takes the output.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    let Command::Count { text } = &args.command;
    let count = sms::count(text);
    match session.form {
        Form::Json => session.object(&count),
        Form::Text => Ok(writeln!(session.out, "{} 个字符,{} 条", count.units, count.parts)?),
    }
}
