//! Work that blocks: the disk, Argon2, pipes. It runs on a thread that ends soon after, never on the one that serves.

use fob_bus::{CallError, ErrorKind};

/// Runs `work` on a thread of its own and waits for it.
///
/// # Errors
/// Those of `work`, or [`ErrorKind::Failed`] if it did not come to its end.
pub(crate) async fn blocking<T, F>(work: F) -> Result<T, CallError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, CallError> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(CallError::from_error(ErrorKind::Failed, &error)),
    }
}
