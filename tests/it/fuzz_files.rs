//! Whatever bytes come from elsewhere (exports, settings, spreadsheets, backups, answers
//! of gateways): what is read is read, all else is refused in words, and nothing breaks.

use std::{panic::AssertUnwindSafe, path::Path};

use chrono::{DateTime, Utc};
use duban::{
    config::{self, Places},
    message::{Templates, Wording},
    notice::Outcome,
    outbox,
    roster::Roster,
    rules::Rules,
    source::{ColumnMap, Export, HistoryStore, Statement, gathered},
    ticket::NumberKey,
};

use crate::{
    mutation::{changed, span, tried},
    peers::{
        JSON_GATEWAY,
        gateway::{Do, GatewayPeer},
        now, sms, sms_channel,
    },
    program::{House, fixture, good, path, root},
};

fn read(file: &Path) -> Vec<u8> {
    std::fs::read(file).unwrap()
}

/// The head of a long file: a change in the middle of a megabyte is seldom met.
fn head(mut bytes: Vec<u8>) -> Vec<u8> {
    let lines = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(12);
    let end = lines.map_or(bytes.len(), |(at, _)| at);
    bytes.truncate(end);
    bytes
}

/// Reads changed exports to their end, and every row as a ticket.
fn exports_hold(seeds: &[Vec<u8>], ending: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(format!("export.{ending}"));
    let map = ColumnMap::built_in().unwrap();
    let reader = map.reader(NumberKey::new([7; 32]));
    let read = AssertUnwindSafe(|bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        match Export::open(&file, &map) {
            Err(error) => assert!(!error.to_string().is_empty()),
            Ok(export) => match gathered(export, &reader) {
                Ok((tickets, _)) => tickets.iter().for_each(|ticket| drop(reader.read(&ticket.rows))),
                Err(error) => assert!(!error.to_string().is_empty()),
            },
        }
        drop(HistoryStore::from_csv(&file, &map, &reader));
    });
    let n = tried(seeds, |bytes| read(bytes));
    assert!(n > 10, "{n}");
}

#[test]
fn any_bytes_are_an_export_in_csv_or_are_refused() {
    let seeds = ["samples/export-utf8.csv", "samples/export-gb18030.csv", "histories/S13.csv"];
    exports_hold(&seeds.map(|name| head(read(&fixture(name)))), "csv");
}

#[test]
fn any_bytes_are_a_workbook_or_are_refused() {
    let seeds = ["inline-strings", "odd-cells", "several-sheets", "epoch-1904", "header-only"];
    exports_hold(&seeds.map(|name| read(&fixture(&format!("exports/{name}.xlsx")))), "xlsx");
}

#[test]
fn any_text_is_a_roster_or_is_refused() {
    let toml = [read(&root().join("config/roster.toml"))];
    let n = tried(&toml, |bytes| match Roster::from_toml("roster.toml", &String::from_utf8_lossy(bytes)) {
        Ok(roster) => assert!(!roster.units().is_empty()),
        Err(errors) => assert!(errors.iter().all(|error| !error.fault.to_string().is_empty()) && !errors.is_empty()),
    });
    let csv = [read(&fixture("samples/roster.csv"))];
    let m = tried(&csv, |bytes| match Roster::from_csv("roster.csv", &String::from_utf8_lossy(bytes)) {
        Ok(roster) => drop(roster),
        Err(errors) => assert!(!errors.is_empty()),
    });
    assert!(n > 10 && m > 10, "{n} {m}");
}

