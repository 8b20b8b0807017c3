"""A division: which beat each piece is in, with codes and names; what an option holds before it is told in figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.geo.assign import build_locator
from gridmap.services.proposals import codes as naming
from gridmap.services.proposals.ground import Ground
from gridmap.services.proposals.pieces import Pieces


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """How the engine's k zone numbers and the m former beats belong together.

    `numbers` (m,): zone number of each former beat, -1: it may go; `kept` (k,): row of the former beat locked as this
    zone, -1; `capacity` (k,): share of all load; `full` (k,), `former_full` (m,): share of a full beat.
    """

    numbers: NDArray[np.int64]
    kept: NDArray[np.int64]
    capacity: NDArray[np.float64]
    full: NDArray[np.float64]
    former_full: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """k beats by code: their `codes` and `names` (Chinese, English), and which beat each piece is in.

    `former` (k,): row of the former beat whose code each has, -1 for a new one; `target` (k,): loads, summing to 1;
    `locked` (k,); `beat` (n,): row of the beat of each piece.
    """

    codes: tuple[str, ...]
    names: tuple[tuple[str, str], ...]
    former: NDArray[np.int64]
    target: NDArray[np.float64]
    locked: NDArray[np.bool_]
    beat: NDArray[np.int64]


def former_of_pieces(ground: Ground, pieces: Pieces) -> NDArray[np.int64]:
    """Return the row of the former beat each piece is mostly in, by doors, else by where it lies; -1 for none."""
    n, m = len(pieces.zones), len(ground.beats)
    if m == 0:
        return np.full(n, -1, dtype=np.int64)
    rows = pd.Index(ground.beats["code"])
    if len(pieces.cells) == n:  # pieces are cells: each names its beat
        return np.asarray(rows.get_indexer(pd.Index(ground.cells["beat"])), dtype=np.int64)
    shared = shared_doors(pieces.door, pieces.former, n, m)
    found = np.where(shared.sum(axis=1) > 0, shared.argmax(axis=1), -1)
    if len(pieces.cells):  # a village without doors: the beat of most of its cells
        beat = np.asarray(rows.get_indexer(pd.Index(ground.cells["beat"])), dtype=np.int64)
        for piece in np.flatnonzero(found < 0):
            there = beat[(pieces.cells == piece) & (beat >= 0)]
            found[piece] = np.bincount(there).argmax() if len(there) else -1
        return found
    empty = np.flatnonzero(found < 0)
    spots = shapely.point_on_surface(pieces.zones.geometry.to_numpy()[empty])
    found[empty] = build_locator(ground.beats, len(empty)).locate(shapely.get_x(spots), shapely.get_y(spots))
    return found


def shared_doors(one: NDArray[np.int64], other: NDArray[np.int64], k: int, m: int) -> NDArray[np.float64]:
    """Return the (k, m) doors that are in row i of one division and row j of the other."""
    both = (one >= 0) & (other >= 0)
    return np.bincount(one[both] * m + other[both], minlength=k * m).reshape(k, m).astype(float)


def named(ground: Ground, pieces: Pieces, zone: NDArray[np.int64], *, frame: Frame) -> Division:
    """Return the division that a plan's zone numbers (n,) are, with codes and names.

    Locked beats keep their code; the others take, from former beats of the same capacity, those that let the most
    doors keep the beat they know; the rest get new ones.
    """
    target, kept = frame.capacity, frame.kept
    k, m = len(target), len(ground.beats)
    locked = kept >= 0
    door = np.append(zone, -1)[pieces.door]
    shared = shared_doors(door, pieces.former, k, m)
    # where nobody lives ground decides, by less than one door
    land = former_of_pieces(ground, pieces)
    size = pieces.counts["area_km2"].to_numpy()
    inside = land >= 0
    by_ground = np.bincount(zone[inside] * m + land[inside], weights=size[inside], minlength=k * m).reshape(k, m)
    shared = shared + 0.5 * by_ground / max(float(size.sum()), 1e-9)
    rows, columns = np.flatnonzero(locked), kept[locked]
    alike = np.isclose(frame.full[:, None], frame.former_full[None, :])
    alike[rows, :], alike[:, columns] = False, False
    alike[rows, columns] = True
    former = naming.matched(shared, alike) if m else np.full(k, -1, dtype=np.int64)
    former[rows] = columns
    fresh = naming.new_codes(ground.codes)
    old = ground.beats[["code", "name_zh", "name_en"]].to_numpy(dtype=object)
    codes: list[str] = []
    names: list[tuple[str, str]] = []
    taken = {str(name) for name in old[former[former >= 0], 1]}
    for number, row in enumerate(former):
        if row >= 0:
            codes.append(str(old[row, 0]))
            names.append((str(old[row, 1] or ""), str(old[row, 2] or "")))
            continue
        codes.append(next(fresh))
        names.append(naming.new_name(_village(ground, pieces, zone == number), codes[-1], taken))
        taken.add(names[-1][0])
    order = np.argsort(np.array(codes, dtype=object), kind="stable")
    place = np.empty(k, dtype=np.int64)
    place[order] = np.arange(k)
    return Division(
        codes=tuple(codes[i] for i in order),
        names=tuple(names[i] for i in order),
        former=former[order],
        target=np.asarray(target)[order],
        locked=locked[order],
        beat=place[zone],
    )


def _village(ground: Ground, pieces: Pieces, inside: NDArray[np.bool_]) -> tuple[str, str] | None:
    """Return the names of the village in which most doors of some pieces are, None where they are in none."""
    mine = inside & (pieces.village >= 0)
    if not mine.any():
        return None
    doors = np.bincount(pieces.village[mine], weights=pieces.counts["doors"].to_numpy()[mine] + 1e-9)
    row = ground.villages.iloc[int(doors.argmax())]
    return str(row["name_zh"] or ""), str(row["name_en"] or "")
