//! fob's own list, encrypted with age: a backup that `age -d` opens without fob.

use std::io::Write;
use std::iter;

use age::armor::{ArmoredWriter, Format};
use age::secrecy::SecretString;
use age::x25519::Recipient;
use age::{Encryptor, scrypt};
use fob_exchange::{Exported, Password};
use zeroize::Zeroizing;

use super::Lock;
use crate::{Exit, Failure};

/// Room for the armour around the list: four letters for three bytes, line breaks, headers.
const ARMOUR: usize = 4096;

/// The recipients, each an `age1…` of age's own kind.
pub(super) fn recipients(named: &[String]) -> Result<Vec<Recipient>, Failure> {
    let parsed = named.iter().map(|name| {
        name.parse().map_err(|why| {
            Failure::usage(
                format!("{name} is no recipient: {why}"),
                "one looks like age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
            )
        })
    });
    parsed.collect()
}

/// Encrypts the list.
pub(super) fn write(
    json: &[u8],
    accounts: usize,
    lock: &Lock,
    password: Option<&Password>,
) -> Result<Exported, Failure> {
    let failed =
        |error: &(dyn std::error::Error + 'static)| Failure::new(Exit::Failed, "no file was written").because(error);
    let encryptor = match lock {
        Lock::Recipients(recipients) => {
            Encryptor::with_recipients(recipients.iter().map(|recipient| recipient as &dyn age::Recipient))
        }
        Lock::Password | Lock::None => {
            let text = password.map(Password::expose).unwrap_or_default();
            let text = std::str::from_utf8(text).map_err(|error| {
                Failure::usage("the password is no UTF-8 text", "choose another one").because(&error)
            })?;
            let recipient = scrypt::Recipient::new(SecretString::from(text.to_owned()));
            Encryptor::with_recipients(iter::once(&recipient as &dyn age::Recipient))
        }
    };
    let encryptor = encryptor.map_err(|error| failed(&error))?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(json.len() * 2 + ARMOUR));
    seal(encryptor, json, &mut bytes).map_err(|error| failed(&error))?;
    Ok(Exported { bytes, written: accounts, changed: Vec::new(), refused: Vec::new() })
}

fn seal(encryptor: Encryptor, json: &[u8], bytes: &mut Vec<u8>) -> std::io::Result<()> {
    let armoured = ArmoredWriter::wrap_output(bytes, Format::AsciiArmor)?;
    let mut writer = encryptor.wrap_output(armoured)?;
    writer.write_all(json)?;
    writer.finish()?.finish()?;
    Ok(())
}
