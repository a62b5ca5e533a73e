//! From raw rows to a ticket.

use std::sync::Arc;

use chrono::FixedOffset;

use super::{
    Answer, Citizen, Field, NumberHash, Private, RawRow, Ticket, TicketNo, Words,
    cells::Cells,
    findings::{self, Readings},
    number::NumberKey,
    text,
};

/// Reads the rows of one store.
#[derive(Clone, Debug)]
pub struct Reader {
    words: Words,
    zone: FixedOffset,
    key: NumberKey,
}

/// Why rows give no ticket.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There was no row at all.
    #[error("no row to read a ticket from")]
    NoRow,
    /// The row cannot be told from others.
    #[error("the row has no ticket number")]
    NoNumber,
    /// Rows of different tickets were given as one.
    #[error("a row of ticket {other} among the rows of ticket {no}")]
    OtherNumber {
        /// The ticket of the first row.
        no: TicketNo,
        /// The ticket of the row that does not belong to it.
        other: TicketNo,
    },
}

impl Reader {
    /// A reader for a store with these words, in this zone; `key` is the ledger's.
    pub fn new(words: Words, zone: FixedOffset, key: NumberKey) -> Self {
        Self { words, zone, key }
    }

    /// The row's ticket number; `None` if its cell is empty.
    pub fn number(&self, row: &RawRow) -> Option<TicketNo> {
        let no = TicketNo::read(row.get(Field::TicketNo)?)?;
        if self.words.is_null(no.as_str()) { None } else { Some(no) }
    }

    /// The keyed hash of a citizen's number, as it stands in [`Ticket::phone`].
    pub fn hash(&self, digits: &str) -> NumberHash {
        self.key.hash(digits)
    }

    /// Reads all rows of one ticket.
    ///
    /// # Errors
    ///
    /// When there is no row, one without a number, or one of another ticket.
    pub fn read(&self, rows: &[RawRow]) -> Result<(Ticket, Citizen), ReadError> {
        let ticket = self.ticket(rows)?;
        Ok((ticket, self.citizen_of(self.winner(rows).ok_or(ReadError::NoRow)?)))
    }

    /// Reads all rows of one ticket, without anything about the citizen.
    ///
    /// # Errors
    ///
    /// As [`Reader::read`].
    pub fn ticket(&self, rows: &[RawRow]) -> Result<Ticket, ReadError> {
        let row = self.winner(rows).ok_or(ReadError::NoRow)?;
        let no = self.number(&rows[0]).ok_or(ReadError::NoNumber)?;
        for row in &rows[1..] {
            match self.number(row) {
                Some(other) if other == no => {}
                Some(other) => return Err(ReadError::OtherNumber { no, other }),
                None => return Err(ReadError::NoNumber),
            }
        }
        Ok(self.ticket_of(no, row, rows.len()))
    }

    fn cells<'a>(&'a self, row: &'a RawRow) -> Cells<'a> {
        Cells { row, words: &self.words, zone: self.zone }
    }

    /// The row that counts among those of one ticket: the latest change, and at
    /// the same time the later state. Where a row has no change time, the state
    /// alone tells. The last resort only keeps the choice the same whatever the
    /// order of the rows.
    fn winner<'a>(&self, rows: &'a [RawRow]) -> Option<&'a RawRow> {
        if let [row] = rows {
            return Some(row);
        }
        let updated = |row| self.cells(row).moment(Field::Updated).map(|moment| moment.at());
        let all_updated = rows.iter().all(|row| updated(row).is_some());
        rows.iter().max_by_key(|row| {
            let cells = self.cells(row);
            let changed = if all_updated { updated(row) } else { None };
            let rank = cells.status().map(|status| status.rank());
            let to_the_second = cells.moment(Field::Received).map(|received| !received.is_date_only());
            (changed, rank, to_the_second, row.hash())
        })
    }

    fn ticket_of(&self, no: TicketNo, row: &RawRow, rows: usize) -> Ticket {
        let cells = self.cells(row);
        let word = |field| cells.word(field);
        let name = |field| cells.name(field).map(Arc::from);
        let readings =
            Readings { received: cells.reading(Field::Received), dispatched: cells.reading(Field::Dispatched) };
        let (dispatched, updated) = (readings.dispatched.moment(), cells.moment(Field::Updated));
        let repeat_of = cells.ticket_nos(Field::RepeatOf).into_iter().filter(|other| *other != no).collect();
        let mut ticket = Ticket {
            no,
            rows: u16::try_from(rows).unwrap_or(u16::MAX),
            columns: row.columns(),
            origin: cells.origin(),
            urgency: cells.urgency(),
            difficulty: cells.difficulty(),
            inquiry: cells.is_inquiry(),
            category: cells.category(Field::Category),
            subcategory: cells.category(Field::Subcategory),
            town: cells.town(),
            units: cells.names(Field::Units),
            handler: name(Field::Handler),
            status: cells.status(),
            phone: cells.phone(&self.key),
            secret: cells.is_secret(),
            received: readings.received.moment(),
            dispatched,
            accepted: cells.moment(Field::Accepted),
            first_contacted: word(Field::FirstContacted).and_then(|word| self.words.answer(&word)),
            contacted: cells.moment(Field::Contacted),
            attempts: cells.attempts(dispatched, updated),
            return_applied: cells.moment(Field::ReturnApplied),
            return_result: word(Field::ReturnResult).and_then(|word| self.words.return_result(&word)),
            return_papers: cells.return_papers(),
            return_approved: cells.answer(Field::ReturnDeputyApproved),
            return_bar: cells.folded(Field::ReturnBarred).and_then(|text| self.words.return_bar(&text)),
            extension_applied: cells.moment(Field::ExtensionApplied),
            extension_approved: cells.moment(Field::ExtensionApproved),
            extension_result: cells.extension_result(),
            extension_days: cells.extension_days(),
            platform_due: cells.moment(Field::PlatformDue),
            concluded: cells.moment(Field::Concluded),
            report_elements: cells.names(Field::ReportElements),
            fed_back: cells.moment(Field::FedBack),
            audited: cells.moment(Field::Audited),
            audit_result: word(Field::AuditResult).and_then(|word| self.words.audit_result(&word)),
            revisited: cells.moment(Field::Revisited),
            satisfaction: word(Field::Satisfaction).and_then(|word| self.words.satisfaction(&word)),
            excluded: cells.answer(Field::Excluded) == Some(Answer::Yes),
            excluded_approved: cells.is_given(Field::ExcludedApproved),
            supervision: cells.supervision_marks(),
            reassigned: cells.moment(Field::Reassigned),
            second_revisited: cells.moment(Field::SecondRevisited),
            repeat_of,
            meeting: cells.moment(Field::BatchMeeting),
            updated,
            anomalies: Box::default(),
        };
        ticket.anomalies = findings::anomalies(&ticket, &cells, readings);
        ticket
    }

    fn citizen_of(&self, row: &RawRow) -> Citizen {
        let cells = self.cells(row);
        let text = |field| {
            let cell = cells.folded(field).and_then(|_| row.get(field)).unwrap_or_default();
            Private::new(text::clean(cell).into_owned())
        };
        Citizen {
            name: text(Field::CitizenName),
            mobiles: Private::new(cells.mobiles()),
            address: text(Field::Address),
        }
    }
}
