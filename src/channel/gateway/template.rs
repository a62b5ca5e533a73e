//! Texts with places to fill: `{phone}`, and `${token}` for a secret.
//!
//! A brace that is meant as itself is doubled. What is filled in is escaped for
//! where it stands, so no word of a message can end a string or a parameter.

use std::collections::BTreeSet;

use secrecy::{ExposeSecret, SecretString};

use crate::channel::http::percent;

/// A text with places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Place(Place),
    Secret(String),
}

/// What can be filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// The number, 11 digits.
    Phone,
    /// The number with its country, `+8613800012345`.
    PhoneE164,
    /// The words.
    Text,
    /// The signature without 【】.
    Sign,
    /// The id of the leg.
    Id,
    /// Parts that the SMS takes.
    Segments,
    /// The instant of the attempt, `20260915090000`.
    Time,
}

/// How what is filled in is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Escape {
    /// As it is.
    None,
    /// For a parameter of a URL or form.
    Url,
    /// For the inside of a JSON string.
    Json,
    /// For text or an attribute of XML.
    Xml,
}

/// In which encoding a gateway reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
pub enum Charset {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "gbk")]
    Gbk,
}

/// The values of one SMS.
pub(super) struct Values<'a> {
    pub phone: &'a str,
    pub text: &'a str,
    pub sign: &'a str,
    pub id: &'a str,
    pub segments: usize,
    pub time: String,
    pub secrets: &'a dyn Fn(&str) -> Option<&'a SecretString>,
}

/// What fills the place of a secret when the request is only shown.
pub(super) const MASK: &str = "***";

impl Place {
    const ALL: [(&'static str, Place); 7] = [
        ("phone", Place::Phone),
        ("phone_e164", Place::PhoneE164),
        ("text", Place::Text),
        ("sign", Place::Sign),
        ("id", Place::Id),
        ("segments", Place::Segments),
        ("time", Place::Time),
    ];
}

impl Template {
    /// Reads a template.
    ///
    /// The error says what is wrong, for the one who wrote it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let tail = &rest[at..];
            if tail.starts_with("{{") || tail.starts_with("}}") {
                plain.push_str(&tail[..1]);
                rest = &tail[2..];
                continue;
            }
            let inside =
                tail.strip_prefix('{').ok_or("a `}` closes nothing; a brace meant as itself is doubled: `}}`")?;
            let end = inside.find(['}', '{']).filter(|&end| inside[end..].starts_with('}'));
            let end = end.ok_or("a `{` is never closed; a brace meant as itself is doubled: `{{`")?;
            let part = read_place(&inside[..end], plain.strip_suffix('$'))?;
            if matches!(part, Part::Secret(_)) {
                plain.pop();
            }
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(part);
            rest = &inside[end + 1..];
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self(parts))
    }

    /// The places in it.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        self.0.iter().filter_map(|part| match part {
            Part::Place(place) => Some(*place),
            Part::Text(_) | Part::Secret(_) => None,
        })
    }

    /// The secrets in it.
    pub fn secrets(&self) -> BTreeSet<&str> {
        let names = self.0.iter().filter_map(|part| match part {
            Part::Secret(name) => Some(name.as_str()),
            Part::Text(_) | Part::Place(_) => None,
        });
        names.collect()
    }

    /// The text with `x` in every place: its form, without any value.
    pub fn shape(&self) -> String {
        let shape = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Place(_) | Part::Secret(_) => "x".to_owned(),
        };
        self.0.iter().map(shape).collect()
    }

    /// The text with its places filled and escaped; the rest stays as it is.
    pub fn fill(&self, values: &Values<'_>, escape: Escape, charset: Charset) -> Result<String, NotInCharset> {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Place(place) => out.push_str(&escape.apply(&values.of(*place), charset)?),
                Part::Secret(name) => match (values.secrets)(name) {
                    Some(secret) => out.push_str(&escape.apply(secret.expose_secret(), charset)?),
                    None => out.push_str(MASK),
                },
            }
        }
        Ok(out)
    }

    /// As [`Template::fill`] for a whole parameter: what stands around the places
    /// is escaped too.
    pub fn fill_parameter(&self, values: &Values<'_>, charset: Charset) -> Result<String, NotInCharset> {
        let text = |part: &Part| match part {
            Part::Text(text) => Escape::Url.apply(text, charset),
            Part::Place(_) | Part::Secret(_) => Self(vec![part.clone()]).fill(values, Escape::Url, charset),
        };
        self.0.iter().map(text).collect()
    }
}

