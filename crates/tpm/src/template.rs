//! The two public areas (part 2, section 12.2.4): the storage key, made anew from the owner's seed each time, and the
//! sealed object under it. Numbers are those of part 2.

use crate::TpmError;
use crate::bytes::{Reader, sized};

const ALG_AES: u16 = 0x0006;
const ALG_KEYEDHASH: u16 = 0x0008;
pub(crate) const ALG_SHA256: u16 = 0x000b;
const ALG_NULL: u16 = 0x0010;
const ALG_ECC: u16 = 0x0023;
const ALG_CFB: u16 = 0x0043;
const ECC_NIST_P256: u16 = 0x0003;

/// fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, restricted, decrypt: the storage root key of TCG's
/// provisioning guidance (section 7.5.1).
const STORAGE: u32 = 0x0003_0472;
/// fixedTPM, fixedParent, userWithAuth, and no noDA: wrong PINs are counted.
const BEHIND_PIN: u32 = 0x0000_0052;
/// The same with noDA: there is no PIN to be guessed, and a TPM that has locked itself still opens it.
const FREE: u32 = BEHIND_PIN | NO_DA;
const NO_DA: u32 = 0x0000_0400;

fn numbers(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// An ECC P-256 storage key.
pub(crate) fn storage_key() -> Vec<u8> {
    [
        numbers(&[ALG_ECC, ALG_SHA256]),
        STORAGE.to_be_bytes().to_vec(),
        sized(&[]),
        // Symmetric AES-128-CFB, no scheme, the curve, no KDF.
        numbers(&[ALG_AES, 128, ALG_CFB, ALG_NULL, ECC_NIST_P256, ALG_NULL]),
        sized(&[]),
        sized(&[]),
    ]
    .concat()
}

/// A data object, behind a PIN or not.
pub(crate) fn sealed_object(behind_pin: bool) -> Vec<u8> {
    let attributes = if behind_pin { BEHIND_PIN } else { FREE };
    [
        numbers(&[ALG_KEYEDHASH, ALG_SHA256]),
        attributes.to_be_bytes().to_vec(),
        sized(&[]),
        numbers(&[ALG_NULL]),
        sized(&[]),
    ]
    .concat()
}

/// Whether this public area is that of an object without a PIN. Whoever changes it changes its name, and the TPM does not
/// load it.
pub(crate) fn is_free(public: &[u8]) -> Result<bool, TpmError> {
    let mut reader = Reader(public);
    let kind = (reader.u16(), reader.u16());
    let attributes = reader.u32().map_err(|_| TpmError::Damaged)?;
    if !matches!(kind, (Ok(ALG_KEYEDHASH), Ok(ALG_SHA256))) {
        return Err(TpmError::Damaged);
    }
    Ok(attributes & NO_DA != 0)
}

/// The point of a storage key, out of its public area.
pub(crate) fn point(public: &[u8]) -> Result<([u8; 32], [u8; 32]), TpmError> {
    let mut reader = Reader(public);
    let kind = (reader.u16()?, reader.u16()?, reader.u32()?);
    if kind != (ALG_ECC, ALG_SHA256, STORAGE) {
        return Err(TpmError::Nonsense);
    }
    reader.sized()?;
    reader.take(12)?;
    let mut coordinate = || -> Result<[u8; 32], TpmError> {
        // Leading zeros may be left out.
        let bytes = reader.sized()?;
        let mut padded = [0; 32];
        let start = 32_usize.checked_sub(bytes.len()).ok_or(TpmError::Nonsense)?;
        padded.get_mut(start..).ok_or(TpmError::Nonsense)?.copy_from_slice(bytes);
        Ok(padded)
    };
    Ok((coordinate()?, coordinate()?))
}
