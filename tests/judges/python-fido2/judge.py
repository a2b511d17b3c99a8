"""PyPI's fido2 against fob's software key: CTAPHID, getInfo, register, sign in, PIN with both protocols, PRF, large
blobs, credential management, configuration, and where the key has them fingers, U2F and certified attestation.

usage: judge.py SOCKET [CA_FILE]        (SOCK_SEQPACKET, or udp:PORT; one 64-byte report a datagram)

Prints a line a check and ends with 0 when all held. It shares no code with fob; signatures are checked by Fido2Server.
"""

import secrets
import socket
import sys
import time

from fido2.client import ClientError, DefaultClientDataCollector, Fido2Client, UserInteraction
from fido2.attestation import AttestationVerifier
from fido2.cose import CoseKey
from fido2.ctap import CtapError
from fido2.ctap1 import APDU, ApduError, Ctap1
from fido2.ctap2 import ClientPin, Config, CredentialManagement, Ctap2, FPBioEnrollment, LargeBlobs
from fido2.ctap2.extensions import (
    CredBlobExtension,
    CredProtectExtension,
    HmacSecretExtension,
    LargeBlobExtension,
    MinPinLengthExtension,
)
from fido2.ctap2.pin import PinProtocolV1, PinProtocolV2
from fido2.hid import CAPABILITY, CTAPHID, CtapHidDevice
from fido2.hid.base import CtapHidConnection, HidDescriptor
from fido2.server import Fido2Server
from fido2.webauthn import ResidentKeyRequirement, UserVerificationRequirement

REPORT = 64
ORIGIN = "https://judge.example"
RP = {"id": "judge.example", "name": "The judge"}
PIN = "314159"


class Socket(CtapHidConnection):
    """A HID device that is a socket."""

    def __init__(self, path):
        if path.startswith("udp:"):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            address = ("127.0.0.1", int(path.removeprefix("udp:")))
        else:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            address = path
        self.socket.settimeout(60)
        self.socket.connect(address)

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


def client_of(device, person=None):
    """A WebAuthn client with all its extensions."""
    return Fido2Client(
        device,
        client_data_collector=DefaultClientDataCollector(ORIGIN),
        user_interaction=person or Person(),
        extensions=[
            HmacSecretExtension(),
            LargeBlobExtension(),
            CredBlobExtension(),
            CredProtectExtension(),
            MinPinLengthExtension(),
        ],
    )


def register(device, extensions, resident=False):
    """A new credential, verified by Fido2Server, and what the client says of its extensions."""
    client, server = client_of(device), Fido2Server(RP)
    user = {"id": secrets.token_bytes(16), "name": "ada", "displayName": "Ada Lovelace"}
    options, state = server.register_begin(
        user,
        user_verification=UserVerificationRequirement.REQUIRED,
        resident_key_requirement=ResidentKeyRequirement.REQUIRED if resident else None,
        extensions=extensions,
    )
    response = client.make_credential(options.public_key)
    return server.register_complete(state, response), response.client_extension_results, user


def sign_in(device, made, extensions, verification=UserVerificationRequirement.REQUIRED):
    """What the client says of the extensions of a sign-in that Fido2Server verified."""
    client, server = client_of(device), Fido2Server(RP)
    options, state = server.authenticate_begin(
        [made.credential_data], user_verification=verification, extensions=extensions
    )
    answer = client.get_assertion(options.public_key).get_response(0)
    server.authenticate_complete(state, [made.credential_data], answer)
    return answer.client_extension_results


def token_for(device, permission):
    """A protocol and a token of it, by PIN."""
    ctap = Ctap2(device)
    protocol = PinProtocolV2()
    return ctap, protocol, ClientPin(ctap, protocol).get_pin_token(PIN, permission)


