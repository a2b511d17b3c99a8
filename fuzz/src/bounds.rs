//! How much a target may take: an allocator that counts, and the processor's time.
//!
//! Whoever links this crate has the allocator. It counts for each thread by itself, since tests run beside one another
//! and each target stays on its thread.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::Target;

/// Most memory that an input may take beside itself, in bytes.
const MOST_MEMORY: usize = 64 * 1024 * 1024;
/// Most of the processor's time for one input, which a busy machine does not stretch. Optimised, a second is the
/// promise; without, it is to tell slow from endless.
const MOST_TIME: Duration = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 1 });

/// What one input took.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    /// Memory at its height, in bytes.
    pub peak: usize,
    /// Memory that was not given back, in bytes: what a target prepares once, or a leak.
    pub kept: isize,
    /// The processor's time.
    pub time: Duration,
}

/// Runs a target and panics if it took more than it may.
pub fn within_bounds(name: &str, target: Target, data: &[u8]) -> Used {
    let (before, start) = (allocator::begin(), processor_time());
    target(data);
    let (now, peak) = allocator::end();
    let peak = usize::try_from(peak - before).unwrap_or_default();
    let used = Used { peak, kept: now - before, time: processor_time().saturating_sub(start) };
    assert!(used.peak <= MOST_MEMORY, "{name} took {} KiB for {} bytes", used.peak / 1024, data.len());
    assert!(used.time <= MOST_TIME, "{name} took {:?} for {} bytes", used.time, data.len());
    used
}

/// What this thread has used so far.
fn processor_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
}

mod allocator {
    #![allow(unsafe_code, reason = "an allocator is unsafe by its trait; it hands every call on to the system's")]

    use std::alloc::{GlobalAlloc, Layout, System};
    use std::cell::Cell;

    thread_local! {
        /// Bytes in use. Less than none where another thread's memory was given back here.
        static NOW: Cell<isize> = const { Cell::new(0) };
        static PEAK: Cell<isize> = const { Cell::new(0) };
    }

    struct Counting;

    #[global_allocator]
    static COUNTING: Counting = Counting;

    /// Forgets the peak; says how much is in use.
    pub(super) fn begin() -> isize {
        PEAK.set(NOW.get());
        NOW.get()
    }

    /// How much is in use, and was at most.
    pub(super) fn end() -> (isize, isize) {
        (NOW.get(), PEAK.get())
    }

    /// Layouts have at most `isize::MAX` bytes. The cells need no destructor, so they outlive every caller.
    fn count(more: usize, less: usize) {
        NOW.set(NOW.get().wrapping_add_unsigned(more));
        PEAK.set(PEAK.get().max(NOW.get()));
        NOW.set(NOW.get().wrapping_sub_unsigned(less));
    }

    // SAFETY: every call goes to the system's allocator with the arguments it came with; only numbers are added beside.
    unsafe impl GlobalAlloc for Counting {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            count(layout.size(), 0);
            // SAFETY: the caller keeps the promises of `alloc`, which are the same there.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
            count(0, layout.size());
            // SAFETY: the pointer came from `alloc` or `realloc` here, so from the system's, with this layout.
            unsafe { System.dealloc(pointer, layout) }
        }

        unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            // While it moves, both may be there.
            count(size, layout.size());
            // SAFETY: as for `dealloc`; the caller keeps the promises about the new size.
            unsafe { System.realloc(pointer, layout, size) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_counted_at_its_height_and_at_the_end() {
        let used = within_bounds("a vector", |data| drop(vec![0_u8; data.len() * 10]), &[0; 1000]);
        assert_eq!((used.peak, used.kept), (10_000, 0));
        let used = within_bounds("a leak", |_| std::mem::forget(vec![0_u8; 64]), &[]);
        assert_eq!(used.kept, 64);
    }

    #[test]
    #[should_panic(expected = "too much took 65537 KiB for 2 bytes")]
    fn too_much_memory_ends_a_run() {
        within_bounds("too much", |_| drop(Vec::<u8>::with_capacity(MOST_MEMORY + 1024)), &[0; 2]);
    }
}
