//! Log set-up, field names, counters, task status.
