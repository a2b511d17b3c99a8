//! APDUs (ISO 7816-4 §5.1), both lengths: a header of four bytes, data, and how much answer is expected.

use std::fmt;

/// What stands at the end of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusWord {
    /// 9000: done.
    NoError,
    /// 6985: somebody has to touch the key. In answer to check-only: the key handle is this key's.
    ConditionsNotSatisfied,
    /// 6A80: the key handle is not this key's.
    WrongData,
    /// 6700: the request has the wrong length.
    WrongLength,
    /// 6D00: no such command.
    InsNotSupported,
    /// 6E00: no such class of commands.
    ClaNotSupported,
    /// Another one.
    Other(u16),
}

impl StatusWord {
    /// The two bytes as a number.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::NoError => 0x9000,
            Self::ConditionsNotSatisfied => 0x6985,
            Self::WrongData => 0x6a80,
            Self::WrongLength => 0x6700,
            Self::InsNotSupported => 0x6d00,
            Self::ClaNotSupported => 0x6e00,
            Self::Other(number) => number,
        }
    }

    /// The status of these two bytes.
    #[must_use]
    pub const fn from_number(number: u16) -> Self {
        match number {
            0x9000 => Self::NoError,
            0x6985 => Self::ConditionsNotSatisfied,
            0x6a80 => Self::WrongData,
            0x6700 => Self::WrongLength,
            0x6d00 => Self::InsNotSupported,
            0x6e00 => Self::ClaNotSupported,
            other => Self::Other(other),
        }
    }

    /// An answer that is nothing else.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        self.after(Vec::new())
    }

    /// The answer that carries `data`.
    #[must_use]
    pub(super) fn after(self, mut data: Vec<u8>) -> Vec<u8> {
        data.extend(self.number().to_be_bytes());
        data
    }

    /// Splits an answer; none if it is too short for a status.
    #[must_use]
    pub(super) fn split(answer: &[u8]) -> Option<(&[u8], Self)> {
        let (data, status) = answer.split_last_chunk()?;
        Some((data, Self::from_number(u16::from_be_bytes(*status))))
    }
}

impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {:04X}", self.number())
    }
}

/// A request, taken apart. How much answer the other side expects (Le) is not kept: U2F's answers are never cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandApdu<'a> {
    /// Class; 0 for U2F.
    pub cla: u8,
    /// Instruction.
    pub ins: u8,
    /// First parameter.
    pub p1: u8,
    /// Second parameter.
    pub p2: u8,
    /// Data.
    pub data: &'a [u8],
}

impl<'a> CommandApdu<'a> {
    /// Takes a request apart, in short or extended length, with Le or without.
    ///
    /// # Errors
    /// [`StatusWord::WrongLength`] if the lengths in it do not add up.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, StatusWord> {
        let (&[cla, ins, p1, p2], body) = bytes.split_first_chunk().ok_or(StatusWord::WrongLength)?;
        let data = match body {
            [] | [_] | [0, _, _] => Some([].as_slice()),
            [0, high, low, rest @ ..] => split(rest, u16::from_be_bytes([*high, *low]), &[0, 2]),
            [0, ..] => None,
            [length, rest @ ..] => split(rest, u16::from(*length), &[0, 1]),
        };
        let data = data.ok_or(StatusWord::WrongLength)?;
        Ok(Self { cla, ins, p1, p2, data })
    }

    /// The request in extended length, expecting any answer: the form for CTAPHID. Data beyond 65535 bytes is cut; no
    /// command of U2F has it.
    #[must_use]
    pub fn extended(&self) -> Vec<u8> {
        let mut bytes = vec![self.cla, self.ins, self.p1, self.p2, 0];
        if !self.data.is_empty() {
            let length = u16::try_from(self.data.len()).unwrap_or(u16::MAX);
            bytes.extend(length.to_be_bytes());
            bytes.extend(self.data.iter().take(length.into()));
        }
        bytes.extend([0, 0]);
        bytes
    }

    /// The request in short length, expecting any answer; none if there are more than 255 bytes of data.
    #[must_use]
    pub fn short(&self) -> Option<Vec<u8>> {
        let length = u8::try_from(self.data.len()).ok()?;
        let mut bytes = vec![self.cla, self.ins, self.p1, self.p2];
        if length != 0 {
            bytes.push(length);
            bytes.extend(self.data);
        }
        bytes.push(0);
        Some(bytes)
    }
}

/// Data of this length, if what follows it (Le) has one of these lengths.
fn split<'a>(rest: &'a [u8], length: u16, expected: &[usize]) -> Option<&'a [u8]> {
    let (data, after) = rest.split_at_checked(length.into())?;
    expected.contains(&after.len()).then_some(data)
}
