use fob_cbor::{Map, Value};

use super::*;
use crate::memory::tests::key;

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

/// The way of every entry into memory: from the body's bytes.
fn read(value: &Value) -> Result<Entry, Box<Unreadable>> {
    Found::of(&fob_cbor::encode(value)).unwrap().entry(&key())
}

/// The way out of memory.
fn reveal(value: &Value) -> Record {
    let memory = key();
    Found::of(&fob_cbor::encode(value)).unwrap().entry(&memory).unwrap().record(&memory)
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
        let entry = read(&value).unwrap();
        assert_eq!(entry.sites(), expected, "{value:?}");
        assert_eq!(reveal(&value).extras.sites, expected, "{value:?}");
        assert_eq!(entry.is_for("https://a.example"), !expected.is_empty());
        assert!(!entry.is_for("https://a.example:8443") && !entry.is_for("http://a.example"));
    }
}

#[test]
fn an_entry_is_read_as_the_format_has_it() {
    let record = reveal(&Value::Map(written()));
    assert_eq!((record.id, record.created, record.modified), (EntryId([7; 16]), UnixTime(1), UnixTime(2)));
    let account = &record.account;
    assert_eq!((account.issuer.as_str(), account.name.as_str()), ("Example", "ada"));
    assert_eq!((&account.algorithm, account.digits), (&Algorithm::Sha1, 6));
    assert_eq!((&account.kind, account.seed.expose()), (&Kind::Totp { period: 30 }, &b"12345678901234567890"[..]));
}

fn map(members: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::Map(members.into_iter().map(|(name, value)| (Value::from(name), value)).collect())
}

/// A Yandex entry with all that can be kept beside it, as docs/vault-format.md has it.
fn in_full() -> Value {
    let codes =
        vec![map([("code", Value::from("AAAA")), ("used", Value::from(7_u64))]), map([("code", Value::from("BBBB"))])];
    let event = [("time", Value::from(5_u64)), ("what", Value::from("changed")), ("issuer", Value::from("Old"))];
    let mut value = written();
    for (name, field) in [
        ("kind", Value::from("yandex")),
        ("algorithm", Value::from("SHA256")),
        ("pin", Value::from("5239")),
        ("note", Value::from("a note")),
        ("tags", site_list(&["work", "mail"])),
        ("favourite", Value::Bool(true)),
        ("icon", Value::from("yandex")),
        ("recovery_codes", Value::Array(codes)),
        ("resync", Value::Bool(true)),
        ("history", Value::Array(vec![map(event)])),
    ] {
        value.insert(name, field);
    }
    Value::Map(value)
}

#[test]
fn all_that_is_kept_beside_an_account_is_read() {
    let entry = reveal(&in_full());
    assert_eq!((entry.account.kind.name(), entry.account.kind.pin()), ("yandex", Some("5239")));
    let extras = &entry.extras;
    assert_eq!(extras.note.as_ref().unwrap().expose(), "a note");
    assert_eq!((extras.tags.as_slice(), extras.favourite), (&["work".to_owned(), "mail".to_owned()][..], true));
    assert_eq!((extras.icon.as_deref(), entry.resync), (Some("yandex"), true));
    let codes: Vec<_> = extras.recovery_codes.iter().map(|code| (code.code.expose(), code.used)).collect();
    assert_eq!(codes, [("AAAA", Some(UnixTime(7))), ("BBBB", None)]);
    let event = entry.events().next().unwrap();
    assert_eq!((event.time(), event.what(), event.issuer()), (UnixTime(5), "changed", Some("Old")));
    let copy = entry.duplicate();
    assert_eq!(*copy.to_bytes(), *entry.to_bytes());
    assert_eq!(differences(&entry, &copy), [""; 0]);
}

#[test]
fn what_is_shown_of_an_entry_is_what_it_is_and_no_secret() {
    let entry = read(&in_full()).unwrap();
    assert_eq!((entry.issuer.as_str(), entry.name.as_str(), entry.digits), ("Example", "ada", 6));
    assert_eq!((&entry.algorithm, &entry.kind), (&Algorithm::Sha256, &Kind::Yandex { period: 30, pin: None }));
    assert_eq!((entry.tags(), entry.icon()), (&["work".to_owned(), "mail".to_owned()][..], Some("yandex")));
    assert_eq!((entry.has_note, entry.has_pin, entry.favourite, entry.resync), (true, true, true, true));
    assert_eq!((entry.unused_codes, entry.used_codes), (1, 1));
    assert_eq!(entry.usable().unwrap_err().to_string(), "its secret has 20 bytes, Yandex' have 16 or 26");
    let plain = read(&Value::Map(written())).unwrap();
    assert_eq!((plain.has_note, plain.has_pin, plain.favourite, plain.resync), (false, false, false, false));
    assert_eq!((plain.unused_codes, plain.used_codes, plain.usable()), (0, 0, Ok(())));
}

#[test]
fn what_would_not_be_read_again_is_not_sealed() {
    let mut record = reveal(&Value::Map(written()));
    assert!(record.seal(&key()).is_some());
    record.account.kind = Kind::Other { name: "hotp".to_owned() };
    assert!(record.seal(&key()).is_none(), "it has no counter");
}

