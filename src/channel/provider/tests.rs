//! The tables of answers, row by row.

use std::collections::BTreeSet;

use super::*;
use crate::{
    channel::http::{Answer, Whole},
    notice::{Receipt, Refusal},
};

const ALIYUN: &str = include_str!("answers/aliyun.toml");
const TENCENT: &str = include_str!("answers/tencent.toml");
const MAS: &str = include_str!("answers/mas.toml");
const TABLES: [&str; 7] = [
    ALIYUN,
    TENCENT,
    MAS,
    include_str!("answers/wecom.toml"),
    include_str!("answers/dingtalk.toml"),
    include_str!("answers/feishu.toml"),
    include_str!("answers/webhook.toml"),
];

/// 09:02:03 in Beijing.
fn now() -> DateTime<Utc> {
    "2026-09-01T01:02:03Z".parse().unwrap()
}

fn outcome(table: &str, status: u16, body: &str) -> Outcome {
    let answer = Answer::of(status, body.as_bytes(), Whole::Yes);
    Table::new(table, &[]).outcome(&answer, now(), &Scrub::default())
}

fn shown(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted(Receipt(id)) => format!("accepted {}", id.clone().unwrap_or_default()),
        Outcome::Refused(Refusal::Recipient(why)) => format!("recipient {}", why.code),
        Outcome::Refused(Refusal::Content(why)) => format!("content {}", why.code),
        Outcome::Throttled { until, .. } | Outcome::ChannelDown { until, .. } => {
            format!("{} {}", outcome.class(), (*until - now()).num_seconds())
        }
        other => other.class().to_owned(),
    }
}

