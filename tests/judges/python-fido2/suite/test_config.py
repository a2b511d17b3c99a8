"""authenticatorConfig (§6.11): always-UV, minimum PIN length, forced change, enterprise attestation, policies."""

import pytest
from fido2.ctap2 import Config

from key import CONFIG, ERR, GET, MAKE, PERMISSION, SECRET, asking, making, raises, user


@pytest.fixture
def open_key(key):
    """A key that nobody protects yet: it is configured without a proof (§6.11, step 4)."""
    key.needs("authnrCfg")
    return key


@pytest.fixture
def config_key(pin_key):
    pin_key.needs("authnrCfg")
    return pin_key


def info(key):
    return key.ctap.get_info()


def test_with_a_pin_a_proof_is_wanted(config_key):
    for subcommand in config_key.info.authenticator_config_commands or [2, 3]:
        config_key.refuses(CONFIG, {1: subcommand}, ERR.PUAT_REQUIRED)
        config_key.refuses(CONFIG, {1: subcommand, 3: 2, 4: bytes(32)}, ERR.PIN_AUTH_INVALID)
        config_key.refuses(CONFIG, {1: subcommand, 3: 9, 4: bytes(32)}, ERR.INVALID_PARAMETER)
        config_key.refuses(CONFIG, {1: subcommand, 4: bytes(32)}, ERR.MISSING_PARAMETER)
    for permission in (PERMISSION.MAKE_CREDENTIAL, PERMISSION.CREDENTIAL_MGMT):
        with raises(ERR.PIN_AUTH_INVALID):
            Config(config_key.ctap, config_key.protocol, config_key.token(permission)).set_min_pin_length(6)


@pytest.mark.parametrize("subcommand", [0, 5, 0x40, 0xFF])
def test_an_unknown_setting_is_refused(open_key, subcommand):
    open_key.refuses(CONFIG, {1: subcommand}, ERR.INVALID_SUBCOMMAND, ERR.INVALID_PARAMETER)


def test_a_request_without_a_setting_is_none(open_key):
    open_key.refuses(CONFIG, {}, ERR.MISSING_PARAMETER)
    open_key.refuses(CONFIG, {1: "two"}, ERR.CBOR_UNEXPECTED_TYPE)


def test_always_uv(open_key):
    open_key.needs("alwaysUv")
    before = open_key.info.options
    open_key.config(proven=False).toggle_always_uv()
    now = info(open_key)
    assert now.options["alwaysUv"] is not before["alwaysUv"] is False
    assert not now.options.get("makeCredUvNotRqd") and "U2F_V2" not in now.versions
    open_key.refuses(MAKE, making(), ERR.PUAT_REQUIRED)
    open_key.refuses(CONFIG, {1: 2}, ERR.PUAT_REQUIRED)
    open_key.replug()
    assert info(open_key).options["alwaysUv"] is True
    open_key.set_pin()
    made = open_key.register(**open_key.proof())
    open_key.refuses(GET, asking(allow=[made.named]), ERR.PUAT_REQUIRED)
    made.check(open_key.sign_in(made, options={"up": False}))
    made.check(open_key.sign_in(made, **open_key.proof()))
    open_key.config().toggle_always_uv()
    assert info(open_key).options["alwaysUv"] is False
    assert open_key.sign_in(made)


def test_always_uv_with_another_token_is_refused(open_key):
    open_key.needs("alwaysUv")
    open_key.config(proven=False).toggle_always_uv()
    open_key.set_pin()
    with raises(ERR.PIN_AUTH_INVALID):
        Config(open_key.ctap, open_key.protocol, open_key.client_pin().get_pin_token(SECRET)).toggle_always_uv()


def test_enterprise_attestation(open_key):
    open_key.needs("ep")
    assert open_key.info.options["ep"] is False
    open_key.config(proven=False).enable_enterprise_attestation()
    open_key.config(proven=False).enable_enterprise_attestation()
    assert info(open_key).options["ep"] is True
    open_key.refuses(MAKE, making(enterprise=9), ERR.INVALID_OPTION)
    open_key.refuses(MAKE, making(enterprise="one"), ERR.CBOR_UNEXPECTED_TYPE)
    for number in (1, 2):
        assert open_key.register(enterprise=number).response.ep_att in (None, True)
    # By itself the key attests this one only to who is on its list; nobody is.
    assert open_key.register(enterprise=1).response.ep_att is None


