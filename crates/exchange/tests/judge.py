#!/usr/bin/env python3
"""Reads what fob wrote for another program, after that program's documentation; shares no code with fob.

usage: judge.py aegis|aegis-encrypted|2fas|uri|google PASSWORD < FILE

Prints the accounts as JSON. Needs PyPI's cryptography for aegis-encrypted.
"""
import base64, hashlib, json, sys, urllib.parse


def aegis(vault, password):
    db = vault["db"]
    if isinstance(db, str):
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        slot = next(slot for slot in vault["header"]["slots"] if slot["type"] == 1)
        key = hashlib.scrypt(password.encode(), salt=bytes.fromhex(slot["salt"]), n=slot["n"], r=slot["r"], p=slot["p"],
                             maxmem=1 << 28, dklen=32)
        opened = lambda key, params, text: AESGCM(key).decrypt(
            bytes.fromhex(params["nonce"]), text + bytes.fromhex(params["tag"]), None)
        master = opened(key, slot["key_params"], bytes.fromhex(slot["key"]))
        db = json.loads(opened(master, vault["header"]["params"], base64.b64decode(db)))
    assert vault["version"] == 1 and db["version"] == 3
    groups = {group["uuid"]: group["name"] for group in db["groups"]}
    assert len({entry["uuid"] for entry in db["entries"]}) == len(db["entries"])
    for entry in db["entries"]:
        yield entry["info"] | {"type": entry["type"], "issuer": entry["issuer"], "account": entry["name"],
                               "tags": [groups[group] for group in entry["groups"]], "notes": entry["note"],
                               "favourite": entry["favorite"]}


def twofas(backup, _):
    assert backup["schemaVersion"] == 4
    groups = {group["id"]: group["name"] for group in backup["groups"]}
    for service in backup["services"]:
        otp = service["otp"]
        yield {"type": otp["tokenType"].lower(), "issuer": otp["issuer"], "account": otp["account"],
               "secret": service["secret"], "algo": otp["algorithm"], "digits": otp["digits"],
               "tags": [groups[service["groupId"]]] if "groupId" in service else []} | {
                   key: otp[key] for key in ("period", "counter") if key in otp}


def uri(text, _):
    for line in text.splitlines():
        parts = urllib.parse.urlsplit(line)
        query = dict(urllib.parse.parse_qsl(parts.query, strict_parsing=True))
        label = urllib.parse.unquote(parts.path.removeprefix("/"))
        assert parts.scheme == "otpauth" and label.startswith(query["issuer"] + ":")
        yield {"type": parts.netloc, "issuer": query["issuer"], "account": label.removeprefix(query["issuer"] + ":"),
               "secret": query["secret"], "algo": query["algorithm"], "digits": int(query["digits"])} | {
                   key: int(query[key]) for key in ("period", "counter") if key in query}


def fields(message):
    def varint():
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place, value, shift = place + 1, value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value
    place = 0
    while place < len(message):
        key = varint()
        value = varint()
        if key & 7 == 2:
            value, place = message[place:place + value], place + value
        yield key >> 3, value


def google(text, _):
    lines = text.splitlines()
    for index, line in enumerate(lines):
        parts = urllib.parse.urlsplit(line)
        data, = urllib.parse.parse_qs(parts.query, strict_parsing=True)["data"]
        assert (parts.scheme, parts.netloc) == ("otpauth-migration", "offline")
        message = list(fields(base64.b64decode(data, validate=True)))
        last = dict(message)
        assert (last[2], last[3], last.get(4, 0)) == (1, len(lines), index)
        for parameters in (dict(fields(value)) for field, value in message if field == 1):
            account = {"type": {1: "hotp", 2: "totp"}[parameters[6]], "issuer": parameters[3].decode(),
                       "account": parameters[2].decode(), "digits": {1: 6, 2: 8}[parameters[5]],
                       "secret": base64.b32encode(parameters[1]).decode().rstrip("="),
                       "algo": {1: "SHA1", 2: "SHA256", 3: "SHA512", 4: "MD5"}[parameters[4]]}
            yield account | ({"counter": parameters.get(7, 0)} if parameters[6] == 1 else {"period": 30})


target, password = sys.argv[1:]
text = sys.stdin.read()
reader = {"aegis": aegis, "aegis-encrypted": aegis, "2fas": twofas, "uri": uri, "google": google}[target]
json.dump(list(reader(text if target in ("uri", "google") else json.loads(text), password)), sys.stdout)