def judge_prf(device):
    """hmac-secret and hmac-secret-mc, as WebAuthn's prf."""
    first, second = secrets.token_bytes(32), secrets.token_bytes(32)
    prf = {"prf": {"eval": {"first": first, "second": second}}}
    made, at_once, _ = register(device, prf)
    check("prf is enabled", at_once.prf.enabled)
    later = sign_in(device, made, prf)
    check("prf gives two values of 32 bytes", {len(later.prf.results.first), len(later.prf.results.second)} == {32})
    if HmacSecretExtension.MC_NAME in Ctap2(device).info.extensions:
        check("prf gives the same values at registration", at_once.prf.results == later.prf.results)
    one = sign_in(device, made, {"prf": {"eval": {"first": first}}})
    check("prf gives the same value for one salt", one.prf.results.first == later.prf.results.first)
    unverified = sign_in(device, made, prf, UserVerificationRequirement.DISCOURAGED)
    check("prf without verification is another", unverified.prf.results.first != later.prf.results.first)
    other, _, _ = register(device, prf)
    check("prf of another credential is another", sign_in(device, other, prf).prf != later.prf)


def judge_large_blobs(device):
    """largeBlobKey and authenticatorLargeBlobs, as WebAuthn's largeBlob, and by hand."""
    made, supported, _ = register(device, {"largeBlob": {"support": "required"}}, resident=True)
    check("largeBlob is supported", supported.large_blob.supported)
    data = secrets.token_bytes(700)
    check("largeBlob is written", sign_in(device, made, {"largeBlob": {"write": data}}).large_blob.written)
    check("largeBlob is read", sign_in(device, made, {"largeBlob": {"read": True}}).large_blob.blob == data)
    ctap, protocol, token = token_for(device, ClientPin.PERMISSION.LARGE_BLOB_WRITE)
    blobs, key = LargeBlobs(ctap, protocol, token), secrets.token_bytes(32)
    blobs.put_blob(key, b"by hand")
    check("a blob is read by hand", blobs.get_blob(key) == b"by hand")
    blobs.delete_blob(key)
    check("a blob is deleted", blobs.get_blob(key) is None and len(blobs.read_blob_array()) == 1)


def judge_small_extensions(device):
    """credBlob and credProtect."""
    made, said, _ = register(device, {"credBlob": b"thirty-two bytes at least, here ", "credProps": True}, resident=True)
    check("credBlob is kept", made.extensions["credBlob"] is True)
    assertion = Ctap2(device).get_assertion(
        RP["id"], bytes(32), [{"type": "public-key", "id": made.credential_data.credential_id}], {"credBlob": True}
    )
    check("credBlob is given back", assertion.auth_data.extensions["credBlob"] == b"thirty-two bytes at least, here ")
    made, _, _ = register(
        device, {"credentialProtectionPolicy": "userVerificationRequired", "enforceCredentialProtectionPolicy": True}
    )
    allowed = [{"type": "public-key", "id": made.credential_data.credential_id}]
    try:
        Ctap2(device).get_assertion(RP["id"], bytes(32), allowed)
        check("credProtect hides a credential from who is not verified", False)
    except CtapError as error:
        check("credProtect hides a credential from who is not verified", error.code == CtapError.ERR.NO_CREDENTIALS)


def judge_algorithms(device):
    """Every algorithm that getInfo lists and this library verifies."""
    ctap, known = Ctap2(device), CoseKey.supported_algorithms()
    listed = [entry["alg"] for entry in ctap.info.algorithms if entry["alg"] in known]
    for algorithm in listed:
        _, protocol, token = token_for_rp(device)
        made = ctap.make_credential(
            bytes(32),
            RP,
            {"id": b"1", "name": "ada"},
            [{"type": "public-key", "alg": algorithm}],
            pin_uv_param=protocol.authenticate(token, bytes(32)),
            pin_uv_protocol=protocol.VERSION,
        ).auth_data.credential_data
        allowed = [{"type": "public-key", "id": made.credential_id}]
        assertion = ctap.get_assertion(RP["id"], bytes(32), allowed)
        assertion.verify(bytes(32), made.public_key)
        check(f"algorithm {algorithm} signs in", made.public_key.ALGORITHM == algorithm)


