//! What is told to systemd. Without a notify socket nothing happens.

use std::time::Duration;

use sd_notify::NotifyState;
use tracing::warn;

/// The store has been read: the unit has started.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The settings are read anew; [`ready`] follows.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        // In one message: systemd tells by the time which reload is meant.
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => warn!(%error, "systemd cannot be told"),
    }
}

/// A line for `systemctl status`.
pub fn status(text: &str) {
    tell(&[NotifyState::Status(text)]);
}

/// The loops move.
pub fn watchdog() {
    tell(&[NotifyState::Watchdog]);
}

/// The daemon is stopping on purpose.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Half of the unit's `WatchdogSec`, if it has one.
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|limit| limit / 2)
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        warn!(%error, "systemd cannot be told");
    }
}
