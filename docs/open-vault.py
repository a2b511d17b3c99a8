#!/usr/bin/env python3
"""Opens a fob vault, format 1, without fob: an independent reader written from docs/vault-format.md.

usage: open-vault.py [--recovery] VAULT FD

Reads the passphrase (or the recovery code) from the file descriptor FD and prints the entries as JSON, seeds included.
Needs PyPI's cryptography and argon2-cffi.
"""

import base64, hashlib, hmac, json, os, sys

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def head(major, n):
    for limit, more, size in ((24, n, 0), (1 << 8, 24, 1), (1 << 16, 25, 2), (1 << 32, 26, 4), (1 << 64, 27, 8)):
        if n < limit:
            return bytes([major << 5 | more]) + (n.to_bytes(size, "big") if size else b"")


def encode(value):
    """Canonical CBOR of integers from 0, texts, byte strings, arrays and maps with text keys."""
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(encode, value))
    pairs = sorted((encode(key), encode(item)) for key, item in value.items())
    return head(5, len(pairs)) + b"".join(key + item for key, item in pairs)


def decode(data, at=0):
    """One CBOR item: its value, and where it ends."""
    major, n, at = data[at] >> 5, data[at] & 31, at + 1
    if n >= 24 and major < 7:
        size = 1 << (n - 24)
        n, at = int.from_bytes(data[at:at + size], "big"), at + size
    if major in (0, 1):
        return (n if major == 0 else -1 - n), at
    if major in (2, 3):
        part = bytes(data[at:at + n])
        return (part if major == 2 else part.decode()), at + n
    if major == 7:
        return {20: False, 21: True, 22: None}[n], at
    items = []
    for _ in range(n * (major - 3)):
        item, at = decode(data, at)
        items.append(item)
    return (items if major == 4 else dict(zip(items[::2], items[1::2]))), at


def hkdf(key, salt, *info):
    return HKDF(SHA256(), 32, salt, encode(list(info))).derive(key)


def slot_key(slot, vault, secret):
    """What wraps the vault key in this slot; None for a slot of a later fob."""
    p = slot["parameters"]
    if slot["kind"] == "passphrase":
        if (p["algorithm"], p["version"]) != ("argon2id", 0x13):
            return None
        memory, passes = p["memory_kib"], p["passes"]
        if not (19456 <= memory <= 1 << 20 and passes >= 2 and memory * passes <= 8 << 20 and 1 <= p["lanes"] <= 16):
            sys.exit("the vault asks for Argon2 outside the bounds")
        return hash_secret_raw(secret, p["salt"], p["passes"], p["memory_kib"], p["lanes"], 32, Type.ID, p["version"])
    letters = secret.decode().upper().replace("-", "").replace(" ", "")
    code, check = base64.b32decode(letters[:32]), letters[32:]
    if base64.b32encode(hashlib.sha256(b"fob recovery code" + code).digest())[:4].decode() != check:
        sys.exit("a slip in the recovery code")
    return hkdf(code, p["salt"], "fob vault 1 recovery", vault, slot["id"])


def open_vault(data, kind, secret):
    if data[:10] != b"FOBVAULT\0\1":
        sys.exit("not a fob vault of format 1")
    end = 14 + int.from_bytes(data[10:14], "big")
    header, mac, sealed = decode(data[:end], 14)[0], data[end:end + 32], data[end + 32:]
    vault = header["vault"]
    for slot in header["slots"]:
        if slot["kind"] != kind:
            continue
        wrapping = slot_key(slot, vault, secret)
        if wrapping is None:
            continue
        try:
            bound = encode([vault, slot["id"], slot["kind"], slot["parameters"]])
            key = AESGCM(wrapping).decrypt(slot["wrapped"][:12], slot["wrapped"][12:], bound)
        except InvalidTag:
            continue
        expected = hmac.digest(hkdf(key, vault, "fob vault 1 header"), data[:end], "sha256")
        if not hmac.compare_digest(mac, expected):
            sys.exit("the header is damaged")
        body_key = hkdf(key, header["salt"], "fob vault 1 body", vault, header["generation"])
        return decode(AESGCM(body_key).decrypt(bytes(12), sealed, data[14:end]))[0]
    sys.exit("no slot opens with this")


def shown(item):
    """Seeds in base32, other byte strings in hexadecimal."""
    show = lambda k, v: v if not isinstance(v, bytes) else base64.b32encode(v).decode() if k == "seed" else v.hex()
    return {key: show(key, value) for key, value in item.items()}


if __name__ == "__main__":
    *options, path, fd = sys.argv[1:] if len(sys.argv) in (3, 4) else sys.exit(__doc__)
    secret = os.fdopen(int(fd), "rb").read().rstrip(b"\r\n")
    body = open_vault(open(path, "rb").read(), "recovery" if options == ["--recovery"] else "passphrase", secret)
    print(json.dumps([shown(entry) for entry in body["entries"]], indent=1))
