//! What the planner wants in the corners that the stories do not reach.

use chrono::{DateTime, Utc};
use duban::{
    calendar::{Calendar, civil, embedded},
    notice::{Batch, Fact, Kind, Notice, Occurrence, Reason, Wish},
    planner::{
        GroupView, Policy, SmsOutcome, SmsState, TicketFacts, View, Watch, calendar_missing, group, upcoming, wanted,
    },
    rules::{
        Rules,
        repeat::{RepeatEntry, RepeatIndex},
    },
    source::ColumnMap,
    ticket::{Field, NumberKey, RawRow, Reader, Ticket, TicketNo},
};

pub fn at(text: &str) -> DateTime<Utc> {
    let civil_time = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    civil::instant(civil_time)
}

pub fn policy() -> Policy {
    policy_of(Rules::embedded().unwrap())
}

fn policy_of(rules: Rules) -> Policy {
    Policy { calendar: Calendar::new(&embedded().unwrap(), &[]).unwrap(), rules, roster: None }
}

pub fn reader() -> Reader {
    ColumnMap::built_in().unwrap().reader(NumberKey::new([1; 32]))
}

/// A complex 12345 ticket of Monday 2026-03-02, with `changes`.
pub fn ticket(changes: &[(Field, &str)]) -> Ticket {
    let mut row = RawRow::new();
    let base = [
        (Field::TicketNo, "20260302A0001"),
        (Field::Origin, "12345"),
        (Field::Difficulty, "复杂"),
        (Field::Urgency, "一般"),
        (Field::Category, "供水"),
        (Field::Subcategory, "水压"),
        (Field::Town, "赵巷镇"),
        (Field::Units, "澄湾供水服务站"),
        (Field::ContactPhone, "13800012345"),
        (Field::Received, "2026-03-02 09:00:00"),
        (Field::Dispatched, "2026-03-02 09:30:00"),
        (Field::Accepted, "2026-03-02 09:40:00"),
        (Field::Status, "处理中"),
    ];
    for (field, text) in base.iter().chain(changes) {
        row.set(*field, text);
    }
    reader().ticket(&[row]).unwrap()
}

pub const LONG_AGO: Watch = Watch { since: DateTime::<Utc>::UNIX_EPOCH };

fn plan_with(ticket: &Ticket, outcomes: &[SmsOutcome], watch: Watch, now: &str) -> Vec<Notice> {
    let facts = TicketFacts::default();
    let view = View { ticket, facts: &facts, outcomes, told: &[] };
    wanted(view, &policy(), watch, at(now)).1.notices
}

fn plan(ticket: &Ticket, now: &str) -> Vec<Notice> {
    plan_with(ticket, &[], LONG_AGO, now)
}

fn sent(notices: &[Notice]) -> Vec<&'static str> {
    let mut kinds: Vec<_> = notices.iter().filter(|n| n.wish == Wish::Send).map(|n| n.kind.id()).collect();
    kinds.sort_unstable();
    kinds
}

fn fact(notices: &[Notice], kind: Kind, name: &str) -> Fact {
    notices.iter().find(|n| n.kind == kind).unwrap().facts[name].clone()
}

#[test]
fn three_tries_at_night_of_the_last_day_make_no_sms_possible() {
    let log = "2026-03-03 20:10无人接听;2026-03-03 21:10忙音;2026-03-03 22:10关机";
    let ticket = ticket(&[(Field::ContactLog, log)]);
    let notices = plan(&ticket, "2026-03-03 22:10");
    assert!(!sent(&notices).contains(&"citizen-unreachable-sms"));
    assert_eq!(fact(&notices, Kind::CitizenSmsNotPossible, "cause"), Fact::Text("夜间".into()));
}

#[test]
fn three_tries_at_night_before_the_last_day_wait_for_the_morning() {
    let log = "2026-03-02 19:00无人接听;2026-03-02 20:10忙音;2026-03-02 22:10关机";
    let ticket = ticket(&[(Field::ContactLog, log)]);
    let kinds = plan(&ticket, "2026-03-02 22:10");
    assert!(sent(&kinds).contains(&"citizen-unreachable-sms"), "delivery holds it until 08:00");
    assert!(!sent(&kinds).contains(&"citizen-sms-not-possible"));
}

