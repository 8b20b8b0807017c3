"""The way in: errors in the standard's form, what an application sends, how often it may ask."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from gridmap.api.open311 import formats
from gridmap.errors import Conflict, Forbidden, GridmapError, Invalid, NotLoggedIn
from gridmap.http.limits import Buckets, TooManyTries, block_of
from gridmap.http.problems import RETRY_AFTER, status_of
from gridmap.http.report_form import LONGEST, clean
from gridmap.http.reports import address_of
from gridmap.services.open311 import Open311KeyNotValid, Open311RequestNotFound
from gridmap.services.open311_keys import digest

MOST_FIELDS: Final = 60
#: `attribute[code]`, and `attribute[code][]` where several values may follow.
ATTRIBUTE: Final = re.compile(r"attribute\[([A-Za-z0-9_.-]{1,60})\](?:\[\])?")
FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
Format = Annotated[str, Path(pattern="^(json|xml)$")]


class OpenFormNotValid(Invalid):
    """A request is sent as a form, with fields that can be read."""

    slug, title = "open311-form-not-valid", "The form cannot be read"


@dataclass(slots=True)
class Turns:
    """How often one may file and ask, by key; and ask or guess without a key, by address block."""

    filing: Buckets = field(default_factory=lambda: Buckets(burst=30, every=10))
    asking: Buckets = field(default_factory=lambda: Buckets(burst=120, every=0.5))
    open: Buckets = field(default_factory=lambda: Buckets(burst=60, every=1))
    wrong: Buckets = field(default_factory=lambda: Buckets(burst=20, every=3))


def turns_of(request: Request) -> Turns:
    """Return the process's turns, made when first asked for."""
    turns: Turns | None = getattr(request.app.state, "open311_turns", None)
    if turns is None:
        turns = request.app.state.open311_turns = Turns()
    return turns


@dataclass(frozen=True, slots=True)
class Ask:
    """What every question says: where, with which key ("": without), in which language."""

    jurisdiction: str
    key: str
    language: str


def ask(
    request: Request,
    jurisdiction_id: Annotated[str, Query(max_length=64)] = "",
    api_key: Annotated[str, Query(max_length=200)] = "",
) -> Ask:
    """Return what a question says, and use one of its turns: its key's, or its address block's without one.

    Raises
    ------
    TooManyTries
    """
    turns = turns_of(request)
    if api_key:
        turns.asking.take(digest(api_key).hex())
    else:
        turns.open.take(block_of(address_of(request)))
    return Ask(clean(jurisdiction_id), clean(api_key), language_of(request))


AskDep = Annotated[Ask, Depends(ask)]


class Open311Route(APIRoute):
    """A route whose errors are told as the standard tells them; a wrong key or number uses a try of its address block.

    What may be read with GET may be asked for with HEAD: the same reply without its body.
    """

    def __init__(self, *args: Any, **facts: Any) -> None:
        super().__init__(*args, **facts)
        self.methods = {*(self.methods or ()), *(["HEAD"] if "GET" in (self.methods or ()) else [])}

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with the errors of everything inside it caught."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            reply = await answered(request)
            if request.method != "HEAD":
                return reply
            bare = Response(status_code=reply.status_code)
            bare.raw_headers = reply.raw_headers
            return bare

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                if any(fault.get("loc", ("",))[0] == "path" for fault in error.errors()):
                    return tell(request, 404, "there is nothing at this address: a resource ends in .json or .xml")
                return tell(request, 400, "a parameter is too long, or cannot be read")
            except HTTPException as error:
                return tell(request, error.status_code, str(error.detail))
            except GridmapError as error:
                return refuse(request, error)

        return guarded


def refuse(request: Request, error: GridmapError) -> Response:
    """Tell an error; one like a guess uses a try of its address block, and whoever has none left is told to wait.

    A right key or number passes all the same: with 60 random bits or more, guessing is hopeless anyhow.
    """
    if isinstance(error, Open311KeyNotValid | Open311RequestNotFound):
        try:
            turns_of(request).wrong.take(block_of(address_of(request)))
        except TooManyTries as later:
            error = later
    status = open311_status(error)
    headers = {"Retry-After": str(error.facts.get("retry_after", RETRY_AFTER[status]))} if status in RETRY_AFTER else {}
    return tell(request, status, error.detail, **headers)


def open311_status(error: GridmapError) -> int:
    """Return the standard's status of an error: 403 for whoever may not, 400 for whatever can be mended."""
    if isinstance(error, Forbidden | NotLoggedIn):
        return 403
    return 400 if isinstance(error, Invalid | Conflict) else status_of(type(error))


def tell(request: Request, status: int, sentence: str, **headers: str) -> Response:
    """Return an error in the format that was asked for: by the address, else as accepted, in XML where neither says."""
    path, accepted = request.url.path, request.headers.get("accept", "")
    fmt = "json" if path.endswith(".json") or (not path.endswith(".xml") and "json" in accepted) else "xml"
    return formats.send(fmt, "errors", [{"code": status, "description": sentence}], status, **headers)


@dataclass(frozen=True, slots=True)
class Sent:
    """What an application sent: fields by name, and the answers to a service's questions."""

    fields: dict[str, str]
    attributes: dict[str, list[str]]

    def __getitem__(self, name: str) -> str:
        """Return a field, "" where it is missing."""
        return self.fields.get(name, "")


async def read_sent(request: Request) -> Sent:
    """Return the form of a request; what stands in its address counts where the form does not say it.

    Raises
    ------
    OpenFormNotValid
        If the body is no form, or has more than `MOST_FIELDS` fields.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in FORMS:
        raise OpenFormNotValid(f"send the request as a form: {FORMS[0]}")
    fields = {name: clean(value) for name, value in request.query_params.items()}
    attributes: dict[str, list[str]] = {}
    async with request.form(max_files=3, max_fields=MOST_FIELDS) as form:
        for name, value in form.multi_items():
            # Pictures sent along are left aside as `media_url` is.
            if isinstance(value, UploadFile):
                fields["media_url"] = "media"
                continue
            if len(value) > LONGEST:
                raise OpenFormNotValid(f"{name[:40]} is too long")
            if found := ATTRIBUTE.fullmatch(name):
                attributes.setdefault(found[1], []).append(clean(value))
            elif name.startswith("attribute"):
                raise OpenFormNotValid("an answer is sent as attribute[code]")
            else:
                fields[name] = clean(value)
    return Sent(fields, attributes)


SentDep = Annotated[Sent, Depends(read_sent)]


def language_of(request: Request) -> str:
    """Return "zh" or "en": as `locale` says, else the first of the accepted languages, else Chinese."""
    told = request.query_params.get("locale") or request.headers.get("accept-language", "")
    first = told.split(",")[0].strip().lower()
    return "en" if first and first != "*" and not first.startswith("zh") else "zh"
