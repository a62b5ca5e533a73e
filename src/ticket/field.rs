//! The columns that `duban` reads from a ticket store.

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

macro_rules! fields {
    ($($(#[doc = $doc:literal])+ $name:ident $id:literal,)+) => {
        /// A column of a platform's ticket table that `duban` reads.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u32)]
        pub enum Field {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Field {
            /// Every column, in the order of the enum.
            pub const ALL: [Field; [$($id),+].len()] = [$(Field::$name),+];

            /// The column's name in our own store and in column maps.
            pub fn id(self) -> &'static str {
                match self {
                    $(Field::$name => $id,)+
                }
            }
        }
    };
}

fields! {
    /// 工单编号.
    TicketNo "ticket_no",
    /// 来源.
    Origin "origin",
    /// 业务类型.
    BusinessType "business_type",
    /// 紧急程度.
    Urgency "urgency",
    /// 难易/办理类别.
    Difficulty "difficulty",
    /// 大类.
    Category "category",
    /// 小类.
    Subcategory "subcategory",
    /// 反映人.
    CitizenName "citizen_name",
    /// 联系电话.
    ContactPhone "contact_phone",
    /// 来电号码.
    CallerPhone "caller_phone",
    /// 是否保密.
    Secret "secret",
    /// 地址.
    Address "address",
    /// 街镇.
    Town "town",
    /// 反映内容.
    Content "content",
    /// 接收时间.
    Received "received",
    /// 派单时间.
    Dispatched "dispatched",
    /// 承办单位.
    Units "units",
    /// 经办人.
    Handler "handler",
    /// 经办人电话.
    HandlerPhone "handler_phone",
    /// 接单时间.
    Accepted "accepted",
    /// 是否先行联系.
    FirstContacted "first_contacted",
    /// 先行联系时间.
    Contacted "contacted",
    /// 未联系原因.
    NonContactReason "non_contact_reason",
    /// 联系记录.
    ContactLog "contact_log",
    /// 退单申请时间.
    ReturnApplied "return_applied",
    /// 退单依据.
    ReturnReason "return_reason",
    /// 退单材料.
    ReturnMaterials "return_materials",
    /// 分管领导审核(退单).
    ReturnDeputyApproved "return_deputy_approved",
    /// 退单结果.
    ReturnResult "return_result",
    /// 退单限制: why upstream lets the ticket not be returned.
    ReturnBarred "return_barred",
    /// 是否延期.
    Extended "extended",
    /// 延期天数.
    ExtensionDays "extension_days",
    /// 延期申请时间.
    ExtensionApplied "extension_applied",
    /// 延期批准时间.
    ExtensionApproved "extension_approved",
    /// 截止时间.
    PlatformDue "platform_due",
    /// 状态.
    Status "status",
    /// 办结时间.
    Concluded "concluded",
    /// 处理结果.
    Resolution "resolution",
    /// 办结报告要素: those of the ten elements of art. 9(4) that the report has.
    ReportElements "report_elements",
    /// 反馈时间.
    FedBack "fed_back",
    /// 审核时间.
    Audited "audited",
    /// 审核结果.
    AuditResult "audit_result",
    /// 回访时间.
    Revisited "revisited",
    /// 综合满意度.
    Satisfaction "satisfaction",
    /// 不纳入测评.
    Excluded "excluded",
    /// 不纳入测评审核: the deputy's approval of it.
    ExcludedApproved "excluded_approved",
    /// 是否重复.
    IsRepeat "is_repeat",
    /// 重复工单号.
    RepeatOf "repeat_of",
    /// 是否督办.
    Supervised "supervised",
    /// 督办反馈期限: the date on the order.
    SupervisionDue "supervision_due",
    /// 领导批示.
    LeaderNote "leader_note",
    /// 重新交办时间.
    Reassigned "reassigned",
    /// 二次回访时间.
    SecondRevisited "second_revisited",
    /// 督办反馈时间.
    SupervisionAnswered "supervision_answered",
    /// 督办主要领导审核.
    SupervisionSigned "supervision_signed",
    /// 批办单协调会时间.
    BatchMeeting "batch_meeting",
    /// 更新时间.
    Updated "updated",
}

impl Field {
    /// The column of a name.
    pub fn from_id(id: &str) -> Option<Field> {
        Field::ALL.into_iter().find(|field| field.id() == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_found_by_its_own_name() {
        for field in Field::ALL {
            assert_eq!(Field::from_id(field.id()), Some(field));
        }
    }

    #[test]
    fn a_set_of_columns_holds_what_was_added() {
        let mut columns = Columns::default();
        columns.add(Field::TicketNo);
        columns.add(Field::Updated);
        let held: Vec<Field> = Field::ALL.into_iter().filter(|&field| columns.has(field)).collect();
        assert_eq!(held, [Field::TicketNo, Field::Updated]);
    }
}
