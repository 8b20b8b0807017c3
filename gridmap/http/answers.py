"""One analysis for one request: kept, or worked out while no connection is held."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.domain.access import Action, require_station
from gridmap.http.spells import Spells
from gridmap.services import analyses, views
from gridmap.services.analyses import Options
from gridmap.services.own_ground import own_ground
from gridmap.services.views import Asked
from gridmap.store import editions
from gridmap.store.tables import Station


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON of an analysis and what names it; `place` and `view` are whose and which."""

    body: bytes
    etag: str
    place: Station
    view: views.View


def answer(spells: Spells, station: str, name: str, asked: Asked, options: Options) -> Answer:
    """Return the answer of an analysis in the scope of whoever asks.

    Raises
    ------
    AnalysisNotFound, StationNotInScope, PeriodWrong, HoursWrong, NoGround, NoCells
    """
    analysis = analyses.find(name)
    with spells.open(Action.READ_OWN_ANALYSES) as (session, actor):
        place = editions.find_station(session, require_station(actor, station))
        view = views.settle(session, place, asked)
        only = own_ground(session, actor, place.code)
        looked = analyses.look(session, place, analysis, view, options, only=only)
        session.expunge(place)
    body, took_ms = analyses.work(looked)
    if looked.body is None:
        with spells.open(Action.READ_OWN_ANALYSES) as (session, _):
            analyses.keep(session, looked, body, took_ms)
    return Answer(body, looked.etag, place, view)
