//! Imports: what a second one changes, and what a broken one leaves.

use std::{
    fs,
    path::{Path, PathBuf},
    pin::pin,
    task::{Context, Poll, Waker},
};

use duban::{
    source::{
        ColumnMap, Cursor, Export, FileRow, ImportReport, Place, Rows, SourceError, SqliteStore, SqliteStoreWriter,
        Step, gathered, import,
    },
    ticket::{Field, NumberKey, RawRow, Reader, TicketNo},
};
use tempfile::TempDir;

#[tokio::test]
async fn the_samples_give_300_tickets_and_the_same_file_again_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tickets.db");
    let first = import_file(&path, "export-utf8.csv").await;
    assert_eq!(first, ImportReport { rows: 324, new: 300, ..ImportReport::default() });
    let store = SqliteStore::open(&path).await.unwrap();
    let (before, cursor) = everything(&store).await;
    assert_eq!(before.iter().map(|ticket| ticket.rows.len()).sum::<usize>(), 324);

    let again = import_file(&path, "export-utf8.csv").await;
    assert_eq!(again, ImportReport { rows: 324, unchanged: 300, ..ImportReport::default() });
    let other = import_file(&path, "export-gb18030.csv").await;
    assert_eq!(other.unchanged, 300);
    let page = store.changed(cursor, 10).await.unwrap();
    assert!(page.tickets.is_empty() && !page.more);
    assert_eq!(everything(&store).await.0, before);
}

#[tokio::test]
async fn rows_of_a_ticket_keep_the_order_of_the_file_though_others_stand_between() {
    let folder = TempDir::new().unwrap();
    let store = Folder(&folder);
    store.import(&["A1|处理中|1", "B1|处理中|1", "a1 |已办结|1", "C1||1"]).await.unwrap();
    assert_eq!(store.show().await, ["A1: 处理中/已办结", "B1: 处理中", "C1: "]);
}

#[tokio::test]
async fn a_newer_export_updates_and_an_older_one_does_not_turn_back() {
    let folder = TempDir::new().unwrap();
    let store = Folder(&folder);
    store.import(&["A1|处理中|2", "B1|处理中|2", "C1|待处置|2"]).await.unwrap();
    let report = store.import(&["A1|已办结|3", "B1|待处置|1", "C1|处理中|", "D1|待处置|1"]).await.unwrap();
    assert_eq!((report.new, report.changed, report.unchanged, report.older), (1, 2, 0, 1));
    assert_eq!(store.show().await, ["A1: 已办结", "B1: 处理中", "C1: 处理中", "D1: 待处置"]);
}

#[tokio::test]
async fn a_ticket_with_one_row_not_older_is_replaced() {
    let folder = TempDir::new().unwrap();
    let store = Folder(&folder);
    store.import(&["A1|处理中|2"]).await.unwrap();
    store.import(&["A1|待处置|1", "A1|已办结|2"]).await.unwrap();
    assert_eq!(store.show().await, ["A1: 待处置/已办结"]);
    store.import(&["A1|已归档|4"]).await.unwrap();
    assert_eq!(store.show().await, ["A1: 已归档"], "rows that the export no longer has are gone");
}

#[tokio::test]
async fn a_narrower_export_keeps_the_columns_that_it_lacks() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tickets.db");
    import_file(&path, "export-utf8.csv").await;
    let store = SqliteStore::open(&path).await.unwrap();
    let (before, cursor) = everything(&store).await;
    let mut narrow = RawRow::new();
    let no = &before[0].no;
    narrow.set(Field::TicketNo, no.as_str());
    narrow.set(Field::Status, "已归档");
    let mut new = narrow.clone();
    new.set(Field::TicketNo, "NEW1");
    import_rows(&path, vec![Ok(narrow), Ok(new)]).await.unwrap();
    let page = store.changed(cursor, 10).await.unwrap();
    assert_eq!(page.tickets.len(), 2);
    let after = store.read(std::slice::from_ref(no)).await.unwrap().remove(0).rows.remove(0);
    for field in Field::ALL {
        let expected = if field == Field::Status { Some("已归档") } else { before[0].rows[0].get(field) };
        assert_eq!(after.get(field), expected, "{}", field.id());
    }
    let new = store.read(&[TicketNo::new("NEW1")]).await.unwrap().remove(0).rows.remove(0);
    assert_eq!(new.get(Field::Received), Some(""), "the store has the column");
    assert_eq!(new.get(Field::Reassigned), None, "the store does not have the column");
}

