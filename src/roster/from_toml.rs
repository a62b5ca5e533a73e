//! The form of a roster that an administrator edits: tables `[[unit]]`,
//! `[[person]]`, `[[stand_in]]` and `[[duty]]`.
//!
//! The text is read by hand, not by a derive, so that all of its faults are told
//! at once, each with its line.

use chrono::{Datelike, Days, NaiveDate};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Fault, RosterError, Span,
    draft::{At, Draft, DraftDuty, DraftPerson, DraftStandIn, DraftUnit, role},
};

pub(super) fn read(file: &str, text: &str) -> Result<Draft, Vec<RosterError>> {
    let mut draft = Draft::new(file);
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let line = error.span().map(|span| line_of(text, span.start));
        draft.fault(line, "toml", Fault::Syntax(error.message().to_owned()));
    }
    if !draft.faults.is_empty() {
        return Err(draft.faults);
    }
    let mut top = Fields { text, draft: &mut draft, name: "", line: 1, table: document.get_ref() };
    top.refuse_unknown(&["unit", "person", "stand_in", "duty"]);
    top.each("unit", unit);
    top.each("person", person);
    top.each("stand_in", stand_in);
    top.each("duty", duty);
    Ok(draft)
}

fn unit(fields: &mut Fields<'_, '_>) {
    fields.refuse_unknown(&["code", "name", "former", "abolished", "successor"]);
    let (code, name, former) = (fields.text("code"), fields.text("name"), fields.texts("former"));
    let (abolished, successor) = (fields.optional_day("abolished"), fields.optional_text("successor"));
    if fields.has("successor") && !fields.has("abolished") {
        fields.fault("successor", Fault::SuccessorWithoutDay);
    }
    if let (Some(code), Some(name)) = (code, name) {
        fields.draft.units.push(DraftUnit { line: fields.line, code, name, former, abolished, successor });
    }
}

fn person(fields: &mut Fields<'_, '_>) {
    fields.refuse_unknown(&["id", "name", "unit", "roles", "phones", "email", "matters", "absent", "left"]);
    let (id, name) = (fields.text("id"), fields.text("name"));
    let mut roles = Vec::new();
    for word in fields.texts("roles") {
        match role(&word.value) {
            Ok(role) => roles.push(At::new(word.line, role)),
            Err(fault) => fields.draft.fault(word.line, "person.roles", fault),
        }
    }
    if !fields.has("roles") {
        fields.fault("roles", Fault::Missing);
    }
    let (unit, email) = (fields.optional_text("unit"), fields.optional_text("email"));
    let (phones, matters) = (fields.texts("phones"), fields.texts("matters"));
    let mut absent = Vec::new();
    fields.each("absent", |fields| {
        fields.refuse_unknown(&["from", "to"]);
        absent.extend(fields.span());
    });
    let left = fields.optional_day("left");
    if let (Some(id), Some(name)) = (id, name) {
        let line = fields.line;
        fields.draft.people.push(DraftPerson { line, id, name, unit, roles, phones, email, matters, absent, left });
    }
}

fn stand_in(fields: &mut Fields<'_, '_>) {
    fields.refuse_unknown(&["of", "by", "from", "to"]);
    let (of, by, span) = (fields.text("of"), fields.text("by"), fields.span());
    if let (Some(of), Some(by), Some(span)) = (of, by, span) {
        fields.draft.stand_ins.push(DraftStandIn { line: fields.line, of, by, span });
    }
}

fn duty(fields: &mut Fields<'_, '_>) {
    fields.refuse_unknown(&["week_of", "from", "to", "desk"]);
    let span = match (fields.has("week_of"), fields.has("from") || fields.has("to")) {
        (true, true) => {
            fields.fault("week_of", Fault::WeekAndDays);
            None
        }
        (true, false) => fields.day("week_of").map(week_of),
        (false, _) => fields.span(),
    };
    let desk = fields.texts("desk");
    if desk.is_empty()
        && fields.table.get("desk").is_none_or(|list| list.get_ref().as_array().is_some_and(|l| l.is_empty()))
    {
        fields.fault("desk", Fault::Missing);
    }
    if let Some(span) = span {
        fields.draft.duties.push(DraftDuty { line: fields.line, desk, span });
    }
}

