//! The memory of another process, as root sees it: every mapping that can be read, and where in it secrets lie.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use anyhow::Context;

/// Bytes that are looked for at once. A secret that was freed and not wiped has lost its beginning to the allocator, and
/// what a register or a block of a cipher held is not whole either: so every piece of it counts by itself.
const PIECE: usize = 8;
/// Bytes that are read at once.
const CHUNK: usize = 1 << 20;

/// All that could be read of a process's memory.
#[derive(Debug)]
pub struct Memory(Vec<Mapping>);

/// One range of it.
#[derive(Debug)]
struct Mapping {
    name: String,
    start: u64,
    bytes: Vec<u8>,
}

/// A secret by name, cut into pieces.
#[derive(Debug)]
pub struct Secret<'a> {
    /// What it is called when it is found.
    pub name: &'a str,
    /// Its bytes; what is left behind the last whole piece is not looked for.
    pub bytes: Vec<u8>,
}

impl Memory {
    /// Whether this process may read another's memory at all: root may.
    #[must_use]
    pub fn is_readable() -> bool {
        rustix::process::geteuid().is_root()
    }

    /// Reads all of it. The process goes on meanwhile.
    ///
    /// # Errors
    /// When the process is gone, or may not be looked at.
    pub fn of(process: u32) -> anyhow::Result<Self> {
        let maps = fs::read_to_string(format!("/proc/{process}/maps"))?;
        let file = File::open(format!("/proc/{process}/mem")).context("only root may read another's memory")?;
        let mut mappings = Vec::new();
        for line in maps.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [range, permissions, ..] = words.as_slice() else { continue };
            let range = range.split_once('-').context("a line of maps begins with a range")?;
            let (start, end) = (u64::from_str_radix(range.0, 16)?, u64::from_str_radix(range.1, 16)?);
            if permissions.starts_with('r') {
                let name = words.get(5).map_or("anonymous", |name| name).to_owned();
                mappings.push(Mapping { name, start, bytes: read(&file, start, end) });
            }
        }
        Ok(Self(mappings))
    }

    /// Bytes that were read.
    #[must_use]
    pub fn length(&self) -> usize {
        self.0.iter().map(|mapping| mapping.bytes.len()).sum()
    }

    /// Where pieces of these secrets lie: a line for each, with nothing of the secret in it.
    #[must_use]
    pub fn find(&self, secrets: &[Secret<'_>]) -> Vec<String> {
        let pieces: Vec<(&str, usize, &[u8])> = secrets
            .iter()
            .flat_map(|secret| {
                secret.bytes.chunks_exact(PIECE).enumerate().map(|(place, piece)| (secret.name, place * PIECE, piece))
            })
            .collect();
        // Two bytes tell of nearly every place that nothing begins there.
        let mut beginnings = vec![false; 1 << 16];
        for (_, _, piece) in &pieces {
            if let Some(known) = first_two(piece).and_then(|two| beginnings.get_mut(usize::from(two))) {
                *known = true;
            }
        }
        let mut found = Vec::new();
        for mapping in &self.0 {
            for (at, window) in mapping.bytes.windows(PIECE).enumerate() {
                let may_be = first_two(window).and_then(|two| beginnings.get(usize::from(two)));
                if may_be != Some(&true) {
                    continue;
                }
                for (name, place, _) in pieces.iter().filter(|(_, _, piece)| *piece == window) {
                    let address = mapping.start + at as u64;
                    found.push(format!("{name}, from byte {place} on, at {address:#x} in {}", mapping.name));
                }
            }
        }
        found
    }
}

fn first_two(bytes: &[u8]) -> Option<u16> {
    bytes.first_chunk().map(|two| u16::from_be_bytes(*two))
}

/// What can be read of a range; some pages of a device, or beyond a file's end, cannot.
fn read(file: &File, start: u64, end: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut at = start;
    while at < end {
        let length = usize::try_from(end - at).unwrap_or(CHUNK).min(CHUNK);
        let before = bytes.len();
        bytes.resize(before + length, 0);
        let place = bytes.get_mut(before..).unwrap_or_default();
        if file.read_exact_at(place, at).is_err() {
            place.fill(0);
        }
        at += length as u64;
    }
    bytes
}
