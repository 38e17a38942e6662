"""Traditional Chinese made from the Simplified text, with the words that the conversion gets wrong.

OpenCC's `s2tw` converts characters; `s2twp` would also rewrite names of laws and sites. The pinned
version is the same one that the recogniser folds its input with.
"""

from collections.abc import Callable, Mapping
from functools import cache

from opencc import OpenCC


@cache
def _opencc() -> OpenCC:
    return OpenCC("s2tw")


def converter(corrections: Mapping[str, str]) -> Callable[[str], str]:
    """A function from Simplified to Traditional that ends with `corrections` (wrong -> right)."""
    # Longest first, so that a correction is not cut by a shorter one inside it.
    ordered = sorted(corrections.items(), key=lambda pair: -len(pair[0]))

    def convert(text: str) -> str:
        converted = str(_opencc().convert(text))
        for wrong, right in ordered:
            converted = converted.replace(wrong, right)
        return converted

    return convert
