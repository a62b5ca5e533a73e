//! What starts, stops and moves the duties of a ticket over its life: returns,
//! extensions, audits, corrections, supervision, bursts.

use chrono::{DateTime, Utc};
use duban::{
    notice::{Fact, Kind, Notice, Occurrence, Role, Wish},
    planner::{Decision, Order, Sight, TicketFacts, View, observe, topic, wanted},
    rules::{Grant, Rules, State, burst::Bursts, standing::standing},
    ticket::{Field, ReturnResult, Supervision, Ticket},
};

use proptest::prelude::{Just, Strategy, prop_assert, prop_assert_eq, prop_oneof, proptest};

use crate::planner::{LONG_AGO, at, policy, ticket};

type Row = [(Field, &'static str)];

fn with(more: &[&Row]) -> Ticket {
    ticket(&more.concat())
}

/// What would be sent at `now`, with what the ledger remembers.
fn sent(ticket: &Ticket, facts: &TicketFacts, now: &str) -> Vec<Notice> {
    let view = View { ticket, facts, outcomes: &[], told: &[] };
    let mut notices = wanted(view, &policy(), LONG_AGO, at(now)).1.notices;
    notices.retain(|notice| notice.wish == Wish::Send);
    notices
}

fn kinds(ticket: &Ticket, facts: &TicketFacts, now: &str) -> Vec<&'static str> {
    sent(ticket, facts, now).iter().map(|notice| notice.kind.id()).collect()
}

fn one(ticket: &Ticket, facts: &TicketFacts, now: &str, kind: Kind) -> Notice {
    let found: Vec<Notice> = sent(ticket, facts, now).into_iter().filter(|notice| notice.kind == kind).collect();
    let [notice] = found.try_into().unwrap_or_else(|found| panic!("{kind} at {now}: {found:#?}"));
    notice
}

fn text(notice: &Notice, name: &str) -> String {
    match &notice.facts[name] {
        Fact::Text(text) => text.clone(),
        Fact::Number(number) => number.to_string(),
        Fact::Flag(flag) => flag.to_string(),
        Fact::List(list) => list.join(","),
    }
}

/// What the ledger remembers after the daemon saw these rows at these instants.
fn remembered(rows: &[(&Ticket, &str)]) -> TicketFacts {
    let mut facts = TicketFacts::default();
    let policy = policy();
    for (ticket, now) in rows {
        let standing = standing(ticket, &facts.rounds, &policy.calendar, &policy.rules, at(now));
        for seen in observe(ticket, &standing, &facts) {
            facts.add(&seen.what, &seen.value, at(now));
        }
    }
    facts
}

const REACHED: &Row = &[(Field::Contacted, "2026-03-02 09:50:00")];
const RETURN: &Row = &[
    (Field::Accepted, ""),
    (Field::Status, "退单中"),
    (Field::ReturnApplied, "2026-03-02 11:00:00"),
    (Field::ReturnResult, "审核中"),
];
const AGREED: &Row = &[(Field::ReturnResult, "同意"), (Field::Status, "待派遣")];
const DIFFICULT: &Row = &[(Field::Difficulty, "疑难")];
const GRANTED: &Row = &[
    (Field::Extended, "是"),
    (Field::ExtensionDays, "15"),
    (Field::ExtensionApplied, "2026-03-05 10:00:00"),
    (Field::ExtensionApproved, "2026-03-06 10:00:00"),
];

#[test]
fn after_an_agreed_return_the_desk_is_to_dispatch_again_the_same_day() {
    let ticket = with(&[RETURN, AGREED]);
    let facts = remembered(&[(&ticket, "2026-03-02 15:00")]);
    assert_eq!(kinds(&ticket, &facts, "2026-03-02 16:30"), ["dispatch-reminder", "return-result"]);
    assert!(kinds(&ticket, &facts, "2026-03-03 09:00").contains(&"dispatch-overdue"));
    let late = remembered(&[(&ticket, "2026-03-02 17:00")]);
    assert!(!kinds(&ticket, &late, "2026-03-02 17:00").contains(&"dispatch-reminder"));
}

#[test]
fn a_refused_return_counts_as_taken_and_bars_another() {
    let refused = with(&[RETURN, &[(Field::ReturnResult, "不同意"), (Field::Status, "待处置")]]);
    let facts = remembered(&[(&refused, "2026-03-02 15:00")]);
    assert!(kinds(&refused, &facts, "2026-03-02 15:00").contains(&"return-result"));
    assert!(!kinds(&refused, &facts, "2026-03-04 09:00").contains(&"return-deemed-accepted"));
    let again = with(&[RETURN, &[(Field::ReturnApplied, "2026-03-02 16:00:00")]]);
    let notice = one(&again, &facts, "2026-03-02 16:00", Kind::ReturnNotAllowed);
    assert_eq!(text(&notice, "cause"), "已不同意退单");
}

#[test]
fn why_a_return_is_not_allowed() {
    let agreed = with(&[RETURN, AGREED]);
    let once = remembered(&[(&agreed, "2026-03-02 12:00")]);
    let to_b: &Row = &[(Field::Dispatched, "2026-03-02 14:00:00"), (Field::ReturnApplied, "2026-03-02 15:00:00")];
    let none = TicketFacts::default();
    let rows: [(&Row, &TicketFacts, &str); 5] = [
        (to_b, &once, "再次退单"),
        (&[(Field::ReturnApplied, "2026-03-04 00:00:00")], &none, "已过申请期限"),
        (&[(Field::ReturnBarred, "上级不同意退单")], &none, "上级不同意退单"),
        (&[(Field::ReturnBarred, "重新派发核实")], &none, "上级再次派发"),
        (&[(Field::ReturnBarred, "区里指定牵头单位")], &none, "上级指定牵头"),
    ];
    for (row, facts, cause) in rows {
        let ticket = with(&[RETURN, row]);
        let notice = one(&ticket, facts, "2026-03-04 08:00", Kind::ReturnNotAllowed);
        assert_eq!(text(&notice, "cause"), cause);
        assert!(!kinds(&ticket, facts, "2026-03-04 08:00").contains(&"return-application-review"));
    }
    // The last instant of the window is in time.
    let ticket = with(&[RETURN, &[(Field::ReturnApplied, "2026-03-03 23:59:59")]]);
    assert!(kinds(&ticket, &none, "2026-03-04 08:00").contains(&"return-application-review"));
}

#[test]
fn a_later_round_is_not_reminded_of_a_return_that_is_not_its_right() {
    let ticket = with(&[
        REACHED,
        &[
            (Field::Accepted, ""),
            (Field::Status, "待处置"),
            (Field::Dispatched, "2026-03-09 10:00:00"),
            (Field::Reassigned, "2026-03-09 10:00:00"),
            (Field::Revisited, "2026-03-09 09:00:00"),
            (Field::Satisfaction, "不满意"),
        ],
    ]);
    let facts = TicketFacts::default();
    assert!(!kinds(&ticket, &facts, "2026-03-10 15:00").contains(&"return-window-closing"));
    assert!(kinds(&ticket, &facts, "2026-03-11 09:00").contains(&"return-deemed-accepted"));
}

#[test]
fn papers_that_lack_are_named_and_a_column_that_is_not_there_is_not_held_against_the_unit() {
    let none = TicketFacts::default();
    let bare = with(&[RETURN]);
    assert!(!kinds(&bare, &none, "2026-03-02 11:00").contains(&"return-material-missing"));
    let some: &Row = &[
        (Field::ReturnMaterials, "现场核查记录;录音"),
        (Field::ReturnReason, "非本单位职责"),
        (Field::ReturnDeputyApproved, "否"),
    ];
    let ticket = with(&[RETURN, some]);
    let notice = one(&ticket, &none, "2026-03-02 11:00", Kind::ReturnMaterialMissing);
    assert_eq!(text(&notice, "lack"), "分管领导审核,现场照片,建议处置部门");
    let review = one(&ticket, &none, "2026-03-02 11:00", Kind::ReturnApplicationReview);
    assert_eq!(text(&review, "have"), "现场核查,退单依据,录音");
}

#[test]
fn a_second_application_that_overwrites_the_days_changes_no_end() {
    let first = with(&[REACHED, DIFFICULT, GRANTED]);
    let facts = remembered(&[(&first, "2026-03-06 10:00")]);
    assert_eq!(facts.rounds.grants, [Grant { approved: at("2026-03-06 10:00"), days: 15 }]);
    let overwritten: &Row = &[(Field::ExtensionApplied, "2026-03-20 10:00:00"), (Field::ExtensionDays, "60")];
    let second = with(&[REACHED, DIFFICULT, GRANTED, overwritten]);
    let policy = policy();
    let end = |ticket, facts: &TicketFacts| {
        standing(ticket, &facts.rounds, &policy.calendar, &policy.rules, at("2026-03-20 10:00")).conclusion.unwrap().due
    };
    assert_eq!(end(&second, &facts), end(&first, &facts));
    let notice = one(&second, &facts, "2026-03-20 10:00", Kind::ExtensionRepeatRefused);
    assert_eq!(text(&notice, "days"), "15个工作日");
    // Even if the platform shows an approval of the second.
    let approved =
        with(&[REACHED, DIFFICULT, GRANTED, overwritten, &[(Field::ExtensionApproved, "2026-03-21 10:00:00")]]);
    assert_eq!(end(&approved, &facts), end(&first, &facts));
    // The first, put right, is believed.
    let corrected = with(&[REACHED, DIFFICULT, GRANTED, &[(Field::ExtensionDays, "30")]]);
    assert!(end(&corrected, &facts) > end(&first, &facts));
}

#[test]
fn an_extension_of_an_earlier_round_stays_used() {
    let facts = TicketFacts {
        rounds: duban::rules::RoundFacts {
            grants: vec![Grant { approved: at("2026-03-06 10:00"), days: 15 }],
            ..Default::default()
        },
        ..TicketFacts::default()
    };
    let round_two: &Row = &[
        (Field::Dispatched, "2026-05-06 10:00:00"),
        (Field::Reassigned, "2026-05-06 10:00:00"),
        (Field::Revisited, "2026-05-06 09:00:00"),
        (Field::Satisfaction, "不满意"),
    ];
    let asks = with(&[REACHED, DIFFICULT, round_two, &[(Field::ExtensionApplied, "2026-05-07 10:00:00")]]);
    assert!(kinds(&asks, &facts, "2026-05-07 10:00").contains(&"extension-repeat-refused"));
    let quiet = with(&[REACHED, DIFFICULT, round_two]);
    assert!(!kinds(&quiet, &facts, "2026-05-12 09:00").contains(&"extension-window-closing"));
}

#[test]
fn an_extension_approved_late_withdraws_the_overdue_steps() {
    let open = with(&[REACHED, DIFFICULT]);
    let none = TicketFacts::default();
    assert!(kinds(&open, &none, "2026-03-17 09:00").contains(&"overdue-1"));
    let late: &Row = &[(Field::ExtensionApproved, "2026-03-17 08:00:00")];
    let granted = with(&[REACHED, DIFFICULT, GRANTED, late]);
    let kinds = kinds(&granted, &none, "2026-03-17 09:00");
    assert!(kinds.contains(&"extension-approved") && !kinds.contains(&"overdue-1"), "{kinds:?}");
}

#[test]
fn an_audit_that_rejects_makes_the_old_end_run_on_with_the_highest_step_only() {
    let concluded: &Row = &[(Field::Concluded, "2026-03-05 10:00:00"), (Field::FedBack, "2026-03-05 11:00:00")];
    let passed = with(&[REACHED, concluded, &[(Field::Status, "待审核")]]);
    let none = TicketFacts::default();
    assert_eq!(kinds(&passed, &none, "2026-03-06 09:30"), ["audit-pending"]);
    let rejected: &Row =
        &[(Field::Status, "审核退回"), (Field::Audited, "2026-03-09 10:00:00"), (Field::AuditResult, "退回")];
    let again = with(&[REACHED, concluded, rejected]);
    assert_eq!(kinds(&again, &none, "2026-03-09 10:00"), ["ticket-assigned", "overdue-2", "audit-rejected"]);
    // An unknown state word does not hide the rejection.
    let unknown = with(&[REACHED, concluded, rejected, &[(Field::Status, "挂起")]]);
    assert!(kinds(&unknown, &none, "2026-03-09 10:00").contains(&"audit-rejected"));
}

#[test]
fn a_corrected_time_or_class_is_told_once_with_its_cause() {
    let before = with(&[REACHED]);
    let rows: [(&Row, &str); 2] =
        [(&[(Field::Received, "2026-03-01 09:00:00")], "时间更正"), (&[(Field::Difficulty, "疑难")], "类别更正")];
    for (row, cause) in rows {
        let after = with(&[REACHED, row]);
        let facts = remembered(&[(&before, "2026-03-02 10:00"), (&after, "2026-03-03 10:00")]);
        let notice = one(&after, &facts, "2026-03-03 10:00", Kind::DeadlineRecomputed);
        assert_eq!((text(&notice, "cause").as_str(), notice.due), (cause, at("2026-03-03 10:00")));
        assert_eq!(text(&notice, "old"), "2026-03-05 24:00");
        let same = remembered(&[(&after, "2026-03-02 10:00"), (&after, "2026-03-03 10:00")]);
        assert!(!kinds(&after, &same, "2026-03-03 10:00").contains(&"deadline-recomputed"));
    }
    // A granted extension has a notice of its own.
    let granted = with(&[REACHED, DIFFICULT, GRANTED]);
    let facts = remembered(&[(&with(&[REACHED, DIFFICULT]), "2026-03-02 10:00"), (&granted, "2026-03-06 10:00")]);
    assert!(!kinds(&granted, &facts, "2026-03-06 10:00").contains(&"deadline-recomputed"));
}

#[test]
fn an_order_is_asked_for_until_it_is_answered_and_signed() {
    let order = Order { year: 2026, number: 7, issued: at("2026-03-10 09:00") };
    let facts = TicketFacts { orders: vec![order], ..TicketFacts::default() };
    let concluded: &Row = &[(Field::Status, "待回访"), (Field::Concluded, "2026-03-10 15:00:00")];
    let open = with(&[REACHED, concluded]);
    let due = one(&open, &facts, "2026-03-16 09:00", Kind::SupervisionDue);
    assert_eq!(
        (text(&due, "order"), text(&due, "today"), text(&due, "ds")),
        ("〔2026〕7号".into(), "false".into(), "2026-03-17 24:00".into())
    );
    assert_eq!(text(&one(&open, &facts, "2026-03-17 09:00", Kind::SupervisionDue), "today"), "true");
    for (now, days) in [("2026-03-18 09:00", "1"), ("2026-03-19 09:00", "2"), ("2026-03-23 09:00", "4")] {
        let overdue = one(&open, &facts, now, Kind::SupervisionOverdue);
        assert_eq!((text(&overdue, "overdue_days").as_str(), text(&overdue, "cause").as_str()), (days, "未反馈"));
        assert!(overdue.roles.contains(&Role::BureauHotline));
    }
    let answered: &Row = &[(Field::SupervisionAnswered, "2026-03-16 16:00:00")];
    let unsigned = with(&[REACHED, concluded, answered]);
    assert_eq!(text(&one(&unsigned, &facts, "2026-03-18 09:00", Kind::SupervisionOverdue), "cause"), "缺主要领导审核");
    let signed = with(&[REACHED, concluded, answered, &[(Field::SupervisionSigned, "是")]]);
    assert_eq!(kinds(&signed, &facts, "2026-03-18 09:00"), [""; 0]);
    // The date on the order goes before the five working days.
    let dated = with(&[REACHED, concluded, &[(Field::SupervisionDue, "2026-03-12")]]);
    assert_eq!(text(&one(&dated, &facts, "2026-03-12 09:00", Kind::SupervisionDue), "ds"), "2026-03-12 24:00");
}

#[test]
fn an_order_that_is_issued_late_is_answered_from_its_issue() {
    let open = with(&[REACHED]);
    let late = one(&open, &TicketFacts::default(), "2026-03-10 16:00", Kind::Overdue3);
    assert_eq!(text(&late, "ds"), "2026-03-17 24:00");
    let later = one(&open, &TicketFacts::default(), "2026-03-11 08:00", Kind::Overdue3);
    assert_eq!(text(&later, "ds"), "2026-03-18 24:00");
    let order = Order { year: 2026, number: 7, issued: at("2026-03-10 16:00") };
    let facts = TicketFacts { orders: vec![order], ..TicketFacts::default() };
    assert_eq!(text(&one(&open, &facts, "2026-03-11 08:00", Kind::Overdue3), "ds"), "2026-03-17 24:00");
}

#[test]
fn each_cause_of_supervision_makes_an_order_and_a_note_is_not_read() {
    let ticket = with(&[REACHED, &[(Field::Supervised, "市级督办"), (Field::LeaderNote, "请张三速办")]]);
    let facts = remembered(&[(&ticket, "2026-03-02 11:00")]);
    assert_eq!(facts.since(Sight::Supervised(Supervision::LeaderNote)), Some(at("2026-03-02 11:00")));
    let orders = sent(&ticket, &facts, "2026-03-02 11:00");
    let orders: Vec<&Notice> = orders.iter().filter(|notice| notice.kind == Kind::SupervisionOrder).collect();
    let causes: Vec<String> = orders.iter().map(|notice| text(notice, "cause")).collect();
    assert_eq!(causes, ["局领导批示", "上级督办"]);
    assert_eq!(text(orders[0], "ds"), "2026-03-09 24:00");
    assert!(orders.iter().all(|order| !format!("{order:?}").contains("张三")));
    // A plain yes beside the note is the same matter.
    let noted = with(&[REACHED, &[(Field::Supervised, "是"), (Field::LeaderNote, "请速办")]]);
    let order = one(&noted, &TicketFacts::default(), "2026-03-02 11:00", Kind::SupervisionOrder);
    assert_eq!(text(&order, "cause"), "局领导批示");
    for (word, cause) in
        [("是", "上级督办"), ("复查复核", "复查复核"), ("不实", "不实或瑕疵"), ("市级督办", "上级督办")]
    {
        let ticket = with(&[REACHED, &[(Field::Supervised, word)]]);
        let order = one(&ticket, &TicketFacts::default(), "2026-03-02 11:00", Kind::SupervisionOrder);
        assert_eq!(text(&order, "cause"), cause);
    }
}

#[test]
fn an_urgent_ticket_nobody_takes_goes_to_the_chief_at_the_second_call() {
    let ticket = with(&[&[(Field::Urgency, "紧急"), (Field::Accepted, ""), (Field::Status, "待处置")]]);
    let none = TicketFacts::default();
    let first = one(&ticket, &none, "2026-03-02 10:00", Kind::UrgentUnaccepted);
    assert_eq!((first.roles.clone(), text(&first, "minutes")), (vec![Role::Deputy, Role::Desk], "30".into()));
    let second = one(&ticket, &none, "2026-03-02 10:30", Kind::UrgentUnaccepted);
    assert_eq!(second.roles, [Role::Deputy, Role::Desk, Role::Chief]);
    assert_eq!(second.occurrence, Occurrence::Due(at("2026-03-02 10:30")));
}

#[test]
fn the_first_unit_owes_and_the_others_are_told_once() {
    let units = "澄湾供水服务站、莲渡河道管理站,澄湾供水服务站";
    let ticket = with(&[&[(Field::Units, units)]]);
    let told = sent(&ticket, &TicketFacts::default(), "2026-03-02 09:30");
    let told: Vec<(&str, Vec<Role>)> = told
        .iter()
        .filter(|notice| notice.kind == Kind::TicketAssigned)
        .map(|notice| (notice.unit.as_deref().unwrap(), notice.roles.clone()))
        .collect();
    assert_eq!(told, [("澄湾供水服务站", vec![Role::Handler]), ("莲渡河道管理站", vec![Role::Handler])]);
    let later = sent(&ticket, &TicketFacts::default(), "2026-03-04 09:00");
    let others = later.iter().filter(|notice| notice.kind != Kind::TicketAssigned);
    assert!(others.map(|notice| notice.unit.as_deref()).all(|unit| unit == Some("澄湾供水服务站")));
}

#[test]
fn an_unknown_state_word_changes_nothing_and_is_reported() {
    let ticket = with(&[&[(Field::Status, "挂起")]]);
    let policy = policy();
    let none = TicketFacts::default();
    assert_eq!(
        standing(&ticket, &none.rounds, &policy.calendar, &policy.rules, at("2026-03-04 09:00")).state,
        State::Unknown
    );
    let kinds = kinds(&ticket, &none, "2026-03-04 09:00");
    for kind in ["due-soon", "first-contact-overdue", "data-quality"] {
        assert!(kinds.contains(&kind), "{kind} of {kinds:?}");
    }
}

#[test]
fn contradictory_rows_are_named_and_their_clocks_run() {
    let none = TicketFacts::default();
    let rows: [(&Row, &str); 4] = [
        (&[(Field::Status, "已办结"), (Field::Concluded, "2026-03-01 09:00:00")], "办结时间早于接收时间"),
        (&[(Field::Contacted, "2026-03-09 09:00:00")], "先行联系时间晚于当前时间"),
        (
            &[(Field::Extended, "是"), (Field::ExtensionDays, "20"), (Field::ExtensionApproved, "2026-03-02 10:00:00")],
            "延期天数不是15、30、60、90",
        ),
        (&[(Field::RepeatOf, "20260302A0001")], "重复工单号为本工单"),
    ];
    for (row, what) in rows {
        let notice = one(&with(&[row]), &none, "2026-03-02 11:00", Kind::DataQuality);
        assert_eq!((text(&notice, "what").as_str(), notice.roles.as_slice()), (what, &[Role::Desk][..]));
    }
}

#[test]
fn a_decision_belongs_to_the_application_it_decided() {
    let ticket = with(&[RETURN, AGREED, &[(Field::Updated, "2026-03-02 16:10:00")]]);
    let facts = remembered(&[(&ticket, "2026-03-02 16:12")]);
    let decision = Decision {
        applied: at("2026-03-02 11:00"),
        result: ReturnResult::Agreed,
        at: at("2026-03-02 16:10"),
        unit: "澄湾供水服务站".into(),
    };
    assert_eq!(facts.decisions, [decision]);
    assert_eq!(one(&ticket, &facts, "2026-03-02 16:12", Kind::ReturnResult).due, at("2026-03-02 16:10"));
}

/// Tickets of one matter and town, received at these times of 2026-03-02 and 03.
fn bursts(received: &[&str]) -> Vec<Notice> {
    let mut bursts = Bursts::default();
    for (n, received) in received.iter().enumerate() {
        let no = format!("T{n:02}");
        bursts.insert(&ticket(&[(Field::TicketNo, &no), (Field::Received, received)]), DateTime::<Utc>::UNIX_EPOCH);
    }
    let Some(place) = bursts.take_changed().pop_first() else { return Vec::new() };
    let rules = Rules::embedded().unwrap().hot_topic;
    topic(&place, &bursts.of(&place, rules.tickets, rules.hours), &policy(), LONG_AGO, at("2026-03-04 09:00")).notices
}

#[test]
fn five_tickets_of_one_matter_and_town_within_a_day_are_a_burst_once_a_day() {
    let day = ["2026-03-02 09:00:00", "2026-03-02 10:00:00", "2026-03-02 11:00:00", "2026-03-02 12:00:00"];
    assert_eq!(bursts(&day), []);
    // Twenty-four hours later the first is out of the span.
    assert_eq!(bursts(&[&day[..], &["2026-03-03 09:00:00"]].concat()), []);
    let told = bursts(&[&day[..], &["2026-03-03 08:59:00", "2026-03-03 09:30:00"]].concat());
    let [burst] = &told[..] else { panic!("{told:#?}") };
    assert_eq!((burst.kind, burst.due), (Kind::HotTopic, at("2026-03-03 08:59")));
    assert_eq!(burst.roles, [Role::Desk, Role::BureauHotline]);
    assert_eq!((text(burst, "n"), text(burst, "nos")), ("6".into(), "T00,T01,T02,T03,T04,T05".into()));
    assert_eq!(burst.subject.text(), "H/供水/水压/赵巷镇/2026-03-03");
    let both = bursts(&[&day[..], &["2026-03-02 13:00:00", "2026-03-03 08:00:00"]].concat());
    assert_eq!(
        both.iter().map(|notice| notice.due).collect::<Vec<_>>(),
        [at("2026-03-02 13:00"), at("2026-03-03 08:00")]
    );
}

#[test]
fn a_ticket_that_moved_or_is_void_leaves_its_burst() {
    let mut bursts = Bursts::default();
    let long_ago = DateTime::<Utc>::UNIX_EPOCH;
    for n in 0..5 {
        bursts.insert(&ticket(&[(Field::TicketNo, &format!("T{n}"))]), long_ago);
    }
    let place = bursts.take_changed().pop_first().unwrap();
    assert_eq!(bursts.of(&place, 5, 24).len(), 1);
    bursts.insert(&ticket(&[(Field::TicketNo, "T0"), (Field::Status, "作废")]), long_ago);
    assert_eq!(bursts.of(&place, 5, 24), []);
    bursts.insert(&ticket(&[(Field::TicketNo, "T0")]), long_ago);
    bursts.insert(&ticket(&[(Field::TicketNo, "T1"), (Field::Town, "莲渡镇")]), long_ago);
    assert_eq!(bursts.of(&place, 5, 24), []);
}

#[test]
fn what_upstream_sends_again_must_not_be_returned() {
    let back = with(&[RETURN, &[(Field::ReturnResult, "同意"), (Field::Status, "已退回上级")]]);
    let facts = remembered(&[(&back, "2026-03-02 15:00")]);
    let again: &Row = &[(Field::Dispatched, "2026-03-09 10:00:00"), (Field::ReturnApplied, "2026-03-09 11:00:00")];
    let notice = one(&with(&[RETURN, again]), &facts, "2026-03-09 11:00", Kind::ReturnNotAllowed);
    assert_eq!(text(&notice, "cause"), "上级再次派发");
}

/// A cell of a row: nothing, a time around the others, a word of some column.
fn cell() -> impl Strategy<Value = String> {
    let time = (1..30u32, 0..24u32).prop_map(|(day, hour)| format!("2026-03-{day:02} {hour:02}:00:00"));
    let words = proptest::sample::select(
        &[
            "是",
            "否",
            "同意",
            "不同意",
            "审核中",
            "通过",
            "退回",
            "满意",
            "不满意",
            "15",
            "20",
            "紧急",
            "疑难",
            "督办",
            "处理中",
            "待处置",
            "待派遣",
            "退单中",
            "延期中",
            "已办结",
            "待审核",
            "审核退回",
            "待回访",
            "待重办",
            "不满意重办",
            "已归档",
            "作废",
            "已退回上级",
            "挂起",
            "12319",
            "复查复核",
            "现场核查;录音",
            "甲站、乙站",
        ][..],
    );
    prop_oneof![Just(String::new()), time, words.prop_map(str::to_owned)]
}

proptest! {
    /// Whatever a row says: no panic, nothing of the future, one notice a key, the same
    /// plan twice, and a next look that lies ahead.
    #[test]
    fn any_row_gives_a_plan_that_holds_together(
        cells in proptest::collection::vec((0..Field::ALL.len(), cell()), 0..25),
        orders in proptest::collection::vec((1..200i32, 1..30u32), 0..3),
        at_hour in 0..1_000i64,
    ) {
        let row: Vec<(Field, &str)> =
            cells.iter().map(|(field, cell)| (Field::ALL[*field], cell.as_str())).filter(|(field, _)| *field != Field::TicketNo).collect();
        let ticket = ticket(&row);
        let now = at("2026-03-01 00:00") + chrono::TimeDelta::hours(at_hour);
        let mut facts = TicketFacts::default();
        let policy = policy();
        let stands = standing(&ticket, &facts.rounds, &policy.calendar, &policy.rules, now);
        for seen in observe(&ticket, &stands, &facts) {
            facts.add(&seen.what, &seen.value, now);
        }
        prop_assert_eq!(observe(&ticket, &stands, &facts), vec![]);
        let orders: std::collections::BTreeMap<i32, u32> = orders.into_iter().collect();
        facts.orders = orders.iter().map(|(number, day)| Order { year: 2026, number: number.unsigned_abs(), issued: at(&format!("2026-03-{day:02} 09:00")) }).collect();
        let view = View { ticket: &ticket, facts: &facts, outcomes: &[], told: &[] };
        let (_, plan) = wanted(view, &policy, LONG_AGO, now);
        prop_assert!(plan.next.is_none_or(|next| next > now), "{:?} at {now}", plan.next);
        let mut keys: Vec<String> = Vec::new();
        for notice in &plan.notices {
            prop_assert!(notice.due <= now, "{notice:?}");
            for role in &notice.roles {
                keys.push(format!("{}|{}|{}|{role}", notice.subject.text(), notice.kind, notice.occurrence.text()));
            }
        }
        let all = keys.len();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(keys.len(), all, "{:?}", plan.notices);
        prop_assert_eq!(wanted(view, &policy, LONG_AGO, now).1, plan);
    }
}

#[test]
fn a_conclusion_of_a_later_day_is_named_and_silences_nothing_until_then() {
    let none = TicketFacts::default();
    let ticket = with(&[REACHED, &[(Field::Status, "已办结"), (Field::Concluded, "2026-03-20 10:00:00")]]);
    let before = kinds(&ticket, &none, "2026-03-06 09:00");
    assert!(before.contains(&"overdue-1") && before.contains(&"data-quality"), "{before:?}");
    let after = kinds(&ticket, &none, "2026-03-20 10:00");
    assert!(!after.iter().any(|kind| kind.starts_with("overdue")), "{after:?}");
}

#[test]
fn a_conclusion_without_its_time_is_named_and_counts_from_its_first_sight() {
    let ticket = with(&[REACHED, &[(Field::Status, "已办结"), (Field::Concluded, "")]]);
    let facts = remembered(&[(&ticket, "2026-03-03 10:00")]);
    assert_eq!(text(&one(&ticket, &facts, "2026-03-03 10:00", Kind::DataQuality), "what"), "状态为已办结,缺办结时间");
    assert!(kinds(&ticket, &facts, "2026-03-04 09:00").contains(&"feedback-due"));
    assert!(kinds(&ticket, &facts, "2026-03-05 09:00").contains(&"feedback-overdue"));
}

#[test]
fn a_conclusion_before_the_receipt_blames_nobody_for_the_feedback() {
    let ticket = with(&[REACHED, &[(Field::Status, "已办结"), (Field::Concluded, "2026-02-27 10:00:00")]]);
    let kinds = kinds(&ticket, &TicketFacts::default(), "2026-03-03 10:00");
    assert!(!kinds.iter().any(|kind| kind.starts_with("feedback")), "{kinds:?}");
}

#[test]
fn after_an_agreed_return_no_unit_is_blamed_until_the_next_dispatch() {
    let ticket = with(&[RETURN, AGREED]);
    let facts = remembered(&[(&ticket, "2026-03-02 15:00")]);
    for now in ["2026-03-04 09:00", "2026-03-06 09:00", "2026-03-10 09:00"] {
        for notice in sent(&ticket, &facts, now).iter().filter(|notice| notice.kind != Kind::ReturnResult) {
            assert_eq!(notice.unit, None, "{} at {now}", notice.kind);
        }
    }
}

#[test]
fn the_unit_that_applied_hears_the_result_though_the_row_names_another() {
    let asked = with(&[RETURN]);
    let moved: &Row = &[
        (Field::Units, "莲渡河道管理站"),
        (Field::Dispatched, "2026-03-02 16:20:00"),
        (Field::Status, "待处置"),
        (Field::ReturnResult, "同意"),
    ];
    let moved = with(&[RETURN, moved]);
    let facts = remembered(&[(&asked, "2026-03-02 11:00"), (&moved, "2026-03-02 16:20")]);
    let result = one(&moved, &facts, "2026-03-02 16:20", Kind::ReturnResult);
    assert_eq!((result.unit.as_deref(), text(&result, "unit").as_str()), (Some("澄湾供水服务站"), "澄湾供水服务站"));
    // One key, whichever row told of it.
    let agreed = with(&[RETURN, AGREED]);
    let before = remembered(&[(&asked, "2026-03-02 11:00"), (&agreed, "2026-03-02 16:10")]);
    let earlier = one(&agreed, &before, "2026-03-02 16:10", Kind::ReturnResult);
    assert_eq!((earlier.subject, earlier.occurrence), (result.subject, result.occurrence));
}

#[test]
fn an_order_waits_for_a_unit_and_is_not_asked_for_anew_in_another_round() {
    let note: &Row = &[(Field::LeaderNote, "有批示")];
    let waits: &Row = &[(Field::Dispatched, ""), (Field::Accepted, ""), (Field::Units, ""), (Field::Status, "待派遣")];
    let before = with(&[note, waits]);
    let facts = remembered(&[(&before, "2026-03-02 09:05")]);
    assert!(!kinds(&before, &facts, "2026-03-02 09:05").contains(&"supervision-order"));
    let after = with(&[note]);
    let order = one(&after, &facts, "2026-03-02 09:30", Kind::SupervisionOrder);
    assert_eq!((order.due, order.unit.as_deref()), (at("2026-03-02 09:30"), Some("澄湾供水服务站")));

    let order = Order { year: 2026, number: 7, issued: at("2026-03-02 09:30") };
    let facts = TicketFacts { orders: vec![order], ..TicketFacts::default() };
    let round_two: &Row = &[
        (Field::Dispatched, "2026-03-10 10:00:00"),
        (Field::Reassigned, "2026-03-10 10:00:00"),
        (Field::Revisited, "2026-03-10 09:00:00"),
        (Field::Satisfaction, "不满意"),
    ];
    let key = |ticket: &Ticket| {
        let notice = one(ticket, &facts, "2026-03-10 11:00", Kind::SupervisionOverdue);
        (notice.subject.text(), notice.occurrence.text())
    };
    assert_eq!(key(&with(&[REACHED])), key(&with(&[REACHED, round_two])));
}
