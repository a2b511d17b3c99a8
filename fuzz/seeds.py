#!/usr/bin/env python3
"""Writes the first inputs of the targets that take steps, or a format's name, into corpus/: python3 seeds.py.

What the steps and placeholders mean stands at the top of each target in src/. Files of other programs come from
crates/exchange/tests/data. Inputs that a fuzzer found beside these are kept in the same folders, under names of theirs.
"""
import hashlib, json
from pathlib import Path

HERE = Path(__file__).parent
DATA = HERE.parent / "crates/exchange/tests/data"
RPS = ["site.example", "other.example", "login.example", "enterprise.example"]
HASH = bytes([7]) * 32
COMPLETE, PER_CREDENTIAL, CTAP20, FRESH = range(4)
MC, GA, CM, BE, LBW, ACFG, PCMR = 1, 2, 4, 8, 16, 32, 64


def head(major, n):
    for limit, more, size in ((24, n, 0), (1 << 8, 24, 1), (1 << 16, 25, 2), (1 << 32, 26, 4), (1 << 64, 27, 8)):
        if n < limit:
            return bytes([major << 5 | more]) + (n.to_bytes(size, "big") if size else b"")


def cbor(value):
    """CTAP2's canonical form."""
    if value is None or isinstance(value, bool):
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    pairs = sorted((key[0] >> 5, len(key), key, item) for key, item in ((cbor(k), cbor(v)) for k, v in value.items()))
    return head(5, len(pairs)) + b"".join(key + item for _, _, key, item in pairs)


def put(target, name, data):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


# Steps of `authenticator`.
chunk = lambda data: len(data).to_bytes(2, "big") + data
text = lambda data: bytes([len(data)]) + data
raw = lambda data: b"\0" + chunk(data)
filled = lambda code, params: b"\1" + chunk(bytes([code]) + cbor(params))
proven = lambda code, params: b"\2" + chunk(bytes([code]) + cbor(params))
token = lambda flags, permissions, rp=0: bytes([3, flags, permissions, rp])
set_pin = lambda flags, pin: bytes([4, flags]) + text(pin)
touches = lambda byte: bytes([5, byte])
wait = lambda tenths: b"\6" + tenths.to_bytes(2, "big")
power_cycle, restart = b"\7\0", b"\7\1"
finger = lambda byte: bytes([8, byte])
u2f = lambda data: b"\x09" + chunk(data)
caller = lambda byte: bytes([10, byte])
bare = lambda code: raw(bytes([code]))


def make(rp=0, user=9, alg=-7, **more):
    request = {1: HASH, 2: {"id": RPS[rp], "name": "Site"}, 4: [{"alg": alg, "type": "public-key"}],
               3: {"id": bytes([user]), "name": "ada", "displayName": "Ada"}}
    names = {"exclude": 5, "extensions": 6, "options": 7, "enterprise": 10, "formats": 11}
    return request | {names[name]: value for name, value in more.items()}


def get(rp=0, **more):
    names = {"allow": 3, "extensions": 4, "options": 5}
    return {1: RPS[rp], 2: HASH} | {names[name]: value for name, value in more.items()}


def credential(number):
    return {"id": bytes([0xC0, number]), "type": "public-key"}


def sub(code, number, params=None):
    """A subcommand, where its members stand in that command."""
    if code in (0x09, 0x40):
        return {1: 1, 2: number} | ({3: params} if params is not None else {})
    return {1: number} | ({2: params} if params is not None else {})


def hmac_secret(salts, protocol=1):
    return {1: bytes([0xC2, protocol]), 2: b"\xc3" + salts, 3: b"\xc4", 4: protocol + 1}


