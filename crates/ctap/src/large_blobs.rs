//! authenticatorLargeBlobs (§6.10.2): one array of blobs for the whole key, read and written in fragments.
//!
//! What is in the array, a key neither knows nor asks: see [`mod@array`]. A token needs the permission lbw to write.

pub mod array;
pub mod deflate;

use crate::member::{Malformed, Members, put};
use crate::pin::PinUvAuthToken;
use crate::{Command, Map, Message, sha256};

/// The command byte.
pub const CODE: u8 = 0x0c;

mod key {
    pub(super) const GET: i64 = 1;
    pub(super) const SET: i64 = 2;
    pub(super) const OFFSET: i64 = 3;
    pub(super) const LENGTH: i64 = 4;
    pub(super) const PIN_UV_AUTH_PARAM: i64 = 5;
    pub(super) const PIN_UV_AUTH_PROTOCOL: i64 = 6;
}

/// Longest fragment in bytes between two parties whose longest message is `max_msg_size` bytes (§6.10.2).
#[must_use]
pub const fn max_fragment_length(max_msg_size: u64) -> u64 {
    max_msg_size.saturating_sub(64)
}

/// Read a part of the array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetFragment {
    /// How many bytes, at most.
    pub get: u64,
    /// From which byte on.
    pub offset: u64,
}

/// Write the next part of the array. It takes the old array's place with the last part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetFragment {
    /// The bytes.
    pub set: Vec<u8>,
    /// From which byte on.
    pub offset: u32,
    /// How long the array will be; in the first part and in no other.
    pub length: Option<u64>,
    /// Proof of a pinUvAuthToken over [`SetFragment::message`].
    pub pin_uv_auth_param: Option<Vec<u8>>,
    /// The protocol of that proof.
    pub pin_uv_auth_protocol: Option<u64>,
}

/// A part of the array, in answer to [`GetFragment`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The bytes; fewer than asked for at the end.
    pub config: Vec<u8>,
}

/// Any request of the command, as an authenticator receives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LargeBlobs {
    /// Read.
    Get(GetFragment),
    /// Write.
    Set(SetFragment),
}

impl LargeBlobs {
    /// Reads the members of a request.
    ///
    /// # Errors
    /// What is wrong with them, or with having them together: all of that is an invalid parameter (§6.10.2).
    pub fn from_map(map: Map) -> Result<Self, Malformed> {
        let mut members = Members::from(map);
        let offset: Option<u64> = members.take_optional(key::OFFSET, "offset")?;
        let get: Option<u64> = members.take_optional(key::GET, "get")?;
        let set: Option<Vec<u8>> = members.take_optional(key::SET, "set")?;
        let length = members.take_optional(key::LENGTH, "length")?;
        let pin_uv_auth_param = members.take_optional(key::PIN_UV_AUTH_PARAM, "pinUvAuthParam")?;
        let pin_uv_auth_protocol = members.take_optional(key::PIN_UV_AUTH_PROTOCOL, "pinUvAuthProtocol")?;
        let offset = offset.ok_or(Malformed::Value("offset"))?;
        match (get, set) {
            (Some(get), None) => match (length, &pin_uv_auth_param, pin_uv_auth_protocol) {
                (None, None, None) => Ok(Self::Get(GetFragment { get, offset })),
                _ => Err(Malformed::Value("get")),
            },
            (None, Some(set)) => {
                if (offset == 0) != length.is_some() {
                    return Err(Malformed::Value("length"));
                }
                let offset = offset.try_into().map_err(|_| Malformed::Value("offset"))?;
                Ok(Self::Set(SetFragment { set, offset, length, pin_uv_auth_param, pin_uv_auth_protocol }))
            }
            _ => Err(Malformed::Value("set")),
        }
    }
}

impl Message for GetFragment {
    fn to_map(&self) -> Option<Map> {
        Some([(key::GET, self.get), (key::OFFSET, self.offset)].into_iter().collect())
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        match LargeBlobs::from_map(map)? {
            LargeBlobs::Get(get) => Ok(get),
            LargeBlobs::Set(_) => Err(Malformed::Value("set")),
        }
    }
}

impl Command for GetFragment {
    const CODE: u8 = CODE;
    type Reply = Fragment;
}

impl SetFragment {
    /// What the proof covers: 32 bytes of 0xFF ‖ 0C 00 ‖ offset in four bytes, little-endian ‖ SHA-256 of the bytes.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        let mut message = vec![0xff; 32];
        message.extend([CODE, 0]);
        message.extend(self.offset.to_le_bytes());
        message.extend(sha256(&self.set));
        message
    }

    /// Whether the proof is there and this token's; in constant time.
    #[must_use]
    pub fn is_proven_by(&self, token: &PinUvAuthToken) -> bool {
        self.pin_uv_auth_param.as_deref().is_some_and(|proof| token.verify(&self.message(), proof))
    }
}

impl Message for SetFragment {
    fn to_map(&self) -> Option<Map> {
        let mut map = Map::new();
        map.insert(key::SET, self.set.as_slice());
        map.insert(key::OFFSET, self.offset);
        put(&mut map, key::LENGTH, self.length);
        put(&mut map, key::PIN_UV_AUTH_PARAM, self.pin_uv_auth_param.as_deref());
        put(&mut map, key::PIN_UV_AUTH_PROTOCOL, self.pin_uv_auth_protocol);
        Some(map)
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        match LargeBlobs::from_map(map)? {
            LargeBlobs::Set(set) => Ok(set),
            LargeBlobs::Get(_) => Err(Malformed::Value("get")),
        }
    }
}

impl Command for SetFragment {
    const CODE: u8 = CODE;
    type Reply = ();
}

impl Message for Fragment {
    fn to_map(&self) -> Option<Map> {
        Some([(1, self.config.as_slice())].into_iter().collect())
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        Members::from(map).take(1, "config").map(|config| Self { config })
    }
}

/// The requests that write a serialized array, in order, each proven by the token if there is one. A fragment has at
/// most `max_fragment` bytes, and at least one.
pub fn writes<'a>(
    serialized: &'a [u8],
    max_fragment: u64,
    token: Option<&'a PinUvAuthToken>,
) -> impl Iterator<Item = SetFragment> + 'a {
    let step = usize::try_from(max_fragment).unwrap_or(usize::MAX).max(1);
    let mut offset = 0_u32;
    serialized.chunks(step).map(move |chunk| {
        let mut fragment = SetFragment {
            set: chunk.to_vec(),
            offset,
            length: (offset == 0).then_some(serialized.len() as u64),
            pin_uv_auth_param: None,
            pin_uv_auth_protocol: token.map(|token| token.protocol().number()),
        };
        fragment.pin_uv_auth_param = token.map(|token| token.authenticate(&fragment.message()));
        offset = offset.saturating_add(u32::try_from(chunk.len()).unwrap_or(u32::MAX));
        fragment
    })
}
