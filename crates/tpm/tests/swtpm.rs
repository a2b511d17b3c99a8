//! Against IBM's and the libtpms project's TPM in software, which shares no code with us. Without `swtpm` these are
//! skipped; with `FOB_JUDGES=1` it must be there.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fob_ambient::SystemRng;
use fob_tpm::{TpmError, Wire, seal, unseal};
use tempfile::TempDir;

/// A TPM of its own, which dies with this value.
struct Swtpm {
    child: Child,
    folder: TempDir,
}

/// The wire to it, and everything that crossed it.
struct Recorded {
    stream: UnixStream,
    crossed: Vec<u8>,
}

impl Wire for Recorded {
    fn transmit(&mut self, command: &[u8]) -> io::Result<Vec<u8>> {
        self.stream.write_all(command)?;
        let mut head = [0; 10];
        self.stream.read_exact(&mut head)?;
        let length = u32::from_be_bytes(*head[2..].first_chunk().expect("four bytes")) as usize;
        let mut response = head.to_vec();
        response.resize(length, 0);
        self.stream.read_exact(response.get_mut(10..).unwrap_or_default())?;
        self.crossed.extend_from_slice(command);
        self.crossed.extend_from_slice(&response);
        Ok(response)
    }
}

impl Swtpm {
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let socket = folder.path().join("socket");
        let mut command = Command::new("swtpm");
        command.args(["socket", "--tpm2", "--flags", "startup-clear"]);
        command.arg("--tpmstate").arg(format!("dir={}", folder.path().display()));
        command.arg("--server").arg(format!("type=unixio,path={}", socket.display()));
        let Ok(child) = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn() else {
            assert!(std::env::var_os("FOB_JUDGES").is_none(), "FOB_JUDGES is set, and there is no swtpm");
            eprintln!("skipped: no swtpm");
            return None;
        };
        Some(Self { child, folder })
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn wire(&self) -> Recorded {
        // It listens a moment after it starts.
        for _ in 0..500 {
            if let Ok(stream) = UnixStream::connect(self.socket()) {
                return Recorded { stream, crossed: Vec::new() };
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("swtpm does not listen");
    }
}

impl Drop for Swtpm {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const SECRET: [u8; 32] = *b"thirty-two bytes, all for a slot";

#[test]
fn what_was_sealed_is_unsealed_and_never_crosses_the_wire() {
    let Some(tpm) = Swtpm::start() else { return };
    let mut wire = tpm.wire();
    let rng = &mut SystemRng::new();
    for pin in [None, Some(&b"4711"[..])] {
        let blob = seal(&mut wire, &SECRET, pin, rng).unwrap();
        assert!(blob.len() < 600, "{} bytes fit into a slot", blob.len());
        for _ in 0..5 {
            assert_eq!(*unseal(&mut wire, &blob, pin, rng).unwrap(), SECRET, "and nothing is left behind");
        }
        assert!(!blob.windows(8).any(|part| part == &SECRET[..8]));
    }
    assert!(wire.crossed.len() > 1000);
    for secret in [&SECRET[..8], b"4711"] {
        assert!(!wire.crossed.windows(secret.len()).any(|part| part == secret));
    }
}

#[test]
fn a_wrong_pin_is_counted_until_the_tpm_locks_itself() {
    let Some(tpm) = Swtpm::start() else { return };
    let mut wire = tpm.wire();
    let rng = &mut SystemRng::new();
    let blob = seal(&mut wire, &SECRET, Some(b"4711"), rng).unwrap();
    let free = seal(&mut wire, &SECRET, None, rng).unwrap();
    assert!(matches!(unseal(&mut wire, &blob, Some(b"0000"), rng), Err(TpmError::WrongPin)));
    assert!(unseal(&mut wire, &blob, Some(b"4711"), rng).is_ok());
    let wrong = Some(&b"0000"[..]);
    let locked = (0..100).position(|_| matches!(unseal(&mut wire, &blob, wrong, rng), Err(TpmError::LockedOut)));
    assert!(locked.is_some_and(|tries| tries > 0), "{locked:?}");
    assert!(matches!(unseal(&mut wire, &blob, Some(b"4711"), rng), Err(TpmError::LockedOut)), "the right one too");
    assert_eq!(
        *unseal(&mut wire, &free, None, rng).unwrap(),
        SECRET,
        "what has no PIN is not kept from anybody by that"
    );
}

/// The slot says whether a PIN is to be asked, and nothing has authenticated that by then: somebody who turns it off would have
/// fobd try without one at each login, until the TPM locks itself against its owner.
#[test]
fn what_is_behind_a_pin_is_never_tried_without_one() {
    let Some(tpm) = Swtpm::start() else { return };
    let mut wire = tpm.wire();
    let rng = &mut SystemRng::new();
    let blob = seal(&mut wire, &SECRET, Some(b"4711"), rng).unwrap();
    let crossed = wire.crossed.len();
    for _ in 0..100 {
        assert!(matches!(unseal(&mut wire, &blob, None, rng), Err(TpmError::PinWanted)));
    }
    assert_eq!(wire.crossed.len(), crossed, "the TPM was not asked");
    assert_eq!(*unseal(&mut wire, &blob, Some(b"4711"), rng).unwrap(), SECRET);
}

#[test]
fn another_tpm_and_a_changed_blob_are_told_apart() {
    let (Some(tpm), Some(other)) = (Swtpm::start(), Swtpm::start()) else { return };
    let rng = &mut SystemRng::new();
    let mut wire = tpm.wire();
    let blob = seal(&mut wire, &SECRET, None, rng).unwrap();
    assert!(matches!(unseal(&mut other.wire(), &blob, None, rng), Err(TpmError::AnotherTpm)));
    for at in 0..blob.len() {
        let mut changed = blob.clone();
        changed[at] ^= 1;
        assert!(unseal(&mut wire, &changed, None, rng).is_err(), "byte {at}");
    }
    assert!(matches!(unseal(&mut wire, b"nonsense", None, rng), Err(TpmError::Damaged)));
    assert_eq!(*unseal(&mut wire, &blob, None, rng).unwrap(), SECRET);
}

/// A wire to something that is no TPM.
struct Noise(Vec<u8>);

impl Wire for Noise {
    fn transmit(&mut self, _command: &[u8]) -> io::Result<Vec<u8>> {
        Ok(self.0.clone())
    }
}

#[test]
fn what_is_no_answer_is_no_panic() {
    let rng = &mut SystemRng::new();
    let short: &[&[u8]] =
        &[b"", b"\x80", &[0x80, 2, 0, 0, 0, 10, 0, 0, 0, 0], &[0x80, 2, 0, 0, 0, 14, 0, 0, 0, 0, 0, 0, 0, 1]];
    for response in short {
        assert!(matches!(seal(&mut Noise(response.to_vec()), &SECRET, None, rng), Err(TpmError::Nonsense)));
    }
    for length in 10..200_u32 {
        let mut response = vec![0x80, 2];
        response.extend_from_slice(&length.to_be_bytes());
        response.resize(10, 0);
        response.resize(length as usize, 0x23);
        assert!(seal(&mut Noise(response), &SECRET, None, rng).is_err());
    }
    let refused = vec![0x80, 1, 0, 0, 0, 10, 0, 0, 1, 1];
    assert!(matches!(seal(&mut Noise(refused), &SECRET, None, rng), Err(TpmError::Refused(0x101))));
}
