//! Where a command waits for stores and ledgers.

use std::future::Future;

use anyhow::Context;

/// Runs a future to its end.
///
/// # Errors
///
/// When the system gives no threads or timers.
pub fn block_on<T>(future: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.context("the system refuses what waiting needs")?.block_on(future))
}

/// Runs a future to its end with all cores at its service: for the daemon.
///
/// # Errors
///
/// When the system gives no threads or timers.
pub fn block_on_all_cores<T>(future: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    Ok(runtime.context("the system refuses what waiting needs")?.block_on(future))
}
