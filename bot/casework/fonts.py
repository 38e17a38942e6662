"""Where the font that PDFs embed lies. Light on purpose: the writers of files load late."""

import os
from pathlib import Path

FONT_SETTING = "HELPLINE_PDF_FONT"
# Where Debian, Fedora, Alpine and macOS put a font with Chinese letters.
FONT_PATHS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-vf-fonts/NotoSansCJK-VF.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/System/Library/Fonts/Supplemental/Songti.ttc",
)


class FontMissingError(Exception):
    """No font with Chinese letters is installed, so a PDF would show boxes."""


def font_path(setting: str = "") -> Path:
    """The font that PDFs embed. Raises FontMissingError with the remedy."""
    for candidate in (setting, *FONT_PATHS) if setting else FONT_PATHS:
        if candidate and os.path.isfile(candidate):
            return Path(candidate)
    raise FontMissingError(
        "no font with Chinese letters was found: install the package fonts-noto-cjk, "
        f"or name a .ttf, .otf or .ttc file in {FONT_SETTING}"
    )
