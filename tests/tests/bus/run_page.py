"""Runs every Python example of docs/dbus/, in the order of the pages, and says what came of each: a line of JSON an
example, and at the end one with every call that was made.

    run_page.py DOCS bus|socket companion|script
"""

import contextlib
import io
import json
import re
import sys
from pathlib import Path

docs, door, role = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
sys.path.insert(0, str(docs / "examples"))

import fob_bus  # noqa: E402

PAGES = ["manager", "key", "vault", "otp", "webauthn", "request", "policy", "loopback"]

called = set()
original = fob_bus.Fob.call


def call(self, interface, member, *rest, **more):
    called.add(f"{interface}.{member}")
    return original(self, interface, member, *rest, **more)


fob_bus.Fob.call = call


def examples(page):
    """Heading, who may, and the example, of each section that has one."""
    sections = re.split(r"^### ", (docs / "dbus" / f"{page}.md").read_text(), flags=re.M)[1:]
    for section in sections:
        heading = section.splitlines()[0]
        who = re.search(r"^\*(.+)\.\*$", section, flags=re.M)
        code = re.search(r"^```python\n(.*?)^```$", section, flags=re.M | re.S)
        yield heading, who and who[1], code and code[1]


def run(code):
    """What an example says, and the name of the error that ended it, if one did."""
    said = io.StringIO()
    fob = fob_bus.Fob() if door == "bus" else fob_bus.Fob.own_socket()
    names = {**vars(fob_bus), "json": json, "os": fob_bus.os, "fob": fob}
    try:
        with contextlib.redirect_stdout(said):
            exec(compile(code, "example", "exec"), names)
        return said.getvalue(), None, None
    except fob_bus.FobError as error:
        return said.getvalue(), error.name, error.message
    finally:
        fob.connection.close()


for page in PAGES:
    for heading, who, code in examples(page):
        # The examples of signals call what makes them come, which a script may not.
        if code is None or (role == "script" and heading.startswith("signal ")):
            continue
        said, error, message = run(code)
        line = {"page": page, "heading": heading, "who": who, "said": said, "error": error, "message": message}
        print(json.dumps(line), flush=True)
print(json.dumps({"called": sorted(called)}))
