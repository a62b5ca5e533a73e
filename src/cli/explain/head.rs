//! What a ticket is.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    rules::{Attempts, Standing, settings::ContactAttempts},
    ticket::{Moment, Origin, Phone, Ticket, TicketNo},
};

/// The head of an explanation.
#[derive(Debug, Serialize)]
pub struct Head {
    pub ticket: String,
    pub rows: u16,
    pub source: &'static str,
    pub class: &'static str,
    #[serde(skip)]
    pub class_name: &'static str,
    pub class_known: bool,
    pub regime: &'static str,
    pub round: u16,
    pub state: &'static str,
    pub state_name: &'static str,
    pub unit: Option<String>,
    pub handler: Option<String>,
    /// 大类/小类.
    pub category: Option<String>,
    pub town: Option<String>,
    pub received: Option<String>,
    pub dispatched: Option<String>,
    /// Whether an SMS could go to the citizen; never the number.
    pub phone: &'static str,
    /// Tries to reach the citizen that the log shows.
    pub tries: u16,
    /// Those that count.
    pub counted_tries: usize,
    /// Tickets of the repeat group, as the ledger knows it.
    pub repeat_group: Vec<String>,
}

impl Head {
    /// The head of a ticket.
    pub fn of(ticket: &Ticket, standing: &Standing, group: Option<Vec<TicketNo>>, tries: &Attempts) -> Self {
        let category = [&ticket.category, &ticket.subcategory].into_iter().flatten().map(|name| &**name);
        let category = category.collect::<Vec<_>>().join("/");
        let text = |name: &std::sync::Arc<str>| name.to_string();
        Self {
            ticket: ticket.no.to_string(),
            rows: ticket.rows,
            source: source(ticket.origin),
            class: standing.class.id(),
            class_name: standing.class.chinese(),
            class_known: standing.class_known,
            regime: standing.regime.id(),
            round: standing.round,
            state: standing.state.id(),
            state_name: standing.state.chinese(),
            unit: ticket.units.first().map(text),
            handler: ticket.handler.as_ref().map(text),
            category: Some(category).filter(|category| !category.is_empty()),
            town: ticket.town.as_ref().map(text),
            received: ticket.received.map(moment),
            dispatched: ticket.dispatched.map(moment),
            phone: phone(ticket.phone),
            tries: tries.all,
            counted_tries: tries.counted.len(),
            repeat_group: group.into_iter().flatten().map(|no| no.to_string()).collect(),
        }
    }
}

/// The tries to reach the citizen in this round.
pub fn tries(ticket: &Ticket, standing: &Standing, rules: &ContactAttempts, now: DateTime<Utc>) -> Attempts {
    Attempts::count(&ticket.attempts, standing.round_start, now, rules)
}

/// A moment as the store gave it: a date, or to the minute.
pub fn moment(moment: Moment) -> String {
    if moment.is_date_only() { moment.day().to_string() } else { crate::cli::instant::minute(moment.at()) }
}

fn source(origin: Option<Origin>) -> &'static str {
    match origin {
        Some(Origin::Hotline12345) => "12345",
        Some(Origin::Grid) => "网格",
        Some(Origin::Hotline12319) => "12319",
        None => "未知",
    }
}

fn phone(phone: Phone) -> &'static str {
    match phone {
        Phone::Mobile(_) => "手机",
        Phone::Landline(_) => "固定电话",
        Phone::Secret => "保密",
        Phone::Missing | Phone::Unknown => "无号码",
        Phone::Bad => "号码无法识别",
    }
}
