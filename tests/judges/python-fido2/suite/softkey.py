"""fob-softkey as a process, its control channel, and the wires that lead to it. Shares no code with fob."""

import json
import os
import socket
import subprocess

from fido2.hid import CtapHidDevice
from fido2.hid.base import CtapHidConnection, HidDescriptor

REPORT = 64
#: Longest wait for a report that has to come, in seconds.
PATIENCE = 20


class Wire(CtapHidConnection):
    """A HID node that is a socket: one report of 64 bytes at a time, both ways."""

    def __init__(self, face, address):
        family = socket.AF_INET if face == "udp" else socket.AF_UNIX
        kind = {"socket": socket.SOCK_SEQPACKET, "stream": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}[face]
        self.socket = socket.socket(family, kind)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(address)
        self.streams = face == "stream"

    def read_packet(self):
        report = self.socket.recv(REPORT)
        while self.streams and 0 < len(report) < REPORT:
            report += self.socket.recv(REPORT - len(report))
        if len(report) != REPORT:
            raise OSError("the key is gone")
        return report

    def write_packet(self, data):
        self.socket.sendall(bytes(data).ljust(REPORT, b"\0"))

    def quiet_for(self, seconds):
        """Whether nothing comes for so long."""
        self.socket.settimeout(seconds)
        try:
            self.read_packet()
            return False
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(PATIENCE)

    def close(self):
        self.socket.close()


class Softkey:
    """The program, started in a folder of its own."""

    def __init__(self, program, folder, face, profile):
        self.face, control = face, str(folder / "control")
        self.address = ("127.0.0.1", free_port()) if face == "udp" else str(folder / "key")
        named = ":".join(map(str, self.address)) if face == "udp" else self.address
        command = [program, f"--{face}", named, "--control", control, "--profile", profile, "--touch", "allow"]
        diary = open(folder / "diary", "wb")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=diary)
        if b"ready" not in self.process.stdout.readline():
            raise RuntimeError(f"{program} did not start; see {folder}/diary")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(control)
        self.lines, self.events = self.socket.makefile(), []

    def __call__(self, op, **members):
        """One operation of the control channel."""
        self.socket.sendall(json.dumps({"op": op, **members}).encode() + b"\n")
        while "ok" not in (reply := json.loads(self.lines.readline())):
            if "event" not in reply:
                raise RuntimeError(reply["error"]["message"])
            self.events.append(reply)
        return reply["ok"]

    def event(self):
        """The next event that was asked for with `watch`."""
        return self.events.pop(0) if self.events else json.loads(self.lines.readline())

    def wire(self):
        """A new connection, as another program would have."""
        return Wire(self.face, self.address)

    def device(self):
        """A new connection with a channel of its own, in the hands of python-fido2."""
        return CtapHidDevice(HidDescriptor("softkey", 0x1209, 0xF1D0, REPORT, REPORT, "softkey", None), self.wire())

    def anew(self):
        """As a key out of the box that was just plugged in; what a test before has left must not matter."""
        self("clear-faults")
        self("presence", script=[])
        self("clock", mode="real")
        self("power-cycle")
        self.events.clear()

    def stop(self):
        self.process.terminate()
        ended = self.process.wait(10)
        if ended != 0:
            raise RuntimeError(f"fob-softkey ended with {ended}")


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def program():
    """The program under test: FOB_SOFTKEY, or the one that cargo has built."""
    here = os.path.dirname(os.path.abspath(__file__))
    return os.environ.get("FOB_SOFTKEY", os.path.join(here, "../../../../target/debug/fob-softkey"))
