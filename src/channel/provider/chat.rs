//! Robots in the groups of WeCom, DingTalk and Feishu: text only, and nobody is
//! mentioned. Pure.

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{MASK, Moment, Show, cut, sign};
use crate::channel::{
    Post,
    http::{Request, percent},
};

/// Whose robot it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RobotKind {
    /// 企业微信.
    WeCom,
    /// 钉钉.
    DingTalk,
    /// 飞书.
    Feishu,
}

/// What is known of a kind of robot.
#[derive(Debug)]
pub(super) struct Known {
    pub kind: RobotKind,
    pub name: &'static str,
    /// Where its robots are.
    pub url: &'static str,
    /// Hosts on which only robots of this kind are.
    pub hosts: &'static [&'static str],
    /// The longest text in bytes, with room for what JSON adds.
    pub text_bytes: usize,
    /// Messages a minute, below what the vendor allows (20, 20, 100).
    pub per_minute: u32,
    pub table: &'static str,
}

/// Every kind.
pub(super) const KNOWN: [Known; 3] = [
    Known {
        kind: RobotKind::WeCom,
        name: "wecom",
        url: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
        hosts: &["qyapi.weixin.qq.com"],
        text_bytes: 2048,
        per_minute: 18,
        table: include_str!("answers/wecom.toml"),
    },
    Known {
        kind: RobotKind::DingTalk,
        name: "dingtalk",
        url: "https://oapi.dingtalk.com/robot/send",
        hosts: &["oapi.dingtalk.com", "api.dingtalk.com"],
        text_bytes: 16_000,
        per_minute: 18,
        table: include_str!("answers/dingtalk.toml"),
    },
    Known {
        kind: RobotKind::Feishu,
        name: "feishu",
        url: "https://open.feishu.cn/open-apis/bot/v2/hook",
        hosts: &["open.feishu.cn", "open.larksuite.com"],
        text_bytes: 16_000,
        per_minute: 90,
        table: include_str!("answers/feishu.toml"),
    },
];

impl RobotKind {
    /// What is known of it.
    pub(super) fn known(self) -> &'static Known {
        match self {
            Self::WeCom => &KNOWN[0],
            Self::DingTalk => &KNOWN[1],
            Self::Feishu => &KNOWN[2],
        }
    }

    /// The kind whose robots alone are on a host.
    pub(super) fn on(host: &str) -> Option<&'static Known> {
        KNOWN.iter().find(|known| known.hosts.contains(&host))
    }
}

/// A robot of a group.
#[derive(Clone, Debug)]
pub(super) struct Robot {
    pub kind: RobotKind,
    /// Without its key.
    pub url: Url,
    /// What tells it from other robots, in its URL.
    pub key: SecretString,
    /// With what its requests are signed.
    pub secret: Option<SecretString>,
    /// What every text must hold.
    pub keyword: Option<String>,
    pub text_bytes: usize,
}

impl Robot {
    /// The text of a post, cut to what the robot takes; no word of it mentions anybody.
    pub fn text(&self, post: &Post) -> String {
        let harmless = |text: &str| text.replace('<', "＜").replace('@', "＠");
        cut::fitted(&harmless(&post.title), &harmless(&post.body), self.text_bytes)
    }

    /// The request for a text.
    pub fn send(&self, text: &str, moment: &Moment<'_>) -> Request {
        let key =
            if moment.show == Show::Masked { MASK.to_owned() } else { percent(self.key.expose_secret().as_bytes()) };
        let url = self.url.as_str().trim_end_matches('/');
        let (url, body) = match self.kind {
            RobotKind::WeCom => (format!("{url}?key={key}"), json!({ "msgtype": "text", "text": { "content": text } })),
            RobotKind::DingTalk => {
                let signed = self.signed_dingtalk(moment.now.timestamp_millis());
                let body = json!({ "msgtype": "text", "text": { "content": text }, "at": { "isAtAll": false } });
                (format!("{url}?access_token={key}{signed}"), body)
            }
            RobotKind::Feishu => (format!("{url}/{key}"), self.feishu(text, moment.now.timestamp())),
        };
        Request::post(&url, "application/json; charset=utf-8", body.to_string().into_bytes())
    }

