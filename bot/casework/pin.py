"""An optional PIN before diary, letters, files and reminders, for a phone that others pick up.

It locks the view, not the data: the operator's keys still open what is kept. Deleting needs no PIN.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.casework.case import Case
from bot.casework.screen import KEEP, Screen
from bot.conversation.messages import Message, Session, Tool, Turn, Work
from bot.conversation.payload import parse_payload, tool_payload
from bot.knowledge.content import Content

OPEN_FOR = timedelta(minutes=15)
TRIES = 5  # wrong ones in a row; then a pause of 15 minutes
LENGTHS = range(4, 9)
_SALT_BYTES = 16
# RFC 7914: N, r, p; a guess costs some 50 ms and 16 MB.
_COST = {"n": 2**14, "r": 8, "p": 1}


def is_pin(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) in LENGTHS


def hashed(pin: str, salt: str = "") -> str:
    """ "salt:hash" in hexadecimal; a fresh salt where none is given."""
    salt = salt or secrets.token_hex(_SALT_BYTES)
    return f"{salt}:{hashlib.scrypt(pin.encode(), salt=bytes.fromhex(salt), **_COST).hex()}"


def is_locked(case: Case, now: datetime) -> bool:
    if not case.pin:
        return False
    return not case.opened or now - datetime.fromisoformat(case.opened) >= OPEN_FOR


_ASKED = {"": "line", "pin-new": "pin"}  # what was asked: the key that asks it again


class PinLock:
    """Stands before a tool: asks for the PIN, then goes on with what the person had pressed."""

    def __init__(
        self,
        name: str,
        build: Callable[[Case], Tool],
        content: Callable[[], Content],
        case: Case,
    ) -> None:
        self._name = name
        self._build = build
        self._content = content
        self._case = case

    def __call__(self, session: Session, message: Message, now: datetime) -> Turn | None:
        case = self._case
        if not is_locked(case, now):
            return self._build(case)(session, message, now)
        screen = Screen(self._name, self._content(), case, session, now)
        if message.file is not None and "id" in session.tool_state:
            # The file is not kept for later: it is asked for again once the PIN was given.
            then = f"{self._name}-f-{session.tool_state['id']}-evidence"
            return self._ask(screen, "pin_ask_file", then)
        if message.kind == "button":
            payload = parse_payload(message.payload)
            return self._ask(screen, "pin_ask", payload.tool if payload else self._name)
        if message.kind != "text":
            return None
        if session.tool_state.get("at") == "pin":
            return self._try(screen, message.text.strip())
        if self._build(case)(session, message, now) is None:
            return None  # no words for this tool: the conversation answers them
        # Words are not kept for later either: what was asked is asked again.
        return self._ask(screen, "pin_ask", self._question(session))

    def _question(self, session: Session) -> str:
        """The key that asks once more what the locked tool was asking."""
        state, at = session.tool_state, str(session.tool_state.get("at", ""))
        if "id" in state:
            return f"{self._name}-f-{state['id']}-{state.get('field', 'evidence')}"
        if self._name == "complaint":
            return f"{self._name}-q-{at}"
        return f"{self._name}-{_ASKED.get(at, at)}"

    def _ask(self, screen: Screen, phrase: str, then: str, *effects: Work) -> Turn:
        return screen.say(
            screen.phrase(phrase), state={"at": "pin", "then": then}, effects=tuple(effects)
        )

    def _try(self, screen: Screen, text: str) -> Turn | None:
        case, now = screen.case, screen.now
        then = str(screen.session.tool_state.get("then", self._name))
        if not is_pin(text):
            return None  # a question: the conversation answers it
        if case.pause and now < datetime.fromisoformat(case.pause):
            return self._ask(screen, "pin_pause", then)
        salt = case.pin.partition(":")[0]
        if not hmac.compare_digest(hashed(text, salt), case.pin):
            wrong = case.wrong + 1
            after = replace(case, wrong=wrong)
            if wrong >= TRIES:
                after = replace(case, wrong=0, pause=(now + OPEN_FOR).isoformat())
            phrase = "pin_pause" if after.pause != case.pause else "pin_wrong"
            return self._ask(screen, phrase, then, Work(KEEP, {"case": after}))
        opened = replace(case, opened=now.isoformat(), wrong=0, pause="")
        session = replace(screen.session, tool_state={})
        pressed = Message("button", payload=tool_payload(session.id, then))
        done = self._build(opened)(session, pressed, now)
        if done is None or any(isinstance(effect, Work) for effect in done.effects):
            return done
        return replace(done, effects=(*done.effects, Work(KEEP, {"case": opened})))
