"""Writes the python-fido2-*.toml vectors beside it: bytes that PyPI's fido2 (and `cryptography` under it) makes.

usage: python3 -m venv VENV && VENV/bin/pip install fido2==2.2.1 && VENV/bin/python python-fido2.py

Requests are what fido2's own client sends through a device that only records. Replies are what its CBOR encoder,
AuthenticatorData and AttestationObject make of a key from `cryptography`. Private keys and IVs are fixed and the
signatures over RFC 6979's nonces, so a second run writes the same files. fido2 shares no code with fob.
"""

import hashlib
import os
import pathlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.ctap import CtapDevice, CtapError
from fido2.ctap2 import ClientPin, Ctap2
from fido2.ctap2 import pin as fido2_pin
from fido2.ctap2.pin import PinProtocolV1, PinProtocolV2
from fido2.hid import CAPABILITY, CTAPHID, CtapHidDevice
from fido2.hid.base import CtapHidConnection, HidDescriptor
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

HERE = pathlib.Path(__file__).parent
CURVE = ec.SECP256R1()


def scalar(name):
    return ec.derive_private_key(int.from_bytes(hashlib.sha256(name.encode()).digest(), "big"), CURVE)


def fixed(name, length):
    return hashlib.shake_128(name.encode()).digest(length)


def raw(key):
    return key.private_numbers().private_value.to_bytes(32, "big").hex()


class Recorder(CtapDevice):
    """Notes the request, gives the reply that was laid out."""

    capabilities = CAPABILITY.CBOR

    def __init__(self):
        self.reply = bytes([0]) + cbor.encode(MINIMAL_INFO)
        self.request = None

    def call(self, cmd, data=b"", event=None, on_keepalive=None):
        self.request = data
        return self.reply

    @classmethod
    def list_devices(cls):
        return iter(())


MINIMAL_INFO = {1: ["FIDO_2_1"], 3: bytes(16), 4: {"clientPin": True, "pinUvAuthToken": True}, 6: [2, 1]}
FULL_INFO = {
    0x01: ["U2F_V2", "FIDO_2_0", "FIDO_2_1", "FIDO_2_3"],
    0x02: ["credProtect", "hmac-secret"],
    0x03: fixed("aaguid", 16),
    0x04: {"rk": True, "up": True, "plat": False, "clientPin": False, "credMgmt": True, "pinUvAuthToken": True},
    0x05: 1200,
    0x06: [2, 1],
    0x07: 8,
    0x08: 128,
    0x09: ["nfc", "usb", "pigeon"],
    0x0A: [{"alg": -7, "type": "public-key"}, {"alg": -8, "type": "public-key"}],
    0x0B: 4096,
    0x0C: False,
    0x0D: 6,
    0x0E: 328706,
    0x0F: 32,
    0x10: 1,
    0x11: 3,
    0x12: 2,
    0x13: {"FIDO": 3},
    0x14: 25,
    0x15: [],
    0x16: ["packed", "none"],
    0x17: 7,
    0x18: True,
    0x19: fixed("encIdentifier", 32),
    0x1A: ["usb"],
    0x1B: True,
    0x1C: b"https://key.example/pins",
    0x1D: 63,
    0x1E: fixed("encCredStoreState", 32),
    0x1F: [1, 2, 3],
    0x7F: "from a newer edition",
}

HASH = fixed("client data", 32)
CREDENTIAL = scalar("credential")
ID = fixed("credential id", 32)
OTHER_ID = fixed("another credential id", 16)
RP = {"id": "login.example", "name": "Login Example"}
USER = {"id": fixed("user", 16), "name": "ada@example", "displayName": "Ada Lovelace"}
PUBLIC_KEY = CoseKey.for_alg(-7).from_cryptography_key(CREDENTIAL.public_key())
ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(fixed("ed25519", 32))
RP_HASH = hashlib.sha256(b"login.example").digest()
FLAG = AuthenticatorData.FLAG


