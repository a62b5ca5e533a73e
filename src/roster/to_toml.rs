//! A roster as the text that an administrator goes on editing: the comment of the
//! shipped file above, then units, people, stand-ins and duties.

use std::fmt::Write;

use super::{Duty, Person, Roster, Span, StandIn, Unit};

/// The shipped file, for the comment at its top.
const SHIPPED: &str = include_str!("../../config/roster.toml");

impl Roster {
    /// The text of this roster; read again it is the same roster. It holds the
    /// telephone numbers and mail addresses of staff, so it goes into a file of the
    /// settings and nowhere else.
    pub fn to_toml(&self) -> String {
        let mut text = head();
        self.units.iter().for_each(|it| unit(it, &mut text));
        self.people.iter().for_each(|it| person(it, &mut text));
        self.stand_ins.iter().for_each(|it| stand_in(it, &mut text));
        self.duties.iter().for_each(|it| duty(it, &mut text));
        text
    }
}

/// What the shipped file says of its form; that its people are made up is no
/// longer true.
fn head() -> String {
    let lines = SHIPPED.lines().take_while(|line| line.starts_with('#')).filter(|line| !line.contains("虚构"));
    lines.fold(String::new(), |text, line| text + line + "\n")
}

fn unit(unit: &Unit, text: &mut String) {
    table("unit", text);
    put("code", &quoted(&unit.code), text);
    put("name", &quoted(&unit.name), text);
    if !unit.former.is_empty() {
        put("former", &list(unit.former.iter().map(|name| &**name)), text);
    }
    if let Some(day) = unit.abolished {
        put("abolished", &day.to_string(), text);
    }
    if let Some(code) = &unit.successor {
        put("successor", &quoted(code), text);
    }
}

fn person(person: &Person, text: &mut String) {
    table("person", text);
    put("id", &quoted(&person.id), text);
    put("name", &quoted(&person.name), text);
    if let Some(code) = &person.unit {
        put("unit", &quoted(code), text);
    }
    put("roles", &list(person.roles.iter().map(|role| role.id())), text);
    if !person.phones.is_empty() {
        put("phones", &list(person.phones.iter().map(|phone| phone.expose().as_str())), text);
    }
    if let Some(email) = &person.email {
        put("email", &quoted(email.expose()), text);
    }
    if !person.matters.is_empty() {
        put("matters", &list(person.matters.iter().map(|matter| &**matter)), text);
    }
    if !person.absent.is_empty() {
        let spans: Vec<String> =
            person.absent.iter().map(|Span { from, to }| format!("{{ from = {from}, to = {to} }}")).collect();
        put("absent", &format!("[{}]", spans.join(", ")), text);
    }
    if let Some(day) = person.left {
        put("left", &day.to_string(), text);
    }
}

fn stand_in(stand_in: &StandIn, text: &mut String) {
    table("stand_in", text);
    put("of", &quoted(&stand_in.of), text);
    put("by", &quoted(&stand_in.by), text);
    days(stand_in.span, text);
}

fn duty(duty: &Duty, text: &mut String) {
    table("duty", text);
    days(duty.span, text);
    put("desk", &list(duty.desk.iter().map(|id| &**id)), text);
}

fn days(span: Span, text: &mut String) {
    put("from", &span.from.to_string(), text);
    put("to", &span.to.to_string(), text);
}

fn table(name: &str, text: &mut String) {
    put_line(format_args!("\n[[{name}]]"), text);
}

fn put(key: &str, value: &str, text: &mut String) {
    put_line(format_args!("{key} = {value}"), text);
}

fn put_line(line: std::fmt::Arguments<'_>, text: &mut String) {
    // A text takes whatever is written to it.
    let _ = writeln!(text, "{line}");
}

fn list<'a>(values: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", values.map(quoted).collect::<Vec<_>>().join(", "))
}

fn quoted(value: &str) -> String {
    toml::Value::from(value).to_string()
}
