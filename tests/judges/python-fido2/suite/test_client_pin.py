"""clientPIN (§6.5): setting and changing, retries and blocks, key agreement, tokens and what they permit."""

import pytest
from fido2.ctap2 import ClientPin
from fido2.ctap2.pin import PinProtocolV1, PinProtocolV2

from key import ERR, GET, HASH, MAKE, PERMISSION, PIN, RP, SECRET, asking, making, raises, random, user, without

WRONG = "999999"
PROTOCOLS = [PinProtocolV1(), PinProtocolV2()]


@pytest.fixture(params=PROTOCOLS, ids=["one", "two"])
def protocol(request, key):
    if request.param.VERSION not in key.info.pin_uv_protocols:
        pytest.skip("this profile has not got the protocol")
    return request.param


def padded(pin, length=64):
    return pin.encode().ljust(length, b"\0") if isinstance(pin, str) else pin.ljust(length, b"\0")


class Agreed:
    """A shared secret, and requests that use it in their own way."""

    def __init__(self, key, protocol):
        self.key, self.protocol = key, protocol
        self.public, self.secret = ClientPin(key.ctap, protocol)._get_shared_secret()

    def encrypt(self, data):
        return self.protocol.encrypt(self.secret, data)

    def hash(self, pin):
        from fido2.utils import sha256
        return self.encrypt(sha256(pin.encode())[:16])

    def setting(self, new, **changes):
        sealed = self.encrypt(new)
        proof = self.protocol.authenticate(self.secret, sealed)
        return {1: self.protocol.VERSION, 2: 3, 3: self.public, 4: proof, 5: sealed, **changes}

    def changing(self, old, new, **changes):
        sealed, hash = self.encrypt(new), self.hash(old)
        proof = self.protocol.authenticate(self.secret, sealed + hash)
        return {1: self.protocol.VERSION, 2: 4, 3: self.public, 4: proof, 5: sealed, 6: hash, **changes}

    def token(self, pin, subcommand=5, **changes):
        return {1: self.protocol.VERSION, 2: subcommand, 3: self.public, 6: self.hash(pin), **changes}


def test_key_agreement_is_a_public_key_and_nothing_more(key, protocol):
    public = key.does(PIN, {1: protocol.VERSION, 2: 2})[1]
    assert set(public) == {1, 3, -1, -2, -3} and (public[1], public[3], public[-1]) == (2, -25, 1)
    assert len(public[-2]) == len(public[-3]) == 32


def test_key_agreement_stays_until_the_power_goes(key, protocol):
    agree = {1: protocol.VERSION, 2: 2}
    before = key.call(PIN, agree)
    assert key.call(PIN, agree) == before
    key.replug()
    assert key.call(PIN, agree) != before


def test_a_wrong_pin_makes_another_key_agreement(pin_key, protocol):
    agreed = Agreed(pin_key, protocol)
    pin_key.refuses(PIN, agreed.token(WRONG), ERR.PIN_INVALID)
    # The right PIN under the old secret is no PIN at all.
    pin_key.refuses(PIN, agreed.token(SECRET), ERR.PIN_INVALID)
    assert pin_key.retries() == 6
    pin_key.does(PIN, Agreed(pin_key, protocol).token(SECRET))
    assert pin_key.retries() == 8


def test_a_pin_is_set_once(key, protocol):
    assert key.ctap.get_info().options["clientPin"] is False
    key.does(PIN, Agreed(key, protocol).setting(padded(SECRET)))
    assert key.ctap.get_info().options["clientPin"] is True
    key.refuses(PIN, Agreed(key, protocol).setting(padded("314159")), ERR.PIN_AUTH_INVALID)
    assert key.token(protocol=protocol)


def test_and_then_changed(pin_key, protocol):
    pin_key.does(PIN, Agreed(pin_key, protocol).changing(SECRET, padded("ABCDEF")))
    with raises(ERR.PIN_INVALID):
        pin_key.token(protocol=protocol)
    assert pin_key.token(pin="ABCDEF", protocol=protocol)
    made = pin_key.register(**pin_key.proof(pin="ABCDEF", protocol=protocol))
    assert made.auth_data.is_user_verified()


def test_one_protocol_sets_what_the_other_uses(key):
    if len(key.info.pin_uv_protocols) < 2:
        pytest.skip("this profile has one protocol")
    key.set_pin(protocol=PinProtocolV1())
    key.client_pin(PinProtocolV2()).change_pin(SECRET, "ABCDEF")
    assert key.token(pin="ABCDEF", protocol=PinProtocolV1())


