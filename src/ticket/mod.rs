//! What a ticket (工单) is, and how a raw row becomes one.
//!
//! A [`Ticket`] holds what a platform's row says, read but not judged: a value
//! that cannot be read is missing, never guessed, and is named by an
//! [`Anomaly`]. It holds no citizen data beyond a keyed hash of the number; the
//! rest is in [`Citizen`], which is dropped unless somebody needs it.
//! Deadlines, rounds and states are decided in `rules`, not here.

use std::{fmt, sync::Arc};

pub mod moment;
pub mod private;
pub mod raw;

pub use moment::Moment;
pub use private::Private;
pub use raw::RawRow;

/// The number of a ticket (工单编号): after NFKC, trimmed, in upper case.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TicketNo(Arc<str>);

impl TicketNo {
    /// Wraps a number that is already normalised.
    pub fn new(normalised: &str) -> Self {
        Self(normalised.into())
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last four characters, by which an SMS names the ticket.
    pub fn tail(&self) -> &str {
        let start = self.0.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
        &self.0[start..]
    }
}

impl fmt::Display for TicketNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TicketNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which upstream a ticket came from (来源).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The city's 12345 hotline, by way of the municipal bureau.
    Hotline12345,
    /// The district's grid centre (网格).
    Grid,
    /// The 12319 construction hotline: natural days.
    Hotline12319,
}

/// 紧急程度.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Urgency {
    /// 紧急, 较为紧急, 1, 2.
    Urgent,
    /// 一般, 普通, 3.
    Normal,
}

/// 难易/办理类别.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Difficulty {
    /// 简单.
    Simple,
    /// 复杂.
    Complex,
    /// 疑难.
    Difficult,
}

/// What the platform's state word says; the state at an instant is in `rules`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// Result of an attempt to reach the citizen (联系结果).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReturnResult {
    /// 审核中.
    Pending,
    /// 同意.
    Agreed,
    /// 不同意.
    Refused,
}

/// 审核结果.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditResult {
    /// 通过.
    Passed,
    /// 退回.
    Rejected,
}

/// 综合满意度.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// A keyed hash of a citizen's number: equal numbers have equal hashes, and
/// nobody without the ledger's key can find the number from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NumberHash(pub [u8; 8]);

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

/// A ticket as its row says. See the module's text for what it leaves out.
#[derive(Clone, Debug, PartialEq)]
pub struct Ticket {
    pub no: TicketNo,
    /// How many rows of the store carried this number.
    pub rows: u16,
    /// Which columns the store has at all: an absent column is not an empty one.
    pub columns: Columns,
    /// 来源; `None` if unknown.
    pub origin: Option<Origin>,
    pub urgency: Option<Urgency>,
    pub difficulty: Option<Difficulty>,
    /// 大类.
    pub category: Option<Arc<str>>,
    /// 小类.
    pub subcategory: Option<Arc<str>>,
    /// 街镇, by name.
    pub town: Option<Arc<str>>,
    /// 承办单位 as written, the lead unit first.
    pub units: Box<[Arc<str>]>,
    /// 经办人 as written (staff, not citizen data).
    pub handler: Option<Arc<str>>,
    /// 状态; `None` when empty or unknown (then `Anomaly::UnknownStatus` says so).
    pub status: Option<Status>,
    pub phone: Phone,
    /// 是否保密; anything but a clear no is a yes. It governs masking only.
    pub secret: bool,
    /// 接收时间 (收件之日, A01).
    pub received: Option<Moment>,
    /// 派单时间 of the current assignment.
    pub dispatched: Option<Moment>,
    /// 接单时间.
    pub accepted: Option<Moment>,
    /// 先行联系时间: the contact that succeeded.
    pub contacted: Option<Moment>,
    /// 联系记录: failed attempts, in the log's order.
    pub attempts: Box<[ContactAttempt]>,
    /// 退单申请时间.
    pub return_applied: Option<Moment>,
    pub return_result: Option<ReturnResult>,
    /// 延期申请时间.
    pub extension_applied: Option<Moment>,
    /// 延期批准时间.
    pub extension_approved: Option<Moment>,
    /// Days asked or granted: from 延期天数, else from 是否延期.
    pub extension_days: Option<u16>,
    /// 截止时间 as the platform has it.
    pub platform_due: Option<Moment>,
    /// 办结时间.
    pub concluded: Option<Moment>,
    /// 反馈时间.
    pub fed_back: Option<Moment>,
    /// 审核时间.
    pub audited: Option<Moment>,
    pub audit_result: Option<AuditResult>,
    /// 回访时间.
    pub revisited: Option<Moment>,
    pub satisfaction: Option<Satisfaction>,
    /// 重新交办时间.
    pub reassigned: Option<Moment>,
    /// 二次回访时间.
    pub second_revisited: Option<Moment>,
    /// 重复工单号.
    pub repeat_of: Box<[TicketNo]>,
    /// 更新时间.
    pub updated: Option<Moment>,
    /// What was found wrong in the row itself.
    pub anomalies: Box<[Anomaly]>,
}

