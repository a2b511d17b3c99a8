//! Files that are made to eat time or memory: each gets an error, within a second and 64 MiB.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests are tests")]

use std::path::PathBuf;
use std::time::Duration;

mod peak;

use fob_exchange::{Format, ImportError, MAX_ENTRIES, MAX_FILE, Password, import};

/// Of the processor's time, which a busy machine does not stretch. Optimised, a second is the promise.
const LIMIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 1 });
/// In bytes, the file itself included.
const MOST_MEMORY: usize = 64 * 1024 * 1024;

fn data(name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)).unwrap()
}

/// A file of ours with one text in it replaced.
fn altered(name: &str, from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(data(name)).unwrap();
    assert!(text.contains(from), "{name} has {from}");
    text.replacen(from, to, 1).into_bytes()
}

/// As much of a repeated text as a file may have, between two others.
fn filled(start: &str, repeated: &str, end: &str) -> Vec<u8> {
    let count = (MAX_FILE - start.len() - end.len()) / repeated.len();
    [start, &repeated.repeat(count), end].concat().into_bytes()
}

/// What this thread has used so far.
fn processor_time() -> Duration {
    rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime).try_into().unwrap()
}

/// Reads a file and gives the error, after a look at the clock and at the peak of memory beyond the file itself.
fn measured(case: &str, bytes: &[u8], format: Option<Format>, password: Option<&Password>) -> ImportError {
    let start = processor_time();
    let (result, grown) = peak::of(|| import(bytes, None, format, password).map(|report| report.records.len()));
    let took = processor_time().saturating_sub(start);
    println!("{case}: {took:?}, {} KiB", grown / 1024);
    assert!(took < LIMIT, "{case}: {took:?}");
    assert!(grown + bytes.len() <= MOST_MEMORY, "{case}: {} KiB", grown / 1024);
    result.expect_err(case)
}

/// One test for all of them: memory is counted for the whole process.
#[test]
fn hostile_files_get_an_error_within_bounds() {
    let password = Password::new(b"correct horse".to_vec());
    let read = |case: &str, bytes: &[u8]| measured(case, bytes, None, Some(&password));
    lists_and_depths(&read);
    costs(&read);
    archives(&read);
    databases(&read);
    let large = vec![b'a'; MAX_FILE + 1];
    assert_eq!(read("a large file", &large), ImportError::TooLarge);
    let large = measured("a large file of a kind", &large, Some(Format::Aegis), None);
    assert_eq!(large, ImportError::TooLarge);
}