def authenticator():
    def seed(name, model, *steps):
        put("authenticator", name, bytes([model]) + b"".join(steps))

    rk = {"rk": True}
    seed("make_credential", COMPLETE, token(0, MC), proven(1, make()), bare(8))
    seed("make_credential_discoverable", COMPLETE, token(1, MC), proven(1, make(options=rk, extensions={
        "credBlob": b"blob", "credProtect": 3, "hmac-secret": True, "largeBlobKey": True, "minPinLength": True,
        "pinComplexityPolicy": True, "thirdPartyPayment": True})))
    seed("make_credential_hmac_secret_mc", COMPLETE, token(0, MC), proven(1, make(
        extensions={"hmac-secret": True, "hmac-secret-mc": hmac_secret(bytes(32))})))
    seed("make_credential_excluded", COMPLETE, token(0, MC), proven(1, make(exclude=[credential(0), credential(2)])))
    seed("make_credential_enterprise", COMPLETE, token(0, ACFG), proven(0x0d, sub(0x0d, 1)), token(0, MC, 3),
         proven(1, make(3, enterprise=1)))
    seed("make_credential_none", COMPLETE, token(0, MC), proven(1, make(formats=["none"])), touches(1),
         token(0, MC), proven(1, make(alg=-8)))
    seed("make_credential_by_finger", COMPLETE, filled(1, make(options={"uv": True})), finger(7),
         filled(1, make(options={"uv": True})))
    seed("make_credential_every_algorithm", FRESH, *(filled(1, make(user=1, alg=alg)) for alg in (-7, -8, -35, -36, -48, -49)))
    seed("make_credential_until_full", FRESH, *(filled(1, make(user=user, options=rk)) for user in range(8)))
    seed("make_credential_certificate", PER_CREDENTIAL, token(0, MC), proven(1, make(options=rk, extensions={
        "largeBlob": {"support": "required"}})))
    seed("get_assertion", COMPLETE, filled(2, get()), bare(8))
    seed("get_assertion_next", COMPLETE, token(0, GA), proven(2, get(extensions={"credBlob": True, "largeBlobKey": True})), bare(8),
         caller(2), bare(8), wait(400), bare(8))
    seed("get_assertion_list", COMPLETE, filled(2, get(1, allow=[credential(0), credential(2), credential(3)])),
         token(0, GA, 1), proven(2, get(1, allow=[credential(2)])))
    seed("get_assertion_hmac_secret", COMPLETE, filled(2, get(allow=[credential(0)], extensions={"hmac-secret": hmac_secret(bytes(64))})),
         filled(2, get(extensions={"hmac-secret": hmac_secret(b"\1" * 32, 0)})))
    seed("get_assertion_silent", COMPLETE, filled(2, get(options={"up": False}, allow=[credential(1)])), touches(3),
         filled(2, get(allow=[credential(1)])))
    seed("get_assertion_payment", COMPLETE, filled(2, get(1, allow=[credential(3)], extensions={"thirdPartyPayment": True})))
    seed("get_assertion_large_blob", PER_CREDENTIAL, token(0, MC), proven(1, make(options=rk, extensions={
        "largeBlob": {"support": "required"}})), token(0, GA | LBW),
         proven(2, get(allow=[credential(4)], extensions={"largeBlob": {"write": b"packed", "originalSize": 6}})),
         filled(2, get(allow=[credential(4)], extensions={"largeBlob": {"read": True}})))
    seed("get_info", COMPLETE, bare(4), token(0, PCMR), bare(4))
    seed("selection", COMPLETE, bare(0x0b), touches(2), bare(0x0b))
    seed("reset", COMPLETE, bare(7), bare(4), filled(1, make(options=rk)))
    seed("reset_too_late", COMPLETE, wait(200), bare(7), power_cycle, bare(7))
    seed("pin_retries", COMPLETE, filled(6, {1: 2, 2: 1}), filled(6, {2: 7}), filled(6, {1: 1, 2: 2}))
    seed("pin_set_and_changed", FRESH, set_pin(0, b"1234"), set_pin(1, b"98765"), set_pin(0, b"123"), token(8, 0))
    seed("pin_by_hand", FRESH, filled(6, {1: 2, 2: 3, 3: b"\xc2\1", 4: b"\xc4", 5: b"\xc3" + b"1234" + bytes(60)}))
    seed("pin_wrong_until_blocked", COMPLETE, *[token(2, MC)] * 3, power_cycle, *[token(2, MC)] * 3, restart, *[token(2, MC)] * 3,
         filled(6, {1: 2, 2: 1}))
    seed("pin_token_by_finger", COMPLETE, token(4, MC | GA), proven(1, make()), finger(0), token(4, GA), *[finger(5)] * 3,
         *[token(4, GA)] * 3, filled(6, {1: 2, 2: 7}))
    seed("pin_token_expires", COMPLETE, token(0, MC), wait(310), proven(1, make()), token(0, CM), wait(6010),
         proven(0x0a, sub(0x0a, 1)))
    for code in (0x0a, 0x41):
        name = "credentials" if code == 0x0a else "credentials_preview"
        seed(name, COMPLETE, token(0, CM), proven(code, sub(code, 1)), proven(code, sub(code, 2)), filled(code, sub(code, 3)),
             filled(code, sub(code, 3)), proven(code, sub(code, 4, {1: b"\xc1\0"})), filled(code, sub(code, 5)),
             proven(code, sub(code, 7, {2: credential(1), 3: {"id": b"\2", "name": "bob"}})),
             proven(code, sub(code, 6, {2: credential(0)})), proven(code, sub(code, 1)))
    seed("credentials_read_only", COMPLETE, token(0, PCMR), proven(0x0a, sub(0x0a, 2)), proven(0x0a, sub(0x0a, 6, {2: credential(0)})),
         restart, proven(0x0a, sub(0x0a, 1)))
    for code in (0x09, 0x40):
        name = "fingers" if code == 0x09 else "fingers_preview"
        seed(name, COMPLETE, filled(code, {6: True}), filled(code, sub(code, 7)), token(0, BE), finger(2),
             proven(code, sub(code, 1, {3: 10000})), finger(2), proven(code, sub(code, 2, {1: b"\xc5\1"})), finger(11),
             proven(code, sub(code, 2, {1: b"\xc5\1"})), filled(code, sub(code, 3)), proven(code, sub(code, 4)),
             proven(code, sub(code, 5, {1: b"\xc5\0", 2: "thumb"})), proven(code, sub(code, 6, {1: b"\xc5\0"})))
    seed("fingers_without_time", COMPLETE, token(0, BE), touches(3), proven(9, sub(9, 1, {3: 0})))
    seed("fingers_enrolled", FRESH, set_pin(0, b"1234"), token(0, BE), proven(9, sub(9, 1)),
         *[proven(9, sub(9, 2, {1: b"\xc5\0"}))] * 3, token(4, BE), proven(9, sub(9, 4)))
    blob = b"\xc6" + cbor([{1: bytes(32), 2: bytes(12), 3: 9}])
    length = len(blob) - 1 + 16
    seed("large_blobs", COMPLETE, filled(0x0c, {1: 100, 3: 0}), token(0, LBW), proven(0x0c, {2: blob, 3: 0, 4: length}),
         filled(0x0c, {1: 4096, 3: 20}))
    part = bytes([0x80]) + hashlib.sha256(b"\x80").digest()[:16]
    seed("large_blobs_in_parts", COMPLETE, token(0, LBW), proven(0x0c, {2: part[:9], 3: 0, 4: 17}),
         proven(0x0c, {2: part[9:], 3: 9}), filled(0x0c, {1: 17, 3: 0}))
    seed("config", COMPLETE, token(0, ACFG), proven(0x0d, sub(0x0d, 1)), proven(0x0d, sub(0x0d, 2)), proven(0x0d, sub(0x0d, 2)),
         proven(0x0d, sub(0x0d, 4)), proven(0x0d, sub(0x0d, 3, {1: 6, 2: [RPS[0]], 3: False, 4: True})), bare(4), set_pin(0, b"1234"),
         set_pin(0, b"k4?xQ9"), token(0, MC), proven(1, make(extensions={"minPinLength": True, "pinComplexityPolicy": True})))
    seed("ctap20", CTAP20, bare(4), token(8, 0), proven(1, make(options={"rk": True, "uv": False})), filled(2, get()), bare(8),
         bare(0x0a), filled(0x0d, sub(0x0d, 2)))
    seed("always_verified", COMPLETE, token(0, ACFG), proven(0x0d, sub(0x0d, 2)), filled(2, get()), filled(1, make()),
         u2f(bytes([0, 3, 0, 0, 0, 0, 0])), u2f(bytes([0, 1, 0, 0, 0, 0, 64]) + bytes(64)))
    seed("u2f_between", COMPLETE, filled(2, get(1)), u2f(bytes([0, 3, 0, 0, 0, 0, 0])), bare(8),
         *[u2f(bytes([0, 1, 0, 0, 0, 0, 64]) + bytes(64) + b"\0\0")] * 2)
    seed("nonsense", COMPLETE, raw(b""), raw(b"\x01\xa1\x01"), raw(b"\x06\x80"), raw(b"\x04\xa1\x01\x01"), raw(b"\x7f"), raw(b"\x0b\xa0"))


