//! A statement that the administrator writes, to enter into the ticket store that a
//! citizen was written to. Its parameters are bound and never put into the text.

use std::fmt;

use serde::Deserialize;

/// A value that a statement may use, written `:name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Parameter {
    /// `:ticket_no`, as the store has it.
    TicketNo,
    /// `:sent_at`, civil time: `2026-09-15 08:30:00`.
    SentAt,
    /// `:round`, a number.
    Round,
    /// `:kind`: `citizen-unreachable-sms` or `citizen-neutral-sms`.
    Kind,
}

impl Parameter {
    /// Every parameter.
    pub const ALL: [Parameter; 4] = [Self::TicketNo, Self::SentAt, Self::Round, Self::Kind];

    /// Its name, without the colon.
    pub fn name(self) -> &'static str {
        match self {
            Self::TicketNo => "ticket_no",
            Self::SentAt => "sent_at",
            Self::Round => "round",
            Self::Kind => "kind",
        }
    }
}

/// One statement with its parameters in the order of their numbers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Statement {
    pieces: Vec<Piece>,
}

/// What a statement is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// As it was written.
    Text(String),
    /// In the place of a name.
    Value(Parameter),
}

/// How a database marks the places of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marks {
    /// `?1`, `?2`: a value that is used twice is bound once.
    Numbered,
    /// `$1`, `$2`, likewise.
    Dollar,
    /// `?`: every place is bound.
    Plain,
}

/// Why a text is no such statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementFault {
    /// It neither adds nor changes a row.
    #[error("it begins with `{word}`; write one INSERT or UPDATE")]
    Verb { word: String },
    /// A second statement follows.
    #[error("something follows the `;`; write one statement")]
    Several,
    /// A quotation or comment without an end.
    #[error("`{mark}` is opened and never closed")]
    Unclosed { mark: &'static str },
    /// A name that has no value.
    #[error("there is no `:{name}`; there are :ticket_no, :sent_at, :round and :kind")]
    Unknown { name: String },
    /// A parameter of another form.
    #[error("`{mark}` has no name; write :ticket_no, :sent_at, :round or :kind")]
    Nameless { mark: char },
    /// It would be the same for every ticket.
    #[error("it lacks :ticket_no, so it could not tell one ticket from another")]
    NoTicket,
}

/// What stands in quotes or in a comment, by its marks.
const SHUT: [(&str, &str); 6] = [("'", "'"), ("\"", "\""), ("`", "`"), ("[", "]"), ("--", "\n"), ("/*", "*/")];

impl Statement {
    /// Reads a statement.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what to write.
    pub fn parse(text: &str) -> Result<Self, StatementFault> {
        let word: String = text.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
        if !["INSERT", "UPDATE"].contains(&word.to_ascii_uppercase().as_str()) {
            return Err(StatementFault::Verb { word });
        }
        let mut statement = Self { pieces: Vec::new() };
        let mut rest = text.trim();
        while let Some(first) = rest.chars().next() {
            rest = match SHUT.iter().find(|(open, _)| rest.starts_with(open)) {
                Some((open, close)) => statement.shut(rest, open, close)?,
                // A cast of PostgreSQL is no name.
                None if rest.starts_with("::") => statement.text(rest, 2),
                None if first == ':' => statement.named(rest)?,
                None if first == ';' && rest.len() == 1 => "",
                None if first == ';' => return Err(StatementFault::Several),
                None if matches!(first, '?' | '$' | '@') => return Err(StatementFault::Nameless { mark: first }),
                None => statement.text(rest, first.len_utf8()),
            };
        }
        let names_ticket = statement.pieces.contains(&Piece::Value(Parameter::TicketNo));
        if names_ticket { Ok(statement) } else { Err(StatementFault::NoTicket) }
    }

