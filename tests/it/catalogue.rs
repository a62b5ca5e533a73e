//! The catalogue of notices, row by row: who is told of what by which way, what
//! may be said, when it is wanted, and what withdraws it.

use chrono::TimeDelta;
use duban::{
    message::{Wording, fixture_facts},
    notice::{Fact, Facts, Kind, Medium, Notice, Role, Wish},
    planner::{
        Digest, Gateway, GroupView, Health, Order, Patience, SmsOutcome, SmsState, TicketFacts, View,
        bulletin::{self, Issued, Released},
        calendar_missing, gateway, group, source, wanted,
    },
    rules::repeat::{RepeatEntry, RepeatIndex},
    ticket::{Field, TicketNo},
};

use crate::planner::{LONG_AGO, at, policy, reader, ticket};

/// What a notice may say of its tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Number, unit and times.
    P0,
    /// Category and town too.
    P1,
    /// The same, and a file with masked data of which only number and folder are told.
    P1FormP2,
    /// Numbers of pieces, of no ticket.
    Counts,
    /// Nothing at all.
    Nothing,
}

/// A row of the catalogue: id, roles, media, class.
type Row = (&'static str, &'static str, &'static str, Class);

const CATALOGUE: [Row; 59] = {
    use Class::{Counts, Nothing, P0, P1, P1FormP2};
    [
        ("dispatch-reminder", "desk", "sms email", P0),
        ("dispatch-overdue", "desk bureau_hotline", "email", P0),
        ("ticket-assigned", "handler", "sms email", P1),
        ("urgent-alert", "bureau_hotline bureau_matter desk", "sms email", P1),
        ("urgent-unaccepted", "deputy desk", "sms", P0),
        ("first-contact-due", "handler", "sms", P0),
        ("first-contact-final", "handler deputy", "sms", P0),
        ("first-contact-overdue", "handler deputy desk", "sms email", P0),
        ("first-contact-retry", "handler", "sms", P0),
        ("contact-number-suspect", "handler desk", "email sms", P0),
        ("citizen-unreachable-sms", "citizen", "sms", Nothing),
        ("citizen-neutral-sms", "citizen", "sms", Nothing),
        ("citizen-sms-not-possible", "handler desk", "sms email", P0),
        ("citizen-sms-failed", "handler desk", "email", P0),
        ("return-window-closing", "handler", "sms", P0),
        ("return-deemed-accepted", "handler desk", "email", P0),
        ("return-application-review", "desk", "email sms", P0),
        ("return-material-missing", "handler deputy", "email", P0),
        ("return-not-allowed", "handler deputy desk", "email sms", P0),
        ("return-result", "handler deputy", "email", P0),
        ("due-soon", "handler", "sms", P0),
        ("due-today", "handler", "sms", P0),
        ("due-final", "handler deputy", "sms", P0),
        ("overdue-1", "handler deputy desk", "sms email", P0),
        ("overdue-2", "handler deputy desk chief", "sms email", P0),
        ("overdue-3", "handler deputy desk chief bureau_hotline bureau_matter", "email sms", P1FormP2),
        ("overdue-daily", "handler deputy", "email", P0),
        ("extension-window-closing", "handler", "sms", P0),
        ("extension-application-review", "desk", "email", P0),
        ("extension-out-of-window", "handler desk", "email sms", P0),
        ("extension-repeat-refused", "handler desk", "email sms", P0),
        ("extension-approved", "handler deputy", "email sms", P0),
        ("deadline-recomputed", "handler desk", "email", P0),
        ("feedback-due", "handler", "sms", P0),
        ("feedback-overdue", "handler deputy desk", "email", P0),
        ("report-incomplete", "handler", "email", P0),
        ("audit-pending", "desk", "email", P0),
        ("audit-rejected", "handler deputy", "sms email", P0),
        ("revisit-dissatisfied", "desk handler deputy", "email sms", P0),
        ("reassign-due", "desk", "sms", P0),
        ("second-revisit-due", "desk", "email sms", P0),
        ("exclusion-review-pending", "deputy", "email", P0),
        ("supervision-order", "chief deputy handler desk", "email", P1FormP2),
        ("supervision-due", "chief deputy", "sms email", P0),
        ("supervision-overdue", "chief deputy bureau_hotline", "sms email", P0),
        ("repeat-approaching", "desk", "email", P1),
        ("batch-form-issued", "bureau_hotline bureau_matter desk", "email sms", P1FormP2),
        ("batch-meeting-due", "desk", "email", P0),
        ("hot-topic", "desk bureau_hotline", "email", P1),
        ("archive-due", "desk handler", "email", P0),
        ("daily-digest", "desk deputy", "email", P0),
        ("weekly-bulletin", "desk chief", "email file", Counts),
        ("monthly-bulletin", "desk chief", "email file", Counts),
        ("data-quality", "desk", "email", P0),
        ("calendar-missing", "ops desk", "email", Counts),
        ("source-down", "ops desk", "email", Counts),
        ("source-restored", "ops desk", "email", Counts),
        ("gateway-down", "ops desk", "email sms", Counts),
        ("settings-refused", "ops desk", "email", Counts),
    ]
};

/// Facts by which one learns more of a ticket than P0 allows.
const PLACE: [&str; 3] = ["cat", "cat1", "town"];
/// Facts that name tickets.
const TICKETS: [&str; 5] = ["no", "t4", "nos", "recv", "unit"];

/// Kinds that no row alone makes wanted; each has a test of its own below, in
/// `life_cycle` or in `outages`.
const BY_OTHERS: [Kind; 15] = [
    Kind::DeadlineRecomputed,
    Kind::SupervisionDue,
    Kind::SupervisionOverdue,
    Kind::HotTopic,
    Kind::RepeatApproaching,
    Kind::BatchFormIssued,
    Kind::BatchMeetingDue,
    Kind::DailyDigest,
    Kind::CalendarMissing,
    Kind::SourceDown,
    Kind::SourceRestored,
    Kind::GatewayDown,
    Kind::SettingsRefused,
    Kind::WeeklyBulletin,
    Kind::MonthlyBulletin,
];

type Changes = &'static [(Field, &'static str)];

