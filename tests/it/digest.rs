//! The daily digest: what stands on its lists, whom it reaches, and that there is
//! one a day.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use duban::{
    daemon::{Watcher, WatcherParts, forms::FormParts},
    notice::{Fact, Kind, Notice, Role},
    outbox::{Filter, Outbox},
    planner::{Digest, Policy, SmsOutcome, SmsState, TicketFacts, View, Watch},
    roster::Roster,
    source::{ColumnMap, HistoryStore, Store},
    ticket::{Field, NumberKey, Ticket},
};

use crate::{
    planner::{LONG_AGO, at, policy, ticket},
    program::{House, command, fixture, good, objects, path},
};

const MORNING: &str = "2026-03-05 08:30";
const CONTACTED: (Field, &str) = (Field::Contacted, "2026-03-02 09:50:00");
const HEADER: &str =
    "工单编号,来源,紧急程度,办理类别,大类,接收时间,派单时间,承办单位,经办人,接单时间,先行联系时间,状态,更新时间";
const COMPLEX: &str = "A1,12345,一般,复杂,供水,2026-09-07 09:00:00,2026-09-07 09:30:00,澄湾自来水管理所,周经办,2026-09-07 10:00:00,\
                       2026-09-07 11:00:00,处理中,2026-09-07 11:00:00";

#[test]
fn each_list_holds_what_it_says_and_nothing_else() {
    let lists = |row: &[(Field, &str)], now: &str| lists(&[ticket(row)], now);
    let one = |name: &'static str| vec![name];
    // Received Monday, complex: three working days end on Thursday.
    assert_eq!(lists(&[CONTACTED], "2026-03-04 08:30"), [""; 0]);
    assert_eq!(lists(&[CONTACTED], MORNING), one("due_today"));
    assert_eq!(lists(&[CONTACTED], "2026-03-06 08:30"), one("overdue"));
    assert_eq!(lists(&[CONTACTED], "2026-03-07 08:30"), one("overdue"), "on a Saturday too");
    assert_eq!(lists(&[], "2026-03-03 08:30"), one("contact_due"));
    assert_eq!(lists(&[], "2026-03-04 08:30"), [""; 0], "the limit of the contact was yesterday");
    let late_contact = (Field::Contacted, "2026-03-03 08:40:00");
    assert_eq!(lists(&[late_contact], "2026-03-03 08:30"), ["contact_due", "data_problems"], "not contacted yet");
    let ended = [CONTACTED, (Field::Concluded, "2026-03-03 10:00:00")];
    let fed_back = [&ended[..], &[(Field::Status, "待审核"), (Field::FedBack, "2026-03-03 11:00:00")]].concat();
    assert_eq!(lists(&fed_back, MORNING), one("audit_pending"), "concluded: neither due nor overdue");
    assert_eq!(lists(&[&ended[..], &[(Field::Status, "待回访")]].concat(), MORNING), [""; 0]);
    let difficult = [CONTACTED, (Field::Difficulty, "疑难"), (Field::ExtensionApplied, "2026-03-04 10:00:00")];
    assert_eq!(lists(&difficult, MORNING), one("extension_pending"));
    let approved = [&difficult[..], &[(Field::ExtensionApproved, "2026-03-04 15:00:00")]].concat();
    assert_eq!(lists(&approved, MORNING), [""; 0]);
    let refused = [&difficult[..], &[(Field::Extended, "不同意")]].concat();
    assert_eq!(lists(&refused, MORNING), [""; 0]);
    assert_eq!(lists(&[&difficult[..], &ended[1..], &[(Field::Status, "已办结")]].concat(), MORNING), [""; 0]);
    let unknown = [CONTACTED, (Field::Difficulty, ""), (Field::Urgency, "")];
    assert_eq!(lists(&unknown, "2026-03-04 08:30"), one("data_problems"));
    assert_eq!(lists(&unknown, MORNING), ["data_problems", "due_today"]);
    assert_eq!(lists(&[(Field::Status, "作废"), (Field::Urgency, "")], MORNING), [""; 0]);
}

#[test]
fn an_sms_that_stands_for_the_contact_takes_the_ticket_off_the_list() {
    let tries = "2026-03-02 10:00无人接听;2026-03-02 11:05忙音;2026-03-02 14:00关机";
    let ticket = ticket(&[(Field::ContactLog, tries)]);
    let with = |state| {
        let (kind, occurrence) = (Kind::CitizenUnreachableSms, String::new());
        let sms = SmsOutcome { round: 1, kind, occurrence, state, at: at("2026-03-02 14:00"), code: "-".into() };
        let facts = TicketFacts::default();
        let now = at("2026-03-03 08:30");
        let mut digest = Digest::today(&policy().rules, now).0;
        digest.add(View { ticket: &ticket, facts: &facts, outcomes: &[sms], told: &[] }, &policy(), now);
        digest.notices(&policy(), LONG_AGO, now).len()
    };
    assert_eq!(with(SmsState::Accepted), 0);
    assert_eq!(with(SmsState::Failed), 2, "to the desk and the deputy");
}

