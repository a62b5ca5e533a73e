//! What the words of a row mean: a closed list for each column of words.

use serde::Deserialize;

use super::{Moment, NumberHash};

/// Which upstream a ticket came from (来源).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The city's 12345 hotline, by way of the municipal bureau.
    Hotline12345,
    /// The district's grid centre (网格).
    Grid,
    /// The 12319 construction hotline: natural days.
    Hotline12319,
}

/// 紧急程度.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// 紧急, 较为紧急, 1, 2.
    Urgent,
    /// 一般, 普通, 3.
    Normal,
}

/// 难易/办理类别.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difficulty {
    /// 简单.
    Simple,
    /// 复杂.
    Complex,
    /// 疑难.
    Difficult,
}

/// What the platform's state word says; the state at an instant is in `rules`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// 待受理.
    Received,
    /// 待派遣.
    DispatchWait,
    /// 待接单, 待处置.
    Dispatched,
    /// 处理中, 办理中, 督办中.
    Accepted,
    /// 退单中, 退单审核中.
    ReturnReview,
    /// 已退回上级; final.
    ReturnedUpstream,
    /// 延期中: accepted, with an application under review.
    ExtensionReview,
    /// 已办结.
    Concluded,
    /// 待审核.
    FedBack,
    /// 审核退回: to be handled again.
    AuditRejected,
    /// 待回访.
    FedUpstream,
    /// 已回访.
    Revisited,
    /// 待重办.
    Dissatisfied,
    /// 不满意重办.
    Reassigned,
    /// 已归档, 已结案; final.
    Archived,
    /// 作废, 合并; final.
    Void,
}

impl Status {
    /// How far the ticket is on its way: of two rows of one ticket that changed
    /// at the same time the one that is further is the newer.
    pub fn rank(self) -> u8 {
        match self {
            Self::Received => 1,
            Self::DispatchWait => 2,
            Self::Dispatched => 3,
            Self::ReturnReview => 4,
            Self::Accepted => 5,
            Self::ExtensionReview => 6,
            Self::Concluded => 7,
            Self::FedBack => 8,
            Self::AuditRejected => 9,
            Self::FedUpstream => 10,
            Self::Revisited => 11,
            Self::Dissatisfied => 12,
            Self::Reassigned => 13,
            Self::Archived => 14,
            Self::ReturnedUpstream => 15,
            Self::Void => 16,
        }
    }
}

/// Result of an attempt to reach the citizen (联系结果).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactResult {
    /// 无人接听, 未接.
    NoAnswer,
    /// 忙音.
    Busy,
    /// 关机.
    PoweredOff,
    /// 无法接通, 暂时无法接通.
    Unreachable,
    /// 停机.
    Suspended,
    /// 空号: no such number.
    NotInService,
    /// 非本人: somebody else answered.
    WrongPerson,
    /// 拒接.
    Rejected,
    /// Any other text; a failure all the same.
    Other,
}

/// One failed attempt to reach the citizen, as the contact log tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContactAttempt {
    /// When; `None` if the log's time could not be placed on a day.
    pub at: Option<Moment>,
    /// With what result.
    pub result: ContactResult,
}

/// 退单结果.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnResult {
    /// 审核中.
    Pending,
    /// 同意.
    Agreed,
    /// 不同意.
    Refused,
}

/// A paper of a return application (退单材料, art. 9(2)3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnPaper {
    /// 现场核查.
    SiteCheck,
    /// 现场照片.
    Photos,
    /// 退单依据.
    Basis,
    /// 建议处置部门.
    Department,
    /// 录音.
    Recording,
}

impl ReturnPaper {
    /// Every paper that an application needs.
    pub const ALL: [ReturnPaper; 5] = [
        ReturnPaper::SiteCheck,
        ReturnPaper::Photos,
        ReturnPaper::Basis,
        ReturnPaper::Department,
        ReturnPaper::Recording,
    ];

    /// The paper as the clerk calls it.
    pub fn chinese(self) -> &'static str {
        match self {
            ReturnPaper::SiteCheck => "现场核查",
            ReturnPaper::Photos => "现场照片",
            ReturnPaper::Basis => "退单依据",
            ReturnPaper::Department => "建议处置部门",
            ReturnPaper::Recording => "录音",
        }
    }
}

/// Why upstream lets a ticket not be returned (art. 9(2)2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnBar {
    /// Upstream refused a return.
    RefusedUpstream,
    /// Upstream sent it again to be checked.
    SentAgain,
    /// Upstream named the unit as the lead.
    NamedLead,
}

/// On whose word a ticket is supervised (督办).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Supervision {
    /// 上级督办.
    Upstream,
    /// 局领导批示.
    LeaderNote,
    /// 复查复核.
    Review,
    /// 不实或瑕疵.
    Untrue,
    /// 多人多次且不满意.
    Many,
}

impl Supervision {
    /// The stable name.
    pub fn id(self) -> &'static str {
        match self {
            Supervision::Upstream => "upstream",
            Supervision::LeaderNote => "leader-note",
            Supervision::Review => "review",
            Supervision::Untrue => "untrue",
            Supervision::Many => "many",
        }
    }

    /// The cause as an order names it.
    pub fn chinese(self) -> &'static str {
        match self {
            Supervision::Upstream => "上级督办",
            Supervision::LeaderNote => "局领导批示",
            Supervision::Review => "复查复核",
            Supervision::Untrue => "不实或瑕疵",
            Supervision::Many => "多人多次且不满意",
        }
    }
}

/// What a row says of supervision (督办).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SupervisionMarks {
    /// 是否督办.
    pub cause: Option<Supervision>,
    /// 领导批示 is there; what it says is never read.
    pub leader_note: bool,
    /// 督办反馈期限.
    pub due: Option<Moment>,
    /// 督办反馈时间.
    pub answered: Option<Moment>,
    /// 督办主要领导审核.
    pub signed: bool,
}

impl SupervisionMarks {
    /// On whose word the ticket is supervised, each once.
    pub fn causes(&self) -> impl Iterator<Item = Supervision> + use<> {
        let note = self.leader_note.then_some(Supervision::LeaderNote);
        note.into_iter().chain(self.cause.filter(|cause| Some(*cause) != note))
    }
}

/// 审核结果.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditResult {
    /// 通过.
    Passed,
    /// 退回.
    Rejected,
}

/// 综合满意度.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Satisfaction {
    /// 满意.
    Satisfied,
    /// 基本满意.
    Basic,
    /// 一般.
    Fair,
    /// 不满意.
    Dissatisfied,
    /// 未评价, 无法接通: left out of the rate.
    Unrated,
}

/// What an entry of the contact log tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attempted {
    /// The citizen was reached; that is told by 先行联系时间, not by the log.
    Reached,
    /// The attempt failed.
    Failed(ContactResult),
}

/// 是 or 否.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// 是.
    Yes,
    /// 否.
    No,
}

/// What 联系电话 allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phone {
    /// A mobile number is there; the first one is meant.
    Mobile(NumberHash),
    /// Only a landline.
    Landline(NumberHash),
    /// 保密: there is no number.
    Secret,
    /// Empty or a word for nothing.
    Missing,
    /// Text in which no usable number was found.
    Bad,
    /// The store has no such column.
    Unknown,
}

impl NumberHash {
    /// The hash as sixteen hexadecimal digits.
    pub fn hex(self) -> String {
        hex::encode(self.0)
    }

    /// The hash of sixteen hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 8];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}
