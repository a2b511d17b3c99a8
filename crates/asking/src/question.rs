//! A question: who asks, for what, and what may be answered.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Answer;

/// What a caller counts as, in the words of the bus (`fob_bus::types::tier`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// `fob` beside the running fobd.
    Companion,
    /// A program of root's that is listed.
    Installed,
    /// An application that a listed portal speaks for.
    Portal,
    /// A program on the loopback that showed its token.
    Paired,
    /// A program that anybody of this user may have do something else.
    Script,
    /// A program in a sandbox that no portal speaks for.
    Sandboxed,
    /// A program that cannot be seen for certain.
    Weak,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// Its name for a person: of its listing, its pairing or its application, else its file's name.
    pub name: String,
    /// Its executable, where it was seen.
    pub program: Option<String>,
    /// What it counts as.
    pub tier: Tier,
    /// Why it counts as no more, as the end of the sentence "fob cannot be sure about it: …".
    pub why: Option<String>,
    /// `socket`, `bus` or `loopback`.
    pub door: String,
    /// Its process id.
    pub pid: Option<i32>,
}

/// What it asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "kebab-case")]
pub enum What {
    /// A one-time code.
    Code {
        /// Who hands out the account.
        issuer: String,
        /// The account's name there.
        name: String,
        /// The site that gets it, where the caller named one.
        site: Option<String>,
    },
    /// Signing in with a security key.
    Sign {
        /// The RP ID.
        rp_id: String,
        /// The page's origin.
        origin: String,
        /// The top-level page's origin, for a frame of another site.
        top_origin: Option<String>,
    },
    /// Making a credential on a security key.
    Create {
        /// The RP ID.
        rp_id: String,
        /// The page's origin.
        origin: String,
        /// The top-level page's origin, for a frame of another site.
        top_origin: Option<String>,
        /// The account's name there.
        user: String,
    },
    /// Looking after a security key: what is done with it, as an imperative, such as "set its PIN".
    KeyCare {
        /// The key's product name.
        key: String,
        /// What is done.
        doing: String,
    },
    /// A security key's PIN for something that was allowed before.
    Pin {
        /// The key's product name.
        key: String,
        /// The RP ID it is for.
        rp_id: String,
    },
    /// Attaching a software key.
    Attach {
        /// Its socket.
        path: String,
    },
    /// Pairing a program on the loopback.
    Pair {
        /// What it wants to be allowed, in words, one each.
        scopes: Vec<String>,
        /// The origin whose pages may use it.
        origin: Option<String>,
    },
    /// Listing a program among those that may be remembered.
    Allow {
        /// The program to be listed.
        program: String,
        /// The origins that it may name; `None` for any.
        origins: Option<Vec<String>>,
    },
}

/// How long a leave lasts, the shortest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// This time.
    Once,
    /// Until the vault is locked.
    UntilLock,
    /// For eight hours.
    EightHours,
    /// Until it is taken back.
    Always,
}

/// A secret that is wanted besides leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "secret", rename_all = "kebab-case")]
pub enum Want {
    /// The vault's passphrase: it is locked.
    Passphrase,
    /// The key's PIN.
    Pin {
        /// Tries left.
        retries: u32,
        /// Whether the PIN before was wrong.
        wrong: bool,
    },
    /// The six digits that the asker shows.
    Digits,
}

/// A question. The strings in it have lost their control and bidirectional characters and are at most 256 characters long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Who asks.
    pub asker: Asker,
    /// For what.
    pub what: What,
    /// The answers besides no, the one that lasts shortest first. Empty where a secret alone is wanted.
    pub choices: Vec<Choice>,
    /// The secret that is wanted.
    pub want: Option<Want>,
    /// Seconds until it is withdrawn.
    pub waits: u64,
    /// The terminal that the asker has in the foreground, such as `/dev/pts/3`.
    pub terminal: Option<String>,
    /// A parent window, as in the portals (`x11:HEX`, `wayland:HANDLE`); may be empty.
    pub parent_window: String,
    /// How many other questions wait behind it.
    pub behind: u32,
}

impl Question {
    /// How long input must have been shown and focused before it counts.
    pub const SETTLE: Duration = Duration::from_millis(500);

    /// Whether this can be an answer to it: a prompt that answers anything else is broken, and nothing is granted.
    #[must_use]
    pub fn takes(&self, answer: &Answer) -> bool {
        match answer {
            Answer::Refused | Answer::Nowhere => true,
            Answer::Granted { choice } => self.want.is_none() && self.choices.contains(choice),
            Answer::Secret { choice } => {
                self.want.is_some() && choice.map_or(self.choices.is_empty(), |choice| self.choices.contains(&choice))
            }
        }
    }
}
