//! The deadlines of a ticket, each with its proof.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Utc};
use serde::Serialize;

use super::{
    head::moment,
    skipped::{self, Skipped},
};
use crate::{
    calendar::CalendarError,
    cli::instant,
    planner::{Policy, View},
    rules::{
        ConclusionFrom, Count, Deadline, Standing,
        deadline::extension_window,
        proof::{self, Extended, Known, ProofDay},
        settings::ContactStart,
    },
    ticket::Ticket,
};

/// A duty with its deadline.
#[derive(Debug, Serialize)]
pub struct Duty {
    pub duty: &'static str,
    pub name: &'static str,
    pub article: String,
    /// What is counted from, `接收之日`.
    pub from: String,
    #[serde(flatten)]
    pub end: Option<End>,
    /// How it was met, if it was.
    pub met: Option<String>,
    /// What its end means if it was not.
    #[serde(skip)]
    pub past: &'static str,
    /// For the conclusion: the last day to ask for an extension, or why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension_window: Option<String>,
}

/// A deadline, counted.
#[derive(Debug, Serialize)]
pub struct End {
    /// The day of the event; itself not counted.
    pub start: String,
    /// `3个工作日`.
    pub limit: String,
    pub extension: Option<String>,
    #[serde(serialize_with = "instant::iso")]
    pub original_due: DateTime<Utc>,
    #[serde(serialize_with = "instant::iso")]
    pub due: DateTime<Utc>,
    /// Whether the end lies in the past.
    pub passed: bool,
    pub provisional: bool,
    pub strict_provisional: bool,
    pub skipped: Skipped,
    pub proof: Vec<Day>,
    #[serde(skip)]
    pub lines: Vec<String>,
    /// The years whose days were looked at.
    #[serde(skip)]
    pub years: RangeInclusive<i32>,
}

/// A day of a proof.
#[derive(Debug, Serialize)]
pub struct Day {
    date: String,
    weekday: &'static str,
    /// The ordinal; null for a day that is not counted.
    counted: Option<u32>,
    why: String,
    in_extension: bool,
    assumed: bool,
}

/// The duties of a ticket that have begun, in the order of their course.
///
/// # Errors
///
/// When a count leaves the calendar's years.
pub fn all(
    view: View<'_>,
    standing: &Standing,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Result<Vec<Duty>, CalendarError> {
    let ticket = view.ticket;
    let from = Told { ticket, standing, policy, now };
    let duties = [from.first_contact()?, from.return_window()?, Some(from.conclusion()?), from.second_revisit()?];
    let mut duties: Vec<Duty> = duties.into_iter().flatten().collect();
    duties.extend(from.after_conclusion()?);
    duties.extend(from.orders(&view.facts.orders)?);
    Ok(duties)
}

pub(super) struct Told<'a> {
    pub ticket: &'a Ticket,
    pub standing: &'a Standing,
    pub policy: &'a Policy,
    pub now: DateTime<Utc>,
}

