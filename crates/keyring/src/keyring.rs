//! Storing, reading and removing the secret of one slot.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use fob_ambient::Rng;
use subtle::ConstantTimeEq;
use zbus::{Connection, OwnedObjectPath};
use zeroize::Zeroizing;

use crate::cipher::{ALGORITHM, SessionKey};
use crate::group::KeyPair;
use crate::patience::{Budget, Patience};
use crate::prompt;
use crate::service::{Begun, Found, Sealed, Service};
use crate::watch::{self, Ending};
use crate::{KeyringError, Place, SECRET_LENGTH};

/// Most letters of an item's label.
const MAX_LABEL: usize = 200;

/// A keyring, and an encrypted session with it. One that left the bus answers [`KeyringError::NoService`] ever after:
/// connect again.
pub struct Keyring {
    service: Service,
    session: OwnedObjectPath,
    key: SessionKey,
    patience: Patience,
    rng: Mutex<Box<dyn Rng + Send>>,
}

impl Keyring {
    /// Agrees on a session with the keyring of this session bus, which the bus starts if it does not run.
    ///
    /// # Errors
    /// [`KeyringError::NoService`], [`KeyringError::NoEncryption`], [`KeyringError::Silent`], [`KeyringError::Nonsense`]
    /// and what else a bus can say.
    pub async fn connect(
        connection: &Connection,
        mut rng: Box<dyn Rng + Send>,
        patience: Patience,
    ) -> Result<Self, KeyringError> {
        let pair = KeyPair::generate(&mut *rng);
        let mut budget = Budget::new(patience);
        let service = budget.answer(Service::start(connection)).await?;
        let (theirs, session) = budget.answer(service.open_session(ALGORITHM, pair.public())).await?;
        let Some(shared) = pair.agree(&theirs) else {
            service.close_session(&session);
            return Err(KeyringError::Nonsense("a public key that is none"));
        };
        Ok(Self { key: SessionKey::derive(&shared), service, session, patience, rng: Mutex::new(rng) })
    }

