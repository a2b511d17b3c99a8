//! From a call to a request under way: its path, its place at the desk, its object.

use std::sync::Arc;

use fob_bus::types::Outcome;
use fob_bus::{CallError, ErrorKind, names};
use zbus::OwnedObjectPath;

use super::{Request, object};
use crate::guest::{Guest, Owner};
use crate::policy::Who;

/// Begins a request of this caller under the name that it chose; where its object is. `what` is for the diary.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for a name that is none or is taken, [`ErrorKind::TooManyRequests`].
pub(crate) async fn begin<W>(
    guest: &Guest,
    owner: Owner,
    token: &str,
    what: &'static str,
    work: impl FnOnce(Arc<Request>) -> W,
) -> Result<OwnedObjectPath, CallError>
where
    W: Future<Output = Outcome> + Send + 'static,
{
    let sender = owner.name.as_ref().map(|name| name.as_str());
    let path = names::request_path(sender, token).ok_or_else(|| {
        CallError::new(ErrorKind::InvalidInput, "the handle token is no word of 1 to 64 letters, digits and _")
    })?;
    tracing::info!(pid = ?owner.caller.pid, door = ?owner.caller.door, what, "a request");
    let who = Who::of(&owner.caller);
    let request = Request::new(path.clone(), owner);
    let ticket = guest.daemon.desk.admit(who, &request)?;
    let work = work(request.clone());
    object::serve(guest.clone(), request, ticket, work).await?;
    Ok(path)
}
