use super::*;

/// A TOTP entry as docs/vault-format.md has it.
fn written() -> Map {
    let mut map = Map::new();
    map.insert("id", [7; 16]);
    map.insert("created", 1_u64);
    map.insert("modified", 2_u64);
    map.insert("issuer", "Example");
    map.insert("name", "ada");
    map.insert("digits", 6_u64);
    map.insert("algorithm", "SHA1");
    map.insert("kind", "totp");
    map.insert("period", 30_u64);
    map.insert("seed", b"12345678901234567890");
    map
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut map = written();
    map.insert(name, value);
    Value::Map(map)
}

fn without(name: &str) -> Value {
    let mut map = written();
    map.remove(&Value::from(name));
    Value::Map(map)
}

fn site_list(sites: &[&str]) -> Value {
    Value::Array(sites.iter().map(|site| Value::from(*site)).collect())
}

#[test]
fn only_a_list_of_texts_binds_an_entry_to_sites() {
    for (value, expected) in [
        (Value::Map(written()), &[][..]),
        (with("sites", site_list(&[])), &[]),
        (with("sites", "https://id.example"), &[]),
        (with("sites", Value::Array(vec![Value::from("https://a.example"), Value::Null])), &[]),
        (
            with("sites", site_list(&["https://a.example", "https://b.example"])),
            &["https://a.example", "https://b.example"],
        ),
    ] {
        let entry = Entry::from_value(value.clone()).unwrap();
        assert_eq!(entry.sites, expected, "{value:?}");
        assert_eq!(entry.is_for("https://a.example"), !expected.is_empty());
        assert!(!entry.is_for("https://a.example:8443") && !entry.is_for("http://a.example"));
    }
}

#[test]
fn an_entry_is_read_as_the_format_has_it() {
    let entry = Entry::from_value(Value::Map(written())).unwrap();
    assert_eq!((entry.id, entry.created, entry.modified), (EntryId([7; 16]), UnixTime(1), UnixTime(2)));
    let account = &entry.account;
    assert_eq!((account.issuer.as_str(), account.name.as_str()), ("Example", "ada"));
    assert_eq!((account.algorithm, account.digits), (Algorithm::Sha1, 6));
    assert_eq!((account.kind, account.seed.expose()), (Kind::Totp { period: 30 }, &b"12345678901234567890"[..]));
}

#[test]
fn what_is_written_is_what_was_read_with_the_fields_of_a_later_fob() {
    let nested = Value::Array(vec![Value::from("a"), Value::Map(written())]);
    for (case, value) in [
        ("nothing new", Value::Map(written())),
        ("a new field", with("tags", nested)),
        ("a field of another kind", with("counter", 5_u64)),
        ("sites", with("sites", site_list(&["https://id.example", "http://localhost:8080"]))),
        ("no sites", with("sites", Value::Array(Vec::new()))),
        ("sites of another type", with("sites", "https://id.example")),
        (
            "sites that are not all text",
            with("sites", Value::Array(vec![Value::from("https://a"), Value::from(5_u64)])),
        ),
        ("a seed of no bytes", with("seed", [])),
        ("codes that cannot be", with("digits", 255_u64)),
        ("a period that cannot be", with("period", 0_u64)),
    ] {
        let bytes = fob_cbor::encode(&value);
        let entry = Entry::from_value(value).unwrap_or_else(|odd| panic!("{case}: {}", odd.reason));
        assert_eq!(*entry.to_bytes(), bytes, "{case}");
    }
}

#[test]
fn what_is_no_account_is_kept_whole_with_the_reason() {
    for (value, reason) in [
        (Value::from("an entry"), "it is no map"),
        (without("id"), "it has no id"),
        (with("id", [7; 15]), "it has no id"),
        (without("issuer"), "it has no issuer"),
        (with("name", 5_u64), "it has no name"),
        (without("seed"), "it has no seed"),
        (with("seed", "GEZDGNBV"), "it has no seed"),
        (with("kind", "steam"), "its kind is steam"),
        (without("period"), "it has no period"),
        (with("kind", "hotp"), "it has no counter"),
        (with("algorithm", "SHA3-256"), "its algorithm is SHA3-256"),
        (with("digits", 256_u64), "its codes are too long"),
        (with("digits", -1_i64), "it has no digits"),
        (with("created", Value::Null), "it has no created"),
    ] {
        let odd = Entry::from_value(value.clone()).map(|entry| entry.id).unwrap_err();
        assert_eq!(odd.reason, reason);
        assert_eq!(odd.value.0, value, "{reason}");
    }
    let odd = Entry::from_value(with("kind", "steam")).unwrap_err();
    assert_eq!((odd.id, odd.issuer.as_str(), odd.name.as_str()), (Some(EntryId([7; 16])), "Example", "ada"));
}

#[test]
fn logs_see_neither_seed_nor_names() {
    let odd = Entry::from_value(with("kind", "steam")).unwrap_err();
    let entry = Entry::from_value(Value::Map(written())).unwrap();
    for text in [format!("{entry:?}"), format!("{odd:?}")] {
        assert!(!text.contains("1234") && !text.contains("\"ada\"") && !text.contains("Example"), "{text}");
    }
}

#[test]
fn an_id_is_written_as_it_is_read() {
    let text = "00112233445566778899aabbccddeeff";
    assert_eq!(text.parse::<EntryId>().unwrap().to_string(), text);
    assert_eq!(text.to_uppercase().parse::<EntryId>().unwrap().to_string(), text);
    for odd in ["", "0011", "g0112233445566778899aabbccddeeff", "00112233445566778899aabbccddeeff00"] {
        assert_eq!(odd.parse::<EntryId>(), Err(EntryIdError), "{odd}");
    }
}
