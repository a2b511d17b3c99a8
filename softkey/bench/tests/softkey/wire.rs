//! A platform on a wire, and the program that it talks to.

use std::io::{BufRead, BufReader, Read};
use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use fob_ambient::Millis;
use fob_ctap::Strictness;
use fob_ctap::client_pin::{GetKeyAgreement, GetPinToken, SetPin};
use fob_ctap::cose::{Algorithm, PublicKey};
use fob_ctap::entity::{CredentialParameters, Descriptor, RpEntity, RpId, UserEntity, UserHandle};
use fob_ctap::extension::Extensions;
use fob_ctap::get_assertion::GetAssertion;
use fob_ctap::hid::{
    ChannelId, Deadlines, HidCommand, HidMessage, KeepaliveStatus, OpenStep, Opening, Report, Step, Transaction,
};
use fob_ctap::make_credential::{MakeCredential, Options};
use fob_ctap::pin::{Pin, Protocol, encapsulate};
use fob_ctap::{ReplyError, Status};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType};

/// Far beyond what anything here needs; a loaded machine is no failure.
const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const HASH: [u8; 32] = [9; 32];

/// The program, killed when the test is over.
pub(crate) struct Program {
    pub(crate) child: Child,
    pub(crate) ready: String,
}

impl Program {
    /// Starts it and waits until it says that it is ready.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert!(ready.starts_with("fob-softkey is ready on "), "it said {ready:?}");
        Self { child, ready }
    }

    pub(crate) fn signal(&mut self, signal: rustix::process::Signal) -> ExitStatus {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fob-softkey"));
    command.args(arguments).stderr(Stdio::piped()).env("RUST_LOG", "info");
    command
}

/// Runs it to its end: exit code, what it said on standard error.
pub(crate) fn ended(arguments: &[&str]) -> (Option<i32>, String) {
    let output = command(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// A wire that carries reports.
pub(crate) trait Wire {
    fn send(&mut self, report: &Report);
    fn receive(&mut self) -> Report;
}

pub(crate) struct Packets(OwnedFd);
pub(crate) struct Stream(UnixStream);
pub(crate) struct Datagrams(UdpSocket);

impl Packets {
    pub(crate) fn open(path: &Path) -> Self {
        let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None);
        let socket = socket.unwrap();
        rustix::net::connect(&socket, &SocketAddrUnix::new(path).unwrap()).unwrap();
        rustix::net::sockopt::set_socket_timeout(&socket, rustix::net::sockopt::Timeout::Recv, Some(PATIENCE)).unwrap();
        Self(socket)
    }

    pub(crate) fn into_socket(self) -> OwnedFd {
        self.0
    }

    /// What comes next; nothing when the key has gone.
    pub(crate) fn receive_some(&mut self, report: &mut Report) -> usize {
        rustix::net::recv(&self.0, &mut report[..], RecvFlags::empty()).map_or(0, |(length, _)| length)
    }

    pub(crate) fn send_bytes(&self, bytes: &[u8]) {
        rustix::net::send(&self.0, bytes, SendFlags::NOSIGNAL).unwrap();
    }
}

impl Wire for Packets {
    fn send(&mut self, report: &Report) {
        self.send_bytes(report);
    }

    fn receive(&mut self) -> Report {
        let mut report = [0; 64];
        let (length, _) = rustix::net::recv(&self.0, &mut report[..], RecvFlags::empty()).unwrap();
        assert_eq!(length, 64);
        report
    }
}

impl Stream {
    pub(crate) fn open(path: &Path) -> Self {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(stream)
    }
}

impl Wire for Stream {
    /// In two pieces: a stream knows no borders.
    fn send(&mut self, report: &Report) {
        use std::io::Write;
        self.0.write_all(&report[..10]).unwrap();
        self.0.write_all(&report[10..]).unwrap();
    }

    fn receive(&mut self) -> Report {
        let mut report = [0; 64];
        self.0.read_exact(&mut report).unwrap();
        report
    }
}

impl Datagrams {
    pub(crate) fn open(address: &str) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }
}

impl Wire for Datagrams {
    fn send(&mut self, report: &Report) {
        self.0.send(report).unwrap();
    }

    fn receive(&mut self) -> Report {
        let mut report = [0; 64];
        assert_eq!(self.0.recv(&mut report).unwrap(), 64);
        report
    }
}

/// A platform with a channel.
pub(crate) struct Platform<W> {
    pub(crate) wire: W,
    pub(crate) channel: ChannelId,
    pub(crate) keepalives: Vec<KeepaliveStatus>,
}

impl<W: Wire> Platform<W> {
    pub(crate) fn open(mut wire: W, nonce: [u8; 8]) -> Self {
        let (mut opening, report) = Opening::start(nonce, Millis(20_000));
        wire.send(&report);
        let opened = loop {
            if let OpenStep::Opened(reply) = opening.on_report(&wire.receive()).unwrap() {
                break reply;
            }
        };
        Self { wire, channel: opened.channel, keepalives: Vec::new() }
    }

    pub(crate) fn send_message(&mut self, command: HidCommand, data: &[u8]) -> HidMessage {
        let message = HidMessage::new(self.channel, command, data.to_vec()).unwrap();
        message.reports().for_each(|report| self.wire.send(&report));
        message
    }

