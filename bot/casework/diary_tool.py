"""The harassment diary: one tap or one line is an entry; details are asked for, never required."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.casework.attachments import file_line, size_of
from bot.casework.case import (
    CALLS,
    HOW,
    KINDS,
    LONGEST,
    MAX_ENTRIES,
    MAX_FILES,
    WHO,
    Attachment,
    Case,
    Entry,
)
from bot.casework.exports import KINDS as FILES
from bot.casework.exports import export
from bot.casework.fonts import FontMissingError
from bot.casework.moments import is_question, read_line, read_moment, sounds_like_question
from bot.casework.pattern import bars_by_day, bars_by_hour, measures
from bot.casework.pin import hashed, is_pin
from bot.casework.screen import (
    DROP,
    KEEP,
    KEPT_DAYS,
    KeepingTool,
    Row,
    Screen,
    ask_agreement,
)
from bot.conversation.messages import Received, Reply, Session, Turn, Work

NAME = "diary"
# One tap each: whom they contacted just now, and by what.
QUICK = (("me", "call"), ("family", "call"), ("work", "call"), ("me", "sms"), ("me", "visit"))
FIELDS = ("time", "who", "how", "answered", "lender", "number", "words", "evidence", "feeling")
WRITTEN = ("lender", "number", "words", "evidence", "feeling")
PAGE = 8
LENDERS_OFFERED = 4
LINE, NOTE = "line", "note"  # texts that are no field of an entry: a whole line, a file's words
SECOND_TAP = timedelta(seconds=3)  # the same quick key again this soon: a finger that slipped
MARK = 8  # characters of a fingerprint that tell in a key which file or text it means


def wants_file(session: Session) -> bool:
    """Whether the diary waits for a file: its fingerprint is then taken, nothing is read in it."""
    state = session.tool_state
    if session.tool != NAME or "id" not in state:
        return False
    return state.get("at") == NOTE or state.get("field") in ("words", "evidence")


class DiaryTool(KeepingTool):
    """What the person wrote is kept in the case, never in the session."""

    name = NAME

    def press(self, screen: Screen, choice: str) -> Turn | None:
        return ask_agreement(screen, choice, _home) or _press(screen, choice)

    def write(self, screen: Screen, text: str) -> Turn | None:
        return _written(screen, text)

    def take(self, screen: Screen, file: Received, words: str) -> Turn | None:
        return _take(screen, file, words)


def _press(screen: Screen, choice: str) -> Turn | None:
    verb, _, rest = choice.partition("-")
    if verb in ("", "yes2", "home"):
        return _home(screen)
    if verb == "a":
        who, _, how = rest.partition("-")
        if who in WHO and how in HOW:
            return _quick(screen, who, how)
    if verb == LINE:
        return screen.say(screen.phrase("diary_line"), state={"at": LINE})
    if verb in ("e", "f", "x", "s", "d", "q"):
        return _press_entry(screen, verb, rest)
    if verb == "k":
        return _set_kind(screen, rest)
    if verb == "u":
        return _undo(screen)
    if verb == "l" and rest.isdigit():
        return _list(screen, int(rest))
    if verb == "p":
        return _pattern(screen)
    if verb == "get" and rest in FILES:
        return _file(screen, rest)
    if verb == "keep":
        return _kept(screen)
    if verb == "pin":
        rows = [[("nopin", screen.phrase("key_pin_off"))]] if screen.case.pin else []
        return screen.say(screen.phrase("pin_new"), rows, state={"at": "pin-new"})
    if verb == "nopin":
        return _set_pin(screen, "")
    if verb == "drop":
        return screen.say(
            screen.phrase("kit_drop_question"),
            [
                [("dropped", screen.phrase("key_drop_yes"))],
                [("home", screen.phrase("key_diary_home"))],
            ],
        )
    if verb == "dropped":
        empty = replace(screen, case=Case())
        return empty.say(empty.phrase("kit_dropped"), effects=(Work(DROP),))
    return _home(screen)


def _press_entry(screen: Screen, verb: str, rest: str) -> Turn:
    """e-ID opens an entry, f-ID-FIELD asks for a field, s-ID-FIELD-VALUE sets it, x-ID deletes it,
    d-ID-MARK takes a file's fingerprint off, q-ID-FIELD-MARK: that text was a question. The mark
    names the file or the text itself: pressed twice, or late, a key means no other one."""
    number, _, more = rest.partition("-")
    entry = screen.case.entry(int(number)) if number.isdigit() else None
    if entry is None:
        return _list(screen, 0, screen.phrase("diary_gone"))
    name, _, value = more.partition("-")
    if verb == "x":
        after = screen.case.removed(entry.id)
        text = screen.phrase("diary_removed", number=entry.id)
        return replace(screen, case=after).say(
            text,
            [[("u", screen.phrase("key_undo"))], [("l-0", screen.phrase("key_diary_list"))]],
            effects=(_keeping(after),),
        )
    if verb == "f" and name in FIELDS:
        return _ask(screen, entry, name)
    if verb == "d" and (left := _without(entry, name)) != entry:
        return _save(screen, left)
    if verb == "q" and name in (*WRITTEN, LINE, NOTE) and value == _mark(_text_of(entry, name)):
        return _answer(screen, entry, name)
    if verb == "s" and name == "lender" and value.isdigit():
        known = list(screen.case.lenders)
        if int(value) < len(known):
            return _save(screen, replace(entry, lender=known[int(value)]))
    if verb == "s" and value in _CHOICES.get(name, ()):
        return _save(screen, entry.having(name, value))
    return _entry(screen, entry)


_CHOICES = {"who": WHO, "how": HOW, "answered": ("yes", "no")}


def _keeping(case: Case) -> Work:
    return Work(KEEP, {"case": case})


def _home(screen: Screen, lead: str = "") -> Turn:
    count = len(screen.case.entries)
    rows: list[Row] = [
        [(f"a-{who}-{how}", screen.phrase(f"key_quick_{who}_{how}"))] for who, how in QUICK
    ]
    rows.append([("line", screen.phrase("key_diary_line"))])
    if count:
        rows.append(
            [("l-0", screen.phrase("key_diary_list")), ("p", screen.phrase("key_diary_pattern"))]
        )
        rows.append([(":complaint", screen.phrase("key_complaint"))])
    rows.append([("keep", screen.phrase("key_kept"))])
    text = screen.phrase("diary_home", count=count)
    return screen.say(f"{lead}\n\n{text}".strip(), rows)


def _quick(screen: Screen, who: str, how: str) -> Turn:
    """One tap. A second one at once is shown the entry of the first: no contact counts twice."""
    case, state = screen.case, screen.session.tool_state
    last = case.entries[-1] if case.entries else None
    if (
        last is not None
        and case.undo == ("add", last)
        and state.get("id") == last.id
        and (last.who, last.how) == (who, how)
        and screen.now - last.at < SECOND_TAP
    ):
        return _added(screen, last)
    return _add(screen, Entry(0, screen.now, who=who, how=how))


def _add(screen: Screen, entry: Entry, lead: str = "diary_added") -> Turn:
    case = screen.case
    if len(case.entries) >= MAX_ENTRIES:
        return _home(screen, screen.phrase("diary_full", count=MAX_ENTRIES))
    if len(case.lenders) == 1 and not entry.lender and not case.entries:
        entry = replace(entry, lender=next(iter(case.lenders)))
    after = case.added(entry)
    return _added(replace(screen, case=after), after.entries[-1], lead, _keeping(after))


def _added(screen: Screen, entry: Entry, lead: str = "diary_added", *effects: Work) -> Turn:
    """A new entry, and what was said is asked for."""
    ask, rows = screen.phrase("diary_ask_words"), _entry_rows(screen, entry, new=True)
    if sounds_like_question(entry.words):
        ask = screen.phrase("diary_maybe_question")
        rows.insert(0, [(_question(entry, LINE), screen.phrase("key_was_question"))])
    return screen.say(
        f"{screen.phrase(lead)}\n{describe(screen, entry)}\n\n{ask}",
        rows,
        state={"at": "field", "id": entry.id, "field": "words"},
        effects=effects,
    )


def describe(screen: Screen, entry: Entry) -> str:
    """An entry in short lines, the files with the beginning of their fingerprints."""
    parts = [
        moment(entry),
        screen.phrase(f"who_{entry.who}"),
        screen.phrase(f"how_{entry.how}"),
        entry.lender or screen.phrase("lender_unknown"),
    ]
    if entry.answered and entry.how in CALLS:
        parts.append(screen.phrase(f"answered_{entry.answered}"))
    if entry.number:
        parts.append(entry.number)
    lines = [f"{entry.id}. " + " · ".join(parts)]
    for name in ("words", "evidence", "feeling"):
        value = getattr(entry, name)
        if value:
            lines.append(screen.phrase(f"entry_{name}", text=value))
    content, language = screen.content, screen.session.language
    lines += [
        file_line(content, language, number, file, short=True)
        for number, file in enumerate(entry.files, 1)
    ]
    return "\n".join(lines)


def moment(entry: Entry) -> str:
    return entry.at.strftime("%Y-%m-%d %H:%M" if entry.timed else "%Y-%m-%d")


def _entry_rows(screen: Screen, entry: Entry, *, new: bool = False) -> list[Row]:
    names = [name for name in FIELDS if name != "answered" or entry.how in CALLS]
    keys = [(f"f-{entry.id}-{name}", screen.phrase(f"key_field_{name}")) for name in names]
    rows: list[Row] = []
    rows += [keys[start : start + 2] for start in range(0, len(keys), 2)]
    last = (
        ("u", screen.phrase("key_undo"))
        if new
        else (f"x-{entry.id}", screen.phrase("key_delete_entry"))
    )
    rows.append([last, ("home", screen.phrase("key_diary_home"))])
    rows.append([(":complaint", screen.phrase("key_complaint"))])
    return rows


def _entry(screen: Screen, entry: Entry, lead: str = "") -> Turn:
    text = f"{lead}\n{describe(screen, entry)}".strip()
    return screen.say(text, _entry_rows(screen, entry))


def _save(
    screen: Screen, changed: Entry, lead: str = "diary_saved", *, typed: str = "", text: str = ""
) -> Turn:
    """`typed` names the field that the person's `text` went to: it may have been a question."""
    after = screen.case.edited(changed)
    here = replace(screen, case=after)
    first, asked = _maybe_question(here, changed, typed, text)
    rows = [[("u", here.phrase("key_undo")), *first], *_entry_rows(here, changed)]
    said = f"{here.phrase(lead)}\n{describe(here, changed)}{asked}"
    return here.say(said, rows, effects=(_keeping(after),))


