//! Names, numbers, addresses and complaints of citizens stay in the ticket store:
//! whatever the log is told to tell, only the gateway gets a number.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use chrono::TimeDelta;
use duban::outbox::LegState;
use unicode_normalization::UnicodeNormalization;

use crate::{
    handed::{self, GET, POST},
    peers::{
        gateway::{Asked, Do as Answer, GatewayPeer},
        smtp::{At, Do as Reply, SmtpPeer},
    },
    program::{House, fixture, good, path},
    running::{Running, Time, ledger},
    web,
};

/// When the sample was exported, and SMS may go to citizens.
const TAKEN: &str = "2026-11-24T17:30:00+08:00";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_log_of_everything_of_ours_tells_nothing_of_a_citizen() {
    logged("trace", "DEBUG duban::", POST).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_log_of_everything_of_every_crate_tells_nothing_of_a_citizen() {
    logged("trace,duban=trace", "TRACE hyper_util::", GET).await;
}

/// A run of the sample at a level of the log, at which lines like these occur.
async fn logged(level: &str, lines: &str, request: &str) {
    // Servers that also fail, and say all they know when they do.
    let mail = SmtpPeer::doing(|n, at| match (n % 3, at) {
        (1, At::Dot) => Reply::Close,
        _ => Reply::Well,
    });
    let sms = GatewayPeer::scripted(|n| match n % 4 {
        0 => Answer::Echo,
        1 => Answer::Close,
        _ => Answer::json(200, r#"{"code":0}"#),
    });
    let (mail, sms) = (mail.await, sms.await);
    let house = House::new();
    house.edit("duban.toml", "poll_s = 15", "poll_s = 1");
    let gateway = format!("url = \"http://127.0.0.1:{}/send\"", sms.port);
    handed::name_peers_asked(&house, request, &format!("port = {}", mail.port), &gateway);
    let port = web::show(&house, "");
    good(&house.duban(&["import", path(&fixture("samples/export-utf8.csv"))]));
    house.import_all((0..8).map(unreached));
    let time = Time::starting_at(TAKEN);
    let mut running = Running::start_with(&house, &time, &["--log", level], &[]);
    let outbox = ledger(&house).await;
    let at_rest = async || {
        let counts = outbox.counts().await.unwrap();
        let sending = counts.legs.iter().any(|(state, n)| *state == LegState::Sending && *n > 0);
        !counts.legs.is_empty() && !sending && counts.oldest_waiting.is_none_or(|at| at > time.now())
    };
    running.until("all had been handed over", at_rest).await;
    // A day goes by: reminders, overdue steps, the digest.
    for _ in 0..8 {
        time.forward(TimeDelta::hours(3));
        let looks = cycles(port).await;
        running.until("it had looked", async || cycles(port).await >= looks + 2.0).await;
    }
    let pages = [web::get(port, "metrics").await.1, web::get(port, "healthz").await.1];
    let said = running.stop().await;

    let needles = needles();
    assert!(needles.len() > 600 && said.contains(lines), "{}", needles.len());
    silent("the log", &said, &needles);
    for page in &pages {
        assert!(page.len() > 20, "{page}");
        silent("a page", page, &needles);
    }
    // A form may name the street, without its door.
    let of_forms: BTreeSet<String> = needles.iter().filter(|needle| !needle.ends_with('路')).cloned().collect();
    for file in files(&house.state()) {
        let name = file.strip_prefix(house.state()).unwrap().display().to_string();
        let needles = if name.starts_with("forms/") { &of_forms } else { &needles };
        if !name.starts_with("tickets.db") {
            silent(&name, &String::from_utf8_lossy(&std::fs::read(&file).unwrap()), needles);
        }
    }
    for text in handed::mail_texts(&mail) {
        silent("a mail", &text, &needles);
    }
    let mut to_citizens = 0;
    for (mobile, rest) in sms.asked().iter().map(parts) {
        to_citizens += usize::from(needles.contains(&mobile));
        silent("an SMS", &rest, &needles);
    }
    assert!(to_citizens >= 8 && mail.seen(|seen| seen.mails.len()) > 10, "{to_citizens}");
}

async fn cycles(port: u16) -> f64 {
    web::number(&web::page(port).await, "duban_cycles_total")
}

/// The files of a folder and of those beneath it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// A ticket whose citizen, one of the sample's, was called in vain three times.
fn unreached(n: usize) -> String {
    let phone = ["13800036151", "13800085560", "13800024328", "13800045870"][n % 4];
    format!(
        "20261124Z{n:04},12345热线,投诉,一般,复杂,供水,水压,李女士,{phone},否,澄湾街道,清漪路水压低,\
         2026-11-24 08:00:00,2026-11-24 08:10:00,澄湾供水服务站,周经办,2026-11-24 08:20:00,,\
         2026-11-24 10:00无人接听;2026-11-24 11:05无人接听;2026-11-24 12:10无人接听,处理中,2026-11-24 13:00:00"
    )
}

/// The number that an SMS goes to, and everything else of the request.
fn parts(asked: &Asked) -> (String, String) {
    let fields: BTreeMap<String, String> = if asked.body.is_empty() {
        let target = asked.line.split(' ').nth(1).unwrap();
        reqwest::Url::parse(&format!("http://peer{target}")).unwrap().query_pairs().into_owned().collect()
    } else {
        serde_json::from_slice(&asked.body).unwrap()
    };
    let (mobile, rest): (Vec<_>, Vec<_>) = fields.into_iter().partition(|(name, _)| name == "mobile");
    (mobile[0].1.clone(), format!("{rest:?} {:?}", asked.headers))
}

/// Fails if a text has something private of the sample in it.
pub fn silent(what: &str, text: &str, needles: &BTreeSet<String>) {
    let found: Vec<&String> = needles.iter().filter(|needle| text.contains(needle.as_str())).collect();
    let told = found.first().and_then(|needle| text.lines().find(|line| line.contains(needle.as_str())));
    assert!(found.is_empty(), "{what} tells {found:?}: {told:?}");
}

/// What is private in the sample: names, numbers in every spelling, streets, and
/// complaints line by line.
pub fn needles() -> BTreeSet<String> {
    let mut reader = csv::Reader::from_path(fixture("samples/export-utf8.csv")).unwrap();
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (name, phone, address, content) = (column("反映人"), column("联系电话"), column("地址"), column("反映内容"));
    let mut needles = BTreeSet::from(["清漪路".to_owned()]);
    for record in reader.records().map(Result::unwrap) {
        let lines = [&record[name], &record[address]].into_iter().chain(record[content].lines()).map(str::trim);
        needles.extend(lines.filter(|line| line.chars().count() >= 3).map(str::to_owned));
        for cell in [&record[phone], &record[content]] {
            needles.extend(numbers(cell));
        }
    }
    needles
}

/// Runs of seven digits or more, with and without what stands between them.
fn numbers(cell: &str) -> Vec<String> {
    let plain: String = cell.nfkc().collect();
    let bare: String = plain.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    let runs = |text: &str| -> Vec<String> {
        let runs = text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() >= 7);
        runs.map(str::to_owned).collect()
    };
    let mut numbers = [runs(&plain), runs(&bare)].concat();
    // Whoever reads a number with a prefix may tell it without.
    let mobiles: Vec<String> =
        numbers.iter().filter_map(|run| run.find("1380").map(|at| run[at..].to_owned())).collect();
    numbers.extend(mobiles.into_iter().map(|number| number[..number.len().min(11)].to_owned()));
    numbers.retain(|number| number.len() >= 7);
    numbers
}
