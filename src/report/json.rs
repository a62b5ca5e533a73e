//! Rates and bulletins as JSON, for programs. Rates are decimals with two places,
//! and null where there is nothing to rate.

use serde_json::{Map, Number, Value, json};

use super::{
    bulletin::Bulletin,
    rates::{Five, Rate, RatesReport, Share, Tally, UnitRates},
};
use crate::{calendar::civil, notice::Period};

/// The rates of a span.
pub fn rates(report: &RatesReport) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("from".into(), json!(report.span.from));
    object.insert("to".into(), json!(report.span.to));
    object.insert("cut".into(), json!(civil::iso(report.cut)));
    object.insert("rates".into(), five(&report.all, None));
    let units = report.units.iter().map(|unit| json!({ "unit": unit.unit, "rates": five(&unit.rates, Some(unit)) }));
    object.insert("units".into(), units.collect());
    object
}

fn five(five: &Five, unit: Option<&UnitRates>) -> Value {
    let one = |rate: Rate| {
        let mut object = tally(rate, five.of(rate));
        if let Some(unit) = unit {
            object.insert("rank".into(), json!(unit.rank(rate)));
        }
        Value::Object(object)
    };
    Rate::ALL.into_iter().map(one).collect()
}

fn tally(rate: Rate, tally: &Tally) -> Map<String, Value> {
    let Share { of, .. } = tally.share;
    let left_out = tally.left_out.iter().map(|(no, out)| json!({ "ticket_no": no.as_str(), "why": out.code() }));
    let mut object = Map::new();
    object.insert("rate".into(), json!(rate.id()));
    object.insert("name".into(), json!(rate.chinese()));
    object.insert("numerator".into(), decimal(&tally.share.numerator()));
    object.insert("denominator".into(), json!(of));
    object.insert("percent".into(), tally.share.percent().map_or(Value::Null, |percent| decimal(&percent)));
    object.insert("against".into(), tally.against.iter().map(|no| json!(no.as_str())).collect());
    object.insert("left_out".into(), left_out.collect());
    object
}

/// A decimal with at most two places, printed as it is.
fn decimal(text: &str) -> Value {
    let number = text.parse::<f64>().ok().and_then(Number::from_f64);
    number.map_or_else(|| json!(text), Value::Number)
}

/// A bulletin.
pub fn bulletin(bulletin: &Bulletin) -> Value {
    let mut object = rates(&bulletin.rates);
    let period = match bulletin.period {
        Period::Week(_) => "week",
        Period::Month(_) => "month",
    };
    let pieces: Value = bulletin.units.iter().map(|(unit, pieces)| json!({ "unit": unit, "pieces": pieces })).collect();
    let findings: Value =
        bulletin.findings.iter().map(|(anomaly, n)| json!({ "code": anomaly.code(), "n": n })).collect();
    object.extend([
        ("kind".to_owned(), json!(period)),
        ("name".to_owned(), json!(bulletin.period.name())),
        ("version".to_owned(), json!(bulletin.version)),
        ("calendar".to_owned(), json!(bulletin.calendar)),
        ("received".to_owned(), json!(bulletin.received)),
        ("dispatch".to_owned(), json!(bulletin.dispatch)),
        ("pieces".to_owned(), pieces),
        ("overdue".to_owned(), json!(bulletin.overdue)),
        ("focus".to_owned(), json!(bulletin.focus)),
        ("groups".to_owned(), json!(bulletin.groups)),
        ("findings".to_owned(), findings),
        ("unreadable".to_owned(), json!(bulletin.unreadable)),
    ]);
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_prints_what_a_rate_is() {
        for (text, expected) in [("66.67", "66.67"), ("100.00", "100.0"), ("0.13", "0.13"), ("3.8", "3.8")] {
            assert_eq!(decimal(text).to_string(), expected);
        }
    }
}
