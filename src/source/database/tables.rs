//! Where the tickets lie in a database that is not ours: the part of a column map
//! that names tables, columns and expressions.
//!
//! A name is quoted, so it may be any; what is no name is written as
//! `{ sql = "…" }` and taken as it stands: the administrator wrote it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{source::columns::REQUIRED, ticket::Field};

/// `[table]` and `[[child]]` of a column map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    pub main: Main,
    pub children: Vec<Child>,
}

/// `[table]`: one row a ticket, or several where the platform lists it several times.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Main {
    /// The table, or `schema.table`.
    pub name: Option<String>,
    /// A SELECT in the place of a table.
    pub query: Option<String>,
    /// By which children name their ticket; only needed where there are any.
    pub key: Option<Term>,
    /// When a row last changed: a date with its time, set by the platform at each
    /// change. Without it every row is compared at each poll.
    pub updated: Option<Term>,
    /// How far back each poll looks again, for changes that were committed late.
    #[serde(default = "Main::default_overlap_s")]
    pub overlap_s: u32,
    /// What each column of a ticket is.
    pub columns: BTreeMap<FieldName, Cell>,
}

impl Main {
    fn default_overlap_s() -> u32 {
        300
    }
}

/// `[[child]]`: rows that belong to a ticket, such as its contact log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Child {
    pub name: Option<String>,
    pub query: Option<String>,
    /// What equals the key of the table.
    pub key: Term,
    /// By what the rows of a ticket are ordered, the oldest first.
    pub order: Vec<Term>,
    /// Which of them count.
    pub rows: Which,
    pub columns: BTreeMap<FieldName, Cell>,
}

/// Which rows of a child count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Which {
    /// Every row is an entry of a list, such as a log.
    All,
    /// The last row is how it stands.
    Last,
}

/// A column's name or an expression.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected the name of a column, or { sql = \"an expression\" }")]
pub enum Term {
    Name(String),
    Sql(Expression),
}

/// An expression of the database.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expression {
    pub sql: String,
}

/// What a cell is made of; several parts are joined by blanks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "expected the name of a column, { sql = \"an expression\" }, or a list of such to be joined by blanks"
)]
pub enum Cell {
    One(Term),
    Several(Vec<Term>),
}

impl Cell {
    /// Its parts.
    pub fn parts(&self) -> &[Term] {
        match self {
            Self::One(term) => std::slice::from_ref(term),
            Self::Several(terms) => terms,
        }
    }
}

/// The id of a column of a ticket as a key; refused by the parser, with its line,
/// if there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldName(pub Field);

impl<'de> Deserialize<'de> for FieldName {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let name = String::deserialize(input)?;
        Field::from_id(&name).map(FieldName).ok_or_else(|| {
            let ids = Field::ALL.map(Field::id).join(", ");
            serde::de::Error::custom(format!("`{name}` is no column of a ticket; the columns are {ids}"))
        })
    }
}

/// The longest overlap: a day.
const LONGEST_OVERLAP_S: u32 = 86_400;

impl Tables {
    /// What does not fit, with what to do about it.
    pub fn fault(&self) -> Option<String> {
        let Self { main, children } = self;
        if main.overlap_s > LONGEST_OVERLAP_S {
            return Some(format!("`overlap_s` is {}; write 0 to {LONGEST_OVERLAP_S}", main.overlap_s));
        }
        if !children.is_empty() && main.key.is_none() {
            return Some("there are children but no `key` in [table] by which they name their ticket".to_owned());
        }
        from_fault("[table]", main.name.as_deref(), main.query.as_deref())
            .or_else(|| children.iter().find_map(Child::fault))
            .or_else(|| self.terms().find_map(term_fault))
            .or_else(|| self.fields_fault())
    }

    fn fields_fault(&self) -> Option<String> {
        let mut seen: Vec<Field> = Vec::new();
        for (FieldName(field), cell) in self.fields() {
            if seen.contains(field) {
                return Some(format!("`{}` is given twice; leave it at one place", field.id()));
            }
            if cell.parts().is_empty() {
                return Some(format!("`{}` is made of nothing; name a column", field.id()));
            }
            seen.push(*field);
        }
        let number = self.main.columns.get(&FieldName(Field::TicketNo));
        match number.map(Cell::parts) {
            Some([_]) => {}
            Some(_) | None => return Some("[table.columns] needs one column as `ticket_no`".to_owned()),
        }
        let missing = REQUIRED.into_iter().find(|field| !seen.contains(field));
        missing.map(|field| format!("no column is given for `{}`, which every store must have", field.id()))
    }

    fn fields(&self) -> impl Iterator<Item = (&FieldName, &Cell)> {
        self.main.columns.iter().chain(self.children.iter().flat_map(|child| &child.columns))
    }

    fn terms(&self) -> impl Iterator<Item = &Term> {
        let of_main = self.main.key.iter().chain(&self.main.updated);
        let of_children = self.children.iter().flat_map(|child| child.order.iter().chain([&child.key]));
        of_main.chain(of_children).chain(self.fields().flat_map(|(_, cell)| cell.parts()))
    }
}