#[test]
fn the_desk_has_all_and_each_deputy_the_own_unit() {
    let of = |no, unit| ticket(&[CONTACTED, (Field::TicketNo, no), (Field::Units, unit)]);
    let tickets = [of("B2", "甲站"), of("B1", "甲站"), of("C1", "乙站、甲站"), of("D1", "")];
    let notices = digest(&tickets, &policy(), LONG_AGO, MORNING);
    let told: Vec<_> = notices.iter().map(|n| (n.subject.text(), n.roles[0], n.facts["due_today"].clone())).collect();
    let list = |nos: &[&str]| Fact::List(nos.iter().map(ToString::to_string).collect());
    assert_eq!(
        told,
        [
            ("D/2026-03-05".to_owned(), Role::Desk, list(&["B1", "B2", "C1", "D1"])),
            ("D/2026-03-05/乙站".to_owned(), Role::Deputy, list(&["C1"])),
            ("D/2026-03-05/甲站".to_owned(), Role::Deputy, list(&["B1", "B2"])),
        ]
    );
    assert_eq!((&notices[0].facts["unit"], &notices[1].facts["unit"]), (&text("全局"), &text("乙站")));
    assert!(notices.iter().all(|notice| notice.roles.len() == 1 && notice.facts["date"] == text("2026-03-05")));
}

#[test]
fn a_unit_is_told_under_its_present_name_and_one_that_nobody_knows_is_the_desks() {
    let roster = Roster::from_csv("roster.csv", &std::fs::read_to_string(fixture("samples/roster.csv")).unwrap());
    let policy = Policy { roster: Some(Arc::new(roster.unwrap())), ..policy() };
    let of = |no, unit| ticket(&[CONTACTED, (Field::TicketNo, no), (Field::Units, unit)]);
    let tickets = [of("A1", "澄湾自来水管理所"), of("A2", "澄湾供水服务站"), of("A3", "没有这个站")];
    let notices = digest(&tickets, &policy, LONG_AGO, MORNING);
    let units: Vec<Option<&str>> = notices.iter().map(|notice| notice.unit.as_deref()).collect();
    assert_eq!(units, [None, Some("澄湾供水服务站")]);
}

#[test]
fn it_is_late_after_a_stop_and_not_sent_on_another_day_or_before_anybody_watched() {
    let tickets = [ticket(&[CONTACTED])];
    let when = |now: &str, since: &str| {
        let watch = Watch { since: at(since) };
        digest(&tickets, &policy(), watch, now).iter().map(|notice| notice.late).collect::<Vec<_>>()
    };
    assert_eq!(when(MORNING, "2026-03-01 00:00"), [false, false]);
    assert_eq!(when("2026-03-05 11:00", "2026-03-01 00:00"), [true, true]);
    assert_eq!(when("2026-03-05 08:29", "2026-03-01 00:00"), [false; 0]);
    assert_eq!(
        when("2026-03-05 11:00", "2026-03-05 10:00"),
        [false; 0],
        "the first digest comes the day after the start"
    );
    let mut yesterday = Digest::of(at(MORNING).date_naive(), &policy().rules);
    let facts = TicketFacts::default();
    yesterday.add(View { ticket: &tickets[0], facts: &facts, outcomes: &[], told: &[] }, &policy(), at(MORNING));
    assert_eq!(yesterday.notices(&policy(), LONG_AGO, at("2026-03-06 00:00")), []);
}

#[test]
fn the_next_one_comes_due_each_day_at_half_past_eight() {
    let rules = policy().rules;
    for (now, next) in [
        ("2026-03-06 08:29", "2026-03-06 08:30"),
        (MORNING, "2026-03-06 08:30"),
        ("2026-03-06 23:59", "2026-03-07 08:30"),
        ("2026-12-31 09:00", "2027-01-01 08:30"),
    ] {
        assert_eq!(Digest::today(&rules, at(now)).1, at(next), "{now}");
    }
}

#[test]
fn simulate_sends_one_a_day_and_none_when_there_is_nothing_to_say() {
    let digests = |more: &[&str]| -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let history = fixture("histories/S11.csv");
        let args = ["simulate", "--json", "--history", path(&history)];
        let span = ["--from", "2026-06-15T00:00:00+08:00", "--to", "2026-06-30T00:00:00+08:00"];
        let output = command(&[&args[..], &span, more].concat()).current_dir(&folder).output().unwrap();
        let digests = objects(&output).into_iter().filter(|told| told["kind"] == "daily-digest");
        digests.map(|told| format!("{} {}", told["at"].as_str().unwrap(), told["recipients"])).collect()
    };
    let all = digests(&[]);
    let days: BTreeMap<&str, usize> = all.iter().fold(BTreeMap::new(), |mut days, told| {
        *days.entry(&told[..10]).or_default() += 1;
        days
    });
    assert!(!days.is_empty() && days.values().all(|n| *n == 2), "to the desk and the deputy: {all:?}");
    assert!(!days.contains_key("2026-06-15") && !days.contains_key("2026-06-16"), "nothing to say: {all:?}");
    assert!(all.iter().all(|told| told.contains("T08:30:00+08:00 [\"de")), "{all:?}");
    let day = days.keys().next().unwrap().to_string();
    let down = format!("{day}T06:00:00+08:00..{day}T10:00:00+08:00");
    let late = digests(&["--down", &down]);
    assert_eq!(late.len(), all.len(), "none is lost: {late:?}");
    assert!(late[0].starts_with(&format!("{day}T10:00:00")), "{late:?}");
}

