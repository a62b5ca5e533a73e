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
/// `None`: notices of this kind are not sent yet, and it has no templates.
pub fn facts(kind: Kind, wording: &Wording) -> Option<Vec<Facts>> {
    let rows = [first_steps(wording), citizen_sms(), ladder(wording), aftermath(wording)];
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
    !kind.is_to_citizen() && !matches!(kind, Kind::RepeatApproaching | Kind::BatchFormIssued | Kind::CalendarMissing)
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
    let assigned = with(
        vec![d1(), ("d1_s", text("12月30日24时"))],
        vec![("d2", text("2026-12-30 24:00")), ("d2_s", text("12月30日24时")), ("de", text("2026-12-24"))],
    );
    vec![
        (Kind::DispatchReminder, vec![vec![]]),
        (Kind::DispatchOverdue, vec![vec![]]),
        (Kind::TicketAssigned, vec![with(place(wording), assigned)]),
        (Kind::UrgentAlert, vec![with(place(wording), vec![("recv_s", text("16:50"))])]),
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
    let answer = vec![("ds", text("2026-12-31 24:00")), ("ds_s", text("12月31日24时"))];
    vec![
        (Kind::DueSoon, vec![left(3, "工作日"), left(1, "天")]),
        (Kind::DueToday, vec![vec![]]),
        (Kind::DueFinal, vec![vec![]]),
        (Kind::Overdue1, overdue(1, &[])),
        (Kind::Overdue2, overdue(2, &[])),
        (Kind::Overdue3, overdue(3, &with(place(wording), answer))),
        (Kind::OverdueDaily, overdue(123, &[])),
    ]
}

/// After the conclusion, about groups, and about the system itself.
fn aftermath(wording: &Wording) -> Rows {
    let second = vec![("d", text("2026-12-29 24:00")), ("d_s", text("12月29日24时"))];
    let form = vec![("form", text("〔2026〕123号")), ("form_path", text("forms/2026/batch-123"))];
    let missing = |n| vec![("year", Fact::Number(2027)), ("n", Fact::Number(n))];
    let what = ["紧急程度/类别为空,按\"复杂\"计", "存在重复行"];
    vec![
        (Kind::RevisitDissatisfied, vec![with(vec![("revisited", text("2026-12-28 10:00"))], second.clone())]),
        (Kind::SecondRevisitDue, vec![second]),
        (Kind::RepeatApproaching, vec![group(4, wording)]),
        // With and without a form that is stored.
        (Kind::BatchFormIssued, vec![group(5, wording), with(group(5, wording), form)]),
        (Kind::DataQuality, vec![vec![("codes", list(&["duplicate-row", "unknown-class"])), ("what", list(&what))]]),
        (Kind::CalendarMissing, vec![missing(120), missing(0)]),
    ]
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
