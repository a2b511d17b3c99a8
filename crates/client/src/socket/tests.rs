//! Both kinds of socket, over pairs.

use std::os::unix::net::UnixStream;

use super::*;

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

#[test]
fn nobody_listening_is_an_error_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    assert_eq!(SocketLink::connect(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
    assert_eq!(SocketLink::connect_stream(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
}
