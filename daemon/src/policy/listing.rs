//! Listed programs on the bus: all of them, and those that a person adds and takes away again.

use std::path::{Path, PathBuf};

use fob_asking::{Choice, What};
use fob_bus::types::{AllowOptions, ClientInfo, listed_by, tier};
use fob_bus::{CallError, ErrorKind};
use fob_otp::printable;
use fob_webauthn::Origin;

use super::programs::{Added, MOST};
use super::{ask, question};
use crate::caller::{ListedBy, Listing, Origins, may_be_listed};
use crate::daemon::Daemon;
use crate::diary::{Event, Outcome};
use crate::guest::Owner;
use crate::thread::blocking;

/// Most characters of a name.
const LONGEST_NAME: usize = 64;
/// Most origins of one program.
const ORIGINS: usize = 64;
/// Longest path, in bytes.
const LONGEST_PATH: usize = 4_096;

/// A program that is to be listed, looked at.
pub(super) struct Wish(Listing);

impl Wish {
    /// Looks at it: the program must be there, and nobody but root may be able to change it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`].
    pub(super) async fn parse(program: &str, options: AllowOptions) -> Result<Self, CallError> {
        if !program.starts_with('/') || program.len() > LONGEST_PATH {
            return Err(invalid(format!("{} is no absolute path of a program", printable(program))));
        }
        let origins = match (options.any_origin.unwrap_or(false), options.origins) {
            (true, Some(_)) => return Err(invalid("any origin, or these: not both".to_owned())),
            (true, None) => Origins::Any,
            (false, origins) => Origins::These(parsed(&origins.unwrap_or_default())?),
        };
        let path = PathBuf::from(program);
        let name = name(&path, options.name.as_deref())?;
        let looked_at = path.clone();
        blocking(move || {
            may_be_listed(&looked_at).map_err(|error| {
                let mut refused = CallError::from_error(ErrorKind::InvalidInput, &error);
                refused.message = format!("{} cannot be listed: {error}", printable(&looked_at.to_string_lossy()));
                refused
            })
        })
        .await?;
        Ok(Self(Listing { name, path, origins, portal: options.portal.unwrap_or(false), by: ListedBy::Person }))
    }

    /// Asks the person, and lists it.
    ///
    /// # Errors
    /// Those of [`ask()`], and the vault's.
    pub(super) async fn fulfil(self, daemon: &Daemon, owner: &Owner) -> Result<ClientInfo, CallError> {
        let Self(listing) = self;
        if daemon.listings.is_masked(&listing.path) {
            let path = listing.path.to_string_lossy().into_owned();
            return Err(invalid(format!(
                "{} was taken off the system's list by this machine's administrator, and a person cannot put it back",
                printable(&path)
            )));
        }
        if daemon.listings.of(&listing.path).is_some_and(|known| known.by != ListedBy::Person) {
            let path = listing.path.to_string_lossy().into_owned();
            return Err(invalid(format!(
                "{} is listed by the system already, which a person cannot change",
                printable(&path)
            )));
        }
        let program = listing.path.to_string_lossy().into_owned();
        let origins = match &listing.origins {
            Origins::Any => None,
            Origins::These(origins) => Some(origins.clone()),
        };
        let mut question = question(daemon, owner, What::Allow { program: program.clone(), origins });
        question.choices = vec![Choice::Always];
        let answered = owner.while_there(ask(daemon, &owner.caller, question, None)).await;
        let outcome = answered.as_ref().map(|_| "asked").map_err(|error| error.message.clone());
        let outcome = outcome.map_or_else(Outcome::Refused, Outcome::Given);
        daemon.diary.note(Event { caller: &owner.caller, kind: "allow", what: Some(program), outcome });
        answered?;
        let added = Added { listing, since: daemon.consent.now().wall };
        let info = info(&added.listing, Some(added.since.0));
        change(daemon, move |programs| {
            programs.retain(|known| known.listing.path != added.listing.path);
            if programs.len() >= MOST {
                return Err(invalid(format!("{MOST} programs are listed already: `fob client forget` takes one away")));
            }
            programs.push(added);
            Ok(())
        })
        .await?;
        Ok(info)
    }
}