impl Told<'_> {
    fn first_contact(&self) -> Result<Option<Duty>, CalendarError> {
        let rules = &self.policy.rules.first_contact;
        let Some(deadline) = &self.standing.first_contact else { return Ok(None) };
        let contact = self.standing.contact(self.ticket, &self.policy.rules, self.now);
        Ok(Some(Duty {
            duty: "first_contact",
            name: "先行联系期限",
            article: rules.article.clone(),
            from: match rules.starts {
                ContactStart::Dispatched => "派单之日",
                ContactStart::Received => "接收之日",
                ContactStart::Accepted => "接单之日",
            }
            .into(),
            end: Some(self.end(deadline)?),
            met: contact.map(|contact| format!("已于 {} 联系", moment(contact))),
            past: if self.standing.is_concluded(self.ticket) { "未填先行联系时间" } else { "已逾期" },
            extension_window: None,
        }))
    }

    fn return_window(&self) -> Result<Option<Duty>, CalendarError> {
        let Some(deadline) = &self.standing.return_window else { return Ok(None) };
        Ok(Some(Duty {
            duty: "return_window",
            name: "退单申请期限",
            article: self.policy.rules.return_window.article.clone(),
            from: "派单之日".into(),
            end: Some(self.end(deadline)?),
            met: match (self.ticket.return_applied, self.ticket.accepted) {
                (Some(applied), _) => Some(format!("已于 {} 申请退单", moment(applied))),
                (None, Some(accepted)) => Some(format!("已于 {} 接单", moment(accepted))),
                (None, None) => None,
            },
            // Art. 9(2)3: not returned in time counts as taken.
            past: "已过,视作接单",
            extension_window: None,
        }))
    }

    fn conclusion(&self) -> Result<Duty, CalendarError> {
        let deadline = self.standing.conclusion.as_ref();
        let met = self.standing.is_concluded(self.ticket).then(|| match self.ticket.concluded {
            Some(concluded) => format!("已于 {} 办结", moment(concluded)),
            None => "已办结,未填办结时间".to_owned(),
        });
        Ok(Duty {
            duty: "conclusion",
            name: "办结期限",
            article: self.policy.rules.conclusion.article.clone(),
            from: match self.standing.conclusion_from {
                ConclusionFrom::Received => "接收之日",
                ConclusionFrom::Dispatched => "派单之日(接收时间不可用)",
                ConclusionFrom::Reassigned => "重新交办之日",
                ConclusionFrom::None => "接收时间与派单时间均不可用,无法给出期限",
            }
            .into(),
            end: deadline.map(|deadline| self.end(deadline)).transpose()?,
            met,
            past: "已逾期",
            extension_window: deadline.map(|deadline| self.extension_window(deadline)).transpose()?,
        })
    }

    fn second_revisit(&self) -> Result<Option<Duty>, CalendarError> {
        let Some(deadline) = &self.standing.second_revisit else { return Ok(None) };
        Ok(Some(Duty {
            duty: "second_revisit",
            name: "二次回访期限",
            article: self.policy.rules.second_revisit.article.clone(),
            from: "回访不满意之日".into(),
            end: Some(self.end(deadline)?),
            met: self.ticket.second_revisited.map(|revisited| format!("已于 {} 回访", moment(revisited))),
            past: "已逾期",
            extension_window: None,
        }))
    }

    /// Art. 9(3)2: until when an extension may be asked for.
    fn extension_window(&self, deadline: &Deadline) -> Result<String, CalendarError> {
        if deadline.extended.is_some() {
            return Ok("已延期一次,不再延期".to_owned());
        }
        let window = extension_window(&self.policy.calendar, deadline.original_day, &self.policy.rules.extension)?;
        let began = self.ticket.dispatched.or(self.ticket.received).map(|began| began.day());
        if began.is_some_and(|began| window.last_day < began) {
            return Ok("不适用:派单时已不足规定的工作日".to_owned());
        }
        let over = if window.refused_from <= self.now { "(已过)" } else { "" };
        Ok(format!("最迟 {} 24:00 前申请{over}", window.last_day))
    }

    pub fn end(&self, deadline: &Deadline) -> Result<End, CalendarError> {
        let calendar = &self.policy.calendar;
        let proof = proof::days(deadline, calendar)?;
        let length = |count: Count| format!("{}{}", count.days(), count.unit());
        let extension = deadline.extended.map(|extended| {
            let base = if extended.from == deadline.original_day { "自原期限末日" } else { "自批准之日" };
            format!("{}({base} {} 起算)", length(extended.count), extended.from)
        });
        Ok(End {
            start: deadline.start.to_string(),
            limit: length(deadline.count),
            extension,
            original_due: deadline.original_due,
            due: deadline.due,
            passed: deadline.due <= self.now,
            provisional: deadline.provisional,
            strict_provisional: deadline.strict_provisional,
            skipped: skipped::of(&proof, calendar)?,
            proof: proof.iter().map(Day::of).collect(),
            lines: proof::lines(deadline, calendar)?,
            years: deadline.start.year()..=deadline.day.year(),
        })
    }
}

impl Day {
    fn of(day: &ProofDay) -> Self {
        Self {
            date: day.date.to_string(),
            weekday: proof::weekday(day.date),
            counted: day.counted,
            why: day.why.clone(),
            in_extension: day.in_extension == Extended::Extension,
            assumed: day.assumed == Known::Assumed,
        }
    }
}
