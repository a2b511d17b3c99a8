"""credentialManagement (§6.8)."""

import random as chance

import pytest
from fido2.ctap2 import CredentialManagement
from fido2.utils import sha256

from key import ERR, GET, MANAGE, PERMISSION, RP, SECRET, asking, named, raises, user

OF = CredentialManagement.RESULT
SSH = {"id": "ssh:", "name": "OpenSSH"}
SITE = {"id": "site.example", "name": "A site"}


@pytest.fixture
def managed(pin_key):
    """A key with a PIN that manages credentials."""
    pin_key.needs("credMgmt")
    return pin_key


def keep(key, rp, number=1, **members):
    return key.register(rp=rp, user=user(number), options={"rk": True}, **key.proof(rp_id=rp["id"]), **members)


def hash(rp):
    return sha256(rp["id"].encode())


def test_counts(managed):
    room = managed.manager().get_metadata()[OF.MAX_REMAINING_COUNT]
    for number in range(1, 4):
        keep(managed, SITE, number)
        metadata = managed.manager().get_metadata()
        assert metadata[OF.EXISTING_CRED_COUNT] == number and metadata[OF.MAX_REMAINING_COUNT] == room - number
        assert managed.ctap.get_info().remaining_disc_creds == room - number
    managed.register(**managed.proof())
    assert managed.manager().get_metadata()[OF.EXISTING_CRED_COUNT] == 3, "of those that are kept"


def test_rps_and_their_credentials(managed):
    made = {rp["id"]: [keep(managed, rp, number) for number in range(count)] for rp, count in ((SSH, 1), (SITE, 3))}
    manager = managed.manager()
    rps = manager.enumerate_rps()
    assert sorted(rp[OF.RP]["id"] for rp in rps) == sorted(made)
    assert rps[0][OF.TOTAL_RPS] == 2 and OF.TOTAL_RPS not in rps[1]
    for rp in rps:
        name = rp[OF.RP]["id"]
        assert rp[OF.RP_ID_HASH] == sha256(name.encode())
        found = manager.enumerate_creds(rp[OF.RP_ID_HASH])
        assert found[0][OF.TOTAL_CREDENTIALS] == len(made[name]) and all(OF.TOTAL_CREDENTIALS not in one for one in found[1:])
        assert {one[OF.CREDENTIAL_ID]["id"] for one in found} == {one.id for one in made[name]}
        for one in found:
            (credential,) = [made for made in made[name] if made.id == one[OF.CREDENTIAL_ID]["id"]]
            assert one[OF.CREDENTIAL_ID]["type"] == "public-key" and dict(one[OF.PUBLIC_KEY]) == dict(credential.public_key)
            assert one[OF.USER] in [user(number) for number in range(3)] and one[OF.CRED_PROTECT] in (1, 2, 3)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_the_level_of_protection_is_told(managed, level):
    made = keep(managed, SITE, extensions={"credProtect": level})
    (one,) = managed.manager().enumerate_creds(hash(SITE))
    assert one[OF.CRED_PROTECT] == level and one[OF.CREDENTIAL_ID]["id"] == made.id


def test_large_blob_keys_and_payment_are_told(managed):
    managed.needs("largeBlobKey", "thirdPartyPayment")
    made = keep(managed, SITE, extensions={"largeBlobKey": True, "thirdPartyPayment": True})
    (one,) = managed.manager().enumerate_creds(hash(SITE))
    assert one[OF.LARGE_BLOB_KEY] == made.response.large_blob_key and one[0x0C] is True
    keep(managed, SSH)
    (one,) = managed.manager().enumerate_creds(hash(SSH))
    assert OF.LARGE_BLOB_KEY not in one and one[0x0C] is False


def test_an_empty_key_says_so(managed):
    assert managed.manager().get_metadata()[OF.EXISTING_CRED_COUNT] == 0
    with raises(ERR.NO_CREDENTIALS):
        managed.manager().enumerate_rps_begin()
    with raises(ERR.NO_CREDENTIALS):
        managed.manager().enumerate_creds_begin(hash(SITE))
    with raises(ERR.NO_CREDENTIALS):
        managed.manager().delete_cred(named(b"1234"))


@pytest.mark.parametrize("subcommand", [3, 5])
def test_the_next_one_wants_a_first(managed, subcommand):
    keep(managed, SITE)
    keep(managed, SSH)
    managed.refuses(MANAGE, {1: subcommand}, ERR.NOT_ALLOWED)
    manager = managed.manager()
    manager.enumerate_creds_begin(hash(SITE)) if subcommand == 3 else manager.enumerate_rps_begin()
    managed.refuses(MANAGE, {1: subcommand}, ERR.NOT_ALLOWED)


