//! Ids are for one key and one RP, and no byte of them can be changed.

use fob_ambient::SeededRng;

use super::*;

fn sealed(kind: KeyKind, rng: &mut SeededRng) -> Sealed {
    let protection = CredProtect::UserVerificationRequired;
    Sealed { key: CredentialKey::generate(kind, rng), protection, third_party_payment: true }
}

#[test]
fn an_id_is_for_one_rp_on_one_key() {
    let mut rng = SeededRng::new(1);
    let (device, other) = (DeviceKey::generate(&mut rng), DeviceKey::generate(&mut rng));
    for kind in KeyKind::ALL {
        let credential = sealed(kind, &mut rng);
        let id = device.seal(&[1; 32], &credential);
        assert_eq!(id.as_bytes().len(), sealed_length(kind), "{kind:?}");
        let opened = device.open(&[1; 32], &id).unwrap();
        assert_eq!(opened.key.expose(), credential.key.expose(), "{kind:?}");
        assert_eq!(opened.key.public(), credential.key.public(), "{kind:?}");
        assert_eq!(opened.protection, CredProtect::UserVerificationRequired);
        assert!(opened.third_party_payment);
        assert!(device.open(&[2; 32], &id).is_none());
        assert!(other.open(&[1; 32], &id).is_none());
    }
}

#[test]
fn no_byte_of_an_id_can_be_changed_or_cut() {
    let mut rng = SeededRng::new(1);
    let device = DeviceKey::generate(&mut rng);
    let id = device.seal(&[1; 32], &sealed(KeyKind::Es256, &mut rng)).into_bytes();
    for place in 0..id.len() {
        let mut changed = id.clone();
        changed[place] ^= 1;
        assert!(device.open(&[1; 32], &changed.into()).is_none(), "byte {place}");
        assert!(device.open(&[1; 32], &id[..place].into()).is_none(), "cut at {place}");
    }
}
