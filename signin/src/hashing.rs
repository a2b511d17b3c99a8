//! Argon2id on a bounded queue: a login storm is turned away at once instead of piling up.
//!
//! As many hashes run at a time as there are cores, since each fills 19 MiB; a bounded number waits. A name that does
//! not exist is hashed against a decoy through the same queue, so that neither time nor queue tells it apart.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::ambient::Ambient;
use crate::password::Password;

/// Memory of one hash in KiB: OWASP's first choice for Argon2id, 19 MiB with two passes and one lane.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Places in the queue for each core: at about 40 ms a hash, nobody waits much longer than half a second.
const PLACES_A_CORE: usize = 16;

/// What became of a comparison.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The password is right. With another hash to store when the old one was made with weaker settings.
    Right(Option<String>),
    /// It is not, or there is no such account.
    Wrong,
}

/// The queue is full.
#[derive(Debug)]
pub(crate) struct Full;

/// The queue for hashes.
pub(crate) struct HashQueue {
    places: Arc<Semaphore>,
    workers: Arc<Semaphore>,
    decoy: Arc<str>,
}

/// A place in the queue. Taken before a try is counted, so that a storm locks nobody out.
#[derive(Debug)]
pub(crate) struct Place {
    _place: OwnedSemaphorePermit,
    workers: Arc<Semaphore>,
    decoy: Arc<str>,
}

impl HashQueue {
    /// For this many cores. Makes the decoy.
    pub(crate) fn new(cores: usize, ambient: &Ambient) -> Self {
        let decoy = hash(&ambient.bytes::<32>(), &ambient.bytes());
        Self {
            places: Arc::new(Semaphore::new(cores * PLACES_A_CORE)),
            workers: Arc::new(Semaphore::new(cores)),
            decoy: decoy.into(),
        }
    }

    /// A place, or the news that there is none.
    pub(crate) fn enter(&self) -> Result<Place, Full> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Full)?;
        Ok(Place { _place: place, workers: Arc::clone(&self.workers), decoy: Arc::clone(&self.decoy) })
    }

    /// Takes every place, as a storm would.
    #[cfg(test)]
    pub(crate) fn flood(&self) -> Vec<Place> {
        std::iter::from_fn(|| self.enter().ok()).collect()
    }
}

impl Place {
    /// A new hash of `password`.
    pub(crate) async fn hash(self, password: Password, salt: [u8; 16]) -> String {
        self.work(move |_| hash(password.expose(), &salt)).await
    }

    /// Compares with `stored`, or with the decoy when there is no such account.
    pub(crate) async fn verify(self, password: Password, stored: Option<String>, salt: [u8; 16]) -> Verdict {
        self.work(move |decoy| {
            let known = stored.is_some();
            let stored = stored.as_deref().unwrap_or(decoy);
            let Ok(parsed) = PasswordHash::new(stored) else { return Verdict::Wrong };
            let right = argon2().verify_password(password.expose(), &parsed).is_ok();
            if !(right && known) {
                return Verdict::Wrong;
            }
            let current = Params::try_from(&parsed)
                .is_ok_and(|p| (p.m_cost(), p.t_cost(), p.p_cost()) == (MEMORY, PASSES, LANES));
            Verdict::Right((!current).then(|| hash(password.expose(), &salt)))
        })
        .await
    }

    async fn work<T: Send + 'static>(self, job: impl FnOnce(&str) -> T + Send + 'static) -> T {
        let worker = Arc::clone(&self.workers).acquire_owned().await.expect("the queue is never closed");
        tokio::task::spawn_blocking(move || {
            let result = job(&self.decoy);
            drop((worker, self));
            result
        })
        .await
        .expect("hashing does not panic, and nothing aborts it")
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY, PASSES, LANES, None).expect("these settings are within Argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &[u8], salt: &[u8; 16]) -> String {
    let hash: PasswordHash = argon2().hash_password_with_salt(password, salt).expect("a salt of 16 bytes is fine");
    hash.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        serde_json::from_value(text.into()).unwrap()
    }

    /// From the program `argon2` of the reference implementation:
    /// `printf correct | argon2 somesaltsomesalt -id -t 1 -k 1024 -p 1 -e`.
    const REFERENCE: &str = include_str!("../tests/vectors/argon2-reference.txt");

    #[tokio::test]
    async fn a_hash_of_the_reference_program_is_taken_and_made_anew() {
        let queue = HashQueue::new(1, &Ambient::system());
        let stored = REFERENCE.trim().to_owned();
        let wrong = queue.enter().unwrap().verify(password("wrong"), Some(stored.clone()), [0; 16]).await;
        assert!(matches!(wrong, Verdict::Wrong));
        let right = queue.enter().unwrap().verify(password("correct"), Some(stored), [7; 16]).await;
        let Verdict::Right(Some(renewed)) = right else { panic!("{right:?}") };
        assert!(renewed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{renewed}");
        let again = queue.enter().unwrap().verify(password("correct"), Some(renewed), [0; 16]).await;
        assert!(matches!(again, Verdict::Right(None)));
    }

    #[tokio::test]
    async fn a_full_queue_says_so_at_once_and_recovers() {
        let queue = HashQueue::new(1, &Ambient::system());
        let places = queue.flood();
        assert_eq!(places.len(), PLACES_A_CORE);
        assert!(queue.enter().is_err());
        drop(places);
        assert!(queue.enter().is_ok());
    }
}
