//! A discoverable credential: as the commands see it, and as bytes.

use fob_cbor::{Cursor, Keys, TextKeys};
use fob_ctap::cose::Algorithm;
use fob_ctap::entity::{CredentialId, RpEntity, RpId, UserEntity, UserHandle};
use fob_ctap::extension::CredProtect;
use fob_ctap::extension::large_blob::PackedBlob;
use fob_ctap::{Malformed, Map, Value};

use super::StateError;
use super::encoding::OfMember;
use crate::{CredentialKey, KeyKind};

/// Levels of arrays and maps in a member that this fob does not know.
const UNKNOWN_DEPTH: usize = 4;

/// Where a discoverable credential stands: its RP ID's hash and its id.
pub(crate) type Place = ([u8; 32], CredentialId);

/// A discoverable credential.
#[derive(Debug)]
pub(crate) struct Resident {
    pub(crate) id: CredentialId,
    pub(crate) rp: RpEntity,
    pub(crate) user: UserEntity,
    pub(crate) key: CredentialKey,
    pub(crate) protection: CredProtect,
    /// The signature counter when it was made: the higher, the newer.
    pub(crate) created: u32,
    pub(crate) extras: Extras,
}

/// What extensions let a discoverable credential keep.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Extras {
    /// Whether it has a key among the large blobs (§12.3).
    pub(crate) large_blob_key: bool,
    /// credBlob (§12.2).
    pub(crate) cred_blob: Option<Vec<u8>>,
    /// Its own large blob (§12.4).
    pub(crate) large_blob: Option<PackedBlob>,
    /// Whether third parties may use it for payments (§12.9).
    pub(crate) third_party_payment: bool,
}

/// What the bytes of a credential say, where they lie. One that was read is whole: it makes a [`Resident`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) id: &'a [u8],
    pub(super) rp_id: &'a str,
    rp_name: Option<&'a str>,
    user: Account<'a>,
    kind: KeyKind,
    secret: &'a [u8],
    public: &'a [u8],
    pub(crate) protection: CredProtect,
    pub(crate) created: u32,
    large_blob_key: bool,
    cred_blob: Option<&'a [u8]>,
    large_blob: Option<(&'a [u8], u64)>,
    third_party_payment: bool,
}

/// Handle and names of an account.
#[derive(Debug, Clone, Copy)]
struct Account<'a> {
    handle: &'a [u8],
    name: Option<&'a str>,
    display_name: Option<&'a str>,
}

/// What a credential is found by; it stands before everything else.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name<'a> {
    pub(super) id: &'a [u8],
    pub(super) user_handle: &'a [u8],
}

impl Resident {
    /// The same credential with another account.
    pub(crate) fn with_user(self, user: UserEntity) -> Self {
        Self { user, ..self }
    }

    /// The same credential with another large blob of its own.
    pub(crate) fn with_large_blob(self, blob: PackedBlob) -> Self {
        Self { extras: Extras { large_blob: Some(blob), ..self.extras }, ..self }
    }
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
}

impl<'a> Name<'a> {
    /// Reads no further than it has to.
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, StateError> {
        let mut id = None;
        let mut keys: Keys<u64> = cursor.map().of("credential")?;
        while let Some(key) = keys.next(cursor).of("credential")? {
            match key {
                1 => id = Some(cursor.bytes().of("id")?),
                3 => {
                    let user_handle = Account::read(cursor)?.handle;
                    return Ok(Self { id: id.ok_or(Malformed::Missing("id"))?, user_handle });
                }
                _ => drop(cursor.item(UNKNOWN_DEPTH)?),
            }
        }
        Err(Malformed::Missing("user").into())
    }
}

impl<'a> Account<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, StateError> {
        let (mut handle, mut name, mut display_name) = (None, None, None);
        let mut keys: TextKeys<'a> = cursor.map().of("user")?;
        while let Some(key) = keys.next(cursor).of("user")? {
            match key {
                "id" => handle = Some(cursor.bytes().of("user.id")?),
                "name" => name = Some(cursor.text().of("user.name")?),
                "displayName" => display_name = Some(cursor.text().of("user.displayName")?),
                _ => drop(cursor.item(UNKNOWN_DEPTH)?),
            }
        }
        let handle = handle.ok_or(Malformed::Missing("user.id"))?;
        let fits = handle.len() <= UserHandle::LONGEST;
        if fits { Ok(Self { handle, name, display_name }) } else { Err(Malformed::Length("user.id").into()) }
    }
}

