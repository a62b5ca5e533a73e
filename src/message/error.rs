//! What can be wrong with a text.

use crate::notice::{Kind, Medium};

/// A fault of a template or of the wording.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// A file that would never be used.
    #[error("template `{file}`: no notice has a text of this name")]
    UnknownName { file: String },
    /// It cannot be read as a template, or cannot be filled.
    #[error("template `{file}`{}: {what}", at(*line))]
    Template {
        file: String,
        line: Option<usize>,
        /// The expression at fault, or what the engine says of the syntax.
        what: String,
        #[source]
        source: minijinja::Error,
    },
    /// A mail without a subject.
    #[error("template `{file}`, line 1: a mail begins with `Subject: `, the subject, and an empty line")]
    NoSubject { file: String },
    /// A text without words.
    #[error("template `{file}`: it gives an empty text")]
    Empty { file: String },
    /// An SMS that takes more parts than it may.
    #[error(
        "template `{file}`: an SMS of {units} units takes {parts} parts with the longest names, allowed is {limit}"
    )]
    TooLong { file: String, units: usize, parts: usize, limit: usize },
    /// An SMS that seems to have two signatures.
    #[error("template `{file}`: an SMS must not contain 【 or 】, in which carriers look for the signature")]
    Brackets { file: String },
    /// A text to a citizen that says too much.
    #[error("template `{file}`: a text to a citizen must not contain {what}")]
    ToCitizen { file: String, what: &'static str },
    /// A setting of the wording that does not fit.
    #[error("wording.{field}: {why}")]
    Wording { field: &'static str, why: &'static str },
    /// There is no such text.
    #[error("no {medium} text for {count} of {kind}")]
    NoText { kind: Kind, medium: Medium, count: usize },
}

impl MessageError {
    /// The engine's error about the template `file`; a template that it includes
    /// is named in its place.
    pub(super) fn template(file: &str, source: minijinja::Error) -> Self {
        let innermost = innermost(&source);
        let what = match innermost.kind() {
            minijinja::ErrorKind::UndefinedError => format!("`{}` has no such fact", snippet(innermost)),
            _ => innermost.detail().unwrap_or("it cannot be filled").to_owned(),
        };
        let (file, line) = (innermost.name().unwrap_or(file).to_owned(), innermost.line());
        Self::Template { file, line, what, source }
    }

    /// The file at fault.
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::UnknownName { file }
            | Self::Template { file, .. }
            | Self::NoSubject { file }
            | Self::Empty { file }
            | Self::TooLong { file, .. }
            | Self::Brackets { file }
            | Self::ToCitizen { file, .. } => Some(file),
            Self::Wording { .. } | Self::NoText { .. } => None,
        }
    }

    /// The line at fault.
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Template { line, .. } => *line,
            Self::NoSubject { .. } => Some(1),
            Self::UnknownName { .. }
            | Self::Empty { .. }
            | Self::TooLong { .. }
            | Self::Brackets { .. }
            | Self::ToCitizen { .. }
            | Self::Wording { .. }
            | Self::NoText { .. } => None,
        }
    }

    /// What is wrong, without the file and line.
    pub fn what(&self) -> String {
        let text = self.to_string();
        let what = self.file().and_then(|_| text.split_once(": ")).map(|(_, what)| what.to_owned());
        what.unwrap_or(text)
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::UnknownName { .. } => "rename it after the notice and medium, or remove it",
            Self::Template { .. } => "correct the line, or remove the file to use the shipped text",
            Self::NoSubject { .. } => "write the subject into the first line",
            Self::Empty { .. } => "write the text, or remove the file to use the shipped text",
            Self::TooLong { .. } => "shorten the text, or raise wording.sms_parts",
            Self::Brackets { .. } => "take them out; the signature is added in front",
            Self::ToCitizen { .. } => "remove it: whoever holds the phone may read the text",
            Self::Wording { .. } => "correct the setting",
            Self::NoText { .. } => "send the notice by a medium of its kind",
        }
    }
}

/// The error where it happened, beneath those of the templates that include it.
fn innermost(error: &minijinja::Error) -> &minijinja::Error {
    let beneath = std::error::Error::source(error).and_then(|source| source.downcast_ref());
    beneath.map_or(error, innermost)
}

/// The expression at fault as the template has it.
fn snippet(error: &minijinja::Error) -> &str {
    let source = error.template_source();
    let found = source.zip(error.range()).and_then(|(source, range)| source.get(range));
    found.map_or("expression", str::trim)
}

fn at(line: Option<usize>) -> String {
    line.map(|line| format!(", line {line}")).unwrap_or_default()
}
