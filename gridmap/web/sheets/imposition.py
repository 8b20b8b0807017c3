"""How plates are laid out on paper: as many as fit, with room to cut between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from gridmap.errors import Invalid

PlatePaper = Literal["a4", "a3", "plate"]
#: Short and long side [mm].
PAPERS: Final[dict[str, tuple[float, float]]] = {"a4": (210.0, 297.0), "a3": (297.0, 420.0)}
#: What stays free at the sides and the top, where printers cannot print, and at the bottom, for the footer [mm].
SIDE: Final = 7.0
TOP: Final = 5.0
BOTTOM: Final = 13.0
#: Room between two plates, so that each has its own cut [mm].
GAP: Final = 4.0


class PlateTooLarge(Invalid):
    """Not one plate of this size fits on the paper."""

    slug, title = "plate-too-large", "The plate is larger than the paper"


@dataclass(frozen=True, slots=True)
class Imposition:
    """A page [mm] and the lower left corners of the plates on it, row by row from the top."""

    width: float
    height: float
    corners: tuple[tuple[float, float], ...]
    xs: tuple[float, ...]
    ys: tuple[float, ...]


def impose(paper: PlatePaper, width: float, height: float) -> Imposition:
    """Return where plates of `width` x `height` mm stand on a page, upright or lying, whichever holds more.

    `paper` "plate" is one plate a page, the page as large as it needs to be: for film and large formats.

    Raises
    ------
    PlateTooLarge

    Examples
    --------
    >>> len(impose("a4", 150, 90).corners), len(impose("a3", 150, 90).corners), len(impose("a3", 270, 170).corners)
    (3, 6, 2)
    """
    if paper == "plate":
        return _fill(width + 2 * SIDE, height + TOP + BOTTOM, width, height)
    short, long = PAPERS[paper]
    found = max(
        (_fill(*page, width, height) for page in ((short, long), (long, short))), key=lambda one: len(one.corners)
    )
    if not found.corners:
        raise PlateTooLarge(
            f"a plate of {width:g} x {height:g} mm does not fit on {paper.upper()} with its cut marks: "
            "take a3, or plate for one page a plate in its own size",
            paper=paper,
        )
    return found


def _fill(page_width: float, page_height: float, width: float, height: float) -> Imposition:
    across = int((page_width - 2 * SIDE + GAP) / (width + GAP) + 1e-9)
    down = int((page_height - TOP - BOTTOM + GAP) / (height + GAP) + 1e-9)
    x = (page_width - across * width - (across - 1) * GAP) / 2
    spare = (page_height - TOP - BOTTOM) - (down * height + (down - 1) * GAP)
    top = page_height - TOP - spare / 2
    xs = tuple(x + column * (width + GAP) for column in range(across))
    ys = tuple(top - height - row * (height + GAP) for row in range(down))
    return Imposition(page_width, page_height, tuple((x, y) for y in ys for x in xs), xs, ys)
