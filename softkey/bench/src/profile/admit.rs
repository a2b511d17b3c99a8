//! Which requests the model takes, and what of them.

use fob_cbor::{Limits, Strictness, decode, encode};
use fob_ctap::{Map, Status, Value};

use super::Profile;
use super::shape::algorithm_of;

const MAKE_CREDENTIAL: u8 = 0x01;
const GET_ASSERTION: u8 = 0x02;
const CLIENT_PIN: u8 = 0x06;

impl Profile {
    /// The request as the authenticator gets it: without extensions and algorithms that the model has never heard of.
    /// What cannot be read goes through, so that the authenticator says what is wrong with it.
    ///
    /// # Errors
    /// The model's answer, where it would not take it.
    pub(crate) fn admit(&self, request: Vec<u8>, strictness: Strictness) -> Result<Vec<u8>, Status> {
        let Some((command, body)) = request.split_first() else { return Ok(request) };
        if self.limits.commands.as_ref().is_some_and(|commands| !commands.contains(command)) {
            return Err(Status::InvalidCommand);
        }
        if self.number("maxMsgSize").is_some_and(|most| request.len() as u64 > most) {
            return Err(Status::RequestTooLarge);
        }
        let Some(map) = as_map(body, strictness) else { return Ok(request) };
        if let Some(status) = self.quirks.iter().find_map(|reported| reported.does.refusal(*command, &map)) {
            return Err(status);
        }
        let map = match *command {
            MAKE_CREDENTIAL => self.make_credential(map)?,
            GET_ASSERTION => self.get_assertion(map)?,
            CLIENT_PIN => return self.client_pin(&map).map(|()| request),
            _ => None,
        };
        Ok(match map {
            Some(map) => [&[*command][..], &encode(&Value::Map(map))].concat(),
            None => request,
        })
    }

    /// Numbers of members: §6.1. The map, if it has changed.
    fn make_credential(&self, mut map: Map) -> Result<Option<Map>, Status> {
        self.bounded(map.get_int(5))?;
        let mut changed = self.without_extensions(&mut map, 6);
        if let (Some(algorithms), Some(Value::Array(entries))) = (self.algorithms(), map.get_int(4)) {
            let known = |entry: &&Value| algorithm_of(entry).is_none_or(|algorithm| algorithms.contains(&algorithm));
            let kept: Vec<Value> = entries.iter().filter(known).cloned().collect();
            if kept.is_empty() && !entries.is_empty() {
                return Err(Status::UnsupportedAlgorithm);
            }
            if kept.len() != entries.len() {
                map.insert(4, kept);
                changed = true;
            }
        }
        Ok(changed.then_some(map))
    }

    /// Numbers of members: §6.2.
    fn get_assertion(&self, mut map: Map) -> Result<Option<Map>, Status> {
        self.bounded(map.get_int(3))?;
        Ok(self.without_extensions(&mut map, 4).then_some(map))
    }

    /// Numbers of members: §6.5.5.
    fn client_pin(&self, map: &Map) -> Result<(), Status> {
        let protocols = self.protocols();
        if let (Some(protocols), Some(protocol)) = (protocols, map.get_int(1).and_then(Value::as_u64))
            && !protocols.contains(&protocol)
        {
            return Err(Status::InvalidParameter);
        }
        match (&self.limits.client_pin_subcommands, map.get_int(2).and_then(Value::as_u64)) {
            (Some(known), Some(subcommand)) if !known.contains(&subcommand) => Err(Status::InvalidParameter),
            _ => Ok(()),
        }
    }

    fn protocols(&self) -> Option<Vec<u64>> {
        let numbers = self.info.as_ref()?.members.get("pinUvAuthProtocols")?.as_array()?;
        Some(numbers.iter().filter_map(|number| u64::try_from(number.as_integer()?).ok()).collect())
    }

    fn bounded(&self, list: Option<&Value>) -> Result<(), Status> {
        let length = list.and_then(Value::as_array).map_or(0, <[Value]>::len) as u64;
        match self.number("maxCredentialCountInList") {
            Some(most) if length > most => Err(Status::LimitExceeded),
            _ => Ok(()),
        }
    }

    /// Takes out extensions that are not announced; whether there were any.
    fn without_extensions(&self, map: &mut Map, member: i64) -> bool {
        let Some(Value::Map(asked)) = map.get_int(member).cloned() else { return false };
        let unheard_of = |name: &Value| match (name.as_text(), self.info.is_some(), self.texts("extensions")) {
            (Some(name), true, announced) => announced.is_none_or(|announced| !announced.contains(&name)),
            (Some(name), false, _) => self.own.without_extensions.iter().any(|gone| gone == name),
            (None, ..) => false,
        };
        let kept: Map = asked
            .iter()
            .filter(|(name, _)| !unheard_of(name))
            .map(|(name, input)| (name.clone(), input.clone()))
            .collect();
        if kept.len() == asked.len() {
            return false;
        }
        match kept.is_empty() {
            true => drop(map.remove(&Value::int(member))),
            false => drop(map.insert(Value::int(member), kept)),
        }
        true
    }
}

/// As strict as the authenticator: what it would refuse, it refuses.
fn as_map(body: &[u8], strictness: Strictness) -> Option<Map> {
    match decode(body, Limits { depth: 8, strictness }).ok()? {
        Value::Map(map) => Some(map),
        _ => None,
    }
}
