use proptest::prelude::*;

use super::*;
use crate::RpId;

#[test]
fn origins_are_written_as_a_browser_writes_them() {
    for (case, text, expected) in [
        ("plain", "https://example.org", "https://example.org"),
        ("with the slash of an URL", "https://example.org/", "https://example.org"),
        ("upper case", "HTTPS://Example.ORG", "https://example.org"),
        ("the scheme's own port", "https://example.org:443", "https://example.org"),
        ("another port", "https://example.org:8443", "https://example.org:8443"),
        ("IDN, from Unicode (UTS 46)", "https://bücher.example", "https://xn--bcher-kva.example"),
        ("IDN, from ASCII", "https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("full width letters", "https://ｅｘａｍｐｌｅ.org", "https://example.org"),
        ("number as IPv4", "https://0x7f.1", "https://127.0.0.1"),
        ("IPv6", "https://[0:0::1]:8443", "https://[::1]:8443"),
        ("localhost", "http://localhost:8080", "http://localhost:8080"),
        ("below localhost", "http://app.localhost", "http://app.localhost"),
        ("IPv4 loopback", "http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("IPv6 loopback", "http://[::1]", "http://[::1]"),
    ] {
        assert_eq!(Origin::parse(text).unwrap().as_str(), expected, "{case}");
    }
}

#[test]
fn what_is_no_secure_origin_is_refused() {
    use OriginError::{Insecure, Malformed, Opaque};
    for (case, text, expected) in [
        ("opaque", "null", Opaque),
        ("no host", "data:text/html,hello", Opaque),
        ("file", "file:///etc/passwd", Opaque),
        ("extension", "chrome-extension://abcdefghijklmnop", Opaque),
        ("plain http", "http://example.org", Insecure),
        ("plain http, almost localhost", "http://localhost.example.org", Insecure),
        ("plain http, not loopback", "http://192.168.1.1", Insecure),
        ("another scheme", "wss://example.org", Insecure),
        ("nothing", "", Malformed),
        ("a host", "example.org", Malformed),
        ("no host", "https://", Malformed),
        ("path", "https://example.org/login", Malformed),
        ("query", "https://example.org?", Malformed),
        ("fragment", "https://example.org#", Malformed),
        ("user", "https://user@example.org", Malformed),
        ("password", "https://user:password@example.org", Malformed),
        ("space", " https://example.org", Malformed),
        ("line feed", "https://exam\nple.org", Malformed),
        ("backslash", "https:\\\\example.org", Malformed),
        ("port", "https://example.org:65536", Malformed),
        ("forbidden character", "https://exa<mple.org", Malformed),
        ("blob", "blob:https://example.org/9115d58c-bcda-ff47-86e5-083e9a2153041", Malformed),
    ] {
        assert_eq!(Origin::parse(text), Err(expected), "{case}");
    }
    assert_eq!(Origin::parse(&format!("https://{}.example", "a".repeat(600))), Err(Malformed));
}

proptest! {
    /// What is accepted is written in a form that is read back as the same, and its RP ID, if any, is a host's end.
    #[test]
    fn no_text_makes_a_panic(text in ".{0,60}", host in "[a-z0-9.A-Z\\[\\]:ß-]{0,30}", claimed in "[a-zß.-]{0,12}") {
        for text in [text, format!("https://{host}")] {
            let Ok(origin) = Origin::parse(&text) else { continue };
            prop_assert_eq!(Origin::parse(origin.as_str()), Ok(origin.clone()));
            for claimed in [None, Some(claimed.as_str())] {
                if let Ok(id) = RpId::claim(&origin, claimed) {
                    prop_assert!(origin.host().to_string().ends_with(id.as_str()));
                }
            }
        }
    }
}
