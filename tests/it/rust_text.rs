//! Just enough reading of Rust text for `house`: strings, paths and functions.
//!
//! Macros are taken as the text they are. That suffices, for the house asks only
//! which names stand in a file and how long its functions are.

/// The text with comments blanked and strings emptied; lines stay where they are.
pub fn stripped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => string(rest),
            'r' if !ends_in_name(&out) => raw_string(rest).unwrap_or(0),
            '\'' => character(rest).unwrap_or(0),
            _ => 0,
        };
        match length {
            0 => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
            _ => {
                let (blanked, after) = rest.split_at(length);
                let mark = if blanked.starts_with('/') { "" } else { "\"\"" };
                out.push_str(mark);
                out.extend(blanked.chars().filter(|c| *c == '\n'));
                rest = after;
            }
        }
    }
    out
}

/// Every path in stripped text, `use` trees spread out: `a::{b, c::d}` gives `a::b` and `a::c::d`.
pub fn paths(code: &str) -> Vec<String> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        at = match is_name(tokens[at]) {
            true => tree(&tokens, at, "", &mut found),
            false => at + 1,
        };
    }
    found
}

/// The functions with a body in stripped text, and the lines of each.
pub fn functions(code: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ").filter(|(at, _)| !ends_in_name(&code[..*at])) {
        let name: String = code[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if let Some(length) = body_end(&code[at..]).filter(|_| !name.is_empty()) {
            found.push((name, code[at..at + length].lines().count()));
        }
    }
    found
}

/// Where the body that follows ends; nothing when there is none.
fn body_end(code: &str) -> Option<usize> {
    let (mut nested, mut depth) = (0_i32, 0_i32);
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' => nested += 1,
            ')' | ']' => nested -= 1,
            ';' if nested == 0 && depth == 0 => return None,
            '{' => depth += 1,
            '}' if depth == 1 => return Some(at + 1),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Reads the tree that begins at `at` and returns what stands behind it.
fn tree(tokens: &[&str], mut at: usize, before: &str, found: &mut Vec<String>) -> usize {
    let mut path = before.to_owned();
    loop {
        path.push_str(tokens[at]);
        at += 1;
        match (tokens.get(at), tokens.get(at + 1)) {
            (Some(&"::"), Some(next)) if is_name(next) => {
                path.push_str("::");
                at += 1;
            }
            (Some(&"::"), Some(&"{")) => return branches(tokens, at + 2, &format!("{path}::"), found),
            _ => {
                found.push(path);
                return at;
            }
        }
    }
}

fn branches(tokens: &[&str], mut at: usize, before: &str, found: &mut Vec<String>) -> usize {
    while let Some(token) = tokens.get(at) {
        at = match *token {
            "}" => return at + 1,
            name if is_name(name) => tree(tokens, at, before, found),
            _ => at + 1,
        };
    }
    at
}

/// Names, `::` and single signs.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(c) = rest.chars().next() {
        let name = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let length = match name {
            0 if rest.starts_with("::") => 2,
            0 => c.len_utf8(),
            length => length,
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn ends_in_name(text: &str) -> bool {
    text.ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        depth += i32::from(rest.starts_with(b"/*")) - i32::from(rest.starts_with(b"*/"));
        at += if rest.starts_with(b"/*") || rest.starts_with(b"*/") { 2 } else { 1 };
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return at + 1,
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    text.len()
}

fn raw_string(text: &str) -> Option<usize> {
    let hashes = text[1..].bytes().take_while(|byte| *byte == b'#').count();
    let inside = text[1 + hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(inside.find(&end).map_or(text.len(), |at| 2 + hashes + at + end.len()))
}

/// A character in quotes, but not a lifetime.
fn character(text: &str) -> Option<usize> {
    let mut inside = text[1..].chars();
    match inside.next()? {
        '\\' => text[3..].find('\'').map(|at| 3 + at + 1),
        c => (inside.next() == Some('\'')).then(|| 2 + c.len_utf8()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_comments_and_characters_are_blanked() {
        let text = "let a = \"x::y \\\" //\"; // crate::z\n/* a /* b */ c */ let b = r#\"\"q\"\"#; let c: &'static str = b\"\\\\\"; '\"'; '\\''; 'é'";
        let blank = "let a = \"\"; \n let b = \"\"; let c: &'static str = b\"\"; \"\"; \"\"; \"\"";
        assert_eq!(stripped(text), blank);
    }

    #[test]
    fn trees_are_spread_out() {
        let code = "use crate::{a::{B, c::*}, d}; fn f() -> crate::e::F { std :: fs::read() }";
        let found = paths(code);
        for path in ["crate::a::B", "crate::a::c", "crate::d", "crate::e::F", "std::fs::read"] {
            assert!(found.iter().any(|found| found == path), "{path} in {found:?}");
        }
    }

    #[test]
    fn functions_have_their_lines() {
        let code = "trait T { fn none(&self) -> [u8; 2]; }\nfn one() { if a { b } }\nfn three(a: [u8; 2])\n{ x\n}\n";
        assert_eq!(functions(code), [("one".to_owned(), 1), ("three".to_owned(), 3)]);
    }
}
