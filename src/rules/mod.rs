//! The limits of the hotline and the deadlines they give a ticket.
//!
//! Settings are data (`config/rules.toml`), each with its article. A deadline
//! carries what it was made from, so that its proof can be told day by day at
//! any later time. Nothing here knows of notices.

pub mod attempts;
pub mod burst;
pub mod deadline;
mod duties;
pub mod findings;
pub mod grant;
mod modes;
pub mod proof;
pub mod rates;
pub mod repeat;
pub mod settings;
pub mod standing;
pub mod state;
mod time_of_day;

pub use attempts::Attempts;
pub use deadline::{Count, Deadline};
pub use settings::{Rules, RulesError};
pub use standing::{Grant, RoundFacts, Standing};
pub use state::{Class, ConclusionFrom, Regime, State};
