//! The request for one SMS: made from templates, complete before it leaves.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::Value;

use super::{
    settings::{Settings, SignedBy},
    template::{Charset, Escape, NotInCharset, Place, Template, Values},
};
use crate::{
    calendar::civil,
    channel::{
        ChannelError, Sms,
        http::{Method, Request},
    },
    message::sms::count,
};

/// The templates of a request.
#[derive(Clone, Debug)]
pub(super) struct Blank {
    method: Method,
    url: Template,
    query: Vec<(String, Template)>,
    headers: Vec<(String, Template)>,
    body: Body,
    charset: Charset,
    signed_by: SignedBy,
}

#[derive(Clone, Debug)]
enum Body {
    None,
    Form(Vec<(String, Template)>),
    Json(Json),
    Other { template: Template, content_type: String, escape: Escape },
}

/// JSON in which every text is a template.
#[derive(Clone, Debug)]
enum Json {
    Text(Template),
    Other(Value),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Collects the templates of the settings with their faults.
struct Reading<'a> {
    channel: &'a str,
    faults: &'a mut Vec<ChannelError>,
    places: BTreeSet<Place>,
    secrets: BTreeSet<String>,
}

impl Blank {
    /// Reads the templates; what does not fit goes to `faults`.
    pub fn read(channel: &str, settings: &Settings, faults: &mut Vec<ChannelError>) -> Option<Self> {
        let before = faults.len();
        let mut reading = Reading { channel, faults, places: BTreeSet::new(), secrets: BTreeSet::new() };
        let blank = Self {
            method: settings.method.unwrap_or(Method::Post),
            url: reading.template("url", settings.url.as_deref().unwrap_or_default()),
            query: reading.templates("query", &settings.query),
            headers: reading.templates("headers", &settings.headers),
            body: reading.body(settings),
            charset: settings.charset.unwrap_or(Charset::Utf8),
            signed_by: settings.signature.unwrap_or(SignedBy::Us),
        };
        reading.check(settings);
        (faults.len() == before).then_some(blank)
    }

    /// The request for an SMS. Without `secrets` they are masked.
    pub fn fill<'a>(
        &self,
        sms: &'a Sms,
        now: DateTime<Utc>,
        secrets: &'a dyn Fn(&str) -> Option<&'a SecretString>,
    ) -> Result<Request, NotInCharset> {
        let (sign, bare) = sms.split_signature();
        let values = Values {
            phone: sms.to.expose(),
            text: if self.signed_by == SignedBy::Us { &sms.text } else { bare },
            sign,
            id: &sms.id,
            segments: count(&sms.text).parts,
            time: now.with_timezone(&civil::zone()).format("%Y%m%d%H%M%S").to_string(),
            secrets,
        };
        let mut url = self.url.fill(&values, Escape::Url, self.charset)?;
        let query = parameters(&self.query, &values, self.charset)?;
        if !query.is_empty() {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&query);
        }
        let mut headers = Vec::new();
        if let Some(content_type) = self.content_type() {
            headers.push(("content-type".to_owned(), content_type));
        }
        for (name, template) in &self.headers {
            headers.push((name.clone(), template.fill(&values, Escape::None, self.charset)?));
        }
        Ok(Request { method: self.method, url, headers, body: self.filled_body(&values)? })
    }

    fn filled_body(&self, values: &Values<'_>) -> Result<Vec<u8>, NotInCharset> {
        match &self.body {
            Body::None => Ok(Vec::new()),
            Body::Form(fields) => Ok(parameters(fields, values, self.charset)?.into_bytes()),
            Body::Json(json) => self.charset.encode(&json.fill(values)?.to_string()),
            Body::Other { template, escape, .. } => {
                self.charset.encode(&template.fill(values, *escape, self.charset)?)
            }
        }
    }

    fn content_type(&self) -> Option<String> {
        let kind = match &self.body {
            Body::None => return None,
            Body::Form(_) => "application/x-www-form-urlencoded",
            Body::Json(_) => "application/json",
            Body::Other { content_type, .. } => content_type,
        };
        Some(if kind.contains("charset") { kind.to_owned() } else { format!("{kind}; charset={}", self.charset.id()) })
    }

    pub fn charset(&self) -> Charset {
        self.charset
    }
}

