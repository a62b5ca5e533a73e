//! `duban phone`: the telephone numbers in a text, masked.

use serde::Serialize;

use super::session::{Form, Session};
use crate::ticket::phone::{self, NumberKind};

/// Shows which telephone numbers are read in a text.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The content of a telephone cell.
    #[arg(allow_hyphen_values = true)]
    text: String,
}

#[derive(Serialize)]
struct Found {
    numbers: Vec<Number>,
}

#[derive(Serialize)]
struct Number {
    kind: &'static str,
    masked: String,
}

/// Runs the command.
///
/// # Errors
///
/// When nobody takes the output.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    let numbers = phone::numbers(&args.text);
    match session.form {
        Form::Json => session.object(&Found {
            numbers: numbers.iter().map(|n| Number { kind: id(n.kind), masked: n.masked() }).collect(),
        }),
        Form::Text => {
            for number in &numbers {
                writeln!(session.out, "{} {}", id(number.kind), number.masked())?;
            }
            Ok(())
        }
    }
}

fn id(kind: NumberKind) -> &'static str {
    match kind {
        NumberKind::Mobile => "mobile",
        NumberKind::Landline => "landline",
        NumberKind::Other => "other",
    }
}