@pytest.mark.parametrize("begin, subcommand", [("enumerate_rps_begin", 3), ("enumerate_creds_begin", 5)])
def test_after_the_last_there_is_no_next(managed, begin, subcommand):
    for number in range(2):
        keep(managed, SITE, number)
    keep(managed, SSH)
    manager = managed.manager()
    getattr(manager, begin)(*[hash(SITE)] * (subcommand == 5))
    managed.does(MANAGE, {1: subcommand})
    managed.refuses(MANAGE, {1: subcommand}, ERR.NOT_ALLOWED)


def test_a_new_beginning_ends_the_old_one(managed):
    made = {rp["id"]: {keep(managed, rp, number).id for number in range(2)} for rp in (SITE, SSH)}
    manager = managed.manager()
    manager.enumerate_creds_begin(hash(SITE))
    first = manager.enumerate_creds_begin(hash(SSH))
    assert {first[OF.CREDENTIAL_ID]["id"], manager.enumerate_creds_next()[OF.CREDENTIAL_ID]["id"]} == made["ssh:"]
    managed.refuses(MANAGE, {1: 5}, ERR.NOT_ALLOWED)


def test_another_command_ends_an_enumeration(managed):
    for number in range(2):
        keep(managed, SITE, number)
    managed.manager().enumerate_creds_begin(hash(SITE))
    managed.call(0x04)
    managed.refuses(MANAGE, {1: 5}, ERR.NOT_ALLOWED)


def test_who_proves_nothing_learns_nothing(managed):
    keep(managed, SITE)
    for subcommand, params in ((1, None), (2, None), (4, {1: hash(SITE)}), (6, {2: named(b"1")}), (7, {2: named(b"1"), 3: user()})):
        request = {1: subcommand} | ({2: params} if params else {})
        managed.refuses(MANAGE, request, ERR.PUAT_REQUIRED)
        managed.refuses(MANAGE, {**request, 3: 2, 4: bytes(32)}, ERR.PIN_AUTH_INVALID)
        managed.refuses(MANAGE, {**request, 3: 9, 4: bytes(32)}, ERR.INVALID_PARAMETER)
        managed.refuses(MANAGE, {**request, 4: bytes(32)}, ERR.MISSING_PARAMETER)


def test_a_proof_of_something_else_is_none(managed):
    keep(managed, SITE)
    token = managed.token(PERMISSION.CREDENTIAL_MGMT)
    auth = managed.protocol.authenticate(token, b"\x01")
    managed.does(MANAGE, {1: 1, 3: managed.protocol.VERSION, 4: auth})
    managed.refuses(MANAGE, {1: 2, 3: managed.protocol.VERSION, 4: auth}, ERR.PIN_AUTH_INVALID)
    managed.refuses(MANAGE, {1: 4, 2: {1: hash(SITE)}, 3: managed.protocol.VERSION, 4: auth}, ERR.PIN_AUTH_INVALID)


def test_many_wrong_proofs_do_not_block_the_pin(managed):
    """Some keys count them as wrong PINs; the standard counts PINs (§6.5.5.7), and a proof is no PIN."""
    keep(managed, SITE)
    for _ in range(10):
        managed.refuses(MANAGE, {1: 1, 3: 2, 4: bytes(32)}, ERR.PIN_AUTH_INVALID)
    assert managed.retries() == 8 and managed.manager().get_metadata()


def test_members_of_subcommands_are_named(managed):
    keep(managed, SITE)
    protocol, token = managed.protocol, managed.token(PERMISSION.CREDENTIAL_MGMT)
    for subcommand, params in ((4, {}), (6, {}), (7, {}), (7, {2: named(b"1")}), (7, {3: user()})):
        from fido2 import cbor
        auth = protocol.authenticate(token, bytes([subcommand]) + cbor.encode(params))
        managed.refuses(MANAGE, {1: subcommand, 2: params, 3: protocol.VERSION, 4: auth}, ERR.MISSING_PARAMETER)
    managed.refuses(MANAGE, {}, ERR.MISSING_PARAMETER)
    managed.refuses(MANAGE, {1: 0x20}, ERR.INVALID_SUBCOMMAND)


def test_a_deleted_credential_is_gone_and_the_others_are_not(managed):
    made = [keep(managed, SITE, number) for number in range(3)]
    managed.manager().delete_cred(made[1].named)
    found = managed.manager().enumerate_creds(hash(SITE))
    assert {one[OF.CREDENTIAL_ID]["id"] for one in found} == {made[0].id, made[2].id}
    managed.refuses(GET, asking(rp_id=SITE["id"], allow=[made[1].named]), ERR.NO_CREDENTIALS)
    for one in (made[0], made[2]):
        one.check(managed.sign_in(one, rp_id=SITE["id"]))
    with raises(ERR.NO_CREDENTIALS):
        managed.manager().delete_cred(made[1].named)


