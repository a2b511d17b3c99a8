//! How long a keyring may take. Every operation has one allowance for the program's answers and one for the person's,
//! whatever the number of calls, so a service that is slow in small steps gains nothing.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::KeyringError;

/// The allowances of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For all answers of the service together. 10 seconds by default: the bus may have to start it first.
    pub answer: Duration,
    /// For the person, who reads the keyring's question and types a password. 60 seconds by default.
    pub prompt: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { answer: Duration::from_secs(10), prompt: Duration::from_secs(60) }
    }
}

/// What is left of the allowances of the operation that runs.
pub(crate) struct Budget(Patience);

impl Budget {
    pub(crate) const fn new(patience: Patience) -> Self {
        Self(patience)
    }

    /// Waits for the service.
    pub(crate) async fn answer<T>(
        &mut self,
        future: impl Future<Output = Result<T, KeyringError>>,
    ) -> Result<T, KeyringError> {
        spend(&mut self.0.answer, future).await.unwrap_or(Err(KeyringError::Silent))
    }

    /// Waits for the person.
    pub(crate) async fn prompt<T>(
        &mut self,
        future: impl Future<Output = Result<T, KeyringError>>,
    ) -> Result<T, KeyringError> {
        spend(&mut self.0.prompt, future).await.unwrap_or(Err(KeyringError::Unanswered))
    }
}

async fn spend<T>(left: &mut Duration, future: impl Future<Output = T>) -> Option<T> {
    let start = Instant::now();
    let result = timeout(*left, future).await.ok();
    *left = left.saturating_sub(start.elapsed());
    result
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::sleep;

    use super::*;

    async fn passes(seconds: u64) -> Result<(), KeyringError> {
        sleep(Duration::from_secs(seconds)).await;
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn many_slow_answers_share_one_allowance_and_the_person_has_another() {
        let mut budget = Budget::new(Patience::default());
        for _ in 0..9 {
            budget.answer(passes(1)).await.unwrap();
        }
        budget.prompt(passes(59)).await.unwrap();
        let start = Instant::now();
        let silent = budget.answer(pending::<Result<(), _>>()).await;
        assert!(matches!(silent, Err(KeyringError::Silent)), "{silent:?}");
        assert_eq!(start.elapsed(), Duration::from_secs(1), "what the first nine left");
        let unanswered = budget.prompt(pending::<Result<(), _>>()).await;
        assert!(matches!(unanswered, Err(KeyringError::Unanswered)), "{unanswered:?}");
        assert_eq!(start.elapsed(), Duration::from_secs(2));
    }
}
