//! Reads files and environment once, and refuses what does not fit.
