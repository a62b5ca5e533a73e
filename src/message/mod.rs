//! A notice becomes words that fit the channel.