def _maybe_question(
    screen: Screen, entry: Entry, typed: str, text: str
) -> tuple[list[tuple[str, str]], str]:
    """The key that takes a text out again and answers it, and the line that explains it.

    Under words of the collector it always stands; they cannot be told from a question for sure.
    """
    sounds = sounds_like_question(text)
    if not typed or not (sounds or typed == "words"):
        return [], ""
    key = (_question(entry, typed), screen.phrase("key_was_question"))
    return [key], f"\n\n{screen.phrase('diary_maybe_question')}" if sounds else ""


def _text_of(entry: Entry, name: str) -> str:
    """What the person typed last under this name."""
    if name == NOTE:
        return entry.files[-1].note if entry.files else ""
    return str(getattr(entry, "words" if name == LINE else name))


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:MARK]


def _question(entry: Entry, name: str) -> str:
    return f"q-{entry.id}-{name}-{_mark(_text_of(entry, name))}"


def _without(entry: Entry, mark: str) -> Entry:
    """Without the file whose fingerprint begins so."""
    left = tuple(file for file in entry.files if file.sha256[:MARK] != mark)
    return replace(entry, files=left)


def _answer(screen: Screen, entry: Entry, name: str) -> Turn:
    """It was a question to us: out of the diary, back to what stood there before, and answered."""
    case, text = screen.case, _text_of(entry, name)
    if name == LINE:
        after = case.removed(entry.id)
    elif name == NOTE:
        after = case.edited(_noted(entry, "")) if text else case
    else:
        before = case.undo[1] if case.undo and case.undo[0] == "edit" else None
        if before is None or before.having(name, text) != entry:
            before = entry.having(name, "")
        after = case.edited(before)
        if name == "lender":
            after = after.without_lender(text)
    if not text:
        return _entry(screen, entry)
    here = replace(screen, case=after)
    return replace(here.say(here.phrase("diary_taken_out"), effects=(_keeping(after),)), asks=text)


