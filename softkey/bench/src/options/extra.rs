//! What a key has beside what it has by itself: some platforms stumble over it, so it is asked for by name.

use clap::ValueEnum;
use fob_authenticator::{Abilities, Attestation, Backup, Fingerprints, KeyKind, LargeBlobs};
use serde::{Deserialize, Serialize};

/// Most bytes of a packed large blob that lies with its credential.
const LARGE_BLOB: usize = 4_096;

/// One thing more, or one that is otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Extra {
    /// RSA with 2048 bits
    Rs256,
    /// ML-DSA-44 and ML-DSA-65; a browser that does not know them may refuse the key
    MlDsa,
    /// A sensor for fingers
    Fingerprints,
    /// The commands of CTAP 2.1's preview, under their numbers
    Preview,
    /// Attestation with a certificate of the test CA (see test-ca)
    Certificate,
    /// No attestation
    NoAttestation,
    /// Credentials may be copied (BE)
    BackupEligible,
    /// Credentials have been copied (BE and BS)
    BackedUp,
    /// Large blobs lie with their credentials (extension largeBlob) and not in one array
    LargeBlob,
    /// It can be reset at any time, not only shortly after power-up
    ResetAtAnyTime,
}

impl Extra {
    /// As on the command line.
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Of several with `+` between them.
    pub(super) fn list(text: &str) -> Result<Vec<Self>, String> {
        let known = || Self::value_variants().iter().map(|extra| extra.name()).collect::<Vec<_>>().join(", ");
        text.split('+')
            .map(|name| Self::from_str(name, false).map_err(|_| format!("with= takes some of {}", known())))
            .collect()
    }

    /// The key with it.
    pub(crate) fn change(self, can: &mut Abilities) {
        match self {
            Self::Rs256 => can.algorithms.push(KeyKind::Rs256),
            Self::MlDsa => can.algorithms.extend([KeyKind::MlDsa44, KeyKind::MlDsa65]),
            Self::Fingerprints => can.fingerprints = Some(Fingerprints::default()),
            Self::Preview => can.preview = true,
            Self::Certificate => can.attestation = Attestation::Certificate,
            Self::NoAttestation => can.attestation = Attestation::None,
            Self::BackupEligible => can.backup = Backup::Eligible,
            Self::BackedUp => can.backup = Backup::Done,
            Self::LargeBlob => can.large_blobs = LargeBlobs::PerCredential(LARGE_BLOB),
            Self::ResetAtAnyTime => can.reset_window = None,
        }
    }
}
