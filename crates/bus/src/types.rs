//! The dictionaries that travel. Members that are absent are `None`; unknown members are ignored, so that either end
//! may be newer than the other.

use std::os::fd::OwnedFd;

use zbus::{DeserializeDict, SerializeDict, Type};

/// The states of the vault in [`Status::vault`].
pub mod vault_state {
    /// There is no vault.
    pub const NONE: &str = "none";
    /// There is one, and its key is not in memory.
    pub const LOCKED: &str = "locked";
    /// It is open.
    pub const UNLOCKED: &str = "unlocked";
    /// There is one, and it cannot be used; `problem` says why.
    pub const UNUSABLE: &str = "unusable";
}

/// `Manager1.Status`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct Status {
    /// fobd's version.
    pub version: String,
    /// One of [`vault_state`].
    pub vault: String,
    /// The vault's file.
    pub vault_path: String,
    /// What is wrong with the vault.
    pub problem: Option<String>,
    /// How many entries there are; only while unlocked.
    pub entries: Option<u32>,
    /// Seconds without use after which it locks; absent when it does not.
    pub idle_lock: Option<u32>,
    /// How many keys are there.
    pub keys: u32,
    /// Whether the session bus name is owned.
    pub session_bus: bool,
    /// Things somebody should know, as sentences.
    pub warnings: Vec<String>,
}

/// An entry as it may be shown. Text in it comes from outside: see `fob_otp::printable`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct EntryInfo {
    /// Its name for ever.
    pub id: String,
    /// Who hands out the account.
    pub issuer: String,
    /// The account's name there.
    pub name: String,
    /// `totp` or `hotp`; another word for an entry that this fob cannot read.
    pub kind: String,
    /// Digits of a code.
    pub digits: Option<u32>,
    /// `SHA1`, `SHA256` or `SHA512`.
    pub algorithm: Option<String>,
    /// Seconds that a code lives.
    pub period: Option<u64>,
    /// The next counter.
    pub counter: Option<u64>,
    /// Why it gives no code.
    pub unusable: Option<String>,
    /// The sites that may have its codes, as origins; absent from a fobd that knows none.
    pub sites: Option<Vec<String>>,
}

/// Options of `Otp1.Add`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct AddOptions {
    /// The site that may have its codes, as an origin.
    pub site: Option<String>,
    /// Refuse it when another account has the same name, for names that a stranger chose.
    pub unique: Option<bool>,
}

/// `Otp1.Add`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct Added {
    /// The new entry's id.
    pub id: String,
    /// As it was understood.
    pub issuer: String,
    /// As it was understood.
    pub name: String,
    /// What is odd about it, as sentences.
    pub warnings: Vec<String>,
}

/// Options of `Otp1.Code`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct CodeOptions {
    /// The code of the next step instead of this one's; only of accounts that go by time.
    pub next: Option<bool>,
    /// The site that will get the code, as an origin: only an account that is bound to exactly it gives one.
    pub site: Option<String>,
}

/// `Otp1.Code`: what is said about the code. The code itself goes through the pipe.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct CodeInfo {
    /// The entry's id.
    pub id: String,
    /// Who hands out the account.
    pub issuer: String,
    /// The account's name there.
    pub name: String,
    /// `totp` or `hotp`.
    pub kind: String,
    /// Unix time in seconds from which the code is good, for `totp`.
    pub valid_from: Option<u64>,
    /// Unix time in seconds from which it is not good any more, for `totp`.
    pub valid_until: Option<u64>,
    /// The counter that made it, for `hotp`.
    pub counter: Option<u64>,
}

/// Options of `Otp1.Import`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct ImportOptions {
    /// Say what would happen, and change nothing.
    pub dry_run: Option<bool>,
}

/// A line of an import that was not taken.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct Refused {
    /// The line in the file, from 1.
    pub line: u32,
    /// Why.
    pub reason: String,
}

/// `Otp1.Import`: all accounts of the list, or none when one was refused.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct ImportReport {
    /// Entries that are new.
    pub taken: Vec<Added>,
    /// Accounts whose codes the vault gives already, as `issuer:name`.
    pub duplicates: Vec<String>,
    /// Lines that are no account.
    pub refused: Vec<Refused>,
    /// Whether the vault was changed.
    pub written: bool,
}

