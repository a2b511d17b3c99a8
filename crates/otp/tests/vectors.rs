//! The standards' own test vectors, and other programs' exports.

use fob_ambient::UnixTime;
use fob_otp::{Account, Algorithm, Kind, Seed};
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
    let vectors: Totp = toml::from_str(include_str!("../../../tests/vectors/rfc6238.toml")).unwrap();
    assert_eq!(vectors.codes.len(), 18);
    for TotpCode { time, algorithm, code } in &vectors.codes {
        let kind = Kind::Totp { period: vectors.period };
        let account = account(&vectors.seeds[algorithm], algorithm, vectors.digits, kind);
        assert_eq!(account.totp(UnixTime(*time)).unwrap().code.expose(), code, "{algorithm} at {time}");
    }
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

    use fob_otp::{UriError, read_list};
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
        let (period, counter) = match account.kind {
            Kind::Totp { period } => (Some(period), None),
            Kind::Hotp { counter } => (None, Some(counter)),
        };
        Entry {
            kind: account.kind.name().to_owned(),
            issuer: account.issuer.clone(),
            account: account.name.clone(),
            secret: account.seed.to_base32().to_string(),
            algorithm: account.algorithm.name().to_owned(),
            digits: account.digits,
            period,
            counter,
        }
    }

    #[test]
    fn every_totp_and_hotp_account_comes_out_and_steam_is_named() {
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

    fn check(list: &[u8], expected: Vec<Entry>) {
        let (mut taken, mut steam) = (Vec::new(), 0);
        for line in read_list(list).expect("an export is a list") {
            match line.outcome {
                Ok(parsed) => taken.push(entry(&parsed.account)),
                Err(UriError::NotYet("Steam")) => steam += 1,
                Err(error) => panic!("line {}: {error}", line.number),
            }
        }
        let (theirs_steam, mut theirs): (Vec<_>, Vec<_>) =
            expected.into_iter().partition(|entry| entry.kind == "steam");
        taken.sort();
        theirs.sort();
        assert_eq!(taken, theirs);
        assert_eq!(steam, theirs_steam.len());
    }

    fn read(path: &Path) -> Vec<u8> {
        std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}