#[test]
fn one_try_is_enough_for_the_last_chance_at_eight_in_the_evening() {
    let ticket = ticket(&[(Field::ContactLog, "2026-03-03 15:00无人接听")]);
    assert!(!sent(&plan(&ticket, "2026-03-03 19:59")).contains(&"citizen-unreachable-sms"));
    assert!(sent(&plan(&ticket, "2026-03-03 20:00")).contains(&"citizen-unreachable-sms"));
}

#[test]
fn no_try_at_all_never_makes_an_sms() {
    let kinds = plan(&ticket(&[]), "2026-03-03 20:00");
    assert_eq!(sent(&kinds).iter().filter(|kind| kind.starts_with("citizen")).count(), 0);
}

#[test]
fn a_number_out_of_service_gets_a_task_and_no_sms() {
    let log = "2026-03-02 10:00空号;2026-03-02 11:00空号;2026-03-02 12:00空号";
    let notices = plan(&ticket(&[(Field::ContactLog, log)]), "2026-03-02 12:00");
    assert_eq!(fact(&notices, Kind::CitizenSmsNotPossible, "cause"), Fact::Text("空号".into()));
    assert_eq!(fact(&notices, Kind::ContactNumberSuspect, "result"), Fact::Text("空号".into()));
}

fn outcome(state: SmsState, when: &str) -> SmsOutcome {
    let kind = Kind::CitizenUnreachableSms;
    SmsOutcome { round: 1, kind, occurrence: String::new(), state, at: at(when), code: "http-500".into() }
}

const THREE_TRIES: &str = "2026-03-02 10:00无人接听;2026-03-02 11:05忙音;2026-03-02 14:00关机";

#[test]
fn an_sms_of_unknown_outcome_fulfils_and_goes_to_the_desk() {
    let ticket = ticket(&[(Field::ContactLog, THREE_TRIES)]);
    let outcomes = [outcome(SmsState::Unknown, "2026-03-02 14:00")];
    let notices = plan_with(&ticket, &outcomes, LONG_AGO, "2026-03-03 09:00");
    assert!(!sent(&notices).contains(&"first-contact-due"));
    assert_eq!(fact(&notices, Kind::CitizenSmsFailed, "result"), Fact::Text("结果不明".into()));
}

#[test]
fn a_failed_sms_reopens_the_duty() {
    let ticket = ticket(&[(Field::ContactLog, THREE_TRIES)]);
    let outcomes = [outcome(SmsState::Failed, "2026-03-02 14:00")];
    let notices = plan_with(&ticket, &outcomes, LONG_AGO, "2026-03-03 09:00");
    assert!(sent(&notices).contains(&"first-contact-due"));
    assert_eq!(fact(&notices, Kind::CitizenSmsFailed, "result"), Fact::Text("未送达".into()));
}

#[test]
fn after_a_long_stop_only_the_highest_step_goes_out_and_the_others_are_recorded() {
    let ticket = ticket(&[(Field::Contacted, "2026-03-02 10:00:00")]);
    // Due Thursday 5 March; Tuesday the 10th is the third working day after it.
    let notices = plan(&ticket, "2026-03-10 11:00");
    let overdue: Vec<_> = notices.iter().filter(|n| n.kind != Kind::TicketAssigned).collect();
    let (last, lower) = overdue.split_last().unwrap();
    assert_eq!((last.kind, last.wish, last.late), (Kind::Overdue3, Wish::Send, true));
    assert!(lower.iter().all(|n| n.wish == Wish::Superseded(Reason::HigherStep)));
    let kinds: Vec<_> = lower.iter().map(|n| n.kind.id()).collect();
    assert_eq!(kinds, ["due-soon", "due-today", "due-final", "overdue-1", "overdue-2"]);
}

