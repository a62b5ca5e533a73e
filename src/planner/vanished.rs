//! A ticket whose row is no longer in the store.

use chrono::{DateTime, Utc};

use crate::{
    notice::{Fact, Facts, Kind, Notice, Occurrence, Subject},
    ticket::TicketNo,
};

use super::words;

/// The code of the finding.
const CODE: &str = "row-vanished";

/// data-quality of a row that has been gone since `since`; due when the patience ends.
pub fn vanished(no: &TicketNo, since: DateTime<Utc>, due: DateTime<Utc>) -> Notice {
    let subject = Subject::Ticket { no: no.clone(), round: 1, assignment: None };
    let occurrence = Occurrence::Findings(format!("{CODE}/{}", since.timestamp()));
    Notice { facts: facts(no, since), ..Notice::new(Kind::DataQuality, subject, occurrence, due) }
}

fn facts(no: &TicketNo, since: DateTime<Utc>) -> Facts {
    let mut facts = Facts::new();
    let mut put = |name: &str, value: Fact| facts.insert(name.into(), value);
    put("no", words::text(no.as_str()));
    put("t4", words::text(no.tail()));
    for name in ["source", "class", "recv", "limit", "due", "due_s"] {
        put(name, words::text("未知"));
    }
    put("unit", words::text("待定"));
    put("ext", words::text("无"));
    put("round", words::number(1));
    put("provisional", Fact::Flag(false));
    put("late", Fact::Flag(false));
    put("notice_id", words::text(format!("{}/{no}/r1", Kind::DataQuality)));
    put("codes", Fact::List(vec![CODE.into()]));
    let what = format!("自{}起数据源中已无此工单,期限与提醒已冻结,恢复后继续", words::event(since));
    put("what", Fact::List(vec![what]));
    facts
}
