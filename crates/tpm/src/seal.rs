//! Sealing and unsealing: the commands in their order.

use fob_ambient::Rng;
use zeroize::Zeroizing;

use crate::blob::Blob;
use crate::bytes::{Reader, sized};
use crate::session::{DECRYPT, ENCRYPT, Salt, Session, sha256};
use crate::template::{self, ALG_SHA256};
use crate::{SECRET_LENGTH, TpmError, Wire};

/// Tags of commands without and with sessions.
const NO_SESSIONS: u16 = 0x8001;
const SESSIONS: u16 = 0x8002;
/// The owner's hierarchy, the null handle, the session that is a plain (here: empty) password.
const OWNER: u32 = 0x4000_0001;
const NULL: u32 = 0x4000_0007;
const PASSWORD: u32 = 0x4000_0009;

const CREATE_PRIMARY: u32 = 0x0131;
const CREATE: u32 = 0x0153;
const LOAD: u32 = 0x0157;
const UNSEAL: u32 = 0x015e;
const FLUSH_CONTEXT: u32 = 0x0165;
const START_AUTH_SESSION: u32 = 0x0176;

/// Response codes (part 2, section 6.6); of those about a session the low bits.
const LOCKOUT: u32 = 0x0921;
const AUTH_FAIL: u32 = 0x008e;
const BAD_AUTH: u32 = 0x00a2;
const INTEGRITY: u32 = 0x009f;
/// "The same again, please": codes that are no refusal (part 1, section 19.8.5: the first use of an object after a start
/// writes to the TPM's memory before it is admitted).
const AGAIN: [u32; 3] = [0x0908, 0x090a, 0x0922];
/// How often a command is sent again.
const TRIES: usize = 50;
/// The bits that say which kind of refusal a format-1 code is, whatever it is about.
const FORMAT_1: u32 = 0x00bf;

/// Seals a secret; what comes back is to be kept. With a PIN the TPM counts wrong ones.
///
/// # Errors
/// [`TpmError`].
pub fn seal(
    wire: &mut dyn Wire,
    secret: &[u8; SECRET_LENGTH],
    pin: Option<&[u8]>,
    rng: &mut dyn Rng,
) -> Result<Vec<u8>, TpmError> {
    let mut tpm = Tpm { wire, rng, handles: Vec::new() };
    let sealed = tpm.seal(secret, pin);
    tpm.flush();
    sealed
}

/// Gives back what was sealed.
///
/// # Errors
/// [`TpmError`]: a wrong PIN, a TPM that is locked, another TPM; [`TpmError::PinWanted`] without asking the TPM, which would
/// count it as a wrong PIN.
pub fn unseal(
    wire: &mut dyn Wire,
    blob: &[u8],
    pin: Option<&[u8]>,
    rng: &mut dyn Rng,
) -> Result<Zeroizing<[u8; SECRET_LENGTH]>, TpmError> {
    let blob = Blob::from_bytes(blob)?;
    // Whether a PIN is to be asked stands in the vault's header, which nothing has authenticated by now.
    if pin.is_none() && !template::is_free(&blob.public)? {
        return Err(TpmError::PinWanted);
    }
    let mut tpm = Tpm { wire, rng, handles: Vec::new() };
    let unsealed = tpm.unseal(&blob, pin);
    tpm.flush();
    unsealed
}

/// A storage key that is loaded.
struct Parent {
    handle: u32,
    name: Vec<u8>,
    point: ([u8; 32], [u8; 32]),
}

struct Tpm<'a> {
    wire: &'a mut dyn Wire,
    rng: &'a mut dyn Rng,
    /// What is to be flushed at the end.
    handles: Vec<u32>,
}

