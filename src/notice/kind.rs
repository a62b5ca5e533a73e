//! The notice catalogue: every kind, with its audience and media.

use std::fmt;

pub use crate::roster::{Medium, Role};

/// A kind of notice (`domain.md`'s catalogue).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// 当日转派提醒.
    DispatchReminder,
    /// 未当日转派.
    DispatchOverdue,
    /// 新工单.
    TicketAssigned,
    /// 紧急事项报送.
    UrgentAlert,
    /// 紧急工单未接单.
    UrgentUnaccepted,
    /// 先行联系到期.
    FirstContactDue,
    /// 先行联系最后提醒.
    FirstContactFinal,
    /// 先行联系逾期.
    FirstContactOverdue,
    /// 再次联系提醒.
    FirstContactRetry,
    /// 号码存疑.
    ContactNumberSuspect,
    /// 短信告知诉求人.
    CitizenUnreachableSms,
    /// 短信(中性)告知.
    CitizenNeutralSms,
    /// 无法短信告知.
    CitizenSmsNotPossible,
    /// 短信未送达.
    CitizenSmsFailed,
    /// 退单申请截止提醒.
    ReturnWindowClosing,
    /// 逾期未退视作接单.
    ReturnDeemedAccepted,
    /// 退单申请待审核.
    ReturnApplicationReview,
    /// 退单材料不全.
    ReturnMaterialMissing,
    /// 不符合退单条件.
    ReturnNotAllowed,
    /// 退单结果.
    ReturnResult,
    /// 办结临期提醒.
    DueSoon,
    /// 办结当日到期.
    DueToday,
    /// 办结当日最后提醒.
    DueFinal,
    /// 逾期催办(第1次).
    Overdue1,
    /// 逾期催办(第2次).
    Overdue2,
    /// 逾期督办.
    Overdue3,
    /// 逾期清单.
    OverdueDaily,
    /// 延期申请截止提醒.
    ExtensionWindowClosing,
    /// 延期申请待审核.
    ExtensionApplicationReview,
    /// 延期申请超窗口.
    ExtensionOutOfWindow,
    /// 再次延期提示.
    ExtensionRepeatRefused,
    /// 延期获批.
    ExtensionApproved,
    /// 期限变更.
    DeadlineRecomputed,
    /// 办结待反馈.
    FeedbackDue,
    /// 办结未反馈.
    FeedbackOverdue,
    /// 办结报告缺项.
    ReportIncomplete,
    /// 待审核.
    AuditPending,
    /// 审核退回.
    AuditRejected,
    /// 回访不满意.
    RevisitDissatisfied,
    /// 待重新交办.
    ReassignDue,
    /// 待二次回访.
    SecondRevisitDue,
    /// 不纳入测评待审核.
    ExclusionReviewPending,
    /// 督办单.
    SupervisionOrder,
    /// 督办反馈到期.
    SupervisionDue,
    /// 督办反馈逾期.
    SupervisionOverdue,
    /// 重复反映已4次.
    RepeatApproaching,
    /// 批办单.
    BatchFormIssued,
    /// 批办单待安排协调会.
    BatchMeetingDue,
    /// 集中反映提示.
    HotTopic,
    /// 待归档.
    ArchiveDue,
    /// 办理日报.
    DailyDigest,
    /// 热线工作周通报.
    WeeklyBulletin,
    /// 热线工作月通报.
    MonthlyBulletin,
    /// 数据问题.
    DataQuality,
    /// 工作日历未载入.
    CalendarMissing,
    /// 工单数据源无法读取.
    SourceDown,
    /// 工单数据源已恢复.
    SourceRestored,
    /// 通道故障.
    GatewayDown,
    /// 设置有误未采用.
    SettingsRefused,
}

/// One row of the catalogue.
struct Entry {
    id: &'static str,
    chinese: &'static str,
    roles: &'static [Role],
    media: &'static [Medium],
}

