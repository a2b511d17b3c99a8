//! The three commands of U2F and their answers (Raw Message Formats 1.2 §4 to §6).

use super::apdu::{CommandApdu, StatusWord};
use crate::cose::P256Point;

/// A command that knows what is answered to it.
pub trait U2fCommand: Sized {
    /// What a successful answer carries.
    type Reply;

    /// Instruction, first parameter, data.
    fn parts(&self) -> (u8, u8, Vec<u8>);
    /// The bytes of a successful answer, without its status.
    fn reply_data(reply: &Self::Reply) -> Vec<u8>;
    /// Reads them; none if they are no such answer.
    fn read_reply(data: &[u8]) -> Option<Self::Reply>;

    /// The request as CTAPHID_MSG carries it, in extended length.
    #[must_use]
    fn encode(&self) -> Vec<u8> {
        let (ins, p1, data) = self.parts();
        CommandApdu { cla: 0, ins, p1, p2: 0, data: &data }.extended()
    }

    /// The request in short length; none if its data does not fit.
    #[must_use]
    fn encode_short(&self) -> Option<Vec<u8>> {
        let (ins, p1, data) = self.parts();
        CommandApdu { cla: 0, ins, p1, p2: 0, data: &data }.short()
    }

    /// A successful answer with its status. Failures are [`StatusWord::encode`].
    #[must_use]
    fn encode_reply(reply: &Self::Reply) -> Vec<u8> {
        StatusWord::NoError.after(Self::reply_data(reply))
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// [`U2fError::Status`] if the key refused, [`U2fError::Malformed`] if it answered something else.
    fn decode_reply(bytes: &[u8]) -> Result<Self::Reply, U2fError> {
        match StatusWord::split(bytes).ok_or(U2fError::Malformed)? {
            (data, StatusWord::NoError) => Self::read_reply(data).ok_or(U2fError::Malformed),
            (_, status) => Err(U2fError::Status(status)),
        }
    }
}

/// Why a request got no answer of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum U2fError {
    /// The key refused.
    #[error("the key answered {0}")]
    Status(StatusWord),
    /// What came is not the answer that the standard describes.
    #[error("the key's answer makes no sense")]
    Malformed,
}

/// What a U2F key calls one of its credentials: up to 255 bytes, opaque to everybody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHandle(Vec<u8>);

impl KeyHandle {
    /// Takes the bytes; none if there are more than 255.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Option<Self> {
        let bytes = bytes.into();
        (bytes.len() <= usize::from(u8::MAX)).then_some(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Length, then bytes.
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::try_from(self.0.len()).expect("a key handle has up to 255 bytes"));
        bytes.extend(&self.0);
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (&length, rest) = bytes.split_first()?;
        let (handle, rest) = rest.split_at_checked(length.into())?;
        Some((Self(handle.to_vec()), rest))
    }
}

/// U2F_REGISTER (§4.1): make a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Register {
    /// Challenge parameter: SHA-256 of the client data.
    pub challenge: [u8; 32],
    /// Application parameter: SHA-256 of the AppID, or of an RP ID.
    pub application: [u8; 32],
}

impl Register {
    const INS: u8 = 0x01;

    /// What the attestation signature covers (§4.3).
    #[must_use]
    pub fn signed_data(&self, key_handle: &KeyHandle, public_key: &P256Point) -> Vec<u8> {
        let (handle, point) = (key_handle.as_bytes(), public_key.to_sec1());
        [[0].as_slice(), &self.application, &self.challenge, handle, &point].concat()
    }
}

/// A new credential, in answer to [`Register`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Its public key.
    pub public_key: P256Point,
    /// Its handle.
    pub key_handle: KeyHandle,
    /// Certificate of the signing key, in DER.
    pub certificate: Vec<u8>,
    /// ECDSA with SHA-256 over [`Register::signed_data`], in DER.
    pub signature: Vec<u8>,
}

/// First byte of a registration, for historical reasons.
const RESERVED: u8 = 0x05;

impl U2fCommand for Register {
    type Reply = Registration;

    fn parts(&self) -> (u8, u8, Vec<u8>) {
        (Self::INS, 0, [self.challenge, self.application].concat())
    }

    fn reply_data(reply: &Registration) -> Vec<u8> {
        let mut bytes = vec![RESERVED];
        bytes.extend(reply.public_key.to_sec1());
        reply.key_handle.write(&mut bytes);
        bytes.extend(&reply.certificate);
        bytes.extend(&reply.signature);
        bytes
    }

    fn read_reply(data: &[u8]) -> Option<Registration> {
        let (point, rest) = data.strip_prefix(&[RESERVED])?.split_first_chunk::<65>()?;
        let (key_handle, rest) = KeyHandle::read(rest)?;
        let (certificate, signature) = rest.split_at_checked(der_length(rest)?)?;
        Some(Registration {
            public_key: P256Point::from_sec1(point)?,
            key_handle,
            certificate: certificate.to_vec(),
            signature: signature.to_vec(),
        })
    }
}

/// How many bytes the DER sequence at the start takes: the only thing that says where a certificate ends.
fn der_length(bytes: &[u8]) -> Option<usize> {
    let (&length, rest) = bytes.strip_prefix(&[0x30])?.split_first()?;
    if length < 0x80 {
        return Some(2 + usize::from(length));
    }
    // More than three bytes of length are no certificate that fits into a message.
    let count = usize::from(length & 0x7f);
    let digits = rest.get(..count).filter(|digits| (1..=3).contains(&digits.len()))?;
    let content = digits.iter().fold(0_usize, |sum, digit| sum << 8 | usize::from(*digit));
    Some(2 + count + content)
}

