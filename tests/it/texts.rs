//! The texts of the bureau, word for word.

use duban::{
    message::{Item, MessageError, Templates, Text, Wording, fixture_facts},
    notice::{Fact, Facts, Kind, Medium},
};

const MARK: &str = "【青浦水务】";
const PREFIX: &str = "【青浦水务热线】";

/// Facts that differ from the fixture's; a number is written as one.
type Pairs<'a> = &'a [(&'a str, &'a str)];

/// The fixture's case `at`, with ticket 4821 and `pairs`; `-` takes a fact away.
fn facts(kind: Kind, at: usize, pairs: Pairs<'_>) -> Facts {
    let mut facts = fixture_facts(kind, &Wording::default()).unwrap().swap_remove(at);
    let ticket = [("no", "20260615004821"), ("t4", "4821"), ("unit", "A所")];
    for (name, value) in ticket.iter().chain(pairs) {
        let fact = match (facts.get(*name), *value) {
            (_, "-") => {
                facts.remove(*name);
                continue;
            }
            (Some(Fact::Number(_)), value) => Fact::Number(value.parse().unwrap()),
            (Some(Fact::Flag(_)), value) => Fact::Flag(value == "true"),
            (Some(Fact::List(_)), "") => Fact::List(vec![]),
            (Some(Fact::List(_)), value) => Fact::List(value.split('|').map(str::to_owned).collect()),
            (Some(Fact::Text(_)) | None, value) => Fact::Text(value.to_owned()),
        };
        facts.insert((*name).to_owned(), fact);
    }
    facts
}

fn render(kind: Kind, medium: Medium, facts: &Facts) -> Text {
    let templates = Templates::load(&[], &Wording::default()).unwrap();
    templates.render(kind, medium, &[Item { facts, late: false, repeat: false }]).unwrap()
}

#[test]
fn sms_texts_are_those_of_the_bureau() {
    let order = ("order", "〔2026〕7号");
    let rows: [(Kind, usize, Pairs<'_>, &str); 17] = [
        (Kind::UrgentUnaccepted, 0, &[], "紧急工单尾号4821派出已满30分钟仍未接单,请立即督促处置。"),
        (Kind::UrgentUnaccepted, 1, &[], "紧急工单尾号4821派出已满60分钟仍未接单,请立即督促处置。"),
        (Kind::ReturnWindowClosing, 0, &[], "工单尾号4821今日24时退单申请截止,逾期视作接单。"),
        (
            Kind::ReturnNotAllowed,
            0,
            &[("cause", "上级不同意退单"), ("due_s", "10月22日24时")],
            "工单尾号4821不符合退单条件(上级不同意退单),请继续办理,办结截止10月22日24时。",
        ),
        (Kind::ReturnApplicationReview, 1, &[], "工单尾号4821申请退单,材料缺4项,请及时审核;审核期间办结期限继续计算。"),
        (Kind::ExtensionWindowClosing, 0, &[], "工单尾号4821延期申请今日24时截止,确需延期请今日提交并向市民解释。"),
        (Kind::ExtensionOutOfWindow, 0, &[], "工单尾号4821距到期不足5个工作日,延期申请不再受理,请按期办结。"),
        (
            Kind::ExtensionRepeatRefused,
            0,
            &[("due_s", "10月24日24时")],
            "工单尾号4821已延期一次(现截止10月24日24时),不得再次延期,请按期办结。",
        ),
        (
            Kind::ExtensionApproved,
            0,
            &[("days", "15个工作日"), ("due_s", "10月24日24时")],
            "工单尾号4821延期15个工作日获批,新截止10月24日24时,请向市民做好解释。",
        ),
        (
            Kind::ExtensionApproved,
            1,
            &[("due_s", "10月24日24时")],
            "工单尾号4821延期获批,新截止10月24日24时,请向市民做好解释。",
        ),
        (Kind::FeedbackDue, 0, &[], "工单尾号4821已办结尚未反馈,请今日反馈至综合管理科。"),
        (
            Kind::AuditRejected,
            0,
            &[("due_s", "5月14日24时")],
            "工单尾号4821审核退回,办结期限不变(截止5月14日24时),请立即重新办理。",
        ),
        (Kind::ReassignDue, 0, &[], "工单尾号4821回访不满意,尚未重新交办,请尽快重新交办。"),
        (
            Kind::SupervisionDue,
            2,
            &[order, ("today", "true")],
            "督办〔2026〕7号今日24时反馈到期,须主要领导审核后书面反馈。",
        ),
        (
            Kind::SupervisionDue,
            0,
            &[order, ("ds_s", "7月1日24时")],
            "督办〔2026〕7号于7月1日24时反馈到期,须主要领导审核后书面反馈。",
        ),
        (
            Kind::SupervisionDue,
            3,
            &[("order", "-"), ("today", "true")],
            "督办工单尾号4821今日24时反馈到期,须主要领导审核后书面反馈。",
        ),
        (
            Kind::SupervisionOverdue,
            0,
            &[order, ("ds_s", "7月1日24时"), ("cause", "未反馈")],
            "督办〔2026〕7号反馈已逾期(截止7月1日24时),未反馈,请立即书面反馈。",
        ),
    ];
    for (kind, at, pairs, expected) in rows {
        let body = render(kind, Medium::Sms, &facts(kind, at, pairs)).body;
        assert_eq!(body.strip_prefix(MARK), Some(expected), "{kind}");
    }
}

/// Subject without its prefix and number of the ticket, and the first line.
type MailRow<'a> = (Kind, usize, Pairs<'a>, &'a str, &'a str);

