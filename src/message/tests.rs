//! Tests of the texts as they are sent.

use crate::notice::{Fact, Facts};

use super::*;

fn shipped() -> Templates {
    Templates::load(&[], &Wording::default())
        .unwrap_or_else(|faults| panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}

fn with(name: &str, text: &str) -> Result<Templates, Vec<MessageError>> {
    Templates::load(&[(name.to_owned(), text.to_owned())], &Wording::default())
}

type Pairs<'a> = &'a [(&'a str, &'a str)];

/// Facts from names and values; a number is a number, `a|b` after `[` a list.
fn facts(pairs: Pairs<'_>) -> Facts {
    let fact = |value: &str| match (value.parse(), value.strip_prefix('[')) {
        (_, Some("")) => Fact::List(vec![]),
        (_, Some(list)) => Fact::List(list.split('|').map(str::to_owned).collect()),
        (Ok(number), None) if value.len() < 4 => Fact::Number(number),
        _ => Fact::Text(value.to_owned()),
    };
    pairs.iter().map(|(name, value)| ((*name).to_owned(), fact(value))).collect()
}

fn item(facts: &Facts) -> Item<'_> {
    Item { facts, late: false, repeat: false }
}

fn sms_text(kind: Kind, pairs: Pairs<'_>) -> String {
    let mut all = facts(&[("no", "20260615004821"), ("t4", "4821")]);
    // The last four digits are a name, not a number.
    all.insert("t4".to_owned(), Fact::Text("4821".to_owned()));
    all.extend(facts(pairs));
    shipped().render(kind, Medium::Sms, &[item(&all)]).unwrap().body
}

