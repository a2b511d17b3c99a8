//! The server as a whole: what every request shares, and the router.

use std::fmt;
use std::sync::Arc;
use std::thread::available_parallelism;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use webauthn_rs::prelude::WebauthnError;
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::ambient::{Ambient, UnixTime};
use crate::companion::Companion;
use crate::hashing::HashQueue;
use crate::keyring::{KeyFileError, Keyring};
use crate::settings::Settings;
use crate::store::{Store, StoreError};
use crate::web::{gate, guard};
use crate::{api, pages};

/// Largest request body in bytes. A registration with a long attestation has some 6 KiB.
const LARGEST_BODY: usize = 64 * 1024;

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The key file.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// webauthn-rs does not take the origin and the RP ID.
    #[error("WebAuthn cannot be set up for this origin and RP ID")]
    WebAuthn(#[from] WebauthnError),
}

/// The server. Cloning it gives another handle to the same one.
#[derive(Clone)]
pub struct App {
    pub(crate) settings: Arc<Settings>,
    pub(crate) ambient: Ambient,
    pub(crate) store: Store,
    pub(crate) keys: Arc<Keyring>,
    pub(crate) hashes: Arc<HashQueue>,
    pub(crate) webauthn: Arc<Webauthn>,
    pub(crate) companion: Option<Arc<Companion>>,
}

impl App {
    /// Opens the database and the key file beside it; both are made when missing.
    ///
    /// # Errors
    /// When one of them cannot be used, or the two do not belong together.
    pub async fn open(settings: Settings, ambient: Ambient) -> Result<Self, OpenError> {
        let webauthn = WebauthnBuilder::new(settings.rp_id(), settings.url())?.rp_name(settings.name()).build()?;
        let keys = Keyring::open(settings.database(), &ambient)?;
        let store = Store::open(settings.database(), keys.check()).await?;
        let cores = available_parallelism().map_or(1, usize::from);
        let hashes = Arc::new(HashQueue::new(cores, &ambient));
        let companion = settings.companion().cloned().map(|settings| Arc::new(Companion::new(settings)));
        Ok(Self {
            settings: Arc::new(settings),
            ambient,
            store,
            keys: Arc::new(keys),
            hashes,
            webauthn: Arc::new(webauthn),
            companion,
        })
    }

    /// Pages, API and assets, behind the checks that every request passes.
    pub fn router(&self) -> Router {
        Router::new()
            .nest("/api/v1", api::routes())
            .merge(pages::routes())
            .fallback(guard::not_found)
            .method_not_allowed_fallback(guard::method_not_allowed)
            .with_state(self.clone())
            .layer(DefaultBodyLimit::max(LARGEST_BODY))
            .layer(from_fn_with_state(self.clone(), gate::same_origin))
            .layer(from_fn(guard::in_time))
            .layer(from_fn_with_state(self.clone(), guard::for_people))
            .layer(from_fn_with_state(self.clone(), guard::headers))
            .layer(from_fn(guard::diary))
    }

    /// Closes the database.
    pub async fn close(&self) {
        self.store.pool.close().await;
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.ambient.clock.now()
    }
}

impl fmt::Debug for App {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("App").field("settings", &self.settings).finish_non_exhaustive()
    }
}
