//! Where a host's name leads. `localhost` leads to this machine and nowhere else, as for a browser (Secure Contexts §3.1):
//! the system may ask a name server for it, and http may go there. Every other name is the system's to look up.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Looks names up: `localhost` by itself, others elsewhere.
#[derive(Debug)]
pub(super) struct Names<R>(pub(super) R);

impl<R: Resolver> Resolver for Names<R> {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        if uri.host() != Some("localhost") {
            return self.0.resolve(uri, config, timeout);
        }
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        let mut addresses = self.empty();
        // In this order: a kernel without IPv6 fails in a way after which no other address is tried.
        addresses.push(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        addresses.push(SocketAddr::from((Ipv6Addr::LOCALHOST, port)));
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use ureq::Timeout;
    use ureq::unversioned::transport::time::Duration;

    use super::*;

    /// A name server that leads everybody astray.
    #[derive(Debug)]
    struct Astray;

    impl Resolver for Astray {
        fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
            let mut addresses = self.empty();
            addresses.push(SocketAddr::from(([203, 0, 113, 1], 1)));
            Ok(addresses)
        }
    }

    #[test]
    fn localhost_is_this_machine_whatever_a_name_server_says() {
        for (uri, expected) in [
            ("http://localhost:8080/api", "127.0.0.1:8080 [::1]:8080"),
            ("http://localhost", "127.0.0.1:80 [::1]:80"),
            ("https://localhost/", "127.0.0.1:443 [::1]:443"),
            ("https://id.localhost", "203.0.113.1:1"),
            ("https://id.example:8443", "203.0.113.1:1"),
        ] {
            let timeout =
                NextTimeout { after: Duration::NotHappening, reason: Timeout::Global, ..NextTimeout::default() };
            let addresses = Names(Astray).resolve(&uri.parse().unwrap(), &Config::default(), timeout).unwrap();
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            assert_eq!(addresses.join(" "), expected, "{uri}");
        }
    }
}
