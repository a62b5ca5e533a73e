//! What a poll of a platform's database costs: 1,000 changed of 1,000,000 open tickets,
//! on PostgreSQL and on MariaDB; statements, milliseconds, and CPU of this side.
//!
//! It needs both servers: `tests/with-servers cargo bench --bench poll`. Each gets a
//! table of a million tickets with a contact log for every tenth, which takes a minute.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use duban::source::{
    ColumnMap, Cursor, Dialect, Store, StorePlace,
    database::{Place, Protection},
};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection};

const MAP: &str = r#"
zone = "+08:00"
[table]
name = "poll_task"
key = "id"
updated = "updated"
[table.columns]
ticket_no = "no"
origin = "origin"
difficulty = "difficulty"
subcategory = "matter"
contact_phone = "phone"
content = "content"
received = "received"
dispatched = "dispatched"
units = "unit"
handler = "handler"
accepted = "accepted"
status = "status"
updated = "updated"
[[child]]
name = "poll_log"
key = "id"
order = ["at"]
rows = "all"
columns = { contact_log = ["at", "told"] }
"#;

/// Columns and rows alike in both; `{…}` differs.
const TABLES: &str = "
DROP TABLE IF EXISTS poll_task; DROP TABLE IF EXISTS poll_log;
CREATE TABLE poll_task (id VARCHAR(30), no VARCHAR(40) NOT NULL, origin VARCHAR(20), difficulty VARCHAR(20),
  matter VARCHAR(20), phone VARCHAR(40), content TEXT, received {time}, dispatched {time}, unit VARCHAR(40),
  handler VARCHAR(20), accepted {time}, status VARCHAR(20), updated {time});
CREATE TABLE poll_log (id VARCHAR(30), at {time}, told VARCHAR(20));
INSERT INTO poll_task SELECT {id}, {no}, '12345热线', '复杂', '水压', '13800000000',
  '来电反映附近水压不足,希望尽快处理,并告知处理结果。', {start}, {start}, '澄湾供水服务站', '周经办', {start}, '处理中', {start}
  FROM {numbers};
INSERT INTO poll_log SELECT {id}, {start}, '无人接听' FROM {numbers} WHERE {n} % 10 = 0;
CREATE INDEX poll_no ON poll_task (no); CREATE INDEX poll_time ON poll_task (updated, no);
CREATE INDEX poll_log_id ON poll_log (id);
{analyze}";

fn main() -> anyhow::Result<()> {
    duban::channel::tls::install();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        for dialect in [Dialect::Postgres, Dialect::MySql] {
            polls(dialect).await?;
        }
        Ok(())
    })
}

async fn polls(dialect: Dialect) -> anyhow::Result<()> {
    let url = url(dialect)?;
    run(dialect, &url, &tables(dialect)).await?;
    let place = StorePlace::Database(Box::new((place(dialect, &url)?, map()?)));
    let store = Store::open(&place).await?;
    let mut cursor = Cursor::start();
    let mut told = Meter::start(dialect, &url).await?;
    let mut tickets = 0;
    loop {
        let page = store.changed(cursor, 2_000).await?;
        tickets += page.tickets.len();
        cursor = page.cursor;
        if !page.more {
            break;
        }
    }
    told.tell("everything", tickets).await?;
    told = Meter::start(dialect, &url).await?;
    let page = store.changed(cursor, 2_000).await?;
    told.tell("nothing changed", page.tickets.len()).await?;
    let every = match dialect {
        Dialect::Postgres => "substr(no, 2)::int % 1000 = 7",
        Dialect::MySql => "SUBSTR(no, 2) % 1000 = 7",
    };
    let now = match dialect {
        Dialect::Postgres => "LOCALTIMESTAMP + INTERVAL '8 hours'",
        Dialect::MySql => "NOW() + INTERVAL 8 HOUR",
    };
    run(dialect, &url, &format!("UPDATE poll_task SET status = '待审核', updated = {now} WHERE {every}")).await?;
    let mut cursor = page.cursor;
    for what in ["1,000 changed", "the same again, within the overlap"] {
        told = Meter::start(dialect, &url).await?;
        let page = store.changed(cursor, 2_000).await?;
        told.tell(what, page.tickets.len()).await?;
        cursor = page.cursor;
    }
    Ok(())
}

fn map() -> anyhow::Result<duban::source::database::tables::Tables> {
    ColumnMap::parse("poll.toml", MAP)?.tables.context("the map names tables")
}

