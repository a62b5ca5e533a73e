//! Made-up facts of every kind, with which templates are tried at load.
//!
//! They are as wide as facts get, so that a text that fits with them fits with
//! every ticket; and where a text has branches, there is a case for each.

use crate::notice::{Fact, Facts, Kind};

use super::Wording;

/// What a notice says where a ticket has no category.
const NO_CATEGORY: &str = "未分类";

/// What a kind has beyond the facts of every ticket notice.
type Extra = Vec<(&'static str, Fact)>;

/// Kinds with their cases.
type Rows = Vec<(Kind, Vec<Extra>)>;

/// Facts for `kind`, a case for each branch of its texts, the widest first.
/// `None`: the kind has no row below; then it has no templates either.
pub fn facts(kind: Kind, wording: &Wording) -> Option<Vec<Facts>> {
    let rows = [
        first_steps(wording),
        citizen_sms(),
        returns(),
        ladder(wording),
        extensions(),
        aftermath(),
        supervision(wording),
        groups(wording),
        reports(),
        system(),
    ];
    let (_, cases) = rows.into_iter().flatten().find(|(of, _)| *of == kind)?;
    let named = cases.into_iter().map(|extra| {
        let mut facts = if has_ticket(kind) { ticket(kind, wording) } else { Facts::new() };
        facts.extend(extra.into_iter().map(|(name, fact)| (name.to_owned(), fact)));
        facts
    });
    Some(named.collect())
}

/// Whether notices of this kind are about one ticket and may carry its facts.
fn has_ticket(kind: Kind) -> bool {
    let of_group =
        matches!(kind, Kind::RepeatApproaching | Kind::BatchFormIssued | Kind::BatchMeetingDue | Kind::HotTopic);
    let of_period = matches!(kind, Kind::DailyDigest | Kind::WeeklyBulletin | Kind::MonthlyBulletin);
    let of_system = matches!(
        kind,
        Kind::CalendarMissing | Kind::SourceDown | Kind::SourceRestored | Kind::GatewayDown | Kind::SettingsRefused
    );
    !(kind.is_to_citizen() || of_group || of_period || of_system)
}

/// The facts of every ticket notice.
fn ticket(kind: Kind, wording: &Wording) -> Facts {
    let pairs = [
        ("no", text("20261231999999")),
        ("t4", text("9999")),
        ("source", text("12345")),
        ("class", text("复杂")),
        ("unit", text(&wording.widest_unit)),
        ("round", Fact::Number(1)),
        ("recv", text("2026-12-28 16:50")),
        ("due", text("2026-12-31 24:00")),
        ("due_s", text("12月31日24时")),
        ("limit", text("10个工作日")),
        ("ext", text("15个工作日")),
        ("provisional", Fact::Flag(false)),
        ("late", Fact::Flag(false)),
        ("notice_id", text(&format!("{kind}/20261231999999/r1"))),
    ];
    pairs.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect()
}

/// Dispatch, urgent matters, first contact.
fn first_steps(wording: &Wording) -> Rows {
    let assigned = with(with(vec![d1(), ("d1_s", text("12月30日24时"))], window()), vec![last_day()]);
    vec![
        (Kind::DispatchReminder, vec![vec![]]),
        (Kind::DispatchOverdue, vec![vec![]]),
        (Kind::TicketAssigned, vec![with(place(wording), assigned)]),
        (Kind::UrgentAlert, vec![with(place(wording), vec![("recv_s", text("16:50"))])]),
        (Kind::UrgentUnaccepted, [30, 60].map(|minutes| vec![("minutes", Fact::Number(minutes)), sent()]).into()),
        (Kind::FirstContactDue, vec![first_contact(12), first_contact(0)]),
        (Kind::FirstContactFinal, vec![first_contact(12), first_contact(0)]),
        (Kind::FirstContactOverdue, vec![first_contact(12), first_contact(0)]),
        (Kind::FirstContactRetry, vec![first_contact(12), first_contact(0)]),
        (Kind::ContactNumberSuspect, ["非本人", "空号"].map(|result| vec![("result", text(result)), d1()]).into()),
    ]
}

/// The SMS to the citizen, and what is said when there can be none. The texts
/// to the citizen get no facts at all: whoever holds the phone may read them.
fn citizen_sms() -> Rows {
    let causes = ["号码无效", "固定电话", "空号", "保密", "无号码", "夜间"];
    let failed =
        |result| vec![("code", text("UNDELIV")), ("at", text("2026-12-28 10:05")), ("result", text(result)), d1()];
    vec![
        (Kind::CitizenUnreachableSms, vec![vec![]]),
        (Kind::CitizenNeutralSms, vec![vec![]]),
        (Kind::CitizenSmsNotPossible, causes.map(|cause| vec![("cause", text(cause)), d1()]).into()),
        (Kind::CitizenSmsFailed, vec![failed("结果不明"), failed("未送达")]),
    ]
}

/// Conclusion: the reminders before its end and the steps after it.
fn ladder(wording: &Wording) -> Rows {
    let left = |left, unit| vec![("left", Fact::Number(left)), ("unit_of_left", text(unit))];
    let answer = with(place(wording), vec![("ds", text("2026-12-31 24:00")), ("ds_s", text("12月31日24时"))]);
    let order = vec![("order", text("〔2026〕123号")), ("order_path", text("forms/2026/supervision-123"))];
    vec![
        (Kind::DueSoon, vec![left(3, "工作日"), left(1, "天")]),
        (Kind::DueToday, vec![vec![]]),
        (Kind::DueFinal, vec![vec![]]),
        (Kind::Overdue1, overdue(1, &[])),
        (Kind::Overdue2, overdue(2, &[])),
        // The order with its file, with a number alone, and without one.
        (
            Kind::Overdue3,
            [
                overdue(3, &with(answer.clone(), order.clone())),
                overdue(3, &with(answer.clone(), order[..1].to_vec())),
                overdue(3, &answer),
            ]
            .concat(),
        ),
        (Kind::OverdueDaily, overdue(123, &[])),
    ]
}

/// Returns, from the end of their window to the desk's answer.
fn returns() -> Rows {
    let papers = ["分管领导审核", "现场核查", "现场照片", "退单依据", "建议处置部门", "录音"];
    let review = |have, lack| with(window(), vec![applied(), ("have", list(have)), ("lack", list(lack))]);
    let causes = ["再次退单", "已过申请期限", "已不同意退单", "重办件", "上级指定牵头"];
    let result = |agreed, decided| vec![("decided", text(decided)), ("agreed", Fact::Flag(agreed))];
    vec![
        (Kind::ReturnWindowClosing, vec![window()]),
        (Kind::ReturnDeemedAccepted, vec![vec![("d2", text("2026-12-30 24:00"))]]),
        (
            Kind::ReturnApplicationReview,
            vec![review(&[], &papers), review(&papers[..2], &papers[2..]), review(&papers, &[]), review(&[], &[])],
        ),
        (Kind::ReturnMaterialMissing, vec![with(window(), vec![("lack", list(&papers))])]),
        (Kind::ReturnNotAllowed, causes.map(|cause| vec![("cause", text(cause)), applied()]).into()),
        (Kind::ReturnResult, vec![result(false, "2026-12-30 16:10"), result(true, "未知")]),
    ]
}

/// Extensions, and other changes of the end.
fn extensions() -> Rows {
    let days = |days| vec![("days", text(days)), applied()];
    let asked = |length, de| with(days(length), vec![("de", text(de))]);
    let cases = || vec![asked("120个工作日", "2026-12-24"), asked("未填写", "不适用")];
    let old = || vec![("old", text("2026-12-31 24:00")), ("old_s", text("12月31日24时"))];
    let approved = |days| with(old(), vec![("days", text(days))]);
    let causes = ["日历更新", "类别更正", "时间更正", "期限更正"];
    vec![
        (Kind::ExtensionWindowClosing, vec![vec![last_day()]]),
        (Kind::ExtensionApplicationReview, cases()),
        (Kind::ExtensionOutOfWindow, cases()),
        (Kind::ExtensionRepeatRefused, vec![days("120个工作日"), days("未填写")]),
        (Kind::ExtensionApproved, vec![approved("120个工作日"), approved("未填写")]),
        (Kind::DeadlineRecomputed, causes.map(|cause| with(old(), vec![("cause", text(cause))])).into()),
    ]
}

/// After the conclusion.
fn aftermath() -> Rows {
    let second = vec![("d", text("2026-12-29 24:00")), ("d_s", text("12月29日24时"))];
    let elements = ["诉求内容", "核查情况", "处理依据", "处理过程", "处理结果", "答复情况"];
    let since = |dossier| vec![("since", event()), ("dossier", Fact::Flag(dossier))];
    vec![
        (Kind::FeedbackDue, vec![vec![("concluded", event())]]),
        (Kind::FeedbackOverdue, vec![vec![("concluded", event()), ("d", text("2026-12-29 24:00"))]]),
        (Kind::ReportIncomplete, vec![vec![("lack", list(&elements))]]),
        (Kind::AuditPending, vec![vec![("fed_back", event())]]),
        (Kind::AuditRejected, vec![vec![("audited", event())]]),
        (Kind::RevisitDissatisfied, vec![with(vec![("revisited", event())], second.clone())]),
        (Kind::ReassignDue, vec![vec![("revisited", event())]]),
        (Kind::SecondRevisitDue, vec![second]),
        (Kind::ExclusionReviewPending, vec![vec![("seen", event())]]),
        (Kind::ArchiveDue, vec![since(false), since(true)]),
    ]
}

/// Supervision orders, with their number and without one.
fn supervision(wording: &Wording) -> Rows {
    let order = || vec![("order", text("〔2026〕123号"))];
    let answer = || vec![("ds", text("2026-12-31 24:00")), ("ds_s", text("12月31日24时"))];
    let new = |cause| with(with(place(wording), answer()), vec![("cause", text(cause))]);
    let stored = |cause| with(with(new(cause), order()), vec![("order_path", text("forms/2026/supervision-123"))]);
    let due = |today| with(answer(), vec![("today", Fact::Flag(today))]);
    let overdue = |cause| with(answer(), vec![("cause", text(cause)), ("overdue_days", Fact::Number(12))]);
    let both = |case: Extra| [with(case.clone(), order()), case];
    vec![
        (Kind::SupervisionOrder, vec![stored("不实或瑕疵"), stored("上级督办"), new("局领导批示")]),
        (Kind::SupervisionDue, [both(due(false)), both(due(true))].concat()),
        (Kind::SupervisionOverdue, [both(overdue("缺主要领导审核")), both(overdue("未反馈"))].concat()),
    ]
}

/// Tickets of one matter, and of one place.
fn groups(wording: &Wording) -> Rows {
    let form = || ("form", text("〔2026〕123号"));
    let stored = with(group(5, wording), vec![form(), ("form_path", text("forms/2026/batch-123"))]);
    let mut meeting = with(group(5, wording), vec![form(), ("issued", text("2026-12-28"))]);
    // P0: the numbers of the tickets say enough.
    meeting.retain(|(name, _)| !matches!(*name, "cat" | "cat1" | "town"));
    let burst = vec![
        ("n", Fact::Number(12)),
        ("nos", list(&["20261231999991"; 12])),
        ("from", event()),
        ("to", text("2026-12-29 09:59")),
    ];
    vec![
        (Kind::RepeatApproaching, vec![group(4, wording)]),
        // With and without a form that is stored.
        (Kind::BatchFormIssued, vec![group(5, wording), stored]),
        (Kind::BatchMeetingDue, vec![meeting]),
        (Kind::HotTopic, vec![with(place(wording), burst)]),
    ]
}

/// What is told about all tickets of a day, a week or a month.
fn reports() -> Rows {
    let digest = |unit, nos: &[&str]| {
        let fields = ["due_today", "overdue", "contact_due", "audit_pending", "extension_pending", "data_problems"];
        let day = vec![("date", text("2026-12-31")), ("unit", text(unit))];
        with(day, fields.map(|field| (field, list(nos))).into())
    };
    let bulletin = |own| {
        let lines = ["先行联系率 98.25%", "市民满意率 -"];
        let common = vec![
            ("year", Fact::Number(2026)),
            ("from", text("2026-12-01")),
            ("to", text("2026-12-31")),
            ("cut", text("2027-01-01 09:00")),
            ("n", Fact::Number(12345)),
            ("path", text("reports/2026/week-53")),
            ("lines", list(&lines)),
        ];
        with(common, own)
    };
    let month = |r| vec![("month", Fact::Number(12)), ("r", Fact::Number(r)), ("version", text("2026-12-01"))];
    vec![
        (Kind::DailyDigest, vec![digest("全局", &["20261231999991"; 12]), digest("某某所", &[])]),
        (Kind::WeeklyBulletin, vec![bulletin(vec![("week", Fact::Number(53))])]),
        (Kind::MonthlyBulletin, vec![bulletin(month(1)), bulletin(month(2))]),
    ]
}

/// About the system itself; no ticket's data is in them.
fn system() -> Rows {
    let missing = |n| vec![("year", Fact::Number(2027)), ("n", Fact::Number(n))];
    let what = ["紧急程度/类别为空,按\"复杂\"计", "存在重复行"];
    let source = |own| with(vec![("source", text("tickets")), ("since", event())], own);
    let gateway = |channel| {
        let counts = vec![("n", Fact::Number(120)), ("waiting", Fact::Number(1234))];
        with(vec![("channel", text(channel)), ("since", event())], counts)
    };
    vec![
        (Kind::DataQuality, vec![vec![("codes", list(&["duplicate-row", "unknown-class"])), ("what", list(&what))]]),
        (Kind::CalendarMissing, vec![missing(120), missing(0)]),
        (Kind::SourceDown, vec![source(vec![("n", Fact::Number(120))])]),
        (Kind::SourceRestored, vec![source(vec![("at", text("2026-12-28 12:00"))])]),
        (Kind::GatewayDown, vec![gateway("短信"), gateway("邮件")]),
        (Kind::SettingsRefused, vec![source(vec![("lines", list(&["calendars/2027.json line 3: not a date"; 12]))])]),
    ]
}

/// The end of the return window.
fn window() -> Extra {
    vec![("d2", text("2026-12-30 24:00")), ("d2_s", text("12月30日24时"))]
}

/// The last day on which an extension can be applied for.
fn last_day() -> (&'static str, Fact) {
    ("de", text("2026-12-24"))
}

fn applied() -> (&'static str, Fact) {
    ("applied", event())
}

fn sent() -> (&'static str, Fact) {
    ("sent", event())
}

/// The instant of something that happened.
fn event() -> Fact {
    text("2026-12-28 10:00")
}

/// Category and town (marks P1 and P2 of the catalogue).
fn place(wording: &Wording) -> Extra {
    vec![
        ("cat", text(&wording.widest_category)),
        ("cat1", text(widest_main_category(wording))),
        ("town", text(&wording.widest_town)),
    ]
}

/// The longest 大类: that of the widest category, or what stands for none.
fn widest_main_category(wording: &Wording) -> &str {
    let main = wording.widest_category.split('/').next().unwrap_or_default();
    if main.chars().count() > NO_CATEGORY.chars().count() { main } else { NO_CATEGORY }
}

/// End of the first contact, and the tries so far.
fn first_contact(tries: i64) -> Extra {
    vec![d1(), ("d1_s", text("12月30日24时")), ("tries", Fact::Number(tries)), ("counted", Fact::Number(tries / 2))]
}

fn d1() -> (&'static str, Fact) {
    ("d1", text("2026-12-30 24:00"))
}

/// A step of the ladder: with reminders before it and without, in both modes.
fn overdue(days: i64, extra: &[(&'static str, Fact)]) -> Vec<Extra> {
    let case = |reminders: &[&str], unit| {
        let step = vec![
            ("overdue_days", Fact::Number(days)),
            ("day_unit", text(unit)),
            ("step", Fact::Number(days.min(3))),
            ("reminders", list(reminders)),
        ];
        with(step, extra.to_vec())
    };
    vec![case(&["12月31日09:00", "12月31日16:00"], "工作日"), case(&[], "天")]
}

/// A repeat group of `n` tickets.
fn group(n: usize, wording: &Wording) -> Extra {
    let nos = vec!["20261231999991"; n];
    let own = vec![
        ("n", Fact::Number(i64::try_from(n).unwrap_or(i64::MAX))),
        ("nos", list(&nos)),
        ("first", text("2026-01-04")),
        ("last", text("2026-12-28")),
    ];
    with(place(wording), own)
}

fn with(mut extra: Extra, more: Extra) -> Extra {
    extra.extend(more);
    extra
}

fn text(text: &str) -> Fact {
    Fact::Text(text.to_owned())
}

fn list(items: &[&str]) -> Fact {
    Fact::List(items.iter().map(|&item| item.to_owned()).collect())
}