impl Kind {
    /// Every kind, in the catalogue's order.
    pub const ALL: [Kind; 59] = [
        Kind::DispatchReminder,
        Kind::DispatchOverdue,
        Kind::TicketAssigned,
        Kind::UrgentAlert,
        Kind::UrgentUnaccepted,
        Kind::FirstContactDue,
        Kind::FirstContactFinal,
        Kind::FirstContactOverdue,
        Kind::FirstContactRetry,
        Kind::ContactNumberSuspect,
        Kind::CitizenUnreachableSms,
        Kind::CitizenNeutralSms,
        Kind::CitizenSmsNotPossible,
        Kind::CitizenSmsFailed,
        Kind::ReturnWindowClosing,
        Kind::ReturnDeemedAccepted,
        Kind::ReturnApplicationReview,
        Kind::ReturnMaterialMissing,
        Kind::ReturnNotAllowed,
        Kind::ReturnResult,
        Kind::DueSoon,
        Kind::DueToday,
        Kind::DueFinal,
        Kind::Overdue1,
        Kind::Overdue2,
        Kind::Overdue3,
        Kind::OverdueDaily,
        Kind::ExtensionWindowClosing,
        Kind::ExtensionApplicationReview,
        Kind::ExtensionOutOfWindow,
        Kind::ExtensionRepeatRefused,
        Kind::ExtensionApproved,
        Kind::DeadlineRecomputed,
        Kind::FeedbackDue,
        Kind::FeedbackOverdue,
        Kind::ReportIncomplete,
        Kind::AuditPending,
        Kind::AuditRejected,
        Kind::RevisitDissatisfied,
        Kind::ReassignDue,
        Kind::SecondRevisitDue,
        Kind::ExclusionReviewPending,
        Kind::SupervisionOrder,
        Kind::SupervisionDue,
        Kind::SupervisionOverdue,
        Kind::RepeatApproaching,
        Kind::BatchFormIssued,
        Kind::BatchMeetingDue,
        Kind::HotTopic,
        Kind::ArchiveDue,
        Kind::DailyDigest,
        Kind::WeeklyBulletin,
        Kind::MonthlyBulletin,
        Kind::DataQuality,
        Kind::CalendarMissing,
        Kind::SourceDown,
        Kind::SourceRestored,
        Kind::GatewayDown,
        Kind::SettingsRefused,
    ];