    /// Puts a secret into the default collection, in the place of an older one for the same slot. `label` is what keyring
    /// programs show, also while they are locked; control characters are left out, and what is beyond 200 others.
    ///
    /// It counts as kept when [`Self::load`] has given the same back.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub async fn store(&self, place: &Place, secret: &[u8; SECRET_LENGTH], label: &str) -> Result<(), KeyringError> {
        let mut budget = Budget::new(self.patience);
        let collection = budget.answer(self.service.default_collection()).await?.ok_or(KeyringError::NoCollection)?;
        self.unlock(std::slice::from_ref(&collection), &mut budget).await?;
        let label: String = label.chars().filter(|letter| !letter.is_control()).take(MAX_LABEL).collect();
        let sealed = self.seal(secret);
        let Begun { done, prompt } = budget.answer(self.service.create(&collection, place, &label, &sealed)).await?;
        match (done, prompt) {
            (_, Some(prompt)) => prompt::ask(&self.service, &prompt, &mut budget).await.map(drop),
            (Some(_), None) => Ok(()),
            (None, None) => Err(KeyringError::Nonsense("neither an item nor a question")),
        }
    }

    /// The slot's secret, or nothing if the keyring has none. Asks the person to unlock what is locked.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub async fn load(&self, place: &Place) -> Result<Option<Zeroizing<[u8; SECRET_LENGTH]>>, KeyringError> {
        let mut budget = Budget::new(self.patience);
        let mut secret: Option<Zeroizing<[u8; SECRET_LENGTH]>> = None;
        for item in self.items(place, Which::Any, &mut budget).await? {
            let sealed = budget.answer(self.service.sealed(&item, &self.session)).await?;
            let opened = self.open(&sealed)?;
            if secret.as_ref().is_some_and(|first| !bool::from(first.ct_eq(opened.as_slice()))) {
                return Err(KeyringError::Ambiguous);
            }
            secret = Some(opened);
        }
        Ok(secret)
    }

    /// Removes the slot's secret, wherever the keyring keeps it. Whether there was one.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub async fn remove(&self, place: &Place) -> Result<bool, KeyringError> {
        let mut budget = Budget::new(self.patience);
        let items = self.items(place, Which::All, &mut budget).await?;
        for item in &items {
            if let Some(prompt) = budget.answer(self.service.delete(item)).await?.prompt {
                prompt::ask(&self.service, &prompt, &mut budget).await?;
            }
        }
        Ok(!items.is_empty())
    }

    /// Ends when the slot's secret cannot be read any more, because the keyring was locked or left; at once if it cannot be
    /// read now. Touches neither the secret nor the session, and asks nobody anything.
    pub fn until_locked(&self, place: &Place) -> impl Future<Output = Ending> + Send + use<> {
        watch::until_locked(self.service.clone(), *place, self.patience)
    }

    /// The items of a place, unlocked, and of this place by their own word.
    async fn items(
        &self,
        place: &Place,
        which: Which,
        budget: &mut Budget,
    ) -> Result<Vec<OwnedObjectPath>, KeyringError> {
        let Found { unlocked: mut items, locked } = self.search(place, budget).await?;
        if !locked.is_empty() && (which == Which::All || items.is_empty()) {
            items.extend(self.unlock(&locked, budget).await?);
        }
        for item in &items {
            if !place.is_at(&budget.answer(self.service.attributes(item)).await?) {
                return Err(KeyringError::Nonsense("an item that nobody asked for"));
            }
        }
        Ok(items)
    }

    async fn search(&self, place: &Place, budget: &mut Budget) -> Result<Found, KeyringError> {
        let found = budget.answer(self.service.search(place)).await?;
        if !(found.unlocked.is_empty() && found.locked.is_empty()) {
            return Ok(found);
        }
        // Some keyrings do not know what lies in a locked collection (KeePassXC): ask again when it is open.
        let Some(collection) = budget.answer(self.service.default_collection()).await? else { return Ok(found) };
        if !budget.answer(self.service.is_locked_collection(&collection)).await? {
            return Ok(found);
        }
        self.unlock(&[collection], budget).await?;
        budget.answer(self.service.search(place)).await
    }

    /// Those of the objects that are unlocked then; an error if none is.
    async fn unlock(
        &self,
        objects: &[OwnedObjectPath],
        budget: &mut Budget,
    ) -> Result<Vec<OwnedObjectPath>, KeyringError> {
        let Begun { done: mut unlocked, prompt } = budget.answer(self.service.unlock(objects)).await?;
        if let Some(prompt) = prompt {
            let result = prompt::ask(&self.service, &prompt, budget).await?;
            let more: Vec<OwnedObjectPath> =
                result.try_into().map_err(|_| KeyringError::Nonsense("a question that unlocks no objects"))?;
            unlocked.extend(more);
        }
        // Only what was asked for, and each once.
        let unlocked: Vec<_> = objects.iter().filter(|object| unlocked.contains(object)).cloned().collect();
        if unlocked.is_empty() { Err(KeyringError::Locked) } else { Ok(unlocked) }
    }

    fn seal(&self, secret: &[u8; SECRET_LENGTH]) -> Sealed {
        let mut iv = [0; 16];
        // A generator is as good after a panic elsewhere as before.
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).fill(&mut iv);
        Sealed {
            session: self.session.clone(),
            parameters: iv.to_vec(),
            value: self.key.seal(secret, &iv),
            content_type: "text/plain".to_owned(),
        }
    }

    fn open(&self, sealed: &Sealed) -> Result<Zeroizing<[u8; SECRET_LENGTH]>, KeyringError> {
        if sealed.session != self.session {
            return Err(KeyringError::Nonsense("a value for another session"));
        }
        self.key.open(&sealed.parameters, &sealed.value)
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        self.service.close_session(&self.session);
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keyring").field("owner", &self.service.owner).finish_non_exhaustive()
    }
}

/// Whether one item of a place will do, so that nothing needs unlocking if one is unlocked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Any,
    All,
}
