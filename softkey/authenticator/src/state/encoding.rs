//! Changes and states as bytes: canonical CBOR, `[ [code, value] … ]`.
//!
//! | code | change | value |
//! |---|---|---|
//! | 1 | everything is forgotten | device key |
//! | 2 | counter | unsigned |
//! | 3 | PIN retries | unsigned |
//! | 4 | PIN | `{ 1: PIN hash, 2: code points }`, or null: there is none |
//! | 5 | a discoverable credential comes | the map below |
//! | 6 | a discoverable credential goes | `[ SHA-256 of the RP ID, id ]` |
//! | 7 | settings | the map below |
//! | 8 | version of the credentials | unsigned |
//! | 9 | the array of large blobs | bytes |
//! | 10 | persistent token | 32 bytes, or null: there is none |
//! | 11 | a finger comes | `{ 1: template id, 2: name, 3: number }` |
//! | 12 | a finger goes | template id |
//! | 13 | retries of fingers | unsigned |
//! | 14 | verifications since the last PIN | unsigned |
//!
//! credential = `{ 1: id, 2: rp, 3: user, 4: private half, 5: public half, 6: credProtect, 7: created }` and, where they
//! are not what they are without them, `8`: COSE algorithm (−7), `9`: has a largeBlobKey (false), `10`: credBlob,
//! `11`: thirdPartyPayment (false), `12`: large blob `{ 1: packed, 2: length before }`.
//!
//! settings = `{ 1: enterprise attestation, 2: always verify, 3: minimum PIN length, 4: [ RP ID … ] that may know it,
//! 5: PIN must be changed, 6: PIN complexity, 7: long touch for reset }`, absent ones false, none or empty.
//!
//! A state is written as the changes that make it out of nothing, code 1 first. Nothing here is sealed: that is the
//! store's work.

use fob_cbor::{Cursor, DecodeError, Limits, ReadError, decode, encode};
use fob_ctap::large_blobs::array;
use fob_ctap::member::{FromCbor, Member, Members};
use fob_ctap::pin::PinHash;
use fob_ctap::{Malformed, Map, Value};
use zeroize::{Zeroize, Zeroizing};

use super::{Change, Changes, Finger, Packed, Settings, State, StoredPin};
use crate::identity::{MAX_PIN_RETRIES, MAX_UV_RETRIES};
use crate::sealed_id::DeviceKey;

#[cfg(test)]
mod tests;

/// Deeper than the value of any change.
const DEPTH: usize = 6;

const ANEW: u64 = 1;
const COUNTER: u64 = 2;
const PIN_RETRIES: u64 = 3;
const PIN: u64 = 4;
const PUT: u64 = 5;
const REMOVE: u64 = 6;
const SETTINGS: u64 = 7;
const STORE_VERSION: u64 = 8;
const LARGE_BLOBS: u64 = 9;
const PERSISTENT_TOKEN: u64 = 10;
const PUT_FINGER: u64 = 11;
const REMOVE_FINGER: u64 = 12;
const UV_RETRIES: u64 = 13;
const UV_COUNT: u64 = 14;