#[test]
fn aliyun_answers_mean_what_the_vendor_says() {
    let rows = [
        (200, r#"{"Code":"OK","Message":"OK","BizId":"900619746936498440^0"}"#, "accepted 900619746936498440^0"),
        (200, r#"{"Code":"isv.BUSINESS_LIMIT_CONTROL","Message":"触发分钟级流控Permits:1"}"#, "throttled 60"),
        (200, r#"{"Code":"isv.BUSINESS_LIMIT_CONTROL","Message":"触发小时级流控Permits:5"}"#, "throttled 3477"),
        (200, r#"{"Code":"isv.BUSINESS_LIMIT_CONTROL","Message":"触发天级流控Permits:10"}"#, "throttled 86400"),
        (400, r#"{"Code":"Throttling.User","Message":"m"}"#, "throttled 60"),
        (200, r#"{"Code":"isv.DAY_LIMIT_CONTROL","Message":"触发日发送限额"}"#, "channel-down 3600"),
        (200, r#"{"Code":"isv.MOBILE_NUMBER_ILLEGAL","Message":"m"}"#, "recipient aliyun-isv.MOBILE_NUMBER_ILLEGAL"),
        (200, r#"{"Code":"isv.PARAM_LENGTH_LIMIT","Message":"m"}"#, "content aliyun-isv.PARAM_LENGTH_LIMIT"),
        (200, r#"{"Code":"isv.AMOUNT_NOT_ENOUGH","Message":"m"}"#, "channel-down 300"),
        (400, r#"{"Code":"SignatureDoesNotMatch","Message":"m"}"#, "channel-down 300"),
        (404, r#"{"Code":"InvalidAccessKeyId.NotFound","Message":"m"}"#, "channel-down 300"),
        (200, r#"{"Code":"isp.SYSTEM_ERROR","Message":"m"}"#, "not-sent"),
        (500, r#"{"Code":"InternalError","Message":"m"}"#, "unknown"),
        (503, r#"{"Code":"ServiceUnavailable","Message":"m"}"#, "unknown"),
        (400, r#"{"Code":"SignatureNonceUsed","Message":"m"}"#, "unknown"),
        (500, r#"{"Code":"OK","BizId":"1"}"#, "unknown"),
        (200, r#"{"Code":"isv.SOMETHING_NEW","Message":"m"}"#, "content unknown-code aliyun-isv.SOMETHING_NEW"),
        (200, "<html>", "unknown"),
        (502, "", "unknown"),
        (403, "", "channel-down 300"),
    ];
    for (status, body, expected) in rows {
        assert_eq!(shown(&outcome(ALIYUN, status, body)), expected, "{body}");
    }
}

#[test]
fn tencent_answers_mean_what_the_vendor_says() {
    let error = |code: &str| format!(r#"{{"Response":{{"Error":{{"Code":"{code}","Message":"m"}},"RequestId":"r"}}}}"#);
    let number = |code: &str| {
        format!(r#"{{"Response":{{"SendStatusSet":[{{"SerialNo":"8:7","Code":"{code}","Message":"m"}}]}}}}"#)
    };
    let rows = [
        (number("Ok"), "accepted 8:7"),
        (number("ok"), "content unknown-code tencent-ok"),
        (number("LimitExceeded.PhoneNumberThirtySecondLimit"), "throttled 30"),
        (number("LimitExceeded.PhoneNumberDailyLimit"), "throttled 86400"),
        (number("FailedOperation.MarketingSendTimeConstraint"), "throttled 82677"),
        (error("RequestLimitExceeded.IPLimitExceeded"), "throttled 60"),
        (number("LimitExceeded.AppDailyLimit"), "channel-down 3600"),
        (
            number("InvalidParameterValue.IncorrectPhoneNumber"),
            "recipient tencent-InvalidParameterValue.IncorrectPhoneNumber",
        ),
        (number("FailedOperation.ContainSensitiveWord"), "content tencent-FailedOperation.ContainSensitiveWord"),
        (error("AuthFailure.SignatureFailure"), "channel-down 300"),
        (error("UnauthorizedOperation.SerivceSuspendDueToArrears"), "channel-down 300"),
        (error("UnsupportedOperation.UnsupportedRegion"), "channel-down 300"),
        (error("UnsupportedOperation.Other"), "content tencent-UnsupportedOperation.Other"),
        (error("InternalError.SendAndRecvFail"), "unknown"),
        (error("InternalError.OtherError"), "not-sent"),
    ];
    for (body, expected) in rows {
        assert_eq!(shown(&outcome(TENCENT, 200, &body)), expected, "{body}");
    }
}

#[test]
fn mas_must_say_twice_that_it_took_it() {
    let rows = [
        (
            r#"{"msgGroup":"0906163415000000332084","rspcod":"success","success":true}"#,
            "accepted 0906163415000000332084",
        ),
        (r#"{"msgGroup":"","rspcod":"success","success":"true"}"#, "accepted "),
        (r#"{"rspcod":"success","success":false}"#, "unknown"),
        (r#"{"rspcod":"IllegalMac","success":false}"#, "channel-down 300"),
        (r#"{"rspcod":"InvalidMessage","success":false}"#, "content mas-InvalidMessage"),
        (r#"{"rspcod":"New","success":false}"#, "content unknown-code mas-New"),
    ];
    for (body, expected) in rows {
        assert_eq!(shown(&outcome(MAS, 200, body)), expected, "{body}");
    }
}

#[test]
fn a_difference_of_the_clocks_is_measured() {
    let body = r#"{"Code":"InvalidTimeStamp.Expired","Message":"m"}"#;
    let date = Some(now() - chrono::TimeDelta::seconds(1200));
    let answer = Answer { date, ..Answer::of(400, body.as_bytes(), Whole::Yes) };
    let Outcome::ChannelDown { why, .. } = Table::new(ALIYUN, &[]).outcome(&answer, now(), &Scrub::default()) else {
        panic!("an expired timestamp puts the channel down")
    };
    assert!(why.detail.contains("check the clock, it is 1200 s ahead"), "{}", why.detail);
}

#[test]
fn a_row_of_the_settings_comes_first() {
    let ours: Row = toml::from_str("code = [\"isv.OUT_OF_SERVICE\"]\nclass = \"throttled\"\nwait_s = 7").unwrap();
    let answer = Answer::of(200, br#"{"Code":"isv.OUT_OF_SERVICE"}"#, Whole::Yes);
    assert_eq!(shown(&Table::new(ALIYUN, &[ours]).outcome(&answer, now(), &Scrub::default())), "throttled 7");
}

#[test]
fn every_shipped_table_is_read_and_no_half_answer_counts_as_taken() {
    let bodies = [
        r#"{"Code":"OK","code":0,"errcode":0,"rspcod":"success","success":true,"ok":true}"#,
        r#"{"Response":{"SendStatusSet":[{"Code":"Ok"}]}}"#,
    ];
    let mut accepted = BTreeSet::new();
    for (n, table) in TABLES.into_iter().enumerate() {
        for body in bodies {
            for cut in 0..=body.len() {
                for whole in [Whole::Yes, Whole::TooLong, Whole::Broken(String::new())] {
                    let is_whole = cut == body.len() && whole == Whole::Yes;
                    let answer = Answer::of(200, &body.as_bytes()[..cut], whole);
                    let outcome = Table::new(table, &[]).outcome(&answer, now(), &Scrub::default());
                    match outcome.class() {
                        "accepted" if is_whole => drop(accepted.insert(n)),
                        class => assert!(is_whole || class == "unknown", "{n}: {class} for {cut} bytes of {body}"),
                    }
                }
            }
        }
    }
    assert_eq!(accepted.len(), TABLES.len());
}
