//! Word of the moment when the keyring locks again. A vault that opened with it is to be locked then too.
//!
//! Services differ in what they signal (a property of the collection, one of the item, "collection changed"), so any
//! signal about the item, its collection or the service is taken as a hint, and then the item is asked. Whatever keeps
//! it from saying "unlocked" ends the watch: the vault is then locked for no reason, which is the better mistake.

use tokio::pin;
use zbus::{Message, ObjectPath, OwnedObjectPath};

use crate::patience::{Budget, Patience};
use crate::service::{PATH, Service};
use crate::signals::{Departure, Signals};
use crate::{KeyringError, Place};

/// Why a watch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The item is locked, or no longer there.
    Locked,
    /// The keyring's service left, does not answer, or talks nonsense; or the session bus is gone.
    Gone,
}

/// Ends when the place's item cannot be read any more; at once if it cannot be read now.
pub(crate) async fn until_locked(service: Service, place: Place, patience: Patience) -> Ending {
    watch(&service, &place, patience).await.unwrap_or(Ending::Gone)
}

async fn watch(service: &Service, place: &Place, patience: Patience) -> Result<Ending, KeyringError> {
    let root = ObjectPath::try_from(PATH).map_err(KeyringError::Bus)?;
    let item = {
        let mut budget = Budget::new(patience);
        let found = budget.answer(service.search(place)).await?;
        let Some(item) = found.unlocked.into_iter().next() else { return Ok(Ending::Locked) };
        item
    };
    let mut budget = Budget::new(patience);
    let mut departure = budget.answer(Departure::of(&service.connection, &service.owner)).await?;
    let mut hints = Hints {
        signals: budget.answer(Signals::below(&service.connection, &service.owner, &root)).await?,
        item: item.clone(),
    };
    // Asked first after the signals are awaited, so nothing falls between.
    loop {
        let mut budget = Budget::new(patience);
        let question = budget.answer(service.is_locked(&item));
        pin!(question);
        let mut again = false;
        let locked = loop {
            tokio::select! {
                () = departure.happens() => return Ok(Ending::Gone),
                locked = &mut question => break locked,
                hint = hints.next() => {
                    hint?;
                    again = true;
                }
            }
        };
        match locked {
            Ok(false) => {}
            Ok(true) => return Ok(Ending::Locked),
            Err(error) if error.is_refusal() => return Ok(Ending::Locked),
            Err(error) => return Err(error),
        }
        if !again {
            tokio::select! {
                () = departure.happens() => return Ok(Ending::Gone),
                hint = hints.next() => hint?,
            }
        }
    }
}

/// Signals that may be about the item's being locked.
struct Hints {
    signals: Signals,
    item: OwnedObjectPath,
}

impl Hints {
    async fn next(&mut self) -> Result<(), KeyringError> {
        loop {
            let message = self.signals.next().await.ok_or(KeyringError::NoService)?;
            if concerns(&message, self.item.as_str()) {
                return Ok(());
            }
        }
    }
}

/// Whether a signal comes from the item, its collection or the service. An item's path is its collection's and one more
/// name (API, "Object Paths").
fn concerns(message: &Message, item: &str) -> bool {
    let collection = item.rsplit_once('/').map_or(item, |(collection, _)| collection);
    message.header().path().is_some_and(|path| [item, collection, PATH].contains(&path.as_str()))
}