def u2f_key():
    def seed(name, model, *steps):
        put("u2f_key", name, bytes([model]) + b"".join(steps))

    message = lambda data: b"\0" + chunk(data)
    register = lambda site: bytes([1, site])
    sign = lambda control, site, which, place=0, change=0: bytes([2, control, site, which, place, change])
    touch = lambda given=True: bytes([3, 0 if given else 1])
    later = lambda tenths: b"\4" + tenths.to_bytes(2, "big")
    ctap2 = lambda code, params: b"\5" + chunk(bytes([code]) + cbor(params))
    seed("registered_and_signed_in", FRESH, register(0), touch(), register(0), sign(1, 0, 0), sign(0, 0, 0), touch(), sign(0, 0, 0),
         sign(2, 0, 0))
    seed("another_site", COMPLETE, touch(), register(0), touch(), sign(0, 1, 0), sign(2, 1, 0))
    seed("changed_handle", COMPLETE, touch(), register(1), sign(2, 1, 0, 40, 1), sign(2, 1, 0, 0, 255))
    seed("touch_too_old", COMPLETE, touch(), later(101), register(0), touch(False), register(0))
    seed("version_and_nonsense", PER_CREDENTIAL, message(bytes([0, 3, 0, 0, 0, 0, 0])), message(bytes([0, 3, 0, 0])), message(b""),
         message(bytes([0, 9, 0, 0])), message(bytes([0x80, 1, 0, 0, 0, 0, 1, 0])))
    seed("signs_in_with_ctap2", COMPLETE, touch(), register(0), ctap2(2, get(allow=[credential(1)])), touch(), sign(0, 0, 0))
    seed("two_sites", CTAP20, touch(), register(0), touch(), register(1), touch(), sign(0, 1, 1), sign(2, 0, 0), sign(2, 0, 1))


