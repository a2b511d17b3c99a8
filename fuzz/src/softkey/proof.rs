//! The pinUvAuthParam of any request, put in by hand: where it stands and what it covers, command by command.

use fob_cbor::encode;
use fob_ctap::pin::PinUvAuthToken;
use fob_ctap::{Map, Value, sha256};

/// Puts the proof of this token into a request, if the request is one that takes a proof.
pub(super) fn prove(code: u8, map: &mut Map, token: &PinUvAuthToken) {
    let Some((message, param, protocol)) = covered(code, map) else { return };
    map.insert(param, token.authenticate(&message));
    map.insert(protocol, token.protocol().number());
}

/// What is covered, and the keys of proof and protocol (§6.1, §6.2, §6.7 to §6.11).
fn covered(code: u8, map: &Map) -> Option<(Vec<u8>, i64, i64)> {
    let bytes = |key| map.get_int(key).and_then(Value::as_bytes);
    match code {
        0x01 => Some((bytes(1)?.to_vec(), 8, 9)),
        0x02 => Some((bytes(2)?.to_vec(), 6, 7)),
        0x09 | 0x40 => Some((subcommand(map, 2, &[1])?, 5, 4)),
        0x0a | 0x41 => Some((subcommand(map, 1, &[])?, 4, 3)),
        0x0c => {
            let offset = u32::try_from(map.get_int(3)?.as_u64()?).ok()?.to_le_bytes();
            Some(([&[0xff; 32][..], &[0x0c, 0], &offset, &sha256(bytes(2)?)].concat(), 5, 6))
        }
        0x0d => Some((subcommand(map, 1, &[[0xff; 32].as_slice(), &[0x0d]].concat())?, 4, 3)),
        _ => None,
    }
}

/// A head, the subcommand's number, and its parameters, which stand behind it.
fn subcommand(map: &Map, key: i64, head: &[u8]) -> Option<Vec<u8>> {
    let number = u8::try_from(map.get_int(key)?.as_u64()?).ok()?;
    let parameters = map.get_int(key + 1).map(encode).unwrap_or_default();
    // enumerateEnrollments is proven without its parameters (§6.7.6).
    let parameters = if (key, number) == (2, 4) { &[][..] } else { &parameters };
    Some([head, &[number], parameters].concat())
}
