-- The ticket store of duban: the tables that `duban import` fills, and that a job
-- of your own may fill instead.
--
-- To fill it by your own job:
--   1. Let `duban import` create the file once (or run this text by `sqlite3`).
--   2. Enter the columns that your job fills into `hotline_column`. A column that is
--      not entered counts as unknown, not as empty: no reminder rests on it.
--   3. Insert, update and delete rows of `hotline_ticket`, each batch in one
--      transaction (`BEGIN IMMEDIATE`). For rows that may exist already use
--      `INSERT ... ON CONFLICT (ticket_no, row_no) DO UPDATE SET ...`, never
--      `REPLACE`: a row written again without a difference is then no change.
--   Never touch `hotline_store` and `hotline_change`: the triggers keep them, and the
--   daemon finds by them what changed since it last looked. It never writes here.
--
-- All values are text, as the platform shows them; what they may look like is said in
-- the manual. NULL and '' are both an empty cell.

-- One row: which store this is, and the number of its last change.
CREATE TABLE hotline_store (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    store_id TEXT NOT NULL,
    last_change INTEGER NOT NULL
);
INSERT INTO hotline_store VALUES (1, lower(hex(randomblob(8))), 0);

-- The columns of `hotline_ticket` that are filled.
CREATE TABLE hotline_column (
    name TEXT PRIMARY KEY CHECK (name IN (
        'ticket_no', 'origin', 'business_type', 'urgency', 'difficulty', 'category', 'subcategory',
        'citizen_name', 'contact_phone', 'caller_phone', 'secret', 'address', 'town', 'content',
        'received', 'dispatched', 'units', 'handler', 'handler_phone', 'accepted',
        'first_contacted', 'contacted', 'non_contact_reason', 'contact_log', 'return_applied',
        'return_reason', 'return_materials', 'return_deputy_approved', 'return_barred', 'return_result',
        'extended',
        'extension_days', 'extension_applied', 'extension_approved', 'platform_due', 'status',
        'concluded', 'resolution', 'report_elements', 'fed_back', 'audited', 'audit_result', 'revisited',
        'satisfaction', 'excluded', 'excluded_approved', 'is_repeat', 'repeat_of', 'supervised',
        'supervision_due', 'leader_note',
        'reassigned', 'second_revisited', 'supervision_answered', 'supervision_signed',
        'batch_meeting', 'updated'
    ))
) WITHOUT ROWID;