def reports(channel, command, data):
    """CTAPHID's reports of a message."""
    out = [channel.to_bytes(4, "big") + bytes([0x80 | command]) + len(data).to_bytes(2, "big") + data[:57]]
    for sequence, place in enumerate(range(57, len(data), 59)):
        out.append(channel.to_bytes(4, "big") + bytes([sequence]) + data[place:place + 59])
    return [report.ljust(64, b"\0") for report in out]


def hid_key():
    TOUCHED, REFUSED, HELD = 0, 2, 3
    init = reports(0xFFFFFFFF, 0x06, bytes(8))

    def seed(name, *steps):
        put("hid_key", name, b"".join(bytes([byte]) + report for byte, report in steps))

    def say(byte, *messages):
        return [(byte, report) for message in messages for report in message]

    cbor_message = lambda data, channel=1: reports(channel, 0x10, data)
    assertion = b"\2" + cbor(get())
    # credProtect 2 and no list: the site's other credential answers.
    seed("info", *say(TOUCHED, init, cbor_message(b"\4")))
    seed("signed_in", *say(TOUCHED, init, cbor_message(assertion), cbor_message(b"\x08")))
    seed("refused", *say(REFUSED, init, cbor_message(assertion)))
    seed("held_then_cancelled", *say(HELD, init, cbor_message(assertion), reports(1, 0x11, b"")))
    seed("held_then_touched", *say(HELD, init, cbor_message(assertion)), *say(TOUCHED | 40, reports(1, 0x01, b"ping")))
    seed("held_too_long", *say(HELD, init, cbor_message(assertion)), *say(HELD | 252, *[reports(1, 0x01, b"ping")] * 11))
    seed("held_then_init", *say(HELD, init, cbor_message(assertion), reports(1, 0x06, bytes(8)), cbor_message(b"\4")))
    seed("registered", *say(TOUCHED, init, cbor_message(b"\1" + cbor(make()))))
    seed("u2f", *say(TOUCHED, init, *[reports(1, 0x03, bytes([0, 1, 0, 0, 0, 0, 64]) + bytes(64) + b"\0\0")] * 2))
    seed("two_channels", *say(TOUCHED, init, init), *say(HELD, cbor_message(assertion), cbor_message(b"\4", 2)),
         *say(TOUCHED, reports(2, 0x11, b""), reports(1, 0x11, b"")))
    seed("lock_wink_ping", *say(TOUCHED, init, reports(1, 0x04, b"\5"), reports(1, 0x08, b""), reports(1, 0x01, b"long " * 30)))
    seed("selection_and_reset", *say(TOUCHED, init, cbor_message(b"\x0b"), cbor_message(b"\7"), cbor_message(b"\4")))


