//! A bulletin in words, for the desk to read, correct and pass on.

use std::fmt::Write;

use super::{Bulletin, COLUMNS};
use crate::{
    notice::Period,
    planner::{sentence, words},
    report::rates::{Rate, Share, UnitRates},
    rules::rates::Agenda,
};

/// `2026年第38周热线工作通报`, `2026年9月热线工作通报`.
pub fn headline(period: Period) -> String {
    match period {
        Period::Week(_) => format!("{}年第{}周热线工作通报", period.year(), period.number()),
        Period::Month(_) => format!("{}年{}月热线工作通报", period.year(), period.number()),
    }
}

/// The rates in a few lines, for a mail: of a month with the units' places.
pub fn lines(bulletin: &Bulletin) -> Vec<String> {
    let rates = &bulletin.rates;
    let mut lines: Vec<String> =
        Rate::ALL.iter().map(|rate| format!("{} {}", rate.chinese(), rates.all.of(*rate).share.text())).collect();
    match bulletin.period {
        Period::Week(_) => {}
        Period::Month(_) => {
            let ranked = Rate::ALL.iter().filter_map(|rate| {
                let places = places(*rate, &rates.units);
                (!places.is_empty()).then(|| format!("{}排名:{}", rate.chinese(), places.join(";")))
            });
            lines.extend(ranked);
        }
    }
    lines
}

/// `1 澄湾供水服务站 100.00%`, by place.
fn places(rate: Rate, units: &[UnitRates]) -> Vec<String> {
    let mut places: Vec<(usize, &UnitRates)> = units.iter().filter_map(|unit| Some((unit.rank(rate)?, unit))).collect();
    places.sort_by_key(|(place, _)| *place);
    let percent = |share: Share| share.percent().unwrap_or_default();
    places
        .iter()
        .map(|(place, unit)| format!("{place} {} {}%", unit.unit, percent(unit.rates.of(rate).share)))
        .collect()
}

/// The whole bulletin; `revision` is 1 for the first.
pub fn text(bulletin: &Bulletin, revision: u16) -> String {
    let mut page = Page::default();
    let again = if revision > 1 { format!("(第{revision}版)") } else { String::new() };
    page.line(format!("{}{again}", headline(bulletin.period)));
    page.line(format!(
        "统计期间:{}至{}  截止:{}  口径版本:{}",
        bulletin.period.first(),
        bulletin.period.last(),
        words::event(bulletin.cut),
        bulletin.version
    ));
    received(bulletin, &mut page);
    rates(bulletin, &mut page);
    units(bulletin, &mut page);
    lists(bulletin, &mut page);
    data(bulletin, &mut page);
    match bulletin.agenda {
        Agenda::Off => {}
        Agenda::On => agenda(bulletin, &mut page),
    }
    page.text
}

/// Text that grows line by line.
#[derive(Default)]
struct Page {
    text: String,
    chapters: usize,
}

const NUMERALS: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];

impl Page {
    fn line(&mut self, line: impl AsRef<str>) {
        self.text.push_str(line.as_ref());
        self.text.push('\n');
    }

    fn chapter(&mut self, title: &str) {
        let numeral = NUMERALS.get(self.chapters).copied().unwrap_or("另");
        self.chapters += 1;
        self.line(format!("\n{numeral}、{title}"));
    }

    /// The items, or that there are none.
    fn items(&mut self, items: impl Iterator<Item = String>) {
        let mut some = false;
        for item in items {
            some = true;
            self.line(item);
        }
        if !some {
            self.line("无");
        }
    }
}

fn received(bulletin: &Bulletin, page: &mut Page) {
    let (received, dispatch) = (&bulletin.received, bulletin.dispatch);
    page.chapter("受理与转派");
    let change = match received.n.cmp(&received.before) {
        std::cmp::Ordering::Less => format!("减少{}件", received.before - received.n),
        std::cmp::Ordering::Equal => "持平".to_owned(),
        std::cmp::Ordering::Greater => format!("增加{}件", received.n - received.before),
    };
    page.line(format!("受理{}件,上期{}件,{change}。", received.n, received.before));
    let counts = [
        ("来源", &received.by_source),
        ("办理类别", &received.by_class),
        ("大类", &received.by_category),
        ("街镇", &received.by_town),
    ];
    for (name, counts) in counts {
        if !counts.is_empty() {
            let counts: Vec<String> = counts.iter().map(|(key, n)| format!("{key} {n}")).collect();
            page.line(format!("{name}:{}", counts.join(",")));
        }
    }
    page.line(format!(
        "当日转派{}件,逾日转派{}件,直接答复{}件,待转派{}件。",
        dispatch.same_day, dispatch.late, dispatch.direct, dispatch.waiting
    ));
}

fn rates(bulletin: &Bulletin, page: &mut Page) {
    page.chapter("五率");
    for rate in Rate::ALL {
        page.line(format!("{} {}", rate.chinese(), bulletin.rates.all.of(rate).share.text()));
    }
    for rate in Rate::ALL {
        let places = places(rate, &bulletin.rates.units);
        if !places.is_empty() {
            page.line(format!("{}排名:{}", rate.chinese(), places.join(";")));
        }
    }
}

fn units(bulletin: &Bulletin, page: &mut Page) {
    page.chapter("各单位办理情况");
    page.items(bulletin.units.iter().map(|(unit, pieces)| {
        let mut line = unit.to_string();
        let counts = COLUMNS.iter().map(|(name, read)| (name, read(pieces))).filter(|(_, n)| *n > 0);
        for (i, (name, n)) in counts.enumerate() {
            // Writing to a text does not fail.
            let _ = write!(line, "{}{name}{n}", if i == 0 { ":" } else { "," });
        }
        line
    }));
}

fn lists(bulletin: &Bulletin, page: &mut Page) {
    page.chapter("逾期未办结工单");
    page.items(bulletin.overdue.iter().map(|overdue| {
        format!("{}  {}  截止{}  逾期{}天", overdue.ticket_no, overdue.unit, overdue.due, overdue.days)
    }));
    page.chapter("重点督办事项(第十条)");
    page.items(
        bulletin.focus.iter().map(|focus| format!("{}  {}  {}", focus.ticket_no, focus.unit, focus.why.join("、"))),
    );
    page.chapter("重复反映事项");
    page.items(bulletin.groups.iter().map(|group| {
        let nos: Vec<&str> = group.ticket_nos.iter().map(|no| no.as_str()).collect();
        format!("{}  {}件:{}", group.category, group.n, nos.join("、"))
    }));
}

fn data(bulletin: &Bulletin, page: &mut Page) {
    page.chapter("数据质量");
    let found = bulletin.findings.iter().map(|(anomaly, n)| format!("{} {n}件", sentence(*anomaly)));
    let unreadable = (bulletin.unreadable > 0).then(|| format!("无法读取的行 {}", bulletin.unreadable));
    page.items(found.chain(unreadable));
}

/// Art. 6(3): what the regular meeting is about.
fn agenda(bulletin: &Bulletin, page: &mut Page) {
    page.chapter("例会议题");
    page.line(format!("逾期未办结{}件,逐件说明原因和办结时间。", bulletin.overdue.len()));
    page.line(format!("重点督办事项{}件。", bulletin.focus.len()));
    page.line(format!("重复反映事项{}项。", bulletin.groups.len()));
}
