use proptest::prelude::*;

use super::*;
use crate::Unusable;

const SECRET: &str = "JBSWY3DPEHPK3PXP";

fn read(uri: &str) -> Account {
    Account::from_uri(uri).unwrap_or_else(|error| panic!("{uri}: {error}")).account
}

fn refused(uri: &str) -> UriError {
    match Account::from_uri(uri) {
        Ok(parsed) => panic!("{uri} was taken: {:?}", parsed.account),
        Err(error) => error,
    }
}

#[test]
fn issuer_and_name_are_found_wherever_sites_put_them() {
    for (case, label_and_issuer, expected) in [
        ("as described", "Example:ada?issuer=Example", ("Example", "ada")),
        ("no parameter", "Example:ada?", ("Example", "ada")),
        ("an empty parameter", "Example:ada?issuer=", ("Example", "ada")),
        ("no issuer in the label", "ada?issuer=Example", ("Example", "ada")),
        ("no issuer at all", "ada?", ("", "ada")),
        ("another one in the label: the parameter wins", "Old:ada?issuer=New", ("New", "ada")),
        ("an escaped colon", "Example%3Aada?issuer=Example", ("Example", "ada")),
        ("a space after the colon", "Example:%20ada@example.com?", ("Example", "ada@example.com")),
        ("further colons", "a:b:c?", ("a", "b:c")),
        ("an issuer with a colon", "a%3Ab:c?issuer=a:b", ("a:b", "c")),
        ("a name that repeats the issuer", "A:A:b?issuer=A", ("A", "A:b")),
        ("nothing", "?", ("", "")),
        ("nothing but an issuer", "?issuer=Example", ("Example", "")),
        ("nothing but an issuer in the label", "Example:?", ("Example", "")),
        ("a colon and a name", ":ada?", ("", "ada")),
        ("a plus in the label is a plus", "Example:ada+otp@example.com?", ("Example", "ada+otp@example.com")),
        ("a plus in a parameter is a space", "ada?issuer=Air+Canada", ("Air Canada", "ada")),
        ("an escaped plus in a parameter", "ada?issuer=A%2BB", ("A+B", "ada")),
        ("escapes in UTF-8", "B%C3%BCro:%F0%9F%90%99?", ("Büro", "🐙")),
        ("no escapes where there should be", "Büro AG:a b?", ("Büro AG", "a b")),
        ("bytes that are no text", "%FF:a?", ("\u{fffd}", "a")),
        ("a percent sign of its own", "100%:5%z%?", ("100%", "5%z%")),
        ("a slash in the label", "a/b:c/d?", ("a/b", "c/d")),
        ("two slashes before the label", "/Example:ada?", ("Example", "ada")),
        ("a hash in the label", "C#:ada?", ("C#", "ada")),
    ] {
        let account = read(&format!("otpauth://totp/{label_and_issuer}&secret={SECRET}"));
        assert_eq!((account.issuer.as_str(), account.name.as_str()), expected, "{case}");
    }
}

#[test]
fn a_uri_is_read_however_it_is_dressed() {
    for (case, uri) in [
        ("type and scheme in capitals", format!("OTPAUTH://TOTP/ada?secret={SECRET}")),
        ("Apple's scheme", format!("apple-otpauth://totp/ada?secret={SECRET}")),
        ("spaces and line end around", format!("  otpauth://totp/ada?secret={SECRET}\r\n")),
        ("a byte order mark", format!("\u{feff}otpauth://totp/ada?secret={SECRET}")),
        ("parameters in capitals", format!("otpauth://totp/ada?SECRET={SECRET}&DIGITS=6&Algorithm=sha1")),
        ("empty parameters", format!("otpauth://totp/ada?secret={SECRET}&digits=&period=&algorithm=&issuer")),
        ("unknown parameters", format!("otpauth://totp/ada?image=https%3A%2F%2Fx&secret={SECRET}&lock=&x=y=z&&")),
        ("a second secret", format!("otpauth://totp/ada?secret={SECRET}&secret=MZXW6YTB")),
        ("a fragment", format!("otpauth://totp/ada?secret={SECRET}#secret=MZXW6YTB")),
        ("spaces around numbers", format!("otpauth://totp/ada?secret={SECRET}&digits=+6+&period=%2030")),
        ("a counter that is of no use", format!("otpauth://totp/ada?secret={SECRET}&counter=nonsense")),
        ("no slash before the parameters", format!("otpauth://totp/ada?secret={}", "jbsw%20y3dp+ehpk-3pxp====")),
        ("an odd algorithm's name", format!("otpauth://totp/ada?secret={SECRET}&algorithm=HMAC-SHA1")),
    ] {
        let account = read(&uri);
        assert_eq!(account.seed.to_base32().as_str(), SECRET, "{case}");
        assert_eq!((&account.algorithm, account.digits), (&Algorithm::Sha1, 6), "{case}");
        assert_eq!((account.kind, account.name.as_str()), (Kind::Totp { period: 30 }, "ada"), "{case}");
    }
    assert_eq!(read(&format!("otpauth://totp?secret={SECRET}")).name, "");
}

