//! What a bureau puts into every text.

use super::MessageError;

/// The settings of this room, `[wording]`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wording {
    /// At the front of every SMS, in 【】.
    pub signature: String,
    /// At the front of every mail's subject, in 【】.
    pub subject_prefix: String,
    /// The public number that a citizen may call back.
    pub public_phone: String,
    /// Parts that an SMS may take; checked when templates are loaded.
    pub sms_parts: usize,
    /// The longest name of a unit, for that check.
    pub widest_unit: String,
    /// The longest name of a town, for that check.
    pub widest_town: String,
    /// The longest `category/small category`, for that check.
    pub widest_category: String,
}

impl Default for Wording {
    fn default() -> Self {
        Self {
            signature: "青浦水务".to_owned(),
            subject_prefix: "青浦水务热线".to_owned(),
            public_phone: "021-59720000".to_owned(),
            sms_parts: 1,
            widest_unit: "青浦区给排水管理所".to_owned(),
            widest_town: "香花桥街道".to_owned(),
            widest_category: "水利/圩区排涝".to_owned(),
        }
    }
}

impl Wording {
    /// What does not fit.
    pub(super) fn faults(&self) -> Vec<MessageError> {
        let mut faults = Vec::new();
        let mut fault = |field, why| faults.push(MessageError::Wording { field, why });
        for (field, text) in [("signature", &self.signature), ("subject_prefix", &self.subject_prefix)] {
            if text.is_empty() || text.chars().any(|c| matches!(c, '【' | '】') || c.is_control()) {
                fault(field, "it must be one line of text without 【 and 】, which are added");
            }
        }
        let dialled = |c: char| c.is_ascii_digit() || c == '-';
        if self.public_phone.is_empty() || !self.public_phone.chars().all(dialled) {
            fault("public_phone", "it must be a telephone number of digits and `-`");
        }
        // The hotline's own number in a text to a stranger would tell that somebody complained.
        if self.public_phone.contains(HOTLINE) {
            fault("public_phone", "it must not be the hotline's own number");
        }
        if self.sms_parts == 0 {
            fault("sms_parts", "it must be at least 1");
        }
        faults
    }
}

/// What no text to a citizen may contain.
pub(super) const HOTLINE: &str = "12345";