/// When a kind is wanted for a ticket, and by what it is not.
struct Story {
    kind: Kind,
    /// What differs from an ordinary ticket of Monday 2026-03-02.
    row: Changes,
    /// An instant at which it is wanted.
    now: &'static str,
    /// What became of the SMS to the citizen by then.
    sms: Option<(SmsState, &'static str)>,
    gone: &'static [Gone],
}

/// What withdraws a notice.
enum Gone {
    /// The row changes.
    By(&'static str, Changes),
    /// Time passes.
    At(&'static str, &'static str),
    /// The SMS to the citizen goes out.
    Sms(&'static str, SmsState),
    /// The platform shows another number.
    Number(&'static str),
}

const fn story(kind: Kind, row: Changes, now: &'static str, gone: &'static [Gone]) -> Story {
    Story { kind, row, now, sms: None, gone }
}

const WAITS: Changes = &[(Field::Dispatched, ""), (Field::Accepted, ""), (Field::Units, ""), (Field::Status, "待派遣")];
const DISPATCHED: Gone = Gone::By(
    "dispatched",
    &[(Field::Dispatched, "2026-03-02 10:00:00"), (Field::Units, "澄湾供水服务站"), (Field::Status, "待处置")],
);
const ANSWERED: Gone =
    Gone::By("answered directly", &[(Field::Status, "已办结"), (Field::Concluded, "2026-03-02 10:00:00")]);
const UPSTREAM: Gone = Gone::By("returned upstream", &[(Field::Status, "已退回上级")]);

const CONTACTED: Gone = Gone::By("contacted", &[(Field::Contacted, "2026-03-02 09:50:00")]);
const ASSIGNMENT_OVER: Gone = Gone::By(
    "the assignment is over",
    &[(Field::ReturnApplied, "2026-03-02 09:45:00"), (Field::ReturnResult, "同意"), (Field::Status, "待派遣")],
);
const TRIED: Changes = &[(Field::ContactLog, "2026-03-02 10:00无人接听;2026-03-02 11:05忙音;2026-03-02 14:00关机")];
const TRIED_ONCE: Changes = &[(Field::ContactLog, "2026-03-02 10:00无人接听")];
const SOMEBODY_ELSE: Changes =
    &[(Field::ContactLog, "2026-03-02 10:00非本人;2026-03-02 11:05非本人;2026-03-02 14:00非本人")];
const NO_NUMBER: Changes = &[
    (Field::ContactLog, "2026-03-02 10:00无人接听;2026-03-02 11:05忙音;2026-03-02 14:00关机"),
    (Field::ContactPhone, "无"),
];

const CONCLUDED: Gone = Gone::By("concluded", &[(Field::Status, "已办结"), (Field::Concluded, "2026-03-02 09:20:00")]);
const EXTENDED: Gone = Gone::By(
    "a new version",
    &[
        (Field::Extended, "是"),
        (Field::ExtensionDays, "15"),
        (Field::ExtensionApplied, "2026-03-02 10:00:00"),
        (Field::ExtensionApproved, "2026-03-02 11:00:00"),
    ],
);
const VOID: Gone = Gone::By("a final state", &[(Field::Status, "作废")]);
const REACHED: (Field, &str) = (Field::Contacted, "2026-03-02 09:50:00");

const DISSATISFIED: Changes = &[
    REACHED,
    (Field::Status, "待重办"),
    (Field::Concluded, "2026-03-03 10:00:00"),
    (Field::FedBack, "2026-03-03 10:10:00"),
    (Field::Audited, "2026-03-03 16:00:00"),
    (Field::AuditResult, "通过"),
    (Field::Revisited, "2026-03-04 10:00:00"),
    (Field::Satisfaction, "不满意"),
];

const UNACCEPTED: Changes = &[(Field::Accepted, ""), (Field::Status, "待处置")];
const ACCEPTED: Gone = Gone::By("accepted", &[(Field::Accepted, "2026-03-02 09:40:00"), (Field::Status, "处理中")]);
const RETURN_ASKED: Gone = Gone::By(
    "a return is applied for",
    &[(Field::ReturnApplied, "2026-03-02 11:00:00"), (Field::Status, "退单审核中")],
);
const RETURNING: Changes = &[
    (Field::Accepted, ""),
    (Field::Status, "退单审核中"),
    (Field::ReturnApplied, "2026-03-02 11:00:00"),
    (Field::ReturnReason, "非本单位职责"),
    (Field::ReturnMaterials, "现场核查;现场照片;退单依据;建议处置部门;录音"),
    (Field::ReturnDeputyApproved, "是"),
];
const DIFFICULT: (Field, &str) = (Field::Difficulty, "疑难");
const ASKED: Gone = Gone::By("an extension is applied for", &[(Field::ExtensionApplied, "2026-03-06 10:00:00")]);
const FED_BACK: Changes = &[
    REACHED,
    (Field::Status, "待审核"),
    (Field::Concluded, "2026-03-03 10:00:00"),
    (Field::FedBack, "2026-03-03 11:00:00"),
];
const UP: Changes = &[
    REACHED,
    (Field::Status, "待回访"),
    (Field::Concluded, "2026-03-03 10:00:00"),
    (Field::FedBack, "2026-03-03 11:00:00"),
    (Field::Audited, "2026-03-03 16:00:00"),
    (Field::AuditResult, "通过"),
];
const ENDED: Changes = &[REACHED, (Field::Status, "已办结"), (Field::Concluded, "2026-03-03 10:00:00")];
const FED: Gone = Gone::By("fed back", &[(Field::FedBack, "2026-03-03 11:00:00"), (Field::Status, "待审核")]);

const STORIES: &[Story] = &[
    story(Kind::DispatchReminder, WAITS, "2026-03-02 16:30", &[DISPATCHED, ANSWERED, UPSTREAM]),
    story(Kind::DispatchOverdue, WAITS, "2026-03-03 09:00", &[DISPATCHED, ANSWERED, UPSTREAM]),
    story(Kind::TicketAssigned, &[], "2026-03-02 09:30", &[CONCLUDED, ASSIGNMENT_OVER, VOID]),
    story(Kind::UrgentAlert, &[(Field::Urgency, "紧急")], "2026-03-02 09:00", &[VOID]),
    Story {
        gone: &[CONTACTED, ASSIGNMENT_OVER, Gone::Sms("the SMS rule is met", SmsState::Accepted), CONCLUDED],
        ..story(Kind::FirstContactDue, TRIED, "2026-03-03 09:00", &[])
    },
    Story {
        gone: &[CONTACTED, ASSIGNMENT_OVER, Gone::Sms("the SMS rule is met", SmsState::Accepted), CONCLUDED],
        ..story(Kind::FirstContactFinal, TRIED, "2026-03-03 14:00", &[])
    },
    story(Kind::FirstContactOverdue, &[], "2026-03-04 09:00", &[CONTACTED, ASSIGNMENT_OVER]),
    story(
        Kind::FirstContactRetry,
        TRIED_ONCE,
        "2026-03-02 11:05",
        &[
            Gone::By("the next counted try", &[(Field::ContactLog, "2026-03-02 10:00无人接听;2026-03-02 11:05忙音")]),
            CONTACTED,
            Gone::Sms("the SMS went out", SmsState::Accepted),
        ],
    ),
    story(Kind::ContactNumberSuspect, SOMEBODY_ELSE, "2026-03-02 15:00", &[CONTACTED, Gone::Number("13900054321")]),
    story(Kind::CitizenUnreachableSms, TRIED, "2026-03-02 14:00", &[CONTACTED, CONCLUDED]),
    story(Kind::CitizenNeutralSms, SOMEBODY_ELSE, "2026-03-02 14:00", &[CONTACTED, Gone::Number("13900054321")]),
    story(Kind::CitizenSmsNotPossible, NO_NUMBER, "2026-03-02 14:00", &[CONTACTED, CONCLUDED]),
    Story {
        sms: Some((SmsState::Failed, "2026-03-02 14:00")),
        ..story(Kind::CitizenSmsFailed, TRIED, "2026-03-02 14:10", &[CONTACTED])
    },
    story(Kind::DueSoon, &[], "2026-03-04 09:00", &[CONCLUDED, EXTENDED, VOID]),
    story(Kind::DueToday, &[], "2026-03-05 09:00", &[CONCLUDED, EXTENDED, VOID]),
    story(Kind::DueFinal, &[], "2026-03-05 16:00", &[CONCLUDED, EXTENDED, VOID]),
    story(
        Kind::Overdue1,
        &[],
        "2026-03-06 09:00",
        &[CONCLUDED, EXTENDED, VOID, Gone::At("the next step", "2026-03-09 09:00")],
    ),
    story(
        Kind::Overdue2,
        &[],
        "2026-03-09 09:00",
        &[CONCLUDED, EXTENDED, VOID, Gone::At("the next step", "2026-03-10 09:00")],
    ),
    story(
        Kind::Overdue3,
        &[],
        "2026-03-10 09:00",
        &[CONCLUDED, EXTENDED, VOID, Gone::At("the next step", "2026-03-11 09:00")],
    ),
    story(Kind::OverdueDaily, &[], "2026-03-11 09:00", &[CONCLUDED, EXTENDED, VOID]),
    story(Kind::RevisitDissatisfied, DISSATISFIED, "2026-03-04 10:00", &[VOID]),
    story(
        Kind::SecondRevisitDue,
        DISSATISFIED,
        "2026-03-05 09:00",
        &[Gone::By("done", &[(Field::SecondRevisited, "2026-03-04 15:00:00")]), VOID],
    ),
    story(
        Kind::DataQuality,
        &[(Field::Difficulty, ""), (Field::Urgency, "")],
        "2026-03-02 10:00",
        &[Gone::By("repaired", &[(Field::Difficulty, "复杂")])],
    ),
    story(
        Kind::UrgentUnaccepted,
        &[(Field::Urgency, "紧急"), (Field::Accepted, ""), (Field::Status, "待处置")],
        "2026-03-02 10:00",
        &[ACCEPTED, CONTACTED],
    ),
    story(Kind::ReturnWindowClosing, UNACCEPTED, "2026-03-03 15:00", &[ACCEPTED, RETURN_ASKED, CONCLUDED]),
    story(Kind::ReturnDeemedAccepted, UNACCEPTED, "2026-03-04 09:00", &[ACCEPTED, RETURN_ASKED, CONCLUDED]),
    story(
        Kind::ReturnApplicationReview,
        RETURNING,
        "2026-03-02 11:00",
        &[
            Gone::By("agreed", &[(Field::ReturnResult, "同意"), (Field::Status, "待派遣")]),
            Gone::By("refused", &[(Field::ReturnResult, "不同意"), (Field::Status, "处理中")]),
        ],
    ),
    story(
        Kind::ReturnMaterialMissing,
        &[
            (Field::Accepted, ""),
            (Field::Status, "退单审核中"),
            (Field::ReturnApplied, "2026-03-02 11:00:00"),
            (Field::ReturnReason, "非本单位职责"),
            (Field::ReturnMaterials, "现场核查"),
            (Field::ReturnDeputyApproved, "是"),
        ],
        "2026-03-02 11:00",
        &[Gone::By(
            "the papers are complete",
            &[(Field::ReturnMaterials, "现场核查;现场照片;退单依据;建议处置部门;录音")],
        )],
    ),
    story(
        Kind::ReturnNotAllowed,
        &[(Field::Accepted, ""), (Field::Status, "退单审核中"), (Field::ReturnApplied, "2026-03-04 11:00:00")],
        "2026-03-04 11:00",
        &[VOID],
    ),
    story(
        Kind::ReturnResult,
        &[(Field::Status, "处理中"), (Field::ReturnApplied, "2026-03-02 11:00:00"), (Field::ReturnResult, "不同意")],
        "2026-03-02 12:00",
        &[Gone::By("not decided", &[(Field::ReturnResult, "审核中"), (Field::Status, "退单审核中")])],
    ),
    story(Kind::ExtensionWindowClosing, &[DIFFICULT], "2026-03-09 09:00", &[ASKED, CONCLUDED]),
    story(
        Kind::ExtensionApplicationReview,
        &[DIFFICULT, (Field::ExtensionApplied, "2026-03-06 10:00:00"), (Field::ExtensionDays, "15")],
        "2026-03-06 10:00",
        &[Gone::By("approved", &[(Field::ExtensionApproved, "2026-03-06 10:00:00"), (Field::Extended, "是")])],
    ),
    story(
        Kind::ExtensionOutOfWindow,
        &[DIFFICULT, (Field::ExtensionApplied, "2026-03-10 10:00:00"), (Field::ExtensionDays, "15")],
        "2026-03-10 10:00",
        &[Gone::By("applied in time", &[(Field::ExtensionApplied, "2026-03-09 23:59:00")]), VOID],
    ),
    story(
        Kind::ExtensionRepeatRefused,
        &[
            DIFFICULT,
            (Field::Extended, "是"),
            (Field::ExtensionDays, "15"),
            (Field::ExtensionApproved, "2026-03-06 10:00:00"),
            (Field::ExtensionApplied, "2026-03-20 10:00:00"),
        ],
        "2026-03-20 10:00",
        &[Gone::By("the first application", &[(Field::ExtensionApplied, "2026-03-05 10:00:00")]), VOID],
    ),
    story(
        Kind::ExtensionApproved,
        &[
            DIFFICULT,
            (Field::Extended, "是"),
            (Field::ExtensionDays, "15"),
            (Field::ExtensionApplied, "2026-03-05 10:00:00"),
            (Field::ExtensionApproved, "2026-03-06 10:00:00"),
        ],
        "2026-03-06 10:00",
        &[Gone::By("not approved", &[(Field::ExtensionApproved, ""), (Field::Extended, "否")]), VOID],
    ),
    story(
        Kind::ReportIncomplete,
        &[
            REACHED,
            (Field::Status, "已办结"),
            (Field::Concluded, "2026-03-03 10:00:00"),
            (Field::ReportElements, "事实清楚;依据;处置过程"),
        ],
        "2026-03-03 10:00",
        &[
            Gone::By(
                "the report is complete",
                &[(Field::ReportElements, "事实;依据;过程;结果;答复;形式;承办人;负责人;联系方式;日期")],
            ),
            VOID,
        ],
    ),
    story(Kind::FeedbackDue, ENDED, "2026-03-04 09:00", &[FED]),
    story(Kind::FeedbackOverdue, ENDED, "2026-03-05 09:00", &[FED]),
    story(
        Kind::AuditPending,
        FED_BACK,
        "2026-03-04 09:00",
        &[Gone::By(
            "audited",
            &[(Field::Audited, "2026-03-03 16:00:00"), (Field::AuditResult, "通过"), (Field::Status, "待回访")],
        )],
    ),
    story(
        Kind::AuditRejected,
        &[
            REACHED,
            (Field::Status, "审核退回"),
            (Field::Concluded, "2026-03-03 10:00:00"),
            (Field::FedBack, "2026-03-03 11:00:00"),
            (Field::Audited, "2026-03-03 16:00:00"),
            (Field::AuditResult, "退回"),
        ],
        "2026-03-03 16:00",
        &[Gone::By("passed", &[(Field::AuditResult, "通过"), (Field::Status, "待回访")])],
    ),
    story(
        Kind::ReassignDue,
        DISSATISFIED,
        "2026-03-04 16:30",
        &[Gone::By("re-assigned", &[(Field::Reassigned, "2026-03-04 14:00:00"), (Field::Status, "不满意重办")])],
    ),
    story(
        Kind::ExclusionReviewPending,
        &[(Field::Excluded, "是")],
        "2026-03-03 10:00",
        &[Gone::By("no longer asked for", &[(Field::Excluded, "否")])],
    ),
    story(
        Kind::SupervisionOrder,
        &[(Field::Supervised, "是")],
        "2026-03-03 10:00",
        &[Gone::By("not supervised", &[(Field::Supervised, "否")])],
    ),
    story(Kind::ArchiveDue, UP, "2026-03-10 09:00", &[Gone::By("archived", &[(Field::Status, "已归档")])]),
];

#[test]
fn the_catalogue_is_that_of_the_regulation() {
    let ids = |texts: Vec<&'static str>| texts.join(" ");
    for (kind, (id, roles, media, _)) in Kind::ALL.into_iter().zip(CATALOGUE) {
        assert_eq!(kind.id(), id);
        assert_eq!(ids(kind.roles().iter().map(|role| role.id()).collect()), roles, "{id}");
        assert_eq!(ids(kind.media().iter().map(|medium| medium.id()).collect()), media, "{id}");
        assert_eq!(kind.is_to_citizen(), roles == Role::Citizen.id(), "{id}");
        assert_eq!(kind.media().contains(&Medium::File), id.ends_with("-bulletin"), "{id}");
    }
}

#[test]
fn facts_of_a_kind_tell_no_more_than_its_class_allows() {
    for kind in Kind::ALL {
        for facts in fixture_facts(kind, &Wording::default()).unwrap() {
            check_class(kind, &facts);
            let class = class(kind);
            let places = PLACE.iter().any(|name| facts.contains_key(*name));
            assert_eq!(
                places,
                matches!(class, Class::P1 | Class::P1FormP2),
                "{kind}: the class says more than is told"
            );
        }
    }
}

#[test]
fn a_form_is_told_by_number_and_folder_only() {
    for kind in Kind::ALL {
        let cases = fixture_facts(kind, &Wording::default()).unwrap();
        let paths = cases.iter().filter(|facts| facts.keys().any(|name| name.ends_with("_path"))).count();
        assert_eq!(paths > 0, class(kind) == Class::P1FormP2, "{kind}");
    }
}

#[test]
fn every_kind_has_a_story_or_a_test_of_its_own() {
    for kind in Kind::ALL {
        let told = STORIES.iter().any(|story| story.kind == kind) || BY_OTHERS.contains(&kind);
        assert!(told, "{kind} has neither");
    }
}

#[test]
fn each_kind_is_wanted_when_the_catalogue_says_so() {
    for story in STORIES {
        let notice = story.wanted(&[], story.now, story.sms, None);
        let notice = notice.unwrap_or_else(|| panic!("{} is not wanted", story.kind));
        check_class(story.kind, &notice.facts);
        for role in story.kind.roles() {
            assert!(notice.roles.contains(role), "{} is not for {role:?}", story.kind);
        }
    }
}

#[test]
fn each_kind_is_withdrawn_by_what_the_catalogue_says() {
    let begun = |story: &&Story| story.wanted(&[], story.now, story.sms, None).is_some();
    for story in STORIES.iter().filter(begun) {
        for gone in story.gone {
            let (why, notice) = match gone {
                Gone::By(why, changes) => (*why, story.wanted(changes, story.now, story.sms, None)),
                Gone::At(why, later) => (*why, story.wanted(&[], later, story.sms, None)),
                Gone::Sms(why, state) => (*why, story.wanted(&[], story.now, Some((*state, "2026-03-02 10:30")), None)),
                Gone::Number(number) => ("another number", story.wanted(&[], story.now, story.sms, Some(number))),
            };
            assert!(notice.is_none(), "{} though {why}", story.kind);
        }
    }
}

#[test]
fn a_group_of_four_is_announced_and_one_of_five_makes_a_form() {
    let kinds = |n: usize| {
        let notices = group_of(n);
        for notice in &notices {
            check_class(notice.kind, &notice.facts);
            assert_eq!(notice.roles, notice.kind.roles());
        }
        notices.into_iter().map(|notice| notice.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(3), []);
    assert_eq!(kinds(4), [Kind::RepeatApproaching]);
    assert_eq!(kinds(5), [Kind::BatchFormIssued], "the form takes the place of the announcement");
    assert_eq!(kinds(9), [Kind::BatchFormIssued]);
}

#[test]
fn the_digest_of_a_day_tells_the_desk_all_and_a_deputy_the_unit_until_nothing_is_left() {
    let of = |row: Changes, now: &str| {
        let (ticket, facts) = (ticket(row), TicketFacts::default());
        let (mut digest, _) = Digest::today(&policy().rules, at(now));
        digest.add(View { ticket: &ticket, facts: &facts, outcomes: &[], told: &[] }, &policy(), at(now));
        let notices = digest.notices(&policy(), LONG_AGO, at(now));
        for notice in &notices {
            check_class(notice.kind, &notice.facts);
            assert_eq!(notice.kind, Kind::DailyDigest);
        }
        notices.into_iter().flat_map(|notice| notice.roles).collect::<Vec<_>>()
    };
    let day = "2026-03-05 08:30";
    assert_eq!(of(&[REACHED], day), Kind::DailyDigest.roles());
    assert_eq!(of(&[REACHED], "2026-03-05 08:29"), [], "before half past eight");
    assert_eq!(of(&[REACHED], "2026-03-04 08:30"), [], "nothing to say");
    let concluded = [&[REACHED][..], &[(Field::Status, "已办结"), (Field::Concluded, "2026-03-04 08:00:00")]].concat();
    assert_eq!(of(concluded.leak(), day), []);
    assert_eq!(of(&[REACHED, (Field::Status, "作废")], day), []);
}

#[test]
fn a_year_without_a_calendar_is_announced_until_it_is_loaded() {
    let now = at("2026-11-25 10:00");
    let wanted = |year: i32| {
        let plans = calendar_missing(&policy(), &[(year, 3)].into(), now);
        let notices: Vec<Notice> = plans.into_iter().flat_map(|(_, plan)| plan.notices).collect();
        for notice in &notices {
            check_class(notice.kind, &notice.facts);
            assert_eq!(notice.roles, notice.kind.roles());
        }
        notices.len()
    };
    assert_eq!(wanted(2027), 1);
    assert_eq!(wanted(2026), 0, "it is loaded");
}

#[test]
fn a_store_that_cannot_be_read_and_a_channel_that_is_out_are_announced_until_they_are_well() {
    let (begin, later) = (at("2026-11-25 10:00"), at("2026-11-25 10:10"));
    let sent = |notices: Vec<Notice>| {
        for notice in &notices {
            check_class(notice.kind, &notice.facts);
            assert_eq!(notice.roles, notice.kind.roles());
        }
        notices.into_iter().map(|notice| notice.kind).collect::<Vec<_>>()
    };
    let of_store = |health: &Health| sent(source("工单库", health, later).notices);
    let of_sms =
        |health: &Health| sent(gateway(Gateway { name: "kannel", called: "短信", waiting: 2 }, health, later).notices);
    let (mut store, mut sms) = (Health::default(), Health::default());
    for (health, patience) in [(&mut store, Patience::SOURCE), (&mut sms, Patience::GATEWAY)] {
        (0..3).for_each(|_| health.fails(begin));
        health.look(patience, later);
    }
    assert_eq!((of_store(&store), of_sms(&sms)), (vec![Kind::SourceDown], vec![Kind::GatewayDown]));
    store.mends(later);
    sms.mends(later);
    assert_eq!((of_store(&store), of_sms(&sms)), (vec![Kind::SourceRestored], vec![]));
}

#[test]
fn a_bulletin_is_for_the_desk_and_once_released_for_the_leaders_until_it_is_corrected() {
    let monday = at("2026-11-02 09:00");
    let issued = |revision| Issued {
        revision,
        due: monday,
        cut: monday,
        version: "2020-32-1".into(),
        n: 12,
        path: "reports/2026/week-44".into(),
        lines: vec!["先行联系率 无".into()],
        units: vec!["澄湾供水服务站".into()],
        figures: String::new(),
    };
    let released = Released { revision: 1, by: "desk".into(), at: monday };
    for period in bulletin::last_due(monday, &policy().rules.bulletin) {
        let kind = bulletin::kind(period);
        let roles = |revision, released| {
            let notices = bulletin::bulletin(period, &issued(revision), released, TimeDelta::minutes(10));
            for notice in &notices {
                check_class(notice.kind, &notice.facts);
                assert_eq!(notice.kind, kind);
            }
            notices.into_iter().flat_map(|notice| notice.roles).collect::<Vec<_>>()
        };
        assert_eq!(roles(1, Some(&released)), kind.roles(), "{kind}");
        assert_eq!(roles(1, None), [Role::Desk], "{kind} is not released");
        assert_eq!(roles(2, Some(&released)), [Role::Desk], "{kind} is corrected");
    }
}

impl Story {
    /// The notice of this kind that would be sent, if any.
    fn wanted(
        &self,
        changes: Changes,
        now: &str,
        sms: Option<(SmsState, &str)>,
        number: Option<&str>,
    ) -> Option<Notice> {
        let mut row: Vec<(Field, &str)> = self.row.iter().chain(changes).copied().collect();
        let mut facts = TicketFacts::default();
        if let Some(number) = number {
            let before = reader().hash("13800012345");
            facts.numbers = vec![(before, at("2026-03-02 09:30")), (reader().hash(number), at("2026-03-02 14:30"))];
            row.push((Field::ContactPhone, number));
        }
        let ticket = ticket(&row);
        let outcome = sms.map(|(state, when)| SmsOutcome {
            round: 1,
            kind: Kind::CitizenUnreachableSms,
            occurrence: String::new(),
            state,
            at: at(when),
            code: "UNDELIV".into(),
        });
        let outcomes: Vec<SmsOutcome> = outcome.into_iter().collect();
        let view = View { ticket: &ticket, facts: &facts, outcomes: &outcomes, told: &[] };
        let plan = wanted(view, &policy(), LONG_AGO, at(now)).1;
        plan.notices.into_iter().find(|notice| notice.kind == self.kind && notice.wish == Wish::Send)
    }
}

/// What is sent about a repeat group of `n` tickets.
fn group_of(n: usize) -> Vec<Notice> {
    group_with(n, None, "2026-03-20 09:00", None)
}

/// The same with a form, and with a meeting in a row.
fn group_with(n: usize, form: Option<&str>, now: &str, meeting: Option<&str>) -> Vec<Notice> {
    let mut index = RepeatIndex::default();
    for day in 1..=n {
        let (no, received) = (format!("T{day:02}"), format!("2026-03-{day:02} 09:00:00"));
        index.insert(RepeatEntry::of(&ticket(&[(Field::TicketNo, &no), (Field::Received, &received)])));
    }
    let found = index.group_of(&TicketNo::new("T01"), 365).unwrap();
    let newest = index.get(found.members.last().unwrap()).unwrap();
    let form = form.map(|issued| Order { year: 2026, number: 3, issued: at(issued) });
    let view = GroupView { identity: found.first(), group: &found, newest, form, meeting: meeting.map(at) };
    let mut notices = group(view, &policy(), LONG_AGO, at(now)).notices;
    notices.retain(|notice| notice.wish == Wish::Send);
    notices
}

#[test]
fn a_form_without_a_meeting_is_recalled_every_five_working_days_until_there_is_one() {
    let due = |now: &str, meeting: Option<&str>| {
        let notices = group_with(5, Some("2026-03-16 09:20"), now, meeting);
        let due = notices.into_iter().find(|notice| notice.kind == Kind::BatchMeetingDue);
        due.inspect(|notice| {
            check_class(notice.kind, &notice.facts);
            assert_eq!(notice.roles, notice.kind.roles());
        })
    };
    let occurrence = |now: &str| due(now, None).map(|notice| notice.due);
    assert_eq!(occurrence("2026-03-23 08:59"), None);
    assert_eq!(occurrence("2026-03-23 09:00"), Some(at("2026-03-23 09:00")));
    assert_eq!(occurrence("2026-03-30 08:59"), Some(at("2026-03-23 09:00")));
    // Over Qingming, 6 April is a day of rest.
    assert_eq!(occurrence("2026-04-07 09:00"), Some(at("2026-04-07 09:00")));
    assert!(due("2026-03-23 09:00", Some("2026-03-20 14:00")).is_none(), "a meeting is entered");
    assert!(due("2026-03-23 09:00", Some("2026-03-16 00:00")).is_none(), "on the day of the form");
    assert!(due("2026-03-23 09:00", Some("2026-02-20 14:00")).is_some(), "that was of an earlier form");
    let notice = due("2026-03-23 09:00", None).unwrap();
    assert_eq!(notice.facts["form"], Fact::Text("〔2026〕3号".into()));
    assert_eq!(notice.facts["issued"], Fact::Text("2026-03-16".into()));
}

fn class(kind: Kind) -> Class {
    CATALOGUE.iter().find(|row| row.0 == kind.id()).unwrap().3
}

/// Fails if facts tell what the kind's class forbids.
fn check_class(kind: Kind, facts: &Facts) {
    let forbidden: Vec<&str> = match class(kind) {
        Class::P0 => PLACE.to_vec(),
        Class::P1 | Class::P1FormP2 => vec![],
        Class::Counts => [&PLACE[..], &TICKETS[..]].concat(),
        Class::Nothing => facts.keys().map(String::as_str).collect(),
    };
    let told: Vec<&&str> = forbidden.iter().filter(|name| facts.contains_key(**name)).collect();
    assert!(told.is_empty(), "{kind} tells {told:?}");
}
