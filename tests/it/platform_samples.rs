//! The two samples of a platform's database: read by their presets they give the
//! same tickets and deadlines as the exports.

use std::collections::BTreeMap;

use duban::{
    config::{self, Places},
    source::{Cursor, Dialect, Store},
    ticket::{Field, RawRow},
};
use serde_json::Value;

use crate::{
    cli_import::{TAKEN, expected},
    program::{House, duban, fixture, good, objects, path},
    servers::{BOTH, Database, PASSWORD},
};

/// The sample with the indexes that the manual asks for.
pub async fn sample(dialect: Dialect) -> Database {
    let file = match dialect {
        Dialect::Postgres => "samples/platform-postgres.sql",
        Dialect::MySql => "samples/platform-mysql.sql",
    };
    let mut sql = std::fs::read_to_string(fixture(file)).unwrap();
    for child in ["CONTACT_LOG", "TASK_RETURN", "TASK_EXTENSION", "TASK_SATISFACTION"] {
        sql.push_str(&format!("CREATE INDEX IX_{child} ON T_{child} (TASKID);\n"));
    }
    Database::with(dialect, &sql).await
}

pub fn preset(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "platform-postgres",
        Dialect::MySql => "platform-mysql",
    }
}

/// A house whose tickets are in a database.
pub fn house(database: &Database) -> House {
    let house = House::new();
    let settings = database.settings(preset(database.dialect));
    house.edit("duban.toml", "kind = \"sqlite\"\npath = \"tickets.db\"", &settings);
    house.edit("duban.toml", "columns = \"default\"\n", "");
    let secret = house.config().join("secret");
    std::fs::write(&secret, PASSWORD).unwrap();
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    house
}

async fn every_row(store: &Store) -> Vec<RawRow> {
    let (mut rows, mut cursor) = (Vec::new(), Cursor::start());
    loop {
        let page = store.changed(cursor, 37).await.unwrap();
        rows.extend(page.tickets.into_iter().flat_map(|ticket| ticket.rows));
        cursor = page.cursor;
        if !page.more {
            return rows;
        }
    }
}

/// The rows as an export whose headers are the names of the columns.
fn export(rows: &[RawRow]) -> Vec<u8> {
    let columns = rows[0].columns();
    let fields: Vec<Field> = Field::ALL.into_iter().filter(|field| columns.has(*field)).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(fields.iter().map(|field| field.id())).unwrap();
    for row in rows {
        writer.write_record(fields.iter().map(|field| row.get(*field).unwrap())).unwrap();
    }
    writer.into_inner().unwrap()
}

#[tokio::test]
async fn both_samples_give_the_tickets_and_deadlines_of_the_exports() {
    let expected = expected();
    for dialect in BOTH {
        let database = sample(dialect).await;
        let house = house(&database);
        let loaded = config::load(&Places { dir: house.config(), credentials: None }).unwrap();
        let store = Store::open(&loaded.store).await.unwrap();
        let rows = every_row(&store).await;
        assert_eq!(rows.len(), 324, "{dialect:?}");
        let file = house.state().join("rows.csv");
        std::fs::write(&file, export(&rows)).unwrap();
        let roster = fixture("samples/roster.csv");
        let out = duban(&["import", path(&file), "--dry-run", "--json", "--now", TAKEN, "--roster", path(&roster)]);
        let mut given = BTreeMap::new();
        for ticket in objects(&out) {
            given.insert(ticket["ticket"].as_str().unwrap().to_owned(), ticket);
        }
        assert_eq!(given.len(), 300, "{dialect:?}");
        let mut differing = Vec::new();
        for (no, ticket) in &given {
            for (field, value) in expected[no].as_object().unwrap() {
                if ticket[field] != *value {
                    differing.push(format!("{no} {field}: {} for {value}", ticket[field]));
                }
            }
        }
        assert_eq!(differing, Vec::<String>::new(), "{dialect:?}");
    }
}

#[tokio::test]
async fn both_samples_are_found_good_by_check_and_explained() {
    for dialect in BOTH {
        let database = sample(dialect).await;
        let house = house(&database);
        let out = house.duban(&["check", "--online", "--json", "--now", TAKEN]);
        let text = String::from_utf8_lossy(&out.stdout);
        let found: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let store = found.iter().find(|found| found["what"].as_str().is_some_and(|what| what.contains("可读")));
        let what = store.unwrap_or_else(|| panic!("{text}"))["what"].as_str().unwrap();
        assert!(what.contains("工单 300 件") && what.contains(&database.name), "{what}");
        assert!(!text.contains(PASSWORD));
        let told = good(&house.duban(&["explain", "20260903A0073", "--now", TAKEN]));
        assert!(told.contains("20260903A0073"), "{told}");
    }
}
