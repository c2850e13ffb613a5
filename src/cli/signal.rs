//! The end of a process that is asked for from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::ui::Ui;

/// Sets the flag at the first SIGINT or SIGTERM, so that what goes on comes to an end between two changes; the second one ends
/// the process at once.
pub async fn until_stopped(stop: Arc<AtomicBool>) {
    loop {
        one().await;
        if stop.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        Ui::warn("stopping after the change that is under way; once more ends at once");
    }
}

#[cfg(unix)]
async fn one() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn one() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