/// Makes sure that nobody else than the person has listed a program.
///
/// # Errors
/// [`ErrorKind::InvalidInput`].
pub(super) fn is_the_persons(daemon: &Daemon, id: &str) -> Result<(), CallError> {
    let path = Path::new(id);
    let by_others = daemon.listings.of(path).is_some_and(|listing| listing.by != ListedBy::Person);
    // The person may have listed it before the system did.
    if !by_others || daemon.consent.programs().iter().any(|known| known.listing.path == path) {
        return Ok(());
    }
    let path = printable(id);
    Err(invalid(format!(
        "{path} is listed by the system: an empty file of the same name in /etc/fob/programs.d masks its list"
    )))
}

/// Takes a program away that the person has listed; whether there was one.
///
/// # Errors
/// The vault's.
pub(super) async fn forget(daemon: &Daemon, id: &str) -> Result<bool, CallError> {
    let path = PathBuf::from(id);
    change(daemon, move |programs| {
        let before = programs.len();
        programs.retain(|known| known.listing.path != path);
        Ok(programs.len() < before)
    })
    .await
}

/// No program goes by this.
pub(super) fn nobody(id: &str) -> CallError {
    invalid(format!("no program is listed or paired as {}", printable(id)))
}

async fn change<T: Send + 'static>(
    daemon: &Daemon,
    change: impl FnOnce(&mut Vec<Added>) -> Result<T, CallError> + Send + 'static,
) -> Result<T, CallError> {
    let consent = daemon.consent.clone();
    daemon
        .vault
        .change(move |vault| {
            let mut programs = consent.programs();
            let done = change(&mut programs)?;
            consent.keep_programs(vault, programs)?;
            Ok(done)
        })
        .await
}

/// Every listed program.
pub(super) fn all(daemon: &Daemon) -> Vec<ClientInfo> {
    let persons = daemon.consent.programs();
    let since = |path: &Path| persons.iter().find(|added| added.listing.path == path).map(|added| added.since.0);
    daemon.listings.all().iter().map(|listing| info(listing, since(&listing.path))).collect()
}

fn info(listing: &Listing, since: Option<u64>) -> ClientInfo {
    let (by, since) = match listing.by {
        ListedBy::Vendor => (listed_by::VENDOR, None),
        ListedBy::Admin => (listed_by::ADMIN, None),
        ListedBy::Person => (listed_by::PERSON, since),
    };
    ClientInfo {
        id: printable(&listing.path.to_string_lossy()).into_owned(),
        name: printable(&listing.name).into_owned(),
        tier: tier::INSTALLED.to_owned(),
        listed_by: Some(by.to_owned()),
        origins: match &listing.origins {
            Origins::Any => None,
            Origins::These(origins) => Some(origins.clone()),
        },
        portal: Some(listing.portal),
        since,
        ..ClientInfo::default()
    }
}

fn name(path: &Path, name: Option<&str>) -> Result<String, CallError> {
    let file = || path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = name.map_or_else(file, str::to_owned);
    let name = printable(name.trim()).into_owned();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(invalid(format!("a program's name has 1 to {LONGEST_NAME} characters that can be seen")));
    }
    Ok(name)
}

fn parsed(texts: &[String]) -> Result<Vec<String>, CallError> {
    if texts.len() > ORIGINS {
        return Err(invalid(format!("a program has at most {ORIGINS} origins")));
    }
    let origin = |text: &String| {
        let origin = Origin::parse(text).ok().filter(|origin| origin.as_str().starts_with("https://"));
        let origin = origin
            .ok_or_else(|| invalid(format!("{} is no https origin, such as https://example.org", printable(text))))?;
        Ok(origin.as_str().to_owned())
    };
    texts.iter().map(origin).collect()
}

fn invalid(message: String) -> CallError {
    CallError::new(ErrorKind::InvalidInput, message)
}