#[test]
fn the_first_start_announces_nothing_old_but_the_highest_overdue_step() {
    let ticket = ticket(&[]);
    let watch = Watch { since: at("2026-03-16 10:00") };
    let notices = plan_with(&ticket, &[], watch, "2026-03-16 10:00");
    assert_eq!(sent(&notices), ["overdue-daily"]);
    assert_eq!(notices.last().unwrap().batch, Batch::FirstStart(watch.since));
    assert!(notices.iter().all(|n| n.due >= watch.since - chrono::TimeDelta::hours(24)));
}

#[test]
fn an_audit_rejection_lets_the_old_deadline_run_on() {
    let concluded = [(Field::Concluded, "2026-03-05 16:00:00"), (Field::Status, "待审核")];
    assert!(sent(&plan(&ticket(&concluded), "2026-03-06 09:00")).iter().all(|kind| !kind.starts_with("overdue")));
    let rejected =
        [(Field::Concluded, "2026-03-05 16:00:00"), (Field::Status, "审核退回"), (Field::AuditResult, "退回")];
    assert!(sent(&plan(&ticket(&rejected), "2026-03-06 09:00")).contains(&"overdue-1"));
}

#[test]
fn an_unknown_state_word_changes_nothing() {
    let ticket = ticket(&[(Field::Status, "流程异常")]);
    assert!(sent(&plan(&ticket, "2026-03-06 09:00")).contains(&"overdue-1"));
}

#[test]
fn an_overdue_ladder_goes_on_daily_and_then_weekly() {
    let ticket = ticket(&[(Field::Contacted, "2026-03-02 10:00:00")]);
    let facts = TicketFacts::default();
    let view = View { ticket: &ticket, facts: &facts, outcomes: &[], told: &[] };
    let span = at("2026-03-05 17:00")..at("2026-04-10 00:00");
    let days: Vec<String> = upcoming(view, &policy(), LONG_AGO, span)
        .into_iter()
        .filter(|n| n.kind == Kind::OverdueDaily)
        .map(|n| civil::day_of(n.due).to_string())
        .collect();
    // The 4th to 10th working day after 5 March, then every fifth; 6 April is off.
    let expected = [
        "2026-03-11",
        "2026-03-12",
        "2026-03-13",
        "2026-03-16",
        "2026-03-17",
        "2026-03-18",
        "2026-03-19",
        "2026-03-26",
        "2026-04-02",
    ];
    assert_eq!(days, expected);
}

#[test]
fn an_urgent_ticket_is_urged_on_natural_days() {
    let ticket = ticket(&[
        (Field::Urgency, "紧急"),
        (Field::Received, "2026-03-05 09:00:00"),
        (Field::Dispatched, "2026-03-05 09:10:00"),
    ]);
    // Due Friday 6 March; Saturday and Sunday count in its ladder.
    let kinds = |now| sent(&plan(&ticket, now)).into_iter().filter(|k| k.starts_with("overdue")).collect::<Vec<_>>();
    assert_eq!(kinds("2026-03-07 09:00"), ["overdue-1"]);
    assert_eq!(kinds("2026-03-08 09:00"), ["overdue-2"]);
    assert!(plan(&ticket, "2026-03-07 09:00").iter().filter(|n| n.wish == Wish::Send).all(|n| n.urgent));
}

#[test]
fn an_undispatched_ticket_reminds_the_desk_at_half_past_four() {
    let waits = [(Field::Dispatched, ""), (Field::Accepted, ""), (Field::Units, ""), (Field::Status, "待派遣")];
    assert!(!sent(&plan(&ticket(&waits), "2026-03-02 16:29")).contains(&"dispatch-reminder"));
    assert!(sent(&plan(&ticket(&waits), "2026-03-02 16:30")).contains(&"dispatch-reminder"));
    let late: Vec<_> = waits.into_iter().chain([(Field::Received, "2026-03-02 16:45:00")]).collect();
    assert!(!sent(&plan(&ticket(&late), "2026-03-02 17:00")).contains(&"dispatch-reminder"), "A31");
    assert!(sent(&plan(&ticket(&late), "2026-03-03 09:00")).contains(&"dispatch-overdue"));
}

