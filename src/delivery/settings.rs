//! How delivery behaves: leases, limits, repeats, and the marked points of its
//! tests.

use std::{fmt, sync::Arc, time::Duration};

use chrono::TimeDelta;

use super::{Ceilings, QuietHours};
use crate::outbox::Repeats;

const SHORTEST_LEASE: Duration = Duration::from_secs(60);

/// The settings of this room.
#[derive(Clone, Debug)]
pub struct DeliverySettings {
    /// What is added to a channel's own limit of a call before it is cut off, and
    /// once more for writing down its answer.
    pub grace: Duration,
    /// How long a round waits for a channel that is slow; `None`: to the end.
    pub patience: Option<Duration>,
    /// Legs in one claim of a channel.
    pub per_claim: u32,
    /// After so many tries that never reached the provider a leg is given up.
    pub max_tries: u32,
    pub back_off: BackOff,
    /// How often a leg is repeated after an unknown outcome; a citizen's never is.
    pub repeats: Repeats,
    /// How long after an unknown outcome the repeat waits.
    pub repeat_after: TimeDelta,
    pub quiet: QuietHours,
    pub ceilings: Ceilings,
    /// The domain of message ids.
    pub mail_domain: String,
    pub fail_point: FailPoint,
}

impl Default for DeliverySettings {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(5),
            patience: None,
            per_claim: 256,
            max_tries: 12,
            back_off: BackOff::default(),
            repeats: Repeats { sms: 1, email: 3, chat: 1, webhook: 3, file: 3 },
            repeat_after: TimeDelta::minutes(2),
            quiet: QuietHours::default(),
            ceilings: Ceilings::default(),
            mail_domain: "duban.localdomain".to_owned(),
            fail_point: FailPoint::default(),
        }
    }
}

impl DeliverySettings {
    /// The hard end of a call that a channel itself ends after `call`; what has
    /// not answered then is unknown.
    pub fn call_limit(&self, call: Duration) -> Duration {
        call + self.grace
    }

    /// What must be left of a claim when a call begins.
    pub fn needed(&self, call: Duration) -> Duration {
        self.call_limit(call) + self.grace
    }

    /// How long a claim holds: long enough for two calls after one another, so
    /// that what is claimed together can also begin.
    pub fn lease(&self, call: Duration) -> Duration {
        (self.needed(call) * 2).max(SHORTEST_LEASE)
    }
}

/// The wait before another try: it doubles, and a random part is added so that
/// what failed together does not come back together. Never sooner than asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackOff {
    pub first: TimeDelta,
    pub longest: TimeDelta,
    pub jitter: Jitter,
}

impl Default for BackOff {
    fn default() -> Self {
        Self { first: TimeDelta::seconds(30), longest: TimeDelta::minutes(30), jitter: Jitter::UpToQuarter }
    }
}

/// The random part of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// None: for `simulate`, which gives the same every time.
    None,
    /// Up to a quarter of the wait on top.
    UpToQuarter,
}

impl BackOff {
    /// The wait after so many tries that counted.
    pub fn wait(&self, tries: u32) -> TimeDelta {
        let doubled = self.first.checked_mul(1_i32 << tries.min(20)).unwrap_or(self.longest);
        self.with_jitter(doubled.min(self.longest))
    }

    /// A wait with its random part.
    pub fn with_jitter(&self, wait: TimeDelta) -> TimeDelta {
        match self.jitter {
            Jitter::None => wait,
            Jitter::UpToQuarter => {
                let quarter = wait.num_milliseconds().max(0) / 4;
                wait + TimeDelta::milliseconds(rand::random_range(0..=quarter))
            }
        }
    }
}

/// The marked points of a delivery, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Point {
    /// The legs are in the ledger.
    Intent,
    /// They are claimed.
    Claimed,
    /// The ledger knows that the call begins, and the next step is the call.
    BeforeCall,
    /// The call gave its answer.
    AfterCall,
    /// The answers are in the ledger.
    Settled,
}

impl Point {
    /// Every point.
    pub const ALL: [Point; 5] = [Self::Intent, Self::Claimed, Self::BeforeCall, Self::AfterCall, Self::Settled];

    /// The point's stable name.
    pub fn id(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Claimed => "claimed",
            Self::BeforeCall => "before-call",
            Self::AfterCall => "after-call",
            Self::Settled => "settled",
        }
    }
}

/// Called at each marked point; does nothing unless a test says so.
#[derive(Clone, Default)]
pub struct FailPoint(Option<Arc<dyn Fn(Point) + Send + Sync>>);

impl FailPoint {
    /// Calls `hook` at every point.
    pub fn new(hook: impl Fn(Point) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hook)))
    }

    pub(super) fn at(&self, point: Point) {
        if let Some(hook) = &self.0 {
            hook(point);
        }
    }
}

impl fmt::Debug for FailPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "FailPoint(set)" } else { "FailPoint(none)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_doubles_up_to_the_longest() {
        let back_off = BackOff { jitter: Jitter::None, ..BackOff::default() };
        let waits: Vec<i64> = [0, 1, 2, 5, 6, 7, 40].map(|tries| back_off.wait(tries).num_seconds()).to_vec();
        assert_eq!(waits, [30, 60, 120, 960, 1800, 1800, 1800]);
    }

    #[test]
    fn with_jitter_is_never_sooner_and_at_most_a_quarter_later() {
        let back_off = BackOff::default();
        for _ in 0..1000 {
            let wait = back_off.with_jitter(TimeDelta::seconds(60)).num_milliseconds();
            assert!((60_000..=75_000).contains(&wait), "{wait}");
        }
    }

    #[test]
    fn lease_outlasts_the_longest_call_begun_in_its_first_half() {
        let settings = DeliverySettings::default();
        for call in [1, 10, 30, 300].map(Duration::from_secs) {
            let half = settings.lease(call) / 2;
            assert!(half + settings.call_limit(call) + settings.grace <= settings.lease(call), "{call:?}");
        }
    }
}
