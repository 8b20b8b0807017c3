"""The font of printed sheets: one that has Chinese and can be put inside the PDF, wherever this machine keeps it.

Only TrueType outlines can be embedded; fonts with PostScript outlines (most builds of Noto CJK) cannot. Where none is
found, sheets use a font that every PDF reader is meant to bring along, and a warning says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import structlog
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from gridmap.errors import Invalid

log = structlog.stdlib.get_logger("gridmap.web.sheets")
NAME: Final = "gridmap-sheet"
FALLBACK: Final = "STSong-Light"
#: File names that are known to work, the best first.
KNOWN: Final = (
    "wqy-microhei.ttc", "NotoSansSC[wght].ttf", "NotoSansSC-Regular.ttf", "DroidSansFallbackFull.ttf", "DroidSansFallback.ttf",
    "wqy-zenhei.ttc", "msyh.ttc", "simhei.ttf", "uming.ttc",
)  # fmt: skip
FOLDERS: Final = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts", "/Library/Fonts")
#: Where set-up unpacks packages below gridmap's folder.
UNPACKED: Final = ("font", "browser")
#: What a font must have glyphs for.
NEEDED: Final = "警格网村Ag0′°"


class FontNotUsable(Invalid):
    """The font that is set is no TrueType font with Chinese."""

    slug, title = "font-not-usable", "The font cannot be used for sheets"


def use_font(wanted: Path | None = None, data: Path | None = None) -> str:
    """Return the name of the font to draw with, registered: `wanted`, else one that is found, else the fallback.

    Parameters
    ----------
    wanted
        The file that somebody has set.
    data
        gridmap's data folder, below which unpacked packages may have fonts.

    Raises
    ------
    FontNotUsable
        If `wanted` is no TrueType font, or has no Chinese.
    """
    if wanted is not None:
        if not _register(wanted):
            raise FontNotUsable(
                f"{wanted} is not there, has no TrueType outlines, or no Chinese; name a .ttf or .ttc such as "
                "wqy-microhei.ttc (package fonts-wqy-microhei), or unset GRIDMAP_FONT",
                font=str(wanted),
            )
        return NAME
    return _found(data)


@cache
def _found(data: Path | None) -> str:
    if any(_register(path) for path in _candidates(data)):
        return NAME
    log.warning(
        "no font with Chinese to put into PDFs",
        instead=FALLBACK,
        mend="install fonts-wqy-microhei, or set GRIDMAP_FONT",
    )
    pdfmetrics.registerFont(UnicodeCIDFont(FALLBACK))
    return FALLBACK


def _candidates(data: Path | None) -> Iterator[Path]:
    """Yield the font files of this machine that are known to work, the best first."""
    own = [] if data is None else [data / name / "usr/share/fonts" for name in UNPACKED]
    folders = [*own, *(Path(folder).expanduser() for folder in FOLDERS), *_default_data()]
    there = {path.name: path for folder in reversed(folders) if folder.is_dir() for path in folder.rglob("*.tt[cf]")}
    yield from (there[name] for name in KNOWN if name in there)


def _default_data() -> list[Path]:
    places = (Path("/var/lib/gridmap"), Path("~/.local/share/gridmap").expanduser())
    return [place / name / "usr/share/fonts" for place in places for name in UNPACKED]


def _register(path: Path) -> bool:
    """Return whether the font at `path` can be used, registered as `NAME` if so."""
    try:
        font = TTFont(NAME, str(path), subfontIndex=0)
    except (TTFError, OSError, ValueError, IndexError, KeyError):
        return False
    glyphs = font.face.charToGlyph
    if not all(ord(sign) in glyphs for sign in NEEDED):
        return False
    pdfmetrics.registerFont(font)
    return True
