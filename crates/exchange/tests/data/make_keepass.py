"""KeePass databases with one entry for each of the four ways to hold codes, one without, one in the bin."""
import base64

import pykeepass


def write(path, password, cipher, kdf, noise, secrets, shop, gone_uri):
    path.unlink(missing_ok=True)
    keepass = pykeepass.create_database(str(path), password=password)
    group = keepass.add_group(keepass.root_group, "Work")
    seconds = keepass.add_group(group, "Mail")
    xc = keepass.add_entry(group, "Büro", "ben@example.com", "secret")
    xc.otp = shop
    xc.save_history()
    two = keepass.add_entry(seconds, "Example", "ada", "secret", tags=["site"])
    two.set_custom_property("TimeOtp-Secret-Base32", secrets["Example"], protect=True)
    two.set_custom_property("TimeOtp-Length", "8")
    two.set_custom_property("TimeOtp-Period", "60")
    two.set_custom_property("TimeOtp-Algorithm", "HMAC-SHA-256")
    counted = keepass.add_entry(keepass.root_group, "Counted", "cy", "secret")
    counted.set_custom_property("HmacOtp-Secret-Hex", base64.b32decode(secrets["Counted"]).hex())
    counted.set_custom_property("HmacOtp-Counter", "5")
    keeotp = keepass.add_entry(keepass.root_group, "KeeOTP", "ada", "secret")
    keeotp.otp = f"key={secrets['Example']}&size=8&step=45"
    tray = keepass.add_entry(keepass.root_group, "Steam", "dora", "secret")
    tray.set_custom_property("TOTP Seed", secrets["Steam"], protect=True)
    tray.set_custom_property("TOTP Settings", "30;S")
    keepass.add_entry(keepass.root_group, "no codes", "x", "y")
    gone = keepass.add_entry(keepass.root_group, "gone", "x", "y")
    gone.otp = gone_uri
    keepass.trash_entry(gone)
    header = keepass.kdbx.header.value.dynamic_header
    header.cipher_id.data = cipher
    if cipher == "chacha20":
        header.encryption_iv.data = noise(12)
    values = header.kdf_parameters.data.dict
    if kdf == "argon2":
        values["M"].value, values["I"].value, values["P"].value = 8 << 20, 2, 2
    else:
        # The rounds stand where Argon2's passes were; what else is left of Argon2 is not looked at.
        values["I"].key, values["I"].value = "R", 60_000
        header.kdf_parameters.data.dict = type(values)({"R" if key == "I" else key: values[key] for key in values})
        values["$UUID"].value = bytes.fromhex("c9d9f39a628a4460bf740d08c18a4fea")
        values["S"].value = noise(32)
    keepass.save()


def bomb(path, password):
    """A database whose notes unpack to 20 MiB."""
    path.unlink(missing_ok=True)
    keepass = pykeepass.create_database(str(path), password=password)
    for place in range(4):
        keepass.add_entry(keepass.root_group, f"bomb {place}", "x", "y").set_custom_property("z", "0" * (5 << 20))
    values = keepass.kdbx.header.value.dynamic_header.kdf_parameters.data.dict
    values["M"].value, values["I"].value, values["P"].value = 8 << 20, 2, 2
    keepass.save()
