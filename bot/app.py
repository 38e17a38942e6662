"""Puts the parts together: loads a session, runs a turn, carries out its effects, commits."""

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from bot import casework, notices
from bot.conversation import safety
from bot.conversation.language import detect_language
from bot.conversation.messages import (
    Forget,
    Key,
    Message,
    Reply,
    Session,
    Turn,
    Understand,
    Understanding,
)
from bot.conversation.payload import SESSION_LENGTH, tool_payload
from bot.conversation.safety import Alarm, check_words, screen
from bot.conversation.screens import menu
from bot.conversation.turn import is_over, new_session, turn
from bot.knowledge.content import RESPONSES, Content, load_content
from bot.knowledge.due import due_now
from bot.knowledge.lint import lint
from bot.knowledge.render import render_step
from bot.knowledge.topics import ContentError, Problem
from bot.log import failure
from bot.notices.pictures import PictureError, PictureReader, is_installed
from bot.settings import Settings
from bot.store import DueReminder, Keys, Store, StoreError
from nlu.recogniser.policy import Policy

MODEL = Path(__file__).resolve().parents[1] / "nlu" / "model"
NO_SESSION = "0" * SESSION_LENGTH  # of a key sent when no conversation is remembered
WITHDRAWN_FILE = "withdrawn.json"
CONTENT_CHECK_SECONDS = 20.0  # a withdrawn answer is off the running bot within a minute
MESSAGES_PER_MINUTE = 20  # texts and files of a chat; safety and buttons are spared
# All chats together; beyond it free text is answered by menus, safety and buttons go on.
MESSAGES_PER_MINUTE_IN_ALL = 1200
logger = logging.getLogger(__name__)


