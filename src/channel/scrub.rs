//! Takes out of a provider's words what must not be logged: providers echo the
//! number, the address, and sometimes the password.

/// What is taken out.
#[derive(Clone, Debug, Default)]
pub(super) struct Scrub(Vec<String>);

impl Scrub {
    /// Adds a text that must not be seen; one of fewer than four characters is no
    /// secret and would only garble the words.
    #[must_use]
    pub fn hiding(mut self, text: &str) -> Self {
        if text.chars().count() >= 4 {
            self.0.push(text.to_ascii_lowercase());
        }
        self
    }

    /// The words with `***` in place of what is hidden.
    pub fn line(&self, words: &str) -> String {
        self.0.iter().fold(words.to_owned(), |words, hidden| replace(&words, hidden))
    }
}

/// Replaces `hidden`, which is in lower case, however it is written in `words`.
fn replace(words: &str, hidden: &str) -> String {
    // Only ASCII letters change, so both have their characters at the same bytes.
    let lower = words.to_ascii_lowercase();
    let mut out = String::with_capacity(words.len());
    let mut end = 0;
    for (at, found) in lower.match_indices(hidden) {
        out.push_str(&words[end..at]);
        out.push_str("***");
        end = at + found.len();
    }
    out.push_str(&words[end..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_taken_out_in_any_case() {
        let scrub = Scrub::default().hiding("zhou@example.org").hiding("pass1234").hiding("a");
        assert_eq!(scrub.line("<Zhou@Example.ORG>: a PASS1234 水"), "<***>: a *** 水");
        assert_eq!(scrub.line("aaa"), "aaa");
    }
}
