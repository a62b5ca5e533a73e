//! What a ticket (工单) is, and how a raw row becomes one.
//!
//! A [`Ticket`] holds what a platform's row says, read but not judged: a value
//! that cannot be read is missing, never guessed, and is named by an
//! [`Anomaly`]. It holds no citizen data beyond a keyed hash of the number; the
//! rest is in [`Citizen`], which is dropped unless somebody needs it.
//! Deadlines, rounds and states are decided in `rules`, not here.

use std::sync::Arc;

pub mod anomaly;
mod cells;
pub mod contact_log;
pub mod dates;
pub mod field;
mod findings;
pub mod moment;
pub mod number;
pub mod phone;
pub mod private;
pub mod raw;
pub mod reader;
mod scan;
pub mod text;
pub mod value;
pub mod words;

pub use anomaly::Anomaly;
pub use field::{Columns, Field};
pub use moment::Moment;
pub use number::{NumberHash, NumberKey, TicketNo};
pub use private::Private;
pub use raw::RawRow;
pub use reader::{ReadError, Reader};
pub use value::{
    Answer, AuditResult, ContactAttempt, ContactResult, Difficulty, Origin, Phone, ReturnBar, ReturnPaper,
    ReturnResult, Satisfaction, Status, Supervision, SupervisionMarks, Urgency,
};
pub use words::{Words, WordsError};

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
    /// 业务类型 is 咨询.
    pub inquiry: bool,
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
    /// 是否先行联系, as the platform judges it; `None` for 未评价.
    pub first_contacted: Option<value::Answer>,
    /// 先行联系时间: the contact that succeeded.
    pub contacted: Option<Moment>,
    /// 联系记录: failed attempts, in the log's order.
    pub attempts: Box<[ContactAttempt]>,
    /// 退单申请时间.
    pub return_applied: Option<Moment>,
    pub return_result: Option<ReturnResult>,
    /// 退单材料 and 退单依据: the papers that are there.
    pub return_papers: Box<[ReturnPaper]>,
    /// 分管领导审核 of the return.
    pub return_approved: Option<Answer>,
    /// 退单限制.
    pub return_bar: Option<ReturnBar>,
    /// 延期申请时间.
    pub extension_applied: Option<Moment>,
    /// 延期批准时间.
    pub extension_approved: Option<Moment>,
    /// 是否延期, where it tells of a decision.
    pub extension_result: Option<ReturnResult>,
    /// Days asked or granted: from 延期天数, else from 是否延期.
    pub extension_days: Option<u16>,
    /// 截止时间 as the platform has it.
    pub platform_due: Option<Moment>,
    /// 办结时间.
    pub concluded: Option<Moment>,
    /// 办结报告要素 as listed.
    pub report_elements: Box<[Arc<str>]>,
    /// 反馈时间.
    pub fed_back: Option<Moment>,
    /// 审核时间.
    pub audited: Option<Moment>,
    pub audit_result: Option<AuditResult>,
    /// 回访时间.
    pub revisited: Option<Moment>,
    pub satisfaction: Option<Satisfaction>,
    /// 不纳入测评 is asked for.
    pub excluded: bool,
    /// 不纳入测评审核: the deputy approved it.
    pub excluded_approved: bool,
    /// 督办.
    pub supervision: SupervisionMarks,
    /// 重新交办时间.
    pub reassigned: Option<Moment>,
    /// 二次回访时间.
    pub second_revisited: Option<Moment>,
    /// 重复工单号.
    pub repeat_of: Box<[TicketNo]>,
    /// 批办单协调会时间.
    pub meeting: Option<Moment>,
    /// 更新时间.
    pub updated: Option<Moment>,
    /// What was found wrong in the row itself.
    pub anomalies: Box<[Anomaly]>,
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