def state():
    point = bytes.fromhex("04515c3d6eb9e396b904d3feca7f54fdcd0cc1e997bf375dca515ad0a6c3b4035f"
                          "4536be3a50f318fbf9a5475902a221502bef0d57e08c53b2cc0a56f17d9f9354")
    scalar = bytes(range(1, 33))
    one = {1: bytes(32), 2: {"id": RPS[0], "name": "Site"}, 3: {"id": b"\1", "name": "ada"}, 4: scalar, 5: point, 6: 2, 7: 3}
    pin = {1: bytes(16), 2: 4}
    settings = {1: True, 2: True, 3: 6, 4: [RPS[0]], 5: True, 6: True, 7: True}
    finger = {1: b"\1", 2: "thumb", 3: 1}
    for name, changes in {
        "anew": [[1, bytes([0x55]) * 32]], "whole": [[1, bytes([0x55]) * 32], [2, 9], [3, 7], [4, pin], [5, one]],
        "counter": [[2, 10], [3, 6]], "no_pin": [[4, None], [13, 5], [14, 2**40]], "settings": [[7, settings]],
        "gone": [[6, [hashlib.sha256(RPS[0].encode()).digest(), bytes(32)]], [8, 3]], "fingers": [[11, finger], [12, b"\1"]],
        "blobs": [[9, bytes(17)], [10, bytes(32)], [10, None]],
        "extras": [[5, one | {8: -7, 9: True, 10: b"blob", 11: True, 12: {1: b"packed", 2: 9}}]], "unknown": [[127, 0]]}.items():
        put("state_changes", name, cbor(changes))
    vectors = HERE.parent / "softkey/authenticator/tests/vectors"
    for name in ("key", "passphrase"):
        put("state_file", name, b"\0" + bytes.fromhex((vectors / f"state-2-{name}.hex").read_text()))
    place = lambda at, value: at.to_bytes(2, "big") + bytes([value])
    for name, damage in {
        "nothing": b"\1", "magic": b"\1" + place(0, 0x46), "format": b"\5" + place(15, 3), "cost": b"\5" + place(19, 1) + place(20, 255),
        "length": b"\5" + place(110, 255), "snapshot_end": b"\5" + place(103, 0), "record": b"\1" + place(300, 1),
        "cut": b"\3\x02\x00", "sector": b"\1" + b"".join(place(at, 0) for at in range(512, 640)),
        "room": b"\1" + place(1500, 7), "last": b"\1" + b"".join(place(at, 0) for at in range(640, 800))}.items():
        put("state_file", name, damage)


