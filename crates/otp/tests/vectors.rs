//! The standards' own test vectors, and other programs' exports.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests are tests")]

use fob_ambient::UnixTime;
use fob_otp::{Account, Algorithm, Kind, SecretText, Seed};
use serde::Deserialize;

#[derive(Deserialize)]
struct Hotp {
    seed: String,
    digits: u8,
    codes: Vec<String>,
}

#[derive(Deserialize)]
struct Totp {
    period: u64,
    digits: u8,
    seeds: std::collections::BTreeMap<String, String>,
    codes: Vec<TotpCode>,
}

#[derive(Deserialize)]
struct TotpCode {
    time: u64,
    algorithm: String,
    code: String,
}

fn account(seed: &str, algorithm: &str, digits: u8, kind: Kind) -> Account {
    Account {
        issuer: String::new(),
        name: String::new(),
        seed: Seed::new(seed.as_bytes().to_vec()),
        algorithm: Algorithm::from_name(algorithm).expect("the vectors name SHA-1, SHA-256 and SHA-512"),
        digits,
        kind,
    }
}

#[test]
fn counters_give_the_codes_of_rfc_4226() {
    let vectors: Hotp = toml::from_str(include_str!("../../../tests/vectors/rfc4226.toml")).unwrap();
    let account = account(&vectors.seed, "SHA1", vectors.digits, Kind::Hotp { counter: 0 });
    assert_eq!(vectors.codes.len(), 10);
    for (counter, expected) in (0..).zip(&vectors.codes) {
        assert_eq!(account.hotp(counter).unwrap().expose(), expected, "counter {counter}");
    }
}

#[test]
fn times_give_the_codes_of_rfc_6238() {
    check_totp(include_str!("../../../tests/vectors/rfc6238.toml"), 18);
}

fn check_totp(vectors: &str, count: usize) {
    let vectors: Totp = toml::from_str(vectors).unwrap();
    assert_eq!(vectors.codes.len(), count);
    for TotpCode { time, algorithm, code } in &vectors.codes {
        let kind = Kind::Totp { period: vectors.period };
        let account = account(&vectors.seeds[algorithm], algorithm, vectors.digits, kind);
        assert_eq!(account.totp(UnixTime(*time)).unwrap().code.expose(), code, "{algorithm} at {time}");
    }
}

#[test]
fn sha_224_and_sha_384_give_the_codes_of_pyotp() {
    check_totp(include_str!("../../../tests/vectors/totp-sha224-sha384.toml"), 12);
}

#[test]
fn md5_gives_the_codes_of_speakeasy() {
    check_totp(include_str!("../../../tests/vectors/totp-md5.toml"), 8);
}

#[derive(Deserialize)]
struct Steam {
    seed: String,
    period: u64,
    letters: u8,
    codes: Vec<PinCode>,
}

#[derive(Deserialize)]
struct Pinned {
    period: u64,
    #[serde(alias = "letters")]
    digits: u8,
    codes: Vec<PinCode>,
}

#[derive(Deserialize)]
struct PinCode {
    time: u64,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    pin: String,
    code: String,
}

#[test]
fn steam_gives_the_codes_of_pyotp() {
    let vectors: Steam = toml::from_str(include_str!("../../../tests/vectors/steam.toml")).unwrap();
    assert_eq!(vectors.codes.len(), 7);
    let account = account(&vectors.seed, "SHA1", vectors.letters, Kind::Steam { period: vectors.period });
    for PinCode { time, code, .. } in &vectors.codes {
        assert_eq!(account.totp(UnixTime(*time)).unwrap().code.expose(), code, "at {time}");
    }
}

fn check_pinned(vectors: &str, count: usize, make: impl Fn(&PinCode, u64) -> (Kind, Seed)) {
    let vectors: Pinned = toml::from_str(vectors).unwrap();
    assert_eq!(vectors.codes.len(), count);
    for vector in &vectors.codes {
        let (kind, seed) = make(vector, vectors.period);
        let account = Account {
            issuer: String::new(),
            name: String::new(),
            seed,
            algorithm: kind.usual_algorithm(),
            digits: vectors.digits,
            kind,
        };
        let given = account.totp(UnixTime(vector.time)).unwrap();
        assert_eq!(given.code.expose(), vector.code, "at {}", vector.time);
        assert!((given.valid_from.0..given.valid_until.0).contains(&vector.time));
    }
}

