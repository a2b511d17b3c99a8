//! authenticatorLargeBlobs (§6.10.2): the array is read and written in fragments. What is in it, the key does not ask.

use fob_ambient::Millis;
use fob_ctap::client_pin::Permissions;
use fob_ctap::large_blobs::{Fragment, GetFragment, LargeBlobs, SetFragment, array};
use fob_ctap::{Command, Status};

use crate::Authenticator;
use crate::authenticator::Caller;
use crate::state::Change;

/// Shortest array: an empty one with its checksum.
const SHORTEST: usize = array::EMPTY.len();

/// An array that is being written. It takes the old one's place when it is whole.
#[derive(Debug)]
pub(crate) struct BlobWrite {
    bytes: Vec<u8>,
    length: usize,
    caller: Caller,
}

impl Authenticator {
    pub(super) fn large_blobs(&mut self, request: LargeBlobs, caller: Caller, now: Millis) -> Result<Vec<u8>, Status> {
        match request {
            LargeBlobs::Get(get) => self.fragment(get).map(|fragment| GetFragment::encode_reply(&fragment)),
            LargeBlobs::Set(set) => self.write_fragment(&set, caller, now).map(|()| SetFragment::encode_reply(&())),
        }
    }

    fn fragment(&self, request: GetFragment) -> Result<Fragment, Status> {
        if request.get > self.abilities.max_fragment() as u64 {
            return Err(Status::InvalidLength);
        }
        let rest = usize::try_from(request.offset).ok().and_then(|offset| self.state.large_blobs.get(offset..));
        let rest = rest.ok_or(Status::InvalidParameter)?;
        let end = usize::try_from(request.get).unwrap_or(usize::MAX).min(rest.len());
        Ok(Fragment { config: rest.get(..end).unwrap_or_default().to_vec() })
    }

    fn write_fragment(&mut self, request: &SetFragment, caller: Caller, now: Millis) -> Result<(), Status> {
        if request.set.len() > self.abilities.max_fragment() {
            return Err(Status::InvalidLength);
        }
        let offset = usize::try_from(request.offset).unwrap_or(usize::MAX);
        let mut write = match request.length {
            Some(length) => BlobWrite { bytes: Vec::new(), length: self.room_for(length)?, caller },
            None => self.blob_write.take().filter(|write| write.caller == caller).ok_or(Status::InvalidSequence)?,
        };
        if offset != write.bytes.len() {
            self.blob_write = Some(write);
            return Err(Status::InvalidSequence);
        }
        self.may_write(request, now)?;
        if request.set.len() > write.length.saturating_sub(offset) {
            return Err(Status::InvalidParameter);
        }
        write.bytes.extend(&request.set);
        if write.bytes.len() < write.length {
            self.blob_write = Some(write);
            return Ok(());
        }
        if !array::has_checksum(&write.bytes) {
            return Err(Status::IntegrityFailure);
        }
        self.commit(vec![Change::LargeBlobs(write.bytes)])
    }

    fn room_for(&self, length: u64) -> Result<usize, Status> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > self.abilities.large_blobs.array().unwrap_or(0) {
            return Err(Status::LargeBlobStorageFull);
        }
        if length < SHORTEST {
            return Err(Status::InvalidParameter);
        }
        Ok(length)
    }

    fn may_write(&mut self, request: &SetFragment, now: Millis) -> Result<(), Status> {
        if !self.is_protected() && !self.always_uv() {
            return Ok(());
        }
        let proof = request.pin_uv_auth_param.as_deref().ok_or(Status::PuatRequired)?;
        let protocol = self.protocol(request.pin_uv_auth_protocol)?;
        let token = &mut self.pins.protocol(protocol).token;
        let proven = token.verify(&request.message(), proof, now);
        match proven && token.permits(Permissions::LARGE_BLOB_WRITE) {
            true => Ok(()),
            false => Err(Status::PinAuthInvalid),
        }
    }
}
