//! The five rates in words.

use crate::{
    cli::instant,
    report::rates::{Five, Out, Rate, RatesReport},
};

/// The rates of all and of each unit, and the tickets behind them: those of the
/// `asked` unit, or of all.
pub fn rates(report: &RatesReport, version: &str, asked: Option<&str>) -> String {
    let none = Five::default();
    let unit = |name: &str| report.units.iter().find(|unit| *unit.unit == *name);
    let behind = asked.map_or(&report.all, |name| unit(name).map_or(&none, |unit| &unit.rates));
    let mut lines = vec![format!(
        "五率 {}至{}  截止:{}  口径版本:{version}",
        report.span.from,
        report.span.to,
        instant::minute(report.cut)
    )];
    lines.push("\n全局".to_owned());
    lines.extend(five(&report.all, |_| None));
    for unit in &report.units {
        lines.push(format!("\n{}", unit.unit));
        lines.extend(five(&unit.rates, |rate| unit.rank(rate)));
    }
    lines.push("\n未达标工单".to_owned());
    lines.extend(Rate::ALL.into_iter().filter_map(|rate| against(rate, behind)));
    lines.push("\n未计入工单".to_owned());
    lines.extend(Rate::ALL.into_iter().flat_map(|rate| left_out(rate, behind)));
    lines.join("\n") + "\n"
}

fn five(five: &Five, rank: impl Fn(Rate) -> Option<usize>) -> Vec<String> {
    let line = |rate: Rate| {
        let place = rank(rate).map(|rank| format!("  第{rank}名")).unwrap_or_default();
        format!("  {} {}{place}", rate.chinese(), five.of(rate).share.text())
    };
    Rate::ALL.into_iter().map(line).collect()
}

fn against(rate: Rate, five: &Five) -> Option<String> {
    let nos: Vec<&str> = five.of(rate).against.iter().map(|no| no.as_str()).collect();
    (!nos.is_empty()).then(|| format!("  {} {}件:{}", rate.chinese(), nos.len(), nos.join("、")))
}

/// By the reason.
fn left_out(rate: Rate, five: &Five) -> Vec<String> {
    let left = &five.of(rate).left_out;
    let mut reasons: Vec<Out> = left.iter().map(|(_, out)| *out).collect();
    reasons.sort();
    reasons.dedup();
    let line = |reason: Out| {
        let nos: Vec<&str> = left.iter().filter(|(_, out)| *out == reason).map(|(no, _)| no.as_str()).collect();
        format!("  {} {} {}件:{}", rate.chinese(), reason.chinese(), nos.len(), nos.join("、"))
    };
    reasons.into_iter().map(line).collect()
}
