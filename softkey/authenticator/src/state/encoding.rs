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

use fob_cbor::{DecodeError, Limits, decode, encode};
use fob_ctap::cose::Algorithm;
use fob_ctap::extension::CredProtect;
use fob_ctap::extension::large_blob::PackedBlob;
use fob_ctap::large_blobs::array;
use fob_ctap::member::{FromCbor, Member, Members};
use fob_ctap::pin::PinHash;
use fob_ctap::{Malformed, Map, Value};
use zeroize::{Zeroize, Zeroizing};

use super::{Change, Changes, Extras, Finger, Resident, Settings, State, StoredPin};
use crate::identity::{MAX_PIN_RETRIES, MAX_UV_RETRIES};
use crate::sealed_id::DeviceKey;
use crate::{CredentialKey, KeyKind};

#[cfg(test)]
mod tests;

/// Deeper than anything here: list, change, credential, rp or user.
const LIMITS: Limits = Limits::deep(8);

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
    Cbor(#[source] DecodeError),
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

impl Changes {
    /// The changes as bytes; as secret as the state.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        encoded(self.0.iter().map(Value::from).collect())
    }

    /// Reads what [`Changes::encode`] wrote.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let Value::Array(list) = decode(bytes, LIMITS).map_err(StateError::Cbor)? else {
            return Err(Malformed::Type("changes").into());
        };
        list.into_iter().map(Change::from_value).collect::<Result<_, _>>().map(Self)
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
        encoded(self.entries().collect())
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
            let mut length = weight(&first);
            let mut list = vec![first];
            while let Some(entry) = entries.next_if(|entry| length + weight(entry) <= size) {
                length += weight(&entry);
                list.push(entry);
            }
            Some(encoded(list))
        })
    }

    /// The changes that make this state out of nothing.
    fn entries(&self) -> impl Iterator<Item = Value> + '_ {
        let small = [
            entry(ANEW, self.device_key.expose()),
            entry(COUNTER, self.counter),
            entry(PIN_RETRIES, self.pin_retries),
            entry(PIN, pin_value(self.pin.as_ref())),
        ];
        let residents = self.residents.values().map(|resident| entry(PUT, &**resident));
        let fingers = self.fingers.values().map(|finger| entry(PUT_FINGER, finger));
        small.into_iter().chain(self.later_entries()).chain(residents).chain(fingers)
    }

    /// What most keys have as a new key has it.
    fn later_entries(&self) -> impl Iterator<Item = Value> + use<> {
        let settings = (self.settings != Settings::default()).then(|| entry(SETTINGS, &self.settings));
        let version = (self.store_version != 0).then(|| entry(STORE_VERSION, self.store_version));
        let blobs = (self.large_blobs != array::EMPTY).then(|| entry(LARGE_BLOBS, self.large_blobs.as_slice()));
        let token = self.persistent_token.as_ref().map(|token| entry(PERSISTENT_TOKEN, **token));
        let retries = (self.uv_retries != MAX_UV_RETRIES).then(|| entry(UV_RETRIES, self.uv_retries));
        let count = (self.uv_count != 0).then(|| entry(UV_COUNT, self.uv_count));
        [settings, version, blobs, token, retries, count].into_iter().flatten()
    }
}

impl From<&Change> for Value {
    fn from(change: &Change) -> Self {
        match change {
            Change::Anew(device_key) => entry(ANEW, device_key.expose()),
            Change::Counter(counter) => entry(COUNTER, *counter),
            Change::PinRetries(retries) => entry(PIN_RETRIES, *retries),
            Change::Pin(pin) => entry(PIN, pin_value(pin.as_ref())),
            Change::Put(resident) => entry(PUT, &**resident),
            Change::Remove((hash, id)) => entry(REMOVE, vec![Value::from(hash), Value::from(id)]),
            Change::Settings(settings) => entry(SETTINGS, &**settings),
            Change::StoreVersion(version) => entry(STORE_VERSION, *version),
            Change::LargeBlobs(array) => entry(LARGE_BLOBS, array.as_slice()),
            Change::PersistentToken(Some(token)) => entry(PERSISTENT_TOKEN, **token),
            Change::PersistentToken(None) => entry(PERSISTENT_TOKEN, Value::Null),
            Change::PutFinger(finger) => entry(PUT_FINGER, &**finger),
            Change::RemoveFinger(template_id) => entry(REMOVE_FINGER, template_id.as_slice()),
            Change::UvRetries(retries) => entry(UV_RETRIES, *retries),
            Change::UvCount(count) => entry(UV_COUNT, *count),
        }
    }
}

