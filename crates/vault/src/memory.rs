//! What an open vault keeps in memory is sealed there too: with AES-256-GCM, under a key that is made at each unlock and
//! ends with it. A seed is in the clear only while a code is made of it.
//!
//! Whoever reads all of the memory finds the key as well. It is for those who get a part: what was freed and not wiped,
//! what a read over a buffer's end gives away, a page that reached the swap, a dump that leaves out what is not to be
//! dumped. The key lies apart from all that, on a page of its own ([`Page`]).
//!
//! Left out on purpose is what ssh-agent does against slow and faulty reads by side channels, a key hashed anew out of 16
//! KiB at each use. The vault key, which is worth more, lies on such a page too and would need the same; and ring spreads
//! each key out on the stack, so a key made for every code would leave more of itself behind than one that is made once.

use std::hint::black_box;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, Tag, UnboundKey};
use zeroize::Zeroizing;

use crate::Context;
use crate::page::Page;

/// Bytes of stack that are wiped after a secret was used: more than ring and our own code below reach down.
const DEEP: usize = 32 * 1024;

/// The key of one open vault's memory.
pub(crate) struct MemoryKey {
    key: Page<LessSafeKey>,
    /// How many pieces were sealed: a nonce is never used again.
    sealed: AtomicU64,
}

/// Bytes sealed under a [`MemoryKey`].
#[derive(Clone)]
pub(crate) struct Sealed {
    nonce: u64,
    tag: [u8; 16],
    bytes: Box<[u8]>,
}

impl MemoryKey {
    /// A new key.
    pub(crate) fn new(context: &Context) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        context.with_rng(|rng| rng.fill(bytes.as_mut()));
        let key = Page::new(key_of(&bytes));
        drop(bytes);
        wipe_stack();
        Self { key, sealed: AtomicU64::new(0) }
    }

    /// Why its page is not locked, if it is not.
    pub(crate) fn unlocked(&self) -> Option<io::Error> {
        self.key.unlocked()
    }

    /// Seals a copy of these bytes.
    pub(crate) fn seal(&self, plain: &[u8]) -> Sealed {
        // 2^64 pieces are out of reach.
        let nonce = self.sealed.fetch_add(1, Ordering::Relaxed);
        let mut bytes: Box<[u8]> = plain.into();
        let tag = self.key.seal_in_place_separate_tag(nonce_of(nonce), Aad::empty(), &mut bytes);
        let tag = tag.expect("16 MiB are below GCM's limit");
        Sealed { nonce, tag: *tag.as_ref().first_chunk().expect("GCM's tag has 16 bytes"), bytes }
    }

    /// The bytes in the clear, behind what `out` has. It must have room for them: growing would leave a copy behind.
    pub(crate) fn open_into(&self, sealed: &Sealed, out: &mut Vec<u8>) {
        debug_assert!(out.capacity() - out.len() >= sealed.len(), "a buffer of secrets does not grow");
        let start = out.len();
        out.extend_from_slice(&sealed.bytes);
        let copy = out.get_mut(start..).unwrap_or_default();
        let opened =
            self.key.open_in_place_separate_tag(nonce_of(sealed.nonce), Aad::empty(), Tag::from(sealed.tag), copy, 0..);
        opened.expect("nobody but this process writes its memory, and it opens what it sealed");
    }

    /// The bytes in the clear.
    pub(crate) fn open(&self, sealed: &Sealed) -> Zeroizing<Vec<u8>> {
        let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
        self.open_into(sealed, &mut plain);
        plain
    }
}

impl Sealed {
    /// How many bytes it is in the clear.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// Overwrites the stack below this call: what those before it left there.
#[inline(never)]
pub(crate) fn wipe_stack() {
    // A variable, and borrowed to be changed: the zeros of `&[0; DEEP]` would lie in the program's file, and nothing of them
    // on the stack. Observed, so that they are really written.
    let mut zeros = [0_u8; DEEP];
    black_box(&mut zeros);
}

fn key_of(bytes: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).expect("the key has 32 bytes"))
}

fn nonce_of(count: u64) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce.split_at_mut(NONCE_LEN - 8).1.copy_from_slice(&count.to_be_bytes());
    Nonce::assume_unique_for_key(nonce)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs::File;
    use std::os::unix::fs::FileExt;

    use fob_ambient::{FakeClock, SeededRng, UnixTime};

    use super::*;
    use crate::NoPins;

    pub(crate) fn key() -> MemoryKey {
        MemoryKey::new(&Context::new(FakeClock::at(UnixTime(1)), SeededRng::new(1), NoPins))
    }

    #[test]
    fn what_is_sealed_is_not_to_be_seen_and_comes_back() {
        let key = key();
        for plain in [&b""[..], b"12345678901234567890", &[7; 70_000]] {
            let sealed = key.seal(plain);
            assert!(plain.is_empty() || *sealed.bytes != *plain);
            assert_eq!((&*key.open(&sealed), sealed.len()), (&plain.to_vec(), plain.len()));
        }
    }

    #[test]
    fn no_nonce_serves_twice() {
        let key = key();
        let nonces: std::collections::HashSet<_> = (0..1000).map(|_| key.seal(b"the same").nonce).collect();
        assert_eq!(nonces.len(), 1000);
        assert!(key.seal(b"the same").bytes != key.seal(b"the same").bytes);
    }

    const PATTERN: u8 = 0xa5;

    /// Leaves a pattern in a deep frame, as ring leaves keys; where that was.
    #[inline(never)]
    fn leave_a_pattern() -> usize {
        let mut deep = [PATTERN; DEEP / 2];
        black_box(&mut deep);
        (&raw const deep).addr()
    }

    /// How much of it is there now. It looks through the kernel: no frame of the looker's comes near.
    fn left_of_the_pattern(memory: &File, address: usize, copy: &mut [u8]) -> usize {
        memory.read_exact_at(copy, address as u64).unwrap();
        copy.iter().filter(|&&byte| byte == PATTERN).count()
    }

    /// The zeros used to be a constant of the program, so that nothing was written at all.
    #[test]
    fn what_lay_deep_in_the_stack_is_wiped() {
        let memory = File::open("/proc/self/mem").unwrap();
        let mut copy = vec![0; DEEP / 2];
        let address = leave_a_pattern();
        let left = left_of_the_pattern(&memory, address, &mut copy);
        assert!(left > DEEP / 4, "it does lie there unless it is wiped: {left} bytes");
        let address = leave_a_pattern();
        wipe_stack();
        let left = left_of_the_pattern(&memory, address, &mut copy);
        assert!(left < 64, "{left} bytes of it are left");
    }

    #[test]
    #[should_panic(expected = "it opens what it sealed")]
    fn what_was_changed_in_memory_is_never_taken_for_a_secret() {
        let key = key();
        let mut sealed = key.seal(b"12345678901234567890");
        sealed.bytes[3] ^= 1;
        key.open(&sealed);
    }
}
