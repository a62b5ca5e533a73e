//! The rule settings: one struct a table of `config/rules.toml`.

use serde::Deserialize;

use crate::ticket::Anomaly;

pub use super::{
    duties::{Archive, Audit, Exclusion, Feedback, HotTopic, Reassign, Report, SupervisionOrders, Urgent, Vanished},
    modes::{
        AfterRefusal, CatchUpSteps, ComplexOrUrgent, ConclusionStart, ContactStart, DaysOf12319, EarlierContact,
        ExtensionBase, ExtensionUnit, LastDay, LateReceipt, MidnightDue, OnceEach, OtherUnits, PlatformDue, RoundTwo,
        SecondReturn, ShortLimits, SmsOrNot, SpacingAfter, Substitute, UnknownYear, UrgentLadder, WindowReading,
        WrongPerson,
    },
    rates::{Bulletin, Rates},
    time_of_day::TimeOfDay,
};

/// Why `rules.toml` is refused.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// Not TOML, an unknown key, a value of a wrong kind; the text names line and column.
    #[error("{file}: {detail}")]
    NotReadable { file: String, detail: String },
    /// A value outside its bounds.
    #[error("{file}: {key} = {value} is out of bounds; it takes {bounds}")]
    OutOfBounds { file: String, key: &'static str, value: String, bounds: &'static str },
}

/// All rule settings; every table must be there, unknown keys are refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub dispatch: Dispatch,
    pub first_contact: FirstContact,
    pub contact_attempts: ContactAttempts,
    pub citizen_sms: CitizenSms,
    pub urgent: Urgent,
    pub return_window: ReturnWindow,
    pub conclusion: Conclusion,
    pub extension: Extension,
    pub report: Report,
    pub feedback: Feedback,
    pub audit: Audit,
    pub reassign: Reassign,
    pub exclusion: Exclusion,
    pub supervision: SupervisionOrders,
    pub archive: Archive,
    pub hot_topic: HotTopic,
    pub vanished: Vanished,
    pub second_revisit: SecondRevisit,
    pub reminders: Reminders,
    pub ladder: Ladder,
    pub repeat: Repeat,
    pub data_quality: DataQuality,
    pub rates: Rates,
    pub bulletin: Bulletin,
    pub quiet: Quiet,
    pub calm: Calm,
    pub catch_up: CatchUp,
}

/// Art. 8(3): dispatch on the day of receipt.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispatch {
    pub article: String,
    pub reminder: TimeOfDay,
    pub overdue: TimeOfDay,
    pub grace_h: u32,
    pub other_units: OtherUnits,
}

/// Art. 9(1): the citizen is contacted within one working day.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstContact {
    pub article: String,
    pub days: u32,
    pub days_12319: DaysOf12319,
    pub starts: ContactStart,
    pub due: TimeOfDay,
    #[serde(rename = "final")]
    pub final_: TimeOfDay,
    pub overdue: TimeOfDay,
    pub contact_before_assignment: EarlierContact,
}

/// Art. 9(1): tries to reach the citizen.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactAttempts {
    pub article: String,
    pub spacing_min: u32,
    pub spacing_after: SpacingAfter,
    pub tries: u16,
    pub retries_a_day: u16,
    pub last_chance: TimeOfDay,
}

/// Art. 9(1): the SMS to a citizen who was never reached.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CitizenSms {
    pub article: String,
    pub from: TimeOfDay,
    pub to: TimeOfDay,
    pub wrong_person: WrongPerson,
    pub suspended: SmsOrNot,
    pub flagged_secret: SmsOrNot,
    pub fulfils: bool,
}

/// Art. 9(2)3: how long a unit may ask for a return.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnWindow {
    pub article: String,
    pub days: u32,
    pub days_difficult: u32,
    pub days_12319: DaysOf12319,
    pub closing: TimeOfDay,
    pub deemed: TimeOfDay,
    pub second: SecondReturn,
    pub after_refusal: AfterRefusal,
}

