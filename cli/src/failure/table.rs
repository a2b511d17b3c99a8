//! The one table from the daemon's errors to exit codes and hints.

use fob_bus::ErrorKind;

use crate::Exit;

/// How fob ends after this error, and what a person does next; no hint where the message says it already.
#[must_use]
pub const fn of(kind: ErrorKind) -> (Exit, Option<&'static str>) {
    use ErrorKind as Kind;
    match kind {
        Kind::Locked => (Exit::Locked, Some("run `fob unlock`, or `fob unlock --passphrase-fd N` in a script")),
        Kind::NoVault => (Exit::Failed, Some("run `fob init` to make one")),
        Kind::VaultExists => (Exit::Failed, Some("run `fob unlock` to open it; fob never replaces a vault")),
        Kind::VaultUnusable => (Exit::Failed, Some("nothing was changed; run `fob doctor` for what to do")),
        Kind::VaultBusy => {
            (Exit::Failed, Some("try again; where another program wrote it, `fob lock` and `fob unlock` read it anew"))
        }
        Kind::WrongPassphrase => (Exit::Denied, Some("try again, or use the recovery code: `fob unlock --recovery`")),
        Kind::UnknownVersion => (Exit::Failed, Some("run `fob vault versions` to see them")),
        Kind::AmbiguousVersion => (Exit::Failed, Some("name one of them by its file, as it stands above")),
        Kind::UnknownEntry => (Exit::Failed, Some("run `fob otp list` to see the accounts")),
        Kind::AmbiguousEntry => {
            (Exit::Failed, Some("name one of them in full as it stands above, or by its id from `fob otp list`"))
        }
        Kind::EntryUnusable => (Exit::Failed, Some("run `fob otp list` to see what is wrong with it")),
        Kind::CodeMismatch => {
            (Exit::Failed, Some("give two codes in a row, the older one first, as the other device showed them"))
        }
        Kind::UnknownSlot => (Exit::Failed, Some("run `fob vault slots` to see the ways in")),
        Kind::NoKeyring => (Exit::Failed, Some("unlock the desktop's keyring, or use another way in")),
        Kind::NoTpm => (Exit::Failed, Some("use another way in: `fob unlock --help` lists them")),
        Kind::WayBarred => (Exit::Failed, Some("nothing was changed")),
        Kind::NoRecoveryCode => (Exit::Failed, Some("get new ones from the site and put them beside the account")),
        Kind::InvalidInput => (Exit::Failed, Some("look at what you gave and try again; nothing was changed")),
        Kind::Denied => {
            let hint = "unless you said no yourself: fob and fobd must lie in one folder that only you can write, see `fob doctor`";
            (Exit::Denied, Some(hint))
        }
        Kind::TooManyRequests => (Exit::Failed, Some("let the other requests end first, then try again")),
        Kind::Busy => (Exit::Failed, Some("another program uses the key; let it finish, then try again")),
        Kind::NoKey => (Exit::NoKey, Some("insert the right key; if it is in, run `fob doctor`")),
        Kind::UnknownKey => (Exit::NoKey, Some("run `fob key list` to see the keys")),
        Kind::AmbiguousKey => (Exit::Failed, Some("choose one with `--key ID`")),
        Kind::KeyUnreadable => (Exit::NoKey, Some("run `fob doctor` to see why")),
        Kind::KeyRemoved => (Exit::NoKey, Some("insert the key again and leave it in until it is done")),
        Kind::KeySilent => (Exit::NoKey, Some("unplug the key, insert it again, and try once more")),
        Kind::TimedOut => (Exit::TimedOut, Some("try again, and touch the key while it blinks")),
        Kind::Cancelled => (Exit::Denied, None),
        Kind::PinInvalid => (Exit::WrongPin, Some("try again with the right PIN; `fob key info` shows the tries left")),
        Kind::PinAuthBlocked => (Exit::Blocked, Some("unplug the key, insert it again, then try with the right PIN")),
        Kind::PinBlocked => (Exit::Blocked, Some("only a reset helps, which erases every credential on the key")),
        Kind::PinNotSet => (Exit::Failed, Some("set one first: `fob key pin set`")),
        Kind::PinPolicy => (Exit::Failed, Some("choose another PIN; `fob key info` shows the least length")),
        Kind::PinChangeRequired => (Exit::Failed, Some("change it first: `fob key pin change`")),
        Kind::UvBlocked => (Exit::Blocked, Some("use the PIN: it opens the fingerprint reader again")),
        Kind::BadPipe => (Exit::Failed, Some("hand the secret over through a pipe and close it")),
        Kind::Failed => {
            (Exit::Failed, Some("run `fob doctor`; the daemon's diary has more: `journalctl --user -u fobd`"))
        }
        Kind::NotAllowedError => (Exit::Denied, Some("try again with the key that is enrolled there")),
        Kind::InvalidStateError => {
            (Exit::Failed, Some("this key is enrolled there already: use `fob sign-in`, or another key"))
        }
        Kind::SecurityError => (Exit::Failed, Some("type the address as the browser shows it")),
        Kind::NotSupportedError => (Exit::Failed, Some("use another key: this one cannot do what the server wants")),
        Kind::ConstraintError => (Exit::Failed, Some("use a key with a PIN and room for passkeys: see `fob key info`")),
        Kind::AbortError => (Exit::Failed, None),
        Kind::TypeError => (Exit::Failed, Some("what the server sent makes no sense to fob; tell who runs it")),
        Kind::UnknownError => (Exit::Failed, Some("unplug the key, insert it again, and try once more")),
    }
}