def test_names_change_and_the_handle_stays(managed):
    made = keep(managed, SITE)
    managed.manager().update_user_info(made.named, {**user(), "name": "grace", "displayName": "Grace"})
    (one,) = managed.manager().enumerate_creds(hash(SITE))
    assert one[OF.USER] == {"id": user()["id"], "name": "grace", "displayName": "Grace"}
    managed.manager().update_user_info(made.named, {"id": user()["id"], "name": "g"})
    (one,) = managed.manager().enumerate_creds(hash(SITE))
    assert one[OF.USER] == {"id": user()["id"], "name": "g"}, "what is left out is taken away"
    with raises(ERR.INVALID_PARAMETER):
        managed.manager().update_user_info(made.named, user(2))
    with raises(ERR.NO_CREDENTIALS):
        managed.manager().update_user_info(named(b"1234"), user())


def test_a_token_for_one_rp_manages_that_one(managed):
    made, other = keep(managed, SITE), keep(managed, SSH)

    def manager():
        token = managed.client_pin().get_pin_token(SECRET, PERMISSION.CREDENTIAL_MGMT, SITE["id"])
        return CredentialManagement(managed.ctap, managed.protocol, token)

    assert len(manager().enumerate_creds(hash(SITE))) == 1
    for refused in (lambda: manager().get_metadata(), lambda: manager().enumerate_rps_begin(),
                    lambda: manager().enumerate_creds_begin(hash(SSH)), lambda: manager().delete_cred(other.named)):
        with raises(ERR.PIN_AUTH_INVALID):
            refused()
    manager().delete_cred(made.named)


def test_the_persistent_token_reads_and_no_more(managed):
    managed.needs("perCredMgmtRO")
    made = [keep(managed, SITE, number) for number in range(2)]
    lasting = managed.token(PERMISSION.PERSISTENT_CREDENTIAL_MGMT)
    assert managed.token(PERMISSION.PERSISTENT_CREDENTIAL_MGMT) == lasting
    managed.replug()
    reader = CredentialManagement(managed.ctap, managed.protocol, lasting)
    assert reader.get_metadata()[OF.EXISTING_CRED_COUNT] == 2
    assert len(reader.enumerate_rps()) == 1 and len(reader.enumerate_creds(hash(SITE))) == 2
    for refused in (lambda: reader.delete_cred(made[0].named), lambda: reader.update_user_info(made[0].named, user())):
        with raises(ERR.PIN_AUTH_INVALID):
            refused()
    managed.client_pin().change_pin(SECRET, "31415926")
    with raises(ERR.PIN_AUTH_INVALID):
        reader.get_metadata()


def test_the_store_has_a_state_that_changes_with_it(managed):
    managed.needs("perCredMgmtRO")
    lasting = managed.token(PERMISSION.PERSISTENT_CREDENTIAL_MGMT)
    seen = []

    def changed(change):
        change()
        infos = [managed.ctap.get_info() for _ in range(2)]
        assert infos[0].enc_cred_store_state != infos[1].enc_cred_store_state, "another IV each time"
        assert infos[0].enc_identifier != infos[1].enc_identifier
        assert len({info.get_identifier(lasting) for info in infos}) == 1
        states = {info.get_cred_store_state(lasting) for info in infos}
        assert len(states) == 1
        seen.extend(states)

    made = []
    changed(lambda: None)
    changed(lambda: made.append(keep(managed, SITE)))
    changed(lambda: managed.manager().update_user_info(made[0].named, {"id": user()["id"]}))
    changed(lambda: managed.manager().delete_cred(made[0].named))
    assert len(set(seen)) == 4 and {len(state) for state in seen} == {16}
    managed.register(**managed.proof())
    assert managed.ctap.get_info().get_cred_store_state(lasting) == seen[-1], "one that is not kept changes nothing"


def test_enumerations_hold_after_any_history(managed):
    rps = [SSH, SITE, RP, {"id": "third.example"}]
    kept, number = {}, 0
    for _ in range(25):
        if kept and chance.random() < 0.4:
            id = chance.choice(list(kept))
            managed.manager().delete_cred(named(id))
            del kept[id]
        else:
            rp, number = chance.choice(rps), number + 1
            kept[keep(managed, rp, number).id] = rp["id"]
        manager = managed.manager()
        if not kept:
            continue
        found = {}
        first = manager.enumerate_rps_begin()
        names = [first] + [manager.enumerate_rps_next() for _ in range(first[OF.TOTAL_RPS] - 1)]
        for rp in names:
            for one in manager.enumerate_creds(rp[OF.RP_ID_HASH]):
                found[one[OF.CREDENTIAL_ID]["id"]] = rp[OF.RP]["id"]
        assert found == kept


def test_the_preview_has_its_own_number(managed):
    managed.needs("credentialMgmtPreview")
    keep(managed, SITE)
    auth = managed.protocol.authenticate(managed.token(PERMISSION.CREDENTIAL_MGMT), b"\x01")
    assert managed.does(0x41, {1: 1, 3: managed.protocol.VERSION, 4: auth})[1] == 1
