//! Art. 9(3): reminders before the end of the conclusion limit, the ladder after it.

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    calendar::{CalendarError, civil},
    notice::{Fact, Facts, Kind},
    rules::{
        Count, Deadline,
        deadline::{self, step_back},
        settings::UrgentLadder,
    },
};

use super::{
    case::{Case, Scope},
    ladder::{self, Phase, Step},
    supervision, words,
};

/// Lower overdue steps that a plan still names, to record them as superseded.
const REMEMBERED: u32 = 12;

/// due-soon, due-today, due-final, overdue-1 to -3 and -daily.
pub(super) fn plan(case: &mut Case<'_>) {
    let Some(due) = case.standing.conclusion else { return };
    if case.is_concluded() {
        return;
    }
    // Beyond the calendar's years nothing can be counted, and nothing is due.
    let Ok(mut steps) = reminders(case, &due) else { return };
    let Ok(overdue) = overdue(case, &due) else { return };
    steps.extend(overdue);
    let unit = overdue_mode(case, &due);
    ladder::plan(case, Scope::Round, &steps, |case, step| facts(case, step, unit));
}

/// Reminders, less those whose instant lies before the dispatch or before the
/// extension that made this end.
fn reminders(case: &Case<'_>, due: &Deadline) -> Result<Vec<Step>, CalendarError> {
    let (ticket, rules) = (case.view.ticket, &case.rules().reminders);
    let made = due.extended.and(ticket.extension_approved);
    let since = ticket.dispatched.or(ticket.received).into_iter().chain(made).map(|at| at.at()).max();
    let before: &[u32] = match (due.extended, due.count.days()) {
        (None, 0 | 1) => &[],
        (None, 2..=5) => &rules.before_short,
        (None, 6..) | (Some(_), _) => &rules.before_long,
    };
    let mut steps = Vec::with_capacity(before.len() + 2);
    for n in before {
        let day = step_back(&case.policy.calendar, due.day, due.mode(), *n)?;
        let expires = Some(civil::end_of(day));
        steps.push(Step { kind: Kind::DueSoon, at: rules.at.on(day), expires, phase: Phase::Reminder, n: *n });
    }
    for (kind, time) in [(Kind::DueToday, rules.at), (Kind::DueFinal, rules.final_)] {
        steps.push(Step { kind, at: time.on(due.day), expires: Some(due.due), phase: Phase::Reminder, n: 0 });
    }
    steps.retain(|step| since.is_none_or(|since| step.at > since) && step.at < due.due);
    steps.sort_by_key(|step| step.at);
    Ok(steps)
}

/// The unit of the ladder: an urgent ticket's runs on natural days (A30).
fn overdue_mode(case: &Case<'_>, due: &Deadline) -> Count {
    match case.rules().ladder.urgent {
        UrgentLadder::Natural if case.is_urgent() => Count::Days(1),
        UrgentLadder::Natural | UrgentLadder::Own => due.mode(),
    }
}

/// The overdue steps around `now`: the highest that has passed, the ones before
/// it that a long stop may have missed, and the next.
fn overdue(case: &Case<'_>, due: &Deadline) -> Result<Vec<Step>, CalendarError> {
    let ladder = Ladder { case, due, mode: overdue_mode(case, due) };
    let passed = ladder.passed()?;
    let from = passed.saturating_sub(REMEMBERED).max(1);
    (from..=passed + 1).map(|position| ladder.step(position)).collect()
}

struct Ladder<'a, 'b> {
    case: &'a Case<'b>,
    due: &'a Deadline,
    mode: Count,
}

impl Ladder<'_, '_> {
    /// How many steps have come due by now.
    fn passed(&self) -> Result<u32, CalendarError> {
        let rules = &self.case.rules().ladder;
        let mut today = civil::day_of(self.case.now);
        if today <= self.due.day {
            return Ok(0);
        }
        if self.case.now < rules.at.on(today) {
            today = today - chrono::Days::new(1);
        }
        let days = match self.mode {
            Count::Workdays(_) => self.case.policy.calendar.workdays_between(self.due.day, today)?,
            Count::Days(_) => (today - self.due.day).num_days(),
        };
        let days = u32::try_from(days).unwrap_or(0);
        let weekly = days.saturating_sub(rules.daily_until) / self.week();
        Ok(days.min(rules.daily_until) + weekly)
    }

    /// Days of a week in the ladder's unit.
    fn week(&self) -> u32 {
        match self.mode {
            Count::Workdays(_) => 5,
            Count::Days(_) => 7,
        }
    }

    /// The day of a step: daily up to a number, then weekly.
    fn day(&self, position: u32) -> Result<(NaiveDate, u32), CalendarError> {
        let until = self.case.rules().ladder.daily_until;
        let n = position.min(until) + position.saturating_sub(until) * self.week();
        let (day, _, _) = deadline::step(&self.case.policy.calendar, self.due.day, self.mode.with(n))?;
        Ok((day, n))
    }

    fn step(&self, position: u32) -> Result<Step, CalendarError> {
        let (day, n) = self.day(position)?;
        let kind = match position {
            1 => Kind::Overdue1,
            2 => Kind::Overdue2,
            3 => Kind::Overdue3,
            _ => Kind::OverdueDaily,
        };
        let at = self.case.rules().ladder.at.on(day);
        // A close of business at 17:00 could put step 1 before 24:00, never before the end.
        let at = at.max(self.due.due);
        Ok(Step { kind, at, expires: None, phase: Phase::Overdue, n })
    }
}

fn facts(case: &Case<'_>, step: &Step, unit: Count) -> Facts {
    let mut facts = case.facts(step.kind);
    let days = |count: Count| match count {
        Count::Workdays(_) => "工作日",
        Count::Days(_) => "天",
    };
    match step.phase {
        Phase::Reminder => {
            let mode = case.standing.conclusion.map_or(unit, |due| due.mode());
            facts.insert("left".into(), words::number(step.n));
            facts.insert("unit_of_left".into(), words::text(days(mode)));
        }
        Phase::Overdue => {
            facts.insert("overdue_days".into(), words::number(step.n));
            facts.insert("day_unit".into(), words::text(days(unit)));
            facts.insert("step".into(), words::number(step.n));
            facts.insert("reminders".into(), Fact::List(reminders_sent(case, step.at)));
        }
    }
    if step.kind == Kind::Overdue3 {
        words::place(&mut facts, case.view.ticket);
        // After downtime the order is issued later than the step was due.
        let issued = case.view.facts.orders.iter().map(|order| order.issued).find(|issued| *issued >= step.at);
        supervision::insert_answer(case, &mut facts, issued.unwrap_or(case.now.max(step.at)));
    }
    facts
}

/// The steps that were really sent before this one, each once: `11月17日16时办结当日最后提醒`.
fn reminders_sent(case: &Case<'_>, before: DateTime<Utc>) -> Vec<String> {
    let of_ladder = |kind: Kind| {
        matches!(
            kind,
            Kind::DueSoon | Kind::DueToday | Kind::DueFinal | Kind::Overdue1 | Kind::Overdue2 | Kind::Overdue3
        )
    };
    let mut sent: Vec<(DateTime<Utc>, Kind)> = case
        .view
        .told
        .iter()
        .filter(|told| told.round == case.standing.round && told.at < before && of_ladder(told.kind))
        .map(|told| (told.at, told.kind))
        .collect();
    sent.sort();
    let mut lines: Vec<String> =
        sent.into_iter().map(|(at, kind)| format!("{}{}", words::short(at), kind.chinese())).collect();
    lines.dedup();
    lines
}
