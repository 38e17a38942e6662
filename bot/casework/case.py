"""What a person chose to keep: their agreement, the diary, the letter they are writing. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

MAX_ENTRIES = 500
MAX_FILES = 10  # fingerprints an entry
# Longest text kept of each field, in characters; what is longer is cut and the person is told.
LONGEST = {"words": 600, "feeling": 300, "evidence": 300, "lender": 60, "number": 40, "note": 120}
WHO = ("me", "family", "work", "other")
HOW = ("call", "sms", "visit", "social", "other")
CALLS = ("call",)
# Kinds of lender; the kind decides which rules apply and which regulator is asked.
KINDS = ("card", "bank", "consumer", "small", "payment", "unlicensed", "unknown")


@dataclass(frozen=True)
class Attachment:
    """A file that the person holds, known by its fingerprint: it is kept nowhere here.

    `kind`: picture, recording, video, document. `sha256` in hexadecimal, `size` in bytes, `at` when
    it was taken in (China time). `changed`: the chat app had made it smaller before.
    """

    kind: str
    sha256: str
    size: int
    at: datetime
    changed: bool = False
    note: str = ""


@dataclass(frozen=True)
class Entry:
    """One contact. `at` has China's time zone; empty texts mean that the person did not say.

    `timed` is False where only the day is known; `at` then stands at noon and no hour is counted.
    """

    id: int
    at: datetime
    timed: bool = True
    who: str = "me"
    how: str = "call"
    lender: str = ""
    answered: str = ""  # "" | "yes" | "no"
    number: str = ""
    words: str = ""
    feeling: str = ""
    evidence: str = ""
    files: tuple[Attachment, ...] = ()

    def having(self, name: str, text: str) -> "Entry":
        """With one of its texts or choices changed."""
        change: dict[str, Any] = {name: text}
        return replace(self, **change)


@dataclass(frozen=True)
class Case:
    """`agreed` is empty until the person agreed to keeping; nothing is kept before.

    `undo` is the last change to the diary: ("add" | "remove" | "edit", the entry before it).
    `lenders` holds the kind of each lender that was named; `letter` an unfinished letter.
    """

    agreed: str = ""
    changed: str = ""  # when it was last kept: the 180 days count from here
    next_id: int = 1
    entries: tuple[Entry, ...] = ()
    lenders: Mapping[str, str] = field(default_factory=dict)
    undo: tuple[str, Entry] | None = None
    letter: Mapping[str, Any] = field(default_factory=dict)
    dates: tuple[tuple[str, str], ...] = ()  # (id in deadlines.yml, last day) to be reminded of
    silent: bool = False  # no reminders at all, also none before the end of the 180 days
    pin: str = ""  # salt and hash (pin.py)
    opened: str = ""  # when the PIN was last given
    wrong: int = 0  # wrong PINs in a row
    pause: str = ""  # until when no PIN is tried

    def entry(self, number: int) -> Entry | None:
        return next((one for one in self.entries if one.id == number), None)

    @property
    def in_order(self) -> tuple[Entry, ...]:
        """By the moment of the contact, the way exhibits are numbered."""
        return tuple(sorted(self.entries, key=lambda entry: (entry.at, entry.id)))

    def added(self, entry: Entry) -> "Case":
        entry = replace(entry, id=self.next_id)
        return replace(
            self,
            entries=(*self.entries, entry),
            next_id=self.next_id + 1,
            undo=("add", entry),
        )

    def edited(self, changed: Entry) -> "Case":
        before = self.entry(changed.id)
        if before is None:
            return self
        entries = tuple(changed if one.id == changed.id else one for one in self.entries)
        return replace(self, entries=entries, undo=("edit", before))

    def removed(self, number: int) -> "Case":
        before = self.entry(number)
        if before is None:
            return self
        entries = tuple(one for one in self.entries if one.id != number)
        return replace(self, entries=entries, undo=("remove", before))

    def undone(self) -> "Case":
        """Takes back the last change; a second time changes nothing."""
        if self.undo is None:
            return self
        kind, entry = self.undo
        entries = tuple(one for one in self.entries if one.id != entry.id)
        if kind != "add":
            entries = (*entries, entry)
        return replace(self, entries=tuple(sorted(entries, key=lambda one: one.id)), undo=None)

    def kind_of(self, lender: str) -> str:
        return self.lenders.get(lender, "") if lender else ""

    def with_lender(self, lender: str, kind: str) -> "Case":
        return replace(self, lenders={**self.lenders, lender: kind})

    def without_lender(self, lender: str) -> "Case":
        """Without a name that no entry bears."""
        if any(entry.lender == lender for entry in self.entries):
            return self
        return replace(
            self, lenders={name: kind for name, kind in self.lenders.items() if name != lender}
        )


def dump_case(case: Case) -> dict[str, Any]:
    """As JSON can hold it."""

    def entry(one: Entry) -> dict[str, Any]:
        files = [{**asdict(file), "at": file.at.isoformat()} for file in one.files]
        return {**asdict(one), "at": one.at.isoformat(), "files": files}

    return {
        "agreed": case.agreed,
        "changed": case.changed,
        "next_id": case.next_id,
        "entries": [entry(one) for one in case.entries],
        "lenders": dict(case.lenders),
        "undo": [case.undo[0], entry(case.undo[1])] if case.undo else None,
        "letter": dict(case.letter),
        "dates": [list(one) for one in case.dates],
        "silent": case.silent,
        "pin": case.pin,
        "opened": case.opened,
        "wrong": case.wrong,
        "pause": case.pause,
    }


def load_case(data: Mapping[str, Any] | None) -> Case:
    """The case as it was kept; an empty one for None. Unknown fields of a later bot are left."""
    if data is None:
        return Case()

    def known(kind: type[Entry] | type[Attachment], one: Mapping[str, Any]) -> dict[str, Any]:
        values = {name: one[name] for name in kind.__dataclass_fields__ if name in one}
        return {**values, "at": datetime.fromisoformat(one["at"])}

    def entry(one: Mapping[str, Any]) -> Entry:
        files = tuple(Attachment(**known(Attachment, file)) for file in one.get("files", ()))
        return Entry(**{**known(Entry, one), "files": files})

    undo = data.get("undo")
    return Case(
        agreed=data.get("agreed", ""),
        changed=data.get("changed", ""),
        next_id=data.get("next_id", 1),
        entries=tuple(entry(one) for one in data.get("entries", ())),
        lenders=dict(data.get("lenders", {})),
        undo=(undo[0], entry(undo[1])) if undo else None,
        letter=dict(data.get("letter", {})),
        dates=tuple((paper, day) for paper, day in data.get("dates", ())),
        silent=data.get("silent", False),
        pin=data.get("pin", ""),
        opened=data.get("opened", ""),
        wrong=data.get("wrong", 0),
        pause=data.get("pause", ""),
    )