#[tokio::test]
async fn an_export_without_change_times_is_never_older() {
    let folder = TempDir::new().unwrap();
    let store = Folder(&folder);
    store.import(&["A1|待处置|1", "A1|处理中|2"]).await.unwrap();
    let mut row = RawRow::new();
    row.set(Field::TicketNo, "A1");
    row.set(Field::Status, "已办结");
    assert_eq!(import_rows(&store.path(), vec![Ok(row)]).await.unwrap().changed, 1);
    assert_eq!(store.show().await, ["A1: 已办结"]);
}

#[tokio::test]
async fn rows_without_a_number_are_counted_and_left_out() {
    let folder = TempDir::new().unwrap();
    let report = Folder(&folder).import(&["A1|处理中|1", " |处理中|1"]).await.unwrap();
    assert_eq!((report.rows, report.skipped_rows, report.new), (1, 1, 1));
}

#[tokio::test]
async fn an_error_among_the_rows_keeps_nothing() {
    let folder = TempDir::new().unwrap();
    let store = Folder(&folder);
    store.import(&["A1|处理中|1"]).await.unwrap();
    let mut rows: Vec<_> = (0..700).map(|at| Ok(row(&format!("N{at}|处理中|1")))).collect();
    rows.push(Err(SourceError::HalfWritten { place: place(), what: "it ends" }));
    let error = import_rows(&store.path(), rows).await.unwrap_err();
    assert!(matches!(error, SourceError::HalfWritten { .. }));
    assert_eq!(store.show().await, ["A1: 处理中"]);
}

#[tokio::test]
async fn a_daemon_reads_the_old_state_while_an_import_writes() {
    let folder = TempDir::new().unwrap();
    let store = Folder(&folder);
    store.import(&["A1|处理中|1"]).await.unwrap();
    let daemon = SqliteStore::open(&store.path()).await.unwrap();
    let mut writer = SqliteStoreWriter::open(&store.path()).await.unwrap();
    let rows = (0_u64..).map(|at| Ok(file_row(row(&format!("N{at}|处理中|1")))));
    let mut seen = 0;
    {
        let (reader, mut progress) = (reader(), |_| seen += 1);
        let mut import = pin!(import(rows, &mut writer, &reader, &mut progress));
        // Some steps into the transaction, then the import is dropped as a crash would.
        for _ in 0..60 {
            if let Poll::Ready(end) = import.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                panic!("rows without end came to an end: {end:?}");
            }
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            assert_eq!(everything(&daemon).await.0.len(), 1);
        }
    }
    assert!(seen > 0);
    drop(writer);
    assert_eq!(store.show().await, ["A1: 处理中"]);
    assert_eq!(store.import(&["B1|处理中|1"]).await.unwrap().new, 1, "the store is free again");
}

#[tokio::test]
async fn what_a_killed_import_leaves_on_the_disk_is_the_old_state() {
    let folder = TempDir::new().unwrap();
    let store = Folder(&folder);
    store.import(&["A1|处理中|1"]).await.unwrap();
    let copy = TempDir::new().unwrap();
    let (from, to) = (folder.path().to_owned(), copy.path().to_owned());
    // At every step the files are copied, as a killed process would leave them.
    let mut writer = SqliteStoreWriter::open(&store.path()).await.unwrap();
    let mut progress = move |_| {
        for file in fs::read_dir(&from).unwrap().map(Result::unwrap) {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    };
    let rows = (0..3000).map(|at| Ok(file_row(row(&format!("N{at}|处理中|1")))));
    import(rows, &mut writer, &reader(), &mut progress).await.unwrap();
    assert_eq!(Folder(&copy).show().await, ["A1: 处理中"]);
    assert_eq!(everything(&SqliteStore::open(&store.path()).await.unwrap()).await.0.len(), 3001);
}

#[tokio::test]
async fn every_number_that_the_reader_knows_fits_the_store() {
    let folder = TempDir::new().unwrap();
    let blanks = ('\u{0}'..='\u{ffff}').filter(|c| c.is_whitespace() || c.is_control() || !c.is_alphanumeric());
    let rows = blanks
        .filter(|c| *c != '\0')
        .filter(|c| *c != '|')
        .flat_map(|c| [format!("{c}a1{c}|待处置|1"), format!("a1{c}b|待处置|1")]);
    let rows: Vec<_> = rows.map(|text| Ok(row(&text))).collect();
    let report = import_rows(&folder.path().join("tickets.db"), rows).await.unwrap();
    assert!(report.new > 1000, "{report:?}");
}

#[tokio::test]
async fn a_dry_run_gathers_the_same_tickets() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/samples/export.xlsx");
    let export = Export::open(&file, &ColumnMap::built_in().unwrap()).unwrap();
    let (tickets, skipped) = gathered(export, &reader()).unwrap();
    assert_eq!((tickets.len(), skipped), (300, 0));
    assert_eq!(tickets.iter().map(|ticket| ticket.rows.len()).sum::<usize>(), 324);
}

