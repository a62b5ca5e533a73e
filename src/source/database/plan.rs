//! How the database would go about the statements of a poll: whether it has an
//! index for each, or goes through a whole table every few seconds.

use super::{
    DatabaseStore, SourceError,
    answer::Answer,
    link::Session,
    position::Pass,
    sql::{Arg, Dialect},
};

/// A statement of a poll for which there is no index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// What is looked up, and by which index it would be found.
    pub what: &'static str,
}

/// A small table is gone through as fast as an index: up to so many rows in MySQL, and
/// up to this cost in PostgreSQL.
const FEW_ROWS: u64 = 2_000;
const LITTLE_COST: f64 = 200.0;

impl DatabaseStore {
    /// The statements of a poll that go through a whole table.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn scans(&self) -> Result<Vec<Scan>, SourceError> {
        let mut session = self.link.session().await?;
        let position = self.start(&mut session).await?;
        let first = self.link.ask(&mut session, self.sql.numbers(&self.types, None), vec![Arg::Number(1)]).await?;
        let no = first.get(0, 0).unwrap_or("0").to_owned();
        let numbers = vec![no.clone(); 100];
        let asked =
            self.link.ask(&mut session, self.sql.rows(&self.types, 1), vec![Arg::List(vec![no.clone()])]).await?;
        let key = asked.get(0, 1).unwrap_or("0").to_owned();
        let mut looked = vec![
            ("numbers, by an index on the ticket number", self.sql.numbers(&self.types, Some(&no)), {
                vec![Arg::Text(no.clone()), Arg::Number(100)]
            }),
            ("rows, by an index on the ticket number", self.sql.rows(&self.types, numbers.len()), {
                vec![Arg::List(numbers)]
            }),
        ];
        if let (Some(mark), Pass::Whole { .. }) = (position.mark, position.pass) {
            let after = (mark.clone(), no.clone());
            let what = "changes, by an index on the change time and the ticket number";
            let since = vec![Arg::Text(mark.clone()), Arg::Number(100)];
            let on = vec![Arg::Text(mark.clone()), Arg::Text(mark), Arg::Text(no.clone()), Arg::Number(100)];
            looked.push((what, self.sql.stamped(&self.types, None), since));
            looked.push((what, self.sql.stamped(&self.types, Some(&after)), on));
            let what = "rows without a change time, by an index on the change time and the ticket number";
            let on = vec![Arg::Text(no.clone()), Arg::Number(100)];
            looked.push((what, self.sql.unstamped(&self.types, None), vec![Arg::Number(100)]));
            looked.push((what, self.sql.unstamped(&self.types, Some(&no)), on));
        }
        for (child, comparison) in self.sql.children.iter().zip(&self.types.keys) {
            let sql = self.sql.child_rows(child, comparison, 1);
            looked.push(("a child's rows, by an index on its key", sql, vec![Arg::List(vec![key.clone()])]));
        }
        let mut scans = Vec::new();
        for (what, sql, args) in looked {
            let is_known = scans.contains(&Scan { what });
            if !is_known && self.is_scan(&mut session, sql, args).await? {
                scans.push(Scan { what });
            }
        }
        self.link.rest(session);
        Ok(scans)
    }

    /// Whether a statement goes through a whole table of some size.
    async fn is_scan(&self, session: &mut Session, sql: String, args: Vec<Arg>) -> Result<bool, SourceError> {
        let plan = self.link.ask(session, format!("EXPLAIN {sql}"), args).await?;
        Ok(match self.sql.dialect {
            Dialect::Postgres => of_postgres(&plan),
            Dialect::MySql => of_mysql(&plan),
        })
    }
}

/// A line of a plan is `Seq Scan on t  (cost=0.00..35.50 rows=2550 width=4)`; the rows
/// are those that are left of it.
fn of_postgres(plan: &Answer) -> bool {
    let mut lines = (0..plan.len()).filter_map(|row| plan.get(row, 0)).filter(|line| line.contains("Seq Scan"));
    let cost = |line: &str| line.split_once("..")?.1.split(' ').next()?.parse::<f64>().ok();
    lines.any(|line| cost(line).is_none_or(|cost| cost > LITTLE_COST))
}

/// id, select_type, table, type, possible_keys, key, key_len, ref, rows, Extra; MySQL
/// adds columns between.
fn of_mysql(plan: &Answer) -> bool {
    let is_scan = |row: &usize| {
        let derived = plan.get(*row, 2).is_some_and(|table| table.starts_with('<'));
        let whole = (3..6).any(|column| plan.get(*row, column) == Some("ALL"));
        whole && !derived
    };
    let rows = |row: usize| (8..11).filter_map(|column| plan.get(row, column)?.parse::<u64>().ok()).max();
    (0..plan.len()).filter(is_scan).any(|row| rows(row).is_none_or(|rows| rows > FEW_ROWS))
}
