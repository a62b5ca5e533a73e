//! An explanation as the clerk reads it.

use std::io::Write;

use super::{
    Explained,
    duty::{Duty, End},
    head::Head,
};
use crate::cli::{audience::Planned, instant, words};

/// Writes the whole.
///
/// # Errors
///
/// When nobody takes it.
pub fn write(explained: &Explained, out: &mut dyn Write) -> anyhow::Result<()> {
    head(&explained.head, out)?;
    for one in &explained.deadlines {
        duty(one, out)?;
    }
    writeln!(out, "\n工作日历 {}", explained.calendar)?;
    for part in &explained.calendar_parts {
        writeln!(out, "  {}", part.line())?;
    }
    let findings = explained.findings.iter().map(|finding| format!("{}({})", finding.what, finding.code));
    list("数据问题", findings.collect(), out)?;
    list("此刻应发的通知", explained.wanted.iter().map(planned).collect(), out)?;
    list(&format!("接下来{}天的通知", explained.days), explained.upcoming.iter().map(planned).collect(), out)?;
    list("台账中的通知", explained.sent.iter().map(super::Entry::line).collect(), out)
}

fn head(head: &Head, out: &mut dyn Write) -> anyhow::Result<()> {
    let unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "未知".to_owned());
    let assumed = if head.class_known { "" } else { "(无类别,按此计)" };
    let regime = if head.regime == "12319" { "自然日" } else { "工作日" };
    writeln!(out, "工单 {}", head.ticket)?;
    writeln!(out, "来源 {}({regime})  类别 {}{assumed}", head.source, head.class_name)?;
    writeln!(out, "状态 {}({})  第{}轮", head.state_name, head.state, head.round)?;
    writeln!(out, "承办单位 {}  经办人 {}", unknown(&head.unit), unknown(&head.handler))?;
    writeln!(out, "类目 {}  街镇 {}", unknown(&head.category), unknown(&head.town))?;
    writeln!(out, "接收 {}  派单 {}", unknown(&head.received), unknown(&head.dispatched))?;
    let Head { phone, tries, counted_tries, .. } = head;
    writeln!(out, "联系电话 {phone}  未联系上 {tries} 次,计入 {counted_tries} 次")?;
    if head.repeat_group.len() > 1 {
        writeln!(out, "重复反映 共{}件:{}", head.repeat_group.len(), head.repeat_group.join("、"))?;
    }
    Ok(())
}

fn duty(duty: &Duty, out: &mut dyn Write) -> anyhow::Result<()> {
    let Some(end) = &duty.end else {
        writeln!(out, "\n{}({}):{}", duty.name, duty.article, duty.from)?;
        return Ok(());
    };
    let mark = if end.provisional { "(暂定)" } else { "" };
    let met = match (&duty.met, end.passed) {
        (Some(met), _) => met.as_str(),
        (None, true) => duty.past,
        (None, false) => "未到期",
    };
    writeln!(out, "\n{}({})  截止 {}{mark}  {met}", duty.name, duty.article, instant::end(end.due))?;
    writeln!(out, "  起算 {} {},当日不计;期限 {}", duty.from, end.start, end.limit)?;
    if let Some(extension) = &end.extension {
        writeln!(out, "  延期 {extension};原截止 {}", instant::end(end.original_due))?;
    }
    if let Some(window) = &duty.extension_window {
        writeln!(out, "  延期申请 {window}")?;
    }
    days(end, out)
}

fn days(end: &End, out: &mut dyn Write) -> anyhow::Result<()> {
    let skipped = &end.skipped;
    if !skipped.holidays.is_empty() {
        writeln!(out, "  不计节假日 {}", skipped.holidays.join("、"))?;
    }
    if !skipped.make_up.is_empty() {
        writeln!(out, "  计入调休上班 {}", skipped.make_up.join("、"))?;
    }
    if skipped.weekend_days > 0 {
        writeln!(out, "  不计双休日 {}天", skipped.weekend_days)?;
    }
    if end.strict_provisional {
        writeln!(out, "  有的日子所属年度的放假安排尚未载入,载入后可能改变")?;
    }
    for line in &end.lines {
        writeln!(out, "    {line}")?;
    }
    Ok(())
}

fn planned(planned: &Planned) -> String {
    let late = if planned.late { " 迟发" } else { "" };
    let recorded = planned.superseded.map(|code| format!(" 不发:{}", words::reason(code))).unwrap_or_default();
    format!("{} {} → {}{late}{recorded}", instant::minute(planned.at), planned.name, planned.to())
}

fn list(title: &str, lines: Vec<String>, out: &mut dyn Write) -> anyhow::Result<()> {
    if lines.is_empty() {
        writeln!(out, "\n{title}:无")?;
        return Ok(());
    }
    writeln!(out, "\n{title}:")?;
    for line in lines {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}
