//! KDBX 4's dictionary of typed values, in which the key derivation's parameters stand.

/// Names with their values.
pub(super) struct Dictionary<'a>(Vec<(&'a str, &'a [u8])>);

impl<'a> Dictionary<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&[_, major], mut bytes) = bytes.split_first_chunk::<2>()?;
        (major == 1).then_some(())?;
        let mut values = Vec::new();
        loop {
            let (&kind, rest) = bytes.split_first()?;
            if kind == 0 {
                return Some(Self(values));
            }
            let (name, rest) = chunk(rest)?;
            let (value, rest) = chunk(rest)?;
            values.push((std::str::from_utf8(name).ok()?, value));
            bytes = rest;
        }
    }

    pub(super) fn bytes(&self, name: &str) -> Option<&'a [u8]> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// A number of four or eight bytes, the lowest first.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        let bytes = self.bytes(name)?;
        match bytes.len() {
            4 => Some(u32::from_le_bytes(*bytes.first_chunk()?).into()),
            8 => Some(u64::from_le_bytes(*bytes.first_chunk()?)),
            _ => None,
        }
    }
}

fn chunk(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}
