"""getAssertion (§6.2): members, allow lists, options, answer."""

import pytest

from key import ERR, GET, HASH, RP, Key, asking, named, random, user

WRONG = [5, -1, True, b"bytes", "text", [], {}]


def wrong(kind):
    return [value for value in WRONG if type(value) is not kind]


@pytest.fixture
def made(key):
    return key.register()


@pytest.mark.parametrize("member", ["rp_id", "client_data_hash"])
def test_a_missing_member_is_named(key, made, member):
    key.refuses(GET, asking(allow=[made.named], **{member: None}), ERR.MISSING_PARAMETER)


@pytest.mark.parametrize("member, kind", [
    ("rp_id", str), ("client_data_hash", bytes), ("allow", list), ("extensions", dict), ("options", dict), ("auth", bytes),
    ("protocol", int),
])
def test_a_member_of_a_wrong_type_is_refused(key, made, member, kind):
    for value in wrong(kind):
        if member == "protocol" and value == -1:
            continue
        key.refuses(GET, asking(**{"allow": [made.named], member: value}), ERR.CBOR_UNEXPECTED_TYPE, ERR.INVALID_CBOR)


@pytest.mark.parametrize("hash", [b"", bytes(31), bytes(33)])
def test_a_hash_of_another_length_is_refused(key, made, hash):
    key.refuses(GET, asking(allow=[made.named], client_data_hash=hash), ERR.INVALID_LENGTH, ERR.INVALID_PARAMETER)


@pytest.mark.parametrize("entry, status", [
    ("wrong", ERR.CBOR_UNEXPECTED_TYPE),
    ({"id": b"1234"}, ERR.MISSING_PARAMETER),
    ({"type": "public-key"}, ERR.MISSING_PARAMETER),
    ({"type": b"public-key", "id": b"1234"}, ERR.CBOR_UNEXPECTED_TYPE),
    ({"type": "public-key", "id": 42}, ERR.CBOR_UNEXPECTED_TYPE),
    ({"type": "public-key", "id": "1234"}, ERR.CBOR_UNEXPECTED_TYPE),
])
def test_entries_that_are_none(key, made, entry, status):
    key.refuses(GET, asking(allow=[entry, made.named]), status)
    key.refuses(GET, asking(allow=[made.named, entry]), status)


def test_entries_of_another_type_or_key_are_passed_over(key, made):
    allow = [{"type": "rot13", "id": made.id}, named(b"1234"), named(random(len(made.id))), made.named]
    made.check(key.sign_in(allow=allow))


def test_an_entry_of_another_type_is_no_credential(key, made):
    key.refuses(GET, asking(allow=[{"type": "rot13", "id": made.id}]), ERR.NO_CREDENTIALS)


def test_an_empty_list_is_no_list(key, made):
    key.refuses(GET, asking(allow=[]), ERR.NO_CREDENTIALS)
    kept = key.register(user=user(2), options={"rk": True})
    kept.check(key.sign_in(allow=[]))


def test_no_bit_of_an_id_may_change(key, made):
    for index in range(len(made.id)):
        for bit in (0x01, 0x80):
            changed = bytearray(made.id)
            changed[index] ^= bit
            key.refuses(GET, asking(allow=[named(bytes(changed))]), ERR.NO_CREDENTIALS)
    for changed in (made.id[:-1], made.id + b"\0", made.id[1:], b"", b"\xfa" * len(made.id)):
        key.refuses(GET, asking(allow=[named(changed)]), ERR.NO_CREDENTIALS)
    made.check(key.sign_in(made))


@pytest.mark.parametrize("rp_id", [RP["id"] + ".com", "sub." + RP["id"], RP["id"].upper(), "", "example"])
def test_a_credential_is_for_its_rp(key, made, rp_id):
    key.refuses(GET, asking(rp_id=rp_id, allow=[made.named]), ERR.NO_CREDENTIALS)


def test_the_answer_is_what_webauthn_wants(key, made):
    answer = made.check(key.sign_in(made))
    data = answer.auth_data
    assert len(data) == 37 and data.rp_id_hash == made.auth_data.rp_id_hash
    assert data.flags & 0xFB == 0x01, "present, not verified, nothing attested, no extensions"
    assert answer.user is None and answer.number_of_credentials is None and answer.large_blob_key is None
    assert set(key.does(GET, asking(allow=[made.named]))) == {1, 2, 3}


