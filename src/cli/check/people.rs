//! Whether every rung of every ladder reaches somebody.

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::Findings;
use crate::{
    calendar::civil,
    channel,
    cli::words,
    config::Loaded,
    message::fixture_facts,
    notice::{Kind, Medium, Role},
    roster::{Gap, Lack, Rung, Why},
};

const AREA: &str = "people";

/// For so many days from today on: who is away next week is known today.
const DAYS: u64 = 7;

/// Media by which delivery reaches somebody whom the kind's own media do not.
const SPARE: [Medium; 2] = [Medium::Email, Medium::Sms];

/// Checks the roster.
pub fn check(loaded: &Loaded, now: DateTime<Utc>, found: &mut Findings) {
    let channels = media(&loaded.channels);
    let kinds = Kind::ALL.into_iter().filter(|kind| fixture_facts(*kind, &loaded.settings.wording).is_some());
    let rungs: Vec<(Kind, Role, Vec<Medium>)> = kinds
        .flat_map(|kind| kind.roles().iter().map(move |role| (kind, *role)))
        .map(|(kind, role)| {
            let mut ways: Vec<Medium> = kind.media().iter().chain(&SPARE).copied().collect();
            ways.sort();
            ways.dedup();
            ways.retain(|medium| channels.contains(medium));
            (kind, role, ways)
        })
        .collect();
    let rungs: Vec<Rung<'_>> =
        rungs.iter().map(|(kind, role, media)| Rung { kind: kind.id(), role: *role, media }).collect();
    let mut told: Vec<Gap> = Vec::new();
    for day in civil::day_of(now).iter_days().take(usize::try_from(DAYS).unwrap_or(1)) {
        for gap in loaded.roster.coverage(&rungs, day) {
            if !told.contains(&gap) {
                tell(&gap, day, loaded, found);
                told.push(gap);
            }
        }
    }
    stand_ins(loaded, now, found);
    if found.is_fine(AREA) {
        let (units, people) = (loaded.roster.units().len(), loaded.roster.everyone().len());
        found.fine(AREA, format!("名册:{units} 个承办单位、{people} 人,今后 {DAYS} 天每一级通知都有人可达"));
    }
}

/// The media for which there is a channel.
fn media(channels: &channel::Settings) -> Vec<Medium> {
    let mut media: Vec<Medium> = channels
        .file
        .values()
        .map(|file| match file.medium {
            channel::file::FileMedium::Sms => Medium::Sms,
            channel::file::FileMedium::Email => Medium::Email,
        })
        .collect();
    if !channels.email.is_empty() {
        media.push(Medium::Email);
    }
    if !channels.sms.is_empty() {
        media.push(Medium::Sms);
    }
    media
}

fn tell(gap: &Gap, day: NaiveDate, loaded: &Loaded, found: &mut Findings) {
    let of = gap.unit.as_deref().map(|unit| format!("{unit}的")).unwrap_or_default();
    let role = gap.role.chinese();
    let kinds = gap.kinds.join("、");
    match &gap.lack {
        Lack::Person(Why::AllAway) => {
            found.warning(AREA, format!("名册:{day} {of}{role}均不在岗且无人代理,将通知综合管理科({kinds})"));
        }
        Lack::Person(why) => {
            let why = words::fell_back(*why);
            found.fault(AREA, format!("名册:{of}{role}无人({why}),将通知综合管理科({kinds})"));
        }
        Lack::Address(people) => {
            let name = |id: &std::sync::Arc<str>| {
                loaded.roster.person(id).map_or_else(|| id.to_string(), |person| person.name.to_string())
            };
            let people: Vec<String> = people.iter().map(name).collect();
            let media: Vec<&str> = gap.media.iter().map(|medium| words::medium(*medium)).collect();
            let (people, media) = (people.join("、"), media.join("、"));
            found.fault(AREA, format!("名册:{of}{role} {people} 没有{media}地址,{day} 起收不到 {kinds}"));
        }
        Lack::Channel => found.fault(AREA, format!("通道:{of}{role} 的 {kinds} 没有可用的通道")),
    }
}

/// A stand-in or absence that is over is most often one that was forgotten.
fn stand_ins(loaded: &Loaded, now: DateTime<Utc>, found: &mut Findings) {
    let long_ago = civil::day_of(now) - Days::new(60);
    let old = loaded.roster.stand_ins().iter().filter(|stand_in| stand_in.span.to < long_ago).count();
    if old > 0 {
        found.warning(AREA, format!("名册:{old} 条代理已过期两个月以上,可以删去"));
    }
}
