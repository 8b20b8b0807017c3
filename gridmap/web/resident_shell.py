"""What the pages for residents share: many languages, templates without log-in, one style inside the page.

The process for residents is small: nothing here loads a map, a table of the database or the shell of the other pages.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

import jinja2
from markupsafe import Markup

from gridmap.web.words import (
    resident,
    resident_ar,
    resident_es,
    resident_fr,
    resident_ja,
    resident_ko,
    resident_ru,
    resident_vi,
)

#: language -> (tag, its own name), in the order in which pages offer them; the first two are always there.
LANGUAGES: Final[dict[str, tuple[str, str]]] = {
    "zh": ("zh-CN", "中文"), "en": ("en", "English"), "ko": ("ko", "한국어"), "ja": ("ja", "日本語"), "vi": ("vi", "Tiếng Việt"),
    "ru": ("ru", "Русский"), "fr": ("fr", "Français"), "es": ("es", "Español"), "ar": ("ar", "العربية"),
}  # fmt: skip
ALWAYS: Final = ("zh", "en")
RIGHT_TO_LEFT: Final = frozenset({"ar"})

#: language -> key -> words; {x} is filled in by `say`.
SAID: Final[dict[str, Mapping[str, str]]] = {
    "zh": {key: zh for key, (zh, _) in resident.WORDS.items()},
    "en": {key: en for key, (_, en) in resident.WORDS.items()},
    "ko": resident_ko.SAID,
    "ja": resident_ja.SAID,
    "vi": resident_vi.SAID,
    "ru": resident_ru.SAID,
    "fr": resident_fr.SAID,
    "es": resident_es.SAID,
    "ar": resident_ar.SAID,
}

_HERE: Final = Path(__file__).parent
templates: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    auto_reload=False,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def say(key: str, language: str, **facts: object) -> str:
    """Return the words for `key` in one of `LANGUAGES`, with `facts` filled in.

    >>> say("scan_badge", "en", badge="012345")
    'Badge 012345'
    """
    words = SAID[language][key]
    return words.format(**facts) if facts else words


def beside(language: str) -> str:
    """Return the language that stands small beside the first: English beside Chinese, Chinese beside any other."""
    return "en" if language == "zh" else "zh"


def direction(language: str) -> str:
    """Return "rtl" for languages written from the right, else "ltr"."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def chosen(wish: str | None, offered: tuple[str, ...] | None = None) -> str:
    """Return the language of a page: the one asked for, where it is offered, else Chinese.

    `offered`: the station's languages, beside which Chinese and English are always there; None: all.

    >>> chosen("ko", ("ko", "ru")), chosen("ko", ()), chosen("xx"), chosen("en", ())
    ('ko', 'zh', 'zh', 'en')
    """
    if wish in LANGUAGES and (offered is None or wish in ALWAYS or wish in offered):
        return wish
    return "zh"


def offers(offered: tuple[str, ...] | None = None) -> list[tuple[str, str, str]]:
    """Return (language, tag, own name) of what a page offers, as `chosen` reads `offered`."""
    return [
        (language, tag, name)
        for language, (tag, name) in LANGUAGES.items()
        if offered is None or language in ALWAYS or language in offered
    ]


@cache
def style(name: str) -> tuple[Markup, str]:
    """Return a style sheet for a page's head, and the source expression that allows it and no other."""
    lines = (_HERE / "static" / name).read_text(encoding="utf-8").splitlines()
    text = "".join(line.strip() for line in lines if not line.startswith("/*"))
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), f"'sha256-{digest}'"  # noqa: S704 -- our own file


@cache
def policy(name: str) -> str:
    """Return the content security policy of a page with the style sheet `name`: no script, nothing from elsewhere."""
    return (
        f"default-src 'none'; style-src {style(name)[1]}; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def headers(name: str, *, secure: bool) -> dict[str, str]:
    """Return the security headers of a resident's page with the style sheet `name`; `secure`: it is served over HTTPS.

    What governs scripts, frames and windows is left out: a policy that allows none of them says enough, and each header
    costs a scan a third of a microsecond.
    """
    found = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy(name),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if secure:
        found["Strict-Transport-Security"] = "max-age=31536000"
    return found


_NOT_DIALLED: Final = re.compile(r"[^0-9+]+")


def dial(phone: str) -> str:
    """Return a telephone number as `tel:` takes it.

    >>> dial("0371 123-45")
    '037112345'
    """
    return _NOT_DIALLED.sub("", phone)


_NEAR: Final = timedelta(days=180)


def when(local: datetime, language: str) -> str:
    """Return a local moment as pages tell it, in Chinese with the year only where it lies half a year off.

    Figures of right-to-left pages keep their order.

    >>> when(datetime(2020, 3, 5, 8, 0), "zh"), when(datetime(2020, 3, 5, 8, 0), "en")
    ('2020年3月5日 08:00', '2020-03-05 08:00')
    """
    if language == "zh":
        near = abs(local - datetime.now(local.tzinfo)) < _NEAR
        return f"{'' if near else f'{local.year}年'}{local.month}月{local.day}日 {local:%H:%M}"
    told = f"{local:%Y-%m-%d %H:%M}"
    return f"\u2066{told}\u2069" if language in RIGHT_TO_LEFT else told
