//! The daemon on a platform's database: an outage, a row that goes, and what is
//! written back.

use chrono::{DateTime, TimeDelta};
use duban::{
    notice::Kind,
    outbox::NoticeState,
    source::{ColumnMap, Dialect, Sent, SourceError, Statement, Store, WriteBack},
    ticket::TicketNo,
};

use crate::{
    office::Office,
    peers::plain_relay::Relay,
    platform_samples::{house, preset, sample},
    servers::{BOTH, Database},
    wanted::CITIZEN_SMS,
};

const EVENING: &str = "2026-09-15T07:30:00+08:00";

/// The platform with the one ticket of a citizen who was called in vain.
async fn platform(dialect: Dialect) -> Database {
    let database = sample(dialect).await;
    database
        .run(
            "DELETE FROM T_HOTLINE_TASK; DELETE FROM T_CONTACT_LOG; DELETE FROM T_TASK_RETURN; \
             DELETE FROM T_TASK_EXTENSION; DELETE FROM T_TASK_SATISFACTION; \
             INSERT INTO T_HOTLINE_TASK (TASKID, HOTLINESN, INFOSOURCE, BIZTYPE, URGENCY, DIFFICULTY, BCNAME, SCNAME, \
             CITIZEN_NAME, CONTACT_TEL, IS_SECRET, STREET, CONTENT, RECV_TIME, DISPATCH_TIME, EXECUTEDEPTNAME, HANDLER, \
             ACCEPT_TIME, STATUSNAME, UPDATED_AT) VALUES ('R1', 'A1', '12345热线', '投诉', '一般', '复杂', '供水', '水压', \
             '李女士', '13800070001', '否', '澄湾街道', '水压低', '2026-09-14 08:00:00', '2026-09-14 08:10:00', \
             '澄湾供水服务站', '周经办', '2026-09-14 08:20:00', '处理中', '2026-09-14 17:00:00'); \
             INSERT INTO T_CONTACT_LOG VALUES (1, 'R1', 1, '2026-09-14 14:00:00', NULL, '无人接听'), \
             (2, 'R1', 2, '2026-09-14 15:05:00', NULL, '无人接听'), (3, 'R1', 3, '2026-09-14 16:10:00', NULL, '无人接听')",
        )
        .await;
    database
}

async fn office(database: &Database, port: u16) -> Office {
    let house = house(database);
    house.edit("duban.toml", &format!("port = {}", database.port), &format!("port = {port}"));
    Office::open(house, EVENING).await
}

#[tokio::test]
async fn an_outage_is_told_holds_the_citizens_sms_and_ends_with_it_sent_once() {
    for dialect in BOTH {
        let database = platform(dialect).await;
        let relay = Relay::to(database.port);
        let mut office = office(&database, relay.port()).await;
        office.step().await;
        assert_eq!(office.count(Kind::CitizenUnreachableSms, NoticeState::Open).await, 1, "{dialect:?}");
        office.mail.taken();
        relay.stop();
        for _ in 0..6 {
            office.forward(TimeDelta::minutes(15));
            office.step().await;
        }
        assert!(office.sms.taken().iter().all(|letter| letter.to().expose() != CITIZEN_SMS.to), "{dialect:?}");
        assert_eq!(office.mail.taken_with("数据源工单库自2026-09-15 07:45起连续").len(), 2, "ops and desk");
        relay.start();
        office.step().await;
        office.forward(TimeDelta::hours(1));
        office.step().await;
        let sent = office.sms.taken();
        assert_eq!(sent.iter().filter(|letter| letter.to().expose() == CITIZEN_SMS.to).count(), 1, "{dialect:?}");
        assert_eq!(office.mail.taken_with("已于2026-09-15 09:00恢复").len(), 2);
    }
}

