//! What this key says it is, and how much it takes.

use fob_ctap::auth_data::Aaguid;

/// The model. Its sixteen bytes are ASCII for "fob test softkey": whoever looks knows that nothing guards this key.
pub const AAGUID: Aaguid = Aaguid(*b"fob test softkey");

/// 0x0E of getInfo; goes up with each release that answers differently.
pub const FIRMWARE_VERSION: u64 = 1;

/// Longest message in bytes: what one CTAPHID message holds (§11.2.4), 57 bytes in its first report and 59 in each of
/// 128 more.
pub const MAX_MESSAGE: usize = 57 + 128 * 59;

/// Most entries in an allow or exclude list; with ids of [`SEALED_ID_LENGTH`](crate::SEALED_ID_LENGTH) such a list
/// still fits into a message.
pub const MAX_CREDENTIAL_COUNT_IN_LIST: usize = 32;

/// Room for discoverable credentials, as on a good hardware key.
pub const CAPACITY: usize = 100;

/// Longest name of an account that is kept whole, in bytes. Keys may cut names at 64 (WebAuthn Level 3 §6.4.1).
pub(crate) const LONGEST_NAME: usize = 64;

/// Shortest PIN in code points (§6.5.1).
pub(crate) const MIN_PIN_LENGTH: u64 = fob_ctap::pin::Pin::SHORTEST;

/// Wrong PINs until only a reset helps (§6.5.2.2).
pub(crate) const MAX_PIN_RETRIES: u8 = 8;

/// Failed fingers until only a PIN helps (§6.5.2.3).
pub(crate) const MAX_UV_RETRIES: u8 = 5;

/// Longest name of a finger, in bytes (§6.7.3).
pub(crate) const LONGEST_FINGER_NAME: usize = 64;
