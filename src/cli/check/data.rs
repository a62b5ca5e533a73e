//! Whether store, ledger and key can be used.

use std::{collections::BTreeMap, io, path::Path};

use chrono::{DateTime, Utc};

use super::Findings;
use crate::{
    cli::{open, words},
    config::{self, Loaded},
    outbox::Outbox,
    rules::{RoundFacts, standing::standing},
    source::{Cursor, SourceError, Store, StorePlace, WriteBack, database::Scan},
    telemetry::chain,
    ticket::Reader,
};

/// Tickets that are read at a time.
const PAGE: usize = 2_000;

/// Whether the check leaves this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Here,
    Online,
}

/// Checks the state folder and what lies in it, and a database that is elsewhere if
/// it may be reached. Nothing is made.
pub async fn check(loaded: &Loaded, reach: Reach, now: DateTime<Utc>, found: &mut Findings) {
    let state = &loaded.settings.state.dir;
    match writable(state) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // The unit file's StateDirectory makes it.
            let text = format!("数据目录:{} 尚未建立,由 systemd 单元在启动时建立", state.display());
            return found.warning("state", text);
        }
        Err(error) => {
            let text = format!("{}: {error}; let the user that runs duban own it", state.display());
            return found.fault("state", text);
        }
    }
    match open::number_key(state) {
        Ok(key) => match (&loaded.store, reach) {
            (StorePlace::Database(_), Reach::Here) => {
                found.fine("store", format!("工单库:{} 未连接,加 --online 时连接并检查", loaded.store));
            }
            (StorePlace::Database(_), Reach::Online) | (StorePlace::Sqlite(_), _) => {
                store(loaded, &loaded.columns.reader(key), now, found).await;
            }
        },
        Err(error) => found.fault("state", chain(error.as_ref())),
    }
    ledger(loaded, found).await;
}

/// A folder that this user may write to, tried without leaving anything behind.
fn writable(dir: &Path) -> io::Result<()> {
    let probe = dir.join(format!(".check-{}", std::process::id()));
    std::fs::File::create_new(&probe)?;
    std::fs::remove_file(probe)
}

async fn store(loaded: &Loaded, reader: &Reader, now: DateTime<Utc>, found: &mut Findings) {
    if let StorePlace::Sqlite(path) = &loaded.store
        && !path.exists()
        && !loaded.settings.ledger_path().exists()
    {
        // A fresh installation is no fault.
        let text = format!("工单库:{} 尚未建立,先用 duban import 导入工单,再启动服务", path.display());
        return found.warning("store", text);
    }
    let tally = match open::store(loaded).await {
        Ok(store) => {
            indexes(&store, found).await;
            Tally::of(&store, reader, loaded, now).await.map_err(|e| chain(&e))
        }
        Err(error) => Err(chain(error.as_ref())),
    };
    match tally {
        Err(text) => found.fault("store", text),
        Ok(tally) => {
            for (unit, n) in &tally.unknown_units {
                found.warning("store", format!("工单库:{n} 件的承办单位“{unit}”不在名册,通知将发给综合管理科"));
            }
            if tally.unreadable > 0 {
                found.warning("store", format!("工单库:{} 件无法读出工单", tally.unreadable));
            }
            let Tally { tickets, open, .. } = tally;
            found.fine("store", format!("工单库:{} 可读,工单 {tickets} 件,在办 {open} 件", loaded.store));
            write_back(loaded, found).await;
        }
    }
}

/// Whether a database has an index for each statement of a poll.
async fn indexes(store: &Store, found: &mut Findings) {
    let Store::Database(database) = store else { return };
    // A fault of the store itself is told by who reads it next.
    for Scan { what } in database.scans().await.unwrap_or_default() {
        let text = format!("工单库:每次轮询要通读整张表,请平台管理员加索引(缺索引:{what})");
        found.warning("store", text);
    }
}

/// Whether the store would take the statement; it is not run.
async fn write_back(loaded: &Loaded, found: &mut Findings) {
    let Some(statement) = &loaded.settings.write_back.statement else { return };
    let tried = async {
        let store = open::store(loaded).await?;
        anyhow::Ok(WriteBack::of(&store, statement.clone())?.check().await?)
    };
    match tried.await {
        Ok(()) => found.fine("store", "工单库:回写语句可用,市民短信被受理后各执行一次"),
        Err(error) => found.fault("store", format!("工单库:{}", chain(error.as_ref()))),
    }
    if statement.mentions("hotline_ticket") {
        found.warning("store", "工单库:回写到 hotline_ticket 的内容会被下一次导入覆盖;请写到自己建的表");
    }
}

/// What is in a store.
#[derive(Default)]
struct Tally {
    tickets: usize,
    open: usize,
    unreadable: usize,
    /// Units of open tickets that nobody on the roster answers for.
    unknown_units: BTreeMap<String, usize>,
}

impl Tally {
    async fn of(store: &Store, reader: &Reader, loaded: &Loaded, now: DateTime<Utc>) -> Result<Self, SourceError> {
        let mut tally = Self::default();
        let mut cursor = Cursor::start();
        loop {
            let page = store.changed(cursor, PAGE).await?;
            for rows in page.tickets.iter().filter(|rows| !rows.rows.is_empty()) {
                tally.tickets += 1;
                let Ok(ticket) = reader.ticket(&rows.rows) else {
                    tally.unreadable += 1;
                    continue;
                };
                let calendar = &loaded.calendars.calendar;
                let state = standing(&ticket, &RoundFacts::default(), calendar, &loaded.rules, now).state;
                if state.is_final() {
                    continue;
                }
                tally.open += 1;
                if let Some(unit) = ticket.units.first().filter(|unit| loaded.roster.unit(unit).is_none()) {
                    *tally.unknown_units.entry(unit.to_string()).or_default() += 1;
                }
            }
            cursor = page.cursor;
            if !page.more {
                return Ok(tally);
            }
        }
    }
}

async fn ledger(loaded: &Loaded, found: &mut Findings) {
    let path = loaded.settings.ledger_path();
    let ledger = match open::ledger(loaded).await {
        Err(error) => return found.fault("ledger", chain(error.as_ref())),
        Ok(None) => return found.fine("ledger", format!("台账:{} 尚未建立,首次 run 时建立", path.display())),
        Ok(Some(ledger)) => ledger,
    };
    if !loaded.settings.state.dir.join(config::KEY_FILE).exists() {
        let key = loaded.settings.state.dir.join(config::KEY_FILE);
        let text =
            format!("{}: it is not there, though there is a ledger; restore both from one backup", key.display());
        found.fault("ledger", text);
    }
    match told(&ledger).await {
        Ok(states) => found.fine("ledger", format!("台账:{} 可用,{states}", path.display())),
        Err(text) => found.fault("ledger", text),
    }
}

/// Reads the whole ledger for damage, and says what is in it.
async fn told(ledger: &Outbox) -> Result<String, String> {
    ledger.verify().await.map_err(|e| chain(&e))?;
    let counts = ledger.counts().await.map_err(|e| chain(&e))?;
    let states = counts.notices.iter().map(|(state, n)| format!("{} {n} 条", words::notice_state(*state)));
    let states: Vec<String> = states.collect();
    Ok(if states.is_empty() { "尚无通知".to_owned() } else { format!("通知:{}", states.join("、")) })
}
