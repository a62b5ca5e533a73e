//! 批办单: the form of art. 13 for a matter complained of again and again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{FormsError, Head, Masked, Settings, boxes, sheet};
use crate::{
    calendar::civil,
    planner::words,
    rules::Standing,
    ticket::{Citizen, Moment, Satisfaction, Ticket, TicketNo},
};
use sheet::{Grid, List, Sign};

/// The causes of a form.
const CAUSES: [&str; 4] = ["重复反映5次以上", "体制或历史遗留", "涉及多部门", "其他"];

/// Columns of the list of tickets, with their widths.
const COLUMNS: [&str; 9] = ["序号", "工单编号", "收件时间", "承办单位", "类别", "办结截止", "办结时间", "回访", "延期"];
const WIDTHS: [usize; 9] = [480, 1_640, 1_160, 1_452, 580, 1_160, 1_160, 1_160, 620];

/// Citizens that are named one by one at most.
const CITIZENS: usize = 8;

/// Facts of a form of art. 13.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchForm {
    pub head: Head,
    /// Who at the desk has it in hand.
    pub handler: String,
    /// Why it was issued; empty where people are to tick it.
    pub cause: String,
    pub category: String,
    pub town: String,
    pub tickets: Vec<BatchTicket>,
    /// When the first and the last of them were received.
    pub first: Option<DateTime<Utc>>,
    pub last: Option<DateTime<Utc>>,
    /// Whoever complained, each once.
    pub citizens: Vec<Masked>,
}

/// A ticket of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchTicket {
    pub no: String,
    pub received: String,
    pub unit: String,
    pub class: String,
    pub due: String,
    pub concluded: String,
    pub revisit: String,
    pub extension: String,
    pub progress: Progress,
}

/// How far a ticket has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub concluded: Concluded,
    pub satisfaction: Option<Satisfaction>,
}

/// Whether and when a ticket was concluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concluded {
    Open,
    InTime,
    Late,
}

/// A ticket as it stands, with its citizen.
#[derive(Clone, Debug)]
pub struct Member {
    pub ticket: Ticket,
    pub citizen: Citizen,
    pub standing: Standing,
    /// Its lead unit under its present name.
    pub unit: String,
}

impl BatchForm {
    /// The cause of a form that the daemon issues by itself.
    pub const REPEATED: &str = CAUSES[0];

    /// The form of a group; `members` stand in the group's order, the newest last.
    pub fn of(head: Head, handler: String, members: &[Member]) -> Self {
        let newest = members.last().map(|member| &member.ticket);
        let category = |ticket: &Ticket| words::category(ticket.category.as_deref(), ticket.subcategory.as_deref());
        let received = || members.iter().filter_map(|member| member.ticket.received).map(Moment::at);
        let citizens: BTreeSet<Masked> =
            members.iter().map(|member| Masked::of(&member.ticket, &member.citizen)).collect();
        Self {
            head,
            handler,
            cause: String::new(),
            category: newest.map_or_else(|| "未分类".into(), category),
            town: newest.and_then(|ticket| ticket.town.as_deref()).unwrap_or("未知街镇").to_owned(),
            tickets: members.iter().map(BatchTicket::of).collect(),
            first: received().min(),
            last: received().max(),
            citizens: citizens.into_iter().collect(),
        }
    }