#[tokio::test]
async fn progress_is_told_on_reading_and_on_comparing() {
    let folder = TempDir::new().unwrap();
    let mut writer = SqliteStoreWriter::open(&folder.path().join("tickets.db")).await.unwrap();
    let mut steps = Vec::new();
    let mut progress = |step| steps.push(step);
    let rows = (0..1200).map(|at| Ok(file_row(row(&format!("N{at}|处理中|1")))));
    import(rows, &mut writer, &reader(), &mut progress).await.unwrap();
    writer.close().await.unwrap();
    assert_eq!(steps.first(), Some(&Step::Read(200)));
    assert!(steps.contains(&Step::Read(1200)));
    assert_eq!(steps.last(), Some(&Step::Compared(1200)));
}

/// A folder with a store in it.
struct Folder<'a>(&'a TempDir);

impl Folder<'_> {
    fn path(&self) -> PathBuf {
        self.0.path().join("tickets.db")
    }

    async fn import(&self, rows: &[&str]) -> Result<ImportReport, SourceError> {
        import_rows(&self.path(), rows.iter().map(|text| Ok(row(text))).collect()).await
    }

    /// Each ticket with the states of its rows, by number.
    async fn show(&self) -> Vec<String> {
        let (mut tickets, _) = everything(&SqliteStore::open(&self.path()).await.unwrap()).await;
        tickets.sort_by(|one, other| one.no.cmp(&other.no));
        let states =
            |ticket: &Rows| ticket.rows.iter().map(|row| row.get(Field::Status).unwrap()).collect::<Vec<_>>().join("/");
        tickets.iter().map(|ticket| format!("{}: {}", ticket.no, states(ticket))).collect()
    }
}

/// `number|state|day` as a row.
fn row(text: &str) -> RawRow {
    let cells: Vec<&str> = text.split('|').collect();
    let mut row = RawRow::new();
    row.set(Field::TicketNo, cells[0]);
    row.set(Field::Status, cells[1]);
    row.set(
        Field::Updated,
        &if cells[2].is_empty() { String::new() } else { format!("2026-09-0{} 10:00:00", cells[2]) },
    );
    row
}

fn place() -> Place {
    Place { file: "rows".into(), sheet: None, row: 1 }
}

fn file_row(cells: RawRow) -> FileRow {
    FileRow { place: place(), cells }
}

fn reader() -> Reader {
    ColumnMap::built_in().unwrap().reader(NumberKey::new([0; 32]))
}

async fn import_rows(path: &Path, rows: Vec<Result<RawRow, SourceError>>) -> Result<ImportReport, SourceError> {
    let mut writer = SqliteStoreWriter::open(path).await?;
    import(rows.into_iter().map(|row| row.map(file_row)), &mut writer, &reader(), &mut |_| {}).await
}

async fn import_file(path: &Path, name: &str) -> ImportReport {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/samples").join(name);
    let mut export = Export::open(&file, &ColumnMap::built_in().unwrap()).unwrap();
    let mut writer = SqliteStoreWriter::open(path).await.unwrap();
    import(export.by_ref(), &mut writer, &reader(), &mut |_| {}).await.unwrap()
}

async fn everything(store: &SqliteStore) -> (Vec<Rows>, Cursor) {
    let (mut all, mut cursor) = (Vec::new(), Cursor::start());
    loop {
        let page = store.changed(cursor, 97).await.unwrap();
        all.extend(page.tickets);
        cursor = page.cursor;
        if !page.more {
            return (all, cursor);
        }
    }
}
