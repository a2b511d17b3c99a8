//! Names on the bus and places on the disk. The version is part of the interfaces' names.

use std::path::PathBuf;

use zbus::OwnedObjectPath;

/// The well-known name on the session bus.
pub const BUS_NAME: &str = "dev.fob.Fob1";
/// The object with `Manager1`, `Vault1`, `Otp1`, `WebAuthn1`, `Policy1`, `Loopback1` and the ObjectManager of the keys.
pub const ROOT: &str = "/dev/fob/Fob1";
/// What the path of every key begins with.
pub const KEYS: &str = "/dev/fob/Fob1/key";
/// What the path of every request begins with.
pub const REQUESTS: &str = "/dev/fob/Fob1/request";
/// The interface of a key, by which the ObjectManager's answer is read.
pub const KEY_INTERFACE: &str = "dev.fob.Key1";

/// Most characters of a request's token.
pub const MAX_TOKEN: usize = 64;

/// The path of a request: known before the call, so that its signals can be subscribed first.
///
/// `sender` is the caller's unique name on a bus, `None` on fobd's own socket, where each connection has objects of
/// its own. `None` if the token is empty, longer than [`MAX_TOKEN`] or has anything but ASCII letters, digits and `_`.
#[must_use]
pub fn request_path(sender: Option<&str>, token: &str) -> Option<OwnedObjectPath> {
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if token.is_empty() || token.len() > MAX_TOKEN || !plain(token) {
        return None;
    }
    let owner = sender.map_or("peer".to_owned(), |name| name.trim_start_matches(':').replace('.', "_"));
    OwnedObjectPath::try_from(format!("{REQUESTS}/{owner}/{token}")).ok()
}

/// fobd's own socket: `FOB_SOCKET`, or `fob/fobd.sock` in the runtime directory. `None` where there is neither.
#[must_use]
pub fn socket() -> Option<PathBuf> {
    let named = std::env::var_os("FOB_SOCKET").filter(|path| !path.is_empty()).map(PathBuf::from);
    named.or_else(|| directory("XDG_RUNTIME_DIR").map(|folder| folder.join("fob/fobd.sock")))
}

/// The vault of this person: `fob/vault` in the data directory.
#[must_use]
pub fn vault() -> Option<PathBuf> {
    let data = directory("XDG_DATA_HOME").or_else(|| directory("HOME").map(|home| home.join(".local/share")));
    data.map(|folder| folder.join("fob/vault"))
}

/// Where the last generation is remembered, apart from the vault: `fob` in the state directory.
#[must_use]
pub fn state() -> Option<PathBuf> {
    let state = directory("XDG_STATE_HOME").or_else(|| directory("HOME").map(|home| home.join(".local/state")));
    state.map(|folder| folder.join("fob"))
}

/// A directory from the environment; the XDG specification wants relative ones ignored.
fn directory(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_lies_where_its_caller_expects_it() {
        for (sender, token, path) in [
            (None, "t1", Some("/dev/fob/Fob1/request/peer/t1")),
            (Some(":1.42"), "t_2", Some("/dev/fob/Fob1/request/1_42/t_2")),
            (None, "", None),
            (None, "a/b", None),
            (None, "ä", None),
        ] {
            assert_eq!(request_path(sender, token).as_deref().map(|path| path.as_str()), path, "{sender:?} {token:?}");
        }
        assert!(request_path(None, &"t".repeat(MAX_TOKEN)).is_some());
        assert!(request_path(None, &"t".repeat(MAX_TOKEN + 1)).is_none());
    }
}
