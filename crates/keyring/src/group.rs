//! The key agreement of a session: Diffie-Hellman in the 1024-bit group of RFC 2409 section 6.2 (the "second Oakley
//! group"), which the Secret Service API prescribes.
//!
//! 1024 bits are weak by today's measure, and nobody proves who he is. It keeps secrets out of what a monitor of the bus
//! writes down; against whoever can be the service, or calculates for months, it does not help.

use crypto_bigint::modular::{ConstMontyForm, ConstMontyParams, FixedMontyParams};
use crypto_bigint::{Odd, U256, U1024};
use fob_ambient::Rng;
use zeroize::Zeroizing;

/// Bytes of an element of the group, and of what is agreed on.
pub(crate) const LENGTH: usize = 128;

/// RFC 2409 section 6.2: 2^1024 - 2^960 - 1 + 2^64 * { [2^894 pi] + 129093 }. The generator is 2.
const PRIME: &str = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD\
                     EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED\
                     EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF";

/// The modulus as a type, so that Montgomery's constants are computed once, by the compiler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Modulus;

impl ConstMontyParams<{ U1024::LIMBS }> for Modulus {
    const LIMBS: usize = U1024::LIMBS;
    const PARAMS: FixedMontyParams<{ U1024::LIMBS }> = FixedMontyParams::new_vartime(Odd::<U1024>::from_be_hex(PRIME));
}

type Element = ConstMontyForm<Modulus, { U1024::LIMBS }>;

/// Our half of an agreement. Wiped on drop.
pub(crate) struct KeyPair {
    /// 256 bits: twice what the AES key has, and far more than a group of this size can protect.
    exponent: Zeroizing<U256>,
    public: [u8; LENGTH],
}

impl KeyPair {
    pub(crate) fn generate(rng: &mut dyn Rng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill(bytes.as_mut_slice());
        Self::of(&bytes)
    }

    fn of(exponent: &[u8; 32]) -> Self {
        let exponent = Zeroizing::new(U256::from_be_slice(exponent));
        let public = Element::new(&U1024::from_u8(2)).pow(&exponent).retrieve();
        Self { exponent, public: public.to_be_bytes().into() }
    }

    /// What the service gets, big-endian.
    pub(crate) const fn public(&self) -> &[u8; LENGTH] {
        &self.public
    }

    /// What both know then, big-endian and of full length. Nothing for a key that is none: not in the group, or of an
    /// order so small that the outcome is known to everybody (the group's order is twice a prime, so 1 and -1).
    pub(crate) fn agree(&self, theirs: &[u8]) -> Option<Zeroizing<[u8; LENGTH]>> {
        let mut padded = [0; LENGTH];
        // Implementations differ in whether they write zeros in front.
        let zeros = theirs.iter().take_while(|byte| **byte == 0).count();
        let digits = theirs.get(zeros..)?;
        padded.get_mut(LENGTH.checked_sub(digits.len())?..)?.copy_from_slice(digits);
        let theirs = U1024::from_be_slice(&padded);
        let last = Element::MODULUS.get().wrapping_sub(&U1024::ONE);
        if theirs <= U1024::ONE || theirs >= last {
            return None;
        }
        let base = Element::new(&theirs);
        let shared = Zeroizing::new(base.pow(&self.exponent).retrieve());
        Some(Zeroizing::new(shared.to_be_bytes().into()))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use data_encoding::HEXLOWER_PERMISSIVE as HEX;

    use super::*;

    /// Agreements as python's secretstorage computes them: `tests/vectors/agreements.py` wrote them down.
    pub(crate) fn agreements() -> Vec<toml::Table> {
        let text = include_str!("../tests/vectors/secretstorage.toml");
        let file: toml::Table = text.parse().unwrap();
        file["agreement"].as_array().unwrap().iter().map(|table| table.as_table().unwrap().clone()).collect()
    }

    pub(crate) fn bytes(table: &toml::Table, name: &str) -> Vec<u8> {
        HEX.decode(table[name].as_str().unwrap().as_bytes()).unwrap()
    }

    fn pair(table: &toml::Table) -> KeyPair {
        KeyPair::of(&bytes(table, "exponent").try_into().unwrap())
    }

    #[test]
    fn we_agree_with_secretstorage() {
        let agreements = agreements();
        assert!(agreements.len() >= 4);
        for table in agreements {
            let case = &table["case"];
            let ours = pair(&table);
            assert_eq!(ours.public().as_slice(), bytes(&table, "public"), "{case}");
            assert_eq!(ours.agree(&bytes(&table, "peer")).unwrap().as_slice(), bytes(&table, "shared"), "{case}");
        }
    }

    #[test]
    fn what_is_no_public_key_is_refused() {
        let ours = pair(&agreements()[0]);
        let prime = HEX.decode(PRIME.as_bytes()).unwrap();
        let near = |step: i8| {
            let mut near = prime.clone();
            let last = near.last_mut().unwrap();
            *last = last.wrapping_add_signed(step);
            near
        };
        let refused: [(&str, &[u8]); 9] = [
            ("nothing", &[]),
            ("zero", &[0; LENGTH]),
            ("one", &[1]),
            ("minus one", &near(-1)),
            ("the prime", &prime),
            ("above the prime, within 1024 bits", &[0xff; LENGTH]),
            ("one digit too many", &[1; LENGTH + 1]),
            ("far too long", &[0x55; 4096]),
            ("only zeros, and many", &[0; 4096]),
        ];
        for (case, theirs) in refused {
            assert!(ours.agree(theirs).is_none(), "{case}");
        }
        assert!(ours.agree(&near(-2)).is_some(), "the greatest that is one");
        assert_eq!(ours.agree(&[0, 0, 2]).unwrap().as_slice(), ours.public(), "zeros in front change nothing");
    }
}
