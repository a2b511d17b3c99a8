//! Heads of requests, good and bad.

use hyper::Request;
use proptest::prelude::*;

use super::*;

const OWN: &str = "127.0.0.1:9362";

/// A good request for a code, with these headers instead of its own; an empty value takes one away.
fn head(method: &str, target: &str, changes: &[(&str, &str)]) -> Parts {
    let good = [
        ("host", OWN),
        ("content-type", "application/json"),
        ("content-length", "2"),
        ("fob-request", "1"),
        ("authorization", "Bearer fob1_token"),
    ];
    let kept = good.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in kept.chain(changes.iter().filter(|(_, value)| !value.is_empty())) {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

fn fault(head: &Parts, own: &str) -> Option<String> {
    let problem = judge(head, own.parse().unwrap()).err()?;
    let document: serde_json::Value = serde_json::from_slice(&problem.document()).unwrap();
    Some(document["type"].as_str().unwrap().rsplit('/').next().unwrap().to_owned())
}

#[test]
fn a_host_is_the_address_or_localhost_and_the_port() {
    for (own, host, expected) in [
        (OWN, OWN, None),
        (OWN, "localhost:9362", None),
        ("[::1]:9362", "[::1]:9362", None),
        ("[::1]:9362", "localhost:9362", None),
        (OWN, "evil.example:9362", Some("wrong-host")),
        (OWN, "127.0.0.1.evil.example:9362", Some("wrong-host")),
        (OWN, "localhost.evil.example:9362", Some("wrong-host")),
        (OWN, "127.0.0.1", Some("wrong-host")),
        (OWN, "localhost", Some("wrong-host")),
        (OWN, "127.0.0.1:80", Some("wrong-host")),
        (OWN, "127.1:9362", Some("wrong-host")),
        (OWN, "2130706433:9362", Some("wrong-host")),
        (OWN, "[::1]:9362", Some("wrong-host")),
        (OWN, "[::ffff:127.0.0.1]:9362", Some("wrong-host")),
        (OWN, "LOCALHOST:9362", Some("wrong-host")),
        (OWN, "user@127.0.0.1:9362", Some("wrong-host")),
        (OWN, "127.0.0.1:09362", Some("wrong-host")),
        (OWN, "", Some("wrong-host")),
    ] {
        let head = head("POST", "/v1/code", &[("host", host)]);
        assert_eq!(fault(&head, own).as_deref(), expected, "{own} {host}");
    }
}

#[test]
fn only_a_post_of_json_with_the_header_is_looked_at() {
    for (case, method, target, changes, expected) in [
        ("good", "POST", "/v1/code", &[][..], None),
        ("with its charset", "POST", "/v1/code", &[("content-type", "application/JSON; charset=UTF-8")], None),
        ("a page's GET", "GET", "/v1/code", &[], Some("method-not-allowed")),
        ("HEAD", "HEAD", "/v1/code", &[], Some("method-not-allowed")),
        ("PUT", "PUT", "/v1/code", &[], Some("method-not-allowed")),
        ("CONNECT", "CONNECT", OWN, &[], Some("method-not-allowed")),
        ("TRACE", "TRACE", "/v1/code", &[], Some("method-not-allowed")),
        ("a proxy's target", "POST", "http://127.0.0.1:9362/v1/code", &[], Some("malformed-request")),
        ("another path", "POST", "/v1/codes", &[], Some("not-found")),
        ("a longer path", "POST", "/v1/code/", &[], Some("not-found")),
        ("a way around", "POST", "/v1/../v1/code", &[], Some("not-found")),
        ("an escaped path", "POST", "/v1/c%6fde", &[], Some("not-found")),
        ("a query", "POST", "/v1/code?token=1", &[], Some("not-found")),
        ("all of it", "OPTIONS", "*", &[], Some("not-found")),
        ("plain text", "POST", "/v1/code", &[("content-type", "text/plain")], Some("unsupported-media-type")),
        (
            "a form",
            "POST",
            "/v1/code",
            &[("content-type", "application/x-www-form-urlencoded")],
            Some("unsupported-media-type"),
        ),
        (
            "a file",
            "POST",
            "/v1/code",
            &[("content-type", "multipart/form-data; boundary=x")],
            Some("unsupported-media-type"),
        ),
        ("no type", "POST", "/v1/code", &[("content-type", "")], Some("unsupported-media-type")),
        (
            "JSON as text",
            "POST",
            "/v1/code",
            &[("content-type", "text/plain; application/json")],
            Some("unsupported-media-type"),
        ),
        (
            "another charset",
            "POST",
            "/v1/code",
            &[("content-type", "application/json; charset=utf-7")],
            Some("unsupported-media-type"),
        ),
        ("packed", "POST", "/v1/code", &[("content-encoding", "gzip")], Some("unsupported-media-type")),
        ("no header", "POST", "/v1/code", &[("fob-request", "")], Some("header-required")),
        ("another value", "POST", "/v1/code", &[("fob-request", "yes")], Some("header-required")),
        ("no length", "POST", "/v1/code", &[("content-length", "")], Some("length-required")),
        ("in pieces", "POST", "/v1/code", &[("transfer-encoding", "chunked")], Some("length-required")),
        ("too long", "POST", "/v1/code", &[("content-length", "65537")], Some("too-large")),
        ("as long as may be", "POST", "/v1/code", &[("content-length", "65536")], None),
        ("a negative length", "POST", "/v1/code", &[("content-length", "-1")], Some("length-required")),
        ("a websocket", "POST", "/v1/code", &[("upgrade", "websocket")], Some("malformed-request")),
        ("two hosts", "POST", "/v1/code", &[("host", OWN), ("host", OWN)], Some("malformed-request")),
        (
            "two origins",
            "POST",
            "/v1/code",
            &[("origin", "https://a.example"), ("origin", "https://a.example")],
            Some("malformed-request"),
        ),
        ("no token", "POST", "/v1/code", &[("authorization", "")], Some("no-token")),
        ("another scheme", "POST", "/v1/code", &[("authorization", "Basic Zm9vOmJhcg==")], Some("no-token")),
        ("an empty token", "POST", "/v1/code", &[("authorization", "Bearer ")], Some("no-token")),
        ("a page without an origin", "POST", "/v1/code", &[("origin", "null")], Some("foreign-origin")),
        ("pairing without a token", "POST", "/v1/pair", &[("authorization", "")], None),
        ("a page that pairs", "POST", "/v1/pair", &[("origin", "https://a.example")], Some("foreign-origin")),
    ] {
        let head = head(method, target, changes);
        assert_eq!(fault(&head, OWN).as_deref(), expected, "{case}");
    }
}

#[test]
fn a_preflight_is_for_what_a_page_needs_and_no_more() {
    let wanted = "authorization,content-type,fob-request";
    for (case, target, origin, method, headers, passes) in [
        ("good", "/v1/code", "https://a.example", "POST", wanted, true),
        ("fewer headers", "/v1/code", "https://a.example", "POST", "Content-Type", true),
        ("another header", "/v1/code", "https://a.example", "POST", "authorization,cookie", false),
        ("another method", "/v1/code", "https://a.example", "PUT", wanted, false),
        ("no origin", "/v1/code", "", "POST", wanted, false),
        ("an opaque one", "/v1/code", "null", "POST", wanted, false),
        ("to be paired", "/v1/pair", "https://a.example", "POST", wanted, false),
        ("to see a pairing's end", "/v1/pair/finish", "https://a.example", "POST", wanted, false),
    ] {
        let head = head(
            "OPTIONS",
            target,
            &[
                ("origin", origin),
                ("access-control-request-method", method),
                ("access-control-request-headers", headers),
                ("authorization", ""),
            ],
        );
        let judged = judge(&head, OWN.parse().unwrap());
        assert_eq!(matches!(judged, Ok(Wish::Preflight { .. })), passes, "{case}: {judged:?}");
        assert_eq!(judged.is_ok(), passes, "{case}");
    }
}

#[test]
fn what_a_wish_shows_of_itself_has_no_token_in_it() {
    let judged = judge(&head("POST", "/v1/code", &[]), OWN.parse().unwrap());
    let shown = format!("{judged:?}");
    assert!(shown.contains("Token(..)") && !shown.contains("fob1_"), "{shown}");
}

proptest! {
    /// Whatever stands in the headers: no panic, and nothing passes but for one of the two names of this door.
    #[test]
    fn nothing_passes_for_another_host(
        host in "[ -~]{0,40}|(127.0.0.1|localhost|\\[::1\\])(:9362)?.{0,3}",
        origin in "[ -~]{0,40}|null",
        kind in "[ -~]{0,40}",
        length in "[ -~]{0,20}",
        token in "[ -~]{0,90}",
    ) {
        let mut request = Request::builder().method("POST").uri("/v1/code");
        for (name, value) in [
            ("host", &host), ("origin", &origin), ("content-type", &kind), ("content-length", &length), ("authorization", &token),
        ] {
            if let Ok(value) = HeaderValue::from_str(value) {
                request = request.header(name, value);
            }
        }
        let head = request.body(()).unwrap().into_parts().0;
        let passed = judge(&head, OWN.parse().unwrap()).is_ok();
        prop_assert!(!passed || host == OWN || host == "localhost:9362");
    }
}
