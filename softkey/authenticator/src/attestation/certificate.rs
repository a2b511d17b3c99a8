//! Certificates of the test CA (WebAuthn Level 3 §8.2.1): the root, and below it one for each model or key.

use fob_ctap::auth_data::Aaguid;
use fob_ctap::sha256;

use super::der;
use crate::{CredentialKey, KeyKind, RepeatableSigner, Signer};

/// From which the CA's private key is made. Whoever reads this can sign in its name.
const CA_SEED: &[u8] = b"fob test CA: its key is public, its certificates are worth nothing";

/// ecdsa-with-SHA256 (RFC 5758 §3.2).
const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
/// id-ecPublicKey and secp256r1 (RFC 5480 §2.1.1).
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// Attributes of names (RFC 5280 §A.1).
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const SERIAL_NUMBER: &[u8] = &[0x55, 0x04, 0x05];
const COUNTRY: &[u8] = &[0x55, 0x04, 0x06];
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];
const UNIT: &[u8] = &[0x55, 0x04, 0x0b];
/// Extensions: keyUsage (RFC 5280 §4.2.1.3), basicConstraints (§4.2.1.9), id-fido-gen-ce-aaguid (WebAuthn Level 3
/// §8.2.1).
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const AAGUID: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0xe5, 0x1c, 0x01, 0x01, 0x04];

/// Who certifies.
const CA_NAME: &str = "fob test CA, worth nothing";

/// An attestation key with its certificate.
pub(crate) struct Certified {
    pub(crate) key: CredentialKey,
    /// In DER.
    pub(crate) certificate: Vec<u8>,
}

impl Certified {
    /// Of a model, or of the key with this identifier.
    pub(super) fn new(aaguid: Aaguid, identifier: Option<[u8; 16]>) -> Self {
        let seed = [b"fob test attestation key".as_slice(), &aaguid.0, identifier.as_ref().map_or(&[], |id| id)];
        let key = fixed_key(&seed.concat());
        let serial = identifier.map(|identifier| identifier.iter().map(|byte| format!("{byte:02x}")).collect());
        let mut subject = vec![(COUNTRY, "AQ".to_owned()), (ORGANIZATION, "fob".to_owned())];
        subject.push((UNIT, "Authenticator Attestation".to_owned()));
        subject.push((COMMON_NAME, "fob test softkey".to_owned()));
        subject.extend(serial.map(|serial: String| (SERIAL_NUMBER, serial)));
        let extensions = [
            der::sequence(&[&der::oid(AAGUID), &der::octets(&der::octets(&aaguid.0))]),
            basic_constraints(&der::sequence(&[])),
        ];
        let certificate = signed(&name(&subject), &key, &extensions.concat());
        Self { key, certificate }
    }
}

/// The certificate of the test CA, in DER: what the keys' certificates are verified with.
#[must_use]
pub fn test_ca_certificate() -> Vec<u8> {
    // keyCertSign alone: the sixth of the bits, so the last two of the byte are none.
    let certifies = der::octets(&[0x03, 0x02, 0x02, 0x04]);
    let key_usage = der::sequence(&[&der::oid(KEY_USAGE), &der::yes(), &certifies]);
    let extensions = [basic_constraints(&der::sequence(&[&der::yes()])), key_usage];
    signed(&ca_name(), &fixed_key(CA_SEED), &extensions.concat())
}

/// A certificate that the CA has signed, version 3, valid for as long as DER can say.
fn signed(subject: &[u8], key: &CredentialKey, extensions: &[u8]) -> Vec<u8> {
    let algorithm = der::sequence(&[&der::oid(ECDSA_SHA256)]);
    let serial = sha256(&[subject, key.public()].concat());
    let key_info =
        der::sequence(&[&der::sequence(&[&der::oid(EC_PUBLIC_KEY), &der::oid(P256)]), &der::bits(key.public())]);
    let to_be_signed = der::sequence(&[
        &der::tagged(0, &der::unsigned(&[2])),
        &der::unsigned(serial.first_chunk::<16>().expect("16 of 32 bytes")),
        &algorithm,
        &ca_name(),
        &der::sequence(&[&der::time("240101000000Z"), &der::time("99991231235959Z")]),
        subject,
        &key_info,
        &der::tagged(3, &der::sequence(&[extensions])),
    ]);
    let signature = RepeatableSigner.sign(&fixed_key(CA_SEED), &to_be_signed);
    let signature = signature.expect("a pair that was made from a scalar holds together");
    der::sequence(&[&to_be_signed, &algorithm, &der::bits(&signature)])
}

fn basic_constraints(value: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::oid(BASIC_CONSTRAINTS), &der::yes(), &der::octets(value)])
}

fn ca_name() -> Vec<u8> {
    name(&[(COUNTRY, "AQ".to_owned()), (ORGANIZATION, "fob".to_owned()), (COMMON_NAME, CA_NAME.to_owned())])
}

fn name(attributes: &[(&[u8], String)]) -> Vec<u8> {
    let attributes = attributes.iter().map(|(kind, value)| {
        let value = if [COUNTRY, SERIAL_NUMBER].contains(kind) { der::printable(value) } else { der::text(value) };
        der::set(&der::sequence(&[&der::oid(kind), &value]))
    });
    der::sequence(&[&attributes.collect::<Vec<_>>().concat()])
}

/// The key of a text. One whose scalar is none gives way to the next.
fn fixed_key(seed: &[u8]) -> CredentialKey {
    let mut scalar = sha256(seed);
    loop {
        match CredentialKey::from_secret(KeyKind::Es256, &scalar) {
            Some(key) => return key,
            None => scalar = sha256(&scalar),
        }
    }
}