#[test]
fn planning_twice_gives_the_same_set() {
    let ticket = ticket(&[(Field::ContactLog, THREE_TRIES), (Field::Status, "流程异常")]);
    for now in ["2026-03-02 14:00", "2026-03-03 09:00", "2026-03-06 09:00", "2026-03-20 23:00"] {
        assert_eq!(plan(&ticket, now), plan(&ticket, now));
    }
}

#[test]
fn a_plan_always_names_a_later_instant_or_none() {
    let ticket = ticket(&[(Field::ContactLog, THREE_TRIES)]);
    let facts = TicketFacts::default();
    let view = View { ticket: &ticket, facts: &facts, outcomes: &[], told: &[] };
    let mut now = at("2026-03-01 00:00");
    for _ in 0..200 {
        match wanted(view, &policy(), LONG_AGO, now).1.next {
            Some(next) => {
                assert!(next > now, "{next} is not after {now}");
                now = next;
            }
            None => return,
        }
    }
}

#[test]
fn no_fact_of_any_notice_is_about_the_citizen() {
    let ticket = ticket(&[
        (Field::CitizenName, "欧阳测试"),
        (Field::Address, "清漪路21弄4号1790室"),
        (Field::Content, "欧阳测试反映漏水"),
        (Field::ContactLog, THREE_TRIES),
    ]);
    for now in ["2026-03-02 14:00", "2026-03-03 14:00", "2026-03-05 16:00", "2026-03-10 09:00"] {
        for notice in plan(&ticket, now) {
            let text = serde_json::to_string(&notice.facts).unwrap();
            for secret in ["欧阳", "清漪路", "13800012345", "漏水", "1790"] {
                assert!(!text.contains(secret), "{} holds {secret}", notice.kind);
            }
        }
    }
}

fn entry(no: &str, received: &str) -> RepeatEntry {
    let row = ticket(&[(Field::TicketNo, no), (Field::Received, received), (Field::Dispatched, received)]);
    RepeatEntry::of(&row)
}

#[test]
fn the_fifth_repeat_makes_a_form_and_the_tenth_another() {
    let mut index = RepeatIndex::default();
    let mut sizes = Vec::new();
    for n in 1..=11 {
        let received = format!("2026-03-{n:02} 09:00:00");
        index.insert(entry(&format!("T{n:02}"), &received));
        let Some(found) = index.group_of(&TicketNo::new("T01"), 365) else { continue };
        let newest = index.get(found.members.last().unwrap()).unwrap();
        let view = GroupView { identity: found.first(), group: &found, newest, form: None, meeting: None };
        let notices = group(view, &policy(), LONG_AGO, at(&received[..16])).notices;
        let sent = notices.iter().find(|n| n.wish == Wish::Send);
        sizes.push(sent.map(|n| (n.kind, n.occurrence.clone())));
    }
    assert_eq!(sizes[2], Some((Kind::RepeatApproaching, Occurrence::Size(4))));
    assert_eq!(sizes[3], Some((Kind::BatchFormIssued, Occurrence::Size(5))));
    assert_eq!(sizes[7], Some((Kind::BatchFormIssued, Occurrence::Size(5))), "nine: still the same form");
    assert_eq!(sizes[8], Some((Kind::BatchFormIssued, Occurrence::Size(10))));
}

#[test]
fn a_repeat_of_another_matter_or_older_than_a_year_is_not_in_the_group() {
    let mut index = RepeatIndex::default();
    index.insert(entry("OLD", "2025-03-01 09:00:00"));
    index.insert(entry("A", "2026-03-02 09:00:00"));
    index.insert(entry("B", "2026-03-03 09:00:00"));
    let river = RepeatEntry { subcategory: Some("保洁".into()), ..entry("RIVER", "2026-03-02 10:00:00") };
    index.insert(river);
    let members: Vec<String> =
        index.group_of(&TicketNo::new("B"), 365).unwrap().members.iter().map(ToString::to_string).collect();
    assert_eq!(members, ["A", "B"]);
    assert!(index.group_of(&TicketNo::new("RIVER"), 365).is_none());
}

