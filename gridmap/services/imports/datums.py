"""Does a file that says WGS 84 lie like GCJ-02? Asked beside what is already known, before a row is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.errors import Conflict
from gridmap.geo.datum import DatumSuspicion, suspect_by_outline, suspect_by_pairs
from gridmap.store import frames, loading

if TYPE_CHECKING:
    from gridmap.services.imports.kinds import Job
    from gridmap.services.imports.report import Report

#: Places of a file that are looked at.
SAMPLE = 5_000


class LiesLikeAnotherDatum(Conflict):
    """The file's coordinates do not agree with what is known, and would if they were GCJ-02 or BD-09."""

    slug, title = "lies-like-another-datum", "The coordinates lie like another datum"


def refuse_suspect(suspicion: DatumSuspicion | None, report: Report, *, explicit: bool) -> None:
    """Refuse the file if there is a suspicion and nobody named its system (`explicit`).

    Raises
    ------
    LiesLikeAnotherDatum
        With the evidence and what to pass.
    """
    if suspicion is None:
        return
    datum = suspicion.datum.value
    if explicit:
        report.warn(f"{suspicion} The system named by --crs was taken all the same.")
        return
    raise LiesLikeAnotherDatum(
        f"{suspicion} If the file comes from a phone or a Chinese web map, load it with --crs {datum}; "
        "if it is right as it is, say so with --crs EPSG:4326.",
        datum=datum,
        shift_m=round(suspicion.shift_m, 1),
    )


def suspect_places(job: Job, *, known: str | None) -> None:
    """Refuse a stage of places that lie like another datum beside known ones, else beside the jurisdiction.

    Parameters
    ----------
    known
        SQL for (lon, lat, known lon, known lat) of places known by the same code; None where there are none.

    Raises
    ------
    LiesLikeAnotherDatum
    """
    explicit = job.placing is not None and job.placing.explicit
    if known is not None:
        pairs = np.array(list(loading.sample(job.session, known, station=job.station)), dtype=float).reshape(-1, 4)
        if len(pairs) >= 20:
            refuse_suspect(suspect_by_pairs(*pairs.T), job.report, explicit=explicit)
            return
    query = f"SELECT lon, lat FROM {job.stage.name} WHERE lon IS NOT NULL ORDER BY hashint8(line) LIMIT {SAMPLE}"
    places = np.array(list(loading.sample(job.session, query)), dtype=float).reshape(-1, 2)
    places = places[np.isfinite(places).all(axis=1)]
    if len(places):
        area = frames.jurisdiction(job.session, job.station)
        refuse_suspect(suspect_by_outline(shapely.MultiPoint(places), area), job.report, explicit=explicit)
