//! What does not fit in the settings, as the operator reads it.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// One thing that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1, where one can be named.
    pub line: Option<usize>,
    /// The key, `email.port`; empty where the whole file is meant.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl Fault {
    /// A fault of a whole file.
    pub fn of_file(file: &Path, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, key: String::new(), what: what.into(), remedy: remedy.into() }
    }

    /// A fault whose text begins with its place, `FILE line 3: …`, as the errors
    /// of other rooms have it.
    pub fn placed(file: &Path, text: &str, remedy: impl Into<String>) -> Self {
        let mut fault = Self::of_file(file, text, remedy);
        let Some(rest) = text.strip_prefix(&*file.to_string_lossy()) else { return fault };
        let rest = rest.trim_start_matches([',', ':', ' ']);
        let line = rest.strip_prefix("line ").and_then(|rest| rest.split_once(':'));
        match line.and_then(|(line, what)| Some((line.parse().ok()?, what))) {
            Some((line, what)) => (fault.line, fault.what) = (Some(line), what.trim().to_owned()),
            None => fault.what = rest.to_owned(),
        }
        fault
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": ")?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}; {}", self.what, self.remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placed_takes_the_line_out_of_the_text() {
        let fault = |text| Fault::placed(Path::new("c/2027.json"), text, "correct it").to_string();
        assert_eq!(fault("c/2027.json line 3: twice"), "c/2027.json:3: twice; correct it");
        assert_eq!(fault("c/2027.json, line 3: twice"), "c/2027.json:3: twice; correct it");
        assert_eq!(fault("c/2027.json: ruled already"), "c/2027.json: ruled already; correct it");
        assert_eq!(fault("no working day"), "c/2027.json: no working day; correct it");
    }

    #[test]
    fn a_fault_reads_file_line_key_what_and_remedy() {
        let fault = Fault {
            file: "config/duban.toml".into(),
            line: Some(12),
            key: "email.port".to_owned(),
            what: "0 is no port".to_owned(),
            remedy: "write 1 to 65535".to_owned(),
        };
        assert_eq!(fault.to_string(), "config/duban.toml:12: email.port: 0 is no port; write 1 to 65535");
    }
}