@pytest.mark.parametrize("pin, status", [
    ("", ERR.PIN_POLICY_VIOLATION), ("1", ERR.PIN_POLICY_VIOLATION), ("123", ERR.PIN_POLICY_VIOLATION),
    ("\u2708" * 3, ERR.PIN_POLICY_VIOLATION), (b"1" * 64, ERR.PIN_POLICY_VIOLATION),
    ("1234", None), ("\u2708" * 4, None), ("\u00e4\u2708\u00e4\u2708\u00e4", None), ("1" * 63, None),
])
def test_a_pin_has_four_characters_to_63_bytes(key, protocol, pin, status):
    setting = Agreed(key, protocol).setting(padded(pin))
    if status is None:
        key.does(PIN, setting)
        return
    key.refuses(PIN, setting, status)
    assert key.ctap.get_info().options["clientPin"] is False
    key.set_pin()
    key.refuses(PIN, Agreed(key, protocol).changing(SECRET, padded(pin)), status)
    assert key.token(protocol=protocol)


@pytest.mark.parametrize("length", [16, 32, 80, 128])
def test_padding_is_64_bytes(key, protocol, length):
    """§6.5.5.5 says INVALID_PARAMETER to each; suites want PIN_POLICY_VIOLATION of a longer one, which a PIN can be."""
    key.refuses(PIN, Agreed(key, protocol).setting(padded("1234", length)), ERR.INVALID_PARAMETER, ERR.PIN_POLICY_VIOLATION)
    assert key.ctap.get_info().options["clientPin"] is False


@pytest.mark.parametrize("subcommand, members", [(3, [3, 4, 5]), (4, [3, 4, 5, 6]), (5, [3, 6])])
def test_a_missing_member_is_named(pin_key, protocol, subcommand, members):
    agreed = Agreed(pin_key, protocol)
    request = {3: agreed.setting, 4: lambda new: agreed.changing(SECRET, new), 5: lambda _: agreed.token(SECRET)}[subcommand](padded("1111"))
    for member in [1, *members]:
        pin_key.refuses(PIN, without(request, member), ERR.MISSING_PARAMETER)
    pin_key.refuses(PIN, without(request, 2), ERR.MISSING_PARAMETER)
    assert pin_key.retries() == 8


@pytest.mark.parametrize("member, value", [(1, "one"), (2, b"two"), (3, b"key"), (4, "proof"), (5, 5), (6, "hash")])
def test_a_member_of_a_wrong_type_is_refused(pin_key, protocol, member, value):
    request = Agreed(pin_key, protocol).changing(SECRET, padded("1111"))
    pin_key.refuses(PIN, {**request, member: value}, ERR.CBOR_UNEXPECTED_TYPE)
    assert pin_key.retries() == 8


@pytest.mark.parametrize("number", [0, 3, 123456])
def test_an_unknown_protocol_is_refused(key, number):
    key.refuses(PIN, {1: number, 2: 2}, ERR.INVALID_PARAMETER)


@pytest.mark.parametrize("number", [0, 0x0A, 0x40, 0xFF])
def test_an_unknown_subcommand_is_refused(key, number):
    # INVALID_SUBCOMMAND came with CTAP 2.1.
    key.refuses(PIN, {1: 1, 2: number}, ERR.INVALID_SUBCOMMAND if key.modern else ERR.INVALID_PARAMETER)


@pytest.mark.parametrize("change", [{-2: bytes(32)}, {-2: bytes(31)}, {-1: 2}, {1: 1}, {-3: None}])
def test_a_key_that_is_no_point_is_refused(pin_key, protocol, change):
    agreed = Agreed(pin_key, protocol)
    public = {number: value for number, value in {**agreed.public, **change}.items() if value is not None}
    pin_key.refuses(PIN, agreed.token(SECRET) | {3: public}, ERR.INVALID_PARAMETER, *([ERR.MISSING_PARAMETER] if len(public) < 5 else []))
    assert pin_key.retries() == 8


def test_a_proof_that_does_not_fit_is_refused(key, protocol):
    agreed = Agreed(key, protocol)
    for proof in (b"", bytes(16), bytes(32), random(16)):
        key.refuses(PIN, agreed.setting(padded(SECRET)) | {4: proof}, ERR.PIN_AUTH_INVALID)
    assert key.ctap.get_info().options["clientPin"] is False
    key.set_pin()
    agreed = Agreed(key, protocol)
    key.refuses(PIN, agreed.changing(SECRET, padded("1111")) | {4: bytes(32)}, ERR.PIN_AUTH_INVALID)
    assert key.retries() == 8 and key.token()


