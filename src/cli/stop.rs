//! What ends a command that goes on by itself.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Ends with SIGTERM, SIGINT, or after a span, whichever is first; then `stop` is
/// cancelled.
///
/// # Errors
///
/// When the system gives no signals.
pub async fn when_told(stop: CancellationToken, after: Option<Duration>) -> std::io::Result<()> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let over = async {
        match after {
            Some(after) => tokio::time::sleep(after).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
        () = over => {}
        () = stop.cancelled() => {}
    }
    stop.cancel();
    Ok(())
}

/// A span as written on a command line: `30s`, `5m`, `2h`; a bare number is seconds.
///
/// # Errors
///
/// In words for the operator.
pub fn span(text: &str) -> Result<Duration, String> {
    let fault = || format!("`{text}` is no span; write 30s, 5m or 2h");
    let (number, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, "s"),
    };
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(fault()),
    };
    let number: u64 = number.parse().map_err(|_| fault())?;
    match number.checked_mul(seconds) {
        Some(total @ 1..=31_536_000) => Ok(Duration::from_secs(total)),
        Some(_) | None => Err(fault()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn span_takes_seconds_minutes_and_hours() {
        assert_eq!(span("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(span("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(span("2h"), Ok(Duration::from_secs(7200)));
        assert_eq!(span("45"), Ok(Duration::from_secs(45)));
        for text in ["", "0s", "s", "-3s", "3d", "99999999999999999999h", "1.5s"] {
            assert!(span(text).is_err(), "{text}");
        }
    }
}
