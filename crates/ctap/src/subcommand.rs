//! Commands that are bundles of subcommands: fingerprints (§6.7), credential management (§6.8), configuration (§6.11).
//!
//! A subcommand is a type that knows its number, its parameters and its reply. A platform sends a [`Call`] of it, an
//! authenticator reads a [`Received`]. What the pinUvAuthParam covers is put together here for both sides.
//! authenticatorClientPIN has no part in this: its parameters stand beside the subcommand, not in a map of their own.

use crate::entity::{Descriptor, RpId, UserEntity};
use crate::member::{FromCbor, Malformed, Member, Members, ToValue, array, put, to_value};
use crate::pin::PinUvAuthToken;
use crate::{Command, Map, Message, Value};

/// A command that has subcommands. The type is any of them, as an authenticator receives it.
pub trait Family: Sized {
    /// The command byte (§8.1).
    const CODE: u8;
    /// Key of `subCommand`. Those of `subCommandParams`, `pinUvAuthProtocol` and `pinUvAuthParam` are the next three.
    const SUB_COMMAND: i64;
    /// What stands before the parameters in what a proof covers.
    fn head(number: u8) -> Vec<u8>;

    /// Reads the parameters of a subcommand.
    ///
    /// # Errors
    /// What is wrong with them.
    fn read(number: u8, parameters: Map) -> Result<Self, Malformed>;

    /// Whether there is such a subcommand.
    ///
    /// # Errors
    /// How the standard answers if there is none.
    fn check(number: u64) -> Result<u8, Malformed>;

    /// Whether a proof covers the parameters, if there are any.
    #[must_use]
    fn covers_parameters(number: u8) -> bool {
        let _ = number;
        true
    }

    /// Members beside the four that all families have.
    #[must_use]
    fn envelope() -> Map {
        Map::new()
    }

    /// Reads those members.
    ///
    /// # Errors
    /// What is wrong with them.
    fn check_envelope(members: &mut Members) -> Result<(), Malformed> {
        let _ = members;
        Ok(())
    }
}

/// One subcommand.
pub trait Subcommand: Sized {
    /// The command it belongs to.
    type Family: Family;
    /// What a successful answer carries.
    type Reply: Message;
    /// Its number.
    const NUMBER: u8;

    /// Its parameters; none if there are none to send.
    fn to_parameters(&self) -> Option<Map>;

    /// Reads its parameters; an empty map where there were none. Unknown ones are ignored (§8).
    ///
    /// # Errors
    /// What is missing, of the wrong type, or not allowed.
    fn from_parameters(parameters: Map) -> Result<Self, Malformed>;

    /// The bytes that pinUvAuthParam is made over.
    #[must_use]
    fn message(&self) -> Vec<u8> {
        message::<Self::Family>(Self::NUMBER, self.to_parameters())
    }
}

/// A subcommand on its way to an authenticator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call<S> {
    /// What is asked for.
    pub subcommand: S,
    /// The protocol of the proof.
    pub pin_uv_auth_protocol: Option<u64>,
    /// Proof of a pinUvAuthToken over [`Subcommand::message`].
    pub pin_uv_auth_param: Option<Vec<u8>>,
}

impl<S: Subcommand> Call<S> {
    /// Without a proof: for continuations, and for keys that nobody has protected yet.
    #[must_use]
    pub const fn bare(subcommand: S) -> Self {
        Self { subcommand, pin_uv_auth_protocol: None, pin_uv_auth_param: None }
    }

    /// With the proof of this token.
    #[must_use]
    pub fn proven(subcommand: S, token: &PinUvAuthToken) -> Self {
        let proof = token.authenticate(&subcommand.message());
        Self { subcommand, pin_uv_auth_protocol: Some(token.protocol().number()), pin_uv_auth_param: Some(proof) }
    }
}

impl<S: Subcommand> Message for Call<S> {
    fn to_map(&self) -> Option<Map> {
        let first = S::Family::SUB_COMMAND;
        let mut map = S::Family::envelope();
        map.insert(first, S::NUMBER);
        put(&mut map, first + 1, self.subcommand.to_parameters());
        put(&mut map, first + 2, self.pin_uv_auth_protocol);
        put(&mut map, first + 3, self.pin_uv_auth_param.as_deref());
        Some(map)
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        let parts = Parts::read::<S::Family>(map)?;
        if parts.number != S::NUMBER {
            return Err(Malformed::Subcommand);
        }
        Ok(Self {
            subcommand: S::from_parameters(parts.parameters.unwrap_or_default())?,
            pin_uv_auth_protocol: parts.protocol,
            pin_uv_auth_param: parts.param,
        })
    }
}

impl<S: Subcommand> Command for Call<S> {
    const CODE: u8 = S::Family::CODE;
    type Reply = S::Reply;
}

/// A command that keys of CTAP 2.1's preview have under another number, with the same messages.
pub trait HasPrototype: Family {
    /// That number, in the range of vendors.
    const PROTOTYPE: u8;
}

/// A call under the number of the preview (`FIDO_2_1_PRE`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prototype<S>(pub Call<S>);

impl<S: Subcommand> Message for Prototype<S> {
    fn to_map(&self) -> Option<Map> {
        self.0.to_map()
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        Call::from_map(map).map(Self)
    }
}

impl<S: Subcommand<Family: HasPrototype>> Command for Prototype<S> {
    const CODE: u8 = S::Family::PROTOTYPE;
    type Reply = S::Reply;
}

/// A subcommand as an authenticator receives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received<F> {
    /// Its number; there is such a subcommand.
    pub number: u8,
    /// The subcommand, or what is wrong with its parameters. Kept for the step that reads them: the standard looks at
    /// the proof first.
    pub subcommand: Result<F, Malformed>,
    /// The protocol of the proof.
    pub pin_uv_auth_protocol: Option<u64>,
    /// The proof.
    pub pin_uv_auth_param: Option<Vec<u8>>,
    message: Vec<u8>,
}

