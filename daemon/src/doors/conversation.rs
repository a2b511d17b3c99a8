//! One connection: the objects on it, and the task that keeps them true until the other end hangs up.

use std::collections::HashSet;

use fob_bus::names;
use zbus::Connection;
use zbus::connection::Builder;
use zbus::fdo::ObjectManager;

use crate::guest::Guest;
use crate::key::KeyObject;
use crate::keys::Key;
use crate::loopback::Loopback;
use crate::manager::{Manager, tell_vault_changed};
use crate::otp::Otp;
use crate::policy::{Policy, tell_grants_changed};
use crate::upkeep::Upkeep;
use crate::webauthn::WebAuthn;

/// Puts fob's objects on a connection that is about to be made.
pub(crate) fn furnish<'a>(builder: Builder<'a>, guest: &Guest) -> Builder<'a> {
    let builder = if guest.is_peer() { builder.serve_at(names::ROOT, Loopback(guest.clone())) } else { builder };
    builder
        .serve_at(names::ROOT, ObjectManager)
        .serve_at(names::ROOT, Manager(guest.clone()))
        .serve_at(names::ROOT, Upkeep(guest.clone()))
        .serve_at(names::ROOT, Otp(guest.clone()))
        .serve_at(names::ROOT, WebAuthn(guest.clone()))
        .serve_at(names::ROOT, Policy(guest.clone()))
}

/// The task of a connection: keys come and go on it as they do in the world, and it hears of every lock.
pub(crate) async fn serve(connection: Connection, guest: Guest) {
    let daemon = &guest.daemon;
    let (mut keys, mut vault, mut grants) = (daemon.keys.changes(), daemon.vault.changes(), daemon.consent.news());
    vault.mark_unchanged();
    grants.mark_unchanged();
    let mut served = HashSet::new();
    // The keys that were there before it was.
    keys.mark_changed();
    loop {
        let told = tokio::select! {
            () = connection.closed() => return,
            Ok(()) = keys.changed() => {
                let now = keys.borrow_and_update().clone();
                follow(&connection, &guest, &mut served, now).await
            }
            Ok(()) = vault.changed() => {
                let state = *vault.borrow_and_update();
                tell_vault_changed(&connection, state).await
            }
            Ok(()) = grants.changed() => {
                grants.mark_unchanged();
                // Not on the session bus, where everybody would hear when the person allows something.
                if guest.is_companion() { tell_grants_changed(&connection).await } else { Ok(()) }
            }
        };
        if let Err(error) = told {
            tracing::debug!(%error, "a connection did not hear the news");
        }
    }
}

/// Makes the key objects on a connection those of the keys that are there. A key whose problem went away is another
/// object: its properties never change.
async fn follow(
    connection: &Connection,
    guest: &Guest,
    served: &mut HashSet<(String, Option<String>)>,
    now: Vec<Key>,
) -> zbus::Result<()> {
    let there: HashSet<_> = now.iter().map(|key| (key.id.clone(), key.problem.clone())).collect();
    let server = connection.object_server();
    for (id, _) in served.difference(&there) {
        // Told or not: one that could not be taken away must not keep the others from coming.
        if let Err(error) = server.remove::<KeyObject, _>(KeyObject::path(id)).await {
            tracing::debug!(%error, id, "a connection did not hear that a key is gone");
        }
    }
    for key in now {
        // Whoever attached this key has its object already; then this one is not needed.
        server.at(KeyObject::path(&key.id), KeyObject::new(guest.clone(), key)).await?;
    }
    *served = there;
    Ok(())
}
