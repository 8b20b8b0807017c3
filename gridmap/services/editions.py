"""Editions: open a draft, put zones in it, check it, publish it as one step, withdraw it, compare two."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.editions import EditionStepNotAllowed, require_step
from gridmap.errors import Conflict, Invalid
from gridmap.geo import crs, topology
from gridmap.services import comparisons, resolve
from gridmap.store import audit, draft_people, drafts, editions, frames, plates
from gridmap.store.driver_errors import NeedsSecondPerson
from gridmap.store.tables import Edition, Station

#: Faults a planner may publish with, by naming them: no ground is lost or claimed twice by more than a sliver.
ACCEPTABLE = frozenset({"detached", "sliver_gap", "sliver_leak", "sliver_outside_beat", "sliver_overlap", "spike"})
#: Faults that are told and do not stop an edition. Vertices that are not paired: the borders meet all the same. A beat
#: that is not the union of its cells: the gap, the overlap or the cell outside its beat that makes it so decides. Norms
#: of doors and households are hints.
HARMLESS = frozenset({
    "unmatched_vertex", "beat_not_union", "orphan_door", "zone_without_doors", "over_norm", "under_norm",
})  # fmt: skip

Say = Callable[[str], None]


class DraftNotValid(Conflict):
    """A draft with topology faults cannot be published."""

    slug, title = "draft-not-valid", "The draft has topology faults"


class FaultNotAcceptable(Invalid):
    """The kind of fault named can never be published."""

    slug, title = "fault-not-acceptable", "This kind of fault cannot be accepted"


class SinceNotPossible(Invalid):
    """An edition can be dated back, but not before the one it follows, and not into the future."""

    slug, title = "since-not-possible", "The edition cannot be in force since then"


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing an edition did."""

    station: str
    number: int
    plates: int
    without_beat: int
    without_cell: int
    ties: int
    moved: int
    seconds: float


def quiet(_: str) -> None:
    """Say nothing: the progress of a caller who does not ask for any."""


def open_draft(session: Session, station: str, *, by: str, base: int | None = None, note: str = "") -> Edition:
    """Open the next draft of a station, holding the zones of edition `base` (the one in force when None).

    Raises
    ------
    StationNotFound, EditionNotFound
    """
    place = editions.find_station(session, station)
    editions.lock_station(session, station)
    start = editions.in_force(session, station) if base is None else editions.find(session, station, base)
    draft = editions.add_draft(session, station, by=by, base=start, note=note, synthetic=place.synthetic)
    audit.write(
        session,
        [station],
        by=by,
        action="open draft",
        thing=f"edition {draft.number}",
        after={"base": draft.base},
    )
    return draft