def vault():
    totp = {"id": bytes(16), "created": 1, "modified": 2, "issuer": "Example", "name": "ada", "seed": b"12345678901234567890",
            "algorithm": "SHA1", "digits": 6, "kind": "totp", "period": 30}
    hotp = totp | {"id": bytes([1]) * 16, "kind": "hotp", "counter": 7, "sites": ["https://id.example"]}
    del hotp["period"]
    for name, body in {
        "empty": {}, "entries": {"entries": [totp, hotp], "removed": [{"id": bytes(16), "time": 5}], "labels": {bytes([3]) * 16: "paper"}},
        "odd_entries": {"entries": [totp, totp, 7, {}, totp | {"kind": "dance"}, totp | {"seed": "text"}, totp | {"id": b"short"}]},
        "odd_members": {"entries": [], "removed": 3, "labels": [], "later": {"a": [1, {"b": None}]}},
        "odd_numbers": {"entries": [totp | {"digits": 255, "period": 0, "seed": b""}, hotp | {"counter": 2**64 - 1}]},
        "no_entries": {"entries": None}}.items():
        put("vault_body", name, cbor(body))
    passphrase = {"id": bytes([9]) * 16, "kind": "passphrase", "created": 1, "wrapped": bytes(60), "parameters": {
        "algorithm": "argon2id", "version": 19, "memory_kib": 2**32, "passes": 3, "lanes": 1, "salt": bytes(16)}}
    for name, members in {
        "as_it_is": {}, "later": {"more": {"a": [1]}}, "no_slots": {"slots": []}, "no_check": {"check": bytes(16)},
        "slots": {"slots": [passphrase, {"kind": "telepathy", "antenna": 7}, {"kind": "recovery"}]}, "missing": {"vault": None},
        "generation": {"generation": 2**64 - 1}, "body_length": {"body_length": 17}, "types": {"generation": "7", "created": b""},
        "many_slots": {"slots": [{"kind": "recovery"}] * 33}}.items():
        put("vault_header", name, cbor(members))
    put("vault_header", "bytes", (5).to_bytes(4, "big") + b"hello" + bytes(64))
    put("vault_header", "length", b"\xff\xff\xff\xff")
    place = lambda at, value: at.to_bytes(2, "big") + bytes([value])
    for name, data in {
        "nothing": b"\1", "other_file": b"\0SQLite format 3\0", "half": b"\0FOBV", "newer": b"\1" + place(9, 2), "cut": b"\3\0\x40",
        "header": b"\1" + place(40, 1), "body": b"\1" + place(2000, 1), "empty": b"\3\0\0"}.items():
        put("vault_file", name, data)
    for name, data in {
        "nothing": b"\1", "before": b"\5", "other_file": b"\0SQLite format 3\0", "head": b"\1" + place(30, 1), "newer": b"\1" + place(9, 2),
        "newer_before": b"\5" + place(9, 2), "cut": b"\3\4\x20", "cut_head": b"\3\0\x30", "empty": b"\3\0\0", "record": b"\1" + place(900, 1),
        "count": b"\1" + place(768, 17) + place(1536, 0), "seal": b"\1" + place(300, 7) + place(1791, 7)}.items():
        put("vault_diary", name, data)


def otp():
    secret = "GEZDGNBVGY3TQOJQ"
    for name, uri in {
        "plain": f"otpauth://totp/Example:ada?secret={secret}&issuer=Example", "hotp": f"otpauth://hotp/ada?secret={secret}&counter=5",
        "all": f"OTPAUTH://TOTP/A%20B:c%3Ad?Secret={secret.lower()}&ISSUER=A+B&algorithm=sha-512&digits=8&period=60&x=y#z",
        "odd": f"otpauth://totp/%?secret={secret}%&digits=255&period=0&&=&", "colons": f"apple-otpauth://totp/a:b:c?secret={secret}&issuer=a:b",
        "steam": f"otpauth://totp/Steam:x?secret={secret}&encoder=steam", "no_secret": "otpauth://totp/a", "motp": "motp://a:b?secret=00ff",
        "migration": "otpauth-migration://offline?data=CjE", "list": f"\ufeff# two\r\n\r\notpauth://totp/a?secret={secret}\r\nnonsense\n",
        "utf16": "\ufffe", "sizes": f"otpauth://hotp/a?secret={secret}&counter=18446744073709551616"}.items():
        put("otpauth", name, uri.encode() if name != "utf16" else b"\xff\xfeo\0")
    put("account_list", "full", (DATA / "fob.json").read_bytes())
    put("account_list", "odd", b'[{"type":"totp","secret":"%s","digits":6.5},7,{},{"type":"dance","secret":"%s","tags":[" a ","a"]}]'
        % ((secret.encode(),) * 2))
    put("account_list", "extras", b'[{"type":"motp","issuer":"A","account":"b","secret":"%s","pin":"1234","notes":"n","favourite":true,'
        b'"icon":"a","recovery_codes":["1"],"used_recovery_codes":["2"],"sites":["https://id.example"]}]' % secret.encode())
    field = lambda number, value: head_varint(number << 3 | 2) + head_varint(len(value)) + value
    number = lambda place, value: head_varint(place << 3) + head_varint(value)
    one = field(1, b"12345678901234567890") + field(2, b"Example:ada") + field(3, b"Example")
    put("google_migration", "one", field(1, one + number(4, 1) + number(5, 1) + number(6, 2)) + number(2, 1) + number(3, 1) + number(5, 7))
    put("google_migration", "hotp_of_two", field(1, one + number(4, 2) + number(5, 2) + number(6, 1) + number(7, 5)) + number(3, 2))
    put("google_migration", "odd", field(1, field(2, b"\xff")) + field(1, one + number(4, 9) + number(6, 9)) + b"\x7d\1\2\3\4\x09" + bytes(8))
    put("google_migration", "cut", field(1, one)[:-3])


