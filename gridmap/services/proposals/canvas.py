"""What the drawings of one proposal share: the atoms they are made of, and the colours that beats keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.services.proposals import drawing
from gridmap.services.proposals.division import former_of_pieces
from gridmap.services.proposals.ground import Ground
from gridmap.services.proposals.pieces import Pieces


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """Atoms are cells where there are, else the pieces: `piece` and row of the beat `before` (-1: none) of each."""

    sheet: drawing.Sheet
    piece: NDArray[np.int64]
    before: NDArray[np.int64]
    colours: Mapping[str, int]

    def draw(
        self, beat: NDArray[np.int64], codes: tuple[str, ...], changed: NDArray[np.bool_] | None = None
    ) -> dict[str, Any]:
        """Return the drawing of a division of the atoms; see `drawing.draw`."""
        same = np.zeros(len(beat), dtype=bool) if changed is None else changed
        return drawing.draw(self.sheet, beat, codes, same, self.colours)


def canvas_of(ground: Ground, pieces: Pieces) -> Canvas:
    """Return the canvas of a proposal; beats have the colours of the edition it starts from where neighbours allow."""
    codes = tuple(ground.beats["code"])
    if len(pieces.cells):
        atoms, piece = ground.cells, pieces.cells
        before = np.asarray(pd.Index(codes).get_indexer(pd.Index(atoms["beat"])), dtype=np.int64)
    else:
        atoms, piece, before = pieces.zones, np.arange(len(pieces.zones)), former_of_pieces(ground, pieces)
    sheet = drawing.sheet(atoms, ground.metric_epsg)
    colours = dict(zip(codes, drawing.coloured(sheet, before, codes, {}), strict=True))
    return Canvas(sheet, piece, before, colours)
