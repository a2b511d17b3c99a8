//! Looking beside the thread that serves.
//!
//! Who looks at a process touches files where others have put them: its program, its libraries, its root folder. One of them on
//! a file system that does not answer (FUSE, a network that is gone) must hold up nobody but its own process. A thread
//! that hangs in such a look cannot be taken back. So a process is looked at once at a time: whoever waits for a look that
//! hangs waits in vain and costs nothing. And strangers never have the seats that are kept for this household's own
//! programs, which look only where the person and root can put something: `fob` can always come to lock the vault.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{AcquireError, Mutex as Turn, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::process::Stat;

/// How long a look may take. It takes a thousandth of that.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most looks at once at strangers, those that will never end among them: the rest of the threads is for other work.
const STRANGERS: usize = 12;
/// Most looks at once at programs of this household, beyond those.
const HOUSEHOLD: usize = 4;

static LOOKS: LazyLock<Looks> = LazyLock::new(Looks::default);

/// Who is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whom {
    /// By what the kernel itself says a program of this household, in this process.
    Household(i32),
    /// Anybody else.
    Stranger(i32),
}

/// What `look` finds; nothing if that takes too long.
pub(super) async fn aside<T: Send + 'static>(whom: Whom, look: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    LOOKS.aside(whom, look).await
}

/// A process and no later one with its number.
type Process = (i32, Option<Duration>);

#[derive(Debug)]
struct Looks {
    strangers: Arc<Semaphore>,
    household: Arc<Semaphore>,
    turns: Mutex<HashMap<Process, Weak<Turn<()>>>>,
}

impl Default for Looks {
    fn default() -> Self {
        Self {
            strangers: Arc::new(Semaphore::new(STRANGERS)),
            household: Arc::new(Semaphore::new(HOUSEHOLD)),
            turns: Mutex::default(),
        }
    }
}

impl Looks {
    async fn aside<T: Send + 'static>(&self, whom: Whom, look: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        // Both are held by the thread, for as long as it looks.
        let place = timeout(PATIENCE, self.place(whom)).await.ok()?.ok()?;
        let looking = tokio::task::spawn_blocking(move || {
            let found = look();
            drop(place);
            found
        });
        timeout(PATIENCE, looking).await.ok()?.ok()
    }

    async fn place(&self, whom: Whom) -> Result<(OwnedMutexGuard<()>, OwnedSemaphorePermit), AcquireError> {
        let (Whom::Household(pid) | Whom::Stranger(pid)) = whom;
        // The turn first: a process that hangs keeps one seat, however often it comes.
        let turn = self.turn(pid).lock_owned().await;
        let strangers = self.strangers.clone().acquire_owned();
        let seat = match whom {
            Whom::Stranger(_) => strangers.await,
            Whom::Household(_) => tokio::select! {
                biased;
                seat = self.household.clone().acquire_owned() => seat,
                seat = strangers => seat,
            },
        };
        Ok((turn, seat?))
    }

    fn turn(&self, pid: i32) -> Arc<Turn<()>> {
        let started = Stat::of(&PathBuf::from(format!("/proc/{pid}"))).ok().map(|stat| stat.started);
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = turns.get(&(pid, started)).and_then(Weak::upgrade).unwrap_or_default();
        turns.insert((pid, started), Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    /// The numbers of processes that there are not.
    const NOBODY: i32 = i32::MAX;

    /// What comes of it when the clock runs on. It stands still while a thread works: it is moved by hand.
    async fn in_time<T>(look: impl Future<Output = Option<T>>) -> Option<T> {
        let clock = async {
            for _ in 0..8 {
                tokio::task::yield_now().await;
            }
            tokio::time::advance(PATIENCE * 2).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            found = look => found,
            () = clock => None,
        }
    }

    /// Looks that never end, one at each of so many processes.
    async fn hang(looks: &Looks, whom: impl Fn(i32) -> Whom, count: usize) -> Vec<Sender<()>> {
        let mut ends = Vec::new();
        for number in 0..i32::try_from(count).unwrap() {
            let (end, never) = channel::<()>();
            assert!(in_time(looks.aside(whom(NOBODY - number), move || never.recv())).await.is_none());
            ends.push(end);
        }
        ends
    }

    #[tokio::test]
    async fn a_look_that_never_ends_is_given_up() {
        let looks = Looks::default();
        assert_eq!(looks.aside(Whom::Stranger(1), || 42).await, Some(42));
        tokio::time::pause();
        drop(hang(&looks, Whom::Stranger, 1).await);
    }

    /// Sixteen processes with a program on a FUSE that had stopped to answer: `fob` was not seen any more, and could not
    /// lock the vault.
    #[tokio::test]
    async fn strangers_that_hang_do_not_keep_fob_out() {
        let looks = Looks::default();
        tokio::time::pause();
        let ends = hang(&looks, Whom::Stranger, STRANGERS).await;
        assert_eq!(in_time(looks.aside(Whom::Stranger(1), || 42)).await, None, "their seats are taken");
        tokio::time::resume();
        assert_eq!(looks.aside(Whom::Household(1), || 42).await, Some(42));
        drop(ends);
    }

    #[tokio::test]
    async fn a_process_that_hangs_keeps_one_seat_however_often_it_comes() {
        let looks = Looks::default();
        tokio::time::pause();
        let ends = hang(&looks, |_| Whom::Stranger(1), 2 * STRANGERS).await;
        assert_eq!(looks.strangers.available_permits(), STRANGERS - 1);
        tokio::time::resume();
        assert_eq!(looks.aside(Whom::Stranger(2), || 42).await, Some(42));
        drop(ends);
        // It answers again, and so is looked at again.
        assert_eq!(looks.aside(Whom::Stranger(1), || 42).await, Some(42));
    }
}
