//! What providers report about SMS that they took: bytes in, reports out. Pure.
//!
//! Reports come pushed or asked for, some twice, some in another order, some about
//! several messages at once. Ids are made comparable by [`normal_id`]; what a state
//! word means is data (`states.toml`). An entry that cannot be read is counted and
//! not dropped in silence: whoever calls keeps the bytes and tells somebody.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::{Fate, Report, http::scalar_at};
use crate::calendar::civil;

/// A form in which reports come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Aliyun's `SmsReport`, pushed.
    AliyunPush,
    /// The answer to Aliyun's `QuerySendDetails`.
    AliyunDetails,
    /// Tencent's callback.
    TencentPush,
    /// The answer to Tencent's `PullSmsSendStatus`.
    TencentPull,
    /// Cloud MAS, pushed or polled.
    Mas,
    /// The query of Kannel's `dlr-url`: `id`, `type` (`%d`), `time` (`%T`), and if
    /// wanted `fid` (`%F`) and `answer` (`%A`).
    Kannel,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reports {
    /// In the order in which they came.
    pub reports: Vec<Report>,
    /// Entries that could not be read: the bytes are worth keeping.
    pub odd: usize,
}

/// Bytes that are no reports.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Not the form that was expected.
    #[error("it is no report of this provider")]
    NoReport,
}

/// The provider's state words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct States {
    delivered: Vec<String>,
    open: Vec<String>,
    other: Vec<String>,
}

const STATES: &str = include_str!("states.toml");

