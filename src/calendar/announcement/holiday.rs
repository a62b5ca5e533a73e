//! What an announcement says of one holiday, read clause by clause.

use chrono::{Datelike, NaiveDate, Weekday};

use super::{
    ClauseFault,
    festival::Festival,
    moon,
    token::{Note, Token, Written, tokens},
};
use crate::calendar::yearfile::is_last_week;

/// A day that a clause rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ruled {
    pub(super) date: NaiveDate,
    pub(super) clause: String,
}

/// One holiday: the days off and the days worked for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Holiday {
    pub(super) festivals: Vec<Festival>,
    /// The whole of what is said of it.
    pub(super) clause: String,
    pub(super) off: Vec<Ruled>,
    pub(super) worked: Vec<Ruled>,
    /// The last day of a holiday that is prolonged.
    pub(super) until: Option<Ruled>,
    /// The day from which on work goes on (`起正常上班`).
    pub(super) resumes: Option<Ruled>,
    /// `不调休`.
    pub(super) no_swap: Option<String>,
}

/// Reads the sentences on one holiday.
pub(super) struct Reading {
    year: i32,
    holiday: Holiday,
    /// The last date, from which the next takes month and year.
    last: Option<NaiveDate>,
    /// The days of the last `放假`, which a count may follow in the next sentence.
    rested: Vec<NaiveDate>,
}

/// What has been read of a sentence and not been used yet.
#[derive(Default)]
struct Open {
    dates: Vec<NaiveDate>,
    /// The range that `至` opens: its first day, or none for `延长至`.
    range: Option<Option<NaiveDate>>,
    /// What a word before its dates says of them.
    lead: Option<Verb>,
    from: Option<()>,
    weekend: Option<()>,
}

#[derive(Clone, Copy)]
enum Verb {
    Rest,
    Work,
}

/// No holiday is longer.
const LONGEST_D: i64 = 16;

impl Reading {
    pub(super) fn new(year: i32, festivals: &[Festival], clause: &str) -> Self {
        let holiday = Holiday { festivals: festivals.to_vec(), clause: clause.to_owned(), ..Holiday::default() };
        Self { year, holiday, last: None, rested: Vec::new() }
    }

    pub(super) fn finish(self) -> Holiday {
        self.holiday
    }

    /// Takes one sentence; `clause` is how it is named if it is at fault.
    pub(super) fn sentence(&mut self, sentence: &str, clause: &str) -> Result<(), ClauseFault> {
        let tokens = tokens(sentence)?;
        let mut open = Open::default();
        for (at, token) in tokens.iter().enumerate() {
            let leads = tokens.get(at + 1) == Some(&Token::Lead);
            match token {
                Token::Date(written) => self.date(written, clause, &mut open)?,
                Token::To => open.range = Some(open.dates.pop()),
                Token::Rest if leads => self.lead(Verb::Rest, clause, &mut open)?,
                Token::Work if leads => self.lead(Verb::Work, clause, &mut open)?,
                Token::Rest => self.rest(clause, &mut open)?,
                Token::Work => self.work(clause, &mut open)?,
                Token::Count(n) => counted(*n, self.days(&open))?,
                Token::Weekend => {
                    weekend(self.days(&open))?;
                    open.weekend = Some(());
                }
                Token::NoSwap => self.holiday.no_swap = Some(clause.to_owned()),
                Token::From => open.from = Some(()),
                Token::Year(year) if *year != self.year => return Err(self.other_year(*year)),
                Token::Festival(festival) if !self.holiday.festivals.contains(festival) => {
                    return Err(ClauseFault::OtherFestival(festival.name()));
                }
                Token::Year(_) | Token::Festival(_) | Token::Lead | Token::Joint => {}
            }
        }
        self.end(clause, open)
    }

    fn other_year(&self, year: i32) -> ClauseFault {
        let date = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(NaiveDate::MIN);
        ClauseFault::OtherYear { date, year: self.year }
    }

    fn date(&mut self, written: &Written, clause: &str, open: &mut Open) -> Result<(), ClauseFault> {
        let range = open.range.take();
        let date = self.resolved(written, range.flatten())?;
        self.last = Some(date);
        match range {
            None => open.dates.push(date),
            Some(None) => self.holiday.until = Some(Ruled { date, clause: clause.to_owned() }),
            Some(Some(from)) if date <= from || (date - from).num_days() > LONGEST_D => {
                return Err(ClauseFault::Range { from, to: date });
            }
            Some(Some(from)) => open.dates.extend(from.iter_days().take_while(|day| *day <= date)),
        }
        Ok(())
    }

