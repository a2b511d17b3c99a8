//! The caller's side of each interface. On fobd's own socket there is no broker: the destination is then only a word.

use zbus::Fd;
use zbus::proxy;

use crate::error::CallError;
use crate::types::{
    AddOptions, AddSlotOptions, Added, AllowOptions, CeremonyOptions, ClientInfo, CodeInfo, CodeOptions, EditOptions,
    EntryInfo, ExportInfo, FreshOptions, GrantInfo, HistoryEvent, ImportOptions, ImportReport, KeyInfo, LogEntry,
    LogOptions, MergeInfo, MergeOptions, OpenOptions, Outcome, PairOptions, PresentOptions, QuickPinOptions,
    RecoveryOptions, RekeyOptions, RestoreInfo, ResyncOptions, SetPinOptions, SlotInfo, StateDetails, Status, UriInfo,
    VersionInfo, WayInfo,
};

type Result<T> = std::result::Result<T, CallError>;

/// `dev.fob.Manager1`: the vault as a whole, and keys that do not plug themselves in.
#[proxy(interface = "dev.fob.Manager1", default_service = "dev.fob.Fob1", default_path = "/dev/fob/Fob1")]
pub trait Manager1 {
    /// How things stand. The one call that answers everybody.
    fn status(&self) -> Result<Status>;

    /// Makes a vault. `passphrase` is the reading end of a pipe, `recovery` the writing end of one that takes the
    /// recovery code.
    fn init(&self, passphrase: Fd<'_>, recovery: Fd<'_>) -> Result<()>;

    /// Opens the vault with a passphrase from a pipe, or, with `recovery`, with the recovery code from it.
    fn unlock(&self, secret: Fd<'_>, recovery: bool) -> Result<()>;

    /// Forgets the vault's key and every seed, and cancels what needs them.
    fn lock(&self) -> Result<()>;

    /// Attaches a key that is a unix socket (SOCK_SEQPACKET, one 64-byte report a datagram); gives its id.
    fn attach_key(&self, path: &str) -> Result<String>;

    /// Lets go of an attached key.
    fn detach_key(&self, id: &str) -> Result<()>;

    /// The vault was locked or unlocked.
    #[zbus(signal)]
    fn vault_changed(&self, state: &str) -> zbus::Result<()>;
}

/// `dev.fob.Vault1`: looking after the vault, its older versions and its ways in.
#[proxy(interface = "dev.fob.Vault1", default_service = "dev.fob.Fob1", default_path = "/dev/fob/Fob1")]
pub trait Vault1 {
    /// The versions beside the vault, newest first. Those of an open vault are opened too, to the last byte.
    fn versions(&self) -> Result<Vec<VersionInfo>>;

