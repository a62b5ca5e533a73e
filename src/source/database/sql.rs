//! The statements by which a database is read, made once from a column map.
//!
//! Both databases stand side by side. Names are quoted, values are bound, and
//! every value is cast to text by the database, which knows best what it holds: a
//! DATETIME stays civil time, a DECIMAL keeps its digits, and `0000-00-00` can be
//! shown.

use super::tables::{Cell, Expression, Tables, Term, Which};
use crate::ticket::Field;

/// The two kinds of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL, and what speaks like it.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
}

/// How values of a column are compared with texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// As texts, cast to this type where one is named.
    Text(&'static str),
    /// As whole numbers of this type: only digits can be equal to one.
    Whole(&'static str),
}

/// What a value is bound as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::source) enum Arg {
    Text(String),
    /// Bound as one array, or as many values, as the database has it.
    List(Vec<String>),
    Number(i64),
}

/// A column of the main table or of a child, and the ticket's column it makes.
type Made = (Field, Vec<Term>);

/// What is read of a table: the parts of each column, in the order of the statement.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub columns: Vec<Made>,
}

/// A child, as it is read.
#[derive(Clone, Debug)]
pub(super) struct ChildShape {
    pub shape: Shape,
    pub which: Which,
    from: String,
    key: String,
    order: Vec<String>,
}

/// The tables in the words of one database.
#[derive(Clone, Debug)]
pub(super) struct Sql {
    pub dialect: Dialect,
    from: String,
    no: String,
    key: Option<String>,
    updated: Option<String>,
    overlap_s: u32,
    pub shape: Shape,
    pub children: Vec<ChildShape>,
}

/// What was learnt of the columns by which is looked up.
#[derive(Clone, Debug)]
pub(super) struct Types {
    pub no: Comparison,
    /// The type to which a change time is cast; none if there is no change time.
    pub updated: Option<&'static str>,
    /// For each child, of its own column.
    pub keys: Vec<Comparison>,
}

impl Dialect {
    /// How many values are asked for in one statement. MariaDB makes a table of its
    /// own from more than a thousand.
    pub(super) fn at_once(self) -> usize {
        match self {
            Self::Postgres => 2_000,
            Self::MySql => 1_000,
        }
    }

    fn quoted(self, name: &str) -> String {
        match self {
            Self::Postgres => format!("\"{}\"", name.replace('"', "\"\"")),
            Self::MySql => format!("`{}`", name.replace('`', "``")),
        }
    }

    fn term(self, term: &Term) -> String {
        match term {
            Term::Name(name) => format!("t.{}", self.quoted(name)),
            Term::Sql(Expression { sql }) => format!("({sql})"),
        }
    }

    fn from(self, name: Option<&str>, query: Option<&str>) -> String {
        match (name, query) {
            (_, Some(query)) => format!("({query}) t"),
            (name, None) => {
                let parts: Vec<String> = name.unwrap_or_default().split('.').map(|part| self.quoted(part)).collect();
                format!("{} t", parts.join("."))
            }
        }
    }

    fn text(self, expression: &str) -> String {
        match self {
            Self::Postgres => format!("CAST({expression} AS text)"),
            Self::MySql => format!("CAST({expression} AS CHAR)"),
        }
    }

    /// The civil time of the store's zone by the database's clock.
    fn now(self, updated: &str) -> &'static str {
        match self {
            Self::Postgres if updated == "timestamptz" => "CURRENT_TIMESTAMP",
            Self::Postgres => "LOCALTIMESTAMP",
            Self::MySql => "NOW(6)",
        }
    }

    /// The `n`th value, from 1 on.
    fn value(self, n: usize) -> String {
        match self {
            Self::Postgres => format!("${n}"),
            Self::MySql => "?".to_owned(),
        }
    }

    fn cast(self, n: usize, comparison: &Comparison) -> String {
        let (Comparison::Text(to) | Comparison::Whole(to)) = comparison;
        match to {
            &"" => self.value(n),
            to => format!("CAST({} AS {to})", self.value(n)),
        }
    }

    /// A condition that the column is one of `count` values.
    fn one_of(self, column: &str, count: usize, comparison: &Comparison) -> String {
        let (Comparison::Text(to) | Comparison::Whole(to)) = comparison;
        match self {
            Self::Postgres if to.is_empty() => format!("{column} = ANY($1)"),
            Self::Postgres => format!("{column} = ANY(CAST($1 AS {to}[]))"),
            Self::MySql => {
                let values: Vec<String> = (1..=count).map(|n| self.cast(n, comparison)).collect();
                format!("{column} IN ({})", values.join(", "))
            }
        }
    }

    fn earlier(self, at: &str, seconds: u32) -> String {
        match self {
            Self::Postgres => format!("{at} - INTERVAL '{seconds} seconds'"),
            Self::MySql => format!("{at} - INTERVAL {seconds} SECOND"),
        }
    }
}

