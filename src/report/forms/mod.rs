//! The bureau's two forms as .docx: the form of art. 13 (批办单) and the
//! supervision order (督办单).
//!
//! A form is a struct of its facts, and the same facts give the same bytes.
//! Opinions, signatures and dates of signing are left blank for people. Of the
//! citizen there stands only what [`Masked`] lets through, and of the complaint
//! itself nothing: the desk writes its summary by hand.

use std::io::Cursor;

use chrono::{DateTime, Datelike, Utc};
use serde::Deserialize;

use crate::{calendar::civil, notice::form_number};

mod batch;
mod masked;
mod order;
mod sheet;

pub use batch::{BatchForm, BatchTicket, Member};
pub use masked::Masked;
pub use order::{Named, OrderForm};

/// `[forms]`: whose forms they are, and where they are kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The bureau, at the head of both forms.
    pub bureau: String,
    /// The office that issues them and gets the answers.
    pub desk: String,
    /// The folder of the files, beneath the state folder.
    pub folder: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { bureau: "青浦区水务局".to_owned(), desk: "综合管理科".to_owned(), folder: "forms".to_owned() }
    }
}

/// A form that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum FormsError {
    /// The document could not be put together.
    #[error("the document of form {number} cannot be put together")]
    Document {
        number: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Which form it is of its series and year, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub year: i32,
    pub number: u32,
    pub issued: DateTime<Utc>,
}

impl Head {
    fn number(self) -> String {
        form_number(self.year, self.number)
    }

    /// `2026年3月16日`.
    fn date(self) -> String {
        let day = civil::day_of(self.issued);
        format!("{}年{}月{}日", day.year(), day.month(), day.day())
    }

    /// The bytes of a document that is dated with the form.
    fn pack(self, docx: docx_rs::Docx) -> Result<Vec<u8>, FormsError> {
        let at = civil::iso(self.issued);
        let mut bytes = Cursor::new(Vec::new());
        let packed = docx.created_at(&at).updated_at(&at).pack(&mut bytes);
        packed.map_err(|source| FormsError::Document { number: self.number(), source: source.into() })?;
        Ok(bytes.into_inner())
    }
}

/// Boxes to tick in one line.
const BOXES: usize = 4;

/// `■重复反映5次以上  □其他`: rows of boxes, those of `ticked` filled.
fn boxes(all: &[&str], ticked: &str) -> String {
    let one = |name: &&str| format!("{}{name}", if *name == ticked { '■' } else { '□' });
    let line = |names: &[&str]| names.iter().map(one).collect::<Vec<_>>().join("  ");
    all.chunks(BOXES).map(line).collect::<Vec<_>>().join("\n")
}
