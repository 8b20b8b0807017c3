"""Changes of drafts as the API takes them."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from gridmap.api.page import Paged
from gridmap.geo import edit_ops as ops

Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Place = Annotated[
    tuple[Lon, Lat], Field(description="Longitude and latitude, EPSG:4326.", examples=[[112.931, 35.804]])
]
Line = Annotated[list[Place], Field(min_length=2, max_length=10_000)]
Ring = Annotated[
    list[Place], Field(min_length=3, max_length=10_000, description="Corners; the last need not repeat the first.")
]
Code = Annotated[str, Field(min_length=1, max_length=64, examples=["W001"])]
NewCode = Annotated[str | None, Field(max_length=64, description="The next free one where none is given.")]
Name = Annotated[str | None, Field(max_length=200)]
Kind = Literal["beat", "grid_cell"]
Version = Annotated[
    int, Field(ge=0, le=2**31 - 1, description="The version you saw; 412 where the draft has moved on.")
]


class _Op(BaseModel):
    """One edit as it is sent; its fields are those of the edit it makes."""

    model_config = ConfigDict(extra="forbid")
    makes: ClassVar[type[Any]]

    version: Version
    note: Annotated[str, Field(max_length=500)] = ""
    snap_m: Annotated[
        float, Field(ge=0, le=50, description="Snap to vertices, borders, roads and places this near [m].")
    ] = 0.0

    def edit(self) -> ops.Op:
        """Return the edit this asks for."""
        facts = {field.name: _frozen(getattr(self, field.name)) for field in fields(self.makes)}
        made: ops.Op = self.makes(**facts)
        return made


def _frozen(value: Any) -> Any:
    """Return `value` with every list in it as a tuple."""
    return tuple(map(_frozen, value)) if isinstance(value, (list, tuple)) else value


class MoveOp(_Op):
    """Move vertices of the coverage, in every zone that has them."""

    makes = ops.Move
    op: Literal["move"]
    moves: Annotated[list[tuple[Place, Place]], Field(min_length=1, max_length=1000)]


class InsertOp(_Op):
    """Put a vertex on a piece of border, in every zone along it."""

    makes = ops.Insert
    op: Literal["insert"]
    edge: tuple[Place, Place]
    at: Place


class RemoveOp(_Op):
    """Take a vertex out of every zone that has it."""

    makes = ops.Remove
    op: Literal["remove"]
    at: Place


class SplitOp(_Op):
    """Split a zone in two along a line."""

    makes = ops.Split
    op: Literal["split"]
    kind: Kind
    code: Code
    line: Line
    new_code: NewCode = None
    name_zh: Name = None
    name_en: Name = None


class MergeOp(_Op):
    """Make one zone of several that hang together."""

    makes = ops.Merge
    op: Literal["merge"]
    kind: Kind
    codes: Annotated[list[Code], Field(min_length=2, max_length=1000)]
    into: Code


class CutOp(_Op):
    """Give the ground of a zone inside a ring to a neighbour."""

    makes = ops.Cut
    op: Literal["cut"]
    kind: Kind
    code: Code
    piece: Ring
    to: Code


class DrawOp(_Op):
    """Draw a new cell; it takes its ground from what lay there."""

    makes = ops.Draw
    op: Literal["draw"]
    ring: Ring
    code: Code
    beat: Annotated[str | None, Field(max_length=64)] = None
    name_zh: Name = None
    name_en: Name = None
    swallow: bool = False


class StraightenOp(_Op):
    """Straighten or simplify the border two zones share."""

    makes = ops.Straighten
    op: Literal["straighten"]
    kind: Kind
    one: Code
    other: Code
    tolerance_m: Annotated[float | None, Field(gt=0, le=10_000)] = None


class GiveOp(_Op):
    """Give cells, or all cells that lie mostly in a place, to a beat."""

    makes = ops.Give
    op: Literal["give"]
    cells: Annotated[list[Code], Field(max_length=5000)] = Field(default_factory=list)
    place: Annotated[str | None, Field(max_length=64)] = None
    beat: Code


class RenameOp(_Op):
    """Give a zone another code or other names."""

    makes = ops.Rename
    op: Literal["rename"]
    kind: Kind
    code: Code
    new_code: Name = None
    name_zh: Name = None
    name_en: Name = None


EditBody = Annotated[
    MoveOp | InsertOp | RemoveOp | SplitOp | MergeOp | CutOp | DrawOp | StraightenOp | GiveOp | RenameOp,
    Field(discriminator="op"),
]
EDIT: TypeAdapter[Any] = TypeAdapter(EditBody)


class VersionBody(BaseModel):
    """The version the person saw."""

    version: Version


class RollBackBody(VersionBody):
    """Which state to go back to: 0 as opened, else what event `to` left."""

    to: Annotated[int, Field(ge=0, le=2**31 - 1)]


class PresenceBody(BaseModel):
    """The zone somebody is at, if any."""

    kind: Kind | None = None
    code: Annotated[str | None, Field(max_length=64)] = None


class EventBody(BaseModel):
    """One change of a draft."""

    seq: Annotated[int, Field(examples=[12])]
    at: Annotated[str, Field(examples=["2026-03-01T08:00:00+00:00"])]
    by: str
    action: Annotated[str, Field(examples=["move"])]
    zones: Annotated[list[str], Field(description="Codes of the zones it changed, at most 200.")]
    state: Annotated[int, Field(description="The state it left; an older one after undo, redo and roll-back.")]
    undone: Annotated[bool, Field(description="The present state does not have this change.")]
    note: str


class Events(Paged):
    """A page of a draft's changes, newest first."""

    items: list[EventBody]


class PersonHere(BaseModel):
    """Somebody who has the draft open."""

    login: str
    name: str
    seen_s: Annotated[float, Field(description="Seconds since they were heard of.")]
    kind: Kind | None
    code: str | None


class LockBody(BaseModel):
    """A locked zone."""

    kind: Kind
    code: str
    by: str
    at: str


class CompanyBody(BaseModel):
    """Who is there, what is locked, and the draft's version."""

    version: int
    editable: Annotated[bool, Field(description="Whether it is a draft still: neither handed in nor published.")]
    present: list[PersonHere]
    locks: list[LockBody]


class GapBody(BaseModel):
    """Ground that needs no zone."""

    model_config = ConfigDict(extra="forbid")

    ring: Ring
    name_zh: Annotated[str, Field(max_length=200)] = ""
    name_en: Annotated[str, Field(max_length=200)] = ""


class GapAdded(BaseModel):
    """The number of an allowed gap."""

    id: int
