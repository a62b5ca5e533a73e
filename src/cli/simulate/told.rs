//! What left, as other programs and people read it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::{
    calendar::civil,
    cli::{Form, Session},
    notice::{Kind, Role},
};

/// One leaving: all channels and roles that were told the same at one instant;
/// or, with `superseded`, a notice that never left.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    pub kind: Kind,
    pub tickets: Vec<String>,
    /// About several tickets, or a group: the tickets are a list though one stands there.
    pub list: bool,
    pub unit: Option<String>,
    pub roles: BTreeSet<Role>,
    pub text: BTreeMap<&'static str, String>,
    pub late: bool,
    pub provisional: bool,
    pub deferred_from: Option<DateTime<Utc>>,
    pub repeat: bool,
    /// Other than accepted: the class of the answer.
    pub outcome: Option<&'static str>,
    pub superseded: Option<String>,
}

impl Told {
    /// By instant, kind and ticket.
    pub fn order(&self) -> (DateTime<Utc>, &'static str, &[String], Option<DateTime<Utc>>) {
        (self.at, self.kind.id(), &self.tickets, self.deferred_from)
    }

    fn object(&self) -> Value {
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| object.insert(name.into(), value);
        put("at", json!(civil::iso(self.at)));
        put("due_at", json!(civil::iso(self.due_at)));
        put("kind", json!(self.kind.id()));
        match (self.tickets.as_slice(), self.list) {
            ([], _) => {}
            ([ticket], false) => _ = put("ticket_no", json!(ticket)),
            (tickets, _) => _ = put("ticket_nos", json!(tickets)),
        }
        put("unit", json!(self.unit));
        let mut roles: Vec<&str> = self.roles.iter().map(|role| role.id()).collect();
        roles.sort_unstable();
        put("recipients", json!(roles));
        put("channels", json!(self.text.keys().collect::<Vec<_>>()));
        put("text", json!(self.text));
        put("late", json!(self.late));
        put("provisional", json!(self.provisional));
        if let Some(from) = self.deferred_from {
            put("deferred_from", json!(civil::iso(from)));
        }
        if self.repeat {
            put("repeat", json!(true));
        }
        if let Some(outcome) = self.outcome {
            put("outcome", json!(outcome));
        }
        if let Some(reason) = &self.superseded {
            put("superseded", json!(reason));
        }
        Value::Object(object)
    }

    fn line(&self) -> String {
        let roles: Vec<&str> = self.roles.iter().map(|role| role.chinese()).collect();
        let channels: Vec<&str> = self.text.keys().copied().collect();
        let local = self.at.with_timezone(&civil::zone()).format("%Y-%m-%d %H:%M:%S");
        let mark = match (&self.superseded, self.late, self.deferred_from) {
            (Some(reason), _, _) => format!(" 未发({reason})"),
            (None, true, _) => " 迟发".into(),
            (None, false, Some(_)) => " 静默时段后发".into(),
            (None, false, None) => String::new(),
        };
        let (kind, tickets) = (self.kind.chinese(), self.tickets.join(","));
        format!("{local} {kind} {tickets} → {} [{}]{mark}", roles.join("、"), channels.join(" "))
    }
}

/// Writes leavings, one a line.
///
/// # Errors
///
/// When nobody takes them.
pub fn tell(told: &[Told], session: &mut Session<'_>) -> anyhow::Result<()> {
    for told in told {
        match session.form {
            Form::Json => session.object(&told.object())?,
            Form::Text => writeln!(session.out, "{}", told.line())?,
        }
    }
    Ok(())
}
