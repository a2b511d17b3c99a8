"""What the window of the prompt does, seen from outside: window.py CASE PROGRAM [TABLE]

Each function below is a case. It fails by raising; what it says then is printed. The words are written here by hand: they
are what a person reads, not what the program says it shows.
"""

import ctypes
import os
import sys
import time
import tomllib

from desk import Atspi, Desk, Wrong, turn, until

# Of <linux/prctl.h>: no memory of this process and its children is ever writable and executable.
PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1
# Seconds that input has to have been shown and focused (DESIGN.md section 5).
SETTLE = 0.5

FIREFOX = {
    "name": "Firefox",
    "program": "/usr/lib/firefox/firefox",
    "tier": "installed",
    "why": None,
    "door": "socket",
    "pid": 4711,
}
SCRIPT = {**FIREFOX, "name": "backup.py", "program": "/usr/bin/python3.11", "tier": "script", "why": "it is an interpreter", "door": "bus"}
CODE = {"for": "code", "issuer": "GitHub", "name": "ada", "site": "github.com"}
SIGN = {"for": "sign", "rp_id": "example.org", "origin": "https://login.example.org", "top_origin": None}
CREATE = {**SIGN, "for": "create", "user": "ada@example.org"}
CARE = {"for": "key-care", "key": "YubiKey 5 NFC", "doing": "set its PIN"}
PIN = {"for": "pin", "key": "YubiKey 5 NFC", "rp_id": "example.org"}
ATTACH = {"for": "attach", "path": "/run/user/1000/softkey"}
PAIR = {"for": "pair", "scopes": ["the codes of GitHub (ada)"], "origin": "https://login.example.org"}
ALLOW = {"for": "allow", "program": "/usr/bin/konqueror", "origins": None}
SECRET = "correct horse battery staple"


def question(what, asker=FIREFOX, choices=("once", "until-lock", "eight-hours", "always"), want=None, **more):
    asked = {"asker": asker, "what": what, "choices": list(choices), "want": want, "waits": 60}
    return {**asked, "terminal": None, "parent_window": "", "behind": 0, **more}


def same(what, seen, expected):
    if seen != expected:
        raise Wrong(f"{what}: {seen!r} instead of {expected!r}")


def holds(what, condition):
    if not condition:
        raise Wrong(what)


def read(part):
    """The text that a screen reader reads in a part of the window."""
    if "Text" not in part.get_interfaces():
        return ""
    return Atspi.Text.get_text(part, 0, Atspi.Text.get_character_count(part))


def ends(prompt, said, told=None):
    same("the answer", prompt.answer(), said)
    same("the secret", prompt.told(), told)
    same("how it ended", prompt.ended(), 0)
    same("what it complained of", prompt.complaints(), "")


def every_kind_of_question_is_read_out_and_answered_by_the_accessibility_tree(program):
    warned = "fob cannot be sure about this program: it is an interpreter. Say no unless you have just told it to ask."
    pin = {"secret": "pin", "retries": 3, "wrong": False}
    kinds = [
        (question(CODE), "Give a one-time code to github.com?", ["github.com", "GitHub, ada", "Firefox"], "Allow once", "once"),
        (question(SIGN, behind=2), "Sign in at example.org?", ["login.example.org", "2 more questions wait."], "Allow always", "always"),
        (question(CREATE, SCRIPT), "Register your security key at example.org?", ["ada@example.org", warned], "Allow for 8 hours", "eight-hours"),
        (question(CARE), "Let this program look after your security key?", ["set its PIN", "YubiKey 5 NFC"], "Allow until the vault locks", "until-lock"),
        (question(ATTACH, choices=["once"]), "Attach a software key?", ["/run/user/1000/softkey"], "Attach it", "once"),
        (question(ALLOW, choices=["once"]), "List this program among those that are remembered?", ["/usr/bin/konqueror"], "List it", "once"),
        (question(PIN, choices=[], want=pin), "The security key wants its PIN, for example.org", ["3 tries are left.", "YubiKey 5 NFC"], "No", None),
        (question(PAIR, choices=["once"], want={"secret": "digits"}), "Pair this program with fob?", ["the codes of GitHub (ada)"], "No", None),
    ]
    with Desk() as desk:
        for asked, title, texts, button, choice in kinds:
            prompt = desk.ask(program, asked)
            same("the window's role", prompt.window().get_role(), Atspi.Role.DIALOG)
            holds(f"no heading {title}", prompt.find(title, Atspi.Role.HEADING))
            for text in [*texts, "Withdrawn in 60 seconds."]:
                until(f"the text {text}", lambda text=text: text in prompt.texts() or text.startswith("Withdrawn"))
            for part in prompt.everything():
                if part.get_role() in (Atspi.Role.PUSH_BUTTON, Atspi.Role.PASSWORD_TEXT, Atspi.Role.ENTRY):
                    holds(f"a {part.get_role_name()} without a name", part.get_name())
            if warned in texts:
                same("the warning's role", prompt.find(warned).get_role(), Atspi.Role.ALERT)
            prompt.open()
            holds(f"{button} cannot be pressed", prompt.press(button))
            ends(prompt, {"answer": "refused"} if choice is None else {"answer": "granted", "choice": choice})


