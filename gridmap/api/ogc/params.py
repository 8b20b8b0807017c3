"""What the parameters of a request say; what is unknown or cannot be read is refused with 400, by name."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import shapely
from fastapi import Request

from gridmap.http.problems import ParameterNotValid
from gridmap.services.ogc import items, systems
from gridmap.services.ogc.asked import Asked
from gridmap.services.ogc.collections import Collection, Column
from gridmap.services.ogc.systems import System

LIMIT, LARGEST = 100, 10_000
LONGEST: Final = 500
#: Parameters of every list of features; the names of its properties come on top.
OF_ITEMS: Final = ("f", "limit", "bbox", "bbox-crs", "datetime", "crs", "after")
FORMATS: Final = ("json", "html")
MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?([Zz]|[ +-]\d\d:\d\d)", re.ASCII)
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
INTEGER: Final = re.compile(r"[+-]?\d{1,18}", re.ASCII)
NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
FIRST, LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


def only(request: Request, *allowed: str) -> None:
    """Check that a request has no other parameters than `allowed`, each once, of a length one can read.

    Raises
    ------
    ParameterNotValid
        With the name of the first that is not.
    """
    seen: set[str] = set()
    for name, value in request.query_params.multi_items():
        if name not in allowed:
            raise _bad(name[:64], f"there is no such parameter here; there are {', '.join(allowed)}")
        if name in seen:
            raise _bad(name, "it is given twice")
        if len(value) > LONGEST or "\0" in value:
            raise _bad(name, f"it has at most {LONGEST} characters, and no NUL")
        seen.add(name)
    if request.query_params.get("f", "json") not in FORMATS:
        raise _bad("f", f"it is {' or '.join(FORMATS)}")


def of_items(request: Request, collection: Collection, known: tuple[System, ...]) -> Asked:
    """Return what a request for features of a collection wants.

    Raises
    ------
    ParameterNotValid
        With the name of the parameter that is unknown or cannot be read, and how it is written.
    """
    only(request, *OF_ITEMS, *collection.names)
    told = request.query_params
    since, until = interval(told["datetime"]) if "datetime" in told else (None, None)
    after = told.get("after")
    if after is not None and not items.can_follow(collection, after):
        raise _bad("after", "it is the id of a feature; take it from the link to the next page")
    return Asked(
        system=system_of("crs", told.get("crs"), known),
        limit=limit_of(told.get("limit")),
        after=after,
        region=region_of(told.get("bbox"), told.get("bbox-crs"), known),
        since=since,
        until=until,
        equal={
            column.name: value_of(column, told[column.name]) for column in collection.columns if column.name in told
        },
    )


def limit_of(told: str | None) -> int:
    """Return how many features a page has at most; more than the largest page is the largest page."""
    if told is None:
        return LIMIT
    if not INTEGER.fullmatch(told) or int(told) < 1:
        raise _bad("limit", f"it is a whole number from 1; a page has at most {LARGEST:,}")
    return min(int(told), LARGEST)


def system_of(name: str, told: str | None, known: tuple[System, ...]) -> System:
    """Return the system of an address; CRS84 where none is given."""
    if told is None:
        return known[0]
    for system in known:
        if system.uri == told:
            return system
    raise _bad(name, f"it is one of {', '.join(system.uri for system in known)}")


def region_of(told: str | None, crs: str | None, known: tuple[System, ...]) -> tuple[shapely.Geometry, ...]:
    """Return the boxes of `bbox` in EPSG:4326; none where it is not given."""
    system = system_of("bbox-crs", crs, known)
    if told is None:
        return ()
    parts = told.split(",")
    if len(parts) not in {4, 6} or not all(NUMBER.fullmatch(part.strip()) for part in parts):
        raise _bad("bbox", "it is four numbers, or six with heights: the lower corner, then the upper one")
    numbers = [float(part) for part in parts]
    if not all(map(math.isfinite, numbers)):
        raise _bad("bbox", "its numbers are too large")
    half = len(numbers) // 2
    if half == 3 and numbers[2] > numbers[5]:
        raise _bad("bbox", "the box is upside down: the lower height comes first")
    try:
        return systems.boxes((numbers[0], numbers[1], numbers[half], numbers[half + 1]), system)
    except ValueError as error:
        raise _bad("bbox", str(error)) from None


def interval(told: str) -> tuple[datetime | None, datetime | None]:
    """Return the first and last moment of `datetime`: a moment, or two with a slash between; `..` is open.

    A day stands for the whole of it, in UTC.

    Examples
    --------
    >>> interval("2025-06-01T00:00:00Z/..")
    (datetime.datetime(2025, 6, 1, 0, 0, tzinfo=datetime.timezone.utc), None)
    """
    parts = told.split("/")
    if len(parts) > 2:
        raise _bad("datetime", "it is a moment, or two with one slash between")
    first, last = parts[0], parts[-1]
    since = _moment(first, end=False, open_end=len(parts) == 2)
    until = _moment(last, end=True, open_end=len(parts) == 2)
    if since is not None and until is not None and since > until:
        raise _bad("datetime", "it ends before it begins")
    return since, until


def value_of(column: Column, told: str) -> Any:
    """Return the value of a property that features shall have."""
    kind = column.kind
    if kind == "boolean" and told in {"true", "false", "1", "0"}:  # GDAL writes 1 and 0
        return told in {"true", "1"}
    if kind == "integer" and INTEGER.fullmatch(told):
        return int(told)
    if kind == "number" and NUMBER.fullmatch(told) and math.isfinite(float(told)):
        return float(told)
    if kind == "date-time":
        return _moment(told, end=False, name=column.name)
    if kind == "date" and DAY.fullmatch(told):
        return _day(told, column.name)
    if kind == "string":
        return told
    raise _bad(column.name, f"its values are of the kind {kind}")


def _moment(told: str, *, end: bool, open_end: bool = False, name: str = "datetime") -> datetime | None:
    if open_end and told in {"", ".."}:
        return None
    if DAY.fullmatch(told):
        day = datetime.combine(_day(told, name), time(), UTC)
        return day + timedelta(days=1) - timedelta(microseconds=1) if end else day
    found = MOMENT.fullmatch(told)
    if found is None:
        raise _bad(name, "a moment is written 2025-06-01T12:00:00Z, a span 2025-06-01T00:00:00Z/.. (RFC 3339)")
    written_day, clock, fraction, zone = found.groups()
    zone = "+00:00" if zone in {"Z", "z"} else zone.replace(" ", "+")  # a plus in an address means a space
    try:
        moment = datetime.fromisoformat(f"{written_day}T{clock}.{(fraction or '0').ljust(6, '0')}{zone}").astimezone(
            UTC
        )
    except (ValueError, OverflowError):
        raise _bad(name, "there is no such moment") from None
    return _within(moment, name)


def _day(told: str, name: str) -> date:
    try:
        day = date.fromisoformat(told)
    except ValueError:
        raise _bad(name, "there is no such day") from None
    _within(datetime.combine(day, time(), UTC), name)
    return day


def _within(moment: datetime, name: str) -> datetime:
    """Keep to times that every part of the house can hold."""
    if not FIRST <= moment < LAST:
        raise _bad(name, "the year is one of 1 to 9999")
    return moment


def _bad(name: str, why: str) -> ParameterNotValid:
    return ParameterNotValid(f"{name}: {why}", parameter=name)
