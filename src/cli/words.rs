//! What the clerk calls the states, reasons and media of the ledger, and what
//! channels say.

use crate::{
    notice::{Medium, Outcome},
    outbox::{LegState, NoticeState},
    roster::Why,
};

/// The state of a notice.
pub fn notice_state(state: NoticeState) -> &'static str {
    match state {
        NoticeState::Open => "待发",
        NoticeState::Done => "已办",
        NoticeState::Superseded => "已撤回",
        NoticeState::Expired => "已过时",
        NoticeState::Held => "待放行",
    }
}

/// The state of a leg.
pub fn leg_state(state: LegState) -> &'static str {
    match state {
        LegState::Pending => "待发",
        LegState::Sending => "发送中",
        LegState::Accepted => "已发出",
        LegState::Delivered => "已送达",
        LegState::Unknown => "结果不明",
        LegState::Failed => "被拒",
        LegState::Dead => "已放弃",
        LegState::Expired => "已过时",
        LegState::Superseded => "已撤回",
        LegState::Held => "待放行",
    }
}

/// A reason or cause by its code; a provider's code stands for itself.
pub fn reason(code: &str) -> &str {
    match code {
        "higher-step" => "已有更高一级",
        "duty-met" => "已履行",
        "deadline-moved" => "期限已变",
        "assignment-over" => "已改派或重新交办",
        "expired" => "已过时",
        "not-wanted" => "不再需要",
        "cancelled" => "人工取消",
        "nobody-reachable" => "无人可通知",
        "person-ceiling" => "本小时已达上限,合并后发",
        "acknowledged" => "本人已签收",
        "restored" => "恢复备份后待放行",
        "retried" => "人工重发",
        "released" => "人工放行",
        other => other,
    }
}

/// A medium.
pub fn medium(medium: Medium) -> &'static str {
    match medium {
        Medium::Sms => "短信",
        Medium::Email => "邮件",
        Medium::Chat => "群消息",
        Medium::Webhook => "推送",
        Medium::File => "文件",
    }
}

/// Why the desk answers for a role.
pub fn fell_back(why: Why) -> &'static str {
    match why {
        Why::NoUnit => "未指定承办单位",
        Why::UnknownUnit => "承办单位不在名册",
        Why::NobodyInRole => "无人任此角色",
        Why::NoLeaderOfMatter => "该大类无分管领导",
        Why::AllAway => "均不在岗",
        Why::Abolished => "单位已撤销且无继任单位",
    }
}

/// The code and the detail of what went wrong with a letter.
pub fn failure(outcome: &Outcome) -> Option<(&str, &str)> {
    let failure = match outcome {
        Outcome::Accepted(_) => return None,
        Outcome::NotSent { why, .. }
        | Outcome::Throttled { why, .. }
        | Outcome::ChannelDown { why, .. }
        | Outcome::Unknown(why) => why,
        Outcome::Refused(refusal) => refusal.failure(),
    };
    Some((&failure.code, &failure.detail))
}
