//! authenticatorCredentialManagement (§6.8): which discoverable credentials are on a key, and tidying them up.
//!
//! The same messages under the number 0x41 are the preview's ([`Prototype`](crate::subcommand::Prototype)), without
//! updateUserInformation. A token needs the permission cm, or pcmr for what only reads.

use crate::cose::PublicKey;
use crate::entity::{Descriptor, RpEntity, UserEntity};
use crate::extension::CredProtect;
use crate::member::{Malformed, Members, put};
use crate::secret::LargeBlobKey;
use crate::subcommand::{Family, HasPrototype, Subcommand, subcommands};
use crate::{Map, Message};

subcommands! {
    /// Any subcommand, as an authenticator receives it.
    CredentialManagement, else Malformed::Subcommand;

    /// getCredsMetadata (§6.8.2): how many credentials there are, and for how many there is room.
    GetCredsMetadata = 0x01 -> CredsMetadata {}
    /// enumerateRPsBegin (§6.8.3): the first RP that has credentials here.
    EnumerateRpsBegin = 0x02 -> RpsBegin {}
    /// enumerateRPsGetNextRP: the next one. Takes no proof.
    EnumerateRpsNext = 0x03 -> StoredRp {}
    /// enumerateCredentialsBegin (§6.8.4): the first credential of an RP.
    EnumerateCredentialsBegin = 0x04 -> CredentialsBegin {
        /// SHA-256 of the RP's ID.
        rp_id_hash: [u8; 32] = 1, "rpIDHash";
    }
    /// enumerateCredentialsGetNextCredential: the next one. Takes no proof.
    EnumerateCredentialsNext = 0x05 -> StoredCredential {}
    /// deleteCredential (§6.8.5).
    DeleteCredential = 0x06 -> () {
        /// Which.
        credential_id: Descriptor = 2, "credentialID";
    }
    /// updateUserInformation (§6.8.6): other names for the account. Not in the preview.
    UpdateUserInformation = 0x07 -> () {
        /// Which.
        credential_id: Descriptor = 2, "credentialID";
        /// The names; the handle must be the one that the credential has. An absent or empty name is taken away.
        user: UserEntity = 3, "user";
    }
}

impl Family for CredentialManagement {
    const CODE: u8 = 0x0a;
    const SUB_COMMAND: i64 = 1;

    /// The proof covers subCommand ‖ subCommandParams.
    fn head(number: u8) -> Vec<u8> {
        vec![number]
    }

    /// Not those that getCredsMetadata and enumerateRPsBegin have no use for (§6.8.2, §6.8.3).
    fn covers_parameters(number: u8) -> bool {
        !matches!(number, GetCredsMetadata::NUMBER | EnumerateRpsBegin::NUMBER)
    }

    fn read(number: u8, parameters: Map) -> Result<Self, Malformed> {
        Self::read_parameters(number, parameters)
    }

    fn check(number: u64) -> Result<u8, Malformed> {
        Self::known(number)
    }
}

impl HasPrototype for CredentialManagement {
    const PROTOTYPE: u8 = 0x41;
}

/// Answer to getCredsMetadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CredsMetadata {
    /// Discoverable credentials that are on the key.
    pub existing: u64,
    /// How many more there is room for, at most.
    pub max_possible_remaining: u64,
}

impl Message for CredsMetadata {
    fn to_map(&self) -> Option<Map> {
        Some([(1, self.existing), (2, self.max_possible_remaining)].into_iter().collect())
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        let mut members = Members::from(map);
        Ok(Self {
            existing: members.take(1, "existingResidentCredentialsCount")?,
            max_possible_remaining: members.take(2, "maxPossibleRemainingResidentCredentialsCount")?,
        })
    }
}

/// An RP with credentials on the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRp {
    /// Its entity. A key may keep only a part of a long ID (§6.8.7): the hash is what counts.
    pub rp: RpEntity,
    /// SHA-256 of its whole ID.
    pub rp_id_hash: [u8; 32],
}

impl StoredRp {
    fn write(&self, map: &mut Map) {
        map.insert(3, &self.rp);
        map.insert(4, self.rp_id_hash);
    }

    fn read(members: &mut Members) -> Result<Self, Malformed> {
        Ok(Self { rp: members.take(3, "rp")?, rp_id_hash: members.take(4, "rpIDHash")? })
    }
}

impl Message for StoredRp {
    fn to_map(&self) -> Option<Map> {
        let mut map = Map::new();
        self.write(&mut map);
        Some(map)
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        Self::read(&mut Members::from(map))
    }
}

/// Answer to enumerateRPsBegin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpsBegin {
    /// The first RP. None with a total of 0: some keys say so instead of [`crate::Status::NoCredentials`].
    pub first: Option<StoredRp>,
    /// How many RPs there are, this one included.
    pub total: u64,
}

impl Message for RpsBegin {
    fn to_map(&self) -> Option<Map> {
        let mut map = Map::new();
        if let Some(first) = &self.first {
            first.write(&mut map);
        }
        map.insert(5, self.total);
        Some(map)
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        let mut members = Members::from(map);
        let total = members.take(5, "totalRPs")?;
        let first = if total == 0 { None } else { Some(StoredRp::read(&mut members)?) };
        Ok(Self { first, total })
    }
}

/// A credential on the key.
#[derive(Debug)]
pub struct StoredCredential {
    /// The account.
    pub user: UserEntity,
    /// Its id.
    pub credential_id: Descriptor,
    /// Its public key.
    pub public_key: PublicKey,
    /// Its protection; the preview does not say.
    pub cred_protect: Option<CredProtect>,
    /// Key of its entry among the large blobs, if it has one.
    pub large_blob_key: Option<LargeBlobKey>,
    /// Whether third parties may use it for payments (§12.9).
    pub third_party_payment: Option<bool>,
}

impl StoredCredential {
    fn write(&self, map: &mut Map) {
        map.insert(6, &self.user);
        map.insert(7, &self.credential_id);
        map.insert(8, &self.public_key);
        put(map, 0x0a, self.cred_protect);
        put(map, 0x0b, self.large_blob_key.as_ref());
        put(map, 0x0c, self.third_party_payment);
    }

    fn read(members: &mut Members) -> Result<Self, Malformed> {
        Ok(Self {
            user: members.take(6, "user")?,
            credential_id: members.take(7, "credentialID")?,
            public_key: members.take(8, "publicKey")?,
            cred_protect: members.take_optional(0x0a, "credProtect")?,
            large_blob_key: members.take_optional(0x0b, "largeBlobKey")?,
            third_party_payment: members.take_optional(0x0c, "thirdPartyPayment")?,
        })
    }
}

impl Message for StoredCredential {
    fn to_map(&self) -> Option<Map> {
        let mut map = Map::new();
        self.write(&mut map);
        Some(map)
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        Self::read(&mut Members::from(map))
    }
}

/// Answer to enumerateCredentialsBegin.
#[derive(Debug)]
pub struct CredentialsBegin {
    /// The first credential.
    pub first: StoredCredential,
    /// How many this RP has, this one included.
    pub total: u64,
}

impl Message for CredentialsBegin {
    fn to_map(&self) -> Option<Map> {
        let mut map = Map::new();
        self.first.write(&mut map);
        map.insert(9, self.total);
        Some(map)
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        let mut members = Members::from(map);
        let first = StoredCredential::read(&mut members)?;
        // A key of the preview may leave it out where there is one.
        let total: Option<u64> = members.take_optional(9, "totalCredentials")?;
        Ok(Self { first, total: total.unwrap_or(1) })
    }
}