impl Change {
    fn from_value(value: Value) -> Result<Self, StateError> {
        let [code, value] = pair(value, "change")?;
        Ok(match u64::from_cbor(code, "kind of change")? {
            ANEW => Self::Anew(Box::new(DeviceKey::from_bytes(FromCbor::from_cbor(value, "device key")?))),
            COUNTER => Self::Counter(number(value, "counter")?),
            PIN_RETRIES => Self::PinRetries(number::<u8>(value, "PIN retries")?.min(MAX_PIN_RETRIES)),
            PIN if value == Value::Null => Self::Pin(None),
            PIN => Self::Pin(Some(StoredPin::from_map(FromCbor::from_cbor(value, "PIN")?)?)),
            PUT => Self::Put(Box::new(Resident::from_map(FromCbor::from_cbor(value, "credential")?)?)),
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

impl From<&Resident> for Value {
    fn from(resident: &Resident) -> Self {
        let mut map = Map::new();
        map.insert(1, &resident.id);
        map.insert(2, &resident.rp);
        map.insert(3, &resident.user);
        map.insert(4, resident.key.expose());
        map.insert(5, resident.key.public());
        map.insert(6, resident.protection);
        map.insert(7, resident.created);
        if resident.key.kind() != KeyKind::Es256 {
            map.insert(8, resident.key.kind().algorithm());
        }
        resident.extras.write(&mut map);
        Self::Map(map)
    }
}

impl Resident {
    fn from_map(map: Map) -> Result<Self, Malformed> {
        let mut members = Members::from(map);
        let algorithm: Option<Algorithm> = members.take_optional(8, "algorithm")?;
        let kind = KeyKind::of(algorithm.unwrap_or(Algorithm::ES256)).ok_or(Malformed::Value("algorithm"))?;
        let secret: Zeroizing<Vec<u8>> = Zeroizing::new(members.take(4, "private half")?);
        let public: Vec<u8> = members.take(5, "public half")?;
        Ok(Self {
            id: members.take(1, "id")?,
            rp: members.take(2, "rp")?,
            user: members.take(3, "user")?,
            key: CredentialKey::from_parts(kind, &secret, &public).ok_or(Malformed::Value("key pair"))?,
            protection: members.take::<CredProtect>(6, "credProtect")?,
            created: members.take_number(7, "created")?.ok_or(Malformed::Missing("created"))?,
            extras: Extras::read(&mut members)?,
        })
    }
}

impl Extras {
    fn write(&self, map: &mut Map) {
        if self.large_blob_key {
            map.insert(9, true);
        }
        if let Some(blob) = &self.cred_blob {
            map.insert(10, blob.as_slice());
        }
        if self.third_party_payment {
            map.insert(11, true);
        }
        if let Some(blob) = &self.large_blob {
            let mut inner = Map::new();
            inner.insert(1, blob.packed.as_slice());
            inner.insert(2, blob.original_size);
            map.insert(12, inner);
        }
    }

    fn read(members: &mut Members) -> Result<Self, Malformed> {
        let blob: Option<Map> = members.take_optional(12, "large blob")?;
        Ok(Self {
            large_blob_key: members.take_or_empty(9, "largeBlobKey")?,
            cred_blob: members.take_optional(10, "credBlob")?,
            third_party_payment: members.take_or_empty(11, "thirdPartyPayment")?,
            large_blob: blob.map(packed_blob).transpose()?,
        })
    }
}

fn packed_blob(map: Map) -> Result<PackedBlob, Malformed> {
    let mut members = Members::from(map);
    Ok(PackedBlob { packed: members.take(1, "large blob")?, original_size: members.take(2, "large blob")? })
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

fn entry(code: u64, value: impl Into<Value>) -> Value {
    Value::Array(vec![Value::from(code), value.into()])
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

/// About how many bytes a value takes.
fn weight(value: &Value) -> usize {
    match value {
        Value::Bytes(bytes) => 3 + bytes.len(),
        Value::Text(text) => 3 + text.len(),
        Value::Array(items) => 3 + items.iter().map(weight).sum::<usize>(),
        Value::Map(map) => 3 + map.iter().map(|(key, value)| weight(key) + weight(value)).sum::<usize>(),
        _ => 5,
    }
}

/// The bytes of a list with secrets in it; the list is wiped.
fn encoded(list: Vec<Value>) -> Zeroizing<Vec<u8>> {
    let mut value = Value::Array(list);
    let bytes = Zeroizing::new(encode(&value));
    value.zeroize();
    bytes
}
