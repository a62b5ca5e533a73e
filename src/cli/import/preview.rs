//! A dry run: what each ticket of some exports is read as.
//!
//! The files are read twice. The first time tells how many rows each ticket has,
//! so that the second needs to keep only rows whose ticket is not complete yet.

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
};

use super::{
    Args, columns,
    row::{Judge, Tally},
    stop,
};
use crate::{
    cli::{
        exit::Stop,
        session::{Form, Session},
    },
    roster::{Roster, RosterError},
    rules::repeat::{RepeatEntry, RepeatIndex},
    source::{ColumnMap, Export},
    ticket::{Field, NumberKey, RawRow, Reader, Ticket, TicketNo},
};

/// Runs the command.
///
/// # Errors
///
/// A file, a roster or a column map that cannot be read.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    let basics = session.basics()?;
    let (rules, calendar) = (basics.rules, basics.calendars.calendar);
    let map = match &args.columns {
        Some(file) => columns(file)?,
        None => basics.columns,
    };
    let roster = args.roster.as_deref().map(roster).transpose()?;
    let read = read(&args.files, &map)?;
    let mut repeats = RepeatIndex::default();
    for entry in read.tickets.iter().map(RepeatEntry::of).filter(RepeatEntry::may_repeat) {
        repeats.insert(entry);
    }
    let judge =
        Judge { calendar: &calendar, rules: &rules, roster: roster.as_ref(), repeats: &repeats, now: session.now };
    let mut tally = Tally::default();
    for ticket in &read.tickets {
        let row = judge.row(ticket);
        match session.form {
            Form::Json => session.object(&row)?,
            Form::Text => tally.add(&row),
        }
    }
    match session.form {
        Form::Json => Ok(()),
        Form::Text => summary(&read, &tally, session),
    }
}

/// What the files hold.
struct Read {
    /// In the order of their first rows.
    tickets: Vec<Ticket>,
    rows: u64,
    skipped: u64,
    headers: Vec<(Field, String)>,
    unread: Vec<String>,
}

fn read(files: &[PathBuf], map: &ColumnMap) -> anyhow::Result<Read> {
    // Hashes are compared with each other only, so any key will do.
    let reader = map.reader(NumberKey::new([0; 32]));
    let mut pending = count(files, map, &reader)?;
    let mut read = Read { tickets: Vec::new(), rows: 0, skipped: 0, headers: Vec::new(), unread: Vec::new() };
    let mut found: Vec<Option<Ticket>> = vec![None; pending.len()];
    for file in files {
        let mut export = Export::open(file, map).map_err(stop)?;
        while let Some(row) = export.next_row().map_err(stop)? {
            let Some(no) = reader.number(&row.cells) else {
                read.skipped += 1;
                continue;
            };
            read.rows += 1;
            let of_ticket = pending.get_mut(&no).ok_or_else(|| changed(file))?;
            of_ticket.rows.push(row.cells);
            if of_ticket.rows.len() == of_ticket.count {
                // All rows carry this number, so they are one ticket.
                found[of_ticket.place] = reader.ticket(&of_ticket.rows).ok();
                of_ticket.rows = Vec::new();
            }
        }
        read.skipped += export.skipped();
        if read.headers.is_empty() {
            read.headers = export.headers().to_vec();
            read.unread = export.unread_headers().to_vec();
        }
    }
    read.tickets = found.into_iter().flatten().collect();
    Ok(read)
}

/// A ticket some of whose rows are still to come.
struct Pending {
    /// Where it stands among the tickets.
    place: usize,
    /// How many rows it has.
    count: usize,
    rows: Vec<RawRow>,
}

fn count(files: &[PathBuf], map: &ColumnMap, reader: &Reader) -> anyhow::Result<HashMap<TicketNo, Pending>> {
    let mut pending: HashMap<TicketNo, Pending> = HashMap::new();
    for file in files {
        let mut export = Export::open(file, map).map_err(stop)?;
        while let Some(row) = export.next_row().map_err(stop)? {
            let Some(no) = reader.number(&row.cells) else { continue };
            let place = pending.len();
            pending.entry(no).or_insert_with(|| Pending { place, count: 0, rows: Vec::new() }).count += 1;
        }
    }
    Ok(pending)
}

fn changed(file: &Path) -> anyhow::Error {
    Stop::bad_input(format!("{}: was changed while it was read; try again", file.display()))
}

/// A roster in TOML, or in the form of a CSV.
fn roster(file: &Path) -> anyhow::Result<Roster> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|e| Stop::bad_input(format!("{name}: cannot be read: {e}")))?;
    let is_toml = file.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("toml"));
    let parsed = if is_toml { Roster::from_toml(&name, &text) } else { Roster::from_csv(&name, &text) };
    parsed.map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(RosterError::to_string).collect();
        Stop::bad_input(lines.join("\n"))
    })
}

fn summary(read: &Read, tally: &Tally, session: &mut Session<'_>) -> anyhow::Result<()> {
    let out = &mut *session.out;
    writeln!(out, "试读:工单 {} 件,{} 行;跳过 {} 行。未写入任何数据。", read.tickets.len(), read.rows, read.skipped)?;
    let headers: Vec<String> = read.headers.iter().map(|(field, header)| format!("{header}→{}", field.id())).collect();
    writeln!(out, "识别的列:{}", headers.join("、"))?;
    writeln!(out, "未读取的列:{}", listed(&read.unread))?;
    writeln!(out, "状态:{}", listed(counts(&tally.states)))?;
    writeln!(out, "数据问题:{}", listed(counts(&tally.anomalies)))?;
    writeln!(out, "无法给出办结期限:{} 件;期限为暂定:{} 件", tally.without_deadline, tally.provisional)?;
    Ok(())
}

fn counts<'a>(of: impl IntoIterator<Item = (&'a &'static str, &'a u64)>) -> Vec<String> {
    of.into_iter().map(|(code, n)| format!("{code} {n}")).collect()
}

fn listed(of: impl AsRef<[String]>) -> impl fmt::Display {
    if of.as_ref().is_empty() { "无".to_owned() } else { of.as_ref().join("、") }
}
