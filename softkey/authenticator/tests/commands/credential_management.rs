//! authenticatorCredentialManagement (§6.8), with ordinary tokens, the persistent one, and the preview's number.

use std::collections::BTreeSet;

use fob_authenticator::{Abilities, Caller};
use fob_ctap::client_pin::Permissions;
use fob_ctap::credential_management::{
    DeleteCredential, EnumerateCredentialsBegin, EnumerateCredentialsNext, EnumerateRpsBegin, EnumerateRpsNext,
    GetCredsMetadata, UpdateUserInformation,
};
use fob_ctap::entity::{Descriptor, RpEntity, RpId, UserEntity};
use fob_ctap::extension::CredProtect;
use fob_ctap::extension::sets::MakeCredentialInputs;
use fob_ctap::get_info::option;
use fob_ctap::make_credential::MakeCredential;
use fob_ctap::persistent::SealedMember;
use fob_ctap::pin::{PinUvAuthToken, Protocol};
use fob_ctap::subcommand::{Call, Prototype};
use fob_ctap::{Command, Status};

use crate::platform::{ALL, Credential, PIN, Platform, RP, assertion, resident, user};

const CM: Permissions = Permissions::CREDENTIAL_MANAGEMENT;
const READ_ONLY: Permissions = Permissions::PERSISTENT_CREDENTIAL_MANAGEMENT_READ_ONLY;

fn of(rp: &str, number: u8) -> MakeCredential {
    MakeCredential { rp: RpEntity { id: RpId::new(rp), name: None }, ..resident(number) }
}

/// A key with a PIN, two accounts at one RP and one at each of two others.
fn prepared() -> (Platform, Vec<Credential>) {
    let mut platform = Platform::with_pin();
    let made = [(RP, 1), (RP, 2), ("b.example", 1), ("c.example", 1)];
    let made = made.map(|(rp, number)| platform.register(of(rp, number), true).unwrap());
    (platform, made.into())
}

fn token(platform: &mut Platform, permissions: Permissions) -> PinUvAuthToken {
    platform.token(Protocol::Two, PIN, permissions, None).unwrap()
}

fn rps(platform: &mut Platform, token: &PinUvAuthToken) -> BTreeSet<String> {
    let begun = platform.call(EnumerateRpsBegin {}, token).unwrap();
    let mut found = BTreeSet::from([begun.first.unwrap().rp.id.as_str().to_owned()]);
    for _ in 1..begun.total {
        let next = platform.bare(EnumerateRpsNext {}).unwrap();
        assert_eq!(next.rp.id.hash(), next.rp_id_hash);
        found.insert(next.rp.id.as_str().to_owned());
    }
    assert_eq!(platform.bare(EnumerateRpsNext {}).unwrap_err(), Status::NotAllowed, "no more than were announced");
    assert_eq!(found.len() as u64, begun.total);
    found
}

#[test]
fn everything_kept_is_found_once() {
    let (mut platform, made) = prepared();
    let token = token(&mut platform, CM);
    let metadata = platform.call(GetCredsMetadata {}, &token).unwrap();
    assert_eq!((metadata.existing, metadata.max_possible_remaining), (4, 96));
    let expected = [RP, "b.example", "c.example"].map(str::to_owned);
    assert_eq!(rps(&mut platform, &token), BTreeSet::from(expected));
    let rp_id_hash = RpId::new(RP).hash();
    let begun = platform.call(EnumerateCredentialsBegin { rp_id_hash }, &token).unwrap();
    let next = platform.bare(EnumerateCredentialsNext {}).unwrap();
    assert_eq!(begun.total, 2);
    assert_eq!(platform.bare(EnumerateCredentialsNext {}).unwrap_err(), Status::NotAllowed);
    let found = BTreeSet::from([begun.first, next].map(|one| {
        assert_eq!(one.cred_protect, Some(CredProtect::UserVerificationOptional));
        assert_eq!(one.third_party_payment, Some(false));
        assert!(one.user.name.is_some() && one.large_blob_key.is_none());
        one.credential_id.id
    }));
    assert_eq!(found, made[..2].iter().map(|one| one.descriptor.id.clone()).collect());
}

#[test]
fn a_large_blob_key_and_a_public_key_are_told() {
    let mut platform = Platform::with_pin();
    let inputs = MakeCredentialInputs { large_blob_key: Some(true), ..Default::default() };
    let request = MakeCredential { extensions: (&inputs).into(), ..with_token(&mut platform) };
    let reply = platform.send(&request).unwrap();
    let token = token(&mut platform, CM);
    let begin = EnumerateCredentialsBegin { rp_id_hash: RpId::new(RP).hash() };
    let told = platform.call(begin, &token).unwrap().first;
    assert_eq!(told.large_blob_key.unwrap().expose(), reply.large_blob_key.as_ref().unwrap().expose());
    let data = reply.authenticator_data(fob_ctap::Strictness::Canonical).unwrap();
    assert_eq!(told.public_key, data.attested_credential.unwrap().public_key);
}

