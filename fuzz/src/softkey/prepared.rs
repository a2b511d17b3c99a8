//! The key that most inputs begin with: a PIN, a finger, credentials of several kinds at two sites, large blobs.

use std::sync::OnceLock;

use fob_authenticator::{Abilities, Attestation, KeyKind, LargeBlobs};
use fob_ctap::entity::RpId;
use fob_ctap::pin::Protocol;

use super::{Known, Platform, RPS};

/// Discoverable credentials of the prepared key.
pub(super) const RESIDENTS: usize = 4;

/// Which key an input has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Model {
    /// One that can do everything, prepared.
    Complete,
    /// The same with large blobs in the credentials, and attestation by a certificate.
    PerCredential,
    /// One of CTAP 2.0, with a prepared state.
    Ctap20,
    /// One that can do everything, and has nothing.
    Fresh,
}

impl Model {
    pub(crate) const fn of(byte: u8) -> Self {
        match byte % 4 {
            0 => Self::Complete,
            1 => Self::PerCredential,
            2 => Self::Ctap20,
            _ => Self::Fresh,
        }
    }

    /// RS256 stays out: making such a key takes longer than a thousand inputs.
    pub(super) fn abilities(self) -> Abilities {
        let everything = Abilities {
            preview: true,
            capacity: 6,
            algorithms: KeyKind::ALL.into_iter().filter(|kind| *kind != KeyKind::Rs256).collect(),
            enterprise_attestation: RPS.last().map(|rp| vec![RpId::new(*rp)]),
            ..Abilities::complete()
        };
        match self {
            Self::Complete | Self::Fresh => everything,
            Self::PerCredential => Abilities {
                large_blobs: LargeBlobs::PerCredential(1_024),
                attestation: Attestation::Certificate,
                preview: false,
                ..everything
            },
            Self::Ctap20 => Abilities::ctap20(),
        }
    }
}

/// What was prepared, once for the process.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// As [`fob_authenticator::State::encode`] writes it.
    pub(crate) state: Vec<u8>,
    pub(crate) known: Known,
}

/// The prepared key.
pub(crate) fn prepared() -> &'static Prepared {
    static PREPARED: OnceLock<Prepared> = OnceLock::new();
    PREPARED.get_or_init(prepare)
}

/// makeCredential: the RP's id, a user, the algorithm, the extensions; `rk` is wanted.
const CREDENTIALS: [(&str, &[u8]); RESIDENTS] = [
    // ES256 with credProtect 2, credBlob, a key for a large blob and hmac-secret.
    (RPS[0], b"\xa4\x68credBlob\x44blob\x6bcredProtect\x02\x6bhmac-secret\xf5\x6clargeBlobKey\xf5"),
    // ES256, nothing else.
    (RPS[0], b"\xa0"),
    // One that only a verified person may use.
    (RPS[1], b"\xa1\x6bcredProtect\x03"),
    // One for payments by third parties.
    (RPS[1], b"\xa1\x71thirdPartyPayment\xf5"),
];
/// COSE numbers of ES256, EdDSA, ES384 and ES512 in CBOR, one for each credential.
const ALGORITHMS: [&[u8]; RESIDENTS] = [b"\x26", b"\x27", b"\x38\x22", b"\x38\x23"];
/// mc, ga, cm, be, lbw, acfg.
const EVERYTHING: u8 = 0x3f;

fn prepare() -> Prepared {
    let mut platform = Platform::new(Model::Fresh);
    platform.new_pin(Protocol::Two, b"1234");
    for (number, ((rp, extensions), algorithm)) in (1_u8..).zip(CREDENTIALS.into_iter().zip(ALGORITHMS)) {
        platform.token(Protocol::Two, Some(EVERYTHING), rp, false);
        platform.send_filled(&registration(number, rp, algorithm, extensions), true);
    }
    // enrollBegin, three times enrollCaptureNextSample, and a large blob that nobody can read.
    platform.token(Protocol::Two, Some(EVERYTHING), RPS[0], false);
    platform.send_filled(b"\x09\xa2\x01\x01\x02\x01", true);
    for _ in 0..3 {
        platform.send_filled(b"\x09\xa3\x01\x01\x02\x02\x03\xa1\x01\x42\xc5\x00", true);
    }
    platform.send_filled(b"\x0c\xa3\x02\x48\xc6\x81\xa2\x01\x41\x00\x02\x03\x03\x00\x04\x17", true);
    let failed: Vec<_> = platform.done.iter().filter(|done| done.status != 0).collect();
    let made = platform.key.state().resident_count();
    assert!(failed.is_empty() && made == RESIDENTS, "the key cannot be prepared: {failed:?}");
    Prepared { state: platform.key.state().encode().to_vec(), known: platform.known }
}

fn registration(number: u8, rp: &str, algorithm: &[u8], extensions: &[u8]) -> Vec<u8> {
    let rp_length = 0x60 + u8::try_from(rp.len()).expect("the names of our sites are short");
    // Names of 18 letters still fit into the head.
    assert!(rp_length < 0x78);
    [
        &b"\x01\xa6\x01\x58\x20"[..],
        &[number; 32],
        b"\x02\xa1\x62id",
        &[rp_length],
        rp.as_bytes(),
        b"\x03\xa2\x62id\x41",
        &[number],
        b"\x64name\x63ada\x04\x81\xa2\x63alg",
        algorithm,
        b"\x64type\x6apublic-key\x06",
        extensions,
        b"\x07\xa1\x62rk\xf5",
    ]
    .concat()
}