def _ask(screen: Screen, entry: Entry, name: str) -> Turn:
    rows: list[Row] = []
    if name in _CHOICES:
        rows = [
            [(f"s-{entry.id}-{name}-{value}", screen.phrase(f"{name}_{value}"))]
            for value in _CHOICES[name]
        ]
    elif name == "lender":
        # The index keeps the payload short and free of the person's words.
        known = list(enumerate(screen.case.lenders))[:LENDERS_OFFERED]
        rows = [[(f"s-{entry.id}-lender-{index}", lender[:40])] for index, lender in known]
    elif name == "evidence":
        rows = [
            [
                (
                    f"d-{entry.id}-{file.sha256[:MARK]}",
                    screen.phrase("key_remove_file", number=number),
                )
            ]
            for number, file in enumerate(entry.files, 1)
        ]
    rows.append([(f"e-{entry.id}", screen.phrase("key_leave_it"))])
    return screen.say(
        screen.phrase(f"ask_{name}"), rows, state={"at": "field", "id": entry.id, "field": name}
    )


def _set_kind(screen: Screen, rest: str) -> Turn:
    """k-INDEX-KIND: what kind of lender the one just named is."""
    index, _, kind = rest.partition("-")
    known = list(screen.case.lenders)
    if not index.isdigit() or int(index) >= len(known) or kind not in KINDS:
        return _home(screen)
    after = screen.case.with_lender(known[int(index)], kind)
    here = replace(screen, case=after)
    return replace(_home(here, here.phrase("diary_kind_saved")), effects=(_keeping(after),))


