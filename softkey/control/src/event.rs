//! What the bench tells without being asked.

use serde::{Deserialize, Serialize};

/// Something that happened. A client skips events that it does not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A key wants to be touched.
    TouchWanted {
        /// Which key.
        key: String,
        /// What for, in words: "register", "sign in" …
        reason: String,
        /// For which site, where the command names one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rp_id: Option<String>,
    },
    /// It does not any more: touched, refused, cancelled or given up.
    TouchOver {
        /// Which key.
        key: String,
    },
    /// A key shows which one it is.
    Wink {
        /// Which key.
        key: String,
    },
    /// A key is there again.
    Plugged {
        /// Which key.
        key: String,
    },
    /// A key is gone.
    Unplugged {
        /// Which key.
        key: String,
    },
    /// A line of the wire log.
    Log {
        /// The line, without its end.
        line: String,
    },
}
