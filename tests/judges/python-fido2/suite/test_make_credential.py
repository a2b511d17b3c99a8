"""makeCredential (§6.1): members that are missing, doubled or of a wrong type; algorithms, exclude list, options, answer."""

import pytest
from fido2.attestation import Attestation
from fido2.cose import CoseKey

from key import ERR, ES256, HASH, MAKE, PIN, RP, making, named, random, user, without

WRONG = [5, -1, True, b"bytes", "text", [], {}]


def wrong(kind):
    """Values that are not of this type. (A CBOR boolean is no number, in spite of Python.)"""
    return [value for value in WRONG if type(value) is not kind]


@pytest.mark.parametrize("member, number", [("client_data_hash", 1), ("rp", 2), ("user", 3), ("params", 4)])
def test_a_missing_member_is_named(key, member, number):
    key.refuses(MAKE, making(**{member: None}), ERR.MISSING_PARAMETER)


def test_no_members_at_all(key):
    key.refuses(MAKE, {}, ERR.MISSING_PARAMETER)
    key.refuses(MAKE, None)


@pytest.mark.parametrize("member, kind", [
    ("client_data_hash", bytes), ("rp", dict), ("user", dict), ("params", list), ("exclude", list), ("extensions", dict),
    ("options", dict), ("auth", bytes), ("protocol", int),
])
def test_a_member_of_a_wrong_type_is_refused(key, member, kind):
    for value in wrong(kind):
        if member == "protocol" and value == -1:
            continue
        key.refuses(MAKE, making(**{member: value}), ERR.CBOR_UNEXPECTED_TYPE, ERR.INVALID_CBOR)


@pytest.mark.parametrize("hash", [b"", bytes(31), bytes(33)])
def test_a_hash_of_another_length_is_refused(key, hash):
    key.refuses(MAKE, making(client_data_hash=hash), ERR.INVALID_LENGTH, ERR.INVALID_PARAMETER)


@pytest.mark.parametrize("rp", [{"name": "no id"}, {}])
def test_an_rp_without_an_id_is_refused(key, rp):
    key.refuses(MAKE, making(rp=rp), ERR.MISSING_PARAMETER)


@pytest.mark.parametrize("name", ["id", "name"])
def test_names_of_an_rp_are_text(key, name):
    for value in wrong(str):
        key.refuses(MAKE, making(rp={**RP, name: value}), ERR.CBOR_UNEXPECTED_TYPE)


def test_an_account_without_an_id_is_refused(key):
    key.refuses(MAKE, making(user={"name": "nobody"}), ERR.MISSING_PARAMETER)


@pytest.mark.parametrize("name, kind", [("id", bytes), ("name", str), ("displayName", str)])
def test_names_of_an_account_are_text_and_its_id_is_bytes(key, name, kind):
    for value in wrong(kind):
        key.refuses(MAKE, making(user={**user(), name: value}), ERR.CBOR_UNEXPECTED_TYPE)


def test_an_account_may_have_an_id_of_64_bytes_and_no_more(key):
    assert key.register(user=user(id=random(64)))
    key.refuses(MAKE, making(user=user(id=bytes(65))), ERR.INVALID_LENGTH, ERR.INVALID_PARAMETER, ERR.LIMIT_EXCEEDED)


def test_names_may_be_left_out_and_may_be_long(key):
    key.register(rp={"id": RP["id"]}, user={"id": b"1"})
    key.register(rp={**RP, "name": "n" * 300}, user=user(name="ä" * 150, displayName="\u732b" * 144))


def test_icons_of_ctap_2_0_are_ignored(key):
    key.register(rp={**RP, "icon": "https://suite.example/i"}, user=user(icon="https://suite.example/?" + "A" * 128))


@pytest.mark.parametrize("params, status", [
    ([], ERR.UNSUPPORTED_ALGORITHM),
    ([{"type": "public-key", "alg": 1337}], ERR.UNSUPPORTED_ALGORITHM),
    ([{"type": "public-key", "alg": -1}], ERR.UNSUPPORTED_ALGORITHM),
    ([{"type": "rot13", "alg": -7}], ERR.UNSUPPORTED_ALGORITHM),
    ([{"alg": -7}], ERR.MISSING_PARAMETER),
    ([{"type": "public-key"}], ERR.MISSING_PARAMETER),
    ([ES256, {}], ERR.MISSING_PARAMETER),
    (["wrong"], ERR.CBOR_UNEXPECTED_TYPE),
    ([ES256, "wrong"], ERR.CBOR_UNEXPECTED_TYPE),
    ([{"type": "public-key", "alg": "7"}], ERR.CBOR_UNEXPECTED_TYPE),
    ([{"type": b"public-key", "alg": -7}], ERR.CBOR_UNEXPECTED_TYPE),
    ([ES256, {"type": False, "alg": -7}], ERR.CBOR_UNEXPECTED_TYPE),
    ([ES256, {"type": "public-key", "alg": "foo"}], ERR.CBOR_UNEXPECTED_TYPE),
])
def test_parameters_that_are_none(key, params, status):
    key.refuses(MAKE, making(params=params), status)


