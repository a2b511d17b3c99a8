"""A key as a test speaks to it: commands by number, members by number, statuses by name.

Requests are built here from plain values, so that a test can leave a member out, double it or give it a wrong type;
python-fido2's own classes are used where a request is well-formed.
"""

import secrets

from fido2 import cbor
from fido2.cose import CoseKey
from fido2.ctap import CtapError
from fido2.ctap1 import APDU, ApduError, Ctap1
from fido2.ctap2 import AssertionResponse, AttestationResponse, ClientPin, Config, CredentialManagement, Ctap2, LargeBlobs
from fido2.ctap2.bio import FPBioEnrollment
from fido2.ctap2.pin import PinProtocolV1, PinProtocolV2
from fido2.hid import CTAPHID
from fido2.utils import sha256

import pytest

ERR = CtapError.ERR
MAKE, GET, INFO, PIN, RESET, NEXT = 0x01, 0x02, 0x04, 0x06, 0x07, 0x08
BIO, MANAGE, SELECT, BLOBS, CONFIG = 0x09, 0x0A, 0x0B, 0x0C, 0x0D

RP = {"id": "suite.example", "name": "The suite"}
ES256 = {"type": "public-key", "alg": -7}
HASH = bytes(range(32))
SECRET = "271828"
PERMISSION = ClientPin.PERMISSION


def user(number=1, **members):
    """An account; the number makes another one."""
    return {"id": bytes([number]) * 16, "name": f"ada{number}", "displayName": f"Ada {number}", **members}


def named(credential_id):
    """A credential in an allow or exclude list."""
    return {"type": "public-key", "id": credential_id}


def without(members, *keys):
    return {key: value for key, value in members.items() if key not in keys}


def making(**members):
    """makeCredential's members, a valid request unless they say otherwise; None takes one out."""
    numbers = {
        "client_data_hash": (1, HASH), "rp": (2, RP), "user": (3, user()), "params": (4, [ES256]), "exclude": (5, None),
        "extensions": (6, None), "options": (7, None), "auth": (8, None), "protocol": (9, None), "enterprise": (10, None),
        "formats": (11, None),
    }
    return numbered(numbers, members)


def asking(**members):
    """getAssertion's members, likewise."""
    numbers = {
        "rp_id": (1, RP["id"]), "client_data_hash": (2, HASH), "allow": (3, None), "extensions": (4, None),
        "options": (5, None), "auth": (6, None), "protocol": (7, None),
    }
    return numbered(numbers, members)


def numbered(numbers, members):
    values = {number: members.pop(name, value) for name, (number, value) in numbers.items()}
    assert not members, f"no such members: {members}"
    return {number: value for number, value in values.items() if value is not None}


class Credential:
    """What makeCredential gave, and how to check what the credential signs."""

    def __init__(self, response):
        self.response, self.auth_data = response, response.auth_data
        data = self.auth_data.credential_data
        self.id, self.public_key, self.named = data.credential_id, data.public_key, named(data.credential_id)

    def check(self, assertion, client_data_hash=HASH):
        assertion.verify(client_data_hash, self.public_key)
        assert assertion.credential["id"] == self.id
        return assertion


