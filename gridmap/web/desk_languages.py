"""The names of languages as the desk offers them to whoever comes with a matter: each in its own words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gridmap.web import resident_shell

#: Of languages mediators may speak that residents' pages do not have: their pages are in English.
OTHERS: Final = {
    "hi": "हिन्दी",
    "ur": "اردو",
    "fa": "فارسی",
    "tr": "Türkçe",
    "de": "Deutsch",
    "pt": "Português",
    "th": "ไทย",
}


def language_names(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Return (code, name) of languages; one whose receipt is in English says so.

    >>> language_names(["zh", "ko", "hi"])
    [('zh', '中文'), ('ko', '한국어'), ('hi', 'हिन्दी (English)')]
    """
    known = resident_shell.LANGUAGES
    return [(code, known[code][1] if code in known else f"{OTHERS.get(code, code)} (English)") for code in codes]
