//! Every file of ours, cut short and with bytes changed: an error or a report, never a panic.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests are tests")]

use std::path::PathBuf;

use fob_exchange::{Password, import, recognise};
use proptest::prelude::*;

/// Files whose password costs little to try, so that mutated ones may be opened.
const CHEAP: [&str; 5] =
    ["2fas-encrypted.2fas", "authenticator-plus.zip", "raivo.zip", "authy-encrypted.xml", "totp-authenticator.encrypt"];

fn files() -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()).collect();
    files.sort_by_key(std::fs::DirEntry::path);
    let named = files.iter().map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
    let ours = named.filter(|(name, path)| path.is_file() && !name.ends_with(".py") && !name.ends_with(".md"));
    ours.map(|(name, path)| (name, std::fs::read(path).unwrap())).collect()
}

fn try_everything(name: &str, bytes: &[u8]) {
    let _ = recognise(bytes, Some(name));
    let _ = import(bytes, Some(name), None, None);
    if CHEAP.contains(&name) {
        let _ = import(bytes, Some(name), None, Some(&Password::new(b"correct horse".to_vec())));
    }
}

#[test]
fn no_beginning_of_a_file_panics() {
    for (name, bytes) in files() {
        for part in 0..64 {
            try_everything(&name, &bytes[..bytes.len().min(1 << 14) * part / 64]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_changed_byte_panics(
        file in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        format in any::<prop::sample::Index>(),
    ) {
        let files = files();
        let (name, bytes) = &files[file.index(files.len())];
        let mut bytes = bytes.clone();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        try_everything(name, &bytes);
        // And as a file of any other kind.
        let format = fob_exchange::FORMATS[format.index(fob_exchange::FORMATS.len())].format;
        let _ = import(&bytes, None, Some(format), None);
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600), format in any::<prop::sample::Index>()) {
        let _ = recognise(&bytes, None);
        let format = fob_exchange::FORMATS[format.index(fob_exchange::FORMATS.len())].format;
        let _ = import(&bytes, None, Some(format), None);
    }
}
