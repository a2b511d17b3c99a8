//! Lines: requests, replies and events as JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Event, Op};

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The client's number for it; comes back with the reply. Any JSON value, null if there is none.
    pub id: Value,
    /// Which key it is about. May be left out where there is only one.
    pub key: Option<String>,
    /// What to do.
    pub op: Op,
}

/// Why a request was not done, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorName {
    /// The line is no request.
    BadRequest,
    /// No key has this name, or several could be meant.
    NoSuchKey,
    /// Not possible now, such as a touch where none is waited for.
    NotNow,
    /// The system said no.
    Failed,
    /// A name that this client does not know.
    #[serde(other)]
    Other,
}

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// For programs.
    pub name: ErrorName,
    /// For people.
    pub message: String,
}

/// A reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// That of the request; null if the line had none that could be read.
    pub id: Value,
    /// What came of it.
    pub outcome: Result<Value, Failure>,
}

/// A line from the bench.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// To a request.
    Reply(Reply),
    /// Without one.
    Event(Event),
    /// Of a newer bench.
    Unknown,
}

impl Failure {
    /// With a name and words.
    #[must_use]
    pub fn new(name: ErrorName, message: impl Into<String>) -> Self {
        Self { name, message: message.into() }
    }
}

impl Request {
    /// Reads a line.
    ///
    /// # Errors
    /// The reply to send, with the id if there was one.
    pub fn from_line(line: &[u8]) -> Result<Self, Reply> {
        let bad = |id: Value, message: String| Reply { id, outcome: Err(Failure::new(ErrorName::BadRequest, message)) };
        let mut members: Map<String, Value> =
            serde_json::from_slice(line).map_err(|error| bad(Value::Null, format!("not a JSON object: {error}")))?;
        let id = members.remove("id").unwrap_or(Value::Null);
        if id.is_object() || id.is_array() {
            return Err(bad(Value::Null, "an id is a number or a text".to_owned()));
        }
        let key = match members.remove("key") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name),
            Some(_) => return Err(bad(id, "a key is a text".to_owned())),
        };
        match serde_json::from_value(Value::Object(members)) {
            Ok(op) => Ok(Self { id, key, op }),
            Err(error) => Err(bad(id, error.to_string())),
        }
    }

    /// Writes a line, with its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        let mut members = object(&self.op);
        members.insert("id".to_owned(), self.id.clone());
        if let Some(key) = &self.key {
            members.insert("key".to_owned(), Value::String(key.clone()));
        }
        line(members)
    }
}

impl Reply {
    /// Writes a line, with its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        let (name, value) = match &self.outcome {
            Ok(value) => ("ok", value.clone()),
            Err(failure) => ("error", Value::Object(object(failure))),
        };
        line([("id".to_owned(), self.id.clone()), (name.to_owned(), value)].into_iter().collect())
    }
}

impl Event {
    /// Writes a line, with its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        line(object(self))
    }
}

impl Incoming {
    /// Reads a line.
    ///
    /// # Errors
    /// If it is no JSON object.
    pub fn from_line(text: &str) -> serde_json::Result<Self> {
        let mut members: Map<String, Value> = serde_json::from_str(text)?;
        if members.contains_key("event") {
            return Ok(serde_json::from_value(Value::Object(members)).map_or(Self::Unknown, Self::Event));
        }
        let id = members.remove("id").unwrap_or(Value::Null);
        if let Some(value) = members.remove("ok") {
            return Ok(Self::Reply(Reply { id, outcome: Ok(value) }));
        }
        match members.remove("error") {
            Some(error) => Ok(Self::Reply(Reply { id, outcome: Err(serde_json::from_value(error)?) })),
            None => Ok(Self::Unknown),
        }
    }
}

fn object(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(members)) => members,
        // All that is written here are structures with texts as names.
        _ => Map::new(),
    }
}

fn line(members: Map<String, Value>) -> String {
    let mut line = Value::Object(members).to_string();
    line.push('\n');
    line
}
