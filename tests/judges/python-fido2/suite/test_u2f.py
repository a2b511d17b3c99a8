"""U2F (CTAP1): raw messages, APDU forms, and how its credentials and CTAP2's know each other (§7.2.4, §10)."""

import struct

import pytest
from fido2.ctap1 import APDU, ApduError
from fido2.ctap2 import AssertionResponse
from fido2.hid import CAPABILITY, CTAPHID
from fido2.utils import sha256

from key import ERR, GET, HASH, MAKE, U2f, asking, es256, fails, making, named, random, user

WRONG_LENGTH, CLASS, INSTRUCTION = 0x6700, 0x6E00, 0x6D00


@pytest.fixture
def u2f(key):
    if key.device.capabilities & CAPABILITY.NMSG:
        pytest.skip("this profile has no U2F")
    return U2f(key.device)


@pytest.fixture
def made(u2f):
    return u2f.register()


def message(u2f, apdu):
    """The status word and the body of a raw APDU."""
    reply = u2f.ctap1.device.call(CTAPHID.MSG, apdu)
    return struct.unpack(">H", reply[-2:])[0], reply[:-2]


def test_the_version(u2f):
    assert u2f.ctap1.get_version() == "U2F_V2"


@pytest.mark.parametrize("apdu", [
    b"\0\x03\0\0", b"\0\x03\0\0\0", b"\0\x03\0\0\0\0\0", b"\0\x03\0\0\xff",
], ids=["no length", "Le short", "Le extended", "Le 255"])
def test_the_version_in_every_form(u2f, apdu):
    assert message(u2f, apdu) == (0x9000, b"U2F_V2")


@pytest.mark.parametrize("apdu, word", [
    (b"\0\0\0\0", INSTRUCTION), (b"\0\x04\0\0", INSTRUCTION), (b"\0\x40\0\0", INSTRUCTION), (b"\0\xa4\x04\0", INSTRUCTION),
    (b"\x01\x03\0\0", CLASS), (b"\x80\x03\0\0", CLASS), (b"\x01\x03\0\0\0\0\x03abc\0\0", CLASS),
    (b"\0", WRONG_LENGTH), (b"\0\x03\0", WRONG_LENGTH), (b"\0\x03\0\0\0\0\x09abc", WRONG_LENGTH),
    (b"\0\x01\0\0", WRONG_LENGTH), (b"\0\x01\0\0\0\0\x3f" + bytes(63), WRONG_LENGTH), (b"\0\x01\0\0\0\0\x41" + bytes(65), WRONG_LENGTH),
    (b"\0\x02\x07\0\0\0\x40" + bytes(64), WRONG_LENGTH), (b"\0\x02\x07\0\0\0\x41" + bytes(64) + b"\x05", WRONG_LENGTH),
])
def test_what_is_no_command(u2f, apdu, word):
    got, body = message(u2f, apdu)
    assert got in {word, APDU.WRONG_DATA} if word == WRONG_LENGTH else got == word
    assert body == b""


@pytest.mark.parametrize("form", ["extended", "extended with Le", "short", "short with Le"])
def test_register_and_sign_in_in_every_form(u2f, form):
    def apdu(instruction, p1, data):
        head = bytes([0, instruction, p1, 0])
        short = "short" in form
        if short and len(data) > 255:
            pytest.skip("a handle that no short APDU carries")
        lengths = bytes([len(data)]) if short else b"\0" + struct.pack(">H", len(data))
        return head + lengths + data + (b"" if "Le" not in form else b"\0" if short else b"\0\0")

    def done(apdu):
        while (reply := message(u2f, apdu))[0] == APDU.USE_NOT_SATISFIED:
            pass
        assert reply[0] == 0x9000
        return reply[1]

    body = done(apdu(1, 0x03, HASH + u2f.application))
    assert body[0] == 5 and body[1] == 4
    handle = body[67:67 + body[66]]
    body = done(apdu(2, 0x03, HASH + u2f.application + bytes([len(handle)]) + handle))
    assert body[0] == 1 and len(body) > 5


def test_a_registration_is_signed(u2f, made):
    made.verify(u2f.application, HASH)
    for application, challenge in ((sha256(b"other"), HASH), (u2f.application, bytes(32))):
        with pytest.raises(Exception):
            made.verify(application, challenge)


