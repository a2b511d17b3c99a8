//! What travels with `Otp1`: accounts as they may be shown, what is said about a code, and the options of each call.
//!
//! Nothing here is secret. Codes, seeds, PINs, recovery codes and notes (people keep passwords in them) go through the
//! pipes; where a call takes several of them, the further pipes stand in its options.

use zbus::{DeserializeDict, SerializeDict, Type};

use super::Pipe;

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
    /// `totp`, `hotp`, `steam`, `motp` or `yandex`; another word for an entry that gives no codes here.
    pub kind: String,
    /// Digits, or letters, of a code.
    pub digits: Option<u32>,
    /// `SHA1`, `SHA224`, `SHA256`, `SHA384`, `SHA512` or `MD5`; another word for one that gives no codes here.
    pub algorithm: Option<String>,
    /// Seconds that a code lives.
    pub period: Option<u64>,
    /// The next counter.
    pub counter: Option<u64>,
    /// Whether its PIN is kept, for `motp` and `yandex`.
    pub pin: Option<bool>,
    /// Why it gives no code.
    pub unusable: Option<String>,
    /// Its counter may lag behind what the site has seen, since it came out of an older version: `Otp1.Resync`, or
    /// `Otp1.Edit` of the counter, settles that.
    pub resync: Option<bool>,
    /// The sites that may have its codes, as origins; absent from a fobd that knows none.
    pub sites: Option<Vec<String>>,
    /// A person's own groups, in the person's order.
    pub tags: Option<Vec<String>>,
    /// Whether it is marked as a favourite.
    pub favourite: Option<bool>,
    /// The name of an icon.
    pub icon: Option<String>,
    /// Whether there is a note: `Otp1.Note` gives it.
    pub note: Option<bool>,
    /// Recovery codes that are left.
    pub recovery_codes: Option<u32>,
    /// Recovery codes that were taken.
    pub recovery_codes_used: Option<u32>,
    /// When it was added, in Unix time.
    pub created: Option<u64>,
    /// When it was last changed, in Unix time; a counter's step is a change.
    pub changed: Option<u64>,
    /// When it was removed, in Unix time: only of an entry in the bin.
    pub removed: Option<u64>,
    /// When the bin forgets it, in Unix time: only of an entry in the bin.
    pub forgotten: Option<u64>,
}

/// Options of `Otp1.Add`.
#[derive(Debug, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct AddOptions {
    /// The site that may have its codes, as an origin.
    pub site: Option<String>,
    /// Refuse it when another account has the same name, for names that a stranger chose.
    pub unique: Option<bool>,
    /// Instead of the URI's issuer.
    pub issuer: Option<String>,
    /// Instead of the URI's account name.
    pub name: Option<String>,
    /// Groups.
    pub tags: Option<Vec<String>>,
    /// Mark it as a favourite.
    pub favourite: Option<bool>,
    /// The name of an icon.
    pub icon: Option<String>,
    /// A pipe with a note.
    pub note: Option<Pipe>,
    /// A pipe with the PIN, for `motp` and `yandex`.
    pub pin: Option<Pipe>,
    /// A pipe with recovery codes, one a line.
    pub recovery_codes: Option<Pipe>,
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
    /// The code of the next step if this one's lives for fewer seconds than this. Whether the caller waits until
    /// `valid_from` is its own affair. Only of accounts that go by time.
    pub min_valid: Option<u32>,
    /// Both codes, on a line each: the one that was asked for, and the one after it. Only of accounts that go by time.
    pub both: Option<bool>,
    /// The application that the caller speaks for: of portals only.
    pub app_id: Option<String>,
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
    /// As in [`EntryInfo`].
    pub kind: String,
    /// Unix time in seconds from which the code is good; absent for `hotp`.
    pub valid_from: Option<u64>,
    /// Unix time in seconds from which it is not good any more, which is when the next one begins; absent for `hotp`.
    pub valid_until: Option<u64>,
    /// With `both`: from when on the second code is not good any more.
    pub next_valid_until: Option<u64>,
    /// The counter that made it, for `hotp`.
    pub counter: Option<u64>,
    /// As in [`EntryInfo`].
    pub resync: Option<bool>,
}