impl Tpm<'_> {
    fn seal(&mut self, secret: &[u8; SECRET_LENGTH], pin: Option<&[u8]>) -> Result<Vec<u8>, TpmError> {
        let parent = self.parent()?;
        let mut session = self.session(&parent, Zeroizing::default())?;
        // The sensitive part, then the public one, no outside info, no PCRs.
        let parameters = creation(&pin_value(pin), pin.is_some(), secret);
        let response = self.in_session(&mut session, CREATE, &[(parent.handle, &parent.name)], parameters, DECRYPT)?;
        let mut reader = Reader(&response);
        let (private, public) = (reader.sized()?.to_vec(), reader.sized()?.to_vec());
        Ok(Blob { parent: parent.name, public, private }.to_bytes())
    }

    fn unseal(&mut self, blob: &Blob, pin: Option<&[u8]>) -> Result<Zeroizing<[u8; SECRET_LENGTH]>, TpmError> {
        let parent = self.parent()?;
        if parent.name != blob.parent {
            return Err(TpmError::AnotherTpm);
        }
        let (handle, name) = self.load(&parent, blob)?;
        let mut session = self.session(&parent, pin_value(pin))?;
        let response = self.in_session(&mut session, UNSEAL, &[(handle, &name)], Zeroizing::default(), ENCRYPT)?;
        let unsealed: &[u8; SECRET_LENGTH] = Reader(&response).sized()?.try_into().map_err(|_| TpmError::Nonsense)?;
        let mut secret = Zeroizing::new([0; SECRET_LENGTH]);
        secret.copy_from_slice(unsealed);
        Ok(secret)
    }

    /// The storage key: made from the owner's seed, the same each time.
    fn parent(&mut self) -> Result<Parent, TpmError> {
        let sensitive = sized(&[sized(&[]), sized(&[])].concat());
        let parameters =
            [sensitive, sized(&template::storage_key()), sized(&[]), 0_u32.to_be_bytes().to_vec()].concat();
        let (handle, response) = self.with_empty_password(CREATE_PRIMARY, OWNER, &parameters)?;
        let public = Reader(&response).sized()?.to_vec();
        // The name is computed, not believed.
        Ok(Parent { handle, name: name_of(&public), point: template::point(&public)? })
    }

    fn load(&mut self, parent: &Parent, blob: &Blob) -> Result<(u32, Vec<u8>), TpmError> {
        let parameters = [sized(&blob.private), sized(&blob.public)].concat();
        let (handle, _) = self.with_empty_password(LOAD, parent.handle, &parameters).map_err(|error| match error {
            TpmError::Refused(code) if code & FORMAT_1 == INTEGRITY => TpmError::AnotherTpm,
            other => other,
        })?;
        Ok((handle, name_of(&blob.public)))
    }

    /// A session salted to the storage key, for what has this authorisation value.
    fn session(&mut self, parent: &Parent, auth: Zeroizing<Vec<u8>>) -> Result<Session, TpmError> {
        let salt = Salt::with(&parent.point, self.rng)?;
        let nonce = Session::nonce(self.rng);
        let handles = [parent.handle.to_be_bytes(), NULL.to_be_bytes()].concat();
        // An HMAC session (0) with AES-128-CFB and SHA-256.
        let kind = [0, 0, 0x06, 0, 128, 0, 0x43];
        let parameters = [sized(&nonce).as_slice(), &salt.encrypted, &kind, &ALG_SHA256.to_be_bytes()].concat();
        let response = self.send(NO_SESSIONS, START_AUTH_SESSION, &[handles, parameters].concat())?;
        let mut reader = Reader(&response);
        let handle = reader.u32()?;
        self.handles.push(handle);
        Ok(Session::opened(handle, &salt, nonce, reader.sized()?, auth))
    }

    /// A command that loads something, for a handle whose authorisation value is empty.
    fn with_empty_password(&mut self, code: u32, handle: u32, parameters: &[u8]) -> Result<(u32, Vec<u8>), TpmError> {
        let area = [PASSWORD.to_be_bytes().as_slice(), &sized(&[]), &[0], &sized(&[])].concat();
        let body = [handle.to_be_bytes().as_slice(), &area_of(&area), parameters].concat();
        let response = self.send(SESSIONS, code, &body)?;
        let mut reader = Reader(&response);
        let loaded = reader.u32()?;
        self.handles.push(loaded);
        let length = usize::try_from(reader.u32()?).map_err(|_| TpmError::Nonsense)?;
        Ok((loaded, reader.take(length)?.to_vec()))
    }

    /// A command for one handle in a session: its parameters, decrypted.
    fn in_session(
        &mut self,
        session: &mut Session,
        code: u32,
        handles: &[(u32, &[u8])],
        mut parameters: Zeroizing<Vec<u8>>,
        attributes: u8,
    ) -> Result<Zeroizing<Vec<u8>>, TpmError> {
        let names: Vec<&[u8]> = handles.iter().map(|(_, name)| *name).collect();
        let signed = session.sign(code, &names, &mut parameters, attributes, self.rng);
        // What must not be read is encrypted by now.
        let handles: Vec<u8> = handles.iter().flat_map(|(handle, _)| handle.to_be_bytes()).collect();
        let body = [handles.as_slice(), &area_of(&signed.area), &parameters].concat();
        let response = self.send(SESSIONS, code, &body)?;
        let mut reader = Reader(&response);
        let length = usize::try_from(reader.u32()?).map_err(|_| TpmError::Nonsense)?;
        let mut parameters = Zeroizing::new(reader.take(length)?.to_vec());
        let nonce = reader.sized()?;
        let attributes = reader.take(1)?.first().copied().unwrap_or_default();
        session.verify(code, &signed, (nonce, attributes, reader.sized()?), &mut parameters)?;
        Ok(parameters)
    }

    fn send(&mut self, tag: u16, code: u32, body: &[u8]) -> Result<Vec<u8>, TpmError> {
        let length = u32::try_from(body.len() + 10).map_err(|_| TpmError::Nonsense)?;
        let command = [tag.to_be_bytes().as_slice(), &length.to_be_bytes(), &code.to_be_bytes(), body].concat();
        let mut response = self.wire.transmit(&command)?;
        for _ in 0..TRIES {
            let wants_more =
                response.get(6..10).is_some_and(|code| AGAIN.map(u32::to_be_bytes).iter().any(|again| again == code));
            if !wants_more {
                break;
            }
            self.wire.pause();
            response = self.wire.transmit(&command)?;
        }
        let mut reader = Reader(&response);
        reader.u16()?;
        let length = reader.u32()?;
        let code = reader.u32()?;
        if usize::try_from(length) != Ok(response.len()) {
            return Err(TpmError::Nonsense);
        }
        match code {
            0 => Ok(reader.0.to_vec()),
            LOCKOUT => Err(TpmError::LockedOut),
            wrong if [AUTH_FAIL, BAD_AUTH].contains(&(wrong & FORMAT_1)) => Err(TpmError::WrongPin),
            other => Err(TpmError::Refused(other)),
        }
    }

    /// Leaves nothing behind, as far as the TPM lets it.
    fn flush(&mut self) {
        for handle in std::mem::take(&mut self.handles).into_iter().rev() {
            let _ = self.send(NO_SESSIONS, FLUSH_CONTEXT, &handle.to_be_bytes());
        }
    }
}

