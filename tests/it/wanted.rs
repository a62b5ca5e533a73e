//! Tickets of which it is known what is wanted.

use duban::notice::Kind;

use crate::program::House;

/// A message of one kind, wanted by a ticket of which nothing else is wanted.
pub struct Case {
    pub name: &'static str,
    pub kind: Kind,
    pub now: &'static str,
    pub ticket: &'static str,
    pub to: &'static str,
}

const HEADER: &str = "工单编号,来源,业务类型,紧急程度,办理类别,大类,小类,反映人,联系电话,是否保密,街镇,反映内容,\
     接收时间,派单时间,承办单位,经办人,接单时间,先行联系时间,联系记录,状态,更新时间";

/// Called in vain three times; the first reminder comes at nine only.
pub const CITIZEN_SMS: Case = Case {
    name: "citizen sms",
    kind: Kind::CitizenUnreachableSms,
    now: "2026-09-15T08:30:00+08:00",
    ticket: "A1,12345热线,投诉,一般,复杂,供水,水压,李女士,13800070001,否,澄湾街道,水压低,2026-09-14 08:00:00,\
             2026-09-14 08:10:00,澄湾供水服务站,周经办,2026-09-14 08:20:00,,\
             2026-09-14 14:00无人接听;2026-09-14 15:05无人接听;2026-09-14 16:10无人接听,处理中,2026-09-14 17:00:00",
    to: "13800070001",
};

/// A reminder on the last day.
pub const STAFF_SMS: Case = Case {
    name: "staff sms",
    kind: Kind::DueToday,
    now: "2026-09-15T09:30:00+08:00",
    ticket: "A2,12345热线,投诉,一般,复杂,供水,水压,李女士,13800070002,否,澄湾街道,水压低,2026-09-10 08:00:00,\
             2026-09-10 08:10:00,澄湾供水服务站,周经办,2026-09-10 08:20:00,2026-09-10 10:00:00,,处理中,\
             2026-09-10 10:00:00",
    to: "13800090001",
};

/// A handler who is not on the roster.
pub const MAIL: Case = Case {
    name: "mail",
    kind: Kind::DataQuality,
    now: "2026-09-15T09:30:00+08:00",
    ticket: "A3,12345热线,投诉,一般,疑难,供水,水压,李女士,13800070003,否,澄湾街道,水压低,2026-09-10 08:00:00,\
             2026-09-10 08:10:00,澄湾供水服务站,旁人,2026-09-10 08:20:00,2026-09-10 10:00:00,,处理中,\
             2026-09-10 10:00:00",
    to: "desk@example.org",
};

impl House {
    /// Imports tickets of these.
    pub fn import_all(&self, tickets: impl IntoIterator<Item = String>) {
        let tickets: Vec<String> = tickets.into_iter().collect();
        self.import(HEADER, &tickets.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

const UNITS: [(&str, &str); 3] =
    [("澄湾供水服务站", "周经办"), ("苇塘排水养护站", "王经办"), ("莲渡河道管理站", "褚经办")];

/// The `n`th ticket of this morning, urgent: six alerts and four assignments, none
/// of them bundled with another.
pub fn urgent(n: usize) -> String {
    ticket(n, "求助,紧急", "")
}

/// The same, whose citizen was called in vain three times.
pub fn urgent_unreached(n: usize) -> String {
    let tries = [20, 85, 150].map(|later| format!("{}无人接听", minute(n, later)));
    ticket(n, "求助,紧急", &tries.join(";"))
}

/// The `n`th ticket of this morning, an ordinary one: its two assignments travel
/// bundled with others.
pub fn ordinary(n: usize) -> String {
    ticket(n, "投诉,一般", "")
}

/// The number of the `n`th ticket's citizen.
pub fn citizen(n: usize) -> String {
    format!("1380007{n:04}")
}

fn ticket(n: usize, class: &str, log: &str) -> String {
    let (unit, handler) = UNITS[n % UNITS.len()];
    let [received, dispatched, accepted] = [0, 1, 2].map(|later| minute(n, later));
    format!(
        "20260915A{n:04},12345热线,{class},复杂,供水,水压,李女士,{},否,澄湾街道,水压低,{received}:00,{dispatched}:00,\
         {unit},{handler},{accepted}:00,,{log},处理中,2026-09-15 09:10:00",
        citizen(n)
    )
}

/// Minutes after the `n`th ticket came: one comes every four minutes from midnight
/// on, so that the SMS to citizens lie between those to staff.
fn minute(n: usize, later: usize) -> String {
    let minute = 5 + 4 * n + later;
    format!("2026-09-15 {:02}:{:02}", minute / 60, minute % 60)
}