def test_a_sign_in_is_signed_and_counted(u2f, made):
    last = -1
    for _ in range(5):
        challenge = random()
        signed = u2f.sign_in(made.key_handle, challenge)
        signed.verify(u2f.application, challenge, made.public_key)
        assert signed.user_presence == 1 and last < signed.counter < last + 256 or last == -1
        last = signed.counter


def test_many_registrations_outlive_the_power(key, u2f):
    made = [u2f.register() for _ in range(5)]
    assert len({one.key_handle for one in made}) == 5
    key.replug()
    u2f = U2f(key.device)
    for one in made:
        u2f.sign_in(one.key_handle).verify(u2f.application, HASH, one.public_key)
        with fails(APDU.USE_NOT_SATISFIED):
            u2f.ctap1.authenticate(HASH, u2f.application, one.key_handle, check_only=True)


def test_a_handle_that_is_not_ours(u2f, made):
    handle = made.key_handle
    strange = [bytes([handle[0] ^ 0x40]) + handle[1:], handle[:len(handle) // 2], handle[:-1], b"", b"\xfa" * len(handle)]
    for one in strange:
        for only in (True, False):
            with fails(APDU.WRONG_DATA):
                u2f.ctap1.authenticate(HASH, u2f.application, one, check_only=only)
    with fails(APDU.WRONG_DATA):
        u2f.ctap1.authenticate(HASH, sha256(b"another application"), handle)


def test_without_a_touch(u2f, made, softkey):
    softkey("presence", script=[{"do": "hold"}] * 3)
    with fails(APDU.USE_NOT_SATISFIED):
        u2f.ctap1.register(HASH, u2f.application)
    with fails(APDU.USE_NOT_SATISFIED):
        u2f.ctap1.authenticate(HASH, u2f.application, made.key_handle)
    softkey("touch")
    assert u2f.ctap1.authenticate(HASH, u2f.application, made.key_handle)
    softkey("presence", script=[])


def test_nobody_needs_to_be_there_where_the_platform_says_so(u2f, made):
    data = HASH + u2f.application + bytes([len(made.key_handle)]) + made.key_handle
    word, body = message(u2f, b"\0\x02\x08\0\0" + struct.pack(">H", len(data)) + data + b"\0\0")
    assert word in (0x9000, APDU.USE_NOT_SATISFIED)
    assert word != 0x9000 or body[0] == 0, "and says that nobody was"


def test_ctap2_signs_with_what_u2f_registered(key, made):
    request = asking(allow=[named(made.key_handle)])
    for options in (None, {"up": False}):
        answer = AssertionResponse.from_dict(key.does(GET, {**request} | ({5: options} if options else {})))
        answer.verify(HASH, es256(made))
        assert answer.credential["id"] == made.key_handle and not answer.auth_data.is_user_verified()
        assert answer.user is None
    key.refuses(MAKE, making(exclude=[named(made.key_handle)]), ERR.CREDENTIAL_EXCLUDED)
    key.refuses(GET, asking(rp_id="another.example", allow=[named(made.key_handle)]), ERR.NO_CREDENTIALS)


def test_u2f_signs_with_what_ctap2_registered(key, u2f):
    for options in (None, {"rk": True}):
        made = key.register(user=user(2), options=options)
        if len(made.id) > 255:
            pytest.skip("a handle that is too long for U2F")
        signed = u2f.sign_in(made.id)
        point = b"\x04" + bytes(made.public_key[-2]) + bytes(made.public_key[-3])
        signed.verify(u2f.application, HASH, point)


def test_u2f_does_not_sign_for_what_wants_verification(key, u2f):
    key.needs("credProtect")
    made = key.register(extensions={"credProtect": 3})
    with fails(APDU.WRONG_DATA):
        u2f.ctap1.authenticate(HASH, u2f.application, made.id, check_only=True)


def test_a_reset_forgets_u2f_too(key, u2f, made):
    key.reset()
    with fails(APDU.WRONG_DATA):
        u2f.ctap1.authenticate(HASH, u2f.application, made.key_handle)


def test_always_uv_switches_u2f_off(key, u2f, made):
    key.needs("alwaysUv", "authnrCfg")
    key.config(proven=False).toggle_always_uv()
    for command in (lambda: u2f.ctap1.register(HASH, u2f.application),
                    lambda: u2f.ctap1.authenticate(HASH, u2f.application, made.key_handle)):
        with pytest.raises((ApduError, Exception)) as refused:
            command()
        assert getattr(refused.value, "code", None) != APDU.USE_NOT_SATISFIED
