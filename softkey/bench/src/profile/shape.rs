//! getInfo as the model answers it, and what of it this key cannot keep.

use fob_cbor::{Limits, Strictness, decode, encode};
use fob_ctap::{Map, Value};

use super::Profile;

/// Members of getInfo by name (§6.4).
const MEMBERS: &[(&str, i64)] = &[
    ("versions", VERSIONS),
    ("extensions", EXTENSIONS),
    ("aaguid", AAGUID),
    ("options", OPTIONS),
    ("maxMsgSize", MAX_MSG_SIZE),
    ("pinUvAuthProtocols", PROTOCOLS),
    ("maxCredentialCountInList", MAX_COUNT),
    ("maxCredentialIdLength", 0x08),
    ("transports", 0x09),
    ("algorithms", ALGORITHMS),
    ("maxSerializedLargeBlobArray", 0x0b),
    ("forcePINChange", 0x0c),
    ("minPINLength", 0x0d),
    ("firmwareVersion", 0x0e),
    ("maxCredBlobLength", 0x0f),
    ("maxRPIDsForSetMinPINLength", 0x10),
    ("preferredPlatformUvAttempts", 0x11),
    ("uvModality", 0x12),
    ("certifications", 0x13),
    ("remainingDiscoverableCredentials", REMAINING),
    ("vendorPrototypeConfigCommands", 0x15),
    ("attestationFormats", 0x16),
    ("uvCountSinceLastPinEntry", 0x17),
    ("longTouchForReset", 0x18),
    ("encIdentifier", 0x19),
    ("transportsForReset", 0x1a),
    ("pinComplexityPolicy", 0x1b),
    ("pinComplexityPolicyURL", 0x1c),
    ("maxPINLength", 0x1d),
    ("encCredStoreState", 0x1e),
    ("authenticatorConfigCommands", 0x1f),
];

const VERSIONS: i64 = 0x01;
const EXTENSIONS: i64 = 0x02;
const AAGUID: i64 = 0x03;
const OPTIONS: i64 = 0x04;
pub(super) const MAX_MSG_SIZE: i64 = 0x05;
pub(super) const PROTOCOLS: i64 = 0x06;
pub(super) const MAX_COUNT: i64 = 0x07;
pub(super) const ALGORITHMS: i64 = 0x0a;
const REMAINING: i64 = 0x14;

/// Members that change while the key is used: they are this key's own, if it has them.
const LIVE: &[i64] = &[0x0c, 0x0d, 0x17, 0x19, 0x1e];

/// Options that a model may have without this key's knowing them: what is not there, and a draft's name for
/// pinUvAuthToken.
const NEGATIVE: &[&str] = &["plat", "up", "rk", "makeCredUvNotRqd", "uvToken"];

/// What this key says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    info: Map,
    /// Room for discoverable credentials in an empty key.
    capacity: u64,
    /// Whether it speaks U2F.
    u2f: bool,
}

impl Own {
    /// From the answer to getInfo, status byte included, of a key that holds so many discoverable credentials.
    pub(crate) fn from_reply(reply: &[u8], held: u64, u2f: bool) -> Option<Self> {
        let info = info(reply)?;
        let left = info.get_int(REMAINING).and_then(Value::as_u64).unwrap_or_default();
        Some(Self { info, capacity: left.saturating_add(held), u2f })
    }
}

