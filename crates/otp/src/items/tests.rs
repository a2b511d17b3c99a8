use proptest::prelude::*;

use super::*;
use crate::{Algorithm, Kind, Seed};

const NOW: UnixTime = UnixTime(1_800_000_000);

fn read(json: &str) -> Vec<Result<Item, String>> {
    let items = read_json(json.as_bytes(), NOW).unwrap();
    let numbers: Vec<_> = items.iter().map(|item| item.number).collect();
    assert_eq!(numbers, (1..=items.len()).collect::<Vec<_>>());
    items.into_iter().map(|item| item.outcome.map(|(item, _)| item).map_err(|error| error.to_string())).collect()
}

fn one(json: &str) -> Item {
    read(&format!("[{json}]")).pop().unwrap().unwrap_or_else(|error| panic!("{json}: {error}"))
}

/// An object as docs/import.md shows it.
#[test]
fn an_item_is_read_as_it_is_described() {
    let item = one(r#"{"type": "yandex", "issuer": "Yandex", "account": "ada", "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY",
            "algorithm": "SHA256", "digits": 8, "period": 30, "pin": "5239", "notes": "two\nlines",
            "tags": ["work", " mail ", "", "work"], "favourite": true, "icon": "yandex",
            "recovery_codes": ["AAAA", "BBBB"], "used_recovery_codes": ["CCCC"], "sites": ["https://id.example"],
            "of a later fob": {"nested": [1, 2.5, null]}}"#);
    let Item { account, extras } = item;
    assert_eq!((account.issuer.as_str(), account.name.as_str()), ("Yandex", "ada"));
    assert_eq!((account.kind.name(), account.kind.period(), account.kind.pin()), ("yandex", Some(30), Some("5239")));
    assert_eq!((account.algorithm, account.digits), (Algorithm::Sha256, 8));
    assert_eq!(extras.note.unwrap().expose(), "two\nlines");
    assert_eq!((extras.tags, extras.favourite), (vec!["work".to_owned(), "mail".to_owned()], true));
    assert_eq!((extras.icon.as_deref(), extras.sites), (Some("yandex"), vec!["https://id.example".to_owned()]));
    let codes: Vec<_> = extras.recovery_codes.iter().map(|code| (code.code.expose(), code.used)).collect();
    assert_eq!(codes, [("CCCC", Some(NOW)), ("AAAA", None), ("BBBB", None)]);
}

