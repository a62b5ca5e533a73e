//! A bulletin as a table: a line a unit, for a spreadsheet.

use super::{Bulletin, COLUMNS, Pieces};
use crate::report::rates::{Five, Rate, RatesReport};

/// What makes a spreadsheet read UTF-8.
const BOM: &str = "\u{feff}";

/// The units with their pieces, rates and places; the whole bureau last.
pub fn csv(bulletin: &Bulletin) -> String {
    let names = COLUMNS.iter().map(|(name, _)| (*name).to_owned());
    let rates = Rate::ALL.iter().flat_map(|rate| [format!("{}(%)", rate.chinese()), format!("{}排名", rate.chinese())]);
    let mut table = Table::new(["承办单位".to_owned()].into_iter().chain(names).chain(rates));
    let none = Five::default();
    let mut sum = Pieces::default();
    for (unit, pieces) in &bulletin.units {
        sum += *pieces;
        let of = bulletin.rates.units.iter().find(|of| of.unit == *unit);
        let five = of.map_or(&none, |of| &of.rates);
        let rank = |rate| of.and_then(|of| of.rank(rate)).map(|rank| rank.to_string()).unwrap_or_default();
        table.row(line(unit, pieces, |rate| [percent(five, rate), rank(rate)]));
    }
    table.row(line("合计", &sum, |rate| [percent(&bulletin.rates.all, rate), String::new()]));
    table.text
}

fn line(name: &str, pieces: &Pieces, rates: impl Fn(Rate) -> [String; 2]) -> Vec<String> {
    let counts = COLUMNS.iter().map(|(_, read)| read(pieces).to_string());
    [name.to_owned()].into_iter().chain(counts).chain(Rate::ALL.into_iter().flat_map(rates)).collect()
}

/// A rate of nothing is an empty cell.
fn percent(five: &Five, rate: Rate) -> String {
    five.of(rate).share.percent().unwrap_or_default()
}

/// The five rates with what they are made of: a line a unit and rate.
pub fn rates_csv(report: &RatesReport) -> String {
    let head = ["承办单位", "指标", "分子", "分母", "百分比", "排名", "未达标工单", "未计入工单"];
    let mut table = Table::new(head.into_iter().map(str::to_owned));
    let of_units = report.units.iter().map(|unit| (&*unit.unit, &unit.rates, Some(unit)));
    for (name, five, unit) in of_units.chain([("合计", &report.all, None)]) {
        for rate in Rate::ALL {
            let tally = five.of(rate);
            let rank = unit.and_then(|unit| unit.rank(rate)).map(|rank| rank.to_string()).unwrap_or_default();
            // With its semicolon a spreadsheet takes no number for one to be rounded.
            let against: String = tally.against.iter().map(|no| format!("{no};")).collect();
            let left_out: String = tally.left_out.iter().map(|(no, out)| format!("{no}({});", out.chinese())).collect();
            table.row([
                name.to_owned(),
                rate.chinese().to_owned(),
                tally.share.numerator(),
                tally.share.of.to_string(),
                percent(five, rate),
                rank,
                against,
                left_out,
            ]);
        }
    }
    table.text
}

struct Table {
    text: String,
}

impl Table {
    fn new(head: impl IntoIterator<Item = String>) -> Self {
        let mut table = Self { text: BOM.to_owned() };
        table.row(head);
        table
    }

    fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().map(|text| cell(&text)).collect();
        self.text.push_str(&cells.join(","));
        self.text.push_str("\r\n");
    }
}

/// A cell; a text that a spreadsheet would take for a formula or a long number
/// stays a text.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    let special = text.contains([',', '"', '\n', '\r']);
    if special { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