/// What stands between braces; `before` is the text in front if it ends in `$`.
fn read_place(name: &str, before: Option<&str>) -> Result<Part, String> {
    if before.is_some() {
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        return if is_name {
            Ok(Part::Secret(name.to_owned()))
        } else {
            Err(format!("`${{{name}}}` is no secret; its name is letters, digits and `_`"))
        };
    }
    let known = Place::ALL.iter().find(|(known, _)| *known == name);
    known.map(|(_, place)| Part::Place(*place)).ok_or_else(|| {
        let names: Vec<_> = Place::ALL.iter().map(|(name, _)| format!("{{{name}}}")).collect();
        format!("`{{{name}}}` cannot be filled in; there are {}, and `${{name}}` for a secret", names.join(" "))
    })
}

/// A character that the gateway's encoding does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotInCharset;

impl Values<'_> {
    fn of(&self, place: Place) -> String {
        match place {
            Place::Phone => self.phone.to_owned(),
            Place::PhoneE164 => format!("+86{}", self.phone),
            Place::Text => self.text.to_owned(),
            Place::Sign => self.sign.to_owned(),
            Place::Id => self.id.to_owned(),
            Place::Segments => self.segments.to_string(),
            Place::Time => self.time.clone(),
        }
    }
}

impl Escape {
    pub(super) fn apply(self, text: &str, charset: Charset) -> Result<String, NotInCharset> {
        Ok(match self {
            Self::None => text.to_owned(),
            Self::Url => percent(&charset.encode(text)?),
            Self::Json => {
                let quoted = serde_json::Value::from(text).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            Self::Xml => xml(text),
        })
    }
}

impl Charset {
    /// The bytes of a text; characters that do not exist there are refused, never
    /// replaced.
    pub(super) fn encode(self, text: &str) -> Result<Vec<u8>, NotInCharset> {
        match self {
            Self::Utf8 => Ok(text.as_bytes().to_vec()),
            Self::Gbk => match encoding_rs::GBK.encode(text) {
                (_, _, true) => Err(NotInCharset),
                (bytes, ..) => Ok(bytes.into_owned()),
            },
        }
    }

    /// Bytes of this encoding as text.
    pub(super) fn decode(self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Gbk => encoding_rs::GBK.decode(bytes).0.into_owned(),
        }
    }

    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Gbk => "gbk",
        }
    }
}

fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // Other control characters cannot stand in XML at all.
            c if c.is_control() && !matches!(c, '\n' | '\r' | '\t') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, escape: Escape, charset: Charset) -> Result<String, NotInCharset> {
        let secret = SecretString::from("s&\"1");
        let secrets = |name: &str| (name == "token").then_some(&secret);
        let values = Values {
            phone: "13800012345",
            text: "水\"<&> {phone}",
            sign: "甲",
            id: "a/1",
            segments: 2,
            time: "20260915090000".to_owned(),
            secrets: &secrets,
        };
        Template::parse(template).unwrap().fill(&values, escape, charset)
    }

    #[test]
    fn what_is_filled_in_is_escaped_for_where_it_stands() {
        let rows = [
            ("{{\"to\":\"{phone}\"}}", Escape::Json, "{\"to\":\"13800012345\"}"),
            ("{text}", Escape::None, "水\"<&> {phone}"),
            ("{text}", Escape::Json, "水\\\"<&> {phone}"),
            ("<t>{text}</t>", Escape::Xml, "<t>水&quot;&lt;&amp;&gt; {phone}</t>"),
            ("/a?b={text}", Escape::Url, "/a?b=%E6%B0%B4%22%3C%26%3E%20%7Bphone%7D"),
            ("${token}$", Escape::Url, "s%26%221$"),
            ("{id} {segments} {sign} {time} {phone_e164}", Escape::None, "a/1 2 甲 20260915090000 +8613800012345"),
            ("${other}", Escape::Url, "***"),
        ];
        for (template, escape, expected) in rows {
            assert_eq!(filled(template, escape, Charset::Utf8).unwrap(), expected, "{template}");
        }
        assert_eq!(filled("{sign}", Escape::Url, Charset::Gbk).unwrap(), "%BC%D7");
    }

    #[test]
    fn a_character_that_gbk_lacks_is_refused() {
        assert_eq!(Charset::Gbk.encode("你好😀"), Err(NotInCharset));
        assert_eq!(Charset::Gbk.encode("【甲】").unwrap().len(), 6);
    }

    #[test]
    fn a_template_out_of_balance_or_with_an_unknown_place_is_refused() {
        for (template, word) in [
            ("{phone", "never closed"),
            ("{{phone}", "closes nothing"),
            ("phone}", "closes nothing"),
            ("{ph{one}", "never closed"),
            ("{number}", "cannot be filled in"),
            ("{}", "cannot be filled in"),
            ("${}", "is no secret"),
            ("${a b}", "is no secret"),
            ("{", "never closed"),
        ] {
            let why = Template::parse(template).unwrap_err();
            assert!(why.contains(word), "{template}: {why}");
        }
        assert_eq!(Template::parse("").unwrap(), Template(Vec::new()));
    }
}