def _undo(screen: Screen) -> Turn:
    if screen.case.undo is None:
        return _home(screen, screen.phrase("diary_nothing_to_undo"))
    after = screen.case.undone()
    here = replace(screen, case=after)
    return replace(_home(here, here.phrase("diary_undone")), effects=(_keeping(after),))


def _list(screen: Screen, page: int, lead: str = "") -> Turn:
    entries = screen.case.in_order[::-1]
    pages = max(1, -(-len(entries) // PAGE))
    page = min(page, pages - 1)
    shown = entries[page * PAGE : (page + 1) * PAGE]
    lines = [lead] if lead else []
    lines.append(screen.phrase("diary_list", count=len(entries), page=page + 1, pages=pages))
    lines += [describe(screen, entry).partition("\n")[0] for entry in shown]
    keys = [(f"e-{entry.id}", screen.phrase("key_entry", number=entry.id)) for entry in shown]
    rows: list[Row] = []
    rows += [keys[start : start + 4] for start in range(0, len(keys), 4)]
    turning: list[tuple[str, str]] = []
    if page:
        turning.append((f"l-{page - 1}", screen.phrase("key_newer")))
    if page + 1 < pages:
        turning.append((f"l-{page + 1}", screen.phrase("key_older")))
    if turning:
        rows.append(turning)
    rows.append(
        [("p", screen.phrase("key_diary_pattern")), ("home", screen.phrase("key_diary_home"))]
    )
    return screen.say("\n".join(lines), rows)


def _pattern(screen: Screen) -> Turn:
    entries = screen.case.entries
    blocks = [screen.phrase("pattern_lead", count=len(entries))]
    hours = [f"{label}  {bar} {count}" for label, count, bar in bars_by_hour(entries)]
    if hours:
        blocks.append("\n".join([screen.phrase("pattern_hours"), *hours]))
    days = [f"{day:%m-%d}  {bar} {count}" for day, count, bar in bars_by_day(entries)]
    if days:
        blocks.append("\n".join([screen.phrase("pattern_days"), *days]))
    blocks += yardstick_blocks(screen)
    unnamed = sum(not entry.lender for entry in entries)
    if unnamed:
        blocks.append(screen.phrase("pattern_unnamed", count=unnamed))
    rows: list[Row] = [
        [(":complaint", screen.phrase("key_complaint"))],
        *_file_rows(screen),
        [("l-0", screen.phrase("key_diary_list")), ("home", screen.phrase("key_diary_home"))],
    ]
    return screen.say("\n\n".join(blocks), rows)


def yardstick_blocks(screen: Screen) -> list[str]:
    """What the diary shows against the yardsticks of each lender, each with its source."""
    yardsticks: dict[str, Any] = dict(screen.content.kit["yardsticks"])
    blocks = []
    for measure in measures(screen.case, yardsticks):
        text = screen.pick(yardsticks[measure.yardstick]["text"])
        said = text.format(count=measure.count, days=measure.days)
        blocks.append(f"{measure.lender}\n{said}\n{screen.sources(measure.sources)}")
    if blocks:
        blocks.append(screen.phrase("pattern_yardsticks"))
    return blocks


def _file_rows(screen: Screen) -> list[Row]:
    if not screen.case.entries:
        return []
    return [[(f"get-{kind}", screen.phrase(f"key_{kind}"))] for kind in FILES]


def _file(screen: Screen, kind: str) -> Turn:
    rows: list[Row] = [[("home", screen.phrase("key_diary_home"))]]
    try:
        file = export(screen, kind, (), screen.case.in_order)
    except FontMissingError:
        return screen.say(screen.phrase("export_no_font"), [*_file_rows(screen), *rows])
    return screen.say(screen.phrase("export_ready"), rows, more=(Reply("", file=file),))


def _set_pin(screen: Screen, pin: str) -> Turn:
    stored = hashed(pin) if pin else ""
    after = replace(screen.case, pin=stored, opened=screen.now.isoformat(), wrong=0, pause="")
    here = replace(screen, case=after)
    lead = here.phrase("pin_set" if pin else "pin_off")
    return replace(_home(here, lead), effects=(_keeping(after),))


def _kept(screen: Screen) -> Turn:
    """What is kept, since when, until when; and the keys to delete it."""
    case = screen.case
    text = screen.phrase(
        "kit_kept", count=len(case.entries), agreed=case.agreed[:10], days=KEPT_DAYS
    )
    rows: list[Row] = [
        [("l-0", screen.phrase("key_diary_list"))],
        *_file_rows(screen),
        [(":reminder", screen.phrase("key_reminder"))],
        [("pin", screen.phrase("key_pin_change" if case.pin else "key_pin"))],
        [("drop", screen.phrase("key_drop"))],
        [("home", screen.phrase("key_diary_home"))],
    ]
    return screen.say(text, rows)


# Files


def _take(screen: Screen, received: Received, note: str) -> Turn | None:
    """The fingerprint of a file that was asked for; the file itself is not kept."""
    state = dict(screen.session.tool_state)
    entry = screen.case.entry(int(state.get("id", 0)))
    if entry is None or not screen.case.agreed or not wants_file(screen.session):
        return None
    rows: list[Row] = [[(f"e-{entry.id}", screen.phrase("key_leave_it"))]]
    refused = received.problem
    if not refused and any(file.sha256 == received.sha256 for file in entry.files):
        return screen.say(screen.phrase("file_known"), rows, state=state)
    if not refused and len(entry.files) >= MAX_FILES:
        return screen.say(screen.phrase("file_full", count=MAX_FILES), rows, state=state)
    if refused:
        text = screen.phrase(f"file_{refused}", limit=size_of(received.limit))
        return screen.say(text, rows, state=state)
    file = Attachment(
        received.kind,
        received.sha256,
        received.size,
        screen.now,
        received.changed,
        " ".join(note.split())[: LONGEST[NOTE]],
    )
    changed = replace(entry, files=(*entry.files, file))
    after = screen.case.edited(changed)
    here = replace(screen, case=after)
    line = file_line(here.content, here.session.language, len(changed.files), file)
    lines = [here.phrase("file_taken", number=entry.id), line, "", here.phrase("file_yours")]
    if file.changed:
        lines.append(here.phrase("file_changed"))
    if not file.note:
        lines.append(here.phrase("file_ask_note"))
    rows.insert(0, [("u", here.phrase("key_undo"))])
    if file.kind == "picture":
        rows.append([(":check_notice", here.phrase("key_read_picture"))])
    rows.append([("home", here.phrase("key_diary_home"))])
    state = {"at": NOTE, "id": entry.id}
    return here.say("\n".join(lines), rows, state=state, effects=(_keeping(after),))


def _noted(entry: Entry, note: str) -> Entry:
    """With words for the file that was taken last."""
    *files, last = entry.files
    return replace(entry, files=(*files, replace(last, note=note)))


# Words


def _written(screen: Screen, text: str) -> Turn | None:
    state = screen.session.tool_state
    if state.get("at") == "pin-new":
        pin = text.strip()
        if not is_pin(pin):
            return screen.say(screen.phrase("pin_new"), state={"at": "pin-new"})
        return _set_pin(screen, pin)
    if state.get("at") in ("field", NOTE):
        entry = screen.case.entry(int(state.get("id", 0)))
        if entry:
            return _fill(screen, entry, str(state.get("field", NOTE)), text)
    found = read_moment(text, screen.now)
    if state.get("at") != LINE and (found is None or not any(read_line(text)) or is_question(text)):
        return None  # a question of its own, not an entry
    if found is None and (
        is_question(text) or (sounds_like_question(text) and not any(read_line(text)))
    ):
        return None
    if found is None:
        return screen.say(screen.phrase("diary_bad_time"), state={"at": LINE})
    who, how = read_line(text)
    said = " ".join(text.split())  # several messages in a burst are one line of the exhibit
    cut = said[: LONGEST["words"]]
    entry = Entry(0, found.at, timed=found.has_time, who=who or "me", how=how or "call", words=cut)
    return _add(screen, entry, "diary_added" if cut == said else "diary_cut")


def _fill(screen: Screen, entry: Entry, name: str, text: str) -> Turn | None:
    said = " ".join(text.split())
    if name == "time":
        found = read_moment(text, screen.now)
        if found is None:
            again = {"at": "field", "id": entry.id, "field": "time"}
            return screen.say(screen.phrase("diary_bad_time"), state=again)
        return _save(screen, replace(entry, at=found.at, timed=found.has_time))
    if name in ("who", "how"):
        read = read_line(text)[("who", "how").index(name)]
        return _save(screen, entry.having(name, read)) if read else None
    if name not in (*WRITTEN, NOTE) or not said or (name == NOTE and not entry.files):
        return None
    cut = said[: LONGEST[name]]
    lead = "diary_saved" if cut == said else "diary_cut"
    if name == "lender" and not screen.case.kind_of(cut):
        return _name_lender(screen, replace(entry, lender=cut))
    changed = _noted(entry, cut) if name == NOTE else entry.having(name, cut)
    return _save(screen, changed, lead, typed=name, text=cut)


def _name_lender(screen: Screen, changed: Entry) -> Turn:
    """A lender named for the first time: its kind decides which rules apply."""
    after = screen.case.edited(changed).with_lender(changed.lender, "unknown")
    index = list(after.lenders).index(changed.lender)
    rows: list[Row] = [[(f"k-{index}-{kind}", screen.phrase(f"kind_{kind}"))] for kind in KINDS]
    here = replace(screen, case=after)
    question, asked = _maybe_question(here, changed, "lender", changed.lender)
    if question:
        rows.insert(0, question)
    saved = f"{here.phrase('diary_saved')}\n{describe(here, changed)}{asked}"
    return here.say(f"{saved}\n\n{here.phrase('ask_kind')}", rows, effects=(_keeping(after),))
