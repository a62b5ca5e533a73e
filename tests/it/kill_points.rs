//! A process that is killed with SIGKILL at each marked point of a delivery, and
//! another one that finishes its work.
//!
//! The process is this test's own program, told by a file in its folder what to do.

use std::{
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Command, ExitStatus},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use duban::{
    channel,
    clock::{Clock, HandClock},
    config::{self, Places},
    daemon::{
        Assembly, Changeable, Fixed,
        forms::{Cabinet, FormParts},
    },
    delivery::{FailPoint, Point},
    outbox::{CITIZEN, Filter, LegState, Listed, Outbox},
};
use serde::{Deserialize, Serialize};

use crate::{
    handed::{self, Handed, name_peers},
    peers::{
        gateway::{self, GatewayPeer},
        smtp::{self, At, SmtpPeer},
    },
    program::House,
    wanted::{CITIZEN_SMS, Case, MAIL, STAFF_SMS},
};

const ORDER: &str = "order.json";

/// What the other process is to do.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    now: DateTime<Utc>,
    /// The point at which it dies; `None`: it works until nothing is left to do.
    killed_at: Option<String>,
}

/// What is handed over in all, and the state it ends in.
fn expected(case: &Case, point: Point) -> (usize, LegState) {
    let is_citizen = case.kind.is_to_citizen();
    match point {
        // Nothing had left, and the ledger knows it.
        Point::Intent | Point::Claimed => (1, LegState::Accepted),
        // It may have left.
        Point::BeforeCall if is_citizen => (0, LegState::Unknown),
        Point::AfterCall if is_citizen => (1, LegState::Unknown),
        Point::BeforeCall => (1, LegState::Accepted),
        Point::AfterCall => (2, LegState::Accepted),
        Point::Settled => (1, LegState::Accepted),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_each_marked_point_loses_nothing_and_doubles_no_sms_to_a_citizen() {
    println!("{:12} {:12} handed-over state", "", "killed at");
    for case in [&CITIZEN_SMS, &STAFF_SMS, &MAIL] {
        for point in Point::ALL {
            killed_at(case, point).await;
        }
    }
}

async fn killed_at(case: &Case, point: Point) {
    let mail = SmtpPeer::doing(|_, _: At| smtp::Do::Well).await;
    let sms = GatewayPeer::doing(gateway::Do::json(200, r#"{"code":0}"#)).await;
    let house = House::new();
    name_peers(&house, mail.port, sms.port);
    house.import_all([case.ticket.to_owned()]);
    let now = DateTime::parse_from_rfc3339(case.now).unwrap().to_utc();

    let status = other_process(&house, &Order { now, killed_at: Some(point.id().to_owned()) });
    assert_eq!(status.signal(), Some(9), "{} at {}", case.name, point.id());
    let later = now + TimeDelta::seconds(5);
    assert!(other_process(&house, &Order { now: later, killed_at: None }).success());

    let all = [handed::sms(&sms), handed::mails(&mail)].concat();
    let (of_case, others): (Vec<Handed>, Vec<Handed>) = all.into_iter().partition(|one| one.to == case.to);
    let listed = listed(&house).await;
    let leg = listed.iter().find(|one| one.notice.key.kind == case.kind).unwrap().legs.first().unwrap();
    println!("{:12} {:12} {:11} {}", case.name, point.id(), of_case.len(), leg.state);
    assert_eq!((of_case.len(), leg.state), expected(case, point), "{} at {}: {leg:?}", case.name, point.id());
    for again in of_case.iter().skip(1) {
        assert!(again.id == of_case[0].id && again.words.contains("重发"), "{of_case:?}");
    }
    // What may or may not have reached the citizen is told to handler and desk.
    let told: Vec<&str> = others.iter().map(|one| one.to.as_str()).collect();
    let unknown = leg.person == CITIZEN && leg.state == LegState::Unknown;
    assert_eq!(told, if unknown { &["handler.cw@example.org", "desk@example.org"][..] } else { &[] });
    for leg in listed.iter().flat_map(|one| &one.legs) {
        assert!(matches!(leg.state, LegState::Accepted | LegState::Unknown), "{leg:?}");
    }
}

async fn listed(house: &House) -> Vec<Listed> {
    let outbox = Outbox::open(house.state().join("ledger.db")).await.unwrap();
    outbox.list(&Filter::All, 100).await.unwrap()
}

fn other_process(house: &House, order: &Order) -> ExitStatus {
    std::fs::write(house.state().join(ORDER), serde_json::to_string(order).unwrap()).unwrap();
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.current_dir(house.state()).args(["--exact", "kill_points::the_other_process_does_as_it_is_told"]);
    program.output().unwrap().status
}

/// Does nothing but in a folder with an order.
#[tokio::test]
async fn the_other_process_does_as_it_is_told() {
    let Ok(order) = std::fs::read(ORDER) else { return };
    let order: Order = serde_json::from_slice(&order).unwrap();
    let clock = Arc::new(HandClock::at(order.now));
    let mut assembly = assembly(clock.clone()).await;
    if let Some(killed_at) = order.killed_at {
        let mut means = duban::delivery::Means::clone(&assembly.means.load());
        means.settings.fail_point = FailPoint::new(move |point| {
            if point.id() == killed_at {
                die();
            }
        });
        assembly.means.store(Arc::new(means));
    }
    for _ in 0..4 {
        assembly.watcher.cycle(clock.now()).await.unwrap();
        let round = assembly.delivery.run(&assembly.means.load_full()).await.unwrap();
        let citizens = duban::daemon::citizens(&round);
        assembly.watcher.outcomes_changed(&citizens, clock.now()).await.unwrap();
        clock.set(clock.now() + TimeDelta::minutes(1));
    }
}

async fn assembly(clock: Arc<dyn Clock>) -> Assembly {
    let loaded = config::load(&Places { dir: Path::new("../config").to_owned(), credentials: None }).unwrap();
    channel::tls::install();
    let fixed = Fixed {
        columns: loaded.columns,
        key: config::number_key(&loaded.settings.state.dir).unwrap(),
        state: loaded.settings.state.dir.clone(),
        store: loaded.store,
        ledger: loaded.settings.ledger_path(),
        write_back: None,
        forms: FormParts {
            settings: loaded.settings.forms.clone(),
            cabinet: Cabinet::Folder(loaded.settings.forms_path()),
        },
        clock,
    };
    let changeable = Changeable {
        rules: loaded.rules,
        calendar: loaded.calendars.calendar,
        roster: loaded.roster,
        templates: loaded.templates,
        channels: loaded.channels.open(&loaded.secrets).unwrap(),
        mail_domain: "example.org".to_owned(),
    };
    Assembly::open(fixed, changeable).await.unwrap()
}

/// SIGKILL, to ourselves; nothing goes on meanwhile, for there is one thread.
fn die() {
    let line = format!("kill -9 {}", std::process::id());
    // There is nobody left to take the result.
    let _ = Command::new("sh").args(["-c", &line]).status();
    std::thread::park();
}
