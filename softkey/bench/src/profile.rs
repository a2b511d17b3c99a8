//! Whom the key pretends to be: getInfo, limits and gaps of real models, so that a program meets the variety of the
//! world in its tests. The models are files under `profiles/`, each with its sources; what no source says is left out.
//!
//! A profile only takes away and names otherwise. What a model can do and this key cannot is never announced: the
//! profile is refused ([`Profile::lacking`]), or on request goes without it.

mod admit;
mod quirk;
mod shape;

use std::collections::BTreeMap;

use fob_authenticator::{Abilities, Fingerprints};
use fob_ctap::hid::Capabilities;
use serde::Deserialize;

pub(crate) use quirk::{names_one, unnamed};
pub(crate) use shape::Own;

use quirk::{Quirk, Reported};

/// The models, by name.
const PROFILES: &[(&str, &str)] = &[
    ("bio", include_str!("../profiles/bio.toml")),
    ("ctap20", include_str!("../profiles/ctap20.toml")),
    ("fido2applet", include_str!("../profiles/fido2applet.toml")),
    ("ledger", include_str!("../profiles/ledger.toml")),
    ("nitrokey3", include_str!("../profiles/nitrokey3.toml")),
    ("no-pin", include_str!("../profiles/no-pin.toml")),
    ("solo1", include_str!("../profiles/solo1.toml")),
    ("u2f-only", include_str!("../profiles/u2f-only.toml")),
    ("yubikey-5.2", include_str!("../profiles/yubikey-5.2.toml")),
    ("yubikey-5.4", include_str!("../profiles/yubikey-5.4.toml")),
    ("yubikey-5.7", include_str!("../profiles/yubikey-5.7.toml")),
];

/// The name of no profile: the key as it is.
pub(crate) const DEFAULT: &str = "default";

/// A model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    /// Which model, in words.
    #[cfg_attr(not(test), expect(dead_code, reason = "for whoever reads the file"))]
    about: String,
    /// Where it is known from.
    #[cfg_attr(not(test), expect(dead_code, reason = "for whoever reads the file"))]
    source: Vec<Source>,
    /// What of this key is switched on for it.
    #[serde(default)]
    switches: Switches,
    #[serde(default)]
    hid: Hid,
    info: Option<Info>,
    #[serde(default)]
    own: OwnMembers,
    #[serde(default)]
    limits: Limits,
    #[serde(default, rename = "quirk")]
    quirks: Vec<Reported>,
}

/// Where something is known from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "for whoever reads the file"))]
struct Source {
    what: String,
    place: String,
}

/// What this key can do and does not by itself.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Switches {
    /// The commands of CTAP 2.1's preview.
    #[serde(default)]
    preview: bool,
    /// A sensor for fingers.
    #[serde(default)]
    fingerprints: bool,
    /// What CTAP 2.0 answered otherwise than later editions do.
    #[serde(default)]
    ctap20: bool,
}

/// What CTAPHID_INIT says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hid {
    version: Option<[u8; 3]>,
    capabilities: Option<Vec<String>>,
}

/// getInfo, with the standard's names.
#[derive(Debug, Clone, Default, Deserialize)]
struct Info {
    #[serde(default)]
    options: BTreeMap<String, bool>,
    #[serde(flatten)]
    members: BTreeMap<String, toml::Value>,
}

/// What is taken over from this key's own getInfo.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnMembers {
    /// Names, or "*" for all.
    #[serde(default)]
    members: Vec<String>,
    #[serde(default)]
    without: Vec<String>,
    #[serde(default)]
    without_options: Vec<String>,
    #[serde(default)]
    without_extensions: Vec<String>,
}

/// What requests it takes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    /// Command bytes; all others are INVALID_COMMAND.
    commands: Option<Vec<u8>>,
    /// Subcommands of clientPIN; all others are INVALID_PARAMETER.
    client_pin_subcommands: Option<Vec<u64>>,
    /// COSE algorithms, where getInfo does not list them.
    algorithms: Option<Vec<i64>>,
}

/// Why a profile cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProfileError {
    /// There is none of this name.
    #[error("there is no profile {0:?}; there are {DEFAULT}, {known}", known = names().collect::<Vec<_>>().join(", "))]
    Unknown(String),
    /// The file is wrong. A test reads all of them.
    #[error("profile {name} is damaged")]
    Damaged {
        /// Which.
        name: String,
        /// What is wrong.
        source: toml::de::Error,
    },
    /// The model can do what this key cannot.
    #[error("profile {name} needs what this key cannot do yet: {list}", list = lacking.join(", "))]
    Lacking {
        /// Which.
        name: String,
        /// What it lacks.
        lacking: Vec<String>,
    },
}

/// The names of all profiles but the default.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    PROFILES.iter().map(|(name, _)| *name)
}

impl Profile {
    /// The profile of this name; none for "default".
    pub(crate) fn named(name: &str) -> Result<Option<Self>, ProfileError> {
        if name == DEFAULT {
            return Ok(None);
        }
        let found = PROFILES.iter().find(|(candidate, _)| *candidate == name);
        let (_, text) = found.ok_or_else(|| ProfileError::Unknown(name.to_owned()))?;
        let profile = toml::from_str(text);
        profile.map(Some).map_err(|source| ProfileError::Damaged { name: name.to_owned(), source })
    }

    /// What the key has to be able to do.
    pub(crate) fn abilities(&self) -> Abilities {
        let fingerprints = self.switches.fingerprints.then(Fingerprints::default);
        let edition = if self.switches.ctap20 { Abilities::ctap20() } else { Abilities::default() };
        let excluded_without_touch = self.has(Quirk::ExcludedWithoutTouch);
        let keeps_none = self.info.as_ref().is_some_and(|info| info.options.get("rk") == Some(&false));
        let capacity = if keeps_none { 0 } else { edition.capacity };
        Abilities { preview: self.switches.preview, fingerprints, excluded_without_touch, capacity, ..edition }
    }

    fn has(&self, quirk: Quirk) -> bool {
        self.quirks.iter().any(|reported| reported.does == quirk)
    }

    /// Whether an assertion does not name the only credential that it can be from.
    pub(crate) fn leaves_only_credential_unnamed(&self) -> bool {
        self.has(Quirk::OnlyCredentialUnnamed)
    }

    /// What CTAPHID_INIT says, where this key itself would say `version` and `own`.
    pub(crate) fn hid(&self, version: [u8; 3], own: Capabilities) -> ([u8; 3], Capabilities) {
        let capabilities = self.hid.capabilities.as_ref().map_or(own, |names| capabilities(names));
        (self.hid.version.unwrap_or(version), capabilities)
    }

    /// Goes without U2F, as this key has to so far.
    pub(crate) fn without_u2f(&mut self) {
        if let Some(names) = &mut self.hid.capabilities {
            names.retain(|name| name != "msg");
        }
    }
}

/// Without "msg", NMSG is set: a key that cannot has to say so (§11.2.9.1.3).
fn capabilities(names: &[String]) -> Capabilities {
    let has = |name: &str| names.iter().any(|candidate| candidate == name);
    let bit = |set: bool, bit: Capabilities| if set { bit } else { Capabilities::default() };
    bit(has("wink"), Capabilities::WINK) | bit(has("cbor"), Capabilities::CBOR) | bit(!has("msg"), Capabilities::NMSG)
}

#[cfg(test)]
mod tests;