#[test]
fn a_missing_calendar_is_told_at_once_and_weekly_from_december() {
    let policy = policy();
    let needed = [(2027, 3)].into();
    let november = calendar_missing(&policy, &needed, at("2026-11-25 10:00"));
    assert_eq!(november[0].1.notices.len(), 1);
    assert_eq!(november[0].1.notices[0].occurrence, Occurrence::Once);
    assert_eq!(november[0].1.next, Some(at("2026-12-01 09:00")));
    let none_needed = calendar_missing(&policy, &Default::default(), at("2026-11-30 10:00"));
    assert!(none_needed[0].1.notices.is_empty());
    let december = calendar_missing(&policy, &Default::default(), at("2026-12-09 10:00"));
    assert_eq!(december[0].1.notices[0].occurrence, Occurrence::Due(at("2026-12-08 09:00")));
    assert_eq!(december[0].1.next, Some(at("2026-12-15 09:00")));
}

#[test]
fn a_deadline_in_an_unknown_year_is_provisional_in_its_notice() {
    let ticket = ticket(&[
        (Field::Difficulty, "疑难"),
        (Field::Received, "2026-12-28 09:00:00"),
        (Field::Dispatched, "2026-12-28 09:30:00"),
    ]);
    let notices = plan(&ticket, "2026-12-28 09:30");
    assert!(notices.iter().all(|n| n.provisional));
    assert_eq!(fact(&notices, Kind::TicketAssigned, "provisional"), Fact::Flag(true));
}

#[test]
fn changed_numbers_and_modes_of_the_rules_change_the_plan() {
    let mut rules = Rules::embedded().unwrap();
    rules.contact_attempts.tries = 2;
    let ticket = ticket(&[(Field::ContactLog, "2026-03-02 10:00无人接听;2026-03-02 11:05忙音")]);
    let facts = TicketFacts::default();
    let view = View { ticket: &ticket, facts: &facts, outcomes: &[], told: &[] };
    let (_, plan) = wanted(view, &policy_of(rules), LONG_AGO, at("2026-03-02 11:05"));
    assert!(sent(&plan.notices).contains(&"citizen-unreachable-sms"));
}

fn due_day_with(change: impl FnOnce(&mut Rules), changes: &[(Field, &str)]) -> Option<String> {
    let mut rules = Rules::embedded().unwrap();
    change(&mut rules);
    let ticket = ticket(changes);
    let facts = TicketFacts::default();
    let view = View { ticket: &ticket, facts: &facts, outcomes: &[], told: &[] };
    let (standing, _) = wanted(view, &policy_of(rules), LONG_AGO, at("2026-03-02 10:00"));
    standing.conclusion.map(|deadline| deadline.day.to_string())
}

