"""Reads a short free text against the choices on the screen: "第二个", "the last one", "sí"."""

import re
import unicodedata
from collections.abc import Sequence

# Words for positions, per language; -1 is the last one.
_ORDINALS: dict[str, int] = {
    **dict.fromkeys(("1", "一", "第一", "头一", "first", "one", "primero", "primera", "uno"), 0),
    **dict.fromkeys(("2", "二", "第二", "two", "second", "segundo", "segunda", "dos"), 1),
    **dict.fromkeys(("3", "三", "第三", "three", "third", "tercero", "tercera", "tres"), 2),
    **dict.fromkeys(("4", "四", "第四", "four", "fourth", "cuarto", "cuarta", "cuatro"), 3),
    **dict.fromkeys(("5", "五", "第五", "five", "fifth", "quinto", "quinta", "cinco"), 4),
    **dict.fromkeys(("6", "六", "第六", "six", "sixth", "sexto", "sexta", "seis"), 5),
    **dict.fromkeys(("最后", "最后一", "最末", "last", "ultimo", "ultima"), -1),
}
_FILLER = re.compile(
    r"\b(?:the|el|la|los|las|numero|number|no|option|opcion|choice|please|por favor|one|pls)\b"
    r"|[个個项項条條种種号號选選那这這吧啊呢的]|[.,!?。，！？、()（）:：#]"
)
YES = frozenset(
    {
        "是",
        "是的",
        "对",
        "对的",
        "嗯",
        "嗯嗯",
        "好",
        "好的",
        "行",
        "可以",
        "有",
        "係",
        "系",
        "要",
        "yes",
        "y",
        "yeah",
        "yep",
        "ok",
        "okay",
        "sure",
        "right",
        "si",
        "claro",
        "vale",
        "dale",
        "bueno",
        "ok si",
    }
)
NO = frozenset(
    {
        "不",
        "不是",
        "没有",
        "没",
        "否",
        "不对",
        "不用",
        "不要",
        "唔係",
        "唔系",
        "冇",
        "no",
        "n",
        "nope",
        "nah",
        "not really",
        "para nada",
        "no gracias",
    }
)
_YES_LABEL = re.compile(r"^(?:是|对|有|yes\b|si\b)", re.IGNORECASE)
_FIRST_NO = re.compile(r"(?:不是|不会|没有|没想|没事|唔係|唔系|冇|no\b|nope\b|not\b|nah\b)")
_NO_LABEL = re.compile(r"^(?:不|没|否|no\b)", re.IGNORECASE)


def fold(text: str) -> str:
    """Lower case, half width, no accents, no surrounding punctuation: for comparing only."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return plain.strip(" \t\n.,!?。，！？、¡¿…~～")


def is_yes(text: str) -> bool:
    return fold(text) in YES


def is_no(text: str) -> bool:
    return fold(text) in NO


def begins_with_no(text: str) -> bool:
    """Whether a longer answer begins with a no, as in "不会，我只是累" or "No, I'm fine"."""
    return bool(_FIRST_NO.match(fold(text)))


def choose(text: str, labels: Sequence[str]) -> int | None:
    """The index of the label that the text means, or None if it is not surely one of them.

    Positions, a label (or a piece that only one label holds), yes and no are understood.
    """
    said = fold(text)
    if not said or not labels:
        return None
    position = _position(said, len(labels))
    if position is not None:
        return position
    folded = [fold(label) for label in labels]
    if said in folded:
        return folded.index(said)
    for words, pattern in ((YES, _YES_LABEL), (NO, _NO_LABEL)):
        if said in words:
            matching = [index for index, label in enumerate(folded) if pattern.match(label)]
            return matching[0] if len(matching) == 1 else None
    if len(said) >= (2 if not said.isascii() else 5):
        holding = [index for index, label in enumerate(folded) if said in label]
        if len(holding) == 1:
            return holding[0]
    return None


def _position(said: str, count: int) -> int | None:
    word = _FILLER.sub("", said).strip() or ("one" if said == "one" else "")
    if not word.isascii():
        word = (
            word.replace(" ", "").removeprefix("第")
            if word[-1:].isdigit()
            else word.replace(" ", "")
        )
    index = _ORDINALS.get(word)
    if index is None or index >= count:
        return None
    return index % count
