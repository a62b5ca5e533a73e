//! Forms (批办单, 督办单): one number a subject, one file a number, and no message
//! that waits for either.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use chrono::{DateTime, Utc};
use duban::{
    calendar::{Calendar, embedded},
    daemon::{
        CycleReport, Watcher, WatcherParts,
        forms::{Cabinet, FormParts},
    },
    notice::{Fact, Facts, Kind},
    outbox::{Filter, FormFilter, IssuedForm, NewForm, Outbox, Series},
    planner::{Policy, Watch},
    report::forms,
    roster::Roster,
    rules::Rules,
    source::{ColumnMap, HistoryStore, Store},
    ticket::{NumberKey, TicketNo},
};
use serde_json::Value;

const GROUP: &str = "G/20251110001013|batch-form-issued|size5";
const FIFTH: &str = "2026-03-16T09:20";

#[tokio::test]
async fn the_form_of_a_group_is_written_before_anybody_is_told() {
    let bureau = Bureau::of("S13").await;
    assert!(bureau.look(FIFTH).await.forms.is_none());
    let facts = bureau.facts(Kind::BatchFormIssued).await;
    assert_eq!(facts["form"], Fact::Text("〔2026〕1号".into()));
    assert_eq!(facts["form_path"], Fact::Text("forms/2026/batch-1".into()));
    let words = bureau.words("2026/batch-1.docx");
    for no in ["20251110001013", "20251203001014", "20260104001015", "20260228001016", "20260316001018"] {
        assert!(words.contains(no), "{no} of {words}");
    }
    assert!(words.contains("孙*  138****2345  绮霞路") && words.contains("批办〔2026〕1号"), "{words}");
    for secret in ["孙先生", "13800012345", "88弄", "20260305001017"] {
        assert!(!words.contains(secret), "{secret} stands in {words}");
    }
    // Neither a restart nor another reading of the store makes a second one.
    bureau.look("2026-03-16T12:05").await;
    assert_eq!(bureau.files(), ["2026/batch-1.docx"]);
    assert_eq!(bureau.issued().await.len(), 1);
}

#[tokio::test]
async fn an_order_is_written_and_remembered_by_its_ticket() {
    let bureau = Bureau::of("S11").await;
    assert!(bureau.look("2026-06-24T09:00").await.forms.is_none());
    let facts = bureau.facts(Kind::Overdue3).await;
    assert_eq!(facts["order"], Fact::Text("〔2026〕1号".into()));
    assert_eq!(facts["order_path"], Fact::Text("forms/2026/order-1".into()));
    let words = bureau.words("2026/order-1.docx");
    for part in ["督办〔2026〕1号", "■逾期第3日", "3个工作日", "2026-06-18 24:00", "于2026-07-01 24:00前书面反馈"]
    {
        assert!(words.contains(part), "{part} of {words}");
    }
    let remembered = bureau.outbox.facts_of(&[TicketNo::new("20260615001011")]).await.unwrap();
    let value = remembered.iter().find(|fact| fact.what == "order:2026-1").map(|fact| fact.value.as_str());
    assert_eq!(value, Some("1782262800"), "the instant of issue: {remembered:?}");
}

#[tokio::test]
async fn a_form_that_cannot_be_written_holds_no_message_back_and_is_written_later() {
    let bureau = Bureau::of("S13").await;
    fs::write(&bureau.folder, "no folder").unwrap();
    let fault = bureau.look(FIFTH).await.forms.expect("the administrator is told");
    assert!(fault.to_string().contains("batch-1.docx cannot be written"), "{fault}");
    let facts = bureau.facts(Kind::BatchFormIssued).await;
    assert!(!facts.contains_key("form") && !facts.contains_key("form_path"), "{facts:?}");
    fs::remove_file(&bureau.folder).unwrap();
    assert!(bureau.look("2026-03-16T09:21").await.forms.is_none());
    assert_eq!(bureau.facts(Kind::BatchFormIssued).await["form_path"], Fact::Text("forms/2026/batch-1".into()));
    assert_eq!(bureau.files(), ["2026/batch-1.docx"]);
    assert_eq!(bureau.issued().await.len(), 1);
}