def head_varint(n):
    out = b""
    while n >= 0x80:
        out, n = out + bytes([n & 0x7F | 0x80]), n >> 7
    return out + bytes([n])


# Which format a file of crates/exchange/tests/data has, where its name does not say.
NAMED = {"uri.txt": "uri", "ente.txt": "ente", "fob.json": "json", "aegis-encrypted.json": "aegis", "aegis.html": "aegis-html",
         "2fas-encrypted.2fas": "2fas", "andotp.json.aes": "andotp-encrypted", "andotp-old.json.aes": "andotp-old",
         "raivo-otp-export.json": "raivo", "1password.1pux": "1password", "authy-encrypted.xml": "authy",
         "freeotp-plus.json": "freeotp-plus", "freeotp-2.xml": "freeotp-2", "totp-authenticator.xml": "totp-authenticator-xml",
         "bitwarden.csv": "bitwarden-csv", "bitwarden-authenticator.json": "bitwarden", "bitwarden-pbkdf2.json": "bitwarden-encrypted",
         "bitwarden-argon2.json": "bitwarden-encrypted", "steamguard.json": "steam", "stratum.bin": "stratum-encrypted",
         "stratum-legacy.bin": "stratum-encrypted", "proton-encrypted.json": "proton-encrypted", "ente.html": "ente-html",
         "ente-encrypted.json": "ente-encrypted", "google.sqlite": "google-sqlite", "stratum.sqlite": "stratum-sqlite",
         "keepass-aes.kdbx": "keepass", "keepass-chacha.kdbx": "keepass", "keepass-aeskdf.kdbx": "keepass", "keepassxc.kdbx": "keepass",
         "proton-pass.zip": "proton-pass"}
CHEAP = {"2fas", "andotp-old", "authenticator-plus", "raivo", "authy", "totp-authenticator"}


