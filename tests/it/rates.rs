//! The five rates of whole tickets, read from rows as a platform shows them.

use duban::{
    notice::Kind,
    planner::{SmsOutcome, SmsState, TicketFacts, View, observe},
    report::rates::{Count, Course, Out, Rate, RatesReport, Span},
    rules::standing::standing,
    ticket::{Field, Ticket},
};

use crate::planner::{at, policy, ticket};

type Row = [(Field, &'static str)];

const DONE: &Row = &[
    (Field::Contacted, "2026-03-02 10:00:00"),
    (Field::Status, "待回访"),
    (Field::Concluded, "2026-03-04 16:00:00"),
    (Field::FedBack, "2026-03-04 17:00:00"),
    (Field::Audited, "2026-03-05 10:00:00"),
    (Field::AuditResult, "通过"),
];

fn with(changes: &Row) -> Ticket {
    ticket(&[DONE, changes].concat())
}

/// The rates of March as of 1 April, of one ticket.
fn march(ticket: &Ticket, facts: &TicketFacts, outcomes: &[SmsOutcome]) -> RatesReport {
    let policy = policy();
    let day = |text: &str| text.parse().unwrap();
    let cut = at("2026-04-01 09:00");
    let span = Span { from: day("2026-03-01"), to: day("2026-03-31") };
    let mut count = Count::new(&policy.rules.rates, span, cut);
    count.add(&Course::all(View { ticket, facts, outcomes, told: &[] }, &policy, cut));
    count.done()
}

fn texts(report: &RatesReport) -> [String; 5] {
    Rate::ALL.map(|rate| report.all.of(rate).share.text())
}

fn of(ticket: &Ticket) -> [String; 5] {
    texts(&march(ticket, &TicketFacts::default(), &[]))
}

const MET: &str = "100.00%(1/1)";
const MISSED: &str = "0.00%(0/1)";
const NONE: &str = "-";

#[test]
fn rates_of_a_row_follow_its_times_and_its_state() {
    let rows: &[(&str, &Row, [&str; 5])] = &[
        ("not rated yet", &[], [MET, MET, MET, MET, NONE]),
        (
            "satisfied",
            &[(Field::Revisited, "2026-03-09 10:00:00"), (Field::Satisfaction, "满意"), (Field::Status, "已回访")],
            [MET, MET, MET, MET, MET],
        ),
        (
            "the audit sent it back: the conclusion is void",
            &[(Field::Status, "审核退回"), (Field::AuditResult, "退回")],
            [MET, MET, MISSED, NONE, NONE],
        ),
        (
            "extended in time",
            &[
                (Field::Concluded, "2026-03-20 16:00:00"),
                (Field::FedBack, "2026-03-20 17:00:00"),
                (Field::Audited, "2026-03-23 10:00:00"),
                (Field::Extended, "是"),
                (Field::ExtensionDays, "15"),
                (Field::ExtensionApproved, "2026-03-09 10:00:00"),
            ],
            [MET, MET, MET, MET, NONE],
        ),
        (
            "a date alone",
            &[(Field::Contacted, "2026-03-03"), (Field::Concluded, "2026-03-05")],
            [MET, MET, MET, MET, NONE],
        ),
        (
            "concluded before it was received",
            &[(Field::Concluded, "2026-02-27 10:00:00")],
            [MET, MET, NONE, NONE, NONE],
        ),
        ("void", &[(Field::Status, "作废")], [NONE; 5]),
        (
            "answered by the desk",
            &[(Field::Dispatched, ""), (Field::Accepted, ""), (Field::Units, ""), (Field::Contacted, "")],
            [NONE, NONE, MET, MET, NONE],
        ),
        (
            "tried in vain, and concluded nevertheless",
            &[(Field::Contacted, ""), (Field::ContactLog, "2026-03-02 10:00无人接听")],
            [MISSED, MET, MET, MET, NONE],
        ),
    ];
    for (name, changes, expected) in rows {
        assert_eq!(of(&with(changes)), *expected, "{name}");
    }
}

#[test]
fn a_ticket_is_out_of_satisfaction_only_when_the_deputy_approved_it() {
    let unhappy: &Row =
        &[(Field::Revisited, "2026-03-09 10:00:00"), (Field::Satisfaction, "不满意"), (Field::Excluded, "是")];
    assert_eq!(of(&with(unhappy))[4], MISSED, "asked for, not approved");
    let approved = [unhappy, &[(Field::ExcludedApproved, "是")]].concat();
    assert_eq!(of(&with(&approved))[4], NONE);
    assert_eq!(of(&with(&approved))[2], MET, "it still has its limit");
}

#[test]
fn rates_take_tries_and_an_sms_in_time_for_a_contact() {
    let row = with(&[(Field::Contacted, ""), (Field::ContactLog, "2026-03-02 10:00无人接听;2026-03-02 11:05忙音")]);
    let sms = |state, when: &str| SmsOutcome {
        round: 1,
        kind: Kind::CitizenUnreachableSms,
        occurrence: String::new(),
        state,
        at: at(when),
        code: "-".into(),
    };
    let first = |outcome| texts(&march(&row, &TicketFacts::default(), &[outcome]))[0].clone();
    assert_eq!(first(sms(SmsState::Accepted, "2026-03-02 14:00")), MET);
    assert_eq!(first(sms(SmsState::Unknown, "2026-03-02 14:00")), MET, "it may have been delivered");
    assert_eq!(first(sms(SmsState::Failed, "2026-03-02 14:00")), MISSED);
    assert_eq!(first(sms(SmsState::Accepted, "2026-03-04 08:00")), MISSED, "the limit had ended");
}

#[test]
fn a_round_that_the_platform_has_emptied_keeps_its_figures() {
    let policy = policy();
    let mut facts = TicketFacts::default();
    let ended = with(&[
        (Field::Revisited, "2026-03-10 10:00:00"),
        (Field::Satisfaction, "不满意"),
        (Field::Status, "待重办"),
        (Field::Contacted, "2026-03-04 10:00:00"),
    ]);
    let now = at("2026-03-10 10:00");
    let stands = standing(&ended, &facts.rounds, &policy.calendar, &policy.rules, now);
    for seen in observe(&ended, &stands, &facts) {
        facts.add(&seen.what, &seen.value, now);
    }
    let again = ticket(&[
        (Field::Status, "不满意重办"),
        (Field::Dispatched, "2026-03-10 14:00:00"),
        (Field::Reassigned, "2026-03-10 14:00:00"),
        (Field::Accepted, ""),
        (Field::Units, "莲渡河道管理站"),
    ]);
    let told = march(&again, &facts, &[]);
    // Round 1: contacted late, concluded in time, dissatisfied; round 2: nothing done at all.
    assert_eq!(texts(&told), ["0.00%(0/2)", "50.00%(1/2)", "50.00%(1/2)", MET, MISSED]);
    let names: Vec<&str> = told.units.iter().map(|unit| &*unit.unit).collect();
    assert_eq!(names, ["澄湾供水服务站", "莲渡河道管理站"], "each round is its unit's");
    assert_eq!(told.units[1].rates.of(Rate::Satisfaction).share.of, 0);
}

#[test]
fn a_unit_whose_return_was_agreed_to_in_time_is_not_blamed_for_the_contact() {
    let returned = ticket(&[
        (Field::Accepted, ""),
        (Field::ReturnApplied, "2026-03-03 10:00:00"),
        (Field::ReturnResult, "同意"),
        (Field::Status, "待派遣"),
    ]);
    let told = march(&returned, &TicketFacts::default(), &[]);
    let left: Vec<Out> = told.all.of(Rate::FirstContact).left_out.iter().map(|(_, out)| *out).collect();
    assert_eq!(left, [Out::AssignmentOver]);
    assert_eq!(texts(&told)[2], MISSED, "the conclusion limit runs on");
}

#[test]
fn a_doubled_row_is_one_ticket() {
    let mut row = duban::ticket::RawRow::new();
    for (field, text) in [
        (Field::TicketNo, "A1"),
        (Field::Origin, "12345"),
        (Field::Difficulty, "复杂"),
        (Field::Received, "2026-03-02 09:00:00"),
        (Field::Dispatched, "2026-03-02 09:30:00"),
        (Field::Units, "澄湾供水服务站"),
        (Field::Status, "处理中"),
    ] {
        row.set(field, text);
    }
    let doubled = crate::planner::reader().ticket(&[row.clone(), row]).unwrap();
    assert_eq!(of(&doubled)[2], MISSED);
}