fn with_token(platform: &mut Platform) -> MakeCredential {
    let token = platform.token(Protocol::Two, PIN, ALL, Some(RP)).unwrap();
    let mut request = resident(1);
    crate::platform::prove(&mut request.pin_uv_auth_param, &mut request.pin_uv_auth_protocol, &token);
    request
}

#[test]
fn an_enumeration_belongs_to_who_began_it_and_ends_with_any_other_command() {
    let (mut platform, _) = prepared();
    let token = token(&mut platform, CM);
    assert_eq!(platform.bare(EnumerateRpsNext {}).unwrap_err(), Status::NotAllowed, "without a beginning");
    platform.call(EnumerateRpsBegin {}, &token).unwrap();
    platform.caller = Caller(2);
    assert_eq!(platform.bare(EnumerateRpsNext {}).unwrap_err(), Status::NotAllowed);
    platform.caller = Caller(1);
    platform.call(EnumerateRpsBegin {}, &token).unwrap();
    platform.info();
    assert_eq!(platform.bare(EnumerateRpsNext {}).unwrap_err(), Status::NotAllowed);
    platform.call(EnumerateRpsBegin {}, &token).unwrap();
    assert_eq!(platform.bare(EnumerateCredentialsNext {}).unwrap_err(), Status::NotAllowed, "another enumeration");
}

#[test]
fn what_is_not_proven_is_not_told() {
    let (mut platform, made) = prepared();
    assert_eq!(platform.bare(GetCredsMetadata {}).unwrap_err(), Status::PuatRequired);
    let good = token(&mut platform, CM);
    let mut call = Call::proven(GetCredsMetadata {}, &good);
    call.pin_uv_auth_protocol = None;
    assert_eq!(platform.send(&call).unwrap_err(), Status::MissingParameter);
    call.pin_uv_auth_protocol = Some(9);
    assert_eq!(platform.send(&call).unwrap_err(), Status::InvalidParameter);
    call.pin_uv_auth_protocol = Some(2);
    call.pin_uv_auth_param.as_mut().unwrap()[0] ^= 1;
    assert_eq!(platform.send(&call).unwrap_err(), Status::PinAuthInvalid);
    let other = token(&mut platform, Permissions::LARGE_BLOB_WRITE);
    assert_eq!(platform.call(GetCredsMetadata {}, &other).unwrap_err(), Status::PinAuthInvalid);
    // A token for one RP sees that RP alone.
    let bound = platform.token(Protocol::Two, PIN, CM, Some("b.example")).unwrap();
    assert_eq!(platform.call(GetCredsMetadata {}, &bound).unwrap_err(), Status::PinAuthInvalid);
    assert_eq!(platform.call(EnumerateRpsBegin {}, &bound).unwrap_err(), Status::PinAuthInvalid);
    let begin = |rp: &str| EnumerateCredentialsBegin { rp_id_hash: RpId::new(rp).hash() };
    assert_eq!(platform.call(begin(RP), &bound).unwrap_err(), Status::PinAuthInvalid);
    platform.call(begin("b.example"), &bound).unwrap();
    let delete = DeleteCredential { credential_id: made[0].descriptor.clone() };
    assert_eq!(platform.call(delete, &bound).unwrap_err(), Status::PinAuthInvalid);
}

#[test]
fn an_empty_key_says_so() {
    let mut platform = Platform::with_pin();
    let token = token(&mut platform, CM);
    assert_eq!(platform.call(GetCredsMetadata {}, &token).unwrap().existing, 0);
    assert_eq!(platform.call(EnumerateRpsBegin {}, &token).unwrap_err(), Status::NoCredentials);
    let begin = EnumerateCredentialsBegin { rp_id_hash: [1; 32] };
    assert_eq!(platform.call(begin, &token).unwrap_err(), Status::NoCredentials);
    let delete = DeleteCredential { credential_id: Descriptor::public_key(vec![1; 32]) };
    assert_eq!(platform.call(delete, &token).unwrap_err(), Status::NoCredentials);
}

#[test]
fn a_deleted_credential_signs_nothing_any_more() {
    let (mut platform, made) = prepared();
    let token = token(&mut platform, CM);
    platform.call(DeleteCredential { credential_id: made[0].descriptor.clone() }, &token).unwrap();
    platform.restart();
    assert_eq!(platform.send(&assertion(&[&made[0]])).unwrap_err(), Status::NoCredentials);
    platform.send(&assertion(&[&made[1]])).unwrap();
}

