//! Letting the person choose a key by touching it.

use fob_ctap::Status;
use fob_ctap::cose::Algorithm;
use fob_ctap::entity::{CredentialParameters, RpEntity, RpId, UserEntity, UserHandle};
use fob_ctap::extension::Extensions;
use fob_ctap::get_info::{Info, option, version};
use fob_ctap::make_credential::{MakeCredential, Options};
use fob_ctap::pin::Protocol;
use fob_ctap::selection::Selection;

use crate::{KeyError, Session, Watch};

/// The RP of credentials that nobody keeps. No site can have this name (RFC 6761 §6.4).
const NOBODY: &str = "select.fob.invalid";

/// Blinks until touched. With several keys, run one of these on each and cancel the others after the first touch.
///
/// # Errors
/// [`KeyError::Refused`] if the person said no or nobody came, else see [`Session::call`].
pub fn select(session: &mut Session, watch: &mut Watch<'_>) -> Result<(), KeyError> {
    let info = session.info();
    if info.has_version(version::FIDO_2_1) || info.has_version(version::FIDO_2_3) {
        match session.call(&Selection, watch) {
            Err(KeyError::Refused(Status::InvalidCommand)) => {}
            other => return other,
        }
    }
    let dummy = dummy(session.info());
    match session.call(&dummy, watch) {
        Ok(_) => Ok(()),
        // What a key says to an empty pinUvAuthParam, once it was touched (§6.1.2 step 1).
        Err(KeyError::Refused(Status::PinInvalid | Status::PinNotSet | Status::PinAuthInvalid)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// A credential for nobody, for keys that have no authenticatorSelection. One that takes PINs makes none; another makes
/// one that it does not store.
fn dummy(info: &Info) -> MakeCredential {
    let takes_pins = info.options.is_known(option::CLIENT_PIN);
    MakeCredential {
        client_data_hash: [0; 32],
        rp: RpEntity { id: RpId::new(NOBODY), name: Some(NOBODY.to_owned()) },
        user: UserEntity {
            id: UserHandle::new([1]).expect("one byte is no more than 64"),
            name: Some(NOBODY.to_owned()),
            display_name: None,
        },
        pub_key_cred_params: vec![CredentialParameters::public_key(Algorithm::ES256)],
        exclude_list: Vec::new(),
        extensions: Extensions::default(),
        options: Options::default(),
        pin_uv_auth_param: takes_pins.then(Vec::new),
        pin_uv_auth_protocol: takes_pins.then_some(Protocol::One.number()),
        enterprise_attestation: None,
        attestation_formats_preference: Vec::new(),
    }
}
