//! What a request about the vault leaves behind, and when it is not wanted any more.

use fob_bus::types::Outcome;
use fob_bus::{CallError, ErrorKind};

use super::Asking;
use crate::ceremony::Failure;
use crate::request::End;
use crate::request::tests::request_of;
use crate::shield;
use crate::tests::house::House;

/// Stands for something secret: when it is dropped, the process must not be dumpable.
struct Secret;

impl Drop for Secret {
    fn drop(&mut self) {
        assert!(shield::is_up(), "it outlived what protects it");
    }
}

/// A request that was given up lets go of its own things first, and only then of what it presented.
#[tokio::test]
async fn what_was_presented_is_protected_until_it_is_gone() {
    let house = House::build();
    let visit = house.companion().await;
    let request = request_of(&visit);
    let epoch = house.daemon.vault.epoch();
    let outcome = Asking::run(house.daemon.clone(), request, epoch, |asking| async move {
        let _secret = Secret;
        drop(asking);
        Ok(Outcome::default())
    });
    assert!(outcome.await.error.is_none());
    assert!(!shield::is_up(), "nextest gives each test a process of its own");
}

#[tokio::test]
async fn work_is_wanted_until_the_request_ends_or_the_vault_is_locked() {
    let house = House::build();
    let visit = house.unlocked().await;
    for end in ["cancelled", "locked"] {
        let request = request_of(&visit);
        let epoch = house.daemon.vault.epoch();
        let asking = Asking { daemon: house.daemon.clone(), request: request.clone(), epoch };
        let still = asking.still_wanted();
        assert!(still(), "{end}");
        match end {
            "cancelled" => request.end(End::Cancelled),
            _ => house.daemon.vault.lock().await,
        }
        assert!(!still(), "{end}");
    }
}

/// "Cancelled" would make somebody believe that the old recovery code is still good.
#[tokio::test]
async fn a_request_that_was_cancelled_after_the_change_says_that_it_is_made() {
    let house = House::build();
    let request = request_of(&house.companion().await);
    request.end(End::Cancelled);
    let made = || CallError::new(ErrorKind::BadPipe, "the change is made");
    let told = Failure::after_the_change(made()).told(&request);
    assert_eq!(told.cause.as_deref(), Some(ErrorKind::BadPipe.name()));
    let told = Failure::from(made()).told(&request);
    assert_eq!(told.cause.as_deref(), Some(ErrorKind::AbortError.name()), "anything else is a cancelled request");
}