const END: (&str, &str) = ("due", "2026-03-05 24:00");

fn check_mails(rows: &[MailRow<'_>]) {
    for (kind, at, pairs, subject, line) in rows {
        let text = render(*kind, Medium::Email, &facts(*kind, *at, pairs));
        let tail = subject.replace('#', "工单20260615004821");
        assert_eq!(text.subject.as_deref().and_then(|subject| subject.strip_prefix(PREFIX)), Some(&*tail), "{kind}");
        assert_eq!(text.body.lines().next(), Some(*line), "{kind}");
    }
}

#[test]
fn mails_about_returns_and_extensions_are_those_of_the_bureau() {
    let days = ("days", "15个工作日");
    check_mails(&[
        (
            Kind::ReturnDeemedAccepted,
            0,
            &[("d2", "2026-03-03 24:00"), END],
            "逾期未退视作接单 #",
            "退单申请截止2026-03-03 24:00已过,依据第九条第二项视作接单。办结截止2026-03-05 24:00。",
        ),
        (
            Kind::ReturnMaterialMissing,
            0,
            &[("lack", "现场照片|录音"), ("d2", "2026-03-03 24:00")],
            "退单材料不全 #",
            "缺少:现场照片、录音。请在2026-03-03 24:00前补齐。",
        ),
        (
            Kind::ReturnNotAllowed,
            0,
            &[("applied", "2026-03-03 10:00"), END],
            "不符合退单条件 #",
            "原因:再次退单,申请时间2026-03-03 10:00。依据第九条第二项不得退单,请继续办理,办结截止2026-03-05 24:00。",
        ),
        (
            Kind::ReturnResult,
            0,
            &[END],
            "退单不同意 #",
            "处理时间2026-12-30 16:10。请继续办理,办结截止2026-03-05 24:00不变,不得再次退单。",
        ),
        (Kind::ReturnResult, 1, &[], "退单同意 #", "处理时间未知。由综合管理科转派其他单位或退回上级(第八条第四项)。"),
        (
            Kind::ExtensionApplicationReview,
            0,
            &[days, ("applied", "2026-02-27 10:00"), ("de", "2026-02-27"), END],
            "延期申请待审核 #",
            "申请15个工作日,申请时间2026-02-27 10:00,最后申请时间2026-02-27。审核期间原截止2026-03-05 24:00有效。",
        ),
        (
            Kind::ExtensionOutOfWindow,
            1,
            &[("applied", "2026-03-03 10:00"), END],
            "延期申请超窗口 #",
            "申请天数未填写,申请时间2026-03-03 10:00,最后申请时间不适用。依据第九条第三项,距到期不足5个工作日不再受理,\
             请按期办结,办结截止2026-03-05 24:00。",
        ),
        (
            Kind::ExtensionRepeatRefused,
            0,
            &[days, ("applied", "2026-03-03 10:00"), END],
            "再次延期提示 #",
            "该工单已延期一次(15个工作日,现截止2026-03-05 24:00),依据第九条第三项不得再次延期。再次申请时间2026-03-03 10:00。",
        ),
        (
            Kind::ExtensionApproved,
            0,
            &[days, ("old", "2026-02-28 24:00"), END],
            "延期获批 #",
            "原截止2026-02-28 24:00,增加15个工作日,新截止2026-03-05 24:00。请向诉求人做好解释。",
        ),
        (
            Kind::ExtensionApproved,
            0,
            &[days, ("old", "2026-02-28 24:00"), END, ("provisional", "true")],
            "延期获批 #(暂定)",
            "原截止2026-02-28 24:00,增加15个工作日,新截止2026-03-05 24:00(暂定:该年度日历未载入)。请向诉求人做好解释。",
        ),
        (
            Kind::DeadlineRecomputed,
            0,
            &[("old", "2026-02-28 24:00"), END],
            "期限变更 #",
            "由2026-02-28 24:00变更为2026-03-05 24:00,原因:日历更新。",
        ),
    ]);
}

#[test]
fn mails_after_the_conclusion_are_those_of_the_bureau() {
    let answer = ("ds", "2026-07-01 24:00");
    check_mails(&[
        (
            Kind::FeedbackOverdue,
            0,
            &[("concluded", "2026-03-04 16:00"), ("d", "2026-03-05 24:00")],
            "办结未反馈 #",
            "办结2026-03-04 16:00,应于次一工作日内反馈综合管理科(截止2026-03-05 24:00)。",
        ),
        (
            Kind::ReportIncomplete,
            0,
            &[("lack", "处理依据|答复情况")],
            "办结报告缺项 #",
            "缺:处理依据、答复情况(第九条第四项)。请补充,系统不评价内容。",
        ),
        (
            Kind::AuditPending,
            0,
            &[("fed_back", "2026-03-04 16:10")],
            "待审核 1件",
            "以下工单已反馈未审核:20260615004821(反馈2026-03-04 16:10)。",
        ),
        (
            Kind::AuditRejected,
            0,
            &[("audited", "2026-03-05 10:00"), END],
            "审核退回 #",
            "退回时间2026-03-05 10:00,原办结不计,截止2026-03-05 24:00不变。请重新办理。",
        ),
        (
            Kind::ExclusionReviewPending,
            0,
            &[("seen", "2026-03-05 10:00")],
            "不纳入测评待审核 #",
            "申请2026-03-05 10:00,缺分管领导审核(第七条第三项)。审核前仍计入测评。",
        ),
        (
            Kind::ArchiveDue,
            1,
            &[("since", "2026-03-05 10:00")],
            "待归档 1件",
            "20260615004821(反馈上级2026-03-05 10:00,一案一档);督办件、不纳入测评件请一案一档。",
        ),
        (
            Kind::SupervisionOrder,
            0,
            &[("order", "〔2026〕7号"), ("cause", "上级督办"), answer],
            "督办单〔2026〕7号",
            "来源上级督办,工单20260615004821,请主要领导审核后于2026-07-01 24:00前书面反馈综合管理科。",
        ),
        (
            Kind::SupervisionOverdue,
            0,
            &[("order", "〔2026〕7号"), answer, ("overdue_days", "1")],
            "督办反馈逾期 〔2026〕7号",
            "截止2026-07-01 24:00,缺主要领导审核,已逾期1个工作日。",
        ),
    ]);
}

#[test]
fn mails_about_groups_periods_and_the_system_are_those_of_the_bureau() {
    let since = ("since", "2026-11-25 08:00");
    check_mails(&[
        (
            Kind::BatchMeetingDue,
            0,
            &[("form", "〔2026〕3号"), ("issued", "2026-03-16")],
            "批办单〔2026〕3号待安排协调会",
            "制单2026-03-16,尚未登记会议时间。",
        ),
        (
            Kind::HotTopic,
            0,
            &[("town", "赵巷镇"), ("cat", "供水/停水"), ("n", "2"), ("nos", "A1|A2")],
            "集中反映提示",
            "近24小时赵巷镇供水/停水类工单2件:A1、A2。请核实是否需要报送(第六条第四项)。",
        ),
        (
            Kind::DailyDigest,
            1,
            &[("date", "2026-11-25"), ("unit", "全局"), ("due_today", "A1|A2"), ("overdue", "A3")],
            "2026-11-25办理日报",
            "今日到期2,逾期1,先行联系到期0,待审核0,延期待批0,数据问题0;明细为工单编号。",
        ),
        (
            Kind::WeeklyBulletin,
            0,
            &[("week", "47"), ("from", "2026-11-16"), ("to", "2026-11-22"), ("cut", "2026-11-23 09:00"), ("n", "25")],
            "第47周热线工作通报",
            "统计2026-11-16至2026-11-22,截止2026-11-23 09:00;受理25件,五率如下;不含个人信息。",
        ),
        (
            Kind::MonthlyBulletin,
            1,
            &[("month", "11"), ("from", "2026-11-01"), ("to", "2026-11-30"), ("cut", "2026-12-05 09:00"), ("n", "99")],
            "11月热线工作通报(第2版)",
            "统计2026-11-01至2026-11-30,截止2026-12-05 09:00,口径版本2026-12-01;受理99件,五率及排名如下;不含个人信息。",
        ),
        (
            Kind::SourceDown,
            0,
            &[since, ("n", "3")],
            "工单数据源无法读取",
            "数据源tickets自2026-11-25 08:00起连续3次失败。期间按已有数据继续提醒,恢复后补查。",
        ),
        (
            Kind::GatewayDown,
            0,
            &[since, ("n", "7"), ("waiting", "12")],
            "短信通道故障",
            "自2026-11-25 08:00起失败7次,待发12条;恢复后仅补发仍有效的提醒。",
        ),
        (
            Kind::SettingsRefused,
            0,
            &[since],
            "tickets有误未采用",
            "2026-11-25 08:00读到的tickets有误,未予采用,仍按原来的运行。",
        ),
    ]);
}

#[test]
fn a_return_is_reviewed_by_its_papers_in_the_order_of_the_regulation() {
    let pairs = [("have", "录音|分管领导审核|退单依据"), ("lack", "现场照片"), ("applied", "2026-03-03 10:00"), END];
    let facts = facts(Kind::ReturnApplicationReview, 1, &pairs);
    let body = render(Kind::ReturnApplicationReview, Medium::Email, &facts).body;
    let lines: Vec<&str> = body.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "申请单位:A所  申请时间:2026-03-03 10:00(窗口截止 2026-12-30 24:00,未逾期)",
            "分管领导审核:有  现场照片:无  退单依据:有  录音:有",
            "审核期间办结期限继续计算:2026-03-05 24:00。",
        ]
    );
}

