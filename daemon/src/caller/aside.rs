//! Looking beside the thread that serves.
//!
//! Who looks at a process touches files where others have put them: its program, its libraries, its root folder. One of them on
//! a file system that does not answer (FUSE, a network that is gone) must hold up nobody but its own process.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

/// How long a look may take. It takes a thousandth of that.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most looks at once, those that will never end among them: the rest of the threads is for other work.
const AT_ONCE: usize = 16;

static LOOKS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(AT_ONCE)));

/// What `look` finds; nothing if that takes too long.
pub(super) async fn aside<T: Send + 'static>(look: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let place = timeout(PATIENCE, LOOKS.clone().acquire_owned()).await.ok()?.ok()?;
    let looking = tokio::task::spawn_blocking(move || {
        let found = look();
        drop(place);
        found
    });
    timeout(PATIENCE, looking).await.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test]
    async fn a_look_that_never_ends_is_given_up() {
        assert_eq!(aside(|| 42).await, Some(42));
        let (end, never) = channel::<()>();
        tokio::time::pause();
        let look = aside(move || never.recv());
        // The clock stands still while a thread works: it is moved by hand.
        let clock = async {
            tokio::task::yield_now().await;
            tokio::time::advance(PATIENCE * 2).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            found = look => assert!(found.is_none()),
            () = clock => {}
        }
        drop(end);
    }
}
