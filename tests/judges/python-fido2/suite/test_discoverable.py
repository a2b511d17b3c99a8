"""Discoverable credentials: which sign, in which order, with which names (§6.2.2 steps 7 and 12, §6.3)."""

import pytest

from key import ERR, GET, NEXT, RP, asking, named, user

RK = {"rk": True}


def accounts(key, count, **members):
    return [key.register(user=user(number), options=RK, **members) for number in range(count)]


def all_of(key, **members):
    """Every assertion that there is."""
    answers = [key.sign_in(**members)]
    for _ in range((answers[0].number_of_credentials or 1) - 1):
        answers.append(key.next())
    key.refuses(NEXT, None, ERR.NOT_ALLOWED)
    return answers


def test_one_is_found_without_a_list_and_has_its_handle_alone(key):
    (made,) = accounts(key, 1)
    answer = made.check(key.sign_in())
    assert answer.user == {"id": user(0)["id"]} and answer.number_of_credentials is None


def test_one_is_found_with_a_list_too_and_after_power_is_back(key):
    (made,) = accounts(key, 1)
    assert made.check(key.sign_in(made)).user == {"id": user(0)["id"]}
    key.replug()
    assert made.check(key.sign_in(made)).user == {"id": user(0)["id"]}
    assert made.check(key.sign_in()).user == {"id": user(0)["id"]}


def test_the_newest_comes_first(key):
    made = accounts(key, 5)
    answers = all_of(key)
    assert answers[0].number_of_credentials == 5
    assert all(answer.number_of_credentials is None for answer in answers[1:])
    for credential, answer in zip(reversed(made), answers):
        credential.check(answer)
        assert set(answer.user) == {"id"}, "no names for who was not verified"


def test_names_are_told_to_a_verified_person_who_has_to_choose(pin_key):
    made = [pin_key.register(user=user(number), options=RK, **pin_key.proof()) for number in range(3)]
    answers = all_of(pin_key, **pin_key.proof())
    for number, (credential, answer) in reversed(list(enumerate(zip(made, reversed(answers))))):
        credential.check(answer)
        assert answer.user == user(number) and answer.auth_data.is_user_verified()
    assert all(set(answer.user) == {"id"} for answer in all_of(pin_key))


def test_names_as_long_as_the_standard_wants_come_back_whole(pin_key):
    # 64 bytes is what an authenticator must keep (WebAuthn §6.4.1).
    long = {"id": b"\x07" * 64, "name": "n" * 64, "displayName": "d" * 64}
    for account in (long, user(2)):
        pin_key.register(user=account, options=RK, **pin_key.proof())
    assert all_of(pin_key, **pin_key.proof())[1].user == long


def test_longer_names_are_cut_between_characters(pin_key):
    account = {"id": b"1", "name": "\u732b" * 100, "displayName": "a" + "\u00e4" * 100}
    for one in (account, user(2)):
        pin_key.register(user=one, options=RK, **pin_key.proof())
    told = all_of(pin_key, **pin_key.proof())[1].user
    for member in ("name", "displayName"):
        assert account[member].startswith(told[member]) and len(told[member].encode()) >= 62


def test_an_account_has_one_credential(key):
    made = accounts(key, 3)
    again = key.register(user=user(1), options=RK)
    assert again.id != made[1].id and again.public_key != made[1].public_key
    answers = all_of(key)
    assert [answer.credential["id"] for answer in answers] == [again.id, made[2].id, made[0].id]
    key.refuses(GET, asking(allow=[made[1].named]), ERR.NO_CREDENTIALS)


def test_the_same_account_at_another_rp_is_another(key):
    (made,) = accounts(key, 1)
    key.register(rp={"id": "another.example"}, user=user(0), options=RK)
    made.check(key.sign_in())


def test_credentials_that_are_not_kept_are_not_found(key):
    (made,) = accounts(key, 1)
    for number in range(3):
        key.register(user=user(number))
    assert len(all_of(key)) == 1
    made.check(key.sign_in())


def test_a_list_of_another_rps_credentials_finds_none(key):
    accounts(key, 1)
    other = key.register(rp={"id": "another.example"}, options=RK)
    key.refuses(GET, asking(allow=[other.named]), ERR.NO_CREDENTIALS)


def test_of_a_list_of_two_one_signs(key):
    key.needs("FIDO_2_1")
    made = accounts(key, 2)
    answer = key.sign_in(*made, options={"up": False})
    assert answer.number_of_credentials is None and answer.credential["id"] in {one.id for one in made}
    key.refuses(NEXT, None, ERR.NOT_ALLOWED)


def test_many_accounts(key):
    count = min(key.info.remaining_disc_creds or 19, 30)
    made = accounts(key, count)
    answers = all_of(key)
    assert len(answers) == count
    for credential, answer in zip(reversed(made), answers):
        credential.check(answer)


def test_no_account_no_credential(key):
    key.refuses(GET, asking(), ERR.NO_CREDENTIALS)
    key.register()
    key.refuses(GET, asking(), ERR.NO_CREDENTIALS)


def test_the_rest_is_forgotten_after_another_command(key):
    accounts(key, 3)
    for command in (0x04, GET):
        key.sign_in()
        key.call(command, asking(allow=[named(b"1234")]) if command == GET else None)
        key.refuses(NEXT, None, ERR.NOT_ALLOWED)


def test_the_rest_is_forgotten_after_30_seconds(key, softkey):
    accounts(key, 3)
    softkey("clock", mode="virtual")
    key.sign_in()
    softkey("advance", ms=29_000)
    key.next()
    softkey("advance", ms=30_001)
    key.refuses(NEXT, None, ERR.NOT_ALLOWED)


def test_the_rest_is_forgotten_with_the_power(key):
    accounts(key, 3)
    key.sign_in()
    key.replug()
    key.refuses(NEXT, None, ERR.NOT_ALLOWED)


def test_a_silent_look_tells_how_many(key, softkey):
    accounts(key, 2)
    softkey("presence", script=[{"do": "deny"}])
    assert key.sign_in(options={"up": False}).number_of_credentials == 2
    answer = key.next()
    assert not answer.auth_data.is_user_present()

