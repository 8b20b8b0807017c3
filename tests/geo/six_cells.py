"""Six square cells in two beats, small enough to edit in one's head."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from shapely import Polygon, box

from gridmap.geo.edit import EditNotPossible, Layers, apply
from tests.geo.edits import done, faults
from tests.geo.tilings import METRIC

# Six cells of 10 x 10 in two rows; beat A has the left four, beat B the right two.
#   d | e | f      10..20
#   a | b | c       0..10
CELLS = {"a": (0, 0), "b": (10, 0), "c": (20, 0), "d": (0, 10), "e": (10, 10), "f": (20, 10)}
WHOLE = box(0, 0, 30, 20)


def frame(shapes: dict[str, shapely.Geometry], **columns: list[str]) -> gpd.GeoDataFrame:
    names = [f"{code}区" for code in shapes], [f"Zone {code}" for code in shapes]
    columns = {"code": list(shapes), "name_zh": names[0], "name_en": names[1], **columns}
    return gpd.GeoDataFrame(columns, geometry=list(shapes.values()), crs=METRIC)


def six(**other: shapely.Geometry) -> Layers:
    cells = {code: box(x, y, x + 10, y + 10) for code, (x, y) in CELLS.items()} | other
    left = Polygon([(0, 0), (10, 0), (20, 0), (20, 10), (20, 20), (10, 20), (0, 20), (0, 10)])
    right = Polygon([(20, 0), (30, 0), (30, 10), (30, 20), (20, 20), (20, 10)])
    wanted = ["B" if code in "cf" else "A" for code in cells]
    return Layers(frame({"A": left, "B": right}), frame(cells, beat=wanted))


def after(layers: Layers, op, **how) -> Layers:
    """Return the draft after an edit that must leave no fault."""
    new = done(layers, apply(layers, op, **how))
    assert faults(new, WHOLE) == []
    return new


def refused(layers: Layers, op, **how) -> tuple[str, list[float] | None]:
    with pytest.raises(EditNotPossible) as caught:
        apply(layers, op, **how)
    return caught.value.detail, caught.value.facts["at"]
