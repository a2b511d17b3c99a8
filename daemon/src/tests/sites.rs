//! Which site gets the codes of which account.

use fob_bus::types::{AddOptions, CodeOptions};
use fob_bus::{CallError, ErrorKind, pipe};

use super::house::{House, Visit, piped, taken};

const SITE: &str = "https://id.example";

fn uri(issuer: &str, name: &str, secret: &str) -> String {
    format!("otpauth://totp/{issuer}:{name}?secret={secret}&issuer={issuer}")
}

async fn add(visit: &Visit, uri: &str, options: AddOptions) -> Result<String, CallError> {
    Ok(visit.otp().await.add(piped(uri).into(), options).await?.id)
}

fn bound_to(site: &str) -> AddOptions {
    AddOptions { site: Some(site.to_owned()), ..AddOptions::default() }
}

/// A code for a site; the pipe is looked at after a refusal too.
async fn code(visit: &Visit, query: &str, site: &str) -> Result<String, CallError> {
    let (reader, end) = pipe::awaiting().unwrap();
    let options = CodeOptions { site: Some(site.to_owned()), ..CodeOptions::default() };
    let outcome = visit.otp().await.code(query, options, end.into()).await;
    let given = taken(reader).await;
    assert_eq!(outcome.is_err(), given.is_empty(), "a refusal came with {given:?}");
    outcome.map(|_| given)
}

#[tokio::test]
async fn a_code_goes_to_the_very_site_that_the_account_is_bound_to() {
    let house = House::build();
    let visit = house.unlocked().await;
    let id = add(&visit, &uri("Example", "ada", "GEZDGNBVGY3TQOJQ"), bound_to(SITE)).await.unwrap();
    let free = add(&visit, &uri("GitHub", "ada", "JBSWY3DPEHPK3PXP"), AddOptions::default()).await.unwrap();
    for query in ["ada", "Example", "Example:ada", id.as_str()] {
        // "ada" alone would be two accounts; only one of them is for this site.
        assert_eq!(code(&visit, query, SITE).await.unwrap().len(), 6, "{query}");
    }
    for (query, site) in [
        ("GitHub:ada", SITE),
        (free.as_str(), SITE),
        ("GitHub", "https://github.example"),
        ("Example:ada", "https://id.example:8443"),
        ("Example:ada", "https://www.id.example"),
        ("Example:ada", "https://example"),
        ("Example:ada", "http://localhost"),
    ] {
        let refused = code(&visit, query, site).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Denied, "{query} {site}");
        assert!(refused.message.contains(&format!("bound to {site},")), "{}", refused.message);
    }
    // Written as the browser writes it, in ASCII, whoever asks.
    let refused = code(&visit, "ada", "https://g\u{131}thub.example").await.unwrap_err();
    assert!(refused.message.contains("bound to https://xn--"), "{}", refused.message);
    assert_eq!(code(&visit, "ada", "HTTPS://ID.example:443/").await.unwrap().len(), 6);
    for nonsense in ["", "null", "id.example", "http://id.example", "https://id.example/login"] {
        assert_eq!(code(&visit, "ada", nonsense).await.unwrap_err().kind, ErrorKind::InvalidInput, "{nonsense}");
    }
}

#[tokio::test]
async fn a_site_is_bound_by_the_accounts_id_and_let_go_again() {
    let house = House::build();
    let visit = house.unlocked().await;
    let id = add(&visit, &uri("Example", "ada", "GEZDGNBVGY3TQOJQ"), AddOptions::default()).await.unwrap();
    let otp = visit.otp().await;
    let refused = otp.bind("Example", "another id", SITE, true).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::InvalidInput);
    assert_eq!(code(&visit, "ada", SITE).await.unwrap_err().kind, ErrorKind::Denied);

    assert_eq!(otp.bind("Example", &id, SITE, true).await.unwrap().sites.unwrap(), [SITE]);
    assert_eq!(code(&visit, "ada", SITE).await.unwrap().len(), 6);
    assert_eq!(otp.list().await.unwrap()[0].sites.as_deref(), Some(&[SITE.to_owned()][..]));
    assert_eq!(otp.bind("Example", &id, SITE, false).await.unwrap().sites.unwrap(), [""; 0]);
    assert_eq!(code(&visit, "ada", SITE).await.unwrap_err().kind, ErrorKind::Denied);

    let stranger = house.stranger().await;
    assert_eq!(stranger.otp().await.bind("Example", &id, SITE, true).await.unwrap_err().kind, ErrorKind::Denied);
}

#[tokio::test]
async fn a_name_that_a_stranger_chose_must_not_pass_for_another_account() {
    let house = House::build();
    let visit = house.unlocked().await;
    add(&visit, &uri("GitHub", "ada", "GEZDGNBVGY3TQOJQ"), AddOptions::default()).await.unwrap();
    for twin in ["GitHub", "github", "Git%E2%80%8BHub"] {
        let options = AddOptions { unique: Some(true), ..bound_to(SITE) };
        let refused = add(&visit, &uri(twin, "ada", "JBSWY3DPEHPK3PXP"), options).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::InvalidInput, "{twin}");
        assert!(refused.message.contains("GitHub:ada"), "{}", refused.message);
    }
    assert_eq!(visit.otp().await.list().await.unwrap().len(), 1);
    // A person's own choice is only told.
    let otp = visit.otp().await;
    let added = otp.add(piped(&uri("GitHub", "ada", "JBSWY3DPEHPK3PXP")).into(), bound_to(SITE)).await.unwrap();
    assert_eq!(added.warnings.last().unwrap(), "another account has the same name");
}
