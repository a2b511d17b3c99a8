//! RSA with 2048 bits. The `rsa` crate makes keys, because ring cannot, and from any source of chance; ring signs.

use std::convert::Infallible;

use fob_ambient::Rng;
use rand_core::{TryCryptoRng, TryRng};
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BoxedUint, RsaPrivateKey};
use zeroize::Zeroizing;

const BITS: usize = 2048;
/// Length of each prime in bytes.
const PRIME: usize = BITS / 16;
const EXPONENT: u64 = 65_537;

/// Two fresh primes, one after the other.
pub(super) fn generate(rng: &mut dyn Rng) -> Zeroizing<Vec<u8>> {
    loop {
        let Ok(key) = RsaPrivateKey::new(&mut Chance(rng), BITS) else { continue };
        let primes: Vec<_> = key.primes().iter().map(|prime| prime.to_be_bytes_trimmed_vartime()).collect();
        if let [p, q] = primes.as_slice()
            && p.len() == PRIME
            && q.len() == PRIME
        {
            return Zeroizing::new([&**p, &**q].concat());
        }
    }
}

/// The modulus of two primes; none if they are not 1024 bits long each, or no key.
pub(super) fn modulus(primes: &[u8]) -> Option<Vec<u8>> {
    let modulus = key(primes)?.n_bytes().to_vec();
    (modulus.len() == BITS / 8).then_some(modulus)
}

/// The key in the form that ring reads: RSAPrivateKey (RFC 8017 §A.1.2).
pub(crate) fn pkcs1(primes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let document = key(primes)?.to_pkcs1_der().ok()?;
    Some(Zeroizing::new(document.as_bytes().to_vec()))
}

pub(super) fn key(primes: &[u8]) -> Option<RsaPrivateKey> {
    let (p, q) = primes.split_at_checked(PRIME)?;
    let number = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, (PRIME * 8) as u32).ok();
    RsaPrivateKey::from_p_q(number(p)?, number(q)?, BoxedUint::from(EXPONENT)).ok()
}

/// Ours as theirs.
struct Chance<'a>(&'a mut dyn Rng);

impl TryRng for Chance<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Chance<'_> {}