impl<F: Family> Received<F> {
    /// Reads the members of a request.
    ///
    /// # Errors
    /// What is wrong with them, that there is no subcommand, or none of this number.
    pub fn from_map(map: Map) -> Result<Self, Malformed> {
        let parts = Parts::read::<F>(map)?;
        Ok(Self {
            number: parts.number,
            // Over the parameters as they came: members that nobody knows are covered too.
            message: message::<F>(parts.number, parts.parameters.clone()),
            subcommand: F::read(parts.number, parts.parameters.unwrap_or_default()),
            pin_uv_auth_protocol: parts.protocol,
            pin_uv_auth_param: parts.param,
        })
    }

    /// The bytes that pinUvAuthParam has to be made over.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// Whether the proof is there and this token's; in constant time.
    #[must_use]
    pub fn is_proven_by(&self, token: &PinUvAuthToken) -> bool {
        self.pin_uv_auth_param.as_deref().is_some_and(|proof| token.verify(&self.message, proof))
    }
}

/// The members of a request, sorted out.
struct Parts {
    number: u8,
    parameters: Option<Map>,
    protocol: Option<u64>,
    param: Option<Vec<u8>>,
}

impl Parts {
    fn read<F: Family>(map: Map) -> Result<Self, Malformed> {
        let first = F::SUB_COMMAND;
        let mut members = Members::from(map);
        let number = F::check(members.take(first, "subCommand")?)?;
        F::check_envelope(&mut members)?;
        Ok(Self {
            number,
            parameters: members.take_optional(first + 1, "subCommandParams")?,
            protocol: members.take_optional(first + 2, "pinUvAuthProtocol")?,
            param: members.take_optional(first + 3, "pinUvAuthParam")?,
        })
    }
}

fn message<F: Family>(number: u8, parameters: Option<Map>) -> Vec<u8> {
    let mut bytes = F::head(number);
    if let Some(parameters) = parameters.filter(|_| F::covers_parameters(number)) {
        fob_cbor::encode_into(&Value::Map(parameters), &mut bytes);
    }
    bytes
}

/// The type of a parameter, required or optional.
pub(crate) trait Parameter: Sized {
    fn read(members: &mut Members, key: i64, member: Member) -> Result<Self, Malformed>;
    fn write(&self, map: &mut Map, key: i64);
}

impl<T: FromCbor + ToValue> Parameter for T {
    fn read(members: &mut Members, key: i64, member: Member) -> Result<Self, Malformed> {
        members.take(key, member)
    }

    fn write(&self, map: &mut Map, key: i64) {
        map.insert(key, self.to_value());
    }
}

impl<T: FromCbor + ToValue> Parameter for Option<T> {
    fn read(members: &mut Members, key: i64, member: Member) -> Result<Self, Malformed> {
        members.take_optional(key, member)
    }

    fn write(&self, map: &mut Map, key: i64) {
        put(map, key, self.as_ref().map(ToValue::to_value));
    }
}

to_value! {
    Vec<RpId> => |ids| array(ids);
    Descriptor => |descriptor| Value::from(descriptor);
    UserEntity => |user| Value::from(user);
}

/// Subcommands of a family: a type each, and the enum of them all. `also` takes in one that is written by hand.
macro_rules! subcommands {
    (
        $(#[$family_doc:meta])*
        $family:ident, else $unknown:expr $(, also $(#[$extra_doc:meta])* $extra:ident)?;
        $(
            $(#[$doc:meta])*
            $name:ident = $number:literal -> $reply:ty {
                $($(#[$field_doc:meta])* $field:ident: $type:ty = $key:literal, $member:literal;)*
            }
        )*
    ) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $type,)*
            }

            impl $crate::subcommand::Subcommand for $name {
                type Family = $family;
                type Reply = $reply;
                const NUMBER: u8 = $number;

                fn to_parameters(&self) -> Option<$crate::Map> {
                    #[allow(unused_mut, reason = "some subcommands have no parameters")]
                    let mut map = $crate::Map::new();
                    $($crate::subcommand::Parameter::write(&self.$field, &mut map, $key);)*
                    (!map.is_empty()).then_some(map)
                }

                fn from_parameters(parameters: $crate::Map) -> Result<Self, $crate::Malformed> {
                    #[allow(unused_mut, unused_variables, reason = "some subcommands have no parameters")]
                    let mut members = $crate::member::Members::from(parameters);
                    Ok(Self { $($field: $crate::subcommand::Parameter::read(&mut members, $key, $member)?,)* })
                }
            }
        )*

        $(#[$family_doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $family {
            $($(#[$doc])* $name($name),)*
            $($(#[$extra_doc])* $extra($extra),)?
        }

        impl $family {
            fn read_parameters(number: u8, parameters: $crate::Map) -> Result<Self, $crate::Malformed> {
                match number {
                    $($number => $crate::subcommand::Subcommand::from_parameters(parameters).map(Self::$name),)*
                    $(<$extra as $crate::subcommand::Subcommand>::NUMBER => {
                        $crate::subcommand::Subcommand::from_parameters(parameters).map(Self::$extra)
                    })?
                    _ => Err($unknown),
                }
            }

            fn known(number: u64) -> Result<u8, $crate::Malformed> {
                let numbers = [$($number,)* $(<$extra as $crate::subcommand::Subcommand>::NUMBER,)?];
                u8::try_from(number).ok().filter(|number| numbers.contains(number)).ok_or($unknown)
            }
        }
    };
}

pub(crate) use subcommands;