-- One row a ticket; more where the platform lists a ticket several times.
CREATE TABLE hotline_ticket (
    -- 工单编号 in capitals, without blanks around it.
    ticket_no TEXT NOT NULL CHECK (
        ticket_no <> '' AND ticket_no = upper(trim(ticket_no, char(9, 10, 13, 32, 160, 12288, 65279)))
    ),
    -- 1 for the first row of a ticket, 2 for the next.
    row_no INTEGER NOT NULL DEFAULT 1,
    origin TEXT, -- 来源
    business_type TEXT, -- 业务类型
    urgency TEXT, -- 紧急程度
    difficulty TEXT, -- 办理类别
    category TEXT, -- 大类
    subcategory TEXT, -- 小类
    citizen_name TEXT, -- 反映人
    contact_phone TEXT, -- 联系电话
    caller_phone TEXT, -- 来电号码
    secret TEXT, -- 是否保密: anything but a clear 否 counts as 是
    address TEXT, -- 地址
    town TEXT, -- 街镇
    content TEXT, -- 反映内容
    received TEXT, -- 接收时间: 2026-11-03 09:15:00; other forms are read too
    dispatched TEXT, -- 派单时间 of the present assignment
    units TEXT, -- 承办单位, the lead unit first, then those of 加派, separated by commas
    handler TEXT, -- 经办人
    handler_phone TEXT, -- 经办人电话
    accepted TEXT, -- 接单时间
    first_contacted TEXT, -- 是否先行联系
    contacted TEXT, -- 先行联系时间: the contact that succeeded
    non_contact_reason TEXT, -- 未联系原因
    contact_log TEXT, -- 联系记录: failed attempts, `2026-11-03 10:00无人接听;2026-11-03 10:30忙音`
    return_applied TEXT, -- 退单申请时间
    return_reason TEXT, -- 退单依据
    return_materials TEXT, -- 退单材料
    return_deputy_approved TEXT, -- 分管领导审核
    return_barred TEXT, -- 退单限制
    return_result TEXT, -- 退单结果: 审核中, 同意, 不同意
    extended TEXT, -- 是否延期: 是, 审核中, 否
    extension_days TEXT, -- 延期天数
    extension_applied TEXT, -- 延期申请时间
    extension_approved TEXT, -- 延期批准时间
    platform_due TEXT, -- 截止时间; a date alone means the end of that day
    status TEXT, -- 状态
    concluded TEXT, -- 办结时间 of the present round
    resolution TEXT, -- 处理结果
    report_elements TEXT, -- 办结报告要素, a list
    fed_back TEXT, -- 反馈时间
    audited TEXT, -- 审核时间
    audit_result TEXT, -- 审核结果
    revisited TEXT, -- 回访时间
    satisfaction TEXT, -- 综合满意度
    excluded TEXT, -- 不纳入测评
    excluded_approved TEXT, -- 不纳入测评审核
    is_repeat TEXT, -- 是否重复
    repeat_of TEXT, -- 重复工单号: one number or a list
    supervised TEXT, -- 是否督办
    supervision_due TEXT, -- 督办反馈期限
    leader_note TEXT, -- 领导批示
    reassigned TEXT, -- 重新交办时间
    second_revisited TEXT, -- 二次回访时间
    supervision_answered TEXT, -- 督办反馈时间
    supervision_signed TEXT, -- 督办主要领导审核
    batch_meeting TEXT, -- 批办单协调会时间
    updated TEXT, -- 更新时间: an import does not replace a ticket by an older one
    PRIMARY KEY (ticket_no, row_no)
);

