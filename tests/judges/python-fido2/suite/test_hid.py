"""CTAPHID (§11.2): framing, channels, sequence, timeouts, busy, lock, cancel, keepalive. Reports are written by hand."""

import threading
import time

import pytest
from fido2 import cbor

from key import ERR, making, random

BROADCAST = b"\xff\xff\xff\xff"
PING, MSG, LOCK, INIT, WINK, CBOR, CANCEL, KEEPALIVE, ERROR = 0x81, 0x83, 0x84, 0x86, 0x88, 0x90, 0x91, 0xBB, 0xBF
UNKNOWN_CHANNEL = b"\x11\x22\x33\x44"


class Line:
    """Reports on a wire."""

    def __init__(self, wire):
        self.wire = wire

    def first(self, channel, command, length, data=b""):
        self.wire.write_packet(channel + bytes([command]) + length.to_bytes(2, "big") + data[:57])

    def more(self, channel, sequence, data=b""):
        self.wire.write_packet(channel + bytes([sequence]) + data[:59])

    def send(self, channel, command, data=b""):
        self.first(channel, command, len(data), data)
        for sequence, start in enumerate(range(57, len(data), 59)):
            self.more(channel, sequence, data[start:])

    def receive(self):
        """A whole message: channel, command, data."""
        report = self.wire.read_packet()
        channel, command, length, data = report[:4], report[4], int.from_bytes(report[5:7], "big"), report[7:]
        assert command & 0x80, "a reply begins with an initialization packet"
        for sequence in range(-(-max(0, length - 57) // 59)):
            report = self.wire.read_packet()
            assert report[:5] == channel + bytes([sequence])
            data += report[5:]
        assert not any(data[length:]), "the rest of a report is zero"
        return channel, command, data[:length]

    def call(self, channel, command, data=b""):
        self.send(channel, command, data)
        while (reply := self.receive())[1] == KEEPALIVE:
            pass
        return reply

    def channel(self):
        """A channel of one's own. Other programs' answers come on the broadcast channel too: the nonce tells."""
        nonce = random(8)
        self.send(BROADCAST, INIT, nonce)
        while (reply := self.receive())[:2] != (BROADCAST, INIT) or reply[2][:8] != nonce:
            pass
        return reply[2][8:12]


@pytest.fixture
def line(wire):
    return Line(wire)


@pytest.fixture
def channel(line):
    return line.channel()


def refused(reply, channel, code):
    assert reply == (channel, ERROR, bytes([code]))


def test_a_key_says_nothing_unasked(wire):
    assert wire.quiet_for(0.3)


def test_init_gives_a_channel_and_says_what_the_key_can(line):
    nonce = random(8)
    channel, command, data = line.call(BROADCAST, INIT, nonce)
    assert (channel, command, len(data), data[:8]) == (BROADCAST, INIT, 17, nonce)
    assert data[8:12] not in (BROADCAST, bytes(4))
    assert data[12] == 2, "version of CTAPHID"
    assert data[16] & 0x04, "CBOR"
    assert data[16] & ~(0x01 | 0x02 | 0x04 | 0x08) == 0


def test_every_init_gives_another_channel(line):
    assert len({line.channel() for _ in range(20)}) == 20


def test_init_on_a_channel_keeps_it(line, channel):
    nonce = random(8)
    at, command, data = line.call(channel, INIT, nonce)
    assert (at, command, data[:8], data[8:12]) == (channel, INIT, nonce, channel)


@pytest.mark.parametrize("length", [0, 7, 9, 17])
def test_init_wants_eight_bytes(line, length):
    refused(line.call(BROADCAST, INIT, bytes(length)), BROADCAST, ERR.INVALID_LENGTH)


@pytest.mark.parametrize("length", [0, 1, 56, 57, 58, 100, 116, 117, 512, 1000, 1024, 7608, 7609])
def test_ping_brings_everything_back(line, channel, length):
    data = b"\0" + random(length - 1) if length else b""
    assert line.call(channel, PING, data) == (channel, PING, data)


def test_a_message_that_is_too_long_is_refused_at_once(line, channel):
    line.first(channel, PING, 7610)
    refused(line.receive(), channel, ERR.INVALID_LENGTH)
    assert line.call(channel, PING, b"on")[2] == b"on"


def test_wink(line, channel):
    assert line.call(channel, WINK) == (channel, WINK, b"")
    refused(line.call(channel, WINK, b"!"), channel, ERR.INVALID_LENGTH)


@pytest.mark.parametrize("command", [0x82, 0x8A, 0xAA, 0xBC, 0xC0, 0xE6, 0xFF, KEEPALIVE, ERROR])
def test_an_unknown_command_is_refused(line, channel, command):
    refused(line.call(channel, command), channel, ERR.INVALID_COMMAND)


@pytest.mark.parametrize("command", [CBOR, MSG])
def test_a_request_without_a_byte_has_a_wrong_length(line, channel, command):
    refused(line.call(channel, command), channel, ERR.INVALID_LENGTH)


@pytest.mark.parametrize("command", [PING, CBOR, WINK, LOCK, INIT])
def test_channel_zero_is_nobodys(line, command):
    refused(line.call(bytes(4), command, bytes(8)), bytes(4), 0x0B)


@pytest.mark.parametrize("command", [PING, CBOR, WINK, LOCK])
def test_the_broadcast_channel_takes_init_alone(line, command):
    refused(line.call(BROADCAST, command, bytes(8)), BROADCAST, 0x0B)


@pytest.mark.parametrize("command", [PING, CBOR, INIT])
def test_a_channel_that_was_not_given_out_is_refused(line, command):
    refused(line.call(UNKNOWN_CHANNEL, command, bytes(8)), UNKNOWN_CHANNEL, 0x0B)


def test_a_lone_continuation_is_ignored(line, channel, wire):
    for sequence in (0, 1, 0x7F):
        line.more(channel, sequence)
        line.more(UNKNOWN_CHANNEL, sequence)
    assert wire.quiet_for(0.2)
    assert line.call(channel, PING, b"on")[2] == b"on"


@pytest.mark.parametrize("sequence", [0, 2, 3, 0x7F])
def test_a_continuation_out_of_order_ends_the_message(line, channel, sequence):
    line.first(channel, PING, 300)
    line.more(channel, 0)
    line.more(channel, sequence)
    refused(line.receive(), channel, ERR.INVALID_SEQ)
    assert line.call(channel, PING, b"on")[2] == b"on"


def test_a_new_message_where_the_rest_was_due_ends_both(line, channel, wire):
    line.first(channel, PING, 300)
    line.more(channel, 0)
    line.first(channel, PING, 4, b"more")
    refused(line.receive(), channel, ERR.INVALID_SEQ)
    assert wire.quiet_for(0.7), "and no timeout comes later"


def test_init_ends_what_its_channel_was_sending(line, channel, wire):
    line.first(channel, PING, 512)
    line.more(channel, 0)
    assert line.call(channel, INIT, bytes(8))[1] == INIT
    assert wire.quiet_for(0.7), "and no timeout comes later"
    assert line.call(channel, PING, b"on")[2] == b"on"


def test_half_a_message_times_out(line, channel):
    began = time.monotonic()
    line.first(channel, PING, 1024)
    line.more(channel, 0)
    refused(line.receive(), channel, ERR.TIMEOUT)
    assert 0.4 < time.monotonic() - began < 1.5
    assert line.call(channel, PING, b"on")[2] == b"on"


def test_while_one_channel_sends_another_is_busy(line, channel):
    other = line.channel()
    line.first(channel, PING, 99)
    began = time.monotonic()
    line.first(other, PING, 99)
    refused(line.receive(), other, ERR.CHANNEL_BUSY)
    assert time.monotonic() - began < 0.3
    line.more(other, 0)
    line.more(channel, 0)
    assert line.receive() == (channel, PING, bytes(99)), "the first is not disturbed"


def test_init_of_another_channel_disturbs_nobody(line, channel):
    other = line.channel()
    line.first(channel, PING, 99)
    assert line.call(other, INIT, bytes(8))[1] == INIT
    assert line.channel() not in (channel, other)
    line.more(channel, 0)
    assert line.receive() == (channel, PING, bytes(99))


def test_the_lock_keeps_others_out(line, channel):
    other = line.channel()
    assert line.call(channel, LOCK, b"\x08") == (channel, LOCK, b"")
    for command, data in [(PING, b"x"), (WINK, b""), (LOCK, b"\x01"), (CBOR, b"\x04"), (INIT, bytes(8))]:
        refused(line.call(other, command, data), other, ERR.CHANNEL_BUSY)
    assert line.call(channel, PING, b"on")[2] == b"on"
    assert line.channel(), "who arrives gets a channel, and is told to wait on it"
    assert line.call(channel, LOCK, b"\0") == (channel, LOCK, b"")
    assert line.call(other, PING, b"on")[2] == b"on"
    assert line.call(other, INIT, bytes(8))[1] == INIT


def test_the_lock_ends_by_itself(line, channel, softkey):
    other = line.channel()
    softkey("clock", mode="virtual")
    assert line.call(channel, LOCK, b"\x0a")[1] == LOCK
    softkey("advance", ms=9_900)
    refused(line.call(other, PING), other, ERR.CHANNEL_BUSY)
    softkey("advance", ms=100)
    assert line.call(other, PING)[1] == PING


@pytest.mark.parametrize("data, code", [(b"", ERR.INVALID_LENGTH), (b"\x01\x01", ERR.INVALID_LENGTH), (b"\x0b", ERR.INVALID_PARAMETER)])
def test_a_lock_of_eleven_seconds_or_of_no_byte_is_none(line, channel, data, code):
    refused(line.call(channel, LOCK, data), channel, code)


def waiting(line, channel, softkey, command=0x01):
    """Sends a command that waits for a touch that does not come yet."""
    softkey("presence", script=[{"do": "hold"}])
    line.send(channel, CBOR, bytes([command]) + (cbor.encode(making()) if command == 0x01 else b""))


def test_keepalives_say_that_a_touch_is_wanted(line, channel, softkey):
    waiting(line, channel, softkey)
    began, status = time.monotonic(), b""
    for _ in range(5):
        at, command, status = line.receive()
        assert (at, command) == (channel, KEEPALIVE) and status in (b"\x01", b"\x02")
    assert status == b"\x02"
    assert 0.2 < time.monotonic() - began < 2, "about every 100 milliseconds"
    softkey("touch")
    while (reply := line.receive())[1] == KEEPALIVE:
        pass
    assert reply[:2] == (channel, CBOR) and reply[2][0] == 0


def test_a_keepalive_comes_before_the_fastest_touch(line, channel):
    line.send(channel, CBOR, b"\x01" + cbor.encode(making()))
    assert line.receive() == (channel, KEEPALIVE, b"\x02")
    assert line.receive()[2][0] == 0


@pytest.mark.parametrize("command", [0x01, 0x0B])
def test_cancel_is_answered_once_and_by_the_request(line, channel, softkey, wire, command):
    if command == 0x0B and "FIDO_2_1" not in cbor.decode(line.call(channel, CBOR, b"\x04")[2][1:])[1]:
        pytest.skip("this profile has no selection")
    waiting(line, channel, softkey, command)
    assert line.receive()[1] == KEEPALIVE
    line.send(channel, CANCEL)
    while (reply := line.receive())[1] == KEEPALIVE:
        pass
    assert reply == (channel, CBOR, bytes([ERR.KEEPALIVE_CANCEL]))
    line.send(channel, CANCEL)
    assert wire.quiet_for(0.3)


def test_cancel_with_nothing_to_cancel_says_nothing(line, channel, wire):
    line.send(channel, CANCEL)
    assert wire.quiet_for(0.2)
    assert line.call(channel, PING, b"on")[2] == b"on"


def test_only_who_asked_can_cancel(line, channel, softkey):
    other = line.channel()
    waiting(line, channel, softkey)
    line.send(other, CANCEL)
    line.send(UNKNOWN_CHANNEL, CANCEL)
    replies = [line.receive() for _ in range(4)]
    assert {reply[1] for reply in replies if reply[0] == channel} == {KEEPALIVE}
    assert [reply for reply in replies if reply[0] == other] == []
    softkey("touch")
    while (reply := line.receive())[1] != CBOR:
        pass
    assert reply[0] == channel and reply[2][0] == 0


def test_while_a_touch_is_waited_for_others_are_busy(line, channel, softkey):
    other = line.channel()
    waiting(line, channel, softkey)
    for command, data in [(PING, b"x"), (WINK, b""), (CBOR, b"\x04"), (MSG, b"\x00\x03\x00\x00")]:
        line.send(other, command, data)
        while (reply := line.receive())[0] != other:
            assert reply[:2] == (channel, KEEPALIVE)
        refused(reply, other, ERR.CHANNEL_BUSY)
    line.send(BROADCAST, INIT, bytes(8))
    while (reply := line.receive())[0] != BROADCAST:
        assert reply[:2] == (channel, KEEPALIVE)
    assert reply[1] == INIT, "but may have a channel"
    softkey("touch")
    while (reply := line.receive())[1] == KEEPALIVE:
        pass
    assert reply[2][0] == 0


def test_init_forgets_a_request_that_waits(line, channel, softkey, wire):
    waiting(line, channel, softkey)
    assert line.receive()[1] == KEEPALIVE
    line.send(channel, INIT, bytes(8))
    while (reply := line.receive())[1] == KEEPALIVE:
        pass
    assert reply[:2] == (channel, INIT)
    assert wire.quiet_for(0.3), "no keepalive, no answer"
    assert line.call(channel, CBOR, b"\x04")[2][0] == 0


def test_a_power_cycle_takes_all_channels_back(line, channel, softkey):
    softkey("power-cycle")
    refused(line.call(channel, PING), channel, 0x0B)


def test_two_programs_have_a_channel_each(softkey):
    if softkey.face == "udp":
        pytest.skip("answers go to the last sender")
    lines = [Line(softkey.wire()) for _ in range(2)]
    channels = [line.channel() for line in lines]
    assert channels[0] != channels[1]
    # Every program sees every report, as on a hidraw node: the first has the answer to the second's INIT before its own.
    assert lines[0].receive()[2][8:12] == channels[1]
    outcomes = []
    threads = [
        threading.Thread(target=lambda line=line, channel=channel: outcomes.append(mine(line, channel)))
        for line, channel in zip(lines, channels)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [True, True]
    for line in lines:
        line.wire.close()


def mine(line, channel):
    """Pings until it has come back twenty times, whatever else goes by and however often the key is busy."""
    done = 0
    while done < 20:
        line.send(channel, PING, bytes([done]))
        while (reply := line.receive())[0] != channel:
            pass
        done += reply == (channel, PING, bytes([done]))
    return True