def sign(message):
    return CREDENTIAL.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


def write(name, text):
    head = "# Made by python-fido2.py with PyPI's fido2 2.2.1; not written by hand.\n\n"
    (HERE / f"python-fido2-{name}.toml").write_text(head + text)


def table(name, members):
    return f"[{name}]\n" + "".join(f'{key} = "{value}"\n' for key, value in members.items()) + "\n"


def requests():
    device = Recorder()
    ctap = Ctap2(device)
    made = {}

    def note(name, call, *arguments, **named):
        try:
            call(*arguments, **named)
        except Exception:  # the reply laid out fits no command: only the request counts
            pass
        made[name] = device.request.hex()

    note("get_info", ctap.get_info)
    params = [{"alg": -7, "type": "public-key"}, {"alg": -257, "type": "public-key"}]
    note("make_credential_least", ctap.make_credential, HASH, {"id": "a"}, {"id": b"\1"}, params[:1])
    note(
        "make_credential_full",
        ctap.make_credential,
        HASH,
        RP,
        USER,
        params,
        [{"id": ID, "type": "public-key", "transports": ["usb", "nfc"]}, {"id": OTHER_ID, "type": "public-key"}],
        {"credProtect": 3, "hmac-secret": True},
        {"rk": True, "uv": False},
        fixed("proof", 32),
        2,
        1,
    )
    note("get_assertion_least", ctap.get_assertion, "login.example", HASH)
    note(
        "get_assertion_full",
        ctap.get_assertion,
        "login.example",
        HASH,
        [{"id": ID, "type": "public-key"}],
        {
            "hmac-secret": {
                1: key_agreement(scalar("platform")),
                2: fixed("salts", 48),
                3: fixed("salt proof", 32),
                4: 2,
            }
        },
        {"up": False},
        fixed("proof", 16),
        1,
    )
    note("get_next_assertion", ctap.get_next_assertion)
    note("reset", ctap.reset)
    note("selection", ctap.selection)
    for protocol in (PinProtocolV1(), PinProtocolV2()):
        number, ours = protocol.VERSION, key_agreement(scalar("platform"))
        commands = {
            "get_pin_retries": (1,),
            "get_key_agreement": (2,),
            "set_pin": (3, ours, fixed("proof", 16), fixed("newPinEnc", 64)),
            "change_pin": (4, ours, fixed("proof", 16), fixed("newPinEnc", 64), fixed("pinHashEnc", 16)),
            "get_pin_token": (5, ours, None, None, fixed("pinHashEnc", 16)),
            "get_uv_token": (6, ours, None, None, None, 0x02, "login.example"),
            "get_uv_retries": (7,),
            "get_pin_token_with_permissions": (9, ours, None, None, fixed("pinHashEnc", 16), 0x03, "login.example"),
        }
        for name, arguments in commands.items():
            note(f"{name}_{number}", ctap.client_pin, number, *arguments)
    return made


def key_agreement(private):
    numbers = private.public_key().public_numbers()
    return {1: 2, 3: -25, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}


