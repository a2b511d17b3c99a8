//! What a key can do, as one plain value: profiles of other models switch things off, or on.
//!
//! Everything else follows from it: getInfo says no more than is switched on, and a command of something that is off is
//! no command.

use fob_ctap::auth_data::{Aaguid, Flags};
use fob_ctap::entity::RpId;
use fob_ctap::pin::Protocol;

use crate::identity::{AAGUID, CAPACITY, FIRMWARE_VERSION, MAX_CREDENTIAL_COUNT_IN_LIST, MAX_MESSAGE, MIN_PIN_LENGTH};
use crate::sealed_id::sealed_length;
use crate::{KeyKind, SEALED_ID_LENGTH};

/// Roughly what a getAssertion or makeCredential has beside its list of credentials, in bytes.
const BESIDE_LIST: usize = 1_000;
/// What a list has beside each id: type, keys, lengths.
const BESIDE_ID: usize = 32;

/// What a key can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abilities {
    /// The model.
    pub aaguid: Aaguid,
    /// 0x0E of getInfo; keys of old do not say.
    pub firmware_version: Option<u64>,
    /// The newest edition of CTAP whose name it uses, if it has all that the edition demands.
    pub edition: Edition,
    /// Whether it also has the commands of CTAP 2.1's preview, under their numbers 0x40 and 0x41.
    pub preview: bool,
    /// Whether it speaks U2F (CTAP1).
    pub u2f: bool,
    /// Whether it speaks CTAP2 at all.
    pub ctap2: bool,
    /// Longest message in bytes; 7609 at most.
    pub max_message: usize,
    /// Room for discoverable credentials; none with 0.
    pub capacity: usize,
    /// Most entries of a list; fewer if that many of the longest ids do not fit into a message.
    pub max_credential_count_in_list: usize,
    /// Algorithms, best first.
    pub algorithms: Vec<KeyKind>,
    /// How it vouches for new credentials.
    pub attestation: Attestation,
    /// Enterprise attestation, and to whom the vendor gives it (§7.1.1).
    pub enterprise_attestation: Option<Vec<RpId>>,
    /// What it says about copies of its credentials.
    pub backup: Backup,
    /// Whether it takes PINs.
    pub client_pin: bool,
    /// PIN/UV auth protocols, best first.
    pub pin_protocols: Vec<Protocol>,
    /// Shortest PIN in code points.
    pub min_pin_length: u64,
    /// Whether PIN complexity can be demanded.
    pub pin_complexity: bool,
    /// Whether tokens have permissions (§6.5.5.7).
    pub pin_uv_auth_token: bool,
    /// Whether a credential that is not discoverable needs no verification (makeCredUvNotRqd).
    pub make_cred_uv_not_required: bool,
    /// Whether verification can be demanded of everybody.
    pub always_uv: bool,
    /// How many RPs may be told the minimum PIN length; none: it cannot be set.
    pub set_min_pin_length: Option<usize>,
    /// Whether a long touch for resets can be demanded.
    pub long_touch_for_reset: bool,
    /// Credential management.
    pub credential_management: bool,
    /// Persistent tokens that read credentials (pcmr), encIdentifier and encCredStoreState.
    pub read_only_tokens: bool,
    /// Large blobs.
    pub large_blobs: LargeBlobs,
    /// Extensions beside those of large blobs.
    pub extensions: ExtensionAbilities,
    /// A sensor for fingers.
    pub fingerprints: Option<Fingerprints>,
    /// Whether it tells of a credential of the exclude list without a touch. The standard wants one, so that no site
    /// learns for free who is there (§6.1.2 step 12); keys that did not wait exist.
    pub excluded_without_touch: bool,
    /// How long after power-up it may be reset, in milliseconds; any time if there is none.
    pub reset_window: Option<u64>,
}

/// Editions of CTAP that have a name in getInfo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edition {
    /// CTAP 2.0.
    Ctap20,
    /// CTAP 2.1.
    Ctap21,
    /// CTAP 2.3.
    Ctap23,
}

/// How a key vouches for new credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attestation {
    /// `packed`, signed with the credential's own key.
    OneSelf,
    /// `packed`, signed with a key that the test CA has certified.
    Certificate,
    /// `none`.
    None,
}

/// What a key says about copies of its credentials (WebAuthn Level 3 §6.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backup {
    /// They cannot leave it.
    Never,
    /// They may be copied (BE).
    Eligible,
    /// They have been copied (BE and BS).
    Done,
}

impl Backup {
    pub(crate) const fn flags(self) -> Flags {
        match self {
            Self::Never => Flags::NONE,
            Self::Eligible => Flags::BACKUP_ELIGIBLE,
            Self::Done => Flags::BACKUP_ELIGIBLE.with(Flags::BACKED_UP, true),
        }
    }
}

/// Where large blobs lie. A key has one way or the other (§12.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LargeBlobs {
    /// Nowhere.
    None,
    /// In one array of this many bytes, serialized, with largeBlobKey (§6.10); at least 1024.
    Array(usize),
    /// With each credential, this many packed bytes at most, with largeBlob (§12.4).
    PerCredential(usize),
}

impl LargeBlobs {
    pub(crate) const fn array(self) -> Option<usize> {
        match self {
            Self::Array(size) => Some(size),
            Self::None | Self::PerCredential(_) => None,
        }
    }

