"""What happens to a message before anything looks at it: cleaning, folding, cutting.

Cleaning makes a text safe to hand to either engine and is the same for both. Folding takes off
differences that carry no meaning for the intent (script, width, case, spelling of names).
"""

import functools
import re
import unicodedata

MAX_CHARACTERS = 4096
MAX_PIECE_CHARACTERS = 400

# Spellings that people use for the same thing: homophones of voice input and of the hasty thumb,
# and spellings chosen to get past a filter. Only ones that mean nothing else in this field.
_SPELLINGS = {
    "崔收": "催收",
    "摧收": "催收",
    "催搜": "催收",
    "网袋": "网贷",
    "网代": "网贷",
    "老籁": "老赖",
    "逾其": "逾期",
    "预期了": "逾期了",
    "愈期": "逾期",
    "征心": "征信",
    "证信": "征信",
    "借贝": "借呗",
    "花贝": "花呗",
    "微立贷": "微粒贷",
    "威力贷": "微粒贷",
    "律师涵": "律师函",
    "律师含": "律师函",
    "传漂": "传票",
    "协伤": "协商",
    "坐劳": "坐牢",
    "做牢": "坐牢",
}
_SPELLING = re.compile("|".join(map(re.escape, _SPELLINGS)))
_BLANKS = re.compile(r"\s+")
# The script conversion stops at NUL, and people paste marks that cannot be seen. Line breaks and
# tabs, which separate words, are left to _BLANKS.
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200b-\u200f\u2060\ufeff]")
_REPEATED = re.compile(r"(.)\1{2,}", re.DOTALL)
_LONG_NUMBER = re.compile(r"\d{5,}")


def clean(text: str) -> str:
    """A text that is safe for both engines; may be empty, and then belongs to neither.

    Lone surrogates would crash the encoder, a leading slash is a command to Rasa (intent with
    confidence 1.0), and Rasa strips blanks itself.
    """
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()
    while text.startswith("/"):
        text = text.lstrip("/").lstrip()
    return text[:MAX_CHARACTERS].rstrip()


@functools.cache
def _to_simplified():  # type: ignore[no-untyped-def]  # opencc has no types
    import opencc

    return opencc.OpenCC("tw2sp")


def fold(text: str) -> str:
    """The text with width, case, script, spelling and long numbers made alike."""
    text = _UNSEEN.sub("", unicodedata.normalize("NFKC", text).lower())
    # A lone 么 is taken for the Traditional 幺 (tiny), which nobody here means.
    text = _to_simplified().convert(text).replace("幺", "么")
    text = _SPELLING.sub(lambda match: _SPELLINGS[match.group()], text)
    text = _REPEATED.sub(r"\1\1", text)
    text = _LONG_NUMBER.sub(lambda match: match.group()[:5], text)
    return _BLANKS.sub(" ", text).strip()


def pieces(text: str) -> list[str]:
    """The text as the encoders read it: folded, whole or its first and last 400 characters.

    A story tells its question at its beginning or at its end. Cutting shorter messages into
    sentences and pooling those was measured and gained nothing.
    """
    folded = fold(clean(text))
    if len(folded) <= MAX_PIECE_CHARACTERS:
        return [folded]
    return [folded[:MAX_PIECE_CHARACTERS], folded[-MAX_PIECE_CHARACTERS:]]
