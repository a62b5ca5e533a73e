//! A request over HTTP/1.1, complete before it leaves.

use chrono::{DateTime, Utc};
use reqwest::{
    Client, Url,
    header::{CONTENT_LENGTH, HeaderName, HeaderValue},
};

use super::{answer::chain, unmakeable};
use crate::notice::Outcome;

/// A request, ready to leave.
#[derive(Debug)]
pub(in crate::channel) struct Request {
    pub method: Method,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// How a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    Get,
    Post,
}

impl Method {
    fn id(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

impl From<Method> for reqwest::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
        }
    }
}

/// The host of a URL as the header `host` has it: with its port, unless it is the
/// scheme's own.
pub(in crate::channel) fn host(url: &Url) -> String {
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}{port}", url.host_str().unwrap_or_default())
}

/// Everything but the unreserved characters of RFC 3986 as `%XX`.
pub(in crate::channel) fn percent(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 3);
    for &byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

impl Request {
    /// A POST of a body of some type.
    pub fn post(url: &str, content_type: &str, body: Vec<u8>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self { method: Method::Post, url: url.to_owned(), headers, body }
    }

    /// The request as HTTP/1.1 text; `body` is the body in characters.
    pub fn text(&self, body: &str, now: DateTime<Utc>) -> Result<String, Outcome> {
        let url = self.parsed(now)?;
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let mut text = format!("{} {path} HTTP/1.1\r\nhost: {}\r\n", self.method.id(), host(&url));
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("accept: */*\r\n");
        if self.method == Method::Post {
            text.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        text.push_str("\r\n");
        text.push_str(body);
        Ok(text)
    }

    /// The request for the client.
    pub(super) fn built(self, client: &Client, now: DateTime<Utc>) -> Result<reqwest::Request, Outcome> {
        let mut built = client.request(self.method.into(), self.parsed(now)?);
        for (name, value) in self.headers {
            let name = HeaderName::from_bytes(name.as_bytes());
            let value = HeaderValue::from_bytes(value.as_bytes());
            let (Ok(name), Ok(mut value)) = (name, value) else {
                return Err(unmakeable("a header is none when filled in", now));
            };
            // A header may hold a token, and nothing that logs it needs it.
            value.set_sensitive(true);
            built = built.header(name, value);
        }
        // The client leaves it out where there is no body, and some servers then answer 411.
        if self.method == Method::Post && self.body.is_empty() {
            built = built.header(CONTENT_LENGTH, 0);
        }
        let built = built.body(self.body).build();
        built.map_err(|error| unmakeable(&chain(&error.without_url()), now))
    }

    fn parsed(&self, now: DateTime<Utc>) -> Result<Url, Outcome> {
        Url::parse(&self.url).map_err(|_| unmakeable("the URL is none when filled in", now))
    }
}
