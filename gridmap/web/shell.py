"""What every page shares: its language, its frame, its templates."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import jinja2
import orjson
from fastapi import Request, Response
from starlette.responses import HTMLResponse

from gridmap.domain.access import Action, Actor
from gridmap.http.csrf import csrf_token
from gridmap.store.tables import Station
from gridmap.web import assets
from gridmap.web.words import LANGUAGES, TAGS, Language, kind_name, say

COOKIE: Final = "lang"
YEAR_S: Final = 365 * 24 * 3600

#: page -> the action a role needs to open it; the order is the order in the header.
PAGES: Final = {
    "desk": Action.USE_DESK, "plan": Action.READ_DRAFTS, "map": Action.READ_OWN_ANALYSES, "gaps": Action.READ_ANALYSES, "brief": Action.READ_ANALYSES,
    "reports": Action.READ_REPORTS,
}  # fmt: skip

templates = jinja2.Environment(
    loader=jinja2.PackageLoader("gridmap.web"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.globals.update(asset=assets.own)


def language_of(request: Request) -> Language:
    """Return the language of a page: asked for in the address, chosen before, or the browser's; else Chinese."""
    for wish in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        for language in LANGUAGES:
            if wish == language:
                return language
    accepted = request.headers.get("accept-language", "").lower()
    zh, en = accepted.find("zh"), accepted.find("en")
    return "en" if en >= 0 and (zh < 0 or en < zh) else "zh"


def page(
    request: Request,
    template: str,
    *,
    actor: Actor | None,
    station: Station | None = None,
    status: int = 200,
    **facts: object,
) -> HTMLResponse:
    """Return a page: `template` inside the frame, in the language of the request.

    It is never compressed: it may hold the form token beside text from its own address (BREACH). Data are.
    """
    language = language_of(request)
    query = {**request.query_params, "lang": "zh" if language == "en" else "en"}
    body = templates.get_template(template).render(
        lang=language,
        tag=TAGS[language],
        t=partial(_say, language),
        kind=lambda kind: kind_name(kind, language),
        named=lambda thing: name_of(thing, language),
        actor=actor,
        station=station,
        pages=[name for name, action in PAGES.items() if actor is not None and actor.may(action)],
        other_language=f"{request.url.path}?{urlencode(query)}",
        csrf=csrf_token(request) if actor is not None else "",
        path=request.url.path,
        **facts,
    )
    reply = HTMLResponse(body, status, headers={"Cache-Control": "no-store"})
    if request.query_params.get("lang") in LANGUAGES:
        reply.set_cookie(COOKIE, language, max_age=YEAR_S, httponly=True, samesite="lax")
    return reply


def data(request: Request, content: Mapping[str, Any], *, etag: str | None = None, fresh_s: int = 0) -> Response:
    """Return JSON for a page of ours: compressed, private, sent again only when its `etag` has changed.

    For `fresh_s` seconds a browser need not even ask.
    """
    headers = {
        "Cache-Control": f"private, max-age={fresh_s}" if fresh_s else "private, no-cache",
        "Vary": "Accept-Encoding, Cookie",
    }
    if etag is not None:
        headers["ETag"] = f'W/"{etag}"'
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
    body = orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
    if "gzip" in request.headers.get("accept-encoding", "") and len(body) > 1_000:
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, 4, mtime=0)
    return Response(body, media_type="application/json", headers=headers)


def in_script(content: object) -> str:
    """Return JSON that can stand in a `<script type="application/json">` and end it nowhere."""
    text = orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def name_of(thing: object, language: Language) -> str:
    """Return the name of a station, zone, place, category or person in `language`, the other one where it has none."""
    get = thing.get if isinstance(thing, Mapping) else partial(_attribute, thing)
    zh, en = get("name_zh") or get("name") or "", get("name_en") or ""
    chosen = (en or zh) if language == "en" else (zh or en)
    return str(chosen or get("code") or "")


def local_time(at: datetime, station: Station) -> datetime:
    """Return a moment as the station's clocks show it."""
    return at.astimezone(ZoneInfo(station.timezone))


def _attribute(thing: object, name: str) -> Any:
    return getattr(thing, name, None)


def _say(language: Language, key: str, **facts: object) -> str:
    return say(key, language, **facts)
