//! `fob sign-in`: signs in, and says how the server says it was done.

use serde::Serialize;

use crate::answer::Answer;
use crate::args::site::SignIn;
use crate::ceremony::Kind;
use crate::secret::Sink;
use crate::text::shown;
use crate::visit::Visit;
use crate::{Failure, World};

#[derive(Serialize)]
struct SignedIn {
    origin: String,
    username: String,
    signed_in_with: Vec<String>,
    session_kept: bool,
}

impl Answer for SignedIn {
    const SCHEMA: &'static str = "fob.sign-in/1";

    fn words(&self) -> String {
        let means = shown(&self.signed_in_with.join(" + "));
        let left = if self.session_kept { "" } else { "; the session is ended again" };
        format!("Signed in as {} at {} with {means}{left}.\n", shown(&self.username), self.origin)
    }
}

pub(super) async fn run(args: SignIn, world: &mut World) -> Result<(), Failure> {
    let sink = args.session_fd.map(|number| Sink::open("--session-fd", number, "session")).transpose()?;
    let mut visit = Visit::begin(&args.url, args.means, Kind::Get, world).await?;
    let session = match &args.user {
        Some(user) if !args.passkey => visit.sign_in(world, user, args.with).await?,
        _ => visit.sign_in_with_passkey(world).await?,
    };
    let account = visit.server.account(&session).await?;
    let session_kept = sink.is_some();
    match sink {
        Some(sink) => sink.write(session.expose().as_bytes())?,
        None => visit.server.sign_out(session, world).await,
    }
    world.answer(&SignedIn {
        origin: visit.server.origin().to_owned(),
        username: account.username,
        signed_in_with: account.signed_in_with,
        session_kept,
    })
}