/// Why bytes are no state, or no changes of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// They are no canonical CBOR.
    #[error("it is no CBOR")]
    Cbor(#[from] DecodeError),
    /// A newer fob knows this kind of change.
    #[error("it has a change of kind {0}, which this fob does not know")]
    Unknown(u64),
    /// They do not begin with a key's secret, without which there is no key.
    #[error("it has no beginning")]
    NoBeginning,
    /// A value is missing or makes no sense.
    #[error("it makes no sense")]
    Member(#[from] Malformed),
}

/// What is read in place gets the name of the member that it was read for.
pub(super) trait OfMember<T> {
    fn of(self, member: Member) -> Result<T, StateError>;
}

impl<T> OfMember<T> for Result<T, ReadError> {
    fn of(self, member: Member) -> Result<T, StateError> {
        self.map_err(|error| match error {
            ReadError::Cbor(error) => StateError::Cbor(error),
            ReadError::Type => Malformed::Type(member).into(),
            ReadError::Range => Malformed::Value(member).into(),
        })
    }
}

impl Changes {
    /// The changes as bytes; as secret as the state.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        listed(self.0.iter().map(Change::encode).collect())
    }

    /// Reads what [`Changes::encode`] wrote.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let mut cursor = Cursor::new(bytes);
        let count = cursor.array().of("changes")?;
        let changes = (0..count).map(|_| Change::take(&mut cursor)).collect::<Result<_, _>>()?;
        cursor.end()?;
        Ok(Self(changes))
    }

    /// Makes these changes on what may not have begun yet.
    ///
    /// # Errors
    /// [`StateError::NoBeginning`] if it has not, and they do not begin it.
    pub(crate) fn make(self, state: &mut Option<State>) -> Result<(), StateError> {
        self.0.into_iter().try_for_each(|change| {
            match (state.as_mut(), change) {
                (Some(state), change) => state.apply_one(change),
                (None, Change::Anew(device_key)) => *state = Some(State::anew(*device_key)),
                (None, _) => return Err(StateError::NoBeginning),
            }
            Ok(())
        })
    }
}

impl State {
    /// The whole state as bytes; as secret as the state itself.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        listed(self.entries().collect())
    }

    /// Reads what [`State::encode`] wrote.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let mut state = None;
        Changes::decode(bytes)?.make(&mut state)?;
        state.ok_or(StateError::NoBeginning)
    }

    /// The state in lists of changes, each of about `size` bytes at most and at least one change.
    pub(crate) fn in_pieces(&self, size: usize) -> impl Iterator<Item = Zeroizing<Vec<u8>>> + '_ {
        let mut entries = self.entries().peekable();
        std::iter::from_fn(move || {
            let first = entries.next()?;
            let mut length = first.len();
            let mut list = vec![first];
            while let Some(entry) = entries.next_if(|entry| length + entry.len() <= size) {
                length += entry.len();
                list.push(entry);
            }
            Some(listed(list))
        })
    }

    /// The changes that make this state out of nothing.
    fn entries(&self) -> impl Iterator<Item = Entry> + '_ {
        let small = [
            entry(ANEW, self.device_key.expose()),
            entry(COUNTER, self.counter),
            entry(PIN_RETRIES, self.pin_retries),
            entry(PIN, pin_value(self.pin.as_ref())),
        ];
        let residents = self.residents.iter().map(put);
        let fingers = self.fingers.values().map(|finger| entry(PUT_FINGER, finger));
        small.into_iter().chain(self.later_entries()).chain(residents).chain(fingers)
    }

    /// What most keys have as a new key has it.
    fn later_entries(&self) -> impl Iterator<Item = Entry> + use<> {
        let settings = (self.settings != Settings::default()).then(|| entry(SETTINGS, &self.settings));
        let version = (self.store_version != 0).then(|| entry(STORE_VERSION, self.store_version));
        let blobs = (self.large_blobs != array::EMPTY).then(|| entry(LARGE_BLOBS, self.large_blobs.as_slice()));
        let token = self.persistent_token.as_ref().map(|token| entry(PERSISTENT_TOKEN, **token));
        let retries = (self.uv_retries != MAX_UV_RETRIES).then(|| entry(UV_RETRIES, self.uv_retries));
        let count = (self.uv_count != 0).then(|| entry(UV_COUNT, self.uv_count));
        [settings, version, blobs, token, retries, count].into_iter().flatten()
    }
}