    pub(crate) const fn per_credential(self) -> Option<usize> {
        match self {
            Self::PerCredential(size) => Some(size),
            Self::None | Self::Array(_) => None,
        }
    }
}

/// Extensions that are a switch each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtensionAbilities {
    /// credProtect (§12.1).
    pub cred_protect: bool,
    /// credBlob (§12.2): most bytes, at least 32.
    pub cred_blob: Option<usize>,
    /// minPinLength (§12.5).
    pub min_pin_length: bool,
    /// pinComplexityPolicy (§12.6).
    pub pin_complexity_policy: bool,
    /// hmac-secret (§12.7).
    pub hmac_secret: bool,
    /// hmac-secret-mc (§12.8); only with hmac-secret.
    pub hmac_secret_mc: bool,
    /// thirdPartyPayment (§12.9).
    pub third_party_payment: bool,
}

/// A sensor for fingers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprints {
    /// How many fingers it remembers.
    pub capacity: usize,
    /// Good samples that an enrolment needs.
    pub samples: u64,
    /// Whether a finger gives the permission to enrol more (uvBioEnroll).
    pub enrolls_by_uv: bool,
    /// Whether a finger gives the permission to configure (uvAcfg).
    pub configures_by_uv: bool,
}

/// Everything that a USB key without a sensor can have, but RS256 and ML-DSA: some platforms refuse a key whose getInfo
/// lists an algorithm that they do not know.
impl Default for Abilities {
    fn default() -> Self {
        Self {
            aaguid: AAGUID,
            firmware_version: Some(FIRMWARE_VERSION),
            edition: Edition::Ctap23,
            preview: false,
            u2f: true,
            ctap2: true,
            max_message: MAX_MESSAGE,
            capacity: CAPACITY,
            max_credential_count_in_list: MAX_CREDENTIAL_COUNT_IN_LIST,
            algorithms: vec![KeyKind::Es256, KeyKind::EdDsa, KeyKind::Es384, KeyKind::Es512],
            attestation: Attestation::OneSelf,
            enterprise_attestation: Some(Vec::new()),
            backup: Backup::Never,
            client_pin: true,
            pin_protocols: vec![Protocol::Two, Protocol::One],
            min_pin_length: MIN_PIN_LENGTH,
            pin_complexity: true,
            pin_uv_auth_token: true,
            make_cred_uv_not_required: true,
            always_uv: true,
            set_min_pin_length: Some(8),
            long_touch_for_reset: true,
            credential_management: true,
            read_only_tokens: true,
            large_blobs: LargeBlobs::Array(4_096),
            extensions: ExtensionAbilities::ALL,
            fingerprints: None,
            excluded_without_touch: false,
            reset_window: Some(10_000),
        }
    }
}

impl Abilities {
    /// With all algorithms and a sensor.
    #[must_use]
    pub fn complete() -> Self {
        Self { algorithms: KeyKind::ALL.to_vec(), fingerprints: Some(Fingerprints::default()), ..Self::default() }
    }

    /// A key of CTAP 2.0: PINs and hmac-secret, nothing that came later.
    #[must_use]
    pub fn ctap20() -> Self {
        Self {
            edition: Edition::Ctap20,
            algorithms: vec![KeyKind::Es256],
            enterprise_attestation: None,
            pin_protocols: vec![Protocol::One],
            pin_complexity: false,
            pin_uv_auth_token: false,
            make_cred_uv_not_required: false,
            always_uv: false,
            set_min_pin_length: None,
            long_touch_for_reset: false,
            credential_management: false,
            read_only_tokens: false,
            large_blobs: LargeBlobs::None,
            extensions: ExtensionAbilities { hmac_secret: true, ..ExtensionAbilities::NONE },
            firmware_version: None,
            ..Self::default()
        }
    }

    /// Whether authenticatorConfig is there.
    pub(crate) const fn config(&self) -> bool {
        self.always_uv
            || self.set_min_pin_length.is_some()
            || self.long_touch_for_reset
            || self.enterprise_attestation.is_some()
    }

    /// Longest id of a credential, in bytes.
    pub(crate) fn max_credential_id_length(&self) -> usize {
        self.algorithms.iter().map(|kind| sealed_length(*kind)).max().unwrap_or(SEALED_ID_LENGTH)
    }

    /// Most entries of a list that is still read.
    pub(crate) fn list_limit(&self) -> usize {
        let room = self.max_message.saturating_sub(BESIDE_LIST) / (self.max_credential_id_length() + BESIDE_ID);
        self.max_credential_count_in_list.min(room.max(1))
    }

    /// Longest fragment of large blobs (§6.10.2).
    pub(crate) const fn max_fragment(&self) -> usize {
        self.max_message.saturating_sub(64)
    }
}

impl ExtensionAbilities {
    /// All of them.
    pub const ALL: Self = Self {
        cred_protect: true,
        cred_blob: Some(64),
        min_pin_length: true,
        pin_complexity_policy: true,
        hmac_secret: true,
        hmac_secret_mc: true,
        third_party_payment: true,
    };
    /// None.
    pub const NONE: Self = Self {
        cred_protect: false,
        cred_blob: None,
        min_pin_length: false,
        pin_complexity_policy: false,
        hmac_secret: false,
        hmac_secret_mc: false,
        third_party_payment: false,
    };
}

impl Default for Fingerprints {
    fn default() -> Self {
        Self { capacity: 5, samples: 4, enrolls_by_uv: true, configures_by_uv: true }
    }
}