def test_a_known_algorithm_after_an_unknown_one_will_do(key):
    made = key.register(params=[{"type": "x", "alg": -7}, {"type": "public-key", "alg": 1337}, ES256])
    assert made.public_key.ALGORITHM == -7


def test_every_algorithm_of_getinfo_makes_a_key_that_signs(key):
    known = CoseKey.supported_algorithms()
    for entry in key.info.algorithms or [ES256]:
        made = key.register(params=[entry])
        assert made.public_key[3] == entry["alg"]
        if entry["alg"] in known:
            made.check(key.sign_in(made))


@pytest.mark.parametrize("list, statuses", [
    (["1234"], [ERR.CBOR_UNEXPECTED_TYPE]),
    ([12345], [ERR.CBOR_UNEXPECTED_TYPE]),
    ([{"id": b"1234"}], [ERR.MISSING_PARAMETER]),
    ([{"type": "public-key"}], [ERR.MISSING_PARAMETER]),
    ([{"type": "public-key", "id": "1234"}], [ERR.CBOR_UNEXPECTED_TYPE]),
    ([{"type": b"public-key", "id": b"1234"}], [ERR.CBOR_UNEXPECTED_TYPE]),
])
def test_exclude_lists_that_are_none(key, list, statuses):
    key.refuses(MAKE, making(exclude=list), *statuses)
    made = key.register()
    key.refuses(MAKE, making(exclude=[made.named, *list]), *statuses)


@pytest.mark.parametrize("list", [[], [{"type": "rot13", "id": b"1234"}], [named(b"\xce" * 32)], [named(b"")]])
def test_exclude_lists_that_exclude_nothing(key, list):
    key.register(exclude=list)


def test_transports_of_a_descriptor_are_ignored(key):
    made = key.register()
    key.refuses(MAKE, making(exclude=[{**made.named, "transports": ["usb", "carrier-pigeon"]}]), ERR.CREDENTIAL_EXCLUDED)


@pytest.mark.parametrize("options", [None, {"rk": True}])
def test_an_excluded_credential_is_excluded_from_its_rp_alone(key, options):
    made = key.register(options=options)
    list = [named(b"\xce" * 32), made.named]
    key.refuses(MAKE, making(exclude=list, user=user(2)), ERR.CREDENTIAL_EXCLUDED)
    key.register(rp={"id": "another.example"}, exclude=list)
    key.register(exclude=[{**made.named, "type": "rot13"}])


def test_a_list_may_be_as_long_as_getinfo_says(key):
    longest = key.info.max_creds_in_list
    if not longest:
        pytest.skip("this profile does not say")
    made = key.register()
    foreign = [named(random(len(made.id))) for _ in range(longest)]
    key.refuses(MAKE, making(exclude=[*foreign[1:], made.named]), ERR.CREDENTIAL_EXCLUDED)
    key.refuses(MAKE, making(exclude=[*foreign, made.named]), ERR.LIMIT_EXCEEDED, ERR.REQUEST_TOO_LARGE)


@pytest.mark.parametrize("options", [{"unknown": True}, {"unknown": False}, {"bogus": 23}, {"rk": False}, {"uv": False}])
def test_options_that_change_nothing(key, options):
    made = key.register(options=options)
    assert not made.auth_data.is_user_verified() and made.auth_data.is_user_present()


@pytest.mark.parametrize("name", ["rk", "up", "uv"])
def test_an_option_is_a_boolean(key, name):
    for value in wrong(bool):
        key.refuses(MAKE, making(options={name: value}), ERR.CBOR_UNEXPECTED_TYPE)


def test_up_false_is_no_way_to_make_a_credential(key):
    key.refuses(MAKE, making(options={"up": False}), ERR.INVALID_OPTION)


