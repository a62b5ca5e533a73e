//! Tickets of which one message is wanted and nothing else.

use duban::notice::Kind;

/// A message of one kind, wanted by a ticket of which nothing else is wanted.
pub struct Case {
    pub name: &'static str,
    pub kind: Kind,
    pub now: &'static str,
    pub ticket: &'static str,
    pub to: &'static str,
}

pub const HEADER: &str = "工单编号,来源,业务类型,紧急程度,办理类别,大类,小类,反映人,联系电话,是否保密,街镇,反映内容,\
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