impl Shape {
    fn of(columns: &std::collections::BTreeMap<super::tables::FieldName, Cell>) -> Self {
        let columns = columns.iter().filter(|(name, _)| name.0 != Field::TicketNo);
        Self { columns: columns.map(|(name, cell)| (name.0, cell.parts().to_vec())).collect() }
    }

    fn cells(&self, dialect: Dialect) -> String {
        let parts = self.columns.iter().flat_map(|(_, parts)| parts);
        parts.map(|part| format!(", {}", dialect.text(&dialect.term(part)))).collect()
    }
}

impl Sql {
    pub fn new(tables: &Tables, dialect: Dialect) -> Self {
        let main = &tables.main;
        // The map was refused if there was none.
        let number = main.columns.get(&super::tables::FieldName(Field::TicketNo)).map(Cell::parts).unwrap_or_default();
        let term = |term: &Term| dialect.term(term);
        let children = tables.children.iter().map(|child| ChildShape {
            shape: Shape::of(&child.columns),
            which: child.rows,
            from: dialect.from(child.name.as_deref(), child.query.as_deref()),
            key: term(&child.key),
            order: child.order.iter().map(term).collect(),
        });
        Self {
            dialect,
            from: dialect.from(main.name.as_deref(), main.query.as_deref()),
            no: number.first().map(term).unwrap_or_default(),
            key: main.key.as_ref().map(term),
            updated: main.updated.as_ref().map(term),
            overlap_s: main.overlap_s,
            shape: Shape::of(&main.columns),
            children: children.collect(),
        }
    }

    /// Everything that is read of the main table, and of no row: whether it is
    /// there, and of which types number and change time are.
    pub fn probe(&self) -> String {
        let (key, updated) = (self.key.as_ref(), self.updated.as_ref());
        let more: String = updated.into_iter().chain(key).map(|term| format!(", {term}")).collect();
        format!("SELECT {}{more}{} FROM {} WHERE 1 = 0", self.no, self.shape.cells(self.dialect), self.from)
    }

    /// The same of a child.
    pub fn probe_child(&self, child: &ChildShape) -> String {
        let order: String = child.order.iter().map(|term| format!(", {term}")).collect();
        let cells = child.shape.cells(self.dialect);
        format!("SELECT {}{order}{cells} FROM {} WHERE 1 = 0", child.key, child.from)
    }

    pub fn has_change_time(&self) -> bool {
        self.updated.is_some()
    }

    /// The next numbers, in their order; from the first on, or after the first value.
    pub fn numbers(&self, types: &Types, after: Option<&str>) -> String {
        self.keyset(types, after, &format!("{} IS NOT NULL", self.no))
    }

    /// The next numbers of rows without a change time.
    pub fn unstamped(&self, types: &Types, after: Option<&str>) -> String {
        let updated = self.updated.as_deref().unwrap_or("NULL");
        let without = match self.dialect {
            Dialect::Postgres => format!("{updated} IS NULL"),
            // A zero date is none either.
            Dialect::MySql => format!("({updated} IS NULL OR {updated} < CAST('1971-01-01' AS DATETIME))"),
        };
        self.keyset(types, after, &without)
    }

    fn keyset(&self, types: &Types, after: Option<&str>, which: &str) -> String {
        let Self { dialect, from, no, .. } = self;
        let (after, limit) = match after {
            Some(_) => (format!(" AND {no} > {}", dialect.cast(1, &types.no)), dialect.value(2)),
            None => (String::new(), dialect.value(1)),
        };
        format!(
            "SELECT {} FROM (SELECT DISTINCT {no} AS no FROM {from} WHERE {which}{after} ORDER BY 1 LIMIT {limit}) k \
             ORDER BY k.no",
            dialect.text("k.no")
        )
    }