impl Profile {
    /// What the model can do and this key cannot, by the standard's names.
    pub(crate) fn lacking(&self, own: &Own) -> Vec<String> {
        let mut lacking = Vec::new();
        let wants_u2f = self.hid.capabilities.as_ref().is_some_and(|names| names.iter().any(|name| name == "msg"));
        if wants_u2f && !own.u2f {
            lacking.push("U2F".to_owned());
        }
        let Some(info) = &self.info else { return lacking };
        for (name, key) in [("versions", VERSIONS), ("extensions", EXTENSIONS)] {
            let ours = own.info.get_int(key).and_then(Value::as_array).unwrap_or_default();
            let theirs = info.members.get(name).and_then(toml::Value::as_array).into_iter().flatten();
            let missing = theirs.filter_map(toml::Value::as_str).filter(|text| !ours.contains(&Value::from(*text)));
            // U2F_V2 is named above; a preview is what its options say.
            lacking.extend(missing.filter(|text| !matches!(*text, "U2F_V2" | "FIDO_2_1_PRE")).map(str::to_owned));
        }
        let known = own.info.get_int(OPTIONS).and_then(Value::as_map).cloned().unwrap_or_default();
        let options = info.options.keys().filter(|name| !NEGATIVE.contains(&name.as_str()));
        lacking.extend(options.filter(|name| known.get_text(name).is_none()).map(|name| format!("option {name}")));
        let ours = own.info.get_int(ALGORITHMS).and_then(Value::as_array).unwrap_or_default();
        let ours: Vec<i64> = ours.iter().filter_map(algorithm_of).collect();
        let missing = self.algorithms().into_iter().flatten().filter(|algorithm| !ours.contains(algorithm));
        lacking.extend(missing.map(|algorithm| format!("algorithm {algorithm}")));
        lacking
    }

    /// Leaves out what this key cannot do.
    pub(crate) fn go_without(&mut self, own: &Own) {
        let lacking = self.lacking(own);
        let lacks = |name: &str| lacking.iter().any(|missing| missing == name);
        if lacks("U2F") {
            self.without_u2f();
        }
        let Some(info) = &mut self.info else { return };
        for name in ["versions", "extensions"] {
            if let Some(toml::Value::Array(texts)) = info.members.get_mut(name) {
                let kept = |text: &str| !lacks(text) && (text != "U2F_V2" || own.u2f);
                texts.retain(|text| text.as_str().is_none_or(kept));
            }
        }
        if let Some(toml::Value::Array(numbers)) = info.members.get_mut("algorithms") {
            numbers.retain(|number| number.as_integer().is_none_or(|number| !lacks(&format!("algorithm {number}"))));
        }
        if let Some(numbers) = &mut self.limits.algorithms {
            numbers.retain(|number| !lacks(&format!("algorithm {number}")));
        }
        info.options.retain(|name, _| !lacks(&format!("option {name}")));
    }

    /// This key's answer to getInfo, as the model gives it. What is no answer goes through.
    pub(crate) fn shape(&self, reply: Vec<u8>, own: &Own) -> Vec<u8> {
        let Some(live) = info(&reply) else { return reply };
        let mut shaped = self.taken_over(&live);
        for (name, value) in self.info.iter().flat_map(|info| &info.members) {
            if let Some(key) = number_of(name)
                && let Some(value) = member(key, value)
            {
                shaped.insert(Value::int(key), self.lively(key, value, &live, own));
            }
        }
        if let Some(options) = self.options(&live) {
            shaped.insert(Value::int(OPTIONS), options);
        }
        [&[0][..], &encode(&Value::Map(shaped))].concat()
    }

    /// The AAGUID that the model has, if it is not this key's own.
    pub(crate) fn aaguid(&self) -> Option<[u8; 16]> {
        let text = self.info.as_ref()?.members.get("aaguid")?;
        member(AAGUID, text)?.as_bytes()?.try_into().ok()
    }

    /// Room for discoverable credentials, where the model says so.
    pub(crate) fn capacity(&self) -> Option<u64> {
        let number = self.info.as_ref()?.members.get("remainingDiscoverableCredentials")?.as_integer()?;
        u64::try_from(number).ok()
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        u64::try_from(self.info.as_ref()?.members.get(name)?.as_integer()?).ok()
    }

    pub(super) fn texts(&self, name: &str) -> Option<Vec<&str>> {
        let texts = self.info.as_ref()?.members.get(name)?.as_array()?;
        Some(texts.iter().filter_map(toml::Value::as_str).collect())
    }

    /// COSE algorithms that the model knows, where it is known.
    pub(super) fn algorithms(&self) -> Option<Vec<i64>> {
        let listed = self.info.as_ref().and_then(|info| info.members.get("algorithms")?.as_array());
        match listed {
            Some(numbers) => Some(numbers.iter().filter_map(toml::Value::as_integer).collect()),
            None => self.limits.algorithms.clone(),
        }
    }