def test_without_a_pin_there_is_nothing_to_change_and_no_token(key, protocol):
    key.refuses(PIN, Agreed(key, protocol).changing(SECRET, padded("1111")), ERR.PIN_NOT_SET)
    key.refuses(PIN, Agreed(key, protocol).token(SECRET), ERR.PIN_NOT_SET)
    assert key.retries() == 8


def test_the_third_wrong_pin_in_a_row_wants_a_power_cycle(pin_key, protocol):
    for left, status in [(7, ERR.PIN_INVALID), (6, ERR.PIN_INVALID), (5, ERR.PIN_AUTH_BLOCKED)]:
        pin_key.refuses(PIN, Agreed(pin_key, protocol).token(WRONG), status)
        assert pin_key.retries() == left
    for pin in (SECRET, WRONG):
        pin_key.refuses(PIN, Agreed(pin_key, protocol).token(pin), ERR.PIN_AUTH_BLOCKED)
        pin_key.refuses(PIN, Agreed(pin_key, protocol).changing(pin, padded("1111")), ERR.PIN_AUTH_BLOCKED)
    assert pin_key.client_pin().get_pin_retries() == (5, True)
    pin_key.replug()
    assert pin_key.client_pin().get_pin_retries() in ((5, False), (5, None))
    assert pin_key.token(protocol=protocol) and pin_key.retries() == 8


def test_a_right_pin_gives_all_tries_back(pin_key, protocol):
    for _ in range(4):
        for left in (7, 6):
            pin_key.refuses(PIN, Agreed(pin_key, protocol).token(WRONG), ERR.PIN_INVALID)
            assert pin_key.retries() == left
        assert pin_key.token(protocol=protocol)
        assert pin_key.retries() == 8


def test_eight_wrong_pins_block_until_a_reset(pin_key, protocol):
    for number in range(1, 9):
        status = ERR.PIN_BLOCKED if number == 8 else ERR.PIN_AUTH_BLOCKED if number % 3 == 0 else ERR.PIN_INVALID
        pin_key.refuses(PIN, Agreed(pin_key, protocol).token(WRONG), status)
        assert pin_key.retries() == 8 - number
        if number % 3 == 0:
            pin_key.replug()
    for _ in range(2):
        pin_key.refuses(PIN, Agreed(pin_key, protocol).token(SECRET), ERR.PIN_BLOCKED)
        pin_key.refuses(PIN, Agreed(pin_key, protocol).changing(SECRET, padded("1111")), ERR.PIN_BLOCKED)
        assert pin_key.retries() == 0
        pin_key.replug()
    pin_key.reset()
    pin_key.set_pin()
    assert pin_key.token() and pin_key.retries() == 8


def test_tries_that_are_gone_stay_gone_without_power(pin_key, protocol):
    pin_key.refuses(PIN, Agreed(pin_key, protocol).token(WRONG), ERR.PIN_INVALID)
    pin_key.replug()
    assert pin_key.retries() == 7


def test_an_empty_proof_asks_for_a_touch_and_tells_whether_there_is_a_pin(key):
    version = key.protocol.VERSION
    for request in ((MAKE, making(auth=b"", protocol=version)), (MAKE, making(auth=b"")), (GET, asking(auth=b"", protocol=version))):
        key.refuses(*request, ERR.PIN_NOT_SET)
    key.register(options={"rk": True})
    key.refuses(GET, asking(auth=b""), ERR.PIN_NOT_SET)
    key.set_pin()
    for request in ((MAKE, making(auth=b"", protocol=version)), (GET, asking(auth=b"", protocol=version))):
        key.refuses(*request, ERR.PIN_INVALID)


def test_an_empty_proof_may_be_declined(key, softkey):
    softkey("presence", script=[{"do": "deny"}])
    key.refuses(MAKE, making(auth=b"", protocol=1), ERR.OPERATION_DENIED)


def test_a_proof_verifies(pin_key, protocol):
    made = pin_key.register(**pin_key.proof(protocol=protocol))
    assert made.auth_data.is_user_verified() and made.auth_data.is_user_present()
    answer = made.check(pin_key.sign_in(made, **pin_key.proof(protocol=protocol)))
    assert answer.auth_data.is_user_verified()


def test_uv_beside_a_proof_changes_nothing(pin_key, protocol):
    for uv in (True, False):
        made = pin_key.register(options={"uv": uv}, **pin_key.proof(protocol=protocol))
        assert made.auth_data.is_user_verified()
        assert pin_key.sign_in(made, options={"uv": uv}, **pin_key.proof(protocol=protocol)).auth_data.is_user_verified()