impl Change {
    fn encode(&self) -> Entry {
        match self {
            Self::Anew(device_key) => entry(ANEW, device_key.expose()),
            Self::Counter(counter) => entry(COUNTER, *counter),
            Self::PinRetries(retries) => entry(PIN_RETRIES, *retries),
            Self::Pin(pin) => entry(PIN, pin_value(pin.as_ref())),
            Self::Put(packed) => put(packed),
            Self::Remove((hash, id)) => entry(REMOVE, vec![Value::from(hash), Value::from(id)]),
            Self::Settings(settings) => entry(SETTINGS, &**settings),
            Self::StoreVersion(version) => entry(STORE_VERSION, *version),
            Self::LargeBlobs(array) => entry(LARGE_BLOBS, array.as_slice()),
            Self::PersistentToken(Some(token)) => entry(PERSISTENT_TOKEN, **token),
            Self::PersistentToken(None) => entry(PERSISTENT_TOKEN, Value::Null),
            Self::PutFinger(finger) => entry(PUT_FINGER, &**finger),
            Self::RemoveFinger(template_id) => entry(REMOVE_FINGER, template_id.as_slice()),
            Self::UvRetries(retries) => entry(UV_RETRIES, *retries),
            Self::UvCount(count) => entry(UV_COUNT, *count),
        }
    }

    /// Reads the change that begins here.
    fn take(cursor: &mut Cursor<'_>) -> Result<Self, StateError> {
        if cursor.array().of("change")? != 2 {
            return Err(Malformed::Length("change").into());
        }
        match cursor.unsigned().of("kind of change")? {
            // There may be ten thousand of them: nothing of them is copied but themselves.
            PUT => Packed::take(cursor).map(Self::Put),
            code => {
                let value = decode(cursor.item(DEPTH)?, Limits::deep(DEPTH))?;
                Self::of(code, value)
            }
        }
    }

    fn of(code: u64, value: Value) -> Result<Self, StateError> {
        Ok(match code {
            ANEW => Self::Anew(Box::new(DeviceKey::from_bytes(FromCbor::from_cbor(value, "device key")?))),
            COUNTER => Self::Counter(number(value, "counter")?),
            PIN_RETRIES => Self::PinRetries(number::<u8>(value, "PIN retries")?.min(MAX_PIN_RETRIES)),
            PIN if value == Value::Null => Self::Pin(None),
            PIN => Self::Pin(Some(StoredPin::from_map(FromCbor::from_cbor(value, "PIN")?)?)),
            REMOVE => {
                let [hash, id] = pair(value, "place")?;
                Self::Remove((FromCbor::from_cbor(hash, "RP ID hash")?, FromCbor::from_cbor(id, "id")?))
            }
            SETTINGS => Self::Settings(Box::new(Settings::from_map(FromCbor::from_cbor(value, "settings")?)?)),
            STORE_VERSION => Self::StoreVersion(FromCbor::from_cbor(value, "version")?),
            LARGE_BLOBS => Self::LargeBlobs(FromCbor::from_cbor(value, "large blobs")?),
            PERSISTENT_TOKEN if value == Value::Null => Self::PersistentToken(None),
            PERSISTENT_TOKEN => {
                Self::PersistentToken(Some(Zeroizing::new(FromCbor::from_cbor(value, "persistent token")?)))
            }
            PUT_FINGER => Self::PutFinger(Box::new(Finger::from_map(FromCbor::from_cbor(value, "finger")?)?)),
            REMOVE_FINGER => Self::RemoveFinger(FromCbor::from_cbor(value, "template")?),
            UV_RETRIES => Self::UvRetries(number::<u8>(value, "retries of fingers")?.min(MAX_UV_RETRIES)),
            UV_COUNT => Self::UvCount(FromCbor::from_cbor(value, "verifications")?),
            unknown => return Err(StateError::Unknown(unknown)),
        })
    }
}

impl StoredPin {
    fn from_map(map: Map) -> Result<Self, Malformed> {
        let mut members = Members::from(map);
        let hash = PinHash::new(members.take(1, "PIN hash")?);
        Ok(Self { hash, code_points: members.take(2, "PIN length")? })
    }
}

fn pin_value(pin: Option<&StoredPin>) -> Value {
    let Some(pin) = pin else { return Value::Null };
    let mut map = Map::new();
    map.insert(1, pin.hash.expose());
    map.insert(2, pin.code_points);
    Value::Map(map)
}

