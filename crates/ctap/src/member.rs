//! Members of CBOR maps: taken out by key, with an error that names the member and knows its status.

use fob_cbor::{DecodeError, Map, Value};

use crate::Status;

/// The name that the standard gives a member, such as `clientDataHash`.
pub type Member = &'static str;

/// Why bytes are not the message they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// There is no byte at all, not even a command or status.
    #[error("the message is empty")]
    Empty,
    /// A command or reply without parameters has some.
    #[error("parameters follow a message that has none")]
    Surplus,
    /// A fixed structure (authenticator data) ends early or goes on too long.
    #[error("{0} has the wrong length")]
    Length(Member),
    /// The parameters are no CBOR, or not canonical.
    #[error("the parameters are no CBOR that CTAP allows")]
    Cbor(#[from] DecodeError),
    /// A member has another CBOR type.
    #[error("{0} has the wrong type")]
    Type(Member),
    /// A member is not there.
    #[error("{0} is missing")]
    Missing(Member),
    /// A member has a value that the standard does not allow it.
    #[error("{0} has a value that is not allowed")]
    Value(Member),
    /// The command has no such subcommand.
    #[error("there is no such subcommand")]
    Subcommand,
}

impl Malformed {
    /// What an authenticator answers to such a request (§8.2).
    #[must_use]
    pub const fn status(&self) -> Status {
        match self {
            Self::Empty | Self::Surplus | Self::Length(_) => Status::InvalidLength,
            Self::Cbor(_) => Status::InvalidCbor,
            Self::Type(_) => Status::CborUnexpectedType,
            Self::Missing(_) => Status::MissingParameter,
            Self::Value(_) => Status::InvalidParameter,
            Self::Subcommand => Status::InvalidSubcommand,
        }
    }
}

/// A type that a member's value can become. The other way is `From<&T> for Value`.
pub trait FromCbor: Sized {
    /// The value as this type; errors carry `member`.
    ///
    /// # Errors
    /// Whatever is wrong with the value.
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed>;
}

macro_rules! from_variant {
    ($($variant:ident => $made:ty;)*) => {$(
        impl FromCbor for $made {
            fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
                match value {
                    Value::$variant(content) => Ok(content),
                    _ => Err(Malformed::Type(member)),
                }
            }
        }
    )*};
}

from_variant! {
    Unsigned => u64;
    Bytes => Vec<u8>;
    Text => String;
    Map => Map;
    Bool => bool;
}

impl FromCbor for i64 {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        match &value {
            Value::Unsigned(_) | Value::Negative(_) => value.as_i64().ok_or(Malformed::Value(member)),
            _ => Err(Malformed::Type(member)),
        }
    }
}

impl<const N: usize> FromCbor for [u8; N] {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        let bytes = Vec::<u8>::from_cbor(value, member)?;
        bytes.try_into().map_err(|_| Malformed::Length(member))
    }
}

impl<T: FromCbor> FromCbor for Vec<T> {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        match value {
            Value::Array(items) => items.into_iter().map(|item| T::from_cbor(item, member)).collect(),
            _ => Err(Malformed::Type(member)),
        }
    }
}

/// A map that is being read: members are taken out, what is left nobody asked for.
#[derive(Debug)]
pub struct Members(Map);

impl Members {
    /// The members of a value that must be a map.
    ///
    /// # Errors
    /// [`Malformed::Type`] if it is none.
    pub fn of(value: Value, member: Member) -> Result<Self, Malformed> {
        Map::from_cbor(value, member).map(Self)
    }

    /// A member that has to be there.
    ///
    /// # Errors
    /// [`Malformed::Missing`], or what is wrong with its value.
    pub fn take<T: FromCbor>(&mut self, key: impl Into<Value>, member: Member) -> Result<T, Malformed> {
        self.take_optional(key, member)?.ok_or(Malformed::Missing(member))
    }

    /// A member that may be there.
    ///
    /// # Errors
    /// What is wrong with its value.
    pub fn take_optional<T: FromCbor>(
        &mut self,
        key: impl Into<Value>,
        member: Member,
    ) -> Result<Option<T>, Malformed> {
        self.0.remove(&key.into()).map(|value| T::from_cbor(value, member)).transpose()
    }

    /// A list or map that means the same absent as empty.
    ///
    /// # Errors
    /// What is wrong with its value.
    pub fn take_or_empty<T: FromCbor + Default>(
        &mut self,
        key: impl Into<Value>,
        member: Member,
    ) -> Result<T, Malformed> {
        self.take_optional(key, member).map(Option::unwrap_or_default)
    }

    /// A small unsigned number.
    ///
    /// # Errors
    /// What is wrong with its value; [`Malformed::Value`] if it does not fit into `T`.
    pub fn take_number<T: TryFrom<u64>>(
        &mut self,
        key: impl Into<Value>,
        member: Member,
    ) -> Result<Option<T>, Malformed> {
        let number: Option<u64> = self.take_optional(key, member)?;
        number.map(|number| T::try_from(number).map_err(|_| Malformed::Value(member))).transpose()
    }

    /// What was not taken.
    #[must_use]
    pub fn rest(self) -> Map {
        self.0
    }
}

impl From<Map> for Members {
    fn from(map: Map) -> Self {
        Self(map)
    }
}

/// Puts a member in if there is one.
pub(crate) fn put<V: Into<Value>>(map: &mut Map, key: impl Into<Value>, value: Option<V>) {
    if let Some(value) = value {
        map.insert(key, value);
    }
}

/// Puts a list in unless it is empty.
pub(crate) fn put_list<'a, T>(map: &mut Map, key: impl Into<Value>, items: &'a [T])
where
    &'a T: Into<Value>,
{
    if !items.is_empty() {
        map.insert(key, array(items));
    }
}

/// Puts a map in unless it is empty.
pub(crate) fn put_map(map: &mut Map, key: impl Into<Value>, members: &Map) {
    if !members.is_empty() {
        map.insert(key, members.clone());
    }
}

/// An array of these items.
pub(crate) fn array<'a, T>(items: &'a [T]) -> Value
where
    &'a T: Into<Value>,
{
    Value::Array(items.iter().map(Into::into).collect())
}

/// An array of texts.
pub(crate) fn texts(items: &[String]) -> Value {
    Value::Array(items.iter().map(|text| Value::from(text.as_str())).collect())
}

/// A value that is written the same way wherever it stands: what `From<&T> for Value` cannot say of foreign types.
pub(crate) trait ToValue {
    fn to_value(&self) -> Value;
}

macro_rules! to_value {
    ($($type:ty => |$value:ident| $into:expr;)*) => {$(
        impl $crate::member::ToValue for $type {
            fn to_value(&self) -> $crate::Value {
                let $value = self;
                $into
            }
        }
    )*};
}

pub(crate) use to_value;

to_value! {
    bool => |answer| Value::from(*answer);
    u64 => |number| Value::from(*number);
    [u8; 32] => |bytes| Value::from(bytes);
    Vec<u8> => |bytes| Value::from(bytes.as_slice());
    String => |text| Value::from(text.as_str());
}
