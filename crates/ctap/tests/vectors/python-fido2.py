"""Writes the python-fido2-*.toml vectors beside it: bytes that PyPI's fido2 (and `cryptography` under it) makes.

usage: python3 -m venv VENV && VENV/bin/pip install fido2==2.2.1 && VENV/bin/python python-fido2.py

Requests are what fido2's own client sends through a device that only records. Replies are what its CBOR encoder,
AuthenticatorData and AttestationObject make of a key from `cryptography`. Private keys and IVs are fixed and the
signatures over RFC 6979's nonces, so a second run writes the same files. fido2 shares no code with fob.
"""

import datetime
import hashlib
import hmac
import os
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.ctap import CtapDevice, CtapError
from fido2.ctap1 import Ctap1, RegistrationData, SignatureData
from fido2.ctap2 import AssertionResponse, AttestationResponse, ClientPin, Config, CredentialManagement, Ctap2
from fido2.ctap2 import FPBioEnrollment, Info, LargeBlobs
from fido2.ctap2 import blob as fido2_blob
from fido2.ctap2 import pin as fido2_pin
from fido2.ctap2.bio import BioEnrollment
from fido2.ctap2.extensions import HmacSecretExtension
from fido2.ctap2.pin import PinProtocolV1, PinProtocolV2
from fido2.hid import CAPABILITY, CTAPHID, CtapHidDevice
from fido2.hid.base import CtapHidConnection, HidDescriptor
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    PublicKeyCredentialCreationOptions,
    PublicKeyCredentialRequestOptions,
)

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


MANAGED_INFO = {
    1: ["FIDO_2_1"],
    3: bytes(16),
    4: {
        "credMgmt": True,
        "bioEnroll": True,
        "authnrCfg": True,
        "largeBlobs": True,
        "setMinPINLength": True,
        "clientPin": True,
        "pinUvAuthToken": True,
    },
    5: 264,  # fragments of 200 bytes
    6: [2, 1],
    0x1B: False,
}
PREVIEW_INFO = {
    1: ["FIDO_2_1_PRE"],
    3: bytes(16),
    4: {"credentialMgmtPreview": True, "userVerificationMgmtPreview": True},
}
TOKEN = fixed("token", 32)
TEMPLATE = fixed("template", 16)


class Scripted(Recorder):
    """Notes all requests, and gives the same reply to each."""

    def __init__(self, info, reply={}):
        self.reply = bytes([0]) + cbor.encode(info)
        self.requests = []
        self.ctap = Ctap2(self)
        self.reply = bytes([0]) + cbor.encode(reply)
        self.requests.clear()

    def call(self, cmd, data=b"", event=None, on_keepalive=None):
        self.requests.append(data)
        return self.reply

    def last(self, call, *arguments):
        try:
            call(*arguments)
        except (KeyError, TypeError):  # the reply fits no command: only the request counts
            pass
        return self.requests[-1].hex()


def management_requests(info, protocol):
    number = protocol.VERSION
    device = Scripted(info, {1: 1})
    manager = CredentialManagement(device.ctap, protocol, TOKEN)
    bio = FPBioEnrollment(device.ctap, protocol, TOKEN)
    credential = {"id": ID, "type": "public-key"}
    calls = {
        "get_creds_metadata": (manager.get_metadata,),
        "enumerate_rps_begin": (manager.enumerate_rps_begin,),
        "enumerate_rps_next": (manager.enumerate_rps_next,),
        "enumerate_credentials_begin": (manager.enumerate_creds_begin, RP_HASH),
        "enumerate_credentials_next": (manager.enumerate_creds_next,),
        "delete_credential": (manager.delete_cred, credential),
        "enroll_begin": (bio.enroll_begin,),
        "enroll_begin_timeout": (bio.enroll_begin, 10000),
        "enroll_capture_next_sample": (bio.enroll_capture_next, TEMPLATE, 10000),
        "cancel_current_enrollment": (bio.enroll_cancel,),
        "enumerate_enrollments": (bio.enumerate_enrollments,),
        "set_friendly_name": (bio.set_name, TEMPLATE, "Zeigefinger"),
        "remove_enrollment": (bio.remove_enrollment, TEMPLATE),
        "get_fingerprint_sensor_info": (bio.get_fingerprint_sensor_info,),
        "get_modality": (bio.get_modality,),
    }
    if info is MANAGED_INFO:
        config = Config(device.ctap, protocol, TOKEN)
        calls |= {
            "update_user_information": (manager.update_user_info, credential, USER),
            "enable_enterprise_attestation": (config.enable_enterprise_attestation,),
            "toggle_always_uv": (config.toggle_always_uv,),
            "set_min_pin_length_full": (config.set_min_pin_length, 8, ["login.example", "a"], True, True),
            "set_min_pin_length_force": (config.set_min_pin_length, None, None, True),
            "set_min_pin_length_nobody": (config.set_min_pin_length, None, []),
            "enable_long_touch_for_reset": (config._call, 4),
            "vendor_prototype": (config._call, 0xFF, {1: 0x1122334455667788, 2: b"\1"}),
        }
    return {f"{name}_{number}": device.last(*call) for name, call in calls.items()}


