"""Writes get-info-fresh.hex: what a fresh key answers to getInfo, written down by its members.

usage: python get_info.py > get-info-fresh.hex        (PyPI's fido2 encodes it; the status byte comes first)
"""

from fido2 import cbor

ALGORITHMS = (-7, -8, -35, -36)
INFO = {
    0x01: ["U2F_V2", "FIDO_2_0", "FIDO_2_1", "FIDO_2_3"],
    0x02: [
        "credBlob", "credProtect", "hmac-secret", "hmac-secret-mc",
        "largeBlobKey", "minPinLength", "pinComplexityPolicy", "thirdPartyPayment",
    ],
    0x03: b"fob test softkey",
    0x04: {
        "plat": False, "rk": True, "up": True, "clientPin": False, "pinUvAuthToken": True, "makeCredUvNotRqd": True,
        "alwaysUv": False, "credMgmt": True, "perCredMgmtRO": True, "largeBlobs": True, "ep": False,
        "authnrCfg": True, "setMinPINLength": True,
    },
    0x05: 7609,
    0x06: [2, 1],
    0x07: 32,
    0x08: 128,
    0x09: ["usb"],
    0x0A: [{"alg": algorithm, "type": "public-key"} for algorithm in ALGORITHMS],
    0x0B: 4096,
    0x0C: False,
    0x0D: 4,
    0x0E: 1,
    0x0F: 64,
    0x10: 8,
    0x14: 100,
    0x16: ["packed", "none"],
    0x18: False,
    0x1A: ["usb"],
    0x1B: False,
    0x1D: 63,
    0x1F: [1, 2, 3, 4],
}

digits = (b"\0" + cbor.encode(INFO)).hex()
print("\n".join(digits[at : at + 100] for at in range(0, len(digits), 100)))
