//! What a calendar is made of, named so that a ledger can say since when it is so.

use sha2::{Digest, Sha256};

use super::{Overlay, YearFile};

/// One file of a calendar: of a year, or of local closures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// `2027` for a year, `local/` and its file for an overlay.
    pub name: String,
    /// Equal content, equal digest.
    pub digest: String,
    /// The notice that stands, as the file gives it, else the file; the reasons of an overlay.
    pub source: String,
    /// What makes one doubt that a year is whole; see [`YearFile::doubts`].
    pub doubts: Vec<String>,
}

impl Part {
    /// A year file.
    pub fn of_year(file: &YearFile) -> Part {
        let source = file.papers().last().cloned().unwrap_or_else(|| file.file().to_owned());
        Part { name: file.year().to_string(), digest: digest(&file.text()), source, doubts: file.doubts() }
    }

    /// An overlay.
    pub fn of_overlay(overlay: &Overlay) -> Part {
        let file = overlay.file().rsplit(['/', '\\']).next().unwrap_or_default();
        let days = overlay.days().iter().map(|day| format!("{} {} {}\n", day.date, day.works, day.reason));
        let mut reasons: Vec<&str> = overlay.days().iter().map(|day| day.reason.as_str()).collect();
        reasons.dedup();
        Part {
            name: format!("local/{file}"),
            digest: digest(&days.collect::<String>()),
            source: reasons.join(";"),
            doubts: Vec::new(),
        }
    }

    /// The year, if it is a year's.
    pub fn year(&self) -> Option<i32> {
        self.name.parse().ok()
    }
}

fn digest(text: &str) -> String {
    hex::encode(&Sha256::digest(text)[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR: &str = r#"{"year": 2027, "papers": ["old", "new"], "days": [
        {"name": "元旦", "date": "2027-01-01", "isOffDay": true}]}"#;

    #[test]
    fn a_part_names_the_notice_that_stands() {
        let part = Part::of_year(&YearFile::parse("a/2027.json", YEAR).unwrap());
        assert_eq!((part.name.as_str(), part.source.as_str(), part.year()), ("2027", "new", Some(2027)));
        let without = YEAR.replace(r#""old", "new""#, "");
        assert_eq!(Part::of_year(&YearFile::parse("a/2027.json", &without).unwrap()).source, "a/2027.json");
    }

    #[test]
    fn a_digest_is_that_of_the_content_not_of_the_file() {
        let overlay = |file: &str, reason: &str| {
            let text = format!(r#"{{"days": [{{"date": "2026-11-05", "works": false, "reason": "{reason}"}}]}}"#);
            Part::of_overlay(&Overlay::parse(file, &text).unwrap())
        };
        assert_eq!(overlay("a/x.json", "进博会").digest, overlay("b/x.json", "进博会").digest);
        assert_ne!(overlay("a/x.json", "进博会").digest, overlay("a/x.json", "台风").digest);
        assert_eq!(
            (overlay("a/x.json", "台风").name.as_str(), overlay("a/x.json", "台风").year()),
            ("local/x.json", None)
        );
    }

    #[test]
    fn the_shipped_years_leave_no_doubt_and_a_part_of_one_does() {
        for file in crate::calendar::embedded().unwrap() {
            assert_eq!(file.doubts(), [""; 0], "{}", file.year());
        }
        let doubts = YearFile::parse("2027.json", YEAR).unwrap().doubts();
        assert!(doubts[0].contains("春节") && !doubts[0].contains("元旦"), "{doubts:?}");
    }
}
