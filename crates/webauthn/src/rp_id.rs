//! RP IDs: which names an origin may speak for (WebAuthn Level 3 §5.1.3 steps 7 and 8, §5.1.4.1 steps 6 and 7, HTML
//! "is a registrable domain suffix of or is equal to").
//!
//! Stricter than HTML on purpose: an address is never an RP ID (WebAuthn wants a domain), nor is a name without a dot
//! other than `localhost`, since it means another machine in every network, nor one that is not written canonically,
//! since the key would be asked for another hash than the site expects. Left out: related origins (§5.11), which need
//! the network.

use std::fmt;

use fob_ctap::entity;
use url::Host;

use crate::{Origin, RpIdError};

/// The RP ID under which security keys open fob's vault. No site may claim it, through any door.
pub const VAULT_RP_ID: &str = "vault.fob.invalid";

/// An RP ID that its caller may use: a domain in lower-case ASCII.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RpId(String);

impl RpId {
    /// The RP ID that `origin` claims, or its own host if it claims none.
    ///
    /// # Errors
    /// Why the origin may not use it. All of them are a `SecurityError`.
    pub fn claim(origin: &Origin, claimed: Option<&str>) -> Result<Self, RpIdError> {
        let Host::Domain(host) = origin.host() else { return Err(RpIdError::Address) };
        let domain = effective_domain(host)?;
        let id = match claimed {
            Some(claimed) if claimed != domain => suffix(claimed, domain)?,
            _ => domain,
        };
        match id {
            VAULT_RP_ID => Err(RpIdError::Reserved),
            "localhost" => Ok(Self(id.to_owned())),
            _ if !id.contains('.') => Err(RpIdError::SingleLabel),
            _ => Ok(Self(id.to_owned())),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same for messages to a key.
    #[must_use]
    pub fn to_ctap(&self) -> entity::RpId {
        entity::RpId::new(self.0.as_str())
    }
}

impl fmt::Display for RpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The effective domain, if it is a valid one: names and labels as long as DNS has them, no dot at the end (URL
/// Standard, "valid domain"; the host parser has refused bad characters already).
fn effective_domain(host: &str) -> Result<&str, RpIdError> {
    let fits = host.len() <= 253 && host.split('.').all(|label| (1..=63).contains(&label.len()));
    if fits { Ok(host) } else { Err(RpIdError::NoDomain) }
}

/// Step 4 of HTML's algorithm: `claimed` lies above `domain`, but below every public suffix.
fn suffix<'a>(claimed: &'a str, domain: &str) -> Result<&'a str, RpIdError> {
    match Host::parse(claimed) {
        Ok(Host::Domain(canonical)) if canonical == VAULT_RP_ID => return Err(RpIdError::Reserved),
        Ok(Host::Domain(canonical)) if canonical == claimed => {}
        Ok(Host::Domain(_)) => return Err(RpIdError::NotCanonical),
        Ok(_) => return Err(RpIdError::Address),
        Err(_) => return Err(RpIdError::NoDomain),
    }
    if !is_below(domain, claimed) {
        return Err(RpIdError::NotRelated);
    }
    let is_public = psl::suffix_str(claimed) == Some(claimed);
    if is_public || psl::suffix_str(domain).is_some_and(|public| is_below(public, claimed)) {
        return Err(RpIdError::PublicSuffix);
    }
    Ok(claimed)
}

fn is_below(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests;
