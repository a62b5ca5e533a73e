//! `duban calendar show`: a year as a grid of months, and its list of days.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use crate::{
    calendar::{Calendar, Why},
    cli::{
        exit::Stop,
        session::{Form, Session},
    },
    rules::proof::weekday,
};

/// A year for programs; the days in the form of a year file.
#[derive(Serialize)]
struct Year<'a> {
    year: i32,
    known: bool,
    workdays: usize,
    papers: &'a [String],
    days: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    name: String,
    date: NaiveDate,
    #[serde(rename = "isOffDay")]
    is_off_day: bool,
    #[serde(skip)]
    why: String,
}

/// Shows a year.
///
/// # Errors
///
/// When nobody takes the output.
pub fn run(year: i32, calendar: &Calendar, session: &mut Session<'_>) -> anyhow::Result<()> {
    let first = NaiveDate::from_yo_opt(year, 1).ok_or_else(|| Stop::bad_input(format!("{year} is no year")))?;
    let mut workdays = 0;
    let mut days = Vec::new();
    for date in first.iter_days().take_while(|date| date.year() == year) {
        let day = calendar.day(date)?;
        workdays += usize::from(day.works);
        let (name, why) = match day.why {
            Why::Weekday | Why::Weekend => continue,
            Why::Holiday(name) => (name, "放假"),
            Why::MakeUp(name) => (name, "调休上班"),
            Why::Closed(name) => (name, "本地停办"),
            Why::Opened(name) => (name, "本地上班"),
        };
        days.push(Listed { name, date, is_off_day: !day.works, why: why.to_owned() });
    }
    let shown = Year { year, known: calendar.knows(year), workdays, papers: calendar.papers(first), days };
    match session.form {
        Form::Json => session.object(&shown),
        Form::Text => text(&shown, calendar, session),
    }
}

fn text(shown: &Year<'_>, calendar: &Calendar, session: &mut Session<'_>) -> anyhow::Result<()> {
    let known = if shown.known { "" } else { "(放假安排未载入,按周一至周五暂定)" };
    writeln!(session.out, "{}年{known} 工作日 {} 天", shown.year, shown.workdays)?;
    grid(shown.year, calendar, session)?;
    for day in &shown.days {
        writeln!(session.out, "  {} {} {}{}", day.date, weekday(day.date), day.name, day.why)?;
    }
    for paper in shown.papers {
        writeln!(session.out, "依据 {paper}")?;
    }
    Ok(())
}

/// Columns of a month in the grid; a Chinese sign takes two.
const CELL: usize = 5;
const MONTH: usize = 7 * CELL;

/// Two months beside each other: `休` is a weekday or holiday off, `班` a rest day
/// that is worked; plain days and weekends have no mark.
fn grid(year: i32, calendar: &Calendar, session: &mut Session<'_>) -> anyhow::Result<()> {
    for month in (1..=12).step_by(2) {
        let (left, right) = (weeks(year, month, calendar)?, weeks(year, month + 1, calendar)?);
        let blank = " ".repeat(MONTH);
        for at in 0..left.len().max(right.len()) {
            let of = |weeks: &[String]| weeks.get(at).unwrap_or(&blank).clone();
            writeln!(session.out, "{}", format!("{}   {}", of(&left), of(&right)).trim_end())?;
        }
        writeln!(session.out)?;
    }
    Ok(())
}

/// The lines of a month, each of the same width: its name, the weekdays, the weeks.
fn weeks(year: i32, month: u32, calendar: &Calendar) -> anyhow::Result<Vec<String>> {
    let Some(first) = NaiveDate::from_ymd_opt(year, month, 1) else { return Ok(Vec::new()) };
    let name = format!("{month}月");
    let names = ["一", "二", "三", "四", "五", "六", "日"].map(|day| format!("{day}{}", " ".repeat(CELL - 2)));
    let mut lines = vec![format!("{name}{}", " ".repeat(MONTH - name.chars().count() - 1)), names.concat()];
    let mut line = " ".repeat(CELL * first.weekday().num_days_from_monday() as usize);
    for date in first.iter_days().take_while(|date| date.month() == month) {
        let mark = match calendar.day(date)?.why {
            Why::Weekday | Why::Weekend => "  ",
            Why::Holiday(_) | Why::Closed(_) => "休",
            Why::MakeUp(_) | Why::Opened(_) => "班",
        };
        line.push_str(&format!("{:2}{mark} ", date.day()));
        if date.weekday() == chrono::Weekday::Sun {
            lines.push(std::mem::take(&mut line));
        }
    }
    if !line.is_empty() {
        let taken = first.weekday().num_days_from_monday() as usize + usize::from(first.num_days_in_month());
        line.push_str(&" ".repeat(CELL * (7 - taken % 7)));
        lines.push(line);
    }
    Ok(lines)
}