def a_fact_is_described_by_its_label_and_an_entry_by_its_note(program):
    with Desk() as desk:
        prompt = desk.ask(program, question(CODE, want={"secret": "passphrase"}))
        same("what github.com is", prompt.find("github.com").get_description(), "Site")
        same("what Firefox is", prompt.find("Firefox").get_description(), "Asked by")
        entry = prompt.find("Passphrase", Atspi.Role.PASSWORD_TEXT)
        relations = {
            relation.get_relation_type(): relation.get_target(0).get_name() for relation in entry.get_relation_set()
        }
        same("the entry's label", relations.get(Atspi.RelationType.LABELLED_BY), "Passphrase")
        note = "The vault is locked. Its passphrase opens it."
        same("the entry's note", relations.get(Atspi.RelationType.DESCRIBED_BY), note)


def the_keyboard_answers_only_where_the_person_went(program):
    with Desk() as desk:
        prompt = desk.ask(program, question(SIGN))
        prompt.open()
        desk.keys("Return", "space", "KP_Enter")
        holds("Enter answered without a button", prompt.said_nothing() and prompt.process.poll() is None)
        desk.keys("Tab")
        until("the focus on the first answer", lambda: (at := prompt.focused()) and at.get_name() == "Allow once")
        desk.keys("Tab")
        until("the focus on the second answer", lambda: (at := prompt.focused()) and at.get_name() == "Allow until the vault locks")
        desk.keys("Return")
        ends(prompt, {"answer": "granted", "choice": "until-lock"})
        for key, said in [
            ("Escape", {"answer": "refused"}),
            ("alt+n", {"answer": "refused"}),
            ("alt+8", {"answer": "granted", "choice": "eight-hours"}),
        ]:
            prompt = desk.ask(program, question(SIGN))
            prompt.open()
            desk.keys(key)
            ends(prompt, said)


