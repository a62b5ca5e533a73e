//! The names of the fields of a log line: one name for one thing, everywhere.
//!
//! `info!(ticket.no = %no, notice.kind = %kind, "kept {kind} for {no}")`

/// The number of a ticket.
pub const TICKET_NO: &str = "ticket.no";
/// The code of a unit.
pub const UNIT_ID: &str = "unit.id";
/// The key of a notice.
pub const NOTICE_KEY: &str = "notice.key";
/// The kind of a notice.
pub const NOTICE_KIND: &str = "notice.kind";
/// A leg's number in the ledger.
pub const LEG_ID: &str = "leg.id";
/// The channel's name.
pub const CHANNEL_NAME: &str = "channel.name";
/// The class of a channel's answer.
pub const OUTCOME: &str = "outcome";
/// Which attempt of a leg it is, from 1.
pub const ATTEMPT: &str = "attempt";
/// A background task.
pub const TASK_NAME: &str = "task.name";
/// The ticket store's name.
pub const SOURCE_NAME: &str = "source.name";
/// The file that a line is about.
pub const FILE: &str = "file";
/// How long something took.
pub const DURATION_MS: &str = "duration_ms";
/// How many.
pub const COUNT: &str = "count";
/// What went wrong, with its causes.
pub const ERROR: &str = "error";