#[test]
fn any_text_is_rules_a_column_map_or_a_statement_or_is_refused() {
    let rules = [read(&root().join("config/rules.toml"))];
    let n = tried(&rules, |bytes| drop(Rules::parse("rules.toml", &String::from_utf8_lossy(bytes))));
    let columns = [read(&root().join("config/columns/default.toml"))];
    let m = tried(&columns, |bytes| drop(ColumnMap::parse("default.toml", &String::from_utf8_lossy(bytes))));
    let statements = ["INSERT INTO sms_proof (ticket_no, sent_at) VALUES (:ticket_no, :sent_at)"];
    let k = tried(&statements.map(|text| text.as_bytes().to_vec()), |bytes| {
        let text = String::from_utf8_lossy(bytes);
        if Statement::parse(&text).is_ok() {
            assert!(!text.to_lowercase().contains("select 1; drop"), "{text}");
        }
    });
    assert!(n > 10 && m > 10 && k > 10, "{n} {m} {k}");
}

#[test]
fn any_text_is_a_template_or_is_refused() {
    let seeds = ["due-today.sms.txt", "ticket-assigned.email.many.txt"];
    let n = tried(&seeds.map(|name| read(&root().join("config/templates").join(name))), |bytes| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let given = [("due-today.sms.txt".to_owned(), text)];
        if let Err(errors) = Templates::load(&given, &Wording::default()) {
            assert!(errors.iter().all(|error| !error.what().is_empty()) && !errors.is_empty());
        }
    });
    assert!(n > 0, "{n}");
}

#[test]
fn any_settings_are_read_or_are_refused_with_their_file() {
    let house = House::new();
    let file = house.config().join("duban.toml");
    let seeds = [read(&file)];
    let places = Places { dir: house.config(), credentials: None };
    let load = AssertUnwindSafe(|bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        if let Err(faults) = config::load(&places) {
            assert!(!faults.is_empty() && faults.iter().all(|fault| !fault.to_string().is_empty()));
        }
    });
    let n = tried(&seeds, |bytes| load(bytes));
    assert!(n > 0, "{n}");
}

#[tokio::test]
async fn any_bytes_are_a_backup_or_are_refused() {
    let house = House::new();
    house.import_all([crate::wanted::urgent(1)]);
    drop(house.watch("2026-09-15T09:30:00+08:00").await);
    let backup = house.state().join("a.backup");
    good(&house.duban(&["backup", path(&backup)]));
    let (seeds, end) = ([read(&backup)], std::time::Instant::now() + span());
    let now: DateTime<Utc> = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
    let fresh = house.state().join("fresh.db");
    let mut rounds = 0;
    while std::time::Instant::now() < end {
        std::fs::write(&backup, changed(&seeds, rounds)).unwrap();
        match outbox::prepare(&backup, &fresh, now).await {
            Ok(_) => outbox::Outbox::open(&fresh).await.unwrap().verify().await.unwrap(),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        rounds += 1;
    }
    assert!(rounds > 0, "{rounds}");
}

#[tokio::test]
async fn any_answer_of_a_gateway_is_one_of_the_six_and_only_a_clear_yes_is_one() {
    let seeds = [
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 34\r\n\r\n{\"code\":\"0\",\"data\":{\"id\":\"00B8\"}}",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"code\":\"108\",\"message\":\"full\"}",
        "HTTP/1.1 503 Busy\r\nretry-after: 30\r\ncontent-length: 0\r\n\r\n",
    ];
    let seeds = seeds.map(|text| text.as_bytes().to_vec());
    let of_peer = seeds.clone();
    let peer = GatewayPeer::scripted(move |n| Do::Raw(changed(&of_peer, n as u64))).await;
    let (channel, end) = (
        sms_channel(&format!("http://127.0.0.1:{}/send", peer.port), JSON_GATEWAY),
        std::time::Instant::now() + span(),
    );
    let mut answered = 0;
    while std::time::Instant::now() < end {
        let outcome = channel.send(&sms(), now()).await;
        answered += 1;
        if matches!(outcome, Outcome::Accepted(_)) {
            let told = peer.asked().len();
            let said = [told.saturating_sub(1), told].map(|n| changed(&seeds, n as u64));
            let text = said.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
            assert!(text.contains("\"code\"") && text.contains(" 2"), "{text}");
        }
    }
    assert!(answered > 10, "{answered}");
}