def test_a_proof_that_is_none_is_refused(pin_key, protocol):
    made = pin_key.register(**pin_key.proof())
    proof = pin_key.proof(protocol=protocol)
    for auth in (b"\x9a" * 16, b"\x9a" * 32, proof["auth"][:-1], proof["auth"] + b"\0", bytes(len(proof["auth"]))):
        pin_key.refuses(MAKE, making(**{**proof, "auth": auth}), ERR.PIN_AUTH_INVALID)
        pin_key.refuses(GET, asking(allow=[made.named], **{**proof, "auth": auth}), ERR.PIN_AUTH_INVALID)
    pin_key.refuses(MAKE, making(**{**proof}, client_data_hash=bytes(32)), ERR.PIN_AUTH_INVALID)


def test_a_proof_names_its_protocol(pin_key, protocol):
    proof = pin_key.proof(protocol=protocol)
    pin_key.refuses(MAKE, making(auth=proof["auth"]), ERR.MISSING_PARAMETER)
    pin_key.refuses(GET, asking(auth=proof["auth"]), ERR.MISSING_PARAMETER)
    status = ERR.INVALID_PARAMETER if pin_key.modern else ERR.PIN_AUTH_INVALID
    for number in (0, 3, 123456):
        pin_key.refuses(MAKE, making(auth=proof["auth"], protocol=number), status)
        pin_key.refuses(GET, asking(auth=proof["auth"], protocol=number), status)


def test_a_proof_without_a_pin_is_refused(key):
    for request in ((MAKE, making(auth=b"\x9a" * 16, protocol=1)), (GET, asking(auth=b"\x9a" * 16, protocol=1))):
        key.refuses(*request, ERR.PIN_NOT_SET)


def test_with_a_pin_who_does_not_prove_it_gets_little(pin_key):
    made = pin_key.register(**pin_key.proof())
    if pin_key.info.options.get("makeCredUvNotRqd"):
        assert not pin_key.register().auth_data.is_user_verified()
        pin_key.refuses(MAKE, making(options={"rk": True}), ERR.PUAT_REQUIRED)
    else:
        pin_key.refuses(MAKE, making(), ERR.PUAT_REQUIRED)
        pin_key.refuses(MAKE, making(protocol=1), ERR.PUAT_REQUIRED)
    answer = made.check(pin_key.sign_in(made, protocol=pin_key.protocol.VERSION))
    assert not answer.auth_data.is_user_verified()
    pin_key.refuses(GET, asking(rp_id="nobody.example"), ERR.NO_CREDENTIALS)


def test_a_token_is_another_after_the_power_was_gone(pin_key, protocol):
    token = pin_key.token(protocol=protocol)
    auth = protocol.authenticate(token, HASH)
    pin_key.replug()
    pin_key.refuses(MAKE, making(auth=auth, protocol=protocol.VERSION), ERR.PIN_AUTH_INVALID)
    assert pin_key.token(protocol=protocol) != token


def test_a_new_token_ends_the_old_one(pin_key):
    pin_key.needs("pinUvAuthToken")
    old = pin_key.proof()
    pin_key.token()
    pin_key.refuses(MAKE, making(**old), ERR.PIN_AUTH_INVALID)


def test_a_touch_spends_the_token(pin_key):
    pin_key.needs("pinUvAuthToken")
    proof = pin_key.proof()
    made = pin_key.register(**proof)
    pin_key.refuses(MAKE, making(user=user(2), **proof), ERR.PIN_AUTH_INVALID)
    pin_key.refuses(GET, asking(allow=[made.named], **proof), ERR.PIN_AUTH_INVALID)


def test_a_token_of_ctap_2_0_serves_again(pin_key):
    if pin_key.info.options.get("pinUvAuthToken"):
        pytest.skip("this profile has permissions")
    proof = pin_key.proof()
    made = pin_key.register(**proof)
    pin_key.register(user=user(2), **proof)
    made.check(pin_key.sign_in(made, **proof))


def test_a_token_lives_30_seconds_unused(pin_key, softkey):
    pin_key.needs("pinUvAuthToken")
    softkey("clock", mode="virtual")
    proof = pin_key.proof()
    softkey("advance", ms=30_001)
    pin_key.refuses(MAKE, making(**proof), ERR.PIN_AUTH_INVALID)
    softkey("clock", mode="real")


