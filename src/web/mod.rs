//! The pages: signs of life for whoever watches over the daemon.
//!
//! `/healthz` says in words what is wrong, `/readyz` whether the store has been
//! read, `/metrics` everything in numbers. Without `[web]` in the settings nothing
//! listens. The pages read state that the loops publish, and the ledger; they change
//! nothing, and nothing in them is about a citizen. Each page is a file with a
//! function for its route, and `routes` lists them.

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, routing::get};
use chrono::{DateTime, Utc};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    outbox::{Outbox, OutboxError},
    telemetry::Vitals,
};

mod audit;
mod deadman;
mod health;
mod metrics;

pub use audit::{Fault, Finding, audit};
pub use deadman::Deadman;

/// Why the pages cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The address cannot be listened on.
    #[error("web.listen: {listen} cannot be listened on; name another port, or stop the program that has it")]
    Listen {
        listen: SocketAddr,
        #[source]
        source: std::io::Error,
    },
    /// The requests of the dead-man's switch cannot be made.
    #[error("deadman.url: requests cannot be made")]
    Deadman(#[source] reqwest::Error),
}

/// What the pages are made of.
#[derive(Clone)]
pub struct Site {
    pub vitals: Arc<Vitals>,
    pub outbox: Outbox,
    pub clock: Arc<dyn Clock>,
}

impl Site {
    /// What is wrong at this moment.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read, which is wrong enough.
    pub async fn audit(&self, now: DateTime<Utc>) -> Result<Vec<Finding>, OutboxError> {
        audit(&self.vitals, &self.outbox, now).await
    }
}

/// Pages that somebody listens for, and that are not yet shown.
pub struct Pages {
    listener: TcpListener,
    router: Router,
}

impl Pages {
    /// Takes the address.
    ///
    /// # Errors
    ///
    /// When it cannot be listened on.
    pub async fn listen(listen: SocketAddr, site: Site) -> Result<Self, WebError> {
        let listener = TcpListener::bind(listen).await.map_err(|source| WebError::Listen { listen, source })?;
        Ok(Self { listener, router: routes(site) })
    }

    /// Answers until `stop`.
    ///
    /// # Errors
    ///
    /// When the system gives no more connections.
    pub async fn show(self, stop: CancellationToken) -> std::io::Result<()> {
        axum::serve(self.listener, self.router).with_graceful_shutdown(stop.cancelled_owned()).await
    }
}

/// Every page.
fn routes(site: Site) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::metrics))
        .with_state(site)
}