#[test]
fn mobile_otp_gives_the_codes_of_aegis() {
    check_pinned(include_str!("../../../tests/vectors/motp.toml"), 6, |vector, period| {
        let pin = Some(SecretText::new(vector.pin.clone()));
        let seed = data_encoding::HEXLOWER.decode(vector.secret.as_bytes()).unwrap();
        (Kind::Motp { period, pin }, Seed::new(seed))
    });
}

#[test]
fn yandex_gives_the_codes_of_aegis() {
    check_pinned(include_str!("../../../tests/vectors/yandex.toml"), 5, |vector, period| {
        let pin = Some(SecretText::new(vector.pin.clone()));
        (Kind::Yandex { period, pin }, Seed::from_base32(&vector.secret).unwrap())
    });
}

/// Ten digits are beyond the RFCs; oathtool stops at eight. The expected value is RFC 4226's own table of truncated
/// values in decimal (appendix D), zeros in front.
#[test]
fn ten_digits_are_the_decimal_column_of_rfc_4226() {
    let truncated = [1_284_755_224_u32, 1_094_287_082, 137_359_152, 1_726_969_429, 1_640_338_314];
    let seed = "12345678901234567890";
    let counted = account(seed, "SHA1", 10, Kind::Hotp { counter: 0 });
    let timed = account(seed, "SHA1", 10, Kind::Totp { period: 30 });
    for (counter, expected) in (0..).zip(truncated) {
        let expected = format!("{expected:010}");
        assert_eq!(counted.hotp(counter).unwrap().expose(), expected);
        assert_eq!(timed.totp(UnixTime(counter * 30 + 29)).unwrap().code.expose(), expected);
    }
}

mod exports {
    //! Lists that other programs wrote, read from the folder that `FOB_SAMPLES` names.

    use std::path::{Path, PathBuf};

    use fob_otp::read_list;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Expected {
        samples: Vec<Sample>,
    }

    #[derive(Deserialize)]
    struct Sample {
        format: String,
        file: Option<String>,
        #[serde(default)]
        entries: Vec<Entry>,
    }

    #[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
    struct Entry {
        #[serde(rename = "type")]
        kind: String,
        issuer: String,
        account: String,
        secret: String,
        algorithm: String,
        digits: u8,
        period: Option<u64>,
        counter: Option<u64>,
    }

    fn entry(account: &Account) -> Entry {
        Entry {
            kind: account.kind.name().to_owned(),
            issuer: account.issuer.clone(),
            account: account.name.clone(),
            secret: account.seed.to_base32().to_string(),
            algorithm: account.algorithm.name().to_owned(),
            digits: account.digits,
            period: account.kind.period(),
            counter: account.kind.counter(),
        }
    }

    #[test]
    fn every_account_comes_out() {
        let Some(folder) = std::env::var_os("FOB_SAMPLES").map(PathBuf::from) else {
            eprintln!("skipped: FOB_SAMPLES names no folder");
            return;
        };
        let folder = folder.join("otp");
        let expected: Expected = serde_json::from_slice(&read(&folder.join("expected.json"))).unwrap();
        let mut seen = 0;
        for sample in expected.samples {
            let (true, Some(file)) = (["uri-list", "ente-plain"].contains(&sample.format.as_str()), &sample.file)
            else {
                continue;
            };
            check(&read(&folder.join(file)), sample.entries);
            seen += 1;
        }
        assert_eq!(seen, 2, "both lists are there");
    }

    fn check(list: &[u8], mut expected: Vec<Entry>) {
        let lines = read_list(list).expect("an export is a list").into_iter();
        let mut taken: Vec<_> = lines
            .map(|line| match line.outcome {
                Ok(parsed) => entry(&parsed.account),
                Err(error) => panic!("line {}: {error}", line.number),
            })
            .collect();
        taken.sort();
        expected.sort();
        assert_eq!(taken, expected);
    }

    fn read(path: &Path) -> Vec<u8> {
        std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}