#[test]
fn the_third_overdue_mail_names_the_order_and_its_folder_only_where_one_is_stored() {
    let order = [("order", "〔2026〕7号"), ("order_path", "forms/2026/supervision-7")];
    let stored = facts(Kind::Overdue3, 0, &order);
    let body = render(Kind::Overdue3, Medium::Email, &stored).body;
    assert!(body.contains("督办〔2026〕7号已存入受控目录 forms/2026/supervision-7,请主要领导审核后于"), "{body}");
    let numbered = facts(Kind::Overdue3, 2, &order[..1]);
    let body = render(Kind::Overdue3, Medium::Email, &numbered).body;
    assert!(
        body.contains("本邮件即为督办〔2026〕7号(逾期第3日),请主要领导审核后于") && !body.contains("受控目录"),
        "{body}"
    );
    let without = facts(Kind::Overdue3, 4, &[]);
    let body = render(Kind::Overdue3, Medium::Email, &without).body;
    assert!(body.contains("本邮件即为督办单(逾期第3日),请主要领导审核后于") && !body.contains("受控目录"), "{body}");
    // Of several, each says what it has.
    let templates = Templates::load(&[], &Wording::default()).unwrap();
    let items = [&stored, &without].map(|facts| Item { facts, late: false, repeat: false });
    let body = templates.render(Kind::Overdue3, Medium::Email, &items).unwrap().body;
    assert!(body.starts_with("本邮件即为以下未列督办单编号的工单的督办单(逾期第3日)。"), "{body}");
    assert_eq!(body.matches("督办〔2026〕7号(受控目录 forms/2026/supervision-7)").count(), 1, "{body}");
}

