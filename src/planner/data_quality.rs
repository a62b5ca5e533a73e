//! Rows that are unusable or contradictory, listed to the desk: once a finding.

use crate::{
    notice::{Fact, Kind, Occurrence},
    rules::findings::findings,
    ticket::Anomaly,
};

use super::case::{Case, Event, Scope};

/// One notice a ticket and finding; those of one poll travel as one mail.
pub(super) fn plan(case: &mut Case<'_>) {
    let rules = case.rules();
    let roster = case.policy.roster.as_deref();
    let found = findings(case.view.ticket, case.standing, rules, roster, case.now);
    for anomaly in found.into_iter().filter(|anomaly| rules.reports(*anomaly)) {
        let occurrence = Occurrence::Findings(anomaly.code().into());
        let at = case.now;
        case.event(Event { kind: Kind::DataQuality, scope: Scope::InRound(1), occurrence, at }, |case| {
            let mut facts = case.facts(Kind::DataQuality);
            facts.insert("provisional".into(), Fact::Flag(false));
            facts.insert("codes".into(), Fact::List(vec![anomaly.code().into()]));
            facts.insert("what".into(), Fact::List(vec![sentence(anomaly).into()]));
            facts
        });
    }
}

/// A finding as the desk reads it; it names fields, never their content.
pub fn sentence(anomaly: Anomaly) -> &'static str {
    match anomaly {
        Anomaly::BadPhone => "联系电话无法识别",
        Anomaly::ConcludedBeforeReceived => "办结时间早于接收时间",
        Anomaly::ConcludedInFuture => "办结时间晚于当前时间",
        Anomaly::ConcludedWithoutTime => "状态为已办结,缺办结时间",
        Anomaly::ContactEqualsDispatch => "先行联系时间与派单时间相同",
        Anomaly::ContactInFuture => "先行联系时间晚于当前时间",
        Anomaly::DispatchBeforeReceived => "派单时间早于接收时间",
        Anomaly::DueDiffers => "平台截止时间与计算不一致",
        Anomaly::DuplicateRow => "存在重复行",
        Anomaly::ImpossibleDateDispatch => "派单时间为不存在的日期",
        Anomaly::ImpossibleDateReceived => "接收时间为不存在的日期",
        Anomaly::MissingAccept => "处理中但无接单时间",
        Anomaly::MissingDispatch => "缺派单时间",
        Anomaly::MissingEnd => "已办结但无办结时间",
        Anomaly::MissingExtensionDays => "延期已批准但无延期天数",
        Anomaly::MissingReceived => "缺接收时间",
        Anomaly::NoMobile => "无可用手机号",
        Anomaly::NumberDamaged => "工单编号被表格软件改为科学计数",
        Anomaly::OddExtension => "延期天数不是15、30、60、90",
        Anomaly::RepeatSelf => "重复工单号为本工单",
        Anomaly::UnknownClass => "紧急程度与办理类别为空,按“复杂”计",
        Anomaly::UnknownHandler => "经办人不在名册",
        Anomaly::UnknownSource => "来源无法识别,按12345计",
        Anomaly::UnknownStatus => "状态无法识别,期限照常计算",
        Anomaly::UnknownUnit => "承办单位不在名册",
        Anomaly::UnreadableDateDispatch => "派单时间无法识别",
        Anomaly::UnreadableDateReceived => "接收时间无法识别",
    }
}
