"""getInfo (§6.4) and what is no request at all (§8)."""

import pytest
from fido2 import cbor

from key import ERR, INFO, MAKE, PIN, making


def test_members_have_their_types(key):
    info = key.does(INFO)
    assert "FIDO_2_0" in info[1] and len(set(info[1])) == len(info[1])
    assert all(isinstance(name, str) for name in info.get(2, []))
    assert len(info[3]) == 16
    assert all(isinstance(value, bool) for value in info[4].values())
    assert info.get(5, 1024) >= 1024
    assert info.get(6) and len(set(info[6])) == len(info[6]) and set(info[6]) <= {1, 2}
    for number in (7, 8, 11, 13, 15):
        assert info.get(number, 1) > 0
    assert info.get(9, ["usb"]) == ["usb"]
    algorithms = [(entry["type"], entry["alg"]) for entry in info.get(10, [])]
    assert len(set(algorithms)) == len(algorithms)
    assert info.get(11, 1024) >= 1024 and info.get(15, 32) >= 32
    assert set(info) <= set(range(1, 0x20))


def test_it_is_canonical(key):
    body = key.call(INFO)[1:]
    assert cbor.encode(cbor.decode(body)) == body


def test_it_is_the_same_again_on_a_key_that_nobody_used(key):
    assert key.call(INFO) == key.call(INFO)


def test_an_edition_brings_its_options(key):
    key.needs("FIDO_2_1")
    options = key.info.options
    assert options["pinUvAuthToken"] and 2 in key.info.pin_uv_protocols
    assert options["credMgmt"] and "credProtect" in key.info.extensions and "hmac-secret" in key.info.extensions


def test_members_of_getinfo_go_together(key):
    info, options = key.info, key.info.options
    assert bool(info.max_large_blob) == ("largeBlobs" in options) == ("largeBlobKey" in info.extensions)
    assert bool(info.max_cred_blob_length) == ("credBlob" in info.extensions)
    assert ("minPinLength" in info.extensions) <= ("setMinPINLength" in options)
    assert not {"largeBlob", "largeBlobKey"} <= set(info.extensions), "one or the other (§12.4)"
    assert ("bioEnroll" in options) == bool(info.uv_modality & 2)


def test_parameters_of_a_command_that_has_none_are_ignored_or_refused(key):
    status = key.call(INFO, {1: 2})[0]
    assert status in (0, ERR.INVALID_LENGTH, ERR.INVALID_CBOR, ERR.INVALID_PARAMETER)


@pytest.mark.parametrize("command", [0x03, 0x05, 0x0E, 0x3F, 0x42, 0xBF, 0xFF])
def test_an_unknown_command_is_refused(key, command):
    key.refuses(command, None, ERR.INVALID_COMMAND)
    key.refuses(command, {1: 2}, ERR.INVALID_COMMAND)


@pytest.mark.parametrize("body, what", [
    (b"", "nothing"),
    (b"\xa1\x01", "a map that ends early"),
    (b"\x81\x01", "an array"),
    (b"\xbf\x01\x02\xff", "an indefinite length"),
    (b"\xa1\x18\x01\x02", "a number that is longer than it has to be"),
    (b"\xa2\x02\x01\x01\x01", "keys in the wrong order"),
    (b"\xa2\x01\x01\x01\x02", "the same key twice"),
    (b"\xa1\x01\xc0\x61a", "a tag"),
    (b"\xa1\x01\xf9\x3c\x00", "a float"),
    (b"\xa1\x01\x62\xff\xfe", "text that is no UTF-8"),
    (b"\xa1\x01" + b"\x81" * 5 + b"\x01", "more than four levels"),
])
@pytest.mark.parametrize("command", [MAKE, 0x02, PIN])
def test_what_is_no_request_is_refused(key, command, body, what):
    key.refuses(command, body, ERR.INVALID_CBOR, ERR.CBOR_UNEXPECTED_TYPE, ERR.MISSING_PARAMETER, ERR.INVALID_LENGTH)


def test_bytes_behind_a_request_are_refused(key):
    key.refuses(MAKE, cbor.encode(making()) + b"\0", ERR.INVALID_CBOR, ERR.INVALID_LENGTH)


def test_an_unknown_member_is_ignored(key):
    assert key.call(MAKE, {**making(), 0x30: "what"})[0] == 0
