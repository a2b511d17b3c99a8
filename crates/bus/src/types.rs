//! The dictionaries that travel. Members that are absent are `None`; unknown members are ignored, so that either end
//! may be newer than the other.

use std::os::fd::OwnedFd;

use zbus::{DeserializeDict, SerializeDict, Type};

mod otp;
mod policy;
mod vault;
mod ways;

pub use otp::{
    AddOptions, Added, CodeInfo, CodeOptions, EditOptions, EntryInfo, ExportInfo, FreshOptions, HistoryEvent,
    ImportOptions, ImportReport, RecoveryOptions, Refused, ResyncOptions, UriInfo, event,
};
pub use policy::{
    AllowOptions, ClientInfo, GrantInfo, LogEntry, LogOptions, PairOptions, PresentOptions, door, grant_kind,
    grant_life, listed_by, tier,
};
pub use vault::{MergeInfo, MergeOptions, MergedInfo, RestoreInfo, VersionInfo, merge_outcome, version_state};
pub use ways::{
    AddSlotOptions, OpenOptions, QuickPinOptions, RekeyInfo, RekeyOptions, SlotInfo, WayInfo, way_kind, way_policy,
};

/// The states of the vault in [`Status::vault`].
pub mod vault_state {
    /// There is no vault.
    pub const NONE: &str = "none";
    /// There is one, and its key is not in memory.
    pub const LOCKED: &str = "locked";
    /// Its accounts are out of memory and its key is not: a short PIN opens it again.
    pub const SOFT_LOCKED: &str = "soft-locked";
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
    /// Whether a quick PIN is set; only while unlocked.
    pub quick_pin: Option<bool>,
    /// Seconds until a soft lock becomes a full one; only while soft locked.
    pub soft_until: Option<u64>,
    /// The locks that are armed, such as `idle` and `suspend`.
    pub locks: Vec<String>,
    /// How many keys are there.
    pub keys: u32,
    /// Whether the session bus name is owned.
    pub session_bus: bool,
    /// Things somebody should know, as sentences.
    pub warnings: Vec<String>,
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
    /// The application that the caller speaks for: of portals only.
    pub app_id: Option<String>,
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
    /// The person is asked whether the caller may have what it wants.
    pub const CONSENT: &str = "consent";
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
    /// Which of several touches this is, counted from 1.
    pub step: Option<u32>,
    /// How many touches there will be.
    pub steps: Option<u32>,
    /// The way into the vault that is asked, by its id.
    pub slot: Option<String>,
    /// Its name, while the vault is open. Text from outside.
    pub label: Option<String>,
}

/// `Request1.Done`: what came of it, or `error` with what goes with it. A vault that was opened needs no word.
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
    /// The id of the way into the vault that was added.
    pub slot: Option<String>,
    /// What came of a new vault key.
    pub rekeyed: Option<RekeyInfo>,
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