impl From<&Settings> for Value {
    fn from(settings: &Settings) -> Self {
        let mut map = Map::new();
        let flags = [
            (1, settings.enterprise_attestation),
            (2, settings.always_uv),
            (5, settings.force_pin_change),
            (6, settings.pin_complexity),
            (7, settings.long_touch_for_reset),
        ];
        flags.into_iter().filter(|(_, set)| *set).for_each(|(key, set)| drop(map.insert(key, set)));
        if let Some(length) = settings.min_pin_length {
            map.insert(3, length);
        }
        if !settings.min_pin_length_rp_ids.is_empty() {
            map.insert(4, settings.min_pin_length_rp_ids.iter().map(Self::from).collect::<Vec<_>>());
        }
        Self::Map(map)
    }
}

impl Settings {
    fn from_map(map: Map) -> Result<Self, Malformed> {
        let mut members = Members::from(map);
        Ok(Self {
            enterprise_attestation: members.take_or_empty(1, "enterprise attestation")?,
            always_uv: members.take_or_empty(2, "always verify")?,
            min_pin_length: members.take_optional(3, "minimum PIN length")?,
            min_pin_length_rp_ids: members.take_or_empty(4, "RP IDs")?,
            force_pin_change: members.take_or_empty(5, "PIN change")?,
            pin_complexity: members.take_or_empty(6, "PIN complexity")?,
            long_touch_for_reset: members.take_or_empty(7, "long touch")?,
        })
    }
}

impl From<&Finger> for Value {
    fn from(finger: &Finger) -> Self {
        let mut map = Map::new();
        map.insert(1, finger.template_id.as_slice());
        if let Some(name) = &finger.name {
            map.insert(2, name.as_str());
        }
        map.insert(3, finger.number);
        Self::Map(map)
    }
}

impl Finger {
    fn from_map(map: Map) -> Result<Self, Malformed> {
        let mut members = Members::from(map);
        Ok(Self {
            template_id: members.take(1, "template")?,
            name: members.take_optional(2, "name")?,
            number: members.take_number(3, "finger")?.ok_or(Malformed::Missing("finger"))?,
        })
    }
}

/// One change as bytes, wiped on drop.
type Entry = Zeroizing<Vec<u8>>;

fn entry(code: u64, value: impl Into<Value>) -> Entry {
    let mut value = Value::Array(vec![Value::from(code), value.into()]);
    let bytes = Zeroizing::new(encode(&value));
    value.zeroize();
    bytes
}

/// A credential is in its last form already.
fn put(packed: &Packed) -> Entry {
    const PAIR: u8 = ARRAY | 2;
    let code = u8::try_from(PUT).expect("a number below 24 is its own encoding");
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 + packed.cbor().len()));
    bytes.extend([PAIR, code]);
    bytes.extend(packed.cbor());
    bytes
}

/// The head of an array is a number with this on top (RFC 8949 §3.1).
const ARRAY: u8 = 4 << 5;

fn listed(list: Vec<Entry>) -> Zeroizing<Vec<u8>> {
    let mut head = encode(&Value::from(list.len() as u64));
    head.iter_mut().take(1).for_each(|first| *first |= ARRAY);
    // All at once: bytes that grow leave copies of themselves behind.
    let length = head.len() + list.iter().map(|entry| entry.len()).sum::<usize>();
    let mut bytes = Zeroizing::new(Vec::with_capacity(length));
    bytes.extend(head);
    list.iter().for_each(|entry| bytes.extend(entry.as_slice()));
    bytes
}

fn pair(value: Value, member: Member) -> Result<[Value; 2], Malformed> {
    match value {
        Value::Array(items) => items.try_into().map_err(|_| Malformed::Length(member)),
        _ => Err(Malformed::Type(member)),
    }
}

fn number<T: TryFrom<u64>>(value: Value, member: Member) -> Result<T, Malformed> {
    T::try_from(u64::from_cbor(value, member)?).map_err(|_| Malformed::Value(member))
}