/// Options of `Otp1.Import`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct ImportOptions {
    /// Say what would happen, and change nothing.
    pub dry_run: Option<bool>,
    /// Take the others when one is refused.
    pub skip_refused: Option<bool>,
}

/// An item of an import that was not taken.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct Refused {
    /// The line in the list, or the place in the JSON array, from 1.
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

/// Options of `Otp1.Edit`: what is to be different. Absent members stay as they are.
#[derive(Debug, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct EditOptions {
    /// Who hands out the account.
    pub issuer: Option<String>,
    /// The account's name there.
    pub name: Option<String>,
    /// All of its groups; an empty list takes it out of all.
    pub tags: Option<Vec<String>>,
    /// Whether it is a favourite.
    pub favourite: Option<bool>,
    /// The name of an icon; empty for none.
    pub icon: Option<String>,
    /// As in [`EntryInfo`]; `digits` and `algorithm` become what is usual for the kind where nothing else is said.
    pub kind: Option<String>,
    /// Digits, or letters, of a code.
    pub digits: Option<u32>,
    /// The hash function.
    pub algorithm: Option<String>,
    /// Seconds that a code lives.
    pub period: Option<u64>,
    /// The next counter.
    pub counter: Option<u64>,
    /// A pipe with the note; an empty one takes it away.
    pub note: Option<Pipe>,
    /// A pipe with the secret, in Base32.
    pub secret: Option<Pipe>,
    /// A pipe with the PIN; an empty one takes it away.
    pub pin: Option<Pipe>,
}

/// Options of `Otp1.Resync`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct ResyncOptions {
    /// How many counters are looked at, from the next one on: 1,000 if absent, at most 100,000.
    pub look_ahead: Option<u32>,
}

/// Options of `Otp1.AddRecoveryCodes`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct RecoveryOptions {
    /// Forget those that are there, used or not: a site that hands out new ones ends the old ones.
    pub replace: Option<bool>,
}

/// Options of the calls that ask for a fresh unlock: `Otp1.Uri` and `Otp1.Export`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct FreshOptions {
    /// What comes through the pipe is the vault's recovery code, not its passphrase.
    pub recovery: Option<bool>,
    /// Only these accounts, by id; all if absent. `Otp1.Export` only.
    pub ids: Option<Vec<String>>,
}

/// `Otp1.Uri`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct UriInfo {
    /// The entry's id.
    pub id: String,
    /// Who hands out the account.
    pub issuer: String,
    /// The account's name there.
    pub name: String,
    /// What the URI has no place for, as the ends of sentences about it.
    pub lost: Vec<String>,
}

/// `Otp1.Export`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct ExportInfo {
    /// How many accounts went through the pipe.
    pub written: u32,
    /// Accounts that this fob cannot read and therefore not export, as `issuer:name`.
    pub unreadable: Vec<String>,
}

/// What happened to an entry, in `Otp1.History`.
pub mod event {
    /// It came into the vault.
    pub const ADDED: &str = "added";
    /// Something about it was changed.
    pub const CHANGED: &str = "changed";
    /// A code by counter was given.
    pub const CODE: &str = "code";
    /// Its counter was moved to that of another device or of the site.
    pub const RESYNC: &str = "resync";
    /// A recovery code was taken.
    pub const RECOVERY_CODE: &str = "recovery-code";
    /// It came back out of the bin.
    pub const RESTORED: &str = "restored";
}

/// One event of `Otp1.History`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct HistoryEvent {
    /// When, in Unix time.
    pub time: u64,
    /// One of [`event`], or a later fob's word.
    pub what: String,
    /// What was changed, by the names of [`EditOptions`], and `sites`, `recovery_codes`.
    pub fields: Option<Vec<String>>,
    /// The issuer before, where it was changed. Text from outside.
    pub issuer: Option<String>,
    /// The name before, where it was changed. Text from outside.
    pub name: Option<String>,
    /// The counter of the code; with `resync` and `changed` the counter before.
    pub counter: Option<u64>,
}
