"""largeBlobs (§6.10) and largeBlobKey (§12.3)."""

import pytest
from fido2.utils import sha256

from key import BLOBS, ERR, GET, MAKE, PERMISSION, asking, making, raises, random, user

#: An empty CBOR array and the half of its hash.
EMPTY = b"\x80" + sha256(b"\x80")[:16]
RK = {"rk": True}


@pytest.fixture
def storing(key):
    key.needs("largeBlobs")
    return key


def whole(data):
    return data + sha256(data)[:16]


def write(key, offset, data, length=None):
    """A fragment, without a proof: there is no PIN."""
    return {2: data, 3: offset} | ({4: length} if length is not None else {})


def test_at_first_there_is_an_empty_array(storing):
    assert storing.does(BLOBS, {1: 64, 3: 0})[1] == EMPTY
    assert storing.does(BLOBS, {1: 0, 3: 0})[1] == b""
    assert storing.does(BLOBS, {1: 4, 3: 15})[1] == EMPTY[15:]
    assert storing.does(BLOBS, {1: 4, 3: 17})[1] == b""


def test_what_is_written_is_read_in_any_pieces(storing):
    data = whole(random(700))
    storing.does(BLOBS, write(storing, 0, data[:500], len(data)))
    storing.does(BLOBS, write(storing, 500, data[500:]))
    assert storing.does(BLOBS, {1: len(data) + 10 if len(data) < 900 else 900, 3: 0})[1] == data
    for offset, length in ((0, 1), (3, 100), (499, 2), (700, 100), (len(data), 1)):
        assert storing.does(BLOBS, {1: length, 3: offset})[1] == data[offset:offset + length]
    storing.replug()
    assert storing.does(BLOBS, {1: 900, 3: 0})[1] == data


def test_what_does_not_belong_together_is_refused(storing):
    data = whole(random(100))
    for request, status in [
        ({3: 0}, ERR.INVALID_PARAMETER),
        ({1: 1, 2: b"x", 3: 0}, ERR.INVALID_PARAMETER),
        ({1: 1}, ERR.INVALID_PARAMETER),
        ({1: 1, 3: 0, 4: 17}, ERR.INVALID_PARAMETER),
        ({2: data, 3: 0}, ERR.INVALID_PARAMETER),
        ({2: data[:50], 3: 50, 4: 116}, ERR.INVALID_PARAMETER),
        ({1: 1, 3: 18}, ERR.INVALID_PARAMETER),
        ({2: b"x" * 16, 3: 0, 4: 16}, ERR.INVALID_PARAMETER),
        ({2: b"x", 3: 0, 4: storing.info.max_large_blob + 1}, ERR.LARGE_BLOB_STORAGE_FULL),
        ({1: 60_000, 3: 0}, ERR.INVALID_LENGTH),
    ]:
        storing.refuses(BLOBS, request, status, *([ERR.MISSING_PARAMETER] if 3 not in request else []))
    assert storing.does(BLOBS, {1: 64, 3: 0})[1] == EMPTY


def test_pieces_come_in_their_order(storing):
    data = whole(random(300))
    storing.refuses(BLOBS, write(storing, 100, data[100:]), ERR.INVALID_SEQ)
    storing.does(BLOBS, write(storing, 0, data[:100], len(data)))
    for offset in (99, 101, 200):
        storing.refuses(BLOBS, write(storing, offset, data[offset:offset + 10]), ERR.INVALID_SEQ)
    assert storing.does(BLOBS, {1: 64, 3: 0})[1] == EMPTY


def test_an_array_whose_hash_does_not_fit_changes_nothing(storing):
    data = bytearray(whole(random(100)))
    data[-1] ^= 1
    storing.refuses(BLOBS, write(storing, 0, bytes(data), len(data)), ERR.INTEGRITY_FAILURE)
    assert storing.does(BLOBS, {1: 64, 3: 0})[1] == EMPTY


def test_as_much_fits_as_getinfo_says(storing):
    data = whole(random(storing.info.max_large_blob - 16))
    step = min(900, storing.info.max_msg_size - 64)
    for offset in range(0, len(data), step):
        storing.does(BLOBS, write(storing, offset, data[offset:offset + step], None if offset else len(data)))
    read = b"".join(storing.does(BLOBS, {1: step, 3: offset})[1] for offset in range(0, len(data), step))
    assert read == data