def management_replies():
    ok = bytes([0])
    credential = {6: USER, 7: {"id": ID, "type": "public-key"}, 8: PUBLIC_KEY}
    made = {
        "creds_metadata": {1: 3, 2: 22},
        "rps_begin": {3: RP, 4: RP_HASH, 5: 2},
        "rps_begin_none": {5: 0},
        "rps_next": {3: {"id": "login.example"}, 4: RP_HASH},
        "credentials_begin": credential | {9: 2, 0xA: 3, 0xB: fixed("blob key", 32), 0xC: True},
        "credentials_next": credential | {0xA: 1},
        "credentials_next_preview": credential,
        "modality": {1: 1},
        "sensor_info": {2: 1, 3: 5, 8: 48},
        "sensor_info_least": {2: 2, 3: 1},
        "first_sample": {4: TEMPLATE, 5: 0, 6: 4},
        "sample": {5: 0x0D, 6: 4},
        "enrollments": {7: [{1: TEMPLATE, 2: "Zeigefinger"}, {1: b"\2"}]},
        "fragment": {1: fixed("fragment", 40)},
    }
    return {name: (ok + cbor.encode(members)).hex() for name, members in made.items()}


def large_blobs():
    """One array of two blobs and a stranger, written in fragments under both protocols, read back by fido2 itself."""
    os.urandom = lambda length: fixed("nonce", length)
    text = ("A blob that packs well. " * 12).encode()
    noise = fixed("noise", 300)
    keys = [fixed("blob key", 32), fixed("another blob key", 32)]
    array = [fido2_blob._lb_pack(keys[0], text), {"newer": [1, True]}, fido2_blob._lb_pack(keys[1], noise)]
    serialized = cbor.encode(array)
    serialized += hashlib.sha256(serialized).digest()[:16]
    made = {
        "key": keys[0].hex(),
        "other_key": keys[1].hex(),
        "nonce": fixed("nonce", 12).hex(),
        "text": text.hex(),
        "noise": noise.hex(),
        "serialized": serialized.hex(),
    }
    for protocol in (PinProtocolV1(), PinProtocolV2()):
        device = Scripted(MANAGED_INFO)
        LargeBlobs(device.ctap, protocol, TOKEN).write_blob_array(array)
        made[f"writes_{protocol.VERSION}"] = " ".join(request.hex() for request in device.requests)
    device = Scripted(MANAGED_INFO)
    LargeBlobs(device.ctap).write_blob_array([])
    made["writes_bare"] = device.requests[-1].hex()
    device = Scripted(MANAGED_INFO, {1: serialized[:199]})
    LargeBlobs(device.ctap).read_blob_array()
    made["read"] = device.requests[-1].hex()
    made["read_on"] = device.last(device.ctap.large_blobs, 200, 200)
    # What fob packs and encrypts differs from zlib's in length; fido2 has to read it all the same.
    ours = {1: bytes.fromhex(SEALED_BY_FOB), 2: fixed("nonce", 12), 3: len(text)}
    packed, size = fido2_blob._lb_unpack(keys[0], ours)
    assert fido2_blob._decompress(packed) == text and size == len(text)
    made["sealed_by_fob"] = SEALED_BY_FOB
    return made


SEALED_BY_FOB = (
    "c89a8af1582db610469cf63a8b7328633d9ab8661d9cb2d8510fe0135f892124"
    "e42697d604f50acc296d1ec83123cb6d9ecd130a24700228f79f"
)