#[tokio::test]
async fn a_restart_makes_no_other_and_a_new_day_does() {
    let folder = tempfile::tempdir().unwrap();
    let map = ColumnMap::built_in().unwrap();
    let reader = map.reader(NumberKey::new([7; 32]));
    let history = HistoryStore::from_csv(&fixture("histories/S11.csv"), &map, &reader).unwrap();
    let store = Arc::new(Store::History(history));
    let (outbox, reader) = (Outbox::open(folder.path().join("ledger.db")).await.unwrap(), Arc::new(reader));
    let watcher = async |now: DateTime<Utc>| {
        let (store, outbox, reader) = (store.clone(), outbox.clone(), reader.clone());
        let forms = FormParts::paperless();
        let parts =
            WatcherParts { store, outbox, reader, policy: Arc::new(policy()), watch: LONG_AGO, forms, state: None };
        Watcher::new(parts, now).await.unwrap()
    };
    let Store::History(history) = &*store else { panic!("a history") };
    let morning = at("2026-06-18 08:30");
    history.set_now(morning);
    let report = watcher(morning).await.cycle(morning - TimeDelta::minutes(1)).await.unwrap();
    assert_eq!((digests(&outbox).await.len(), report.next), (0, Some(morning)));
    watcher(morning).await.cycle(morning).await.unwrap();
    let made = digests(&outbox).await;
    assert_eq!(made.len(), 2, "{made:?}");
    // Something changes, the process starts again, and cycles go on.
    let noon = morning + TimeDelta::hours(4);
    history.set_now(noon);
    let mut again = watcher(noon).await;
    again.cycle(noon).await.unwrap();
    assert_eq!(digests(&outbox).await, made);
    let tomorrow = morning + TimeDelta::days(1);
    history.set_now(tomorrow);
    again.cycle(tomorrow).await.unwrap();
    assert_eq!(digests(&outbox).await.len(), 4);
}

#[test]
fn plan_shows_the_digests_that_lie_ahead_with_their_people() {
    let house = House::new();
    house.import(HEADER, &[COMPLEX]);
    let args = ["plan", "--days", "5", "--now", "2026-09-07T12:00"];
    let planned = objects(&house.duban(&[&args[..], &["--json"]].concat()));
    let digests: Vec<_> = planned.iter().filter(|told| told["kind"] == "daily-digest").collect();
    let at: Vec<&str> = digests.iter().map(|told| told["at"].as_str().unwrap()).collect();
    let days = ["2026-09-10T08:30:00+08:00", "2026-09-11T08:30:00+08:00", "2026-09-12T08:30:00+08:00"];
    assert_eq!(at, [days[0], days[0], days[1], days[1], days[2], days[2]], "due today, then overdue");
    let text = good(&house.duban(&args));
    assert!(text.contains("  08:30 办理日报 → 综合管理科("), "{text}");
    assert!(text.contains("  08:30 办理日报 澄湾供水服务站 → 分管领导(吴副站)\n"), "{text}");
}

fn digest(tickets: &[Ticket], policy: &Policy, watch: Watch, now: &str) -> Vec<Notice> {
    let (mut digest, _) = Digest::today(&policy.rules, at(now));
    for ticket in tickets {
        let facts = TicketFacts::default();
        digest.add(View { ticket, facts: &facts, outcomes: &[], told: &[] }, policy, at(now));
    }
    digest.notices(policy, watch, at(now))
}

/// The names of the lists that are not empty.
fn lists(tickets: &[Ticket], now: &str) -> Vec<String> {
    let notices = digest(tickets, &policy(), LONG_AGO, now);
    let Some(desk) = notices.first() else { return Vec::new() };
    let full = desk.facts.iter().filter(|(_, fact)| matches!(fact, Fact::List(nos) if !nos.is_empty()));
    full.map(|(name, _)| name.clone()).collect()
}

async fn digests(outbox: &Outbox) -> Vec<String> {
    let all = outbox.list(&Filter::All, 10_000).await.unwrap();
    let of_day = all.iter().filter(|one| one.notice.key.kind == Kind::DailyDigest);
    of_day.map(|one| one.notice.key.to_string()).collect()
}

fn text(value: &str) -> Fact {
    Fact::Text(value.to_owned())
}
