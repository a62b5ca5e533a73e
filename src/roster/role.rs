//! The roles that people hold, and the media that reach them.

use std::fmt;

/// Who is told. A role becomes a person only at sending, by the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// 经办人 of the ticket's unit; without a unit, the desk.
    Handler,
    /// 四级承办单位分管领导.
    Deputy,
    /// 四级承办单位主要领导.
    Chief,
    /// 局综合管理科.
    Desk,
    /// 局热线工作分管领导.
    BureauHotline,
    /// 该事项分管领导, by 大类.
    BureauMatter,
    /// The citizen; only the four citizen kinds.
    Citizen,
    /// The system's operator.
    Ops,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 8] = [
        Role::Handler,
        Role::Deputy,
        Role::Chief,
        Role::Desk,
        Role::BureauHotline,
        Role::BureauMatter,
        Role::Citizen,
        Role::Ops,
    ];

    /// The role's stable name.
    pub fn id(self) -> &'static str {
        match self {
            Role::Handler => "handler",
            Role::Deputy => "deputy",
            Role::Chief => "chief",
            Role::Desk => "desk",
            Role::BureauHotline => "bureau_hotline",
            Role::BureauMatter => "bureau_matter",
            Role::Citizen => "citizen",
            Role::Ops => "ops",
        }
    }

    /// The role of a stable name.
    pub fn from_id(id: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.id() == id)
    }

    /// The role as the clerk calls it.
    pub fn chinese(self) -> &'static str {
        match self {
            Role::Handler => "经办人",
            Role::Deputy => "分管领导",
            Role::Chief => "主要领导",
            Role::Desk => "综合管理科",
            Role::BureauHotline => "局热线工作分管领导",
            Role::BureauMatter => "该事项分管领导",
            Role::Citizen => "诉求人",
            Role::Ops => "系统运维",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// By what a notice reaches a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Medium {
    Sms,
    Email,
    Chat,
    Webhook,
    File,
}

impl Medium {
    /// Every medium.
    pub const ALL: [Medium; 5] = [Medium::Sms, Medium::Email, Medium::Chat, Medium::Webhook, Medium::File];

    /// The medium's stable name.
    pub fn id(self) -> &'static str {
        match self {
            Medium::Sms => "sms",
            Medium::Email => "email",
            Medium::Chat => "chat",
            Medium::Webhook => "webhook",
            Medium::File => "file",
        }
    }

    /// The medium of a stable name.
    pub fn from_id(id: &str) -> Option<Medium> {
        Medium::ALL.into_iter().find(|medium| medium.id() == id)
    }
}

impl fmt::Display for Medium {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