-- The last change of each ticket, deleted ones included.
CREATE TABLE hotline_change (
    ticket_no TEXT PRIMARY KEY,
    change_no INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX hotline_change_by_number ON hotline_change (change_no, ticket_no);

CREATE TRIGGER hotline_ticket_inserted AFTER INSERT ON hotline_ticket BEGIN
    UPDATE hotline_store SET last_change = last_change + 1;
    INSERT INTO hotline_change (ticket_no, change_no)
        SELECT NEW.ticket_no, last_change FROM hotline_store WHERE true
        ON CONFLICT (ticket_no) DO UPDATE SET change_no = excluded.change_no;
END;

CREATE TRIGGER hotline_ticket_deleted AFTER DELETE ON hotline_ticket BEGIN
    UPDATE hotline_store SET last_change = last_change + 1;
    INSERT INTO hotline_change (ticket_no, change_no)
        SELECT OLD.ticket_no, last_change FROM hotline_store WHERE true
        ON CONFLICT (ticket_no) DO UPDATE SET change_no = excluded.change_no;
END;

CREATE TRIGGER hotline_ticket_updated AFTER UPDATE ON hotline_ticket
    WHEN NEW.ticket_no IS NOT OLD.ticket_no
        OR NEW.row_no IS NOT OLD.row_no
        OR NEW.origin IS NOT OLD.origin
        OR NEW.business_type IS NOT OLD.business_type
        OR NEW.urgency IS NOT OLD.urgency
        OR NEW.difficulty IS NOT OLD.difficulty
        OR NEW.category IS NOT OLD.category
        OR NEW.subcategory IS NOT OLD.subcategory
        OR NEW.citizen_name IS NOT OLD.citizen_name
        OR NEW.contact_phone IS NOT OLD.contact_phone
        OR NEW.caller_phone IS NOT OLD.caller_phone
        OR NEW.secret IS NOT OLD.secret
        OR NEW.address IS NOT OLD.address
        OR NEW.town IS NOT OLD.town
        OR NEW.content IS NOT OLD.content
        OR NEW.received IS NOT OLD.received
        OR NEW.dispatched IS NOT OLD.dispatched
        OR NEW.units IS NOT OLD.units
        OR NEW.handler IS NOT OLD.handler
        OR NEW.handler_phone IS NOT OLD.handler_phone
        OR NEW.accepted IS NOT OLD.accepted
        OR NEW.first_contacted IS NOT OLD.first_contacted
        OR NEW.contacted IS NOT OLD.contacted
        OR NEW.non_contact_reason IS NOT OLD.non_contact_reason
        OR NEW.contact_log IS NOT OLD.contact_log
        OR NEW.return_applied IS NOT OLD.return_applied
        OR NEW.return_reason IS NOT OLD.return_reason
        OR NEW.return_materials IS NOT OLD.return_materials
        OR NEW.return_deputy_approved IS NOT OLD.return_deputy_approved
        OR NEW.return_barred IS NOT OLD.return_barred
        OR NEW.return_result IS NOT OLD.return_result
        OR NEW.extended IS NOT OLD.extended
        OR NEW.extension_days IS NOT OLD.extension_days
        OR NEW.extension_applied IS NOT OLD.extension_applied
        OR NEW.extension_approved IS NOT OLD.extension_approved
        OR NEW.platform_due IS NOT OLD.platform_due
        OR NEW.status IS NOT OLD.status
        OR NEW.concluded IS NOT OLD.concluded
        OR NEW.resolution IS NOT OLD.resolution
        OR NEW.report_elements IS NOT OLD.report_elements
        OR NEW.fed_back IS NOT OLD.fed_back
        OR NEW.audited IS NOT OLD.audited
        OR NEW.audit_result IS NOT OLD.audit_result
        OR NEW.revisited IS NOT OLD.revisited
        OR NEW.satisfaction IS NOT OLD.satisfaction
        OR NEW.excluded IS NOT OLD.excluded
        OR NEW.excluded_approved IS NOT OLD.excluded_approved
        OR NEW.is_repeat IS NOT OLD.is_repeat
        OR NEW.repeat_of IS NOT OLD.repeat_of
        OR NEW.supervised IS NOT OLD.supervised
        OR NEW.supervision_due IS NOT OLD.supervision_due
        OR NEW.leader_note IS NOT OLD.leader_note
        OR NEW.reassigned IS NOT OLD.reassigned
        OR NEW.second_revisited IS NOT OLD.second_revisited
        OR NEW.supervision_answered IS NOT OLD.supervision_answered
        OR NEW.supervision_signed IS NOT OLD.supervision_signed
        OR NEW.batch_meeting IS NOT OLD.batch_meeting
        OR NEW.updated IS NOT OLD.updated
BEGIN
    UPDATE hotline_store SET last_change = last_change + 1;
    INSERT INTO hotline_change (ticket_no, change_no)
        SELECT OLD.ticket_no, last_change FROM hotline_store WHERE true
        ON CONFLICT (ticket_no) DO UPDATE SET change_no = excluded.change_no;
    UPDATE hotline_store SET last_change = last_change + 1;
    INSERT INTO hotline_change (ticket_no, change_no)
        SELECT NEW.ticket_no, last_change FROM hotline_store WHERE true
        ON CONFLICT (ticket_no) DO UPDATE SET change_no = excluded.change_no;
END;

-- A column that comes or goes changes what every ticket says.
CREATE TRIGGER hotline_column_added AFTER INSERT ON hotline_column BEGIN
    UPDATE hotline_store SET last_change = last_change + 1;
    UPDATE hotline_change SET change_no = (SELECT last_change FROM hotline_store);
END;

CREATE TRIGGER hotline_column_removed AFTER DELETE ON hotline_column BEGIN
    UPDATE hotline_store SET last_change = last_change + 1;
    UPDATE hotline_change SET change_no = (SELECT last_change FROM hotline_store);
END;

PRAGMA user_version = 2;
