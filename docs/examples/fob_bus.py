"""fob on D-Bus from Python, at either door, with jeepney (PyPI, 0.9). docs/dbus.md has an example of each call.

    fob = Fob()                                  # the session bus
    fob = Fob.own_socket()                       # fobd's own socket
    fob.call("Manager1", "Status")               # what the call gives, as plain Python values
    fob.call("Otp1", "Find", "s", "github")      # a signature, then the arguments

A secret goes through a pipe: `given("...")` is an end to pass where fob reads, `Taken()` where fob writes.
"""

import os
import secrets

from jeepney import DBusAddress, HeaderFields, MatchRule, MessageType, message_bus, new_method_call
from jeepney.io.blocking import DBusConnection, DBusConnectionBase, prep_socket
from jeepney.io.common import MessageFilters
from jeepney.bus import get_bus

NAME = "dev.fob.Fob1"
ROOT = "/dev/fob/Fob1"
# A person may be asked first, who has 60 seconds for an answer.
PATIENCE = 75


class FobError(Exception):
    """An error of fobd: `name` without `dev.fob.Error.`, a sentence, and facts for programs."""

    def __init__(self, name, message="", details=None):
        super().__init__(f"{name}: {message}")
        self.name, self.message, self.details = name, message, details or {}


class _OwnSocket(DBusConnection):
    """Peer to peer: there is no broker to say Hello to, which jeepney does for every other connection."""

    def __init__(self, path):
        DBusConnectionBase.__init__(self, prep_socket(path, enable_fds=True), enable_fds=True)
        self._filters = MessageFilters()


class Fob:
    """fobd, through one of its doors."""

    def __init__(self, connection=None):
        self.connection = connection or DBusConnection(prep_socket(get_bus("SESSION"), enable_fds=True), enable_fds=True)

    @classmethod
    def own_socket(cls):
        runtime = os.environ.get("XDG_RUNTIME_DIR", "")
        return cls(_OwnSocket(os.environ.get("FOB_SOCKET") or f"{runtime}/fob/fobd.sock"))

    def call(self, interface, member, signature="", *body, path=ROOT):
        """Calls a method of fob; raises FobError."""
        if "." not in interface:
            interface = f"dev.fob.{interface}"
        address = DBusAddress(path, bus_name=NAME, interface=interface)
        message = new_method_call(address, member, signature or None, tuple(map(_sendable, body)))
        reply = self.connection.send_and_get_reply(message, timeout=PATIENCE)
        # What was passed is fobd's from here on.
        for end in body:
            _let_go(end)
        if reply.header.message_type is MessageType.error:
            raise _error(reply)
        return plain(reply.body[0]) if reply.body else None

    def listen(self, interface, member=None, path=ROOT):
        """A queue of signals, filled from now on; `next_of(queue)` waits for one."""
        rule = MatchRule(type="signal", interface=f"dev.fob.{interface}", member=member, path=path)
        if self.connection.unique_name:
            # On a bus the broker has to be told, too.
            asked = self.connection.send_and_get_reply(message_bus.AddMatch(rule), timeout=PATIENCE)
            assert asked.header.message_type is MessageType.method_return, asked.body
        return self.connection.filter(rule, bufsize=64)

    def next_of(self, queue):
        """The next signal of a queue: its name and its arguments."""
        signal = self.connection.recv_until_filtered(queue, timeout=PATIENCE)
        return signal.header.fields[HeaderFields.member], [plain(value) for value in signal.body]

    def request_path(self, token):
        """The path of a request, known before the call, so that no signal of it is missed."""
        name = self.connection.unique_name
        owner = name.lstrip(":").replace(".", "_") if name else "peer"
        return f"{ROOT}/request/{owner}/{token}"

    def request(self, interface, member, signature, *body, options, pin=None):
        """Calls what gives a request and waits for its end; `pin` is handed over when it is asked for."""
        token = "t" + secrets.token_hex(8)
        path = self.request_path(token)
        with self.listen("Request1", path=path) as signals:
            options = dict(options, handle_token=("s", token))
            assert self.call(interface, member, signature, *body, options) == path
            while True:
                name, values = self.next_of(signals)
                if name == "Done":
                    return finished(values[0])
                if values[0] == "pin" and pin is not None:
                    self.call("Request1", "ProvidePin", "h", given(pin), path=path)


def finished(outcome):
    """The outcome of a request; raises FobError for one that failed."""
    if "error" in outcome or "cause" in outcome:
        name = outcome.get("cause", outcome.get("error", "")).removeprefix("dev.fob.Error.")
        raise FobError(name, outcome.get("message", ""), outcome)
    return outcome


def given(secret):
    """The end of a pipe that has a secret in it, for fob to read."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as pipe:
        pipe.write(secret.encode())
    return os.fdopen(reader, "rb")


class Taken:
    """A pipe for fob to write into: pass it, and `read()` it after the call."""

    def __init__(self):
        self.reader, self.writer = os.pipe()

    def fileno(self):
        return self.writer

    def close(self):
        if self.writer is not None:
            os.close(self.writer)
        self.writer = None

    def read(self):
        self.close()
        with os.fdopen(self.reader, "rb") as pipe:
            return pipe.read().decode()


def plain(value):
    """A value without the signatures that variants carry."""
    if isinstance(value, dict):
        return {name: plain(member[1] if isinstance(member, tuple) else member) for name, member in value.items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    return value


def _sendable(value):
    if isinstance(value, dict):
        return {name: (kind, _sendable(member)) for name, (kind, member) in value.items()}
    return value


def _let_go(value):
    if isinstance(value, dict):
        for _, member in value.values():
            _let_go(member)
    elif hasattr(value, "fileno"):
        value.close()


def _error(reply):
    name = reply.header.fields[HeaderFields.error_name].removeprefix("dev.fob.Error.")
    message = reply.body[0] if reply.body else ""
    details = plain(reply.body[1]) if len(reply.body) > 1 else {}
    return FobError(name, message, details)
