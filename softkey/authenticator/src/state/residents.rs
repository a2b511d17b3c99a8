//! All discoverable credentials, packed: the bytes of each as the state file has them, read when somebody looks.
//!
//! Ten thousand of them are two and a half megabytes and start in some milliseconds; as structures of texts they were
//! nine megabytes and took twenty. Two orders stand beside them: by account, in which those of one RP are together, and
//! by id.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;

use fob_cbor::Cursor;
use fob_ctap::entity::{CredentialId, UserHandle};
use fob_ctap::sha256;
use zeroize::{Zeroize, Zeroizing};

use super::StateError;
use super::resident::{Name, Place, Reading, Resident};

#[cfg(test)]
mod tests;

/// Length of a SHA-256.
const HASH: usize = 32;

/// One credential as bytes: SHA-256 of its RP ID, then what the state file has of it. Wiped on drop.
pub(crate) struct Packed(Zeroizing<Box<[u8]>>);

impl Packed {
    /// Takes the credential that begins here, if it is one.
    pub(super) fn take(cursor: &mut Cursor<'_>) -> Result<Self, StateError> {
        let (reading, bytes) = cursor.spanned(Reading::read)?;
        Ok(Self::of(&sha256(reading.rp_id.as_bytes()), bytes))
    }

    fn of(rp_id_hash: &[u8; HASH], bytes: &[u8]) -> Self {
        Self(Zeroizing::new([rp_id_hash.as_slice(), bytes].concat().into_boxed_slice()))
    }

    pub(crate) fn rp_id_hash(&self) -> &[u8; HASH] {
        self.0.first_chunk().expect("a hash stands before everything else")
    }

    /// As the state file has it: CBOR.
    pub(super) fn cbor(&self) -> &[u8] {
        self.0.get(HASH..).unwrap_or_default()
    }

    /// What it says, without taking it apart.
    pub(crate) fn read(&self) -> Reading<'_> {
        Reading::read(&mut Cursor::new(self.cbor())).expect("only what was read once is packed")
    }

    fn name(&self) -> Name<'_> {
        Name::read(&mut Cursor::new(self.cbor())).expect("only what was read once is packed")
    }

    /// The credential itself.
    pub(crate) fn resident(&self) -> Resident {
        self.read().resident()
    }

    pub(crate) fn place(&self) -> Place {
        (*self.rp_id_hash(), CredentialId::from(self.name().id))
    }
}

impl From<&Resident> for Packed {
    fn from(resident: &Resident) -> Self {
        let mut value = fob_ctap::Value::from(resident);
        let bytes = Zeroizing::new(fob_cbor::encode(&value));
        value.zeroize();
        Self::of(&resident.rp.id.hash(), &bytes)
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Packed(..)")
    }
}

/// All of them.
#[derive(Default)]
pub(crate) struct Residents {
    /// Each in its slot as long as it is there.
    slots: Vec<Option<Kept>>,
    /// Slots with nothing in them.
    free: Vec<Slot>,
    /// By RP ID hash, then account, then id.
    by_account: Vec<Slot>,
    /// By the beginning of the id, the last that came in. Ids are chance: few begin alike, and those hang in a chain.
    by_id: HashMap<u64, Slot>,
}

type Slot = u32;

/// One of them in its slot.
struct Kept {
    packed: Packed,
    /// Another one whose id begins alike.
    alike: Option<Slot>,
}

impl Residents {
    pub(crate) fn len(&self) -> usize {
        self.by_account.len()
    }

