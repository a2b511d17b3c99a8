"""credProtect, hmac-secret and hmac-secret-mc, credBlob, minPinLength, pinComplexityPolicy, thirdPartyPayment (§12)."""

import pytest
from fido2.ctap2 import ClientPin
from fido2.ctap2.pin import PinProtocolV1, PinProtocolV2

from key import ERR, GET, MAKE, RP, asking, making, user

RK = {"rk": True}
ONE, TWO, THREE = b"\xa5" * 32, b"\x96" * 32, b"\x03" * 32


# credProtect.

def protected(key, level, number=1, rk=True, **members):
    made = key.register(user=user(number), options={"rk": rk}, extensions={"credProtect": level}, **members)
    assert made.auth_data.extensions == {"credProtect": level}
    return made


@pytest.fixture
def protecting(key):
    key.needs("credProtect")
    return key


@pytest.mark.parametrize("level", [0, 4, 255])
def test_a_level_that_does_not_exist_is_refused(protecting, level):
    protecting.refuses(MAKE, making(extensions={"credProtect": level}), ERR.INVALID_OPTION, ERR.INVALID_PARAMETER)


@pytest.mark.parametrize("level", [True, "1", b"\x01", {}])
def test_a_level_is_a_number(protecting, level):
    protecting.refuses(MAKE, making(extensions={"credProtect": level}), ERR.CBOR_UNEXPECTED_TYPE)


@pytest.mark.parametrize("rk", [True, False])
@pytest.mark.parametrize("level, with_list, without_list, excluded", [(1, True, True, True), (2, True, False, True), (3, False, False, False)])
def test_what_each_level_shows_to_who_is_not_verified(protecting, rk, level, with_list, without_list, excluded):
    made = protected(protecting, level, rk=rk)
    for found, members in ((with_list, {"allow": [made.named]}), (without_list and rk, {})):
        for options in ({"up": False}, None):
            request = asking(options=options, **members)
            protecting.does(GET, request) if found else protecting.refuses(GET, request, ERR.NO_CREDENTIALS)
    if excluded:
        protecting.refuses(MAKE, making(user=user(2), exclude=[made.named]), ERR.CREDENTIAL_EXCLUDED)
    else:
        protecting.register(user=user(2), exclude=[made.named])


def test_who_is_verified_sees_all(protecting):
    made = [protected(protecting, level, level) for level in (1, 2, 3)]
    assert protecting.sign_in().number_of_credentials is None
    protecting.set_pin()
    assert protecting.sign_in(**protecting.proof()).number_of_credentials == 3
    for one in made:
        one.check(protecting.sign_in(one, **protecting.proof()))
    protecting.refuses(MAKE, making(exclude=[made[2].named], **protecting.proof()), ERR.CREDENTIAL_EXCLUDED)


def test_of_a_list_the_open_one_is_taken(protecting):
    hidden, shown = protected(protecting, 3, 3), protected(protecting, 2, 2)
    shown.check(protecting.sign_in(hidden, shown))


# hmac-secret.

class Secrets:
    """hmac-secret with one protocol."""

    def __init__(self, key, protocol):
        self.key, self.protocol = key, protocol

    def input(self, *salts, **changes):
        self.public, self.shared = ClientPin(self.key.ctap, self.protocol)._get_shared_secret()
        sealed = self.protocol.encrypt(self.shared, b"".join(salts))
        # Protocol one may be left out, and CTAP 2.0 knows no such member.
        named = {4: self.protocol.VERSION} if self.protocol.VERSION != 1 else {}
        value = {1: self.public, 2: sealed, 3: self.protocol.authenticate(self.shared, sealed), **named, **changes}
        return {number: member for number, member in value.items() if member is not None}

    def output(self, sealed):
        plain = self.protocol.decrypt(self.shared, sealed)
        return [plain[at:at + 32] for at in range(0, len(plain), 32)]

    def of(self, credential, *salts, **members):
        answer = credential.check(self.key.sign_in(credential, extensions={"hmac-secret": self.input(*salts)}, **members))
        sealed = answer.auth_data.extensions["hmac-secret"]
        assert len(sealed) == 32 * len(salts) + (16 if self.protocol.VERSION == 2 else 0)
        return self.output(sealed)


