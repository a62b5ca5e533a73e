//! A year as a table: date, name, and whether the day is off.

use chrono::NaiveDate;

use crate::{
    calendar::{Listed, YearFile},
    cli::exit::Stop,
    telemetry::chain,
};

/// Names of the column of dates.
pub const DATE: &[&str] = &["date", "日期"];
/// The columns, each under the names it may have.
const COLUMNS: [(&str, &[&str]); 3] = [
    ("date", DATE),
    ("name", &["name", "名称", "节日", "节假日"]),
    ("isOffDay", &["isoffday", "off", "放假", "类型", "安排"]),
];

/// The year file of a CSV; the year is that of its last day.
///
/// # Errors
///
/// A column that is missing, a cell that cannot be understood: with its line.
pub fn year_file(name: &str, text: &str) -> anyhow::Result<YearFile> {
    let fault = |line: u64, what: String| Stop::bad_input(format!("{name} line {line}: {what}"));
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().map_err(|e| fault(1, e.to_string()))?.clone();
    let place = |(column, names): (&str, &[&str])| {
        let is = |cell: &str| names.contains(&cell.trim().to_lowercase().as_str());
        header.iter().position(is).ok_or_else(|| fault(1, format!("there is no column `{column}`")))
    };
    let [date, title, off] = [place(COLUMNS[0])?, place(COLUMNS[1])?, place(COLUMNS[2])?];
    let mut days: Vec<Listed> = Vec::new();
    for record in reader.records() {
        let record =
            record.map_err(|e| fault(e.position().map_or(0, csv::Position::line), "no row of the table".to_owned()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |at: usize| record.get(at).unwrap_or_default().trim();
        let no_date = || fault(line, format!("`{}` is not a date like 2026-09-30", cell(date)));
        // As spreadsheets write it, too.
        let forms = ["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"];
        let day = forms.iter().find_map(|form| NaiveDate::parse_from_str(cell(date), form).ok()).ok_or_else(no_date)?;
        let works = works(cell(off)).ok_or_else(|| {
            fault(
                line,
                format!("`{}` says neither that the day is off nor that it is worked; write true or false", cell(off)),
            )
        })?;
        if let Some(other) = days.iter().find(|other| other.date == day) {
            return Err(fault(line, format!("{day} is listed already in line {}", other.line)));
        }
        let line = usize::try_from(line).unwrap_or_default();
        days.push(Listed { name: cell(title).to_owned(), date: day, works, line });
    }
    YearFile::of_dated(name, days).map_err(|e| Stop::bad_input(chain(&e)))
}

/// Nothing is guessed: a day must say which it is.
fn works(cell: &str) -> Option<bool> {
    match cell.to_lowercase().as_str() {
        "true" | "1" | "放假" | "休" | "休息" | "是" => Some(false),
        "false" | "0" | "上班" | "班" | "调休上班" | "补班" | "否" => Some(true),
        _ => None,
    }
}
