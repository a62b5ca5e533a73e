//! `duban backup`: the ledger and its key in one file, while the daemon runs.

use std::{
    io,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    exit::{Exit, Stop},
    instant, open, runtime,
    session::{Form, Session},
};
use crate::{
    calendar::civil,
    config,
    outbox::{self, BackupError, Seal},
    telemetry::chain,
};

/// How the names of backups in a folder begin and end.
const NAME: (&str, &str) = ("duban-", ".backup");

/// Writes the ledger and the key of the numbers' hashes into one file; the daemon may run.
///
/// The file is as secret as the state folder. It holds neither tickets nor settings:
/// the tickets are in their store, and `/etc/duban` is yours to keep.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The file, which is replaced; or a folder, in which a new one is made.
    to: PathBuf,
    /// In a folder: remove the oldest backups beyond so many.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    keep: Option<u32>,
}

#[derive(Serialize)]
struct Told {
    file: String,
    #[serde(serialize_with = "instant::iso")]
    taken: DateTime<Utc>,
    bytes: u64,
    removed: u32,
}

/// Runs the command.
///
/// # Errors
///
/// Settings at fault, no ledger yet, a ledger that is damaged, a file that cannot
/// be written.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    let loaded = session.settings()?;
    let is_folder = args.to.is_dir();
    if args.keep.is_some() && !is_folder {
        let text = format!("--keep: {} is no folder; there is nothing to choose from", args.to.display());
        return Err(Stop { exit: Exit::Usage, text }.into());
    }
    let now = session.now;
    let file = if is_folder { args.to.join(name(now)) } else { args.to.clone() };
    let ledger = loaded.settings.ledger_path();
    if !ledger.exists() {
        let text = format!("ledger {} does not exist yet: `duban run` makes it", ledger.display());
        return Err(Stop::no_ledger(text));
    }
    let key = config::key_bytes(&loaded.settings.state.dir).map_err(|e| Stop::bad_input(chain(&e)))?;
    let bytes = runtime::block_on(async {
        let bytes = outbox::back_up(&ledger, &file, &Seal { taken: now, key }).await.map_err(stopped)?;
        if let Some(ledger) = open::ledger(&loaded).await? {
            ledger.note_backup(now).await.map_err(Stop::ledger)?;
        }
        anyhow::Ok(bytes)
    })??;
    let removed = match args.keep {
        Some(keep) => thin_out(&args.to, keep).map_err(|e| Stop::bad_input(format!("{}: {e}", args.to.display())))?,
        None => 0,
    };
    let told = Told { file: file.display().to_string(), taken: now, bytes, removed };
    match session.form {
        Form::Json => session.object(&told),
        Form::Text => Ok(writeln!(session.out, "已备份到 {}({bytes} 字节),清理旧备份 {removed} 个", told.file)?),
    }
}

/// The exit code of what went wrong with a backup.
pub fn stopped(error: BackupError) -> anyhow::Error {
    let exit = match &error {
        BackupError::Ledger(_) => Exit::Ledger,
        BackupError::File { .. }
        | BackupError::Copy { .. }
        | BackupError::NotABackup { .. }
        | BackupError::Damaged { .. } => Exit::BadInput,
    };
    Stop { exit, text: chain(&error) }.into()
}

/// Names in a folder sort as the backups were taken.
fn name(now: DateTime<Utc>) -> String {
    format!("{}{}{}", NAME.0, now.with_timezone(&civil::zone()).format("%Y%m%d-%H%M%S"), NAME.1)
}

fn thin_out(folder: &Path, keep: u32) -> io::Result<u32> {
    let mut backups: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_ours = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| {
            let stamp = name.strip_prefix(NAME.0).and_then(|rest| rest.strip_suffix(NAME.1));
            stamp.is_some_and(|stamp| stamp.len() == 15 && stamp.chars().all(|c| c.is_ascii_digit() || c == '-'))
        });
        if is_ours {
            backups.push(path);
        }
    }
    backups.sort();
    let beyond = backups.len().saturating_sub(keep as usize);
    for old in &backups[..beyond] {
        std::fs::remove_file(old)?;
    }
    Ok(u32::try_from(beyond).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thin_out_removes_the_oldest_and_nothing_of_another_name() {
        let folder = tempfile::tempdir().unwrap();
        let names = [
            "duban-20261123-030000.backup",
            "duban-20261124-030000.backup",
            "duban-20261125-030000.backup",
            "duban-before-upgrade.backup",
            "ledger.db",
        ];
        for name in names {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(thin_out(folder.path(), 2).unwrap(), 1);
        let left = names.map(|name| folder.path().join(name).exists());
        assert_eq!(left, [false, true, true, true, true]);
        assert_eq!(thin_out(folder.path(), 2).unwrap(), 0);
    }
}