#[test]
fn every_difference_has_its_name() {
    fn text(text: &str) -> Option<fob_otp::SecretText> {
        Some(fob_otp::SecretText::new(text.to_owned()))
    }
    type Change = fn(&mut Record);
    let changes: [(&[&str], Change); 14] = [
        (&["issuer"], |entry| entry.account.issuer.push('x')),
        (&["name"], |entry| entry.account.name.push('x')),
        (&["secret"], |entry| entry.account.seed = fob_otp::Seed::new(b"other".to_vec())),
        (&["algorithm"], |entry| entry.account.algorithm = Algorithm::Md5),
        (&["digits"], |entry| entry.account.digits = 9),
        (&["period"], |entry| entry.account.kind = Kind::Yandex { period: 60, pin: text("5239") }),
        (&["pin"], |entry| entry.account.kind = Kind::Yandex { period: 30, pin: None }),
        (&["kind", "period", "counter", "pin"], |entry| entry.account.kind = Kind::Hotp { counter: 0 }),
        (&["note"], |entry| entry.extras.note = text("another")),
        (&["tags"], |entry| entry.extras.tags.clear()),
        (&["favourite"], |entry| entry.extras.favourite = false),
        (&["icon"], |entry| entry.extras.icon = None),
        (&["recovery_codes"], |entry| entry.extras.recovery_codes[1].used = Some(UnixTime(8))),
        (&["sites"], |entry| entry.extras.sites.push("https://id.example".to_owned())),
    ];
    let before = reveal(&in_full());
    for (expected, change) in changes {
        let mut after = before.duplicate();
        change(&mut after);
        assert_eq!(differences(&before, &after), expected);
    }
}

#[test]
fn what_is_written_is_what_was_read_with_the_fields_of_a_later_fob() {
    let nested = Value::Array(vec![Value::from("a"), Value::Map(written())]);
    for (case, value) in [
        ("nothing new", Value::Map(written())),
        ("all that can be", in_full()),
        ("a new field", with("colours", nested.clone())),
        ("tags that are not all text", with("tags", nested.clone())),
        ("a history that is none", with("history", nested)),
        ("an empty note, no tags, no favourite", {
            let mut map = written();
            map.insert("note", "");
            map.insert("tags", Vec::<Value>::new());
            map.insert("favourite", false);
            map.insert("recovery_codes", Vec::<Value>::new());
            Value::Map(map)
        }),
        ("a note of another type", with("note", 5_u64)),
        ("a PIN that the kind has not", with("pin", "1234")),
        (
            "recovery codes of a later fob",
            with("recovery_codes", vec![map([("code", Value::from("A")), ("of", Value::from("a later fob"))])]),
        ),
        ("a kind of a later fob", with("kind", "telepathy")),
        ("a kind in another case", with("kind", "TOTP")),
        ("an algorithm of a later fob", with("algorithm", "SHA3-256")),
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
        let memory = key();
        let entry = read(&value).unwrap_or_else(|odd| panic!("{case}: {}", odd.reason));
        assert_eq!(*memory.open(entry.whole()), bytes, "{case}");
        assert_eq!(*reveal(&value).to_bytes(), bytes, "{case}");
    }
}

#[test]
fn a_kind_or_an_algorithm_of_a_later_fob_is_an_account_without_codes() {
    for (value, reason) in [
        (with("kind", "telepathy"), "its kind is telepathy"),
        (with("kind", "TOTP"), "its kind is TOTP"),
        (with("algorithm", "SHA3-256"), "its algorithm is SHA3-256"),
        (with("digits", 0_u64), "its codes would have 0 digits, possible are 1 to 10"),
        (with("seed", []), "its secret is empty"),
    ] {
        assert_eq!(read(&value).unwrap().usable().unwrap_err().to_string(), reason);
        assert_eq!(reveal(&value).account.usable().unwrap_err().to_string(), reason);
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
        (without("period"), "it has no period"),
        (without("kind"), "it has no kind"),
        (with("kind", "hotp"), "it has no counter"),
        (with("digits", 256_u64), "its codes are too long"),
        (with("digits", -1_i64), "it has no digits"),
        (with("created", Value::Null), "it has no created"),
    ] {
        let odd = read(&value).map(|entry| entry.id).unwrap_err();
        assert_eq!(odd.reason, reason);
        assert_eq!(*key().open(&odd.whole), fob_cbor::encode(&value), "{reason}");
    }
    let odd = read(&without("seed")).unwrap_err();
    assert_eq!((odd.id, odd.issuer.as_str(), odd.name.as_str()), (Some(EntryId([7; 16])), "Example", "ada"));
}

#[test]
fn logs_see_neither_seed_nor_names() {
    let odd = read(&without("period")).unwrap_err();
    let entry = read(&Value::Map(written())).unwrap();
    for text in [format!("{entry:?}"), format!("{odd:?}"), format!("{:?}", reveal(&Value::Map(written())))] {
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
