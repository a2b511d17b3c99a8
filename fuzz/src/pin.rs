//! What a PIN/UV auth protocol gets from the other side: 64 bytes of a public key, then a ciphertext or proof.

use fob_ambient::SeededRng;
use fob_ctap::cose::{KeyAgreementKey, P256Point};
use fob_ctap::extension::hmac_secret::HmacValues;
use fob_ctap::persistent::SealedMember;
use fob_ctap::pin::{KeyAgreementSecret, Protocol, SharedSecret};

/// Any key is refused or agreed on; any ciphertext is refused or opened.
pub fn pin(data: &[u8]) {
    let ours = KeyAgreementSecret::generate(&mut SeededRng::new(1));
    let (key, rest) = data.split_at(data.len().min(64));
    for protocol in [Protocol::One, Protocol::Two] {
        if let Some(point) = P256Point::from_sec1(&[&[4], key].concat()) {
            drop(ours.shared_secret(protocol, &KeyAgreementKey(point)));
        }
        let shared = ours.shared_secret(protocol, &ours.public()).expect("our own key is on the curve");
        open(&shared, rest);
    }
}

fn open(shared: &SharedSecret, bytes: &[u8]) {
    drop(shared.decrypt_pin(bytes));
    drop(shared.decrypt_pin_hash(bytes));
    if let Ok(token) = shared.decrypt_token(bytes) {
        assert!(token.verify(bytes, &token.authenticate(bytes)));
        assert_eq!(SealedMember::Identifier.open(&token, bytes).is_some(), bytes.len() == 32);
    }
    if let Ok(salts) = HmacValues::open(shared, bytes) {
        assert_eq!(salts.answer(&[0; 32]).expose().len(), salts.expose().len());
    }
    if let Ok(plain) = shared.decrypt(bytes) {
        let again = shared.encrypt(&plain, &mut SeededRng::new(2));
        assert_eq!(shared.decrypt(&again).as_ref().map(|plain| plain.as_slice()), Ok(plain.as_slice()));
    }
    assert!(shared.verify(bytes, &shared.authenticate(bytes)));
    assert!(!shared.verify(bytes, b"short"));
}
