#!/usr/bin/env python3
"""Writes the files of this folder, each after the documentation or source of the program that README.md names.

Independent of fob: Python's sqlite3, zipfile and hashlib, and from PyPI cryptography, argon2-cffi, PyNaCl, pykeepass
and pyzipper; keepassxc-cli for one file. Salts and nonces come from a counter, so that most files come out the same
again; pykeepass, pyzipper and KeePassXC draw their own.
"""
import base64, csv, hashlib, hmac, io, json, os, sqlite3, struct, subprocess, urllib.parse, zipfile
from pathlib import Path

import nacl.bindings as sodium
import pyzipper
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import make_keepass
from make_containers import java_map, number, text, traditional_zip

HERE = Path(__file__).parent
PASSWORD = b"correct horse"
WRITTEN = {}
COUNTER = 0


def noise(length):
    """Bytes that look random and come out the same each time."""
    global COUNTER
    COUNTER += 1
    return hashlib.shake_128(b"fob test data %d" % COUNTER).digest(length)


def b64(data):
    return base64.b64encode(data).decode()


def account(type="totp", issuer="", name="", secret=b"", algorithm="SHA1", digits=6, period=30, counter=None, **more):
    entry = {"type": type, "issuer": issuer, "account": name,
             "secret": base64.b32encode(secret).decode().rstrip("="), "algorithm": algorithm, "digits": digits}
    entry.update({"counter": counter} if counter is not None else {"period": period})
    return entry | more


# The seeds of RFC 6238's appendix B, and one of a site that hands out 80 bits.
ADA = account("totp", "Example", "ada", b"12345678901234567890")
BEN = account("totp", "Air Büro", "ben@example.com", b"12345678901234567890123456789012", "SHA256", 8, 60)
CY = account("hotp", "Counted", "cy", b"12345678901234567890", counter=5)
DORA = account("steam", "Steam", "dora", b"Hello!\xde\xad\xbe\xef", digits=5)
EVE = account("motp", "Mobile", "eve", bytes.fromhex("0123456789abcdef"), "MD5", 6, 10, pin="1234")
YAN = account("yandex", "Yandex", "yan", b"1234567890123456", "SHA256", 8, 30, pin="4321")
ALL = [ADA, BEN, CY, DORA]
TIMED = [ADA, BEN]


def changed(entry, **fields):
    return {key: value for key, value in (entry | fields).items() if value is not None}


