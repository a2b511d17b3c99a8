"""A desk for one window: a screen, a session bus with the accessibility bus on it, and the prompt under test.

All of it is private to this process and goes with it. Whoever is at the desk sees the window only as a screen reader does
(libatspi) and has a keyboard and a mouse (xdotool).
"""

import ctypes
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

# Far beyond what anything here needs: a loaded machine is no failure.
LONG = 20.0


# Of <X11/X.h>.
CLIENT_MESSAGE = 33


class ClientMessage(ctypes.Structure):
    """XClientMessageEvent of <X11/Xlib.h>, with the room that an XEvent takes."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("rest", ctypes.c_long * 12),
    ]


class Wrong(Exception):
    """Something is not as it has to be."""


def until(what, holds, limit=LONG):
    """Waits until `holds()` is something, and returns it."""
    end = time.monotonic() + limit
    while True:
        turn()
        value = holds()
        if value:
            return value
        if time.monotonic() > end:
            raise Wrong(f"waited {limit} s for: {what}")
        time.sleep(0.01)


def turn():
    """Lets libatspi hear what has happened."""
    context = GLib.MainContext.default()
    while context.iteration(False):
        pass


class Desk:
    """The screen and the buses. `settings` go into the prompt's environment."""

    def __init__(self, size="1024x768", **settings):
        self.started = []
        self.home = tempfile.mkdtemp(prefix="fob-desk-")
        os.chmod(self.home, 0o700)
        screen = self._screen(size)
        kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
        self.environment = {
            **kept,
            "HOME": self.home,
            "XDG_RUNTIME_DIR": self.home,
            "XDG_CONFIG_HOME": self.home,
            "XDG_CACHE_HOME": self.home,
            "DISPLAY": screen,
            "GSETTINGS_BACKEND": "memory",
            "GDK_BACKEND": "x11",
            # As fobd sets it, since no memory may be written to and executed (MemoryDenyWriteExecute).
            "GSK_RENDERER": "cairo",
            "LC_ALL": "C.UTF-8",
            **settings,
        }
        bus = self._start(["dbus-daemon", "--session", "--nofork", "--print-address=1"], stdout=subprocess.PIPE)
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().decode().strip()
        os.environ.update({name: self.environment[name] for name in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "HOME")})
        Atspi.init()
        self.switched = []
        self.listener = Atspi.EventListener.new(self._heard)
        self.listener.register("object:state-changed:sensitive")

    def _heard(self, event):
        """A screen reader is told that something can be used now, or no longer."""
        try:
            whose = event.source.get_process_id()
            self.switched.append((whose, event.source.get_name(), bool(event.detail1)))
        except GLib.Error:
            # It went before it could be asked who it is.
            pass

    def forget(self):
        """Forgets what a screen reader was told so far."""
        turn()
        self.switched.clear()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.started):
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(LONG)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def _start(self, command, **how):
        how.setdefault("env", getattr(self, "environment", None))
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, **how)
        self.started.append(process)
        return process

    def _screen(self, size):
        ours, theirs = os.pipe()
        command = ["Xvfb", "-displayfd", str(theirs), "-screen", "0", f"{size}x24", "-nolisten", "tcp", "-noreset"]
        self._start(command, pass_fds=[theirs])
        os.close(theirs)
        with os.fdopen(ours) as number:
            return f":{number.readline().strip()}"

    def ask(self, program, question, focus=True, before=None):
        """Starts the prompt with a question and waits until a screen reader sees its window."""
        known = self.windows()
        prompt = Prompt(self, program, question, before)
        self.started.append(prompt.process)
        until("the window on the accessibility bus", lambda: prompt.window() or prompt.alive())
        prompt.number = until("the window on the screen", lambda: next(iter(self.windows() - known), None))
        if focus:
            self.focus(prompt)
        return prompt

    def windows(self):
        return set(self.xdo("search", "--onlyvisible", "--name", "^fob asks$").split())

    def focus(self, prompt):
        """Gives the focus to the prompt, as a window manager does."""
        self.xdo("windowfocus", prompt.number)

    def place(self, prompt):
        """Where it is, and how large: x, y, width, height in pixels."""
        lines = self.xdo("getwindowgeometry", "--shell", prompt.number).splitlines()
        values = dict(line.split("=", 1) for line in lines)
        return tuple(int(values[name]) for name in ("X", "Y", "WIDTH", "HEIGHT"))

    def xdo(self, *words):
        done = subprocess.run(["xdotool", *words], env=self.environment, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    def keys(self, *names):
        self.xdo("key", "--clearmodifiers", *names)

    def type(self, text):
        self.xdo("type", "--clearmodifiers", text)

    def click(self, x, y):
        self.xdo("mousemove", str(x), str(y), "click", "1")

    def close(self, prompt):
        """Asks the window to close, as a window manager does (ICCCM 4.2.8.1)."""
        x11 = ctypes.CDLL("libX11.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        x11.XInternAtom.restype = ctypes.c_ulong
        display = ctypes.c_void_p(x11.XOpenDisplay(self.environment["DISPLAY"].encode()))
        protocols, close = (
            x11.XInternAtom(display, name, False) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW")
        )
        window = ctypes.c_ulong(int(prompt.number))
        event = ClientMessage(type=CLIENT_MESSAGE, window=window, message_type=protocols, format=32)
        event.data[0] = close
        x11.XSendEvent(display, window, False, 0, ctypes.byref(event))
        x11.XCloseDisplay(display)

    def photograph(self, path, prompt):
        subprocess.run(["import", "-window", prompt.number, path], env=self.environment, check=True)


class Prompt:
    """The prompt with our ends of its line."""

    def __init__(self, desk, program, question, before=None):
        self.desk = desk
        self.socket, theirs = socket.socketpair()
        self.secrets, pipe = os.pipe()
        os.set_blocking(self.secrets, False)
        self.socket.sendall(json.dumps(question).encode() + b"\n")
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [program], stdin=theirs, stdout=pipe, stderr=self.errors, env=desk.environment, preexec_fn=before
        )
        theirs.close()
        os.close(pipe)
        self.come = b""
        self.number = None

    # What a screen reader sees.

    def window(self):
        desktop = Atspi.get_desktop(0)
        for index in range(desktop.get_child_count()):
            application = desktop.get_child_at_index(index)
            try:
                ours = application is not None and application.get_process_id() == self.process.pid
                if ours and application.get_child_count() > 0:
                    return application.get_child_at_index(0)
            except GLib.Error:
                # It went while it was looked at.
                continue
        return None

    def alive(self):
        """Nothing yet; not even the process is an error."""
        if self.process.poll() is not None:
            raise Wrong(f"the prompt ended with {self.process.returncode}: {self.complaints()}")

    def everything(self):
        """All that is shown, in order."""
        window = self.window()
        return list(walk(window)) if window else []

    def find(self, name, role=None):
        for part in self.everything():
            if part.get_name() == name and (role is None or part.get_role() == role):
                return part
        return None

    def button(self, name):
        return until(f"a button {name}", lambda: self.find(name, Atspi.Role.PUSH_BUTTON))

    def buttons(self):
        return [part.get_name() for part in self.everything() if part.get_role() == Atspi.Role.PUSH_BUTTON and part.get_name()]

    def texts(self):
        return [part.get_name() for part in self.everything() if part.get_name()]

    def counts(self, name="No"):
        """Whether pressing this button counts now."""
        return self.button(name).get_state_set().contains(Atspi.StateType.SENSITIVE)

    def shut_and_open_again(self, what):
        """Waits until a screen reader was told that input does not count, and then that it does."""
        told = self.desk.switched
        shut, opened = ((self.process.pid, "No", state) for state in (False, True))
        until(f"that input no longer counts: {what}", lambda: shut in told)
        until(f"that input counts again: {what}", lambda: opened in told[told.index(shut):])

    def open(self, name="No"):
        """Waits until input counts."""
        until("that input counts", lambda: self.counts(name))

    def press(self, name):
        """Presses a button by its accessible action."""
        try:
            return self.button(name).do_action(0)
        except GLib.Error:
            return False

    def extents(self, name):
        """Where a button is in the window."""
        return Atspi.Component.get_extents(self.button(name), Atspi.CoordType.WINDOW)

    def focused(self):
        for part in self.everything():
            if part.get_state_set().contains(Atspi.StateType.FOCUSED):
                return part
        return None

    # What fobd sees.

    def answer(self, limit=LONG):
        """The next line on the socket; `None` when the other end is closed."""
        end = time.monotonic() + limit
        while b"\n" not in self.come:
            turn()
            if not select.select([self.socket], [], [], 0.02)[0]:
                if time.monotonic() > end:
                    raise Wrong(f"no answer within {limit} s")
                continue
            piece = self.socket.recv(4096)
            if not piece:
                return None
            self.come += piece
        line, self.come = self.come.split(b"\n", 1)
        return json.loads(line)

    def said_nothing(self):
        turn()
        return not self.come and not select.select([self.socket], [], [], 0)[0]

    def told(self):
        """What lies in the pipe; `None` for nothing."""
        try:
            return os.read(self.secrets, 4096) or None
        except BlockingIOError:
            return None

    def judge(self, **verdict):
        self.socket.sendall(json.dumps(verdict).encode() + b"\n")

    def ended(self, limit=LONG):
        return self.process.wait(limit)

    def complaints(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def kill(self):
        self.process.send_signal(signal.SIGTERM)


def walk(part):
    yield part
    for index in range(part.get_child_count()):
        child = part.get_child_at_index(index)
        if child is not None:
            yield from walk(child)
