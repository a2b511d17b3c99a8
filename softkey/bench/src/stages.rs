//! What stands between the framing and the authenticator: a model's limits and getInfo, and answers that go wrong.

use fob_ctap::{Status, Strictness};

use crate::fault::ResponseFaults;
use crate::profile::{Own, Profile, names_one, unnamed};

const MAKE_CREDENTIAL: u8 = 0x01;
const GET_INFO: u8 = 0x04;

/// The stages of one key. Without profile and faults all goes through as it is.
#[derive(Debug)]
pub(crate) struct Stages {
    pub(crate) faults: ResponseFaults,
    profile: Option<(Profile, Own)>,
    strictness: Strictness,
    command: u8,
    /// The answer names no credential.
    unnamed: bool,
}

impl Stages {
    /// With these faults, as this model.
    pub(crate) fn new(faults: ResponseFaults, profile: Option<(Profile, Own)>, strictness: Strictness) -> Self {
        faults.pretend(profile.as_ref().and_then(|(profile, _)| profile.aaguid()));
        Self { faults, profile, strictness, command: 0, unnamed: false }
    }

    /// A request as the authenticator gets it.
    ///
    /// # Errors
    /// The whole answer, if it does not get it.
    pub(crate) fn request(&mut self, request: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
        self.command = request.first().copied().unwrap_or_default();
        if let Some(status) = self.faults.begin(self.command) {
            return Err(vec![status]);
        }
        self.unnamed = self.profile.as_ref().is_some_and(|(profile, _)| {
            profile.leaves_only_credential_unnamed() && names_one(&request, self.strictness)
        });
        match &self.profile {
            Some((profile, _)) => profile.admit(request, self.strictness).map_err(Status::encode),
            None => Ok(request),
        }
    }

    /// A U2F request comes: none of this is about it.
    pub(crate) fn u2f(&mut self) {
        self.command = 0;
        self.faults.pass();
    }

    /// Room for discoverable credentials that the model has less of than this key, where this request wants some.
    pub(crate) fn capacity(&self) -> Option<u64> {
        let (profile, _) = self.profile.as_ref()?;
        profile.capacity().filter(|_| self.command == MAKE_CREDENTIAL)
    }

    /// An answer as the framing gets it.
    pub(crate) fn reply(&self, reply: Vec<u8>) -> Vec<u8> {
        let reply = match &self.profile {
            Some((profile, own)) if self.command == GET_INFO => profile.shape(reply, own),
            Some(_) if self.unnamed => unnamed(reply),
            _ => reply,
        };
        self.faults.reply(reply)
    }
}