def put(name, data, entries, password=None):
    (HERE / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    WRITTEN[name] = {"entries": entries} | ({"password": password.decode()} if password else {})


def dump(value):
    return json.dumps(value, ensure_ascii=False)


def uri(entry):
    quote = lambda text: urllib.parse.quote(text, safe="")
    query = {"secret": entry["secret"], "issuer": entry["issuer"], "algorithm": entry["algorithm"],
             "digits": entry["digits"]}
    query |= {key: entry[key] for key in ("period", "counter") if key in entry}
    return (f"otpauth://{entry['type']}/{quote(entry['issuer'])}:{quote(entry['account'])}?"
            + urllib.parse.urlencode(query))


def uris(entries):
    return "".join(uri(entry) + "\n" for entry in entries)


def gcm(key, nonce, plain, aad=None):
    return AESGCM(key).encrypt(nonce, plain, aad)


def cbc(key, iv, plain):
    pad = 16 - len(plain) % 16
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()


def argon2id(password, salt, passes, memory_kib, lanes):
    return hash_secret_raw(password, salt, passes, memory_kib, lanes, 32, Type.ID)


# URI lists.
put("uri.txt", "\ufeff# a comment\r\n\r\n" + uris(ALL).replace("\n", "\r\n"), ALL)
put("winauth.txt", uris(TIMED), TIMED)
display = {"pinned": True, "trashed": False, "lastUsedAt": 0, "tapCount": 0, "tags": ["work"], "note": "a note"}
trash = display | {"trashed": True}
put("ente.txt",
    f"{uri(ADA)}&codeDisplay={urllib.parse.quote(dump(display), safe='')}\n"
    f"{uri(BEN)}&codeDisplay={urllib.parse.quote(dump(trash), safe='')}\n",
    [changed(ADA, tags=["work"], favourite=True, notes="a note")])
put("fob.json", dump(ALL + [changed(EVE, tags=["a", "b"], notes="n", recovery_codes=["1-2-3"])]),
    ALL + [changed(EVE, tags=["a", "b"], notes="n", recovery_codes=["1-2-3"])])

# Aegis.
GROUP = "0d4a1c0e-0000-4000-8000-000000000001"


def aegis_entry(entry):
    info = {"secret": entry["secret"], "algo": entry["algorithm"], "digits": entry["digits"]}
    info |= {key: entry[key] for key in ("period", "counter", "pin") if key in entry}
    return {"type": entry["type"], "uuid": "0d4a1c0e-0000-4000-8000-000000000000", "name": entry["account"],
            "issuer": entry["issuer"], "note": "", "favorite": False, "icon": None, "info": info, "groups": []}


kinds = ALL + [EVE, YAN]
content = {"version": 3, "entries": [aegis_entry(entry) for entry in kinds],
           "groups": [{"uuid": GROUP, "name": "Work"}], "icons_optimized": True}
content["entries"][0] |= {"groups": [GROUP], "favorite": True, "note": "a note"}
aegis = [changed(ADA, tags=["Work"], favourite=True, notes="a note")] + kinds[1:]
put("aegis.json", dump({"version": 1, "header": {"slots": None, "params": None}, "db": content}), aegis)
master, salt, nonces = noise(32), noise(32), [noise(12), noise(12), noise(12)]
slot_key = hashlib.scrypt(PASSWORD, salt=salt, n=1 << 15, r=8, p=1, maxmem=1 << 26, dklen=32)
wrapped, sealed = gcm(slot_key, nonces[0], master), gcm(master, nonces[1], dump(content).encode())
params = lambda nonce, sealed: {"nonce": nonce.hex(), "tag": sealed[-16:].hex()}
biometric = {"type": 2, "uuid": GROUP, "key": wrapped[:-16].hex(), "key_params": params(nonces[2], wrapped)}
slot = {"type": 1, "uuid": GROUP, "key": wrapped[:-16].hex(), "key_params": params(nonces[0], wrapped), "n": 1 << 15,
        "r": 8, "p": 1, "salt": salt.hex(), "repaired": True, "is_backup": False}
put("aegis-encrypted.json",
    dump({"version": 1, "header": {"slots": [biometric, slot], "params": params(nonces[1], sealed)},
          "db": b64(sealed[:-16])}), aegis, PASSWORD)
heads = ["Issuer", "Name", "Type", "QR Code", "UUID", "Note", "Favorite", "Algo", "Digits", "Secret", "Counter", "PIN"]
rows = "".join(
    "<tr>" + "".join(f"<td>{cell}</td>" for cell in (entry["issuer"], entry["account"], entry["type"]))
    + "<td class='qr'><img src=\"data:image/png;base64,iVBORw0KGgo=\n\"/></td>"
    + "".join(f"<td>{cell}</td>" for cell in (
        GROUP, "R&amp;D &lt;b&gt;", "true", entry["algorithm"], entry["digits"],
        "0123456789abcdef" if entry is EVE else entry["secret"], entry.get("counter", "-"), entry.get("pin", "-")))
    + "</tr>" for entry in (ADA, CY, EVE))
put("aegis.html", "<html><head><title>Aegis Authenticator Export</title></head><body><h1>Aegis Authenticator Export</h1>"
    "<table><tr>" + "".join(f"<th>{head}</th>" for head in heads) + f"</tr>{rows}</table></body>"
    "<style>table,td,th{border:1px solid #000}</style></html>",
    [changed(entry, notes="R&D <b>", favourite=True) for entry in (ADA, CY, EVE)])

# 2FAS.
services = [{"name": entry["issuer"], "secret": entry["secret"], "updatedAt": 1700000000000,
             "otp": {"label": entry["account"], "account": entry["account"], "issuer": entry["issuer"],
                     "digits": entry["digits"], "algorithm": entry["algorithm"], "source": "Manual",
                     "tokenType": entry["type"].upper()}
             | {key: entry[key] for key in ("period", "counter") if key in entry},
             "order": {"position": place}} for place, entry in enumerate(ALL)]
services[0]["groupId"] = GROUP
fas = {"groups": [{"id": GROUP, "name": "Work", "isExpanded": True}], "updatedAt": 1700000000000, "schemaVersion": 4,
       "appVersionCode": 5000009, "appVersionName": "5.1.0", "appOrigin": "android"}
put("2fas.2fas", dump({"services": services} | fas), [changed(ADA, tags=["Work"])] + ALL[1:])
salt, nonce = noise(256), noise(12)
key = hashlib.pbkdf2_hmac("sha256", PASSWORD, salt, 10_000, 32)
put("2fas-encrypted.2fas",
    dump({"services": [], "servicesEncrypted": ":".join(map(b64, (gcm(key, nonce, dump(services).encode()), salt, nonce)))}
         | fas), [changed(ADA, tags=["Work"])] + ALL[1:], PASSWORD)

# andOTP.
otp = [{"secret": entry["secret"] + "=" * (-len(entry["secret"]) % 8), "issuer": entry["issuer"],
        "label": entry["account"], "digits": entry["digits"], "type": entry["type"].upper(),
        "algorithm": entry["algorithm"], "thumbnail": "Default", "last_used": 0, "used_frequency": 0,
        "tags": ["Work"]} | {key: entry[key] for key in ("period", "counter") if key in entry} for entry in ALL]
andotp = [changed(entry, tags=["Work"]) for entry in ALL]
put("andotp.json", dump(otp), andotp)
salt, nonce = noise(12), noise(12)
key = hashlib.pbkdf2_hmac("sha1", PASSWORD, salt, 140_000, 32)
put("andotp.json.aes", struct.pack(">I", 140_000) + salt + nonce + gcm(key, nonce, dump(otp).encode()), andotp, PASSWORD)
nonce = noise(12)
put("andotp-old.json.aes", nonce + gcm(hashlib.sha256(PASSWORD).digest(), nonce, dump(otp).encode()), andotp, PASSWORD)


# Archives.
put("authenticator-plus.zip", traditional_zip("Accounts.txt", uris(ALL).encode(), PASSWORD, noise(11)), ALL, PASSWORD)
raivo = [{"kind": entry["type"].upper(), "issuer": entry["issuer"], "account": entry["account"],
          "secret": entry["secret"], "algorithm": entry["algorithm"], "digits": str(entry["digits"]),
          "timer": str(entry.get("period", 0)), "counter": str(entry.get("counter", 0)), "pinned": "true",
          "iconType": "", "iconValue": ""} for entry in (ADA, BEN, CY)]
raivo_out = [changed(entry, favourite=True) for entry in (ADA, BEN, CY)]
put("raivo-otp-export.json", dump(raivo), raivo_out)
archive = io.BytesIO()
with pyzipper.AESZipFile(archive, "w", compression=zipfile.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as sealed:
    sealed.setpassword(PASSWORD)
    sealed.writestr("raivo-otp-export.json", dump(raivo))
put("raivo.zip", archive.getvalue(), raivo_out, PASSWORD)

pux = {"accounts": [{"attrs": {"name": "me"}, "vaults": [{"attrs": {"uuid": "v", "name": "Private"}, "items": [
    {"uuid": "a", "favIndex": 1, "state": "active", "overview": {"title": "Example", "tags": ["site"], "url": ""},
     "details": {"loginFields": [{"value": "ada", "name": "username", "designation": "username"}], "notesPlain": "",
                 "sections": [{"title": "", "fields": [{"title": "one-time password", "id": "TOTP_1",
                                                       "value": {"totp": ADA["secret"]}}]}]}},
    {"uuid": "b", "favIndex": 0, "state": "active", "overview": {"title": "Büro"},
     "details": {"sections": [{"fields": [{"id": "x", "value": {"string": "no code"}},
                                          {"id": "TOTP_2", "value": {"totp": uri(BEN)}}]}]}},
    {"uuid": "c", "favIndex": 0, "overview": {"title": "no codes"}, "details": {"sections": []}}]}]}]}
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as clear:
    clear.writestr("export.attributes", dump({"version": 3, "description": "1Password Unencrypted Export"}))
    clear.writestr("export.data", dump(pux))
put("1password.1pux", archive.getvalue(), [changed(ADA, tags=["Private", "site"], favourite=True),
                                           changed(BEN, tags=["Private"])])
proton_pass = {"version": "1.21.2", "userId": "u", "encrypted": False, "vaults": {"v1": {"name": "Personal", "items": [
    {"itemId": "a", "state": 1, "pinned": False, "data": {"metadata": {"name": "Example", "note": ""}, "type": "login",
     "content": {"itemEmail": "", "itemUsername": "ada", "password": "", "urls": [], "totpUri": ADA["secret"]}}},
    {"itemId": "b", "state": 1, "pinned": True, "data": {"metadata": {"name": "Büro"}, "type": "login",
     "content": {"itemEmail": "x", "totpUri": uri(BEN)}}},
    {"itemId": "c", "state": 2, "data": {"metadata": {"name": "gone"}, "type": "login",
     "content": {"totpUri": ADA["secret"]}}},
    {"itemId": "d", "state": 1, "data": {"metadata": {"name": "a note"}, "type": "note", "content": {}}}]}}}
pass_out = [changed(ADA, tags=["Personal"]), changed(BEN, tags=["Personal"], favourite=True)]
put("proton-pass.json", dump(proton_pass), pass_out)
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as clear:
    clear.writestr("Proton Pass/data.json", dump(proton_pass))
put("proton-pass.zip", archive.getvalue(), pass_out)


# Android's preferences.
def preferences(strings):
    escape = lambda text: (text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").replace("é", "&#233;"))
    lines = "".join(f'    <string name="{name}">{escape(value)}</string>\n' for name, value in strings.items())
    return ("<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n<map>\n"
            f'    <int name="key_version" value="121" />\n{lines}</map>\n')


def authy(encrypted):
    tokens = []
    for entry in (ADA, changed(BEN, algorithm="SHA1", period=30)):
        name = f"{entry['issuer']}:{entry['account']}"
        token = {"accountType": "authenticator", "digits": entry["digits"], "originalIssuer": entry["issuer"],
                 "originalName": name, "name": name.replace(":", ": "), "logo": entry["issuer"], "id": "1"}
        if encrypted:
            salt = b64(noise(24))
            key = hashlib.pbkdf2_hmac("sha1", PASSWORD, salt.encode(), 1000, 32)
            token |= {"salt": salt, "encryptedSecret": b64(cbc(key, bytes(16), entry["secret"].encode()))}
        else:
            token["decryptedSecret"] = entry["secret"]
        tokens.append(token)
    return preferences({"com.authy.storage.tokens.authenticator.key": dump(tokens)})


authy_out = [ADA, changed(BEN, algorithm="SHA1", period=30)]
put("authy.xml", authy(False), authy_out)
put("authy-encrypted.xml", authy(True), authy_out, PASSWORD)
MASK = bytes.fromhex("398e27fc50276a656065b0e525f4c06c04c61075286b8e7aeda59da9813b5dd6c80d2fb38068773fa59ba47c17ca6c64"
                     "79015c1d5b8b8f6b9a")
masked = lambda text: bytes(a ^ b for a, b in zip(text.encode(), MASK)).hex()
put("battlenet.xml",
    preferences({"com.blizzard.messenger.AUTHENTICATOR_DEVICE_SECRET": masked(b"12345678901234567890".hex()),
                 "com.blizzard.messenger.AUTHENTICATOR_SERIAL": masked("EU-1234-5678-9012")}),
    [changed(ADA, issuer="Battle.net", account="EU-1234-5678-9012", digits=8)])
signed = lambda data: [byte - 256 if byte > 127 else byte for byte in data]
raw = lambda entry: base64.b32decode(entry["secret"] + "=" * (-len(entry["secret"]) % 8))


def free_token(entry, secret=True):
    token = {"algo": entry["algorithm"], "digits": entry["digits"], "issuerExt": entry["issuer"],
             "issuerInt": entry["issuer"], "label": entry["account"], "period": entry.get("period", 30),
             "counter": entry.get("counter", 0), "type": entry["type"].upper()}
    return token | ({"secret": signed(raw(entry))} if secret else {})


free = [ADA, BEN, CY]
put("freeotp.xml", preferences({f"{entry['issuer']}:{entry['account']}": dump(free_token(entry)) for entry in free}
                               | {"tokenOrder": dump([f"{entry['issuer']}:{entry['account']}" for entry in free])}), free)
put("freeotp-plus.json", dump({"tokenOrder": [], "tokens": [free_token(entry) for entry in free]}), free)


def wrapped_key(key, plain, token):
    nonce = noise(12)
    return {"mCipher": "AES/GCM/NoPadding", "mCipherText": signed(gcm(key, nonce, plain, token.encode())),
            "mParameters": signed(b"\x30\x11\x04\x0c" + nonce + b"\x02\x01\x10"), "mToken": token}


master, salt = noise(32), noise(32)
key = hashlib.pbkdf2_hmac("sha512", PASSWORD, salt, 100_000, 32)
freeotp2 = {"masterKey": dump({"mAlgorithm": "PBKDF2withHmacSHA512", "mEncryptedKey": wrapped_key(key, master, "AES"),
                               "mIterations": 100_000, "mSalt": signed(salt)})}
for place, entry in enumerate(free):
    freeotp2[f"id{place}"] = dump({"key": dump(wrapped_key(master, raw(entry), "Hmac" + entry["algorithm"]))})
    freeotp2[f"id{place}-token"] = dump(free_token(entry, secret=False))
put("freeotp-2.xml", java_map(freeotp2), free, PASSWORD)
totp_list = [{"issuer": entry["issuer"], "name": entry["account"], "key": raw(entry).hex().upper(), "base": 16,
              "digits": str(entry["digits"]), "period": str(entry["period"]), "isFavorite": False} for entry in TIMED]
totp_out = [ADA, changed(BEN, algorithm="SHA1")]
put("totp-authenticator.xml", preferences({"STATIC_TOTP_CODES_LIST": dump(totp_list)}), totp_out)
put("totp-authenticator.encrypt", b64(cbc(hashlib.sha256(PASSWORD).digest(), bytes(16),
                                          dump({dump(totp_list): "1700000000"}).encode())), totp_out, PASSWORD)

# Bitwarden.
items = [{"id": "a", "organizationId": None, "folderId": "f", "type": 1, "name": "Example", "notes": "a note",
          "favorite": True, "login": {"uris": None, "username": "ada", "password": None, "totp": ADA["secret"]}},
         {"id": "b", "folderId": None, "type": 1, "name": "Büro", "notes": None, "favorite": False,
          "login": {"username": None, "totp": uri(BEN)}},
         {"id": "c", "type": 1, "name": "Steam", "login": {"username": "dora", "totp": "steam://" + DORA["secret"]}},
         {"id": "d", "type": 2, "name": "a note", "secureNote": {"type": 0}}]
bitwarden = {"encrypted": False, "folders": [{"id": "f", "name": "Work"}], "items": items}
bitwarden_out = [changed(ADA, tags=["Work"], favourite=True, notes="a note"), BEN, DORA]
put("bitwarden.json", dump(bitwarden), bitwarden_out)
table = io.StringIO()
writer = csv.writer(table)
writer.writerow("folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp".split(","))
writer.writerow(["Work", "1", "login", "Example", "a note", "", "0", "", "ada", "x,\"y", ADA["secret"]])
writer.writerow(["", "", "login", "Büro", "", "", "0", "", "", "", uri(BEN)])
writer.writerow(["", "", "login", "Steam", "", "", "0", "", "dora", "", "steam://" + DORA["secret"]])
writer.writerow(["", "", "note", "a note", "two\nlines", "", "0", "", "", "", ""])
put("bitwarden.csv", table.getvalue(), bitwarden_out)
put("bitwarden-authenticator.json",
    dump({"encrypted": False, "items": [{"id": "a", "name": entry["issuer"], "folderId": None, "organizationId": None,
          "collectionIds": None, "notes": None, "type": 1, "favorite": False,
          "login": {"totp": uri(entry), "username": entry["account"]}} for entry in TIMED]}), TIMED)


def bitwarden_encrypted(kdf_type, iterations, memory, lanes):
    salt = b64(noise(16))
    if kdf_type == 0:
        master = hashlib.pbkdf2_hmac("sha256", PASSWORD, salt.encode(), iterations, 32)
    else:
        master = argon2id(PASSWORD, hashlib.sha256(salt.encode()).digest(), iterations, memory * 1024, lanes)
    encryption, authentication = (hmac.digest(master, info + b"\x01", "sha256") for info in (b"enc", b"mac"))

    def seal(plain):
        iv = noise(16)
        sealed = cbc(encryption, iv, plain)
        return "2." + "|".join(map(b64, (iv, sealed, hmac.digest(authentication, iv + sealed, "sha256"))))

    return dump({"encrypted": True, "passwordProtected": True, "salt": salt, "kdfType": kdf_type,
                 "kdfIterations": iterations, "kdfMemory": memory, "kdfParallelism": lanes,
                 "encKeyValidation_DO_NOT_EDIT": seal(b"0d4a1c0e-0000-4000-8000-000000000000"),
                 "data": seal(dump(bitwarden).encode())})


put("bitwarden-pbkdf2.json", bitwarden_encrypted(0, 600_000, None, None), bitwarden_out, PASSWORD)
put("bitwarden-argon2.json", bitwarden_encrypted(1, 3, 16, 4), bitwarden_out, PASSWORD)

# Smaller ones.
put("duo.json", dump([{"version": 1.0, "accountType": "OtpAccount", "name": "ada", "pkey": "a",
                       "otpGenerator": {"otpSecret": ADA["secret"]}},
                      {"version": 1.0, "accountType": "OtpAccount", "name": "cy", "pkey": "b",
                       "otpGenerator": {"otpSecret": CY["secret"], "counter": 5}}]),
    [changed(ADA, issuer=""), changed(CY, issuer="")])
put("lastpass.json", dump({"deviceId": "d", "deviceSecret": "", "localDeviceId": "l", "deviceName": "n", "version": 3,
     "accounts": [{"accountID": "a", "issuerName": entry["issuer"], "originalIssuerName": entry["issuer"],
                   "userName": entry["account"], "originalUserName": entry["account"], "pushNotification": False,
                   "secret": entry["secret"], "timeStep": entry["period"], "digits": entry["digits"],
                   "creationTimestamp": 0, "isFavorite": True, "algorithm": entry["algorithm"],
                   "folderData": {"folderId": "1", "position": 0}} for entry in TIMED],
     "folders": [{"id": 1, "name": "Work", "isOpened": True}]}),
    [changed(entry, tags=["Work"], favourite=True) for entry in TIMED])
put("steamguard.json", dump({"steamid": "1", "shared_secret": b64(raw(DORA)), "account_name": "dora",
                             "revocation_code": "R12345", "uri": "otpauth://totp/Steam:dora"}),
    [changed(DORA, recovery_codes=["R12345"])])
stratum = {"Authenticators": [
    {"Type": {"hotp": 1, "totp": 2, "motp": 3, "steam": 4, "yandex": 5}[entry["type"]], "Icon": None,
     "Issuer": entry["issuer"], "Username": entry["account"], "Secret": entry["secret"], "Pin": entry.get("pin"),
     "Algorithm": {"SHA1": 0, "SHA256": 1, "SHA512": 2, "MD5": 0}[entry["algorithm"]], "Digits": entry["digits"],
     "Period": entry.get("period", 30), "Counter": entry.get("counter", 0), "Ranking": 0} for entry in kinds],
    "Categories": [{"Id": "abcd1234", "Name": "Work", "Ranking": 0}],
    "AuthenticatorCategories": [{"CategoryId": "abcd1234", "AuthenticatorSecret": BEN["secret"], "Ranking": 0}],
    "CustomIcons": []}
stratum_out = [changed(entry, tags=["Work"]) if entry is BEN else entry for entry in kinds]
put("stratum.json", dump(stratum), stratum_out)
salt, nonce = noise(16), noise(12)
put("stratum.bin", b"AUTHENTICATORPRO" + salt + nonce + gcm(argon2id(PASSWORD, salt, 3, 65536, 4), nonce,
                                                            dump(stratum).encode()), stratum_out, PASSWORD)
salt, iv = noise(20), noise(16)
key = hashlib.pbkdf2_hmac("sha1", PASSWORD, salt, 64_000, 32)
put("stratum-legacy.bin", b"AuthenticatorPro" + salt + iv + cbc(key, iv, dump(stratum).encode()), stratum_out, PASSWORD)

# Proton Authenticator and Ente.
proton = {"version": 1, "entries": [
    {"id": "a", "content": {"uri": uri(ADA), "entry_type": "Totp", "name": "ada"}, "note": "a note"},
    {"id": "b", "content": {"uri": uri(BEN), "entry_type": "Totp", "name": BEN["account"]}, "note": None},
    {"id": "c", "content": {"uri": "steam://" + DORA["secret"], "entry_type": "Steam", "name": "dora"}, "note": None}]}
proton_out = [changed(ADA, notes="a note"), BEN, DORA]
put("proton.json", dump(proton), proton_out)
salt, nonce = noise(16), noise(12)
sealed = nonce + gcm(argon2id(PASSWORD, salt, 2, 19 * 1024, 1), nonce, dump(proton).encode(),
                     b"proton.authenticator.export.v1")
put("proton-encrypted.json", dump({"version": 1, "salt": b64(salt), "content": b64(sealed)}), proton_out, PASSWORD)
salt = noise(16)
key = argon2id(PASSWORD, salt, 4, 32 * 1024, 1)
state = sodium.crypto_secretstream_xchacha20poly1305_state()
header = sodium.crypto_secretstream_xchacha20poly1305_init_push(state, key)
sealed = sodium.crypto_secretstream_xchacha20poly1305_push(
    state, uris(ALL).encode(), None, sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL)
put("ente-encrypted.json", dump({"version": 1, "kdfParams": {"memLimit": 32 << 20, "opsLimit": 4, "salt": b64(salt)},
                                 "encryptedData": b64(sealed), "encryptionNonce": b64(header)}), ALL, PASSWORD)
cards = "".join(f"""
    <table class="otp-entry">
      <tr>
        <td>
          <p><b>{entry['issuer']}</b></p>
          <p><b>{entry['account']}</b></p>
          <p class="group">Type: <b>{entry['type']}</b></p>
          <p>Algorithm: <b>{entry['algorithm'].lower()}</b></p>
          <p>Digits: <b>{entry['digits']}</b></p>
          <p>Secret: <b>{entry['secret']}</b></p>
          <p class="group">Note: <b>R&D</b></p>
        </td>
        <td class="otp-qr">
          <img src="data:image/png;base64,iVBORw0KGgo=" alt="QR Code">
        </td>
      </tr>
    </table>""" for entry in TIMED)
put("ente.html", f"\n  <!DOCTYPE html>\n  <html>\n  <meta content=\"text/html; charset=utf-8\" />\n  <body>{cards}\n  </body></html>",
    [changed(ADA, notes="R&D"), changed(BEN, notes="R&D", period=30)])


# Google's migration.
def migration(entries, index, size):
    message = b""
    for entry in entries:
        parameters = text(1, raw(entry)) + text(2, f"{entry['issuer']}:{entry['account']}".encode())
        parameters += text(3, entry["issuer"].encode()) + number(4, {"SHA1": 1, "SHA256": 2}[entry["algorithm"]])
        parameters += number(5, {6: 1, 8: 2}[entry["digits"]]) + number(6, {"hotp": 1, "totp": 2}[entry["type"]])
        message += text(1, parameters + (number(7, entry["counter"]) if "counter" in entry else b""))
    message += number(2, 1) + number(3, size) + number(4, index) + number(5, 123456789)
    return "otpauth-migration://offline?data=" + urllib.parse.quote(b64(message), safe="") + "\n"


put("google.txt", migration([ADA, BEN], 0, 2) + migration([CY], 1, 2), [ADA, changed(BEN, period=30), CY])


# Databases.
def database(name, statements, entries):
    path = HERE / name
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA page_size=512")
    for statement, *values in statements:
        connection.execute(statement, values)
    connection.close()
    WRITTEN[name] = {"entries": entries}


# Small pages: a long name flows over to other pages, and the table is a tree.
long_name = "x" * 3000
many = [changed(ADA, account=f"user {place}") for place in range(60)]
database("google.sqlite", [
    ("CREATE TABLE android_metadata (locale TEXT)",),
    ("CREATE TABLE accounts (_id INTEGER PRIMARY KEY, email TEXT NOT NULL, secret TEXT NOT NULL, counter INTEGER DEFAULT 0,"
     " type INTEGER, provider INTEGER DEFAULT 0, issuer TEXT DEFAULT NULL, original_name TEXT DEFAULT NULL)",),
    ("INSERT INTO accounts VALUES (1, 'Example:ada', ?, 0, 0, 0, 'Example', 'Example:ada')", ADA["secret"].lower()),
    ("INSERT INTO accounts VALUES (2, 'Counted:cy', ?, 5, 1, 0, NULL, NULL)", CY["secret"]),
    ("INSERT INTO accounts VALUES (3, ?, ?, 0, 0, 0, 'Example', NULL)", long_name, ADA["secret"]),
] + [("INSERT INTO accounts VALUES (?, ?, ?, 0, 0, 0, 'Example', NULL)", 10 + place, entry["account"], entry["secret"])
     for place, entry in enumerate(many)], [ADA, CY, changed(ADA, account=long_name)] + many)
database("microsoft.sqlite", [
    ("CREATE TABLE `accounts` (`_id` INTEGER PRIMARY KEY AUTOINCREMENT, `name` TEXT NOT NULL, `username` TEXT NOT NULL,"
     " `oath_secret_key` TEXT NOT NULL, `account_type` INTEGER NOT NULL)",),
    ("INSERT INTO accounts VALUES (1, 'Example', 'ada', ?, 0)", ADA["secret"]),
    ("INSERT INTO accounts VALUES (2, 'Outlook', 'ben', ?, 1)", b64(b"12345678901234567890")),
    ("INSERT INTO accounts VALUES (3, 'Work', 'push', '', 2)",),
], [ADA, changed(ADA, issuer="Outlook", account="ben", digits=8)])
database("stratum.sqlite", [
    ('CREATE TABLE "authenticator" ("type" integer , "icon" varchar , "issuer" varchar(32) , "username" varchar(40) ,'
     ' "secret" varchar primary key not null , "pin" varchar , "algorithm" integer , "digits" integer , "period" integer ,'
     ' "counter" integer , "ranking" integer )',),
    ("INSERT INTO authenticator VALUES (2, NULL, 'Air Büro', 'ben@example.com', ?, NULL, 1, 8, 60, 0, 0)", BEN["secret"]),
    ("INSERT INTO authenticator VALUES (4, NULL, 'Steam', 'dora', ?, NULL, 0, 5, 30, 0, 0)", DORA["secret"]),
], [BEN, DORA])


# KeePass.
keepass_out = [changed(ADA, digits=8, period=60, algorithm="SHA256", tags=["Work/Mail", "site"]),
               changed(BEN, tags=["Work"]), CY, changed(ADA, issuer="KeeOTP", digits=8, period=45), DORA]
for name, cipher, kdf in (("keepass-aes.kdbx", "aes256", "argon2"), ("keepass-chacha.kdbx", "chacha20", "argon2"),
                          ("keepass-aeskdf.kdbx", "aes256", "aeskdf")):
    secrets = {entry["issuer"]: entry["secret"] for entry in (ADA, CY, DORA)}
    make_keepass.write(HERE / name, PASSWORD.decode(), cipher, kdf, noise, secrets, uri(BEN), uri(ADA))
    WRITTEN[name] = {"password": PASSWORD.decode(), "entries": keepass_out}

# KeePassXC's own: custom data in an entry makes it write KDBX 4 (version 2.7.4).
(HERE / "keepassxc.kdbx").unlink(missing_ok=True)
subprocess.run(["keepassxc-cli", "import", "-p", "-t", "100", HERE / "keepassxc.xml", HERE / "keepassxc.kdbx"],
               input=(PASSWORD + b"\n") * 2, check=True, capture_output=True, env={"QT_QPA_PLATFORM": "offscreen"} | os.environ)
WRITTEN["keepassxc.kdbx"] = {"password": PASSWORD.decode(), "entries": [
    DORA, changed(ADA, digits=8, period=60, algorithm="SHA256", tags=["Work", "mail", "site"])]}

# Bombs: 64 MiB of zeros, packed.
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bomb:
    bomb.writestr("Accounts.txt", bytes(64 << 20))
(HERE / "bomb.zip").write_bytes(archive.getvalue())
make_keepass.bomb(HERE / "bomb.kdbx", PASSWORD.decode())

(HERE / "expected.json").write_text(json.dumps(WRITTEN, ensure_ascii=False, indent=1) + "\n")
