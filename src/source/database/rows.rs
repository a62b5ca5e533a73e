//! Rows of tickets from a database, with what their children hold.

use std::{
    collections::{BTreeSet, HashMap},
    sync::PoisonError,
};

use super::{
    DatabaseStore, SourceError,
    answer::Answer,
    link::Session,
    sql::{Arg, ChildShape, Comparison, Shape},
    tables::Which,
};
use crate::ticket::{Field, RawRow, TicketNo};

/// Columns of a row before its cells: number, key, change time.
const BEFORE_CELLS: usize = 3;
/// Change times before this are none, such as `0000-00-00 00:00:00`.
const NO_TIME: &str = "1971";

/// The rows of one ticket.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub rows: Vec<RawRow>,
    /// The latest change time; none if a row has none.
    updated: Option<String>,
}

impl Found {
    /// A hash of all rows, whatever their order.
    pub fn hash(&self) -> [u8; 8] {
        let sum = |sum: u64, row: &RawRow| sum.wrapping_add(u64::from_le_bytes(row.hash()));
        self.rows.iter().fold(0, sum).to_le_bytes()
    }

    /// Whether the next poll looks at it again: it changed since, or does not say when.
    pub fn is_watched(&self, since: &str) -> bool {
        self.updated.as_deref().is_none_or(|updated| updated >= since || updated < NO_TIME)
    }
}

/// A child's rows, by the key of their ticket.
struct Children<'a> {
    shape: &'a ChildShape,
    answers: Vec<Answer>,
    /// Answer and row.
    by_key: HashMap<String, Vec<(usize, usize)>>,
}

impl DatabaseStore {
    /// The rows of tickets that are there.
    pub(super) async fn rows_of(
        &self,
        session: &mut Session,
        nos: &[TicketNo],
    ) -> Result<HashMap<TicketNo, Found>, SourceError> {
        let mut found: HashMap<TicketNo, Found> = HashMap::with_capacity(nos.len());
        for chunk in self.spelt(nos).chunks(self.sql.dialect.at_once()) {
            let sql = self.sql.rows(&self.types, chunk.len());
            let answer = self.link.ask(session, sql, vec![Arg::List(chunk.to_vec())]).await?;
            let children = self.children_of(session, &answer).await?;
            for row in 0..answer.len() {
                let Some(no) = answer.get(row, 0).and_then(TicketNo::read) else { continue };
                let of_ticket =
                    found.entry(no).or_insert_with(|| Found { updated: Some(String::new()), ..Found::default() });
                of_ticket.rows.push(raw(&answer, row, &self.sql.shape, &children));
                let updated = answer.get(row, 2).map(str::to_owned);
                of_ticket.updated = match (of_ticket.updated.take(), updated) {
                    (Some(one), Some(other)) => Some(one.max(other)),
                    (None, _) | (_, None) => None,
                };
            }
        }
        Ok(found)
    }

    /// The numbers as the database may have them.
    fn spelt(&self, nos: &[TicketNo]) -> Vec<String> {
        let known = self.spellings.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |no: &TicketNo| known.as_ref().and_then(|known| known.get(no)).into_iter().flatten().cloned();
        let spelt = nos.iter().flat_map(|no| known(no).chain([no.as_str().to_owned()]));
        match self.types.no {
            Comparison::Text(_) => spelt.collect(),
            Comparison::Whole(_) => spelt.filter(|no| no.bytes().all(|byte| byte.is_ascii_digit())).collect(),
        }
    }

    async fn children_of(&self, session: &mut Session, main: &Answer) -> Result<Vec<Children<'_>>, SourceError> {
        let keys: BTreeSet<&str> = (0..main.len()).filter_map(|row| main.get(row, 1)).collect();
        let mut children = Vec::new();
        for (shape, comparison) in self.sql.children.iter().zip(&self.types.keys) {
            let mut of_shape = Children { shape, answers: Vec::new(), by_key: HashMap::new() };
            let is_key = |key: &&&str| match comparison {
                Comparison::Text(_) => true,
                Comparison::Whole(_) => key.bytes().all(|byte| byte.is_ascii_digit()),
            };
            let keys: Vec<String> = keys.iter().filter(is_key).map(|key| (*key).to_owned()).collect();
            for chunk in keys.chunks(self.sql.dialect.at_once()) {
                let sql = self.sql.child_rows(shape, comparison, chunk.len());
                let answer = self.link.ask(session, sql, vec![Arg::List(chunk.to_vec())]).await?;
                for row in 0..answer.len() {
                    let Some(key) = answer.get(row, 0) else { continue };
                    of_shape.by_key.entry(key.to_owned()).or_default().push((of_shape.answers.len(), row));
                }
                of_shape.answers.push(answer);
            }
            children.push(of_shape);
        }
        Ok(children)
    }
}

/// A row of the main table with its children. NULL is an empty cell of a column
/// that is there.
fn raw(answer: &Answer, row: usize, shape: &Shape, children: &[Children<'_>]) -> RawRow {
    let mut raw = RawRow::new();
    raw.set(Field::TicketNo, answer.get(row, 0).unwrap_or_default());
    for (field, cell) in cells(answer, row, shape, BEFORE_CELLS) {
        raw.set(field, &cell);
    }
    let key = answer.get(row, 1);
    for child in children {
        let rows: &[(usize, usize)] = key.and_then(|key| child.by_key.get(key)).map_or(&[], Vec::as_slice);
        let shape = &child.shape.shape;
        let of = |&(answer, row): &(usize, usize)| cells(&child.answers[answer], row, shape, 1);
        match child.shape.which {
            Which::Last => match rows.last() {
                Some(last) => of(last).for_each(|(field, cell)| raw.set(field, &cell)),
                None => shape.columns.iter().for_each(|(field, _)| raw.set(*field, "")),
            },
            Which::All => {
                let mut lists = vec![Vec::new(); shape.columns.len()];
                for row in rows {
                    of(row).zip(&mut lists).for_each(|((_, cell), list)| list.push(cell));
                }
                shape.columns.iter().zip(lists).for_each(|((field, _), list)| raw.set(*field, &list.join(";")));
            }
        }
    }
    raw
}

/// The cells of a row by column, their parts joined by blanks.
fn cells<'a>(
    answer: &'a Answer,
    row: usize,
    shape: &'a Shape,
    first: usize,
) -> impl Iterator<Item = (Field, String)> + 'a {
    let mut next = first;
    shape.columns.iter().map(move |(field, parts)| {
        let from = next;
        next += parts.len();
        let there: Vec<&str> = (from..next).filter_map(|column| answer.get(row, column)).collect();
        (*field, there.join(" "))
    })
}
