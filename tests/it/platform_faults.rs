//! A platform's database that does not answer: the true cause, what goes on, and that
//! nothing is ever written.

use std::time::Duration;

use duban::{
    source::{
        ColumnMap, Cursor, Dialect, SourceError, Store, StorePlace,
        database::{
            Cause, Place, Protection,
            tables::{Cell, Expression, FieldName, Tables, Term},
        },
    },
    ticket::Field,
};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};

use crate::{
    peers::plain_relay::Relay,
    platform_samples::{house, preset, sample},
    program::House,
    servers::{BOTH, Database, PASSWORD, folder},
};

fn tables(dialect: Dialect) -> Tables {
    let map = ColumnMap::shipped(preset(dialect)).unwrap().unwrap();
    map.tables.unwrap()
}

async fn cause(place: Place) -> (Cause, String) {
    let tables = tables(place.dialect);
    let store = StorePlace::Database(Box::new((place, tables)));
    match Store::open(&store).await.unwrap_err() {
        error @ SourceError::Database { .. } => {
            let told = error.to_string();
            assert!(!told.contains(PASSWORD), "{told}");
            let SourceError::Database { cause, .. } = error else { unreachable!() };
            (cause, told)
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn what_keeps_a_database_from_being_read_is_told_by_its_true_cause() {
    for dialect in BOTH {
        let database = sample(dialect).await;
        let place = || database.place();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (found, told) = cause(Place { port: free, ..place() }).await;
        assert_eq!(found, Cause::Refused, "{told}");
        assert!(told.contains(&format!(":{free}/")) && told.contains("store.port"), "{told}");
        let (found, told) = cause(Place { host: "no-such-host.invalid".into(), ..place() }).await;
        assert_eq!(found, Cause::NoHost, "{told}");
        let (found, told) = cause(Place { password: "wrong".into(), ..place() }).await;
        assert_eq!(found, Cause::Password, "{told}");
        let (found, told) = cause(Place { user: "nobody_of_tests".into(), ..place() }).await;
        assert_eq!(found, Cause::Password, "{told}");
        let (found, told) = cause(Place { database: "no_such_database".into(), ..place() }).await;
        match dialect {
            Dialect::Postgres => assert_eq!(found, Cause::NoDatabase, "{told}"),
            // It does not say to strangers what there is.
            Dialect::MySql => assert!(matches!(found, Cause::NoRight(_)), "{told}"),
        }
    }
}

#[tokio::test]
async fn a_certificate_that_cannot_be_trusted_is_told_and_a_private_authority_is_trusted() {
    for dialect in BOTH {
        let database = sample(dialect).await;
        let authority = folder().join("tls/ca.pem");
        let with = |host: &str, ca_file: Option<std::path::PathBuf>| Place {
            host: host.into(),
            tls: Protection::Tls { ca_file },
            ..database.place()
        };
        let (found, told) = cause(with("localhost", None)).await;
        assert_eq!(found, Cause::UnknownAuthority, "{told}");
        let (found, told) = cause(with("127.0.0.1", Some(authority.clone()))).await;
        assert_eq!(found, Cause::OtherName, "{told}");
        let place = StorePlace::Database(Box::new((with("localhost", Some(authority)), tables(dialect))));
        let store = Store::open(&place).await.unwrap();
        assert_eq!(store.changed(Cursor::start(), 500).await.unwrap().tickets.len(), 300);
    }
}

#[tokio::test]
async fn tables_columns_and_rights_that_are_missing_are_named() {
    for dialect in BOTH {
        let database = sample(dialect).await;
        let rename = |from: &str, to: &str| format!("ALTER TABLE T_TASK_RETURN RENAME {from} TO {to}");
        database.run(&rename("COLUMN APPLY_TIME", "APPLIED")).await;
        let (found, told) = cause(database.place()).await;
        assert!(matches!(&found, Cause::NoColumn(of) if of.to_uppercase().contains("APPLY_TIME")), "{told}");
        database.run(&rename("COLUMN APPLIED", "APPLY_TIME")).await;
        database.run(&rename("", "other")).await;
        let (found, told) = cause(database.place()).await;
        assert!(matches!(&found, Cause::NoTable(of) if of.to_uppercase().contains("T_TASK_RETURN")), "{told}");
        database.run("ALTER TABLE other RENAME TO T_TASK_RETURN").await;
        match dialect {
            Dialect::Postgres => {
                database.run(&format!("REVOKE SELECT ON T_CONTACT_LOG FROM {}", database.reader)).await
            }
            Dialect::MySql => {
                database.run(&format!("REVOKE SELECT ON {}.* FROM {}@'%'", database.name, database.reader)).await;
                database
                    .run(&format!("GRANT SELECT ON {}.T_HOTLINE_TASK TO {}@'%'", database.name, database.reader))
                    .await;
            }
        }
        let (found, told) = cause(database.place()).await;
        assert!(matches!(found, Cause::NoRight(_)) && told.contains("GRANT SELECT"), "{told}");
    }
}

#[tokio::test]
async fn a_change_time_that_is_none_is_refused() {
    for dialect in BOTH {
        let database = sample(dialect).await;
        let mut tables = tables(dialect);
        tables.main.updated = tables.main.columns.get(&FieldName(Field::Received)).map(|cell| cell.parts()[0].clone());
        let place = StorePlace::Database(Box::new((database.place(), tables)));
        let told = Store::open(&place).await.unwrap_err().to_string();
        assert!(told.contains("`updated` is of the type VARCHAR"), "{told}");
    }
}

#[tokio::test]
async fn check_online_tells_the_cause_and_check_alone_does_not_connect() {
    for dialect in BOTH {
        let database = sample(dialect).await;
        let house: House = house(&database);
        let out = house.duban(&["check"]);
        assert!(String::from_utf8_lossy(&out.stdout).contains("未连接,加 --online 时连接并检查"));
        house.edit("duban.toml", &format!("user = \"{}\"", database.reader), "user = \"nobody_of_tests\"");
        let out = house.duban(&["check", "--online"]);
        let told = String::from_utf8_lossy(&out.stdout);
        assert_eq!(out.status.code(), Some(6));
        assert!(told.contains("[错误]") && told.contains("the password or the user is wrong"), "{told}");
        assert!(!told.contains(PASSWORD));
    }
}

#[tokio::test]
async fn the_database_refuses_every_write_of_a_reading_connection_and_none_is_tried() {
    for dialect in BOTH {
        let database = sample(dialect).await;
        watch(&database).await;
        let store = database.open(&tables(dialect)).await;
        let mut cursor = Cursor::start();
        for _ in 0..20 {
            let page = store.changed(cursor, 50).await.unwrap();
            store.read(&page.tickets.iter().map(|ticket| ticket.no.clone()).collect::<Vec<_>>()).await.unwrap();
            cursor = page.cursor;
        }
        let statements = seen(&database).await;
        assert!(statements.len() > 40, "{}", statements.len());
        for statement in statements {
            let word = statement.split_whitespace().next().unwrap_or_default().to_uppercase();
            assert!(["SELECT", "SET", "SHOW"].contains(&word.trim_end_matches(';')), "{statement}");
        }
    }
}

/// Has the server write down what the reader sends.
async fn watch(database: &Database) {
    match database.dialect {
        Dialect::Postgres => database.run(&format!("ALTER ROLE {} SET log_statement = 'all'", database.reader)).await,
        Dialect::MySql => database.run("SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = ON").await,
    }
}

/// The statements that the reader sent.
async fn seen(database: &Database) -> Vec<String> {
    match database.dialect {
        Dialect::Postgres => {
            let log = std::fs::read_to_string(folder().join("postgres/log")).unwrap();
            // Whatever is logged is of a reader; a statement may go over several lines.
            let told = |line: &str| {
                let (_, rest) = line.split_once("LOG:  ")?;
                let sql = rest
                    .strip_prefix("statement: ")
                    .or_else(|| Some(rest.split_once("execute ")?.1.split_once(": ")?.1))?;
                Some(sql.to_owned())
            };
            log.lines().filter_map(told).collect()
        }
        Dialect::MySql => {
            let sql = format!(
                "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log WHERE user_host LIKE '%{}%' \
                 AND command_type IN ('Query', 'Prepare', 'Execute')",
                database.reader
            );
            database.admin().await.texts(&sql).await
        }
    }
}

#[tokio::test]
async fn a_connection_that_was_cut_is_made_again() {
    for dialect in BOTH {
        let database = sample(dialect).await;
        let relay = Relay::to(database.port);
        let place = StorePlace::Database(Box::new((Place { port: relay.port(), ..database.place() }, tables(dialect))));
        let store = Store::open(&place).await.unwrap();
        let cursor = store.changed(Cursor::start(), 500).await.unwrap().cursor;
        // Cut while it rests: nobody notices.
        relay.cut();
        store.changed(cursor.clone(), 500).await.unwrap();
        // The server is away: told as it is, and the cursor still holds.
        relay.stop();
        let error = store.changed(cursor.clone(), 500).await.unwrap_err();
        assert!(matches!(&error, SourceError::Database { cause: Cause::Lost, .. }), "{error}");
        relay.start();
        store.changed(cursor, 500).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_is_silent_is_given_up() {
    for dialect in BOTH {
        let database = sample(dialect).await;
        let relay = Relay::to(database.port);
        let place = Place { port: relay.port(), timeout: Duration::from_secs(1), ..database.place() };
        let place = StorePlace::Database(Box::new((place, tables(dialect))));
        let store = Store::open(&place).await.unwrap();
        relay.swallow();
        let error = store.changed(Cursor::start(), 500).await.unwrap_err();
        assert!(matches!(&error, SourceError::Database { cause: Cause::Silent { .. }, .. }), "{error}");
    }
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_given_up_by_the_server() {
    for dialect in BOTH {
        let database = sample(dialect).await;
        let slow = if dialect == Dialect::Postgres { "pg_sleep(20)::text" } else { "SLEEP(20)" };
        let mut tables = tables(dialect);
        let sql = Expression { sql: slow.into() };
        let name = FieldName(Field::Handler);
        tables.main.columns.insert(name, Cell::One(Term::Sql(sql)));
        let place = Place { timeout: Duration::from_secs(1), ..database.place() };
        let store = Store::open(&StorePlace::Database(Box::new((place, tables)))).await.unwrap();
        let error = store.changed(Cursor::start(), 5).await.unwrap_err();
        assert!(matches!(&error, SourceError::Database { cause: Cause::Slow, .. }), "{error}");
    }
}

#[tokio::test]
async fn a_password_in_the_settings_is_refused_and_not_shown() {
    let house = House::new();
    house.edit("duban.toml", "kind = \"sqlite\"\npath = \"tickets.db\"", "kind = \"mysql\"\npassword = \"hunter2\"");
    let out = house.duban(&["check"]);
    let told = String::from_utf8_lossy(&out.stdout);
    assert!(told.contains("store.password") && told.contains("must not stand in the settings"), "{told}");
    for key in ["store.host", "store.database", "store.user"] {
        assert!(told.contains(key), "{key} {told}");
    }
    assert!(told.contains("has no [table]") && !told.contains("hunter2"), "{told}");
}

#[tokio::test]
async fn the_reader_of_the_tests_cannot_write() {
    let database = sample(Dialect::MySql).await;
    let url = format!("mysql://{}:{PASSWORD}@127.0.0.1:{}/{}", database.reader, database.port, database.name);
    let mut reader = MySqlConnection::connect(&url).await.unwrap();
    let delete = AssertSqlSafe("DELETE FROM T_CONTACT_LOG".to_owned());
    assert!(sqlx::query(delete).execute(&mut reader).await.is_err());
}
