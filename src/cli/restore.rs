//! `duban restore`: a backup in the place of the ledger.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    backup::stopped,
    exit::{Exit, Stop},
    instant, runtime,
    session::{Form, Session},
};
use crate::{
    calendar::civil,
    config,
    daemon::LedgerLock,
    outbox::{self, Prepared},
    telemetry::chain,
};

/// Puts a backup in the place of the ledger; the daemon must not run.
///
/// The ledger and key that are there stay beside it under other names. What was due
/// by now may have been sent after the backup: it is held until the desk releases it.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The file that `duban backup` wrote.
    file: PathBuf,
}

#[derive(Serialize)]
struct Told {
    #[serde(serialize_with = "instant::iso")]
    taken: DateTime<Utc>,
    held: u64,
    /// Where the ledger that was there is now.
    aside: Option<String>,
}

/// Runs the command.
///
/// # Errors
///
/// Settings at fault, a daemon that runs, a file that is no backup or is damaged,
/// files that cannot be moved.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    let loaded = session.settings()?;
    let ledger = loaded.settings.ledger_path();
    let state = &loaded.settings.state.dir;
    let lock = LedgerLock::take(&ledger).map_err(|e| Stop { exit: Exit::Ledger, text: chain(&e) })?;
    ours(&ledger.with_extension("lock"), state)?;
    let now = session.now;
    let stamp = format!("before-restore-{}", now.with_timezone(&civil::zone()).format("%Y%m%d-%H%M%S"));
    let (fresh, aside) = (beside(&ledger, "restoring"), beside(&ledger, &stamp));
    let Prepared { seal, held } = runtime::block_on(outbox::prepare(&args.file, &fresh, now))?.map_err(stopped)?;
    // The key first: with the old ledger and the new key nothing is sent twice, and
    // the command can be run again.
    config::put_key(state, &seal.key, &stamp).map_err(|e| Stop::bad_input(chain(&e)))?;
    let had_one = ledger.exists();
    outbox::put_in_place(&fresh, &ledger, &aside).map_err(stopped)?;
    drop(lock);
    let told = Told { taken: seal.taken, held, aside: had_one.then(|| aside.display().to_string()) };
    tell(&told, session)
}

fn tell(told: &Told, session: &mut Session<'_>) -> anyhow::Result<()> {
    match session.form {
        Form::Json => session.object(told),
        Form::Text => {
            writeln!(session.out, "已恢复 {} 的备份", instant::minute(told.taken))?;
            if let Some(aside) = &told.aside {
                writeln!(session.out, "原台账保留为 {aside}")?;
            }
            writeln!(session.out, "扣住 {} 条:备份之后到现在到期的,可能已经发过", told.held)?;
            writeln!(session.out, "启动服务后还会扣住备份之后才产生的;逐条核对:duban outbox list --state held")?;
            Ok(writeln!(session.out, "放行:duban outbox release 通知号;不再需要的:duban outbox cancel 通知号")?)
        }
    }
}

/// What another user makes here the daemon could not write to.
fn ours(made: &Path, state: &Path) -> anyhow::Result<()> {
    let owner = |path: &Path| -> io::Result<u32> { Ok(fs::metadata(path)?.uid()) };
    let same = owner(made).and_then(|made| Ok(made == owner(state)?));
    if same.map_err(|e| Stop::bad_input(format!("{}: {e}", state.display())))? {
        return Ok(());
    }
    let text =
        format!("{} belongs to another user; run this as that user: sudo -u duban duban restore", state.display());
    Err(Stop { exit: Exit::Usage, text }.into())
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}