@pytest.fixture(params=[PinProtocolV1(), PinProtocolV2()], ids=["one", "two"])
def secrets(request, key):
    key.needs("hmac-secret")
    if request.param.VERSION not in key.info.pin_uv_protocols:
        pytest.skip("this profile has not got the protocol")
    return Secrets(key, request.param)


@pytest.fixture(params=[True, False], ids=["kept", "not kept"])
def secret(request, secrets):
    made = secrets.key.register(options={"rk": request.param}, extensions={"hmac-secret": True})
    assert made.auth_data.extensions == {"hmac-secret": True}
    return made


def test_the_same_salt_gives_the_same_value(secrets, secret):
    (one,) = secrets.of(secret, ONE)
    assert secrets.of(secret, ONE) == [one]
    assert secrets.of(secret, ONE, TWO)[0] == one
    assert secrets.of(secret, TWO, ONE)[1] == one
    values = secrets.of(secret, ONE, TWO)
    assert values[0] != values[1] and secrets.of(secret, TWO, ONE) == values[::-1]
    assert secrets.of(secret, ONE, ONE) == [one, one]
    secrets.key.replug()
    assert secrets.of(secret, ONE) == [one]


def test_values_look_like_chance(secrets, secret):
    values = b"".join(secrets.of(secret, ONE, TWO))
    assert len(set(values)) > 40, "of 64 bytes"


def test_another_credential_gives_another_value(secrets, secret):
    other = secrets.key.register(user=user(2), extensions={"hmac-secret": True})
    assert secrets.of(other, ONE) != secrets.of(secret, ONE)


def test_verified_is_another_value(secrets, secret):
    unverified = secrets.of(secret, ONE, TWO)
    secrets.key.set_pin()
    assert secrets.of(secret, ONE, TWO) == unverified
    verified = secrets.of(secret, ONE, TWO, **secrets.key.proof())
    assert not set(verified) & set(unverified)
    assert secrets.of(secret, ONE, TWO, **secrets.key.proof()) == verified


def test_both_protocols_give_the_same_value(key):
    if len(key.info.pin_uv_protocols) < 2:
        pytest.skip("this profile has one protocol")
    made = key.register(extensions={"hmac-secret": True})
    assert Secrets(key, PinProtocolV1()).of(made, ONE) == Secrets(key, PinProtocolV2()).of(made, ONE)


@pytest.mark.parametrize("value", [5, "true", b"\x01", {}, []])
def test_at_registration_it_is_a_boolean(key, value):
    key.needs("hmac-secret")
    key.refuses(MAKE, making(extensions={"hmac-secret": value}), ERR.CBOR_UNEXPECTED_TYPE)


def test_false_is_not_asked_for(key):
    key.needs("hmac-secret")
    assert key.register(extensions={"hmac-secret": False}).auth_data.extensions in (None, {}, {"hmac-secret": False})


@pytest.mark.parametrize("member", [1, 2, 3])
def test_a_missing_member_is_named(secrets, secret, member):
    input = secrets.input(THREE)
    input.pop(member)
    secrets.key.refuses(GET, asking(allow=[secret.named], extensions={"hmac-secret": input}), ERR.MISSING_PARAMETER)


@pytest.mark.parametrize("value", [True, 5, b"", "text", []])
def test_an_input_that_is_no_map_is_refused(secrets, secret, value):
    secrets.key.refuses(GET, asking(allow=[secret.named], extensions={"hmac-secret": value}), ERR.CBOR_UNEXPECTED_TYPE)


def test_a_proof_that_does_not_fit_is_refused(secrets, secret):
    input = secrets.input(ONE)
    for proof in (bytes(len(input[3])), input[3][:-1], b""):
        request = asking(allow=[secret.named], extensions={"hmac-secret": {**input, 3: proof}})
        secrets.key.refuses(GET, request, ERR.PIN_AUTH_INVALID)


