//! One row as a store gave it: text by column, nothing interpreted.

use super::{Columns, Field};

/// How many columns there are.
const COLUMNS: usize = Field::Updated as usize + 1;

/// A raw row. A column the store does not have is told from an empty cell, and
/// the row cannot be printed: it is full of citizen data.
#[derive(Clone, PartialEq, Eq)]
pub struct RawRow {
    cells: [Option<Box<str>>; COLUMNS],
}

impl RawRow {
    /// A row without any column.
    pub fn new() -> Self {
        Self { cells: [const { None }; COLUMNS] }
    }

    /// Sets a cell; the empty text is an empty cell of a column that exists.
    pub fn set(&mut self, field: Field, text: &str) {
        self.cells[field as usize] = Some(text.into());
    }

    /// The cell's text as stored; `None` if the store has no such column.
    pub fn get(&self, field: Field) -> Option<&str> {
        self.cells[field as usize].as_deref()
    }

    /// The columns the store has.
    pub fn columns(&self) -> Columns {
        let mut columns = Columns::default();
        for field in Field::ALL {
            if self.cells[field as usize].is_some() {
                columns.add(field);
            }
        }
        columns
    }
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