/// A set of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Columns(u64);

impl Columns {
    /// Whether the store has the column.
    pub fn has(self, field: Field) -> bool {
        self.0 & (1 << field as u32) != 0
    }

    /// Adds a column.
    pub fn add(&mut self, field: Field) {
        self.0 |= 1 << field as u32;
    }
}

/// A column of a platform's ticket table that `duban` reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u32)]
pub enum Field {
    TicketNo,
    Origin,
    BusinessType,
    Urgency,
    Difficulty,
    Category,
    Subcategory,
    CitizenName,
    ContactPhone,
    CallerPhone,
    Secret,
    Address,
    Town,
    Content,
    Received,
    Dispatched,
    Units,
    Handler,
    HandlerPhone,
    Accepted,
    FirstContacted,
    Contacted,
    NonContactReason,
    ContactLog,
    ReturnApplied,
    ReturnReason,
    ReturnMaterials,
    ReturnDeputyApproved,
    ReturnResult,
    Extended,
    ExtensionDays,
    ExtensionApplied,
    ExtensionApproved,
    PlatformDue,
    Status,
    Concluded,
    Resolution,
    FedBack,
    Audited,
    AuditResult,
    Revisited,
    Satisfaction,
    Excluded,
    IsRepeat,
    RepeatOf,
    Supervised,
    LeaderNote,
    Reassigned,
    SecondRevisited,
    SupervisionAnswered,
    SupervisionSigned,
    BatchMeeting,
    Updated,
}

impl Field {
    /// Every column, in the order of the enum.
    pub const ALL: [Field; 53] = [
        Field::TicketNo,
        Field::Origin,
        Field::BusinessType,
        Field::Urgency,
        Field::Difficulty,
        Field::Category,
        Field::Subcategory,
        Field::CitizenName,
        Field::ContactPhone,
        Field::CallerPhone,
        Field::Secret,
        Field::Address,
        Field::Town,
        Field::Content,
        Field::Received,
        Field::Dispatched,
        Field::Units,
        Field::Handler,
        Field::HandlerPhone,
        Field::Accepted,
        Field::FirstContacted,
        Field::Contacted,
        Field::NonContactReason,
        Field::ContactLog,
        Field::ReturnApplied,
        Field::ReturnReason,
        Field::ReturnMaterials,
        Field::ReturnDeputyApproved,
        Field::ReturnResult,
        Field::Extended,
        Field::ExtensionDays,
        Field::ExtensionApplied,
        Field::ExtensionApproved,
        Field::PlatformDue,
        Field::Status,
        Field::Concluded,
        Field::Resolution,
        Field::FedBack,
        Field::Audited,
        Field::AuditResult,
        Field::Revisited,
        Field::Satisfaction,
        Field::Excluded,
        Field::IsRepeat,
        Field::RepeatOf,
        Field::Supervised,
        Field::LeaderNote,
        Field::Reassigned,
        Field::SecondRevisited,
        Field::SupervisionAnswered,
        Field::SupervisionSigned,
        Field::BatchMeeting,
        Field::Updated,
    ];

