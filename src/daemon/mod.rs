//! Start, wake, stop.