def nothing_counts_before_it_was_shown_and_focused_for_half_a_second(program):
    with Desk() as desk:
        prompt = desk.ask(program, question(SIGN), focus=False)
        x, y, _, _ = desk.place(prompt)
        button = prompt.extents("Allow once")
        at = (x + button.x + button.width // 2, y + button.y + button.height // 2)
        desk.click(*at)
        prompt.press("Allow once")
        turn()
        holds("something counted without the focus", prompt.said_nothing() and not prompt.counts())
        start = time.monotonic()
        desk.focus(prompt)
        desk.click(*at)
        desk.keys("Escape", "alt+o")
        prompt.press("Allow once")
        early = time.monotonic() - start < SETTLE
        holds("something counted too early", not early or prompt.said_nothing())
        prompt.open()
        holds("it counted too early", time.monotonic() - start >= SETTLE)
        desk.click(*at)
        ends(prompt, {"answer": "granted", "choice": "once"})


def focus_move_and_size_start_the_half_second_again(program):
    with Desk() as desk:
        other = desk.ask(program, question(CODE), focus=False)
        prompt = desk.ask(program, question(SIGN))
        prompt.open()
        x, y, width, height = desk.place(prompt)
        steps = [
            ("moved", lambda: desk.xdo("windowmove", prompt.number, str(x + 40), str(y + 30))),
            ("resized", lambda: desk.xdo("windowsize", prompt.number, str(width + 60), str(height + 40))),
            ("focused again", lambda: (desk.focus(other), desk.focus(prompt))),
        ]
        for what, step in steps:
            desk.forget()
            step()
            prompt.shut_and_open_again(what)
        desk.focus(other)
        until("that input does not count without the focus", lambda: not prompt.counts())
        holds("it was answered", prompt.said_nothing())


def whoever_goes_on_typing_has_not_answered(program):
    with Desk() as desk:
        asked = question(CODE, choices=["once"], want={"secret": "passphrase"})
        prompt = desk.ask(program, asked)
        desk.type("typed for another window")
        prompt.open()
        desk.type(SECRET)
        desk.keys("Return")
        same("the answer", prompt.answer(), {"answer": "secret", "choice": "once"})
        told = prompt.told().decode()
        holds("keys counted before their time", not told.startswith("typed") and told.endswith(SECRET + "\n"))


def a_secret_reaches_the_pipe_and_nothing_else(program):
    with Desk() as desk:
        prompt = desk.ask(program, question(CODE, want={"secret": "passphrase"}))
        prompt.open()
        until("the focus in the entry", lambda: (at := prompt.focused()) and at.get_name() == "Passphrase")
        desk.keys("Return")
        holds("an empty secret answered", prompt.said_nothing())
        desk.type("wrong one")
        desk.keys("Return")
        until("the focus on the answers", lambda: (at := prompt.focused()) and at.get_name() == "Allow once")
        holds("Enter in the entry chose", prompt.said_nothing())
        prompt.press("Allow until the vault locks")
        same("the answer", prompt.answer(), {"answer": "secret", "choice": "until-lock"})
        same("the secret", prompt.told(), b"wrong one\n")
        holds("buttons count while it is looked at", not prompt.counts())
        prompt.judge(verdict="wrong", words="That is not the passphrase. \u202eIt is another.")
        words = "That is not the passphrase. It is another."
        until("why it was wrong", lambda: (alert := prompt.find(words)) and alert.get_role() == Atspi.Role.ALERT)
        prompt.open()
        until("the focus in the entry again", lambda: (at := prompt.focused()) and at.get_name() == "Passphrase")
        desk.type(SECRET)
        entry = prompt.find("Passphrase", Atspi.Role.PASSWORD_TEXT)
        until("a dot for each character", lambda: read(entry) == "\u25cf" * len(SECRET))
        for part in prompt.everything():
            heard = [part.get_name(), part.get_description(), read(part)]
            holds(f"a screen reader reads the secret in {part.get_role_name()}", not any(SECRET in words for words in heard))
        prompt.press("Allow once")
        same("the answer", prompt.answer(), {"answer": "secret", "choice": "once"})
        same("the secret", prompt.told(), (SECRET + "\n").encode())
        for file in ("cmdline", "environ"):
            with open(f"/proc/{prompt.process.pid}/{file}", "rb") as kept:
                holds(f"the secret is in {file}", SECRET.encode() not in kept.read())
        prompt.judge(verdict="right")
        same("how it ended", prompt.ended(), 0)
        same("what it complained of", prompt.complaints(), "")
        same("what came besides", (prompt.answer(), prompt.told()), (None, None))


def a_secret_is_edited_as_any_text(program):
    with Desk() as desk:
        prompt = desk.ask(program, question(PIN, choices=(), want={"secret": "pin", "retries": 3, "wrong": False}))
        prompt.open()
        desk.type("to be replaced")
        desk.keys("ctrl+a")
        desk.type("12X4")
        desk.keys("Left", "BackSpace")
        desk.type("3")
        desk.keys("Home", "Delete", "ctrl+z", "End")
        desk.type("5")
        desk.keys("Return")
        same("the answer", prompt.answer(), {"answer": "secret", "choice": None})
        same("the secret", prompt.told(), b"2345\n")
        prompt.judge(verdict="wrong", words="That PIN was wrong.")
        prompt.open()
        desk.type("678")
        desk.keys("Return")
        same("the next answer", prompt.answer(), {"answer": "secret", "choice": None})
        same("the next secret", prompt.told(), b"678\n")


def six_digits_and_enter_are_one_try(program):
    with Desk() as desk:
        prompt = desk.ask(program, question(PAIR, choices=["once"], want={"secret": "digits"}))
        prompt.open()
        desk.type("01234")
        desk.keys("Return")
        prompt.press("Pair it")
        holds("five digits were a try", prompt.said_nothing())
        desk.type("5")
        desk.keys("Return")
        same("the answer", prompt.answer(), {"answer": "secret", "choice": "once"})
        same("the secret", prompt.told(), b"012345\n")


def it_goes_when_the_question_is_withdrawn_and_says_nothing(program):
    with Desk() as desk:
        quickest = None
        for _ in range(3):
            prompt = desk.ask(program, question(SIGN))
            prompt.open()
            start = time.monotonic()
            prompt.socket.shutdown(1)
            same("how it ended", prompt.ended(), 0)
            took = time.monotonic() - start
            quickest = took if quickest is None else min(took, quickest)
            same("what it said", (prompt.answer(), prompt.told()), (None, None))
        holds(f"it took {quickest * 1000:.0f} ms to go", quickest < 0.1)
        prompt = desk.ask(program, question(SIGN))
        prompt.kill()
        prompt.ended()
        same("what it said on SIGTERM", (prompt.answer(), prompt.told()), (None, None))
        prompt = desk.ask(program, question(SIGN))
        desk.close(prompt)
        ends(prompt, {"answer": "refused"})


def hostile_names_are_shown_as_text(program, table):
    with open(table, "rb") as file:
        names = tomllib.load(file)["name"]
    with Desk() as desk:
        for name in names:
            text = name["text"] * name.get("times", 1)
            shown = name["shown"] * name.get("shown_times", 1) + name.get("end", "")
            asker = {**SCRIPT, "name": text, "why": text, "program": text}
            prompt = desk.ask(program, question({**CODE, "issuer": text, "name": "", "site": text}, asker), focus=False)
            holds(f"{name['case']}: not shown as {shown!r}", shown in prompt.texts())
            _, _, width, height = desk.place(prompt)
            holds(f"{name['case']}: larger than the screen", width <= 1024 and height <= 768)
            same(f"{name['case']}: the buttons", prompt.buttons()[-1], "No")
            same(f"{name['case']}: what it complained of", prompt.complaints(), "")
            prompt.kill()
            prompt.ended()


def large_text_on_a_small_screen_leaves_nothing_out_of_reach(program):
    with Desk("800x600") as desk:
        os.makedirs(f"{desk.home}/gtk-4.0")
        with open(f"{desk.home}/gtk-4.0/settings.ini", "w") as settings:
            settings.write("[Settings]\ngtk-font-name=Sans 22\n")
        prompt = desk.ask(program, question(CREATE, SCRIPT, behind=3))
        _, _, width, height = desk.place(prompt)
        holds(f"the window is {width}x{height}", width <= 800 and height <= 600)
        prompt.open()
        for expected in ("Allow once", "Allow until the vault locks", "Allow for 8 hours", "Allow always", "No"):
            desk.keys("Tab")
            until(f"the focus on {expected}", lambda: (at := prompt.focused()) and at.get_name() == expected)
        until("that no is in the window", lambda: (no := prompt.extents("No")).y >= 0 and no.y + no.height <= height)
        desk.keys("Return")
        ends(prompt, {"answer": "refused"})


def it_works_where_no_memory_is_writable_and_executable(program):
    def deny():
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "PR_SET_MDWE")

    with Desk() as desk:
        prompt = desk.ask(program, question(SIGN), before=deny)
        prompt.open()
        prompt.press("Allow once")
        ends(prompt, {"answer": "granted", "choice": "once"})


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]](*sys.argv[2:])
    except Wrong as wrong:
        sys.exit(f"{sys.argv[1]}: {wrong}")