    /// The column's name in our own store and in column maps.
    pub fn id(self) -> &'static str {
        match self {
            Field::TicketNo => "ticket_no",
            Field::Origin => "origin",
            Field::BusinessType => "business_type",
            Field::Urgency => "urgency",
            Field::Difficulty => "difficulty",
            Field::Category => "category",
            Field::Subcategory => "subcategory",
            Field::CitizenName => "citizen_name",
            Field::ContactPhone => "contact_phone",
            Field::CallerPhone => "caller_phone",
            Field::Secret => "secret",
            Field::Address => "address",
            Field::Town => "town",
            Field::Content => "content",
            Field::Received => "received",
            Field::Dispatched => "dispatched",
            Field::Units => "units",
            Field::Handler => "handler",
            Field::HandlerPhone => "handler_phone",
            Field::Accepted => "accepted",
            Field::FirstContacted => "first_contacted",
            Field::Contacted => "contacted",
            Field::NonContactReason => "non_contact_reason",
            Field::ContactLog => "contact_log",
            Field::ReturnApplied => "return_applied",
            Field::ReturnReason => "return_reason",
            Field::ReturnMaterials => "return_materials",
            Field::ReturnDeputyApproved => "return_deputy_approved",
            Field::ReturnResult => "return_result",
            Field::Extended => "extended",
            Field::ExtensionDays => "extension_days",
            Field::ExtensionApplied => "extension_applied",
            Field::ExtensionApproved => "extension_approved",
            Field::PlatformDue => "platform_due",
            Field::Status => "status",
            Field::Concluded => "concluded",
            Field::Resolution => "resolution",
            Field::FedBack => "fed_back",
            Field::Audited => "audited",
            Field::AuditResult => "audit_result",
            Field::Revisited => "revisited",
            Field::Satisfaction => "satisfaction",
            Field::Excluded => "excluded",
            Field::IsRepeat => "is_repeat",
            Field::RepeatOf => "repeat_of",
            Field::Supervised => "supervised",
            Field::LeaderNote => "leader_note",
            Field::Reassigned => "reassigned",
            Field::SecondRevisited => "second_revisited",
            Field::SupervisionAnswered => "supervision_answered",
            Field::SupervisionSigned => "supervision_signed",
            Field::BatchMeeting => "batch_meeting",
            Field::Updated => "updated",
        }
    }

    /// The column of a name.
    pub fn from_id(id: &str) -> Option<Field> {
        Field::ALL.into_iter().find(|field| field.id() == id)
    }
}

/// What is wrong with a row, as listed to the desk; each code's predicate
/// stands in `tests/fixtures/samples/README.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Anomaly {
    BadPhone,
    ContactEqualsDispatch,
    ContactInFuture,
    DispatchBeforeReceived,
    DueDiffers,
    DuplicateRow,
    ImpossibleDateDispatch,
    ImpossibleDateReceived,
    MissingAccept,
    MissingDispatch,
    MissingEnd,
    MissingExtensionDays,
    MissingReceived,
    NoMobile,
    NumberDamaged,
    OddExtension,
    RepeatSelf,
    UnknownClass,
    UnknownHandler,
    UnknownSource,
    UnknownStatus,
    UnknownUnit,
    UnreadableDateDispatch,
    UnreadableDateReceived,
}

impl Anomaly {
    /// The code as printed, `code` or `code:field`.
    pub fn code(self) -> &'static str {
        match self {
            Self::BadPhone => "bad-phone",
            Self::ContactEqualsDispatch => "contact-equals-dispatch",
            Self::ContactInFuture => "contact-in-future",
            Self::DispatchBeforeReceived => "dispatch-before-received",
            Self::DueDiffers => "due-differs",
            Self::DuplicateRow => "duplicate-row",
            Self::ImpossibleDateDispatch => "impossible-date:dispatch",
            Self::ImpossibleDateReceived => "impossible-date:received",
            Self::MissingAccept => "missing-accept",
            Self::MissingDispatch => "missing-dispatch",
            Self::MissingEnd => "missing-end",
            Self::MissingExtensionDays => "missing-extension-days",
            Self::MissingReceived => "missing-received",
            Self::NoMobile => "no-mobile",
            Self::NumberDamaged => "number-damaged",
            Self::OddExtension => "odd-extension",
            Self::RepeatSelf => "repeat-self",
            Self::UnknownClass => "unknown-class",
            Self::UnknownHandler => "unknown-handler",
            Self::UnknownSource => "unknown-source",
            Self::UnknownStatus => "unknown-status",
            Self::UnknownUnit => "unknown-unit",
            Self::UnreadableDateDispatch => "unreadable-date:dispatch",
            Self::UnreadableDateReceived => "unreadable-date:received",
        }
    }
}

/// What a row says about the citizen. It stays in memory no longer than needed,
/// and every part of it is [`Private`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citizen {
    /// 反映人.
    pub name: Private<String>,
    /// Usable mobile numbers in 联系电话, in the order written, 11 digits each.
    pub mobiles: Private<Vec<String>>,
    /// 地址.
    pub address: Private<String>,
}
