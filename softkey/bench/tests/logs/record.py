"""Records the wire logs of this folder anew: PyPI's fido2 as the platform, fob-softkey with a seed as the key. Needed when
an answer changes on purpose, and with each version of fob, since CTAPHID_INIT carries it.

    python record.py FOB-SOFTKEY JUDGE.PY       (the latter: tests/judges/python-fido2/judge.py)

`python-fido2.log` is that whole judge; `fingers.log` a model with a sensor and a script of fingers; `bench.log` scripts,
faults, a clock that stands still, credentials that go in and out.
"""

import importlib.util
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading

from fido2.ctap import CtapError
from fido2.ctap2 import ClientPin, Ctap2, FPBioEnrollment
from fido2.hid import CTAPHID


def load(path):
    spec = importlib.util.spec_from_file_location("judge", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Softkey:
    def __init__(self, program, log, *options):
        self.folder = tempfile.TemporaryDirectory()
        self.socket, control = (os.path.join(self.folder.name, name) for name in ("key", "control"))
        command = [program, "--socket", self.socket, "--control", control, "--seed", "7", "--record", log, *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.process.stdout.readline()
        self.channel = socket.socket(socket.AF_UNIX)
        self.channel.connect(control)
        self.lines = self.channel.makefile("r", encoding="utf-8")

    def __call__(self, op, **members):
        self.channel.sendall(json.dumps({"op": op, **members}).encode() + b"\n")
        answer = json.loads(self.lines.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"]["message"])
        return answer["ok"]

    def end(self):
        self.process.terminate()
        if self.process.wait() != 0:
            raise RuntimeError("fob-softkey failed")


def fingers(key, judge):
    device = judge.open_key(key.socket)
    ctap = Ctap2(device)
    pin = ClientPin(ctap)
    pin.set_pin("314159")

    def managed():
        return FPBioEnrollment(ctap, pin.protocol, pin.get_pin_token("314159", ClientPin.PERMISSION.BIO_ENROLL))

    bio = managed()
    good, poor, none = {"do": "good", "finger": 3}, {"do": "poor", "status": 4}, {"do": "none"}
    key("fingers", script=[good, poor, good, {"do": "good", "finger": 4}, none, good, good])
    template, _, left = bio.enroll_begin()
    while left:
        _, left = bio.enroll_capture_next(template)
    bio.set_name(template, "left thumb")
    bio.enumerate_enrollments()
    for finger in (4, 4, 3, 4):
        key("fingers", script=[{"do": "good", "finger": finger}])
        try:
            pin.get_uv_token(ClientPin.PERMISSION.GET_ASSERTION, "judge.example")
        except CtapError:
            pin.get_uv_retries()
    # Each token ends the one before it.
    managed().remove_enrollment(template)


def bench(key, judge):
    key("clock", mode="virtual")
    device = judge.open_key(key.socket)
    ctap = Ctap2(device)
    rp, user = {"id": "judge.example"}, {"id": b"\1", "name": "ada"}
    es256 = [{"type": "public-key", "alg": -7}]

    def make(**more):
        return ctap.make_credential(b"\7" * 32, rp, user, es256, options={"rk": True}, **more)

    def sign():
        return ctap.get_assertion("judge.example", b"\7" * 32)

    def later(act, *moves):
        """Acts in another thread, while the key waits for what these moves bring about."""
        outcome = []
        thread = threading.Thread(target=lambda: outcome.append(attempt(act)))
        thread.start()
        while not key("keys")[0]["waiting"]:
            pass
        for op, members in moves:
            key(op, **members)
        thread.join()
        return outcome[0]

    def attempt(act):
        try:
            return act()
        except (CtapError, OSError, ValueError) as error:
            return error

    key("presence", script=[{"do": "delay", "ms": 450}, {"do": "hold"}, {"do": "hold"}, {"do": "deny"}, {"do": "time-out"}])
    later(make, ("advance", {"ms": 450}))
    later(sign, ("advance", {"ms": 250}), ("touch", {}))
    later(sign, ("refuse", {}))
    attempt(sign)
    later(sign, ("advance", {"ms": 31_000}))
    for fault in (
        {"kind": "flags", "flip": ["up", "be"]},
        {"kind": "counter-back", "by": 2},
        {"kind": "bogus-signature"},
        {"kind": "cbor", "how": "indefinite"},
        {"kind": "status", "code": 0x3A},
    ):
        key("response-fault", fault=fault, command=2)
        attempt(sign)
    key("response-fault", fault={"kind": "unknown-members"})
    attempt(ctap.get_info)
    key("wire-fault", fault={"kind": "truncate", "length": 63}, after=1)
    attempt(lambda: device.call(CTAPHID.PING, b"cut" * 40))
    # What is left of the broken answer must not be taken for the next one.
    ctap = Ctap2(judge.open_key(key.socket))
    key("store-fault", fault={"kind": "full", "bytes": 20}, after=1)
    sign()
    attempt(make)
    [credential] = key("export")
    key("forget", credential_id=credential["credentialId"])
    key("import", credential=credential)
    key("seed", seed=11)
    key("power-cycle")
    device = judge.open_key(key.socket)
    ctap = Ctap2(device)
    sign()
    make(exclude_list=[{"type": "public-key", "id": b"\1" * 40}])


def main(program, judge_path):
    judge = load(judge_path)
    here = os.path.dirname(os.path.abspath(__file__))
    for name, options, session in (
        ("python-fido2", (), lambda key, judge: judge.main(key.socket)),
        ("fingers", ("--profile", "bio"), fingers),
        ("bench", (), bench),
    ):
        log = os.path.join(here, f"{name}.log")
        key = Softkey(program, log, *options)
        session(key, judge)
        key.end()
        subprocess.run([program, "replay", log], check=True)


main(*sys.argv[1:])
