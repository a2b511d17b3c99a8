//! Battle.net's Android preferences: serial and secret under a mask that has been public since 2010. Codes have eight
//! digits.

use fob_otp::Seed;

use crate::containers::preferences::Preferences;
use crate::draft::Draft;
use crate::source::Source;
use crate::{ImportError, Record, Refusal, Report, encoding};

/// Name of the string with the masked secret.
pub(crate) const SECRET: &str = "com.blizzard.messenger.AUTHENTICATOR_DEVICE_SECRET";
const SERIAL: &str = "com.blizzard.messenger.AUTHENTICATOR_SERIAL";

const MASK: [u8; 57] = [
    0x39, 0x8e, 0x27, 0xfc, 0x50, 0x27, 0x6a, 0x65, 0x60, 0x65, 0xb0, 0xe5, 0x25, 0xf4, 0xc0, 0x6c, 0x04, 0xc6, 0x10,
    0x75, 0x28, 0x6b, 0x8e, 0x7a, 0xed, 0xa5, 0x9d, 0xa9, 0x81, 0x3b, 0x5d, 0xd6, 0xc8, 0x0d, 0x2f, 0xb3, 0x80, 0x68,
    0x77, 0x3f, 0xa5, 0x9b, 0xa4, 0x7c, 0x17, 0xca, 0x6c, 0x64, 0x79, 0x01, 0x5c, 0x1d, 0x5b, 0x8b, 0x8f, 0x6b, 0x9a,
];

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let preferences = Preferences::read(source)?;
    let secret = preferences.get(SECRET).ok_or_else(|| source.damaged("the secret is missing"))?;
    let serial = preferences.get(SERIAL).and_then(unmasked).unwrap_or_default();
    report.take("Battle.net", record(secret, &serial));
    Ok(())
}

fn record(secret: &str, serial: &str) -> Result<Record, Refusal> {
    let bytes = unmasked(secret).as_deref().and_then(encoding::hex);
    let bytes = bytes.ok_or(Refusal::Encoding("masked hexadecimal text"))?;
    let draft = Draft { issuer: "Battle.net", account: serial, digits: "8", ..Draft::default() };
    draft.record_of(Seed::new(bytes.to_vec()))
}

fn unmasked(text: &str) -> Option<String> {
    let bytes = encoding::hex(text).filter(|bytes| bytes.len() <= MASK.len())?;
    String::from_utf8(bytes.iter().zip(MASK).map(|(byte, mask)| byte ^ mask).collect()).ok()
}