/// Art. 9(3)1: conclusion in 1, 3 or 10 working days, or 1, 3, 5 natural days.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conclusion {
    pub article: String,
    pub starts: ConclusionStart,
    pub late_receipt: LateReceipt,
    pub substitute: Substitute,
    pub end_of_day: TimeOfDay,
    pub unknown_class: ComplexOrUrgent,
    pub simple_inquiry: ComplexOrUrgent,
    pub last_day_12319: LastDay,
    pub unknown_year: UnknownYear,
    pub platform_due: PlatformDue,
    pub workdays_12345: Limits,
    pub days_12319: Limits,
}

/// Days by class.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub urgent: u32,
    pub complex: u32,
    pub difficult: u32,
}

/// Art. 9(3)2: one extension, asked for in time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    pub article: String,
    pub lengths: Vec<u16>,
    pub unit_12319: ExtensionUnit,
    pub base: ExtensionBase,
    pub window_workdays: u32,
    pub window: WindowReading,
    pub ask_at: TimeOfDay,
    pub short_limits: ShortLimits,
    pub once: OnceEach,
}

/// Art. 8(6): second revisit and the limit of the next round.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondRevisit {
    pub article: String,
    pub workdays: u32,
    pub at: TimeOfDay,
    pub round_two: RoundTwo,
    pub round_two_workdays: u32,
}

/// Reminders before the end of the conclusion limit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reminders {
    pub article: String,
    pub at: TimeOfDay,
    #[serde(rename = "final")]
    pub final_: TimeOfDay,
    pub before_short: Vec<u32>,
    pub before_long: Vec<u32>,
}

/// The ladder after the end (A30).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ladder {
    pub article: String,
    pub at: TimeOfDay,
    pub urgent: UrgentLadder,
    pub daily_from: u32,
    pub daily_until: u32,
    pub supervision_workdays: u32,
}

/// Art. 13: five or more complaints about one matter (A27).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    pub article: String,
    pub window_days: u32,
    pub approaching: u16,
    pub form: u16,
    pub again_every: u16,
    /// Working days from the form, and from each reminder, to the next reminder
    /// of its meeting.
    pub meeting_workdays: u32,
}

/// What is reported about the rows themselves.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataQuality {
    pub article: String,
    pub leave_out: Vec<String>,
    pub platform_due_midnight: MidnightDue,
}

/// Hours in which staff get no SMS (A33); a span over midnight is usual.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quiet {
    pub article: String,
    pub staff_from: TimeOfDay,
    pub staff_to: TimeOfDay,
}

/// How many ordinary messages a person gets in any hour (0 is no ceiling), and when
/// the day's digest goes out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calm {
    pub article: String,
    pub sms_per_person_per_hour: u32,
    pub email_per_person_per_hour: u32,
    pub daily_digest: TimeOfDay,
}

/// After downtime and at the first start (A40, A43).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatchUp {
    pub article: String,
    pub steps: CatchUpSteps,
    pub late_after_min: u32,
    pub first_start_h: u32,
}

impl Rules {
    /// The rules of the Qingpu regulation, as shipped in `config/rules.toml`.
    ///
    /// # Errors
    ///
    /// Only if the embedded file itself is at fault; a test reads it.
    pub fn embedded() -> Result<Rules, RulesError> {
        Rules::parse("config/rules.toml", include_str!("../../config/rules.toml"))
    }

    /// Reads `text`; `file` is only named in errors.
    ///
    /// # Errors
    ///
    /// Unknown or missing keys, values of a wrong kind (with line and column),
    /// values out of bounds.
    pub fn parse(file: &str, text: &str) -> Result<Rules, RulesError> {
        let rules: Rules = toml::from_str(text)
            .map_err(|e| RulesError::NotReadable { file: file.into(), detail: e.to_string().trim_end().into() })?;
        rules.check(file)?;
        Ok(rules)
    }