def test_up_true_is_the_default_since_2_1_and_was_no_option_before(key):
    if key.modern:
        assert key.register(options={"up": True}).auth_data.is_user_present()
    else:
        key.refuses(MAKE, making(options={"up": True}), ERR.INVALID_OPTION)


def test_uv_needs_something_that_verifies(key):
    if key.info.options.get("uv"):
        pytest.skip("this profile knows a finger")
    key.refuses(MAKE, making(options={"uv": True}), ERR.INVALID_OPTION if key.modern else ERR.UNSUPPORTED_OPTION)


def test_extensions_that_nobody_knows_are_left_out(key):
    made = key.register(extensions={"tetris": True, "test_extension": "extension CBOR", **{str(n): n for n in range(30)}})
    assert made.auth_data.extensions is None and not made.auth_data.has_extension_data()
    assert made.response.unsigned_extension_outputs == {}


def test_the_answer_is_what_webauthn_wants(key):
    made = key.register()
    data = made.auth_data
    assert made.response.fmt == "packed"
    assert data.rp_id_hash == __import__("hashlib").sha256(RP["id"].encode()).digest()
    assert data.is_user_present() and not data.is_user_verified() and data.is_attested()
    assert not data.has_extension_data() and made.response.ep_att is None and made.response.large_blob_key is None
    assert data.credential_data.aaguid == key.info.aaguid
    assert len(made.id) >= 16 and len(made.id) <= (key.info.max_cred_id_length or 1023)
    Attestation.for_type("packed")().verify(made.response.att_stmt, data, HASH)
    assert set(made.public_key) == {1, 3, -1, -2, -3}, "and no other member"
    assert len(made.public_key[-2]) == len(made.public_key[-3]) == 32


def test_two_credentials_are_never_the_same(key):
    made = [key.register(options=options) for options in (None, None, {"rk": True}, {"rk": True})]
    assert len({one.id for one in made}) == 4
    assert len({bytes(one.public_key[-2]) for one in made}) == 4


def test_the_counter_goes_up_a_little_at_a_time(key):
    last = key.register().auth_data.counter
    for _ in range(20):
        counter = key.register().auth_data.counter
        assert last < counter <= last + 16
        last = counter


@pytest.mark.parametrize("formats, format", [
    (["packed"], "packed"), (["tpm", "fido-u2f"], "packed"), ([], "packed"), (["none"], "none"), (["none", "packed"], "none"),
    (["packed", "none"], "packed"),
])
def test_the_platform_may_want_no_attestation(key, formats, format):
    key.needs("FIDO_2_3")
    made = key.register(formats=formats)
    assert made.response.fmt == format
    assert format == "packed" or made.response.att_stmt == {}


def test_enterprise_attestation_is_off_until_it_is_enabled(key):
    for number in (1, 2, 9):
        if "ep" in key.info.options or key.modern:
            key.refuses(MAKE, making(enterprise=number), ERR.INVALID_PARAMETER)


def test_a_full_key_says_so(key):
    if key.info.remaining_disc_creds is None or key.info.remaining_disc_creds > 200:
        pytest.skip("too much room")
    number = 0
    while key.ctap.get_info().remaining_disc_creds:
        key.register(user=user(number % 256, id=number.to_bytes(4, "big")), options={"rk": True})
        number += 1
    key.refuses(MAKE, making(user=user(id=b"one too many"), options={"rk": True}), ERR.KEY_STORE_FULL)
    key.register(user=user(0, id=bytes(4)), options={"rk": True})
    key.register(user=user(id=b"not kept"))


@pytest.mark.parametrize("command, members", [(MAKE, making()), (0x02, {1: RP["id"], 2: HASH}), (PIN, {1: 2, 2: 1})])
def test_a_member_given_twice_is_refused(key, command, members):
    from fido2 import cbor
    body = cbor.encode(members)
    last = max(members)
    doubled = bytes([body[0] + 1]) + body[1:] + cbor.encode(last) + cbor.encode(members[last])
    key.refuses(command, doubled, ERR.INVALID_CBOR)
    key.does(INFO := 0x04)


def test_nothing_is_left_of_a_request_that_was_refused(key):
    before = key.register().auth_data.counter
    key.refuses(MAKE, making(params=[]))
    key.refuses(MAKE, without(making(options={"rk": True}), 1))
    assert key.register().auth_data.counter == before + 1
    key.refuses(0x02, {1: RP["id"], 2: HASH}, ERR.NO_CREDENTIALS)
