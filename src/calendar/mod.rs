//! Working days: which they are, and how to count them.

pub mod civil;