fn lists_and_depths(read: &dyn Fn(&str, &[u8]) -> ImportError) {
    for (case, bytes, expected) in [
        ("brackets", filled("", "[", ""), ImportError::TooDeep),
        ("objects in a known file", filled(r#"{"header":"#, r#"{"a":"#, ""), ImportError::TooDeep),
        ("elements", filled("<map>", "<a>", ""), ImportError::TooDeep),
        ("empty entries", filled(r#"{"schemaVersion":4,"services":["#, "{},", "{}]}"), ImportError::TooManyEntries),
        (
            "lists in entries",
            filled(r#"[{"secret":"","label":"","tags":["#, "\"\",", "\"\"]}]"),
            ImportError::TooManyEntries,
        ),
        (
            "many short lists",
            filled(r#"[{"secret":"","label":"""#, &format!(r#"}},{{"tags":[{}""]"#, "\"\",".repeat(300)), "}]"),
            ImportError::TooManyEntries,
        ),
        ("preferences", filled("<map>", "<string></string>", "</map>"), ImportError::TooManyEntries),
        ("lines", filled("otpauth://\n", "a\n", ""), ImportError::TooManyEntries),
        ("rows", filled("login_totp\n", "a\n", ""), ImportError::TooManyEntries),
        (
            "rows of a page",
            filled("<html><th>UUID</th>", &format!("<tr>{}</tr>", "<td></td>".repeat(12)), ""),
            ImportError::TooManyEntries,
        ),
        (
            "a message of nothing",
            filled("otpauth-migration://offline?data=", "CgA", "\n"),
            ImportError::Damaged {
                format: Format::GoogleMigration,
                reason: "a line is no otpauth-migration:// URI".into(),
            },
        ),
        (
            "many messages of nothing",
            filled("", &format!("otpauth-migration://offline?data={}\n", "CgAK".repeat(5000)), ""),
            ImportError::Damaged {
                format: Format::GoogleMigration,
                reason: "the message in the URI is cut short".into(),
            },
        ),
        ("vaults", filled(r#"{"version":1,"vaults":{"#, r#""":{},"#, r#""":{}}}"#), ImportError::TooManyEntries),
        (
            "items without end",
            filled(
                r#"{"version":1,"vaults":{"#,
                &format!(r#""":{{"items":[{}{{}}]}},"#, "{},".repeat(20_000)),
                r#""":{}}}"#,
            ),
            ImportError::TooManyEntries,
        ),
        ("UTF-16", b"\xff\xfeo\0".to_vec(), ImportError::Utf16),
    ] {
        match read(case, &bytes) {
            // Two of the texts are damaged before they are long.
            ImportError::Damaged { .. } if case == "many short lists" => {}
            error => assert_eq!(error, expected, "{case}"),
        }
    }
    let nothing = [
        ("noughts where nobody looks", filled(r#"{"x":["#, "0,", "0]}")),
        ("a row of commas", filled(&format!("login_totp\n{}", "a\n".repeat(MAX_ENTRIES)), ",", "\n")),
        ("attributes", filled("<map><string ", "a='' ", "/></map>")),
        ("open quotes", filled("{", "\"a\\\"", "")),
        ("an entity that doubles", b"<!DOCTYPE a [<!ENTITY b 'bb'>]><map><string>&b;</string></map>".to_vec()),
        ("spaces", filled("", " ", "")),
        ("zeros", vec![0; MAX_FILE]),
        ("Base64", filled("", "AAAA", "")),
    ];
    for (case, bytes) in &nothing {
        read(case, bytes);
    }
}

fn costs(read: &dyn Fn(&str, &[u8]) -> ImportError) {
    for (case, bytes) in [
        ("scrypt", altered("aegis-encrypted.json", "\"n\": 32768", "\"n\": 1099511627776")),
        ("scrypt's blocks", altered("aegis-encrypted.json", "\"r\": 8", "\"r\": 4294967295")),
        ("scrypt's lanes", altered("aegis-encrypted.json", "\"p\": 1", "\"p\": 1073741823")),
        ("Argon2's memory", altered("ente-encrypted.json", "\"memLimit\": 33554432", "\"memLimit\": 99999999999")),
        ("Argon2's passes", altered("ente-encrypted.json", "\"opsLimit\": 4", "\"opsLimit\": 4294967295")),
        ("Argon2's lanes", altered("bitwarden-argon2.json", "\"kdfParallelism\": 4", "\"kdfParallelism\": 16777215")),
        (
            "Argon2's mebibytes",
            altered("bitwarden-argon2.json", "\"kdfMemory\": 16", "\"kdfMemory\": 18446744073709551615"),
        ),
        ("PBKDF2", altered("bitwarden-pbkdf2.json", "\"kdfIterations\": 600000", "\"kdfIterations\": 4000000000")),
    ] {
        let error = read(case, &bytes);
        assert!(matches!(error, ImportError::KdfOutOfBounds { .. }), "{case}: {error}");
    }
    // Behind a header that is hashed but not secret: bytes, not text.
    let mut freeotp = data("freeotp-2.xml");
    let place = freeotp.windows(6).position(|window| window == b"100000").unwrap();
    freeotp[place..place + 6].copy_from_slice(b"9e9999");
    assert!(matches!(read("FreeOTP's iterations", &freeotp), ImportError::Damaged { .. }));
    let mut keepass = data("keepass-aes.kdbx");
    let place = keepass.windows(2).position(|window| window == b"M\x08").unwrap() + 5;
    keepass[place..place + 8].copy_from_slice(&u64::MAX.to_le_bytes());
    rehash(&mut keepass);
    let error = read("KeePass' memory", &keepass);
    assert!(matches!(error, ImportError::KdfOutOfBounds { .. }), "{error}");
    let andotp = [&[0xff; 4][..], &[1; 60]].concat();
    let password = Password::new(b"x".to_vec());
    let error = measured("andOTP's iterations", &andotp, Some(Format::AndOtpEncrypted), Some(&password));
    assert!(matches!(error, ImportError::KdfOutOfBounds { .. }), "{error}");
}

/// Makes the header's plain hash fit again: everybody can.
fn rehash(keepass: &mut [u8]) {
    let mut end = 12;
    loop {
        let length = u32::from_le_bytes(keepass[end + 1..end + 5].try_into().unwrap()) as usize;
        let last = keepass[end] == 0;
        end += 5 + length;
        if last {
            break;
        }
    }
    let hash = ring::digest::digest(&ring::digest::SHA256, &keepass[..end]);
    keepass[end..end + 32].copy_from_slice(hash.as_ref());
}

fn archives(read: &dyn Fn(&str, &[u8]) -> ImportError) {
    // 64 MiB of zeros in 64 KiB.
    let bomb = data("bomb.zip");
    assert_eq!(read("a bomb", &bomb), ImportError::Inflates);
    let mut lying = bomb;
    let directory = lying.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    lying[directory + 24..directory + 28].copy_from_slice(&100_u32.to_le_bytes());
    assert_eq!(read("a bomb that says it is none", &lying), ImportError::Inflates);
    assert_eq!(read("a bomb in a database", &data("bomb.kdbx")), ImportError::Inflates);

    // A directory of as many members as two bytes can say, each without anything.
    let member = [b"PK\x01\x02".as_slice(), &[0; 42]].concat();
    let mut crowd = [b"PK\x03\x04".as_slice(), &member.repeat(65535)].concat();
    let mut end = [b"PK\x05\x06".as_slice(), &[0; 18]].concat();
    end[10..12].copy_from_slice(&65535_u16.to_le_bytes());
    end[16..20].copy_from_slice(&4_u32.to_le_bytes());
    crowd.extend(end);
    assert_eq!(read("a crowd", &crowd), ImportError::TooManyEntries);

    // A map that promises four billion texts.
    let mut map = data("freeotp-2.xml");
    let count = map.windows(6).position(|window| window == b"\x77\x08\0\0\0\x10").unwrap() + 6;
    map[count..count + 4].copy_from_slice(&[0xff; 4]);
    assert!(matches!(read("a map", &map), ImportError::Damaged { .. }));
}

fn databases(read: &dyn Fn(&str, &[u8]) -> ImportError) {
    let database = data("google.sqlite");
    // The last child of every interior page is that page itself.
    let mut looped = database.clone();
    for (page, number) in looped.chunks_mut(512).zip(1_u32..).filter(|(page, _)| page[0] == 5) {
        page[8..12].copy_from_slice(&number.to_be_bytes());
    }
    assert!(matches!(read("a loop", &looped), ImportError::Damaged { .. }));
    // A payload that flows over in a circle.
    let mut circle = database;
    for (index, page) in circle.chunks_mut(512).enumerate().skip(1) {
        if page[4] == b'x' && page[511] == b'x' {
            page[..4].copy_from_slice(&u32::try_from(index + 1).unwrap().to_be_bytes());
        }
    }
    let report = import(&circle, None, None, None).expect("a name is as long as its row says, whatever its pages hold");
    assert!(report.records.iter().all(|record| record.account.len() <= 3000));
}
