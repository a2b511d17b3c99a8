//! A key's answer to being managed: the first byte chooses the command, the rest is the reply.

use fob_ctap::bio_enrollment::{
    EnrollBegin, EnrollCaptureNextSample, EnumerateEnrollments, GetFingerprintSensorInfo, GetModality,
};
use fob_ctap::credential_management::{
    EnumerateCredentialsBegin, EnumerateCredentialsNext, EnumerateRpsBegin, EnumerateRpsNext, GetCredsMetadata,
};
use fob_ctap::large_blobs::GetFragment;
use fob_ctap::subcommand::{Call, Prototype};

use crate::ctap_reply::settles;

/// A reply that is taken can be written anew, and is then the only way to write it.
pub fn management_reply(data: &[u8]) {
    let Some((command, reply)) = data.split_first() else { return };
    match command % 12 {
        0 => settles::<Call<GetCredsMetadata>>(reply),
        1 => settles::<Call<EnumerateRpsBegin>>(reply),
        2 => settles::<Call<EnumerateRpsNext>>(reply),
        3 => settles::<Call<EnumerateCredentialsBegin>>(reply),
        4 => settles::<Call<EnumerateCredentialsNext>>(reply),
        5 => settles::<Prototype<EnumerateCredentialsNext>>(reply),
        6 => settles::<GetModality>(reply),
        7 => settles::<Call<GetFingerprintSensorInfo>>(reply),
        8 => settles::<Call<EnrollBegin>>(reply),
        9 => settles::<Call<EnrollCaptureNextSample>>(reply),
        10 => settles::<Call<EnumerateEnrollments>>(reply),
        _ => settles::<GetFragment>(reply),
    }
}
