//! The one-time code as second factor. A code serves once, and a person who has just enrolled or signed in has spent
//! it: then the next one is tried, and if the server does not take it yet, its time is waited for.

use std::time::Duration;

use super::Visit;
use super::account::no_code;
use crate::commands::otp::code::{Wanted, fetch};
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::secret::gave_up;
use crate::server::Session;
use crate::text::count;
use crate::{Failure, World, interrupt};

/// Longest wait for a fresh code, in seconds: a step and what clocks are apart.
const LONGEST_WAIT: u64 = 90;

/// One more attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Attempt {
    /// Whether to wait until the time of the last code has come.
    wait: bool,
    /// Whether to take the code of the next step instead of this one's.
    next: bool,
}

/// What to try after this refusal; nothing that would spend a person's tries on guesses.
fn after(problem: &str, last: Attempt) -> Option<Attempt> {
    match (problem, last) {
        ("code-used", Attempt { next: false, wait: false }) => Some(Attempt { next: true, wait: false }),
        ("code-used", Attempt { next: true, wait: false }) => Some(Attempt { next: true, wait: true }),
        ("wrong-code", Attempt { next: true, wait: false }) => Some(Attempt { next: false, wait: true }),
        _ => None,
    }
}

impl Visit {
    pub(super) async fn code_step(
        &mut self,
        world: &mut World,
        user: &str,
        account: Option<&str>,
        transaction: &str,
    ) -> Result<Session, Failure> {
        self.open_vault(world).await?;
        let query = self.account_for_code(world, user, account).await?;
        let site = self.server.origin().to_owned();
        let mut attempt = Attempt { wait: false, next: false };
        let mut fresh_at = 0;
        loop {
            if attempt.wait {
                wait_until(fresh_at, world).await?;
            }
            let daemon = self.daemon(world).await?;
            // Every code is asked for with the site: the daemon looks each time whether the account is bound to it.
            let fetched = with_open_vault(world, daemon, async |daemon: &Daemon| {
                fetch(daemon, &query, Wanted { next: attempt.next, site: Some(&site), ..Wanted::default() }).await
            });
            let (info, code) = fetched.await.map_err(|failure| no_code(failure, &site))?;
            fresh_at = info.valid_from.unwrap_or_default();
            match self.give_code("sign-in/totp", transaction, &code).await {
                Err(failure) => attempt = after(&failure.word, attempt).ok_or(failure)?,
                session => return session,
            }
        }
    }
}

async fn wait_until(time: u64, world: &mut World) -> Result<(), Failure> {
    let left = time.saturating_sub(world.now()).min(LONGEST_WAIT);
    if left == 0 {
        return Ok(());
    }
    let mut interrupt = interrupt::hold().map_err(|error| interrupt::unheld(&error))?;
    world.note(&format!("The code was used already. Waiting {} for a fresh one.", count(left, "second", "seconds")));
    tokio::select! {
        () = tokio::time::sleep(Duration::from_secs(left)) => Ok(()),
        () = interrupt.pressed() => Err(gave_up()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_code_is_followed_by_the_next_and_a_wrong_one_by_nothing() {
        let first = Attempt { wait: false, next: false };
        let second = after("code-used", first).unwrap();
        assert_eq!(second, Attempt { wait: false, next: true });
        assert_eq!(after("code-used", second), Some(Attempt { wait: true, next: true }));
        assert_eq!(after("wrong-code", second), Some(Attempt { wait: true, next: false }));
        for (problem, last) in [
            ("wrong-code", first),
            ("locked-out", second),
            ("code-used", Attempt { wait: true, next: true }),
            ("wrong-code", Attempt { wait: true, next: false }),
        ] {
            assert_eq!(after(problem, last), None, "{problem} {last:?}");
        }
    }
}
