//! The corridor: start, wake, stop. It opens the other rooms' doors in order
//! and decides nothing itself.

mod again;
mod assembly;
pub mod book;
mod digest;
mod gone;
pub mod bulletins;
mod every;
mod health;
pub mod forms;
mod lasting;
mod lock;
mod notes;
pub mod proving;
mod reload;
mod run;
mod schedule;
mod systemd;
pub mod watcher;

pub use again::TicketsAgain;
pub use assembly::{Assembly, AssemblyError, Changeable, Fixed, Maker};
pub use every::{EveryError, every_ticket};
pub use health::Gateways;
pub use lock::{LedgerLock, LockError};
pub use proving::Proving;
pub use reload::{Again, Settings, Which};
pub use run::{Daemon, Observer, RunError, ScheduleSettings, citizens};
pub use watcher::{CycleReport, Watcher, WatcherParts};

use crate::{
    delivery::{Ceilings, DeliverySettings, Quiet, QuietHours},
    rules::{Rules, settings::TimeOfDay},
};

/// Delivery as the rules have it: their quiet hours and ceilings, the rest by default.
pub fn delivery_settings(rules: &Rules) -> DeliverySettings {
    let quiet = |from: TimeOfDay, to: TimeOfDay| Quiet { from: from.time(), to: to.time() };
    let quiet = QuietHours {
        staff: quiet(rules.quiet.staff_from, rules.quiet.staff_to),
        citizen: quiet(rules.citizen_sms.to, rules.citizen_sms.from),
    };
    let ceiling = |most: u32| (most > 0).then_some(most);
    let ceilings = Ceilings {
        sms: ceiling(rules.calm.sms_per_person_per_hour),
        email: ceiling(rules.calm.email_per_person_per_hour),
    };
    DeliverySettings { quiet, ceilings, ..DeliverySettings::default() }
}
