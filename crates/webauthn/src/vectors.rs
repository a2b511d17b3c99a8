//! Vector files, for tests: tables of hexadecimal members.

use data_encoding::HEXLOWER;
use toml::Table;

const STANDARD: &str = include_str!("../tests/vectors/webauthn-l3-section-16.toml");
const CLIENT_DATA: &str = include_str!("../tests/vectors/client-data-python-fido2.toml");
const SPKI: &str = include_str!("../tests/vectors/spki-pyca-cryptography.toml");

/// One table of a file.
pub(crate) struct Vector(Table);

impl Vector {
    /// A member in hexadecimal.
    pub(crate) fn bytes(&self, member: &str) -> Vec<u8> {
        HEXLOWER.decode(self.text(member).as_bytes()).unwrap()
    }

    pub(crate) fn array<const N: usize>(&self, member: &str) -> [u8; N] {
        self.bytes(member).try_into().unwrap()
    }

    pub(crate) fn text(&self, member: &str) -> &str {
        self.find(member).unwrap()
    }

    pub(crate) fn find(&self, member: &str) -> Option<&str> {
        self.0.get(member).map(|member| member.as_str().unwrap())
    }
}

/// Section 16 of WebAuthn Level 3: `ceremony` is `registration` or `authentication`.
pub(crate) fn standard(name: &str, ceremony: &str) -> Vector {
    let file: Table = STANDARD.parse().unwrap();
    Vector(file[name][ceremony].as_table().unwrap().clone())
}

pub(crate) fn client_data() -> Vec<Vector> {
    list(CLIENT_DATA, "client_data")
}

pub(crate) fn spki(kind: &str) -> Vec<Vector> {
    list(SPKI, kind)
}

fn list(file: &str, name: &str) -> Vec<Vector> {
    let file: Table = file.parse().unwrap();
    file[name].as_array().unwrap().iter().map(|entry| Vector(entry.as_table().unwrap().clone())).collect()
}