    /// Numbers, change times, and these not later than now: since the overlap before
    /// the first value, or after the first and second.
    pub fn stamped(&self, types: &Types, after: Option<&(String, String)>) -> String {
        let (Some(updated), Some(to)) = (&self.updated, types.updated) else { return String::new() };
        let Self { dialect, from, no, .. } = self;
        let at = |n| format!("CAST({} AS {to})", dialect.value(n));
        let (bound, limit) = match after {
            None => (format!("{updated} >= {}", dialect.earlier(&at(1), self.overlap_s)), dialect.value(2)),
            Some(_) => {
                let no_after = dialect.cast(3, &types.no);
                let bound = format!("{updated} >= {} AND ({updated} > {} OR {no} > {no_after})", at(1), at(2));
                (bound, dialect.value(4))
            }
        };
        let (shown, capped) = (dialect.text(updated), format!("LEAST({updated}, {})", dialect.now(to)));
        format!(
            "SELECT {}, {shown}, {} FROM {from} WHERE {bound} AND {no} IS NOT NULL ORDER BY {updated}, {no} LIMIT {limit}",
            dialect.text(no),
            dialect.text(&capped)
        )
    }

    /// The last change time, not later than now, and what is the overlap before it;
    /// by now if there is none.
    pub fn mark(&self, types: &Types) -> Option<String> {
        let (updated, to) = (self.updated.as_ref()?, types.updated?);
        let now = self.dialect.now(to);
        let mark = format!("COALESCE(LEAST(MAX({updated}), {now}), {now})");
        let since = self.dialect.earlier(&mark, self.overlap_s);
        Some(format!("SELECT {}, {} FROM {}", self.dialect.text(&mark), self.dialect.text(&since), self.from))
    }

    /// Numbers that are not spelt as tickets are named here: small letters, blanks,
    /// full-width digits.
    pub fn odd_numbers(&self, types: &Types) -> Option<String> {
        let Self { dialect, from, no, .. } = self;
        let text = dialect.text(no);
        match (&types.no, dialect) {
            (Comparison::Whole(_), _) => None,
            (Comparison::Text(_), Dialect::Postgres) => {
                Some(format!("SELECT DISTINCT {text} FROM {from} WHERE {text} !~ '^[0-9A-Z-]+$'"))
            }
            (Comparison::Text(_), Dialect::MySql) => Some(format!(
                "SELECT DISTINCT {text} COLLATE utf8mb4_bin FROM {from} \
                 WHERE {text} COLLATE utf8mb4_bin NOT REGEXP '^[0-9A-Z-]+$'"
            )),
        }
    }

    /// Number, key, change time and cells of the rows of `count` numbers.
    pub fn rows(&self, types: &Types, count: usize) -> String {
        let Self { dialect, from, no, .. } = self;
        let shown = |term: &Option<String>| term.as_ref().map_or_else(|| "NULL".to_owned(), |term| dialect.text(term));
        let (key, updated) = (shown(&self.key), shown(&self.updated));
        let (which, cells) = (dialect.one_of(no, count, &types.no), self.shape.cells(*dialect));
        format!("SELECT {}, {key}, {updated}{cells} FROM {from} WHERE {which}", dialect.text(no))
    }

    /// Key and cells of a child's rows of `count` keys, in their order.
    pub fn child_rows(&self, child: &ChildShape, comparison: &Comparison, count: usize) -> String {
        let ChildShape { from, key, .. } = child;
        let which = self.dialect.one_of(key, count, comparison);
        let (shown, cells) = (self.dialect.text(key), child.shape.cells(self.dialect));
        format!("SELECT {shown}{cells} FROM {from} WHERE {which} ORDER BY {key}, {}", child.order.join(", "))
    }
}

/// How a column of this type of the database is compared.
pub(super) fn comparison(dialect: Dialect, kind: &str) -> Comparison {
    match (dialect, kind) {
        (Dialect::Postgres, "INT2" | "INT4" | "INT8") => Comparison::Whole("int8"),
        (Dialect::Postgres, "NUMERIC") => Comparison::Whole("numeric"),
        (Dialect::Postgres, "CHAR") => Comparison::Text("bpchar"),
        (Dialect::Postgres, "UUID") => Comparison::Text("uuid"),
        (Dialect::Postgres, _) => Comparison::Text(""),
        (Dialect::MySql, "DECIMAL") => Comparison::Whole("DECIMAL(65,0)"),
        (Dialect::MySql, kind) if kind.contains("INT") => Comparison::Whole("UNSIGNED"),
        (Dialect::MySql, _) => Comparison::Text(""),
    }
}

/// What a change time of this type is cast to; none if it is no date with its time.
pub(super) fn change_time(dialect: Dialect, kind: &str) -> Option<&'static str> {
    match (dialect, kind) {
        (Dialect::Postgres, "TIMESTAMP") => Some("timestamp"),
        (Dialect::Postgres, "TIMESTAMPTZ") => Some("timestamptz"),
        (Dialect::MySql, "DATETIME" | "TIMESTAMP") => Some("DATETIME(6)"),
        (Dialect::Postgres | Dialect::MySql, _) => None,
    }
}
