"""A companion that asks for codes while others make trouble: how long each takes, in milliseconds, as a line of JSON."""

import json
import sys
import time

sys.path.insert(0, sys.argv[1])
from fob_bus import *  # noqa: E402, F403

took = []
for _ in range(5):
    fob = Fob() if sys.argv[2] == "bus" else Fob.own_socket()
    for _ in range(40):
        code = Taken()
        begun = time.monotonic()
        fob.call("Otp1", "Code", "sa{sv}h", "github", {}, code)
        took.append((time.monotonic() - begun) * 1e3)
        assert len(code.read().strip()) == 6
    fob.connection.close()
print(json.dumps(sorted(took)))
