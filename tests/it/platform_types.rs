//! Values of a platform's database as the reader gets them: each trap of a type.

use duban::{
    source::{ColumnMap, Dialect},
    ticket::{Field, NumberKey, RawRow, TicketNo},
};

use crate::servers::{BOTH, Database};

/// The row of ticket 1, by a map with these columns in the place of others.
async fn row(database: &Database, table: &str, columns: &str) -> RawRow {
    rows(database, table, columns, "+08:00").await.remove(0)
}

async fn rows(database: &Database, table: &str, columns: &str, zone: &str) -> Vec<RawRow> {
    let map = map(table, columns, zone);
    let mut place = database.place();
    place.zone = map.zone;
    let place = duban::source::StorePlace::Database(Box::new((place, map.tables.unwrap())));
    let store = duban::source::Store::open(&place).await.unwrap();
    store.read(&[TicketNo::new("20260902000001")]).await.unwrap().remove(0).rows
}

fn map(table: &str, columns: &str, zone: &str) -> ColumnMap {
    let mut text = format!("zone = \"{zone}\"\n[table]\nname = \"{table}\"\n[table.columns]\n{columns}\n");
    for (field, literal) in [("ticket_no", "'20260902000001'"), ("origin", "'12345'"), ("received", "'2026-09-02'")] {
        if !columns.contains(&format!("{field} =")) {
            text.push_str(&format!("{field} = {{ sql = \"{literal}\" }}\n"));
        }
    }
    ColumnMap::parse("types.toml", &text).unwrap()
}

#[tokio::test]
async fn a_local_time_stays_civil_and_an_instant_keeps_its_zone() {
    for dialect in BOTH {
        let (civil, instant) = match dialect {
            Dialect::Postgres => ("TIMESTAMP", "TIMESTAMPTZ"),
            Dialect::MySql => ("DATETIME", "TIMESTAMP"),
        };
        // The administrator's session is in UTC: 16:30 there is 00:30 of the next day here.
        let sql = format!(
            "CREATE TABLE t (civil {civil}, instant {instant}, day DATE);\
             INSERT INTO t VALUES ('2026-09-02 00:30:00', '2026-09-01 16:30:00', '2026-09-05')"
        );
        let database = Database::with(dialect, &sql).await;
        let columns = "received = \"civil\"\ndispatched = \"instant\"\nplatform_due = \"day\"";
        for zone in ["+08:00", "+00:00", "-05:00"] {
            let rows = rows(&database, "t", columns, zone).await;
            assert_eq!(rows[0].get(Field::Received), Some("2026-09-02 00:30:00"), "{dialect:?} {zone}");
            assert_eq!(rows[0].get(Field::PlatformDue), Some("2026-09-05"));
            let reader = map("t", columns, zone).reader(NumberKey::new([0; 32]));
            let ticket = reader.ticket(&rows).unwrap();
            let dispatched = ticket.dispatched.unwrap().at();
            assert_eq!(dispatched.to_rfc3339(), "2026-09-01T16:30:00+00:00", "{dialect:?} {zone}");
        }
    }
}

#[tokio::test]
async fn numbers_keep_their_digits_and_padding_does_not_count() {
    for dialect in BOTH {
        let big = if dialect == Dialect::Postgres { "NUMERIC(30,0)" } else { "DECIMAL(30,0)" };
        let sql = format!(
            "CREATE TABLE t (no {big}, padded CHAR(20), fraction DECIMAL(3,1), count SMALLINT, days DOUBLE PRECISION, \
             empty VARCHAR(9));\
             INSERT INTO t VALUES (20260902000001, '处理中', 1.0, 2, 15, '')"
        );
        let database = Database::with(dialect, &sql).await;
        let columns = "ticket_no = \"no\"\nstatus = \"padded\"\nis_repeat = \"fraction\"\nfirst_contacted = \"count\"\n\
                       extension_days = \"days\"\nhandler = \"empty\"";
        let row = row(&database, "t", columns).await;
        assert_eq!(row.get(Field::TicketNo), Some("20260902000001"), "{dialect:?}");
        assert_eq!(row.get(Field::Status).map(str::trim), Some("处理中"));
        assert_eq!(row.get(Field::IsRepeat), Some("1.0"));
        assert_eq!(row.get(Field::FirstContacted), Some("2"));
        assert_eq!(row.get(Field::ExtensionDays), Some("15"));
        assert_eq!((row.get(Field::Handler), row.get(Field::Units)), (Some(""), None));
    }
}

#[tokio::test]
async fn dates_in_text_and_null_come_as_they_are() {
    for dialect in BOTH {
        let sql = "CREATE TABLE t (at VARCHAR(30), nothing VARCHAR(30), content TEXT);\
                   INSERT INTO t VALUES ('2026/9/2 下午3:05', NULL, '第一行\n第二行')";
        let database = Database::with(dialect, sql).await;
        let row = row(&database, "t", "received = \"at\"\nstatus = \"nothing\"\ncontent = \"content\"").await;
        assert_eq!(row.get(Field::Received), Some("2026/9/2 下午3:05"));
        assert_eq!(row.get(Field::Status), Some(""), "NULL is an empty cell of a column that is there");
        assert_eq!(row.get(Field::Content), Some("第一行\n第二行"));
    }
}

