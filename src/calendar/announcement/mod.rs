//! The State Council's announcement of a year's holidays, read from its own words.
//!
//! Each clause is checked against itself and the almanac: weekdays against dates,
//! `共N天` against the days listed, statutory days, make-up days on rest days and
//! as many of them as days were moved. What cannot be read is told with its
//! clause, and then nothing is taken over. Advice (`鼓励…休息`) gives no day off.
//! One-off holidays that the regulation does not know are left to a year file
//! written by hand.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{CalendarError, Listed, YearFile};

mod fault;
mod festival;
mod fitting;
mod holiday;
mod moon;
mod parts;
mod text;
mod token;

pub use fault::ClauseFault;

use festival::{Festival, joined};
use holiday::{Holiday, Reading, Ruled};
use parts::{Parts, Section};

/// An announcement that was read and found to agree with itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    year: i32,
    scope: Scope,
    opening: String,
    holidays: Vec<Holiday>,
}

/// How much an announcement arranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All festivals of a year, for the first time.
    Year,
    /// All festivals of a year, in place of an earlier announcement.
    YearAgain,
    /// Some festivals, in place of what an earlier announcement says of them.
    Correction,
}

impl Announcement {
    /// Reads the text of an announcement: pasted, or the source of a saved page.
    ///
    /// # Errors
    ///
    /// The first clause that cannot be read or contradicts itself, and why.
    ///
    /// ```
    /// use duban::calendar::Announcement;
    /// let text = "现将2026年劳动节假期调整如下。5月1日(周四)至5日(周二)放假调休,共5天。5月9日(周六)上班。";
    /// let refused = Announcement::read(text).unwrap_err();
    /// assert_eq!(refused.to_string(), "the clause `5月1日(周四)至5日(周二)放假调休,共5天` cannot be taken over");
    /// ```
    pub fn read(text: &str) -> Result<Announcement, CalendarError> {
        Ok(read(&text::plain(text))?)
    }

    /// The year that it arranges.
    pub fn year(&self) -> i32 {
        self.year
    }

    /// How much it arranges.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// The year file that it gives; a correction needs the file that it corrects.
    /// `source` is the address of the announcement.
    ///
    /// # Errors
    ///
    /// When a correction has nothing to correct, or the result is not sound.
    pub fn year_file(&self, known: Option<&YearFile>, source: Option<&str>) -> Result<YearFile, CalendarError> {
        let (mut papers, mut days) = (Vec::new(), Vec::new());
        if self.scope == Scope::Correction {
            let Some(known) = known.filter(|known| known.year() == self.year && !known.is_empty()) else {
                return Err(self.faulty(ClauseFault::NothingToCorrect(self.year)).into());
            };
            papers = known.papers().to_vec();
            days = known.days().to_vec();
        }
        papers.extend(source.filter(|source| papers.iter().all(|paper| paper != source)).map(str::to_owned));
        for holiday in &self.holidays {
            self.arrange(holiday, &mut days)?;
        }
        days.sort_by_key(|day| day.date);
        let off: BTreeSet<NaiveDate> = days.iter().filter(|day| !day.works).map(|day| day.date).collect();
        fitting::statutory(&Festival::ALL, self.year, &off).map_err(|fault| self.faulty(fault))?;
        YearFile::of_days(self.year, papers, days)
    }

    fn faulty(&self, fault: ClauseFault) -> Faulty {
        Faulty::new(parts::start(&self.opening), fault)
    }