def test_the_shortest_pin_only_grows(open_key):
    open_key.needs("setMinPINLength")
    assert open_key.info.min_pin_length == 4
    for length in (4, 6, 6, 8):
        open_key.config(proven=False).set_min_pin_length(length)
        assert info(open_key).min_pin_length == length and info(open_key).force_pin_change is False
    for length in (7, 4, 0, 64, 70):
        with raises(ERR.PIN_POLICY_VIOLATION):
            open_key.config(proven=False).set_min_pin_length(length)
    for pin in ("1234567", "\u2708" * 7):
        with raises(ERR.PIN_POLICY_VIOLATION):
            open_key.set_pin(pin)
    open_key.set_pin("\u2708\u2708\u00e4\u2708\u2708abc")
    open_key.replug()
    assert info(open_key).min_pin_length == 8


def test_the_list_of_rps_has_an_end(open_key):
    open_key.needs("setMinPINLength")
    longest = open_key.info.max_rpids_for_min_pin
    names = [f"example{number}.com" for number in range(longest + 1)]
    with raises(ERR.KEY_STORE_FULL):
        open_key.config(proven=False).set_min_pin_length(rp_ids=names)
    if longest:
        open_key.config(proven=False).set_min_pin_length(rp_ids=names[1:])


def test_a_pin_that_has_become_too_short_must_be_changed(config_key):
    config_key.needs("setMinPINLength")
    config_key.config().set_min_pin_length(len(SECRET))
    assert info(config_key).force_pin_change is False
    config_key.config().set_min_pin_length(len(SECRET) + 1)
    assert info(config_key).force_pin_change is True and info(config_key).min_pin_length == len(SECRET) + 1
    no_token_until_changed(config_key)


def test_a_change_may_be_forced(config_key):
    config_key.needs("setMinPINLength")
    config_key.config().set_min_pin_length(force_change_pin=False)
    assert info(config_key).force_pin_change is False
    old = config_key.proof()
    config_key.config().set_min_pin_length(force_change_pin=True)
    assert info(config_key).force_pin_change is True
    config_key.refuses(MAKE, making(user=user(2), **old), ERR.PIN_AUTH_INVALID)
    with raises(ERR.PIN_POLICY_VIOLATION):
        config_key.client_pin().change_pin(SECRET, SECRET)
    no_token_until_changed(config_key)


def no_token_until_changed(key):
    for _ in range(2):
        with raises(ERR.PIN_INVALID):
            key.client_pin().get_pin_token(SECRET)
        with raises(ERR.PIN_POLICY_VIOLATION):
            key.token()
        key.replug()
    assert key.retries() == 8, "the PIN was right"
    key.client_pin().change_pin(SECRET, SECRET + "xyz")
    assert info(key).force_pin_change is False
    assert key.token(pin=SECRET + "xyz") and key.client_pin().get_pin_token(SECRET + "xyz")


def test_no_change_without_a_pin(open_key):
    open_key.needs("setMinPINLength")
    with raises(ERR.PIN_NOT_SET):
        open_key.config(proven=False).set_min_pin_length(force_change_pin=True)
    assert info(open_key).force_pin_change is False


@pytest.mark.parametrize("params", [{1: "six"}, {2: "rp"}, {2: [b"rp"]}, {3: 1}, {4: 1}])
def test_members_have_their_types(open_key, params):
    open_key.needs("setMinPINLength")
    open_key.refuses(CONFIG, {1: 3, 2: params}, ERR.CBOR_UNEXPECTED_TYPE)


def test_a_policy_refuses_what_everybody_takes(open_key):
    if open_key.info.pin_complexity_policy is None:
        pytest.skip("this profile has no policy")
    open_key.config(proven=False)._call(3, {4: True})
    assert info(open_key).pin_complexity_policy is True
    for pin in ("1111", "123456", "000000"):
        with raises(ERR.PIN_POLICY_VIOLATION):
            open_key.set_pin(pin)
    open_key.set_pin("91bT*-")
    assert open_key.token(pin="91bT*-")


def test_a_long_touch_for_reset_may_be_wanted(open_key):
    if 4 not in (open_key.info.authenticator_config_commands or []):
        pytest.skip("this profile has no such setting")
    assert info(open_key).long_touch_for_reset is False
    open_key.does(CONFIG, {1: 4})
    assert info(open_key).long_touch_for_reset is True
    open_key.reset()
    assert info(open_key).long_touch_for_reset is False