#[test]
fn numbers_and_algorithms_are_taken_over() {
    let account = read(&format!("otpauth://totp/a?secret={SECRET}&algorithm=sha-512&digits=8&period=60"));
    assert_eq!((account.algorithm, account.digits), (Algorithm::Sha512, 8));
    assert_eq!(account.kind, Kind::Totp { period: 60 });
    let account = read(&format!("otpauth://hotp/a?secret={SECRET}&counter=18446744073709551615&period=x"));
    assert_eq!(account.kind, Kind::Hotp { counter: u64::MAX });
}

/// Forms of Aegis (`motp://`, `yaotp`, PINs in Base32), KeePassXC (`encoder`) and Bitwarden (`steam://`).
#[test]
fn the_kinds_of_other_programs_are_read() {
    let motp = |pin: Option<&str>| Kind::Motp { period: 10, pin: pin.map(|pin| SecretText::new(pin.to_owned())) };
    let yandex = |period, pin: &str| Kind::Yandex { period, pin: Some(SecretText::new(pin.to_owned())) };
    let steam = |period| Kind::Steam { period };
    for (uri, kind, digits, algorithm) in [
        ("otpauth://steam/a?secret=GEZDGNBV&digits=6&algorithm=SHA256", steam(30), 5, Algorithm::Sha1),
        ("otpauth://STEAM/a?secret=GEZDGNBV&period=60", steam(60), 5, Algorithm::Sha1),
        ("otpauth://totp/a?secret=GEZDGNBV&encoder=steam", steam(30), 5, Algorithm::Sha1),
        ("steam://GEZDGNBV", steam(30), 5, Algorithm::Sha1),
        ("STEAM://gezd%20gnbv/", steam(30), 5, Algorithm::Sha1),
        ("motp://A:b?secret=3132333435", motp(None), 6, Algorithm::Md5),
        ("motp://A:b?secret=3132333435&pin=GEZDGNA", motp(Some("1234")), 6, Algorithm::Md5),
        ("otpauth://motp/A:b?secret=GEZDGNBV&pin=1234", motp(Some("1234")), 6, Algorithm::Md5),
        ("otpauth://yaotp/A:b?secret=GEZDGNBV&pin=GUZDGOI", yandex(30, "5239"), 8, Algorithm::Sha256),
        ("otpauth://yandex/A:b?secret=GEZDGNBV&pin=secret", yandex(30, "secret"), 8, Algorithm::Sha256),
        ("otpauth://totp/a?secret=GEZDGNBV&algorithm=sha224", Kind::Totp { period: 30 }, 6, Algorithm::Sha224),
        ("otpauth://hotp/a?secret=GEZDGNBV&algorithm=MD5&counter=1", Kind::Hotp { counter: 1 }, 6, Algorithm::Md5),
    ] {
        let account = read(uri);
        assert_eq!(account.seed.expose(), b"12345", "{uri}");
        assert_eq!((account.kind, account.digits, account.algorithm), (kind, digits, algorithm), "{uri}");
    }
    assert_eq!(read("steam://GEZDGNBV").issuer, "Steam");
    let motp = read("motp://A%3A:b%20c?secret=3132333435");
    assert_eq!((motp.issuer.as_str(), motp.name.as_str()), ("A", ":b c"));
}