#[test]
fn names_are_changed_and_taken_away_the_handle_stays() {
    let (mut platform, made) = prepared();
    let token = token(&mut platform, CM);
    let credential_id = made[0].descriptor.clone();
    let update = |user| UpdateUserInformation { credential_id: credential_id.clone(), user };
    assert_eq!(platform.call(update(user(9)), &token).unwrap_err(), Status::InvalidParameter);
    let named = UserEntity { name: Some("new".to_owned()), display_name: Some(String::new()), ..user(1) };
    platform.call(update(named), &token).unwrap();
    platform.restart();
    let token = self::token(&mut platform, CM);
    let begin = EnumerateCredentialsBegin { rp_id_hash: RpId::new(RP).hash() };
    let mut found = vec![platform.call(begin, &token).unwrap().first];
    found.push(platform.bare(EnumerateCredentialsNext {}).unwrap());
    let changed = found.iter().find(|one| one.credential_id == credential_id).unwrap();
    assert_eq!((changed.user.name.as_deref(), &changed.user.display_name), (Some("new"), &None));
    let reply = platform.send(&assertion(&[&made[0]])).unwrap();
    made[0].verify(&reply.auth_data, &reply.signature);
}

#[test]
fn the_persistent_token_reads_outlives_the_power_and_dies_with_the_pin() {
    let (mut platform, made) = prepared();
    assert_eq!(platform.info().enc_identifier, None, "nobody holds a token");
    let lasting = token(&mut platform, READ_ONLY);
    platform.restart();
    assert_eq!(platform.call(GetCredsMetadata {}, &lasting).unwrap().existing, 4);
    assert_eq!(rps(&mut platform, &lasting).len(), 3);
    let begin = EnumerateCredentialsBegin { rp_id_hash: RpId::new(RP).hash() };
    platform.call(begin, &lasting).unwrap();
    let delete = DeleteCredential { credential_id: made[0].descriptor.clone() };
    assert_eq!(platform.call(delete, &lasting).unwrap_err(), Status::PinAuthInvalid, "it only reads");
    let again = token(&mut platform, READ_ONLY);
    assert_eq!(again.expose(), lasting.expose(), "every platform gets the same");
    platform.change_pin(Protocol::Two, PIN, "5678").unwrap();
    assert_eq!(platform.call(GetCredsMetadata {}, &lasting).unwrap_err(), Status::PinAuthInvalid);
    assert_eq!(platform.info().enc_cred_store_state, None);
}

#[test]
fn who_holds_the_token_recognises_the_key_and_sees_changes() {
    let (mut platform, made) = prepared();
    let lasting = token(&mut platform, READ_ONLY);
    let told = |platform: &mut Platform| {
        let info = platform.info();
        let open = |member: SealedMember, sealed: Option<Vec<u8>>| member.open(&lasting, &sealed.unwrap()).unwrap();
        assert_ne!(info.enc_identifier, platform.info().enc_identifier, "another IV each time");
        (
            open(SealedMember::Identifier, info.enc_identifier),
            open(SealedMember::CredStoreState, info.enc_cred_store_state),
        )
    };
    let first = told(&mut platform);
    platform.send(&assertion(&[&made[0]])).unwrap();
    platform.restart();
    assert_eq!(told(&mut platform), first, "signing in changes nothing");
    platform.register(of("d.example", 1), true).unwrap();
    let second = told(&mut platform);
    assert_eq!(second.0, first.0);
    assert_ne!(second.1, first.1);
    let token = token(&mut platform, CM);
    platform.call(DeleteCredential { credential_id: made[0].descriptor.clone() }, &token).unwrap();
    let third = told(&mut platform);
    assert!(third.1 != second.1 && third.1 != first.1);
}

#[test]
fn the_preview_has_the_same_command_under_its_own_number() {
    let mut platform = Platform::with(Abilities { preview: true, ..Abilities::default() });
    platform.set_pin(Protocol::Two, PIN).unwrap();
    platform.register(resident(1), true).unwrap();
    assert!(platform.info().options.is_on(option::CREDENTIAL_MGMT_PREVIEW));
    assert!(platform.info().has_version("FIDO_2_1_PRE"));
    let token = token(&mut platform, CM);
    let call = Prototype(Call::proven(GetCredsMetadata {}, &token));
    assert_eq!(platform.send(&call).unwrap().existing, 1);
    // A key without the preview does not know the number.
    let mut plain = Platform::with_pin();
    assert_eq!(plain.raw(&call.encode()), Status::InvalidCommand.encode());
}
