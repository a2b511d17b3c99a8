//! Packed credentials beside a plain list of them that does the same slowly.

use fob_ambient::SeededRng;
use fob_ctap::entity::{RpEntity, RpId, UserEntity};
use fob_ctap::extension::CredProtect;
use fob_ctap::extension::large_blob::PackedBlob;
use proptest::prelude::*;

use super::*;
use crate::state::Extras;
use crate::{CredentialKey, KeyKind};

fn resident(rp: u8, user: u8, id: &[u8], created: u32) -> Resident {
    Resident {
        id: id.into(),
        rp: RpEntity { id: RpId::new(format!("{rp}.example")), name: None },
        user: UserEntity { id: UserHandle::new([user]).unwrap(), name: None, display_name: None },
        key: CredentialKey::from_parts(KeyKind::EdDsa, &[1; 32], &[2; 32]).unwrap(),
        protection: CredProtect::default(),
        created,
        extras: Extras::default(),
    }
}

/// Ids that begin alike, and short ones.
fn id(number: u8) -> Vec<u8> {
    match number % 3 {
        0 => vec![number],
        1 => [[7; 8].as_slice(), &[number]].concat(),
        _ => vec![number; 32],
    }
}

#[test]
fn a_credential_with_everything_comes_out_as_it_went_in() {
    let mut full = resident(1, 2, &[9; 40], 77);
    full.key = CredentialKey::generate(KeyKind::Es512, &mut SeededRng::new(1));
    full.rp.name = Some("Example ümlaut".to_owned());
    full.user.name = Some("ada@example".to_owned());
    full.user.display_name = Some("Ada".to_owned());
    full.protection = CredProtect::UserVerificationRequired;
    full.extras = Extras {
        large_blob_key: true,
        cred_blob: Some(vec![1; 30]),
        large_blob: Some(PackedBlob { packed: vec![2; 300], original_size: 70_000 }),
        third_party_payment: true,
    };
    let out = Packed::from(&full).resident();
    assert_eq!((&out.id, &out.rp, &out.user), (&full.id, &full.rp, &full.user));
    assert_eq!(
        (out.key.kind(), out.key.expose(), out.key.public()),
        (KeyKind::Es512, full.key.expose(), full.key.public())
    );
    assert_eq!((out.protection, out.created, &out.extras), (full.protection, 77, &full.extras));
}

#[test]
fn every_member_that_must_be_there_is_missed_and_every_wrong_form_is_noticed() {
    let whole = Packed::from(&resident(1, 2, &[9; 32], 7));
    let Ok(fob_ctap::Value::Map(map)) = fob_cbor::decode(whole.cbor(), fob_cbor::Limits::deep(4)) else {
        panic!("a map")
    };
    let taken = |map: fob_ctap::Map| {
        let bytes = fob_cbor::encode(&fob_ctap::Value::Map(map));
        let mut cursor = Cursor::new(&bytes);
        Packed::take(&mut cursor).is_ok()
    };
    assert!(taken(map.clone()));
    for member in 1..=7 {
        let mut without = map.clone();
        without.remove(&member.into());
        assert!(!taken(without), "{member}");
    }
    for member in 1..=12 {
        let mut wrong = map.clone();
        wrong.insert(member, fob_ctap::Value::Null);
        assert!(!taken(wrong), "{member}");
    }
    let mut long = map.clone();
    let mut user = fob_ctap::Map::new();
    user.insert("id", [1; 65].as_slice());
    long.insert(3, fob_ctap::Value::Map(user));
    assert!(!taken(long), "a handle of 65 bytes");
    let mut newer = map;
    newer.insert(99, "what a newer fob may add");
    assert!(taken(newer));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn they_do_what_a_plain_list_does(
        steps in proptest::collection::vec((any::<bool>(), 0..3_u8, 0..4_u8, 0..12_u8), 1..120)
    ) {
        let mut ours = Residents::default();
        let mut list: Vec<Resident> = Vec::new();
        for (number, (put, rp, user, id_number)) in steps.into_iter().enumerate() {
            let one = resident(rp, user, &id(id_number), number as u32);
            let place = Packed::from(&one).place();
            list.retain(|other| Packed::from(other).place() != place);
            match put {
                true => {
                    ours.put(Packed::from(&one));
                    list.push(one);
                }
                false => ours.remove(&place.0, place.1.as_bytes()),
            }
        }
        prop_assert_eq!(ours.len(), list.len());
        prop_assert_eq!(ours.iter().count(), list.len());
        for rp in 0..3 {
            let hash = RpId::new(format!("{rp}.example")).hash();
            let theirs: Vec<_> = list.iter().filter(|one| one.rp.id.hash() == hash).collect();
            let mut created: Vec<_> = ours.of_rp(&hash).map(|packed| packed.read().created).collect();
            created.sort_unstable();
            let mut expected: Vec<_> = theirs.iter().map(|one| one.created).collect();
            expected.sort_unstable();
            prop_assert_eq!(created, expected);
            for user in 0..4 {
                let handle = UserHandle::new([user]).unwrap();
                let newest = theirs.iter().filter(|one| one.user.id == handle).map(|one| one.created).max();
                prop_assert_eq!(ours.of_account(&hash, &handle).map(|packed| packed.read().created), newest);
            }
            for id_number in 0..12 {
                let expected = theirs.iter().find(|one| one.id.as_bytes() == id(id_number)).map(|one| one.created);
                prop_assert_eq!(ours.get(&hash, &id(id_number)).map(|packed| packed.read().created), expected);
            }
        }
        for id_number in 0..12 {
            let somewhere = list.iter().any(|one| one.id.as_bytes() == id(id_number));
            prop_assert_eq!(ours.find(&id(id_number)).is_some(), somewhere);
        }
        let mut rps = Vec::new();
        while let Some(next) = ours.past_rp(rps.last()) {
            rps.push(*next.rp_id_hash());
        }
        let mut expected: Vec<_> = list.iter().map(|one| one.rp.id.hash()).collect();
        expected.sort_unstable();
        expected.dedup();
        prop_assert_eq!(rps, expected);
    }
}
