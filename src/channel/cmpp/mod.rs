//! SMS over CMPP.

pub mod codec;
