//! What an operator decides: where the server is, what it is called, where it keeps things.

use std::path::PathBuf;

use url::{Host, Url};

use crate::companion::CompanionSettings;

/// Settings that hang together.
#[derive(Debug, Clone)]
pub struct Settings {
    name: String,
    origin: Url,
    rp_id: String,
    database: PathBuf,
    companion: Option<CompanionSettings>,
}

/// Settings that do not.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    /// The origin cannot be parsed.
    #[error("the origin {0:?} is no URL such as https://id.example.org")]
    NoUrl(String),
    /// The origin has more than scheme, host and port.
    #[error("the origin {0} has a path, a query or a name in it; it is only scheme, host and port")]
    NotBare(String),
    /// Plain HTTP over a network would give passwords and sessions away.
    #[error("the origin {0} is not https, and plain http is for localhost only")]
    Insecure(String),
    /// WebAuthn would refuse it (WebAuthn Level 3 §5.1.2).
    #[error("the RP ID {rp_id} is neither the host of {origin} nor a domain above it")]
    ForeignRpId {
        /// What was asked for.
        rp_id: String,
        /// What it does not fit.
        origin: String,
    },
    /// The name stands in otpauth URIs and page titles.
    #[error("the name must have 1 to 64 characters, without colons and control characters")]
    BadName,
    /// A browser that comes through a proxy looks as if it were on this machine, wherever it is.
    #[error(
        "fob on this machine can only be used by a server that browsers reach on this machine, and {0} is elsewhere"
    )]
    CompanionElsewhere(String),
}

impl Settings {
    /// Checks that they hang together.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn new(name: &str, origin: &str, rp_id: &str, database: PathBuf) -> Result<Self, SettingsError> {
        let url = Url::parse(origin).map_err(|_| SettingsError::NoUrl(origin.to_owned()))?;
        let host = url.host().ok_or_else(|| SettingsError::NoUrl(origin.to_owned()))?.to_owned();
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || url.username() != "" {
            return Err(SettingsError::NotBare(origin.to_owned()));
        }
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&host)) {
            return Err(SettingsError::Insecure(origin.to_owned()));
        }
        let host = host.to_string();
        if host != rp_id && !host.ends_with(&format!(".{rp_id}")) || rp_id.is_empty() {
            return Err(SettingsError::ForeignRpId { rp_id: rp_id.to_owned(), origin: origin.to_owned() });
        }
        let length = name.chars().count();
        if !(1..=64).contains(&length) || name.chars().any(|c| c == ':' || c.is_control()) {
            return Err(SettingsError::BadName);
        }
        Ok(Self { name: name.to_owned(), origin: url, rp_id: rp_id.to_owned(), database, companion: None })
    }

    /// The same, with the fob on this machine.
    ///
    /// # Errors
    /// [`SettingsError::CompanionElsewhere`].
    pub fn with_companion(mut self, companion: CompanionSettings) -> Result<Self, SettingsError> {
        if !self.origin.host().is_some_and(|host| is_loopback(&host.to_owned())) {
            return Err(SettingsError::CompanionElsewhere(self.origin()));
        }
        self.companion = Some(companion);
        Ok(self)
    }

    /// The fob on this machine, if one is set up.
    pub(crate) fn companion(&self) -> Option<&CompanionSettings> {
        self.companion.as_ref()
    }

    /// What people and authenticator apps call the server.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The origin as browsers write it, without a slash at the end.
    #[must_use]
    pub fn origin(&self) -> String {
        self.origin.origin().ascii_serialization()
    }

    /// The RP ID (WebAuthn Level 3 §4).
    #[must_use]
    pub fn rp_id(&self) -> &str {
        &self.rp_id
    }

    /// The database file.
    #[must_use]
    pub fn database(&self) -> &PathBuf {
        &self.database
    }

    pub(crate) fn url(&self) -> &Url {
        &self.origin
    }

    /// Whether the way to the browser is encrypted.
    pub(crate) fn is_https(&self) -> bool {
        self.origin.scheme() == "https"
    }
}

fn is_loopback(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(origin: &str, rp_id: &str, name: &str) -> Result<Settings, SettingsError> {
        Settings::new(name, origin, rp_id, PathBuf::from("x"))
    }

    #[test]
    fn settings_that_do_not_hang_together_are_refused_by_name() {
        let foreign =
            |rp_id: &str, origin: &str| SettingsError::ForeignRpId { rp_id: rp_id.into(), origin: origin.into() };
        for (origin, rp_id, name, expected) in [
            ("nonsense", "x", "id", SettingsError::NoUrl("nonsense".into())),
            ("https://id.example/path", "id.example", "id", SettingsError::NotBare("https://id.example/path".into())),
            ("https://me@id.example", "id.example", "id", SettingsError::NotBare("https://me@id.example".into())),
            ("http://id.example", "id.example", "id", SettingsError::Insecure("http://id.example".into())),
            ("ftp://localhost", "localhost", "id", SettingsError::Insecure("ftp://localhost".into())),
            ("https://id.example", "other.example", "id", foreign("other.example", "https://id.example")),
            ("https://id.example", "d.example", "id", foreign("d.example", "https://id.example")),
            ("https://id.example", "", "id", foreign("", "https://id.example")),
            ("https://id.example", "id.example", "a:b", SettingsError::BadName),
            ("https://id.example", "id.example", "", SettingsError::BadName),
        ] {
            assert_eq!(settings(origin, rp_id, name).unwrap_err(), expected, "{origin} {rp_id}");
        }
    }

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for (given, written) in [
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://localhost:8080/", "http://localhost:8080"),
            ("https://ID.example:443/", "https://id.example"),
        ] {
            let rp_id = if given.contains("localhost") { "localhost" } else { "example" };
            assert_eq!(settings(given, rp_id, "id").unwrap().origin(), written);
        }
    }
}