def token_for_rp(device):
    ctap, protocol = Ctap2(device), PinProtocolV2()
    permissions = ClientPin.PERMISSION.MAKE_CREDENTIAL | ClientPin.PERMISSION.GET_ASSERTION
    return ctap, protocol, ClientPin(ctap, protocol).get_pin_token(PIN, permissions, RP["id"])


def judge_credential_management(device):
    """credentialManagement with an ordinary and with the persistent token."""
    made, _, user = register(device, {}, resident=True)
    ctap, protocol, token = token_for(device, ClientPin.PERMISSION.CREDENTIAL_MGMT)
    manager, of = CredentialManagement(ctap, protocol, token), CredentialManagement.RESULT
    before = manager.get_metadata()[of.EXISTING_CRED_COUNT]
    rps = manager.enumerate_rps()
    check("one RP has credentials", [rp[of.RP]["id"] for rp in rps] == [RP["id"]])
    found = manager.enumerate_creds(rps[0][of.RP_ID_HASH])
    check("all credentials are enumerated", len(found) == before)
    mine = [one for one in found if one[of.CREDENTIAL_ID]["id"] == made.credential_data.credential_id]
    check("the new one is among them", len(mine) == 1 and mine[0][of.USER]["id"] == user["id"])
    check("with its public key", CoseKey.parse(mine[0][of.PUBLIC_KEY]) == made.credential_data.public_key)
    manager.update_user_info(mine[0][of.CREDENTIAL_ID], {"id": user["id"], "name": "grace", "displayName": "Grace"})
    found = manager.enumerate_creds(rps[0][of.RP_ID_HASH])
    check("names are changed", any(one[of.USER].get("name") == "grace" for one in found))

    ctap, protocol, lasting = token_for(device, ClientPin.PERMISSION.PERSISTENT_CREDENTIAL_MGMT)
    reader = CredentialManagement(ctap, protocol, lasting)
    check("the persistent token reads", reader.get_metadata()[of.EXISTING_CRED_COUNT] == before)
    try:
        reader.delete_cred(mine[0][of.CREDENTIAL_ID])
        check("the persistent token deletes nothing", False)
    except CtapError as error:
        check("the persistent token deletes nothing", error.code == CtapError.ERR.PIN_AUTH_INVALID)
    info = Ctap2(device).info
    identifier, state = info.get_identifier(lasting), info.get_cred_store_state(lasting)
    _, protocol, token = token_for(device, ClientPin.PERMISSION.CREDENTIAL_MGMT)
    CredentialManagement(ctap, protocol, token).delete_cred(mine[0][of.CREDENTIAL_ID])
    check("a credential is deleted", reader.get_metadata()[of.EXISTING_CRED_COUNT] == before - 1)
    info = Ctap2(device).info
    check("encIdentifier is the same", len(identifier) == 16 and info.get_identifier(lasting) == identifier)
    check("encCredStoreState is another", info.get_cred_store_state(lasting) != state)


def judge_config(device):
    """authenticatorConfig; leaves a minimum PIN length of five behind."""
    config = Config(*token_for(device, ClientPin.PERMISSION.AUTHENTICATOR_CFG))
    config.enable_enterprise_attestation()
    check("enterprise attestation is enabled", Ctap2(device).info.options["ep"] is True)
    config.toggle_always_uv()
    check("alwaysUv is on", Ctap2(device).info.options["alwaysUv"] is True)
    try:
        Ctap2(device).make_credential(bytes(32), RP, {"id": b"1"}, [{"type": "public-key", "alg": -7}])
        check("alwaysUv wants a token", False)
    except CtapError as error:
        check("alwaysUv wants a token", error.code == CtapError.ERR.PUAT_REQUIRED)
    config.toggle_always_uv()
    config.set_min_pin_length(5, [RP["id"]])
    info = Ctap2(device).info
    check("the minimum PIN length is five and forces nothing", info.min_pin_length == 5 and not info.force_pin_change)
    made, _, _ = register(device, {"minPinLength": True})
    check("minPinLength is told to who is on the list", made.extensions["minPinLength"] == 5)