#[test]
fn render_gives_the_sms_texts_of_the_bureau_word_for_word() {
    let place = [("cat1", "供水"), ("town", "赵巷镇")];
    let assigned = [place[0], place[1], ("d1_s", "9月12日24时"), ("due_s", "9月16日24时")];
    let urgent = [("cat1", "排水"), ("town", "赵巷镇"), ("recv_s", "16:50"), ("due_s", "9月28日24时")];
    let rows: [(Kind, Pairs<'_>, &str); 20] = [
        (
            Kind::TicketAssigned,
            &assigned,
            "【青浦水务】新工单尾号4821(供水/赵巷镇)已派至贵单位,先行联系截止9月12日24时,办结截止9月16日24时。",
        ),
        (
            Kind::UrgentAlert,
            &urgent,
            "【青浦水务】紧急工单尾号4821(排水/赵巷镇)16:50收件,办结截止9月28日24时,详情请登录平台查看。",
        ),
        (Kind::FirstContactDue, &[], "【青浦水务】工单尾号4821今日24时先行联系到期,目前未联系成功,请尽快联系并登记。"),
        (
            Kind::FirstContactFinal,
            &[("tries", "2")],
            "【青浦水务】工单尾号4821今日24时先行联系到期,已尝试2次未成功,请分管领导督促。",
        ),
        (
            Kind::FirstContactOverdue,
            &[("d1_s", "11月4日24时")],
            "【青浦水务】工单尾号4821先行联系已逾期(截止11月4日24时),请立即联系并说明原因。",
        ),
        (Kind::FirstContactRetry, &[], "【青浦水务】工单尾号4821上次联系未成功已满1小时,请再次联系并登记结果。"),
        (
            Kind::ContactNumberSuspect,
            &[("result", "非本人")],
            "【青浦水务】工单尾号4821所留号码疑非本人,请勿告知工单内容,向上级热线核实号码。",
        ),
        (
            Kind::CitizenUnreachableSms,
            &[],
            "【青浦水务】您好,您通过热线反映的事项我单位已收到,多次致电未能接通,方便时请回电021-59720000。",
        ),
        (
            Kind::CitizenNeutralSms,
            &[],
            "【青浦水务】您好,我单位近日曾致电本号码。如需联系可回电021-59720000;如与您无关,请忽略。",
        ),
        (
            Kind::CitizenSmsNotPossible,
            &[("cause", "固定电话")],
            "【青浦水务】工单尾号4821无可用手机号,无法短信告知,请改用其他方式联系并登记。",
        ),
        (
            Kind::DueSoon,
            &[("due_s", "9月16日24时"), ("left", "1"), ("unit_of_left", "工作日")],
            "【青浦水务】工单尾号4821办结截止9月16日24时,还有1个工作日,请抓紧办理。",
        ),
        (Kind::DueToday, &[], "【青浦水务】工单尾号4821今日24时办结到期,请按时办结并反馈。"),
        (Kind::DueFinal, &[], "【青浦水务】工单尾号4821今日24时办结到期,仍未办结,请分管领导督促。"),
        (
            Kind::Overdue1,
            &[("due_s", "6月18日24时")],
            "【青浦水务】工单尾号4821已逾期(截止6月18日24时),请立即办结并说明原因。",
        ),
        (
            Kind::Overdue2,
            &[("overdue_days", "2"), ("day_unit", "工作日")],
            "【青浦水务】工单尾号4821已逾期2个工作日,请主要领导督促办结。",
        ),
        (
            Kind::Overdue3,
            &[("overdue_days", "3"), ("day_unit", "工作日"), ("ds_s", "7月1日24时")],
            "【青浦水务】工单尾号4821已逾期3个工作日,已制发督办单,请于7月1日24时前书面反馈。",
        ),
        (Kind::RevisitDissatisfied, &[], "【青浦水务】工单尾号4821回访不满意,将重新交办,请确认原因并准备办理。"),
        (Kind::SecondRevisitDue, &[], "【青浦水务】工单尾号4821今日24时前应完成二次回访,请及时办理。"),
        (
            Kind::BatchFormIssued,
            &[("n", "5"), ("form", "〔2026〕3号")],
            "【青浦水务】同一事项重复反映已达5次,已制作批办单〔2026〕3号,请召集协调会,详见邮件。",
        ),
        (
            Kind::BatchFormIssued,
            &[("n", "5")],
            "【青浦水务】同一事项重复反映已达5次,应制作批办单,请召集协调会,详见邮件。",
        ),
    ];
    for (kind, pairs, expected) in rows {
        assert_eq!(sms_text(kind, pairs), expected);
    }
    let three =
        [facts(&[("no", "20260615000001")]), facts(&[("no", "20260615000002")]), facts(&[("no", "20260615000003")])];
    let items: Vec<Item<'_>> = three.iter().map(item).collect();
    let text = shipped().render(Kind::DispatchReminder, Medium::Sms, &items).unwrap();
    assert_eq!(text.body, "【青浦水务】今日有3件热线工单尚未转派,请于24时前分类转派。工单尾号见邮件。");
}

#[test]
fn render_gives_the_mail_texts_of_the_bureau_word_for_word() {
    let overdue = facts(&[
        ("no", "20260615000123"),
        ("source", "12345"),
        ("cat", "供水/水压"),
        ("town", "赵巷镇"),
        ("recv", "2026-06-15 09:00"),
        ("due", "2026-06-18 24:00"),
        ("limit", "3个工作日"),
        ("overdue_days", "1"),
        ("day_unit", "工作日"),
        ("unit", "某某所"),
        ("round", "1"),
        ("ext", "无"),
        ("reminders", "["),
        ("notice_id", "overdue-1/20260615000123/r1"),
    ]);
    let text = shipped().render(Kind::Overdue1, Medium::Email, &[item(&overdue)]).unwrap();
    assert_eq!(text.subject.unwrap(), "【青浦水务热线】逾期催办(第1次) 工单20260615000123");
    assert_eq!(
        text.body,
        "工单编号:20260615000123  来源:12345  类别:供水/水压  区域:赵巷镇\n\
         收件:2026-06-15 09:00  办结截止:2026-06-18 24:00(3个工作日)  已逾期:1个工作日\n\
         承办单位:某某所  轮次:1  延期:无\n\
         请立即办结,并在平台说明逾期原因(第七条第三项、第九条第三项)。工单内容请登录平台查看。\n\
         本邮件由系统自动发送,编号 overdue-1/20260615000123/r1。\n"
    );

    let what = [
        facts(&[("no", "Q1"), ("what", "[紧急程度/类别为空,按\"复杂\"计"), ("notice_id", "data-quality/Q1/r1")]),
        facts(&[("no", "Q1"), ("what", "[存在重复行"), ("notice_id", "data-quality/Q1/r1")]),
        facts(&[("no", "Q3"), ("what", "[接收时间无法识别(\"昨天\"),未计算期限"), ("notice_id", "data-quality/Q3/r1")]),
        facts(&[("no", "Q4"), ("what", "[接收时间不存在的日期,改用派单时间"), ("notice_id", "data-quality/Q4/r1")]),
    ];
    let items: Vec<Item<'_>> = what.iter().map(item).collect();
    let text = shipped().render(Kind::DataQuality, Medium::Email, &items).unwrap();
    assert_eq!(text.subject.unwrap(), "【青浦水务热线】数据问题3项");
    assert_eq!(
        text.body,
        "Q1:紧急程度/类别为空,按\"复杂\"计;存在重复行。Q3:接收时间无法识别(\"昨天\"),未计算期限。Q4:接收时间不存在的日期,改用派单时间。\n\
         本邮件由系统自动发送,编号 data-quality/Q1/r1 等4项。\n"
    );
}

#[test]
fn render_claims_a_batch_form_only_where_one_is_stored() {
    let group = [
        ("n", "5"),
        ("nos", "[A1|A2|A3|A4|A5"),
        ("cat", "供水/水压"),
        ("town", "夏阳街道"),
        ("first", "2025-11-10"),
        ("last", "2026-03-16"),
    ];
    let without = facts(&group);
    let text = shipped().render(Kind::BatchFormIssued, Medium::Email, &[item(&without)]).unwrap();
    assert_eq!(text.subject.unwrap(), "【青浦水务热线】批办单(重复反映5次)");
    assert!(text.body.contains("工单编号:A1、A2、A3、A4、A5。") && !text.body.contains("受控目录"));

    let mut with = without.clone();
    with.extend(facts(&[("form", "〔2026〕3号"), ("form_path", "forms/2026/batch-3")]));
    let text = shipped().render(Kind::BatchFormIssued, Medium::Email, &[item(&with)]).unwrap();
    assert_eq!(text.subject.unwrap(), "【青浦水务热线】批办单〔2026〕3号(重复反映5次)");
    assert_eq!(
        text.body,
        "涉及工单5件(编号见附件),类别:供水/水压,区域:夏阳街道,首次2025-11-10,最近2026-03-16。\n\
         批办单已存入受控目录 forms/2026/batch-3。附件及正文不含市民姓名、电话。\n本邮件由系统自动发送。\n"
    );
}

#[test]
fn render_has_a_text_for_exactly_the_media_of_every_kind() {
    let templates = shipped();
    for kind in Kind::ALL {
        let any = fixture_facts(kind, &Wording::default()).unwrap().swap_remove(0);
        for medium in Medium::ALL {
            // A bulletin's file is not made by a template.
            let wanted = match medium {
                Medium::File => false,
                // A group reads what is written for a mail or an SMS.
                Medium::Chat | Medium::Webhook => !kind.is_to_citizen(),
                Medium::Sms | Medium::Email => kind.media().contains(&medium),
            };
            assert_eq!(templates.render(kind, medium, &[item(&any)]).is_ok(), wanted, "{kind} {medium}");
        }
    }
}

#[test]
fn render_keeps_every_sms_in_one_part_with_the_longest_names_and_every_mark() {
    let templates = shipped();
    for kind in Kind::ALL.into_iter().filter(|kind| kind.media().contains(&Medium::Sms)) {
        for mut facts in fixture_facts(kind, &Wording::default()).unwrap_or_default() {
            facts.insert("provisional".to_owned(), Fact::Flag(true));
            let marked = Item { facts: &facts, late: true, repeat: true };
            let text = templates.render(kind, Medium::Sms, &[marked]).unwrap();
            assert_eq!(sms::count(&text.body).parts, 1, "{}", text.body);
            assert_eq!(text.body.starts_with("【青浦水务】(迟发/重发/暂定)"), !kind.is_to_citizen(), "{}", text.body);
        }
    }
}

#[test]
fn render_tells_a_citizen_neither_the_hotline_nor_the_ticket() {
    let templates = shipped();
    let ticket = facts(&[("no", "20260615004821"), ("t4", "T4821"), ("unit", "澄湾供水服务站"), ("cat", "供水/水压")]);
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_to_citizen()) {
        let text = templates.render(kind, Medium::Sms, &[item(&ticket)]).unwrap().body;
        for told in ["12345", "4821", "工单", "澄湾", "供水", "http"] {
            assert!(!text.contains(told), "{text}");
        }
        assert!(templates.render(kind, Medium::Sms, &[item(&ticket), item(&ticket)]).is_err());
        assert!(templates.fallback(kind, Medium::Sms, &[item(&ticket)]).is_none());
    }
}