    /// What is this key's own.
    fn taken_over(&self, live: &Map) -> Map {
        let all = self.own.members.iter().any(|name| name == "*");
        let wanted = |name: &str| {
            (all || self.own.members.iter().any(|member| member == name))
                && !self.own.without.iter().any(|member| member == name)
        };
        let members = MEMBERS.iter().filter(|(name, _)| wanted(name));
        members.filter_map(|(_, key)| Some((Value::int(*key), self.trimmed(*key, live.get_int(*key)?)))).collect()
    }

    /// Without what the model does not have.
    fn trimmed(&self, key: i64, value: &Value) -> Value {
        let without =
            |names: &[String], value: &Value| value.as_text().is_some_and(|text| names.iter().any(|name| name == text));
        match value {
            Value::Map(options) if key == OPTIONS => {
                let kept = options.iter().filter(|(name, _)| !without(&self.own.without_options, name));
                Value::Map(kept.map(|(name, answer)| (name.clone(), answer.clone())).collect())
            }
            Value::Array(texts) if key == EXTENSIONS => {
                let kept = texts.iter().filter(|text| !without(&self.own.without_extensions, text));
                Value::Array(kept.cloned().collect())
            }
            value => value.clone(),
        }
    }

    /// Members that change: from this key, where it has them.
    fn lively(&self, key: i64, value: Value, live: &Map, own: &Own) -> Value {
        match live.get_int(key) {
            Some(live) if LIVE.contains(&key) => live.clone(),
            Some(Value::Unsigned(left)) if key == REMAINING => {
                let used = own.capacity.saturating_sub(*left);
                Value::from(value.as_u64().unwrap_or_default().saturating_sub(used))
            }
            _ => value,
        }
    }

    /// The model's options, with this key's answers where it has one.
    fn options(&self, live: &Map) -> Option<Map> {
        let options = self.info.as_ref().map(|info| &info.options).filter(|options| !options.is_empty())?;
        let live = live.get_int(OPTIONS).and_then(Value::as_map).cloned().unwrap_or_default();
        let answer = |name: &str, answer: bool| live.get_text(name).and_then(Value::as_bool).unwrap_or(answer);
        Some(options.iter().map(|(name, model)| (name.as_str(), answer(name, *model))).collect())
    }
}

pub(super) fn number_of(name: &str) -> Option<i64> {
    MEMBERS.iter().find(|(candidate, _)| *candidate == name).map(|(_, key)| *key)
}

/// A member as it stands in a file.
pub(super) fn member(key: i64, value: &toml::Value) -> Option<Value> {
    match (key, value) {
        (AAGUID, toml::Value::String(text)) => data_encoding::HEXLOWER_PERMISSIVE
            .decode(text.as_bytes())
            .ok()
            .filter(|bytes| bytes.len() == 16)
            .map(Value::from),
        (ALGORITHMS, toml::Value::Array(numbers)) => {
            let entry = |number: &toml::Value| {
                let entry: Map = [("alg", Value::int(number.as_integer()?)), ("type", Value::from("public-key"))]
                    .into_iter()
                    .collect();
                Some(Value::Map(entry))
            };
            numbers.iter().map(entry).collect::<Option<Vec<_>>>().map(Value::from)
        }
        (_, value) => plain(value),
    }
}

fn plain(value: &toml::Value) -> Option<Value> {
    Some(match value {
        toml::Value::Integer(number) => Value::int(*number),
        toml::Value::Boolean(answer) => Value::from(*answer),
        toml::Value::String(text) => Value::from(text.as_str()),
        toml::Value::Array(items) => Value::from(items.iter().map(plain).collect::<Option<Vec<_>>>()?),
        _ => return None,
    })
}

pub(super) fn algorithm_of(entry: &Value) -> Option<i64> {
    entry.as_map()?.get_text("alg")?.as_i64()
}

/// The map in a successful answer.
fn info(reply: &[u8]) -> Option<Map> {
    let (0, body) = reply.split_first()? else { return None };
    match decode(body, Limits { depth: 8, strictness: Strictness::Lenient }).ok()? {
        Value::Map(map) => Some(map),
        _ => None,
    }
}