def exchange():
    for name, what in json.loads((DATA / "expected.json").read_text()).items():
        data = (DATA / name).read_bytes()
        kind = NAMED.get(name) or name.split(".")[0]
        locked = what.get("password") and kind in CHEAP
        line = f"{kind} {what['password']}\n" if locked else f"{kind}\n"
        # Of the large ones, what a fuzzer can hold in its head.
        if len(data) < 9000:
            put("importers", name.replace(".", "_"), line.encode() + data)
        if len(data) < 1200:
            put("recognition", name.replace(".", "_"), data)
    xml = """<?xml version="1.0"?><KeePassFile><Meta><RecycleBinUUID>AAA=</RecycleBinUUID></Meta><Root><Group><Name>Root</Name>
<Group><UUID>AAA=</UUID><Name>Bin</Name><Entry><String><Key>otp</Key><Value>otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ</Value></String></Entry></Group>
<Group><Name>Work &amp; &#x41;</Name><Entry><Tags>a;b</Tags><String><Key>Title</Key><Value><![CDATA[Example]]></Value></String><String>
<Key>UserName</Key><Value>ada</Value></String><String><Key>TimeOtp-Secret-Base32</Key><Value Protected="True">GEZDGNBVGY3TQOJQ</Value></String>
<History><Entry><String><Key>otp</Key><Value Protected="True">AAAA</Value></String></Entry></History></Entry></Group></Group></Root></KeePassFile>"""
    tray = """<KeePassFile><Root><Group><Entry><String><Key>TOTP Seed</Key><Value>GEZDGNBVGY3TQOJQ</Value></String><String><Key>TOTP Settings</Key>
<Value>30;S</Value></String></Entry><Entry><String><Key>otp</Key><Value>key=GEZDGNBVGY3TQOJQ&amp;size=8&amp;step=60</Value></String></Entry></Group></Root></KeePassFile>"""
    put("kdbx", "groups", b"\1" + xml.encode())
    put("kdbx", "tray_and_keeotp", b"\1" + tray.encode())
    put("kdbx", "nothing", b"\1<KeePassFile/>")
    salsa = b"\1\4\0\0\0\2\0\0\0\2\4\0\0\0key!\3\1\0\0\0x\0\0\0\0\0"
    put("kdbx", "salsa20", b"\0" + salsa + tray.encode())
    put("kdbx", "no_stream", b"\0" + b"\1\4\0\0\0\1\0\0\0" + bytes(5))


def asking():
    """Messages between fobd and its prompt, as docs/prompts.md has them."""
    asker = {"name": "Firefox", "program": "/usr/lib/firefox/firefox", "tier": "installed", "why": None, "door": "bus", "pid": 7}
    strange = "a\u202e\u001b[31m<b>\u0300\u0301\u0302\u0303\u0304\u0305\U000e0041"
    whats = {
        "code": {"for": "code", "issuer": "GitHub", "name": strange, "site": "https://github.com"},
        "sign": {"for": "sign", "rp_id": "example.org", "origin": "https://login.example.org", "top_origin": "https://shop.example"},
        "create": {"for": "create", "rp_id": "xn--80ak6aa92e.com", "origin": "https://b\u00fccher.example", "top_origin": None, "user": "ada"},
        "key_care": {"for": "key-care", "key": strange, "doing": "set its PIN"},
        "pin": {"for": "pin", "key": "Key", "rp_id": strange},
        "attach": {"for": "attach", "path": "/run/user/1000/key"},
        "pair": {"for": "pair", "scopes": ["otp:read:" + str(n) for n in range(20)], "origin": "http://127.0.0.1:8000"},
        "allow": {"for": "allow", "program": "/opt/it", "origins": ["https://a.example", ""]},
    }
    wants = [None, {"secret": "passphrase"}, {"secret": "pin", "retries": 1, "wrong": True}, {"secret": "digits"}]
    for number, (name, what) in enumerate(whats.items()):
        tier = ["installed", "script", "weak", "sandboxed", "paired", "portal", "companion"][number % 7]
        question = {"asker": asker | {"tier": tier, "why": strange}, "what": what, "choices": ["always", "once", "until-lock", "8-hours"][: number % 5],
            "want": wants[number % 4], "waits": 60, "terminal": "/dev/pts/3", "parent_window": "x11:1a", "behind": number}
        question["choices"] = [choice.replace("8-hours", "eight-hours") for choice in question["choices"]]
        put("asking", name, b"\0" + json.dumps(question).encode() + b"\n")
    for name, answer in {"refused": {"answer": "refused"}, "granted": {"answer": "granted", "choice": "once"},
        "secret": {"answer": "secret", "choice": None}, "nowhere": {"answer": "nowhere"}}.items():
        put("asking", name, b"\1" + json.dumps(answer).encode() + b"\n")
    put("asking", "right", b'\2{"verdict":"right"}\n')
    put("asking", "wrong", b"\2" + json.dumps({"verdict": "wrong", "words": strange}).encode() + b"\n")
    put("asking", "half", b'\1{"answer":"refused"}')


for write in (asking, authenticator, u2f_key, hid_key, state, vault, otp, exchange):
    write()
