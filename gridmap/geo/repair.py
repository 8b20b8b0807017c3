"""Repair: what is proposed for each fault of a division, and the zones after the proposals that are accepted.

Ground that several zones claim, or none, goes to the zone that had it in the former edition; where that tells nothing,
to the zone with the longest border; where neither decides, or much is at stake, a person is asked. Nothing else moves:
a zone beside none of the accepted pieces is not touched, and every vertex stays where it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import shapely

from gridmap.geo.repair_apply import Transfer, transfer
from gridmap.geo.repair_nodes import still_vertices
from gridmap.geo.repair_owners import NOBODY, Decision, decide
from gridmap.geo.repair_pieces import pieces_of, with_former_owner
from gridmap.geo.repair_rest import others, twins_to_drop
from gridmap.geo.repair_values import (
    REASONS,
    RULES,
    Proposal,
    Repaired,
    RepairNotKnown,
    RepairNotPossible,
    Repairs,
    proposals_frame,
)
from gridmap.geo.topology import find_issues

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from gridmap.geo.repair_pieces import Piece

__all__ = [
    "REASONS", "RULES", "RepairNotKnown", "RepairNotPossible", "Repaired", "Repairs", "apply_repairs", "find_repairs",
]  # fmt: skip
SMALL_GAP_M2: Final = 10_000.0
"""Larger gaps and leaks are neither filled nor cut without being asked [m2]."""


def find_repairs(
    zones: gpd.GeoDataFrame,
    jurisdiction: shapely.Polygon | shapely.MultiPolygon | None = None,
    *,
    beats: gpd.GeoDataFrame | None = None,
    former: gpd.GeoDataFrame | None = None,
    allowed_gaps: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    sliver_width_m: float = 1.0,
    small_gap_m2: float = SMALL_GAP_M2,
    keep: Collection[str] = (),
) -> Repairs:
    """Return a proposal for every fault of `zones`; nothing is changed.

    Parameters
    ----------
    zones, jurisdiction, beats, former, allowed_gaps, sliver_width_m
        As `topology.find_issues` takes them. `former` is the last published edition: who had the ground.
    small_gap_m2
        Gaps and leaks larger than this, and overlaps larger than this on ground that no present holder had, are the
        planner's [m2].
    keep
        Codes that may not go, even if another zone is the same ground.

    Returns
    -------
    repairs
        Overlaps, gaps and leaks cut into pieces without shared ground, a row each; vertices to add; one of two zones
        that are the same ground; and, with the rule "ask", every fault that only a person can mend. A missing cell is
        among these: it is never filled in silence.

    Raises
    ------
    NotAFrame, BadFrame, NotMetric, CrsMismatch, MissingCrs, BadShape
        As `topology.find_issues`.
    """
    issues = find_issues(
        zones, jurisdiction, beats=beats, former=former, allowed_gaps=allowed_gaps, sliver_width_m=sliver_width_m
    )
    codes = zones["code"].to_numpy(dtype=object)
    rows = dict(zip(codes.tolist(), range(len(codes)), strict=True))
    known = frozenset[str]() if former is None else frozenset(former["code"].to_numpy(dtype=object).tolist())
    twins = twins_to_drop(issues, known, frozenset(keep))
    gone = frozenset(twins.values())
    broken = frozenset(rows[names[0]] for names in issues.loc[issues["kind"] == "self_crossing", "zones"])
    shapes = _standing(zones, [rows[code] for code in gone])
    tree = shapely.STRtree(shapes)
    able = {code: row for code, row in rows.items() if code not in gone}
    pieces, owners = with_former_owner(pieces_of(issues, rows, gone), former, able, sliver_width_m)
    decisions = decide(pieces, owners, shapes, tree, broken, small_gap_m2)
    spots = _places(issues.loc[issues["kind"] == "unmatched_vertex", "geometry"])
    decisions, changed, made = _without_harm(pieces, decisions, shapes, tree, spots)
    told = [_proposal(piece, decision, codes) for piece, decision in zip(pieces, decisions, strict=True)]
    after = shapes.copy()
    after[changed] = made
    left = still_vertices(after, tree, spots)
    told += others(
        issues, twins, [piece.shape for piece, one in zip(pieces, told, strict=True) if one.rule != "ask"], left
    )
    return Repairs(proposals_frame(told, zones.crs), Repaired(_with(zones, changed, made), tuple(sorted(gone))))


def proposals_of(zones: gpd.GeoDataFrame, pieces: list[Piece], decisions: list[Decision]) -> Repairs:
    """Return decisions that were made elsewhere as repairs of `zones`, those that would do harm as questions."""
    shapes = _standing(zones, [])
    decisions, changed, made = _without_harm(pieces, decisions, shapes, shapely.STRtree(shapes), np.empty((0, 2)))
    codes = zones["code"].to_numpy(dtype=object)
    told = [_proposal(piece, decision, codes) for piece, decision in zip(pieces, decisions, strict=True)]
    return Repairs(proposals_frame(told, zones.crs), Repaired(_with(zones, changed, made), ()))


def apply_repairs(
    zones: gpd.GeoDataFrame,
    repairs: Repairs,
    chosen: Collection[int] | None = None,
    answers: Mapping[int, str] | None = None,
) -> Repaired:
    """Return what the `chosen` repairs change.

    Parameters
    ----------
    zones
        The frame that `find_repairs` was given.
    chosen
        Numbers of proposals; every one that asks nothing when None. One that asks does nothing without an answer.
    answers
        Number -> the code its ground is to go to (of zones drawn twice: the one to keep); goes before the proposal.

    Returns
    -------
    repaired
        Only rows that changed; every other zone is as it was, to the last bit.

    Raises
    ------
    RepairNotKnown
        If there is no such number, or an answer names no zone or is given where there is no ground to give.
    RepairNotPossible
        If a zone would be lost or fall into parts; fact `repairs` names the numbers.
    """
    answers = dict(answers or {})
    if not answers and (chosen is None or set(chosen) >= set(repairs.sure)):
        _require_known(repairs, set(chosen or ()), answers, frozenset())
        return repairs.all_sure
    rows = {str(code): row for row, code in enumerate(zones["code"])}
    wanted = {*(repairs.sure if chosen is None else chosen), *answers}
    _require_known(repairs, wanted, answers, rows.keys())
    numbers, moves, spots, gone = [], [], [], set[str]()
    table = repairs.rows[repairs.rows["n"].isin(wanted)]
    for n, kind, names, losers, to, rule, shape in zip(
        *(table[name] for name in ("n", "kind", "zones", "from", "to", "rule", "geometry")), strict=True
    ):
        goal = answers.get(n, to)
        if rule == "vertex":
            spots.append(shape)
        elif kind == "duplicate" and goal:
            gone |= set(names) - {goal} if n in answers else set(losers)
        elif rule != "ask" or n in answers:
            numbers.append(n)
            lost = tuple(rows[code] for code in losers if code != goal)
            moves.append(Transfer(shape, lost, rows[goal] if goal else NOBODY))
    shapes = _standing(zones, [rows[code] for code in gone])
    changed, made, harmful = transfer(shapes, shapely.STRtree(shapes), moves, _places(spots))
    if harmful:
        named = [numbers[i] for i in harmful]
        raise RepairNotPossible(
            f"repairs {', '.join(map(str, named))} together would lose a zone or split one into parts; accept others, "
            "or draw the border there by hand",
            repairs=named,
        )
    return Repaired(_with(zones, changed, made), tuple(sorted(gone)))


def _require_known(repairs: Repairs, wanted: set[int], answers: Mapping[int, str], codes: Collection[str]) -> None:
    strange = sorted(wanted - set(repairs.rows["n"]))
    if strange:
        raise RepairNotKnown(
            f"there is no repair {', '.join(map(str, strange))}; look at the list again", repairs=strange
        )
    no_zone = sorted({code for code in answers.values() if code not in codes})
    if no_zone:
        raise RepairNotKnown(f"there is no zone {', '.join(no_zone)} to give ground to", zones=no_zone)
    for n, code in answers.items():
        row = int(np.flatnonzero(repairs.rows["n"] == n)[0])
        twin = repairs.rows["kind"].iloc[row] == "duplicate"
        ground = shapely.get_dimensions(repairs.rows.geometry.iloc[row]) == 2
        if not ground or (twin and code not in repairs.rows["zones"].iloc[row]):
            raise RepairNotKnown(f"repair {n} has no ground that {code} could be given", repairs=[n])


def _without_harm(
    pieces: list[Piece],
    decisions: list[Decision],
    shapes: NDArray[np.object_],
    tree: shapely.STRtree,
    spots: NDArray[np.float64],
) -> tuple[list[Decision], NDArray[np.int64], NDArray[np.object_]]:
    """Return the decisions, those that would lose or split a zone made questions, and the zones after the others."""
    decisions = list(decisions)
    while True:
        sure = [i for i, decision in enumerate(decisions) if decision.rule != "ask"]
        moves = [
            Transfer(
                pieces[i].shape, tuple(row for row in pieces[i].holders if row != decisions[i].to), decisions[i].to
            )
            for i in sure
        ]
        changed, made, harmful = transfer(shapes, tree, moves, spots)
        if not harmful:
            return decisions, changed, made
        for i in harmful:
            decisions[sure[i]] = Decision(NOBODY, "ask", "harm")


def _proposal(piece: Piece, decision: Decision, codes: NDArray[np.object_]) -> Proposal:
    names = tuple(sorted({str(codes[row]) for row in (*piece.beside, *piece.holders)}))
    losers = tuple(sorted(str(codes[row]) for row in piece.holders if row != decision.to))
    to = "" if decision.to == NOBODY else str(codes[decision.to])
    return Proposal(piece.kind, names, losers, to, decision.rule, decision.why, piece.shape)


def _places(points: Iterable[object]) -> NDArray[np.float64]:
    return shapely.get_coordinates(np.array(list(points), dtype=object))


def _standing(zones: gpd.GeoDataFrame, gone: Sequence[int]) -> NDArray[np.object_]:
    """Return the shapes of all zones; those that are missing or gone are empty."""
    shapes = np.asarray(zones.geometry.array, dtype=object).copy()
    shapes[shapely.is_missing(shapes)] = shapely.Polygon()
    shapes[list(gone)] = shapely.Polygon()
    return shapes


def _with(zones: gpd.GeoDataFrame, rows: NDArray[np.int64], shapes: NDArray[np.object_]) -> gpd.GeoDataFrame:
    """Return the rows that changed, with their new shapes."""
    result = zones.iloc[rows].copy()
    return result.set_geometry(gpd.GeoSeries(shapes, index=result.index, crs=zones.crs))