    /// The document.
    ///
    /// # Errors
    ///
    /// When it cannot be put together.
    pub fn docx(&self, settings: &Settings) -> Result<Vec<u8>, FormsError> {
        let (head, desk) = (self.head, &settings.desk);
        let n = self.tickets.len();
        let mut grid = Grid::default();
        grid.pair(("编号", &format!("批办{}", head.number())), ("制单日期", &head.date()));
        grid.pair(("制单单位", desk), ("经办人", &self.handler));
        grid.wide("触发原因", &boxes(&CAUSES, &self.cause));
        grid.wide("事项名称", &format!("{}({})", self.category, self.town));
        grid.pair(("反映次数", &format!("{n}次")), ("反映时间", &self.span()));
        grid.wide("反映人", &self.citizens().join("\n"));
        grid.wide("涉及工单", &format!("共{n}件,逐件情况见附表"));
        grid.blank("诉求摘要", 2, Sign::Nobody);
        grid.wide("已办情况", &self.progress().join("\n"));
        grid.blank("争议焦点\n及困难", 2, Sign::Nobody);
        grid.wide("涉及部门", &self.units().into_iter().collect::<Vec<_>>().join("、"));
        grid.blank(&format!("{desk}\n拟办意见"), 3, Sign::Dated);
        grid.blank("局热线工作\n分管领导意见", 3, Sign::Dated);
        grid.blank("该事项\n分管领导意见", 3, Sign::Dated);
        grid.pair(("协调会时间", ""), ("协调会地点", ""));
        grid.wide("参加单位", "");
        grid.blank("议定事项", 3, Sign::Nobody);
        grid.pair(("牵头单位", ""), ("办理时限", ""));
        grid.blank("落实情况", 3, Sign::Nobody);
        grid.wide("归档号\n(一案一档)", "");
        let title = format!("{}热线复杂疑难事项批办单", settings.bureau);
        let remark = "注:依据第十三条制作。反映人信息已按第五条隐去;诉求内容请登录平台查看,由制单单位填写摘要。";
        let list = List { title: "附表:涉及工单", head: &COLUMNS, widths: &WIDTHS, rows: self.rows() };
        head.pack(sheet::form(&title, grid, remark, &[list]))
    }

    fn span(&self) -> String {
        let day = |at: Option<DateTime<Utc>>| at.map_or_else(|| "未知".into(), |at| civil::day_of(at).to_string());
        format!("首次 {}\n最近 {}", day(self.first), day(self.last))
    }

    fn citizens(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.citizens.iter().take(CITIZENS).map(Masked::line).collect();
        if self.citizens.len() > CITIZENS {
            lines.push(format!("等{}人", self.citizens.len()));
        }
        lines
    }

    fn units(&self) -> BTreeSet<&str> {
        self.tickets.iter().map(|ticket| ticket.unit.as_str()).collect()
    }

    /// `澄湾供水服务站:5件,已办结5件(逾期0件),回访不满意0件`.
    fn progress(&self) -> Vec<String> {
        let mut by_unit: BTreeMap<&str, Vec<Progress>> = BTreeMap::new();
        for ticket in &self.tickets {
            by_unit.entry(&ticket.unit).or_default().push(ticket.progress);
        }
        let line = |(unit, all): (&str, Vec<Progress>)| {
            let count = |which: fn(&Progress) -> bool| all.iter().filter(|one| which(one)).count();
            let done = count(|one| one.concluded != Concluded::Open);
            let late = count(|one| one.concluded == Concluded::Late);
            let dissatisfied = count(|one| one.satisfaction == Some(Satisfaction::Dissatisfied));
            format!("{unit}:{}件,已办结{done}件(逾期{late}件),回访不满意{dissatisfied}件", all.len())
        };
        by_unit.into_iter().map(line).collect()
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let row = |(ticket, n): (&BatchTicket, usize)| {
            let BatchTicket { no, received, unit, class, due, concluded, revisit, extension, .. } = ticket.clone();
            // The day above the time of day: the columns are narrow.
            let [received, due, concluded, revisit] =
                [received, due, concluded, revisit].map(|text| text.replacen(' ', "\n", 1));
            vec![n.to_string(), no, received, unit, class, due, concluded, revisit, extension]
        };
        self.tickets.iter().zip(1..).map(row).collect()
    }
}

