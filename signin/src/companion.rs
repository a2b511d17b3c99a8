//! The fob on this machine: security keys without JavaScript, for a person whose browser, server and fob are all here.
//!
//! A form is posted, the server asks fob's loopback listener (docs/loopback.openapi.json of fob), fob asks the person and
//! the key, and what comes back is verified like any other credential. Nobody from elsewhere may set this off: [`near`] says
//! who is here, [`pace`] how often, `web::form_token` that it was our own form.

mod call;
pub(crate) mod near;
mod pace;
mod sockets;

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::{Host, Url};
use zeroize::Zeroizing;

use crate::ambient::UnixTime;
use crate::problem::Problem;
use call::CallError;
use pace::Pace;

/// How long the person has for prompt and key, in milliseconds: what fob is told. webauthn-rs gives a browser five minutes;
/// here a connection is held open meanwhile.
const PATIENCE: u32 = 60_000;
/// How long fob may take to say how it ended. Longer than [`PATIENCE`], so that it is fob who says so.
const CALL_LIMIT: Duration = Duration::from_secs(70);
/// How long a request that asks fob may take in all.
pub(crate) const REQUEST_LIMIT: Duration = Duration::from_secs(75);

/// Longest token file, in bytes. A token has 48.
const LONGEST_TOKEN: u64 = 256;

/// Where fob is, and what the server was paired by.
#[derive(Clone)]
pub struct CompanionSettings {
    address: SocketAddr,
    /// As the `Host` header has it.
    host: String,
    token: Zeroizing<String>,
}

/// What is wrong with them.
#[derive(Debug, thiserror::Error)]
pub enum CompanionError {
    /// Not an address of this machine.
    #[error("{0:?} is not fob on this machine: it looks like http://127.0.0.1:9362")]
    NotHere(String),
    /// The file of the token cannot be read.
    #[error("the token file {path} cannot be read")]
    NoToken {
        /// Where it is.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others could read it.
    #[error("the token file {0} can be read by others: chmod 600 it, and pair the server again")]
    Exposed(PathBuf),
    /// There is something else in it.
    #[error("the token file {0} has no token in it: `fob client pair` makes one")]
    NotAToken(PathBuf),
}

impl CompanionSettings {
    /// Of a URL such as `http://127.0.0.1:9362`, and the file with the token.
    ///
    /// # Errors
    /// [`CompanionError`].
    pub fn read(url: &str, token_file: &Path) -> Result<Self, CompanionError> {
        let (address, host) = here(url).ok_or_else(|| CompanionError::NotHere(url.to_owned()))?;
        Ok(Self { address, host, token: token(token_file)? })
    }
}

impl fmt::Debug for CompanionSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CompanionSettings").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Address and `Host` header. No name is looked up: `localhost` is 127.0.0.1.
fn here(url: &str) -> Option<(SocketAddr, String)> {
    let url = Url::parse(url).ok()?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if url.scheme() != "http" || !bare || url.password().is_some() {
        return None;
    }
    let ip = match url.host()? {
        Host::Domain("localhost") => Ipv4Addr::LOCALHOST.into(),
        Host::Domain(_) => return None,
        Host::Ipv4(ip) => ip.into(),
        Host::Ipv6(ip) => std::net::IpAddr::from(ip),
    };
    let address = SocketAddr::new(ip, url.port_or_known_default()?);
    ip.is_loopback().then(|| (address, address.to_string()))
}

fn token(path: &Path) -> Result<Zeroizing<String>, CompanionError> {
    let io = |source| CompanionError::NoToken { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    if file.metadata().map_err(io)?.mode() & 0o077 != 0 {
        return Err(CompanionError::Exposed(path.to_owned()));
    }
    let mut text = Zeroizing::new(String::with_capacity(256));
    file.take(LONGEST_TOKEN).read_to_string(&mut text).map_err(io)?;
    let token = Zeroizing::new(text.trim().to_owned());
    // What may stand in a header as it is (RFC 6750 §2.1).
    let plain = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte));
    if token.is_empty() || !plain { Err(CompanionError::NotAToken(path.to_owned())) } else { Ok(token) }
}

/// fob, as the server asks it.
pub(crate) struct Companion {
    settings: CompanionSettings,
    pace: Mutex<Pace>,
}

/// What is to be done with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ceremony {
    /// Making a credential.
    Create,
    /// Signing in.
    Get,
}

impl Companion {
    pub(crate) fn new(settings: CompanionSettings) -> Self {
        Self { settings, pace: Mutex::default() }
    }

    /// Where fob listens.
    fn address(&self) -> SocketAddr {
        self.settings.address
    }

    /// Asks fob, which asks the person and the key. Whoever drops the future takes the question away.
    pub(crate) async fn ask<C: DeserializeOwned>(
        &self,
        ceremony: Ceremony,
        origin: &str,
        options: &impl Serialize,
        now: UnixTime,
    ) -> Result<C, Problem> {
        let _turn = Turn::take(&self.pace, now)?;
        let mut options = serde_json::to_value(options).map_err(Problem::server)?;
        if let Some(options) = options.as_object_mut() {
            options.insert("timeout".to_owned(), Value::from(PATIENCE));
        }
        let answer = tokio::time::timeout(CALL_LIMIT, call::ask(&self.settings, ceremony, origin, options)).await;
        let answer = answer.unwrap_or(Err(CallError::TimedOut)).map_err(CallError::into_problem)?;
        serde_json::from_slice(&answer).map_err(|error| CallError::Nonsense(error).into_problem())
    }
}

impl fmt::Debug for Companion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(formatter)
    }
}

/// The one question under way, until it is dropped.
struct Turn<'a>(&'a Mutex<Pace>);

impl<'a> Turn<'a> {
    fn take(pace: &'a Mutex<Pace>, now: UnixTime) -> Result<Self, Problem> {
        if locked(pace).begin(now) { Ok(Self(pace)) } else { Err(Problem::Busy) }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        locked(self.0).end();
    }
}

fn locked(pace: &Mutex<Pace>) -> MutexGuard<'_, Pace> {
    pace.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn fob_is_on_this_machine_or_nowhere() {
        for (url, expected) in [
            ("http://127.0.0.1:9362", Some("127.0.0.1:9362")),
            ("http://localhost:9362/", Some("127.0.0.1:9362")),
            ("http://[::1]:9362", Some("[::1]:9362")),
            ("https://127.0.0.1:9362", None),
            ("http://192.0.2.1:9362", None),
            ("http://fob.localhost:9362", None),
            ("http://localhost.evil.example:9362", None),
            ("http://ada@127.0.0.1:9362", None),
            ("http://127.0.0.1:9362/v1", None),
            ("127.0.0.1:9362", None),
        ] {
            assert_eq!(here(url).map(|(_, host)| host).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn a_token_is_for_the_servers_eyes_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let write = |text: &str, mode| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            CompanionSettings::read("http://127.0.0.1:9362", &path)
        };
        assert_eq!(write("fob1_abc-DEF_123\n", 0o600).unwrap().token.as_str(), "fob1_abc-DEF_123");
        assert!(!format!("{:?}", write("fob1_abc", 0o600).unwrap()).contains("fob1"));
        assert!(matches!(write("fob1_abc", 0o640), Err(CompanionError::Exposed(_))));
        for nonsense in ["", "\n", "two words", "a\r\nx-header: 1"] {
            assert!(matches!(write(nonsense, 0o600), Err(CompanionError::NotAToken(_))), "{nonsense:?}");
        }
    }
}
