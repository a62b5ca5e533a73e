//! What the program tells its operator about itself: the log, counters, and
//! when each background task last ran.
//!
//! Nothing here is about a citizen: a log line carries ticket numbers, keys,
//! codes and counts, under the names in [`field`]. The rooms below write their
//! lines with `tracing` alone and know nothing of this room.

mod chain;
mod counters;
pub mod field;
mod log;
mod pulse;
mod tasks;
mod vitals;

pub use chain::chain;
pub use counters::{Counter, Counters};
pub use log::{Form, LogError, Settings, Sink, start};
pub use pulse::{Pulse, Pulses};
pub use tasks::{Run, Task, Tasks};
pub use vitals::{Look, Reloaded, State, Vitals};
