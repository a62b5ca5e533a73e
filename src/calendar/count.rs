//! Questions to a calendar, each answered by look-ups.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use super::{
    CalendarError, Counted, Day, FIRST_YEAR, LAST_YEAR, Overlay, Part, SecondOpinion, Workdays, YearFile,
    arrangement::Arrangement,
    civil, opinion,
    table::{Slot, Table},
};

/// Which days are worked, from 2004 to 2100, and how to count them.
///
/// ```
/// use duban::calendar::{Calendar, Workdays, embedded};
/// use chrono::NaiveDate;
///
/// let calendar = Calendar::new(&embedded()?, &[])?;
/// let eve = NaiveDate::from_ymd_opt(2026, 9, 30).unwrap();
/// let due = calendar.nth_workday_after(eve, Workdays(3))?;
/// // After National Day: Thursday the 8th, Friday the 9th, and Saturday the 10th made up.
/// assert_eq!(due.value, NaiveDate::from_ymd_opt(2026, 10, 10).unwrap());
/// assert!(!due.provisional);
/// # Ok::<(), duban::calendar::CalendarError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Calendar {
    arrangement: Arrangement,
    table: Table,
    version: String,
    parts: Vec<Part>,
}

impl Calendar {
    /// Makes the table from year files and the overlays above them.
    ///
    /// # Errors
    ///
    /// When two files rule one year or contradict each other on a day, or when a
    /// year is left without a working day.
    pub fn new(files: &[YearFile], overlays: &[Overlay]) -> Result<Calendar, CalendarError> {
        let arrangement = Arrangement::new(files, overlays)?;
        let table = Table::new(|day| arrangement.facts(day));
        let version = arrangement.version();
        let years = files.iter().filter(|file| !file.is_empty()).map(Part::of_year);
        let parts = years.chain(overlays.iter().map(Part::of_overlay)).collect();
        let calendar = Calendar { arrangement, table, version, parts };
        calendar.every_year_has_a_workday()?;
        Ok(calendar)
    }

    /// Returns the `n`th working day after `day`; `day` itself is not counted.
    ///
    /// With `n` = 0 the answer is `day`, worked or not. (Rule R2: all days after
    /// `day` up to the answer are examined.)
    ///
    /// # Errors
    ///
    /// When the count leaves the years that the table spans.
    #[inline]
    pub fn nth_workday_after(&self, day: NaiveDate, n: Workdays) -> Result<Counted<NaiveDate>, CalendarError> {
        match self.after(day, n) {
            Some(counted) => Ok(counted),
            None => Err(refused(day, n.0)),
        }
    }

    /// Returns the `n`th working day counted back, `day` being the first if it is
    /// worked, else the last working day before it.
    ///
    /// # Errors
    ///
    /// When `n` is 0, or when the count leaves the years that the table spans.
    ///
    /// ```
    /// # use duban::calendar::{Calendar, Workdays, embedded};
    /// # use chrono::NaiveDate;
    /// let calendar = Calendar::new(&embedded()?, &[])?;
    /// let due = NaiveDate::from_ymd_opt(2026, 10, 10).unwrap();
    /// let fifth = calendar.nth_workday_back(due, Workdays(5))?;
    /// assert_eq!(fifth.value, NaiveDate::from_ymd_opt(2026, 9, 29).unwrap());
    /// # Ok::<(), duban::calendar::CalendarError>(())
    /// ```
    #[inline]
    pub fn nth_workday_back(&self, day: NaiveDate, n: Workdays) -> Result<Counted<NaiveDate>, CalendarError> {
        match self.back(day, n) {
            Some(counted) => Ok(counted),
            None if n.0 == 0 => Err(CalendarError::NothingToCount { day }),
            None => Err(refused(day, n.0)),
        }
    }

    /// Returns the first working day after `day`.
    ///
    /// # Errors
    ///
    /// When it leaves the years that the table spans.
    pub fn next_workday(&self, day: NaiveDate) -> Result<Counted<NaiveDate>, CalendarError> {
        self.nth_workday_after(day, Workdays(1))
    }

    /// Returns the `n`th natural day after `day`; days off count like others.
    ///
    /// # Errors
    ///
    /// When either day lies outside the years that the table spans.
    pub fn nth_day_after(&self, day: NaiveDate, n: u32) -> Result<NaiveDate, CalendarError> {
        slot(day)?;
        let value = day.checked_add_days(Days::new(u64::from(n)));
        value.filter(|value| slot(*value).is_ok()).ok_or(CalendarError::CountLeaves { day, n })
    }

