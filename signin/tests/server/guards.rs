//! What no request gets past: other sites, sizes, nonsense; and the headers of every answer.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::json;

use crate::client::{ORIGIN, PASSWORD, Server};

fn form(path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

#[tokio::test]
async fn a_form_on_another_site_changes_nothing() {
    let server = Server::start().await;
    let session = server.register("ada").await;
    let cookie = format!("signin={session}");
    for evidence in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site"), ("origin", ORIGIN)],
        &[("origin", "http://evil.example")],
        &[("origin", "null")],
        &[("referer", "http://evil.example/")],
        &[],
    ] {
        let headers = [evidence, &[("cookie", cookie.as_str())]].concat();
        let answer = server.send(form("/sign-out", &headers, "")).await;
        assert_eq!(answer.status, 403, "{evidence:?}");
        assert!(answer.text.contains("from another site"), "{}", answer.text);
        let login = format!("username=ada&password={}", PASSWORD.replace(' ', "+"));
        let answer = server.send(form("/sign-in", evidence, &login)).await;
        assert_eq!(answer.status, 403, "nobody is signed in by force: {evidence:?}");
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    server.get_as(&session, "account").await.ok();
    let ours = [("origin", ORIGIN), ("cookie", &cookie)];
    assert_eq!(server.send(form("/sign-out", &ours, "")).await.status, 303);
    server.get_as(&session, "account").await.refused(401, "not-signed-in");
}

#[tokio::test]
async fn the_api_takes_the_cookie_from_its_own_pages_only() {
    let server = Server::start().await;
    let session = server.register("ada").await;
    let request = |headers: &[(&str, &str)]| {
        let mut request = Request::post("/api/v1/account/backup-codes")
            .header("content-type", "application/json")
            .header("cookie", format!("signin={session}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::from("{}")).unwrap()
    };
    server.send(request(&[])).await.refused(403, "cross-site");
    server.send(request(&[("origin", "http://evil.example")])).await.refused(403, "cross-site");
    server.send(request(&[("sec-fetch-site", "cross-site")])).await.refused(403, "cross-site");
    server.send(request(&[("sec-fetch-site", "same-origin")])).await.ok();
    let plain = Request::post("/api/v1/sign-in/passkey/options").header("content-type", "text/plain");
    server.send(plain.body(Body::from("{}")).unwrap()).await.refused(403, "cross-site");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let server = Server::start().await;
    for path in
        ["/sign-in", "/register", "/assets/signin.css", "/assets/signin.js", "/nothing", "/api/v1/server", "/api/v1/x"]
    {
        let answer = server.send(Request::get(path).body(Body::empty()).unwrap()).await;
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"));
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["referrer-policy"], "same-origin");
        let cache = if path.starts_with("/assets/") { "max-age=300" } else { "no-store" };
        assert_eq!(answer.headers["cache-control"], cache, "{path}");
    }
}

#[tokio::test]
async fn what_is_too_large_or_no_request_at_all_is_refused_by_name() {
    let server = Server::start().await;
    let json_request = |body: String| {
        let request = Request::post("/api/v1/sign-in/password").header("content-type", "application/json");
        request.body(Body::from(body)).unwrap()
    };
    let large = json!({ "username": "x".repeat(70_000), "password": "y" }).to_string();
    server.send(json_request(large)).await.refused(413, "too-large");
    for nonsense in ["", "{", "[]", "null", "\u{0}", "{\"username\":1,\"password\":\"geheim\"}"] {
        let answer = server.send(json_request(nonsense.to_owned())).await;
        answer.refused(400, "invalid-request");
        assert!(!answer.text.contains("geheim"), "no value of a request comes back: {}", answer.text);
    }
    let detail = server.post("sign-in/password", json!({ "username": "ada" })).await.refused(400, "invalid-request");
    assert!(detail.contains("\"password\" is missing"), "{detail}");
    let deep = format!("{{\"transaction\":\"x\",\"credential\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let request = Request::post("/api/v1/sign-in/passkey").header("content-type", "application/json");
    server.send(request.body(Body::from(deep)).unwrap()).await.refused(400, "invalid-request");

    let other = Request::post("/api/v1/sign-in/password").header("content-type", "text/plain").header("origin", ORIGIN);
    server.send(other.body(Body::from("{}")).unwrap()).await.refused(415, "unsupported-media-type");
    server.call(Method::GET, "no-such-thing", None, None).await.refused(404, "not-found");
    server.call(Method::GET, "sign-in/password", None, None).await.refused(405, "method-not-allowed");
}

#[tokio::test]
async fn a_storm_of_sign_ins_is_turned_away_at_once() {
    let server = Server::start().await;
    server.register("ada").await;
    let names: Vec<String> = (0..400).map(|n| format!("stranger{n}")).collect();
    let storm = names.iter().map(|name| server.password(name, "a guess"));
    let answers = crate::passwords::futures_of(storm).await;
    let busy = answers.iter().find(|answer| answer.status == 503).expect("the queue is bounded");
    busy.refused(503, "busy");
    assert_eq!(busy.headers["retry-after"], "2");
    assert!(answers.iter().any(|answer| answer.status == 403), "some are served");
    server.password("ada", PASSWORD).await.ok();
}

#[tokio::test]
async fn the_server_says_who_it_is() {
    let server = Server::start().await;
    let answer = server.call(Method::GET, "server", None, None).await.ok().json();
    let expected = json!({
        "name": "Example ID", "origin": ORIGIN, "rp_id": "localhost", "version": env!("CARGO_PKG_VERSION"),
        "time": "2026-11-23T09:30:00Z",
    });
    assert_eq!(answer, expected);
}