    /// Puts a version in the vault's place, as a new generation: by the name of its file, or by its generation where
    /// one version alone has it. `secret` has the passphrase that opens the version, or, with `recovery`, its recovery
    /// code.
    fn restore(&self, version: &str, secret: Fd<'_>, recovery: bool) -> Result<RestoreInfo>;

    /// The ways into the open vault.
    fn slots(&self) -> Result<Vec<SlotInfo>>;

    /// What opens the vault as it stands, locked or not.
    fn ways(&self) -> Result<Vec<WayInfo>>;

    /// Opens the vault with something else than a passphrase or a recovery code alone. Gives the path of the request.
    fn open(&self, options: OpenOptions) -> Result<zbus::OwnedObjectPath>;

    /// Adds a way into the open vault. Gives the path of the request, whose outcome has the new `slot`.
    fn add_slot(&self, options: AddSlotOptions) -> Result<zbus::OwnedObjectPath>;

    /// Makes a new vault key, for the ways in that are presented now, and a new recovery code. Gives the path of the
    /// request, whose outcome has what was `rekeyed`.
    fn rekey(&self, options: RekeyOptions) -> Result<zbus::OwnedObjectPath>;

    /// Gives a way into the open vault another name; an empty one takes it away.
    fn label_slot(&self, id: &str, label: &str) -> Result<()>;

    /// Sets the PIN that opens the vault after a soft lock, or takes it away. `fresh` has the passphrase of today, or,
    /// with `by_recovery`, the recovery code.
    fn set_quick_pin(&self, fresh: Fd<'_>, by_recovery: bool, options: QuickPinOptions) -> Result<()>;

    /// Takes the accounts out of memory and leaves the vault's key there; a full lock where no quick PIN is set. Gives
    /// whether it is soft.
    fn soft_lock(&self) -> Result<bool>;

    /// Opens a soft-locked vault with the quick PIN from a pipe.
    fn quick_open(&self, pin: Fd<'_>) -> Result<()>;

    /// Takes what another vault has into the open one. `vault` is that vault's file, open for reading; `secret` has its
    /// passphrase or its recovery code.
    fn merge(&self, vault: Fd<'_>, secret: Fd<'_>, options: MergeOptions) -> Result<MergeInfo>;
}

/// `dev.fob.Otp1`: one-time-code accounts.
#[proxy(interface = "dev.fob.Otp1", default_service = "dev.fob.Fob1", default_path = "/dev/fob/Fob1")]
pub trait Otp1 {
    /// All accounts, in the order they came.
    fn list(&self) -> Result<Vec<EntryInfo>>;

    /// The code of the one account that `query` names, into the writing end of a pipe.
    fn code(&self, query: &str, options: CodeOptions, code: Fd<'_>) -> Result<CodeInfo>;

    /// Adds the account of an `otpauth://` URI from a pipe.
    fn add(&self, uri: Fd<'_>, options: AddOptions) -> Result<Added>;

    /// Takes over accounts from a pipe: `otpauth://` URIs, one a line, or fob's own JSON.
    fn import(&self, list: Fd<'_>, options: ImportOptions) -> Result<ImportReport>;

    /// Puts the one account that `query` names into the bin; `confirm` is its id, so that nothing else goes by a
    /// typing error.
    fn remove(&self, query: &str, confirm: &str) -> Result<EntryInfo>;

    /// The removed accounts, the latest first.
    fn bin(&self) -> Result<Vec<EntryInfo>>;

    /// Takes a removed account out of the bin: the one that `query` names among those in it, or, if it is empty, the
    /// last one that was removed.
    fn restore(&self, query: &str) -> Result<EntryInfo>;

    /// Forgets removed accounts for good, by their ids; gives how many.
    fn purge(&self, ids: &[&str]) -> Result<u32>;

    /// Changes the one account that `query` names; `confirm` is its id.
    fn edit(&self, query: &str, confirm: &str, options: EditOptions) -> Result<EntryInfo>;

    /// The note of the one account that `query` names, into the writing end of a pipe.
    fn note(&self, query: &str, note: Fd<'_>) -> Result<EntryInfo>;

    /// Moves the counter of the one account that `query` names behind two codes in a row, which come through a pipe,
    /// a line each; `confirm` is its id.
    fn resync(&self, query: &str, confirm: &str, codes: Fd<'_>, options: ResyncOptions) -> Result<EntryInfo>;

    /// Puts recovery codes beside the one account that `query` names: from a pipe, one a line; `confirm` is its id.
    fn add_recovery_codes(
        &self,
        query: &str,
        confirm: &str,
        codes: Fd<'_>,
        options: RecoveryOptions,
    ) -> Result<EntryInfo>;

    /// Takes a recovery code of the one account that `query` names, into the writing end of a pipe. It counts as used
    /// from then on.
    fn take_recovery_code(&self, query: &str, code: Fd<'_>) -> Result<EntryInfo>;

    /// What happened to the one account that `query` names, the latest first.
    fn history(&self, query: &str) -> Result<Vec<HistoryEvent>>;

    /// The URI of the one account that `query` names, into the writing end of a pipe. `fresh` has the passphrase of
    /// the vault once more.
    fn uri(&self, query: &str, fresh: Fd<'_>, uri: Fd<'_>, options: FreshOptions) -> Result<UriInfo>;

    /// All accounts as fob's own JSON, into the writing end of a pipe. `fresh` has the passphrase of the vault once
    /// more.
    fn export(&self, fresh: Fd<'_>, accounts: Fd<'_>, options: FreshOptions) -> Result<ExportInfo>;

    /// Binds the one account that `query` names to a site (`bound`), which then may have its codes, or lets go of it;
    /// `confirm` is the account's id.
    fn bind(&self, query: &str, confirm: &str, site: &str, bound: bool) -> Result<EntryInfo>;

    /// The one account that `query` names.
    fn find(&self, query: &str) -> Result<EntryInfo>;
}

/// `dev.fob.Key1`: one security key, on an object of its own for as long as it is there.
#[proxy(interface = "dev.fob.Key1", default_service = "dev.fob.Fob1")]
pub trait Key1 {
    /// What the key says about itself.
    fn info(&self) -> Result<KeyInfo>;

    /// Sets the first PIN, or changes it when `current` is there.
    fn set_pin(&self, new: Fd<'_>, options: SetPinOptions) -> Result<()>;

    /// As in `KeySummary`.
    #[zbus(property(emits_changed_signal = "const"))]
    fn id(&self) -> zbus::Result<String>;

    /// As in `KeySummary`.
    #[zbus(property(emits_changed_signal = "const"))]
    fn product(&self) -> zbus::Result<String>;

    /// As in `KeySummary`.
    #[zbus(property(emits_changed_signal = "const"))]
    fn transport(&self) -> zbus::Result<String>;

    /// As in `KeySummary`.
    #[zbus(property(emits_changed_signal = "const"))]
    fn node(&self) -> zbus::Result<String>;

    /// As in `KeySummary`, empty for none.
    #[zbus(property(emits_changed_signal = "const"))]
    fn problem(&self) -> zbus::Result<String>;
}

/// `dev.fob.WebAuthn1`: ceremonies. Arguments as in the experimental credentials portal.
#[proxy(interface = "dev.fob.WebAuthn1", default_service = "dev.fob.Fob1", default_path = "/dev/fob/Fob1")]
pub trait WebAuthn1 {
    /// Makes a credential; `kind` is `publicKey`. Gives the path of the request.
    fn create_credential(
        &self,
        parent_window: &str,
        origin: &str,
        kind: &str,
        options: CeremonyOptions,
    ) -> Result<zbus::OwnedObjectPath>;

    /// Signs in with a credential; `kind` is `publicKey`. Gives the path of the request.
    fn get_credential(
        &self,
        parent_window: &str,
        origin: &str,
        kind: &str,
        options: CeremonyOptions,
    ) -> Result<zbus::OwnedObjectPath>;
}

/// `dev.fob.Request1`: one ceremony under way. It dies with its caller.
#[proxy(interface = "dev.fob.Request1", default_service = "dev.fob.Fob1")]
pub trait Request1 {
    /// Gives up. `Done` follows with `AbortError`.
    fn cancel(&self) -> Result<()>;

    /// Hands over the PIN that the state `pin` asked for, through a pipe.
    fn provide_pin(&self, pin: Fd<'_>) -> Result<()>;

    /// A new state, one of [`crate::types::request_state`].
    #[zbus(signal)]
    fn state_changed(&self, state: &str, details: StateDetails) -> zbus::Result<()>;

    /// The end, sent to the caller alone.
    #[zbus(signal)]
    fn done(&self, outcome: Outcome) -> zbus::Result<()>;
}

/// `dev.fob.Policy1`: who may ask for what, what is remembered, and what was asked. Of companions only, and only while the
/// vault is open.
#[proxy(interface = "dev.fob.Policy1", default_service = "dev.fob.Fob1", default_path = "/dev/fob/Fob1")]
pub trait Policy1 {
    /// The grants that hold now.
    fn grants(&self) -> Result<Vec<GrantInfo>>;

    /// Takes grants back, by their ids; gives how many there were. What they let through is cut off at once.
    fn revoke(&self, ids: Vec<String>) -> Result<u32>;

    /// The programs that are listed or paired.
    fn clients(&self) -> Result<Vec<ClientInfo>>;

    /// Lists a program of root's, by its path, among those that may be remembered. The person is asked.
    fn allow(&self, program: &str, options: AllowOptions) -> Result<ClientInfo>;

    /// Takes back what `Allow` or a pairing has given, with every grant of that program.
    fn forget(&self, id: &str) -> Result<()>;

    /// Who asked for what, the latest last.
    fn log(&self, options: LogOptions) -> Result<Vec<LogEntry>>;

    /// A grant was given, taken back or has ended, or a program was listed, paired or forgotten.
    #[zbus(signal)]
    fn grants_changed(&self) -> zbus::Result<()>;
}

/// `dev.fob.Loopback1`: what the loopback listener says for programs that speak HTTP. On fobd's own socket alone.
#[proxy(interface = "dev.fob.Loopback1", default_service = "dev.fob.Fob1", default_path = "/dev/fob/Fob1")]
pub trait Loopback1 {
    /// Pairs a program: fobd writes six digits into `code` at once, which the program shows and the person types into
    /// fob's prompt; if they are right a token is written into `token`, and the call returns.
    fn pair(&self, options: PairOptions, code: Fd<'_>, token: Fd<'_>) -> Result<ClientInfo>;

    /// Shows a token from a pipe: from now on this connection is the paired program's, and can nothing else. Of the
    /// listener only, and once for each connection.
    fn present(&self, token: Fd<'_>, options: PresentOptions) -> Result<ClientInfo>;

    /// Whether pages of this origin may speak for a program of this user. Of the listener only: it answers a browser's
    /// preflight, which brings no token.
    fn welcome(&self, origin: &str, uid: u32) -> Result<bool>;

    /// Makes a token for a program without a pairing, for whoever sets up a server: of `fob` only, and the person is
    /// asked.
    fn issue(&self, options: PairOptions, token: Fd<'_>) -> Result<ClientInfo>;
}