    /// The date with what was said before: the month, the year, the range.
    fn resolved(&self, written: &Written, from: Option<NaiveDate>) -> Result<NaiveDate, ClauseFault> {
        let before = from.or(self.last);
        let Some(month) = written.month.or(before.map(|date| date.month())) else {
            return Err(ClauseFault::NoMonth(written.day));
        };
        let new_year = self.holiday.festivals.contains(&Festival::NewYear);
        let year = match (written.year, written.month, from, before) {
            (Some(year), ..) => year,
            (None, None, _, Some(before)) => before.year(),
            (None, _, Some(from), _) if month >= from.month() => from.year(),
            (None, _, Some(from), _) => from.year() + 1,
            // The days of December that belong to New Year are the year before's.
            (None, ..) if month == 12 && new_year => self.year - 1,
            (None, ..) => self.year,
        };
        let no_date = ClauseFault::NoSuchDate { year, month, day: written.day };
        let date = NaiveDate::from_ymd_opt(year, month, written.day).ok_or(no_date)?;
        let eve = new_year && date.year() == self.year - 1 && is_last_week(date);
        if date.year() != self.year && !eve {
            return Err(ClauseFault::OtherYear { date, year: self.year });
        }
        written.notes.iter().try_for_each(|note| agrees(date, note)).map(|()| date)
    }

    fn lead(&mut self, verb: Verb, clause: &str, open: &mut Open) -> Result<(), ClauseFault> {
        self.led(clause, open)?;
        open.lead = Some(verb);
        Ok(())
    }

    /// Gives the dates to the word before them.
    fn led(&mut self, clause: &str, open: &mut Open) -> Result<(), ClauseFault> {
        match (open.lead.take(), open.dates.first()) {
            (None, Some(date)) => Err(ClauseFault::NothingSaid(*date)),
            (None, None) => Ok(()),
            (Some(_), None) => Err(ClauseFault::NoDate),
            (Some(Verb::Rest), Some(_)) => self.rest(clause, open),
            (Some(Verb::Work), Some(_)) => self.work(clause, open),
        }
    }

    fn rest(&mut self, clause: &str, open: &mut Open) -> Result<(), ClauseFault> {
        // `共放假7天` repeats the word after the dates.
        if open.dates.is_empty() && self.rested.is_empty() {
            return Err(ClauseFault::NoDate);
        }
        if !open.dates.is_empty() {
            self.rested = std::mem::take(&mut open.dates);
            self.holiday.off.extend(ruled(&self.rested, clause));
        }
        Ok(())
    }

    fn work(&mut self, clause: &str, open: &mut Open) -> Result<(), ClauseFault> {
        let dates = std::mem::take(&mut open.dates);
        match (open.from.take(), dates.as_slice()) {
            (_, []) => return Err(ClauseFault::NoDate),
            (Some(()), [date]) => self.holiday.resumes = Some(Ruled { date: *date, clause: clause.to_owned() }),
            (Some(()), [.., date]) => return Err(ClauseFault::Resumes(*date)),
            (None, dates) => self.holiday.worked.extend(ruled(dates, clause)),
        }
        Ok(())
    }

    /// The days that a count or `与周末连休` is about.
    fn days<'a>(&'a self, open: &'a Open) -> &'a [NaiveDate] {
        if open.dates.is_empty() { &self.rested } else { &open.dates }
    }

    fn end(&mut self, clause: &str, mut open: Open) -> Result<(), ClauseFault> {
        if open.range.is_some() {
            return Err(ClauseFault::NoDate);
        }
        match open.weekend {
            Some(()) if open.lead.is_none() && !open.dates.is_empty() => self.rest(clause, &mut open),
            Some(()) | None => self.led(clause, &mut open),
        }
    }
}

fn ruled(dates: &[NaiveDate], clause: &str) -> Vec<Ruled> {
    dates.iter().map(|date| Ruled { date: *date, clause: clause.to_owned() }).collect()
}

fn agrees(date: NaiveDate, note: &Note) -> Result<(), ClauseFault> {
    match note {
        Note::Weekday(said) if date.weekday() != *said => {
            Err(ClauseFault::Weekday { date, is: date.weekday(), said: *said })
        }
        Note::Lunar(lunar, said) if moon::agrees(date, *lunar) != Some(true) => {
            Err(ClauseFault::Lunar { date, said: said.clone() })
        }
        Note::Weekday(_) | Note::Lunar(..) => Ok(()),
    }
}

fn counted(said: u32, days: &[NaiveDate]) -> Result<(), ClauseFault> {
    match usize::try_from(said) {
        Ok(n) if n == days.len() => Ok(()),
        Ok(_) | Err(_) => Err(ClauseFault::Count { said, listed: days.len() }),
    }
}

/// Whether a weekend lies in the days or directly beside them.
fn weekend(days: &[NaiveDate]) -> Result<(), ClauseFault> {
    let touches = |day: &NaiveDate| !matches!(day.weekday(), Weekday::Tue | Weekday::Wed | Weekday::Thu);
    match days.first() {
        Some(_) if days.iter().any(touches) => Ok(()),
        Some(first) => Err(ClauseFault::NoWeekend(*first)),
        None => Err(ClauseFault::NoDate),
    }
}
