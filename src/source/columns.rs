//! The column map: which header of an export, or which column of a database, is
//! which column of a ticket.
//!
//! Headers are compared after NFKC, in lower case, without spaces and
//! punctuation, so that `接 收 时 间`, `接收时间：` and `RECV_TIME` against
//! `recvTime` need no entry of their own. What a value means is in the table
//! `[words]`, which the room `ticket` reads.

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use chrono::FixedOffset;
use serde::Deserialize;
use toml::Spanned;
use unicode_normalization::UnicodeNormalization;

use super::{
    SourceError,
    database::tables::{Child, FieldName, Main, Tables},
};
use crate::ticket::{Field, NumberKey, Reader, Words};

/// The column map that is built in.
pub const DEFAULT: &str = include_str!("../../config/columns/default.toml");

/// The columns without which no ticket can be judged.
pub const REQUIRED: [Field; 3] = [Field::TicketNo, Field::Origin, Field::Received];

/// Headers by column, and the zone of times that name none.
#[derive(Clone, Debug)]
pub struct ColumnMap {
    /// The zone of the store's local times.
    pub zone: FixedOffset,
    /// What the store's words mean: the embedded ones and those of `[words]`.
    pub words: Words,
    /// Where the tickets lie in a platform's database; exports need none.
    pub tables: Option<Tables>,
    /// Normalised header → its column and its rank in the list, 0 first.
    headers: HashMap<String, (Field, usize)>,
    /// What a column is called in errors: the first of its headers.
    first: BTreeMap<Field, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    zone: Spanned<String>,
    columns: Option<BTreeMap<FieldName, Vec<Spanned<String>>>>,
    table: Option<Spanned<Main>>,
    #[serde(default)]
    child: Vec<Child>,
    words: Option<Words>,
}

impl ColumnMap {
    /// The built-in map, `config/columns/default.toml`.
    ///
    /// # Errors
    ///
    /// Never for the file as shipped; a test reads it.
    pub fn built_in() -> Result<Self, SourceError> {
        Self::parse("config/columns/default.toml (built in)", DEFAULT)
    }

    /// A map that is in the binary, by its name.
    pub fn shipped(name: &str) -> Option<Result<Self, SourceError>> {
        let text = match name {
            "default" => DEFAULT,
            "platform-mysql" => include_str!("../../config/columns/platform-mysql.toml"),
            "platform-postgres" => include_str!("../../config/columns/platform-postgres.toml"),
            _ => return None,
        };
        Some(Self::parse(&format!("config/columns/{name}.toml (built in)"), text))
    }

    /// Reads a map; `name` is what errors call it.
    ///
    /// # Errors
    ///
    /// When a key or column is unknown, one header is listed twice, a required
    /// column has no header, the zone cannot be read, or the tables do not fit;
    /// each with its line.
    pub fn parse(name: &str, text: &str) -> Result<Self, SourceError> {
        let raw: Raw = toml::from_str(text)
            .map_err(|source| SourceError::ColumnMap { name: name.to_owned(), source: Box::new(source) })?;
        let fault = |at: usize, fault: String| SourceError::ColumnMapFault {
            name: name.to_owned(),
            line: text[..at].matches('\n').count() + 1,
            fault,
        };
        let zone = raw.zone.as_ref().parse().map_err(|_| {
            fault(raw.zone.span().start, format!("`{}` is no zone; write it as +08:00", raw.zone.as_ref()))
        })?;
        if raw.table.is_none() && !raw.child.is_empty() {
            return Err(fault(0, "there is [[child]] without [table]; name the table of the tickets".to_owned()));
        }
        let tables = raw.table.map(|main| {
            let (line, children) = (main.span().start, raw.child);
            (line, Tables { main: main.into_inner(), children })
        });
        if let Some((line, told)) = tables.as_ref().and_then(|(line, tables)| Some((*line, tables.fault()?))) {
            return Err(fault(line, told));
        }
        let (headers, first) = match (raw.columns, &tables) {
            (Some(columns), _) => listed(&columns).map_err(|(at, told)| fault(at, told))?,
            // A map of a database reads exports by the headers that are built in.
            (None, Some(_)) => {
                let built_in = Self::built_in()?;
                (built_in.headers, built_in.first)
            }
            (None, None) => {
                return Err(fault(0, "there is neither [columns] nor [table]; write one of them".to_owned()));
            }
        };
        let tables = tables.map(|(_, tables)| tables);
        let words = raw.words.unwrap_or_else(Words::embedded);
        Ok(Self { zone, words, tables, headers, first })
    }

    /// A reader of rows under this map; `key` is the ledger's.
    pub fn reader(&self, key: NumberKey) -> Reader {
        Reader::new(self.words.clone(), self.zone, key)
    }

    /// What a column is called in exports, for people.
    pub fn first_header(&self, field: Field) -> &str {
        self.first.get(&field).map_or("", String::as_str)
    }

