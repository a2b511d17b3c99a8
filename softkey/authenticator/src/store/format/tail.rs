//! The end of the log: room, the trace of a write that was cut off, or damage.
//!
//! A record counts from the moment its sync has returned. The one write that may still be in the making when the power
//! goes leaves some of its bytes and zeros for the rest: cut off at any byte where the process or the file system
//! stopped, or with whole sectors missing where the disk did, which may write them in any order. That, and only that, is
//! cut off. Whatever else does not open is damage: a record that was once whole has no hole in it and ends with ff, and
//! what stands before another record was durable before the other one was begun.
//!
//! Left over is one case that bytes cannot tell apart: a disk that loses a whole sector of the last record, later, and
//! gives zeros for it.

use super::record::{ALIGNMENT, HEAD, Head};

/// What disks write whole or not at all, in bytes. Where they write more at once, so much the better.
const SECTOR: usize = 512;

/// What stands where the next record would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    /// Nothing yet.
    Room,
    /// A record whose sync never returned.
    CutOff,
    /// Something that no cut explains.
    Damage,
}

impl Tail {
    /// Looks at the `length` bytes from `at`, a multiple of 16, to the end of the file, where no record opens. Those that
    /// `area` does not have are zero.
    pub(super) fn of(area: &[u8], length: u64, at: u64, file_id: &[u8; 32]) -> Self {
        let Some(last) = area.iter().rposition(|byte| *byte != 0) else { return Self::Room };
        let written = last + 1;
        let explained = match Head::parse(file_id, area).map(|head| head.size()) {
            Some(size) => {
                let ends = area.get(size - 1).is_some_and(|byte| *byte != 0);
                written <= size && size as u64 <= length && (!ends || hole(area, at, size))
            }
            None if written < HEAD => true,
            None => !another_head(area, file_id, written) && hole(area, at, written),
        };
        if explained && filled(area, at, written) { Self::CutOff } else { Self::Damage }
    }
}

/// Whether one of the sectors that these bytes lie in has nothing of them.
fn hole(area: &[u8], at: u64, end: usize) -> bool {
    sectors(area, at, end).any(|part| part.iter().all(|byte| *byte == 0))
}

/// Whether every sector that has something of a record has it without gaps: sixteen zeros in a row are in none, but
/// around a stray byte in the room they are.
fn filled(area: &[u8], at: u64, end: usize) -> bool {
    sectors(area, at, end).all(|part| {
        let last = part.iter().rposition(|byte| *byte != 0).unwrap_or(0);
        part.chunks(ALIGNMENT).take(last / ALIGNMENT).all(|block| block.iter().any(|byte| *byte != 0))
    })
}

/// What lies in each sector, up to `end`.
fn sectors(area: &[u8], at: u64, end: usize) -> impl Iterator<Item = &[u8]> {
    let into = usize::try_from(at % SECTOR as u64).expect("less than a sector");
    let area = area.get(..end).unwrap_or(area);
    let (first, rest) = area.split_at((SECTOR - into).min(area.len()));
    std::iter::once(first).chain(rest.chunks(SECTOR))
}

/// Whether a record begins behind the first one.
fn another_head(area: &[u8], file_id: &[u8; 32], written: usize) -> bool {
    (ALIGNMENT..written).step_by(ALIGNMENT).any(|place| {
        let candidate = area.get(place..).unwrap_or_default();
        // Sequence numbers stay far below 2³², so most places need no hash.
        candidate.get(4..8) == Some(&[0; 4]) && Head::parse(file_id, candidate).is_some()
    })
}