/// Monday to Sunday of the week in which a day lies.
fn week_of(day: NaiveDate) -> Span {
    let into = Days::new(u64::from(day.weekday().num_days_from_monday()));
    let from = day.checked_sub_days(into).unwrap_or(day);
    Span { from, to: from.checked_add_days(Days::new(6)).unwrap_or(day) }
}

/// One table of the text, and where faults go.
struct Fields<'d, 't> {
    text: &'t str,
    draft: &'d mut Draft,
    /// What it is called in faults; empty at the top.
    name: &'static str,
    line: usize,
    table: &'t DeTable<'t>,
}

impl<'t> Fields<'_, 't> {
    fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn fault(&mut self, key: &str, fault: Fault) {
        let line = self.table.get(key).map_or(self.line, |value| line_of(self.text, value.span().start));
        self.draft.fault(line, self.path(key), fault);
    }

    fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn refuse_unknown(&mut self, known: &[&str]) {
        for key in self.table.keys().filter(|key| !known.contains(&&**key.get_ref())) {
            let line = line_of(self.text, key.span().start);
            self.draft.fault(line, self.path(key.get_ref()), Fault::UnknownKey { known: known.join(", ") });
        }
    }

    /// A text that must be there and say something.
    fn text(&mut self, key: &str) -> Option<At<String>> {
        let found = self.optional_text(key);
        if !self.has(key) {
            self.fault(key, Fault::Missing);
        }
        found
    }

    fn optional_text(&mut self, key: &str) -> Option<At<String>> {
        let value = self.table.get(key)?;
        self.text_of(key, value)
    }

    fn text_of(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<At<String>> {
        let line = line_of(self.text, value.span().start);
        match value.get_ref().as_str() {
            Some(text) if !text.trim().is_empty() => return Some(At::new(line, text.trim().to_owned())),
            Some(_) => self.draft.fault(line, self.path(key), Fault::Missing),
            None => self.wrong_type(key, line, "a text", value.get_ref()),
        }
        None
    }

    /// The texts of a list; none if it is not there.
    fn texts(&mut self, key: &str) -> Vec<At<String>> {
        let Some(value) = self.table.get(key) else { return Vec::new() };
        match value.get_ref().as_array() {
            Some(list) => list.iter().filter_map(|entry| self.text_of(key, entry)).collect(),
            None => {
                self.wrong_type(key, line_of(self.text, value.span().start), "a list of texts", value.get_ref());
                Vec::new()
            }
        }
    }

    /// Reads every table of a list of tables.
    fn each(&mut self, key: &'static str, mut read: impl FnMut(&mut Fields<'_, 't>)) {
        let Some(value) = self.table.get(key) else { return };
        let Some(list) = value.get_ref().as_array() else {
            return self.wrong_type(key, line_of(self.text, value.span().start), "a list of tables", value.get_ref());
        };
        for entry in list.iter() {
            let line = line_of(self.text, entry.span().start);
            match entry.get_ref().as_table() {
                Some(table) => read(&mut Fields { text: self.text, draft: self.draft, name: key, line, table }),
                None => self.wrong_type(key, line, "a table", entry.get_ref()),
            }
        }
    }

    fn span(&mut self) -> Option<Span> {
        let (from, to) = (self.day("from"), self.day("to"));
        let span = Span { from: from?, to: to? };
        if span.from > span.to {
            self.fault("to", Fault::Backwards);
            return None;
        }
        Some(span)
    }

    fn optional_day(&mut self, key: &str) -> Option<NaiveDate> {
        if self.has(key) { self.day(key) } else { None }
    }

    /// A day, written as TOML's own date or as a text.
    fn day(&mut self, key: &str) -> Option<NaiveDate> {
        let Some(value) = self.table.get(key) else {
            self.fault(key, Fault::Missing);
            return None;
        };
        let text = match value.get_ref() {
            DeValue::Datetime(day) => day.to_string(),
            DeValue::String(text) => text.trim().to_owned(),
            other => {
                self.wrong_type(key, line_of(self.text, value.span().start), "a day", other);
                return None;
            }
        };
        let day = text.parse().ok();
        if day.is_none() {
            self.fault(key, Fault::NotADay(text));
        }
        day
    }

    fn wrong_type(&mut self, key: &str, line: usize, wanted: &'static str, found: &DeValue<'_>) {
        self.draft.fault(line, self.path(key), Fault::WrongType { wanted, found: found.type_str() });
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|&&byte| byte == b'\n').count() + 1
}
