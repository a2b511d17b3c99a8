//! What travels about consent: grants, the programs behind them, the log, and programs on the loopback.

use zbus::{DeserializeDict, SerializeDict, Type};

/// What can be asked for, in [`GrantInfo::kind`] and [`LogEntry::kind`].
pub mod grant_kind {
    /// One-time codes of one account.
    pub const CODE: &str = "code";
    /// Signing in at one site.
    pub const SIGN: &str = "sign";
    /// Making a credential for one site.
    pub const CREATE: &str = "create";
    /// Looking after security keys.
    pub const KEY_CARE: &str = "key-care";
}

/// How long a grant lasts, in [`GrantInfo::lasts`].
pub mod grant_life {
    /// For the request at hand: it is in the log, never in the list.
    pub const ONCE: &str = "once";
    /// Until the vault is locked.
    pub const UNTIL_LOCK: &str = "until-lock";
    /// For eight hours, or until fobd ends.
    pub const EIGHT_HOURS: &str = "8-hours";
    /// Until it is revoked. Of programs that may be remembered only.
    pub const ALWAYS: &str = "always";
}

/// The doors, in [`LogEntry::door`].
pub mod door {
    /// fobd's own socket.
    pub const SOCKET: &str = "socket";
    /// The session bus.
    pub const BUS: &str = "bus";
    /// Loopback HTTP.
    pub const LOOPBACK: &str = "loopback";
}

/// What a caller counts as, in [`ClientInfo::tier`], [`GrantInfo::tier`] and [`LogEntry::tier`].
pub mod tier {
    /// `fob` beside the running fobd.
    pub const COMPANION: &str = "companion";
    /// A program of root's that is listed.
    pub const INSTALLED: &str = "installed";
    /// An application that a listed portal speaks for.
    pub const PORTAL: &str = "portal";
    /// A program on the loopback that showed the token it was paired with.
    pub const PAIRED: &str = "paired";
    /// A program that anybody of this user may have do something else: an interpreter, or one that is not listed.
    pub const SCRIPT: &str = "script";
    /// A program in a sandbox that no portal speaks for.
    pub const SANDBOXED: &str = "sandboxed";
    /// A program that cannot be seen for certain.
    pub const WEAK: &str = "weak";
}

/// Where a listed program is listed, in [`ClientInfo::listed_by`].
pub mod listed_by {
    /// The package: `/usr/lib/fob/programs.d`.
    pub const VENDOR: &str = "vendor";
    /// This machine's administrator: `/etc/fob/programs.d`.
    pub const ADMIN: &str = "admin";
    /// The person, in the vault.
    pub const PERSON: &str = "person";
}

/// One grant, of `Policy1.Grants`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct GrantInfo {
    /// Sixteen hexadecimal digits.
    pub id: String,
    /// Whose it is: the program's path, a portal application's id, or a paired program's name. Text from outside.
    pub program: String,
    /// One of [`tier`].
    pub tier: String,
    /// One of [`grant_kind`].
    pub kind: String,
    /// The RP ID of a site, the id of an account, or that of a key.
    pub site: Option<String>,
    /// The same for a person: the account's issuer and name, or the page's origin, which a grant for a site is bound to
    /// as well. Text from outside.
    pub label: Option<String>,
    /// One of [`grant_life`].
    pub lasts: String,
    /// When it was given, in Unix time.
    pub given: u64,
    /// When it ends, in Unix time, for `8-hours`.
    pub ends: Option<u64>,
}

/// One program that is known, of `Policy1.Clients`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct ClientInfo {
    /// What it is named by in calls: the path of a listed program, or `paired-` and eight hexadecimal digits.
    pub id: String,
    /// Its name for a person. Text from outside.
    pub name: String,
    /// `installed` or `paired` of [`tier`].
    pub tier: String,
    /// One of [`listed_by`]; absent for a paired one.
    pub listed_by: Option<String>,
    /// The https origins that it may name; absent for any.
    pub origins: Option<Vec<String>>,
    /// Whether it is a portal, which speaks for applications.
    pub portal: Option<bool>,
    /// What a paired program may do, such as `otp:read:ID` and `webauthn:https://example.org`.
    pub scopes: Option<Vec<String>>,
    /// The user that a paired program runs as.
    pub uid: Option<u32>,
    /// When it was paired or added, in Unix time.
    pub since: Option<u64>,
    /// How many grants it has.
    pub grants: u32,
}

/// Options of `Policy1.Allow`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct AllowOptions {
    /// Its name for a person; its file's name if absent.
    pub name: Option<String>,
    /// The https origins that it may name. Absent: none.
    pub origins: Option<Vec<String>>,
    /// It may name any https origin, as a browser does.
    pub any_origin: Option<bool>,
    /// It is a portal, which speaks for applications.
    pub portal: Option<bool>,
}

/// Options of `Policy1.Log`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct LogOptions {
    /// At most so many, the latest; 100 if absent.
    pub most: Option<u32>,
    /// Of this Unix time and later.
    pub since: Option<u64>,
}

/// Who asked for what, and what came of it, of `Policy1.Log`. No secret is in it.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct LogEntry {
    /// When, in Unix time; the first time, where it happened several times.
    pub time: u64,
    /// The last time, in Unix time, where it happened several times.
    pub last: Option<u64>,
    /// How many times in a row; absent for once.
    pub times: Option<u32>,
    /// One of [`door`].
    pub door: String,
    /// The program, as in [`GrantInfo::program`].
    pub program: String,
    /// Its process id.
    pub pid: Option<i32>,
    /// One of [`tier`].
    pub tier: String,
    /// One of [`grant_kind`], or the call's own name in lower case, such as `export`.
    pub kind: String,
    /// The site or the account, for a person. Text from outside.
    pub what: Option<String>,
    /// `given` or `refused`.
    pub result: String,
    /// Why: `companion`, `granted`, `asked`, `scope`; or the reason of a refusal as a sentence.
    pub why: String,
}

/// Options of `Loopback1.Pair`: what the listener has read and the kernel has told it.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct PairOptions {
    /// The program's name for itself. Text from outside.
    pub name: String,
    /// What it wants to be allowed.
    pub scopes: Vec<String>,
    /// The origin whose pages may use its token; absent for none.
    pub origin: Option<String>,
    /// The user whose process asked, by sock_diag.
    pub uid: u32,
}

/// Options of `Loopback1.Present`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct PresentOptions {
    /// The user whose process showed the token, by sock_diag.
    pub uid: u32,
    /// The `Origin` of the request, when it had one.
    pub origin: Option<String>,
}
