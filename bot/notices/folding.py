"""The text made comparable, with the way back to the place in the text as it was sent.

Width, script and letter case are folded, invisible characters dropped, and blanks or symbols
between two Chinese characters taken out, as an SMS breaks lines inside words and senders wedge
symbols into words to get past filters. Such wedges are reported with their place.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property

from bot.notices.spans import Span

# Symbols that are put between the characters of a word; 、 and / separate words and are left alone.
_WEDGE = (
    " \t\u3000*_\\-\u2010-\u2015\u2212·•.‧~^|+#=…☆★※◆◇●○◎■□▲△▼▽\u2600-\u27bf\U0001f300-\U0001faff"
)
_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_BETWEEN = re.compile(f"(?<=[{_HAN}])(?:[{_WEDGE}]{{1,3}}|[ \t]*\n[ \t]*)(?=[{_HAN}])")
_BLANK_BETWEEN = re.compile(f"(?<=[{_HAN}])[ \u3000](?=[{_HAN}])")
_HAN_PAIR = re.compile(f"[{_HAN}](?=[ \u3000]?[{_HAN}])")
# Corpora and some speech keyboards put a blank after every word: that is no trick.
_SPACED_OUT = 0.35
# Words that filters look for.
_WATCHED = [
    "法院",
    "法庭",
    "律师",
    "起诉",
    "诉讼",
    "立案",
    "传票",
    "公安",
    "警方",
    "警察",
    "派出所",
    "检察",
    "仲裁",
    "逮捕",
    "拘留",
    "刑拘",
    "判决",
    "强制执行",
    "冻结",
    "查封",
    "催收",
    "欠款",
    "逾期",
    "还款",
    "征信",
    "失信",
    "黑名单",
    "贷款",
    "上门",
    "调解",
    "网贷",
    "银行",
    "转账",
]
_WATCHED_WEDGED = re.compile(
    "|".join(f"[{_WEDGE}]{{0,3}}".join(map(re.escape, word)) for word in _WATCHED)
)
_INVISIBLE = frozenset("\u00ad\u034f\u061c\u180e\ufeff") | {
    chr(code) for code in (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070))
}


@cache
def _to_simplified() -> "dict[int, str]":
    return _Simplified()


class _Simplified(dict[int, str]):
    """Character by character, so that places stay: 訴 -> 诉. Filled as characters turn up."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if not ("\u3400" <= character <= "\u9fff"):
            raise LookupError(code)
        converted = str(_opencc().convert(character))
        self[code] = converted if len(converted) == 1 else character
        return self[code]


@cache
def _opencc():  # type: ignore[no-untyped-def]  # opencc has no types
    from opencc import OpenCC

    return OpenCC("t2s")


@cache
def _plain(character: str) -> str:
    """One character without its width and case; may become several or none."""
    if character in _INVISIBLE:
        return ""
    if character in "\r\v\f\x85\u2028\u2029":
        return "\n" if character != "\r" else ""
    folded = unicodedata.normalize("NFKC", character).lower()
    if folded.isspace() and folded != "\n":
        return " "
    return folded.translate(_to_simplified())


@dataclass(frozen=True)
class Trick:
    """A symbol wedged into a watched word, or characters that cannot be seen."""

    kind: str  # wedge | invisible
    span: Span


class FoldedText:
    """`text` is what patterns look at; `span(start, end)` leads back to what was sent.

    `lines` is the same text before wedges were taken out (addresses and numbers live there).
    """

    def __init__(self, original: str) -> None:
        self.original = original
        characters: list[str] = []
        places: list[int] = []
        for place, character in enumerate(original):
            plain = character if "!" <= character <= "@" else _plain(character)
            if len(plain) == 1:
                characters.append(plain)
                places.append(place)
            else:
                characters.extend(plain)
                places.extend([place] * len(plain))
        self.lines = "".join(characters)
        self._line_places = places
        kept: list[str] = []
        self._places: list[int] = []
        at = 0
        for wedge in _BETWEEN.finditer(self.lines):
            kept.append(self.lines[at : wedge.start()])
            self._places.extend(places[at : wedge.start()])
            at = wedge.end()
        kept.append(self.lines[at:])
        self._places.extend(places[at:])
        self.text = "".join(kept)

    def span(self, start: int, end: int) -> Span:
        """The place in the original of `text[start:end]`, which may not be empty."""
        return self._span(self._places, start, end)

    def line_span(self, start: int, end: int) -> Span:
        """The place in the original of `lines[start:end]`, which may not be empty."""
        return self._span(self._line_places, start, end)

    def _span(self, places: list[int], start: int, end: int) -> Span:
        first, last = places[start], places[end - 1] + 1
        return Span(first, last, self.original[first:last])

    @cached_property
    def tricks(self) -> tuple[Trick, ...]:
        found = [
            Trick("wedge", self.line_span(*match.span()))
            for match in _WATCHED_WEDGED.finditer(self.lines)
            if match.group() not in _WATCHED
        ]
        if self._is_spaced_out():
            found = [
                trick
                for trick in found
                if any(not c.isspace() and not c.isalnum() for c in trick.span.quote)
            ]
        for place, character in enumerate(self.original):
            if character in _INVISIBLE and character not in "\u200d\ufeff":
                found.append(Trick("invisible", Span(place, place + 1, character)))
                break
        return tuple(found)

    def _is_spaced_out(self) -> bool:
        pairs = sum(1 for _ in _HAN_PAIR.finditer(self.lines))
        blanks = sum(1 for _ in _BLANK_BETWEEN.finditer(self.lines))
        return pairs > 0 and blanks / pairs > _SPACED_OUT
