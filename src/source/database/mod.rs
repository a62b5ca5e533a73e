//! A platform's own database, read only: PostgreSQL, MySQL and MariaDB.
//!
//! Nothing is installed there, so changes are found by what the platform keeps:
//! its change time, with an overlap for what was committed late and a comparison
//! for equal times; rows without one are compared whole. A first reading goes by
//! number. Every page goes on by key. Rows that vanished show only in the next
//! reading of everything.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use super::{Cursor, Page, Rows, SourceError};
use crate::ticket::TicketNo;

pub(in crate::source) mod answer;
pub mod fault;
pub(in crate::source) mod link;
mod mysql;
mod plan;
pub(in crate::source) mod position;
mod postgres;
mod rows;
pub(in crate::source) mod sql;
pub mod tables;

pub use fault::Cause;
pub use link::{Place, Protection};
pub use plan::Scan;
pub use sql::Dialect;

use link::{Link, Session};
use position::{Pass, Position};
use rows::Found;
use sql::{Arg, Sql, Types};
use tables::Tables;

/// The store.
#[derive(Debug)]
pub struct DatabaseStore {
    link: Link,
    sql: Sql,
    types: Types,
    /// Numbers that are spelt in another way than tickets are named here; none
    /// before they were first looked for.
    spellings: Mutex<Option<Spellings>>,
}

type Spellings = HashMap<TicketNo, BTreeSet<String>>;

/// What one statement brought.
struct Step {
    tickets: Vec<Rows>,
    next: Position,
    end: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// More is waiting.
    No,
    /// Everything was given that has changed by now.
    OfPoll,
}

impl DatabaseStore {
    /// Connects, and checks that everything that the map names is there and may be read.
    ///
    /// # Errors
    ///
    /// The true cause for which it cannot be read.
    pub async fn open(place: Place, tables: &Tables) -> Result<Self, SourceError> {
        let sql = Sql::new(tables, place.dialect);
        let link = Link::new(place);
        let mut session = link.session().await?;
        let types = types(&link, &mut session, &sql).await?;
        link.rest(session);
        Ok(Self { link, sql, types, spellings: Mutex::new(None) })
    }

    /// Where it is.
    pub(super) fn place(&self) -> &Place {
        &self.link.place
    }

    /// See [`super::Store::changed`].
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn changed(&self, since: Cursor, limit: usize) -> Result<Page, SourceError> {
        let mut session = self.link.session().await?;
        let store = self.place().name();
        let mut position = match since.position {
            Some(position) if since.store == store => position,
            Some(_) | None => self.start(&mut session).await?,
        };
        let mut tickets = Vec::new();
        let more = loop {
            let step = self.step(&mut session, &position, limit - tickets.len()).await?;
            tickets.extend(step.tickets);
            position = step.next;
            if step.end == End::OfPoll {
                break false;
            }
            if tickets.len() >= limit {
                break true;
            }
        };
        self.link.rest(session);
        let cursor = Cursor { store, at: i64::MIN, no: String::new(), position: Some(position) };
        Ok(Page { tickets, cursor, more })
    }