impl Child {
    fn fault(&self) -> Option<String> {
        if self.order.is_empty() {
            return Some("a [[child]] without `order`: name the column of time or number of its rows".to_owned());
        }
        if self.columns.is_empty() {
            return Some("a [[child]] without columns: remove it, or name what it holds".to_owned());
        }
        from_fault("[[child]]", self.name.as_deref(), self.query.as_deref())
    }
}

fn from_fault(table: &str, name: Option<&str>, query: Option<&str>) -> Option<String> {
    match (name, query) {
        (Some(name), None) if name.split('.').all(|part| !part.trim().is_empty()) => None,
        (Some(_), None) => Some(format!("{table}: `name` is empty; write the table, or schema.table")),
        (None, Some(query)) => {
            let word: String = query.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
            if !["SELECT", "WITH"].contains(&word.to_ascii_uppercase().as_str()) {
                return Some(format!("{table}: `query` begins with `{word}`; write one SELECT"));
            }
            query.contains(';').then(|| format!("{table}: `query` holds a `;`; write one SELECT without it"))
        }
        (Some(_), Some(_)) => Some(format!("{table}: there are `name` and `query`; leave one of them")),
        (None, None) => Some(format!("{table}: there is no `name`; write the table, or schema.table")),
    }
}

fn term_fault(term: &Term) -> Option<String> {
    match term {
        Term::Name(name) if name.trim().is_empty() => Some("the name of a column is empty".to_owned()),
        Term::Name(name) if name.contains(['(', '\'', ';', '|', '+', '*', '/', '=', ',']) => {
            Some(format!("`{name}` is no name of a column; write an expression as {{ sql = \"…\" }}"))
        }
        Term::Sql(Expression { sql }) if sql.trim().is_empty() || sql.contains(';') => {
            Some(format!("`{sql}` is no expression: it is empty or holds a `;`"))
        }
        Term::Name(_) | Term::Sql(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::source::ColumnMap;

    const GOOD: &str = r#"zone = "+08:00"
[table]
name = "T_HOTLINE_TASK"
key = "TASKID"
updated = "UPDATED_AT"
[table.columns]
ticket_no = "HOTLINESN"
origin = "INFOSOURCE"
received = { sql = "COALESCE(RECV_TIME, CREATED)" }
[[child]]
name = "T_CONTACT_LOG"
key = "TASKID"
order = ["SEQ"]
rows = "all"
columns = { contact_log = ["CALL_TIME", "CALL_RESULT"] }
"#;

    fn fault(text: &str) -> String {
        format!("{:#}", anyhow::Error::new(ColumnMap::parse("my.toml", text).unwrap_err()))
    }

    #[test]
    fn tables_are_read_beside_words_and_exports_keep_the_built_in_headers() {
        let map = ColumnMap::parse("my.toml", GOOD).unwrap();
        let tables = map.tables.as_ref().unwrap();
        assert_eq!((tables.main.overlap_s, tables.children.len()), (300, 1));
        assert!(map.find("工单编号").is_some());
    }

    #[test]
    fn what_does_not_fit_in_tables_is_named_with_its_line() {
        let cases = [
            ("name = \"T_HOTLINE_TASK\"", "", "line 2: [table]: there is no `name`"),
            ("name = \"T_HOTLINE_TASK\"", "query = \"DELETE FROM t\"", "`query` begins with `DELETE`"),
            ("name = \"T_HOTLINE_TASK\"", "query = \"SELECT 1; SELECT 2\"", "holds a `;`"),
            ("key = \"TASKID\"\nupdated", "updated", "no `key` in [table]"),
            ("updated = \"UPDATED_AT\"", "updated = 3", "expected the name of a column, or { sql ="),
            ("updated = \"UPDATED_AT\"", "overlap_s = 90000", "`overlap_s` is 90000; write 0 to 86400"),
            ("updated = \"UPDATED_AT\"", "updates = \"X\"", "unknown field `updates`"),
            ("origin = \"INFOSOURCE\"", "orogin = \"X\"", "`orogin` is no column of a ticket"),
            ("origin = \"INFOSOURCE\"", "", "no column is given for `origin`"),
            ("origin = \"INFOSOURCE\"", "origin = \"INFOSOURCE\"\ncontact_log = \"X\"", "`contact_log` is given twice"),
            ("origin = \"INFOSOURCE\"", "origin = \"TRIM(X)\"", "write an expression as { sql ="),
            ("ticket_no = \"HOTLINESN\"", "", "needs one column as `ticket_no`"),
            ("order = [\"SEQ\"]", "order = []", "a [[child]] without `order`"),
            ("rows = \"all\"", "rows = \"first\"", "unknown variant `first`"),
        ];
        for (good, bad, expected) in cases {
            let text = GOOD.replacen(good, bad, 1);
            assert_ne!(text, GOOD, "{good}");
            let fault = fault(&text);
            assert!(fault.contains("my.toml") && fault.contains("line ") && fault.contains(expected), "{fault}");
        }
    }
}
