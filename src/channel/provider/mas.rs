//! China Mobile's cloud MAS: text or approved template, signed by an MD5 over the
//! values. Pure.

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::{MASK, Moment, Show, approved::Filled, sign};
use crate::channel::http::Request;

/// The account that signs.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub url: Url,
    pub ec_name: String,
    pub ap_id: String,
    pub secret_key: SecretString,
    /// The signature's code; the platform writes 【…】.
    pub sign: String,
    pub add_serial: String,
    pub secret_in_body: SecretInBody,
}

/// Whether the secret stands in the body as well; guides of the vendor differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretInBody {
    #[default]
    No,
    Yes,
}

impl Account {
    /// The request for a text without its signature.
    pub fn send_text(&self, to: &str, text: &str, moment: &Moment<'_>) -> Request {
        self.signed(&[("mobiles", to), ("content", text)], moment)
    }

    /// The request for an approved text.
    pub fn send(&self, to: &str, filled: &Filled, moment: &Moment<'_>) -> Request {
        let values: Vec<&str> = filled.values.iter().map(|(_, value)| value.as_str()).collect();
        // A text without variables has one that is empty.
        let values = if values.is_empty() { vec![""] } else { values };
        let params = Value::from(values).to_string();
        self.signed(&[("templateId", &filled.id), ("mobiles", to), ("params", &params)], moment)
    }

    fn signed(&self, own: &[(&str, &str)], moment: &Moment<'_>) -> Request {
        let secret = self.secret_key.expose_secret();
        let values: String = own.iter().map(|(_, value)| *value).collect();
        let mac = sign::md5_hex(
            &[&self.ec_name, &self.ap_id, secret, &values, &self.sign, &self.add_serial].map(String::from).concat(),
        );
        let shown = if moment.show == Show::Masked { MASK } else { secret };
        let mut fields = vec![("ecName", self.ec_name.as_str()), ("apId", &self.ap_id)];
        if self.secret_in_body == SecretInBody::Yes {
            fields.push(("secretKey", shown));
        }
        fields.extend(own);
        fields.extend([("sign", self.sign.as_str()), ("addSerial", &self.add_serial), ("mac", &mac)]);
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value)));
        let json = Value::Object(fields.collect::<Map<_, _>>()).to_string();
        Request::post(self.url.as_str(), "text/plain; charset=utf-8", sign::base64(json.as_bytes()).into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account {
            url: "https://mas.example.org/sms/submit".parse().unwrap(),
            ec_name: "某市政务服务中心".to_owned(),
            ap_id: "zwtest".to_owned(),
            secret_key: SecretString::from("Test@2026"),
            sign: "AbCdEf123".to_owned(),
            add_serial: String::new(),
            secret_in_body: SecretInBody::No,
        }
    }

    #[test]
    fn send_text_equals_the_worked_example() {
        let moment = Moment::shown("2026-09-01T01:02:03Z".parse().unwrap(), "");
        let request = account().send_text("13800138000,13900139000", "您的工单A1024已受理。", &moment);
        assert_eq!(
            String::from_utf8(request.body).unwrap(),
            "eyJlY05hbWUiOiLmn5DluILmlL/liqHmnI3liqHkuK3lv4MiLCJhcElkIjoiend0ZXN0IiwibW9iaWxlcyI6IjEzODAwMTM4MDAwLDEzOTAw\
             MTM5MDAwIiwiY29udGVudCI6IuaCqOeahOW3peWNlUExMDI05bey5Y+X55CG44CCIiwic2lnbiI6IkFiQ2RFZjEyMyIsImFkZFNlcmlhbCI6\
             IiIsIm1hYyI6ImEzZTczMmZhODllZWU4NzhlNjE5NzA2ZjQzYmY4MmQ2In0="
        );
    }

    #[test]
    fn send_equals_the_worked_example() {
        let values = ["A1024", "15"].map(|value| (String::new(), value.to_owned())).to_vec();
        let filled = Filled { id: "38516fabae004eddbfa3ace1d4194696".to_owned(), values, shortened: Vec::new() };
        let moment = Moment::shown("2026-09-01T01:02:03Z".parse().unwrap(), "");
        let request = account().send("13800138000", &filled, &moment);
        assert_eq!(
            String::from_utf8(request.body).unwrap(),
            "eyJlY05hbWUiOiLmn5DluILmlL/liqHmnI3liqHkuK3lv4MiLCJhcElkIjoiend0ZXN0IiwidGVtcGxhdGVJZCI6IjM4NTE2ZmFiYWUwMDRl\
             ZGRiZmEzYWNlMWQ0MTk0Njk2IiwibW9iaWxlcyI6IjEzODAwMTM4MDAwIiwicGFyYW1zIjoiW1wiQTEwMjRcIixcIjE1XCJdIiwic2lnbiI6\
             IkFiQ2RFZjEyMyIsImFkZFNlcmlhbCI6IiIsIm1hYyI6ImE5ODJjZTg1OWNiYjZlYzUwMWI0MWJjNThjOWEzMGJkIn0="
        );
    }
}
