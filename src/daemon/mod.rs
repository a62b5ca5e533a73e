//! The corridor: start, wake, stop. It opens the other rooms' doors in order
//! and decides nothing itself.

pub mod book;
pub mod watcher;

pub use watcher::{CycleReport, Watcher, WatcherParts};
