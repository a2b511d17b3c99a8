//! Inputs and outputs of extensions: a CBOR map by name.

use std::fmt::Debug;

use fob_ctap::extension::Extensions;
use fob_ctap::extension::sets::{
    GetAssertionInputs, GetAssertionOutputs, GetAssertionUnsignedOutputs, MakeCredentialInputs, MakeCredentialOutputs,
    MakeCredentialUnsignedOutputs,
};
use fob_ctap::{Malformed, Map, Strictness};

use crate::members;

/// What is taken means the same when it is written anew.
pub fn extensions(data: &[u8]) {
    let Some(map) = members(data, Strictness::Lenient) else { return };
    settles::<MakeCredentialInputs>(&map);
    settles::<MakeCredentialOutputs>(&map);
    settles::<MakeCredentialUnsignedOutputs>(&map);
    settles::<GetAssertionInputs>(&map);
    settles::<GetAssertionOutputs>(&map);
    settles::<GetAssertionUnsignedOutputs>(&map);
}

fn settles<S>(map: &Map)
where
    S: PartialEq + Debug,
    for<'a> S: TryFrom<&'a Map, Error = Malformed>,
    for<'a> Extensions: From<&'a S>,
{
    if let Ok(set) = S::try_from(map) {
        assert_eq!(S::try_from(Extensions::from(&set).as_map()), Ok(set));
    }
}