    /// All of them, those of one RP together.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Packed> {
        self.by_account.iter().map(|slot| self.at(*slot))
    }

    pub(crate) fn get(&self, rp_id_hash: &[u8; HASH], id: &[u8]) -> Option<&Packed> {
        self.slot(rp_id_hash, id).map(|slot| self.at(slot))
    }

    /// The first with this id, at whatever RP.
    pub(crate) fn find(&self, id: &[u8]) -> Option<&Packed> {
        self.with_id(id).map(|slot| self.at(slot)).next()
    }

    /// One of an account: of two that were brought in for one account, the later.
    pub(crate) fn of_account(&self, rp_id_hash: &[u8; HASH], user: &UserHandle) -> Option<&Packed> {
        let theirs = |packed: &Packed| {
            let account = (packed.rp_id_hash(), packed.name().user_handle);
            account.cmp(&(rp_id_hash, user.as_bytes()))
        };
        self.range(theirs).max_by_key(|packed| packed.read().created)
    }

    /// Those of one RP.
    pub(crate) fn of_rp(&self, rp_id_hash: &[u8; HASH]) -> impl ExactSizeIterator<Item = &Packed> {
        self.range(|packed| packed.rp_id_hash().cmp(rp_id_hash))
    }

    /// One of the first RP whose hash comes after this one; of the first of all, without one.
    pub(crate) fn past_rp(&self, rp_id_hash: Option<&[u8; HASH]>) -> Option<&Packed> {
        let past = |slot: &Slot| rp_id_hash.is_some_and(|hash| self.at(*slot).rp_id_hash() <= hash);
        let place = self.by_account.partition_point(past);
        self.by_account.get(place).map(|slot| self.at(*slot))
    }

    /// Takes one in, in the place of one with the same RP and id.
    pub(crate) fn put(&mut self, packed: Packed) {
        let id = packed.name().id;
        let beginning = beginning(id);
        self.remove(packed.rp_id_hash(), id);
        let place = match self.by_account.last() {
            // As they stand in a file.
            Some(last) if order(self.at(*last), &packed).is_lt() => self.by_account.len(),
            _ => self.by_account.partition_point(|slot| order(self.at(*slot), &packed).is_lt()),
        };
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.slots.push(None);
                Slot::try_from(self.slots.len() - 1).expect("memory ends far below four thousand million of them")
            }
        };
        let alike = self.by_id.insert(beginning, slot);
        if let Some(room) = self.slots.get_mut(slot as usize) {
            *room = Some(Kept { packed, alike });
        }
        self.by_account.insert(place, slot);
    }

    /// Takes one out, if it is there.
    pub(crate) fn remove(&mut self, rp_id_hash: &[u8; HASH], id: &[u8]) {
        let Some(slot) = self.slot(rp_id_hash, id) else { return };
        let packed = self.at(slot);
        let place = self.by_account.binary_search_by(|other| order(self.at(*other), packed));
        self.by_account.remove(place.expect("what is in a slot is in the order of accounts"));
        self.unchain(beginning(id), slot);
        self.free.push(slot);
        if let Some(room) = self.slots.get_mut(slot as usize) {
            *room = None;
        }
    }

    /// Takes a slot out of the chain of those that begin so.
    fn unchain(&mut self, beginning: u64, slot: Slot) {
        let next = self.alike(slot);
        let before = self.chain(beginning).find(|other| self.alike(*other) == Some(slot));
        match (before.and_then(|before| self.slots.get_mut(before as usize)?.as_mut()), next) {
            (Some(before), next) => before.alike = next,
            (None, Some(next)) => drop(self.by_id.insert(beginning, next)),
            (None, None) => drop(self.by_id.remove(&beginning)),
        }
    }

    fn slot(&self, rp_id_hash: &[u8; HASH], id: &[u8]) -> Option<Slot> {
        self.with_id(id).find(|slot| self.at(*slot).rp_id_hash() == rp_id_hash)
    }

    fn with_id(&self, id: &[u8]) -> impl Iterator<Item = Slot> {
        self.chain(beginning(id)).filter(move |slot| self.at(*slot).name().id == id)
    }

    fn chain(&self, beginning: u64) -> impl Iterator<Item = Slot> {
        std::iter::successors(self.by_id.get(&beginning).copied(), |slot| self.alike(*slot))
    }

    fn alike(&self, slot: Slot) -> Option<Slot> {
        self.slots.get(slot as usize).and_then(Option::as_ref).and_then(|kept| kept.alike)
    }

    /// Those for which this says that they are meant; it must go with the order of accounts.
    fn range(&self, order: impl Fn(&Packed) -> Ordering) -> impl ExactSizeIterator<Item = &Packed> {
        let start = self.by_account.partition_point(|slot| order(self.at(*slot)).is_lt());
        let rest = self.by_account.get(start..).unwrap_or_default();
        let end = rest.partition_point(|slot| order(self.at(*slot)).is_le());
        rest.iter().take(end).map(|slot| self.at(*slot))
    }

    fn at(&self, slot: Slot) -> &Packed {
        let kept = self.slots.get(slot as usize).and_then(Option::as_ref);
        &kept.expect("both orders hold only slots that are taken").packed
    }
}

/// By RP ID hash, then account, then id.
fn order(first: &Packed, second: &Packed) -> Ordering {
    first.rp_id_hash().cmp(second.rp_id_hash()).then_with(|| {
        let (first, second) = (first.name(), second.name());
        (first.user_handle, first.id).cmp(&(second.user_handle, second.id))
    })
}

/// The first eight bytes of an id, zeros where it is shorter.
fn beginning(id: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(id).for_each(|(place, byte)| *place = *byte);
    u64::from_be_bytes(bytes)
}