def test_the_hash_is_signed(key, made):
    hash = random()
    made.check(key.sign_in(made, client_data_hash=hash), hash)


def test_the_counter_goes_up(key, made):
    counters = [made.auth_data.counter] + [key.sign_in(made).auth_data.counter for _ in range(5)]
    assert counters == sorted(set(counters))


@pytest.mark.parametrize("options", [{"unknown": True}, {"bogus": 123}, {"up": True}, {"uv": False}])
def test_options_that_change_nothing(key, made, options):
    answer = made.check(key.sign_in(made, options=options))
    assert answer.auth_data.is_user_present() and not answer.auth_data.is_user_verified()


@pytest.mark.parametrize("name", ["up", "uv"])
def test_an_option_is_a_boolean(key, made, name):
    for value in wrong(bool):
        key.refuses(GET, asking(allow=[made.named], options={name: value}), ERR.CBOR_UNEXPECTED_TYPE)


@pytest.mark.parametrize("value", [True, False])
def test_rk_is_no_option_here(key, made, value):
    status = ERR.UNSUPPORTED_OPTION if key.modern else ERR.INVALID_OPTION
    key.refuses(GET, asking(allow=[made.named], options={"rk": value}), status)


def test_uv_needs_something_that_verifies(key, made):
    if key.info.options.get("uv"):
        pytest.skip("this profile knows a finger")
    status = ERR.INVALID_OPTION if key.modern else ERR.UNSUPPORTED_OPTION
    key.refuses(GET, asking(allow=[made.named], options={"uv": True}), status)


def test_up_false_asks_nobody_and_says_so(key, made, softkey):
    softkey("presence", script=[{"do": "deny"}])
    answer = made.check(key.sign_in(made, options={"up": False}))
    assert not answer.auth_data.is_user_present() and not answer.auth_data.is_user_verified()
    key.refuses(GET, asking(allow=[named(b"1234")], options={"up": False}), ERR.NO_CREDENTIALS)
    assert softkey("keys")[0]["script"] == 1, "the refusal is still to come"


def test_a_list_may_be_as_long_as_getinfo_says(key, made):
    longest = key.info.max_creds_in_list
    if not longest:
        pytest.skip("this profile does not say")
    foreign = [named(random(len(made.id))) for _ in range(longest)]
    made.check(key.sign_in(allow=[*foreign[1:], made.named]))
    key.refuses(GET, asking(allow=[*foreign, made.named]), ERR.LIMIT_EXCEEDED, ERR.REQUEST_TOO_LARGE)


def test_of_a_list_one_signs_since_2_1_and_all_did_before(key):
    made = [key.register(user=user(number)) for number in range(3)]
    other = [key.register(rp={"id": "another.example"}, user=user(number)) for number in range(2)]
    allow = [one.named for pair in zip(made, [*other, *other]) for one in pair][:5]
    answers = [key.sign_in(allow=allow)]
    if key.modern:
        assert answers[0].number_of_credentials is None
        key.refuses(0x08, None, ERR.NOT_ALLOWED)
    else:
        assert answers[0].number_of_credentials == 3
        answers += [key.next(), key.next()]
        key.refuses(0x08, None, ERR.NOT_ALLOWED)
    keys = {one.id: one for one in made}
    for answer in answers:
        keys.pop(answer.credential["id"]).check(answer)


@pytest.mark.parametrize("options", [None, {"rk": True}])
def test_credentials_outlive_the_power(key, options):
    made = key.register(options=options)
    counter = key.sign_in(made).auth_data.counter
    key.replug()
    answer = made.check(key.sign_in(made))
    assert answer.auth_data.counter > counter


def test_unknown_extensions_are_left_out(key, made):
    answer = made.check(key.sign_in(made, extensions={"test_extension": "extension CBOR"}))
    assert answer.auth_data.extensions is None and not answer.auth_data.has_extension_data()


def test_next_without_a_first_is_not_allowed(key, made):
    key.refuses(0x08, None, ERR.NOT_ALLOWED)
    key.sign_in(made)
    key.refuses(0x08, None, ERR.NOT_ALLOWED)


def test_two_clients_sign_in_one_after_the_other(key, softkey, made):
    other = Key(softkey)
    # The other has a channel of its own; the first sees what is said there and must not be led astray.
    made.check(other.sign_in(made))
    other.close()
    key.close()
    key.open()
    made.check(key.sign_in(made))