    fn entry(self) -> Entry {
        use Medium::{Email, File, Sms};
        use Role::{BureauHotline, BureauMatter, Chief, Citizen, Deputy, Desk, Handler, Ops};
        let row = |id, chinese, roles, media| Entry { id, chinese, roles, media };
        match self {
            Kind::DispatchReminder => row("dispatch-reminder", "当日转派提醒", &[Desk], &[Sms, Email]),
            Kind::DispatchOverdue => row("dispatch-overdue", "未当日转派", &[Desk, BureauHotline], &[Email]),
            Kind::TicketAssigned => row("ticket-assigned", "新工单", &[Handler], &[Sms, Email]),
            Kind::UrgentAlert => {
                row("urgent-alert", "紧急事项报送", &[BureauHotline, BureauMatter, Desk], &[Sms, Email])
            }
            Kind::UrgentUnaccepted => row("urgent-unaccepted", "紧急工单未接单", &[Deputy, Desk], &[Sms]),
            Kind::FirstContactDue => row("first-contact-due", "先行联系到期", &[Handler], &[Sms]),
            Kind::FirstContactFinal => row("first-contact-final", "先行联系最后提醒", &[Handler, Deputy], &[Sms]),
            Kind::FirstContactOverdue => {
                row("first-contact-overdue", "先行联系逾期", &[Handler, Deputy, Desk], &[Sms, Email])
            }
            Kind::FirstContactRetry => row("first-contact-retry", "再次联系提醒", &[Handler], &[Sms]),
            Kind::ContactNumberSuspect => row("contact-number-suspect", "号码存疑", &[Handler, Desk], &[Email, Sms]),
            Kind::CitizenUnreachableSms => row("citizen-unreachable-sms", "短信告知诉求人", &[Citizen], &[Sms]),
            Kind::CitizenNeutralSms => row("citizen-neutral-sms", "短信(中性)告知", &[Citizen], &[Sms]),
            Kind::CitizenSmsNotPossible => {
                row("citizen-sms-not-possible", "无法短信告知", &[Handler, Desk], &[Sms, Email])
            }
            Kind::CitizenSmsFailed => row("citizen-sms-failed", "短信未送达", &[Handler, Desk], &[Email]),
            Kind::ReturnWindowClosing => row("return-window-closing", "退单申请截止提醒", &[Handler], &[Sms]),
            Kind::ReturnDeemedAccepted => row("return-deemed-accepted", "逾期未退视作接单", &[Handler, Desk], &[Email]),
            Kind::ReturnApplicationReview => row("return-application-review", "退单申请待审核", &[Desk], &[Email, Sms]),
            Kind::ReturnMaterialMissing => row("return-material-missing", "退单材料不全", &[Handler, Deputy], &[Email]),
            Kind::ReturnNotAllowed => {
                row("return-not-allowed", "不符合退单条件", &[Handler, Deputy, Desk], &[Email, Sms])
            }
            Kind::ReturnResult => row("return-result", "退单结果", &[Handler, Deputy], &[Email]),
            Kind::DueSoon => row("due-soon", "办结临期提醒", &[Handler], &[Sms]),
            Kind::DueToday => row("due-today", "办结当日到期", &[Handler], &[Sms]),
            Kind::DueFinal => row("due-final", "办结当日最后提醒", &[Handler, Deputy], &[Sms]),
            Kind::Overdue1 => row("overdue-1", "逾期催办(第1次)", &[Handler, Deputy, Desk], &[Sms, Email]),
            Kind::Overdue2 => row("overdue-2", "逾期催办(第2次)", &[Handler, Deputy, Desk, Chief], &[Sms, Email]),
            Kind::Overdue3 => row(
                "overdue-3",
                "逾期督办",
                &[Handler, Deputy, Desk, Chief, BureauHotline, BureauMatter],
                &[Email, Sms],
            ),
            Kind::OverdueDaily => row("overdue-daily", "逾期清单", &[Handler, Deputy], &[Email]),
            Kind::ExtensionWindowClosing => row("extension-window-closing", "延期申请截止提醒", &[Handler], &[Sms]),
            Kind::ExtensionApplicationReview => {
                row("extension-application-review", "延期申请待审核", &[Desk], &[Email])
            }
            Kind::ExtensionOutOfWindow => {
                row("extension-out-of-window", "延期申请超窗口", &[Handler, Desk], &[Email, Sms])
            }
            Kind::ExtensionRepeatRefused => {
                row("extension-repeat-refused", "再次延期提示", &[Handler, Desk], &[Email, Sms])
            }
            Kind::ExtensionApproved => row("extension-approved", "延期获批", &[Handler, Deputy], &[Email, Sms]),
            Kind::DeadlineRecomputed => row("deadline-recomputed", "期限变更", &[Handler, Desk], &[Email]),
            Kind::FeedbackDue => row("feedback-due", "办结待反馈", &[Handler], &[Sms]),
            Kind::FeedbackOverdue => row("feedback-overdue", "办结未反馈", &[Handler, Deputy, Desk], &[Email]),
            Kind::ReportIncomplete => row("report-incomplete", "办结报告缺项", &[Handler], &[Email]),
            Kind::AuditPending => row("audit-pending", "待审核", &[Desk], &[Email]),
            Kind::AuditRejected => row("audit-rejected", "审核退回", &[Handler, Deputy], &[Sms, Email]),
            Kind::RevisitDissatisfied => {
                row("revisit-dissatisfied", "回访不满意", &[Desk, Handler, Deputy], &[Email, Sms])
            }
            Kind::ReassignDue => row("reassign-due", "待重新交办", &[Desk], &[Sms]),
            Kind::SecondRevisitDue => row("second-revisit-due", "待二次回访", &[Desk], &[Email, Sms]),
            Kind::ExclusionReviewPending => row("exclusion-review-pending", "不纳入测评待审核", &[Deputy], &[Email]),
            Kind::SupervisionOrder => row("supervision-order", "督办单", &[Chief, Deputy, Handler, Desk], &[Email]),
            Kind::SupervisionDue => row("supervision-due", "督办反馈到期", &[Chief, Deputy], &[Sms, Email]),
            Kind::SupervisionOverdue => {
                row("supervision-overdue", "督办反馈逾期", &[Chief, Deputy, BureauHotline], &[Sms, Email])
            }
            Kind::RepeatApproaching => row("repeat-approaching", "重复反映已4次", &[Desk], &[Email]),
            Kind::BatchFormIssued => {
                row("batch-form-issued", "批办单", &[BureauHotline, BureauMatter, Desk], &[Email, Sms])
            }
            Kind::BatchMeetingDue => row("batch-meeting-due", "批办单待安排协调会", &[Desk], &[Email]),
            Kind::HotTopic => row("hot-topic", "集中反映提示", &[Desk, BureauHotline], &[Email]),
            Kind::ArchiveDue => row("archive-due", "待归档", &[Desk, Handler], &[Email]),
            Kind::DailyDigest => row("daily-digest", "办理日报", &[Desk, Deputy], &[Email]),
            Kind::WeeklyBulletin => row("weekly-bulletin", "热线工作周通报", &[Desk, Chief], &[Email, File]),
            Kind::MonthlyBulletin => row("monthly-bulletin", "热线工作月通报", &[Desk, Chief], &[Email, File]),
            Kind::DataQuality => row("data-quality", "数据问题", &[Desk], &[Email]),
            Kind::CalendarMissing => row("calendar-missing", "工作日历未载入", &[Ops, Desk], &[Email]),
            Kind::SourceDown => row("source-down", "工单数据源无法读取", &[Ops, Desk], &[Email]),
            Kind::SourceRestored => row("source-restored", "工单数据源已恢复", &[Ops, Desk], &[Email]),
            Kind::GatewayDown => row("gateway-down", "通道故障", &[Ops, Desk], &[Email, Sms]),
            Kind::SettingsRefused => row("settings-refused", "有误未采用", &[Ops, Desk], &[Email]),
        }
    }

