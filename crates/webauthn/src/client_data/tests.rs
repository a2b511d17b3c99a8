use super::*;
use crate::{Origin, vectors};

fn caller(origin: &str, top_origin: Option<&str>) -> Caller {
    let origin = Origin::parse(origin).unwrap();
    match top_origin {
        Some(top_origin) => Caller::cross_origin(origin, Origin::parse(top_origin).unwrap()),
        None => Caller::same_origin(origin),
    }
}

#[test]
fn client_data_is_that_of_the_standard() {
    for (name, part, ceremony) in [
        ("none_es256", "authentication", Ceremony::Get),
        ("none_es256_top_origin", "registration", Ceremony::Create),
        ("packed_rs256", "registration", Ceremony::Create),
        ("packed_eddsa", "authentication", Ceremony::Get),
    ] {
        let vector = vectors::standard(name, part);
        let caller = caller("https://example.org", vector.find("top_origin"));
        let client_data = ClientData::new(ceremony, &vector.bytes("challenge"), &caller);
        assert_eq!(client_data.json(), vector.bytes("client_data_json"), "{name}");
    }
}

/// §5.8.1.2: a verifier compares up to the last known member and takes `,` or `}` after it.
#[test]
fn members_of_a_newer_edition_would_follow_ours() {
    let vector = vectors::standard("none_es256", "registration");
    let client_data =
        ClientData::new(Ceremony::Create, &vector.bytes("challenge"), &caller("https://example.org", None));
    let known = client_data.json().strip_suffix(b"}").unwrap();
    assert_eq!(vector.bytes("client_data_json")[..=known.len()], [known, b","].concat());
}

#[test]
fn another_client_makes_the_same_bytes_and_hash() {
    let vectors = vectors::client_data();
    assert_eq!(vectors.len(), 18);
    for vector in vectors {
        let ceremony = if vector.text("ceremony") == "create" { Ceremony::Create } else { Ceremony::Get };
        let caller = caller(vector.text("origin"), vector.find("top_origin"));
        let client_data = ClientData::new(ceremony, &vector.bytes("challenge"), &caller);
        assert_eq!(std::str::from_utf8(client_data.json()).unwrap(), vector.text("json"));
        assert_eq!(*client_data.hash(), vector.array("sha256"));
    }
}

/// The rules of CCDToString (§5.8.1.1), one by one.
#[test]
fn strings_are_escaped_as_the_standard_says() {
    for (text, expected) in [
        ("", r#""""#),
        ("plain", r#""plain""#),
        ("\"\\", r#""\"\\""#),
        ("\0\t\n\u{1f}", r#""\u0000\u0009\u000a\u001f""#),
        ("/\u{7f}ß😀", "\"/\u{7f}ß😀\""),
    ] {
        let mut json = String::new();
        push_string(&mut json, text);
        assert_eq!(json, expected);
    }
}