def read_withdrawn(directory: Path) -> dict[str, dict[str, str]]:
    """Topics taken off by hand: {topic: {reason, since}}. Raises ContentError for a broken file."""
    try:
        data = json.loads((directory / WITHDRAWN_FILE).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        data = None
    if not isinstance(data, dict):
        remedy = "Correct it, or delete it and withdraw again with 'helpline withdraw'"
        raise ContentError([Problem(WITHDRAWN_FILE, 1, "the file is broken", remedy)])
    return data


def write_withdrawn(directory: Path, withdrawn: Mapping[str, Mapping[str, str]]) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    temporary = directory / f"{WITHDRAWN_FILE}.new"
    temporary.write_text(json.dumps(withdrawn, ensure_ascii=False, indent=2) + "\n", "utf-8")
    # In one step: the running bot never reads half a file.
    temporary.replace(directory / WITHDRAWN_FILE)


def check_content(content: Content, today: date | None = None) -> list[Problem]:
    """Every finding about the answers, the signs of a notice and the words of danger."""
    return sorted([*lint(content, today), *_check_signs(content.root), *check_words()])


def _check_signs(root: Path) -> list[Problem]:
    try:
        notices.read_rules(root)
    except notices.RulesError as error:
        return [Problem("signs.yml", 1, str(error), "See the remarks at its head")]
    return []


def for_the_operator(content: Content, today: date) -> list[str]:
    """What the operator is told once a day: answers that are due, and what lint finds wrong."""
    lines = due_now(content, today)
    errors = [problem for problem in check_content(content) if problem.level == "error"]
    if errors:
        lines.append(f"{len(errors)} mistakes in the answers ('helpline lint'), first: {errors[0]}")
    return lines


class ContentKeeper:
    """The content in use. New files are taken over without a restart, but only if lint passes."""

    def __init__(self, settings: Settings, root: Path = RESPONSES) -> None:
        self._settings = settings
        self._root = root
        self._lock = threading.Lock()
        self._checked = time.monotonic()
        self._seen = self._fingerprint()
        self._content = self._load()

    def __call__(self) -> Content:
        """The content to answer with now; looks for changes every 20 seconds."""
        if time.monotonic() - self._checked > CONTENT_CHECK_SECONDS and self._lock.acquire(
            blocking=False
        ):
            try:
                self.refresh()
            finally:
                self._lock.release()
        return self._content

    def refresh(self) -> None:
        """Take over what changed on disk; keep the last good set where it does not pass."""
        self._checked = time.monotonic()
        seen = self._fingerprint()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            # First and by itself: taking an answer down must never wait for other files.
            self._content = self._content.with_withdrawn(self._withdrawn())
            fresh = self._load()
            errors = [problem for problem in check_content(fresh) if problem.level == "error"]
            if errors:
                raise ContentError(errors)
        except ContentError as error:
            logger.error("new content refused, the last good set stays: %s", error)
        except Exception as error:  # noqa: BLE001 - a file replaced while it is read, say
            logger.error("new content not read, the last good set stays: %s", type(error).__name__)
        else:
            logger.info("new content taken over")
            self._content = fresh
            # Two parts of it are kept by those who use them.
            safety.reread()
            notices.reread()

    def _load(self) -> Content:
        content = load_content(
            self._root,
            require_signoff=self._settings.require_signoff,
            operator=self._settings.operator,
        )
        return content.with_withdrawn(self._withdrawn())

    def _withdrawn(self) -> frozenset[str]:
        return frozenset(read_withdrawn(self._settings.data_path))

    def _fingerprint(self) -> tuple[tuple[str, int], ...]:
        files = [
            *self._root.rglob("*.md"),
            *self._root.rglob("*.yml"),
            *self._root.glob("allowed_signers"),
        ]
        withdrawn = self._settings.data_path / WITHDRAWN_FILE
        if withdrawn.exists():
            files.append(withdrawn)
        found = []
        for path in files:
            try:
                found.append((str(path), path.stat().st_mtime_ns))
            except FileNotFoundError:  # an editor saves by replacing: the next look sees it
                continue
        return tuple(sorted(found))


@dataclass(frozen=True)
class Answer:
    """What a channel sends: the replies, and the turn's effects for what only a channel can do."""

    turn: Turn
    duplicate: bool = False

    @property
    def replies(self) -> tuple[Reply, ...]:
        return self.turn.replies


class Helpline:
    """The service behind every channel. `answer` is synchronous: channels call it in a thread."""

    def __init__(
        self,
        settings: Settings,
        *,
        store: Store | None = None,
        understand: Understand | None = None,
        content: Callable[[], Content] | None = None,
    ) -> None:
        self.settings = settings
        self.content = content or ContentKeeper(settings)
        self.store = store or Store(
            settings.data_path, Keys.from_file(settings.key_path), settings.people_path
        )
        self.understand = understand or engine(settings)
        self.policy = load_policy()
        screen("")  # reads the words of danger now, not while somebody waits
        self._pictures = PictureReader()
        self._limiter = RateLimiter(MESSAGES_PER_MINUTE)
        self._global_limiter = RateLimiter(MESSAGES_PER_MINUTE_IN_ALL)

    def answer(
        self, channel: str, chat: str, message: Message, *, update_ids: Sequence[str] = ()
    ) -> Answer:
        """One message of one chat. Messages of the same chat must come one after the other.

        The session, the mark of the update and the effects are one transaction. Raises StoreError
        when nothing could be saved: the platform then delivers the update again.
        """
        now = self.settings.now()
        name = self.store.name_of(channel, chat)
        if update_ids and not any(
            self.store.is_new_update(channel, one, now) for one in update_ids
        ):
            return Answer(Turn(new_session(now), ()), duplicate=True)
        session = self._session(name, now)
        counted = message.kind in ("text", "attachment")
        if (
            counted
            and not self._limiter.allows(name)
            and not (message.kind == "text" and screen(message.text))
        ):
            return self._too_many(session, name, channel, update_ids, now)
        if message.image is not None:
            message = self._read_picture(message.image)
            session = replace(session, pending="notice")
        case = casework.load_case(self.store.load_case(name, now))
        done = self._take_turn(session, message, case, now)
        forgets = any(isinstance(effect, Forget) for effect in done.effects)
        changed = casework.changed_case(done.effects)
        try:
            with self.store.writing():
                if forgets:
                    self.store.forget_rows(name)
                else:
                    self.store.save_session(name, dump_session(done.session), now)
                    self._keep(name, changed, now, (channel, chat, done.session.language))
                for update_id in update_ids:
                    self.store.mark_update(channel, update_id, now)
        except StoreError:
            if done.outcome is None or done.outcome.decision != "safety":
                raise
            # Help for somebody in danger is shown even when nothing can be saved.
            logger.error("a safety turn was not saved")
        if forgets or (changed is not None and not changed.agreed):
            self.store.empty_log()
        return Answer(done)

    def _take_turn(
        self, session: Session, message: Message, case: casework.Case, now: datetime
    ) -> Turn:
        """The turn; where it fails the menu, since a turn delivered again would fail again."""
        try:
            return turn(
                session,
                message,
                self.content(),
                self._understand_within_limits,
                now,
                policy=self.policy,
                tools=casework.tools(self.content, case, font=self.settings.pdf_font),
            )
        except Exception as error:  # noqa: BLE001 - a person is waiting
            logger.error("a turn failed: %s", failure(error))
            afresh = replace(session, tool="", tool_state={}, pending="")
            return Turn(afresh, (menu(self.content(), afresh, lead="turn_failed"),))

    def _keep(
        self,
        name: str,
        changed: casework.Case | None,
        now: datetime,
        address: tuple[str, str, str],
    ) -> None:
        """Nothing is kept without the person's agreement; without one, what was kept goes."""
        if changed is not None and changed.agreed:
            changed = replace(changed, changed=now.isoformat())
            self.store.save_case(name, casework.dump_case(changed), now)
            channel, chat, language = address
            data = {"channel": channel, "chat": chat, "language": language}
            if changed.silent:
                self.store.stop_reminders(name)
            else:
                self.store.set_reminders(name, casework.moments(changed, now), data, now)
        elif changed is not None:
            self.store.delete_case(name)

    def due_reminders(self, channel: str, limit: int) -> list[tuple[DueReminder, str, Reply]]:
        """What to send now on this channel: the reminder, its chat, and words that tell nothing."""
        due = self.store.due_reminders(self.settings.now(), limit)
        return [
            (one, str(one.data["chat"]), self._reminder(one))
            for one in due
            if one.data["channel"] == channel
        ]

    def _reminder(self, due: DueReminder) -> Reply:
        language = str(due.data["language"])
        stored = self.store.load_session(due.chat, self.settings.now())
        session = load_session(stored) if stored else None
        key = Key(
            self.content().phrase("key_reminder_open", language),
            tool_payload(session.id if session else NO_SESSION, "reminder"),
        )
        return Reply(self.content().phrase("reminder_text", language), ((key,),))

    @property
    def reads_pictures(self) -> bool:
        """Whether a channel should fetch pictures: the optional reader is installed."""
        return is_installed()

    def wants(self, channel: str, chat: str, *, picture: bool) -> Literal["", "print", "picture"]:
        """What a channel should fetch a file for that has just come: nothing, its fingerprint
        (an open tool asked for it), or to read the words of a picture."""
        name = self.store.name_of(channel, chat)
        if self._limiter.is_full(name):
            return ""
        if casework.wants_file(self._session(name, self.settings.now())):
            return "print"
        return "picture" if picture and self.reads_pictures else ""

    def _read_picture(self, data: bytes) -> Message:
        """The words of a picture as a message; the bytes are not kept."""
        try:
            text = self._pictures.read(data).whole_text
        except PictureError as error:
            logger.info("a picture was not read: %s", type(error).__name__)
            return Message("attachment", error.phrase)
        return (
            Message("text", text) if text.strip() else Message("attachment", "notice_picture_empty")
        )

    def _understand_within_limits(self, text: str) -> Understanding | None:
        return self.understand(text) if self._global_limiter.allows("all") else None

    def session(self, channel: str, chat: str) -> Session:
        """The chat's session as it stands."""
        return self._session(self.store.name_of(channel, chat), self.settings.now())

    def _session(self, name: str, now: datetime) -> Session:
        stored = self.store.load_session(name, now)
        session = load_session(stored) if stored else None
        return session if session and not is_over(session, now) else new_session(now)

    def _too_many(
        self, session: Session, name: str, channel: str, update_ids: Sequence[str], now: datetime
    ) -> Answer:
        for update_id in update_ids:
            self.store.mark_update(channel, update_id, now)
        replies: tuple[Reply, ...] = ()
        if self._limiter.tells(name):
            replies = (Reply(self.content().phrase("blocked_rate", session.language)),)
        return Answer(Turn(session, replies))

    def safety_reply(self, alarm: Alarm, text: str) -> tuple[Reply, ...]:
        """The safety text alone, for a group: no session, no buttons."""
        content = self.content()
        language = detect_language(text) or "zh"
        topic = content.topic(alarm.topic, language)
        step = topic.steps.get(alarm.step) or topic.first
        rendered = render_step(content, topic, step, language, self.settings.now())
        return tuple(Reply(part) for part in rendered.texts)

    def group_invitation(self, text: str) -> Reply:
        return Reply(self.content().phrase("group_invite", detect_language(text) or "zh"))

    def forget(self, channel: str, chat: str) -> bool:
        """Delete everything held about a chat (also when a person blocked the bot).

        False where copies of it still lie in the write-ahead log: the next `tidy` empties it.
        """
        return self.store.forget(*self.store.pseudonyms(channel, chat))

    def tidy(self) -> None:
        """Delete what is past its time, backups included."""
        now = self.settings.now()
        self.store.trim(now)
        self.store.prune_backups(now, self.settings.backup_days)

    def close(self) -> None:
        self._pictures.close()
        self.store.close()


class RateLimiter:
    """At most so many messages a minute and chat; counts live in memory only.

    Threads may share it.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._recent: dict[str, deque[float]] = {}
        self._told: dict[str, float] = {}
        self._lock = threading.Lock()

    def allows(self, chat: str) -> bool:
        """Whether one more may come now; it then counts."""
        with self._lock:
            now = self._clock()
            recent = self._recent_of(chat, now)
            if len(recent) >= self._per_minute:
                return False
            recent.append(now)
            return True

    def is_full(self, chat: str) -> bool:
        """Whether the next one would be refused; asking does not count."""
        with self._lock:
            return len(self._recent_of(chat, self._clock())) >= self._per_minute

    def tells(self, chat: str) -> bool:
        """Whether to say so now: once a minute is enough."""
        with self._lock:
            now = self._clock()
            if now - self._told.get(chat, float("-inf")) < 60:
                return False
            self._told = {name: told for name, told in self._told.items() if now - told < 60}
            self._told[chat] = now
            return True

    def _recent_of(self, chat: str, now: float) -> deque[float]:
        if len(self._recent) > 10_000:  # chats that went quiet are dropped
            self._recent = {
                name: times
                for name, times in self._recent.items()
                if times and now - times[-1] < 60
            }
        recent = self._recent.setdefault(chat, deque())
        while recent and now - recent[0] >= 60:
            recent.popleft()
        return recent


def engine(settings: Settings) -> Understand:
    """The engine that the settings choose; the embedded one loads its model when first used."""
    if settings.nlu_url:
        from bot.understanding.rasa_server import RasaServerEngine

        return RasaServerEngine(settings.nlu_url, settings.nlu_token or None)
    from bot.understanding.embedded import EmbeddedEngine

    return EmbeddedEngine(MODEL)


def load_policy() -> Policy:
    return Policy.load(MODEL)


def dump_session(session: Session) -> dict[str, Any]:
    data = asdict(session)
    data["updated"] = session.updated.isoformat() if session.updated else None
    return data


def load_session(data: Mapping[str, Any]) -> Session | None:
    """None for a session of another version of the bot: the person starts afresh."""
    try:
        values = dict(data)
        values["trail"] = tuple((topic, step) for topic, step in values["trail"])
        values["resume"] = tuple(values["resume"]) if values["resume"] else None
        values["offered"] = tuple(values["offered"])
        values["updated"] = datetime.fromisoformat(values["updated"]) if values["updated"] else None
        return replace(Session(id=values.pop("id")), **values)
    except (KeyError, TypeError, ValueError):
        return None
