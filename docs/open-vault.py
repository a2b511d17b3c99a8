#!/usr/bin/env python3
"""Opens a fob vault, format 1, without fob: an independent reader written from docs/vault-format.md.
usage: open-vault.py [--recovery | --secret | --both] VAULT FD, or open-vault.py --slots VAULT
Reads from the file descriptor FD the passphrase, the recovery code, the 32 bytes in hexadecimal that a security key, a
keyring or a TPM gave (--secret), or a line with the passphrase and one with the key's bytes (--both). Prints the
entries as JSON, seeds included; --slots prints what each slot asks for. Needs PyPI's cryptography and argon2-cffi.
"""
import base64, hashlib, hmac, json, os, sys
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KINDS = {"": ["passphrase"], "--recovery": ["recovery"], "--secret": ["key", "secret-service", "tpm2"],
         "--both": ["passphrase-and-key"], "--slots": []}

def head(major, n):
    sizes = ((24, n, 0), (1 << 8, 24, 1), (1 << 16, 25, 2), (1 << 32, 26, 4), (1 << 64, 27, 8))
    more, size = next((more, size) for limit, more, size in sizes if n < limit)
    return bytes([major << 5 | more]) + (n.to_bytes(size, "big") if size else b"")

def encode(value):
    """Canonical CBOR of booleans, integers from 0, texts, byte strings, arrays and maps with text keys."""
    if isinstance(value, int):
        return bytes([0xf4 + value]) if isinstance(value, bool) else head(0, value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(encode, value))
    return head(5, len(value)) + b"".join(sorted(encode(key) + encode(item) for key, item in value.items()))

def decode(data, at=0):
    """One CBOR item: its value, and where it ends."""
    major, n, at = data[at] >> 5, data[at] & 31, at + 1
    if n >= 24 and major < 7:
        size = 1 << (n - 24)
        n, at = int.from_bytes(data[at:at + size], "big"), at + size
    if major < 2:
        return (n, -1 - n)[major], at
    if major < 4:
        return data[at:at + n] if major == 2 else data[at:at + n].decode(), at + n
    if major == 7:
        return {20: False, 21: True, 22: None}[n], at
    items = []
    for _ in range(n * (major - 3)):
        item, at = decode(data, at)
        items.append(item)
    return (items if major == 4 else dict(zip(items[::2], items[1::2]))), at

def hkdf(key, salt, *info):
    return HKDF(SHA256(), 32, salt, encode(list(info))).derive(key)

def slot_key(slot, vault, given):
    """What wraps the vault key in this slot."""
    p, kind, secret = slot["parameters"], slot["kind"], b""
    if kind.startswith("passphrase"):
        memory, passes, lanes = p["memory_kib"], p["passes"], p["lanes"]
        if not (19456 <= memory <= 1 << 20 and passes >= 2 and memory * passes <= 8 << 20 and 1 <= lanes <= 16):
            sys.exit("the vault asks for Argon2 outside the bounds")
        secret = hash_secret_raw(given[0], p["salt"], passes, memory, lanes, 32, Type.ID, p["version"])
        if kind == "passphrase":
            return secret
    if kind == "recovery":
        letters = given[0].decode().upper().replace("-", "").replace(" ", "")
        secret, check = base64.b32decode(letters[:32]), letters[32:]
        if base64.b32encode(hashlib.sha256(b"fob recovery code" + secret).digest())[:4].decode() != check:
            sys.exit("a slip in the recovery code")
    else:
        secret += bytes.fromhex(given[-1].decode())
    return hkdf(secret, p.get("key_salt", p.get("salt")), "fob vault 1 " + kind.replace("-", " "), vault, slot["id"])

def open_vault(data, end, header, option, given):
    vault, mac, sealed = header["vault"], data[end:end + 32], data[end + 32:]
    for slot in filter(lambda slot: slot["kind"] in KINDS[option], header["slots"]):
        try:
            bound = encode([vault, slot["id"], slot["kind"], slot["parameters"]])
            key = AESGCM(slot_key(slot, vault, given)).decrypt(slot["wrapped"][:12], slot["wrapped"][12:], bound)
        except InvalidTag:
            continue
        if not hmac.compare_digest(mac, hmac.digest(hkdf(key, vault, "fob vault 1 header"), data[:end], "sha256")):
            sys.exit("the header is damaged")
        body_key = hkdf(key, header["salt"], "fob vault 1 body", vault, header["generation"])
        return decode(AESGCM(body_key).decrypt(bytes(12), sealed, data[14:end]))[0]["entries"]
    sys.exit("no slot opens with this")

if __name__ == "__main__":
    option = sys.argv.pop(1) if sys.argv[1:] and sys.argv[1].startswith("--") else ""
    if option not in KINDS or len(sys.argv) != (2 if option == "--slots" else 3):
        sys.exit(__doc__)
    data = open(sys.argv[1], "rb").read()
    end = 14 + int.from_bytes(data[10:14], "big")
    header = decode(data[:end], 14)[0] if data[:10] == b"FOBVAULT\0\1" else sys.exit("not a fob vault of format 1")
    given = os.fdopen(int(sys.argv[2]), "rb").read().rstrip(b"\r\n").split(b"\n") if sys.argv[2:] else []
    found = open_vault(data, end, header, option, given) if given else header["slots"]
    for entry in (entry for entry in found if "seed" in entry):
        entry["seed"] = base64.b32encode(entry["seed"]).decode()
    print(json.dumps(found, default=bytes.hex, indent=1))
