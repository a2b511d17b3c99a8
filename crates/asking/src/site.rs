//! A site as it is shown: the registrable domain in ASCII, since that is what the network resolves and what cannot be
//! mistaken for another.

use std::net::IpAddr;

use crate::text::harmless;

/// Longest domain name (RFC 1035 §2.3.4, without the root's dot).
const LONGEST_HOST: usize = 253;

/// A site, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The part that somebody registered, such as `example.co.uk`: what a person is to look at.
    pub domain: String,
    /// The whole host, in ASCII.
    pub host: String,
    /// The host in its own letters, where that is something else.
    pub unicode: Option<String>,
}

impl Site {
    /// Of an RP ID, a domain, or an origin. Whatever it is, something is shown for it.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let host = ascii(host_of(text));
        if bare(&host).parse::<IpAddr>().is_ok() {
            return Self { domain: host.clone(), host, unicode: None };
        }
        let domain = psl::domain_str(&host).unwrap_or(&host).to_owned();
        let (unicode, result) = idna::domain_to_unicode(&host);
        let unicode = (result.is_ok() && unicode != host).then(|| harmless(&unicode));
        Self { domain, host, unicode }
    }
}

/// The host of an origin; of anything else the text up to where a host would end.
fn host_of(text: &str) -> &str {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = text.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.rsplit_once(':') {
        Some((before, port))
            if port.bytes().all(|byte| byte.is_ascii_digit()) && (before.ends_with(']') || !before.contains(':')) =>
        {
            before
        }
        _ => host,
    }
}

/// In ASCII, whatever it takes: what is no domain is shown with its strange characters spelt out.
fn ascii(host: &str) -> String {
    let ascii = idna::domain_to_ascii(host).unwrap_or_else(|_| harmless(host).escape_default().to_string());
    let ascii = ascii.strip_suffix('.').unwrap_or(&ascii);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_[]:".contains(&byte);
    let shown = if ascii.bytes().all(plain) { ascii.to_owned() } else { ascii.escape_default().to_string() };
    match shown.len().checked_sub(LONGEST_HOST) {
        None if shown.is_empty() => "(no site)".to_owned(),
        None | Some(0) => shown,
        // Its end tells whose it is.
        Some(more) => format!("...{}", shown.get(more..).unwrap_or_default()),
    }
}

fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_that_somebody_registered_stands_out() {
        for (text, domain, host) in [
            ("github.com", "github.com", "github.com"),
            ("https://login.example.co.uk:8443", "example.co.uk", "login.example.co.uk"),
            ("https://github.com.evil.example", "evil.example", "github.com.evil.example"),
            ("https://github.com@evil.example/x", "evil.example", "evil.example"),
            ("GitHub.COM.", "github.com", "github.com"),
            ("http://localhost:8000", "localhost", "localhost"),
            ("http://127.0.0.1:80", "127.0.0.1", "127.0.0.1"),
            ("http://[::1]:8080", "[::1]", "[::1]"),
            ("co.uk", "co.uk", "co.uk"),
            ("alice.github.io", "alice.github.io", "alice.github.io"),
        ] {
            let site = Site::of(text);
            assert_eq!((site.domain.as_str(), site.host.as_str(), site.unicode), (domain, host, None), "{text}");
        }
    }

    /// Punycode of RFC 3492 as Python's `"…".encode("idna")` writes it.
    #[test]
    fn other_letters_stand_beside_the_ascii_name_and_never_in_its_place() {
        for (text, domain, unicode) in [
            ("https://www.bücher.example", "xn--bcher-kva.example", "www.bücher.example"),
            ("xn--80ak6aa92e.com", "xn--80ak6aa92e.com", "аррӏе.com"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example", "bücher.example"),
        ] {
            let site = Site::of(text);
            assert_eq!((site.domain.as_str(), site.unicode.as_deref()), (domain, Some(unicode)), "{text}");
        }
    }

    #[test]
    fn what_is_no_domain_is_spelt_out() {
        for text in ["", "a\u{202e}b", "xn--\u{0}", "a b", "\u{1b}[31m", "xn--zz--zz", "a..b", "%2e"] {
            let site = Site::of(text);
            assert!(!site.host.is_empty() && site.host.is_ascii(), "{text:?}: {site:?}");
            assert!(!site.host.bytes().any(|byte| byte.is_ascii_control()), "{text:?}: {site:?}");
        }
        let long = Site::of(&format!("{}.evil.example", "github.com.".repeat(100)));
        assert!(long.host.starts_with("...") && long.host.ends_with("github.com..evil.example"), "{long:?}");
    }
}
