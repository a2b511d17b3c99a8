//! When an attached key is missed.

use std::process::Command;
use std::sync::Arc;

use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::{Key, Keys, Place, RealWays};

#[tokio::test]
async fn an_attached_key_goes_when_the_process_that_listens_ends() {
    let keys = Keys::new(Arc::new(RealWays), Arc::new(fob_ambient::SystemClock::new()));
    let key = Key {
        id: "aaaaaaaa".into(),
        product: "softkey".into(),
        place: Place::Socket { path: "/run/key".into() },
        problem: None,
        turn: Arc::default(),
    };
    keys.change(|list| {
        list.push(key.clone());
        true
    });
    let mut changes = keys.changes();
    let mut child = Command::new("sleep").arg("600").spawn().unwrap();
    keys.watch_over(key, pidfd_open(Pid::from_child(&child), PidfdFlags::NONBLOCK).unwrap());
    tokio::task::yield_now().await;
    assert_eq!(keys.list().len(), 1);
    child.kill().unwrap();
    changes.changed().await.unwrap();
    assert_eq!(keys.list().len(), 0);
    child.wait().unwrap();
}