def put_zones(session: Session, edition: Edition, beats: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> None:
    """Fill a draft that nobody has changed yet with two frames in EPSG:4326; `drafts.replace` changes one on record.

    Raises
    ------
    EditionStepNotAllowed
        If the edition is no draft, or has changes on record.
    """
    if edition.status != "draft":
        raise EditionStepNotAllowed(
            f"edition {edition.number} of station {edition.station} is {edition.status}; open a draft to change zones"
        )
    if drafts.head(session, edition.id).version:
        raise EditionStepNotAllowed(
            f"edition {edition.number} of station {edition.station} has changes on record; change it as one more of them"
        )
    editions.put_zones(session, edition, beats, cells)


def check(session: Session, station: str, number: int, *, sliver_m: float = 1.0) -> gpd.GeoDataFrame:
    """Return every topology fault of an edition, in EPSG:4326 with sizes in metres.

    Raises
    ------
    StationNotFound, EditionNotFound
    """
    place = editions.find_station(session, station)
    edition = editions.find(session, station, number)
    return _faults(session, place, edition, sliver_m)


def _faults(session: Session, place: Station, edition: Edition, sliver_m: float) -> gpd.GeoDataFrame:
    """Return the faults of the beats and of the cells of an edition, ground that needs no zone left out."""
    beats = frames.zones(session, edition.id, "beat")
    cells = frames.zones(session, edition.id, "grid_cell")
    return faults_of(session, place, beats, cells, sliver_m, draft_people.allowed_gaps(session, place.code))


def faults_of(
    session: Session,
    place: Station,
    beats: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    sliver_m: float,
    allowed: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Return the faults of beats and cells (EPSG:4326) of a station, `layer` telling of which; in EPSG:4326.

    Zones are compared where their borders run straight, in degrees; sizes are measured in the station's metric CRS.
    """
    ground = gpd.GeoSeries([frames.jurisdiction(session, place.code)], crs=frames.STORAGE_CRS)
    middle = ground.iloc[0].centroid
    plane = crs.straight_plane(middle.x, middle.y)
    outline: Any = ground.to_crs(plane).iloc[0]
    beats, cells, gaps = beats.to_crs(plane), cells.to_crs(plane), allowed.to_crs(plane)
    found = [topology.find_issues(beats, outline, allowed_gaps=gaps, sliver_width_m=sliver_m).assign(layer="beat")]
    if not cells.empty:
        issues = topology.find_issues(cells, outline, beats=beats, allowed_gaps=gaps, sliver_width_m=sliver_m)
        found.append(issues.assign(layer="grid_cell"))
    together = pd.concat([part for part in found if not part.empty] or found[:1], ignore_index=True)
    faults = gpd.GeoDataFrame(together, geometry="geometry", crs=plane).to_crs(frames.STORAGE_CRS)
    measured = faults.to_crs(place.metric_epsg).area
    faults["area_m2"] = measured.where(faults["area_m2"].notna() & (measured > 0), faults["area_m2"])
    return faults


def publish(
    session: Session,
    station: str,
    number: int,
    *,
    by: str,
    sliver_m: float = 1.0,
    tie_m: float = 1.0,
    accept: frozenset[str] = frozenset(),
    since: datetime | None = None,
    say: Say = quiet,
) -> Published:
    """Publish a draft in one transaction: lock, check, resolve every plate, write the answers, switch.

    Parameters
    ----------
    by
        Who publishes; goes into the edition and the audit.
    sliver_m
        An overlap or gap narrower than this counts as a sliver [m].
    tie_m
        A door nearer than this to a second zone is marked as a tie [m].
    accept
        Kinds of fault, out of `ACCEPTABLE`, that `by` publishes with; recorded in the audit.
    since
        The moment from which the edition is in force, for divisions older than gridmap; now when None.
    say
        Called with one line before each step.

    Raises
    ------
    StationNotFound, EditionNotFound, EditionStepNotAllowed
    SinceNotPossible
        If `since` lies in the future or not after the beginning of the edition now in force.
    FaultNotAcceptable
        If `accept` names a kind that is never acceptable.
    DraftNotValid
        If the check finds faults that are not accepted; the fact `issues` lists each with its place.
    """
    began = time.perf_counter()
    if not accept <= ACCEPTABLE:
        raise FaultNotAcceptable(
            f"{', '.join(sorted(accept - ACCEPTABLE))} cannot be accepted, only {', '.join(sorted(ACCEPTABLE))}"
        )
    place = editions.find_station(session, station)
    editions.lock_station(session, station)
    edition = editions.find(session, station, number)
    require_step(station, number, edition.status, "published")
    if place.two_person and edition.status == "draft":
        raise NeedsSecondPerson(
            f"station {station} publishes only what a second person has approved; hand edition {number} in for review"
        )
    moment = _moment(session, station, since)
    # Resolving a large station takes longer than any request may: this transaction alone gets more time.
    session.execute(text("SET LOCAL statement_timeout = '15min'"))

    say("checking the topology")
    faults = _faults(session, place, edition, sliver_m)
    _require_no_faults(faults, station, number, accept)

    say("resolving the doors")
    before = editions.in_force(session, station)
    answers, moved = _answers(session, place, edition, before, tie_m)
    say(f"writing {len(answers.plates):,} answers")
    plates.add_assignments(session, edition, answers)
    editions.set_published(session, edition, by=by, at=moment)
    done = Published(
        station=station,
        number=number,
        plates=len(answers.plates),
        without_beat=int((answers.beats < 0).sum()),
        without_cell=int((answers.cells < 0).sum()),
        ties=int(answers.ties.sum()),
        moved=moved,
        seconds=time.perf_counter() - began,
    )
    audit.write(
        session,
        [station],
        by=by,
        action="publish",
        thing=f"edition {number}",
        before=None if before is None else {"in_force": before.number},
        after={"in_force": number, "plates": done.plates, "moved": moved, "accepted": sorted(accept)},
    )
    return done


def _moment(session: Session, station: str, since: datetime | None) -> datetime:
    """Return the moment from which a new edition is in force."""
    now = editions.moment(session)
    began = editions.newest_period_start(session, station)
    if since is not None and (since > now or (began is not None and since <= began)):
        earliest = "" if began is None else f" and after {began.isoformat()}, when the edition before came in force"
        raise SinceNotPossible(
            f"an edition cannot be in force since {since.isoformat()}: name a moment not in the future{earliest}"
        )
    return now if since is None else since


def _require_no_faults(faults: gpd.GeoDataFrame, station: str, number: int, accept: frozenset[str]) -> None:
    """Refuse a draft whose faults are not all harmless or accepted."""
    stopping = faults[~faults["kind"].isin(HARMLESS | accept)]
    if stopping.empty:
        return
    counts = ", ".join(f"{count} {kind}" for kind, count in stopping["kind"].value_counts().sort_index().items())
    raise DraftNotValid(
        f"edition {number} of station {station} has {len(stopping)} faults ({counts}); "
        "mend them in the draft and publish again",
        station=station,
        number=number,
        issues=fault_rows(stopping),
    )


def fault_rows(faults: gpd.GeoDataFrame) -> list[dict[str, object]]:
    """Return faults as plain rows: kind, layer, zones, size and a point in the fault [lon, lat]."""
    spots = shapely.point_on_surface(faults.geometry.to_numpy())
    lon, lat = shapely.get_x(spots).round(6), shapely.get_y(spots).round(6)
    area = faults["area_m2"].to_numpy(dtype=np.float64).round(3)
    columns = (faults[name].to_numpy(dtype=object) for name in ("kind", "layer", "zones", "detail"))
    return [
        {
            "kind": kind,
            "layer": layer,
            "zones": list(zones),
            "area_m2": None if np.isnan(size) else float(size),
            "lon": None if np.isnan(x) else float(x),
            "lat": None if np.isnan(y) else float(y),
            "detail": detail,
        }
        for kind, layer, zones, detail, size, x, y in zip(*columns, area, lon, lat, strict=True)
    ]


def _answers(
    session: Session, place: Station, edition: Edition, before: Edition | None, tie_m: float
) -> tuple[plates.Answers, int]:
    """Return the zone of every plate in an edition, and how many plates change hands."""
    codes, lon, lat = frames.plate_points(session, place.code)
    beats = frames.zones(session, edition.id, "beat")
    cells = frames.zones(session, edition.id, "grid_cell")
    former = None if before is None else plates.former_zones(session, before.id).reindex(codes, fill_value="")
    found = resolve.locate(beats, cells, lon, lat, metric_epsg=place.metric_epsg, tie_m=tie_m, former=former)
    moved = 0
    if former is not None:
        now = np.append(beats["code"].to_numpy(dtype=object), [""])[found.beats]
        moved = int((now != former["beat"].to_numpy(dtype=object)).sum())
    answers = plates.Answers(
        plates=codes,
        beats=found.beats,
        cells=found.cells,
        ties=found.ties,
        beat_codes=list(beats["code"]),
        cell_codes=list(cells["code"]),
    )
    return answers, moved


def withdraw(session: Session, station: str, number: int, *, by: str, reason: str) -> Edition | None:
    """Withdraw the published edition; the one before it is in force again and returned (None where there is none).

    Raises
    ------
    StationNotFound, EditionNotFound, EditionStepNotAllowed
    """
    editions.find_station(session, station)
    editions.lock_station(session, station)
    edition = editions.find(session, station, number)
    require_step(station, number, edition.status, "withdrawn")
    again = editions.set_withdrawn(session, edition, at=editions.moment(session))
    audit.write(
        session,
        [station],
        by=by,
        action="withdraw",
        thing=f"edition {number}",
        after={"reason": reason, "in_force": None if again is None else again.number},
    )
    return again


def compare(session: Session, station: str, before: int, after: int) -> pd.DataFrame:
    """Return what became of each beat from edition `before` to edition `after`; see `services.comparisons.changes`.

    Raises
    ------
    StationNotFound, EditionNotFound
    """
    place = editions.find_station(session, station)
    old, new = (frames.zones(session, editions.find(session, station, number).id, "beat") for number in (before, after))
    return comparisons.changes(old, new, place.metric_epsg)
