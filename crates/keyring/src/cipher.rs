//! What a session does to a value: `dh-ietf1024-sha256-aes128-cbc-pkcs7` of the Secret Service API, and the text in which
//! a slot's secret is kept.
//!
//! The text is one line of base64, because keyrings show values to people, and some end a value at the first newline.
//! There is no authentication in this algorithm: whoever can change messages can change the value, and then the vault's
//! slot does not open.

use aes::Aes128;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use data_encoding::BASE64;
use ring::{aead, hkdf};
use zeroize::Zeroizing;

use crate::group::LENGTH;
use crate::{KeyringError, SECRET_LENGTH};

/// The algorithm's name in OpenSession.
pub(crate) const ALGORITHM: &str = "dh-ietf1024-sha256-aes128-cbc-pkcs7";
const BLOCK: usize = 16;
/// Base64 of 32 bytes.
const TEXT: usize = 44;
/// The text and its padding.
const SEALED: usize = TEXT + BLOCK - TEXT % BLOCK;
/// Most bytes of a value that are decrypted. Ours has [`SEALED`]; whoever edits an item in a keyring's window may have
/// made it longer, and is told so.
const MAX_VALUE: usize = 4096;

/// The key of a session. Wiped on drop.
pub(crate) struct SessionKey(Zeroizing<[u8; 16]>);

impl SessionKey {
    /// HKDF-SHA256 with neither salt nor info, as the API has it.
    pub(crate) fn derive(shared: &[u8; LENGTH]) -> Self {
        let mut key = Zeroizing::new([0; 16]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
            .extract(shared)
            .expand(&[], &aead::AES_128_GCM)
            .and_then(|material| material.fill(key.as_mut_slice()))
            .expect("HKDF-SHA256 gives up to 255 times 32 bytes, and 16 are asked for");
        Self(key)
    }

    /// The value of an item, encrypted.
    pub(crate) fn seal(&self, secret: &[u8; SECRET_LENGTH], iv: &[u8; BLOCK]) -> Vec<u8> {
        // Once encrypted it is no secret any more; until then it is wiped if anything goes wrong.
        let mut value = Zeroizing::new([0; SEALED]);
        let (text, _) = value.split_at_mut(TEXT);
        BASE64.encode_mut(secret, text);
        cbc::Encryptor::<Aes128>::new((&*self.0).into(), iv.into())
            .encrypt_padded::<Pkcs7>(value.as_mut_slice(), TEXT)
            .expect("there is room for the padding")
            .to_vec()
    }

    /// The opposite of [`Self::seal`], for a value that anybody may have written.
    pub(crate) fn open(&self, iv: &[u8], value: &[u8]) -> Result<Zeroizing<[u8; SECRET_LENGTH]>, KeyringError> {
        let iv: &[u8; BLOCK] = iv.try_into().map_err(|_| KeyringError::Nonsense("no IV of 16 bytes"))?;
        if value.len() > MAX_VALUE {
            return Err(KeyringError::Damaged);
        }
        let mut value = Zeroizing::new(value.to_vec());
        let text = cbc::Decryptor::<Aes128>::new((&*self.0).into(), iv.into())
            .decrypt_padded::<Pkcs7>(&mut value)
            .map_err(|_| KeyringError::Nonsense("a value that is not encrypted for this session"))?;
        if text.len() != TEXT {
            return Err(KeyringError::Damaged);
        }
        // Base64 is decoded three bytes at a time, so there is one more than there will be.
        let mut bytes = Zeroizing::new([0; SECRET_LENGTH + 1]);
        if BASE64.decode_mut(text, bytes.as_mut_slice()) != Ok(SECRET_LENGTH) {
            return Err(KeyringError::Damaged);
        }
        let (secret, _) = bytes.split_first_chunk::<SECRET_LENGTH>().expect("it is one longer");
        Ok(Zeroizing::new(*secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::tests::{agreements, bytes};

    fn session(table: &toml::Table) -> SessionKey {
        SessionKey::derive(&bytes(table, "shared").try_into().unwrap())
    }

    #[test]
    fn keys_and_values_are_those_of_secretstorage() {
        for table in agreements() {
            let case = &table["case"];
            let session = session(&table);
            assert_eq!(session.0.as_slice(), bytes(&table, "key"), "{case}");
            let secret: [u8; 32] = bytes(&table, "secret").try_into().unwrap();
            let iv = bytes(&table, "iv");
            let value = bytes(&table, "value");
            assert_eq!(session.seal(&secret, iv.as_slice().try_into().unwrap()), value, "{case}");
            assert_eq!(*session.open(&iv, &value).unwrap(), secret, "{case}");
        }
    }

    #[test]
    fn a_value_of_somebody_else_is_told_apart_from_a_wrong_key() {
        let agreements = agreements();
        let (one, other) = (session(&agreements[0]), session(&agreements[5]));
        let iv = [7; BLOCK];
        let foreign = |text: &[u8]| {
            let mut value = text.to_vec();
            value.resize(text.len() + BLOCK, 0);
            cbc::Encryptor::<Aes128>::new((&*one.0).into(), &iv.into())
                .encrypt_padded::<Pkcs7>(&mut value, text.len())
                .unwrap()
                .to_vec()
        };
        let damaged: [(&str, &[u8]); 6] = [
            ("nothing", b""),
            ("a password", b"hunter2"),
            ("a secret and a newline", b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"),
            ("33 bytes", b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
            ("31 bytes", b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="),
            ("no base64", b"********************************************"),
        ];
        for (case, text) in damaged {
            let opened = one.open(&iv, &foreign(text));
            assert!(matches!(opened, Err(KeyringError::Damaged)), "{case}: {opened:?}");
        }
        assert!(matches!(one.open(&iv, &[0; MAX_VALUE + BLOCK]), Err(KeyringError::Damaged)));
        let sealed = one.seal(&[9; 32], &iv);
        for (case, session, iv, value) in [
            ("another session", &other, iv.as_slice(), sealed.as_slice()),
            ("a short IV", &one, &iv[1..], &sealed),
            ("half a block", &one, &iv, &sealed[..40]),
            ("no block", &one, &iv, &[]),
        ] {
            let opened = session.open(iv, value);
            assert!(matches!(opened, Err(KeyringError::Nonsense(_))), "{case}: {opened:?}");
        }
    }
}
