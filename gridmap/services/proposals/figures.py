"""The figures of a division: what each beat carries, and what the change would mean for doors, villages and residents."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.geo import balance
from gridmap.geo.propose import Score
from gridmap.services.proposals.division import Division, shared_doors
from gridmap.services.proposals.ground import Ground
from gridmap.services.proposals.officers import Given, given
from gridmap.services.proposals.pieces import Pieces
from gridmap.services.proposals.response import Expected, busiest_hour, expected

COUNTED: Final = ("households", "doors", "calls", "disputes", "area_km2")
REAL_PART: Final = 0.05


def of_option(
    ground: Ground,
    pieces: Pieces,
    division: Division,
    score: Score,
    roundness: NDArray[np.float64],
    *,
    tolerance: float,
) -> dict[str, Any]:
    """Return the figures of one option, as JSON holds them; loads are told with 100 for the mean beat.

    Parameters
    ----------
    score
        Of the plan the option is made from.
    roundness
        (k,) compactness of each beat.
    """
    k, m = len(division.codes), len(ground.beats)
    counts = pieces.counts.groupby(division.beat).sum().reindex(range(k), fill_value=0.0).reset_index(drop=True)
    door = np.append(division.beat, -1)[pieces.door]
    shared = shared_doors(door, pieces.former, k, m)
    stay = np.array([shared[i, row] if row >= 0 else 0.0 for i, row in enumerate(division.former)])
    came = shared.sum(axis=1) - stay
    left = np.array(
        [shared[:, row].sum() - shared[i, row] if row >= 0 else 0.0 for i, row in enumerate(division.former)]
    )
    known = float(shared.sum())
    deviation = counts["load"].to_numpy() / np.maximum(division.target, 1e-12) - 1
    free = ~division.locked
    people = given(ground, pieces.former, door, k)
    response = _response(ground, pieces, counts["calls"].to_numpy(), door, None if people is None else people.officer)
    told = _whole(counts, roundness, deviation, response)
    told |= {
        "deviation": _round(float(np.abs(deviation[free]).max()) if free.any() else 0.0, 4),
        "within": bool(not free.any() or np.abs(deviation[free]).max() <= tolerance + 1e-9),
        "changed_doors": int(came.sum()),
        "changed_share": _round(came.sum() / known if known else 0.0, 4),
        "officer_doors": None if people is None else people.changed,
        "officer_share": None if people is None else _round(people.share, 4),
        "villages_split": villages_split(pieces.door_village, door),
        "crossings": score.crossings,
        "stray": score.stray,
        "travel_m": _round(score.travel_m, 0),
        "new": [code for code, row in zip(division.codes, division.former, strict=True) if row < 0],
        "gone": sorted(set(ground.beats["code"]) - set(division.codes)),
    }
    told["beats"] = [
        row
        | {
            "code": code,
            "name_zh": name[0],
            "name_en": name[1],
            "is_new": bool(former < 0),
            "locked": bool(locked),
            "came": int(came[i]),
            "left": int(left[i]),
            "officer": _officer(people, i),
        }
        for i, (row, code, name, former, locked) in enumerate(
            zip(_rows(counts, roundness, deviation, response), division.codes, division.names, division.former,
                division.locked, strict=True)
        )
    ]  # fmt: skip
    return told


def of_present(ground: Ground, counts: pd.DataFrame, pieces: Pieces, target: NDArray[np.float64]) -> dict[str, Any]:
    """Return the figures of the edition the wishes start from.

    `counts`: of its beats, as `Pieces.counts`; `target` (m,): the load each should carry, summing to 1.
    """
    roundness = np.asarray(balance.compactness(ground.beats.to_crs(ground.metric_epsg)), dtype=np.float64)
    deviation = counts["load"].to_numpy() / target - 1
    posted = ground.officers.drop_duplicates("beat").set_index("beat")["person"]
    person = posted.reindex(ground.beats["code"]).to_numpy(dtype=object)
    officer = np.where(pd.isna(person), -1, pd.factorize(person)[0])
    response = _response(
        ground, pieces, counts["calls"].to_numpy(), pieces.former, officer if (officer >= 0).any() else None
    )
    told = _whole(counts, roundness, deviation, response)
    told |= {
        "changed_doors": 0,
        "changed_share": 0.0,
        "villages_split": villages_split(pieces.door_village, pieces.former),
    }
    told |= {"officer_doors": 0, "officer_share": 0.0} if (officer >= 0).any() else {}
    names: Any = ground.beats[["code", "name_zh", "name_en"]].itertuples(index=False)
    told["beats"] = [
        row
        | {
            "code": code,
            "name_zh": zh or "",
            "name_en": en or "",
            "is_new": False,
            "locked": False,
            "came": 0,
            "left": 0,
        }
        for row, (code, zh, en) in zip(_rows(counts, roundness, deviation, response), names, strict=True)
    ]
    return told


def villages_split(village: NDArray[np.int64], beat: NDArray[np.int64]) -> int:
    """Return how many villages more than one beat has a real part of: `REAL_PART` of the doors or more.

    `village`, `beat`: (d,) of each door, -1 for none. A few doors across a line are a matter of the line.
    """
    both = (village >= 0) & (beat >= 0)
    pairs, doors = np.unique(np.column_stack([village[both], beat[both]]), axis=0, return_counts=True)
    if not len(pairs):
        return 0
    whole = np.bincount(pairs[:, 0], weights=doors)
    real = pairs[doors >= REAL_PART * whole[pairs[:, 0]]]
    return int((np.bincount(real[:, 0]) > 1).sum())


def _officer(people: Given | None, beat: int) -> str | None:
    """Return the code of the officer a beat gets, or None."""
    return None if people is None or people.officer[beat] < 0 else people.people[people.officer[beat]]


def _response(
    ground: Ground,
    pieces: Pieces,
    calls: NDArray[np.float64],
    door: NDArray[np.int64],
    officer: NDArray[np.int64] | None,
) -> Expected | None:
    return expected(calls, busiest_hour(ground.calls), door, pieces.places, officer=officer)


def _whole(
    counts: pd.DataFrame, roundness: NDArray[np.float64], deviation: NDArray[np.float64], response: Expected | None
) -> dict[str, Any]:
    load = counts["load"].to_numpy()
    return {
        "beats_n": len(counts),
        "deviation": _round(float(np.abs(deviation).max()), 4),
        "cv": _round(float(load.std() / load.mean()), 4),
        "load_most": _round(float(load.max() * len(load) * 100), 1),
        "load_least": _round(float(load.min() * len(load) * 100), 1),
        "compactness": _round(float(np.nanmean(roundness)), 4),
        "compactness_least": _round(float(np.nanmin(roundness)), 4),
        "response_min": None if response is None else _round(response.mean_min, 2),
        "response_most": None if response is None else _round(float(np.nanmax(response.minutes)), 2),
        "elsewhere": None if response is None else _round(response.elsewhere, 4),
    }


def _rows(
    counts: pd.DataFrame, roundness: NDArray[np.float64], deviation: NDArray[np.float64], response: Expected | None
) -> list[dict[str, Any]]:
    """Return what each beat carries."""
    load = counts["load"].to_numpy() * len(counts) * 100
    minutes = np.full(len(counts), np.nan) if response is None else response.minutes
    return [
        {
            "load": _round(load[i], 1),
            "deviation": _round(deviation[i], 4),
            **{name: _round(counts[name].iloc[i], 3 if name == "area_km2" else 0) for name in COUNTED},
            "compactness": _round(roundness[i], 3),
            "response_min": None if np.isnan(minutes[i]) else _round(minutes[i], 2),
        }
        for i in range(len(counts))
    ]


def _round(value: float, digits: int) -> float | int:
    """Return a number that JSON holds shortly."""
    return round(float(value)) if digits == 0 else round(float(value), digits)
