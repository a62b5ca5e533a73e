//! Reads tickets; a file per kind of store, one column map for all.
