//! The rows of an answer, all as text.

use std::ops::Range;

/// Rows of equal width; all cells behind each other in one text, so that a row of
/// fifty cells costs no allocation of its own.
#[derive(Debug, Default)]
pub(in crate::source) struct Answer {
    text: String,
    cells: Vec<Option<Range<usize>>>,
    width: usize,
}

impl Answer {
    pub fn new(width: usize) -> Self {
        Self { text: String::new(), cells: Vec::new(), width }
    }

    /// Adds the next cell. What is no UTF-8 cannot be read anyway.
    pub fn push(&mut self, cell: Option<&[u8]>) {
        self.cells.push(cell.map(|bytes| {
            let start = self.text.len();
            self.text.push_str(&String::from_utf8_lossy(bytes));
            start..self.text.len()
        }));
    }

    pub fn len(&self) -> usize {
        self.cells.len().checked_div(self.width).unwrap_or(0)
    }

    /// A cell; none if it is NULL.
    pub fn get(&self, row: usize, column: usize) -> Option<&str> {
        let cell = self.cells.get(row * self.width + column)?.as_ref()?;
        Some(&self.text[cell.clone()])
    }
}