def judge_fingers(device):
    """bioEnrollment and verification by finger; the sensor sees a good finger each time."""
    ctap, protocol, token = token_for(device, ClientPin.PERMISSION.BIO_ENROLL)
    bio = FPBioEnrollment(ctap, protocol, token)
    check("there is a sensor", bio.get_modality() == 1 and bio.get_fingerprint_sensor_info()[3] > 0)
    check("no finger is known", bio.enumerate_enrollments() == {})
    enrolment, template = bio.enroll(), None
    while template is None:
        template = enrolment.capture()
    bio.set_name(template, "thumb")
    check("a finger is known by its name", bio.enumerate_enrollments() == {template: "thumb"})
    client_pin = ClientPin(Ctap2(device), PinProtocolV2())
    check("there are retries for fingers", client_pin.get_uv_retries() == 5)
    token = client_pin.get_uv_token(ClientPin.PERMISSION.GET_ASSERTION, RP["id"])
    check("a finger gives a token", len(token) == 32)
    made, _, _ = register(device, {})
    check("register and sign in by finger", made.is_user_verified() and sign_in(device, made, {}) is not None)
    _, protocol, token = token_for(device, ClientPin.PERMISSION.BIO_ENROLL)
    FPBioEnrollment(ctap, protocol, token).remove_enrollment(template)
    check("a finger is forgotten", Ctap2(device).info.options["uv"] is False)


def until_touched(command):
    """U2F does not wait: a platform asks again until the key was touched."""
    for _ in range(100):
        try:
            return command()
        except ApduError as error:
            if error.code != APDU.USE_NOT_SATISFIED:
                raise
            time.sleep(0.01)
    check("the key is touched at last", False)


def judge_u2f(device):
    """CTAP1 by itself, and CTAP2 with a credential of CTAP1."""
    ctap1, application = Ctap1(device), Fido2Server(RP).rp.id_hash
    check("U2F_V2 is spoken", ctap1.get_version() == "U2F_V2")
    made = until_touched(lambda: ctap1.register(bytes(32), application))
    made.verify(application, bytes(32))
    check("U2F registers")
    signed = until_touched(lambda: ctap1.authenticate(bytes(32), application, made.key_handle))
    signed.verify(application, bytes(32), made.public_key)
    check("U2F signs in")
    allowed = [{"type": "public-key", "id": made.key_handle}]
    Ctap2(device).get_assertion(RP["id"], bytes(32), allowed).verify(bytes(32), CoseKey.for_name("ES256").from_ctap1(made.public_key))
    check("CTAP2 signs in with a credential of U2F")


class Trusting(AttestationVerifier):
    """Knows the test CA."""

    def __init__(self, ca):
        super().__init__()
        self.ca = ca

    def ca_lookup(self, result, auth_data):
        return self.ca


def judge_attestation(device, ca):
    """packed with a certificate, up to the test CA."""
    made = Ctap2(device)
    ctap, protocol, token = token_for_rp(device)
    made = ctap.make_credential(
        bytes(32),
        RP,
        {"id": b"1", "name": "ada"},
        [{"type": "public-key", "alg": -7}],
        pin_uv_param=protocol.authenticate(token, bytes(32)),
        pin_uv_protocol=protocol.VERSION,
    )
    Trusting(ca).verify_attestation(made, bytes(32))
    check("the attestation leads up to the test CA")


def main(path, ca_file=None):
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

    if "hmac-secret" in info.extensions:
        judge_prf(device)
    if "largeBlobs" in info.options:
        judge_large_blobs(device)
    if "credBlob" in info.extensions:
        judge_small_extensions(device)
    judge_algorithms(device)
    if "perCredMgmtRO" in info.options:
        judge_credential_management(device)
    if "alwaysUv" in info.options and "ep" in info.options:
        judge_config(device)
    if "bioEnroll" in info.options:
        judge_fingers(device)
    if device.capabilities & CAPABILITY.NMSG == 0:
        judge_u2f(device)
    if ca_file:
        with open(ca_file, "rb") as ca:
            judge_attestation(device, ca.read())

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
    main(*sys.argv[1:])
