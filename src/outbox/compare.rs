//! What a wanted set changes against the rows that are there: pure, and the same
//! for every database.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};

use super::{NoticeState, OutboxError, Wanted, scope};
use crate::notice::{Batch, Kind, Notice, Reason, Role, Wish};

/// A row as far as comparing needs it.
#[derive(Debug)]
pub(super) struct KnownRow {
    pub id: i64,
    pub subject: String,
    pub kind: String,
    pub occurrence: String,
    pub role: String,
    pub state: NoticeState,
    pub reason: Option<String>,
    pub digest: i64,
    pub late: bool,
    pub expanded: bool,
}

impl KnownRow {
    fn key(&self) -> String {
        format!("{}|{}|{}|{}", self.subject, self.kind, self.occurrence, self.role)
    }
}

/// The part of a notice that may change while it is open.
#[derive(Debug)]
pub(super) struct Content {
    pub unit: Option<String>,
    pub category: Option<String>,
    pub due: i64,
    pub expires: Option<i64>,
    pub urgent: bool,
    pub late: bool,
    pub provisional: bool,
    pub facts: String,
    pub digest: i64,
}

/// A row to be added.
#[derive(Debug)]
pub(super) struct NewRow {
    pub scope: String,
    pub subject: String,
    pub kind: &'static str,
    pub occurrence: String,
    pub role: &'static str,
    pub batch: Option<String>,
    pub content: Arc<Content>,
    /// `None`: open.
    pub superseded: Option<Reason>,
}

/// A row that gets new content.
#[derive(Debug)]
pub(super) struct Renewed {
    pub id: i64,
    /// `Some`: what it travels with is decided anew.
    pub batch: Option<Option<String>>,
    pub content: Arc<Content>,
}

/// What is to be written.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Rows to be sent, and rows only recorded as superseded.
    pub new: Vec<NewRow>,
    pub recorded: Vec<NewRow>,
    pub refreshed: Vec<Renewed>,
    pub reopened: Vec<Renewed>,
    pub superseded: Vec<(i64, Reason)>,
    pub unchanged: u64,
}

impl Changes {
    /// Adds what one scope's wanted set changes against its `known` rows.
    pub(super) fn add(&mut self, wanted: &Wanted, known: &[KnownRow], now: DateTime<Utc>) -> Result<(), OutboxError> {
        let at: HashMap<String, usize> = known.iter().map(KnownRow::key).zip(0..).collect();
        let mut met = vec![false; known.len()];
        let mut fresh = Vec::new();
        for notice in &wanted.notices {
            if scope(&notice.subject) != wanted.scope {
                let key = format!("{}|{}|{}", notice.subject.text(), notice.kind, notice.occurrence.text());
                return Err(OutboxError::ForeignNotice { key, scope: wanted.scope.clone() });
            }
            let content = Arc::new(content_of(notice));
            for &role in &notice.roles {
                let key = notice.key(role);
                match at.get(&key.to_string()) {
                    // Twice in one set: the first stands.
                    Some(&row) if met[row] => {}
                    Some(&row) => {
                        met[row] = true;
                        self.known(notice, role, &known[row], &content, now);
                    }
                    None => fresh.push((notice, role, key.subject, key.occurrence, content.clone())),
                }
            }
        }
        for (row, _) in known.iter().zip(met).filter(|(_, met)| !met) {
            match row.state {
                NoticeState::Open | NoticeState::Held => self.superseded.push((row.id, Reason::NotWanted)),
                NoticeState::Done | NoticeState::Superseded | NoticeState::Expired => self.unchanged += 1,
            }
        }
        for (notice, role, subject, occurrence, content) in fresh {
            let superseded = match notice.wish {
                Wish::Send => None,
                Wish::Superseded(reason) => Some(reason),
            };
            let (kind, batch) = (notice.kind.id(), batch_key(notice, role));
            let scope = wanted.scope.clone();
            let row = NewRow { scope, subject, kind, occurrence, role: role.id(), batch, content, superseded };
            if superseded.is_none() { self.new.push(row) } else { self.recorded.push(row) }
        }
        Ok(())
    }

    fn known(&mut self, notice: &Notice, role: Role, row: &KnownRow, content: &Arc<Content>, now: DateTime<Utc>) {
        let renewed = |batch| Renewed { id: row.id, batch, content: content.clone() };
        match (row.state, notice.wish) {
            (NoticeState::Open | NoticeState::Held, Wish::Superseded(reason)) => {
                self.superseded.push((row.id, reason));
            }
            (NoticeState::Open, Wish::Send) if row.digest != content.digest || (content.late && !row.late) => {
                // What was on time and has become late travels with its cycle.
                let rebatched = content.late && !row.late && !row.expanded;
                self.refreshed.push(renewed(rebatched.then(|| batch_key(notice, role))));
            }
            (NoticeState::Superseded, Wish::Send) if row.reason.as_deref() != Some(Reason::Cancelled.code()) => {
                self.reopened.push(renewed(Some(batch_key(notice, role))));
            }
            (NoticeState::Expired, Wish::Send) if notice.expires.is_none_or(|end| end > now) => {
                self.reopened.push(renewed(Some(batch_key(notice, role))));
            }
            (NoticeState::Open | NoticeState::Held, Wish::Send)
            | (NoticeState::Done | NoticeState::Superseded | NoticeState::Expired, Wish::Send | Wish::Superseded(_)) => {
                self.unchanged += 1
            }
        }
    }
}

/// What legs of one person and channel must share to leave as one message.
pub(super) fn batch_key(notice: &Notice, role: Role) -> Option<String> {
    let kind: Kind = notice.kind;
    if role == Role::Citizen || kind.is_to_citizen() {
        return None;
    }
    match notice.batch {
        Batch::Due(at) => Some(format!("{kind}|due/{}", at.timestamp_micros())),
        Batch::Cycle(at) => Some(format!("{kind}|cycle/{}", at.timestamp_micros())),
        // A40: one digest across the overdue kinds.
        Batch::FirstStart(at) => Some(format!("start/{}", at.timestamp_micros())),
        Batch::Alone => None,
    }
}

fn content_of(notice: &Notice) -> Content {
    // Facts are strings, numbers, flags and lists: serde_json cannot refuse them.
    let facts = serde_json::to_string(&notice.facts).expect("facts are plain values");
    let mut content = Content {
        unit: notice.unit.as_deref().map(str::to_owned),
        category: notice.category.as_deref().map(str::to_owned),
        due: notice.due.timestamp_micros(),
        expires: notice.expires.map(|at| at.timestamp_micros()),
        urgent: notice.urgent,
        late: notice.late,
        provisional: notice.provisional,
        facts,
        digest: 0,
    };
    content.digest = content.hash();
    content
}

impl Content {
    /// A hash that stays the same over restarts and versions: 64-bit FNV-1a. Not
    /// of `late`: once late, a notice stays so.
    fn hash(&self) -> i64 {
        let flags = [u8::from(self.urgent), u8::from(self.provisional)];
        let unit = self.unit.as_deref().unwrap_or("\u{1}").as_bytes();
        let category = self.category.as_deref().unwrap_or("\u{1}").as_bytes();
        let (due, expires) = (self.due.to_le_bytes(), self.expires.unwrap_or(i64::MIN).to_le_bytes());
        let parts: [&[u8]; 8] = [unit, &[0], category, &[0], &due, &expires, &flags, self.facts.as_bytes()];
        parts
            .iter()
            .flat_map(|part| part.iter())
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
            as i64
    }
}
