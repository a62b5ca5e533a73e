//! An error told once, with its causes.

use std::error::Error;

/// An error and its causes in one line; a cause that its effect has already told
/// is not told again.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string().trim_end().to_owned();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(more.trim_end()) {
            text.push_str(": ");
            text.push_str(more.trim_end());
        }
        cause = error.source();
    }
    text
}
