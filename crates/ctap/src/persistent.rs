//! What getInfo tells only holders of a persistent token (§6.4: encIdentifier and encCredStoreState).
//!
//! AES-128-CBC under a key that HKDF makes of the token: 16 bytes of IV, 16 bytes of ciphertext, another IV each time.
//! Nothing says that it is authentic. A platform tries the tokens it has and compares with what it remembers.

use aes::Aes128;
use cbc::cipher::{Block, BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use fob_ambient::Rng;
use ring::hkdf;
use zeroize::Zeroizing;

use crate::pin::PinUvAuthToken;

/// Length of a block, and of what is told.
const BLOCK: usize = 16;

/// Which of the two members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SealedMember {
    /// encIdentifier: the key's own identifier, made anew by a reset.
    Identifier,
    /// encCredStoreState: changes whenever discoverable credentials do.
    CredStoreState,
}

impl SealedMember {
    /// HKDF's info, which is the member's name.
    const fn info(self) -> &'static [u8] {
        match self {
            Self::Identifier => b"encIdentifier",
            Self::CredStoreState => b"encCredStoreState",
        }
    }

    /// The member's value, for holders of this token.
    #[must_use]
    pub fn seal(self, token: &PinUvAuthToken, plain: &[u8; BLOCK], rng: &mut dyn Rng) -> [u8; 2 * BLOCK] {
        let mut sealed = [0; 2 * BLOCK];
        let (iv, ciphertext) = sealed.split_at_mut(BLOCK);
        rng.fill(iv);
        let iv: [u8; BLOCK] = iv.as_ref().try_into().expect("half of two blocks is one");
        let mut block = Block::<Aes128>::from(*plain);
        cbc::Encryptor::<Aes128>::new((&*self.key(token)).into(), &iv.into()).encrypt_block(&mut block);
        ciphertext.copy_from_slice(&block);
        sealed
    }

    /// What a holder of this token reads; none if the member is not 32 bytes long.
    #[must_use]
    pub fn open(self, token: &PinUvAuthToken, sealed: &[u8]) -> Option<[u8; BLOCK]> {
        let (iv, ciphertext) = sealed.split_first_chunk::<BLOCK>()?;
        let mut block = Block::<Aes128>::from(<[u8; BLOCK]>::try_from(ciphertext).ok()?);
        cbc::Decryptor::<Aes128>::new((&*self.key(token)).into(), iv.into()).decrypt_block(&mut block);
        Some(block.into())
    }

    /// HKDF-SHA-256 of the token with 32 zero bytes as salt.
    fn key(self, token: &PinUvAuthToken) -> Zeroizing<[u8; BLOCK]> {
        let mut key = Zeroizing::new([0; BLOCK]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, &[0; 32])
            .extract(token.expose())
            .expand(&[self.info()], KeyLength)
            .and_then(|okm| okm.fill(key.as_mut_slice()))
            .expect("HKDF gives up to 255 hashes");
        key
    }
}

/// ring wants to be told how long the key is.
struct KeyLength;

impl hkdf::KeyType for KeyLength {
    fn len(&self) -> usize {
        BLOCK
    }
}
