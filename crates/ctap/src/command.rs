//! What joins a request with its reply (§6, §8): command byte and parameters there, status and members back.

use fob_cbor::{Limits, Strictness, Value, decode, encode_into};
use zeroize::Zeroize;

use crate::bio_enrollment::{BioEnrollment, BioRequest};
use crate::client_pin::ClientPin;
use crate::config::Config;
use crate::credential_management::CredentialManagement;
use crate::get_assertion::{GetAssertion, GetNextAssertion};
use crate::get_info::GetInfo;
use crate::large_blobs::{self, LargeBlobs};
use crate::make_credential::MakeCredential;
use crate::reset::Reset;
use crate::selection::Selection;
use crate::subcommand::{Family, HasPrototype, Received};
use crate::{Malformed, Map, Status};

/// One direction of a command: the parameters of a request, or the members of a reply.
pub trait Message: Sized {
    /// The members; none if this message has no CBOR at all.
    fn to_map(&self) -> Option<Map>;

    /// Reads the members; an empty map where there was no CBOR. Unknown members are ignored (§8).
    ///
    /// # Errors
    /// What is missing, of the wrong type, or not allowed.
    fn from_map(map: Map) -> Result<Self, Malformed>;
}

/// No members, neither sent nor wanted.
impl Message for () {
    fn to_map(&self) -> Option<Map> {
        None
    }

    fn from_map(_: Map) -> Result<Self, Malformed> {
        Ok(())
    }
}

/// A request that knows what is answered to it.
pub trait Command: Message {
    /// The command byte (§8.1).
    const CODE: u8;
    /// What a successful answer carries.
    type Reply: Message;

    /// The request as CTAPHID_CBOR carries it: command byte, then canonical CBOR.
    #[must_use]
    fn encode(&self) -> Vec<u8> {
        frame(Self::CODE, self.to_map())
    }

    /// A successful answer: status 0, then canonical CBOR. Failures are [`Status::encode`].
    #[must_use]
    fn encode_reply(reply: &Self::Reply) -> Vec<u8> {
        frame(0, reply.to_map())
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// [`ReplyError::Status`] if the authenticator refused, [`ReplyError::Malformed`] if it answered something else.
    fn decode_reply(bytes: &[u8], strictness: Strictness) -> Result<Self::Reply, ReplyError> {
        let (&first, rest) = bytes.split_first().ok_or(Malformed::Empty)?;
        match Status::from_byte(first) {
            Some(status) => Err(ReplyError::Status(status)),
            None => Ok(Self::Reply::from_map(members(rest, strictness)?)?),
        }
    }
}

/// Why a request got no answer of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// The authenticator refused.
    #[error("the key answered {0}")]
    Status(Status),
    /// What came is not the answer that the standard describes.
    #[error("the key's answer makes no sense")]
    Malformed(#[from] Malformed),
}

/// Any request, as an authenticator receives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// authenticatorMakeCredential.
    MakeCredential(Box<MakeCredential>),
    /// authenticatorGetAssertion.
    GetAssertion(Box<GetAssertion>),
    /// authenticatorGetNextAssertion.
    GetNextAssertion,
    /// authenticatorGetInfo.
    GetInfo,
    /// authenticatorClientPIN with its subcommand.
    ClientPin(ClientPin),
    /// authenticatorReset.
    Reset,
    /// authenticatorSelection.
    Selection,
    /// authenticatorCredentialManagement with its subcommand, also under the number of the preview.
    CredentialManagement(Box<Received<CredentialManagement>>),
    /// authenticatorBioEnrollment with its subcommand, also under the number of the preview.
    BioEnrollment(Box<BioRequest>),
    /// authenticatorConfig with its subcommand.
    Config(Box<Received<Config>>),
    /// authenticatorLargeBlobs.
    LargeBlobs(LargeBlobs),
    /// Another command byte; its parameters are not looked at. [`Status::InvalidCommand`] is the answer.
    Unknown(u8),
}

impl Request {
    /// Reads a request.
    ///
    /// # Errors
    /// What is wrong with it; [`Malformed::status`] is the answer.
    pub fn decode(bytes: &[u8], strictness: Strictness) -> Result<Self, Malformed> {
        let (&code, parameters) = bytes.split_first().ok_or(Malformed::Empty)?;
        let read = || members(parameters, strictness);
        Ok(match code {
            MakeCredential::CODE => Self::MakeCredential(Box::new(MakeCredential::from_map(read()?)?)),
            GetAssertion::CODE => Self::GetAssertion(Box::new(GetAssertion::from_map(read()?)?)),
            ClientPin::CODE => Self::ClientPin(ClientPin::from_map(read()?)?),
            GetNextAssertion::CODE => bare(Self::GetNextAssertion, parameters)?,
            GetInfo::CODE => bare(Self::GetInfo, parameters)?,
            Reset::CODE => bare(Self::Reset, parameters)?,
            Selection::CODE => bare(Self::Selection, parameters)?,
            CredentialManagement::CODE | CredentialManagement::PROTOTYPE => {
                Self::CredentialManagement(Box::new(Received::from_map(read()?)?))
            }
            BioEnrollment::CODE | BioEnrollment::PROTOTYPE => {
                Self::BioEnrollment(Box::new(BioRequest::from_map(read()?)?))
            }
            Config::CODE => Self::Config(Box::new(Received::from_map(read()?)?)),
            large_blobs::CODE => Self::LargeBlobs(LargeBlobs::from_map(read()?)?),
            other => Self::Unknown(other),
        })
    }

    /// The command byte; the standard's, where the preview has another.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::MakeCredential(_) => MakeCredential::CODE,
            Self::GetAssertion(_) => GetAssertion::CODE,
            Self::GetNextAssertion => GetNextAssertion::CODE,
            Self::GetInfo => GetInfo::CODE,
            Self::ClientPin(_) => ClientPin::CODE,
            Self::Reset => Reset::CODE,
            Self::Selection => Selection::CODE,
            Self::CredentialManagement(_) => CredentialManagement::CODE,
            Self::BioEnrollment(_) => BioEnrollment::CODE,
            Self::Config(_) => Config::CODE,
            Self::LargeBlobs(_) => large_blobs::CODE,
            Self::Unknown(code) => *code,
        }
    }
}

/// A command without parameters: the byte alone, or an empty map behind it, as some platforms send.
fn bare(request: Request, parameters: &[u8]) -> Result<Request, Malformed> {
    if matches!(parameters, [] | [0xa0]) { Ok(request) } else { Err(Malformed::Surplus) }
}

fn members(bytes: &[u8], strictness: Strictness) -> Result<Map, Malformed> {
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    match decode(bytes, Limits::ctap(strictness))? {
        Value::Map(map) => Ok(map),
        _ => Err(Malformed::Type("parameters")),
    }
}

/// Wipes the members afterwards: a reply may carry a key.
fn frame(first: u8, members: Option<Map>) -> Vec<u8> {
    let mut bytes = vec![first];
    if let Some(map) = members {
        let mut value = Value::Map(map);
        encode_into(&value, &mut bytes);
        value.zeroize();
    }
    bytes
}