impl<'a> Reading<'a> {
    /// Reads a credential that begins here.
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, StateError> {
        let (mut id, mut rp, mut user, mut secret, mut public) = (None, None, None, None, None);
        let (mut protection, mut created, mut algorithm) = (None, None, Algorithm::ES256);
        let (mut large_blob_key, mut cred_blob, mut third_party_payment, mut large_blob) = (false, None, false, None);
        let mut keys: Keys<u64> = cursor.map().of("credential")?;
        while let Some(key) = keys.next(cursor).of("credential")? {
            match key {
                1 => id = Some(cursor.bytes().of("id")?),
                2 => rp = Some(texts(cursor)?),
                3 => user = Some(Account::read(cursor)?),
                4 => secret = Some(cursor.bytes().of("private half")?),
                5 => public = Some(cursor.bytes().of("public half")?),
                6 => protection = CredProtect::from_number(cursor.unsigned().of("credProtect")?),
                7 => created = u32::try_from(cursor.unsigned().of("created")?).ok(),
                8 => algorithm = Algorithm(cursor.integer().of("algorithm")?),
                9 => large_blob_key = cursor.boolean().of("largeBlobKey")?,
                10 => cred_blob = Some(cursor.bytes().of("credBlob")?),
                11 => third_party_payment = cursor.boolean().of("thirdPartyPayment")?,
                12 => large_blob = Some(blob(cursor)?),
                _ => drop(cursor.item(UNKNOWN_DEPTH)?),
            }
        }
        let kind = KeyKind::of(algorithm).ok_or(Malformed::Value("algorithm"))?;
        let (secret, public) = secret.zip(public).ok_or(Malformed::Missing("key pair"))?;
        if !kind.fits(secret, public) {
            return Err(Malformed::Value("key pair").into());
        }
        let (rp_id, rp_name) = rp.ok_or(Malformed::Missing("rp"))?;
        Ok(Self {
            id: id.ok_or(Malformed::Missing("id"))?,
            rp_id,
            rp_name,
            user: user.ok_or(Malformed::Missing("user"))?,
            kind,
            secret,
            public,
            protection: protection.ok_or(Malformed::Value("credProtect"))?,
            created: created.ok_or(Malformed::Value("created"))?,
            large_blob_key,
            cred_blob,
            large_blob,
            third_party_payment,
        })
    }

    /// The credential itself.
    pub(crate) fn resident(&self) -> Resident {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let user = UserEntity {
            id: UserHandle::new(self.user.handle).expect("its length was looked at when it was read"),
            name: text(self.user.name),
            display_name: text(self.user.display_name),
        };
        let large_blob = self.large_blob.map(|(packed, original_size)| {
            let packed = packed.to_vec();
            PackedBlob { packed, original_size }
        });
        Resident {
            id: CredentialId::from(self.id),
            rp: RpEntity { id: RpId::new(self.rp_id), name: text(self.rp_name) },
            user,
            key: CredentialKey::from_parts(self.kind, self.secret, self.public)
                .expect("it was looked at when it was read"),
            protection: self.protection,
            created: self.created,
            extras: Extras {
                large_blob_key: self.large_blob_key,
                cred_blob: self.cred_blob.map(<[u8]>::to_vec),
                large_blob,
                third_party_payment: self.third_party_payment,
            },
        }
    }
}

/// id and name of a relying party.
fn texts<'a>(cursor: &mut Cursor<'a>) -> Result<(&'a str, Option<&'a str>), StateError> {
    let (mut id, mut name) = (None, None);
    let mut keys: TextKeys<'a> = cursor.map().of("rp")?;
    while let Some(key) = keys.next(cursor).of("rp")? {
        match key {
            "id" => id = Some(cursor.text().of("rp.id")?),
            "name" => name = Some(cursor.text().of("rp.name")?),
            _ => drop(cursor.item(UNKNOWN_DEPTH)?),
        }
    }
    Ok((id.ok_or(Malformed::Missing("rp.id"))?, name))
}

/// A large blob, and its length before it was packed.
fn blob<'a>(cursor: &mut Cursor<'a>) -> Result<(&'a [u8], u64), StateError> {
    let (mut packed, mut size) = (None, None);
    let mut keys: Keys<u64> = cursor.map().of("large blob")?;
    while let Some(key) = keys.next(cursor).of("large blob")? {
        match key {
            1 => packed = Some(cursor.bytes().of("large blob")?),
            2 => size = Some(cursor.unsigned().of("large blob")?),
            _ => drop(cursor.item(UNKNOWN_DEPTH)?),
        }
    }
    packed.zip(size).ok_or_else(|| Malformed::Missing("large blob").into())
}
