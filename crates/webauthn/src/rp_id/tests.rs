use super::*;
use RpIdError::{Address, NoDomain, NotCanonical, NotRelated, PublicSuffix, Reserved, SingleLabel};

fn claim(host: &str, claimed: Option<&str>) -> Result<String, RpIdError> {
    let origin = Origin::parse(&format!("https://{host}")).unwrap();
    RpId::claim(&origin, claimed).map(|id| id.0)
}

/// The table under "is a registrable domain suffix of or is equal to" (HTML §7.1.1.2), row for row. Rows that HTML
/// accepts and we do not are the stricter rules of this module.
#[test]
fn the_table_of_the_html_standard_holds() {
    for (claimed, host, expected) in [
        ("0.0.0.0", "0.0.0.0", Err(Address)),
        ("0x10203", "0.1.2.3", Err(Address)),
        ("[0::1]", "[::1]", Err(Address)),
        ("example.com", "example.com", Ok("example.com")),
        ("example.com", "example.com.", Err(NoDomain)),
        ("example.com.", "example.com", Err(NotRelated)),
        ("example.com", "www.example.com", Ok("example.com")),
        ("com", "example.com", Err(PublicSuffix)),
        ("example", "example", Err(SingleLabel)),
        ("compute.amazonaws.com", "example.compute.amazonaws.com", Err(PublicSuffix)),
        ("example.compute.amazonaws.com", "www.example.compute.amazonaws.com", Err(PublicSuffix)),
        ("amazonaws.com", "www.example.compute.amazonaws.com", Err(PublicSuffix)),
        ("amazonaws.com", "test.amazonaws.com", Ok("amazonaws.com")),
    ] {
        assert_eq!(claim(host, Some(claimed)), expected.map(str::to_owned), "{claimed} for {host}");
    }
}

/// WebAuthn Level 3 §4, "RP ID": with the origin https://login.example.com:1337, login.example.com and example.com
/// are valid, m.login.example.com and com are not.
#[test]
fn the_example_of_the_webauthn_standard_holds() {
    for (claimed, expected) in [
        ("login.example.com", Ok("login.example.com")),
        ("example.com", Ok("example.com")),
        ("m.login.example.com", Err(NotRelated)),
        ("com", Err(PublicSuffix)),
    ] {
        assert_eq!(claim("login.example.com:1337", Some(claimed)), expected.map(str::to_owned), "{claimed}");
    }
}

#[test]
fn without_a_claim_the_host_is_the_rp_id() {
    assert_eq!(claim("login.example.com:8443", None).unwrap(), "login.example.com");
    assert_eq!(claim("localhost:8443", None).unwrap(), "localhost");
    assert_eq!(claim("127.0.0.1", None), Err(Address));
    assert_eq!(claim("intranet", None), Err(SingleLabel));
}

#[test]
fn names_are_compared_by_labels_and_as_they_are_written() {
    for (case, claimed, host, expected) in [
        ("an end that is no label", "ample.com", "example.com", Err(NotRelated)),
        ("a sibling", "b.example.com", "a.example.com", Err(NotRelated)),
        ("upper case", "Example.com", "www.example.com", Err(NotCanonical)),
        ("Unicode", "bücher.example", "www.xn--bcher-kva.example", Err(NotCanonical)),
        ("its ASCII", "xn--bcher-kva.example", "www.xn--bcher-kva.example", Ok("xn--bcher-kva.example")),
        ("an IDN public suffix", "xn--55qx5d.cn", "www.xn--55qx5d.cn", Err(PublicSuffix)),
        ("two labels of public suffix", "co.uk", "example.co.uk", Err(PublicSuffix)),
        ("a private public suffix", "github.io", "someone.github.io", Err(PublicSuffix)),
        ("below a private public suffix", "someone.github.io", "www.someone.github.io", Ok("someone.github.io")),
        ("unknown end: its last label is public", "internal", "host.internal", Err(PublicSuffix)),
        ("unknown end, two labels", "host.internal", "www.host.internal", Ok("host.internal")),
        ("localhost from below", "localhost", "app.localhost", Err(PublicSuffix)),
        ("empty", "", "example.com", Err(NoDomain)),
        ("an origin", "https://example.com", "example.com", Err(NoDomain)),
        ("with a port", "example.com:443", "example.com", Err(NoDomain)),
        ("an address", "127.0.0.1", "example.com", Err(Address)),
    ] {
        assert_eq!(claim(host, Some(claimed)), expected.map(str::to_owned), "{case}");
    }
}

#[test]
fn nobody_speaks_for_the_vault() {
    for (case, host, claimed) in [
        ("its own host", "vault.fob.invalid", None),
        ("its own host, said aloud", "vault.fob.invalid", Some("vault.fob.invalid")),
        ("from below", "x.vault.fob.invalid", Some("vault.fob.invalid")),
        ("from elsewhere", "example.com", Some("vault.fob.invalid")),
        ("in upper case", "x.vault.fob.invalid", Some("VAULT.fob.invalid")),
        ("in full width", "x.vault.fob.invalid", Some("ｖault.fob.invalid")),
    ] {
        assert_eq!(claim(host, claimed), Err(Reserved), "{case}");
    }
}
