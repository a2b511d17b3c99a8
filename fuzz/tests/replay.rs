//! Every corpus against its target, and mutations of it: what a fuzzer would begin with, repeatable, in seconds.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a table that does not fit ends its test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fob_ambient::{Rng, SeededRng};
use fob_exchange::{FORMATS, Format, Password, import};
use fob_fuzz::{TARGETS, Target, authenticator_story, within_bounds};

/// Mutations of each input, and of inputs that cost signatures or files.
const MUTATIONS: u32 = 100;
const FEW_MUTATIONS: u32 = 10;
const COSTLY: [&str; 8] =
    ["authenticator", "hid_key", "importers", "u2f_key", "vault_body", "vault_diary", "vault_file", "vault_header"];
/// Longest input of a corpus, and most of all corpora, in bytes: they are read by people too.
const LONGEST: usize = 10_000;
const ALL: usize = 400_000;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// A few bytes changed, taken out, doubled or cut off: small steps from something that makes sense.
fn mutate(input: &mut Vec<u8>, rng: &mut SeededRng) {
    let [steps] = rng.bytes();
    for _ in 0..=steps % 4 {
        let [what, high, low, byte]: [u8; 4] = rng.bytes();
        let place = usize::from(u16::from_be_bytes([high, low])) % (input.len() + 1);
        match what % 6 {
            0 | 1 if place < input.len() => input[place] = byte,
            2 if place < input.len() => input[place] ^= 1 << (byte % 8),
            3 if place < input.len() => drop(input.remove(place)),
            4 => input.truncate(place),
            _ => input.insert(place, byte),
        }
    }
}

fn inputs(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = corpus().join(target);
    let read = |name: String| (name.clone(), fs::read(folder.join(name)).unwrap());
    names(&folder).into_iter().map(read).collect()
}

#[test]
fn every_target_has_a_corpus_and_no_corpus_is_large() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&corpus()), targets);
    let mut all = 0;
    for target in &targets {
        let inputs = inputs(target);
        assert!(!inputs.is_empty(), "{target} has no inputs");
        for (name, input) in inputs {
            assert!(input.len() <= LONGEST, "{target}/{name} has {} bytes", input.len());
            all += input.len();
        }
    }
    assert!(all <= ALL, "the corpora have {all} bytes");
}

/// Most bytes that a target hands on to threads of its own, which are given back where nobody counts: a vault that is opened
/// or saved hashes its file on one.
const HANDED_ON: isize = 512;

/// Every one twice: what a target keeps after the second time, it keeps each time.
#[test]
fn corpora_hold_and_nothing_of_them_is_kept() {
    for (name, target) in TARGETS {
        within_bounds(name, *target, &[]);
        for (input, bytes) in inputs(name) {
            println!("{name}/{input}");
            within_bounds(name, *target, &bytes);
            let again = within_bounds(name, *target, &bytes);
            let most = if name.starts_with("vault") { HANDED_ON } else { 0 };
            assert!(again.kept <= most, "{name}/{input} grows by {}", again.kept);
        }
    }
}

#[test]
fn mutations_of_corpora_hold() {
    TARGETS.iter().filter(|(name, _)| !COSTLY.contains(name)).for_each(|target| mutations_hold(target, MUTATIONS));
}

#[test]
fn mutations_of_costly_corpora_hold() {
    TARGETS.iter().filter(|(name, _)| COSTLY.contains(name)).for_each(|target| mutations_hold(target, FEW_MUTATIONS));
}

fn mutations_hold((name, target): &(&str, Target), mutations: u32) {
    for (input, whole) in inputs(name) {
        for seed in 0..mutations {
            println!("{name}/{input} seed {seed}");
            let mut mutated = whole.clone();
            mutate(&mut mutated, &mut SeededRng::new(seed.into()));
            within_bounds(name, *target, &mutated);
        }
    }
}

/// What the fuzzer begins with reaches behind every command: each succeeds somewhere.
#[test]
fn every_command_succeeds_in_some_input() {
    let stories = inputs("authenticator").into_iter().flat_map(|(_, input)| authenticator_story(&input));
    let done: BTreeSet<_> = stories.filter(|done| done.status == 0).map(|done| (done.code, done.subcommand)).collect();
    let subcommands: [(u8, Vec<u8>); 8] = [
        (0x06, (1..=7).chain([9]).collect()),
        (0x09, (1..=7).collect()),
        (0x0a, (1..=7).collect()),
        (0x0c, vec![1, 2]),
        (0x0d, vec![1, 2, 3, 4]),
        (0x40, (1..=7).collect()),
        (0x41, (1..=7).collect()),
        (0x09, vec![0]),
    ];
    let plain = [0x01, 0x02, 0x04, 0x07, 0x08, 0x0b].map(|code| (code, 0));
    let all = subcommands.iter().flat_map(|(code, numbers)| numbers.iter().map(|number| (*code, *number)));
    let missing: Vec<_> = all.chain(plain).filter(|command| !done.contains(command)).collect();
    assert_eq!(missing, [(0, 0); 0]);
}

/// Name of the format, password, and the file itself.
fn taken_apart(input: &[u8]) -> (String, Option<String>, &[u8]) {
    let end = input.iter().position(|&byte| byte == b'\n').unwrap_or(input.len());
    let line = String::from_utf8_lossy(&input[..end]).into_owned();
    let file = input.get(end + 1..).unwrap_or_default();
    match line.split_once(' ') {
        Some((name, password)) => (name.to_owned(), Some(password.to_owned()), file),
        None => (line, None, file),
    }
}

#[test]
fn every_format_has_an_input() {
    let seen: BTreeSet<String> = inputs("importers").iter().map(|(_, input)| taken_apart(input).0).collect();
    let missing: Vec<_> = FORMATS.iter().map(|info| info.name).filter(|name| !seen.contains(*name)).collect();
    assert_eq!(missing, [""; 0]);
}

/// The seals of these formats hide nothing from a fuzzer: an input opens each.
#[test]
fn sealed_formats_that_cost_little_are_opened() {
    let mut opened = BTreeSet::new();
    for (_, input) in inputs("importers") {
        let (name, password, file) = taken_apart(&input);
        let Some(password) = password.map(|password| Password::new(password.into_bytes())) else { continue };
        let report = import(file, None, Format::from_name(&name), Some(&password));
        opened.extend(report.ok().filter(|report| !report.records.is_empty()).map(|_| name));
    }
    let expected = [
        "2fas",
        "aegis",
        "andotp-old",
        "authenticator-plus",
        "authy",
        "bitwarden-encrypted",
        "ente-encrypted",
        "freeotp-2",
        "raivo",
        "totp-authenticator",
    ];
    let missing: Vec<_> = expected.iter().filter(|name| !opened.contains(**name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