    /// See [`super::Store::read`].
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn read(&self, nos: &[TicketNo]) -> Result<Vec<Rows>, SourceError> {
        if nos.is_empty() {
            return Ok(Vec::new());
        }
        let mut session = self.link.session().await?;
        if self.spellings.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            self.learn_spellings(&mut session).await?;
        }
        let found = self.rows_of(&mut session, nos).await?;
        self.link.rest(session);
        let rows_of = |no| found.get(no).map_or_else(Vec::new, |found: &Found| found.rows.clone());
        Ok(nos.iter().map(|no| Rows { no: no.clone(), rows: rows_of(no) }).collect())
    }

    async fn start(&self, session: &mut Session) -> Result<Position, SourceError> {
        self.learn_spellings(session).await?;
        let mut position = Position::start();
        // The mark comes first: what changes while everything is read comes again.
        if let Some(sql) = self.sql.mark(&self.types) {
            let answer = self.link.ask(session, sql, Vec::new()).await?;
            position.mark = answer.get(0, 0).map(str::to_owned);
            position.since = answer.get(0, 1).map(str::to_owned);
        }
        Ok(position)
    }

    /// One statement's worth, at most `room` tickets.
    async fn step(&self, session: &mut Session, position: &Position, room: usize) -> Result<Step, SourceError> {
        match &position.pass {
            Pass::Stamped { after } => self.stamped(session, position, after.as_ref(), room).await,
            Pass::Whole { after } => {
                let sql = self.sql.numbers(&self.types, after.as_deref());
                let (mut nos, last) = self.keyset(session, sql, after.as_deref(), room).await?;
                nos.retain(|(no, raw)| !self.has_spellings(no) || position.is_given_as(no, raw));
                let nos = once(nos);
                let found = self.rows_of(session, &nos).await?;
                let remembered = |found: &Found| match &position.since {
                    None => true,
                    Some(since) => found.is_watched(since),
                };
                for (no, found) in found.iter().filter(|(_, found)| remembered(found)) {
                    position.differs(no, found.hash());
                }
                let next = last.map(|no| position.at(Pass::Whole { after: Some(no) }));
                Ok(Step::ended_or(given(nos, found, |_, _| true), next, position))
            }
            Pass::Compared { after } => {
                let sql = self.sql.numbers(&self.types, after.as_deref());
                let (nos, last) = self.keyset(session, sql, after.as_deref(), room).await?;
                let next = last.map(|no| position.at(Pass::Compared { after: Some(no) }));
                Ok(Step::ended_or(self.differing(session, once(nos), position).await?, next, position))
            }
            Pass::Unstamped { after } => {
                let sql = self.sql.unstamped(&self.types, after.as_deref());
                let (nos, last) = self.keyset(session, sql, after.as_deref(), room).await?;
                let next = last.map(|no| position.at(Pass::Unstamped { after: Some(no) }));
                Ok(Step::ended_or(self.differing(session, once(nos), position).await?, next, position))
            }
        }
    }

    async fn stamped(
        &self,
        session: &mut Session,
        position: &Position,
        after: Option<&(String, String)>,
        room: usize,
    ) -> Result<Step, SourceError> {
        let sql = self.sql.stamped(&self.types, after);
        let mut args = match after {
            Some((at, no)) => vec![Arg::Text(at.clone()), Arg::Text(at.clone()), Arg::Text(no.clone())],
            None => vec![Arg::Text(position.mark.clone().unwrap_or_default())],
        };
        args.push(Arg::Number(one_more(room)));
        let answer = self.link.ask(session, sql, args).await?;
        let kept = answer.len().min(room);
        let nos = self.numbers((0..kept).filter_map(|row| answer.get(row, 0)));
        let tickets = self.differing(session, once(nos), position).await?;
        let text = |column| kept.checked_sub(1).and_then(|last| answer.get(last, column)).map(str::to_owned);
        let mut next = match (answer.len() > room, text(1), text(0)) {
            (true, Some(at), Some(no)) => position.at(Pass::Stamped { after: Some((at, no)) }),
            _ => position.at(Pass::Unstamped { after: None }),
        };
        next.top = next.top.max(text(2));
        Ok(Step { tickets, next, end: End::No })
    }

    /// The next numbers, and the key to go on from if there are more.
    async fn keyset(
        &self,
        session: &mut Session,
        sql: String,
        after: Option<&str>,
        room: usize,
    ) -> Result<(Vec<(TicketNo, String)>, Option<String>), SourceError> {
        let mut args: Vec<Arg> = after.map(|no| Arg::Text(no.to_owned())).into_iter().collect();
        args.push(Arg::Number(one_more(room)));
        let answer = self.link.ask(session, sql, args).await?;
        let kept = answer.len().min(room);
        let nos = self.numbers((0..kept).filter_map(|row| answer.get(row, 0)));
        let last = kept.checked_sub(1).filter(|_| answer.len() > room).and_then(|last| answer.get(last, 0));
        Ok((nos, last.map(str::to_owned)))
    }

    /// Tickets that look otherwise than when they were last seen.
    async fn differing(
        &self,
        session: &mut Session,
        nos: Vec<TicketNo>,
        position: &Position,
    ) -> Result<Vec<Rows>, SourceError> {
        let found = self.rows_of(session, &nos).await?;
        Ok(given(nos, found, |no, found| position.differs(no, found.hash())))
    }

    /// Tickets with their numbers as stored; new spellings are learnt.
    fn numbers<'a>(&self, raw: impl Iterator<Item = &'a str>) -> Vec<(TicketNo, String)> {
        // A row without a number cannot be told from others.
        let nos = raw.filter_map(|raw| Some((TicketNo::read(raw)?, raw)));
        nos.inspect(|(no, raw)| self.learn(no, raw)).map(|(no, raw)| (no, raw.to_owned())).collect()
    }

    fn has_spellings(&self, no: &TicketNo) -> bool {
        let spellings = self.spellings.lock().unwrap_or_else(PoisonError::into_inner);
        spellings.as_ref().is_some_and(|spellings| spellings.contains_key(no))
    }

    fn learn(&self, no: &TicketNo, raw: &str) {
        if raw != no.as_str() {
            let mut spellings = self.spellings.lock().unwrap_or_else(PoisonError::into_inner);
            spellings.get_or_insert_default().entry(no.clone()).or_default().insert(raw.to_owned());
        }
    }

    async fn learn_spellings(&self, session: &mut Session) -> Result<(), SourceError> {
        if let Some(sql) = self.sql.odd_numbers(&self.types) {
            let answer = self.link.ask(session, sql, Vec::new()).await?;
            for raw in (0..answer.len()).filter_map(|row| answer.get(row, 0)) {
                if let Some(no) = TicketNo::read(raw) {
                    self.learn(&no, raw);
                }
            }
        }
        self.spellings.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
        Ok(())
    }
}

