//! Sealing 32 bytes with a TPM 2.0, behind a PIN or not: just what a vault's slot needs, over any wire.
//!
//! Six commands of the TPM 2.0 Library (part 3, revision 1.59): StartAuthSession, CreatePrimary, Create, Load, Unseal,
//! FlushContext. The secret and the PIN never cross the wire in the clear: a session salted to the storage key encrypts
//! them (part 1, sections 19 and 21). The PIN is the object's authorisation value; the TPM counts wrong ones and locks
//! itself (dictionary attack protection, part 1 section 19.8). No PCR policy: a firmware update must not lock anybody
//! out.
//!
//! What is here: bytes in, bytes out through [`Wire`], and the wire to `/dev/tpmrm0`. What is not: slots (`fob_vault`)
//! and asking for a PIN. The format of what is sealed is in docs/tpm.md.

mod blob;
mod bytes;
mod seal;
mod session;
mod template;
mod wire;

pub use seal::{seal, unseal};
pub use wire::{DeviceWire, Wire};

/// How many bytes are sealed.
pub const SECRET_LENGTH: usize = 32;

/// Why nothing was sealed or unsealed.
#[derive(Debug, thiserror::Error)]
pub enum TpmError {
    /// The wire broke.
    #[error("cannot talk to the TPM")]
    Wire(#[from] std::io::Error),
    /// The PIN is wrong. The TPM has counted it.
    #[error("wrong PIN")]
    WrongPin,
    /// The object is behind a PIN, and none was given. The TPM was not asked.
    #[error("the sealed object wants a PIN")]
    PinWanted,
    /// Too many wrong PINs, here or elsewhere: the TPM answers again after a while of its own.
    #[error("the TPM is locked after too many wrong PINs")]
    LockedOut,
    /// The object was sealed by another TPM, or before this one was cleared.
    #[error("another TPM has sealed this, or this one was cleared since")]
    AnotherTpm,
    /// What should be a sealed object is none.
    #[error("the sealed object is damaged")]
    Damaged,
    /// The TPM said something else than the standard lets it.
    #[error("the TPM's answer makes no sense")]
    Nonsense,
    /// Any other refusal.
    #[error("the TPM refused with the code {0:#06x}")]
    Refused(u32),
}
