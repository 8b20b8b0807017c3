"""Ask an analysis: look whether its answer is kept, else read, work it out with no connection held, and keep it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import orjson
import shapely
from sqlalchemy.orm import Session

from gridmap.errors import NotFound
from gridmap.services.analyses.case import Case, Options
from gridmap.services.analyses.found import Found, to_body
from gridmap.services.analyses.reading import read_case
from gridmap.services.views import View
from gridmap.store import analyses, editions
from gridmap.store.data_version import data_version
from gridmap.store.tables import IncidentCategory, Station

#: What the data of an analysis are made of: a change of any of these asks for a new answer.
# A step of a dispute ("dispute") is none of it: where fifty officers work there is one each second. A tier that was raised
# is read with the next incident or dispute that comes in ("incident"), of which there are many a day.
WATCHED = ("incident", "address", "ground", "edition")


class AnalysisNotFound(NotFound):
    """There is no analysis of this name."""

    slug, title = "analysis-not-found", "No such analysis"


@dataclass(frozen=True, slots=True)
class Analysis:
    """A question that can be asked: its name in addresses, the version of its method, what works it out."""

    name: str
    version: int
    compute: Callable[[Case], Found]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Whether an answer is there. `body` is None where it must be worked out, from `case`."""

    analysis: Analysis
    station: str
    question: str
    data_version: str
    body: bytes | None
    case: Case | None

    @property
    def etag(self) -> str:
        """Return what names this answer and no other."""
        parts = (self.analysis.name, str(self.analysis.version), self.station, self.question, self.data_version)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def look(
    session: Session,
    place: Station,
    analysis: Analysis,
    view: View,
    options: Options,
    *,
    known: list[IncidentCategory] | None = None,
    only: shapely.Geometry | None = None,
) -> Look:
    """Return the kept answer to a question about the present data, or what is needed to work it out.

    Parameters
    ----------
    known
        Every category of incident; read where None.
    only
        Ground (EPSG:4326) beyond which the reader may see nothing; None for the whole station.
    """
    version = data_version(session, place.code, *WATCHED)
    edition = editions.in_force(session, place.code)
    question = question_of(view, options, only, None if edition is None else edition.number)
    body = analyses.find(session, place.code, analysis.name, analysis.version, question, version)
    case = read_case(session, place, view, options, known=known, only=only) if body is None else None
    return Look(analysis, place.code, question, version, body, case)


def work(looked: Look) -> tuple[bytes, int]:
    """Return the answer as JSON and how long it took [ms of this process]; touches no database."""
    if looked.body is not None or looked.case is None:
        return looked.body or b"", 0
    case = looked.case
    start = time.process_time()
    found = looked.analysis.compute(case)
    head = {
        "analysis": looked.analysis.name, "version": looked.analysis.version, "station": case.station,
        "synthetic": case.synthetic, "since": case.view.since.isoformat(), "until": case.view.until.isoformat(),
        "view": case.view.query(), "events": len(case.events), "origin": str(case.view.origin),
    }  # fmt: skip
    body = to_body(found, head)
    return body, round(1000 * (time.process_time() - start))


def keep(session: Session, looked: Look, body: bytes, took_ms: int) -> None:
    """Keep an answer for whoever asks the same of the same data."""
    analyses.keep(
        session, looked.station, looked.analysis.name, looked.analysis.version, looked.question,
        data_version=looked.data_version, took_ms=took_ms, body=body,
    )  # fmt: skip


def question_of(view: View, options: Options, only: shapely.Geometry | None, edition: int | None) -> str:
    """Return a question in one canonical text."""
    ground = "" if only is None else hashlib.sha256(shapely.to_wkb(only)).hexdigest()[:16]
    told = {
        "view": view.query(),
        "categories": view.categories,
        "options": asdict(options),
        "only": ground,
        "edition": edition,
    }
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()
