//! `fob sign-in`: signs in, and says how the server says it was done.

use serde::Serialize;

use crate::answer::Answer;
use crate::args::site::{Second, SignIn};
use crate::ceremony::Kind;
use crate::secret::Sink;
use crate::server::{Account, Session};
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
    let second = Second::new(args.with, args.account)?;
    let mut visit = Visit::begin(&args.url, args.means, Kind::Get, world).await?;
    let session = match &args.user {
        Some(user) if !args.passkey => visit.sign_in(world, user, &second).await?,
        _ => visit.sign_in_with_passkey(world).await?,
    };
    let session_kept = sink.is_some();
    let handed = hand_over(&visit, &session, sink).await;
    // A session that nobody holds would live on at the server, signed in.
    if !session_kept || handed.is_err() {
        visit.server.sign_out(session, world).await;
    }
    let account = handed?;
    world.answer(&SignedIn {
        origin: visit.server.origin().to_owned(),
        username: account.username,
        signed_in_with: account.signed_in_with,
        session_kept,
    })
}

/// Asks the server whose session it is, and gives the session to the person.
async fn hand_over(visit: &Visit, session: &Session, sink: Option<Sink>) -> Result<Account, Failure> {
    let account = visit.server.account(session).await?;
    if let Some(sink) = sink {
        sink.write(session.expose().as_bytes())?;
    }
    Ok(account)
}