/// A key as the ObjectManager shows it (properties of `Key1`).
#[derive(Debug, Clone, Default)]
pub struct KeySummary {
    /// Eight hexadecimal digits, the same for as long as the key stays plugged in.
    pub id: String,
    /// Product name from the device. Text from outside.
    pub product: String,
    /// `hid` or `socket`.
    pub transport: String,
    /// The node or the socket.
    pub node: String,
    /// Why it cannot be used, when its node cannot be opened.
    pub problem: Option<String>,
}

/// `Key1.Info`: what authenticatorGetInfo says, in words a person or a script needs (CTAP 2.3 §6.4).
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct KeyInfo {
    /// As in [`KeySummary`].
    pub id: String,
    /// As in [`KeySummary`].
    pub product: String,
    /// As in [`KeySummary`].
    pub transport: String,
    /// Versions, such as `FIDO_2_3`.
    pub versions: Vec<String>,
    /// Extensions.
    pub extensions: Vec<String>,
    /// The model's AAGUID, as a UUID.
    pub aaguid: String,
    /// Options by name.
    pub options: Vec<String>,
    /// Whether a PIN is set; absent where the key can have none.
    pub pin_set: Option<bool>,
    /// PIN tries left; absent where no PIN is set.
    pub pin_retries: Option<u32>,
    /// Whether the key wants to be unplugged before it takes another PIN.
    pub pin_needs_power_cycle: Option<bool>,
    /// Least length of a PIN in code points.
    pub min_pin_length: Option<u32>,
    /// Whether it verifies its user by itself, such as by fingerprint.
    pub built_in_uv: Option<bool>,
    /// Firmware version as the maker counts.
    pub firmware: Option<u64>,
    /// Room for discoverable credentials.
    pub remaining_passkeys: Option<u64>,
    /// COSE algorithms it makes credentials with.
    pub algorithms: Vec<i64>,
}

/// Options of `Key1.SetPin`.
#[derive(Debug, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct SetPinOptions {
    /// A pipe with the PIN of today, to change it; absent to set the first.
    pub current: Option<Pipe>,
}

/// Options of `WebAuthn1.CreateCredential` and `WebAuthn1.GetCredential`.
#[derive(Debug, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct CeremonyOptions {
    /// The caller's name for the request: its path is known before the call ([`crate::names::request_path`]).
    pub handle_token: String,
    /// `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON` (WebAuthn Level 3 §5.1.9).
    pub request_json: String,
    /// The origin of the top-level page, when the caller is a cross-origin frame of it.
    pub top_origin: Option<String>,
    /// The key to use, by id; any if absent.
    pub key: Option<String>,
    /// A pipe with the PIN, for callers that know it; asked for through `Request1` otherwise.
    pub pin: Option<Pipe>,
}

/// The states of a request in `Request1.StateChanged`.
pub mod request_state {
    /// Others go first.
    pub const QUEUED: &str = "queued";
    /// The key works.
    pub const WORKING: &str = "working";
    /// The key waits for a touch.
    pub const TOUCH: &str = "touch";
    /// Several keys blink: the one that is touched is used.
    pub const SELECT: &str = "select";
    /// The key wants its PIN: `Request1.ProvidePin`.
    pub const PIN: &str = "pin";
    /// No key is there: insert one.
    pub const INSERT: &str = "insert";
    /// `Done` was sent.
    pub const DONE: &str = "done";
}

/// What goes with a state.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct StateDetails {
    /// The key it is about.
    pub key: Option<String>,
    /// The key's product name.
    pub product: Option<String>,
    /// PIN tries left, with `pin`.
    pub retries: Option<u32>,
    /// Whether the PIN before was wrong, with `pin`.
    pub wrong: Option<bool>,
}

/// `Request1.Done`: either `response_json`, or `error` with what goes with it.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct Outcome {
    /// `RegistrationResponseJSON` or `AuthenticationResponseJSON` (WebAuthn Level 3 §5.1.8).
    pub response_json: Option<String>,
    /// The DOM's name for the failure, for a page.
    pub error: Option<String>,
    /// The [`crate::ErrorKind`] behind it by its name on the bus, for a person.
    pub cause: Option<String>,
    /// The failure in words.
    pub message: Option<String>,
    /// PIN tries left, when that is the cause.
    pub retries: Option<u32>,
}

/// One end of a pipe inside a dictionary.
#[derive(Debug, serde::Serialize, serde::Deserialize, Type)]
pub struct Pipe(zbus::OwnedFd);

impl From<OwnedFd> for Pipe {
    fn from(end: OwnedFd) -> Self {
        Self(end.into())
    }
}

impl From<Pipe> for OwnedFd {
    fn from(pipe: Pipe) -> Self {
        pipe.0.into()
    }
}
