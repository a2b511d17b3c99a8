use proptest::prelude::*;

use super::*;

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY";

fn record(uri: &str) -> Record {
    read(uri).unwrap().record
}

#[test]
fn the_kinds_of_other_programs_are_read() {
    for (uri, kind, digits, period, algorithm) in [
        ("otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ", "totp", 6, Some(30), HashName::Sha1),
        ("otpauth://TOTP/a?secret=GEZDGNBVGY3TQOJQ&algorithm=MD5", "totp", 6, Some(30), HashName::Md5),
        ("otpauth://steam/a?secret=GEZDGNBVGY3TQOJQ&digits=6", "steam", 5, Some(30), HashName::Sha1),
        ("otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ&encoder=steam", "steam", 5, Some(30), HashName::Sha1),
        ("steam://GEZDGNBVGY3TQOJQ", "steam", 5, Some(30), HashName::Sha1),
        ("motp://A:b?secret=0123456789abcdef", "motp", 6, Some(10), HashName::Md5),
        ("otpauth://yaotp/a?secret=GEZDGNBVGY3TQOJQ&pin=GEZDGNA", "yandex", 8, Some(30), HashName::Sha256),
        ("otpauth://hotp/a?secret=GEZDGNBVGY3TQOJQ&algorithm=sha384&counter=7", "hotp", 6, None, HashName::Sha384),
    ] {
        let record = record(uri);
        assert_eq!(record.kind.name(), kind, "{uri}");
        assert_eq!((record.digits, record.kind.period(), &record.algorithm), (digits, period, &algorithm), "{uri}");
    }
    assert_eq!(record("otpauth://yaotp/a?secret=GEZDGNBVGY3TQOJQ&pin=GEZDGNA").kind.pin(), Some("1234"));
}

/// The parameter as Ente writes it, decoded: `{"pinned":true,…,"tags":["work"],"note":"n"}`.
#[test]
fn ente_says_more_beside_the_uri() {
    let display = "%7B%22pinned%22%3Atrue%2C%22trashed%22%3Afalse%2C%22lastUsedAt%22%3A0%2C%22tapCount%22%3A0%2C\
                   %22tags%22%3A%5B%22work%22%5D%2C%22note%22%3A%22n%22%7D";
    let record = record(&format!("otpauth://totp/a?secret={SECRET}&codeDisplay={display}"));
    assert!(record.favourite);
    assert_eq!((record.tags, record.notes), (vec!["work".to_owned()], "n".to_owned()));
    let trashed = display.replacen("false", "true", 1);
    assert!(read(&format!("otpauth://totp/a?secret={SECRET}&codeDisplay={trashed}")).unwrap().trashed);
}

#[test]
fn a_counter_that_is_missing_is_told() {
    assert_eq!(read(&format!("otpauth://hotp/a?secret={SECRET}")).unwrap().lost, Some(Lost::Counter));
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>(), query in "[a-zA-Z%&=#+0-9{}\"]{0,80}") {
        for scheme in ["otpauth://", "otpauth://steam/", "otpauth://yaotp/a?secret=GEZDGNBVGY3TQOJQ&", "motp://", "steam://"] {
            let _ = read(&format!("{scheme}{text}"));
            let _ = read(&format!("{scheme}?{query}"));
        }
        let _ = keeotp(&text);
    }
}
