"""Draws the pages on which residents report and follow their report: no script, no cookie, the style inside the page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from markupsafe import Markup
from starlette.responses import HTMLResponse

from gridmap.domain.codes import spaced
from gridmap.web import resident_shell as shell
from gridmap.web.words import follow
from gridmap.web.words.report import WORDS

STYLES: Final = ("scan.css", "report.css")
#: Languages with words for these pages; others see English.
LANGUAGES: Final = shell.ALWAYS
SAID: Final = {
    language: {
        **shell.SAID[language],
        **{key: both[language != "zh"] for key, both in WORDS.items()},
        **follow.SAID.get(language, {}),
    }
    for language in shell.LANGUAGES
}


def language_of(wish: str | None) -> str:
    """Return the language of a page: Chinese, or English for whoever wishes for it or for one without words yet.

    >>> language_of(None), language_of("en"), language_of("ko"), language_of("<b>")
    ('zh', 'en', 'en', 'zh')
    """
    return "en" if wish != "zh" and wish in shell.LANGUAGES else "zh"


def follows_in(wish: str | None, told_in: str) -> str:
    """Return the language in which a matter is followed: the one asked for, else the one it was taken in with.

    One of the residents' languages; English for any other.

    >>> follows_in("ko", "zh"), follows_in(None, "ar"), follows_in(None, "hi"), follows_in("<b>", "zh")
    ('ko', 'ar', 'en', 'zh')
    """
    language = wish if wish in shell.LANGUAGES else told_in
    return language if language in shell.LANGUAGES else "en"


def draw(template: str, language: str, status: int, *, numbers: str, secure: bool, **facts: Any) -> HTMLResponse:
    """Return a page.

    Parameters
    ----------
    numbers
        Numbers for emergencies, comma-separated.
    secure
        Whether the service is reached over HTTPS.
    """
    other = shell.beside(language)
    style, hashed = _style()
    timezone = ZoneInfo(facts.pop("timezone", "Asia/Shanghai"))
    body = shell.templates.get_template(template).render(
        lang=language,
        tag=shell.LANGUAGES[language][0],
        tag2=shell.LANGUAGES[other][0],
        dir=shell.direction(language),
        dir2=shell.direction(other),
        t=partial(_say, language),
        u=partial(_say, other),
        both=_both(language),
        at=lambda moment, one=language: shell.when(moment.astimezone(timezone), one),
        stamp=lambda moment: moment.astimezone(timezone).isoformat(timespec="minutes"),
        more="" if language == "zh" else f"?lang={language}",
        style=style,
        emergency=[number.strip() for number in numbers.split(",") if number.strip()],
        known=SAID["zh"],
        offers=shell.offers(()),
        dial=shell.dial,
        spaced=spaced,
        **{"synthetic": False, **facts},
    )
    headers = shell.headers(STYLES[0], secure=secure)
    headers["Content-Security-Policy"] = headers["Content-Security-Policy"].replace(shell.style(STYLES[0])[1], hashed)
    headers |= {"Cache-Control": "no-store", "Content-Language": shell.LANGUAGES[language][0]}
    lines = "".join(line.strip() + "\n" for line in body.splitlines() if line.strip())
    return HTMLResponse(lines, status, headers)


def local_minute(typed: str, timezone: str) -> datetime | None:
    """Return the moment that a field for date and time means on the station's clocks, None for an empty one.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> local_minute("2025-06-01T08:30", "Asia/Shanghai").isoformat(), local_minute("", "Asia/Shanghai")
    ('2025-06-01T08:30:00+08:00', None)
    """
    if not typed:
        return None
    moment = datetime.fromisoformat(typed)
    return moment.replace(tzinfo=ZoneInfo(timezone)) if moment.tzinfo is None else moment


@cache
def _style() -> tuple[Markup, str]:
    """Return the style sheets of these pages as one, and the source expression that allows it and no other."""
    text = "".join(shell.style(name)[0] for name in STYLES)
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), f"'sha256-{digest}'"  # noqa: S704 -- our own files


def _say(language: str, key: str, **facts: object) -> str:
    words = SAID[language][key]
    return words.format(**facts) if facts else words


def _both(language: str) -> Callable[..., Markup]:
    """Return the function that gives words with those of the other language small beside them."""
    other = shell.beside(language)

    def both(key: str, **facts: object) -> Markup:
        return Markup('{} <small lang="{}">{}</small>').format(
            _say(language, key, **facts), shell.LANGUAGES[other][0], _say(other, key, **facts)
        )

    return both
