//! What is put on paper: forms, folded from tickets and ledger.

pub mod forms;
