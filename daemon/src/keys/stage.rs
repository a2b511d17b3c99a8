//! Whose turn it is to wait for a touch: one request at a time, over all keys, first come, first served.
//!
//! Between two requests all keys are dark for half a second, so that a touch meant for one never answers the next.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

/// How long all keys are dark between two requests.
const DARK: Duration = Duration::from_millis(500);

/// The stage.
#[derive(Debug)]
pub(crate) struct Stage {
    seats: Arc<Semaphore>,
    dark_until: Arc<Mutex<Option<Instant>>>,
}

/// The right to let keys blink, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    dark_until: Arc<Mutex<Option<Instant>>>,
    // Dropped after the time was noted.
    _permit: OwnedSemaphorePermit,
}

impl Default for Stage {
    fn default() -> Self {
        Self { seats: Arc::new(Semaphore::new(1)), dark_until: Arc::default() }
    }
}

impl Stage {
    /// Waits for a turn; `queued` is called if others go first.
    pub(crate) async fn enter(&self, queued: impl FnOnce()) -> Turn {
        let permit = match self.seats.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                queued();
                self.seats.clone().acquire_owned().await.expect("the semaphore is never closed")
            }
        };
        let dark_until = *self.dark_until.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(moment) = dark_until.filter(|moment| *moment > Instant::now()) {
            sleep_until(moment).await;
        }
        Turn { dark_until: self.dark_until.clone(), _permit: permit }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *self.dark_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + DARK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_next_one_waits_for_its_turn_and_half_a_second_of_dark() {
        let stage = Stage::default();
        let start = Instant::now();
        let first = stage.enter(|| panic!("nobody is here yet")).await;
        let mut asked = false;
        let second = async {
            let turn = stage.enter(|| asked = true).await;
            (turn, start.elapsed())
        };
        let end = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            drop(first);
        };
        let ((turn, waited), ()) = tokio::join!(second, end);
        assert_eq!(waited, Duration::from_millis(3_500));
        assert!(asked);
        drop(turn);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_pause_nobody_waits() {
        let stage = Stage::default();
        drop(stage.enter(|| {}).await);
        tokio::time::sleep(DARK).await;
        let start = Instant::now();
        let _turn = stage.enter(|| panic!("nobody is here")).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_in_the_queue_holds_up_nobody() {
        let stage = Stage::default();
        let first = stage.enter(|| {}).await;
        assert!(tokio::time::timeout(Duration::from_secs(1), stage.enter(|| {})).await.is_err());
        drop(first);
        let _third = tokio::time::timeout(Duration::from_secs(1), stage.enter(|| {})).await.unwrap();
    }
}
