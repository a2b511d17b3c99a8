//! What travels in `Vault1`. Its ways in have a file of their own.

use zbus::{DeserializeDict, SerializeDict, Type};

use super::SlotInfo;

/// What can be said of a version, in [`VersionInfo::state`].
pub mod version_state {
    /// Whole, as far as that shows without its key.
    pub const WHOLE: &str = "whole";
    /// Opened with the vault's key, to the last byte.
    pub const VERIFIED: &str = "verified";
    /// Sealed under another vault key than the vault is now.
    pub const ANOTHER_KEY: &str = "another-key";
    /// Not to be opened.
    pub const UNSOUND: &str = "unsound";
}

/// One version of `Vault1.Versions`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct VersionInfo {
    /// The name of its file, in the vault's folder: names exactly one.
    pub name: String,
    /// Which save it was.
    pub generation: u64,
    /// When that was, in Unix time, if it is known.
    pub changed: Option<u64>,
    /// What it was kept for beyond the ordinary: `import`, `merge`, `migration`, `restore`, or a later fob's word.
    pub occasion: Option<String>,
    /// One of [`version_state`].
    pub state: String,
    /// Why it cannot be opened, with [`version_state::UNSOUND`].
    pub problem: Option<String>,
}

/// What came of `Vault1.Restore`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct RestoreInfo {
    /// The generation that was put back.
    pub from: u64,
    /// Its new generation.
    pub generation: u64,
    /// How many accounts have a counter that may lag behind: each is marked.
    pub resync: u32,
    /// The ways in, if it came from another vault key than the one last used here: some of them may have been removed
    /// since.
    pub foreign: Option<Vec<SlotInfo>>,
    /// Whether the vault is open now; it is not if somebody locked meanwhile.
    pub open: bool,
}

/// Options of `Vault1.Merge`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct MergeOptions {
    /// The other vault's secret is its recovery code.
    pub recovery: Option<bool>,
    /// Say what would happen, and change nothing.
    pub dry_run: Option<bool>,
}

/// What became of an account that the two vaults did not have alike, in [`MergedInfo::outcome`].
pub mod merge_outcome {
    /// Only theirs had it: it was added.
    pub const ADDED: &str = "added";
    /// Theirs was changed later: it is now as theirs.
    pub const UPDATED: &str = "updated";
    /// Ours was changed later: it stays as ours.
    pub const KEPT: &str = "kept";
    /// Neither can be given up: theirs was added under the id `other`.
    pub const KEPT_BOTH: &str = "kept-both";
    /// Theirs removed it after ours was last changed: it is gone.
    pub const REMOVED: &str = "removed";
    /// Ours removed it after theirs was last changed: it stays gone.
    pub const STAYS_REMOVED: &str = "stays-removed";
    /// It gives the codes of ours with the id `other`: it was not added.
    pub const DUPLICATE: &str = "duplicate";
}

/// One account of [`MergeInfo::entries`].
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct MergedInfo {
    /// The account's id, if it has one.
    pub id: Option<String>,
    /// Its issuer. Text from outside.
    pub issuer: String,
    /// Its name there. Text from outside.
    pub name: String,
    /// One of [`merge_outcome`].
    pub outcome: String,
    /// The id of the account that it stands beside.
    pub other: Option<String>,
}

/// What came of `Vault1.Merge`.
#[derive(Debug, Clone, Default, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct MergeInfo {
    /// Every account that the two vaults did not have alike.
    pub entries: Vec<MergedInfo>,
    /// How many they had alike.
    pub same: u32,
    /// Whether the open vault was written.
    pub written: bool,
}
