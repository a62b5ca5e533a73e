//! Delivers a message; a file per provider.