def token(pin_key, permissions, rp_id=None):
    """Asks for a token with permissions, and tells the status."""
    agreed = Agreed(pin_key, pin_key.protocol)
    changes = {9: permissions} | ({10: rp_id} if rp_id else {})
    return pin_key.call(PIN, agreed.token(SECRET, 9) | changes)[0]


def test_permissions_that_are_not_to_be_had(pin_key):
    pin_key.needs("pinUvAuthToken")
    can, of = pin_key.info.options, PERMISSION
    assert token(pin_key, 0, RP["id"]) == ERR.INVALID_PARAMETER
    assert token(pin_key, of.MAKE_CREDENTIAL) == ERR.MISSING_PARAMETER
    assert token(pin_key, of.GET_ASSERTION) == ERR.MISSING_PARAMETER
    for permission, option in [(of.CREDENTIAL_MGMT, "credMgmt"), (of.BIO_ENROLL, "bioEnroll"), (of.LARGE_BLOB_WRITE, "largeBlobs"),
                               (of.AUTHENTICATOR_CFG, "authnrCfg"), (of.PERSISTENT_CREDENTIAL_MGMT, "perCredMgmtRO")]:
        assert token(pin_key, permission) == (0 if option in can else ERR.UNAUTHORIZED_PERMISSION)
    assert token(pin_key, of.MAKE_CREDENTIAL | 0x80, RP["id"]) == 0, "an undefined one is ignored"
    if "perCredMgmtRO" in can:
        assert token(pin_key, of.PERSISTENT_CREDENTIAL_MGMT | of.CREDENTIAL_MGMT) == ERR.UNAUTHORIZED_PERMISSION
    assert pin_key.retries() == 8


def test_the_old_way_to_a_token_takes_no_permissions(pin_key):
    pin_key.needs("pinUvAuthToken")
    agreed = Agreed(pin_key, pin_key.protocol)
    for change in ({9: 1}, {10: RP["id"]}, {9: 1, 10: RP["id"]}):
        pin_key.refuses(PIN, agreed.token(SECRET) | change, ERR.INVALID_PARAMETER)


def test_a_token_opens_what_it_permits(pin_key):
    pin_key.needs("pinUvAuthToken", "credMgmt", "largeBlobs", "authnrCfg")
    made = pin_key.register(options={"rk": True}, **pin_key.proof())
    for permission in (PERMISSION.GET_ASSERTION, PERMISSION.CREDENTIAL_MGMT, PERMISSION.LARGE_BLOB_WRITE):
        pin_key.refuses(MAKE, making(**pin_key.proof(permissions=permission)), ERR.PIN_AUTH_INVALID)
    for permission in (PERMISSION.MAKE_CREDENTIAL, PERMISSION.AUTHENTICATOR_CFG):
        pin_key.refuses(GET, asking(allow=[made.named], **pin_key.proof(permissions=permission)), ERR.PIN_AUTH_INVALID)
    with raises(ERR.PIN_AUTH_INVALID):
        pin_key.manager(PERMISSION.AUTHENTICATOR_CFG).get_metadata()
    with raises(ERR.PIN_AUTH_INVALID):
        pin_key.blobs(PERMISSION.CREDENTIAL_MGMT).write_blob_array([])
    from fido2.ctap2 import Config
    with raises(ERR.PIN_AUTH_INVALID):
        Config(pin_key.ctap, pin_key.protocol, pin_key.token(PERMISSION.CREDENTIAL_MGMT)).toggle_always_uv()


def test_a_token_is_for_its_rp(pin_key):
    pin_key.needs("pinUvAuthToken")
    pin_key.refuses(MAKE, making(**pin_key.proof(rp_id="another.example")), ERR.PIN_AUTH_INVALID)
    made = pin_key.register(rp={"id": "another.example"}, **pin_key.proof(rp_id="another.example"))
    pin_key.refuses(GET, asking(rp_id="another.example", allow=[made.named], **pin_key.proof()), ERR.PIN_AUTH_INVALID)


def test_an_old_token_is_bound_by_its_first_use(pin_key):
    pin_key.needs("pinUvAuthToken")
    protocol = pin_key.protocol
    auth = protocol.authenticate(pin_key.client_pin().get_pin_token(SECRET), HASH)
    made = pin_key.register(auth=auth, protocol=protocol.VERSION)
    auth = protocol.authenticate(pin_key.client_pin().get_pin_token(SECRET), HASH)
    pin_key.sign_in(made, auth=auth, protocol=protocol.VERSION, options={"up": False})
    pin_key.refuses(MAKE, making(rp={"id": "another.example"}, auth=auth, protocol=protocol.VERSION), ERR.PIN_AUTH_INVALID)
