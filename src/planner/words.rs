//! Facts of the texts: instants, lengths and names as a clerk writes them.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::{
    calendar::civil,
    notice::{Fact, Facts, Kind},
    rules::{Count, Deadline},
    ticket::{Moment, Origin, Ticket},
};

use super::case::Case;

/// `2026-09-16 24:00` for a midnight end, else `2026-09-15 09:00`.
pub(crate) fn long(instant: DateTime<Utc>) -> String {
    let local = instant.with_timezone(&civil::zone());
    match local.format("%H:%M:%S").to_string().as_str() {
        "00:00:00" => format!("{} 24:00", last_day(instant)),
        _ => local.format("%Y-%m-%d %H:%M").to_string(),
    }
}

/// An instant that is an event, not an end: `2026-09-15 09:00`.
pub(crate) fn event(instant: DateTime<Utc>) -> String {
    instant.with_timezone(&civil::zone()).format("%Y-%m-%d %H:%M").to_string()
}

/// A moment as the store gave it: a date alone, or to the minute.
pub(crate) fn moment(moment: Moment) -> String {
    if moment.is_date_only() { moment.day().to_string() } else { event(moment.at()) }
}

/// `9月16日24时` for a midnight end, `9月16日17时`, `9月16日17时30分`.
pub(super) fn short(instant: DateTime<Utc>) -> String {
    use chrono::Timelike;
    let local = instant.with_timezone(&civil::zone());
    let (day, hour) = match (local.hour(), local.minute()) {
        (0, 0) => (last_day(instant), 24),
        (hour, _) => (local.date_naive(), hour),
    };
    let minute = if local.minute() == 0 { String::new() } else { format!("{}分", local.minute()) };
    format!("{}月{}日{hour}时{minute}", day.month(), day.day())
}

/// The last day that lies before a midnight end.
fn last_day(end: DateTime<Utc>) -> NaiveDate {
    civil::day_of(end - chrono::TimeDelta::seconds(1))
}

/// `3个工作日`.
pub(crate) fn length(count: Count) -> String {
    format!("{}{}", count.days(), count.unit())
}

/// A text fact.
pub(super) fn text(value: impl Into<String>) -> Fact {
    Fact::Text(value.into())
}

/// A number fact.
pub(super) fn number(value: impl Into<i64>) -> Fact {
    Fact::Number(value.into())
}

/// Adds an end in both forms, as `name` and `name_s`.
pub(super) fn end(facts: &mut Facts, name: &str, deadline: Option<&Deadline>) {
    let due = deadline.map(|deadline| deadline.due);
    facts.insert(name.into(), text(due.map_or_else(|| "未知".into(), long)));
    facts.insert(format!("{name}_s"), text(due.map_or_else(|| "未知".into(), short)));
}

/// The facts every ticket notice has.
pub(super) fn common(case: &Case<'_>, kind: Kind) -> Facts {
    let (ticket, standing) = (case.view.ticket, case.standing);
    let mut facts = Facts::new();
    let mut put = |name: &str, value: Fact| facts.insert(name.into(), value);
    put("no", text(ticket.no.as_str()));
    put("t4", text(ticket.no.tail()));
    put("source", text(source(ticket)));
    put("class", text(standing.class.chinese()));
    put("unit", text(case.unit().as_deref().unwrap_or("待定")));
    put("round", number(standing.round));
    put("recv", text(ticket.received.map_or_else(|| "未知".into(), |at| event(at.at()))));
    let limit = standing.conclusion.map_or_else(|| "未知".into(), |deadline| length(deadline.count));
    put("limit", text(limit));
    let extension = standing.conclusion.and_then(|deadline| deadline.extended);
    put("ext", text(extension.map_or_else(|| "无".into(), |extended| length(extended.count))));
    put("provisional", Fact::Flag(standing.conclusion.is_some_and(|deadline| deadline.provisional)));
    put("late", Fact::Flag(false));
    put("notice_id", text(format!("{kind}/{}/r{}", ticket.no, standing.round)));
    end(&mut facts, "due", standing.conclusion.as_ref());
    facts
}

/// The facts of a P1 notice: category and town, never a street.
pub(super) fn place(facts: &mut Facts, ticket: &Ticket) {
    facts.insert("cat".into(), text(category(ticket.category.as_deref(), ticket.subcategory.as_deref())));
    facts.insert("cat1".into(), text(ticket.category.as_deref().unwrap_or("未分类")));
    facts.insert("town".into(), text(ticket.town.as_deref().unwrap_or("未知街镇")));
}

/// `供水/水压`.
pub(crate) fn category(large: Option<&str>, small: Option<&str>) -> String {
    match (large, small) {
        (Some(large), Some(small)) => format!("{large}/{small}"),
        (Some(only), None) | (None, Some(only)) => only.into(),
        (None, None) => "未分类".into(),
    }
}

/// Whence a ticket came, as it is called.
pub(crate) fn source(ticket: &Ticket) -> &'static str {
    match ticket.origin {
        Some(Origin::Hotline12345) => "12345",
        Some(Origin::Grid) => "网格",
        Some(Origin::Hotline12319) => "12319",
        None => "未知",
    }
}