#[test]
fn each_reading_of_an_open_question_is_a_setting() {
    use duban::rules::settings::{
        ComplexOrUrgent, ConclusionStart, LastDay, LateReceipt, PlatformDue, Substitute, UnknownYear,
    };
    let day = |change: fn(&mut Rules), changes: &[(Field, &str)]| due_day_with(change, changes);
    let plain: fn(&mut Rules) = |_| {};
    // A01: from receipt, or from dispatch.
    let late = [(Field::Dispatched, "2026-03-03 09:30:00")];
    assert_eq!(day(plain, &late).as_deref(), Some("2026-03-05"));
    assert_eq!(day(|r| r.conclusion.starts = ConclusionStart::Dispatched, &late).as_deref(), Some("2026-03-06"));
    // A04: a receipt on Sunday counts for Sunday, or for Monday.
    let sunday = [(Field::Received, "2026-03-01 10:00:00")];
    assert_eq!(day(plain, &sunday).as_deref(), Some("2026-03-04"));
    assert_eq!(day(|r| r.conclusion.late_receipt = LateReceipt::NextWorkday, &sunday).as_deref(), Some("2026-03-05"));
    // A05: an unknown class, and a simple inquiry.
    let unknown = [(Field::Urgency, ""), (Field::Difficulty, "")];
    assert_eq!(day(|r| r.conclusion.unknown_class = ComplexOrUrgent::Urgent, &unknown).as_deref(), Some("2026-03-03"));
    let inquiry = [(Field::Difficulty, "简单"), (Field::BusinessType, "咨询")];
    assert_eq!(day(plain, &inquiry).as_deref(), Some("2026-03-05"));
    assert_eq!(day(|r| r.conclusion.simple_inquiry = ComplexOrUrgent::Urgent, &inquiry).as_deref(), Some("2026-03-03"));
    // A07: natural days that end on a Saturday stay there, or move to Monday.
    let natural = [(Field::Origin, "12319"), (Field::Received, "2026-03-04 09:00:00")];
    assert_eq!(day(plain, &natural).as_deref(), Some("2026-03-07"));
    assert_eq!(day(|r| r.conclusion.last_day_12319 = LastDay::NextWorkday, &natural).as_deref(), Some("2026-03-09"));
    // A34: an unknown year gives a provisional end, or none.
    let unknown_year = [(Field::Received, "2026-12-30 09:00:00")];
    assert_eq!(day(plain, &unknown_year).as_deref(), Some("2027-01-04"));
    assert_eq!(day(|r| r.conclusion.unknown_year = UnknownYear::NoDeadline, &unknown_year), None);
    // A35: without a receipt from the dispatch, or not at all.
    let no_receipt = [(Field::Received, "")];
    assert_eq!(day(plain, &no_receipt).as_deref(), Some("2026-03-05"));
    assert_eq!(day(|r| r.conclusion.substitute = Substitute::None, &no_receipt), None);
    // A38: the platform's end, or the earlier one.
    let platform = [(Field::PlatformDue, "2026-03-09")];
    assert_eq!(day(plain, &platform).as_deref(), Some("2026-03-05"));
    assert_eq!(day(|r| r.conclusion.platform_due = PlatformDue::Platform, &platform).as_deref(), Some("2026-03-09"));
    assert_eq!(day(|r| r.conclusion.platform_due = PlatformDue::Earlier, &platform).as_deref(), Some("2026-03-05"));
}

#[test]
fn data_problems_of_urgent_tickets_travel_with_those_of_the_others() {
    let ticket = ticket(&[(Field::Urgency, "紧急"), (Field::Status, "流程异常")]);
    let notices = plan(&ticket, "2026-03-02 10:00");
    let found = notices.iter().find(|n| n.kind == Kind::DataQuality).unwrap();
    assert_eq!((found.batch, found.urgent), (Batch::Cycle(at("2026-03-02 10:00")), false));
}

#[test]
fn a_group_of_thousands_is_found_without_asking_each_for_all_the_others() {
    let mut index = RepeatIndex::default();
    let first = entry("T00000", "2026-03-01 09:00:00");
    for n in 0..5_000 {
        index.insert(RepeatEntry { no: TicketNo::new(&format!("T{n:05}")), ..first.clone() });
    }
    let groups = index.groups(365);
    assert_eq!(groups.iter().map(|group| group.members.len()).collect::<Vec<_>>(), [5_000]);
}

#[test]
fn a_unit_written_by_a_former_name_is_told_by_its_present_one() {
    let text = std::fs::read_to_string("tests/fixtures/samples/roster.csv").unwrap();
    let roster = duban::roster::Roster::from_csv("roster.csv", &text).unwrap();
    let policy = Policy { roster: Some(std::sync::Arc::new(roster)), ..policy() };
    let ticket = ticket(&[(Field::Units, "澄湾自来水管理所")]);
    let facts = TicketFacts::default();
    let view = View { ticket: &ticket, facts: &facts, outcomes: &[], told: &[] };
    let notices = wanted(view, &policy, LONG_AGO, at("2026-03-02 10:00")).1.notices;
    let assigned = notices.iter().find(|n| n.kind == Kind::TicketAssigned).unwrap();
    assert_eq!(assigned.unit.as_deref(), Some("澄湾供水服务站"));
    assert_eq!(assigned.facts["unit"], Fact::Text("澄湾供水服务站".into()));
}
