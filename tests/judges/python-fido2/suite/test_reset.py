"""reset (§6.6) and selection (§6.9)."""

import pytest

from key import ERR, GET, MAKE, PIN, RESET, SELECT, RP, asking, making, named


def test_a_reset_forgets_credentials_of_both_kinds(key):
    kept, other = key.register(options={"rk": True}), key.register()
    kept.check(key.sign_in())
    other.check(key.sign_in(other))
    key.reset()
    key.refuses(GET, asking(), ERR.NO_CREDENTIALS)
    for made in (kept, other):
        key.refuses(GET, asking(allow=[made.named]), ERR.NO_CREDENTIALS)
    key.register(exclude=[kept.named, other.named])


def test_a_reset_forgets_pin_and_token(pin_key):
    from test_client_pin import Agreed, WRONG
    pin_key.refuses(PIN, Agreed(pin_key, pin_key.protocol).token(WRONG), ERR.PIN_INVALID)
    old, agreement = pin_key.proof(), pin_key.call(PIN, {1: 1, 2: 2})
    pin_key.replug()
    pin_key.reset()
    assert pin_key.ctap.get_info().options["clientPin"] is False
    pin_key.register(options={"rk": True})
    pin_key.set_pin("31415")
    assert pin_key.retries() == 8 and pin_key.call(PIN, {1: 1, 2: 2}) != agreement
    pin_key.refuses(MAKE, making(**old), ERR.PIN_AUTH_INVALID)


def test_after_ten_seconds_it_is_too_late(key, softkey):
    key.needs("FIDO_2_1")
    softkey("clock", mode="virtual")
    key.replug()
    softkey("advance", ms=9_900)
    key.does(RESET)
    softkey("advance", ms=101)
    key.refuses(RESET, None, ERR.NOT_ALLOWED)
    key.replug()
    key.does(RESET)


@pytest.mark.parametrize("step, status", [("deny", ERR.OPERATION_DENIED), ("time-out", ERR.USER_ACTION_TIMEOUT)])
def test_without_a_touch_nothing_is_forgotten(key, softkey, step, status):
    made = key.register()
    softkey("presence", script=[{"do": step, **({"ms": 50} if step == "time-out" else {})}])
    key.refuses(RESET, None, status)
    made.check(key.sign_in(made))


def test_selection_is_a_touch(key, softkey):
    key.needs("FIDO_2_1")
    key.does(SELECT)
    for step, status in [({"do": "deny"}, ERR.OPERATION_DENIED), ({"do": "time-out", "ms": 50}, ERR.USER_ACTION_TIMEOUT)]:
        softkey("presence", script=[step])
        key.refuses(SELECT, None, status)


def test_a_reset_gives_back_what_is_in_the_box(key):
    from test_blobs import EMPTY
    key.needs("authnrCfg", "largeBlobs", "setMinPINLength", "alwaysUv")
    before = key.call(0x04)
    key.config(proven=False).set_min_pin_length(6, [RP["id"]])
    key.config(proven=False).toggle_always_uv()
    key.set_pin()
    key.blobs().write_blob_array([b"1"])
    key.replug()
    key.reset()
    assert key.call(0x04) == before
    assert key.does(0x0C, {1: 64, 3: 0})[1] == EMPTY


@pytest.mark.parametrize("script, statuses", [
    ([{"do": "deny"}], [ERR.OPERATION_DENIED]),
    ([{"do": "time-out", "ms": 50}], [ERR.OPERATION_DENIED]),
])
def test_who_is_not_there_makes_and_signs_nothing(key, softkey, script, statuses):
    made = key.register()
    for command, members in ((MAKE, making()), (GET, asking(allow=[made.named]))):
        softkey("presence", script=script)
        key.refuses(command, members, *statuses)
    assert key.sign_in(made).auth_data.counter == made.auth_data.counter + 1


def test_one_touch_is_good_for_one_request(key, softkey):
    made = key.register()
    softkey("presence", script=[{"do": "allow"}, {"do": "deny"}])
    key.sign_in(made)
    key.refuses(GET, asking(allow=[made.named]), ERR.OPERATION_DENIED)


def test_who_is_excluded_learns_it_by_a_touch(key, softkey):
    made = key.register()
    softkey("watch", what=["touch"])
    for step in ("allow", "deny"):
        softkey("presence", script=[{"do": step}])
        key.refuses(MAKE, making(exclude=[made.named]), ERR.CREDENTIAL_EXCLUDED)
        assert softkey.event()["event"] == "touch-wanted" and softkey.event()["event"] == "touch-over"


def test_nobody_is_asked_where_nothing_can_come_of_it(key, softkey):
    softkey("presence", script=[{"do": "deny"}])
    key.refuses(MAKE, making(params=[]), ERR.UNSUPPORTED_ALGORITHM)
    key.refuses(MAKE, making(options={"up": False}), ERR.INVALID_OPTION)
    key.refuses(GET, asking(allow=[named(b"1234")]), ERR.NO_CREDENTIALS)
    key.refuses(GET, {1: RP["id"]}, ERR.MISSING_PARAMETER)
    assert softkey("keys")[0]["script"] == 1
