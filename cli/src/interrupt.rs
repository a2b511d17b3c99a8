//! Ctrl-C. It ends fob, as everywhere; but while something is held that has to be put down first (a terminal that does
//! not show what is typed, a key that blinks, a seed that the server has not confirmed), it is ours.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::SIGINT;
use signal_hook::flag::register_conditional_default;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{Exit, Failure};

/// Whether Ctrl-C ends fob.
static ENDS: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// While this lives, Ctrl-C does not end fob.
pub(crate) struct Held {
    signal: Signal,
    ends: Arc<AtomicBool>,
    before: bool,
}

/// Takes Ctrl-C over.
///
/// # Errors
/// When the system gives no signal handler.
pub(crate) fn hold() -> io::Result<Held> {
    let ends = match ENDS.get() {
        Some(ends) => Arc::clone(ends),
        None => {
            let ends = Arc::new(AtomicBool::new(true));
            register_conditional_default(SIGINT, Arc::clone(&ends))?;
            Arc::clone(ENDS.get_or_init(|| ends))
        }
    };
    let signal = signal(SignalKind::interrupt())?;
    let before = ends.swap(false, Ordering::SeqCst);
    Ok(Held { signal, ends, before })
}

impl Held {
    /// Waits until it is pressed.
    pub(crate) async fn pressed(&mut self) {
        if self.signal.recv().await.is_none() {
            // No signal can come any more.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.ends.store(self.before, Ordering::SeqCst);
    }
}

/// Ctrl-C could not be taken over.
pub(crate) fn unheld(error: &io::Error) -> Failure {
    Failure::new(Exit::Failed, "Ctrl-C cannot be watched for").because(error)
}
