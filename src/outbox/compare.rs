//! What a wanted set changes against the rows that are there: pure, and the same
//! for every database.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};

use super::{NoticeState, OutboxError, Wanted};
use crate::notice::{Batch, Kind, Notice, Reason, Role, Wish};

/// How the batch of a first start's digest begins.
pub(super) const FIRST_START: &str = "start/";
/// The batch of legs that wait for room under their person's ceiling.
pub(super) const GATHERED: &str = "gathered";

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
    pub unit: Option<Arc<str>>,
    pub category: Option<Arc<str>>,
    pub due: i64,
    pub expires: Option<i64>,
    pub urgent: bool,
    pub late: bool,
    pub provisional: bool,
    pub facts: Arc<str>,
    pub digest: i64,
}

/// A row to be added. Rows of one notice share their texts.
#[derive(Debug)]
pub(super) struct NewRow {
    pub scope: Arc<str>,
    pub subject: Arc<str>,
    pub kind: Arc<str>,
    pub occurrence: Arc<str>,
    pub role: Arc<str>,
    pub batch: Option<Arc<str>>,
    pub content: Arc<Content>,
    /// Open, held, or only recorded as superseded; the latter two with their reason.
    pub state: NoticeState,
    pub reason: Option<Reason>,
}

/// A row that gets new content.
#[derive(Debug)]
pub(super) struct Renewed {
    pub id: i64,
    /// `Some`: what it travels with is decided anew.
    pub batch: Option<Option<Arc<str>>>,
    pub content: Arc<Content>,
}

/// The texts of a notice's keys, shared by its roles.
struct Texts {
    scope: Arc<str>,
    subject: Arc<str>,
    kind: Arc<str>,
    occurrence: Arc<str>,
}

impl Texts {
    fn of(notice: &Notice, scope: &Arc<str>) -> Self {
        Self {
            scope: scope.clone(),
            subject: notice.subject.text().into(),
            kind: notice.kind.id().into(),
            occurrence: notice.occurrence.text().into(),
        }
    }

    fn key(&self, role: Role) -> String {
        format!("{}|{}|{}|{role}", self.subject, self.kind, self.occurrence)
    }
}

/// What is to be written.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Rows to be sent, and rows only recorded as superseded.
    pub new: Vec<NewRow>,
    pub recorded: Vec<NewRow>,
    pub refreshed: Vec<Renewed>,
    pub reopened: Vec<Renewed>,
    /// Of the reopened ones those that are to wait for the desk.
    pub held: Vec<i64>,
    pub superseded: Vec<(i64, Reason)>,
    pub unchanged: u64,
    /// After a restore: what was due by then may have been sent by the ledger that
    /// is lost, and is held.
    pub restored: Option<DateTime<Utc>>,
}

impl Changes {
    /// Adds what one scope's wanted set changes against its `known` rows.
    pub(super) fn add(&mut self, wanted: &Wanted, known: &[KnownRow], now: DateTime<Utc>) -> Result<(), OutboxError> {
        let at: HashMap<String, usize> = known.iter().map(KnownRow::key).zip(0..).collect();
        let mut met = vec![false; known.len()];
        let scope: Arc<str> = wanted.scope.as_str().into();
        for notice in &wanted.notices {
            if super::scope(&notice.subject) != wanted.scope {
                let key = format!("{}|{}|{}", notice.subject.text(), notice.kind, notice.occurrence.text());
                return Err(OutboxError::ForeignNotice { key, scope: wanted.scope.clone() });
            }
            let content = Arc::new(content_of(notice));
            let texts = Texts::of(notice, &scope);
            for &role in &notice.roles {
                let row = if known.is_empty() { None } else { at.get(&texts.key(role)) };
                match row {
                    // Twice in one set: the first stands.
                    Some(&row) if met[row] => {}
                    Some(&row) => {
                        met[row] = true;
                        self.known(notice, role, &known[row], &content, now);
                    }
                    None => self.fresh(notice, role, &texts, &content),
                }
            }
        }
        for (row, _) in known.iter().zip(met).filter(|(_, met)| !met) {
            match row.state {
                NoticeState::Open | NoticeState::Held => self.superseded.push((row.id, Reason::NotWanted)),
                NoticeState::Done | NoticeState::Superseded | NoticeState::Expired => self.unchanged += 1,
            }
        }
        Ok(())
    }

