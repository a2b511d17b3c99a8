//! The address a person typed. Its origin is the one that the key signs for: never what the server calls itself.

use std::net::IpAddr;

use url::{Host, Url};

use crate::text::shown;
use crate::{Exit, Failure};

/// A checked address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    origin: String,
    loopback: bool,
}

impl Address {
    /// Of a URL: https, or http on this machine.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let hint = "type it like https://id.example";
        let url = Url::parse(text)
            .map_err(|error| Failure::usage(format!("\"{text}\" is no address of a server"), hint).because(&error))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Failure::usage("an address with a name or password in it goes nowhere", hint));
        }
        let loopback = url.host().is_some_and(|host| is_loopback(&host));
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                let message =
                    format!("http to {} would show your password to the network", url.host_str().unwrap_or_default());
                return Err(Failure::usage(message, "use https; plain http goes to this machine only"));
            }
            scheme => return Err(Failure::usage(format!("{scheme} leads to no sign-in server"), hint)),
        }
        Ok(Self { origin: url.origin().ascii_serialization(), loopback })
    }

    /// As the browser writes it.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether it is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Where a call of the API goes.
    pub(crate) fn api(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.origin)
    }

    /// Makes sure that the server goes by this origin: signatures for another one would be refused.
    pub(crate) fn must_be(&self, said: &str) -> Result<(), Failure> {
        match Self::parse(said) {
            Ok(named) if named == *self => Ok(()),
            Ok(named) => {
                let message = format!("the server at {} goes by another origin: {}", self.origin, named.origin);
                Err(Failure::new(Exit::Failed, message)
                    .hint(format!("if that is the server you mean, use its address: {}", named.origin)))
            }
            Err(_) => Err(self.no_api()),
        }
    }

    /// What answers there is something else.
    pub(crate) fn no_api(&self) -> Failure {
        Failure::new(Exit::Failed, format!("{} answers, but not as a sign-in server does", shown(&self.origin)))
            .hint("look at the address: it is the one whose sign-in page you would open")
    }
}

/// `localhost`, which [`super::resolver`] takes to this machine, and the addresses of this machine. Names below `localhost`
/// are this machine for a browser (Secure Contexts §3.1); the system's resolver may ask a name server and be led anywhere.
fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => IpAddr::from(*address).is_loopback(),
        Host::Ipv6(address) => IpAddr::from(*address).is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_or_this_machine() {
        for (text, expected) in [
            ("https://id.example", Ok("https://id.example")),
            ("https://ID.example:443/login?x=1", Ok("https://id.example")),
            ("https://id.example:8443", Ok("https://id.example:8443")),
            ("http://localhost:8080", Ok("http://localhost:8080")),
            ("http://127.0.0.2", Ok("http://127.0.0.2")),
            ("http://[::1]:1/", Ok("http://[::1]:1")),
            ("http://id.example", Err(Exit::Usage)),
            ("http://localhost.example", Err(Exit::Usage)),
            ("http://id.localhost:8080", Err(Exit::Usage)),
            ("http://localhost.", Err(Exit::Usage)),
            ("https://id.localhost", Ok("https://id.localhost")),
            ("https://ada:secret@id.example", Err(Exit::Usage)),
            ("ftp://id.example", Err(Exit::Usage)),
            ("id.example", Err(Exit::Usage)),
            ("", Err(Exit::Usage)),
        ] {
            let parsed = Address::parse(text);
            let parsed = parsed.as_ref().map(Address::origin).map_err(|failure| failure.exit);
            assert_eq!(parsed, expected, "{text}");
        }
    }

    #[test]
    fn a_server_with_another_origin_is_named() {
        let address = Address::parse("http://127.0.0.1:8080").unwrap();
        assert!(address.must_be("http://127.0.0.1:8080").is_ok());
        let failure = address.must_be("http://localhost:8080").unwrap_err();
        assert!(failure.hint.as_deref().unwrap().contains("http://localhost:8080"));
        assert!(address.must_be("nonsense").is_err());
    }
}