/// Reads the reports in `bytes`.
///
/// # Errors
///
/// When it is not that form at all.
pub fn read(layout: Layout, bytes: &[u8]) -> Result<Reports, ReceiptError> {
    if layout == Layout::Kannel {
        let query = std::str::from_utf8(bytes).map_err(|_| ReceiptError::NoReport)?;
        return Ok(gathered(std::iter::once(kannel(query))));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let json: Value = serde_json::from_slice(bytes).map_err(|_| ReceiptError::NoReport)?;
    let place = match layout {
        Layout::AliyunDetails => "/SmsSendDetailDTOs/SmsSendDetailDTO",
        Layout::TencentPull => "/Response/PullSmsSendStatusSet",
        Layout::AliyunPush | Layout::TencentPush | Layout::Mas | Layout::Kannel => "",
    };
    let entries = match json.pointer(place) {
        Some(Value::Array(entries)) => entries.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        Some(_) | None => return Err(ReceiptError::NoReport),
    };
    Ok(gathered(entries.iter().map(|entry| match layout {
        Layout::AliyunPush => aliyun_push(entry),
        Layout::AliyunDetails => aliyun_details(entry),
        Layout::TencentPush => tencent_push(entry),
        Layout::TencentPull => tencent_pull(entry),
        Layout::Mas => mas(entry),
        Layout::Kannel => None,
    })))
}

/// An id in the one way in which ids are compared: without blanks, letters large,
/// and without zeros in front where it is hex or decimal. Providers and drivers lose
/// zeros and change letters.
///
/// ```
/// use duban::channel::receipt::normal_id;
/// assert_eq!(normal_id("00b8be19"), normal_id("B8BE19"));
/// ```
pub fn normal_id(id: &str) -> String {
    let id = id.trim().to_ascii_uppercase();
    let is_number = !id.is_empty() && id.chars().all(|c| c.is_ascii_hexdigit());
    let short = id.trim_start_matches('0');
    match (is_number, short.is_empty()) {
        (true, false) => short.to_owned(),
        (true, true) => "0".to_owned(),
        (false, _) => id,
    }
}

fn gathered(entries: impl Iterator<Item = Option<Report>>) -> Reports {
    let mut all = Reports::default();
    for entry in entries {
        match entry {
            Some(report) => all.reports.push(report),
            None => all.odd += 1,
        }
    }
    all
}

fn aliyun_push(entry: &Value) -> Option<Report> {
    let code = text(entry, "err_code")?;
    let success = text(entry, "success")?;
    let fate = match (success.as_str(), state("aliyun", &code)) {
        ("true", Fate::Failed | Fate::Delivered) => Fate::Delivered,
        ("false", Fate::Delivered) => Fate::Unclear,
        (_, state) => state,
    };
    let (id, ours) = (normal_id(&text(entry, "biz_id")?), text(entry, "out_id"));
    Some(Report { id, ours, fate, code, at: text(entry, "report_time").and_then(|at| local(&at)) })
}

fn aliyun_details(entry: &Value) -> Option<Report> {
    let code = text(entry, "ErrCode").unwrap_or_default();
    let fate = match text(entry, "SendStatus")?.as_str() {
        "1" => Fate::Underway,
        "2" if state("aliyun", &code) == Fate::Delivered => Fate::Unclear,
        "2" => state("aliyun", &code),
        "3" => Fate::Delivered,
        _ => return None,
    };
    let at = text(entry, "ReceiveDate").and_then(|at| local(&at));
    Some(Report { id: String::new(), ours: text(entry, "OutId"), fate, code, at })
}

fn tencent_push(entry: &Value) -> Option<Report> {
    let code = text(entry, "errmsg").unwrap_or_default();
    let fate = tencent_state(&text(entry, "report_status")?, &code)?;
    let at = text(entry, "user_receive_time").and_then(|at| local(&at));
    Some(Report { id: normal_id(&text(entry, "sid")?), ours: None, fate, code, at })
}

fn tencent_pull(entry: &Value) -> Option<Report> {
    let code = text(entry, "Description").unwrap_or_default();
    let fate = tencent_state(&text(entry, "ReportStatus")?, &code)?;
    let seconds = text(entry, "UserReceiveTime").and_then(|at| at.parse().ok());
    let at = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    Some(Report { id: normal_id(&text(entry, "SerialNo")?), ours: text(entry, "SessionContext"), fate, code, at })
}

fn tencent_state(status: &str, code: &str) -> Option<Fate> {
    match (status, state("tencent", code)) {
        ("SUCCESS", _) => Some(Fate::Delivered),
        ("FAIL", Fate::Delivered) => Some(Fate::Unclear),
        ("FAIL", state) => Some(state),
        _ => None,
    }
}

fn mas(entry: &Value) -> Option<Report> {
    let status = text(entry, "reportStatus")?;
    let (id, at) = (normal_id(&text(entry, "msgGroup")?), text(entry, "receiveDate"));
    let code = text(entry, "errorCode").unwrap_or_else(|| status.clone());
    let at = at.and_then(|at| local(&at));
    Some(Report { id, ours: None, fate: state("mas", &status), code, at })
}

fn kannel(query: &str) -> Option<Report> {
    let fields: HashMap<String, String> =
        reqwest::Url::parse(&format!("http://localhost/?{query}")).ok()?.query_pairs().into_owned().collect();
    let given = |name: &str| fields.get(name).filter(|value| !value.trim().is_empty()).cloned();
    let kind = given("type")?;
    let known: u8 = kind.parse().ok()?;
    // 1, 2, 4, 8, 16, 32: one bit each.
    if !known.is_power_of_two() || known > 32 {
        return None;
    }
    let at = given("time").and_then(|at| DateTime::from_timestamp(at.parse().ok()?, 0));
    let answer = given("answer").unwrap_or_default();
    let word = answer.split_once("stat:").map(|(_, rest)| rest.split(' ').next().unwrap_or_default().to_owned());
    let (id, ours) = (given("fid").map(|id| normal_id(&id)).unwrap_or_default(), given("id"));
    (!id.is_empty() || ours.is_some()).then_some(())?;
    Some(Report { id, ours, fate: state("kannel", &kind), code: word.unwrap_or(kind), at })
}

/// What a code of a provider means.
fn state(provider: &str, code: &str) -> Fate {
    // A test reads the table, so a build that ships cannot fail here.
    let all: HashMap<String, States> = toml::from_str(STATES).expect("the shipped table is tested");
    let is_in = |codes: &[String]| codes.iter().any(|known| known == code);
    match all.get(provider) {
        Some(states) if is_in(&states.delivered) => Fate::Delivered,
        Some(states) if is_in(&states.open) => Fate::Underway,
        Some(states) if is_in(&states.other) => Fate::Unclear,
        Some(_) | None => Fate::Failed,
    }
}

fn text(entry: &Value, name: &str) -> Option<String> {
    scalar_at(entry, &format!("/{name}")).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// A time of Beijing's clock, `2026-09-01 09:02:06` or `20260901090206`.
fn local(text: &str) -> Option<DateTime<Utc>> {
    let read = |form: &&str| NaiveDateTime::parse_from_str(text, form).ok();
    let local = ["%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S"].iter().find_map(read)?;
    Some(local.and_local_timezone(civil::zone()).single()?.to_utc())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Option<DateTime<Utc>> {
        Some(text.parse().unwrap())
    }

    fn one(layout: Layout, bytes: &str) -> Report {
        let reports = read(layout, bytes.as_bytes()).unwrap();
        assert_eq!((reports.reports.len(), reports.odd), (1, 0), "{bytes}");
        reports.reports[0].clone()
    }

    #[test]
    fn aliyun_reports_are_read_as_the_vendor_writes_them() {
        let pushed = r#"[{"phone_number":"13800138000","send_time":"2026-09-01 09:02:03","report_time":"2026-09-01 09:02:06",
            "success":true,"err_code":"DELIVERED","err_msg":"用户接收成功","sms_size":"1","biz_id":"900619746936498440^0",
            "out_id":"n-20260901-0001"}]"#;
        let report = Report {
            id: "900619746936498440^0".to_owned(),
            ours: Some("n-20260901-0001".to_owned()),
            fate: Fate::Delivered,
            code: "DELIVERED".to_owned(),
            at: at("2026-09-01T01:02:06Z"),
        };
        assert_eq!(one(Layout::AliyunPush, pushed), report);
        let rows = [
            (r#"true,"err_code":"DELIVERED""#, Fate::Delivered),
            (r#"false,"err_code":"MOBILE_NOT_ON_SERVICE""#, Fate::Failed),
            (r#"false,"err_code":"REQUEST_SUCCESS""#, Fate::Underway),
            (r#"false,"err_code":"SP_UNKNOWN_ERROR""#, Fate::Unclear),
            (r#"false,"err_code":"DELIVERED""#, Fate::Unclear),
        ];
        for (rest, state) in rows {
            assert_eq!(
                one(Layout::AliyunPush, &format!(r#"[{{"biz_id":"1^0","success":{rest}}}]"#)).fate,
                state,
                "{rest}"
            );
        }
        let asked = r#"{"Code":"OK","TotalCount":"1","SmsSendDetailDTOs":{"SmsSendDetailDTO":[{"PhoneNum":"13800138000",
            "SendStatus":3,"ErrCode":"DELIVERED","SendDate":"2026-09-01 09:02:03","ReceiveDate":"2026-09-01 09:02:06",
            "OutId":"n-20260901-0001"}]}}"#;
        assert_eq!(one(Layout::AliyunDetails, asked), Report { id: String::new(), ..report });
    }

    #[test]
    fn tencent_reports_are_read_as_the_vendor_writes_them() {
        let pushed = r#"[{"user_receive_time":"2026-09-01 09:02:06","nationcode":"86","mobile":"13800138000",
            "report_status":"SUCCESS","errmsg":"DELIVRD","description":"用户短信送达成功","sid":"8:ab"},
            {"report_status":"FAIL","errmsg":"EXPIRED","sid":"8:ac"},{"report_status":"FAIL","sid":"8:ad"},
            {"report_status":"LATER","sid":"8:ae"}]"#;
        let read = read(Layout::TencentPush, pushed.as_bytes()).unwrap();
        let states: Vec<Fate> = read.reports.iter().map(|report| report.fate).collect();
        assert_eq!((states, read.odd), (vec![Fate::Delivered, Fate::Failed, Fate::Failed], 1));
        assert_eq!(read.reports[0].id, "8:AB");
        assert_eq!(read.reports[0].at, at("2026-09-01T01:02:06Z"));
        let pulled = r#"{"Response":{"PullSmsSendStatusSet":[{"UserReceiveTime":1788224526,"SerialNo":"8:ab",
            "ReportStatus":"SUCCESS","Description":"DELIVRD","SessionContext":"n-1"}],"RequestId":"r"}}"#;
        let report = one(Layout::TencentPull, pulled);
        assert_eq!((report.fate, report.at), (Fate::Delivered, at("2026-09-01T01:02:06Z")));
        assert_eq!(report.ours.as_deref(), Some("n-1"));
    }

    #[test]
    fn mas_reports_are_read_as_the_vendor_writes_them() {
        let pushed = r#"[{"errorCode":"CM:2007","mobile":"13800138000","msgGroup":"0901090203000000332084",
            "receiveDate":"20260901090210","reportStatus":"CM:2007","submitDate":"20260901090203"}]"#;
        let report = one(Layout::Mas, pushed);
        assert_eq!(report.id, "901090203000000332084");
        assert_eq!((report.fate, report.code.as_str()), (Fate::Failed, "CM:2007"));
        assert_eq!(report.at, at("2026-09-01T01:02:10Z"));
        for (word, state) in [
            ("DELIVRD", Fate::Delivered),
            ("CM:0000", Fate::Underway),
            ("CM:3000", Fate::Underway),
            ("GW:9999", Fate::Unclear),
            ("EXPIRED", Fate::Failed),
        ] {
            let object = format!(r#"{{"msgGroup":"1","reportStatus":"{word}"}}"#);
            assert_eq!(one(Layout::Mas, &object).fate, state, "{word}");
        }
        assert_eq!(read(Layout::Mas, b"[]"), Ok(Reports::default()));
    }

    #[test]
    fn kannel_reports_are_read_from_the_query_of_our_url() {
        let report = one(Layout::Kannel, "id=n-20260901-0001&type=1&time=1788224526&smsc=cm&fid=00B8BE19");
        assert_eq!((report.ours.as_deref(), report.id.as_str()), (Some("n-20260901-0001"), "B8BE19"));
        assert_eq!((report.fate, report.at), (Fate::Delivered, at("2026-09-01T01:02:06Z")));
        let rows = [
            ("id=a&type=2", Fate::Failed),
            ("id=a&type=16&answer=NACK%2F0x45", Fate::Failed),
            ("id=a&type=8", Fate::Underway),
            ("id=a&type=2&answer=id%3A1+stat%3AEXPIRED+err%3A000", Fate::Failed),
            // An odd date elsewhere in the answer does not make it an incoming message.
            ("id=a&type=2&time=0000&answer=stat%3AFAILED+done+date%3A00000000", Fate::Failed),
        ];
        for (query, state) in rows {
            assert_eq!(one(Layout::Kannel, query).fate, state, "{query}");
        }
        for query in ["id=a", "type=1", "id=a&type=3", "id=a&type=64", "id=a&type=x", ""] {
            assert_eq!(read(Layout::Kannel, query.as_bytes()).unwrap(), Reports { reports: vec![], odd: 1 }, "{query}");
        }
    }

    #[test]
    fn ids_are_the_same_without_zeros_and_in_any_case() {
        assert_eq!(normal_id(" 1101c1-0A "), normal_id("1101C1-0a"));
        assert_eq!(normal_id("00b8be19"), "B8BE19");
        assert_eq!((normal_id("000"), normal_id("")), ("0".to_owned(), String::new()));
        assert_ne!(normal_id("0:1"), normal_id(":1"));
    }

    proptest! {
        #[test]
        fn whatever_is_pushed_the_reading_ends(bytes in prop::collection::vec(any::<u8>(), 0..80), json in "[\\[\\]{}\":,a-z_0-9]{0,60}") {
            let layouts = [Layout::AliyunPush, Layout::AliyunDetails, Layout::TencentPush, Layout::TencentPull, Layout::Mas, Layout::Kannel];
            for layout in layouts {
                for input in [&bytes[..], json.as_bytes()] {
                    if let Ok(read) = read(layout, input) {
                        prop_assert!(read.reports.len() + read.odd <= input.len() + 1);
                    }
                }
            }
        }
    }
}