def hmac_secret(protocol):
    """The extension's own processors on the platform's side, a credential's secret on the other."""
    platform, authenticator = scalar("platform"), scalar("authenticator")
    fido2_pin.ec.generate_private_key = lambda *_: platform
    os.urandom = lambda length: fixed("salt iv", length)
    info = MANAGED_INFO | {2: ["hmac-secret", "hmac-secret-mc"]}
    device = Scripted(info, {1: key_agreement(authenticator)})
    extension = HmacSecretExtension(allow_hmac_secret=True)
    salts = {"salt1": fixed("salt 1", 32), "salt2": fixed("salt 2", 32)}
    signing_in = PublicKeyCredentialRequestOptions(challenge=b"", extensions={"hmacGetSecret": salts})
    processor = extension.get_assertion(device.ctap, signing_in, protocol)
    asked = processor.prepare_inputs(None, None)
    secret = fixed("CredRandom", 32)
    outputs = [hmac.digest(secret, salt, "sha256") for salt in salts.values()]
    shared = protocol.kdf(authenticator.exchange(ec.ECDH(), platform.public_key()))
    sealed = protocol.encrypt(shared, b"".join(outputs))
    data = AuthenticatorData.create(RP_HASH, FLAG.UP | FLAG.ED, 1, b"", {"hmac-secret": sealed})
    answer = AssertionResponse(credential={}, auth_data=data, signature=b"")
    opened = processor.prepare_outputs(answer, None)["hmacGetSecret"]
    assert [opened.output1, opened.output2] == outputs
    registering = PublicKeyCredentialCreationOptions(
        rp={"id": "a", "name": "a"},
        user={"id": b"1", "name": "a"},
        challenge=b"",
        pub_key_cred_params=[],
        extensions={"hmacCreateSecret": True, "hmacGetSecret": {"salt1": salts["salt1"]}},
    )
    processor = extension.make_credential(device.ctap, registering, protocol)
    return {
        "number": protocol.VERSION,
        "platform": raw(platform),
        "authenticator": raw(authenticator),
        "iv": fixed("salt iv", 16).hex(),
        "salt_1": salts["salt1"].hex(),
        "salt_2": salts["salt2"].hex(),
        "input": cbor.encode(asked).hex(),
        "input_mc": cbor.encode(processor.prepare_inputs(None)).hex(),
        "cred_random": secret.hex(),
        "output_1": outputs[0].hex(),
        "output_2": outputs[1].hex(),
        "sealed": sealed.hex(),
    }


def extension_maps():
    blob = fixed("cred blob", 32)
    packed = fixed("packed", 20)
    maps = {
        "make_credential_inputs": {
            "credProtect": 2,
            "credBlob": blob,
            "largeBlobKey": True,
            "minPinLength": True,
            "pinComplexityPolicy": True,
            "hmac-secret": True,
            "thirdPartyPayment": True,
        },
        "make_credential_inputs_large_blob": {"largeBlob": {"support": "required"}},
        "make_credential_inputs_large_blob_preferred": {"largeBlob": {"support": "preferred"}},
        "make_credential_outputs": {
            "credProtect": 2,
            "credBlob": True,
            "minPinLength": 6,
            "pinComplexityPolicy": False,
            "hmac-secret": True,
            "hmac-secret-mc": fixed("sealed", 48),
            "thirdPartyPayment": True,
        },
        "make_credential_unsigned_outputs": {"largeBlob": {"supported": True}},
        "get_assertion_inputs": {"credBlob": True, "largeBlobKey": True, "thirdPartyPayment": True},
        "get_assertion_inputs_read": {"largeBlob": {"read": True}},
        "get_assertion_inputs_write": {"largeBlob": {"write": packed, "originalSize": 60}},
        "get_assertion_outputs": {"credBlob": blob, "hmac-secret": fixed("sealed", 48), "thirdPartyPayment": False},
        "get_assertion_unsigned_outputs_blob": {"largeBlob": {"blob": packed, "originalSize": 60}},
        "get_assertion_unsigned_outputs_written": {"largeBlob": {"written": True}},
    }
    values = {"cred_blob": blob.hex(), "packed": packed.hex(), "sealed": fixed("sealed", 48).hex()}
    return values | {name: cbor.encode(members).hex() for name, members in maps.items()}


def persistent():
    """fido2 only opens; what it opens is made here as §6.4 says."""
    made = {"token": TOKEN.hex()}
    plain = {"encIdentifier": fixed("identifier", 16), "encCredStoreState": fixed("store state", 16)}
    for place, (name, value) in zip((0x19, 0x1E), plain.items()):
        key = HKDF(algorithm=hashes.SHA256(), length=16, salt=bytes(32), info=name.encode()).derive(TOKEN)
        iv = fixed(f"iv {name}", 16)
        encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
        sealed = iv + encryptor.update(value) + encryptor.finalize()
        info = Info.from_dict(MANAGED_INFO | {place: sealed})
        opened = info.get_identifier(TOKEN) if place == 0x19 else info.get_cred_store_state(TOKEN)
        assert opened == value
        made |= {f"{name}_iv": iv.hex(), f"{name}_plain": value.hex(), f"{name}_sealed": sealed.hex()}
    return made