class Key:
    """A key on a connection of its own."""

    def __init__(self, softkey):
        self.softkey = softkey
        self.open()

    def open(self):
        self.device = self.softkey.device()
        self.ctap = Ctap2(self.device)
        self.info = self.ctap.info

    def close(self):
        self.device.close()

    def replug(self):
        """Out and in again: everything that is not durable is gone."""
        self.close()
        self.softkey("power-cycle")
        self.open()

    # What it can do.

    def needs(self, *names):
        """Skips the test where the key has no such extension, option or version."""
        info = self.ctap.get_info()
        has = {*info.extensions, *info.options, *info.versions}
        missing = [name for name in names if name not in has]
        if missing:
            pytest.skip(f"this profile has no {', '.join(missing)}")

    @property
    def modern(self):
        """Whether it is of CTAP 2.1 or later."""
        return "FIDO_2_1" in self.info.versions

    @property
    def protocol(self):
        """The newest PIN/UV protocol."""
        return PinProtocolV2() if 2 in self.info.pin_uv_protocols else PinProtocolV1()

    # Commands, raw.

    def call(self, command, members=None, **how):
        """The whole reply; `members` may be bytes, which go as they are."""
        body = b"" if members is None else members if isinstance(members, bytes) else cbor.encode(members)
        return self.device.call(CTAPHID.CBOR, bytes([command]) + body, **how)

    def does(self, command, members=None):
        """The members of the reply of a command that must succeed."""
        reply = self.call(command, members)
        assert reply[0] == 0, CtapError(reply[0])
        return cbor.decode(reply[1:]) if len(reply) > 1 else None

    def refuses(self, command, members=None, *statuses):
        """The command fails: with one of these statuses, or if there are none with any."""
        reply = self.call(command, members)
        status = ERR(reply[0]) if reply[0] in set(ERR) else reply[0]
        assert reply[0] != 0, "it was done"
        assert not statuses or status in statuses, f"{status!r}"
        assert len(reply) == 1, "an error has no body"
        return status

    # Commands, typed.

    def register(self, rp=RP, user=user(), **members):
        reply = self.call(MAKE, making(rp=rp, user=user, **members))
        assert reply[0] == 0, CtapError(reply[0])
        return Credential(AttestationResponse.from_dict(cbor.decode(reply[1:])))

    def sign_in(self, *credentials, **members):
        allow = [one.named for one in credentials] or None
        reply = self.call(GET, asking(**{"allow": allow, **members}))
        assert reply[0] == 0, CtapError(reply[0])
        return AssertionResponse.from_dict(cbor.decode(reply[1:]))

    def next(self):
        return self.ctap.get_next_assertion()

    def reset(self):
        self.does(RESET)
        self.open_again()

    def open_again(self):
        self.ctap = Ctap2(self.device)
        self.info = self.ctap.info

    # PIN and tokens.

    def client_pin(self, protocol=None):
        return ClientPin(Ctap2(self.device), protocol or self.protocol)

    def set_pin(self, pin=SECRET, protocol=None):
        self.client_pin(protocol).set_pin(pin)

    def token(self, permissions=PERMISSION.MAKE_CREDENTIAL | PERMISSION.GET_ASSERTION, rp_id=RP["id"], pin=SECRET, protocol=None):
        """A token with permissions, or where the key knows none an old one."""
        if not self.ctap.get_info().options.get("pinUvAuthToken"):
            return self.client_pin(protocol).get_pin_token(pin)
        bound = permissions & (PERMISSION.MAKE_CREDENTIAL | PERMISSION.GET_ASSERTION)
        return self.client_pin(protocol).get_pin_token(pin, permissions, rp_id if bound else None)

    def proof(self, protocol=None, client_data_hash=HASH, **how):
        """The members of a request that a token proves."""
        protocol = protocol or self.protocol
        token = self.token(protocol=protocol, **how)
        return {"auth": protocol.authenticate(token, client_data_hash), "protocol": protocol.VERSION}

    def retries(self):
        return self.client_pin().get_pin_retries()[0]

    def manager(self, permission=PERMISSION.CREDENTIAL_MGMT):
        return CredentialManagement(Ctap2(self.device), self.protocol, self.token(permission))

    def config(self, proven=True):
        if not proven:
            return Config(Ctap2(self.device))
        return Config(Ctap2(self.device), self.protocol, self.token(PERMISSION.AUTHENTICATOR_CFG))

    def blobs(self, permission=PERMISSION.LARGE_BLOB_WRITE):
        token = self.token(permission) if permission else None
        return LargeBlobs(Ctap2(self.device), self.protocol if permission else None, token)

    def fingers(self):
        return FPBioEnrollment(Ctap2(self.device), self.protocol, self.token(PERMISSION.BIO_ENROLL))


class U2f:
    """CTAP1, which does not wait for a touch: whoever wants one asks again."""

    application = sha256(RP["id"].encode())

    def __init__(self, device):
        self.ctap1 = Ctap1(device)

    def touched(self, command):
        for _ in range(200):
            try:
                return command()
            except ApduError as error:
                if error.code != APDU.USE_NOT_SATISFIED:
                    raise
        raise AssertionError("nobody touched the key")

    def register(self, challenge=HASH, application=None):
        return self.touched(lambda: self.ctap1.register(challenge, application or self.application))

    def sign_in(self, handle, challenge=HASH, application=None):
        return self.touched(lambda: self.ctap1.authenticate(challenge, application or self.application, handle))


def raises(status):
    """The block fails with this status of CTAP2."""
    return pytest.raises(CtapError, check=lambda error: error.code == status)


def fails(code):
    """The block fails with this status word of U2F."""
    return pytest.raises(ApduError, check=lambda error: error.code == code)


def random(length=32):
    return secrets.token_bytes(length)


def es256(made):
    """The public key of a U2F registration."""
    return CoseKey.for_name("ES256").from_ctap1(made.public_key)