def replies():
    attested = AttestedCredentialData.create(fixed("aaguid", 16), ID, PUBLIC_KEY)
    auth_data = AuthenticatorData.create(
        RP_HASH, FLAG.UP | FLAG.UV | FLAG.AT | FLAG.ED, 5, attested, {"credProtect": 3, "hmac-secret": True}
    )
    signature = sign(auth_data + HASH)
    certificate = fixed("no real certificate", 40)
    self_statement = {"alg": -7, "sig": signature}
    chain_statement = {"alg": -7, "sig": signature, "x5c": [certificate]}
    ed_key = CoseKey.for_alg(-8).from_cryptography_key(ED25519.public_key())
    ed_data = AuthenticatorData.create(
        RP_HASH, FLAG.UP | FLAG.BE | FLAG.BS | FLAG.AT, 0, AttestedCredentialData.create(bytes(16), OTHER_ID, ed_key)
    )
    assertion = AuthenticatorData.create(RP_HASH, FLAG.UP, 0x01020304)
    assertion_signature = sign(assertion + HASH)
    ok = bytes([0])
    user = {"id": USER["id"]}
    return {
        "get_info_full": ok + cbor.encode(FULL_INFO),
        "get_info_least": ok + cbor.encode({1: ["U2F_V2"], 3: bytes(16)}),
        "auth_data_full": bytes(auth_data),
        "auth_data_ed25519": bytes(ed_data),
        "auth_data_least": bytes(assertion),
        "signature": signature,
        "make_credential_self": ok + cbor.encode({1: "packed", 2: bytes(auth_data), 3: self_statement}),
        "make_credential_chain": ok
        + cbor.encode(
            {1: "packed", 2: bytes(auth_data), 3: chain_statement, 4: True, 5: fixed("blob key", 32), 6: {"x": 1}}
        ),
        "make_credential_none": ok + cbor.encode({1: "none", 2: bytes(ed_data), 3: {}}),
        "make_credential_u2f": ok
        + cbor.encode({1: "fido-u2f", 2: bytes(ed_data), 3: {"sig": signature, "x5c": [certificate]}}),
        "make_credential_tpm": ok + cbor.encode({1: "tpm", 2: bytes(ed_data), 3: {"ver": "2.0", "sig": b"\1"}}),
        "attestation_object_self": bytes(AttestationObject.create("packed", auth_data, self_statement)),
        "attestation_object_none": bytes(AttestationObject.create("none", ed_data, {})),
        "assertion_signature": assertion_signature,
        "get_assertion_first": ok
        + cbor.encode(
            {
                1: {"id": ID, "type": "public-key"},
                2: bytes(assertion),
                3: assertion_signature,
                4: USER,
                5: 2,
                6: True,
                7: fixed("blob key", 32),
            }
        ),
        "get_assertion_least": ok + cbor.encode({2: bytes(assertion), 3: assertion_signature}),
        "get_assertion_user": ok
        + cbor.encode({1: {"id": ID, "type": "public-key"}, 2: bytes(assertion), 3: assertion_signature, 4: user}),
        "pin_retries": ok + cbor.encode({3: 8}),
        "pin_retries_power_cycle": ok + cbor.encode({3: 5, 4: True}),
        "key_agreement": ok + cbor.encode({1: key_agreement(scalar("authenticator"))}),
        "token": ok + cbor.encode({2: fixed("token enc", 48)}),
        "uv_retries": ok + cbor.encode({5: 3}),
    }


def inputs():
    """The values inside the messages, so that the tests need not repeat them."""
    point = PUBLIC_KEY
    agreement = key_agreement(scalar("platform"))
    other = key_agreement(scalar("authenticator"))
    return {
        "hash": HASH.hex(),
        "aaguid": fixed("aaguid", 16).hex(),
        "credential_id": ID.hex(),
        "other_credential_id": OTHER_ID.hex(),
        "user_id": USER["id"].hex(),
        "credential_x": point[-2].hex(),
        "credential_y": point[-3].hex(),
        "ed25519": ED25519.public_key().public_bytes_raw().hex(),
        "platform_x": agreement[-2].hex(),
        "platform_y": agreement[-3].hex(),
        "authenticator_x": other[-2].hex(),
        "authenticator_y": other[-3].hex(),
        "proof_32": fixed("proof", 32).hex(),
        "proof_16": fixed("proof", 16).hex(),
        "salts": fixed("salts", 48).hex(),
        "salt_proof": fixed("salt proof", 32).hex(),
        "new_pin_enc": fixed("newPinEnc", 64).hex(),
        "pin_hash_enc": fixed("pinHashEnc", 16).hex(),
        "token_enc": fixed("token enc", 48).hex(),
        "certificate": fixed("no real certificate", 40).hex(),
        "blob_key": fixed("blob key", 32).hex(),
        "enc_identifier": fixed("encIdentifier", 32).hex(),
        "enc_cred_store_state": fixed("encCredStoreState", 32).hex(),
    }


