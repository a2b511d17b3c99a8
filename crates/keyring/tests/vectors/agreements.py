"""Writes secretstorage.toml: key agreements and encrypted values as PyPI's secretstorage 3.5.0 makes them.

Its random numbers are replaced by those of the case, and by nothing else. Run with tests/requirements.txt installed.
"""

import hashlib
from base64 import b64encode
from unittest.mock import patch

from secretstorage import dhcrypto, util


def session(exponent: bytes) -> dhcrypto.Session:
    with patch("secretstorage.dhcrypto.os.urandom", lambda length: exponent.rjust(length, b"\0")):
        return dhcrypto.Session()


def exponent(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def agreement(case: str, ours: bytes, theirs: bytes) -> str:
    us, them = session(ours), session(theirs)
    us.set_server_public_key(them.my_public_key)
    us.object_path = "/s"
    shared = pow(them.my_public_key, us.my_private_key, dhcrypto.DH_PRIME_1024)
    secret, iv = exponent(f"secret {case}"), exponent(f"iv {case}")[:16]
    with patch("secretstorage.util.os.urandom", lambda length: iv[:length]):
        _, parameters, value, _ = util.format_secret(us, b64encode(secret), "text/plain")
    assert parameters == iv
    # As gnome-keyring sends it: without zeros in front.
    peer = them.my_public_key.to_bytes((them.my_public_key.bit_length() + 7) // 8, "big")
    lines = {
        "exponent": ours,
        "public": us.my_public_key.to_bytes(128, "big"),
        "peer": peer,
        "shared": shared.to_bytes(128, "big"),
        "key": us.aes_key,
        "secret": secret,
        "iv": iv,
        "value": value,
    }
    return f'[[agreement]]\ncase = "{case}"\n' + "".join(f'{name} = "{data.hex()}"\n' for name, data in lines.items())


def first(what) -> bytes:
    """The first exponent of a row for which `what` begins with a zero byte."""
    return next(e for e in (exponent(f"row {n}") for n in range(100_000)) if what(int.from_bytes(e, "big")) >> 1016 == 0)


P = dhcrypto.DH_PRIME_1024
THEIRS = exponent("theirs")
THEIR_PUBLIC = pow(2, int.from_bytes(THEIRS, "big"), P)
CASES = [
    ("anything", exponent("ours"), THEIRS),
    ("the other way round", THEIRS, exponent("ours")),
    ("what is agreed on begins with a zero", first(lambda e: pow(THEIR_PUBLIC, e, P)), THEIRS),
    ("our public key begins with a zero", first(lambda e: pow(2, e, P)), THEIRS),
    ("their public key begins with a zero", exponent("ours"), first(lambda e: pow(2, e, P))),
    ("their exponent has 1024 bits", exponent("ours"), b"".join(exponent(f"long {n}") for n in range(4))),
    ("our exponent is small", (3).to_bytes(32, "big"), THEIRS),
    ("our exponent is the greatest", b"\xff" * 32, THEIRS),
]

print("# From PyPI's secretstorage 3.5.0, by agreements.py in this folder. Do not edit.\n")
print("\n".join(agreement(*case) for case in CASES), end="")