    /// Takes over the next `len` bytes as they stand.
    fn text<'t>(&mut self, rest: &'t str, len: usize) -> &'t str {
        let (text, rest) = rest.split_at(len);
        match self.pieces.last_mut() {
            Some(Piece::Text(before)) => before.push_str(text),
            Some(Piece::Value(_)) | None => self.pieces.push(Piece::Text(text.to_owned())),
        }
        rest
    }

    /// Takes over what is quoted or a comment, as it stands.
    fn shut<'t>(&mut self, rest: &'t str, open: &'static str, close: &'static str) -> Result<&'t str, StatementFault> {
        let inner = &rest[open.len()..];
        let end = match inner.find(close) {
            Some(at) => open.len() + at + close.len(),
            // A comment may end with the text.
            None if open == "--" => rest.len(),
            None => return Err(StatementFault::Unclosed { mark: open }),
        };
        Ok(self.text(rest, end))
    }

    /// Puts a value in the place of a name.
    fn named<'t>(&mut self, rest: &'t str) -> Result<&'t str, StatementFault> {
        let name: String = rest[1..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let known = Parameter::ALL.into_iter().find(|parameter| parameter.name() == name);
        let parameter = known.ok_or_else(|| StatementFault::Unknown { name: name.clone() })?;
        self.pieces.push(Piece::Value(parameter));
        Ok(&rest[1 + name.len()..])
    }

    /// As it is prepared, and what its marks stand for.
    pub(super) fn prepared(&self, marks: Marks) -> (String, Vec<Parameter>) {
        let mut sql = String::new();
        let mut bound: Vec<Parameter> = Vec::new();
        for piece in &self.pieces {
            let parameter = match piece {
                Piece::Text(text) => {
                    sql.push_str(text);
                    continue;
                }
                Piece::Value(parameter) => *parameter,
            };
            let known = bound.iter().position(|other| *other == parameter).filter(|_| marks != Marks::Plain);
            let place = known.unwrap_or_else(|| {
                bound.push(parameter);
                bound.len() - 1
            });
            sql.push_str(&match marks {
                Marks::Numbered => format!("?{}", place + 1),
                Marks::Dollar => format!("${}", place + 1),
                Marks::Plain => "?".to_owned(),
            });
        }
        (sql, bound)
    }

    /// Whether it speaks of a table or column of this name.
    pub fn mentions(&self, name: &str) -> bool {
        self.to_string().to_ascii_lowercase().contains(name)
    }
}

impl TryFrom<String> for Statement {
    type Error = StatementFault;

    fn try_from(text: String) -> Result<Self, StatementFault> {
        Self::parse(&text)
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.prepared(Marks::Numbered).0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_numbers_and_what_is_quoted_stays() {
        let text = "UPDATE proof SET at = :sent_at, note = 'a;b :kind', \"x:y\" = :round -- :no\n WHERE no=:ticket_no \
                    AND at <> :sent_at;  ";
        let (sql, parameters) = Statement::parse(text).unwrap().prepared(Marks::Numbered);
        assert_eq!(sql, "UPDATE proof SET at = ?1, note = 'a;b :kind', \"x:y\" = ?2 -- :no\n WHERE no=?3 AND at <> ?1");
        assert_eq!(parameters, [Parameter::SentAt, Parameter::Round, Parameter::TicketNo]);
        let lower = Statement::parse(" insert into p values (:ticket_no, 'it''s')").unwrap();
        assert_eq!(lower.to_string(), "insert into p values (?1, 'it''s')");
    }

    #[test]
    fn each_database_has_its_own_marks() {
        let text = "UPDATE p SET at = :sent_at::timestamp, was = :sent_at WHERE no = :ticket_no";
        let statement = Statement::parse(text).unwrap();
        let (sql, bound) = statement.prepared(Marks::Dollar);
        assert_eq!(sql, "UPDATE p SET at = $1::timestamp, was = $1 WHERE no = $2");
        assert_eq!(bound, [Parameter::SentAt, Parameter::TicketNo]);
        let (sql, bound) = statement.prepared(Marks::Plain);
        assert_eq!(sql, "UPDATE p SET at = ?::timestamp, was = ? WHERE no = ?");
        assert_eq!(bound, [Parameter::SentAt, Parameter::SentAt, Parameter::TicketNo]);
    }

    #[test]
    fn a_text_that_is_no_such_statement_is_refused_with_its_reason() {
        let cases = [
            ("", "it begins with ``"),
            ("DELETE FROM t WHERE no = :ticket_no", "it begins with `DELETE`"),
            ("UPDATE t SET a = 1 WHERE no = :ticket_no; DROP TABLE t", "something follows the `;`"),
            ("UPDATE t SET a = 'x WHERE no = :ticket_no", "`'` is opened"),
            ("UPDATE t SET a = /* b WHERE no = :ticket_no", "`/*` is opened"),
            ("UPDATE t SET a = :phone WHERE no = :ticket_no", "there is no `:phone`"),
            ("UPDATE t SET a = : WHERE no = :ticket_no", "there is no `:`"),
            ("UPDATE t SET a = ? WHERE no = :ticket_no", "`?` has no name"),
            ("UPDATE t SET a = $1 WHERE no = :ticket_no", "`$` has no name"),
            ("UPDATE t SET a = :sent_at", "it lacks :ticket_no"),
            ("UPDATE t SET a = ':ticket_no'", "it lacks :ticket_no"),
        ];
        for (text, fault) in cases {
            let error = Statement::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(fault), "{text}: {error}");
        }
    }
}