@pytest.mark.parametrize("salts", [[b"\x5a" * 16], [ONE, b"\x5a" * 16], [ONE, TWO, THREE], [], [ONE, b"\x96" * 64]])
def test_salts_of_another_length_are_refused(secrets, secret, salts):
    request = asking(allow=[secret.named], extensions={"hmac-secret": secrets.input(*salts)})
    secrets.key.refuses(GET, request, ERR.INVALID_PARAMETER, ERR.INVALID_LENGTH)


def test_an_unknown_protocol_is_refused(secrets, secret):
    request = asking(allow=[secret.named], extensions={"hmac-secret": secrets.input(ONE) | {4: 3}})
    secrets.key.refuses(GET, request, ERR.INVALID_PARAMETER, ERR.PIN_AUTH_INVALID)


def test_a_silent_look_gets_no_secret(secrets, secret):
    request = asking(allow=[secret.named], options={"up": False}, extensions={"hmac-secret": secrets.input(ONE)})
    secrets.key.refuses(GET, request, ERR.UNSUPPORTED_OPTION)


@pytest.mark.parametrize("salts", [[ONE], [ONE, TWO]])
def test_each_account_has_its_value(secrets, salts):
    key = secrets.key
    made = [key.register(user=user(number), options=RK, extensions={"hmac-secret": True}) for number in range(3)]
    answers = [key.sign_in(extensions={"hmac-secret": secrets.input(*salts)})]
    answers += [key.next() for _ in range(2)]
    values = set()
    for credential, answer in zip(reversed(made), answers):
        credential.check(answer)
        assert answer.auth_data.has_extension_data()
        values.update(secrets.output(answer.auth_data.extensions["hmac-secret"]))
    assert len(values) == 3 * len(salts)


@pytest.mark.parametrize("salts", [[ONE], [ONE, TWO]])
def test_at_registration_the_same_value_comes_as_later(secrets, salts):
    secrets.key.needs("hmac-secret-mc")
    made = secrets.key.register(extensions={"hmac-secret": True, "hmac-secret-mc": secrets.input(*salts)})
    assert made.auth_data.extensions["hmac-secret"] is True
    at_once = secrets.output(made.auth_data.extensions["hmac-secret-mc"])
    assert len(at_once) == len(salts) and secrets.of(made, *salts) == at_once
    secrets.key.set_pin()
    assert not set(secrets.of(made, *salts, **secrets.key.proof())) & set(at_once)


@pytest.mark.parametrize("beside", [{}, {"hmac-secret": False}])
def test_at_registration_it_wants_hmac_secret_beside_it(secrets, beside):
    secrets.key.needs("hmac-secret-mc")
    extensions = {"hmac-secret-mc": secrets.input(ONE), **beside}
    secrets.key.refuses(MAKE, making(extensions=extensions), ERR.MISSING_PARAMETER)


@pytest.mark.parametrize("salts", [[b"\x5a" * 16], [ONE, b"\x5a" * 16]])
def test_at_registration_too_salts_have_their_length(secrets, salts):
    secrets.key.needs("hmac-secret-mc")
    extensions = {"hmac-secret": True, "hmac-secret-mc": secrets.input(*salts)}
    secrets.key.refuses(MAKE, making(extensions=extensions), ERR.INVALID_PARAMETER, ERR.INVALID_LENGTH)
    for value in (True, 5, b"", "text", []):
        request = making(extensions={"hmac-secret": True, "hmac-secret-mc": value})
        secrets.key.refuses(MAKE, request, ERR.CBOR_UNEXPECTED_TYPE)


# credBlob.

def blob_of(key, credential):
    return credential.check(key.sign_in(credential, extensions={"credBlob": True})).auth_data.extensions["credBlob"]


def test_a_small_blob_is_kept(key):
    key.needs("credBlob")
    longest = key.info.max_cred_blob_length
    assert longest >= 32
    for number, length in enumerate((1, 32, longest)):
        blob = bytes(range(length % 256)) or b"\0" * length
        made = key.register(user=user(number), options=RK, extensions={"credBlob": blob})
        assert made.auth_data.extensions == {"credBlob": True}
        assert blob_of(key, made) == blob
        key.replug()
        assert blob_of(key, made) == blob


