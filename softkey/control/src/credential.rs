//! What can be looked at: keys, and credentials as WebDriver writes them.

use serde::{Deserialize, Serialize};

/// A key of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyStatus {
    /// Its name: of `--key`, or "key".
    pub name: String,
    /// Where it hangs, such as "socket /run/user/1000/key".
    pub face: String,
    /// Whether it is plugged in.
    pub plugged: bool,
    /// Whom it pretends to be.
    pub profile: String,
    /// How many discoverable credentials it has.
    pub credentials: u64,
    /// What it wants to be touched for; null while it does not.
    pub waiting: Option<String>,
    /// Steps of the presence script that are left.
    pub script: u64,
    /// Faults that have still to happen.
    pub faults: u64,
}

/// A discoverable credential, with the names of WebDriver's Credential Parameters (WebAuthn Level 3 §11.5), so that it
/// goes from here into a browser's virtual authenticator and back. Bytes are base64url without padding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Credential {
    /// Its id.
    pub credential_id: String,
    /// Always true: credentials that live in their id alone cannot be listed or moved.
    #[serde(default = "yes")]
    pub is_resident_credential: bool,
    /// Whose it is.
    pub rp_id: String,
    /// PKCS#8; absent in `credentials`, needed in `import`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_key: Option<String>,
    /// The account's handle.
    pub user_handle: String,
    /// The account's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// How the account is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_display_name: Option<String>,
    /// The key's counter, which all its credentials share; it is raised to an imported one's.
    #[serde(default)]
    pub sign_count: u32,
    /// credProtect's level, 1 to 3; not in WebDriver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cred_protect: Option<u8>,
}

const fn yes() -> bool {
    true
}
