//! Both kinds of socket, over pairs.

use std::os::unix::net::UnixStream;

use fob_ambient::{FakeClock, UnixTime};

use super::*;
use crate::CancelToken;

fn packets() -> (SocketLink, OwnedFd) {
    let kind = SocketType::SEQPACKET;
    let (ours, theirs) = rustix::net::socketpair(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None).unwrap();
    (SocketLink::seqpacket(ours), theirs)
}

fn send(socket: &OwnedFd, bytes: &[u8]) {
    assert_eq!(rustix::net::send(socket, bytes, SendFlags::empty()).unwrap(), bytes.len());
}

const NOW: Millis = Millis(0);

#[test]
fn packets_keep_their_borders_and_other_lengths_are_no_reports() {
    let (mut link, key) = packets();
    send(&key, &[1; 64]);
    send(&key, &[2; 63]);
    send(&key, &[3; 200]);
    send(&key, &[4; 64]);
    let received: Vec<_> = (0..5).map(|_| link.receive(NOW).unwrap()).collect();
    assert_eq!(received, [Some([1; 64]), None, None, Some([4; 64]), None]);
    link.send(&[5; 64]).unwrap();
    let mut bytes = [0; 100];
    let (_, length) = rustix::net::recv(&key, bytes.as_mut_slice(), RecvFlags::empty()).unwrap();
    assert_eq!(&bytes[..length], [5; 64]);
}

#[test]
fn a_stream_is_cut_into_reports_wherever_it_is_torn() {
    use std::io::Write;
    let (ours, mut key) = UnixStream::pair().unwrap();
    let mut link = SocketLink::stream(ours.into());
    let bytes: Vec<u8> = [[1; 64], [2; 64], [3; 64]].concat();
    let mut received = Vec::new();
    for torn in bytes.chunks(50) {
        key.write_all(torn).unwrap();
        while let Some(report) = link.receive(NOW).unwrap() {
            received.push(report);
        }
    }
    // A receive that completes no report says so; what had come by then is not lost.
    received.extend(link.receive(NOW).unwrap());
    assert_eq!(received, [[1; 64], [2; 64], [3; 64]]);
    drop(key);
    assert!(matches!(link.receive(NOW), Err(LinkError::Closed)));
}

#[test]
fn the_end_of_the_keys_program_closes_the_link_in_both_directions() {
    let (mut link, key) = packets();
    send(&key, &[1; 64]);
    drop(key);
    assert_eq!(link.receive(NOW).unwrap(), Some([1; 64]));
    assert!(matches!(link.receive(NOW), Err(LinkError::Closed)));
    assert!(matches!(link.send(&[0; 64]), Err(LinkError::Closed)));
    assert!(matches!(link.receive(NOW), Err(LinkError::Closed)));
}

/// Tries to connect with a fake clock that every pause moves; how long that took.
fn tried(path: &Path, deadline: u64, cancel_after: Option<u64>) -> (Result<SocketLink, ConnectError>, Millis) {
    let clock = FakeClock::at(UnixTime(0));
    let cancel = CancelToken::new();
    let mut pause = |length: Millis| {
        assert!(Millis(0) < length && length <= Millis(100), "{length:?}: a cancel must be noticed soon");
        clock.advance(length);
        if cancel_after.is_some_and(|moment| clock.monotonic() >= Millis(moment)) {
            cancel.cancel();
        }
    };
    let mut states = |_| {};
    let watch = Watch { deadline: Millis(deadline), cancel: &cancel, states: &mut states };
    let link = SocketLink::connect(path, &clock, &mut pause, &watch);
    (link, clock.monotonic())
}

#[test]
fn nobody_listening_is_an_error_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (link, waited) = tried(&folder.path().join("key"), 1_000, None);
    assert!(matches!(link, Err(ConnectError::Failed(error)) if error.kind() == io::ErrorKind::NotFound));
    assert_eq!(waited, Millis(0));
}

/// connect(2) would wait for ever for a listener whose queue is full; and with it a thread of the daemon.
#[test]
fn a_key_that_takes_no_connection_is_given_up_at_the_deadline_or_on_a_cancel() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let kind = SocketType::SEQPACKET;
    let listener = rustix::net::socket_with(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None).unwrap();
    rustix::net::bind(&listener, &SocketAddrUnix::new(&path).unwrap()).unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let (first, waited) = tried(&path, 1_000, None);
    assert_eq!((first.is_ok(), waited), (true, Millis(0)), "there is room for one");
    let (link, waited) = tried(&path, 1_020, None);
    assert!(matches!(link, Err(ConnectError::Full)));
    assert_eq!(waited, Millis(1_020));
    let (link, waited) = tried(&path, 60_000, Some(200));
    assert!(matches!(link, Err(ConnectError::Cancelled)));
    assert!(waited <= Millis(300), "{waited:?}");
    drop(rustix::net::accept(&listener).unwrap());
    assert!(tried(&path, 1_000, None).0.is_ok(), "there is room again");
}
