//! Lists of credentials: PublicKeyCredentialDescriptorJSON (WebAuthn Level 3 §5.1.8, §5.8.3).

use fob_ctap::entity::{CredentialType, Descriptor, Transport};
use serde::Deserialize;

use super::{MOST_CREDENTIALS, MOST_ENTRIES, bounded};
use crate::{OptionsError, base64url};

/// Longest credential id, in bytes (§6.5.1).
pub(crate) const LONGEST_ID: usize = 1023;
/// Longest text in `id`, in bytes: ids that are too long fit no key and are passed over, but are no error of the
/// options.
const LONGEST_MEMBER: usize = 8 * 1024;

/// A list of credentials and whether there was one at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    listed: bool,
    known: Vec<Descriptor>,
}

impl Credentials {
    /// Whether the site listed any, also such that no key can have. Without a list any passkey will do; with a list
    /// of unknown things, none will.
    #[must_use]
    pub const fn is_listed(&self) -> bool {
        self.listed
    }

    /// Those that a key could have, in the site's order, with the transports that are known.
    #[must_use]
    pub fn known(&self) -> &[Descriptor] {
        &self.known
    }

    pub(super) fn read(list: Option<Vec<RawDescriptor>>, member: Members) -> Result<Self, OptionsError> {
        let list = bounded(list, member.list, MOST_CREDENTIALS)?;
        let listed = !list.is_empty();
        let known = list.into_iter().map(|raw| raw.read(member)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { listed, known: known.into_iter().flatten().collect() })
    }
}

/// What a list and its parts are called in errors.
#[derive(Clone, Copy)]
pub(super) struct Members {
    list: &'static str,
    id: &'static str,
    transports: &'static str,
}

impl Members {
    pub(super) const EXCLUDE: Self =
        Self { list: "excludeCredentials", id: "excludeCredentials.id", transports: "excludeCredentials.transports" };
    pub(super) const ALLOW: Self =
        Self { list: "allowCredentials", id: "allowCredentials.id", transports: "allowCredentials.transports" };
}

#[derive(Deserialize)]
pub(super) struct RawDescriptor {
    #[serde(rename = "type")]
    credential_type: String,
    id: String,
    transports: Option<Vec<String>>,
}

impl RawDescriptor {
    /// None of another type, or with an id that no key has.
    fn read(self, member: Members) -> Result<Option<Descriptor>, OptionsError> {
        let id = base64url::decode(&self.id, member.id, LONGEST_MEMBER)?;
        let transports = bounded(self.transports, member.transports, MOST_ENTRIES)?;
        let credential_type = CredentialType::from(self.credential_type);
        if credential_type != CredentialType::PublicKey || !(1..=LONGEST_ID).contains(&id.len()) {
            return Ok(None);
        }
        let known = transports.into_iter().map(Transport::from);
        let transports = known.filter(|transport| !matches!(transport, Transport::Other(_))).collect();
        Ok(Some(Descriptor { id: id.into(), credential_type, transports }))
    }
}