def pin_protocols():
    text = ""
    for protocol in (PinProtocolV1(), PinProtocolV2()):
        platform, authenticator = scalar("platform"), scalar("authenticator")
        fido2_pin.ec.generate_private_key = lambda *_: platform
        iv = fixed(f"iv {protocol.VERSION}", 16)
        os.urandom = lambda length: iv[:length]
        _, shared = protocol.encapsulate(key_agreement(authenticator))
        pin = "π=3.14159"
        padded = fido2_pin._pad_pin(pin)
        pin_hash = hashlib.sha256(pin.encode()).digest()[:16]
        token = fixed("token", 32)
        new_pin_enc = protocol.encrypt(shared, padded)
        pin_hash_enc = protocol.encrypt(shared, pin_hash)
        text += "[[protocol]]\n" + "".join(
            f'{key} = {value if isinstance(value, int) else chr(34) + value + chr(34)}\n'
            for key, value in {
                "number": protocol.VERSION,
                "platform": raw(platform),
                "authenticator": raw(authenticator),
                "iv": iv.hex(),
                "pin": pin,
                "pin_hash": pin_hash.hex(),
                "new_pin_enc": new_pin_enc.hex(),
                "pin_hash_enc": pin_hash_enc.hex(),
                "change_pin_proof": protocol.authenticate(shared, new_pin_enc + pin_hash_enc).hex(),
                "token": token.hex(),
                "token_enc": protocol.encrypt(shared, token).hex(),
                "token_proof": protocol.authenticate(token, HASH).hex(),
                "message": HASH.hex(),
            }.items()
        ) + "\n"
    return text


def statuses():
    """All but success, the reserved 0x38, and the ends of ranges."""
    ends = ("_FIRST", "_LAST")
    return {
        error.name: f"{error:02x}"
        for error in CtapError.ERR
        if error not in (0, CtapError.ERR.PIN_TOKEN_EXPIRED) and not error.name.endswith(ends)
    }


class Wire(CtapHidConnection):
    """Hands out channel 01020304 and sends a PING's reports back."""

    def __init__(self):
        self.sent = []

    def write_packet(self, data):
        if data[4] == 0x80 | CTAPHID.INIT:
            reply = data[7:15] + bytes.fromhex("01020304 02 010203 0c")
            self.sent = [data[:5] + len(reply).to_bytes(2, "big") + reply.ljust(57, b"\0")]
        else:
            self.sent.append(data)

    def read_packet(self):
        return self.sent.pop(0)

    def close(self):
        pass


def framing():
    text = ""
    for length in (0, 1, 57, 58, 116, 117, 1024, 7609):
        wire = Wire()
        device = CtapHidDevice(HidDescriptor("", 0, 0, 64, 64, None, None), wire)
        reports = []
        keep = wire.write_packet
        wire.write_packet = lambda data: (reports.append(bytes(data)), keep(data))
        payload = bytes(place * 7 % 256 for place in range(length))
        if length:  # its own reader never ends without a byte
            assert device.ping(payload) == payload
        else:
            wire.read_packet = None
            try:
                device.ping(payload)
            except TypeError:
                pass
        text += f"[[ping]]\nlength = {length}\nreports = {len(reports)}\n"
        text += f'sha256 = "{hashlib.sha256(b"".join(reports)).hexdigest()}"\n'
        text += f'last = "{reports[-1].hex()}"\n\n'
    return text


replied = {name: reply.hex() for name, reply in replies().items()}
tables = {"values": inputs(), "requests": requests(), "replies": replied, "statuses": statuses()}
write("messages", "".join(table(name, members) for name, members in tables.items()))
write("framing", framing())
write("pin", pin_protocols())