#[tokio::test]
async fn an_order_without_its_file_is_told_by_its_number() {
    let bureau = Bureau::of("S11").await;
    fs::write(&bureau.folder, "no folder").unwrap();
    assert!(bureau.look("2026-06-24T09:00").await.forms.is_some());
    let facts = bureau.facts(Kind::Overdue3).await;
    assert_eq!(facts["order"], Fact::Text("〔2026〕1号".into()));
    assert!(!facts.contains_key("order_path"), "{facts:?}");
}

#[tokio::test]
async fn one_watcher_tries_again_with_every_cycle() {
    let bureau = Bureau::of("S11").await;
    fs::write(&bureau.folder, "no folder").unwrap();
    let mut watcher = bureau.watcher("2026-06-24T09:00").await;
    for minute in ["2026-06-24T09:00", "2026-06-24T09:01"] {
        assert!(watcher.cycle(instant(minute)).await.unwrap().forms.is_some());
    }
    fs::remove_file(&bureau.folder).unwrap();
    assert!(watcher.cycle(instant("2026-06-24T09:02")).await.unwrap().forms.is_none());
    assert_eq!(bureau.facts(Kind::Overdue3).await["order_path"], Fact::Text("forms/2026/order-1".into()));
    assert_eq!(bureau.files(), ["2026/order-1.docx"]);
}

#[tokio::test]
async fn a_process_that_died_between_number_and_file_leaves_neither_gap_nor_double() {
    let bureau = Bureau::of("S13").await;
    bureau.number(Series::Batch, GROUP, None).await;
    bureau.look(FIFTH).await;
    assert_eq!(bureau.files(), ["2026/batch-1.docx"]);
    assert_eq!(bureau.issued().await.len(), 1);
    let next = bureau.number(Series::Batch, "G/other|batch-form-issued|size5", None).await;
    assert_eq!(next.number, 2);
}

#[tokio::test]
async fn a_form_is_written_though_nobody_is_told_of_it_any_more() {
    let bureau = Bureau::of("S11").await;
    let no = TicketNo::new("20260615001011");
    let subject = format!("T/{no}/r1|overdue-3|1782262800");
    bureau.number(Series::Order, &subject, Some((no, 1))).await;
    // Concluded meanwhile: the number is taken, and its paper must be there.
    bureau.look("2026-06-24T16:00").await;
    assert_eq!(bureau.files(), ["2026/order-1.docx"]);
    assert!(bureau.words("2026/order-1.docx").contains("■逾期第3日"));
}

#[tokio::test]
async fn a_running_watcher_files_an_order_by_hand_and_waits_for_its_answer() {
    let bureau = Bureau::of("S11").await;
    let mut watcher = bureau.watcher("2026-06-22T10:00").await;
    watcher.cycle(instant("2026-06-22T10:00")).await.unwrap();
    let no = TicketNo::new("20260615001011");
    let form = NewForm {
        series: Series::Order,
        year: 2026,
        subject: format!("T/{no}/r1|by-hand|"),
        remembered_by: Some((no, 1)),
    };
    bureau.outbox.issue_forms(&[form], instant("2026-06-22T10:01")).await.unwrap();
    let report = watcher.cycle(instant("2026-06-22T10:02")).await.unwrap();
    assert!(report.forms.is_none() && report.planned == 1, "{report:?}");
    assert_eq!(bureau.files(), ["2026/order-1.docx"]);
    watcher.cycle(instant("2026-06-26T09:00")).await.unwrap();
    assert_eq!(bureau.facts(Kind::SupervisionDue).await["order"], Fact::Text("〔2026〕1号".into()));
}

