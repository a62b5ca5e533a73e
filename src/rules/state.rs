//! The words of a standing: class, regime, start and state, each a closed list.

/// The class that sets the limit (A05).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    Urgent,
    Complex,
    Difficult,
}

impl Class {
    /// The class's stable name.
    pub fn id(self) -> &'static str {
        match self {
            Class::Urgent => "urgent",
            Class::Complex => "complex",
            Class::Difficult => "difficult",
        }
    }

    /// The class as the clerk says it.
    pub fn chinese(self) -> &'static str {
        match self {
            Class::Urgent => "紧急",
            Class::Complex => "复杂",
            Class::Difficult => "疑难",
        }
    }
}

/// Which limits apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Regime {
    /// 12345 and the grid: 1, 3 or 10 working days.
    Workdays1310,
    /// 12319: 1, 3 or 5 natural days.
    Days12319,
}

impl Regime {
    /// `1310` or `12319`.
    pub fn id(self) -> &'static str {
        match self {
            Regime::Workdays1310 => "1310",
            Regime::Days12319 => "12319",
        }
    }
}

/// From which event the conclusion limit runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConclusionFrom {
    Received,
    /// The received time cannot be used (A35), or the setting says so (A01).
    Dispatched,
    /// A later round.
    Reassigned,
    /// Neither time is usable: no deadline can be given.
    None,
}

impl ConclusionFrom {
    /// The event's stable name.
    pub fn id(self) -> &'static str {
        match self {
            ConclusionFrom::Received => "received",
            ConclusionFrom::Dispatched => "dispatched",
            ConclusionFrom::Reassigned => "reassigned",
            ConclusionFrom::None => "none",
        }
    }
}

/// The state of a ticket at an instant (`domain.md`, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Received,
    DispatchWait,
    Dispatched,
    DeemedAccepted,
    Accepted,
    ReturnReview,
    ReturnedUpstream,
    Concluded,
    FedBack,
    AuditRejected,
    FedUpstream,
    RevisitedOk,
    Dissatisfied,
    Reassigned,
    Archived,
    Void,
    /// The state word is not known: the clocks run.
    Unknown,
}

impl State {
    /// The state's stable name.
    pub fn id(self) -> &'static str {
        match self {
            State::Received => "received",
            State::DispatchWait => "dispatch_wait",
            State::Dispatched => "dispatched",
            State::DeemedAccepted => "deemed_accepted",
            State::Accepted => "accepted",
            State::ReturnReview => "return_review",
            State::ReturnedUpstream => "returned_upstream",
            State::Concluded => "concluded",
            State::FedBack => "fed_back",
            State::AuditRejected => "audit_rejected",
            State::FedUpstream => "fed_upstream",
            State::RevisitedOk => "revisited_ok",
            State::Dissatisfied => "dissatisfied",
            State::Reassigned => "reassigned",
            State::Archived => "archived",
            State::Void => "void",
            State::Unknown => "unknown",
        }
    }

    /// The state as the clerk says it.
    pub fn chinese(self) -> &'static str {
        match self {
            State::Received => "待受理",
            State::DispatchWait => "待派遣",
            State::Dispatched => "待处置",
            State::DeemedAccepted => "视作接单",
            State::Accepted => "处理中",
            State::ReturnReview => "退单审核中",
            State::ReturnedUpstream => "已退回上级",
            State::Concluded => "已办结待反馈",
            State::FedBack => "待审核",
            State::AuditRejected => "审核退回",
            State::FedUpstream => "待回访",
            State::RevisitedOk => "已回访",
            State::Dissatisfied => "待重办",
            State::Reassigned => "不满意重办",
            State::Archived => "已归档",
            State::Void => "作废",
            State::Unknown => "未知状态",
        }
    }

    /// Nothing more is owed: queued notices are withdrawn.
    pub fn is_final(self) -> bool {
        matches!(self, State::Archived | State::Void | State::ReturnedUpstream)
    }
}