impl Reading<'_> {
    fn fault(&mut self, field: impl Into<String>, why: impl Into<String>) {
        self.faults.push(ChannelError::setting(self.channel, field, why));
    }

    fn template(&mut self, field: &str, text: &str) -> Template {
        match Template::parse(text) {
            Ok(template) => {
                self.places.extend(template.places());
                self.secrets.extend(template.secrets().into_iter().map(str::to_owned));
                template
            }
            Err(why) => {
                self.fault(field, why);
                Template::default()
            }
        }
    }

    fn templates(&mut self, field: &str, texts: &BTreeMap<String, String>) -> Vec<(String, Template)> {
        texts.iter().map(|(name, text)| (name.clone(), self.template(&format!("{field}.{name}"), text))).collect()
    }

    fn body(&mut self, settings: &Settings) -> Body {
        let kinds = [!settings.form.is_empty(), settings.json.is_some(), settings.body.is_some()];
        if kinds.iter().filter(|given| **given).count() > 1 {
            self.fault("body", "a request has one body: form, json or body");
        }
        if settings.body.is_none() && (settings.content_type.is_some() || settings.escape.is_some()) {
            self.fault("body", "content_type and escape belong to body, and there is none");
        }
        if let Some(json) = &settings.json {
            Body::Json(self.json("json", json))
        } else if let Some(text) = &settings.body {
            self.other_body(settings, text)
        } else if settings.form.is_empty() {
            Body::None
        } else {
            Body::Form(self.templates("form", &settings.form))
        }
    }

    fn other_body(&mut self, settings: &Settings, text: &str) -> Body {
        let content_type = settings.content_type.clone().unwrap_or_default();
        if content_type.is_empty() {
            self.fault("content_type", "a body needs one, such as text/xml");
        }
        let by_kind = match &content_type {
            kind if kind.contains("json") => Some(Escape::Json),
            kind if kind.contains("xml") => Some(Escape::Xml),
            kind if kind.contains("urlencoded") => Some(Escape::Url),
            _ => None,
        };
        let escape = settings.escape.or(by_kind).unwrap_or_else(|| {
            self.fault("escape", "say how what is filled into the body is escaped: none, url, json or xml");
            Escape::None
        });
        Body::Other { template: self.template("body", text), content_type, escape }
    }

    fn json(&mut self, field: &str, value: &toml::Value) -> Json {
        match value {
            toml::Value::String(text) => Json::Text(self.template(field, text)),
            toml::Value::Integer(number) => Json::Other(Value::from(*number)),
            toml::Value::Float(number) => Json::Other(Value::from(*number)),
            toml::Value::Boolean(flag) => Json::Other(Value::from(*flag)),
            toml::Value::Datetime(day) => Json::Other(Value::from(day.to_string())),
            toml::Value::Array(list) => Json::List(list.iter().map(|entry| self.json(field, entry)).collect()),
            toml::Value::Table(table) => {
                let entry =
                    |(key, value): (&String, &toml::Value)| (key.clone(), self.json(&format!("{field}.{key}"), value));
                Json::Object(table.iter().map(entry).collect())
            }
        }
    }

    /// What only shows when all templates are read.
    fn check(&mut self, settings: &Settings) {
        if !self.places.contains(&Place::Phone) && !self.places.contains(&Place::PhoneE164) {
            self.fault("url", "{phone} is nowhere in url, query, headers or body, so no number would be sent");
        }
        if !self.places.contains(&Place::Text) {
            self.fault("url", "{text} is nowhere in url, query, headers or body, so no text would be sent");
        }
        for name in self.secrets.clone() {
            if !settings.secrets.contains_key(&name) {
                self.fault(format!("secrets.{name}"), "it is used and not set; say where it lies: { file = \"…\" }");
            }
        }
        for (name, from) in &settings.secrets {
            if !self.secrets.contains(name) {
                self.fault(format!("secrets.{name}"), format!("it is set and nowhere used as ${{{name}}}"));
            }
            if from.place().is_none() {
                self.fault(format!("secrets.{name}"), "say in exactly one way where it lies: file, env or credential");
            }
        }
        let has_body = !settings.form.is_empty() || settings.json.is_some() || settings.body.is_some();
        if settings.method == Some(Method::Get) && has_body {
            self.fault("method", "a GET has no body; say POST, or move the parameters to query");
        }
    }
}

impl Json {
    fn fill(&self, values: &Values<'_>) -> Result<Value, NotInCharset> {
        Ok(match self {
            // The text is quoted as a whole afterwards, so nothing is escaped here.
            Self::Text(template) => Value::from(template.fill(values, Escape::None, Charset::Utf8)?),
            Self::Other(value) => value.clone(),
            Self::List(list) => list.iter().map(|entry| entry.fill(values)).collect::<Result<_, _>>()?,
            Self::Object(entries) => {
                let filled = entries.iter().map(|(key, value)| Ok((key.clone(), value.fill(values)?)));
                Value::Object(filled.collect::<Result<_, _>>()?)
            }
        })
    }
}

/// `name=value&…`, escaped.
fn parameters(fields: &[(String, Template)], values: &Values<'_>, charset: Charset) -> Result<String, NotInCharset> {
    let pair = |(name, template): &(String, Template)| {
        let name = Escape::Url.apply(name, charset)?;
        Ok(format!("{name}={}", template.fill_parameter(values, charset)?))
    };
    Ok(fields.iter().map(pair).collect::<Result<Vec<_>, _>>()?.join("&"))
}