#[test]
fn simulate_tells_of_forms_and_writes_none() {
    let rows = [
        ("S11", "2026-06-24", "2026-06-25", "督办〔2026〕1号已存入受控目录 forms/2026/order-1,"),
        ("S13", "2026-03-16", "2026-03-17", "批办单已存入受控目录 forms/2026/batch-1。"),
    ];
    for (story, from, to, words) in rows {
        let empty = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_duban"));
        command.current_dir(&empty).args(["simulate", "--json", "--from", from, "--to", to, "--history"]);
        let output = command.arg(history(story)).output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let told: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mails: Vec<&str> = told.iter().filter_map(|told| told["text"]["email"].as_str()).collect();
        assert!(mails.iter().any(|mail| mail.contains(words)), "{story}: {mails:#?}");
        assert_eq!(fs::read_dir(empty).unwrap().count(), 0, "{story}");
    }
}

fn instant(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}:00+08:00")).unwrap().to_utc()
}

fn history(story: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/histories/{story}.csv"))
}

/// A story's store, a ledger and a folder of forms.
struct Bureau {
    store: Arc<Store>,
    outbox: Outbox,
    folder: PathBuf,
    _dir: tempfile::TempDir,
}

impl Bureau {
    async fn of(story: &str) -> Self {
        let map = ColumnMap::built_in().unwrap();
        let reader = map.reader(NumberKey::new([7; 32]));
        let store = Arc::new(Store::History(HistoryStore::from_csv(&history(story), &map, &reader).unwrap()));
        let dir = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(dir.path().join("ledger.db")).await.unwrap();
        Self { store, outbox, folder: dir.path().join("forms"), _dir: dir }
    }

    /// A process that starts at `now`.
    async fn watcher(&self, now: &str) -> Watcher {
        let Store::History(history) = &*self.store else { panic!("a history") };
        history.set_now(instant(now));
        let roster = include_str!("../fixtures/samples/roster.csv");
        let parts = WatcherParts {
            store: self.store.clone(),
            outbox: self.outbox.clone(),
            reader: Arc::new(ColumnMap::built_in().unwrap().reader(NumberKey::new([7; 32]))),
            policy: Arc::new(Policy {
                calendar: Calendar::new(&embedded().unwrap(), &[]).unwrap(),
                rules: Rules::embedded().unwrap(),
                roster: Some(Arc::new(Roster::from_csv("roster.csv", roster).unwrap())),
            }),
            watch: Watch { since: DateTime::UNIX_EPOCH },
            forms: FormParts { settings: forms::Settings::default(), cabinet: Cabinet::Folder(self.folder.clone()) },
            state: None,
        };
        Watcher::new(parts, instant(now)).await.unwrap()
    }

    /// A process that starts at `now` and looks once.
    async fn look(&self, now: &str) -> CycleReport {
        self.watcher(now).await.cycle(instant(now)).await.unwrap()
    }

    async fn number(&self, series: Series, subject: &str, remembered_by: Option<(TicketNo, u16)>) -> IssuedForm {
        let form = NewForm { series, year: 2026, subject: subject.to_owned(), remembered_by };
        self.outbox.issue_forms(&[form], instant("2026-06-24T09:00")).await.unwrap().remove(0)
    }

    async fn issued(&self) -> Vec<IssuedForm> {
        self.outbox.forms(FormFilter::Since(DateTime::UNIX_EPOCH)).await.unwrap()
    }

    async fn facts(&self, kind: Kind) -> Facts {
        let listed = self.outbox.list(&Filter::All, 1000).await.unwrap();
        listed.into_iter().find(|row| row.notice.key.kind == kind).expect("it is kept").notice.facts
    }

    fn files(&self) -> Vec<String> {
        let years = fs::read_dir(&self.folder).unwrap().map(|year| year.unwrap().path());
        let files = years.flat_map(|year| fs::read_dir(year).unwrap()).map(|file| file.unwrap().path());
        files.map(|file| file.strip_prefix(&self.folder).unwrap().display().to_string()).collect()
    }

    /// The words of a form; its parts are stored and not packed.
    fn words(&self, name: &str) -> String {
        let bytes = fs::read(self.folder.join(name)).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let runs = text.split("<w:t ").skip(1).filter_map(|run| run.split_once('>')?.1.split_once("</w:t>"));
        runs.map(|(words, _)| words).collect::<Vec<_>>().join("|")
    }
}
