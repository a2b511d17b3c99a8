//! The pages without a browser: cookies, redirects, and text from outside.

use axum::body::Body;
use axum::http::Request;

use crate::client::{Answer, ORIGIN, PASSWORD, Server};

async fn submit(server: &Server, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    let body = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&");
    let request = Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", ORIGIN)
        .header("cookie", cookie);
    server.send(request.body(Body::from(body)).unwrap()).await
}

async fn page(server: &Server, path: &str, cookie: &str) -> Answer {
    server.send(Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap()).await
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// `name=value` of the cookie that an answer sets.
fn cookie(answer: &Answer, name: &str) -> String {
    let mut set = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let found = set.find(|value| value.starts_with(&format!("{name}="))).unwrap_or_else(|| panic!("{answer:?}"));
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(found.contains(attribute), "{found}");
    }
    found.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_way_through_the_forms_needs_cookies_only() {
    let server = Server::start().await;
    let registered = submit(&server, "/register", "", &[("username", "ada"), ("password", PASSWORD)]).await;
    assert_eq!(registered.headers["location"], "/account?done=registered");
    let session = cookie(&registered, "signin");
    let account = page(&server, "/account?done=registered", &session).await;
    assert!(account.text.contains("Hello, ada"));
    let token = session.split_once('=').unwrap().1;
    let secret = server.enrol_totp(token).await;

    let step = submit(&server, "/sign-in", "", &[("username", "ada"), ("password", PASSWORD)]).await;
    assert_eq!(step.headers["location"], "/sign-in/second-factor");
    let waiting = cookie(&step, "signin-step");
    assert!(page(&server, "/sign-in/second-factor", &waiting).await.text.contains("id=\"totp-form\""));
    assert_eq!(page(&server, "/sign-in/second-factor", "").await.headers["location"], "/sign-in");
    let refused = submit(&server, "/sign-in/totp", &waiting, &[("code", &server.code(&secret, 0))]).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("role=\"alert\">That code was used before"), "{}", refused.text);
    let done = submit(&server, "/sign-in/totp", &waiting, &[("code", &server.code(&secret, 30))]).await;
    assert_eq!(done.headers["location"], "/account");
    cookie(&done, "signin");
    let late = submit(&server, "/sign-in/totp", &waiting, &[("code", "000000")]).await;
    assert_eq!(late.status, 410);
    assert!(late.text.contains("Start again"));
}

#[tokio::test]
async fn signing_in_again_replaces_the_session_of_the_browser() {
    let server = Server::start().await;
    let old = server.register("ada").await;
    server.clock.advance(601);
    let session = format!("signin={old}");
    let account = page(&server, "/account", &session).await;
    assert!(account.text.contains("id=\"stale\""));
    assert!(!account.text.contains("id=\"add-totp\""), "no button that would be refused");
    let refused = submit(&server, "/account/totp/new", &session, &[]).await;
    assert_eq!(refused.headers["location"], "/sign-in?again=yes");
    let form = page(&server, "/sign-in?again=yes", &session).await;
    assert!(form.text.contains("value=\"ada\""));
    let again = submit(&server, "/sign-in", &session, &[("username", "ada"), ("password", PASSWORD)]).await;
    assert_ne!(cookie(&again, "signin"), session);
    server.get_as(&old, "account").await.refused(401, "not-signed-in");
}

#[tokio::test]
async fn text_from_outside_stays_text() {
    let server = Server::start().await;
    let nasty = "\"><script>alert(1)</script>";
    let answer = submit(&server, "/sign-in", "", &[("username", nasty), ("password", "a guess")]).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text.contains("alert(1)") && !answer.text.contains("<script>"), "{}", answer.text);
    let path = "/problems/%3Cscript%3E";
    assert_eq!(page(&server, path, "").await.status, 404);
    let unknown = page(&server, "/account?done=%3Cb%3Eyou+won%3C%2Fb%3E", "").await;
    assert_eq!(unknown.headers["location"], "/sign-in");
    let known = page(&server, "/problems/locked-out", "").await;
    assert!(known.text.contains("locked out") && known.text.contains("too many wrong tries"), "{}", known.text);
}

#[tokio::test]
async fn over_https_cookies_are_secure_and_bound_to_the_host() {
    let origin = "https://localhost:8443";
    let server = Server::at(origin).await;
    let body = format!("username=ada&password={}", encoded(PASSWORD));
    let request = Request::post("/register")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", origin)
        .body(Body::from(body))
        .unwrap();
    let answer = server.send(request).await;
    let set = answer.headers["set-cookie"].to_str().unwrap();
    assert!(set.starts_with("__Host-signin=") && set.contains("; Secure"), "{set}");
    assert!(!set.contains("Domain"), "{set}");
    assert_eq!(answer.headers["strict-transport-security"], "max-age=31536000");
    let account = page(&server, "/account", &cookie(&answer, "__Host-signin")).await;
    assert!(account.text.contains("Hello, ada"));
}
