//! What can be wrong with the settings of a channel.

use std::path::PathBuf;

/// A fault that keeps a channel from being opened.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// A setting that does not fit.
    #[error("channel `{channel}`, {field}: {why}")]
    Setting { channel: String, field: String, why: String },
    /// A file or folder that a setting names cannot be used.
    #[error("channel `{channel}`, {field}: `{}` cannot be used", path.display())]
    Path { channel: String, field: &'static str, path: PathBuf, source: std::io::Error },
    /// Two channels with one name.
    #[error("channel `{channel}`: there is another one of this name; names are unique over all kinds")]
    NameTwice { channel: String },
}

/// Something odd that is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The channel.
    pub channel: String,
    /// The setting.
    pub field: String,
    /// What is odd about it, and what to do.
    pub what: String,
}

impl ChannelError {
    pub(super) fn setting(channel: &str, field: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Setting { channel: channel.to_owned(), field: field.into(), why: why.into() }
    }
}
