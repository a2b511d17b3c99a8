//! Every error of the daemon, and every way not to reach it: exit code, words, what to do next.

use std::io;
use std::path::PathBuf;

use fob::Exit;
use fob::failure::table;
use fob::world::{Connecting, Door};
use fob_bus::connect::ConnectError;
use fob_bus::peer::NotFobd;
use fob_bus::{CallError, Details, ErrorKind};

use super::common::daemon::FakeDaemon;
use super::common::{behind, with};

#[tokio::test]
async fn every_error_of_the_daemon_has_its_exit_code_and_a_hint() {
    let mut text = String::new();
    for kind in ErrorKind::ALL {
        let daemon = FakeDaemon::new();
        daemon.refuse(CallError::new(*kind, "what happened, in one sentence"));
        let left = with(&daemon).run("otp code ada --raw").await;
        assert_eq!(left.exit, table::of(*kind).0, "{kind:?}");
        assert_eq!(left.out, "", "{kind:?}: only the answer goes to standard output");
        text.push_str(&format!("{kind:?}\n{left}\n"));
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn a_program_gets_the_same_facts_as_json() {
    let daemon = FakeDaemon::new();
    let candidates = vec!["Example:ada".to_owned(), "Example:bob\u{202e}".to_owned()];
    let causes = Some(vec!["the first cause".to_owned(), "the second".to_owned()]);
    let details = Details { candidates: Some(candidates), causes, retries: Some(3) };
    daemon.refuse(CallError { kind: ErrorKind::AmbiguousEntry, message: "\"ex\" means several".to_owned(), details });
    insta::assert_snapshot!(with(&daemon).run("--json otp code ex").await);
}

#[tokio::test]
async fn an_error_that_fobd_never_made_is_told_all_the_same() {
    let left = with(&FakeDaemon::new()).run("key detach nobody").await;
    assert_eq!(left.exit, Exit::NoKey);
    // The interface is gone: an older daemon.
    struct Old;
    impl Door for Old {
        fn connect(&self) -> Connecting<'_> {
            Box::pin(async {
                let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
                tokio::spawn(async move {
                    let builder = zbus::connection::Builder::unix_stream(theirs).server(zbus::Guid::generate());
                    builder.p2p().serve_at("/other", zbus::fdo::ObjectManager).build().await.unwrap().closed().await;
                });
                Ok(zbus::connection::Builder::unix_stream(ours).p2p().build().await?)
            })
        }
    }
    insta::assert_snapshot!(behind(Old).run("status").await);
}

/// A door with nobody, or somebody else, behind it.
struct Closed(fn() -> ConnectError);

impl Door for Closed {
    fn connect(&self) -> Connecting<'_> {
        let error = (self.0)();
        Box::pin(async { Err(error) })
    }
}

#[tokio::test]
async fn a_daemon_that_is_not_there_or_not_fobd_ends_with_nine() {
    let not_running = || ConnectError::NotRunning {
        path: PathBuf::from("/run/user/1000/fob/fobd.sock"),
        source: io::Error::from_raw_os_error(2),
    };
    let doors: [fn() -> ConnectError; 4] = [
        || ConnectError::NoPlace,
        not_running,
        || ConnectError::NotFobd {
            path: PathBuf::from("/run/user/1000/fob/fobd.sock"),
            source: NotFobd::OtherProgram(PathBuf::from("/tmp/squatter\u{1b}[2J")),
        },
        || ConnectError::NotFobd {
            path: PathBuf::from("/run/user/1000/fob/fobd.sock"),
            source: NotFobd::OtherUser(1001),
        },
    ];
    let mut text = String::new();
    for door in doors {
        // A person is there, and is asked for nothing.
        let left = behind(Closed(door)).typed(&[]).run("unlock").await;
        assert_eq!(left.exit, Exit::NoDaemon);
        text.push_str(&format!("{left}\n"));
    }
    insta::assert_snapshot!(text);
}