#[test]
fn what_is_not_said_is_as_usual() {
    for (json, kind, digits, algorithm) in [
        (r#"{"secret": "MZXW6YTB"}"#, Kind::Totp { period: 30 }, 6, Algorithm::Sha1),
        (r#"{"type": "hotp", "secret": "MZXW6YTB"}"#, Kind::Hotp { counter: 0 }, 6, Algorithm::Sha1),
        (r#"{"type": "steam", "secret": "MZXW6YTB"}"#, Kind::Steam { period: 30 }, 5, Algorithm::Sha1),
        (r#"{"type": "motp", "secret": "MZXW6YTB"}"#, Kind::Motp { period: 10, pin: None }, 6, Algorithm::Md5),
        (r#"{"type": "ocra", "secret": "MZXW6YTB"}"#, Kind::Other { name: "ocra".to_owned() }, 6, Algorithm::Sha1),
        (
            r#"{"secret": "MZXW6YTB", "algorithm": "GOST", "digits": null}"#,
            Kind::Totp { period: 30 },
            6,
            Algorithm::Other("GOST".to_owned()),
        ),
    ] {
        let account = one(json).account;
        assert_eq!((account.kind, account.digits, account.algorithm), (kind, digits, algorithm), "{json}");
    }
}

#[test]
fn one_odd_item_keeps_no_other_out() {
    let long = "x".repeat(MAX_NAME + 1);
    let odd = [
        ("5", "it is no object"),
        (r#"["secret"]"#, "it is no object"),
        (r#""secret""#, "it is no object"),
        ("null", "it is no object"),
        ("{}", "it has no secret"),
        (r#"{"secret": 5}"#, "its secret makes no sense"),
        (r#"{"secret": ""}"#, "the secret is empty"),
        (r#"{"secret": "MZXW0"}"#, "the secret has a character that Base32 has not, at position 5"),
        (r#"{"secret": "MZXW6YTB", "digits": 256}"#, "its number of digits makes no sense"),
        (r#"{"secret": "MZXW6YTB", "digits": -1}"#, "its number of digits makes no sense"),
        (r#"{"secret": "MZXW6YTB", "period": 1.5}"#, "its period makes no sense"),
        (r#"{"secret": "MZXW6YTB", "tags": ["a", 5]}"#, "its list of tags makes no sense"),
        (r#"{"secret": "MZXW6YTB", "tags": "a"}"#, "its list of tags makes no sense"),
        (r#"{"secret": "MZXW6YTB", "favourite": "yes"}"#, "its favourite makes no sense"),
        (r#"{"secret": "MZXW6YTB", "issuer": {"a": 1}}"#, "its issuer makes no sense"),
        (&format!(r#"{{"secret": "MZXW6YTB", "issuer": "{long}"}}"#), "its issuer is longer than 1024 bytes"),
    ];
    let good = r#"{"secret": "MZXW6YTB", "account": "good"}"#;
    for (json, reason) in odd {
        let mut items = read(&format!("[{json}, {good}]")).into_iter();
        assert_eq!(items.next().unwrap().map(|_| ()), Err(reason.to_owned()), "{json}");
        assert_eq!(items.next().unwrap().unwrap().account.name, "good", "{json}");
    }
}

#[test]
fn what_is_no_list_is_refused_as_a_whole() {
    for json in ["", "{}", "[", "[{}", "[{}] x", r#"[{"secret": "MZXW6YTB"}"#, "\u{feff}[]", "[{\"a\":]"] {
        assert!(matches!(read_json(json.as_bytes(), NOW), Err(JsonError::Damaged { .. })), "{json}");
    }
    let many = |count| format!("[{}]", vec!["0"; count].join(","));
    assert_eq!(read_json(many(MAX_ITEMS).as_bytes(), NOW).map(|items| items.len()), Ok(MAX_ITEMS));
    assert_eq!(read_json(many(MAX_ITEMS + 1).as_bytes(), NOW).map(|items| items.len()), Err(JsonError::TooMany));
    let deep = format!("[{{\"a\": {}}}]", "[".repeat(100_000));
    assert!(matches!(read_json(deep.as_bytes(), NOW), Err(JsonError::Damaged { line: 1, .. })));
}

#[test]
fn what_a_vault_has_no_room_for_is_named() {
    let code = || RecoveryCode { code: SecretText::new("a".to_owned()), used: None };
    let text = |length: usize| "x".repeat(length);
    let extras = Extras::default;
    for (extras, expected) in [
        (extras(), None),
        (Extras { note: Some(SecretText::new(text(MAX_NOTE))), ..extras() }, None),
        (
            Extras { note: Some(SecretText::new(text(MAX_NOTE + 1))), ..extras() },
            Some("its note is longer than 16384 bytes"),
        ),
        (Extras { icon: Some(text(129)), ..extras() }, Some("its icon is longer than 128 bytes")),
        (Extras { tags: vec![text(1); 33], ..extras() }, Some("it has more than 32 tags")),
        (Extras { tags: vec![text(257)], ..extras() }, Some("its tag is longer than 256 bytes")),
        (Extras { sites: vec![text(1); 101], ..extras() }, Some("it has more than 100 sites")),
        (
            Extras { recovery_codes: std::iter::repeat_with(code).take(101).collect(), ..extras() },
            Some("it has more than 100 recovery codes"),
        ),
    ] {
        let said = extras.fits().err().map(|error| error.to_string());
        assert_eq!(said.as_deref(), expected);
    }
}

#[test]
fn recovery_codes_stand_on_lines_of_their_own() {
    let codes = recovery_codes("  AAAA BBBB \r\n\n CCCC\n");
    let codes: Vec<_> = codes.iter().map(|code| code.code.expose()).collect();
    assert_eq!(codes, ["AAAA BBBB", "CCCC"]);
}

#[test]
fn logs_see_no_secret() {
    let item =
        one(r#"{"secret": "MZXW6YTB", "notes": "hush", "recovery_codes": ["AAAA"], "type": "motp", "pin": "1234"}"#);
    let text = format!("{item:?}");
    for secret in ["hush", "AAAA", "1234", "fooba"] {
        assert!(!text.contains(secret), "{text}");
    }
}

fn any_item() -> impl Strategy<Value = Item> {
    let text = || "[^\\s]{0,6}";
    let account = (text(), text(), proptest::collection::vec(any::<u8>(), 1..40), any::<u8>(), any::<u64>(), 0..5);
    let extras = (
        proptest::option::of(".{1,8}"),
        proptest::collection::vec("[a-z]{1,4}", 0..3),
        any::<bool>(),
        proptest::option::of("[a-z]{1,4}"),
        proptest::collection::vec(("[A-Z0-9\"\\\\]{1,8}", any::<bool>()), 0..4),
    );
    (account, extras).prop_map(|((issuer, name, seed, digits, number, which), (note, tags, favourite, icon, codes))| {
        let pin = Some(SecretText::new("0815".to_owned()));
        let kind = match which {
            0 => Kind::Totp { period: number },
            1 => Kind::Hotp { counter: number },
            2 => Kind::Steam { period: number },
            3 => Kind::Motp { period: number, pin },
            _ => Kind::Yandex { period: number, pin },
        };
        let seed = Seed::new(seed);
        let account = Account { issuer, name, seed, algorithm: Algorithm::Sha512, digits, kind };
        let code =
            |(code, used): (String, bool)| RecoveryCode { code: SecretText::new(code), used: used.then_some(NOW) };
        let extras = Extras {
            note: note.map(SecretText::new),
            tags: clean_tags(tags),
            favourite,
            icon,
            recovery_codes: codes.into_iter().map(code).collect(),
            sites: Vec::new(),
        };
        Item { account, extras }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(items in proptest::collection::vec(any_item(), 0..4)) {
        let written = write_json(items.iter().map(|item| (&item.account, &item.extras)));
        prop_assert_eq!(written.capacity(), written.len(), "the buffer never grew");
        let again = read_json(&written, NOW).unwrap();
        prop_assert_eq!(again.len(), items.len());
        for (item, again) in items.iter().zip(again) {
            let (again, _) = again.outcome.unwrap();
            prop_assert!(again.account.gives_the_codes_of(&item.account) && again.account.kind == item.account.kind);
            prop_assert_eq!(&again.account.issuer, &item.account.issuer);
            prop_assert_eq!(&again.account.name, &item.account.name);
            let (left, right) = (&item.extras, &again.extras);
            prop_assert_eq!((&left.tags, left.favourite, &left.icon), (&right.tags, right.favourite, &right.icon));
            prop_assert_eq!(left.note.as_ref().map(SecretText::expose), right.note.as_ref().map(SecretText::expose));
            let codes = |extras: &Extras| {
                let mut codes: Vec<_> =
                    extras.recovery_codes.iter().map(|code| (code.used, code.code.expose().to_owned())).collect();
                // Used ones come first; among themselves both keep their order.
                codes.sort_by_key(|(used, _)| used.is_none());
                codes
            };
            prop_assert_eq!(codes(left), codes(right));
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>(), members in "(\"(secret|tags|type|pin)\":(1|\"a\"|\\[\\]|null),?){0,4}") {
        let _ = read_json(text.as_bytes(), NOW);
        let _ = read_json(format!("[{{{members}}}]").as_bytes(), NOW);
    }
}
