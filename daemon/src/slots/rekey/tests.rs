//! The last moment before a new vault key is written.

use std::sync::Arc;

use fob_bus::{ErrorKind, pipe};
use fob_vault::{Passphrase, Policy, WithLogin};

use super::Ready;
use crate::request::End;
use crate::request::tests::request_of;
use crate::secret::Proof;
use crate::slots::asking::Asking;
use crate::tests::house::{House, PASSPHRASE, taken};

/// A person who presses Ctrl-C while Argon2 runs used to lose the recovery code: the vault was written all the same.
#[tokio::test]
async fn a_request_that_ends_before_the_write_changes_nothing() {
    let house = House::build();
    let visit = house.unlocked().await;
    let vault = &house.daemon.vault;
    for ended in [true, false] {
        let request = request_of(&visit);
        let asking = Asking { daemon: house.daemon.clone(), request: request.clone(), epoch: vault.epoch() };
        let passphrase = Passphrase::new(PASSPHRASE.to_owned()).unwrap();
        let (proven, proof) = vault.prove(Proof::Passphrase(passphrase)).await.unwrap();
        let ready = Ready {
            proof,
            passphrase: None,
            replaced: None,
            policy: Policy::EitherOr,
            kept: Vec::new(),
            remove: Vec::new(),
            login: WithLogin::Refused,
        };
        if ended {
            request.end(End::Cancelled);
        }
        let (code, end) = pipe::awaiting().unwrap();
        let before = visit.vault().await.slots().await.unwrap();
        let outcome = asking.commit(proven, ready, Arc::new(end)).await;
        let after = visit.vault().await.slots().await.unwrap();
        let ids = |slots: &[fob_bus::types::SlotInfo]| slots.iter().map(|slot| slot.id.clone()).collect::<Vec<_>>();
        assert_eq!(outcome.as_ref().err().map(|error| error.kind), ended.then_some(ErrorKind::Cancelled));
        assert_eq!(ids(&before) == ids(&after), ended, "the slots of before");
        assert_eq!(taken(code).await, "", "nothing is handed over here");
    }
}