    /// Whether `day` is a working day.
    ///
    /// # Errors
    ///
    /// When it lies outside the years that the table spans.
    pub fn is_workday(&self, day: NaiveDate) -> Result<Counted<bool>, CalendarError> {
        let slot = slot(day)?;
        let eve = self.table.span(slot.before());
        Ok(Counted {
            value: self.table.span(slot).through > eve.through,
            provisional: eve.provisional(slot),
            strict_provisional: eve.strict_provisional(slot),
        })
    }

    /// How many working days lie after `a` up to `b`; negative when `b` is before `a`.
    ///
    /// # Errors
    ///
    /// When either day lies outside the years that the table spans.
    pub fn workdays_between(&self, a: NaiveDate, b: NaiveDate) -> Result<i64, CalendarError> {
        Ok(self.through(slot(b)?) - self.through(slot(a)?))
    }

    /// How many working days lie wholly inside `[a, b)`; 0 when `b` is not after `a`.
    ///
    /// # Errors
    ///
    /// When either instant lies outside the years that the table spans.
    pub fn full_workdays(&self, a: DateTime<Utc>, b: DateTime<Utc>) -> Result<i64, CalendarError> {
        let (first, last) = (slot(civil::day_of(a))?, slot(civil::day_of(b))?.before());
        // A day that begins exactly at `a` is whole; one that `a` falls into is not.
        let whole = a.with_timezone(&civil::zone()).time() == NaiveTime::MIN;
        let eve = if whole { first.before() } else { first };
        Ok((self.through(last) - self.through(eve)).max(0))
    }

    /// The day with the reason why it is worked or not.
    ///
    /// # Errors
    ///
    /// When it lies outside the years that the table spans.
    pub fn day(&self, day: NaiveDate) -> Result<Day, CalendarError> {
        slot(day).map(|_| self.arrangement.day(day))
    }

    /// The notices that the arrangement of `day` was taken from; the last one
    /// stands. Empty when its year is not known.
    pub fn papers(&self, day: NaiveDate) -> &[String] {
        self.arrangement.papers(day)
    }

    /// Whether the year's own file is loaded.
    pub fn knows(&self, year: i32) -> bool {
        self.arrangement.knows(year)
    }

    /// The last year whose file is loaded.
    pub fn horizon(&self) -> Option<i32> {
        self.arrangement.years().next_back()
    }

    /// A short text naming the known years and a digest of the content, such as
    /// `2018-2026 #a1b2c3d4`. Equal content gives an equal text.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The files that it is made of: the years in order given, then the overlays.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Compares the known years with what the crate `chinese_holiday` says.
    ///
    /// Days that a local overlay rules are left out: it differs on purpose.
    pub fn verify(&self) -> SecondOpinion {
        opinion::compare(&self.arrangement)
    }

    #[inline]
    fn after(&self, day: NaiveDate, n: Workdays) -> Option<Counted<NaiveDate>> {
        let span = self.table.span(Slot::of(day)?);
        if n.0 == 0 {
            return Some(Counted { value: day, provisional: false, strict_provisional: false });
        }
        let (value, last) = self.table.worked(usize::from(span.through).saturating_add(n.0 as usize))?;
        let (provisional, strict_provisional) = (span.provisional(last), span.strict_provisional(last));
        Some(Counted { value, provisional, strict_provisional })
    }

    #[inline]
    fn back(&self, day: NaiveDate, n: Workdays) -> Option<Counted<NaiveDate>> {
        let last = Slot::of(day)?;
        let back = n.0.checked_sub(1)? as usize;
        let (value, first) = self.table.worked(usize::from(self.table.span(last).through).checked_sub(back)?)?;
        let eve = self.table.span(first.before());
        let (provisional, strict_provisional) = (eve.provisional(last), eve.strict_provisional(last));
        Some(Counted { value, provisional, strict_provisional })
    }

    fn through(&self, slot: Slot) -> i64 {
        i64::from(self.table.span(slot).through)
    }

    fn every_year_has_a_workday(&self) -> Result<(), CalendarError> {
        for year in FIRST_YEAR..=LAST_YEAR {
            let eve = self.table.span(Slot::of_ordinal(year, 1).before());
            let end = self.table.span(Slot::of_ordinal(year, 366));
            if eve.through == end.through {
                return Err(CalendarError::AllClosed { year });
            }
        }
        Ok(())
    }
}

/// Why a count could not be made; kept apart from the look-ups, which are hot.
#[cold]
fn refused(day: NaiveDate, n: u32) -> CalendarError {
    slot(day).err().unwrap_or(CalendarError::CountLeaves { day, n })
}

fn slot(day: NaiveDate) -> Result<Slot, CalendarError> {
    Slot::of(day).ok_or(CalendarError::NotCovered { day })
}
