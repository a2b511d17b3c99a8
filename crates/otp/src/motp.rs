//! Mobile-OTP: the beginning of MD5 over the number of the time step, the secret in hexadecimal and the PIN, in
//! hexadecimal.

use std::fmt::Write as _;

use data_encoding::HEXLOWER;
use md5::{Digest, Md5};
use zeroize::Zeroizing;

use crate::Code;

/// The code of this time step. Usability has been checked.
pub(crate) fn code(seed: &[u8], pin: &str, step: u64, digits: u8) -> Code {
    let secret = Zeroizing::new(HEXLOWER.encode(seed));
    // Twenty digits at most.
    let mut number = String::with_capacity(20);
    write!(number, "{step}").expect("a String takes everything");
    let digest = Md5::new().chain_update(&number).chain_update(secret.as_bytes()).chain_update(pin).finalize();
    let whole = Zeroizing::new(HEXLOWER.encode(&digest));
    let mut text = String::with_capacity(Code::MAX_LENGTH);
    text.extend(whole.chars().take(usize::from(digits).min(Code::MAX_LENGTH)));
    Code::new(text)
}