#[test]
fn render_puts_several_notices_into_one_text() {
    let all: Vec<Facts> = (1..=6)
        .map(|n| {
            let mut facts = fixture_facts(Kind::Overdue2, &Wording::default()).unwrap().swap_remove(0);
            facts.insert("t4".to_owned(), Fact::Text(format!("000{n}")));
            facts.insert("no".to_owned(), Fact::Text(format!("2026061500000{n}")));
            facts
        })
        .collect();
    let mut items: Vec<Item<'_>> = all.iter().map(item).collect();
    items[1].late = true;
    let sms = shipped().render(Kind::Overdue2, Medium::Sms, &items).unwrap().body;
    assert_eq!(sms, "【青浦水务】(迟发)6件工单已逾期(第2次催办),尾号0001、0002、0003、0004等,请主要领导督促。");
    let mail = shipped().render(Kind::Overdue2, Medium::Email, &items).unwrap();
    assert_eq!(mail.subject.unwrap(), "【青浦水务热线】逾期催办(第2次) 6件(迟发)");
    let lines: Vec<&str> = mail.body.lines().collect();
    assert!(lines[1].starts_with("20260615000001  承办单位:"), "{}", mail.body);
    assert!(lines[2].starts_with("20260615000002(迟发)  承办单位:"), "{}", mail.body);
    assert_eq!(lines[lines.len() - 2], "(迟发:晚于应发时间发出,请以平台现状为准。)");
    assert_eq!(lines.len(), 10);
}

