//! What travels about the ways into a vault: listing, opening, adding, removing.

use zbus::{DeserializeDict, SerializeDict, Type};

use super::Pipe;

/// The kinds of ways in, in [`SlotInfo::kind`] and [`WayInfo::kind`].
pub mod way_kind {
    /// A passphrase.
    pub const PASSPHRASE: &str = "passphrase";
    /// The recovery code.
    pub const RECOVERY: &str = "recovery";
    /// A security key.
    pub const KEY: &str = "key";
    /// A passphrase together with a security key.
    pub const PASSPHRASE_AND_KEY: &str = "passphrase-and-key";
    /// The desktop's keyring.
    pub const SECRET_SERVICE: &str = "secret-service";
    /// The TPM of this machine.
    pub const TPM: &str = "tpm2";
    /// The PIN of a soft lock: no slot of the vault, so only in [`super::WayInfo::kind`].
    pub const QUICK_PIN: &str = "quick-pin";
}

/// Which ways in a vault may have, in [`RekeyOptions::policy`].
pub mod way_policy {
    /// Any of them opens it.
    pub const ANY: &str = "any";
    /// Nothing opens it but a passphrase together with a key, and the recovery code.
    pub const PASSPHRASE_AND_KEY: &str = "passphrase-and-key";
}

/// One way into the vault, of `Vault1.Slots`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct SlotInfo {
    /// 32 hexadecimal digits; absent for a way of a later fob that has none.
    pub id: Option<String>,
    /// One of [`way_kind`], or a later fob's word.
    pub kind: String,
    /// The person's name for it; may be empty.
    pub label: String,
    /// When it was made, in Unix time.
    pub created: Option<u64>,
    /// When it last opened the vault on this machine, in Unix time.
    pub used: Option<u64>,
    /// Whether it opens with the login alone.
    pub opens_with_login: bool,
}

/// One way to open the vault as it stands, of `Vault1.Ways`. No label: a locked vault shows none.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct WayInfo {
    /// One of [`way_kind`].
    pub kind: String,
    /// The slot's id; absent for a passphrase, a recovery code and the PIN of a soft lock.
    pub slot: Option<String>,
    /// Whether a PIN belongs to it: the TPM's, or that of a key which must check who is there.
    pub pin: bool,
    /// Whether it opens with the login alone.
    pub opens_with_login: bool,
    /// Why it cannot be used here and now, as a sentence.
    pub problem: Option<String>,
    /// Tries left, of the PIN of a soft lock.
    pub retries: Option<u32>,
}

/// Options of `Vault1.Open`.
#[derive(Debug, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct OpenOptions {
    /// The caller's name for the request ([`crate::names::request_path`]).
    pub handle_token: String,
    /// The way to go: `key`, `passphrase-and-key`, `secret-service` or `tpm2` of [`way_kind`]. Without it, the one of
    /// `slot`; without either, whichever needs no passphrase.
    pub kind: Option<String>,
    /// One way in and no other, by its id.
    pub slot: Option<String>,
    /// A pipe with the passphrase, for `passphrase-and-key`.
    pub passphrase: Option<Pipe>,
    /// A pipe with the PIN of the key or the TPM, for callers that know it; asked for through `Request1` otherwise.
    pub pin: Option<Pipe>,
    /// The security key to use, by its id; any if absent.
    pub key: Option<String>,
}

/// Options of `Vault1.AddSlot`.
#[derive(Debug, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct AddSlotOptions {
    /// The caller's name for the request ([`crate::names::request_path`]).
    pub handle_token: String,
    /// What to add: `passphrase`, `key`, `secret-service` or `tpm2` of [`way_kind`]. Where the vault wants passphrase
    /// and key, a `key` is both together, with the passphrase of `fresh`.
    pub kind: String,
    /// The person's name for it.
    pub label: Option<String>,
    /// A pipe with the passphrase of today, or, with `by_recovery`, the recovery code.
    pub fresh: Pipe,
    /// Whether `fresh` has the recovery code.
    pub by_recovery: Option<bool>,
    /// A pipe with a passphrase: the new one, for `passphrase`; the one that goes with the key, for a `key` that is
    /// proven for by recovery code where the vault wants both.
    pub passphrase: Option<Pipe>,
    /// A pipe with a PIN: the one to set, for `tpm2`, which opens with the login without; the key's, for `key`.
    pub pin: Option<Pipe>,
    /// The security key to use, by its id; any if absent.
    pub key: Option<String>,
    /// Whether the key must check who is there; yes if absent. Without, it serves only together with a passphrase.
    pub user_verification: Option<bool>,
    /// Whether the person accepts that it opens with the login.
    pub login: Option<bool>,
}

/// Options of `Vault1.Rekey`.
#[derive(Debug, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct RekeyOptions {
    /// The caller's name for the request ([`crate::names::request_path`]).
    pub handle_token: String,
    /// A pipe with the passphrase of today, or, with `by_recovery`, the recovery code.
    pub fresh: Pipe,
    /// Whether `fresh` has the recovery code.
    pub by_recovery: Option<bool>,
    /// A pipe with the new passphrase; without it the one in `fresh` stays.
    pub passphrase: Option<Pipe>,
    /// The writing end of a pipe that takes the new recovery code.
    pub recovery: Pipe,
    /// The ways in that are to go, by their ids.
    pub remove: Option<Vec<String>>,
    /// The ways in that are to stay, by their ids: a key is asked for touches, a keyring and a TPM for a new secret.
    pub keep: Option<Vec<String>>,
    /// One of [`way_policy`]; the present one if absent.
    pub policy: Option<String>,
    /// Whether the person accepts that a way which stays opens with the login.
    pub login: Option<bool>,
    /// A pipe with the PIN of the keys that stay, and of a TPM that stays, which is set anew.
    pub pin: Option<Pipe>,
}

/// Options of `Vault1.SetQuickPin`.
#[derive(Debug, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct QuickPinOptions {
    /// A pipe with the PIN; without it there is none any more.
    pub pin: Option<Pipe>,
}

/// What came of a new vault key: [`super::Outcome::rekeyed`] of `Vault1.Rekey`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct RekeyInfo {
    /// Ways in that are gone besides, since nobody presented what opens them.
    pub dropped: Vec<SlotInfo>,
    /// Older versions that the former secrets still open and that could not be removed: their files.
    pub not_removed: Vec<String>,
    /// Things somebody should know, as sentences.
    pub warnings: Vec<String>,
}
