//! Tencent Cloud SMS: `SendSms` and `PullSmsSendStatus`, signed by TC3-HMAC-SHA256.
//! Pure.

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{Moment, approved::Filled, sign};
use crate::channel::http::{Request, host};

pub(super) const URL: &str = "https://sms.tencentcloudapi.com/";
const VERSION: &str = "2021-01-11";
const CONTENT_TYPE: &str = "application/json; charset=utf-8";

/// The account that signs.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub url: Url,
    pub secret_id: String,
    pub secret_key: SecretString,
    pub sdk_app_id: String,
    pub region: String,
    pub sign_name: String,
}

impl Account {
    /// The request for one SMS. `id` is echoed in the answer only.
    pub fn send(&self, to: &str, filled: &Filled, id: &str, moment: &Moment<'_>) -> Request {
        let values: Vec<&str> = filled.values.iter().map(|(_, value)| value.as_str()).collect();
        let body = json!({
            "PhoneNumberSet": [format!("+86{to}")],
            "SmsSdkAppId": self.sdk_app_id,
            "SignName": self.sign_name,
            "TemplateId": filled.id,
            "TemplateParamSet": values,
            "SessionContext": id,
        });
        self.signed("SendSms", &body, moment)
    }

    /// The question for the next reports, at most so many.
    pub fn query(&self, most: u8, moment: &Moment<'_>) -> Request {
        let body = json!({ "Limit": most, "SmsSdkAppId": self.sdk_app_id });
        self.signed("PullSmsSendStatus", &body, moment)
    }

    fn signed(&self, action: &str, body: &Value, moment: &Moment<'_>) -> Request {
        let body = body.to_string().into_bytes();
        let signing = sign::Tc3 {
            service: "sms",
            host: &host(&self.url),
            content_type: CONTENT_TYPE,
            action: Some(action),
            timestamp: moment.now.timestamp(),
            day: &moment.now.format("%Y-%m-%d").to_string(),
            body: &body,
        };
        let authorization = signing.authorization(&self.secret_id, self.secret_key.expose_secret());
        let mut request = Request::post(self.url.as_str(), CONTENT_TYPE, body);
        let headers = [
            ("authorization", authorization.as_str()),
            ("x-tc-action", action),
            ("x-tc-region", &self.region),
            ("x-tc-timestamp", &moment.now.timestamp().to_string()),
            ("x-tc-version", VERSION),
        ];
        request.headers.extend(headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account {
            url: URL.parse().unwrap(),
            secret_id: "AKIDEXAMPLE".to_owned(),
            secret_key: SecretString::from("testSecretKey"),
            sdk_app_id: "1400006666".to_owned(),
            region: "ap-guangzhou".to_owned(),
            sign_name: "某市政务服务".to_owned(),
        }
    }

    #[test]
    fn send_equals_the_worked_example() {
        let filled = Filled {
            id: "1110".to_owned(),
            values: ["A1024", "15"].map(|value| (String::new(), value.to_owned())).to_vec(),
            shortened: Vec::new(),
        };
        let moment = Moment::shown("2026-09-01T01:02:03Z".parse().unwrap(), "");
        let request = account().send("13800138000", &filled, "n-20260901-0001", &moment);
        assert_eq!(
            String::from_utf8(request.body).unwrap(),
            "{\"PhoneNumberSet\":[\"+8613800138000\"],\"SmsSdkAppId\":\"1400006666\",\"SignName\":\"某市政务服务\",\
             \"TemplateId\":\"1110\",\"TemplateParamSet\":[\"A1024\",\"15\"],\"SessionContext\":\"n-20260901-0001\"}"
        );
        assert_eq!(
            request.headers[1].1,
            "TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/2026-09-01/sms/tc3_request, \
             SignedHeaders=content-type;host;x-tc-action, \
             Signature=42a109455759a477cd60a76fd723ea1fd81518c7e4698cfc2fef39b356712766"
        );
    }

    #[test]
    fn the_day_signed_is_that_of_utc() {
        // 07:59 in Beijing is yesterday's 23:59 in UTC.
        let request = account().query(10, &Moment::shown("2026-08-31T23:59:00Z".parse().unwrap(), ""));
        assert!(request.headers[1].1.contains("AKIDEXAMPLE/2026-08-31/sms/"), "{:?}", request.headers);
    }
}
