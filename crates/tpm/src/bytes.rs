//! How structures are written and read (TPM 2.0 Library, part 2): big-endian numbers and sized buffers.

use crate::TpmError;

/// A `TPM2B`: its length in two bytes, then the bytes.
pub(crate) fn sized(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("no structure here comes near 64 KiB");
    [&length.to_be_bytes(), bytes].concat()
}

/// What is left to be read of a response or a blob. Everything in it is from outside.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], TpmError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(TpmError::Nonsense)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, TpmError> {
        self.take(2)?.try_into().map(u16::from_be_bytes).map_err(|_| TpmError::Nonsense)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, TpmError> {
        self.take(4)?.try_into().map(u32::from_be_bytes).map_err(|_| TpmError::Nonsense)
    }

    pub(crate) fn sized(&mut self) -> Result<&'a [u8], TpmError> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }
}
