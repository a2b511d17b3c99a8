//! Every corpus against its target, and mutations of it: what a fuzzer would begin with, repeatable, in a second.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a table that does not fit ends its test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fob_ambient::{Rng, SeededRng};
use fob_fuzz::TARGETS;

/// Mutations of each input; the whole takes about a second in a build without optimisation.
const MUTATIONS: u32 = 200;

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

#[test]
fn every_target_has_a_corpus_and_a_fuzzer() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&corpus()), targets);
    let fuzzers = names(&corpus().with_file_name("libfuzzer/fuzz_targets"));
    assert_eq!(fuzzers, targets.iter().map(|name| format!("{name}.rs")).collect());
    for target in targets {
        assert!(!names(&corpus().join(&target)).is_empty(), "{target} has no inputs");
    }
}

#[test]
fn corpora_hold() {
    for (name, target) in TARGETS {
        target(&[]);
        for input in names(&corpus().join(name)) {
            println!("{name}/{input}");
            target(&fs::read(corpus().join(name).join(input)).unwrap());
        }
    }
}

#[test]
fn mutations_of_corpora_hold() {
    for (name, target) in TARGETS {
        for input in names(&corpus().join(name)) {
            let whole = fs::read(corpus().join(name).join(&input)).unwrap();
            for seed in 0..MUTATIONS {
                println!("{name}/{input} seed {seed}");
                let mut mutated = whole.clone();
                mutate(&mut mutated, &mut SeededRng::new(seed.into()));
                target(&mutated);
            }
        }
    }
}
