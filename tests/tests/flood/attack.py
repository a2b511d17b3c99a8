"""A caller that means ill: `attack.py KIND bus|socket`. It says "begun" once it has begun, and goes on until it is killed.

It speaks D-Bus with its own bytes, since no library does what it does. On fobd's own socket it sends without end. On the
session bus it waits for the answers to what it sent: what nobody has taken yet lies in the broker there, in one row with what
others send, and how long that row may get is the broker's affair.
"""

import array
import os
import socket
import struct
import sys
import threading
import time

NAME, ROOT = "dev.fob.Fob1", "/dev/fob/Fob1"


def connect(door):
    if door == "bus":
        path = os.environ["DBUS_SESSION_BUS_ADDRESS"].removeprefix("unix:path=").split(",")[0]
    else:
        path = f"{os.environ['XDG_RUNTIME_DIR']}/fob/fobd.sock"
    line = socket.socket(socket.AF_UNIX)
    line.connect(path)
    return line


def shake_hands(door):
    line = connect(door)
    uid = str(os.getuid()).encode().hex()
    line.sendall(f"\0AUTH EXTERNAL {uid}\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n".encode())
    answers = b""
    while answers.count(b"\r\n") < 2:
        more = line.recv(4096)
        if not more:
            raise ConnectionResetError
        answers += more
    if door == "bus":
        hello = message(1, "Hello", interface="org.freedesktop.DBus", path="/org/freedesktop/DBus", to="org.freedesktop.DBus")
        line.sendall(hello)
        line.recv(4096)
    return line


def field(code, kind, value):
    text = value.encode()
    if kind == "g":
        return struct.pack("<BB", code, 1) + kind.encode() + b"\0" + struct.pack("B", len(text)) + text + b"\0"
    return struct.pack("<BB", code, 1) + kind.encode() + b"\0" + struct.pack("<I", len(text)) + text + b"\0"


def padded(data):
    return data + b"\0" * (-len(data) % 8)


def message(serial, member, interface="dev.fob.Manager1", path=ROOT, to=NAME, signature="", body=b"", fds=0, flags=0):
    fields = b""
    for code, kind, value in [(1, "o", path), (2, "s", interface), (3, "s", member), (6, "s", to)]:
        fields = padded(fields) + field(code, kind, value)
    if signature:
        fields = padded(fields) + field(8, "g", signature)
    if fds:
        fields = padded(fields) + struct.pack("<BB", 9, 1) + b"u\0" + struct.pack("<I", fds)
    head = struct.pack("<cBBBIII", b"l", 1, flags, 1, len(body), serial, len(fields))
    return padded(head + fields) + body


def text(value):
    return struct.pack("<I", len(value)) + value.encode() + b"\0"


def reader(line):
    def read():
        try:
            while line.recv(65536):
                pass
        except OSError:
            pass

    threading.Thread(target=read, daemon=True).start()


def begun():
    print("begun", flush=True)


class Row:
    """Sends calls; on the bus never more than `window` that were not answered."""

    def __init__(self, line, door, window):
        self.line, self.window, self.free = line, window, threading.Semaphore(window)
        self.waits = door == "bus"
        threading.Thread(target=self.read, daemon=True).start()

    def send(self, call, descriptors=()):
        if self.waits:
            self.free.acquire()
        passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        sent = self.line.sendmsg([call], passed)
        self.line.sendall(call[sent:])

    def send_many(self, calls):
        if self.waits:
            for _ in calls:
                self.free.acquire()
        self.line.sendall(b"".join(calls))

    def read(self):
        came = b""
        while True:
            more = self.line.recv(1 << 20)
            if not more:
                return
            came += more
            at = 0
            while len(came) - at >= 16:
                body, fields = struct.unpack_from("<I", came, at + 4)[0], struct.unpack_from("<I", came, at + 12)[0]
                length = 16 + fields + -fields % 8 + body
                if len(came) - at < length:
                    break
                if came[at + 1] in (2, 3):
                    self.free.release()
                at += length
            came = came[at:]


def burst(door):
    """Ten thousand requests in one go, and again."""
    row = Row(shake_hands(door), door, 10_000)
    many = [message(serial, "Status") for serial in range(2, 10_002)]
    row.send_many(many)
    begun()
    while door == "bus":
        # The honest come after it here, and ten thousand is what is asked for.
        time.sleep(3600)
    while True:
        row.send_many(many)


def denied(door):
    """Ten thousand requests that are refused, one after the other."""
    row = Row(shake_hands(door), door, 10_000)
    many = [message(serial, "List", interface="dev.fob.Otp1") for serial in range(2, 10_002)]
    row.send_many(many)
    begun()
    while door == "bus":
        # The honest come after it here, and ten thousand is what is asked for.
        time.sleep(3600)
    while True:
        row.send_many(many)


def silent(door):
    """Requests that want no answer."""
    row = Row(shake_hands(door), door, 1)
    many = b"".join(message(serial, "Status", flags=1) for serial in range(2, 102))
    last = message(102, "Status")
    begun()
    while True:
        row.send(many + last)


