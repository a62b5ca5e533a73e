//! Aliyun SMS: `SendSms` and `QuerySendDetails`, signed by ACS3-HMAC-SHA256. Pure.

use std::collections::BTreeMap;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::{Moment, approved::Filled, sign};
use crate::channel::http::{Method, Request, host, percent};

pub(super) const URL: &str = "https://dysmsapi.aliyuncs.com/";
const VERSION: &str = "2017-05-25";

/// The account that signs.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub url: Url,
    pub access_key_id: String,
    pub access_key_secret: SecretString,
    pub sign_name: String,
}

impl Account {
    /// The request for one SMS. `id` comes back with the receipt.
    pub fn send(&self, to: &str, filled: &Filled, id: &str, moment: &Moment<'_>) -> Request {
        let values = filled.values.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        let values = Value::Object(values.collect::<Map<_, _>>()).to_string();
        let mut parameters = BTreeMap::from([
            ("OutId", id),
            ("PhoneNumbers", to),
            ("SignName", &self.sign_name),
            ("TemplateCode", &filled.id),
        ]);
        if !filled.values.is_empty() {
            parameters.insert("TemplateParam", &values);
        }
        self.signed("SendSms", &parameters, moment)
    }

    /// The question what became of an SMS that was sent on a day of Beijing's.
    pub fn query(&self, to: &str, id: &str, day: &str, moment: &Moment<'_>) -> Request {
        let parameters = BTreeMap::from([
            ("BizId", id),
            ("CurrentPage", "1"),
            ("PageSize", "50"),
            ("PhoneNumber", to),
            ("SendDate", day),
        ]);
        self.signed("QuerySendDetails", &parameters, moment)
    }

    fn signed(&self, action: &str, parameters: &BTreeMap<&str, &str>, moment: &Moment<'_>) -> Request {
        let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", percent(value.as_bytes())));
        let query = pairs.collect::<Vec<_>>().join("&");
        let (host, date) = (host(&self.url), moment.now.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        let hashed = sign::sha256_hex(b"");
        let headers = [
            ("host", host.as_str()),
            ("x-acs-action", action),
            ("x-acs-content-sha256", &hashed),
            ("x-acs-date", &date),
            ("x-acs-signature-nonce", moment.nonce),
            ("x-acs-version", VERSION),
        ];
        let request = sign::Acs3 { method: "POST", path: self.url.path(), query: &query, headers: &headers, body: b"" };
        let authorization = request.authorization(&self.access_key_id, self.access_key_secret.expose_secret());
        let rest = headers[1..].iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let headers = rest.chain([("authorization".to_owned(), authorization)]).collect();
        let mut url = self.url.clone();
        url.set_query(Some(&query));
        Request { method: Method::Post, url: url.to_string(), headers, body: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn send_equals_the_worked_example() {
        let account = Account {
            url: URL.parse().unwrap(),
            access_key_id: "testAccessKeyId".to_owned(),
            access_key_secret: SecretString::from("testAccessKeySecret"),
            sign_name: "某市政务服务".to_owned(),
        };
        let values = [("code", "A1024"), ("dept", "市大数据局")];
        let filled = Filled {
            id: "SMS_123456789".to_owned(),
            values: values.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            shortened: Vec::new(),
        };
        let moment = Moment::shown("2026-09-01T01:02:03Z".parse().unwrap(), "0123456789abcdef0123456789abcdef");
        let request = account.send("13800138000", &filled, "n-20260901-0001", &moment);
        assert_eq!(
            request.url,
            "https://dysmsapi.aliyuncs.com/?OutId=n-20260901-0001&PhoneNumbers=13800138000&SignName=%E6%9F%90%E5%B8%82\
             %E6%94%BF%E5%8A%A1%E6%9C%8D%E5%8A%A1&TemplateCode=SMS_123456789&TemplateParam=%7B%22code%22%3A%22A1024%22\
             %2C%22dept%22%3A%22%E5%B8%82%E5%A4%A7%E6%95%B0%E6%8D%AE%E5%B1%80%22%7D"
        );
        assert_eq!(
            request.headers.last().unwrap().1,
            "ACS3-HMAC-SHA256 Credential=testAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;\
             x-acs-date;x-acs-signature-nonce;x-acs-version,\
             Signature=90bfcaa4425872e1a381bd4564677dc0d9e20b2e7aaabf4262f3435f371dc7a9"
        );
    }
}
