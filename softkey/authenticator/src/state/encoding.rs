//! The state as bytes: canonical CBOR, versioned, with a hash that tells a damaged file from a whole one.
//!
//! ```text
//! { 1: "fob softkey state", 2: 1, 3: h'body', 4: h'SHA-256 of body' }
//! body = { 1: device key, 2: counter, 3: PIN retries, ? 4: { 1: PIN hash, 2: code points }, 5: [ credential… ] }
//! credential = { 1: id, 2: rp, 3: user, 4: private scalar, 5: public point (04 ‖ x ‖ y), 6: credProtect, 7: created }
//! ```
//! The hash is against torn writes and rotten disks. Whoever can write the file can also forge it: nothing guards a
//! test key but its file's mode.

use fob_cbor::{DecodeError, Limits, decode, encode};
use fob_ctap::cose::P256Point;
use fob_ctap::extension::CredProtect;
use fob_ctap::member::Members;
use fob_ctap::pin::PinHash;
use fob_ctap::{Malformed, Map, Value, sha256};
use zeroize::{Zeroize, Zeroizing};

use super::{Resident, State, StoredPin};
use crate::CredentialKey;
use crate::identity::MAX_PIN_RETRIES;
use crate::sealed_id::DeviceKey;

#[cfg(test)]
mod tests;

const FORMAT: &str = "fob softkey state";
const VERSION: u64 = 1;

/// Deeper than anything here: list, credential, rp or user.
const LIMITS: Limits = Limits::deep(8);

/// Why bytes are no state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// They are something else, or their beginning is lost.
    #[error("it is not the state of a fob softkey")]
    Foreign,
    /// A newer fob wrote them.
    #[error("it has format {0}, and this fob reads format 1")]
    Version(u64),
    /// They are cut off or not canonical CBOR.
    #[error("it is torn or damaged")]
    Cbor(#[source] DecodeError),
    /// The hash does not fit.
    #[error("it is damaged or was tampered with: its hash does not fit")]
    Hash,
    /// A member is missing or makes no sense, though the hash fits.
    #[error("it makes no sense")]
    Member(#[from] Malformed),
}

impl State {
    /// The whole state as bytes; as secret as the state itself.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let body = Zeroizing::new(encoded(self.body()));
        let hash = sha256(&body);
        let mut map = Map::new();
        map.insert(1, FORMAT);
        map.insert(2, VERSION);
        map.insert(3, body.as_slice());
        map.insert(4, hash);
        Zeroizing::new(encoded(map))
    }

    /// Reads what [`State::encode`] wrote.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let value = decode(bytes, LIMITS)
            .map_err(|error| if looks_like_one(bytes) { StateError::Cbor(error) } else { StateError::Foreign })?;
        let mut members = Members::of(value, "state").map_err(|_| StateError::Foreign)?;
        if members.take_optional::<String>(1, "format").ok().flatten().as_deref() != Some(FORMAT) {
            return Err(StateError::Foreign);
        }
        let version: u64 = members.take(2, "version")?;
        if version != VERSION {
            return Err(StateError::Version(version));
        }
        let body: Zeroizing<Vec<u8>> = Zeroizing::new(members.take(3, "body")?);
        let hash: [u8; 32] = members.take(4, "hash")?;
        if sha256(&body) != hash {
            return Err(StateError::Hash);
        }
        Self::from_body(&body)
    }

    fn body(&self) -> Map {
        let mut map = Map::new();
        map.insert(1, self.device_key.expose());
        map.insert(2, self.counter);
        map.insert(3, self.pin_retries);
        if let Some(pin) = &self.pin {
            let mut stored = Map::new();
            stored.insert(1, pin.hash.expose());
            stored.insert(2, pin.code_points);
            map.insert(4, stored);
        }
        map.insert(5, self.residents.values().map(Value::from).collect::<Vec<_>>());
        map
    }

    fn from_body(body: &[u8]) -> Result<Self, StateError> {
        let mut members = Members::of(decode(body, LIMITS).map_err(StateError::Cbor)?, "body")?;
        let retries: u8 = members.take_number(3, "PIN retries")?.ok_or(Malformed::Missing("PIN retries"))?;
        let list: Vec<Map> = members.take(5, "credentials")?;
        let residents = list.into_iter().map(Resident::from_map).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            device_key: DeviceKey::from_bytes(members.take(1, "device key")?),
            counter: members.take_number(2, "counter")?.ok_or(Malformed::Missing("counter"))?,
            pin_retries: retries.min(MAX_PIN_RETRIES),
            pin: members.take_optional::<Map>(4, "PIN")?.map(StoredPin::from_map).transpose()?,
            residents: residents.into_iter().map(|resident| (resident.place(), resident)).collect(),
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

impl From<&Resident> for Value {
    fn from(resident: &Resident) -> Self {
        let mut map = Map::new();
        map.insert(1, &resident.id);
        map.insert(2, &resident.rp);
        map.insert(3, &resident.user);
        map.insert(4, resident.key.expose());
        map.insert(5, resident.key.public().to_sec1());
        map.insert(6, resident.protection);
        map.insert(7, resident.created);
        Self::Map(map)
    }
}

impl Resident {
    fn from_map(map: Map) -> Result<Self, Malformed> {
        let mut members = Members::from(map);
        let scalar = members.take(4, "private scalar")?;
        let public: Vec<u8> = members.take(5, "public point")?;
        let public = P256Point::from_sec1(&public).ok_or(Malformed::Value("public point"))?;
        Ok(Self {
            id: members.take(1, "id")?,
            rp: members.take(2, "rp")?,
            user: members.take(3, "user")?,
            key: CredentialKey::from_parts(scalar, public),
            protection: members.take::<CredProtect>(6, "credProtect")?,
            created: members.take_number(7, "created")?.ok_or(Malformed::Missing("created"))?,
        })
    }
}

/// The bytes of a map with secrets in it; the map is wiped.
fn encoded(map: Map) -> Vec<u8> {
    let mut value = Value::Map(map);
    let bytes = encode(&value);
    value.zeroize();
    bytes
}

/// Whether bytes begin as ours do, whatever comes then: "damaged" helps whoever reads it more than "foreign".
fn looks_like_one(bytes: &[u8]) -> bool {
    let mut beginning = vec![0xa4, 0x01, 0x60 | FORMAT.len() as u8];
    beginning.extend(FORMAT.bytes());
    let length = beginning.len().min(bytes.len());
    bytes.get(..length) == beginning.get(..length)
}