    /// The kind's stable name.
    pub fn id(self) -> &'static str {
        self.entry().id
    }

    /// The kind of a stable name.
    pub fn from_id(id: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.id() == id)
    }

    /// The notice's name in a mail subject.
    pub fn chinese(self) -> &'static str {
        self.entry().chinese
    }

    /// Who is told unless the planner says more.
    pub fn roles(self) -> &'static [Role] {
        self.entry().roles
    }

    /// Who may be told besides, where the catalogue adds a role under a condition:
    /// the deputy of an urgent ticket or a second round, the chief at the second
    /// call for an urgent ticket that nobody took.
    pub fn added_roles(self) -> &'static [Role] {
        const ADDED: [(Kind, &[Role]); 2] =
            [(Kind::TicketAssigned, &[Role::Deputy]), (Kind::UrgentUnaccepted, &[Role::Chief])];
        ADDED.into_iter().find(|(kind, _)| *kind == self).map_or(&[], |(_, roles)| roles)
    }

    /// By what it travels.
    pub fn media(self) -> &'static [Medium] {
        self.entry().media
    }

    /// Whether it goes to the citizen: then it is never resent while its outcome
    /// is unknown, and it goes out between 08:00 and 20:30 only.
    pub fn is_to_citizen(self) -> bool {
        matches!(self, Kind::CitizenUnreachableSms | Kind::CitizenNeutralSms)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_id_finds_every_kind_and_role_by_its_own_id() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_id(kind.id()), Some(kind));
            assert!(!kind.roles().is_empty() && !kind.media().is_empty());
        }
        for role in Role::ALL {
            assert_eq!(Role::from_id(role.id()), Some(role));
        }
    }
}
