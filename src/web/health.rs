//! `/healthz` and `/readyz`.

use axum::{Json, extract::State, http::StatusCode};
use serde_json::{Value, json};

use super::Site;
use crate::telemetry::chain;

/// 200 if nothing is wrong, else 503 and what it is.
pub async fn healthz(State(site): State<Site>) -> (StatusCode, Json<Value>) {
    match site.audit(site.clock.now()).await {
        Ok(found) if found.is_empty() => (StatusCode::OK, Json(json!({ "status": "ok", "faults": [] }))),
        Ok(found) => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "red", "faults": found }))),
        Err(error) => {
            let ledger = json!({ "fault": "ledger", "count": 1, "about": [chain(&error)] });
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "red", "faults": [ledger] })))
        }
    }
}

/// 200 once the whole store has been read, else 503.
pub async fn readyz(State(site): State<Site>) -> (StatusCode, Json<Value>) {
    let is_ready = site.vitals.state().is_ready;
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": is_ready })))
}