def deaf(door):
    """Reads nothing, on sixteen connections."""
    lines = [shake_hands(door) for _ in range(16)]
    for line in lines:
        line.setblocking(False)
    many = b"".join(message(serial, "Introspect", interface="org.freedesktop.DBus.Introspectable") for serial in range(2, 1_002))
    begun()
    while True:
        for line in lines:
            try:
                line.send(many)
            except OSError:
                pass
        time.sleep(0.001)


def connections(door):
    """A thousand connections, each as far as it gets."""
    lines = []
    for _ in range(1000):
        line = connect(door)
        try:
            line.sendall(b"\0AUTH EXTERNAL ")
        except OSError:
            pass
        lines.append(line)
    begun()
    time.sleep(3600)


def giant(door):
    """A message of a hundred megabytes, on several connections; and the head of one and nothing more."""
    lines = [shake_hands(door) for _ in range(8)]
    head = struct.pack("<cBBBIII", b"l", 1, 0, 1, 100 << 20, 2, 0)
    one = message(3, "Status", signature="s", body=text("x" * (100 << 20)))
    begun()

    def send(line, data):
        try:
            line.sendall(data)
        except OSError:
            pass

    for number, line in enumerate(lines):
        threading.Thread(target=send, args=(line, head if door == "socket" and number % 2 else one), daemon=True).start()
    time.sleep(3600)


def large(door):
    """Messages of half a megabyte that are allowed, some without their end and whole ones."""
    lines = [shake_hands(door) for _ in range(16)]
    one = message(3, "AttachKey", signature="s", body=text("x" * (400 << 10)))
    begun()
    for line in lines[:8]:
        line.sendall(one[:-1])
    rows = [Row(line, door, 1) for line in lines[8:]]
    while True:
        for row in rows:
            row.send(one)


def descriptors(door):
    """Eight descriptors with each message, and one that says it has more than it brings."""
    row = Row(shake_hands(door), door, 32)
    ends = [os.open("/dev/null", os.O_RDONLY) for _ in range(8)]
    one = message(2, "Status", signature="h", body=struct.pack("<I", 0), fds=8)
    begun()
    while True:
        row.send(one, ends)


def prompts(door):
    """Asks and asks for a code."""
    row = Row(shake_hands(door), door, 32)
    serial = 2
    body = text("github")
    body += b"\0" * (-len(body) % 4) + struct.pack("<I", 0)
    body = body + b"\0" * (-len(body) % 8) + struct.pack("<I", 0)
    begun()
    while True:
        reading, writing = os.pipe()
        one = message(serial, "Code", interface="dev.fob.Otp1", signature="sa{sv}h", body=body, fds=1)
        try:
            row.send(one, [writing])
        finally:
            os.close(reading)
            os.close(writing)
        serial += 1


def tokens(door):
    """A ceremony under another name each time."""
    row = Row(shake_hands(door), door, 32)
    begun()
    serial = 2
    while True:
        entry = text("handle_token")
        entry += b"\1s\0" + b"\0" * (-(len(entry) + 3) % 4) + text(f"t{serial}")
        entry2 = b"\0" * (-len(entry) % 8) + text("request_json")
        entry2 += b"\1s\0"
        entry2 += b"\0" * (-(len(entry) + len(entry2)) % 4) + text('{"challenge":"AAAA","rpId":"example.org"}')
        options = entry + entry2
        body = b""
        for argument in ["", "https://example.org", "publicKey"]:
            body += b"\0" * (-len(body) % 4) + text(argument)
        body += b"\0" * (-len(body) % 4) + struct.pack("<I", len(options))
        body += b"\0" * (-len(body) % 8) + options
        row.send(message(serial, "GetCredential", interface="dev.fob.WebAuthn1", signature="sssa{sv}", body=body))
        serial += 1


def nonsense(door):
    """What no client says, again and again: line ends where none may be, descriptors before their time, no end."""
    begun()
    says = [b"\n", b"\r\n", b"\0\n", b"\0AUTH\n", b"A" * 100_000, b"\0" + b"AUTH\r\n" * 10_000, b"\0BEGIN\r\n" * 3, b"\xff" * 64]
    while True:
        for word in says:
            line = connect(door)
            try:
                line.sendall(word)
                line.settimeout(0.05)
                line.recv(100)
            except OSError:
                pass
            line.close()
        # The last word together with a message that says it brings five descriptors, and one of them.
        line = connect(door)
        uid = str(os.getuid()).encode().hex()
        try:
            line.sendall(f"\0AUTH EXTERNAL {uid}\r\n".encode())
            line.recv(100)
            last = b"NEGOTIATE_UNIX_FD\r\nBEGIN\r\n" + message(2, "Status", fds=5)
            null = os.open("/dev/null", os.O_RDONLY)
            line.sendmsg([last], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [null]))])
            os.close(null)
            line.settimeout(0.05)
            line.recv(100)
        except OSError:
            pass
        line.close()


globals()[sys.argv[1]](sys.argv[2])
