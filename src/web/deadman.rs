//! The dead man's switch: a request to somebody else's watch, as long as all is
//! well. Who watches tells people when it stays away: then this machine, its
//! network or the daemon is gone, and none of them can tell it.

use std::time::Duration;

use reqwest::{Client, Url};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Site, WebError};

/// A request takes no longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where to, and how often.
pub struct Deadman {
    client: Client,
    url: Url,
    every: Duration,
}

impl Deadman {
    /// Makes ready to ask `url`; it may hold a secret, and is told nobody.
    ///
    /// # Errors
    ///
    /// When no requests can be made.
    pub fn new(url: Url, every: Duration) -> Result<Self, WebError> {
        let client = Client::builder().no_proxy().timeout(PATIENCE).build().map_err(WebError::Deadman)?;
        Ok(Self { client, url, every })
    }

    /// Asks until `stop`, but not while anything is wrong.
    pub async fn run(self, site: Site, stop: CancellationToken) {
        let mut went_well = true;
        loop {
            if site.audit(site.clock.now()).await.is_ok_and(|found| found.is_empty()) {
                let asked = self.client.get(self.url.clone()).send().await.and_then(|answer| answer.error_for_status());
                let is_well = asked.is_ok();
                match (asked, went_well) {
                    (Ok(_), false) => info!("the dead man's switch is reached again"),
                    // Its address may be a secret.
                    (Err(error), true) => warn!(error = %error.without_url(), "the dead man's switch is not reached"),
                    (Ok(_), true) | (Err(_), false) => {}
                }
                went_well = is_well;
            }
            tokio::select! {
                () = tokio::time::sleep(self.every) => {}
                () = stop.cancelled() => return,
            }
        }
    }
}
