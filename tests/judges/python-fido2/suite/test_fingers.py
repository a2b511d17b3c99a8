"""bioEnrollment (§6.7) and built-in user verification (§6.5.3): --profile bio has a sensor, whose fingers a script lays on."""

import pytest

from key import BIO, ERR, GET, MAKE, PERMISSION, PIN, RP, asking, making, raises


@pytest.fixture
def bio_key(pin_key):
    pin_key.needs("bioEnroll")
    return pin_key


@pytest.fixture
def finger_key(bio_key, softkey):
    """A key that knows finger 1."""
    enroll(bio_key, softkey, 1)
    return bio_key


def enroll(key, softkey, finger):
    softkey("fingers", script=[{"do": "good", "finger": finger}] * 10)
    enrolment, template = key.fingers().enroll(), None
    while template is None:
        template = enrolment.capture()
    softkey("fingers", script=[])
    return template


def lay(softkey, *fingers):
    softkey("fingers", script=[{"do": "good", "finger": finger} for finger in fingers])


def test_the_sensor_tells_about_itself(bio_key):
    fingers = bio_key.fingers()
    assert fingers.get_modality() == 1
    sensor = fingers.get_fingerprint_sensor_info()
    assert sensor[2] in (1, 2) and sensor[3] > 0 and sensor.get(8, 1) > 0


def test_samples_are_counted_down(bio_key, softkey):
    softkey("fingers", script=[{"do": "poor", "status": 4}, *[{"do": "good", "finger": 1}] * 10])
    template, status, remaining = bio_key.fingers().enroll_begin()
    assert template and status == 4 and remaining > 0
    fingers = bio_key.fingers()
    while remaining:
        status, left = fingers.enroll_capture_next(template)
        assert status == 0 and left < remaining
        remaining = left
    assert list(bio_key.fingers().enumerate_enrollments()) == [template]
    assert bio_key.ctap.get_info().options["uv"] is True


def test_half_a_finger_is_no_finger(bio_key, softkey):
    lay(softkey, 1, 1)
    bio_key.fingers().enroll_begin()
    bio_key.fingers().enroll_cancel()
    assert bio_key.fingers().enumerate_enrollments() == {}
    assert bio_key.ctap.get_info().options["uv"] is False


def test_fingers_are_named_listed_and_forgotten(finger_key, softkey):
    (first,) = finger_key.fingers().enumerate_enrollments()
    finger_key.fingers().set_name(first, "left thumb")
    second = enroll(finger_key, softkey, 2)
    listed = finger_key.fingers().enumerate_enrollments()
    assert set(listed) == {first, second} and listed[first] == "left thumb"
    finger_key.fingers().remove_enrollment(first)
    assert set(finger_key.fingers().enumerate_enrollments()) == {second}
    for unknown in (lambda: finger_key.fingers().remove_enrollment(first), lambda: finger_key.fingers().set_name(first, "x")):
        with raises(ERR.INVALID_OPTION):
            unknown()
    finger_key.fingers().remove_enrollment(second)
    finger_key.refuses(BIO, enumeration(finger_key), ERR.INVALID_OPTION)


def enumeration(key):
    token = key.token(PERMISSION.BIO_ENROLL)
    return {1: 1, 2: 4, 4: key.protocol.VERSION, 5: key.protocol.authenticate(token, b"\x01\x04")}


def test_who_proves_nothing_teaches_nothing(finger_key):
    (template,) = finger_key.fingers().enumerate_enrollments()
    for subcommand, params in ((1, {3: 1000}), (4, None), (5, {1: template, 2: "x"}), (6, {1: template})):
        request = {1: 1, 2: subcommand} | ({3: params} if params else {})
        finger_key.refuses(BIO, request, ERR.PUAT_REQUIRED)
        finger_key.refuses(BIO, {**request, 4: 2, 5: bytes(32)}, ERR.PIN_AUTH_INVALID)
    assert len(finger_key.fingers().enumerate_enrollments()) == 1


def test_the_uv_option_asks_for_the_finger(finger_key, softkey):
    lay(softkey, 1)
    made = finger_key.register(options={"uv": True, "rk": True})
    assert made.auth_data.is_user_verified() and made.auth_data.is_user_present()
    lay(softkey, 1)
    assert made.check(finger_key.sign_in(made, options={"uv": True})).auth_data.is_user_verified()


def test_strange_fingers_verify_nobody(finger_key, softkey):
    lay(softkey, *[2] * 10)
    finger_key.refuses(MAKE, making(options={"uv": True}), ERR.PUAT_REQUIRED)
    lay(softkey, *[2] * 10)
    finger_key.refuses(GET, asking(allow=[]), ERR.NO_CREDENTIALS, ERR.PUAT_REQUIRED)


def test_a_finger_gives_a_token_that_brings_its_touch(finger_key, softkey):
    client_pin, protocol = finger_key.client_pin(), finger_key.protocol
    lay(softkey, 1)
    token = client_pin.get_uv_token(PERMISSION.MAKE_CREDENTIAL | PERMISSION.GET_ASSERTION, RP["id"])
    softkey("presence", script=[{"do": "deny"}])
    made = finger_key.register(auth=protocol.authenticate(token, bytes(range(32))), protocol=protocol.VERSION)
    assert made.auth_data.is_user_verified()
    assert softkey("keys")[0]["script"] == 1, "the refusal is still to come"


def test_tries_run_out_and_a_pin_gives_them_back(finger_key, softkey):
    client_pin = finger_key.client_pin()
    most = client_pin.get_uv_retries()
    assert 1 <= most <= 25
    for left in reversed(range(most)):
        lay(softkey, 2)
        with raises(ERR.UV_INVALID if left else ERR.UV_BLOCKED):
            client_pin.get_uv_token(PERMISSION.GET_ASSERTION, RP["id"])
        assert client_pin.get_uv_retries() == left
    lay(softkey, 1)
    with raises(ERR.UV_BLOCKED):
        client_pin.get_uv_token(PERMISSION.GET_ASSERTION, RP["id"])
    finger_key.replug()
    assert finger_key.client_pin().get_uv_retries() == 0
    finger_key.token()
    assert finger_key.client_pin().get_uv_retries() == most
    lay(softkey, 1)
    assert finger_key.client_pin().get_uv_token(PERMISSION.GET_ASSERTION, RP["id"])


def test_without_a_finger_there_is_no_token_by_finger(bio_key):
    with raises(ERR.NOT_ALLOWED):
        bio_key.client_pin().get_uv_token(PERMISSION.GET_ASSERTION, RP["id"])


def test_a_key_without_a_sensor_has_no_such_command(key):
    if "bioEnroll" in key.info.options:
        pytest.skip("this profile has a sensor")
    key.refuses(BIO, {3: True}, ERR.INVALID_COMMAND)
    key.refuses(PIN, {1: 1, 2: 7}, ERR.INVALID_SUBCOMMAND if key.modern else ERR.INVALID_PARAMETER)
