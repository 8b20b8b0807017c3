"""The resident's page behind the QR code: who is responsible for this door now, and how to reach them.

It holds no script and asks for nothing else: one reply, its style inside it, allowed by its hash alone. The words are
Chinese first with English beside, or the other way round with `?lang=en`.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gridmap.domain.codes import PlateCodeNotValid, parse_plate_code, spaced
from gridmap.domain.plates import PlateAnswer
from gridmap.http.limits import TooManyTries
from gridmap.http.scan import scan as answer_scan
from gridmap.http.session_dep import SessionDep
from gridmap.services.scan import PlateNotFound
from gridmap.web import assets
from gridmap.web.shell import name_of, templates
from gridmap.web.words import LANGUAGES, TAGS, Language, say

router = APIRouter(include_in_schema=False)

#: How long a phone may show an answer again without asking [s]; short, because a shift may end.
FRESH_S = 30
#: Emergency numbers with their names, for those in `Settings.emergency_numbers`.
SERVICES = {
    "110": ("报警", "Police"),
    "119": ("火警", "Fire"),
    "120": ("急救", "Ambulance"),
    "122": ("交通事故", "Traffic"),
}


@router.get("/p", response_class=HTMLResponse)
def type_code(code: str = "") -> Response:
    """Lead somebody who typed a code to its page."""
    return RedirectResponse(f"/p/{''.join(c for c in code if c.isalnum())[:24] or '-'}", 303)


@router.get("/p/{code}", response_class=HTMLResponse)
def scan(code: str, request: Request, session: SessionDep, lang: str = "zh") -> Response:
    """Show who answers for one door-plate now; 404 with help for a code that is none."""
    language: Language = "en" if lang == "en" else "zh"
    try:
        answer = answer_scan(request, session, code)
    except (PlateCodeNotValid, PlateNotFound, TooManyTries) as error:
        suggestion = error.facts.get("suggestion")
        facts = {"answer": None, "suggestion": spaced(str(suggestion)) if suggestion else None}
        return _page(request, language, 429 if isinstance(error, TooManyTries) else 404, typed=code[:40], **facts)
    canonical = parse_plate_code(code)
    at = answer.at.astimezone(ZoneInfo(answer.timezone))
    return _page(
        request, language, 200, typed=canonical, answer=answer, at=at, code=spaced(canonical), state=_state(answer)
    )


def _state(answer: PlateAnswer) -> str:
    """Return "replaced", "retired" or "alive": what the page says before anything else."""
    return answer.status if answer.status in {"replaced", "retired"} else "alive"


def _page(request: Request, language: Language, status: int, **facts: Any) -> HTMLResponse:
    other: Language = "zh" if language == "en" else "en"
    style, policy = _style()
    settings = getattr(request.app.state, "settings", None)
    numbers = str(getattr(settings, "emergency_numbers", "110,119,120")).split(",")
    body = templates.get_template("scan.html").render(
        lang=language,
        tag=TAGS[language],
        other=other,
        other_tag=TAGS[other],
        t=partial(_words, language),
        u=partial(_words, other),
        named=lambda thing: name_of(thing, language),
        also=lambda thing: _other_name(thing, language),
        dial=_dial,
        emergency=[
            (number.strip(), *(SERVICES.get(number.strip(), ("", ""))[:: 1 if language == "zh" else -1]))
            for number in numbers
            if number.strip()
        ],
        style=style,
        path=request.url.path,
        **facts,
    )
    headers = {"Cache-Control": f"private, max-age={FRESH_S}", "Content-Security-Policy": policy}
    return HTMLResponse(body, status, headers=headers)


@lru_cache(maxsize=1)
def _style() -> tuple[Markup, str]:
    """Return the style sheet for the page's head, and the policy that allows this one and nothing else."""
    text = assets.own_body("scan.css").decode()
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'sha256-{digest}'; img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return Markup(text), policy  # noqa: S704 -- our own file


def _words(language: Language, key: str, **facts: object) -> str:
    return say(key, language, **facts)


def _other_name(thing: object, language: Language) -> str:
    """Return the name in the other language where it says more than the first."""
    first, second = (name_of(thing, one) for one in (language, LANGUAGES[1 - LANGUAGES.index(language)]))
    return "" if first == second else second


def _dial(phone: str) -> str:
    """Return a telephone number as `tel:` takes it."""
    return "".join(symbol for symbol in phone if symbol.isdigit() or symbol == "+")