#[test]
fn render_first_start_names_tickets_of_several_kinds() {
    let facts = |kind| fixture_facts(kind, &Wording::default()).unwrap().swap_remove(0);
    let (one, three) = (facts(Kind::Overdue1), facts(Kind::Overdue3));
    let items = [(Kind::Overdue1, Item { late: true, ..item(&one) }), (Kind::Overdue3, item(&three))];
    let sms = shipped().render_first_start(Medium::Sms, &items).unwrap().body;
    assert_eq!(sms, "【青浦水务】系统启用提示:2件工单已逾期,尾号9999、9999,请立即办结,详见邮件。");
    let mail = shipped().render_first_start(Medium::Email, &items).unwrap().body;
    assert!(mail.contains("逾期催办(第1次)") && mail.contains("逾期督办"), "{mail}");
    assert!(!mail.contains("迟发"), "{mail}");
    assert!(shipped().render_first_start(Medium::File, &items).is_err());
}

#[test]
fn render_lets_no_line_break_of_a_fact_into_a_subject() {
    let mut facts = fixture_facts(Kind::Overdue1, &Wording::default()).unwrap().swap_remove(0);
    facts.insert("no".to_owned(), Fact::Text("2026\r\nBcc: all@example.org".to_owned()));
    let mail = shipped().render(Kind::Overdue1, Medium::Email, &[item(&facts)]).unwrap();
    assert!(!mail.subject.unwrap().contains(['\r', '\n']));
}