#[test]
fn odd_accounts_are_kept_with_a_warning() {
    let unusable = |reason| vec![Warning::GivesNoCode(reason)];
    for (case, rest, expected) in [
        ("80 bits", "totp/a?secret=JBSWY3DPEHPK3PXP", vec![Warning::ShortSeed { bits: 80 }]),
        ("128 bits", "totp/a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY", vec![]),
        ("no digits", "totp/a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY&digits=0", unusable(Unusable::Digits(0))),
        ("eleven digits", "totp/a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY&digits=11", unusable(Unusable::Digits(11))),
        ("no period", "totp/a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY&period=0", unusable(Unusable::PeriodZero)),
        ("five digits", "totp/a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY&digits=5", vec![Warning::UnusualDigits(5)]),
        ("more than a day", "totp/a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY&period=86401", vec![Warning::LongPeriod(86401)]),
        ("no counter", "hotp/a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY", vec![Warning::CounterMissing]),
        (
            "an algorithm that nobody knows",
            "totp/a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY&algorithm=GOST",
            unusable(Unusable::Algorithm("GOST".to_owned())),
        ),
        ("Yandex without its PIN", "yaotp/a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY", unusable(Unusable::PinMissing)),
        ("Steam with a short seed", "steam/a?secret=JBSWY3DPEHPK3PXP", vec![]),
        (
            "several",
            "hotp/a?secret=MZXW6YTB&digits=10",
            vec![Warning::ShortSeed { bits: 40 }, Warning::UnusualDigits(10), Warning::CounterMissing],
        ),
    ] {
        assert_eq!(Account::from_uri(&format!("otpauth://{rest}")).unwrap().warnings, expected, "{case}");
    }
}

#[test]
fn nonsense_is_refused_in_one_sentence() {
    for (uri, expected) in [
        ("", "this is no otpauth:// URI"),
        ("JBSWY3DPEHPK3PXP", "this is no otpauth:// URI"),
        ("https://example.com/?secret=JBSWY3DPEHPK3PXP", "this is no otpauth:// URI"),
        ("otpauth:/totp/a?secret=JBSWY3DPEHPK3PXP", "this is no otpauth:// URI"),
        (
            "otpauth-migration://offline?data=CjEKCkhello",
            "this is an export of Google Authenticator (otpauth-migration://), not the URI of one account",
        ),
        ("steam://", "the secret is empty"),
        ("steam://JBSWY3DPEHPK3PX0", "the secret has a character that Base32 has not, at position 16"),
        ("motp://a:b", "the URI has no secret parameter"),
        ("motp://a:b?secret=", "the secret is empty"),
        ("motp://a:b?secret=JBSWY3DP", "the secret is no hexadecimal text"),
        ("motp://a:b?secret=0123456789abcde", "the secret is no hexadecimal text"),
        ("otpauth://", "the URI's type is none of totp, hotp, steam, motp and yaotp"),
        ("otpauth:///a?secret=JBSWY3DPEHPK3PXP", "the URI's type is none of totp, hotp, steam, motp and yaotp"),
        ("otpauth://xotp/a?secret=JBSWY3DPEHPK3PXP", "the URI's type is none of totp, hotp, steam, motp and yaotp"),
        ("otpauth://totp/a", "the URI has no secret parameter"),
        ("otpauth://totp/a?issuer=b", "the URI has no secret parameter"),
        ("otpauth://totp/a?secret=", "the secret is empty"),
        ("otpauth://totp/a?secret", "the secret is empty"),
        ("otpauth://totp/a?secret=JBSWY3DPEHPK3PXP9", "the secret has a character that Base32 has not, at position 17"),
        (
            "otpauth://totp/a?secret=JBSWY3DPEHPK3PXPA",
            "the secret has 17 letters, which no Base32 text has: one is missing or too many",
        ),
        (
            "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&digits=six",
            "the digits parameter is no whole number from 0 to 255",
        ),
        (
            "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&digits=256",
            "the digits parameter is no whole number from 0 to 255",
        ),
        (
            "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&digits=%2B6",
            "the digits parameter is no whole number from 0 to 255",
        ),
        (
            "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&period=-30",
            "the period parameter is no whole number from 0 to 18446744073709551615",
        ),
        (
            "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&period=30.0",
            "the period parameter is no whole number from 0 to 18446744073709551615",
        ),
        (
            "otpauth://hotp/a?secret=JBSWY3DPEHPK3PXP&counter=18446744073709551616",
            "the counter parameter is no whole number from 0 to 18446744073709551615",
        ),
    ] {
        assert_eq!(refused(uri).to_string(), expected, "{uri}");
    }
    assert_eq!(refused(&format!("otpauth://totp/{}?secret={SECRET}", "a".repeat(MAX_URI))), UriError::TooLong);
}

