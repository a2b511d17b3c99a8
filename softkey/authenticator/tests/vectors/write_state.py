"""Writes the two state files of this folder as hexadecimal digits, after the description in src/store/format and
src/state/encoding.rs and with other people's code: argon2-cffi, cryptography, fido2. Their content: counter 9, seven
tries, PIN 1234, and in the snapshot one credential made at counter 3 whose private scalar is 01 02 ... 20; then two
records of the log: counter 10, and a wrong PIN.

    python write_state.py key > state-2-key.hex
    python write_state.py passphrase > state-2-passphrase.hex
"""

import hashlib
import hmac
import struct
import sys

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fido2 import cbor

FILE_ID, SALT = b"\x11" * 32, b"\x22" * 32
MEMORY_KIB, PASSES, LANES = 64, 2, 1
LENGTH = 1536


def credential():
    scalar = bytes(range(1, 33))
    public = ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1()).public_key().public_numbers()
    point = b"\x04" + public.x.to_bytes(32, "big") + public.y.to_bytes(32, "big")
    rp = {"id": "site.example", "name": "Site"}
    user = {"id": b"\x01", "name": "ada", "displayName": "Ada"}
    return {1: bytes(range(0xC0, 0xE0)), 2: rp, 3: user, 4: scalar, 5: point, 6: 2, 7: 3}


def main():
    pin = {1: hashlib.sha256(b"1234").digest()[:16], 2: 4}
    snapshot = [[[1, b"\x55" * 32], [2, 9], [3, 7], [4, pin], [5, credential()]]]
    log = [[[2, 10]], [[3, 6]]]
    if sys.argv[1] == "key":
        master, derivation = b"\x33" * 32, struct.pack(">IIII", 0, 0, 0, 0) + bytes(32)
    else:
        master = hash_secret_raw(b"tower", SALT, PASSES, MEMORY_KIB, LANES, 32, Type.ID, 0x13)
        derivation = struct.pack(">IIII", 1, MEMORY_KIB, PASSES, LANES) + SALT

    def derive(label):
        return HKDF(hashes.SHA256(), 32, FILE_ID, label).derive(master)

    seal, records, sequence, previous, snapshot_end = AESGCM(derive(b"fob softkey state: records")), b"", 1, bytes(16), 0
    for changes in snapshot + log:
        plain, nonce = cbor.encode(changes), bytes([0xA0 + sequence]) * 12
        head = struct.pack(">IQ", len(plain), sequence) + nonce
        sealed = seal.encrypt(nonce, plain, FILE_ID + head + previous)
        record = head + hashlib.sha256(FILE_ID + head).digest()[:8] + sealed
        records += record + b"\xff" * (16 - len(record) % 16)
        previous, sequence = sealed[-16:], sequence + 1
        if sequence == len(snapshot) + 1:
            snapshot_end = 160 + len(records)
    header = b"fob softkey\n" + struct.pack(">I", 2) + derivation + FILE_ID + struct.pack(">QQ", snapshot_end, LENGTH)
    header += hmac.digest(derive(b"fob softkey state: header"), header, "sha256")
    header += hashlib.sha256(header).digest()[:16]
    digits = (header + records).ljust(LENGTH, b"\0").hex()
    print("\n".join(digits[place : place + 100] for place in range(0, len(digits), 100)))


main()