#[test]
fn load_names_file_line_and_fact_where_a_fact_is_missing() {
    let faults = with("due-today.sms.txt", "工单尾号{{ t4 }}\n今日{{ deadline }}到期。").unwrap_err();
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].to_string(), "template `due-today.sms.txt`, line 2: `deadline` has no such fact");
}

#[test]
fn load_names_file_and_line_of_an_included_template() {
    let faults = with("head.email.txt", "工单编号:{{ no }}\n收件:{{ received }}").unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].to_string(), "template `head.email.txt`, line 2: `received` has no such fact");
}

#[test]
fn load_names_file_and_line_where_the_syntax_is_broken() {
    let faults = with("due-final.sms.txt", "工单\n{% if late %}尾号{{ t4 }}").unwrap_err();
    assert_eq!((faults[0].file(), faults[0].line()), (Some("due-final.sms.txt"), Some(2)));
}

#[test]
fn load_tries_every_branch() {
    for fact in ["late", "repeat", "provisional"] {
        let text = format!("工单尾号{{{{ t4 }}}}{{% if {fact} %}}{{{{ nothing }}}}{{% endif %}}");
        assert!(with("due-today.sms.txt", &text).is_err(), "{fact}");
    }
}

#[test]
fn load_takes_files_with_the_line_ends_of_windows() {
    let templates =
        with("overdue-1.email.txt", "Subject: 催办 {{ no }}\r\n\r\n{% if late %}\r\n迟\r\n{% endif %}\r\n请办结。\r\n")
            .unwrap();
    let facts = fixture_facts(Kind::Overdue1, &Wording::default()).unwrap().swap_remove(0);
    let text = templates.render(Kind::Overdue1, Medium::Email, &[item(&facts)]).unwrap();
    assert_eq!(text.subject.unwrap(), "【青浦水务热线】催办 20261231999999");
    assert_eq!(text.body.lines().next(), Some("请办结。"));
}

#[test]
fn load_refuses_what_would_not_be_used_or_does_not_fit() {
    let fault = |name, text: &str| with(name, text).unwrap_err().remove(0);
    assert!(matches!(fault("due-tomorrow.sms.txt", "x"), MessageError::UnknownName { .. }));
    assert!(matches!(fault("due-soon.email.txt", "x"), MessageError::UnknownName { .. }));
    assert!(matches!(fault("head.email.many.txt", "x"), MessageError::UnknownName { .. }));
    assert!(matches!(fault("overdue-2.email.txt", "{{ no }}\n\n请办结"), MessageError::NoSubject { .. }));
    assert!(matches!(fault("overdue-2.email.txt", "Subject: x\n\n"), MessageError::Empty { .. }));
    assert!(matches!(fault("due-soon.sms.txt", "{# nothing #}"), MessageError::Empty { .. }));
    assert!(matches!(fault("due-soon.sms.txt", &"水".repeat(60)), MessageError::TooLong { parts: 2, limit: 1, .. }));
    assert!(matches!(fault("due-soon.sms.txt", "【青浦水务】工单{{ t4 }}"), MessageError::Brackets { .. }));
    assert!(matches!(fault("citizen-neutral-sms.sms.txt", "请致电12345"), MessageError::ToCitizen { .. }));
    // A fact in a text to a citizen is a fact that is missing.
    assert!(matches!(fault("citizen-neutral-sms.sms.txt", "尾号{{ t4 }}"), MessageError::Template { .. }));
    assert!(with("due-soon.sms.many.txt", "有{{ count }}件工单临期。").is_ok());
}

