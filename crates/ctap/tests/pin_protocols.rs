//! Both PIN/UV auth protocols, both sides, against PyPI's fido2 and `cryptography` (tests/vectors/python-fido2.py).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a table that does not fit ends its test")]

use data_encoding::HEXLOWER;
use fob_ambient::{Rng, SeededRng};
use fob_ctap::cose::{KeyAgreementKey, P256Point};
use fob_ctap::pin::{
    BadPublicKey, KeyAgreementSecret, Pin, PinHash, PinShapeError, PinUvAuthToken, Protocol, SharedSecret, encapsulate,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    protocol: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    number: u64,
    platform: String,
    authenticator: String,
    iv: String,
    pin: String,
    pin_hash: String,
    new_pin_enc: String,
    pin_hash_enc: String,
    change_pin_proof: String,
    token: String,
    token_enc: String,
    token_proof: String,
    message: String,
}

/// Chance that gives the same bytes each time: what the vectors' other side had for an IV.
struct Fixed(Vec<u8>);

impl Rng for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0[..bytes.len()]);
    }
}

impl Vector {
    fn protocol(&self) -> Protocol {
        Protocol::from_number(self.number).unwrap()
    }

    fn shared(&self, ours: &str, theirs: &str) -> SharedSecret {
        let secret = |scalar: &str| KeyAgreementSecret::from_bytes(&hex(scalar).try_into().unwrap()).unwrap();
        secret(ours).shared_secret(self.protocol(), &secret(theirs).public()).unwrap()
    }

    fn token(&self) -> PinUvAuthToken {
        PinUvAuthToken::from_plain(self.protocol(), hex(&self.token).into()).unwrap()
    }
}

fn load() -> Vec<Vector> {
    let vectors: Vectors = toml::from_str(include_str!("vectors/python-fido2-pin.toml")).unwrap();
    assert_eq!(vectors.protocol.iter().map(|vector| vector.number).collect::<Vec<_>>(), [1, 2]);
    vectors.protocol
}

fn hex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn pin(text: &str) -> Pin {
    Pin::new(text.to_owned()).unwrap()
}

#[test]
fn a_platform_writes_what_fido2_writes() {
    for vector in load() {
        let shared = vector.shared(&vector.platform, &vector.authenticator);
        let mut rng = Fixed(hex(&vector.iv));
        let pin = pin(&vector.pin);
        assert_eq!(HEXLOWER.encode(pin.hash().expose()), vector.pin_hash);
        assert_eq!(HEXLOWER.encode(&shared.encrypt_pin(&pin, &mut rng)), vector.new_pin_enc);
        assert_eq!(HEXLOWER.encode(&shared.encrypt_pin_hash(&pin.hash(), &mut rng)), vector.pin_hash_enc);
        let message = hex(&(vector.new_pin_enc.clone() + &vector.pin_hash_enc));
        assert_eq!(HEXLOWER.encode(&shared.authenticate(&message)), vector.change_pin_proof);
        assert_eq!(HEXLOWER.encode(shared.decrypt_token(&hex(&vector.token_enc)).unwrap().expose()), vector.token);
        assert_eq!(HEXLOWER.encode(&vector.token().authenticate(&hex(&vector.message))), vector.token_proof);
    }
}

#[test]
fn an_authenticator_reads_what_fido2_writes() {
    for vector in load() {
        let shared = vector.shared(&vector.authenticator, &vector.platform);
        assert_eq!(shared.decrypt_pin(&hex(&vector.new_pin_enc)).unwrap().expose(), vector.pin);
        let hash = shared.decrypt_pin_hash(&hex(&vector.pin_hash_enc)).unwrap();
        assert!(hash.matches(&PinHash::new(hex(&vector.pin_hash).try_into().unwrap())));
        let message = hex(&(vector.new_pin_enc.clone() + &vector.pin_hash_enc));
        assert!(shared.verify(&message, &hex(&vector.change_pin_proof)));
        let mut rng = Fixed(hex(&vector.iv));
        assert_eq!(HEXLOWER.encode(&shared.encrypt_token(&vector.token(), &mut rng)), vector.token_enc);
        assert!(vector.token().verify(&hex(&vector.message), &hex(&vector.token_proof)));
    }
}

/// RFC 5903 §8.1, the 256-bit random ECP group: both secrets, both public keys.
#[test]
fn public_keys_are_those_of_rfc_5903() {
    for (secret, x, y) in [
        (
            "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
            "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180",
            "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
        ),
        (
            "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
            "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63",
            "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
        ),
    ] {
        let secret = KeyAgreementSecret::from_bytes(&hex(secret).try_into().unwrap()).unwrap();
        let KeyAgreementKey(point) = secret.public();
        assert_eq!((HEXLOWER.encode(&point.x).as_str(), HEXLOWER.encode(&point.y).as_str()), (x, y));
    }
}

#[test]
fn a_proof_is_taken_only_whole_and_unchanged() {
    for vector in load() {
        let shared = vector.shared(&vector.authenticator, &vector.platform);
        let proof = shared.authenticate(b"message");
        assert_eq!(proof.len(), if vector.number == 1 { 16 } else { 32 });
        assert!(shared.verify(b"message", &proof));
        assert!(!shared.verify(b"massage", &proof));
        assert!(!shared.verify(b"message", &proof[..proof.len() - 1]));
        assert!(!shared.verify(b"message", &[]));
        assert!(!shared.verify(b"message", &[proof.as_slice(), &[0]].concat()));
        let mut bent = proof;
        bent[15] ^= 1;
        assert!(!shared.verify(b"message", &bent));
    }
}