def u2f():
    attestation = scalar("attestation")
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "fob U2F test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .serial_number(1)
        .not_valid_before(datetime.datetime(2026, 1, 1))
        .not_valid_after(datetime.datetime(2050, 1, 1))
        .public_key(attestation.public_key())
        .sign(attestation, hashes.SHA256(), ecdsa_deterministic=True)
        .public_bytes(serialization.Encoding.DER)
    )
    device = Scripted(MINIMAL_INFO)
    device.reply = bytes.fromhex("9000")
    key = Ctap1(device)
    made = {"u2f_certificate": certificate.hex(), "application": RP_HASH.hex(), "handle": ID.hex()}

    def note(name, call, *arguments):
        try:
            call(*arguments)
        except Exception:  # an empty answer is none to a registration: only the request counts
            pass
        made[name] = device.requests[-1].hex()

    note("register", key.register, HASH, RP_HASH)
    note("authenticate", key.authenticate, HASH, RP_HASH, ID)
    note("check", key.authenticate, HASH, RP_HASH, ID, True)
    note("version", key.get_version)
    point = b"\4" + PUBLIC_KEY[-2] + PUBLIC_KEY[-3]
    message = b"\0" + RP_HASH + HASH + ID + point
    signature = attestation.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    registration = RegistrationData(b"\5" + point + bytes([len(ID)]) + ID + certificate + signature)
    registration.verify(RP_HASH, HASH)
    start = b"\1" + (0x01020304).to_bytes(4, "big")
    answer = SignatureData(start + sign(RP_HASH + start + HASH))
    answer.verify(RP_HASH, HASH, point)
    assertion = AssertionResponse.from_ctap1(RP_HASH, {"id": ID, "type": "public-key"}, answer)
    made |= {
        "register_message": message.hex(),
        "register_signature": signature.hex(),
        "authenticate_message": (RP_HASH + start + HASH).hex(),
        "authenticate_signature": answer.signature.hex(),
        "register_reply": (bytes(registration) + b"\x90\0").hex(),
        "authenticate_reply": (bytes(answer) + b"\x90\0").hex(),
        "version_reply": (b"U2F_V2" + b"\x90\0").hex(),
        "attestation_object": bytes(AttestationObject.from_ctap1(RP_HASH, registration)).hex(),
        "auth_data": bytes(assertion.auth_data).hex(),
    }
    return made


def cose_keys():
    def point(curve, length):
        private = ec.derive_private_key(int.from_bytes(fixed("scalar", length), "big"), curve)
        return private.public_key()

    modulus = int.from_bytes(fixed("modulus", 256), "big") | 1 | 1 << 2047
    keys = {
        "es256": (-7, CREDENTIAL.public_key()),
        "es384": (-35, point(ec.SECP384R1(), 40)),
        "es512": (-36, point(ec.SECP521R1(), 60)),
        "ed25519": (-8, ED25519.public_key()),
        "rs256": (-257, rsa.RSAPublicNumbers(65537, modulus).public_key()),
        "ml_dsa_44": (-48, mldsa.MLDSA44PrivateKey.from_seed_bytes(fixed("seed", 32)).public_key()),
        "ml_dsa_65": (-49, mldsa.MLDSA65PrivateKey.from_seed_bytes(fixed("seed", 32)).public_key()),
    }
    made = {}
    for name, (number, public) in keys.items():
        made[name] = cbor.encode(CoseKey.for_alg(number).from_cryptography_key(public)).hex()
        form = serialization.PublicFormat
        if name.startswith("es"):
            made[f"{name}_raw"] = public.public_bytes(serialization.Encoding.X962, form.UncompressedPoint).hex()
        elif name == "rs256":
            made[f"{name}_raw"] = modulus.to_bytes(256, "big").hex()
        else:
            made[f"{name}_raw"] = public.public_bytes(serialization.Encoding.Raw, form.Raw).hex()
    return made


managed, preview = {}, {}
for each in (PinProtocolV1(), PinProtocolV2()):
    managed |= management_requests(MANAGED_INFO, each)
    preview |= management_requests(PREVIEW_INFO, each)
values = {"token": TOKEN.hex(), "template": TEMPLATE.hex(), "fragment": fixed("fragment", 40).hex()}
management = {"values": values, "requests": managed, "preview": preview, "replies": management_replies()}
write("management", "".join(table(name, members) for name, members in management.items()))
replied = {name: reply.hex() for name, reply in replies().items()}
tables = {"values": inputs(), "requests": requests(), "replies": replied, "statuses": statuses()}
write("messages", "".join(table(name, members) for name, members in tables.items()))
write("framing", framing())
write("pin", pin_protocols())
write("large-blobs", table("array", large_blobs()))
hmac_secrets = "".join(
    "[[hmac_secret]]\n"
    + "".join(f"{key} = {value}\n" if key == "number" else f'{key} = "{value}"\n' for key, value in members.items())
    + "\n"
    for members in map(hmac_secret, (PinProtocolV1(), PinProtocolV2()))
)
write("extensions", table("maps", extension_maps()) + table("persistent", persistent()) + hmac_secrets)
write("u2f", table("u2f", u2f()))
write("cose", table("keys", cose_keys()))
