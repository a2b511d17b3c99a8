//! Attestation statements (WebAuthn Level 3 §8) and the attestation object (§6.5.4) that a relying party gets.

use fob_cbor::{Limits, Strictness, decode, encode};

use crate::cose::Algorithm;
use crate::member::{Malformed, Members};
use crate::{Map, Value};

/// How a key vouches for a new credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// `none`: it does not.
    None,
    /// `packed` (§8.2).
    Packed(Packed),
    /// `fido-u2f` (§8.6).
    FidoU2f {
        /// ECDSA with SHA-256 over P-256, in DER.
        signature: Vec<u8>,
        /// The certificate of the signing key, in DER. There is exactly one.
        certificate: Vec<u8>,
    },
    /// Any other format, or one of these with members that this version does not know.
    Other {
        /// The format's name.
        format: String,
        /// Its members.
        statement: Map,
    },
}

/// A `packed` statement. Without certificates it is self attestation: signed with the credential's own key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// Of the signature.
    pub algorithm: Algorithm,
    /// Over authenticator data ‖ client data hash.
    pub signature: Vec<u8>,
    /// `x5c`: the certificate of the signing key, then those above it, in DER.
    pub certificates: Vec<Vec<u8>>,
}

impl Statement {
    /// The format's name.
    #[must_use]
    pub fn format(&self) -> &str {
        match self {
            Self::None => "none",
            Self::Packed(_) => "packed",
            Self::FidoU2f { .. } => "fido-u2f",
            Self::Other { format, .. } => format,
        }
    }

    /// The members.
    #[must_use]
    pub fn to_map(&self) -> Map {
        let mut map = Map::new();
        match self {
            Self::None => {}
            Self::Packed(packed) => {
                map.insert("alg", packed.algorithm);
                map.insert("sig", packed.signature.as_slice());
                if !packed.certificates.is_empty() {
                    map.insert("x5c", chain(&packed.certificates));
                }
            }
            Self::FidoU2f { signature, certificate } => {
                map.insert("sig", signature.as_slice());
                map.insert("x5c", chain(std::slice::from_ref(certificate)));
            }
            Self::Other { statement, .. } => return statement.clone(),
        }
        map
    }

    /// A statement of this format. What does not fit the format's shape is kept as [`Statement::Other`]: judging it
    /// is up to the relying party, which must see every byte.
    #[must_use]
    pub fn from_parts(format: String, statement: Map) -> Self {
        let known = match format.as_str() {
            "none" => Some(Self::None),
            "packed" => packed(statement.clone()).ok(),
            "fido-u2f" => fido_u2f(statement.clone()).ok().flatten(),
            _ => None,
        };
        known.filter(|known| known.to_map() == statement).unwrap_or(Self::Other { format, statement })
    }
}

fn packed(statement: Map) -> Result<Statement, Malformed> {
    let mut members = Members::from(statement);
    Ok(Statement::Packed(Packed {
        algorithm: members.take("alg", "attStmt.alg")?,
        signature: members.take("sig", "attStmt.sig")?,
        certificates: members.take_or_empty("x5c", "attStmt.x5c")?,
    }))
}

fn fido_u2f(statement: Map) -> Result<Option<Statement>, Malformed> {
    let mut members = Members::from(statement);
    let signature = members.take("sig", "attStmt.sig")?;
    let mut certificates: Vec<Vec<u8>> = members.take("x5c", "attStmt.x5c")?;
    Ok(certificates.pop().map(|certificate| Statement::FidoU2f { signature, certificate }))
}

fn chain(certificates: &[Vec<u8>]) -> Vec<Value> {
    certificates.iter().map(|certificate| Value::from(certificate.as_slice())).collect()
}

/// What a relying party verifies: WebAuthn's form, with names where CTAP has numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttestationObject {
    /// Authenticator data, byte for byte as the key made it.
    pub auth_data: Vec<u8>,
    /// The statement.
    pub statement: Statement,
}

impl AttestationObject {
    /// The canonical bytes: `fmt`, `attStmt`, `authData`.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut map = Map::new();
        map.insert("fmt", self.statement.format());
        map.insert("attStmt", self.statement.to_map());
        map.insert("authData", self.auth_data.as_slice());
        encode(&Value::Map(map))
    }

    /// Takes an attestation object apart.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn decode(bytes: &[u8], strictness: Strictness) -> Result<Self, Malformed> {
        // Deeper than a CTAP message: statements of platforms that are no security keys nest further.
        let limits = Limits { depth: 16, strictness };
        let mut members = Members::of(decode(bytes, limits)?, "attestationObject")?;
        let format = members.take("fmt", "fmt")?;
        let statement = members.take("attStmt", "attStmt")?;
        Ok(Self {
            auth_data: members.take("authData", "authData")?,
            statement: Statement::from_parts(format, statement),
        })
    }
}
