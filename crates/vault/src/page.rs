//! One value on pages of memory of its own: a key that other keys hang on.
//!
//! The pages are locked, so they are never swapped; they are in no core dump; a forked child finds zeros there; and what
//! lies before and behind them is mapped to nothing, so that no read runs over from a neighbour. Dropped, they are wiped and
//! given back. Locking is subject to `RLIMIT_MEMLOCK`: where it is too low the rest holds all the same, and whoever owns the
//! page can say so.
//!
//! All `unsafe` of this crate is here.
#![allow(unsafe_code)]

use std::alloc::{Layout, handle_alloc_error};
use std::ffi::c_void;
use std::io;
use std::ops::{Deref, DerefMut};
use std::ptr::{self, NonNull};

use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mlock, mmap_anonymous, mprotect, munmap};
use zeroize::zeroize_flat_type;

/// Bytes before, of and behind the value: the largest page that Linux has is as long.
const PIECE: usize = 64 * 1024;

/// A value on pages of its own.
pub(crate) struct Page<T> {
    start: NonNull<c_void>,
    value: NonNull<T>,
    /// What locking it came to.
    locked: rustix::io::Result<()>,
}

// SAFETY: the pages belong to this value alone, as a Box's memory does.
unsafe impl<T: Send> Send for Page<T> {}
// SAFETY: as above; a shared page gives nothing but `&T`.
unsafe impl<T: Sync> Sync for Page<T> {}

impl<T> Page<T> {
    const FITS: () = assert!(size_of::<T>() <= PIECE && align_of::<T>() <= 4096, "a value of at most one piece");

    /// Moves a value there. Where it was before is the caller's to wipe.
    pub(crate) fn new(value: T) -> Self {
        const { Self::FITS };
        // SAFETY: a new mapping, where the kernel finds room for it.
        let start = unsafe { mmap_anonymous(ptr::null_mut(), 3 * PIECE, ProtFlags::empty(), MapFlags::PRIVATE) };
        let start = start.ok().and_then(NonNull::new).unwrap_or_else(|| handle_alloc_error(Layout::new::<T>()));
        // SAFETY: the mapping has three pieces.
        let place = unsafe { start.byte_add(PIECE) };
        // SAFETY: the middle piece of the mapping from above, which nobody else knows.
        let writable = unsafe { mprotect(place.as_ptr(), PIECE, MprotectFlags::READ | MprotectFlags::WRITE) };
        writable.unwrap_or_else(|_| handle_alloc_error(Layout::new::<T>()));
        for advice in [Advice::LinuxDontDump, Advice::LinuxWipeOnFork] {
            // SAFETY: the same piece; neither advice changes what this process finds there.
            let _ = unsafe { madvise(place.as_ptr(), PIECE, advice) };
        }
        // SAFETY: the same piece; locking changes no contents.
        let locked = unsafe { mlock(place.as_ptr(), size_of::<T>()) };
        let place = place.cast::<T>();
        // SAFETY: writable, long enough, and on a page's boundary, hence aligned.
        unsafe { place.write(value) };
        Self { start, value: place, locked }
    }

    /// Why the value may reach the swap, if it may.
    pub(crate) fn unlocked(&self) -> Option<io::Error> {
        self.locked.err().map(Into::into)
    }
}

impl<T> Deref for Page<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: it was written by `new` and stays until the drop.
        unsafe { self.value.as_ref() }
    }
}

impl<T> DerefMut for Page<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and nobody else has it.
        unsafe { self.value.as_mut() }
    }
}

impl<T> Drop for Page<T> {
    fn drop(&mut self) {
        // SAFETY: the value is dropped once, here, and its bytes belong to nobody afterwards; nothing refers to the mapping
        // any more.
        unsafe {
            self.value.drop_in_place();
            zeroize_flat_type(self.value.as_ptr());
            // It cannot fail for a range that is mapped; if it did, zeros would stay.
            let _ = munmap(self.start.as_ptr(), 3 * PIECE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What /proc/self/smaps says of the mapping with this address in it: permissions, and the flags of its last line
    /// (proc_pid_smaps(5): `lo` locked, `dd` do not dump, `wf` wipe on fork).
    fn mapping_of(address: usize) -> Option<(String, String)> {
        let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut found = None;
        for line in smaps.lines() {
            let mut words = line.split_whitespace();
            let range = words.next().and_then(|range| range.split_once('-'));
            let bounds = range.map(|(start, end)| (usize::from_str_radix(start, 16), usize::from_str_radix(end, 16)));
            if let Some((Ok(start), Ok(end))) = bounds {
                found = (start..end).contains(&address).then(|| words.next().unwrap().to_owned());
            } else if let (Some(permissions), Some(flags)) = (&found, line.strip_prefix("VmFlags:")) {
                return Some((permissions.clone(), flags.to_owned()));
            }
        }
        None
    }

    #[test]
    fn a_page_is_locked_out_of_dumps_and_stands_alone() {
        let page = Page::new([7_u8; 32]);
        assert_eq!(*page, [7; 32]);
        assert!(page.unlocked().is_none(), "32 bytes are below any limit");
        let address = page.value.as_ptr().addr();
        let (permissions, flags) = mapping_of(address).unwrap();
        assert_eq!(permissions, "rw-p");
        for flag in ["lo", "dd", "wf"] {
            assert!(flags.split_whitespace().any(|known| known == flag), "{flag} is not among {flags}");
        }
        for neighbour in [address - 1, address + PIECE] {
            assert_eq!(mapping_of(neighbour).unwrap().0, "---p");
        }
        drop(page);
        assert!(mapping_of(address).is_none_or(|(permissions, _)| permissions != "rw-p"), "it is given back");
    }

    #[test]
    fn what_is_dropped_with_its_page_is_dropped_once() {
        let counted = std::sync::Arc::new(());
        let page = Page::new(counted.clone());
        assert_eq!(std::sync::Arc::strong_count(&counted), 2);
        drop(page);
        assert_eq!(std::sync::Arc::strong_count(&counted), 1);
    }
}
