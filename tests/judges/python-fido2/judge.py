"""PyPI's fido2 against fob's software key: CTAPHID, getInfo, register, sign in, PIN with both protocols.

usage: judge.py SOCKET        (SOCK_SEQPACKET, one 64-byte report a datagram)

Prints a line a check and ends with 0 when all held. It shares no code with fob; signatures are checked by Fido2Server.
"""

import secrets
import socket
import sys

from fido2.client import ClientError, DefaultClientDataCollector, Fido2Client, UserInteraction
from fido2.ctap import CtapError
from fido2.ctap2 import ClientPin, Ctap2
from fido2.ctap2.pin import PinProtocolV1, PinProtocolV2
from fido2.hid import CTAPHID, CtapHidDevice
from fido2.hid.base import CtapHidConnection, HidDescriptor
from fido2.server import Fido2Server
from fido2.webauthn import ResidentKeyRequirement, UserVerificationRequirement

REPORT = 64
ORIGIN = "https://judge.example"
RP = {"id": "judge.example", "name": "The judge"}
PIN = "314159"


class Socket(CtapHidConnection):
    """A HID device that is a unix socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(60)
        self.socket.connect(path)

    def read_packet(self):
        report = self.socket.recv(REPORT)
        if len(report) != REPORT:
            raise OSError("the key is gone")
        return report

    def write_packet(self, data):
        self.socket.send(bytes(data).ljust(REPORT, b"\0"))

    def close(self):
        self.socket.close()


class Person(UserInteraction):
    """Knows the PIN, or a wrong one."""

    def __init__(self, pin=PIN):
        self.pin = pin

    def prompt_up(self):
        pass

    def request_pin(self, permissions, rp_id):
        return self.pin

    def request_uv(self, permissions, rp_id):
        return True


def open_key(path):
    descriptor = HidDescriptor(path, 0x1209, 0xF1D0, REPORT, REPORT, "fob test softkey", None)
    return CtapHidDevice(descriptor, Socket(path))


def check(name, held=True):
    if not held:
        sys.exit(f"python-fido2: FAILED: {name}")
    print(f"ok  python-fido2: {name}")


def ceremony(device, verification, resident=False, person=None):
    """Registers and signs in; Fido2Server verifies both. Gives the authenticator data of both."""
    collector = DefaultClientDataCollector(ORIGIN)
    client = Fido2Client(device, client_data_collector=collector, user_interaction=person or Person())
    server = Fido2Server(RP, attestation="direct")
    user = {"id": secrets.token_bytes(16), "name": "ada", "displayName": "Ada Lovelace"}
    requirement = ResidentKeyRequirement.REQUIRED if resident else ResidentKeyRequirement.DISCOURAGED
    options, state = server.register_begin(
        user, user_verification=verification, resident_key_requirement=requirement
    )
    made = server.register_complete(state, client.make_credential(options.public_key))
    allowed = None if resident else [made.credential_data]
    options, state = server.authenticate_begin(allowed, user_verification=verification)
    answer = client.get_assertion(options.public_key).get_response(0)
    server.authenticate_complete(state, [made.credential_data], answer)
    if resident:
        check("a resident credential gives its user handle", answer.response.user_handle == user["id"])
    return made, answer.response.authenticator_data


def main(path):
    device = open_key(path)
    for length in (0, 1, 57, 58, 300, 7609):
        data = secrets.token_bytes(length)
        check(f"ping of {length} bytes comes back", device.ping(data) == data)
    info = Ctap2(device, strict_cbor=True).get_info()
    check("getInfo is canonical and names FIDO_2_0", "FIDO_2_0" in info.versions)
    check("a new key has no PIN", info.options.get("clientPin") is False)

    made, asserted = ceremony(device, UserVerificationRequirement.DISCOURAGED)
    check("register and sign in, user present, not verified", made.is_user_present() and not asserted.is_user_verified())
    check("the counter goes up", asserted.counter > made.counter)

    second = open_key(path)
    check("a second client gets a channel of its own", second._channel_id != device._channel_id)
    check("and the same key answers", Ctap2(second).get_info().aaguid == info.aaguid)
    # As on a hidraw node, the first connection has seen the second's reports too, and this client takes reports of
    # other channels for a broken line instead of skipping them: go on with a fresh connection.
    second.close()
    device.close()
    device = open_key(path)

    ClientPin(Ctap2(device), PinProtocolV1()).set_pin("000000")
    ClientPin(Ctap2(device), PinProtocolV2()).change_pin("000000", PIN)
    check("PIN set with protocol one, changed with protocol two", Ctap2(device).get_info().options["clientPin"])
    for protocol in (PinProtocolV1(), PinProtocolV2()):
        token = ClientPin(Ctap2(device), protocol).get_pin_token(
            PIN, ClientPin.PERMISSION.MAKE_CREDENTIAL | ClientPin.PERMISSION.GET_ASSERTION, RP["id"]
        )
        check(f"protocol {protocol.VERSION} gives a token with permissions", len(token) == 32)
    made, asserted = ceremony(device, UserVerificationRequirement.REQUIRED)
    check("register and sign in with the PIN", made.is_user_verified() and asserted.is_user_verified())
    ceremony(device, UserVerificationRequirement.REQUIRED, resident=True)

    try:
        ceremony(device, UserVerificationRequirement.REQUIRED, person=Person("999999"))
        check("a wrong PIN is refused", False)
    except ClientError as error:
        check("a wrong PIN is refused", error.cause.code == CtapError.ERR.PIN_INVALID)
    retries, _ = ClientPin(Ctap2(device)).get_pin_retries()
    check("and costs one of eight tries", retries == 7)

    try:
        Ctap2(device).send_cbor(0x3F)
        check("an unknown command is refused", False)
    except CtapError as error:
        check("an unknown command is refused", error.code == CtapError.ERR.INVALID_COMMAND)
    try:
        device.call(CTAPHID(0x2A))
        check("an unknown CTAPHID command is refused", False)
    except (CtapError, ValueError):
        check("an unknown CTAPHID command is refused")


if __name__ == "__main__":
    main(sys.argv[1])