def test_a_small_blob_that_is_too_long_or_not_kept(key):
    key.needs("credBlob")
    too_long = bytes(key.info.max_cred_blob_length + 1)
    for options, blob in ((RK, too_long), (None, b"x")):
        made = key.register(options=options, extensions={"credBlob": blob})
        assert made.auth_data.extensions == {"credBlob": False}
        assert blob_of(key, made) == b""


def test_where_there_is_no_small_blob_it_is_empty(key):
    key.needs("credBlob")
    assert blob_of(key, key.register(options=RK)) == b""


@pytest.mark.parametrize("value", [True, 5, "text", {}])
def test_a_small_blob_is_bytes(key, value):
    key.needs("credBlob")
    key.refuses(MAKE, making(options=RK, extensions={"credBlob": value}), ERR.CBOR_UNEXPECTED_TYPE)


# minPinLength, pinComplexityPolicy.

def test_the_shortest_pin_is_told_to_who_is_on_the_list(key):
    key.needs("minPinLength", "setMinPINLength")
    asked = {"minPinLength": True, "pinComplexityPolicy": True}
    assert key.register(extensions=asked).auth_data.extensions is None
    key.config(proven=False).set_min_pin_length(6, [RP["id"]])
    told = key.register(extensions=asked).auth_data.extensions
    assert told["minPinLength"] == 6 == key.ctap.get_info().min_pin_length
    assert told.get("pinComplexityPolicy", False) is False
    assert key.register(extensions={"minPinLength": False}).auth_data.extensions is None
    other = key.register(rp={"id": "another.example"}, extensions=asked)
    assert other.auth_data.extensions is None
    key.config(proven=False).set_min_pin_length(8, ["another.example"])
    assert key.register(extensions=asked).auth_data.extensions is None


def test_the_policy_is_told_likewise(key):
    key.needs("pinComplexityPolicy", "setMinPINLength")
    key.config(proven=False)._call(3, {2: [RP["id"]], 4: True})
    assert key.ctap.get_info().pin_complexity_policy is True
    made = key.register(extensions={"pinComplexityPolicy": True})
    assert made.auth_data.extensions == {"pinComplexityPolicy": True}


# thirdPartyPayment.

@pytest.mark.parametrize("rk", [True, False])
def test_a_credential_may_be_marked_for_payment(key, rk):
    key.needs("thirdPartyPayment")
    paying = key.register(options={"rk": rk}, extensions={"thirdPartyPayment": True})
    assert paying.auth_data.extensions is None, "told when it signs in, and not before (§12.9)"
    plain = key.register(user=user(2), options={"rk": rk})
    for credential, marked in ((paying, True), (plain, False)):
        answer = credential.check(key.sign_in(credential, extensions={"thirdPartyPayment": True}))
        assert answer.auth_data.extensions == {"thirdPartyPayment": marked}
        assert credential.check(key.sign_in(credential)).auth_data.extensions is None


# All at once.

def test_extensions_do_not_disturb_each_other(key):
    names = ["credProtect", "hmac-secret", "credBlob", "minPinLength", "largeBlobKey", "thirdPartyPayment"]
    key.needs(*names)
    key.config(proven=False).set_min_pin_length(5, [RP["id"]])
    made = key.register(options=RK, extensions={
        "credProtect": 2, "hmac-secret": True, "credBlob": b"blob", "minPinLength": True, "largeBlobKey": True,
        "thirdPartyPayment": True, "unknown": 1,
    })
    assert made.auth_data.extensions == {"credProtect": 2, "hmac-secret": True, "credBlob": True, "minPinLength": 5}
    assert len(made.response.large_blob_key) == 32
    secrets = Secrets(key, key.protocol)
    answer = made.check(key.sign_in(made, extensions={
        "hmac-secret": secrets.input(ONE), "credBlob": True, "largeBlobKey": True, "thirdPartyPayment": True,
    }))
    assert set(answer.auth_data.extensions) == {"hmac-secret", "credBlob", "thirdPartyPayment"}
    assert answer.large_blob_key == made.response.large_blob_key