    /// The column of a header, and its rank among the column's headers.
    pub(super) fn find(&self, header: &str) -> Option<(Field, usize)> {
        self.headers.get(&normal(header)).copied()
    }
}

type Headers = (HashMap<String, (Field, usize)>, BTreeMap<Field, String>);

/// Takes the headers of `[columns]`; what does not fit, with its place.
fn listed(columns: &BTreeMap<FieldName, Vec<Spanned<String>>>) -> Result<Headers, (usize, String)> {
    let mut headers: HashMap<String, (Field, usize)> = HashMap::new();
    for (FieldName(field), synonyms) in columns {
        for (rank, header) in synonyms.iter().enumerate() {
            let key = normal(header.as_ref());
            if key.is_empty() {
                return Err((header.span().start, "an empty header matches nothing; remove it".to_owned()));
            }
            match headers.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert((*field, rank));
                }
                // The same header in another spelling.
                Entry::Occupied(entry) if entry.get().0 == *field => {}
                Entry::Occupied(entry) => {
                    let text = format!(
                        "the header `{}` is listed for `{}` and for `{}`; leave it at one place",
                        header.as_ref(),
                        entry.get().0.id(),
                        field.id()
                    );
                    return Err((header.span().start, text));
                }
            }
        }
    }
    for field in REQUIRED {
        if columns.get(&FieldName(field)).is_none_or(Vec::is_empty) {
            return Err((0, format!("no header is listed for `{}`, which every export must have", field.id())));
        }
    }
    let first = columns.iter().filter_map(|(field, all)| Some((field.0, all.first()?.as_ref().clone()))).collect();
    Ok((headers, first))
}

/// A header as it is compared: NFKC, lower case, letters and digits only.
pub(super) fn normal(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "origin = [\"来源\"]\nreceived = [\"接收时间\"]\n";

    #[test]
    fn the_built_in_map_knows_every_column_by_its_id_and_by_its_chinese_name() {
        let map = ColumnMap::built_in().unwrap();
        for field in Field::ALL {
            assert_eq!(map.find(map.first_header(field)), Some((field, 0)));
            assert!(map.find(field.id()).is_some_and(|(found, _)| found == field), "{}", field.id());
        }
        assert_eq!(map.zone.local_minus_utc(), 8 * 3600);
    }

    #[test]
    fn headers_match_without_width_case_spaces_and_punctuation() {
        let map = ColumnMap::built_in().unwrap();
        for header in
            ["接 收　时间：", "RECV_TIME", "recvTime", "ＲＥＣＶ－ＴＩＭＥ", "\u{feff}\"接收时间\"", "【接收时间】"]
        {
            assert_eq!(map.find(header).unwrap().0, Field::Received, "{header}");
        }
        assert_eq!(map.find("接收时间2"), None);
        assert_eq!(map.find("："), None);
    }

    #[test]
    fn words_of_a_map_are_added_to_the_embedded_ones() {
        let text =
            format!("zone = \"+07:00\"\n[columns]\nticket_no = [\"号\"]\n{REST}[words.status]\nvoid = [\"废件\"]\n");
        let map = ColumnMap::parse("my.toml", &text).unwrap();
        assert!(map.words.status("废件").is_some() && map.words.status("作废").is_some());
        assert_eq!(map.zone.local_minus_utc(), 7 * 3600);
        let error = ColumnMap::parse("my.toml", &text.replace("void", "voided")).unwrap_err();
        let chain = format!("{:#}", anyhow::Error::new(error));
        assert!(chain.contains("line 7") && chain.contains("voided"), "{chain}");
    }

    #[test]
    fn a_fault_in_a_map_is_named_with_its_line() {
        let cases = [
            (
                "zone = \"+08:00\"\n[columns]\nrecieved = [\"接收时间\"]\n".to_owned(),
                "line 3, column 1",
                "`recieved` is no column",
            ),
            ("zones = \"+08:00\"\n[columns]\n".to_owned(), "line 1, column 1", "unknown field `zones`"),
            (
                format!("zone = \"Beijing\"\n[columns]\nticket_no = [\"工单号\"]\n{REST}"),
                "line 1",
                "`Beijing` is no zone",
            ),
            (
                format!("zone = \"+08:00\"\n[columns]\nticket_no = [\"工单号\",\n \"来 源\"]\n{REST}"),
                "line 5",
                "is listed for `ticket_no` and for `origin`",
            ),
            (
                format!("zone = \"+08:00\"\n[columns]\nticket_no = [\"工单号\", \"--\"]\n{REST}"),
                "line 3",
                "an empty header",
            ),
            (format!("zone = \"+08:00\"\n[columns]\n{REST}"), "line 1", "no header is listed for `ticket_no`"),
        ];
        for (text, line, fault) in cases {
            let error = anyhow::Error::new(ColumnMap::parse("my.toml", &text).unwrap_err());
            let chain = format!("{error:#}");
            assert!(chain.contains("my.toml") && chain.contains(line) && chain.contains(fault), "{chain}");
        }
    }
}
