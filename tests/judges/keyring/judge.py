"""PyPI's secretstorage at the keyring where fob keeps a slot's secret. Its own cryptography, its own D-Bus.

    judge.py read VAULT SLOT            what the one item of this slot holds
    judge.py write VAULT SLOT VALUE     an item of this slot, as another program would write it
    judge.py lock                       locks the default collection (gnome-keyring alone: KeePassXC asks first)
    judge.py unlock PASSWORD            unlocks it as a login does (gnome-keyring alone)

VAULT and SLOT are ids in hex. Attributes are written out here, not taken from fob: they are frozen.
"""

import sys

import secretstorage
from jeepney import DBusAddress, new_method_call
from secretstorage.util import format_secret, open_session


def attributes(vault: str, slot: str) -> dict[str, str]:
    return {"xdg:schema": "dev.fob.VaultSlot", "app": "fob", "vault": vault, "slot": slot}


def read(bus, vault: str, slot: str) -> None:
    [item] = secretstorage.search_items(bus, attributes(vault, slot))
    found = item.get_attributes()
    assert attributes(vault, slot).items() <= found.items(), found
    assert item.get_secret_content_type() == "text/plain", item.get_secret_content_type()
    print(item.get_label(), item.get_secret().decode("ascii"), sep="\n", end="")


def write(bus, vault: str, slot: str, value: str) -> None:
    collection = secretstorage.get_default_collection(bus)
    collection.create_item("written by a judge", attributes(vault, slot), value.encode(), replace=True)


def lock(bus) -> None:
    collection = secretstorage.get_default_collection(bus)
    collection.lock()
    assert collection.is_locked()


def unlock(bus, password: str) -> None:
    collection = secretstorage.get_default_collection(bus)
    login = DBusAddress(
        "/org/freedesktop/secrets",
        "org.freedesktop.secrets",
        "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface",
    )
    master = format_secret(open_session(bus), password.encode(), "text/plain")
    path = "/org/freedesktop/secrets/collection/login"
    bus.send_and_get_reply(new_method_call(login, "UnlockWithMasterPassword", "o(oayays)", (path, master)))
    assert not collection.is_locked()


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    {"read": read, "write": write, "lock": lock, "unlock": unlock}[command](secretstorage.dbus_init(), *arguments)
