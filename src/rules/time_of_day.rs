//! A time of day as the settings write it.

use chrono::{NaiveDate, NaiveTime};
use serde::Deserialize;

use crate::calendar::civil;

/// A time of day in the policy zone, written `"HH:MM"`; `"24:00"` is the end of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay {
    minutes: u16,
}

impl TimeOfDay {
    /// The instant of this time on `day`.
    pub fn on(self, day: NaiveDate) -> chrono::DateTime<chrono::Utc> {
        civil::at(day, 0, 0) + chrono::TimeDelta::minutes(i64::from(self.minutes))
    }

    /// Minutes since 00:00, 0 to 1440.
    pub fn minutes(self) -> u16 {
        self.minutes
    }

    /// The time on a clock; 24:00 is 00:00.
    pub fn time(self) -> NaiveTime {
        NaiveTime::MIN + chrono::TimeDelta::minutes(i64::from(self.minutes))
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fault = || format!("`{text}` is not a time of day; write \"HH:MM\", 00:00 to 24:00");
        let (hour, minute) = text.split_once(':').ok_or_else(fault)?;
        if hour.len() != 2 || minute.len() != 2 {
            return Err(fault());
        }
        let hour: u16 = hour.parse().map_err(|_| fault())?;
        let minute: u16 = minute.parse().map_err(|_| fault())?;
        let minutes = hour * 60 + minute;
        if minute > 59 || minutes > 24 * 60 {
            return Err(fault());
        }
        Ok(Self { minutes })
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::try_from(text).map_err(serde::de::Error::custom)
    }
}
