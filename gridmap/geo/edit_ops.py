"""The edits a planner can make, as values, and the one way in which an edit fails.

A point is (x, y) in the zones' own coordinates: longitude and latitude where zones are stored. Points that should be
a vertex are matched to the nearest vertex within `edit_plane.MATCH_M`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from gridmap.errors import Invalid

Point2: TypeAlias = tuple[float, float]
Kind: TypeAlias = Literal["beat", "grid_cell"]


class EditNotPossible(Invalid):
    """An edit that would break the map; the facts tell `at` ([x, y]) where, and the sentence why."""

    slug, title = "edit-not-possible", "This edit is not possible"


@dataclass(frozen=True, slots=True)
class Move:
    """Move vertices, each from where it is to where it should be, in every zone that has them."""

    moves: tuple[tuple[Point2, Point2], ...]


@dataclass(frozen=True, slots=True)
class Insert:
    """Put a vertex on the piece of border `edge`, in every zone that runs along it; `at` off the line bends it."""

    edge: tuple[Point2, Point2]
    at: Point2


@dataclass(frozen=True, slots=True)
class Remove:
    """Take a vertex out of every zone that has it; not where three borders meet."""

    at: Point2


@dataclass(frozen=True, slots=True)
class Split:
    """Split a zone in two along `line`; the larger part keeps the code. No `new_code`: the next free one."""

    kind: Kind
    code: str
    line: tuple[Point2, ...]
    new_code: str | None = None
    name_zh: str | None = None
    name_en: str | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """Make one zone of several that hang together; `into`, one of `codes`, keeps code, names and beat."""

    kind: Kind
    codes: tuple[str, ...]
    into: str


@dataclass(frozen=True, slots=True)
class Cut:
    """Give the ground of `code` inside the ring `piece` to the neighbour `to`."""

    kind: Kind
    code: str
    piece: tuple[Point2, ...]
    to: str


@dataclass(frozen=True, slots=True)
class Draw:
    """Draw a new cell inside `ring`; it takes its ground from whatever lay there (beats, where there are no cells).

    `beat`: its beat, else the one that gives most ground. `swallow`: cells that lie wholly inside may vanish.
    """

    ring: tuple[Point2, ...]
    code: str
    beat: str | None = None
    name_zh: str | None = None
    name_en: str | None = None
    swallow: bool = False


@dataclass(frozen=True, slots=True)
class Straighten:
    """Straighten the border that `one` and `other` share, between the places where other borders meet it.

    Without `tolerance_m` every stretch becomes one straight line; with it, vertices nearer than that [m] to the
    simplified line go (Douglas-Peucker).
    """

    kind: Kind
    one: str
    other: str
    tolerance_m: float | None = None


@dataclass(frozen=True, slots=True)
class Give:
    """Give cells to a beat; the beats follow."""

    cells: tuple[str, ...]
    beat: str


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a zone another code or other names; None leaves it. Cells follow the code of their beat."""

    kind: Kind
    code: str
    new_code: str | None = None
    name_zh: str | None = None
    name_en: str | None = None


Op: TypeAlias = Move | Insert | Remove | Split | Merge | Cut | Draw | Straighten | Give | Rename