def test_with_a_pin_writing_wants_its_permission_and_reading_none(storing):
    storing.set_pin()
    data = whole(random(10))
    storing.refuses(BLOBS, write(storing, 0, data, len(data)), ERR.PUAT_REQUIRED)
    storing.refuses(BLOBS, {**write(storing, 0, data, len(data)), 5: bytes(32)}, ERR.MISSING_PARAMETER)
    storing.refuses(BLOBS, {**write(storing, 0, data, len(data)), 5: bytes(32), 6: 9}, ERR.INVALID_PARAMETER)
    storing.refuses(BLOBS, {**write(storing, 0, data, len(data)), 5: bytes(32), 6: 2}, ERR.PIN_AUTH_INVALID)
    for permission in (PERMISSION.MAKE_CREDENTIAL, PERMISSION.CREDENTIAL_MGMT, PERMISSION.AUTHENTICATOR_CFG):
        with raises(ERR.PIN_AUTH_INVALID):
            storing.blobs(permission).write_blob_array([])
    storing.blobs().write_blob_array([b"1", b"2"])
    assert storing.blobs(None).read_blob_array() == [b"1", b"2"]
    storing.blobs().write_blob_array([])
    assert storing.blobs(None).read_blob_array() == []


def test_a_credentials_blob_by_its_key(storing):
    made = [storing.register(user=user(number), options=RK, extensions={"largeBlobKey": True}) for number in range(2)]
    storing.set_pin()
    for number, one in enumerate(made):
        storing.blobs().put_blob(one.response.large_blob_key, bytes([number]) * 300)
    storing.replug()
    for number, one in enumerate(made):
        key = one.check(storing.sign_in(one, extensions={"largeBlobKey": True})).large_blob_key
        assert storing.blobs(None).get_blob(key) == bytes([number]) * 300
    storing.blobs().delete_blob(made[0].response.large_blob_key)
    assert storing.blobs(None).get_blob(made[0].response.large_blob_key) is None
    assert storing.blobs(None).get_blob(made[1].response.large_blob_key)


def test_each_credential_has_a_key_of_its_own_and_keeps_it(storing):
    made = [storing.register(user=user(number), options=RK, extensions={"largeBlobKey": True}) for number in range(3)]
    keys = [one.response.large_blob_key for one in made]
    assert len(set(keys)) == 3 and {len(key) for key in keys} == {32}
    assert all(one.auth_data.extensions is None for one in made)
    answers = [storing.sign_in(extensions={"largeBlobKey": True}), storing.next(), storing.next()]
    assert [answer.large_blob_key for answer in answers] == keys[::-1]
    assert storing.sign_in(made[0]).large_blob_key is None, "unasked it is not told"
    plain = storing.register(user=user(9), options=RK)
    assert plain.response.large_blob_key is None
    assert storing.sign_in(plain, extensions={"largeBlobKey": True}).large_blob_key is None


def test_a_key_is_for_a_discoverable_credential(storing):
    for options in (None, {"rk": False}):
        storing.refuses(MAKE, making(options=options, extensions={"largeBlobKey": True}), ERR.INVALID_OPTION)


def test_false_is_no_wish(storing):
    storing.refuses(MAKE, making(options=RK, extensions={"largeBlobKey": False}), ERR.INVALID_OPTION)
    made = storing.register(options=RK, extensions={"largeBlobKey": True})
    storing.refuses(GET, asking(allow=[made.named], extensions={"largeBlobKey": False}), ERR.INVALID_OPTION)


@pytest.mark.parametrize("value", [1, "true", b"", {}])
def test_a_wish_is_a_boolean(storing, value):
    storing.refuses(MAKE, making(options=RK, extensions={"largeBlobKey": value}), ERR.CBOR_UNEXPECTED_TYPE)
    made = storing.register(options=RK, extensions={"largeBlobKey": True})
    storing.refuses(GET, asking(allow=[made.named], extensions={"largeBlobKey": value}), ERR.CBOR_UNEXPECTED_TYPE)
