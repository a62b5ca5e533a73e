//! Every channel over HTTP, as the contract of channels sees it: its settings, and
//! what its provider says in each situation.

use std::{collections::BTreeMap, sync::Arc};

use duban::{
    channel::{Channel, Letter, Post, Sms},
    message::{Form, form},
};

use super::{JSON_GATEWAY, opened, sms};

/// A channel over HTTP and its provider's words.
pub struct Wire {
    pub kind: &'static str,
    /// The path below the server's address.
    pub path: &'static str,
    /// The settings below the table's name and url.
    pub settings: &'static str,
    /// What it says when it takes a letter.
    pub taken: &'static str,
    pub full: Option<(u16, &'static str)>,
    pub no_recipient: Option<(u16, &'static str)>,
    pub bad_text: Option<(u16, &'static str)>,
    pub refuses_us: Option<(u16, &'static str)>,
    pub later: Option<(u16, &'static str)>,
}

const TIMES: &str = "calls = { connect_ms = 400, call_ms = 900 }\n";

pub const WIRES: [Wire; 8] = [
    Wire {
        kind: "sms",
        path: "/send",
        settings: JSON_GATEWAY,
        taken: r#"{"code":0,"data":{"id":77}}"#,
        full: Some((200, r#"{"code":"1101","msg":"13800012345 too often"}"#)),
        no_recipient: Some((200, r#"{"code":21614,"msg":"13800012345 is a landline"}"#)),
        bad_text: Some((200, r#"{"code":"WORDS"}"#)),
        refuses_us: Some((401, r#"who is s3cret&="pass word?"#)),
        later: Some((503, "not accepted, later")),
    },
    Wire {
        kind: "aliyun",
        path: "/",
        settings: "access_key_id = \"id\"\naccess_key_secret = { file = \"s\" }\nsign_name = \"甲\"\n",
        taken: r#"{"Code":"OK","Message":"OK","BizId":"900619746936498440^0","RequestId":"R"}"#,
        full: Some((200, r#"{"Code":"isv.BUSINESS_LIMIT_CONTROL","Message":"13800012345触发分钟级流控Permits:1"}"#)),
        no_recipient: Some((200, r#"{"Code":"isv.MOBILE_NUMBER_ILLEGAL","Message":"13800012345非法手机号"}"#)),
        bad_text: Some((200, r#"{"Code":"isv.PARAM_LENGTH_LIMIT","Message":"参数超出长度限制"}"#)),
        refuses_us: Some((400, r#"{"Code":"SignatureDoesNotMatch","Message":"s3cret&=\"pass word"}"#)),
        later: Some((200, r#"{"Code":"isp.SYSTEM_ERROR","Message":"系统错误"}"#)),
    },
    Wire {
        kind: "tencent",
        path: "/",
        settings: "secret_id = \"id\"\nsecret_key = { file = \"s\" }\nsdk_app_id = \"1400006666\"\nsign_name = \"甲\"\n",
        taken: r#"{"Response":{"SendStatusSet":[{"SerialNo":"8:7","Code":"Ok","Message":"send success"}],"RequestId":"R"}}"#,
        full: Some((
            200,
            r#"{"Response":{"SendStatusSet":[{"Code":"LimitExceeded.DeliveryFrequencyLimit","Message":"13800012345"}]}}"#,
        )),
        no_recipient: Some((
            200,
            r#"{"Response":{"SendStatusSet":[{"Code":"InvalidParameterValue.IncorrectPhoneNumber","Message":"+8613800012345"}]}}"#,
        )),
        bad_text: Some((
            200,
            r#"{"Response":{"SendStatusSet":[{"Code":"FailedOperation.ContainSensitiveWord","Message":"m"}]}}"#,
        )),
        refuses_us: Some((
            200,
            r#"{"Response":{"Error":{"Code":"AuthFailure.SignatureFailure","Message":"s3cret&=\"pass word"}}}"#,
        )),
        later: Some((200, r#"{"Response":{"Error":{"Code":"InternalError.OtherError","Message":"m"}}}"#)),
    },
    // It knows no answers for a full destination, a bad number or a later try.
    Wire {
        kind: "mas",
        path: "/sms/norsubmit",
        settings: "ec_name = \"某局\"\nap_id = \"u\"\nsecret_key = { file = \"s\" }\nsign = \"c\"\n",
        taken: r#"{"msgGroup":"0906163415000000332084","rspcod":"success","success":true}"#,
        full: None,
        no_recipient: None,
        bad_text: Some((200, r#"{"msgGroup":"","rspcod":"InvalidMessage","success":false}"#)),
        refuses_us: Some((200, r#"{"msgGroup":"","rspcod":"IllegalMac","success":false}"#)),
        later: None,
    },
    Wire {
        kind: "wecom",
        path: "/cgi-bin/webhook/send",
        settings: ROBOT,
        taken: r#"{"errcode":0,"errmsg":"ok"}"#,
        full: Some((200, r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#)),
        no_recipient: None,
        bad_text: Some((200, r#"{"errcode":40058,"errmsg":"content too long"}"#)),
        refuses_us: Some((200, r#"{"errcode":93000,"errmsg":"invalid webhook url, s3cret&=\"pass word"}"#)),
        later: Some((200, r#"{"errcode":-1,"errmsg":"system busy"}"#)),
    },
    Wire {
        kind: "dingtalk",
        path: "/robot/send",
        settings: SIGNED_ROBOT,
        taken: r#"{"errcode":0,"errmsg":"ok"}"#,
        full: Some((200, r#"{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}"#)),
        no_recipient: None,
        bad_text: Some((200, r#"{"errcode":310000,"errmsg":"keywords not in content, more: [...]"}"#)),
        refuses_us: Some((200, r#"{"errcode":310000,"errmsg":"sign not match, s3cret&=\"pass word"}"#)),
        later: Some((200, r#"{"errcode":-1,"errmsg":"系统繁忙"}"#)),
    },
    Wire {
        kind: "feishu",
        path: "/open-apis/bot/v2/hook",
        settings: SIGNED_ROBOT,
        taken: r#"{"code":0,"msg":"success","data":{}}"#,
        full: Some((200, r#"{"code":9499,"msg":"too many request"}"#)),
        no_recipient: None,
        bad_text: Some((200, r#"{"code":19036,"msg":"too large"}"#)),
        refuses_us: Some((200, r#"{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}"#)),
        later: None,
    },
    Wire {
        kind: "webhook",
        path: "/hook",
        settings: "secret = { file = \"s\" }\nroles = [\"desk\"]\n",
        taken: r#"{"code":0,"id":"r-1"}"#,
        full: Some((429, "later")),
        no_recipient: None,
        bad_text: Some((422, r#"{"code":17,"message":"no"}"#)),
        refuses_us: Some((401, "s3cret&=\"pass word")),
        later: None,
    },
];

const ROBOT: &str = "key = { file = \"k\" }\nroles = [\"handler\", \"deputy\", \"desk\"]\n";
const SIGNED_ROBOT: &str =
    "key = { file = \"k\" }\nsecret = { file = \"s\" }\nroles = [\"handler\", \"deputy\", \"desk\"]\n";

impl Wire {
    /// A channel to a server.
    pub fn channel(&self, address: &str) -> Arc<Channel> {
        let (kind, path, settings) = (self.kind, self.path, self.settings);
        let times = if kind == "sms" { "" } else { TIMES };
        let approved = match kind {
            "aliyun" => approved("aliyun", "params = { tail = \"{t4}\" }"),
            "tencent" => approved("tencent", "list = [\"{t4}\"]"),
            _ => String::new(),
        };
        let (table, of) = match kind {
            "wecom" | "dingtalk" | "feishu" => ("chat", format!("kind = \"{kind}\"\n")),
            other => (other, String::new()),
        };
        let text = format!("[{table}.peer]\n{of}url = \"{address}{path}\"\n{settings}{times}{approved}");
        opened(&text).unwrap_or_else(|faults| panic!("{kind}: {faults:?}"))
    }

    /// A letter for it.
    pub fn letter(&self) -> Letter {
        let post = || Post {
            id: "leg-7".to_owned(),
            kind: "overdue-1".to_owned(),
            title: "【甲】逾期催办".to_owned(),
            body: "工单20260915000001已逾期\n".to_owned(),
            tickets: vec!["20260915000001".to_owned()],
            ..Post::default()
        };
        match self.kind {
            "wecom" | "dingtalk" | "feishu" => return Letter::Chat(post()),
            "webhook" => return Letter::Webhook(post()),
            _ => {}
        }
        let Letter::Sms(sms) = sms() else { unreachable!() };
        let values = BTreeMap::from([("t4".to_owned(), "4821".to_owned())]);
        Letter::Sms(Sms { form: Some(Form { name: "due-soon".to_owned(), values }), ..sms })
    }
}

/// Approved texts for every notice, one of them with a variable.
fn approved(kind: &str, variables: &str) -> String {
    let others = form::needed().filter(|name| name != "due-soon");
    let others: String = others.map(|name| format!("{name} = {{ id = \"SMS_0\" }}\n")).collect();
    format!("[{kind}.peer.templates]\ndue-soon = {{ id = \"SMS_1\", {variables} }}\n{others}")
}