#[tokio::test]
async fn mysql_zero_dates_unsigned_and_tiny_numbers_are_read() {
    let sql = "SET sql_mode = '';\
               CREATE TABLE t (at DATETIME, day DATE, code INT UNSIGNED, yes TINYINT(1), big BIGINT UNSIGNED, kind ENUM('复杂','疑难'));\
               INSERT INTO t VALUES ('0000-00-00 00:00:00', '0000-00-00', 4294967295, 1, 18446744073709551615, '疑难')";
    let database = Database::with(Dialect::MySql, sql).await;
    let columns = "concluded = \"at\"\nplatform_due = \"day\"\nunits = \"code\"\nsecret = \"yes\"\nrepeat_of = \"big\"\ndifficulty = \"kind\"";
    let row = row(&database, "t", columns).await;
    let cell = |field| row.get(field).unwrap();
    assert_eq!((cell(Field::Concluded), cell(Field::PlatformDue)), ("0000-00-00 00:00:00", "0000-00-00"));
    assert_eq!((cell(Field::Units), cell(Field::Secret)), ("4294967295", "1"));
    assert_eq!((cell(Field::RepeatOf), cell(Field::Difficulty)), ("18446744073709551615", "疑难"));
}

#[tokio::test]
async fn gbk_columns_and_gbk_bytes_in_another_charset_are_read() {
    let sql = "CREATE TABLE t (no VARCHAR(40) CHARACTER SET gbk, status VARCHAR(40) CHARACTER SET gbk, \
               content VARCHAR(90) CHARACTER SET latin1);\
               INSERT INTO t VALUES ('20260902000001', '处理中', CONVERT(CONVERT('水压不足' USING gbk) USING binary));";
    let database = Database::with(Dialect::MySql, sql).await;
    let columns = "ticket_no = \"no\"\nstatus = \"status\"\n\
                   content = { sql = \"CONVERT(CAST(CONVERT(content USING latin1) AS BINARY) USING gbk)\" }";
    let row = row(&database, "t", columns).await;
    assert_eq!((row.get(Field::Status), row.get(Field::Content)), (Some("处理中"), Some("水压不足")));
}

#[tokio::test]
async fn postgres_of_another_charset_booleans_and_endless_times_are_read() {
    let outer = Database::new(Dialect::Postgres).await;
    let name = format!("{}_gb", outer.name);
    outer.run(&format!("CREATE DATABASE {name} ENCODING 'EUC_CN' LOCALE 'C' TEMPLATE template0")).await;
    let inner = outer.beside("_gb");
    inner.run("CREATE TABLE t (status VARCHAR(20), yes BOOLEAN, at TIMESTAMP); INSERT INTO t VALUES ('处理中', true, 'infinity')").await;
    inner.grant().await;
    let row = row(&inner, "t", "status = \"status\"\nsecret = \"yes\"\nconcluded = \"at\"").await;
    assert_eq!((row.get(Field::Status), row.get(Field::Secret)), (Some("处理中"), Some("true")));
    assert_eq!(row.get(Field::Concluded), Some("infinity"));
}

#[tokio::test]
async fn a_query_in_the_place_of_a_table_and_an_odd_name_are_read() {
    for dialect in BOTH {
        let quoted =
            |name: &str| if dialect == Dialect::Postgres { format!("\"{name}\"") } else { format!("`{name}`") };
        let sql = format!(
            "CREATE TABLE {t} ({no} VARCHAR(40), {state} VARCHAR(20));\
             INSERT INTO {t} VALUES ('20260902000001', '处理中'), ('20260902000001', '作废')",
            t = quoted("工单 表"),
            no = quoted("select"),
            state = quoted("状\"态`'"),
        );
        if dialect == Dialect::Postgres {
            // A quotation mark within a name.
            let database = Database::with(dialect, &sql.replace("状\"态", "状\"\"态")).await;
            read_odd(&database).await;
        } else {
            let database = Database::with(dialect, &sql.replace("态`", "态``")).await;
            read_odd(&database).await;
        }
    }
}

async fn read_odd(database: &Database) {
    let text = "zone = \"+08:00\"\n[table]\nquery = \"\"\"SELECT * FROM QTabQ WHERE 1 = 1\"\"\"\n[table.columns]\n\
                ticket_no = \"select\"\norigin = { sql = \"'1'\" }\nreceived = { sql = \"'2026'\" }\n\
                status = { sql = \"CASE WHEN 1 = 1 THEN 'x' END\" }\n";
    let quote = if database.dialect == Dialect::Postgres { "\\\"" } else { "`" };
    let map = ColumnMap::parse("odd.toml", &text.replace("QTabQ", &format!("{quote}工单 表{quote}"))).unwrap();
    let store = database.open(&map.tables.unwrap()).await;
    let rows = store.read(&[TicketNo::new("20260902000001")]).await.unwrap().remove(0).rows;
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].get(Field::Status), Some("x"));
}