impl BatchTicket {
    /// A ticket that is no longer in the store: only its number is known.
    pub fn gone(no: &TicketNo) -> Self {
        let unknown = || "未知".to_owned();
        Self {
            no: no.to_string(),
            received: unknown(),
            unit: unknown(),
            class: unknown(),
            due: unknown(),
            concluded: unknown(),
            revisit: unknown(),
            extension: unknown(),
            progress: Progress { concluded: Concluded::Open, satisfaction: None },
        }
    }

    fn of(member: &Member) -> Self {
        let Member { ticket, standing, unit, .. } = member;
        let moment = |at: Option<Moment>| at.map_or_else(|| "未知".into(), words::moment);
        let due = standing.conclusion;
        let is_concluded = standing.is_concluded(ticket);
        let concluded = match ticket.concluded.filter(|_| is_concluded) {
            Some(at) if due.is_some_and(|due| at.at() >= due.due) => Concluded::Late,
            Some(_) => Concluded::InTime,
            None if is_concluded => Concluded::InTime,
            None => Concluded::Open,
        };
        let revisit = match (ticket.satisfaction.map(satisfaction), ticket.revisited) {
            (Some(said), Some(at)) => format!("{said} {}", at.day()),
            (Some(said), None) => said.to_owned(),
            (None, Some(at)) => at.day().to_string(),
            (None, None) => "未回访".to_owned(),
        };
        let extension = due.and_then(|due| due.extended);
        Self {
            no: ticket.no.to_string(),
            received: moment(ticket.received),
            unit: unit.clone(),
            class: standing.class.chinese().to_owned(),
            due: due.map_or_else(|| "未知".into(), |due| words::long(due.due)),
            concluded: if is_concluded { moment(ticket.concluded) } else { "未办结".to_owned() },
            revisit,
            extension: extension.map_or_else(|| "无".into(), |extended| words::length(extended.count)),
            progress: Progress { concluded, satisfaction: ticket.satisfaction },
        }
    }
}

fn satisfaction(said: Satisfaction) -> &'static str {
    match said {
        Satisfaction::Satisfied => "满意",
        Satisfaction::Basic => "基本满意",
        Satisfaction::Fair => "一般",
        Satisfaction::Dissatisfied => "不满意",
        Satisfaction::Unrated => "未评价",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(n: u32) -> BatchTicket {
        BatchTicket {
            no: format!("2026031600101{n}"),
            received: "2026-03-16 09:20".into(),
            unit: "澄湾供水服务站".into(),
            class: "复杂".into(),
            due: "2026-03-19 24:00".into(),
            concluded: "2026-03-16 15:00".into(),
            revisit: "不满意 2026-03-18".into(),
            extension: "无".into(),
            progress: Progress { concluded: Concluded::InTime, satisfaction: Some(Satisfaction::Dissatisfied) },
        }
    }

    fn form(n: u32) -> BatchForm {
        let at = DateTime::from_timestamp(1_773_624_000, 0);
        let masked = Masked { name: "孙*".into(), number: "138****2345".into(), street: "绮霞路".into() };
        BatchForm {
            head: Head { year: 2026, number: 3, issued: at.unwrap() },
            handler: "王科员".into(),
            cause: BatchForm::REPEATED.into(),
            category: "供水/水压".into(),
            town: "赵巷镇".into(),
            tickets: (0..n).map(ticket).collect(),
            first: at,
            last: at,
            citizens: vec![masked],
        }
    }

    #[test]
    fn docx_gives_the_same_bytes_for_the_same_facts() {
        let bytes = form(5).docx(&Settings::default()).unwrap();
        assert_eq!(bytes, std::thread::spawn(|| form(5).docx(&Settings::default()).unwrap()).join().unwrap());
    }

    #[test]
    fn a_group_of_four_hundred_is_listed_whole() {
        let bytes = form(400).docx(&Settings::default()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            text.contains("共400件\u{ff0c}逐件情况见附表")
                && text.contains("20260316001010")
                && text.contains("2026031600101399")
        );
    }
}
