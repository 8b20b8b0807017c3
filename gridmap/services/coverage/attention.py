"""Gaps of attention: doors and cells nobody visited, disputes nobody came back to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from gridmap.services.coverage.rows import SinceIs, gap
from gridmap.services.coverage.scene import Scene, Size
from gridmap.store import attention
from gridmap.store.frames import ZoneKind

KIND_OF_STATE: Final = {"settled": "dispute_no_follow_up", "open": "dispute_idle"}


def unvisited(scene: Scene) -> Iterator[dict[str, Any]]:
    """Give cells (beats, where there are no cells) not visited in the period, and unvisited doors of the others."""
    if scene.edition is None:
        return
    kind: ZoneKind = "grid_cell" if len(scene.cells) else "beat"
    zones, located = scene.zones(kind)
    visited = scene.doors["visited_at"]
    late = ~(visited >= scene.now - scene.limits.unvisited).to_numpy()
    order = np.argsort(located.row, kind="stable")
    cuts = np.flatnonzero(np.diff(located.row[order])) + 1
    for rows in np.split(order, cuts):
        if not len(rows):
            continue
        row = int(located.row[rows[0]])
        lost = rows[late[rows]]
        if not len(lost):
            continue
        whole = len(lost) == len(rows) and row >= 0
        last = visited.iloc[lost]
        never = int(last.isna().sum())
        ever = last.dropna()
        # A cell is unvisited since its last visit is too old, single doors since the first of them is.
        since = None if ever.empty else (ever.max() if whole else ever.min()).to_pydatetime() + scene.limits.unvisited
        certain: SinceIs = "at_latest" if never and not whole else "exact"
        yield gap(
            "cell_not_visited" if whole else "door_not_visited",
            zones.geometry.iloc[row] if whole else scene.spots(lost),
            scene.size(lost),
            since=since,
            since_is=certain,
            detail={
                "never": never,
                "of_doors": len(rows),
                "days": scene.limits.visit_days,
                "beats": scene.beats_of(lost),
            },
            **scene.names(kind, row),
        )


def disputes(scene: Scene, *, named: bool) -> Iterator[dict[str, Any]]:
    """Give the disputes without follow-up and those nobody has written to; counts alone where they are not `named`.

    No text of a dispute is read. Without `named`, all of a kind are one gap over the whole jurisdiction.
    """
    limits = scene.limits
    found = attention.waiting_disputes(
        scene.session, scene.place.code, scene.now, limits.follow_up_days, limits.history_days
    )
    if found.empty:
        return
    position = pd.Index(scene.doors["address_id"]).get_indexer(pd.Index(found["address_id"].fillna(-1)))
    last = pd.to_datetime(found["last"], utc=True)
    # Columns as lists: there may be thousands of disputes, and a frame is slow to be asked row by row.
    began = [moment.to_pydatetime() + limits.waiting for moment in last]
    places, numbers = found.geometry.to_numpy(), found["number"].tolist()
    beats: list[list[str]] = [[] for _ in numbers]
    codes = scene.beats["code"].tolist()
    for row, beat in zip(*scene.beats.sindex.query(places, predicate="intersects"), strict=True):
        beats[row].append(codes[beat])
    for state, kind in KIND_OF_STATE.items():
        at = np.flatnonzero((found["state"] == state).to_numpy())
        if len(at) and not named:
            yield gap(
                kind,
                scene.jurisdiction,
                Size(),
                since=last.iloc[at].min().to_pydatetime() + limits.waiting,
                detail={"count": len(at), "days": limits.follow_up_days, "beats": []},
            )
            continue
        for row in at.tolist():
            doors = [int(position[row])] if position[row] >= 0 else []
            known = places[row] is not None
            yield gap(
                kind,
                places[row] if known else scene.jurisdiction,
                scene.size(doors),
                since=began[row],
                code=numbers[row],
                detail={
                    "count": 1,
                    "days": limits.follow_up_days,
                    "placed": known,
                    "beats": beats[row],
                },
            )