#[tokio::test]
async fn a_row_that_went_is_noticed_by_the_next_full_reading_and_told_after_a_day() {
    for dialect in BOTH {
        let database = platform(dialect).await;
        let mut office = office(&database, database.port).await;
        office.step().await;
        database.run("DELETE FROM T_HOTLINE_TASK").await;
        office.watcher.reconcile();
        office.step().await;
        office.forward(TimeDelta::hours(23));
        office.watcher.reconcile();
        office.step().await;
        assert_eq!(office.mail.taken_with("数据源中已无此工单"), [""; 0]);
        // A restart forgets nothing, though the row is not met any more.
        let mut office = office.restarted().await;
        office.forward(TimeDelta::hours(2));
        office.step().await;
        let told = office.mail.taken_with("数据源中已无此工单");
        assert_eq!(told.len(), 1, "{dialect:?} {told:?}");
        assert!(told[0].contains("A1") && told[0].contains("2026-09-15 07:30"), "{told:?}");
    }
}

#[tokio::test]
async fn a_statement_is_bound_lasts_when_committed_and_is_tried_without_being_run() {
    for dialect in BOTH {
        let database = sample(dialect).await;
        let store = database.open(&ColumnMap::shipped(preset(dialect)).unwrap().unwrap().tables.unwrap()).await;
        database.run("CREATE TABLE proof (no VARCHAR(90), at TIMESTAMP NULL, round INT, kind VARCHAR(40))").await;
        let of = |text: &str| WriteBack::of(&store, Statement::parse(text).unwrap()).unwrap();
        let insert = of("INSERT INTO proof VALUES (:ticket_no, CAST(:sent_at AS $TIME), :round, :kind)"
            .replace("$TIME", if dialect == Dialect::Postgres { "timestamp" } else { "DATETIME" })
            .as_str());
        let error = insert.check().await.unwrap_err().to_string();
        assert!(error.contains("the statement of [write_back] cannot be run"), "{error}");
        match dialect {
            Dialect::Postgres => {
                database.run(&format!("GRANT INSERT, SELECT, UPDATE ON proof TO {}", database.reader)).await
            }
            Dialect::MySql => {
                database
                    .run(&format!("GRANT INSERT, UPDATE ON {}.proof TO {}@'%'", database.name, database.reader))
                    .await
            }
        }
        insert.check().await.unwrap();
        drop(insert.begin(&sent("A1")).await.unwrap());
        assert_eq!(database.admin().await.texts("SELECT no FROM proof").await, Vec::<String>::new(), "{dialect:?}");
        let hostile = "A1'); DROP TABLE proof; --";
        insert.begin(&sent(hostile)).await.unwrap().commit().await.unwrap();
        assert_eq!(database.admin().await.texts("SELECT no FROM proof").await, [hostile]);
        let at = if dialect == Dialect::Postgres {
            "SELECT at::text FROM proof"
        } else {
            "SELECT CAST(at AS CHAR) FROM proof"
        };
        let zone = if dialect == Dialect::Postgres { "2026-09-15 08:30:01" } else { "2026-09-15 00:30:01" };
        assert_eq!(database.admin().await.texts(at).await, [zone], "civil time, as the session of the reader has it");
        let nobody = of("UPDATE proof SET round = :round WHERE no = :ticket_no");
        nobody.check().await.unwrap();
        let error = nobody.begin(&sent("A9")).await.unwrap_err();
        assert!(matches!(error, SourceError::NothingWritten { .. }), "{error}");
        let unknown = of("UPDATE prove SET round = :round WHERE no = :ticket_no");
        assert!(matches!(unknown.check().await.unwrap_err(), SourceError::Statement { .. }));
    }
}

fn sent(no: &str) -> Sent {
    let at = DateTime::parse_from_rfc3339("2026-09-15T08:30:01+08:00").unwrap().to_utc();
    Sent { ticket: TicketNo::new(no), round: 2, at, kind: "citizen-neutral-sms" }
}

#[tokio::test]
async fn an_import_into_a_platforms_database_is_refused() {
    let database = sample(Dialect::Postgres).await;
    let out = house(&database).duban(&["import", "tests/fixtures/samples/export-utf8.csv"]);
    let told = crate::program::bad(&out, 3);
    assert!(
        told.contains("an import fills only a store of the kind sqlite") && told.contains(&database.name),
        "{told}"
    );
    let store = database.open(&ColumnMap::shipped("platform-postgres").unwrap().unwrap().tables.unwrap()).await;
    assert!(!Store::tells_deletions(&store));
}