/// First parameter of [`Authenticate`] (§5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// 07: is this key handle yours? Never signs: [`StatusWord::ConditionsNotSatisfied`] is yes.
    CheckOnly,
    /// 03: sign once somebody touches the key.
    EnforceUserPresence,
    /// 08: sign without a touch, and say so.
    DontEnforceUserPresence,
}

impl Control {
    const fn byte(self) -> u8 {
        match self {
            Self::CheckOnly => 0x07,
            Self::EnforceUserPresence => 0x03,
            Self::DontEnforceUserPresence => 0x08,
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0x07 => Some(Self::CheckOnly),
            0x03 => Some(Self::EnforceUserPresence),
            0x08 => Some(Self::DontEnforceUserPresence),
            _ => None,
        }
    }
}

/// U2F_AUTHENTICATE (§5.1): sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticate {
    /// Sign, or only look.
    pub control: Control,
    /// Challenge parameter: SHA-256 of the client data.
    pub challenge: [u8; 32],
    /// Application parameter: SHA-256 of the AppID, or of an RP ID.
    pub application: [u8; 32],
    /// Which credential.
    pub key_handle: KeyHandle,
}

impl Authenticate {
    const INS: u8 = 0x02;

    /// What the signature covers (§5.4).
    #[must_use]
    pub fn signed_data(&self, user_presence: u8, counter: u32) -> Vec<u8> {
        [self.application.as_slice(), &[user_presence], &counter.to_be_bytes(), &self.challenge].concat()
    }
}

/// A signature, in answer to [`Authenticate`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentication {
    /// Bit 0: somebody touched the key.
    pub user_presence: u8,
    /// How often the key has signed.
    pub counter: u32,
    /// ECDSA with SHA-256 over [`Authenticate::signed_data`], in DER.
    pub signature: Vec<u8>,
}

impl U2fCommand for Authenticate {
    type Reply = Authentication;

    fn parts(&self) -> (u8, u8, Vec<u8>) {
        let mut data = [self.challenge, self.application].concat();
        self.key_handle.write(&mut data);
        (Self::INS, self.control.byte(), data)
    }

    fn reply_data(reply: &Authentication) -> Vec<u8> {
        [[reply.user_presence].as_slice(), &reply.counter.to_be_bytes(), &reply.signature].concat()
    }

    fn read_reply(data: &[u8]) -> Option<Authentication> {
        let (&user_presence, rest) = data.split_first()?;
        let (counter, signature) = rest.split_first_chunk()?;
        Some(Authentication { user_presence, counter: u32::from_be_bytes(*counter), signature: signature.to_vec() })
    }
}

/// U2F_VERSION (§6.1): which U2F a key speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version;

impl Version {
    const INS: u8 = 0x03;
    /// The only answer there is.
    pub const U2F_V2: &'static str = "U2F_V2";
}

impl U2fCommand for Version {
    type Reply = String;

    fn parts(&self) -> (u8, u8, Vec<u8>) {
        (Self::INS, 0, Vec::new())
    }

    fn reply_data(reply: &String) -> Vec<u8> {
        reply.as_bytes().to_vec()
    }

    fn read_reply(data: &[u8]) -> Option<String> {
        String::from_utf8(data.to_vec()).ok()
    }
}

/// Any request, as a key receives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// U2F_REGISTER.
    Register(Register),
    /// U2F_AUTHENTICATE.
    Authenticate(Authenticate),
    /// U2F_VERSION.
    Version,
}

impl Request {
    /// Reads a request.
    ///
    /// # Errors
    /// The status to answer with.
    pub fn decode(bytes: &[u8]) -> Result<Self, StatusWord> {
        let apdu = CommandApdu::parse(bytes)?;
        if apdu.cla != 0 {
            return Err(StatusWord::ClaNotSupported);
        }
        match apdu.ins {
            Register::INS => register(apdu.data).map(Self::Register).ok_or(StatusWord::WrongLength),
            Authenticate::INS => authenticate(apdu.p1, apdu.data).map(Self::Authenticate),
            Version::INS if apdu.data.is_empty() => Ok(Self::Version),
            Version::INS => Err(StatusWord::WrongLength),
            _ => Err(StatusWord::InsNotSupported),
        }
    }
}

fn register(data: &[u8]) -> Option<Register> {
    let (challenge, application) = data.split_first_chunk()?;
    Some(Register { challenge: *challenge, application: application.try_into().ok()? })
}

fn authenticate(p1: u8, data: &[u8]) -> Result<Authenticate, StatusWord> {
    let parts = || {
        let (challenge, rest) = data.split_first_chunk()?;
        let (application, rest) = rest.split_first_chunk()?;
        let (key_handle, rest) = KeyHandle::read(rest)?;
        rest.is_empty().then_some((*challenge, *application, key_handle))
    };
    let (challenge, application, key_handle) = parts().ok_or(StatusWord::WrongLength)?;
    let control = Control::from_byte(p1).ok_or(StatusWord::WrongData)?;
    Ok(Authenticate { control, challenge, application, key_handle })
}