/// Names of the templates that come with the program; `included` ones are parts of others.
fn shipped(included: &[&str]) -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/config/templates");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = files.filter(|name| !included.contains(&name.as_str())).collect();
    names.sort();
    names
}

/// The files that are named when `text` stands in place of each of `names`.
fn named(names: &[String], text: &str, is_it: fn(&MessageError) -> bool) -> Vec<String> {
    let overrides: Vec<(String, String)> = names.iter().map(|name| (name.clone(), text.to_owned())).collect();
    let faults = Templates::load(&overrides, &Wording::default()).unwrap_err();
    assert!(faults.iter().all(is_it), "{faults:?}");
    let mut files: Vec<String> = faults.iter().filter_map(|fault| fault.file().map(str::to_owned)).collect();
    files.sort();
    files.dedup();
    files
}

#[test]
fn a_fact_that_no_notice_has_is_named_in_whatever_template_it_stands() {
    let names = shipped(&["head.email.txt", "footer.email.txt"]);
    let text = "Subject: 督办\n\n{{ nothing }}";
    assert_eq!(named(&names, text, |fault| fault.to_string().contains("`nothing` has no such fact")), names);
}

#[test]
fn broken_syntax_is_named_in_whatever_template_it_stands() {
    let names = shipped(&[]);
    let text = "Subject: 督办\n\n{% if late %}";
    assert_eq!(named(&names, text, |fault| matches!(fault, MessageError::Template { .. })), names);
}

#[test]
fn an_sms_of_two_parts_is_named_whatever_its_kind() {
    let names: Vec<String> = shipped(&[]).into_iter().filter(|name| name.contains(".sms.")).collect();
    assert!(names.len() > 50, "{}", names.len());
    let text = "水".repeat(65);
    assert_eq!(named(&names, &text, |fault| matches!(fault, MessageError::TooLong { parts: 2, .. })), names);
}