    /// What a signed URL of DingTalk has behind its token.
    fn signed_dingtalk(&self, millis: i64) -> String {
        let Some(secret) = &self.secret else { return String::new() };
        let secret = secret.expose_secret();
        let signature = sign::base64(&sign::hmac(secret.as_bytes(), format!("{millis}\n{secret}").as_bytes()));
        format!("&timestamp={millis}&sign={}", percent(signature.as_bytes()))
    }

    /// Feishu signs nothing, with a key made of time and secret.
    fn feishu(&self, text: &str, seconds: i64) -> serde_json::Value {
        let content = json!({ "text": text });
        match &self.secret {
            None => json!({ "msg_type": "text", "content": content }),
            Some(secret) => {
                let key = format!("{seconds}\n{}", secret.expose_secret());
                let sign = sign::base64(&sign::hmac(key.as_bytes(), b""));
                json!({ "timestamp": seconds.to_string(), "sign": sign, "msg_type": "text", "content": content })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn robot(kind: RobotKind, secret: Option<&str>) -> Robot {
        Robot {
            kind,
            url: kind.known().url.parse().unwrap(),
            key: SecretString::from("k e"),
            secret: secret.map(SecretString::from),
            keyword: None,
            text_bytes: kind.known().text_bytes,
        }
    }

    fn moment() -> Moment<'static> {
        Moment { show: Show::Real, ..Moment::shown("2026-09-01T01:02:03Z".parse().unwrap(), "") }
    }

    #[test]
    fn dingtalk_is_signed_like_the_worked_example() {
        let request = robot(RobotKind::DingTalk, Some("SECtest0123456789abcdef")).send("甲", &moment());
        assert_eq!(
            request.url,
            "https://oapi.dingtalk.com/robot/send?access_token=k%20e&timestamp=1788224523000\
             &sign=OTiyFHTHtNyN%2BYlwcSPO7oAWgxHNHSE5gdEVo3ntO%2B0%3D"
        );
        let body = "{\"msgtype\":\"text\",\"text\":{\"content\":\"甲\"},\"at\":{\"isAtAll\":false}}";
        assert_eq!(String::from_utf8(request.body).unwrap(), body);
    }

    #[test]
    fn feishu_is_signed_like_the_worked_example() {
        let request = robot(RobotKind::Feishu, Some("testFeishuSecret")).send("甲", &moment());
        assert_eq!(request.url, "https://open.feishu.cn/open-apis/bot/v2/hook/k%20e");
        let body = "{\"timestamp\":\"1788224523\",\"sign\":\"61YlwpuGr42s9kKLqJCnsLBsmoeKpdqZaAMBoh0mpGI=\",\
                    \"msg_type\":\"text\",\"content\":{\"text\":\"甲\"}}";
        assert_eq!(String::from_utf8(request.body).unwrap(), body);
    }

    #[test]
    fn wecom_is_not_signed_and_a_shown_request_hides_its_key() {
        let robot = robot(RobotKind::WeCom, None);
        let request = robot.send("甲", &Moment { show: Show::Masked, ..moment() });
        assert_eq!(request.url, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=***");
        let body = "{\"msgtype\":\"text\",\"text\":{\"content\":\"甲\"}}";
        assert_eq!(String::from_utf8(request.body).unwrap(), body);
    }

    #[test]
    fn no_text_mentions_anybody() {
        let post = Post {
            title: "【热线】@all".to_owned(),
            body: "<at user_id=\"all\">所有人</at> @所有人".to_owned(),
            ..Post::default()
        };
        for known in &KNOWN {
            let text = robot(known.kind, None).text(&post);
            assert!(!text.contains(['<', '@']) && text.contains("所有人"), "{text}");
        }
    }

    #[test]
    fn known_finds_each_kind_under_itself() {
        for known in &KNOWN {
            assert_eq!(known.kind.known().name, known.name);
            assert!(known.hosts.contains(&known.url.parse::<Url>().unwrap().host_str().unwrap()));
        }
    }
}