#[test]
fn points_off_the_curve_are_refused() {
    let secret = KeyAgreementSecret::generate(&mut SeededRng::new(1));
    let KeyAgreementKey(mut point) = secret.public();
    point.y[31] ^= 1;
    let zero = P256Point { x: [0; 32], y: [0; 32] };
    let beyond_the_field = P256Point { x: [0xff; 32], y: [0xff; 32] };
    for off in [point, zero, beyond_the_field] {
        let off = KeyAgreementKey(off);
        assert_eq!(secret.shared_secret(Protocol::Two, &off).unwrap_err(), BadPublicKey);
        assert_eq!(encapsulate(Protocol::One, &off, &mut SeededRng::new(2)).unwrap_err(), BadPublicKey);
    }
}

#[test]
fn scalars_out_of_range_are_no_secrets() {
    assert!(KeyAgreementSecret::from_bytes(&[0; 32]).is_none());
    assert!(KeyAgreementSecret::from_bytes(&[0xff; 32]).is_none());
}

#[test]
fn ciphertexts_of_odd_lengths_are_refused() {
    for vector in load() {
        let shared = vector.shared(&vector.authenticator, &vector.platform);
        let iv = if vector.number == 1 { 0 } else { 16 };
        for length in [1, 15, 17, 31] {
            assert!(shared.decrypt(&vec![0; iv + length]).is_err(), "{length}");
        }
        assert!(shared.decrypt(&vec![0; iv]).unwrap().is_empty());
        assert!(shared.decrypt(&[0; 7]).is_err());
        assert!(shared.decrypt_pin_hash(&vec![0; iv + 32]).is_err());
        assert_eq!(shared.decrypt_pin(&vec![0; iv + 48]).unwrap_err(), PinShapeError::Padding);
        // Only protocol one has tokens of 16 bytes (§6.5.6).
        assert_eq!(shared.decrypt_token(&vec![0; iv + 16]).is_ok(), vector.number == 1);
        assert!(shared.decrypt_token(&vec![0; iv + 48]).is_err());
    }
}

#[test]
fn a_pin_is_four_characters_to_sixty_three_bytes() {
    let too_short = PinShapeError::TooShort { at_least: 4 };
    for (text, expected) in [
        ("", Err(too_short)),
        ("123", Err(too_short)),
        ("äöü", Err(too_short)),
        ("1234", Ok(4)),
        ("äöüß", Ok(4)),
        ("12\u{0}34", Err(PinShapeError::Zero)),
        (&"9".repeat(63), Ok(63)),
        (&"9".repeat(64), Err(PinShapeError::TooLong)),
        (&"ä".repeat(31), Ok(31)),
        (&"ä".repeat(32), Err(PinShapeError::TooLong)),
    ] {
        assert_eq!(Pin::new(text.to_owned()).map(|pin| pin.code_points()), expected, "{text:?}");
    }
}

#[test]
fn padding_ends_where_the_zeros_begin() {
    let padded = |pin: &[u8]| {
        let mut padded = [0; 64];
        padded[..pin.len()].copy_from_slice(pin);
        padded
    };
    assert_eq!(Pin::from_padded(&padded(b"1234")).unwrap().expose(), "1234");
    assert_eq!(*pin("1234").padded(), padded(b"1234"));
    for (case, bytes, expected) in [
        ("63 bytes", padded(b"1234")[..63].to_vec(), PinShapeError::Padding),
        ("nothing but zeros", vec![0; 64], PinShapeError::TooShort { at_least: 4 }),
        ("a zero inside", padded(b"12\x0034").to_vec(), PinShapeError::Zero),
        ("no zero at all", vec![b'1'; 64], PinShapeError::TooLong),
        ("no UTF-8", padded(b"12\xff4").to_vec(), PinShapeError::NotUtf8),
    ] {
        assert_eq!(Pin::from_padded(&bytes).unwrap_err(), expected, "{case}");
    }
}

#[test]
fn secrets_show_nothing() {
    let vector = &load()[0];
    let shared = vector.shared(&vector.platform, &vector.authenticator);
    let secret = KeyAgreementSecret::generate(&mut SeededRng::new(3));
    let shown = format!(
        "{:?} {:?} {:?} {:?} {shared:?} {secret:?}",
        pin("314159"),
        pin("314159").hash(),
        vector.token(),
        fob_ctap::secret::LargeBlobKey::new([7; 32])
    );
    assert_eq!(
        shown,
        "Pin(..) PinHash(..) PinUvAuthToken(..) LargeBlobKey(..) SharedSecret(..) KeyAgreementSecret(..)"
    );
}

/// Protocol two must not repeat an IV (§6.5.7).
#[test]
fn protocol_two_never_writes_the_same_twice() {
    for vector in load() {
        let shared = vector.shared(&vector.platform, &vector.authenticator);
        let mut rng = SeededRng::new(4);
        let (one, two) = (shared.encrypt(&[0; 16], &mut rng), shared.encrypt(&[0; 16], &mut rng));
        assert_eq!(one == two, vector.number == 1);
    }
}
