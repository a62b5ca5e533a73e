//! Whether every rung of every ladder reaches somebody.

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::{Findings, Level};
use crate::{
    calendar::civil,
    cli::words,
    config::Loaded,
    notice::{Kind, Medium, Role},
    roster::{Gap, Lack, Rung, Span, Why},
};

const AREA: &str = "people";

/// For so many days from today on: stand-ins and duties are written down weeks before.
const DAYS: u64 = 60;

/// So many kinds of notice are named in a line; of more their number is told.
const NAMED: usize = 3;

/// Media by which delivery reaches somebody whom the kind's own media do not.
const SPARE: [Medium; 2] = [Medium::Email, Medium::Sms];

/// Checks the roster.
pub fn check(loaded: &Loaded, now: DateTime<Utc>, found: &mut Findings) {
    let channels: Vec<Medium> = loaded.channels.media().into_iter().collect();
    let rungs = rungs(&channels);
    let rungs: Vec<Rung<'_>> =
        rungs.iter().map(|(kind, role, media)| Rung { kind: kind.id(), role: *role, media }).collect();
    let today = civil::day_of(now);
    let within = Span { from: today, to: today + Days::new(DAYS - 1) };
    let mut told: Vec<Gap> = Vec::new();
    for day in loaded.roster.turning_days(within) {
        for gap in loaded.roster.coverage(&rungs, day) {
            if !told.contains(&gap) {
                tell(&gap, day, loaded, found);
                told.push(gap);
            }
        }
    }
    stand_ins(loaded, today, found);
    if found.is_fine(AREA) {
        let (units, people) = (loaded.roster.units().len(), loaded.roster.everyone().len());
        let duty = duty(loaded, today);
        found.fine(AREA, format!("名册:{units} 个承办单位、{people} 人,今后 {DAYS} 天每一级通知都有人可达{duty}"));
    }
}

/// Every rung of every ladder: each kind with each role it may tell, and the media
/// that reach a person, the spare ones included.
fn rungs(channels: &[Medium]) -> Vec<(Kind, Role, Vec<Medium>)> {
    let roles = |kind: Kind| kind.roles().iter().chain(kind.added_roles()).map(move |role| (kind, *role));
    let ways = |kind: Kind| {
        let mut ways: Vec<Medium> = kind.media().iter().chain(&SPARE).copied().collect();
        ways.sort();
        ways.dedup();
        ways.retain(|medium| channels.contains(medium));
        ways
    };
    Kind::ALL.into_iter().flat_map(roles).map(|(kind, role)| (kind, role, ways(kind))).collect()
}

/// How far the duty table of the desk reaches, where there is one.
fn duty(loaded: &Loaded, today: NaiveDate) -> String {
    let last = loaded.roster.duties().iter().map(|duty| duty.span.to).max();
    last.filter(|last| *last >= today)
        .map(|last| format!(";值班表排到 {last},此后通知综合管理科全体"))
        .unwrap_or_default()
}

fn tell(gap: &Gap, day: NaiveDate, loaded: &Loaded, found: &mut Findings) {
    let of = gap.unit.as_deref().map(|unit| format!("{unit}的")).unwrap_or_default();
    let role = gap.role.chinese();
    let kinds = kinds(&gap.kinds);
    let place = loaded.roster.place(gap);
    let (level, text) = match &gap.lack {
        Lack::Person(Why::AllAway) => {
            (Level::Warning, format!("名册:{day} 起{of}{role}均不在岗且无人代理,将通知综合管理科({kinds})"))
        }
        Lack::Person(Why::Abolished) => {
            let unit = gap.unit.as_deref().unwrap_or_default();
            (Level::Warning, format!("名册:{day} 起{unit}已撤销且未写继任单位,{role}的通知改发综合管理科({kinds})"))
        }
        Lack::Person(why) => {
            let why = words::fell_back(*why);
            (Level::Fault, format!("名册:{day} 起{of}{role}无人({why}),将通知综合管理科({kinds})"))
        }
        Lack::Address(people) => {
            let name = |id: &std::sync::Arc<str>| {
                loaded.roster.person(id).map_or_else(|| id.to_string(), |person| person.name.to_string())
            };
            let people: Vec<String> = people.iter().map(name).collect();
            let media: Vec<&str> = gap.media.iter().map(|medium| words::medium(*medium)).collect();
            let (people, media) = (people.join("、"), media.join("、"));
            (Level::Fault, format!("名册:{of}{role} {people} 没有{media}地址,{day} 起收不到 {kinds}"))
        }
        Lack::Channel => (Level::Fault, format!("通道:{of}{role} 的 {kinds} 没有可用的通道")),
    };
    found.at(level, AREA, &place, text);
}

/// Kinds of notice as a list that stays readable.
fn kinds(kinds: &[String]) -> String {
    match kinds.get(..NAMED) {
        Some(first) if kinds.len() > NAMED => format!("{} 等 {} 种通知", first.join("、"), kinds.len()),
        Some(_) | None => kinds.join("、"),
    }
}

/// A stand-in or absence that is over is most often one that was forgotten.
fn stand_ins(loaded: &Loaded, today: NaiveDate, found: &mut Findings) {
    let long_ago = today - Days::new(60);
    let old = loaded.roster.stand_ins().iter().filter(|stand_in| stand_in.span.to < long_ago).count();
    if old > 0 {
        found.warning(AREA, format!("名册:{old} 条代理已过期两个月以上,可以删去"));
    }
}
