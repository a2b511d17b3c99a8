//! Pages and table b-trees (section 1.6 of the format), payloads with their overflow (section 1.7).

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use zeroize::Zeroizing;

use super::MAGIC;
use super::row::{Row, varint};
use crate::MAX_FILE;

/// Deepest tree: 2^32 pages with at least two children each never get here in a real file.
const MAX_DEPTH: usize = 32;
/// Length of the file's header, before the first page's own.
const HEADER: usize = 100;

const INTERIOR_TABLE: u8 = 5;
const LEAF_TABLE: u8 = 13;

pub(super) struct Pages<'a> {
    bytes: &'a [u8],
    size: usize,
    usable: usize,
}

/// A walk over one table: pages that have been seen, bytes that may still be copied.
struct Walk<'a, 'f> {
    seen: BTreeSet<u32>,
    budget: usize,
    columns: &'a [String],
    take: &'f mut dyn FnMut(Row<'_>) -> bool,
}

impl<'a> Pages<'a> {
    /// Reads the header; `None` if it is none, or for text in UTF-16.
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        let header = bytes.first_chunk::<HEADER>()?;
        header.starts_with(MAGIC).then_some(())?;
        let size = match u16::from_be_bytes(*header.get(16..)?.first_chunk()?) {
            1 => 65536,
            size => usize::from(size),
        };
        let reserved = usize::from(*header.get(20)?);
        let encoding = u32::from_be_bytes(*header.get(56..)?.first_chunk()?);
        let usable = size.checked_sub(reserved)?;
        (size.is_power_of_two() && size >= 512 && usable >= 480 && encoding <= 1).then_some(())?;
        Some(Self { bytes, size, usable })
    }

    /// Hands the rows of the table at this root to `take` until it says no; `None` for a damaged table.
    pub(super) fn rows(&self, root: u32, columns: &[String], take: &mut dyn FnMut(Row<'_>) -> bool) -> Option<()> {
        let mut walk = Walk { seen: BTreeSet::new(), budget: MAX_FILE, columns, take };
        self.tree(root, 0, &mut walk).map(|_| ())
    }

    fn page(&self, number: u32) -> Option<&'a [u8]> {
        let start = usize::try_from(number.checked_sub(1)?).ok()?.checked_mul(self.size)?;
        self.bytes.get(start..start.checked_add(self.size)?)
    }

    fn tree(&self, number: u32, depth: usize, walk: &mut Walk<'_, '_>) -> Option<ControlFlow<()>> {
        (depth <= MAX_DEPTH && walk.seen.insert(number)).then_some(())?;
        let page = self.page(number)?;
        let head = page.get(if number == 1 { HEADER } else { 0 }..)?;
        let count = usize::from(u16_at(head, 3)?);
        match *head.first()? {
            LEAF_TABLE => {
                for index in 0..count {
                    let cell = page.get(usize::from(u16_at(head, 8 + 2 * index)?)..)?;
                    let payload = self.payload(cell, walk)?;
                    if !(walk.take)(Row::of(walk.columns, &payload)?) {
                        return Some(ControlFlow::Break(()));
                    }
                }
            }
            INTERIOR_TABLE => {
                for index in 0..count {
                    let cell = page.get(usize::from(u16_at(head, 12 + 2 * index)?)..)?;
                    if self.tree(u32_at(cell, 0)?, depth + 1, walk)?.is_break() {
                        return Some(ControlFlow::Break(()));
                    }
                }
                return self.tree(u32_at(head, 8)?, depth + 1, walk);
            }
            _ => return None,
        }
        Some(ControlFlow::Continue(()))
    }

    /// A leaf cell's payload, put together from the page and those it flows over to.
    fn payload(&self, cell: &[u8], walk: &mut Walk<'_, '_>) -> Option<Zeroizing<Vec<u8>>> {
        let (length, cell) = varint(cell)?;
        let (_row_id, cell) = varint(cell)?;
        let length = usize::try_from(length).ok()?;
        walk.budget = walk.budget.checked_sub(length)?;
        let local = self.local_length(length)?;
        let mut payload = Zeroizing::new(Vec::with_capacity(length));
        payload.extend_from_slice(cell.get(..local)?);
        let mut next = if local < length { u32_at(cell, local)? } else { 0 };
        while payload.len() < length {
            let page = self.page(next)?;
            next = u32_at(page, 0)?;
            let part = page.get(4..self.usable)?;
            let missing = length - payload.len();
            payload.extend_from_slice(part.get(..part.len().min(missing))?);
        }
        Some(payload)
    }

    /// How much of a payload stands on the leaf itself.
    fn local_length(&self, length: usize) -> Option<usize> {
        let most = self.usable - 35;
        if length <= most {
            return Some(length);
        }
        let least = ((self.usable - 12) * 32 / 255).checked_sub(23)?;
        let fitting = least + (length - least) % (self.usable - 4);
        Some(if fitting <= most { fitting } else { least })
    }
}

fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    bytes.get(offset..)?.first_chunk().map(|chunk| u16::from_be_bytes(*chunk))
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes.get(offset..)?.first_chunk().map(|chunk| u32::from_be_bytes(*chunk))
}