impl Step {
    fn ended_or(tickets: Vec<Rows>, next: Option<Position>, position: &Position) -> Self {
        match next {
            Some(next) => Self { tickets, next, end: End::No },
            None => Self { tickets, next: position.next_poll(), end: End::OfPoll },
        }
    }
}

/// Each ticket once, in their order.
fn once(nos: Vec<(TicketNo, String)>) -> Vec<TicketNo> {
    let mut seen = HashSet::new();
    nos.into_iter().map(|(no, _)| no).filter(|no| seen.insert(no.clone())).collect()
}

/// The tickets that were found and are wanted, in the order of their numbers.
fn given(
    nos: Vec<TicketNo>,
    mut found: HashMap<TicketNo, Found>,
    wanted: impl Fn(&TicketNo, &Found) -> bool,
) -> Vec<Rows> {
    let rows = |no: TicketNo| {
        let found = found.remove(&no).filter(|found| wanted(&no, found))?;
        Some(Rows { no, rows: found.rows })
    };
    nos.into_iter().filter_map(rows).collect()
}

/// One more than asked tells whether there is more.
fn one_more(room: usize) -> i64 {
    i64::try_from(room).unwrap_or(i64::MAX).saturating_add(1)
}

/// Looks whether everything is there, and of which types the columns are by which
/// is looked up.
async fn types(link: &Link, session: &mut Session, sql: &Sql) -> Result<Types, SourceError> {
    let dialect = sql.dialect;
    let of_main = link.types(session, sql.probe()).await?;
    let kind = |types: &[String], at: usize| types.get(at).cloned().unwrap_or_default();
    let updated = match sql.has_change_time() {
        true => {
            let kind = kind(&of_main, 1);
            Some(sql::change_time(dialect, &kind).ok_or_else(|| link.place.fault(Cause::ChangeTime(kind)))?)
        }
        false => None,
    };
    let mut keys = Vec::new();
    for child in &sql.children {
        let types = link.types(session, sql.probe_child(child)).await?;
        keys.push(sql::comparison(dialect, &kind(&types, 0)));
    }
    Ok(Types { no: sql::comparison(dialect, &kind(&of_main, 0)), updated, keys })
}
