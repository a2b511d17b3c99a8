//! When an attached key is missed, and by whom it is not replaced.

use std::process::Command;
use std::sync::Arc;

use fob_ambient::Millis;
use fob_bus::ErrorKind;
use fob_client::{CancelToken, Watch};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with};
use rustix::process::{Pid, PidfdFlags, getpid, pidfd_open};

use super::{Key, Keys, Place, RealWays, Ways};

fn keys_with(listener: Pid) -> (Arc<Keys>, Key) {
    let keys = Keys::new(Arc::new(RealWays), Arc::new(fob_ambient::SystemClock::new()));
    let key = Key::for_test("aaaaaaaa", Place::Socket { path: "/run/key".into(), listener });
    keys.change(|list| {
        list.push(key.clone());
        true
    });
    (keys, key)
}

#[tokio::test]
async fn an_attached_key_goes_when_the_process_that_listens_ends() {
    let mut child = Command::new("sleep").arg("600").spawn().unwrap();
    let listener = Pid::from_child(&child);
    let (keys, key) = keys_with(listener);
    let mut changes = keys.changes();
    let watching = keys.watch_over(key, pidfd_open(listener, PidfdFlags::NONBLOCK).unwrap());
    tokio::task::yield_now().await;
    assert_eq!(keys.list().len(), 1);
    child.kill().unwrap();
    changes.changed().await.unwrap();
    assert_eq!(keys.list().len(), 0);
    watching.await.unwrap();
    child.wait().unwrap();
}

/// Somebody attaches and detaches a thousand times: nothing of it stays.
#[tokio::test]
async fn nobody_watches_over_a_key_that_was_detached() {
    let (keys, key) = keys_with(getpid());
    let watching = keys.watch_over(key.clone(), pidfd_open(getpid(), PidfdFlags::NONBLOCK).unwrap());
    tokio::task::yield_now().await;
    assert!(!watching.is_finished());
    keys.detach(&key.id).unwrap();
    watching.await.unwrap();
}

/// The process that was attached is the key. Another one that listens under its path by now is not.
#[test]
fn a_socket_that_another_process_listens_on_is_another_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let listener = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
    bind(&listener, &SocketAddrUnix::new(&path).unwrap()).unwrap();
    listen(&listener, 8).unwrap();
    let (cancel, clock) = (CancelToken::new(), fob_ambient::SystemClock::new());
    let open = |listener| {
        let mut ignore = |_| {};
        let place = Place::Socket { path: path.clone(), listener };
        RealWays.open(&place, &clock, &mut Watch::new(Millis(1_000), &cancel, &mut ignore)).err()
    };
    assert!(open(getpid()).is_none());
    let other = Pid::from_raw(getpid().as_raw_pid() + 1).unwrap();
    assert_eq!(open(other).unwrap().kind, ErrorKind::KeyRemoved);
}