    fn fresh(&mut self, notice: &Notice, role: Role, texts: &Texts, content: &Arc<Content>) {
        let (state, reason) = match notice.wish {
            Wish::Superseded(reason) => (NoticeState::Superseded, Some(reason)),
            Wish::Send if self.may_have_been_sent(notice) => (NoticeState::Held, Some(Reason::Restored)),
            Wish::Send => (NoticeState::Open, None),
        };
        let row = NewRow {
            scope: texts.scope.clone(),
            subject: texts.subject.clone(),
            kind: texts.kind.clone(),
            occurrence: texts.occurrence.clone(),
            role: role.id().into(),
            batch: batch_key(notice, role),
            content: content.clone(),
            state,
            reason,
        };
        match notice.wish {
            Wish::Send => self.new.push(row),
            Wish::Superseded(_) => self.recorded.push(row),
        }
    }

    fn may_have_been_sent(&self, notice: &Notice) -> bool {
        self.restored.is_some_and(|until| notice.due <= until)
    }

    fn reopen(&mut self, notice: &Notice, renewed: Renewed) {
        if self.may_have_been_sent(notice) {
            self.held.push(renewed.id);
        }
        self.reopened.push(renewed);
    }

    fn known(&mut self, notice: &Notice, role: Role, row: &KnownRow, content: &Arc<Content>, now: DateTime<Utc>) {
        // Once it has legs, it was on time: what holds a leg back is quiet hours or
        // the channel, and the ledger shows it.
        let became_late = content.late && !row.late && !row.expanded;
        let renewed = |batch| Renewed { id: row.id, batch, content: content.clone() };
        match (row.state, notice.wish) {
            (NoticeState::Open | NoticeState::Held, Wish::Superseded(reason)) => {
                self.superseded.push((row.id, reason));
            }
            (NoticeState::Open, Wish::Send) if row.digest != content.digest || became_late => {
                // What was on time and has become late travels with its cycle.
                self.refreshed.push(renewed(became_late.then(|| batch_key(notice, role))));
            }
            (NoticeState::Superseded, Wish::Send) if row.reason.as_deref() != Some(Reason::Cancelled.code()) => {
                self.reopen(notice, renewed(Some(batch_key(notice, role))));
            }
            (NoticeState::Expired, Wish::Send) if notice.expires.is_none_or(|end| end > now) => {
                self.reopen(notice, renewed(Some(batch_key(notice, role))));
            }
            (NoticeState::Open | NoticeState::Held, Wish::Send)
            | (NoticeState::Done | NoticeState::Superseded | NoticeState::Expired, Wish::Send | Wish::Superseded(_)) => {
                self.unchanged += 1
            }
        }
    }
}

/// What legs of one person and channel must share to leave as one message.
pub(super) fn batch_key(notice: &Notice, role: Role) -> Option<Arc<str>> {
    let kind: Kind = notice.kind;
    if role == Role::Citizen || kind.is_to_citizen() {
        return None;
    }
    let key = match notice.batch {
        Batch::Due(at) => format!("{kind}|due/{}", at.timestamp_micros()),
        Batch::Cycle(at) => format!("{kind}|cycle/{}", at.timestamp_micros()),
        // A40: one digest across the overdue kinds.
        Batch::FirstStart(at) => format!("{FIRST_START}{}", at.timestamp_micros()),
        Batch::Alone => return None,
    };
    Some(key.into())
}

fn content_of(notice: &Notice) -> Content {
    // Facts are strings, numbers, flags and lists: serde_json cannot refuse them.
    let facts = serde_json::to_string(&notice.facts).expect("facts are plain values");
    let mut content = Content {
        unit: notice.unit.clone(),
        category: notice.category.clone(),
        due: notice.due.timestamp_micros(),
        expires: notice.expires.map(|at| at.timestamp_micros()),
        urgent: notice.urgent,
        late: notice.late,
        provisional: notice.provisional,
        facts: facts.into(),
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
