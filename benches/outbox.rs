//! How many rows a second the outbox keeps, durably, and how many claims it
//! settles: on a file, with the commits of the real thing.

use chrono::{DateTime, TimeDelta, Utc};
use divan::{Bencher, counter::ItemsCount};
use duban::{
    notice::{Batch, Fact, Facts, Kind, Medium, Notice, Occurrence, Outcome, Receipt, Subject, Wish},
    outbox::{ClaimOrder, Expansion, NewLeg, Next, Outbox, OutboxError, Settled, Settlement, Wanted, scope},
    ticket::TicketNo,
};

const TICKETS: usize = 20_000;
/// Overdue-1 and due-today: four roles.
const ROWS: usize = TICKETS * 4;

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn keep_new(bencher: Bencher) {
    let (runtime, sets) = (runtime(), sets());
    bencher.counter(ItemsCount::new(ROWS)).with_inputs(|| runtime.block_on(fresh()).expect("a ledger")).bench_values(
        |(folder, outbox)| {
            runtime.block_on(outbox.keep(&sets, at(0))).expect("kept");
            folder
        },
    );
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn keep_known(bencher: Bencher) {
    let (runtime, sets) = (runtime(), sets());
    let (_folder, outbox) = runtime.block_on(fresh()).expect("a ledger");
    runtime.block_on(outbox.keep(&sets, at(0))).expect("kept");
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| runtime.block_on(outbox.keep(&sets, at(1))).expect("kept"));
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn expand_claim_and_settle(bencher: Bencher) {
    let runtime = runtime();
    bencher
        .counter(ItemsCount::new(ROWS))
        .with_inputs(|| {
            runtime.block_on(async {
                let (folder, outbox) = fresh().await.expect("a ledger");
                outbox.keep(&sets(), at(0)).await.expect("kept");
                (folder, outbox)
            })
        })
        .bench_values(|(folder, outbox)| {
            runtime.block_on(deliver(&outbox)).expect("delivered");
            folder
        });
}

async fn deliver(outbox: &Outbox) -> Result<(), OutboxError> {
    loop {
        let due = outbox.unexpanded(at(0), 500).await?;
        let leg = |role: &str| NewLeg {
            person: role.to_owned(),
            medium: Medium::Webhook,
            channel: "webhook".into(),
            not_before: None,
        };
        let expansions: Vec<_> = due
            .iter()
            .map(|one| Expansion { notice: one.id, legs: vec![leg(one.key.role.id())], left_out: Vec::new() })
            .collect();
        if !expansions.is_empty() {
            outbox.expand(&expansions, at(0)).await?;
        }
        let order = ClaimOrder { channel: "webhook", limit: 500, lease: TimeDelta::seconds(60) };
        let bundles = outbox.claim(&order, at(0)).await?;
        if bundles.is_empty() {
            return Ok(());
        }
        let settlement = Settlement::Answered {
            outcome: Outcome::Accepted(Receipt(Some("1".into()))),
            next: Next::Accepted,
            instead: vec![],
        };
        let settled: Vec<_> = bundles
            .iter()
            .flat_map(|bundle| bundle.legs.iter().map(|leg| (leg.id, bundle.token)))
            .map(|(leg, token)| Settled { leg, token, settlement: settlement.clone() })
            .collect();
        outbox.settle(&settled, at(0)).await?;
    }
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + second, 0).unwrap_or_default()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().expect("a runtime")
}

async fn fresh() -> Result<(tempfile::TempDir, Outbox), OutboxError> {
    let folder = tempfile::tempdir().expect("a folder");
    let outbox = Outbox::open(folder.path().join("ledger.db")).await?;
    Ok((folder, outbox))
}

fn sets() -> Vec<Wanted> {
    let no = |n: usize| TicketNo::new(&format!("2026091500{n:08}"));
    let notice = |n: usize, kind: Kind| {
        let text = |value: &str| Fact::Text(value.into());
        let facts = Facts::from([
            ("no".into(), text(no(n).as_str())),
            ("t4".into(), text(no(n).tail())),
            ("source".into(), text("12345")),
            ("class".into(), text("复杂")),
            ("unit".into(), text("某某水务所")),
            ("round".into(), Fact::Number(1)),
            ("recv".into(), text("2026-09-11 10:20")),
            ("due".into(), text("2026-09-16 24:00")),
            ("due_s".into(), text("9月16日24时")),
            ("limit".into(), text("3个工作日")),
            ("ext".into(), text("无")),
            ("provisional".into(), Fact::Flag(false)),
            ("late".into(), Fact::Flag(false)),
        ]);
        Notice {
            subject: Subject::Ticket { no: no(n), round: 1, assignment: None },
            kind,
            occurrence: Occurrence::Due(at(0)),
            roles: kind.roles().to_vec(),
            unit: Some("某某水务所".into()),
            category: Some("供水".into()),
            due: at(0),
            expires: None,
            batch: Batch::Alone,
            wish: Wish::Send,
            late: false,
            urgent: false,
            provisional: false,
            facts,
        }
    };
    (0..TICKETS)
        .map(|n| {
            let notices = vec![notice(n, Kind::DueToday), notice(n, Kind::Overdue1)];
            Wanted { scope: scope(&notices[0].subject), notices }
        })
        .collect()
}
