//! Credentials: what `enroll` and `sign-in` have the key do.

use std::time::Duration;

use fob_bus::types::CeremonyOptions;
use serde_json::Value;

use super::steps::Progress;
use super::{CANCEL_LIMIT, GRACE, Patience, Pin, conduct, outcome};
use crate::daemon::Daemon;
use crate::text::shown;
use crate::{Failure, World};

/// The only kind of credential there is.
const KIND: &str = "publicKey";
/// What a ceremony may take when the server does not say, in milliseconds (WebAuthn Level 3 §15.1 recommends from 300
/// to 600 seconds; a person who stands before a terminal is done sooner).
const USUAL_TIMEOUT: u64 = 120_000;
/// What a ceremony may take whatever the server says, in milliseconds.
const LONGEST_TIMEOUT: u64 = 600_000;

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A new credential.
    Create,
    /// An assertion.
    Get,
}

/// What to ask the key for.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) kind: Kind,
    /// The origin of the URL the person typed; never what the server says of itself.
    pub(crate) origin: &'a str,
    /// `publicKey` as the server sent it.
    pub(crate) options: Value,
    /// The key's id, if one was chosen.
    pub(crate) key: Option<String>,
    /// Seconds instead of what the server says.
    pub(crate) timeout: Option<u64>,
}

/// Runs it to its end and gives the credential as JSON.
pub(crate) async fn perform(
    world: &mut World,
    daemon: &Daemon,
    mut ask: Ask<'_>,
    pin: &mut Pin,
) -> Result<Value, Failure> {
    let under_way = settle_timeout(&mut ask.options, ask.timeout);
    let patience = Patience { under_way, cancelled: CANCEL_LIMIT, words: None };
    let ended = conduct(world, daemon, pin, Progress::default(), patience, async |token| {
        let options = CeremonyOptions {
            handle_token: token,
            request_json: ask.options.to_string(),
            top_origin: None,
            key: ask.key,
            // The PIN is handed over when it is asked for: by then it is known how many tries are left.
            pin: None,
            ..CeremonyOptions::default()
        };
        let proxy = daemon.web_authn().await?;
        Ok(match ask.kind {
            Kind::Create => proxy.create_credential("", ask.origin, KIND, options).await?,
            Kind::Get => proxy.get_credential("", ask.origin, KIND, options).await?,
        })
    })
    .await?;
    // What the daemon wants said although it went well, such as a key that ignored a wish.
    let (credential, words) = outcome::credential(ended)?;
    if let Some(words) = words {
        world.note(&format!("note: {}", shown(&words)));
    }
    Ok(credential)
}

/// Puts the deadline into the options and gives it with the grace.
fn settle_timeout(options: &mut Value, seconds: Option<u64>) -> Duration {
    let said = options.get("timeout").and_then(Value::as_u64);
    let millis = seconds.map(|seconds| seconds * 1000).or(said).unwrap_or(USUAL_TIMEOUT).min(LONGEST_TIMEOUT);
    if let Some(members) = options.as_object_mut() {
        members.insert("timeout".to_owned(), millis.into());
    }
    Duration::from_millis(millis) + GRACE
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_deadline_is_the_persons_or_the_servers_and_never_endless() {
        for (options, seconds, expected) in [
            (json!({}), None, 120_000),
            (json!({"timeout": 60_000}), None, 60_000),
            (json!({"timeout": 60_000}), Some(5), 5_000),
            (json!({"timeout": u64::MAX}), None, 600_000),
            (json!({"timeout": "soon"}), None, 120_000),
        ] {
            let mut settled = options.clone();
            let patience = settle_timeout(&mut settled, seconds);
            assert_eq!(settled["timeout"], json!(expected), "{options}");
            assert_eq!(patience, Duration::from_millis(expected) + GRACE);
        }
    }
}
