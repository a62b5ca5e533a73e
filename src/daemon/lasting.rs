//! A fault that lasts is told when it begins and when it has gone, not each time
//! that it is met.

use tracing::{error, info};

/// By what something fails, again and again.
#[derive(Debug, Default)]
pub struct Lasting {
    told: Option<String>,
    times: u32,
}

impl Lasting {
    /// It failed: `what` is said unless that was said of this very fault before.
    pub fn fails(&mut self, fault: &str, what: &str) {
        self.times += 1;
        // A time or a number in it makes no other fault.
        let same: String = fault.chars().filter(|c| !c.is_ascii_digit()).collect();
        if self.told.as_deref() != Some(&same) {
            error!(error = fault, "{what}");
            self.told = Some(same);
        }
    }

    /// It went well: `what` is said if it had failed before.
    pub fn mends(&mut self, what: &str) {
        if self.told.take().is_some() {
            info!(times = self.times, "{what} after {} failures", self.times);
        }
        self.times = 0;
    }
}
