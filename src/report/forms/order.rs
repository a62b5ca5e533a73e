//! 督办单: the supervision order.

use chrono::{DateTime, Utc};

use super::{FormsError, Head, Settings, boxes, sheet};
use crate::{planner::words, rules::Standing, ticket::Ticket};
use sheet::{Grid, Sign};

/// The sources of an order (art. 10).
const SOURCES: [&str; 7] =
    ["上级督办", "局领导批示", "逾期第3日", "复查复核", "不实或瑕疵", "多人多次且不满意", "其他"];

/// Facts of a supervision order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderForm {
    pub head: Head,
    /// Why it was issued, in the words of its source.
    pub cause: String,
    pub ticket: String,
    /// 工单来源.
    pub source: String,
    pub category: String,
    pub town: String,
    pub named: Named,
    pub received: String,
    /// End of the conclusion limit.
    pub due: String,
    /// `3个工作日`; empty if it is not overdue.
    pub overdue: String,
    /// What was sent before, each with its time.
    pub reminders: Vec<String>,
    /// By when the written answer is due.
    pub answer_due: String,
}

/// The unit and the people who answer for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    pub unit: String,
    pub chief: String,
    pub deputy: String,
    pub handler: String,
}

impl OrderForm {
    /// The facts that the ticket itself gives; the rest is empty.
    pub fn of(head: Head, ticket: &Ticket, standing: &Standing) -> Self {
        Self {
            head,
            cause: String::new(),
            ticket: ticket.no.to_string(),
            source: words::source(ticket).to_owned(),
            category: words::category(ticket.category.as_deref(), ticket.subcategory.as_deref()),
            town: ticket.town.as_deref().unwrap_or("未知街镇").to_owned(),
            named: Named::default(),
            received: ticket.received.map_or_else(|| "未知".into(), |at| words::event(at.at())),
            due: standing.conclusion.map_or_else(|| "未知".into(), |deadline| words::long(deadline.due)),
            overdue: String::new(),
            reminders: Vec::new(),
            answer_due: String::new(),
        }
    }

    /// One line of what was sent before: `2026-06-22 09:00  逾期催办(第1次)`.
    pub fn reminder(at: DateTime<Utc>, kind: crate::notice::Kind) -> String {
        format!("{}  {}", words::event(at), kind.chinese())
    }

    /// The document.
    ///
    /// # Errors
    ///
    /// When it cannot be put together.
    pub fn docx(&self, settings: &Settings) -> Result<Vec<u8>, FormsError> {
        let Self { head, named, .. } = self;
        let mut grid = Grid::default();
        grid.pair(("编号", &format!("督办{}", head.number())), ("制单日期", &head.date()));
        grid.wide("督办来源", &self.sources());
        grid.pair(("工单编号", &self.ticket), ("工单来源", &self.source));
        grid.pair(("类别", &self.category), ("区域", &self.town));
        grid.pair(("承办单位", &named.unit), ("主要领导", &named.chief));
        grid.pair(("分管领导", &named.deputy), ("经办人", &named.handler));
        grid.pair(("收件时间", &self.received), ("办结截止", &self.due));
        grid.pair(("逾期天数", self.overdue_or_none()), ("反馈期限", &self.answer_due));
        let reminders = if self.reminders.is_empty() { "无".to_owned() } else { self.reminders.join("\n") };
        grid.wide("已发提醒", &reminders);
        grid.wide("督办要求", &self.demand(settings));
        grid.blank("书面反馈\n内容", 6, Sign::Nobody);
        grid.blank("主要领导\n审核", 3, Sign::Dated);
        grid.blank(&format!("{}\n核验", settings.desk), 3, Sign::Dated);
        grid.wide("归档号", "");
        let title = format!("{}热线督办单", settings.bureau);
        let remark = "注:工单内容请登录平台查看,本单不含市民信息。一案一档。";
        head.pack(sheet::form(&title, grid, remark, &[]))
    }

    fn sources(&self) -> String {
        if SOURCES.contains(&self.cause.as_str()) || self.cause.is_empty() {
            return boxes(&SOURCES, &self.cause);
        }
        format!("{}({})", boxes(&SOURCES, "其他"), self.cause)
    }

    fn overdue_or_none(&self) -> &str {
        if self.overdue.is_empty() { "未逾期" } else { &self.overdue }
    }

    /// Art. 7(5): the answer is in writing, after the chief's review.
    fn demand(&self, settings: &Settings) -> String {
        let what = if self.overdue.is_empty() {
            "请核实情况并妥善办理"
        } else {
            "请立即办结并说明逾期原因"
        };
        format!("{what};经主要领导审核签字后,于{}前书面反馈{}(第七条第五项)。", self.answer_due, settings.desk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> OrderForm {
        OrderForm {
            head: Head { year: 2026, number: 7, issued: DateTime::from_timestamp(1_782_262_800, 0).unwrap() },
            cause: "逾期第3日".into(),
            ticket: "20260615000123".into(),
            source: "12345".into(),
            category: "供水/水压".into(),
            town: "赵巷镇".into(),
            named: Named {
                unit: "澄湾供水服务站".into(),
                chief: "郑主任".into(),
                deputy: "吴副主任".into(),
                handler: "周经办".into(),
            },
            received: "2026-06-15 09:00".into(),
            due: "2026-06-18 24:00".into(),
            overdue: "3个工作日".into(),
            reminders: vec!["2026-06-22 09:00  逾期催办(第1次)".into()],
            answer_due: "2026-07-01 24:00".into(),
        }
    }

    #[test]
    fn docx_gives_the_same_bytes_for_the_same_facts() {
        let bytes = order().docx(&Settings::default()).unwrap();
        assert_eq!(bytes, std::thread::spawn(|| order().docx(&Settings::default()).unwrap()).join().unwrap());
    }

    #[test]
    fn docx_survives_whatever_stands_in_a_cell() {
        let odd = OrderForm { town: "<赵巷&镇>\u{b}\u{1}\n\"".into(), ..order() };
        let bytes = String::from_utf8_lossy(&odd.docx(&Settings::default()).unwrap()).into_owned();
        assert!(bytes.contains("&lt;赵巷&amp;镇&gt;") && !bytes.contains("赵巷&镇"));
    }

    #[test]
    fn an_unknown_cause_is_written_out_beside_the_boxes() {
        let other = OrderForm { cause: "局办公会".into(), ..order() };
        assert!(other.sources().ends_with("■其他(局办公会)"), "{}", other.sources());
        assert!(order().sources().contains("■逾期第3日  □复查复核\n□不实"));
    }
}
