"""One key for the whole run, made new before each test; or with --fresh a program for each test.

Whatever a test leaves behind, the next one must find a new key: that is the point of one key for all and of an order
that pytest-randomly shuffles (`-p no:randomly` keeps the order of the files).
"""

import pytest

from key import Key
from softkey import Softkey, program


def pytest_addoption(parser):
    parser.addoption("--face", default="socket", choices=["socket", "stream", "udp"], help="where the key hangs")
    parser.addoption("--profile", default="default", help="which model it is")
    parser.addoption("--fresh", action="store_true", help="a program for each test")


@pytest.fixture(scope="session")
def shared(request, tmp_path_factory):
    softkey = start(request, tmp_path_factory.mktemp("softkey"))
    yield softkey
    softkey.stop()


def start(request, folder):
    option = request.config.getoption
    return Softkey(program(), folder, option("--face"), option("--profile"))


@pytest.fixture
def softkey(request, tmp_path):
    """A key as it comes out of the box."""
    if request.config.getoption("--fresh"):
        softkey = start(request, tmp_path)
        yield softkey
        softkey.stop()
        return
    softkey = request.getfixturevalue("shared")
    softkey.anew()
    reset = Key(softkey)
    reset.reset()
    reset.close()
    softkey("power-cycle")
    yield softkey
    assert softkey.process.poll() is None, "the test killed the key"


@pytest.fixture
def key(softkey):
    key = Key(softkey)
    yield key
    key.close()


@pytest.fixture
def pin_key(key):
    """A key with a PIN."""
    key.needs("clientPin")
    key.set_pin()
    return key


@pytest.fixture
def wire(softkey):
    """A connection on which nothing has been said yet."""
    wire = softkey.wire()
    yield wire
    wire.close()
