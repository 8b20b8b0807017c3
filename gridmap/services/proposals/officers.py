"""Officers to beats with the least disruption: who keeps which doors when beats are drawn anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmap.geo.allot import allot, doors_by
from gridmap.geo.assign import build_locator
from gridmap.services.proposals import ground as reading
from gridmap.services.proposals.wishes import PlanWishes
from gridmap.store import editions, frames


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Who gets which of k beats.

    `officer` (k,): row in `people` (codes), -1 for nobody; `kept` (k,): doors of each beat whose officer stays; `known`:
    doors that have an officer today.
    """

    people: tuple[str, ...]
    officer: NDArray[np.int64]
    kept: NDArray[np.float64]
    known: int

    @property
    def changed(self) -> int:
        """Doors that get another officer, or none any more."""
        return self.known - int(self.kept.sum())

    @property
    def share(self) -> float:
        """The same as a share of the doors that have an officer today."""
        return self.changed / self.known if self.known else 0.0


def given(ground: reading.Ground, former: NDArray[np.int64], door: NDArray[np.int64], k: int) -> Given | None:
    """Return who gets which of k beats, None where nobody is posted to a beat.

    As many beats get an officer as have one today, or all where all have. An officer takes as many as today, and more
    only where there would not be enough.

    Parameters
    ----------
    former, door
        (d,) row of each door's beat in the edition the proposal starts from, and among the k new ones; -1 for none.
    """
    codes = pd.Index(ground.beats["code"])
    posted = ground.officers[ground.officers["beat"].isin(codes)].drop_duplicates("beat")
    if posted.empty:
        return None
    people, person = np.unique(posted["person"].to_numpy(dtype=str), return_inverse=True)
    of_beat = np.full(len(codes) + 1, -1, dtype=np.int64)
    of_beat[codes.get_indexer(pd.Index(posted["beat"]))] = person
    mine = of_beat[former]
    table = doors_by(door, mine, np.ones(len(door)), (k, len(people)))
    places = np.bincount(person, minlength=len(people))
    vacant = len(codes) - len(posted)
    while places.sum() < k - vacant:
        places[places.argmin()] += 1
    found = allot(table, capacity=places)
    return Given(tuple(people.tolist()), found.officer, found.kept, int((mine >= 0).sum()))


def of_edition(session: Session, station: str, number: int) -> tuple[reading.Ground, list[str], Given | None]:
    """Return who should get which beat of an edition, from who has which in the edition in force.

    Returns
    -------
    ground, codes, given
        What it was computed from, the codes of the edition's beats, and `Given` on them.

    Raises
    ------
    StationNotFound, EditionNotFound
    """
    ground = reading.read(session, station, PlanWishes(1))
    beats = frames.zones(session, editions.find(session, station, number).id, "beat")
    lon, lat = ground.doors.lon, ground.doors.lat
    former, door = (
        np.asarray(build_locator(one, len(lon)).locate(lon, lat), dtype=np.int64)
        if len(one)
        else np.full(len(lon), -1, dtype=np.int64)
        for one in (ground.beats, beats)
    )
    return ground, list(beats["code"]), given(ground, former, door, len(beats))