    fn check(&self, file: &str) -> Result<(), RulesError> {
        let within = |key, value: u32, least: u32, most: u32, bounds| {
            if (least..=most).contains(&value) {
                return Ok(());
            }
            Err(RulesError::OutOfBounds { file: file.into(), key, value: value.to_string(), bounds })
        };
        within("contact_attempts.tries", self.contact_attempts.tries.into(), 2, 5, "2 to 5")?;
        within("contact_attempts.spacing_min", self.contact_attempts.spacing_min, 1, 1440, "1 to 1440 minutes")?;
        within("first_contact.days", self.first_contact.days, 1, 30, "1 to 30")?;
        within("return_window.days", self.return_window.days, 1, 30, "1 to 30")?;
        within("return_window.days_difficult", self.return_window.days_difficult, 1, 30, "1 to 30")?;
        within("second_revisit.workdays", self.second_revisit.workdays, 1, 30, "1 to 30")?;
        within("second_revisit.round_two_workdays", self.second_revisit.round_two_workdays, 1, 250, "1 to 250")?;
        within("extension.window_workdays", self.extension.window_workdays, 1, 30, "1 to 30")?;
        within("ladder.daily_from", self.ladder.daily_from, 4, 30, "4 to 30")?;
        within("ladder.daily_until", self.ladder.daily_until, self.ladder.daily_from, 60, "daily_from to 60")?;
        within("repeat.form", self.repeat.form.into(), 2, 100, "2 to 100")?;
        within("repeat.approaching", self.repeat.approaching.into(), 1, 99, "1 to 99")?;
        within("repeat.again_every", self.repeat.again_every.into(), 1, 100, "1 to 100")?;
        within("repeat.meeting_workdays", self.repeat.meeting_workdays, 1, 60, "1 to 60")?;
        within("repeat.window_days", self.repeat.window_days, 1, 3660, "1 to 3660 days")?;
        within("rates.feedback_workdays", self.rates.feedback_workdays, 1, 30, "1 to 30")?;
        let weights = self.rates.weights;
        for weight in [weights.satisfied, weights.basic, weights.fair, weights.dissatisfied] {
            within("rates.weights", weight, 0, 100, "0 to 100 hundredths")?;
        }
        within("bulletin.corrections_days", self.bulletin.corrections_days, 0, 366, "0 to 366 days")?;
        within("bulletin.groups_from", self.bulletin.groups_from.into(), 2, 100, "2 to 100")?;
        within("urgent.unaccepted_min", self.urgent.unaccepted_min, 1, 1440, "1 to 1440 minutes")?;
        let again = self.urgent.again_min;
        within("urgent.again_min", again, self.urgent.unaccepted_min + 1, 2880, "more than unaccepted_min, to 2880")?;
        within("feedback.workdays", self.feedback.workdays, 1, 30, "1 to 30")?;
        within("audit.workdays", self.audit.workdays, 1, 30, "1 to 30")?;
        within("archive.workdays", self.archive.workdays, 1, 60, "1 to 60")?;
        within("supervision.before", self.supervision.before, 0, 30, "0 to 30")?;
        within("ladder.supervision_workdays", self.ladder.supervision_workdays, 1, 60, "1 to 60")?;
        within("hot_topic.tickets", self.hot_topic.tickets.into(), 2, 1000, "2 to 1000")?;
        within("hot_topic.hours", self.hot_topic.hours, 1, 168, "1 to 168 hours")?;
        within("vanished.hours", self.vanished.hours, 1, 720, "1 to 720 hours")?;
        within("dispatch.grace_h", self.dispatch.grace_h, 0, 24, "0 to 24 hours")?;
        for limits in [self.conclusion.workdays_12345, self.conclusion.days_12319] {
            for days in [limits.urgent, limits.complex, limits.difficult] {
                within("conclusion limits", days, 1, 250, "1 to 250 days")?;
            }
        }
        for days in self.reminders.before_short.iter().chain(&self.reminders.before_long) {
            within("reminders.before_*", *days, 1, 60, "1 to 60 days")?;
        }
        within(
            "citizen_sms.from",
            self.citizen_sms.from.minutes().into(),
            0,
            self.citizen_sms.to.minutes().into(),
            "a time before citizen_sms.to",
        )?;
        self.check_codes(file)
    }

    fn check_codes(&self, file: &str) -> Result<(), RulesError> {
        for code in &self.data_quality.leave_out {
            if !Anomaly::ALL.iter().any(|anomaly| anomaly.code() == code) {
                return Err(RulesError::OutOfBounds {
                    file: file.into(),
                    key: "data_quality.leave_out",
                    value: code.clone(),
                    bounds: "codes of the anomaly list",
                });
            }
        }
        Ok(())
    }

    /// Whether a finding is reported to the desk.
    pub fn reports(&self, anomaly: Anomaly) -> bool {
        !self.data_quality.leave_out.iter().any(|code| code == anomaly.code())
    }
}
