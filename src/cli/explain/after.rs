//! The duties that follow a conclusion, and the answers to supervision orders.

use chrono::NaiveDate;

use super::{
    duty::{Duty, Told},
    head::moment,
};
use crate::{
    calendar::{CalendarError, civil},
    planner::{self, Order},
    rules::{Count, Deadline, State},
    ticket::Moment,
};

/// What tells one such duty from another.
struct Kind {
    duty: &'static str,
    name: &'static str,
    article: String,
    from: String,
    past: &'static str,
}

impl Told<'_> {
    /// Art. 8(4), 8(7), 9(5): feedback, audit and archive, as far as they have begun.
    pub fn after_conclusion(&self) -> Result<Vec<Duty>, CalendarError> {
        let (ticket, rules) = (self.ticket, &self.policy.rules);
        // What the desk answered itself has no unit that owes anything.
        if ticket.dispatched.is_none() || !self.standing.is_concluded(ticket) {
            return Ok(Vec::new());
        }
        let of_round = |at: &Moment| self.standing.round_start.is_none_or(|start| !start.is_after(*at));
        let [concluded, fed_back, audited] =
            [ticket.concluded, ticket.fed_back, ticket.audited].map(|at| at.filter(of_round));
        let kind = |duty, name, article: &str, from: &str, past| Kind {
            duty,
            name,
            article: article.into(),
            from: from.into(),
            past,
        };
        let feedback = kind("feedback", "办结反馈期限", &rules.feedback.article, "办结之日", "未反馈");
        let audit = kind("audit", "审核期限", &rules.audit.article, "反馈之日", "未审核");
        let archive = kind("archive", "归档期限", &rules.archive.article, "审核通过之日", "未归档");
        let is_waiting = matches!(self.standing.state, State::FedUpstream | State::RevisitedOk | State::Archived);
        let archived = (self.standing.state == State::Archived).then(|| "已归档".to_owned());
        let done = |at: Option<Moment>, what: &str| at.map(|at| format!("已于 {} {what}", moment(at)));
        let duties = [
            (feedback, concluded, rules.feedback.workdays, done(fed_back, "反馈")),
            (audit, fed_back, rules.audit.workdays, done(audited, "审核")),
            (archive, audited.filter(|_| is_waiting), rules.archive.workdays, archived),
        ];
        let begun = duties.into_iter().filter_map(|(kind, start, days, met)| Some((kind, start?.day(), days, met)));
        begun.map(|(kind, start, days, met)| self.counted(kind, start, days, met)).collect()
    }

    /// Art. 7(5), 10: the answer to each order.
    pub fn orders(&self, orders: &[Order]) -> Result<Vec<Duty>, CalendarError> {
        let rules = &self.policy.rules;
        let marks = self.ticket.supervision;
        let mut duties = Vec::with_capacity(orders.len());
        for order in orders {
            let issued = civil::day_of(order.issued);
            let answered = marks.answered.filter(|at| at.day() >= issued);
            let met =
                answered.filter(|_| marks.signed).map(|at| format!("已于 {} 书面反馈并经主要领导审核", moment(at)));
            let kind = Kind {
                duty: "supervision",
                name: "督办反馈期限",
                article: rules.supervision.article.clone(),
                from: format!("督办单{}签发之日", order.text()),
                past: if answered.is_some() { "缺主要领导审核" } else { "未反馈" },
            };
            let mut duty = self.counted(kind, issued, rules.ladder.supervision_workdays, met)?;
            if let (Some(end), Some(day)) = (&mut duty.end, planner::dated_answer(self.ticket, order.issued)) {
                // The date on the order stands, whatever would be counted.
                end.due = civil::end_of(day);
                end.original_due = end.due;
                end.passed = end.due <= self.now;
                end.limit = format!("督办单写明 {day}");
                end.lines.clear();
                end.proof.clear();
            }
            duties.push(duty);
        }
        Ok(duties)
    }

    fn counted(&self, kind: Kind, start: NaiveDate, days: u32, met: Option<String>) -> Result<Duty, CalendarError> {
        let end_of_day = self.policy.rules.conclusion.end_of_day;
        let deadline = Deadline::count(&self.policy.calendar, start, Count::Workdays(days), end_of_day)?;
        Ok(Duty {
            duty: kind.duty,
            name: kind.name,
            article: kind.article,
            from: kind.from,
            end: Some(self.end(&deadline)?),
            met,
            past: kind.past,
            extension_window: None,
        })
    }
}
