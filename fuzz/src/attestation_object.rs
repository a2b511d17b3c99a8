//! An attestation object, as it reaches a relying party.

use fob_ctap::Strictness;
use fob_ctap::attestation::AttestationObject;

/// No byte of a statement is lost, whatever its format.
pub fn attestation_object(data: &[u8]) {
    if let Ok(object) = AttestationObject::decode(data, Strictness::Lenient) {
        assert_eq!(AttestationObject::decode(&object.encode(), Strictness::Canonical), Ok(object));
    }
}
