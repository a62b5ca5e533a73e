//! One row as a store gave it: text by column, nothing interpreted.

use super::{Columns, Field};

/// How many columns there are.
const COLUMNS: usize = Field::Updated as usize + 1;

/// A raw row. A column the store does not have is told from an empty cell, and
/// the row cannot be printed: it is full of citizen data.
#[derive(Clone)]
pub struct RawRow {
    /// All cells behind each other: a row costs one allocation, not forty.
    text: String,
    /// Where the cell of each column that is there lies in the text.
    cells: [(usize, usize); COLUMNS],
    columns: Columns,
}

impl RawRow {
    /// A row without any column.
    pub fn new() -> Self {
        Self { text: String::new(), cells: [(0, 0); COLUMNS], columns: Columns::default() }
    }

    /// Sets a cell; the empty text is an empty cell of a column that exists.
    pub fn set(&mut self, field: Field, text: &str) {
        if self.text.capacity() == 0 {
            self.text.reserve(512);
        }
        let start = self.text.len();
        self.text.push_str(text);
        self.cells[field as usize] = (start, self.text.len());
        self.columns.add(field);
    }

    /// The cell's text as stored; `None` if the store has no such column.
    pub fn get(&self, field: Field) -> Option<&str> {
        let (start, end) = self.cells[field as usize];
        self.columns.has(field).then(|| &self.text[start..end])
    }

    /// A hash of all cells, the same in every build: another hash means that the
    /// row changed. Two rows that differ in one place never share it.
    pub fn hash(&self) -> [u8; 8] {
        Field::ALL.into_iter().fold(0, |hash, field| hash_cell(hash, self.get(field))).to_le_bytes()
    }

    /// The columns the store has.
    pub fn columns(&self) -> Columns {
        self.columns
    }
}

impl PartialEq for RawRow {
    fn eq(&self, other: &Self) -> bool {
        Field::ALL.into_iter().all(|field| self.get(field) == other.get(field))
    }
}

impl Eq for RawRow {}

/// Takes a cell into a hash, eight bytes at a time. Each step can be undone, so
/// a single difference is never lost.
fn hash_cell(hash: u64, cell: Option<&str>) -> u64 {
    let mix = |hash: u64, word: u64| {
        let mixed = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 29)
    };
    let Some(text) = cell else {
        return mix(hash, u64::MAX);
    };
    let (words, tail) = text.as_bytes().as_chunks();
    let hash = words.iter().fold(mix(hash, text.len() as u64), |hash, word| mix(hash, u64::from_le_bytes(*word)));
    if tail.is_empty() { hash } else { mix(hash, tail.iter().rfold(0, |word, byte| word << 8 | u64::from(*byte))) }
}

impl Default for RawRow {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for RawRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RawRow(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[(Field, &str)]) -> RawRow {
        let mut row = RawRow::new();
        for (field, text) in cells {
            row.set(*field, text);
        }
        row
    }

    #[test]
    fn the_hash_of_a_row_tells_every_difference() {
        let rows = [
            row(&[]),
            row(&[(Field::TicketNo, "")]),
            row(&[(Field::TicketNo, "1")]),
            row(&[(Field::Origin, "1")]),
            row(&[(Field::TicketNo, "1"), (Field::Origin, "2")]),
            row(&[(Field::TicketNo, "12"), (Field::Origin, "")]),
            row(&[(Field::TicketNo, "1\0")]),
        ];
        for (at, one) in rows.iter().enumerate() {
            for other in &rows[..at] {
                assert_ne!(one.hash(), other.hash());
            }
        }
    }

    #[test]
    fn the_hash_of_a_row_is_the_same_in_every_build() {
        let row = row(&[(Field::TicketNo, "20260903A0073"), (Field::Status, "处理中")]);
        assert_eq!(hex::encode(row.hash()), "bbdaa6e574beb9fc");
    }

    #[test]
    fn a_cell_that_is_set_again_has_the_new_text() {
        let mut one = row(&[(Field::Status, "待处置"), (Field::Origin, "12345")]);
        one.set(Field::Status, "处理中");
        let other = row(&[(Field::Origin, "12345"), (Field::Status, "处理中")]);
        assert_eq!(one.get(Field::Status), Some("处理中"));
        assert!(one == other && one.hash() == other.hash());
    }

    #[test]
    fn a_row_does_not_print_its_cells() {
        assert_eq!(format!("{:?}", row(&[(Field::CitizenName, "张先生")])), "RawRow(***)");
    }
}
