//! Origins (HTML §7.1.1, RFC 6454), parsed and written as a browser does.
//!
//! Only origins that can call WebAuthn exist here: `https`, and `http` on this machine (Secure Contexts §3.1). Whether
//! an origin's host can be an RP ID is another question; [`crate::RpId`] answers it.

use std::fmt;

use url::{Host, Url};

use crate::OriginError;

/// Longest text that is looked at, in bytes. The longest host has 253, scheme and port add 14.
const LONGEST: usize = 512;

/// Scheme, host and port of a page.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    serialized: String,
    host: Host<String>,
}

impl Origin {
    /// Reads an origin: a serialized one, or an URL that names nothing beyond it. Hosts are lower-cased and taken to
    /// ASCII, the scheme's own port is dropped.
    ///
    /// # Errors
    /// [`OriginError::Opaque`] for `null` and schemes without hosts, [`OriginError::Insecure`] for pages that anybody
    /// on the way can change, [`OriginError::Malformed`] for everything that is no origin.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        // The URL parser drops or forgives these; an origin that a browser wrote has none.
        let odd = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
        if text.len() > LONGEST || text.contains(odd) {
            return Err(OriginError::Malformed);
        }
        if text == "null" {
            return Err(OriginError::Opaque);
        }
        let url = Url::parse(text).map_err(|_| OriginError::Malformed)?;
        let url::Origin::Tuple(scheme, host, _) = url.origin() else { return Err(OriginError::Opaque) };
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        match scheme.as_str() {
            // A `blob:` URL has the origin of its maker, but is not one.
            _ if scheme != url.scheme() || !bare => Err(OriginError::Malformed),
            "https" => Ok(Self { serialized: url.origin().ascii_serialization(), host }),
            "http" if is_this_machine(&host) => Ok(Self { serialized: url.origin().ascii_serialization(), host }),
            _ => Err(OriginError::Insecure),
        }
    }

    /// The ASCII serialization, as it stands in client data.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.serialized
    }

    /// The host: a domain in ASCII, or an address.
    #[must_use]
    pub const fn host(&self) -> &Host<String> {
        &self.host
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.serialized)
    }
}

/// Secure Contexts §3.1 steps 4 and 5: loopback addresses, `localhost` and names below it.
fn is_this_machine(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests;