/// The parameters of Create: the sensitive part (the authorisation value and the secret), the public one, no outside
/// info, no PCRs. Written into one buffer that never grows, so that nothing is left behind in a smaller one.
fn creation(auth: &[u8], behind_pin: bool, secret: &[u8; SECRET_LENGTH]) -> Zeroizing<Vec<u8>> {
    let length = |part: usize| u16::try_from(part).expect("a hash and a secret are short").to_be_bytes();
    let public = sized(&template::sealed_object(behind_pin));
    let sensitive = 2 + auth.len() + 2 + secret.len();
    let rest = [public.as_slice(), &sized(&[]), &0_u32.to_be_bytes()].concat();
    let mut parameters = Zeroizing::new(Vec::with_capacity(2 + sensitive + rest.len()));
    for part in [length(sensitive).as_slice(), &length(auth.len()), auth, &length(secret.len()), secret, &rest] {
        parameters.extend_from_slice(part);
    }
    parameters
}

/// An object's name (part 1, section 16): the hash algorithm, and the hash of the public area.
fn name_of(public: &[u8]) -> Vec<u8> {
    [ALG_SHA256.to_be_bytes().as_slice(), &sha256(&[public])].concat()
}

fn area_of(area: &[u8]) -> Vec<u8> {
    let length = u32::try_from(area.len()).expect("one session has some hundred bytes at most");
    [length.to_be_bytes().as_slice(), area].concat()
}

/// The authorisation value of a PIN: a hash, since a TPM takes at most 32 bytes, and without zeros at its end, since a
/// TPM drops them (part 1, section 19.4).
fn pin_value(pin: Option<&[u8]>) -> Zeroizing<Vec<u8>> {
    let Some(pin) = pin else { return Zeroizing::default() };
    let hash = Zeroizing::new(sha256(&[b"fob tpm pin\0", pin]));
    let mut value = Zeroizing::new(hash.to_vec());
    while value.last() == Some(&0) {
        value.pop();
    }
    value
}