    /// A whole transaction; `on_keepalive` sees each keepalive's number.
    pub(crate) fn transact(
        &mut self,
        command: HidCommand,
        data: &[u8],
        mut on_keepalive: impl FnMut(&mut Self, usize),
    ) -> Vec<u8> {
        let message = self.send_message(command, data);
        let deadlines = Deadlines { answer: Millis(20_000), silence: Millis(20_000) };
        let mut transaction = Transaction::start(&message, deadlines, Millis(0));
        self.keepalives.clear();
        loop {
            let report = self.wire.receive();
            match transaction.on_report(&report, Millis(0)).unwrap() {
                Step::Done(reply) => return reply,
                Step::Keepalive(status) => {
                    self.keepalives.push(status);
                    let number = self.keepalives.len();
                    on_keepalive(self, number);
                }
                Step::Foreign | Step::Partial => {}
            }
        }
    }

    pub(crate) fn send<C: fob_ctap::Command>(&mut self, command: &C) -> Result<C::Reply, Status> {
        let reply = self.transact(HidCommand::Cbor, &command.encode(), |_, _| {});
        C::decode_reply(&reply, Strictness::Canonical).map_err(|error| match error {
            ReplyError::Status(status) => status,
            ReplyError::Malformed(malformed) => panic!("the key answered nonsense: {malformed}"),
        })
    }

    /// Registers: how to name the credential, its public key, the counter.
    pub(crate) fn register(&mut self, resident: bool) -> (Descriptor, Vec<u8>, u32) {
        let reply = self.send(&registration(resident)).unwrap();
        let data = reply.authenticator_data(Strictness::Canonical).unwrap();
        let attested = data.attested_credential.unwrap();
        let PublicKey::Es256(point) = attested.public_key else { panic!("not ES256") };
        (Descriptor::public_key(attested.id), point.to_sec1().to_vec(), data.counter)
    }

    /// Signs in and checks the signature: the counter.
    pub(crate) fn sign_in(&mut self, credential: &(Descriptor, Vec<u8>, u32)) -> u32 {
        let reply = self.send(&assertion(&credential.0)).unwrap();
        let algorithm = &ring::signature::ECDSA_P256_SHA256_ASN1;
        let key = ring::signature::UnparsedPublicKey::new(algorithm, &credential.1);
        key.verify(&[reply.auth_data.as_slice(), &HASH].concat(), &reply.signature).unwrap();
        reply.authenticator_data(Strictness::Canonical).unwrap().counter
    }

    pub(crate) fn set_pin(&mut self, pin: &str) {
        let (protocol, rng) = (Protocol::Two, &mut fob_ambient::SystemRng::new());
        let theirs = self.send(&GetKeyAgreement { protocol }).unwrap().key;
        let (key_agreement, shared) = encapsulate(protocol, &theirs, rng).unwrap();
        let new_pin_enc = shared.encrypt_pin(&Pin::new(pin.to_owned()).unwrap(), rng);
        let pin_uv_auth_param = shared.authenticate(&new_pin_enc);
        self.send(&SetPin { key_agreement, new_pin_enc, pin_uv_auth_param, protocol }).unwrap();
    }

    pub(crate) fn try_pin(&mut self, pin: &str) -> Result<(), Status> {
        let (protocol, rng) = (Protocol::Two, &mut fob_ambient::SystemRng::new());
        let theirs = self.send(&GetKeyAgreement { protocol }).unwrap().key;
        let (key_agreement, shared) = encapsulate(protocol, &theirs, rng).unwrap();
        let pin_hash_enc = shared.encrypt_pin_hash(&Pin::new(pin.to_owned()).unwrap().hash(), rng);
        let command = GetPinToken { key_agreement, pin_hash_enc, permissions: None, rp_id: None, protocol };
        self.send(&command).map(drop)
    }
}

pub(crate) fn registration(resident: bool) -> MakeCredential {
    registration_of(1, resident)
}

/// For the account of this number.
pub(crate) fn registration_of(account: u8, resident: bool) -> MakeCredential {
    MakeCredential {
        client_data_hash: HASH,
        rp: RpEntity { id: RpId::new("site.example"), name: None },
        user: UserEntity { id: UserHandle::new([account]).unwrap(), name: None, display_name: None },
        pub_key_cred_params: vec![CredentialParameters::public_key(Algorithm::ES256)],
        exclude_list: Vec::new(),
        extensions: Extensions::default(),
        options: Options { rk: Some(resident), ..Options::default() },
        pin_uv_auth_param: None,
        pin_uv_auth_protocol: None,
        enterprise_attestation: None,
        attestation_formats_preference: Vec::new(),
    }
}

pub(crate) fn assertion(credential: &Descriptor) -> GetAssertion {
    GetAssertion {
        rp_id: RpId::new("site.example"),
        client_data_hash: HASH,
        allow_list: vec![credential.clone()],
        extensions: Extensions::default(),
        options: Options::default(),
        pin_uv_auth_param: None,
        pin_uv_auth_protocol: None,
    }
}