    /// Puts a holiday's days in the place of what was known of it.
    fn arrange(&self, holiday: &Holiday, days: &mut Vec<Listed>) -> Result<(), CalendarError> {
        let mut name = joined(&holiday.festivals);
        let about = |day: &Listed| holiday.festivals.iter().any(|festival| day.name.contains(festival.name()));
        if let Some(day) = days.iter().find(|day| about(day) && !names_only(&day.name, &holiday.festivals)) {
            return Err(Faulty::new(&holiday.clause, ClauseFault::PartOfJoined(day.name.clone())).into());
        }
        let before: Vec<Listed> = days.iter().filter(|day| about(day)).cloned().collect();
        days.retain(|day| !about(day));
        if let Some(day) = before.first() {
            name.clone_from(&day.name);
        }
        let (off, worked) = match &holiday.until {
            Some(until) => prolonged(holiday, until, &before)?,
            None => (dates(&holiday.off), dates(&holiday.worked)),
        };
        let resumes = holiday.resumes.as_ref().map(|ruled| ruled.date).filter(|date| !worked.contains(date));
        let entry = |works: Works| move |date| (date, works);
        let all = off.into_iter().map(entry(Works::No)).chain(worked.into_iter().chain(resumes).map(entry(Works::Yes)));
        for (date, works) in all {
            if days.iter().any(|day| day.date == date) {
                return Err(Faulty::new(&holiday.clause, ClauseFault::Twice(date)).into());
            }
            days.push(Listed { name: name.clone(), date, works: works == Works::Yes, line: 0 });
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Works {
    Yes,
    No,
}

fn dates(ruled: &[Ruled]) -> Vec<NaiveDate> {
    ruled.iter().map(|ruled| ruled.date).collect()
}

/// Whether the name of a holiday consists of these festivals alone.
fn names_only(name: &str, festivals: &[Festival]) -> bool {
    let (named, rest) = Festival::joined_at(name);
    rest.is_empty() && named.iter().all(|festival| festivals.contains(festival))
}

/// The days of a holiday that lasts longer: make-up days within it are gone.
fn prolonged(
    holiday: &Holiday,
    until: &Ruled,
    before: &[Listed],
) -> Result<(Vec<NaiveDate>, Vec<NaiveDate>), CalendarError> {
    let off: Vec<NaiveDate> = before.iter().filter(|day| !day.works).map(|day| day.date).collect();
    let faulty = |fault| CalendarError::from(Faulty::new(&until.clause, fault));
    let (Some(first), Some(last)) = (off.iter().min(), off.iter().max()) else {
        return Err(faulty(ClauseFault::NoDayOff));
    };
    // Prolonged once already, the holiday ends on that day: reading it again changes nothing.
    if until.date < *last || (until.date - *last).num_days() > 31 {
        return Err(faulty(ClauseFault::Range { from: *last, to: until.date }));
    }
    let resumed = holiday.resumes.as_ref().map(|ruled| ruled.date);
    let worked = before.iter().filter(|day| day.works).map(|day| day.date);
    let worked = worked.filter(|date| (date < first || *date > until.date) && Some(*date) != resumed);
    Ok((first.iter_days().take_while(|day| *day <= until.date).collect(), worked.collect()))
}

/// A clause with its fault.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Faulty {
    clause: String,
    fault: ClauseFault,
}

impl Faulty {
    fn new(clause: &str, fault: ClauseFault) -> Self {
        Self { clause: clause.replace('\n', ""), fault }
    }
}

impl From<Faulty> for CalendarError {
    fn from(Faulty { clause, fault }: Faulty) -> Self {
        CalendarError::Clause { clause, fault }
    }
}

fn read(plain: &str) -> Result<Announcement, Faulty> {
    let Parts { year, opening, sections } = parts::parts(plain)?;
    let holidays = sections.iter().map(|section| holiday(year, section)).collect::<Result<Vec<Holiday>, Faulty>>()?;
    let arranged = |festival: &&Festival| holidays.iter().any(|holiday| holiday.festivals.contains(festival));
    let missing: Vec<Festival> = Festival::ALL.iter().filter(|festival| !arranged(festival)).copied().collect();
    let scope = match (missing.is_empty(), parts::corrects(opening)) {
        (true, false) => Scope::Year,
        (true, true) => Scope::YearAgain,
        (false, true) => Scope::Correction,
        (false, false) => return Err(Faulty::new(parts::start(opening), ClauseFault::Missing(joined(&missing)))),
    };
    for holiday in &holidays {
        match (&holiday.until, scope) {
            (Some(until), Scope::Correction) if holiday.off.is_empty() && holiday.worked.is_empty() => {
                fitting::resumes_after(holiday, until.date)?;
            }
            (Some(_) | None, _) => fitting::check(holiday, year)?,
        }
    }
    fitting::apart(&holidays)?;
    Ok(Announcement { year, scope, opening: opening.to_owned(), holidays })
}

/// Reads what is said of one holiday.
fn holiday(year: i32, section: &Section<'_>) -> Result<Holiday, Faulty> {
    let Section { festivals, heading, sentences } = section;
    let named = |text: &str| if heading.is_empty() { text.to_owned() } else { format!("{heading}:{text}") };
    let mut reading = Reading::new(year, festivals, &named(&sentences.join("。")));
    for sentence in sentences {
        let plain = text::without_ordinal(sentence);
        // A sentence that is neither read nor about days is prose.
        let about_days = || {
            token::names_a_date(plain) || ["放假", "上班", "补班", "调休", "天"].iter().any(|word| plain.contains(word))
        };
        match reading.sentence(plain, &named(sentence)) {
            Err(ClauseFault::Unreadable(_)) if !about_days() => {}
            read => read.map_err(|fault| Faulty::new(&named(sentence), fault))?,
        }
    }
    Ok(reading.finish())
}
