//! What is put on paper: forms, the five rates and bulletins, folded from tickets
//! and ledger.

pub mod bulletin;
pub mod forms;
pub mod json;
pub mod rates;