#[test]
fn load_measures_with_the_longest_names_of_the_settings() {
    let spoils: [fn(&mut Wording); 2] = [
        |wording| wording.widest_town = "一个名字很长很长的街道".to_owned(),
        |wording| wording.widest_category = "一个名字很长的大类/小类".to_owned(),
    ];
    for spoil in spoils {
        let mut wording = Wording::default();
        spoil(&mut wording);
        let files: Vec<String> = Templates::load(&[], &wording)
            .unwrap_err()
            .iter()
            .filter_map(|fault| fault.file().map(str::to_owned))
            .collect();
        assert_eq!(files, ["ticket-assigned.sms.txt", "urgent-alert.sms.txt"]);
        wording.sms_parts = 2;
        assert!(Templates::load(&[], &wording).is_ok());
    }
}

#[test]
fn load_refuses_a_wording_that_does_not_fit() {
    let rows: [fn(&mut Wording); 5] = [
        |wording| wording.signature = "【青浦水务】".to_owned(),
        |wording| wording.subject_prefix = String::new(),
        |wording| wording.public_phone = "021-12345".to_owned(),
        |wording| wording.public_phone = "打我电话".to_owned(),
        |wording| wording.sms_parts = 0,
    ];
    for spoil in rows {
        let mut wording = Wording::default();
        spoil(&mut wording);
        let faults = Templates::load(&[], &wording).unwrap_err();
        assert!(faults.iter().all(|fault| matches!(fault, MessageError::Wording { .. })), "{faults:?}");
    }
}

#[test]
fn fallback_names_the_tickets_whatever_the_facts_are() {
    let one = facts(&[("no", "20260615004821"), ("t4", "T4821")]);
    let text = |medium| shipped().fallback(Kind::DueToday, medium, &[item(&one)]).unwrap();
    assert_eq!(text(Medium::Sms).body, "【青浦水务】办结当日到期:工单尾号T4821,请登录平台查看。");
    assert_eq!(text(Medium::Email).body, "办结当日到期:工单20260615004821,请登录平台查看。\n");
    let nothing = Facts::new();
    let text = shipped().fallback(Kind::CalendarMissing, Medium::Email, &[item(&nothing)]).unwrap();
    assert_eq!(text.subject.unwrap(), "【青浦水务热线】工作日历未载入");
}

#[test]
fn render_gives_a_group_the_words_of_the_mail_without_its_footer_or_those_of_the_sms() {
    let facts = |kind| fixture_facts(kind, &Wording::default()).unwrap().swap_remove(0);
    let mail = shipped().render(Kind::Overdue1, Medium::Email, &[item(&facts(Kind::Overdue1))]).unwrap();
    let chat = shipped().render(Kind::Overdue1, Medium::Chat, &[item(&facts(Kind::Overdue1))]).unwrap();
    assert_eq!(chat.subject, mail.subject);
    assert!(mail.body.starts_with(chat.body.trim_end()) && mail.body.contains("本邮件由系统"));
    assert!(!chat.body.contains("本邮件由系统"), "{}", chat.body);
    // Only an SMS is written for it.
    let chat = shipped().render(Kind::DueFinal, Medium::Chat, &[item(&facts(Kind::DueFinal))]).unwrap();
    assert_eq!(chat.subject.unwrap(), "【青浦水务热线】办结当日最后提醒");
    assert!(chat.body.starts_with("工单尾号9999") && !chat.body.contains('【'), "{}", chat.body);
    let two = facts(Kind::DueFinal);
    assert!(shipped().render(Kind::DueFinal, Medium::Webhook, &[item(&two), item(&two)]).unwrap().body.contains("2件"));
}
