//! No secret shows: not in what a command prints, not in what it says about its failure.

use fob_bus::{CallError, ErrorKind};

use super::common::daemon::FakeDaemon;
use super::common::{Handed, with};

const SECRET: &str = "Tr0ub4dor-and-3";

#[tokio::test]
async fn a_failing_command_tells_no_secret() {
    for kind in ErrorKind::ALL {
        for (line, options) in [
            ("unlock", &["--passphrase-fd"][..]),
            ("unlock --recovery", &["--recovery-fd"]),
            ("init --recovery-fd 2", &["--passphrase-fd"]),
            ("otp add", &["--uri-fd"]),
            ("key pin change", &["--pin-fd", "--new-pin-fd"]),
        ] {
            for json in ["", " --json"] {
                let daemon = FakeDaemon::new();
                if line == "key pin change" {
                    // The first call only looks at the key.
                    daemon.facts().info.pin_retries = Some(0);
                } else {
                    daemon.refuse(CallError::new(*kind, "what happened"));
                }
                let handed: Vec<Handed> = options.iter().map(|_| Handed::new(SECRET)).collect();
                let named = options.iter().zip(&handed).map(|(option, pipe)| format!(" {option} {}", pipe.number()));
                let line = format!("{line}{}{json}", named.collect::<String>());
                let left = with(&daemon).run(&line).await;
                assert_ne!(left.exit, fob::Exit::Ok, "{line} {kind:?}");
                assert!(!left.to_string().contains(SECRET), "{line} {kind:?}: {left}");
            }
        }
    }
}

#[tokio::test]
async fn a_secret_typed_as_an_argument_is_not_repeated() {
    let uri = format!("otpauth://totp/x?secret={SECRET}");
    for arguments in [
        &["unlock", SECRET][..],
        &["init", SECRET],
        &["unlock", "--passphrase-fd", SECRET],
        &["key", "pin", "set", "--pin-fd", SECRET],
        &["otp", "add", &uri],
        &["otp", "add", "--uri-fd", &uri],
        &["otp", "import", "file", SECRET],
        &["otp", "import", "file", "--password-fd", SECRET],
        &["otp", "convert", "file", "--to", "aegis-encrypted", "--out", "new", "--out-password-fd", SECRET],
        &["sign-in", "https://id.example", "--user", "ada", "--password-fd", SECRET],
        &["sign-in", "https://id.example", "--user", "ada", SECRET],
        &["sign-in", &format!("https://ada:{SECRET}@id.example"), "--user", "ada"],
    ] {
        let left = with(&FakeDaemon::new()).typed(&[]).run_args(arguments.iter().copied()).await;
        assert_eq!(left.exit, fob::Exit::Usage, "{arguments:?}");
        assert!(!left.to_string().contains(SECRET), "{arguments:?}: {left}");
    }
}