fn tables(dialect: Dialect) -> String {
    let words = match dialect {
        Dialect::Postgres => [
            ("{time}", "TIMESTAMP"),
            ("{id}", "'RW' || n"),
            ("{no}", "'A' || n"),
            ("{start}", "timestamp '2026-01-01' + n * interval '1 second'"),
            ("{numbers}", "generate_series(1, 1000000) n"),
            ("{n}", "n"),
            ("{analyze}", "ANALYZE poll_task; ANALYZE poll_log"),
        ],
        Dialect::MySql => [
            ("{time}", "DATETIME"),
            ("{id}", "CONCAT('RW', seq)"),
            ("{no}", "CONCAT('A', seq)"),
            ("{start}", "TIMESTAMP('2026-01-01') + INTERVAL seq SECOND"),
            ("{numbers}", "seq_1_to_1000000"),
            ("{n}", "seq"),
            ("{analyze}", "ANALYZE TABLE poll_task, poll_log"),
        ],
    };
    words.iter().fold(TABLES.to_owned(), |sql, (word, value)| sql.replace(word, value))
}

/// Statements, time and CPU between two instants.
struct Meter {
    dialect: Dialect,
    url: String,
    statements: i64,
    cpu: Duration,
    at: Instant,
}

impl Meter {
    async fn start(dialect: Dialect, url: &str) -> anyhow::Result<Self> {
        let statements = statements(dialect, url).await?;
        Ok(Self { dialect, url: url.to_owned(), statements, cpu: cpu()?, at: Instant::now() })
    }

    async fn tell(self, what: &str, tickets: usize) -> anyhow::Result<()> {
        let (took, cpu) = (self.at.elapsed(), cpu()?.saturating_sub(self.cpu));
        let statements = statements(self.dialect, &self.url).await? - self.statements;
        let (took, cpu) = (took.as_secs_f64() * 1e3, cpu.as_secs_f64() * 1e3);
        println!(
            "{:?}: {what}: {tickets} tickets, {statements} statements, {took:.1} ms, {cpu:.1} ms of CPU here",
            self.dialect
        );
        Ok(())
    }
}

/// Statements of all sessions so far, but for those that count them.
async fn statements(dialect: Dialect, url: &str) -> anyhow::Result<i64> {
    match dialect {
        Dialect::Postgres => {
            // A session reports what it did with a delay.
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            let mut admin = PgConnection::connect(url).await?;
            let sql = "SELECT xact_commit::bigint FROM pg_stat_database WHERE datname = current_database()";
            let before: i64 = sqlx::query_scalar(sql).fetch_one(&mut admin).await?;
            Ok(before)
        }
        Dialect::MySql => {
            let mut admin = MySqlConnection::connect(url).await?;
            let sql = "SELECT CAST(VARIABLE_VALUE AS SIGNED) FROM information_schema.GLOBAL_STATUS \
                       WHERE VARIABLE_NAME = 'COM_SELECT'";
            let before: i64 = sqlx::query_scalar(sql).fetch_one(&mut admin).await?;
            Ok(before)
        }
    }
}

/// What this thread has had of the CPU.
fn cpu() -> anyhow::Result<Duration> {
    let told = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = told.split_whitespace().next().context("schedstat begins with nanoseconds")?;
    Ok(Duration::from_nanos(nanos.parse()?))
}

async fn run(dialect: Dialect, url: &str, sql: &str) -> anyhow::Result<()> {
    let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
    match dialect {
        Dialect::Postgres => _ = sql.execute(&mut PgConnection::connect(url).await?).await?,
        Dialect::MySql => _ = sql.execute(&mut MySqlConnection::connect(url).await?).await?,
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "tests/with-servers says by the environment where its servers are")]
fn url(dialect: Dialect) -> anyhow::Result<String> {
    let name = match dialect {
        Dialect::Postgres => "DUBAN_TEST_POSTGRES",
        Dialect::MySql => "DUBAN_TEST_MARIADB",
    };
    std::env::var(name).with_context(|| format!("{name} is not set; run: tests/with-servers cargo bench --bench poll"))
}

/// From `postgres://user@host:port/database`.
fn place(dialect: Dialect, url: &str) -> anyhow::Result<Place> {
    let (_, rest) = url.split_once("://").context("a URL")?;
    let (user, rest) = rest.split_once('@').context("a user")?;
    let (host, rest) = rest.split_once(':').context("a port")?;
    let (port, database) = rest.split_once('/').context("a database")?;
    Ok(Place {
        dialect,
        host: host.to_owned(),
        port: port.parse()?,
        database: database.to_owned(),
        user: user.to_owned(),
        password: secrecy::SecretString::default(),
        tls: Protection::Plain,
        timeout: Duration::from_secs(60),
        zone: "+08:00".parse()?,
    })
}
