//! ML-DSA (FIPS 204), from a seed of 32 bytes. Signatures are the deterministic ones.

use ml_dsa::{KeyExport, Keypair, MlDsa44, MlDsa65, MlDsaParams, Seed, Signer, SigningKey};

use super::KeyKind;

/// The public key of a seed.
pub(super) fn public(kind: KeyKind, seed: &[u8]) -> Option<Vec<u8>> {
    let seed = Seed::try_from(seed).ok()?;
    match kind {
        KeyKind::MlDsa44 => Some(encoded::<MlDsa44>(&seed)),
        KeyKind::MlDsa65 => Some(encoded::<MlDsa65>(&seed)),
        _ => None,
    }
}

/// A signature with the key of a seed, context empty.
pub(crate) fn sign(kind: KeyKind, seed: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let seed = Seed::try_from(seed).ok()?;
    match kind {
        KeyKind::MlDsa44 => signed::<MlDsa44>(&seed, message),
        KeyKind::MlDsa65 => signed::<MlDsa65>(&seed, message),
        _ => None,
    }
}

fn encoded<P: MlDsaParams>(seed: &Seed) -> Vec<u8> {
    SigningKey::<P>::from_seed(seed).verifying_key().to_bytes().to_vec()
}

fn signed<P: MlDsaParams>(seed: &Seed, message: &[u8]) -> Option<Vec<u8>> {
    Some(SigningKey::<P>::from_seed(seed).try_sign(message).ok()?.encode().to_vec())
}