/// Another program's export, as `uri-list` programs write it.
#[test]
fn the_written_form_is_the_common_one() {
    for uri in [
        "otpauth://totp/Deno:Mason?secret=4SJHB4GSD43FZBAI7C2HLRJGPQ&issuer=Deno&algorithm=SHA1&digits=6&period=30",
        "otpauth://hotp/WWE:Mason?secret=5VAML3X35THCEBVRLV24CGBKOY&issuer=WWE&algorithm=SHA512&digits=8&counter=10300",
        "otpauth://totp/Air%20Canada:ada%40example.com?secret=KUVJJOM753IHTNDSZVCNKL7GII&issuer=Air%20Canada\
         &algorithm=SHA256&digits=7&period=20",
        "otpauth://totp/ada?secret=MZXW6YTB&algorithm=SHA1&digits=6&period=30",
        "otpauth://totp/:a%3Ab?secret=MZXW6YTB&algorithm=SHA1&digits=6&period=30",
        "otpauth://steam/Steam:ada?secret=MZXW6YTB&issuer=Steam&algorithm=SHA1&digits=5&period=30",
        "otpauth://yaotp/Yandex:ada?secret=MZXW6YTB&issuer=Yandex&algorithm=SHA256&digits=8&period=30&pin=GUZDGOI",
        "motp://Door:ada?secret=e3152afee62599c8",
        "motp://:ada?secret=e3152afee62599c8",
    ] {
        assert_eq!(read(uri).to_uri().as_str(), uri);
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>(), query in "[a-z%&=#+0-9A-F]{0,80}") {
        let _ = Account::from_uri(&text);
        let _ = Account::from_uri(&format!("otpauth://totp/{text}?secret={SECRET}&{query}"));
        let _ = Account::from_uri(&format!("otpauth://hotp/a?{text}"));
    }

    /// The seed of a refused URI is a person's second factor all the same.
    #[test]
    fn no_error_repeats_the_secret(
        secret in "[A-Z2-7]{16,40}",
        rest in "(&(digits|period|algorithm|counter|issuer)=[a-zA-Z0-9 %]{0,12}){0,4}[0189!]?",
    ) {
        for uri in [format!("otpauth://totp/a?secret={secret}{rest}"), format!("otpauth://xotp/a?secret={secret}"), secret.clone()] {
            if let Err(error) = Account::from_uri(&uri) {
                let shown = format!("{error} {error:?}");
                prop_assert!(!shown.contains(&secret), "{}", shown);
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again(
        issuer in "[^\\s]{0,3}([^\\s].{0,8}[^\\s])?",
        name in "([^\\s].{0,8}[^\\s])?",
        seed in proptest::collection::vec(any::<u8>(), 1..64),
        digits: u8,
        number: u64,
        which in 0..5,
    ) {
        let pin = Some(SecretText::new("0815".to_owned()));
        let kind = match which {
            0 => Kind::Totp { period: number },
            1 => Kind::Hotp { counter: number },
            2 => Kind::Steam { period: number },
            3 => Kind::Motp { period: Kind::MOTP_PERIOD, pin: None },
            _ => Kind::Yandex { period: number, pin },
        };
        let free = !matches!(kind, Kind::Steam { .. } | Kind::Motp { .. });
        let account = Account {
            issuer: issuer.trim().to_owned(),
            name: name.trim().to_owned(),
            seed: Seed::new(seed),
            algorithm: if free { Algorithm::Sha384 } else { kind.usual_algorithm() },
            digits: if free { digits } else { kind.usual_digits() },
            kind,
        };
        prop_assert_eq!(account.lost_in_uri(), [""; 0]);
        let again = read(&account.to_uri());
        // A motp:// URI has no parameter for the issuer: a colon in it is taken for its end.
        if !matches!(account.kind, Kind::Motp { .. }) {
            prop_assert_eq!(&again.issuer, &account.issuer);
            prop_assert_eq!(&again.name, &account.name);
        }
        prop_assert_eq!(again.seed.expose(), account.seed.expose());
        prop_assert_eq!((&again.algorithm, again.digits), (&account.algorithm, account.digits));
        prop_assert_eq!(again.kind, account.kind);
    }
}
