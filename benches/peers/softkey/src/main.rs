//! soft-fido2 as a key behind a unix socket of type SOCK_STREAM, 64 bytes a report: its own authenticator and its own
//! CTAPHID, with a map in memory as their store and a touch that is always there, as in its example for browsers.
//!
//! usage: peer-soft-fido2 SOCKET

use std::collections::HashMap;
use std::error::Error;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use soft_fido2::{
    Authenticator, AuthenticatorCallbacks, AuthenticatorConfig, AuthenticatorOptions, Credential, CredentialRef,
    Result, UpResult, UvResult,
};
use soft_fido2_transport::{Cmd, CommandHandler, CtapHidHandler, Packet};

/// Bytes of a report.
const REPORT: usize = 64;
/// More than one run registers.
const CAPACITY: usize = 100_000;

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: peer-soft-fido2 SOCKET")?;
    let options = AuthenticatorOptions::new().with_resident_keys(true).with_user_presence(true);
    let config = AuthenticatorConfig::builder().max_credentials(CAPACITY).options(options).build();
    let key = Key(Authenticator::with_config(Memory::default(), config).map_err(|error| format!("{error:?}"))?);
    let mut handler = CtapHidHandler::new(key);
    let listener = UnixListener::bind(path)?;
    loop {
        let (stream, _) = listener.accept()?;
        // A client that goes is no reason to end.
        let _ = serve(stream, &mut handler);
    }
}

/// Answers until the client goes.
fn serve(mut stream: UnixStream, handler: &mut CtapHidHandler<Key>) -> std::io::Result<()> {
    let mut report = [0; REPORT];
    loop {
        stream.read_exact(&mut report)?;
        let answer = handler.process_packet(Packet::from_bytes(report)).unwrap_or_default();
        let bytes: Vec<u8> = answer.iter().flat_map(|packet| *packet.as_bytes()).collect();
        stream.write_all(&bytes)?;
    }
}

/// The authenticator behind the framing.
struct Key(Authenticator<Memory>);

impl CommandHandler for Key {
    fn handle_command(&mut self, command: Cmd, data: &[u8]) -> soft_fido2_transport::Result<Vec<u8>> {
        if command != Cmd::Cbor {
            return Err(soft_fido2_transport::Error::InvalidCommand);
        }
        let mut answer = Vec::new();
        let failed = |error| soft_fido2_transport::Error::Other(format!("{error:?}"));
        self.0.handle(data, &mut answer).map_err(failed)?;
        Ok(answer)
    }
}

/// What the authenticator asks of its surroundings.
#[derive(Default)]
struct Memory(Mutex<HashMap<Vec<u8>, Credential>>);

impl Memory {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<Vec<u8>, Credential>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl AuthenticatorCallbacks for Memory {
    fn request_up(&self, _: &str, _: Option<&str>, _: &str) -> Result<UpResult> {
        Ok(UpResult::Accepted)
    }

    fn request_uv(&self, _: &str, _: Option<&str>, _: &str) -> Result<UvResult> {
        Ok(UvResult::Accepted)
    }

    fn write_credential(&self, credential: &CredentialRef<'_>) -> Result<()> {
        self.with(|kept| kept.insert(credential.id.to_vec(), credential.to_owned()));
        Ok(())
    }

    fn read_credential(&self, id: &[u8]) -> Result<Option<Credential>> {
        Ok(self.with(|kept| kept.get(id).cloned()))
    }

    fn delete_credential(&self, id: &[u8]) -> Result<()> {
        self.with(|kept| kept.remove(id));
        Ok(())
    }

    fn list_credentials(&self, rp_id: &str, user_id: Option<&[u8]>) -> Result<Vec<Credential>> {
        let wanted = |one: &&Credential| one.rp.id == rp_id && user_id.is_none_or(|user| one.user.id == user);
        Ok(self.with(|kept| kept.values().filter(wanted).cloned().collect()))
    }

    fn enumerate_rps(&self) -> Result<Vec<(String, Option<String>, usize)>> {
        let mut parties: HashMap<String, (Option<String>, usize)> = HashMap::new();
        self.with(|kept| {
            for one in kept.values() {
                parties.entry(one.rp.id.clone()).or_insert_with(|| (one.rp.name.clone(), 0)).1 += 1;
            }
        });
        Ok(parties.into_iter().map(|(id, (name, count))| (id, name, count)).collect())
    }

    fn credential_count(&self) -> Result<usize> {
        Ok(self.with(|kept| kept.len()))
    }

    fn get_timestamp_ms(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
    }
}
